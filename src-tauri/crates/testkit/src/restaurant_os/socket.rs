//! Its WebSocket, at any path.

use super::state::{AuthMood, Sent, frame_time, is_uuid};
use super::{Core, Cut};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self};

/// The largest message it takes, bytes.
const LARGEST: usize = 5 * 1024 * 1024;

type Socket = WebSocketStream<TcpStream>;

/// Counts a socket while it lives.
struct Counted {
    core: Arc<Core>,
    listening: bool,
}

impl Counted {
    fn new(core: Arc<Core>) -> Self {
        {
            let mut state = core.state();
            state.sockets += 1;
            state.sockets_ever += 1;
            state.sockets_most = state.sockets_most.max(state.sockets);
        }
        Self { core, listening: false }
    }

    fn listens(&mut self) {
        if !self.listening {
            self.listening = true;
            self.core.state().listening += 1;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut state = self.core.state();
        state.sockets -= 1;
        if self.listening {
            state.listening -= 1;
        }
    }
}

pub(super) async fn serve(stream: TcpStream, core: Arc<Core>, mut cut: watch::Receiver<Cut>) {
    let mut target = String::new();
    let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
    #[expect(clippy::result_large_err, reason = "the handshake's own type")]
    let look = |request: &Request, response: Response| {
        target = request.uri().to_string();
        Ok(response)
    };
    let upgraded = tokio_tungstenite::accept_hdr_async_with_config(stream, look, Some(config)).await;
    let Ok(mut socket) = upgraded else { return };
    let mut counted = Counted::new(core.clone());
    if core.state().traps.drop_after_upgrade {
        return;
    }
    if target.contains("/voice-stream") {
        return std::future::pending().await;
    }
    let mut frames = core.state().frames.subscribe();
    let legacy = target.split_once("?token=").map(|(_, token)| token.split('&').next().unwrap_or_default());
    let mut restaurant =
        legacy.and_then(|token| core.state().claims(token).ok()).map(|claims| claims.restaurant);
    let wait = core.state().traps.connected_after;
    if !wait.is_zero() {
        // Its listeners are attached late: what is said before is lost.
        let late = sleep(wait);
        tokio::pin!(late);
        loop {
            tokio::select! {
                () = &mut late => break,
                message = socket.next() => if message.is_none_or(|message| message.is_err()) { return },
            }
        }
    }
    let connected =
        json!({"type": "connected", "timestamp": frame_time(), "auth_required": restaurant.is_none()});
    if say(&mut socket, connected.to_string()).await.is_err() {
        return;
    }
    let mut answered = true;
    let mut ping_at = Instant::now() + core.state().traps.ping_every;
    loop {
        if restaurant.is_some() {
            counted.listens();
        }
        tokio::select! {
            changed = cut.changed() => {
                if changed.is_err() {
                    return;
                }
                let code = cut.borrow_and_update().code;
                if let Some(code) = code {
                    close(&mut socket, code, "Server shutting down").await;
                }
                return;
            }
            () = sleep_until(ping_at) => {
                // No pong since the last one: gone, without a close frame.
                if !answered || socket.send(Message::Ping(Vec::new().into())).await.is_err() {
                    return;
                }
                answered = false;
                ping_at = Instant::now() + core.state().traps.ping_every;
            }
            frame = frames.recv() => match frame {
                Ok(Sent { restaurant: theirs, text }) => {
                    let leaks = core.state().traps.leaks_frames;
                    let ours = restaurant.as_ref().is_some_and(|ours| leaks || *ours == theirs);
                    if ours && say(&mut socket, text).await.is_err() {
                        return;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Pong(_))) => answered = true,
                Some(Ok(Message::Text(text))) => {
                    core.state().heard.push(text.to_string());
                    if heard(&mut socket, &core, &mut restaurant, &text).await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Close(_))) | None => return,
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Frame(_))) => {}
                Some(Err(tungstenite::Error::Capacity(_))) => return close(&mut socket, 1009, "").await,
                Some(Err(_)) => return,
            },
        }
    }
}

/// Err: the socket is over.
async fn heard(
    socket: &mut Socket,
    core: &Core,
    restaurant: &mut Option<String>,
    text: &str,
) -> Result<(), ()> {
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        return say(socket, json!({"error": "Invalid message format"}).to_string()).await;
    };
    let kind = message["type"].as_str().unwrap_or_default();
    if restaurant.is_none() {
        return greeted(socket, core, restaurant, &message).await;
    }
    let answer = match kind {
        "ping" => json!({"type": "pong"}),
        "orders:sync" => {
            json!({"type": "sync_complete", "payload": {"status": "synced"}, "timestamp": frame_time()})
        }
        "order:update_status" | "order:update_item_status" => return Ok(()),
        _ => json!({
            "type": "error", "payload": {"message": "Unknown message type", "type": message["type"]},
            "timestamp": frame_time(),
        }),
    };
    say(socket, answer.to_string()).await
}

async fn greeted(
    socket: &mut Socket,
    core: &Core,
    restaurant: &mut Option<String>,
    message: &Value,
) -> Result<(), ()> {
    if message["type"] != "auth" {
        let error = json!({"type": "error", "error": "Authentication required", "timestamp": frame_time()});
        say(socket, error.to_string()).await?;
        close(socket, 1008, "Authentication required").await;
        return Err(());
    }
    let mood = core.state().traps.auth;
    match mood {
        AuthMood::Answers | AuthMood::Refuses => {}
        AuthMood::Slow(wait) => sleep(wait).await,
        AuthMood::Never => return Ok(()),
    }
    let token = message["token"].as_str().unwrap_or_default();
    let named = {
        let state = core.state();
        let uuid_only = state.traps.uuid_only;
        let claims = state.claims(token).ok().filter(|_| mood != AuthMood::Refuses);
        // The hole: whatever the message names is believed.
        let named =
            claims.map(|claims| message["restaurant_id"].as_str().map_or(claims.restaurant, str::to_owned));
        named.filter(|named| !uuid_only || is_uuid(named))
    };
    match named {
        Some(named) => {
            *restaurant = Some(named);
            say(socket, json!({"type": "auth:success", "timestamp": frame_time()}).to_string()).await
        }
        None => {
            let failed =
                json!({"type": "auth:failed", "error": "Authentication failed", "timestamp": frame_time()});
            say(socket, failed.to_string()).await?;
            close(socket, 1008, "Authentication failed").await;
            Err(())
        }
    }
}

async fn say(socket: &mut Socket, text: String) -> Result<(), ()> {
    socket.send(Message::Text(text.into())).await.map_err(|_| ())
}

async fn close(socket: &mut Socket, code: u16, reason: &'static str) {
    // Whoever does not answer the close in time is dropped.
    let _ = socket.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await;
    let _ = tokio::time::timeout(Duration::from_millis(500), async {
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
}
