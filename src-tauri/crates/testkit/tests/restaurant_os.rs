//! The scripted Restaurant OS server, against its contract: one test per trap of its section 0.

#![allow(clippy::unwrap_used)]

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::restaurant_os::{NewRow, OTHER_RESTAURANT, RESTAURANT, RestaurantOs, Traps};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use wire::restaurant_os::Status;

async fn ask(
    server: &RestaurantOs,
    method: &str,
    path: &str,
    headers: &str,
    body: &Value,
) -> (u16, String, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let text = format!(
        "{method} /api/v1{path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned(), serde_json::from_str(body).unwrap_or(Value::Null))
}

async fn token(server: &RestaurantOs) -> String {
    let body =
        json!({"email": "kitchen@example.com", "password": "kitchen-password", "restaurantId": RESTAURANT});
    let (status, _, body) = ask(server, "POST", "/auth/login", "", &body).await;
    assert_eq!(status, 200);
    body["session"]["access_token"].as_str().unwrap().to_owned()
}

const CSRF: &str = "cookie: csrf_token=a\r\nx-csrf-token: a\r\n";

#[tokio::test]
async fn trap_1_and_2_a_write_needs_the_pair_and_a_cookie_beats_the_bearer() {
    let server = RestaurantOs::start(Traps::default()).await;
    let id = server.place(&NewRow::default());
    let bearer = format!("authorization: Bearer {}\r\n", token(&server).await);
    let path = format!("/orders/{id}/status");
    let confirmed = json!({"status": "confirmed"});
    let (status, text, _) = ask(&server, "PATCH", &path, &bearer, &confirmed).await;
    assert_eq!((status, text.as_str()), (403, r#"{"error":"CSRF token required"}"#));
    let stale = format!("{bearer}cookie: csrf_token=a; auth_token=stale\r\nx-csrf-token: a\r\n");
    assert_eq!(ask(&server, "PATCH", &path, &stale, &confirmed).await.0, 401);
    let (status, _, order) = ask(&server, "PATCH", &path, &format!("{bearer}{CSRF}"), &confirmed).await;
    assert_eq!((status, &order["status"], &order["version"]), (200, &json!("confirmed"), &json!(2)));
}

#[tokio::test]
async fn trap_5_and_6_steps_are_strict_and_every_no_is_a_500() {
    let server = RestaurantOs::start(Traps::default()).await;
    let id = server.place(&NewRow::default());
    let headers = format!("authorization: Bearer {}\r\n{CSRF}", token(&server).await);
    let path = format!("/orders/{id}/status");
    for (status, code) in
        [("ready", 500), ("pending", 500), ("nonsense", 500), ("confirmed", 200), ("confirmed", 500)]
    {
        assert_eq!(
            ask(&server, "PATCH", &path, &headers, &json!({"status": status})).await.0,
            code,
            "{status}"
        );
    }
    assert_eq!(
        ask(&server, "PATCH", "/orders/none/status", &headers, &json!({"status": "ready"})).await.0,
        404
    );
    assert_eq!(ask(&server, "PATCH", &path, &headers, &json!({})).await.0, 400);
    assert!(
        ask(&server, "PATCH", "/orders/x/items/y", &headers, &json!({})).await.1.starts_with("<!DOCTYPE")
    );
}

#[tokio::test]
async fn lists_are_newest_first_50_unless_told_and_a_comma_matches_nothing() {
    let server = RestaurantOs::start(Traps::default()).await;
    let ids: Vec<String> = (0..60).map(|_| server.place(&NewRow::default())).collect();
    server.set_status(&ids[0], Status::Confirmed);
    let headers = format!("authorization: Bearer {}\r\n", token(&server).await);
    for (query, count) in [
        ("", 50),
        ("?limit=0", 60),
        ("?limit=x", 60),
        ("?status=pending&limit=0", 59),
        ("?status=pending,confirmed", 0),
    ] {
        let (_, _, list) = ask(&server, "GET", &format!("/orders{query}"), &headers, &Value::Null).await;
        assert_eq!(list.as_array().unwrap().len(), count, "{query}");
    }
    let (_, _, page) = ask(&server, "GET", "/orders?limit=2&offset=1", &headers, &Value::Null).await;
    assert_eq!((&page[0]["id"], page.as_array().unwrap().len()), (&json!(ids[58]), 2));
    assert_eq!(page[0].as_object().unwrap().len(), 33);
}

#[tokio::test]
async fn a_login_by_pin_charges_the_colleagues_and_too_many_requests_are_plain_text() {
    let server = RestaurantOs::start(Traps::default()).await;
    let pin = json!({"pin": "3333", "restaurantId": RESTAURANT});
    for _ in 0..2 {
        assert_eq!(ask(&server, "POST", "/auth/pin-login", "", &pin).await.0, 200);
    }
    assert_eq!((server.tries("server@example.com"), server.tries("kitchen@example.com")), (2, 0));
    server.traps(|traps| traps.most_requests = 2);
    let (status, text, _) = ask(&server, "POST", "/auth/pin-login", "", &pin).await;
    assert_eq!((status, text.as_str()), (429, "Too many requests from this IP, please try again later."));
}

#[tokio::test]
async fn trap_3_4_11_and_12_on_the_socket() {
    let server = RestaurantOs::start(Traps::default()).await;
    let token = token(&server).await;
    let connect = || async {
        let url = format!("ws://{}/any/path?restaurant_id=x", server.addr());
        tokio_tungstenite::connect_async(url).await.unwrap().0
    };
    let mut socket = connect().await;
    let auth =
        |restaurant: &str| json!({"type": "auth", "token": token, "restaurant_id": restaurant}).to_string();
    socket.send(Message::Text(auth("grow").into())).await.unwrap();
    let mut said = Vec::new();
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        said.push(serde_json::from_str::<Value>(&text).unwrap()["type"].clone());
    }
    assert_eq!(said, ["connected", "auth:failed"]);

    let mut socket = connect().await;
    socket.send(Message::Text("not json".into())).await.unwrap();
    socket.send(Message::Text(auth(OTHER_RESTAURANT).into())).await.unwrap();
    for text in [r#"{"type":"order:update_status"}"#, r#"{"type":"orders:sync"}"#, r#"{"type":"subscribe"}"#]
    {
        socket.send(Message::Text(text.into())).await.unwrap();
    }
    let mut next = async || loop {
        match tokio::time::timeout(Duration::from_secs(5), socket.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str::<Value>(&text).unwrap(),
            other => assert!(matches!(other, Message::Ping(_)), "{other:?}"),
        }
    };
    assert_eq!(next().await["auth_required"], true);
    assert_eq!(next().await, json!({"error": "Invalid message format"}));
    assert_eq!(next().await["type"], "auth:success");
    assert_eq!(next().await["type"], "sync_complete");
    assert_eq!(next().await["payload"]["type"], "subscribe");
    let _ours = server.place(&NewRow::default());
    let theirs = server.place(&NewRow { restaurant: OTHER_RESTAURANT.into(), ..NewRow::default() });
    let frame = next().await;
    assert_eq!((&frame["type"], &frame["payload"]["order"]["id"]), (&json!("order:created"), &json!(theirs)));
}
