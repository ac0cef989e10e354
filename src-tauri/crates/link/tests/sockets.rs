//! The driver over real sockets.

use futures_util::{SinkExt, StreamExt};
use link::{Cause, Config, Credentials, Dialect, Event, Input, Link, Phase, Standing, Timing, Verdict};
use std::time::Duration;
use testkit::{Behaviour, ScriptedHub, eventually};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

#[derive(Debug)]
struct Hub;

impl Dialect for Hub {
    fn judge(&self, text: &str) -> Verdict {
        if text.contains("\"welcome\"") {
            Verdict::Accepted
        } else if text.contains("\"refused\"") {
            Verdict::Refused { reason: text.to_owned() }
        } else {
            Verdict::Traffic
        }
    }
}

fn start(hub: &ScriptedHub, timing: Timing) -> Link {
    Link::start(&Config { url: hub.url(), timing, largest_message: 1 << 20, seed: 3, authority: None }, Hub)
        .expect("an address")
}

fn hello(token: &str) -> String {
    format!(
        r#"{{"type":"hello","protocol":1,"app":"test/0","device_id":"d","role":"display","token":"{token}"}}"#
    )
}

/// Plays the owner: greets, and waits for a phase.
async fn until(link: &mut Link, phase: Phase, token: &str) -> u64 {
    let speaker = link.speaker();
    timeout(Duration::from_secs(10), async {
        loop {
            match link.next_event().await.expect("the link lives") {
                Event::Greet { generation, .. } => {
                    speaker
                        .say(Input::Greeting { generation, text: hello(token) })
                        .expect("the link listens");
                }
                Event::Changed { to, generation, .. } if to == phase => return generation.unwrap_or(0),
                Event::Changed { .. }
                | Event::Frame { .. }
                | Event::RoundTrip { .. }
                | Event::AttemptLimit { .. } => {}
            }
        }
    })
    .await
    .unwrap_or_else(|_| panic!("never {phase:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_02_a_thousand_concurrent_connects_open_one_socket() {
    let mut hub = ScriptedHub::start().await;
    let mut link = start(&hub, Timing::lan());
    let speaker = link.speaker();
    let owner = tokio::spawn(async move {
        until(&mut link, Phase::Live, "secret").await;
        link
    });
    let connects: Vec<_> = (0..1000)
        .map(|_| {
            let speaker = speaker.clone();
            tokio::spawn(async move { speaker.connect().await })
        })
        .collect();
    let mut started = 0;
    for connect in connects {
        if connect.await.unwrap().unwrap() == Standing::Started {
            started += 1;
        }
    }
    assert_eq!((started, hub.sockets().0), (1, 1));
    assert_eq!(speaker.connect().await, Ok(Standing::AlreadyLive));
    owner.await.unwrap().shutdown().await;
    eventually("the socket is gone", || async { (hub.sockets().1 == 0).then_some(()) }).await;
    hub.stop().await;
}

#[tokio::test]
async fn r3_04_a_server_that_never_answers_is_left_after_the_limit() {
    let hub = ScriptedHub::start().await;
    for behaviour in [Behaviour::AcceptOnly, Behaviour::UpgradeOnly] {
        hub.behave(behaviour);
        let mut link = start(&hub, Timing { attempt: Duration::from_millis(150), ..Timing::lan() });
        link.speaker().say(Input::Connect).unwrap();
        until(&mut link, Phase::Waiting, "secret").await;
        eventually("the socket is gone", || async { (hub.sockets().1 == 0).then_some(()) }).await;
        link.shutdown().await;
    }
}

#[tokio::test]
async fn r3_08_a_server_that_drops_after_the_upgrade_is_backed_off_from() {
    let hub = ScriptedHub::start().await;
    hub.behave(Behaviour::DropAfterUpgrade);
    let timing = Timing { base: Duration::from_millis(2), cap: Duration::from_millis(40), ..Timing::lan() };
    let mut link = start(&hub, timing);
    link.speaker().say(Input::Connect).unwrap();
    let mut waits = Vec::new();
    while waits.len() < 6 {
        if let Event::Changed { wait: Some(wait), .. } =
            timeout(Duration::from_secs(5), link.next_event()).await.unwrap().unwrap()
        {
            waits.push(wait);
        }
    }
    assert!(waits.windows(2).take(4).all(|pair| pair[1] > pair[0]), "{waits:?}");
    link.shutdown().await;
}

#[tokio::test]
async fn r3_10_a_refused_token_is_renewed_once_and_then_waits_for_a_person() {
    let hub = ScriptedHub::start().await;
    let mut link = start(&hub, Timing::lan());
    let speaker = link.speaker();
    speaker.say(Input::Connect).unwrap();
    until(&mut link, Phase::Refused, "wrong").await;
    assert_eq!(hub.sockets().0, 2);
    speaker.say(Input::Retry).unwrap();
    until(&mut link, Phase::Live, "secret").await;
    link.shutdown().await;
}

#[tokio::test]
async fn r3_10_credentials_that_can_be_renewed_are_let_in() {
    let hub = ScriptedHub::start().await;
    let mut link = start(&hub, Timing::lan());
    let speaker = link.speaker();
    speaker.say(Input::Connect).unwrap();
    loop {
        match timeout(Duration::from_secs(5), link.next_event()).await.unwrap().unwrap() {
            Event::Greet { generation, credentials } => {
                let token = if credentials == Credentials::Held { "stale" } else { "secret" };
                speaker.say(Input::Greeting { generation, text: hello(token) }).unwrap();
            }
            Event::Changed { to: Phase::Live, .. } => break,
            Event::Changed { .. }
            | Event::Frame { .. }
            | Event::RoundTrip { .. }
            | Event::AttemptLimit { .. } => {}
        }
    }
    link.shutdown().await;
}

#[tokio::test]
async fn r3_11_a_black_hole_is_found_and_left() {
    let hub = ScriptedHub::start().await;
    let mut link = start(&hub, Timing { liveness: Duration::from_millis(200), ..Timing::lan() });
    link.speaker().say(Input::Connect).unwrap();
    until(&mut link, Phase::Live, "secret").await;
    hub.behave(Behaviour::Mute);
    until(&mut link, Phase::Closing, "secret").await;
    hub.behave(Behaviour::Normal);
    until(&mut link, Phase::Live, "secret").await;
    assert_eq!(hub.sockets().2, 1, "never two at once");
    link.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_13_a_thousand_quick_cycles_end_as_asked_with_one_socket() {
    let hub = ScriptedHub::start().await;
    let mut link = start(&hub, Timing::lan());
    let speaker = link.speaker();
    let asker = tokio::spawn(async move {
        for cycle in 0..1000 {
            speaker.say(Input::Connect).unwrap();
            if cycle % 3 == 0 {
                speaker.say(Input::Retry).unwrap();
            }
            if cycle % 7 == 0 {
                tokio::task::yield_now().await;
            }
            speaker.say(Input::Disconnect).unwrap();
            tokio::task::yield_now().await;
        }
        speaker.connect().await
    });
    let outcome = timeout(Duration::from_secs(20), while_greeted(&mut link, asker)).await.unwrap();
    outcome.unwrap();
    eventually("one socket is alive", || async { (hub.sockets().1 == 1).then_some(()) }).await;
    link.shutdown().await;
    eventually("no socket is alive", || async { (hub.sockets().1 == 0).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_13_a_thousand_connections_one_after_the_other_are_never_two_at_once() {
    let hub = ScriptedHub::start().await;
    let mut link = start(&hub, Timing::lan());
    let speaker = link.speaker();
    let asker = tokio::spawn(async move {
        for _ in 0..1000 {
            speaker.connect().await.unwrap();
            speaker.say(Input::Disconnect).unwrap();
        }
    });
    timeout(Duration::from_secs(60), while_greeted(&mut link, asker)).await.unwrap();
    link.shutdown().await;
    eventually("no socket is alive", || async { (hub.sockets().1 == 0).then_some(()) }).await;
    let (ever, _, most) = hub.sockets();
    assert_eq!((ever, most), (1000, 1));
}

/// Plays the owner until somebody has done what they do.
async fn while_greeted<T>(link: &mut Link, doing: tokio::task::JoinHandle<T>) -> T {
    let speaker = link.speaker();
    let greeter = async {
        while let Some(event) = link.next_event().await {
            if let Event::Greet { generation, .. } = event {
                speaker.say(Input::Greeting { generation, text: hello("secret") }).expect("the link listens");
            }
        }
    };
    tokio::select! {
        done = doing => done.expect("whoever does it does not panic"),
        () = greeter => panic!("the link ended"),
    }
}

/// A server that says on and reads no more after the greeting.
#[tokio::test]
async fn a_write_that_is_blocked_stops_no_reading_and_at_last_another_connection_is_made() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        let _hello = socket.next().await.unwrap().unwrap();
        socket.send(Message::text(r#"{"type":"welcome"}"#)).await.unwrap();
        let mut said = 0u64;
        while socket.send(Message::text(format!("said {said}"))).await.is_ok() {
            said += 1;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        listener
    });
    let config = Config { url, timing: Timing::lan(), largest_message: 1 << 20, seed: 3, authority: None };
    let mut link = Link::start(&config, Hub).unwrap();
    let speaker = link.speaker();
    speaker.say(Input::Connect).unwrap();
    let generation = until(&mut link, Phase::Live, "secret").await;
    // More than both ends of a loopback connection hold.
    let large = "x".repeat(512 * 1024);
    for _ in 0..100 {
        speaker.say(Input::Send { generation, text: large.clone() }).unwrap();
    }
    // Half a second of what it says: the writing is stuck long before the end of it.
    let mut heard = 0;
    while heard < 250 {
        match timeout(Duration::from_secs(5), link.next_event()).await.unwrap().unwrap() {
            Event::Frame { .. } => heard += 1,
            other => panic!("the connection lives: {other:?}"),
        }
    }
    // A queue that is full means that the server does not read.
    for _ in 0..1_100 {
        speaker.say(Input::Send { generation, text: "bump".into() }).unwrap();
    }
    let cause = loop {
        match timeout(Duration::from_secs(5), link.next_event()).await.unwrap().unwrap() {
            Event::Changed { from: Phase::Live, cause, .. } => break cause,
            Event::Changed { .. }
            | Event::Frame { .. }
            | Event::Greet { .. }
            | Event::RoundTrip { .. }
            | Event::AttemptLimit { .. } => {}
        }
    };
    assert_eq!(cause, Some(Cause::Replaced));
    // Its end of the connection is gone, and somebody knocks again.
    let listener = timeout(Duration::from_secs(5), server).await.unwrap().unwrap();
    timeout(Duration::from_secs(5), listener.accept()).await.unwrap().unwrap();
    link.shutdown().await;
}

/// What no server of ours would send ends that connection at most, and never the link.
#[tokio::test]
async fn huge_broken_and_binary_frames_end_a_connection_at_most() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        // A message beyond the limit; a text that is none; a frame with bits that mean nothing; half a frame.
        let broken: [&[u8]; 4] = [
            &[0x81, 127, 0, 0, 0, 0, 0x7f, 0, 0, 0],
            &[0x81, 2, 0xff, 0xfe],
            &[0xf7, 3, 1, 2, 3],
            &[0x81, 126, 0x10],
        ];
        for bytes in broken {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            let _hello = socket.next().await.unwrap().unwrap();
            socket.send(Message::text(r#"{"type":"welcome"}"#)).await.unwrap();
            socket.send(Message::binary(vec![0, 159, 146, 150])).await.unwrap();
            socket.send(Message::text("\u{0}{{{")).await.unwrap();
            let stream = socket.get_mut();
            stream.write_all(bytes).await.unwrap();
            stream.shutdown().await.unwrap();
        }
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        let _hello = socket.next().await.unwrap().unwrap();
        socket.send(Message::text(r#"{"type":"welcome"}"#)).await.unwrap();
        socket.send(Message::text("well")).await.unwrap();
        // Until the other side has gone.
        while socket.next().await.is_some_and(|message| message.is_ok()) {}
    });
    let timing = Timing { base: Duration::from_millis(5), ..Timing::lan() };
    let config = Config { url, timing, largest_message: 1 << 20, seed: 3, authority: None };
    let mut link = Link::start(&config, Hub).unwrap();
    let speaker = link.speaker();
    speaker.say(Input::Connect).unwrap();
    let (mut lives, mut texts) = (0, Vec::new());
    while texts.last().is_none_or(|text| text != "well") {
        match timeout(Duration::from_secs(5), link.next_event()).await.unwrap().unwrap() {
            Event::Greet { generation, .. } => {
                speaker.say(Input::Greeting { generation, text: hello("secret") }).unwrap();
            }
            Event::Changed { to: Phase::Live, .. } => lives += 1,
            Event::Frame { text, .. } => texts.push(text),
            Event::Changed { .. } | Event::RoundTrip { .. } | Event::AttemptLimit { .. } => {}
        }
    }
    assert_eq!(lives, 5, "each broken frame costs its connection, and another is made");
    assert_eq!(
        texts.iter().filter(|text| text.contains("{{{")).count(),
        4,
        "garbage is somebody else's to judge"
    );
    assert_eq!(texts.len(), 5 + 4 + 1, "nothing broken is handed on: {texts:?}");
    link.shutdown().await;
    server.await.unwrap();
}

#[tokio::test]
async fn an_owner_that_does_not_listen_blocks_nothing_and_loses_nothing() {
    let hub = ScriptedHub::start().await;
    let mut link = start(&hub, Timing { liveness: Duration::from_millis(300), ..Timing::lan() });
    link.speaker().say(Input::Connect).unwrap();
    until(&mut link, Phase::Live, "secret").await;
    for n in 0..3_000 {
        hub.place(&format!("o{n}"), testkit::draft("1", vec![testkit::line("steak", 1, &[])]));
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    let mut events = 0;
    while events < 3_000 {
        match timeout(Duration::from_secs(5), link.next_event()).await.unwrap().unwrap() {
            Event::Frame { text, .. } if text.contains("\"event\"") => events += 1,
            Event::Frame { .. } => {}
            other => panic!("slow is not dead: {other:?}"),
        }
    }
    link.shutdown().await;
}

#[tokio::test]
async fn the_way_to_a_real_server_and_back_is_measured() {
    let hub = ScriptedHub::start().await;
    let mut link = start(&hub, Timing { ping: Some(Duration::from_millis(20)), ..Timing::lan() });
    link.speaker().say(Input::Connect).unwrap();
    until(&mut link, Phase::Live, "secret").await;
    let mut trips = 0;
    while trips < 3 {
        let event = timeout(Duration::from_secs(5), link.next_event()).await.unwrap().unwrap();
        if let Event::RoundTrip { took } = event {
            assert!(took < Duration::from_secs(2), "{took:?}");
            trips += 1;
        }
    }
    link.shutdown().await;
}
