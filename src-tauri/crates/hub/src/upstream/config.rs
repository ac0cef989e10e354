//! Which back end, and who the hub is there: one file, readable by its owner only.
//!
//! ```json
//! {"kind": "restaurant-os", "base_url": "http://10.0.0.5:3001", "restaurant_id": "<UUID>", "email": "...", "password": "..."}
//! {"kind": "restaurant-os", "base_url": "https://back.end", "restaurant_id": "<UUID>", "pin": "...", "authority_file": "/etc/kitchen-ca.pem"}
//! ```

use super::restaurant_os::Credentials;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Which back end, and who the hub is there.
#[derive(Debug, Clone)]
pub struct UpstreamConfig {
    /// `http://host:port` or `https://host:port`, without a path.
    pub base_url: String,
    /// A PEM file with the authority that signed the back end's certificate, if this computer does not know it.
    pub authority: Option<PathBuf>,
    /// The restaurant's UUID over there.
    pub restaurant: String,
    /// Who the hub is over there.
    pub credentials: Credentials,
}

/// Why there is no upstream.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the upstream file {} cannot be read", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It says something else than it should. Never quotes the file: it holds secrets.
    #[error("the upstream file: {0}")]
    Content(&'static str),
    /// Others can read it.
    #[error("the upstream file {} holds a secret and others can read it: chmod 600", path.display())]
    Open {
        /// Which.
        path: PathBuf,
    },
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    kind: Option<String>,
    base_url: String,
    restaurant_id: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    pin: Option<String>,
    #[serde(default)]
    authority_file: Option<PathBuf>,
}

impl UpstreamConfig {
    /// Reads the file.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let failed = |source| ConfigError::File { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(ConfigError::Open { path: path.to_owned() });
            }
        }
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, ConfigError> {
        let file: File = serde_json::from_str(text).map_err(|_| {
            ConfigError::Content("it needs base_url, restaurant_id, and email and password or pin")
        })?;
        if file.kind.is_some_and(|kind| kind != "restaurant-os") {
            return Err(ConfigError::Content("the only kind is restaurant-os"));
        }
        let base_url = file.base_url.trim_end_matches('/').to_owned();
        if !base_url.starts_with("http://") && !base_url.starts_with("https://") {
            return Err(ConfigError::Content("base_url must begin with http:// or https://"));
        }
        if !is_uuid(&file.restaurant_id) {
            return Err(ConfigError::Content(
                "restaurant_id must be the restaurant's UUID: no other name is taken",
            ));
        }
        let credentials = match (file.email, file.password, file.pin) {
            (Some(email), Some(password), None) => Credentials::Email { email, password },
            (None, None, Some(pin)) => Credentials::Pin { pin },
            _ => return Err(ConfigError::Content("it needs either email and password, or pin")),
        };
        Ok(Self {
            base_url,
            authority: file.authority_file,
            restaurant: file.restaurant_id.to_ascii_lowercase(),
            credentials,
        })
    }

    /// The socket of the same server: any path will do.
    pub(super) fn socket_url(&self) -> String {
        format!("ws{}/", self.base_url.trim_start_matches("http"))
    }

    /// What kept rows and tokens belong to. No secret, not even hashed: a PIN is four digits.
    pub(super) fn account(&self) -> String {
        let who = match &self.credentials {
            Credentials::Email { email, .. } => email,
            Credentials::Pin { .. } => "pin",
        };
        format!("{} {} {who}", self.base_url, self.restaurant)
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_who_and_where_and_nothing_else_is_taken() {
        let uuid = "11111111-1111-4111-8111-111111111111";
        let good = format!(r#"{{"base_url":"http://x:3001/","restaurant_id":"{uuid}","pin":"2468"}}"#);
        let config = UpstreamConfig::parse(&good).unwrap();
        assert_eq!(config.base_url, "http://x:3001");
        assert_eq!(config.socket_url(), "ws://x:3001/");
        let safe = UpstreamConfig::parse(
            &good.replace("http:", "https:").replace("}", r#","authority_file":"/ca"}"#),
        )
        .unwrap();
        assert_eq!(
            (safe.socket_url().as_str(), safe.authority),
            ("wss://x:3001/", Some(PathBuf::from("/ca")))
        );
        assert!(!format!("{config:?} {}", config.account()).contains("2468"));
        for bad in [
            r#"{"base_url":"http://x","restaurant_id":"grow","pin":"2468"}"#.to_owned(),
            good.replace("http:", "ftp:"),
            good.replace("\"pin\"", "\"email\""),
            good.replace("{\"base", "{\"kind\":\"other\",\"base"),
            "not json".to_owned(),
        ] {
            let error = UpstreamConfig::parse(&bad).unwrap_err();
            assert!(!error.to_string().contains("2468"), "{error}");
        }
    }
}
