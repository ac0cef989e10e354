use super::Session;
use serde::{Deserialize, Serialize};

/// Asks for a secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecretRequest {
    /// How long it opens calls; the session may last longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_after: Option<ExpiresAfter>,
    /// What the session is to be; its model is bound by this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
}

/// How long a secret opens calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiresAfter {
    /// `created_at`.
    pub anchor: String,
    /// 10 to 7200; 600 if nothing is said.
    pub seconds: u32,
}

impl ExpiresAfter {
    /// So many seconds from now.
    #[must_use]
    pub fn seconds(seconds: u32) -> Self {
        Self { anchor: "created_at".to_owned(), seconds }
    }
}

/// A secret. Never logged.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientSecret {
    /// `ek_...`
    pub value: String,
    /// Unix seconds.
    pub expires_at: u64,
    /// The session as it will be.
    #[serde(default)]
    pub session: Session,
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientSecret")
            .field("value", &"***")
            .field("expires_at", &self.expires_at)
            .field("session", &self.session)
            .finish()
    }
}
