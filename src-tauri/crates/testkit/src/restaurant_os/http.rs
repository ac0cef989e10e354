//! Its REST interface, over a few lines of HTTP/1.1: enough for any client, and nothing between a test and the bytes.

use super::Core;
use super::state::{Account, Asked, HttpMood, NewRow, PinRefusal, State};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::restaurant_os::{BASE, Status};

struct Reply {
    status: u16,
    kind: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
    /// How long it is held back after what it says has happened.
    after: Duration,
}

impl Reply {
    fn json(status: u16, body: &Value) -> Self {
        let (kind, body) = ("application/json; charset=utf-8", body.to_string());
        Self { status, kind, headers: Vec::new(), body, after: Duration::ZERO }
    }

    fn error(status: u16, message: &str) -> Self {
        let timestamp = super::state::frame_time();
        Self::json(
            status,
            &json!({"error": {"message": message, "statusCode": status, "timestamp": timestamp}}),
        )
    }

    fn html(status: u16, body: &str) -> Self {
        let (kind, body) = ("text/html; charset=utf-8", body.to_owned());
        Self { status, kind, headers: Vec::new(), body, after: Duration::ZERO }
    }
}

pub(super) async fn serve(mut stream: TcpStream, core: Arc<Core>) {
    let mut held = Vec::new();
    while let Some(mut asked) = read(&mut stream, &mut held).await {
        let mood = core.state().traps.http;
        if core.state().traps.refuse {
            return;
        }
        let reply = {
            let mut state = core.state();
            let reply = match mood {
                HttpMood::Unavailable => {
                    Reply::html(503, "<html><body>503 Service Unavailable</body></html>")
                }
                HttpMood::Answers | HttpMood::Drops => answer(&mut state, &asked),
            };
            asked.status = reply.status;
            state.asked.push(asked);
            reply
        };
        if mood == HttpMood::Drops {
            return;
        }
        tokio::time::sleep(reply.after).await;
        let mut head = format!("HTTP/1.1 {} -\r\ncontent-type: {}\r\n", reply.status, reply.kind);
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", reply.body.len()));
        if stream.write_all(format!("{head}{}", reply.body).as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream, held: &mut Vec<u8>) -> Option<Asked> {
    let mut chunk = vec![0; 16 * 1024];
    loop {
        if let Some(end) = held.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&held[..end]).into_owned();
            let mut lines = head.split("\r\n");
            let mut first = lines.next()?.split(' ');
            let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
            let (path, query) = target.split_once('?').unwrap_or((&target, ""));
            let headers: Vec<(String, String)> = lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length = length.and_then(|(_, value)| value.parse::<usize>().ok()).unwrap_or(0);
            let whole = end + 4 + length;
            if held.len() >= whole {
                let body = String::from_utf8_lossy(&held[end + 4..whole]).into_owned();
                held.drain(..whole);
                let (path, query) = (path.to_owned(), query.to_owned());
                return Some(Asked { at: Instant::now(), method, path, query, headers, body, status: 0 });
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => held.extend_from_slice(&chunk[..read]),
        }
    }
}

fn answer(state: &mut State, asked: &Asked) -> Reply {
    if let Some(seconds) = state.over_budget(asked.at) {
        let mut reply = Reply::html(429, "Too many requests from this IP, please try again later.");
        reply.headers.push(("retry-after", seconds.to_string()));
        return reply;
    }
    if asked.path == "/health" {
        let mut reply = Reply::html(301, "Moved");
        reply.headers.push(("location", format!("{BASE}/health")));
        return reply;
    }
    let body: Value = serde_json::from_str(&asked.body).unwrap_or(Value::Null);
    let path = asked.path.strip_prefix(BASE).unwrap_or("");
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let free = matches!(parts.as_slice(), ["auth", "login" | "pin-login" | "refresh"]);
    if state.traps.csrf && asked.method != "GET" && !free {
        let header = asked.header("x-csrf-token");
        if header.is_none() || header != asked.cookie("csrf_token") {
            return Reply::json(403, &json!({"error": "CSRF token required"}));
        }
    }
    match (asked.method.as_str(), parts.as_slice()) {
        ("GET", ["health" | "live" | "healthz"]) => Reply::json(200, &json!({"status": "ok"})),
        ("POST", ["auth", "login"]) => login(state, &body),
        ("POST", ["auth", "pin-login"]) => pin_login(state, &body, asked.at),
        _ => match restaurant_of(state, asked) {
            Err(message) => Reply::error(401, message),
            Ok(restaurant) => orders(state, asked, &parts, &body, &restaurant),
        },
    }
}

fn restaurant_of(state: &State, asked: &Asked) -> Result<String, &'static str> {
    let bearer = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let cookie = asked.cookie("auth_token").filter(|_| state.traps.cookie_beats_bearer);
    let token = cookie.or(bearer).ok_or("No token provided")?;
    Ok(state.claims(token)?.restaurant)
}

fn login(state: &State, body: &Value) -> Reply {
    let account = state.accounts.iter().find(|a| body["email"] == a.email && body["password"] == a.password);
    let (Some(account), Some(restaurant)) = (account, body["restaurantId"].as_str()) else {
        return Reply::error(401, "Invalid credentials");
    };
    let token = state.token(account, restaurant, "email");
    let seconds = state.traps.token_life.as_secs();
    logged_in(
        &token,
        &json!({
            "user": user(account), "restaurantId": restaurant,
            "session": {"access_token": token, "refresh_token": "of no use", "expires_in": seconds},
        }),
    )
}

fn pin_login(state: &mut State, body: &Value, now: Instant) -> Reply {
    let (Some(pin), Some(restaurant)) = (body["pin"].as_str(), body["restaurantId"].as_str()) else {
        return Reply::json(
            400,
            &json!({"error": "INVALID_REQUEST", "details": {"formErrors": [], "fieldErrors": {}}}),
        );
    };
    match state.by_pin(pin, now) {
        Ok(account) => {
            let token = state.token(&account, restaurant, "pin");
            let seconds = state.traps.token_life.as_secs();
            logged_in(
                &token,
                &json!({"user": user(&account), "token": token, "expiresIn": seconds, "restaurantId": restaurant}),
            )
        }
        Err(PinRefusal::Wrong) => Reply::error(401, "Invalid PIN"),
        Err(PinRefusal::TooMany) => Reply::json(
            429,
            &json!({"error": "Too many PIN attempts", "message": "Please try again later", "retryAfter": 300}),
        ),
    }
}

fn logged_in(token: &str, body: &Value) -> Reply {
    let mut reply = Reply::json(200, body);
    // A client that keeps these is in for trap 2.
    reply.headers.push(("set-cookie", format!("auth_token={token}; HttpOnly; Path=/")));
    reply.headers.push(("set-cookie", "csrf_token=theirs; Path=/".to_owned()));
    reply
}

fn user(account: &Account) -> Value {
    json!({"id": account.email, "email": account.email, "role": account.role, "scopes": ["orders:read", "orders:status"]})
}

fn orders(state: &mut State, asked: &Asked, parts: &[&str], body: &Value, restaurant: &str) -> Reply {
    let find = |state: &State, id: &str| {
        let row = state.row(id).filter(|row| row["restaurant_id"] == restaurant);
        row.cloned()
    };
    let not_found = || Reply::error(404, "Order not found");
    match (asked.method.as_str(), parts) {
        ("GET", ["orders"]) => list(state, asked, restaurant),
        ("GET", ["orders", id]) => find(state, id).map_or_else(not_found, |row| Reply::json(200, &row)),
        ("PATCH", ["orders", id, "status"]) => {
            let Some(word) = body["status"].as_str() else { return Reply::error(400, "Status is required") };
            if find(state, id).is_none() {
                return not_found();
            }
            let Some(status) = Status::of(word).filter(|status| state.may_move(id, *status)) else {
                let message = if state.traps.production {
                    "Internal server error".to_owned()
                } else {
                    format!("Invalid status transition to {word}")
                };
                return Reply::error(500, &message);
            };
            moved(state, id, status)
        }
        ("DELETE", ["orders", id]) => {
            if find(state, id).is_none() {
                return not_found();
            }
            if !state.may_move(id, Status::Cancelled) {
                return Reply::error(500, "Internal server error");
            }
            moved(state, id, Status::Cancelled)
        }
        ("POST", ["orders"]) => {
            if asked.header("x-client-flow").is_none() {
                return Reply::error(401, "Missing required scope: orders:create");
            }
            let row =
                NewRow { restaurant: restaurant.to_owned(), items: body["items"].clone(), fields: json!({}) };
            let id = state.place(&row);
            Reply::json(201, &find(state, &id).unwrap_or_default())
        }
        _ => Reply::html(404, "<!DOCTYPE html><html><body><pre>Cannot answer</pre></body></html>"),
    }
}

/// The frame is out before the answer.
fn moved(state: &mut State, id: &str, status: Status) -> Reply {
    state.set_status(id, status);
    let mut reply = Reply::json(200, state.row(id).unwrap_or(&Value::Null));
    reply.after = state.traps.answer_after_frame;
    reply
}

/// Newest first, 50 unless told otherwise, one status, `0` or nonsense for no limit.
fn list(state: &State, asked: &Asked, restaurant: &str) -> Reply {
    let number = |name: &str| asked.parameter(name).map(|text| text.parse::<usize>().unwrap_or(0));
    let limit = match number("limit") {
        None => 50,
        Some(0) => usize::MAX,
        Some(limit) => limit,
    };
    let is = |row: &Value, field: &str, name: &str| {
        asked.parameter(name).is_none_or(|wanted| row[field] == wanted)
    };
    let rows: Vec<&Value> = state
        .rows
        .iter()
        .rev()
        .filter(|row| {
            row["restaurant_id"] == restaurant && is(row, "status", "status") && is(row, "type", "type")
        })
        .skip(number("offset").unwrap_or(0))
        .take(limit)
        .collect();
    Reply::json(200, &json!(rows))
}
