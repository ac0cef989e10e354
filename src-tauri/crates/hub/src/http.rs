//! The HTTP side of the hub: connections, limits, who may come in, and the table of paths.
//!
//! Knows nothing of orders. Nothing but the probes is open without a token; `/ws` asks for it in its first message, a
//! voice call for the secret that a token has minted.

use crate::{Core, rest, status, voice, ws};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wire::hub::Fault;
use wire::rest::Problem;

/// A connection that has not sent the head of a request within this is closed. Also ends idle ones: a POS that keeps its
/// connection open opens a new one after a quiet while.
const HEAD_LIMIT: Duration = Duration::from_secs(30);

/// A request, its body and its answer included. A commit takes milliseconds; a disk that stands still for this long is told
/// as a fault.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// Bytes of a request's head, and of what hyper buffers for a connection.
const HEAD_BYTES: usize = 64 * 1024;

/// After an accept that failed (no file handles left), the next try waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections beyond the limit that are told so at the same time, and for how long each.
const REFUSALS: usize = 16;
const REFUSAL_LIMIT: Duration = Duration::from_secs(1);

/// Takes connections until told to stop.
pub(crate) async fn accept(listener: TcpListener, core: Arc<Core>) {
    // However this ends, also by a panic, whoever waits for it hears of it.
    let _stopped = core.accepting_stopped.clone().drop_guard();
    let router = router(&core);
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    loop {
        let accepted = tokio::select! {
            () = core.stop_accepting.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(target: "hub::http", %error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(place) = core.http_places.clone().try_acquire_owned() else {
            tracing::warn!(target: "hub::http", "too many connections, one refused");
            // So many are told why; who comes on top of them finds the door shut.
            if let Ok(place) = refusals.clone().try_acquire_owned() {
                core.tasks.spawn(refuse(stream, place));
            }
            continue;
        };
        core.tasks.spawn(serve(stream, router.clone(), core.clone(), place));
    }
    drop(listener);
}

async fn serve(stream: TcpStream, router: Router, core: Arc<Core>, place: OwnedSemaphorePermit) {
    // An answer is one small write; waiting for more would only delay it.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(target: "hub::http", %error, "no TCP_NODELAY");
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = core.stop_sockets.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(target: "hub::http", %error, "connection ended");
    }
    drop(place);
}

/// Says why, to one request.
async fn refuse(stream: TcpStream, place: OwnedSemaphorePermit) {
    // Not an async closure: rustc 1.95 panics over one here when it compiles incrementally.
    let full = hyper::service::service_fn(|_: hyper::Request<hyper::body::Incoming>| async {
        Ok::<Response, std::convert::Infallible>(Refused(Fault::new("hub_full").passing()).into_response())
    });
    let told = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), full);
    // Whether it was heard or not: the connection is closed.
    let _ = tokio::time::timeout(REFUSAL_LIMIT, told).await;
    drop(place);
}

/// Every path of the REST interface, as the OpenAPI document has them.
pub(crate) fn paths() -> Vec<(&'static str, &'static str, MethodRouter<Arc<Core>>)> {
    vec![
        ("GET", "/api/v1/orders", get(rest::list_orders)),
        ("POST", "/api/v1/orders", post(rest::post_order)),
        ("GET", "/api/v1/orders/{id}", get(rest::get_order)),
        ("DELETE", "/api/v1/orders/{id}", delete(rest::void_order)),
        ("PATCH", "/api/v1/orders/{id}/status", patch(rest::patch_status)),
        ("POST", "/api/v1/orders/{id}/acts", post(rest::post_act)),
        ("POST", "/api/v1/orders/{id}/items", post(rest::add_items)),
        ("PATCH", "/api/v1/orders/{id}/items/{line}", patch(rest::patch_item)),
        ("DELETE", "/api/v1/orders/{id}/items/{line}", delete(rest::void_item)),
        ("PATCH", "/api/v1/orders/{id}/items/{line}/status", patch(rest::patch_item_status)),
        ("GET", "/api/v1/menu", get(rest::get_menu)),
        ("PUT", "/api/v1/menu", put(rest::put_menu)),
        ("PATCH", "/api/v1/menu/items/{id}", patch(rest::patch_menu_item)),
        ("GET", "/api/v1/stations", get(rest::get_stations)),
        ("PUT", "/api/v1/stations", put(rest::put_stations)),
        ("GET", "/api/v1/settings", get(rest::get_settings)),
        ("PUT", "/api/v1/settings", put(rest::put_settings)),
        ("GET", "/api/v1/status", get(rest::get_status)),
        ("GET", "/api/v1/openapi.json", get(rest::get_openapi)),
        ("POST", "/api/v1/realtime/client_secrets", post(voice::rest::post_secret)),
    ]
}

/// The paths that open with a client secret instead of a token; each asks for it itself.
pub(crate) fn secret_paths() -> Vec<(&'static str, &'static str, MethodRouter<Arc<Core>>)> {
    vec![
        ("POST", "/api/v1/realtime/calls", post(voice::rest::post_call)),
        ("POST", "/api/v1/realtime/calls/{id}/hangup", post(voice::rest::post_hangup)),
    ]
}

/// The paths that are open without a token.
pub(crate) fn open_paths() -> Vec<(&'static str, &'static str, MethodRouter<Arc<Core>>)> {
    vec![
        ("GET", "/livez", get(live)),
        ("GET", "/readyz", get(ready)),
        ("GET", wire::hub::PATH, get(ws::upgrade)),
    ]
}

fn router(core: &Arc<Core>) -> Router {
    let add = |router: Router<Arc<Core>>, (_, path, method): (_, &str, _)| router.route(path, method);
    let closed = paths()
        .into_iter()
        .fold(Router::new(), add)
        .fallback(async || Refused(Fault::new("not_found")))
        .method_not_allowed_fallback(async || Refused(Fault::new("method_not_allowed")))
        .layer(middleware::from_fn_with_state(core.clone(), admit));
    let open = open_paths().into_iter().chain(secret_paths()).fold(Router::new(), add);
    closed.merge(open).layer(middleware::from_fn(watch)).with_state(core.clone())
}

/// Asks for the token.
async fn admit(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let admitted = match token {
        Some(token) => core.tokens.admit(token).await,
        None => Ok(false),
    };
    match admitted {
        Ok(true) => next.run(request).await,
        Ok(false) => Refused(Fault::new("token_refused")).into_response(),
        Err(fault) => Refused(fault).into_response(),
    }
}

/// Bounds every request and logs how it went. Paths carry no secrets; queries and headers are not logged.
async fn watch(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = match tokio::time::timeout(REQUEST_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refused(Fault::new("too_slow").passing()).into_response(),
    };
    let (status, us) = (response.status().as_u16(), began.elapsed().as_micros() as u64);
    if response.status().is_server_error() {
        tracing::error!(target: "hub::http", %method, path, status, us, "answered");
    } else {
        tracing::debug!(target: "hub::http", %method, path, status, us, "answered");
    }
    response
}

async fn live() -> &'static str {
    "ok"
}

async fn ready(State(core): State<Arc<Core>>) -> Response {
    if status::is_ready(&core) {
        "ok".into_response()
    } else {
        Refused(crate::writer::stopping()).into_response()
    }
}

/// A fault on its way out.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Fault);

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl From<wire::rest::BadField> for Refused {
    fn from(bad: wire::rest::BadField) -> Self {
        Self(bad.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let problem = Problem::of(self.0);
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = rest::json(status, &problem);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A body that could not be put into words is an empty one with its status.
pub(crate) fn body(status: StatusCode, text: Result<Vec<u8>, serde_json::Error>) -> Response {
    let mut response = Response::new(text.map_or_else(|_| Body::empty(), Body::from));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn the_description_has_the_paths_that_are_served_and_no_other() {
        let document: Value = serde_json::from_str(rest::OPENAPI).unwrap();
        let described: BTreeSet<(String, String, bool)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| methods.as_object().unwrap().iter().map(move |method| (path, method)))
            .map(|(path, (method, operation))| {
                let is_open = operation["security"].as_array().is_some_and(Vec::is_empty);
                (method.to_uppercase(), path.clone(), is_open)
            })
            .collect();
        let name =
            |is_open| move |(method, path, _): (&str, &str, _)| (method.to_owned(), path.to_owned(), is_open);
        let closed = paths().into_iter().chain(secret_paths());
        let served = closed.map(name(false)).chain(open_paths().into_iter().map(name(true)));
        assert_eq!(served.collect::<BTreeSet<_>>(), described);
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let document: Value = serde_json::from_str(rest::OPENAPI).unwrap();
        let operations = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|path| path.as_object().unwrap().values());
        let ids: Vec<_> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }
}
