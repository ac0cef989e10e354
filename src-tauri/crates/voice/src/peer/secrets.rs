//! The ways to be let in by a peer: from a secret that somebody mints, to the answer to an offer.

use super::http::{Answer, Http, host};
use crate::protocol::{CALLS_PATH, ClientSecret, ExpiresAfter, SECRETS_PATH, SecretRequest, Session};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where secrets come from, and where offers go.
#[derive(Debug, Clone)]
pub enum Secrets {
    /// A hub, or any endpoint of the same shape: it mints and takes the call itself.
    Endpoint {
        /// `http://host:port/api/v1/realtime`, or `https://.../v1/realtime`.
        url: String,
        /// What lets us mint.
        authorization: Authorization,
        /// What the session is to be.
        session: Box<Session>,
    },
    /// A Restaurant OS server mints for an endpoint of the beta's shape, which takes the call.
    RestaurantOs {
        /// `https://host/api/v1`.
        url: String,
        /// A person's token; without one the server takes us for a kiosk.
        authorization: Option<Authorization>,
        /// The restaurant's id or slug.
        restaurant: String,
        /// `https://.../v1/realtime`: where the offer goes.
        calls: String,
        /// The model, when the server does not say.
        model: String,
    },
}

/// What lets us mint. Never logged, never part of an address.
#[derive(Clone)]
pub enum Authorization {
    /// In a file, read each time.
    File(PathBuf),
    /// From whoever knows.
    Source(Arc<dyn Fn() -> std::io::Result<String> + Send + Sync>),
}

impl Authorization {
    fn read(&self) -> std::io::Result<String> {
        let token = match self {
            Self::File(path) => std::fs::read_to_string(path)?,
            Self::Source(source) => source()?,
        };
        Ok(token.trim().to_owned())
    }
}

impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorization(***)")
    }
}

/// What opens one call.
#[derive(Clone)]
pub(super) struct Pass {
    secret: String,
    calls: String,
    /// Where a hangup goes, below the call's own address; the beta has none.
    hangup: Hangup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hangup {
    Posted,
    None,
}

/// An answered call.
pub(super) struct Call {
    pub(super) answer: String,
    hangup: Option<String>,
}

/// Why a peer does not let us in.
#[derive(Debug, thiserror::Error)]
pub(super) enum RefusedError {
    /// Who we are is not known, or not at hand: the same again is useless.
    #[error("not let in: {0}")]
    Credentials(String),
    /// It answers, and not with what we need.
    #[error("{what} was answered {status}{}", code.as_ref().map(|code| format!(", {code}")).unwrap_or_default())]
    Status { what: &'static str, status: u16, code: Option<String> },
    /// It answers something else.
    #[error("{what}: {reason}")]
    Odd { what: &'static str, reason: String },
    /// It does not answer.
    #[error("{what}: {reason}")]
    Silent { what: &'static str, reason: String },
}

/// An answer to a mint or an offer: a hub's comes at once, a cloud's may take seconds.
const REQUEST: Duration = Duration::from_secs(8);
/// Good night: not worth waiting for.
const HANGUP: Duration = Duration::from_millis(500);
/// How long a secret opens calls: it is used at once.
const SECRET_SECONDS: u32 = 60;

impl Secrets {
    /// Whether the peer is on this machine: then so is the way there.
    pub(super) fn is_loopback(&self) -> bool {
        let url = match self {
            Self::Endpoint { url, .. } => url,
            Self::RestaurantOs { calls, .. } => calls,
        };
        host(url).is_some_and(|host| host == "localhost" || host == "[::1]" || host.starts_with("127."))
    }

    /// Whether any of it is behind TLS.
    pub(super) fn is_secure(&self) -> bool {
        let urls = match self {
            Self::Endpoint { url, .. } => [url, url],
            Self::RestaurantOs { url, calls, .. } => [url, calls],
        };
        urls.iter().any(|url| url.starts_with("https:"))
    }

    /// What a new session has to be told first, when the secret could not say it: raw, in the peer's own shape.
    pub(super) fn first_word(&self) -> Option<Value> {
        match self {
            Self::Endpoint { .. } => None,
            // The secret was minted for a kiosk that takes orders from guests: here it only listens.
            Self::RestaurantOs { .. } => {
                Some(json!({"type": "session.update", "event_id": "first", "session": {
                    "modalities": ["text"], "turn_detection": null, "tools": [], "tool_choice": "none",
                    "input_audio_transcription": {"model": "gpt-4o-transcribe", "language": "en"},
                }}))
            }
        }
    }

    pub(super) async fn mint(&self, http: &Http) -> Result<Pass, RefusedError> {
        const WHAT: &str = "the request for a secret";
        match self {
            Self::Endpoint { url, authorization, session } => {
                let token = token(authorization)?;
                let body = SecretRequest {
                    expires_after: Some(ExpiresAfter::seconds(SECRET_SECONDS)),
                    session: Some((**session).clone()),
                };
                let [_, secrets] = ends(SECRETS_PATH);
                let body = serde_json::to_string(&body).unwrap_or_default();
                let headers = [json_body(), bearer(&token)];
                let asked = http.post(&format!("{url}{secrets}"), &headers, body, REQUEST).await;
                let minted: ClientSecret = read(WHAT, &answered(WHAT, asked)?)?;
                let [_, calls] = ends(CALLS_PATH);
                Ok(Pass { secret: minted.value, calls: format!("{url}{calls}"), hangup: Hangup::Posted })
            }
            Self::RestaurantOs { url, authorization, restaurant, calls, model } => {
                // Any equal pair will do; without it every write is refused.
                const PAIR: &str = "brigade";
                let mut headers = vec![
                    json_body(),
                    ("x-restaurant-id", restaurant.clone()),
                    ("x-csrf-token", PAIR.to_owned()),
                    ("cookie", format!("csrf_token={PAIR}")),
                ];
                if let Some(authorization) = authorization {
                    headers.push(bearer(&token(authorization)?));
                }
                let body = json!({"context": "server"}).to_string();
                let asked = http.post(&format!("{url}/realtime/session"), &headers, body, REQUEST).await;
                let minted: Value = read(WHAT, &answered(WHAT, asked)?)?;
                let secret = minted["client_secret"]["value"].as_str().unwrap_or_default();
                if secret.is_empty() {
                    return Err(RefusedError::Odd {
                        what: WHAT,
                        reason: "no secret in the answer".to_owned(),
                    });
                }
                let model = minted["model"].as_str().unwrap_or(model);
                Ok(Pass {
                    secret: secret.to_owned(),
                    calls: format!("{calls}?model={model}"),
                    hangup: Hangup::None,
                })
            }
        }
    }
}

impl Pass {
    pub(super) async fn call(&self, http: &Http, offer: String) -> Result<Call, RefusedError> {
        const WHAT: &str = "the offer";
        let headers = [("content-type", "application/sdp".to_owned()), bearer(&self.secret)];
        let answer = answered(WHAT, http.post(&self.calls, &headers, offer, REQUEST).await)?;
        let place = answer.location.as_deref();
        let hangup = match self.hangup {
            Hangup::Posted => place.and_then(|place| hangup_address(&self.calls, place)),
            Hangup::None => None,
        };
        if !answer.body.starts_with("v=0") {
            return Err(RefusedError::Odd { what: WHAT, reason: "the answer is no description".to_owned() });
        }
        Ok(Call { answer: answer.body, hangup })
    }

    /// Tells the peer that the call is over; a peer that cannot be told finds out by itself.
    pub(super) async fn hang_up(&self, http: &Http, call: &Call) {
        let Some(address) = &call.hangup else { return };
        let asked = http.post(address, &[bearer(&self.secret)], String::new(), HANGUP).await;
        if let Err(error) = asked {
            tracing::debug!(target: "voice", error, "the hangup did not reach the peer");
        }
    }
}

/// Only the peer that took the call is told of its end, whatever its answer says: the secret goes along.
fn hangup_address(calls: &str, place: &str) -> Option<String> {
    let id = place.trim_end_matches('/').rsplit('/').next().filter(|id| !id.is_empty())?;
    Some(format!("{calls}/{id}/hangup"))
}

/// The last part of a path, and everything before it.
fn ends(path: &str) -> [&str; 2] {
    let (front, back) = path.split_at(path.rfind('/').unwrap_or(0));
    [front, back]
}

fn token(authorization: &Authorization) -> Result<String, RefusedError> {
    authorization.read().map_err(|error| RefusedError::Credentials(format!("no token: {error}")))
}

fn json_body() -> (&'static str, String) {
    ("content-type", "application/json".to_owned())
}

fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

fn read<T: serde::de::DeserializeOwned>(what: &'static str, answer: &Answer) -> Result<T, RefusedError> {
    // The reason of serde names fields and places, never values.
    serde_json::from_str(&answer.body)
        .map_err(|error| RefusedError::Odd { what, reason: format!("{:?}", error.classify()) })
}

fn answered(what: &'static str, asked: Result<Answer, String>) -> Result<Answer, RefusedError> {
    let answer = asked.map_err(|reason| RefusedError::Silent { what, reason })?;
    match answer.status {
        200..300 => Ok(answer),
        401 | 403 => Err(RefusedError::Credentials(format!("{what} was answered {}", answer.status))),
        status => Err(RefusedError::Status { what, status, code: said(&answer.body) }),
    }
}

/// The code by which a peer says why it will not, where a hub has it or where an endpoint of OpenAI's shape has it.
fn said(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let code = body["code"].as_str().or_else(|| body["error"]["code"].as_str())?;
    let is_plain = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_plain.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hangup_goes_to_the_peer_that_took_the_call() {
        let calls = "http://127.0.0.1:1/api/v1/realtime/calls";
        let wanted = Some(format!("{calls}/rtc_1/hangup"));
        assert_eq!(hangup_address(calls, "/api/v1/realtime/calls/rtc_1"), wanted);
        assert_eq!(hangup_address(calls, "https://elsewhere.example/v1/realtime/calls/rtc_1"), wanted);
        assert_eq!(hangup_address(calls, ""), None);
    }

    #[test]
    fn nothing_secret_is_shown() {
        let secrets = Secrets::Endpoint {
            url: "http://localhost:1/api/v1/realtime".into(),
            authorization: Authorization::Source(Arc::new(|| Ok("marked".to_owned()))),
            session: Box::default(),
        };
        assert!(secrets.is_loopback());
        assert!(!format!("{secrets:?}").contains("marked"));
    }
}
