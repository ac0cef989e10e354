//! The few requests of a call, over HTTP or TLS. No cookie is kept: a stale one would beat the token.

use http_body_util::{BodyExt, Full, Limited};
use hyper::Uri;
use hyper::body::Bytes;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use link::{Trust, TrustError};
use std::path::Path;
use std::time::Duration;

/// Asks a peer. Clones share their connections.
#[derive(Clone)]
pub(super) enum Http {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Secure(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

/// An answer of any status.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    /// May hold secrets.
    pub(super) body: String,
}

/// A connection that nobody needs is closed after this long: calls are rare.
const IDLE: Duration = Duration::from_secs(10);
/// The largest answer that is read: a description of a session is a few KB.
const LARGEST: usize = 256 * 1024;

impl Http {
    /// For addresses without TLS.
    pub(super) fn plain() -> Self {
        Self::Plain(Client::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(connector()))
    }

    /// For any address; reads the computer's list of authorities, and that of a file.
    pub(super) fn secure(authority: Option<&Path>) -> Result<Self, TrustError> {
        let trust = Trust::load(authority)?;
        let tls = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config((*trust.client_config()).clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector());
        Ok(Self::Secure(Client::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(tls)))
    }

    /// Posts, and reads the answer; an error says why there is none, and holds no address and no secret.
    pub(super) async fn post(
        &self,
        url: &str,
        headers: &[(&str, String)],
        body: String,
        limit: Duration,
    ) -> Result<Answer, String> {
        let mut request = hyper::Request::post(url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;
        let exchange = async {
            let response = match self {
                Self::Plain(client) => client.request(request).await,
                Self::Secure(client) => client.request(request).await,
            };
            let response =
                response.map_err(|error| link::distrust(&error).unwrap_or_else(|| whole(&error)))?;
            let (head, body) = response.into_parts();
            let location =
                head.headers.get("location").and_then(|place| place.to_str().ok()).map(str::to_owned);
            let body = Limited::new(body, LARGEST).collect().await.map_err(|error| error.to_string())?;
            let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
            Ok(Answer { status: head.status.as_u16(), location, body })
        };
        match tokio::time::timeout(limit, exchange).await {
            Ok(answered) => answered,
            Err(_) => Err(format!("no answer within {} s", limit.as_secs_f32())),
        }
    }
}

/// The host of an address.
pub(super) fn host(url: &str) -> Option<String> {
    url.parse::<Uri>().ok()?.host().map(str::to_owned)
}

fn connector() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp
}

/// An error with its causes.
fn whole(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |inner| inner.source())
        .fold(error.to_string(), |text, inner| format!("{text}: {inner}"))
}
