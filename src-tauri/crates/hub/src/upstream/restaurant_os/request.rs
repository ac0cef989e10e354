//! What is asked of the back end, whole: method, path, headers, body. The driver adds nothing, so what a test reads here
//! is what goes over the wire.
//!
//! No cookie is ever kept: the back end's `auth_token` cookie would beat the bearer token. The one cookie that is sent is
//! our own half of the CSRF pair, which may hold anything as long as the header holds the same.

use super::Credentials;
use wire::restaurant_os::{BASE, Status, email_login, pin_login};

/// A request.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Names the answer.
    pub id: u64,
    /// How.
    pub method: Method,
    /// Path and query, from the root of the server.
    pub path: String,
    /// Name and value. Hold secrets.
    pub headers: Vec<(&'static str, String)>,
    /// JSON. May hold secrets.
    pub body: Option<String>,
    /// When to give up, milliseconds.
    pub limit_ms: u64,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The method of a request. There is no `Delete`: it would cancel an order and refund its guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PATCH`
    Patch,
}

/// An answer of any status.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds, if it was given.
    pub retry_after_s: Option<u64>,
    /// The body. May hold secrets.
    pub body: String,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).field("bytes", &self.body.len()).finish()
    }
}

impl Answer {
    pub(super) fn is_json(&self) -> bool {
        self.body.trim_start().starts_with('{')
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// The back end certainly never saw the request.
    Unsent,
    /// It may have.
    Unanswered,
}

/// Longer than the back end's own database takes to give up (5 s) and its slowest answer that was seen.
const LIMIT_MS: u64 = 15_000;

/// Writes requests.
#[derive(Debug)]
pub(super) struct Writer {
    last: u64,
    /// State of the jitter.
    random: u64,
    csrf: String,
}

impl Writer {
    pub(super) fn new(seed: u64) -> Self {
        let mut writer = Self { last: 0, random: seed, csrf: String::new() };
        writer.csrf = format!("{:016x}{:016x}", writer.random(), writer.random());
        writer
    }

    pub(super) fn login(&mut self, credentials: &Credentials, restaurant: &str) -> Request {
        let (path, body) = match credentials {
            Credentials::Email { email, password } => {
                ("/auth/login", email_login(email, password, restaurant))
            }
            Credentials::Pin { pin } => ("/auth/pin-login", pin_login(pin, restaurant)),
        };
        self.write(Method::Post, path, None, Some(body.to_string()))
    }

    pub(super) fn step(&mut self, token: Option<&str>, reference: &str, step: Status) -> Request {
        let body = serde_json::json!({"status": step.word()}).to_string();
        self.write(Method::Patch, &format!("/orders/{}/status", segment(reference)), token, Some(body))
    }

    pub(super) fn look(&mut self, token: Option<&str>, reference: &str) -> Request {
        self.write(Method::Get, &format!("/orders/{}", segment(reference)), token, None)
    }

    pub(super) fn page(&mut self, token: Option<&str>, path: &str) -> Request {
        self.write(Method::Get, path, token, None)
    }

    /// 0 to 999.
    pub(super) fn permille(&mut self) -> i64 {
        i64::try_from(self.random() % 1_000).unwrap_or(0)
    }

    fn write(&mut self, method: Method, path: &str, token: Option<&str>, body: Option<String>) -> Request {
        self.last += 1;
        let mut headers = vec![("accept", "application/json".to_owned())];
        if let Some(token) = token {
            headers.push(("authorization", format!("Bearer {token}")));
        }
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
            headers.push(("cookie", format!("csrf_token={}", self.csrf)));
            headers.push(("x-csrf-token", self.csrf.clone()));
        }
        Request { id: self.last, method, path: format!("{BASE}{path}"), headers, body, limit_ms: LIMIT_MS }
    }

    /// SplitMix64: small, seeded, good enough to spread waits.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// A reference as one segment of a path: it is theirs, and nobody promised that it is a UUID.
fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_carry_the_csrf_pair_and_reads_no_cookie() {
        let mut writer = Writer::new(7);
        let step = writer.step(Some("t"), "o1", Status::Ready);
        let value = |name: &str| {
            step.headers.iter().find(|(held, _)| *held == name).map(|(_, value)| value.clone()).unwrap()
        };
        assert_eq!(value("cookie"), format!("csrf_token={}", value("x-csrf-token")));
        assert_eq!(value("authorization"), "Bearer t");
        assert_eq!(step.path, "/api/v1/orders/o1/status");
        assert_eq!(step.body.as_deref(), Some(r#"{"status":"ready"}"#));
        let look = writer.look(Some("t"), "o/1?");
        assert_eq!(look.path, "/api/v1/orders/o%2F1%3F");
        assert!(look.headers.iter().all(|(name, _)| *name != "cookie"));
        assert!(look.id > step.id);
    }

    #[test]
    fn a_request_never_shows_its_secrets() {
        let credentials = Credentials::Pin { pin: "13579".into() };
        let login = Writer::new(1).login(&credentials, "r");
        assert!(login.body.as_ref().is_some_and(|body| body.contains("13579")));
        assert!(!format!("{login:?}").contains("13579"));
        assert!(!format!("{:?}", Writer::new(1).look(Some("t0ken"), "o")).contains("t0ken"));
    }
}
