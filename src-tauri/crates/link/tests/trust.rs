//! `wss://` over a real socket: who is believed, and what is said of who is not; and what else only a real socket shows.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use futures_util::{SinkExt, StreamExt};
use link::{Cause, Config, Dialect, Event, Input, Link, Phase, StartError, Timing, Verdict, WaitReason};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_tungstenite::tungstenite::Message;

const SOON: Duration = Duration::from_secs(10);

#[derive(Debug)]
struct Plain;

impl Dialect for Plain {
    fn judge(&self, text: &str) -> Verdict {
        if text == "welcome" { Verdict::Accepted } else { Verdict::Traffic }
    }
}

/// An authority of a test's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn new(folder: &Path, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let file = folder.join(name);
        std::fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), file }
    }

    fn certify(&self, name: &str, until: i32) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A server that welcomes whoever greets; its port, how many were let in, and its tasks.
async fn serve(tls: TlsAcceptor) -> (u16, Arc<AtomicUsize>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let opened = Arc::new(AtomicUsize::new(0));
    let counted = opened.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, counted) = (tls.clone(), counted.clone());
            connections.spawn(async move {
                let Ok(stream) = tls.accept(stream).await else { return };
                let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
                counted.fetch_add(1, Ordering::SeqCst);
                while let Some(Ok(message)) = socket.next().await {
                    if message.is_text() && socket.send(Message::text("welcome")).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (port, opened, tasks)
}

fn config(url: String, authority: Option<&Path>) -> Config {
    let authority = authority.map(Path::to_owned);
    Config { url, authority, timing: Timing::lan(), largest_message: 1 << 20, seed: 5 }
}

/// Connects, and says how the first attempt ended.
async fn first(link: &mut Link) -> Result<(), (Cause, Option<WaitReason>)> {
    let speaker = link.speaker();
    speaker.say(Input::Connect).unwrap();
    loop {
        match timeout(SOON, link.next_event()).await.expect("in time").expect("the link lives") {
            Event::Greet { generation, .. } => {
                speaker.say(Input::Greeting { generation, text: "hello".to_owned() }).unwrap();
            }
            Event::Changed { to: Phase::Live, .. } => return Ok(()),
            Event::Changed { cause: Some(cause), waits_for, .. } => return Err((cause, waits_for)),
            Event::Changed { .. }
            | Event::Frame { .. }
            | Event::AttemptLimit { .. }
            | Event::RoundTrip { .. } => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_the_kitchens_own_authority_is_believed_and_one_socket_serves_a_thousand() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca.pem");
    let (port, opened, _server) = serve(authority.certify("localhost", 2099)).await;
    let config = config(format!("wss://localhost:{port}/ws"), Some(&authority.file));
    let mut link = Link::start(&config, Plain).unwrap();
    let speaker = link.speaker();
    let connects: Vec<_> = (0..1000)
        .map(|_| {
            let speaker = speaker.clone();
            tokio::spawn(async move { speaker.connect().await })
        })
        .collect();
    first(&mut link).await.unwrap();
    for connect in connects {
        connect.await.unwrap().unwrap();
    }
    assert_eq!(opened.load(Ordering::SeqCst), 1);
    link.shutdown().await;
}

#[tokio::test]
async fn who_cannot_show_to_be_the_server_is_refused_and_the_reason_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Authority::new(folder.path(), "ours.pem");
    let other = Authority::new(folder.path(), "other.pem");
    for (certificate, believed, words) in [
        (ours.certify("localhost", 2099), None, "authority that this computer does not know"),
        (ours.certify("localhost", 2099), Some(&other), "authority that this computer does not know"),
        (ours.certify("localhost", 2001), Some(&ours), "has expired"),
        (ours.certify("somebody.else", 2099), Some(&ours), "for another name"),
    ] {
        let (port, opened, _server) = serve(certificate).await;
        let authority = believed.map(|authority| authority.file.as_path());
        let mut link = Link::start(&config(format!("wss://localhost:{port}/ws"), authority), Plain).unwrap();
        let (cause, waits_for) = first(&mut link).await.unwrap_err();
        assert!(matches!(&cause, Cause::NotTrusted { reason } if reason.contains(words)), "{cause}");
        assert_eq!(waits_for, Some(WaitReason::Backoff), "somebody may put it right");
        assert_eq!(opened.load(Ordering::SeqCst), 0, "and nothing was said to it");
        link.shutdown().await;
    }
}

#[tokio::test]
async fn an_authority_that_is_none_is_said_before_anything_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate\n").unwrap();
    for (file, words) in [(empty, "holds no certificate"), (folder.path().join("none.pem"), "cannot be read")]
    {
        let started = Link::start(&config("wss://localhost:1/ws".to_owned(), Some(&file)), Plain);
        let error = started.map(|_| ()).unwrap_err();
        assert!(matches!(error, StartError::Trust(_)) && error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn r3_10_a_server_that_says_when_is_not_asked_before() {
    for (answer, busy) in [
        ("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n", true),
        ("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n", true),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", false),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, mut times) = tokio::sync::mpsc::unbounded_channel();
        let mut server = JoinSet::new();
        server.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = asked.send(());
            }
        });
        let mut link = Link::start(&config(format!("ws://127.0.0.1:{port}/ws"), None), Plain).unwrap();
        let (cause, waits_for) = first(&mut link).await.unwrap_err();
        assert_eq!(matches!(cause, Cause::Busy { .. }), busy, "{cause}");
        assert_eq!(waits_for == Some(WaitReason::AskedByServer), busy);
        timeout(SOON, times.recv()).await.unwrap().unwrap();
        // A person need not wait.
        link.speaker().say(Input::Retry).unwrap();
        timeout(SOON, times.recv()).await.expect("asked again at once").unwrap();
        link.shutdown().await;
    }
}

/// A write that blocks never stops the reading: the server reads nothing and goes on talking.
#[tokio::test]
async fn a_server_that_does_not_read_is_still_heard() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut server = JoinSet::new();
    server.spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        socket.next().await;
        socket.send(Message::text("welcome")).await.unwrap();
        let mut beat = tokio::time::interval(Duration::from_millis(5));
        loop {
            beat.tick().await;
            if socket.send(Message::text("beat")).await.is_err() {
                return;
            }
        }
    });
    let mut link = Link::start(&config(format!("ws://127.0.0.1:{port}/ws"), None), Plain).unwrap();
    first(&mut link).await.unwrap();
    let speaker = link.speaker();
    // Far more than the buffers of two sockets hold.
    for _ in 0..400 {
        speaker.say(Input::Send { generation: 1, text: "x".repeat(64 * 1024) }).unwrap();
    }
    let mut beats = 0;
    while beats < 100 {
        match timeout(SOON, link.next_event()).await.expect("still heard").expect("the link lives") {
            Event::Frame { text, .. } if text == "beat" => beats += 1,
            Event::Frame { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    link.shutdown().await;
}

#[tokio::test]
async fn whoever_no_longer_waits_for_a_connect_takes_nothing_from_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "ca.pem");
    let (port, opened, _server) = serve(authority.certify("localhost", 2099)).await;
    let config = config(format!("wss://localhost:{port}/ws"), Some(&authority.file));
    let mut link = Link::start(&config, Plain).unwrap();
    let speaker = link.speaker();
    let gone = tokio::spawn({
        let speaker = speaker.clone();
        async move { speaker.connect().await }
    });
    tokio::task::yield_now().await;
    gone.abort();
    let stays = tokio::spawn(async move { speaker.connect().await });
    first(&mut link).await.unwrap();
    stays.await.unwrap().unwrap();
    assert_eq!(opened.load(Ordering::SeqCst), 1);
    link.shutdown().await;
}
