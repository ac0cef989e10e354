//! Whom to believe at the other end of a `wss://` or `https://` address.
//!
//! The authorities that the computer trusts, and those of a file for a kitchen with a certificate of its own. There is no
//! way to believe everybody: a screen that does would hand its token to whoever answers.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};

/// See the module.
#[derive(Debug, Clone)]
pub struct Trust {
    tls: Arc<ClientConfig>,
}

/// Why nobody could be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The file of the kitchen's own authority cannot be read.
    #[error("the certificate file {} cannot be read: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It holds no certificate.
    #[error("the file {} holds no certificate (PEM)", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// The system's cryptography cannot be used.
    #[error("no TLS: {0}")]
    Tls(String),
}

impl Trust {
    /// The authorities that this computer trusts, and those in a PEM file, if there is one.
    ///
    /// # Errors
    /// When the file cannot be read or holds no certificate.
    pub fn load(authorities: Option<&Path>) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::debug!(target: "link", %error, "a certificate of this computer cannot be read");
        }
        // What this computer holds and cannot be understood is of no use to it either.
        roots.add_parsable_certificates(found.certs);
        if let Some(path) = authorities {
            let file = |error: &dyn std::fmt::Display| TrustError::File {
                path: path.to_owned(),
                reason: error.to_string(),
            };
            let certificates = CertificateDer::pem_file_iter(path).map_err(|error| file(&error))?;
            let mut count = 0;
            for certificate in certificates {
                roots.add(certificate.map_err(|error| file(&error))?).map_err(|error| file(&error))?;
                count += 1;
            }
            if count == 0 {
                return Err(TrustError::Empty { path: path.to_owned() });
            }
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| TrustError::Tls(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: Arc::new(tls) })
    }

    /// For whatever speaks TLS beside the link.
    #[must_use]
    pub fn client_config(&self) -> Arc<ClientConfig> {
        self.tls.clone()
    }
}

/// What is wrong with a certificate, in words for a log and for whoever set it up; none if that is not what is wrong.
#[must_use]
pub fn distrust(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref());
        let tls = inner.and_then(|inner| inner.downcast_ref()).or_else(|| error.downcast_ref());
        if let Some(rustls::Error::InvalidCertificate(certificate)) = tls {
            return Some(match certificate {
                CertificateError::UnknownIssuer => {
                    "its certificate is signed by an authority that this computer does not know".to_owned()
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "its certificate has expired, or the clock of this computer is wrong".to_owned()
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    "its certificate is not valid yet, or the clock of this computer is wrong".to_owned()
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    "its certificate is for another name".to_owned()
                }
                other => format!("its certificate is not good: {other}"),
            });
        }
        next = error.source();
    }
    None
}
