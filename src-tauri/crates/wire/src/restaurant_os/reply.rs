//! Logins, tokens, and the many shapes in which the back end says no.

use serde_json::{Value, json};

/// The body of `POST /auth/login`. The key of the restaurant is in camel case.
#[must_use]
pub fn email_login(email: &str, password: &str, restaurant: &str) -> Value {
    json!({"email": email, "password": password, "restaurantId": restaurant})
}

/// The body of `POST /auth/pin-login`.
#[must_use]
pub fn pin_login(pin: &str, restaurant: &str) -> Value {
    json!({"pin": pin, "restaurantId": restaurant})
}

/// A token and how long it holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The bearer token.
    pub text: String,
    /// Seconds from its making to its end.
    pub lifetime_s: i64,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("text", &"***").field("lifetime_s", &self.lifetime_s).finish()
    }
}

impl Token {
    /// The lifetime of a token that says nothing about it: well below the shortest that the back end gives.
    const UNSAID_S: i64 = 3_600;

    /// The token of a login's answer, in either of the two shapes. What the token itself says about its end counts more
    /// than what the answer says about it.
    #[must_use]
    pub fn of_login(body: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(body).ok()?;
        let (text, said) = match value.get("session") {
            Some(session) => (session.get("access_token")?, session.get("expires_in")),
            None => (value.get("token")?, value.get("expiresIn")),
        };
        let text = text.as_str().filter(|text| !text.is_empty())?.to_owned();
        let said = said.and_then(Value::as_i64).filter(|seconds| *seconds > 0);
        let lifetime_s = claimed_lifetime(&text).or(said).unwrap_or(Self::UNSAID_S);
        Some(Self { text, lifetime_s })
    }
}

/// `exp - iat` of a JWT. Our own clock has no part in it: a kitchen's may be an hour off.
fn claimed_lifetime(token: &str) -> Option<i64> {
    let claims: Value = serde_json::from_slice(&base64url(token.split('.').nth(1)?)?).ok()?;
    let lifetime = claims.get("exp")?.as_i64()?.checked_sub(claims.get("iat")?.as_i64()?)?;
    (lifetime > 0).then_some(lifetime)
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut held) = (Vec::with_capacity(text.len() * 3 / 4), 0_u32, 0);
    for c in text.bytes().filter(|c| *c != b'=') {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}

/// What an answer that is no success says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// Their words, cut short, for logs only.
    pub message: String,
    /// `code`, where there is one.
    pub code: Option<String>,
    /// `retryAfter` of the body, seconds.
    pub retry_after_s: Option<u64>,
}

impl Problem {
    /// The most characters that are kept of their words.
    const LONGEST: usize = 200;

    /// Reads a body of any shape: an object in an object, an object with a text, plain text that claims to be HTML, or a
    /// page of it.
    #[must_use]
    pub fn read(body: &str) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(body) else {
            let text = body.trim();
            let text = if text.starts_with('<') { "a page of HTML" } else { text };
            return Self { message: cut(text), ..Self::default() };
        };
        let error = value.get("error").unwrap_or(&value);
        let word = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let message = word(error, "message")
            .or_else(|| error.as_str().map(str::to_owned))
            .or_else(|| word(&value, "message"))
            .unwrap_or_default();
        Self {
            message: cut(&message),
            code: word(error, "code").or_else(|| word(&value, "code")),
            retry_after_s: value.get("retryAfter").and_then(|after| match after {
                Value::Number(seconds) => seconds.as_u64(),
                Value::String(seconds) => seconds.parse().ok(),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
            }),
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(Problem::LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_logins_give_a_token() {
        let email = r#"{"user":{"id":"u"},"session":{"access_token":"a.b.c","refresh_token":"r","expires_in":28800}}"#;
        assert_eq!(Token::of_login(email), Some(Token { text: "a.b.c".into(), lifetime_s: 28_800 }));
        let pin = r#"{"user":{"id":"u"},"token":"t","expiresIn":43200,"restaurantId":"x"}"#;
        assert_eq!(Token::of_login(pin), Some(Token { text: "t".into(), lifetime_s: 43_200 }));
        assert_eq!(Token::of_login(r#"{"token":"t"}"#).map(|t| t.lifetime_s), Some(3_600));
        assert_eq!(Token::of_login(r#"{"token":""}"#), None);
        assert_eq!(Token::of_login("<html>"), None);
    }

    #[test]
    fn what_the_token_claims_counts_more_than_what_the_answer_says() {
        // {"sub":"u","iat":1000,"exp":1600}
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1IiwiaWF0IjoxMDAwLCJleHAiOjE2MDB9.x";
        let body = format!(r#"{{"token":"{token}","expiresIn":43200}}"#);
        assert_eq!(Token::of_login(&body).map(|t| t.lifetime_s), Some(600));
    }

    #[test]
    fn a_token_never_shows_itself() {
        let token = Token { text: "secret".into(), lifetime_s: 1 };
        assert!(!format!("{token:?}").contains("secret"));
    }

    #[test]
    fn every_shape_of_no() {
        let problem = |message: &str, code: Option<&str>, retry_after_s| Problem {
            message: message.into(),
            code: code.map(str::to_owned),
            retry_after_s,
        };
        for (body, expected) in [
            (
                r#"{"error":{"message":"Order not found","code":"NOT_FOUND","statusCode":404,"timestamp":"x"}}"#,
                problem("Order not found", Some("NOT_FOUND"), None),
            ),
            (r#"{"error":"CSRF token required"}"#, problem("CSRF token required", None, None)),
            (
                r#"{"error":"INVALID_REQUEST","details":{"formErrors":[],"fieldErrors":{}}}"#,
                problem("INVALID_REQUEST", None, None),
            ),
            (
                r#"{"error":"Too many attempts","message":"later","retryAfter":300}"#,
                problem("Too many attempts", None, Some(300)),
            ),
            (
                r#"{"error":"Invalid request data detected","code":"INVALID_INPUT"}"#,
                problem("Invalid request data detected", Some("INVALID_INPUT"), None),
            ),
            ("Too many requests from this IP", problem("Too many requests from this IP", None, None)),
            ("<!DOCTYPE html><html>Cannot PATCH</html>", problem("a page of HTML", None, None)),
            ("", problem("", None, None)),
            ("null", problem("", None, None)),
        ] {
            assert_eq!(Problem::read(body), expected, "{body}");
        }
    }
}
