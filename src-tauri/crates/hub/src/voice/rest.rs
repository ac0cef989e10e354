//! The three requests of a call: a secret, the call, its end.

use super::peer::{self, Call};
use super::secrets::{self, NoSecret, SecretHash};
use super::session::{Realtime, whole};
use crate::http::Refused;
use crate::{Core, rest, text};
use ::voice::protocol::{CALLS_PATH, ClientSecret, LARGEST_MESSAGE, SecretRequest, Session};
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::sync::{Arc, PoisonError};
use wire::hub::Fault;
use wire::rest::LARGEST_BODY;

/// Bytes of a request for a secret: it is kept for as long as the secret.
const LARGEST_SECRET: usize = 16 * 1024;

/// What an offer is.
const SDP: &str = "application/sdp";

/// `POST realtime/client_secrets`
pub(crate) async fn post_secret(
    State(core): State<Arc<Core>>,
    request: Request,
) -> Result<Response, Refused> {
    let body = read(request.into_body(), LARGEST_SECRET).await?;
    let asked: SecretRequest = if body.trim_ascii().is_empty() {
        SecretRequest::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| Fault::new("bad_json").with("reason", error))?
    };
    let kind = asked.session.as_ref().and_then(|session| session.kind.as_deref());
    if !matches!(kind, None | Some("realtime" | "transcription")) {
        return Err(bad_field("session.type", "realtime or transcription"));
    }
    if asked.expires_after.as_ref().is_some_and(|after| after.anchor != "created_at") {
        return Err(bad_field("expires_after.anchor", "created_at"));
    }
    if !core.voice.ears.has_model() {
        return Err(Fault::new("speech_model_missing").into());
    }
    let mut random = [0; 32];
    text::fill(&mut random);
    let seconds = asked.expires_after.map(|after| after.seconds);
    let session = whole(asked.session.unwrap_or_default());
    let minted = core.voice.secrets().mint(core.clock.now(), seconds, random, session.clone());
    let (value, end) = minted.map_err(|why| match why {
        NoSecret::Lifetime => bad_field("expires_after.seconds", "between 10 and 7200"),
        NoSecret::TooMany => Fault::new("hub_full").passing().into(),
    })?;
    let expires_at = u64::try_from(end.0 / 1_000).unwrap_or_default();
    Ok(rest::json(StatusCode::OK, &ClientSecret { value, expires_at, session }))
}

/// `POST realtime/calls`
pub(crate) async fn post_call(State(core): State<Arc<Core>>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let offer = read(body, LARGEST_MESSAGE).await;
    let (secret, session) = admitted(&core, &parts.headers).ok_or(Fault::new("secret_refused"))?;
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind
        .is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(SDP)))
    {
        return Err(Fault::new("bad_content_type").with("expected", SDP).into());
    }
    let bad_offer = |reason: String| Refused(Fault::new("bad_offer").with("reason", reason));
    let offer = String::from_utf8(offer?).map_err(|_| bad_offer("it is no text".to_owned()))?;
    let id = format!("rtc_{}", text::new_id(core.clock.now()));
    // A place first: whoever is refused must not have made the hub open sockets.
    let place = core.voice.calls.place(id.clone(), secret).ok_or(Fault::new("hub_full").passing())?;
    // In a task of its own: a panic over a strange offer is an answer like any other, and the hub goes on.
    let answered = tokio::spawn(peer::answer(offer, core.voice.addresses.clone())).await;
    let answered =
        answered.map_err(|_| bad_offer("it cannot be understood".to_owned()))?.map_err(bad_offer)?;
    let sdp = answered.sdp.clone();
    let session = Realtime::new(&format!("sess_{id}"), session);
    let call = Call { place, answered, session, ears: core.voice.ears.clone() };
    core.voice.calls.run(call.run());
    tracing::info!(target: "hub::voice", call = id, "call answered");
    let mut response = (StatusCode::CREATED, sdp).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP));
    if let Ok(place) = HeaderValue::from_str(&format!("{CALLS_PATH}/{id}")) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// `POST realtime/calls/{id}/hangup`: by the secret that opened the call, whether it has ended meanwhile or not.
pub(crate) async fn post_hangup(
    State(core): State<Arc<Core>>,
    request: Request,
) -> Result<Response, Refused> {
    let (mut parts, body) = request.into_parts();
    // It says nothing; it is only read.
    let _ = read(body, 0).await;
    let secret = bearer(&parts.headers).map(secrets::hash).ok_or(Fault::new("secret_refused"))?;
    let id = Path::<String>::from_request_parts(&mut parts, &core).await;
    let Path(id) = id.map_err(|_| Fault::new("call_unknown"))?;
    if core.voice.calls.hang_up(&id, &secret) {
        Ok(StatusCode::OK.into_response())
    } else {
        Err(Fault::new("call_unknown").into())
    }
}

fn admitted(core: &Core, headers: &HeaderMap) -> Option<(SecretHash, Session)> {
    core.voice.secrets().admit(bearer(headers)?, core.clock.now())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// The whole body, whatever becomes of it: an answer over a half-read one may not arrive.
async fn read(body: Body, most: usize) -> Result<Vec<u8>, Refused> {
    let too_large = || Refused(Fault::new("body_too_large").with("most", most));
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => Some(body.to_bytes().to_vec()).filter(|body| body.len() <= most).ok_or_else(too_large),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(Fault::new("bad_json").with("reason", error).into()),
    }
}

fn bad_field(field: &str, expected: &str) -> Refused {
    Fault::new("bad_field").with("field", field).with("expected", expected).into()
}

impl super::Voice {
    fn secrets(&self) -> std::sync::MutexGuard<'_, secrets::Secrets> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
