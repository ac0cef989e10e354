//! What this PC is to do: the command line, and below it the settings file that an owner edits once.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use display::HubAddress;
use serde::Deserialize;

use crate::Error;
use crate::options::Options;
use crate::voice::Peer;

/// The settings file in the data folder.
const FILE: &str = "brigade.json";

/// Orders a minute that the demo kitchen places when nobody says: a lively lunch that one person can follow.
const DEMO_RATE: f64 = 4.0;

/// What this PC is to do, all sources put together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// Everything is kept below this folder.
    pub(crate) data: PathBuf,
    /// The kitchen that orders from itself.
    pub(crate) demo: bool,
    /// Orders a minute of the demo kitchen.
    pub(crate) demo_rate: f64,
    /// Where the hub of this PC listens.
    pub(crate) listen: SocketAddr,
    /// The hub of another PC, instead of one here.
    pub(crate) join: Option<Join>,
    /// The file that leads the hub of this PC to a back end. Read by the house, so that a mistake in it is said on the glass.
    pub(crate) upstream_config: Option<PathBuf>,
    /// The station that is shown first.
    pub(crate) station: Option<String>,
    /// Cover the whole screen.
    pub(crate) fullscreen: bool,
    /// Who makes out what is said to it.
    pub(crate) voice: Peer,
}

/// The hub of another PC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Join {
    /// Its WebSocket.
    pub(crate) url: String,
    /// Read anew at every attempt to get in, so that a new token needs no restart.
    pub(crate) token_file: PathBuf,
    /// The authority that signed its certificate, if this computer does not know it.
    pub(crate) authority: Option<PathBuf>,
}

/// The file as it is written. Unknown names are mistakes, and said.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    demo: Option<bool>,
    demo_orders_per_minute: Option<f64>,
    listen: Option<SocketAddr>,
    hub: Option<String>,
    token_file: Option<PathBuf>,
    hub_authority: Option<PathBuf>,
    upstream_config: Option<PathBuf>,
    station: Option<String>,
    fullscreen: Option<bool>,
    voice: Option<Peer>,
}

impl Settings {
    /// Reads the file, if there is one, and lays the command line over it.
    ///
    /// # Errors
    /// When the file is there and cannot be read as settings, or half of a pair is missing.
    pub(crate) fn read(options: &Options, data: PathBuf) -> Result<Self, Error> {
        let path = data.join(FILE);
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| Error::Settings { path: path.clone(), reason: error.to_string() })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => File::default(),
            Err(error) => return Err(Error::Settings { path, reason: error.to_string() }),
        };
        Self::together(options, file, data, &path)
    }

    fn together(options: &Options, file: File, data: PathBuf, path: &Path) -> Result<Self, Error> {
        let hub = options.hub.clone().or(file.hub);
        let token_file = options.token_file.clone().or(file.token_file);
        let join = match (hub, token_file) {
            (Some(hub), Some(token_file)) => {
                let authority = options.hub_authority.clone().or(file.hub_authority);
                Some(Join { url: socket_url(&hub)?, token_file, authority })
            }
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                let reason = "`hub` and `token_file` belong together".to_owned();
                return Err(Error::Settings { path: path.to_owned(), reason });
            }
        };
        let voice = match &options.voice_config {
            Some(path) => Some(peer(path)?),
            None => file.voice,
        };
        let upstream_config = options.upstream_config.clone().or(file.upstream_config);
        if join.is_some() && upstream_config.is_some() {
            let reason = "`upstream_config` belongs to the PC with the hub, not to one with `hub`".to_owned();
            return Err(Error::Settings { path: path.to_owned(), reason });
        }
        // Whose orders come from a back end is no demo: nothing of one may be reported there.
        let is_alone = join.is_none() && upstream_config.is_none();
        let rate = options.demo_rate.or(file.demo_orders_per_minute).unwrap_or(DEMO_RATE);
        Ok(Self {
            data,
            demo: is_alone && !options.no_demo && file.demo.unwrap_or(true),
            demo_rate: rate.clamp(0.0, 600.0),
            listen: options
                .listen
                .or(file.listen)
                .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, hub::DEFAULT_PORT))),
            join,
            upstream_config,
            station: options.station.clone().or(file.station),
            fullscreen: options.fullscreen || (options.size.is_none() && file.fullscreen.unwrap_or(false)),
            voice: if options.no_voice { Peer::Off } else { voice.unwrap_or_default() },
        })
    }
}

/// A service in a file of its own, so that its place is not in the list of processes.
fn peer(path: &Path) -> Result<Peer, Error> {
    let wrong = |reason: String| Error::Settings { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}

impl Join {
    /// The hub's address, for the link and for people.
    pub(crate) fn address(&self) -> HubAddress {
        let label = self
            .url
            .trim_start_matches("ws://")
            .trim_start_matches("wss://")
            .trim_end_matches(wire::hub::PATH);
        HubAddress { url: self.url.clone(), label: label.to_owned() }
    }
}

/// People write `http://10.0.0.2:7411`, or leave the scheme out; a screen needs the hub's WebSocket.
fn socket_url(hub: &str) -> Result<String, Error> {
    let hub = hub.trim();
    let (scheme, rest) = match hub.split_once("://") {
        Some(("http" | "ws", rest)) => ("ws", rest),
        Some(("https" | "wss", rest)) => ("wss", rest),
        Some(_) => return Err(Error::HubUrl { given: hub.to_owned() }),
        None => ("ws", hub),
    };
    let rest = rest.trim_end_matches('/');
    let host = rest.strip_suffix(wire::hub::PATH).unwrap_or(rest);
    if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
        return Err(Error::HubUrl { given: hub.to_owned() });
    }
    let port_is_said = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let port = if port_is_said { String::new() } else { format!(":{}", hub::DEFAULT_PORT) };
    Ok(format!("{scheme}://{host}{port}{}", wire::hub::PATH))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn read(file: &str, words: &[&str]) -> Result<Settings, Error> {
        let options = Options::parse_from([&["brigade"], words].concat());
        let file = serde_json::from_str(file).unwrap();
        Settings::together(&options, file, PathBuf::from("/d"), Path::new("/d/brigade.json"))
    }

    #[test]
    fn without_anything_it_is_the_demo_kitchen_on_loopback() {
        let settings = read("{}", &[]).unwrap();
        assert!(settings.demo && settings.join.is_none() && settings.listen.ip().is_loopback());
    }

    #[test]
    fn the_demo_is_off_by_option_by_setting_and_when_joined() {
        assert!(!read("{}", &["--no-demo"]).unwrap().demo);
        assert!(!read(r#"{"demo": false}"#, &[]).unwrap().demo);
        let joined = read(r#"{"hub": "10.0.0.2", "token_file": "/t"}"#, &[]).unwrap();
        assert!(!joined.demo);
        assert_eq!(joined.join.unwrap().url, "ws://10.0.0.2:7411/ws");
    }

    #[test]
    fn a_back_end_is_for_the_pc_with_the_hub_and_for_no_demo() {
        for (file, words) in
            [("{}", ["--upstream-config", "/u"].as_slice()), (r#"{"upstream_config": "/u"}"#, &[])]
        {
            let settings = read(file, words).unwrap();
            assert_eq!(settings.upstream_config.as_deref(), Some(Path::new("/u")));
            assert!(!settings.demo, "a demo order must never reach a back end");
        }
        assert!(!read(r#"{"upstream_config": "/u", "demo": true}"#, &[]).unwrap().demo);
        let both = r#"{"upstream_config": "/u", "hub": "10.0.0.2", "token_file": "/t"}"#;
        assert!(read(both, &[]).is_err());
        let both = ["brigade", "--upstream-config", "/u", "--hub", "10.0.0.2", "--token-file", "/t"];
        assert!(Options::try_parse_from(both).is_err());
    }

    #[test]
    fn the_command_line_beats_the_file() {
        let settings =
            read(r#"{"listen": "0.0.0.0:1", "station": "fry"}"#, &["--listen", "127.0.0.1:2"]).unwrap();
        assert_eq!(settings.listen.port(), 2);
        assert_eq!(settings.station.as_deref(), Some("fry"));
    }

    #[test]
    fn it_is_talked_to_through_its_hub_unless_somebody_says_otherwise() {
        assert_eq!(read("{}", &[]).unwrap().voice, Peer::Hub);
        assert_eq!(read(r#"{"voice": {"kind": "off"}}"#, &[]).unwrap().voice, Peer::Off);
        assert_eq!(read("{}", &["--no-voice"]).unwrap().voice, Peer::Off);
        assert!(read("{}", &["--voice-config", "/there/is/no/such/file"]).is_err());
        assert!(serde_json::from_str::<File>(r#"{"voice": {"kind": "openai"}}"#).is_err());
    }

    #[test]
    fn half_a_pair_and_unknown_names_are_said() {
        assert!(read(r#"{"hub": "10.0.0.2"}"#, &[]).is_err());
        assert!(serde_json::from_str::<File>(r#"{"dmeo": false}"#).is_err());
    }

    #[test]
    fn a_hub_may_be_written_in_the_ways_people_write_it() {
        for given in ["http://a:7411", "a", "ws://a:7411/ws", " http://a:7411/ "] {
            assert_eq!(socket_url(given).unwrap(), "ws://a:7411/ws", "{given}");
        }
        assert_eq!(socket_url("https://a:443/").unwrap(), "wss://a:443/ws");
        for given in ["ftp://a", "http://", "http://u:p@a", "http://a/x"] {
            assert!(socket_url(given).is_err(), "{given}");
        }
    }
}
