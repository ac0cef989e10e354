//! The hub protocol, as a screen speaks it: over a real WebSocket, with a real board.

use crate::common::{Kitchen, Screen, an_order, hello, next, setup, until};
use futures_util::{SinkExt, StreamExt};
use kitchen::{Act, Board, Order, OrderId, StationId, Touch};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use wire::hub::{CLOSE_REPLACED, HubMessage, Refused, Resume, SNAPSHOT_PART, ScreenMessage};

#[tokio::test]
async fn an_order_goes_to_the_glass_and_its_bump_comes_back() {
    let kitchen = Kitchen::open().await;
    let mut screen = kitchen.screen("grill-1").await;
    assert_eq!((screen.welcome.seq, screen.welcome.resume), (0, Resume::Snapshot));
    assert_eq!(screen.welcome.restaurant_id, "r-test".into());
    let placed = kitchen.pos.place(&an_order()).await;
    screen.reach(1).await;
    let order = screen.order(&placed["id"]);
    let bump = screen.bump(&order, "grill");
    screen.act(&bump).await;
    assert_eq!(screen.verdict(&bump).await, Ok(2));
    screen.reach(2).await;
    let after = kitchen.pos.get(&format!("/orders/{}", order.id)).await;
    assert_eq!((after["items"][0]["status"].as_str(), after["version"].as_u64()), (Some("done"), Some(2)));
    let stations = kitchen.pos.get("/stations").await;
    assert_eq!(serde_json::to_value(&screen.board.setup().stations).unwrap(), stations);
}

#[tokio::test]
async fn snapshot_and_stream_join_without_a_gap_under_load() {
    let kitchen = Kitchen::open().await;
    for _ in 0..SNAPSHOT_PART + 20 {
        kitchen.pos.place(&an_order()).await;
    }
    let pos = kitchen.pos.clone();
    let till = tokio::spawn(async move {
        for _ in 0..150 {
            pos.place(&an_order()).await;
        }
    });
    let end = SNAPSHOT_PART as u64 + 170;
    for n in 0..5 {
        let mut screen = kitchen.screen(&format!("late-{n}")).await;
        let from = screen.board.seq();
        screen.reach(end).await;
        assert_eq!(screen.seen, (from + 1..=end).collect::<Vec<_>>());
        assert_eq!(screen.board.orders().count(), SNAPSHOT_PART + 170);
    }
    till.await.unwrap();
}

#[tokio::test]
async fn a_screen_resumes_from_memory_and_from_the_database() {
    let mut kitchen = Kitchen::open().await;
    for _ in 0..130 {
        kitchen.pos.place(&an_order()).await;
    }
    for round in ["memory", "database"] {
        let mut known = hello("back", kitchen.hub.token());
        (known.epoch, known.seq) = (Some(kitchen.hub.epoch()), Some(7));
        let mut screen = Screen::join(kitchen.hub.addr(), &known).await;
        assert_eq!(screen.welcome.resume, Resume::Events, "{round}");
        screen.reach(130).await;
        assert_eq!(screen.seen, (8..=130).collect::<Vec<_>>(), "{round}");
        drop(screen);
        kitchen = kitchen.reopen().await;
    }
}

#[tokio::test]
async fn a_screen_of_another_log_or_ahead_of_this_one_gets_everything() {
    let kitchen = Kitchen::open().await;
    kitchen.pos.place(&an_order()).await;
    for (epoch, seq) in
        [(Some("other".into()), Some(1)), (Some(kitchen.hub.epoch()), Some(9)), (None, Some(1))]
    {
        let mut known = hello("d", kitchen.hub.token());
        (known.epoch, known.seq) = (epoch, seq);
        let screen = Screen::join(kitchen.hub.addr(), &known).await;
        assert_eq!((screen.welcome.resume, screen.board.seq()), (Resume::Snapshot, 1));
    }
}

#[tokio::test]
async fn an_operation_is_applied_once_however_often_it_arrives() {
    let kitchen = Kitchen::open().await;
    let placed = kitchen.pos.place(&an_order()).await;
    let (mut one, mut two) = (kitchen.screen("one").await, kitchen.screen("two").await);
    let order = one.order(&placed["id"]);
    let bump = one.bump(&order, "grill");
    for _ in 0..3 {
        one.act(&bump).await;
    }
    two.act(&bump).await;
    for _ in 0..3 {
        assert_eq!(one.verdict(&bump).await, Ok(2));
    }
    assert_eq!(two.verdict(&bump).await, Ok(2));
    let kitchen = kitchen.reopen().await;
    let mut again = kitchen.screen("one").await;
    again.act(&bump).await;
    assert_eq!(again.verdict(&bump).await, Ok(2));
    assert_eq!(kitchen.pos.seq().await, 2);
}

#[tokio::test]
async fn a_refusal_is_final_and_remembered_and_changes_nothing() {
    let kitchen = Kitchen::open().await;
    let placed = kitchen.pos.place(&an_order()).await;
    let mut screen = kitchen.screen("d").await;
    let order = screen.order(&placed["id"]);
    let stranger = Order { id: OrderId::from("nobody"), ..order.clone() };
    let refused = [
        (screen.bump(&stranger, "grill"), "order_unknown"),
        (screen.operation(&order, Act::Unbump { bump: "never".into(), also: vec![] }), "bump_unknown"),
        (
            screen.operation(&order, Act::Start { station: "grill".into(), lines: Vec::new() }),
            "nothing_named",
        ),
        (
            screen.operation(
                &order,
                Act::Start { station: "fry".into(), lines: vec![Touch { line: "a".into(), upto: 1 }] },
            ),
            "line_not_at_station",
        ),
    ];
    for (operation, code) in &refused {
        screen.act(operation).await;
        let refusal = screen.verdict(operation).await.unwrap_err();
        assert_eq!((refusal.fault.code.as_str(), refusal.fault.retry), (*code, false));
    }
    // The order it did not know comes into being: the refusal stands all the same.
    let kitchen = kitchen.reopen().await;
    let mut screen = kitchen.screen("d").await;
    screen.act(&refused[0].0).await;
    assert_eq!(screen.verdict(&refused[0].0).await.unwrap_err().fault.code, "order_unknown");
    assert_eq!(kitchen.pos.seq().await, 1);
}

#[tokio::test]
async fn who_may_not_come_in_is_told_why_and_closed_with_1008() {
    let kitchen = Kitchen::with(|config| config.limits.screens = 1).await;
    let token = kitchen.hub.token();
    let good = hello("d", token);
    let cases = [
        (wire::hub::Hello { token: "wrong".into(), ..good.clone() }, "token_refused"),
        (wire::hub::Hello { protocol: 99, token: "wrong".into(), ..good.clone() }, "token_refused"),
        (wire::hub::Hello { protocol: 99, ..good.clone() }, "protocol_unsupported"),
        (wire::hub::Hello { restaurant_id: Some("r-other".into()), ..good.clone() }, "restaurant_other"),
        (wire::hub::Hello { device_id: "".into(), ..good.clone() }, "hello_expected"),
    ];
    for (hello, code) in cases {
        let (mut socket, first) = Screen::knock(kitchen.hub.addr(), &hello).await;
        let HubMessage::Refused(Refused { id: None, fault }) = first else { panic!("{first:?}") };
        assert_eq!(fault.code, code);
        let Some(Ok(Message::Close(Some(frame)))) = socket.next().await else { panic!("no close") };
        assert_eq!(u16::from(frame.code), 1008);
    }
    for first in [r#"{"type":"ack","stored_seq":1,"painted_seq":1}"#, "not json", r#"{"type":"hello"}"#] {
        let (mut socket, _) = connect_async(format!("ws://{}/ws", kitchen.hub.addr())).await.unwrap();
        socket.send(Message::text(first)).await.unwrap();
        let Some(HubMessage::Refused(refused)) = next(&mut socket).await else { panic!("{first}") };
        assert_eq!(refused.fault.code, "hello_expected", "{first}");
    }
    let _in = kitchen.screen("in").await;
    let (_, first) = Screen::knock(kitchen.hub.addr(), &good).await;
    let HubMessage::Refused(Refused { fault, .. }) = first else { panic!("{first:?}") };
    assert_eq!((fault.code.as_str(), fault.retry), ("hub_full", true));
}

#[tokio::test]
async fn who_says_nothing_is_shown_the_door() {
    let kitchen = Kitchen::open().await;
    let (mut socket, _) = connect_async(format!("ws://{}/ws", kitchen.hub.addr())).await.unwrap();
    let Some(HubMessage::Refused(refused)) = next(&mut socket).await else { panic!("a refusal") };
    assert_eq!(refused.fault.code, "hello_expected");
    let response = kitchen.pos.raw("GET", "/ws", &[], None).await;
    assert_eq!(response.status(), 426);
}

#[tokio::test]
async fn r3_11_a_screen_that_does_not_answer_is_let_go() {
    let kitchen = Kitchen::open().await;
    // Its pings are answered when somebody reads from it, and nobody does.
    let _deaf = kitchen.screen("deaf").await;
    let mut lively = kitchen.screen("lively").await;
    let began = Instant::now();
    let connected = async |device: &str| {
        let screens = kitchen.pos.get("/status").await["screens"].clone();
        let mut screens = screens.as_array().unwrap().iter();
        screens.any(|screen| screen["device_id"] == device && screen["connected"] == true)
    };
    while connected("deaf").await {
        lively.hear().await;
        assert!(began.elapsed() < Duration::from_secs(20), "the hub still waits");
    }
    assert!(began.elapsed() > Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(connected("lively").await);
}

#[tokio::test]
async fn a_newer_connection_of_a_device_replaces_the_older() {
    let kitchen = Kitchen::open().await;
    let mut old = kitchen.screen("d").await;
    let mut new = kitchen.screen("d").await;
    assert_eq!(old.closed().await, Some(CLOSE_REPLACED));
    let placed = kitchen.pos.place(&an_order()).await;
    new.reach(1).await;
    assert_eq!(new.order(&placed["id"]).version, 1);
    let screens = kitchen.pos.get("/status").await["screens"].clone();
    assert_eq!((screens.as_array().unwrap().len(), screens[0]["connected"].as_bool()), (1, Some(true)));
}

#[tokio::test]
async fn silence_is_filled_with_heartbeats() {
    let kitchen = Kitchen::open().await;
    let mut screen = kitchen.screen("d").await;
    let began = Instant::now();
    let mut times = Vec::new();
    for _ in 0..3 {
        let Some(HubMessage::Heartbeat { server_time, seq }) = screen.hear().await else {
            panic!("a heartbeat")
        };
        assert_eq!(seq, 0);
        times.push(server_time);
    }
    assert!(began.elapsed() >= Duration::from_millis(2_900), "{:?}", began.elapsed());
    assert!(times.is_sorted() && times[2].since(times[0]) >= 1_900, "{times:?}");
}

#[tokio::test]
async fn what_the_hub_does_not_know_is_passed_over() {
    let kitchen = Kitchen::open().await;
    let mut screen = kitchen.screen("d").await;
    for text in [
        r#"{"type":"confetti"}"#,
        r#"{"type":"ack","stored_seq":0,"painted_seq":0,"mood":"good"}"#,
        "{",
        "[]",
        r#"{"type":"operation","id":"x","act":"juggle","order":"o","at":1,"seen":1}"#,
    ] {
        screen.say_text(text.to_owned()).await;
    }
    kitchen.pos.place(&an_order()).await;
    screen.reach(1).await;
}

#[tokio::test]
async fn what_screens_acknowledge_is_told_and_kept() {
    let kitchen = Kitchen::open().await;
    for _ in 0..3 {
        kitchen.pos.place(&an_order()).await;
    }
    let mut screen = kitchen.screen("grill-1").await;
    let commits = async |kitchen: &Kitchen| kitchen.pos.get("/status").await["commits"].as_u64().unwrap();
    let before = commits(&kitchen).await;
    for painted_seq in 0..100_u64 {
        screen.say(&ScreenMessage::Ack { stored_seq: 3, painted_seq: painted_seq.min(2) }).await;
    }
    screen.say(&ScreenMessage::Ack { stored_seq: 99, painted_seq: 2 }).await;
    let told = async |kitchen: &Kitchen| {
        let screens = kitchen.pos.get("/status").await["screens"].clone();
        (screens[0]["stored_seq"].clone(), screens[0]["painted_seq"].clone(), screens[0]["connected"].clone())
    };
    until("the hub heard it", async || told(&kitchen).await == (json!(3), json!(2), json!(true))).await;
    assert!(commits(&kitchen).await <= before + 1, "no fsync per ack");
    drop(screen);
    let kitchen = kitchen.reopen().await;
    assert_eq!(told(&kitchen).await, (json!(3), json!(2), json!(false)));
}

#[tokio::test]
async fn a_screen_that_does_not_read_holds_up_nobody() {
    let kitchen = Kitchen::open().await;
    let _stuck = kitchen.screen("stuck").await;
    let mut screen = kitchen.screen("lively").await;
    let mut order = an_order();
    order["notes"] = json!("x".repeat(1_000));
    order["items"] = Value::Array(vec![order["items"][0].clone(); 100]);
    // Far more than the sockets' buffers hold.
    for n in 1..=400 {
        kitchen.pos.place(&order).await;
        screen.reach(n).await;
    }
}

#[tokio::test]
async fn a_revoked_screen_is_out_within_a_second_or_two() {
    let kitchen = Kitchen::open().await;
    let token = hub::new_token(kitchen.data.path(), "tablet").unwrap();
    let mut screen = Screen::join(kitchen.hub.addr(), &hello("tablet", &token)).await;
    let id = hub::list_tokens(kitchen.data.path())
        .unwrap()
        .into_iter()
        .find(|row| row.label == "tablet")
        .unwrap()
        .id;
    hub::revoke_token(kitchen.data.path(), &id).unwrap();
    assert_eq!(screen.closed().await, Some(1008));
}

#[tokio::test]
async fn r6_2_a_shutdown_closes_sockets_with_1001_and_keeps_what_was_acknowledged() {
    let kitchen = Kitchen::open().await;
    let mut screen = kitchen.screen("d").await;
    let tills = (0..20).map(|n| {
        let pos = kitchen.pos.clone();
        tokio::spawn(async move {
            let mut taken = Vec::new();
            for k in 0.. {
                let key = format!("{n}-{k}");
                let headers = [("Idempotency-Key", key.as_str())];
                let answer =
                    pos.try_raw("POST", "/api/v1/orders", &headers, Some(an_order().to_string())).await;
                let Ok(answer) = answer else { break };
                if answer.status() != 201 {
                    break;
                }
                let Ok(order) = answer.json::<Value>().await else { break };
                taken.push(order["id"].as_str().unwrap().to_owned());
            }
            taken
        })
    });
    let tills: Vec<_> = tills.collect();
    until("orders come", async || kitchen.hub.status()["seq"].as_u64() > Some(50)).await;
    let ending = kitchen.hub.shutdown().await;
    let names: Vec<_> = ending.steps.iter().map(|step| step.name).collect();
    assert_eq!(names, ["accepting", "sockets", "voice", "database"]);
    assert!(
        ending.in_time && ending.alive == 0 && ending.steps.iter().all(|step| step.finished),
        "{ending:?}"
    );
    assert!(kitchen.hub.shutdown().await.steps.is_empty(), "a second one only warns");
    while screen.follow().await.is_some() {}
    let mut taken = Vec::new();
    for till in tills {
        taken.extend(till.await.unwrap());
    }
    let Kitchen { hub, data, .. } = kitchen;
    drop(hub);
    let hub = hub::Hub::start(crate::common::config(data.path())).await.unwrap();
    let screen = Screen::join(hub.addr(), &hello("d", hub.token())).await;
    for id in &taken {
        screen.order(&json!(id));
    }
    assert!(taken.len() > 40);
    hub.shutdown().await;
}

#[tokio::test]
async fn a_shutdown_says_1001() {
    let kitchen = Kitchen::open().await;
    let mut screen = kitchen.screen("d").await;
    let (ending, code) = tokio::join!(kitchen.hub.shutdown(), screen.closed());
    assert_eq!(code, Some(1001));
    assert!(ending.steps.iter().all(|step| step.finished), "{ending:?}");
}

/// Two screens bump, take back and start at random while a POS adds and voids; all of it over real sockets. Seeded.
#[tokio::test]
async fn all_screens_converge_to_the_hubs_orders() {
    for seed in 1..=6_u64 {
        let kitchen = Kitchen::open().await;
        let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut roll = move |limit: usize| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            (dice % limit as u64) as usize
        };
        let mut screens = vec![kitchen.screen("one").await, kitchen.screen("two").await];
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(kitchen.pos.place(&an_order()).await["id"].clone());
        }
        for screen in &mut screens {
            screen.reach(4).await;
        }
        let mut sent = Vec::new();
        for _ in 0..60 {
            let id = &ids[roll(ids.len())];
            let path = format!("/orders/{}", id.as_str().unwrap());
            match roll(12) {
                0 => drop(
                    kitchen.pos.send("POST", &format!("{path}/items"), Some(json!({"name": "Fries"}))).await,
                ),
                1 => drop(kitchen.pos.send("DELETE", &format!("{path}/items/b"), None).await),
                2 => drop(
                    kitchen
                        .pos
                        .send("PATCH", &format!("{path}/status"), Some(json!({"status": "ready"})))
                        .await,
                ),
                _ => {
                    // Each acts on what is on its own glass, which may be old by now.
                    let which = roll(2);
                    let screen = &mut screens[which];
                    let order = screen.order(id);
                    let station = StationId::from(["grill", "fry", "expo"][roll(3)]);
                    let line = &order.lines[roll(order.lines.len())];
                    let lines = vec![Touch { line: line.id.clone(), upto: 1 + roll(2) as u32 }];
                    let act = match roll(5) {
                        0 => Act::Start { station, lines },
                        1 => Act::Finish { station, lines },
                        2 => Act::Reopen { station, lines },
                        3 => match order.bumps.last() {
                            Some(bump) => Act::Unbump { bump: bump.operation.clone(), also: vec![] },
                            None => Act::Bump { station, lines },
                        },
                        _ => Act::Bump { station, lines },
                    };
                    let operation = screen.operation(&order, act);
                    let now = kitchen.hub.now();
                    // What its own board refuses is sent all the same: the hub must refuse or apply it alike for all.
                    let _ = screen.board.propose(operation.clone(), now);
                    screen.act(&operation).await;
                    sent.push((which, operation));
                }
            }
        }
        for (which, operation) in &sent {
            // Verdicts may have been passed by while another was waited for; ask again, as a screen would.
            screens[*which].act(operation).await;
            let _ = screens[*which].verdict(operation).await;
        }
        let end = kitchen.pos.seq().await;
        let fresh = kitchen.screen("fresh").await;
        let wanted: Vec<&Order> = fresh.board.orders().collect();
        for screen in &mut screens {
            screen.reach(end).await;
            assert_eq!(screen.seen, (1..=end).collect::<Vec<_>>(), "seed {seed}");
            assert_eq!(screen.board.pending().count(), 0, "seed {seed}");
            assert_eq!(screen.board.orders().collect::<Vec<_>>(), wanted, "seed {seed}");
        }
    }
}

/// Everybody's board can be built from the log alone.
#[tokio::test]
async fn the_log_from_its_first_event_gives_the_same_board_as_a_snapshot() {
    let kitchen = Kitchen::open().await;
    let id = kitchen.pos.place(&an_order()).await["id"].as_str().unwrap().to_owned();
    kitchen.pos.send("PATCH", &format!("/orders/{id}/status"), Some(json!({"status": "preparing"}))).await;
    kitchen.pos.send("PUT", "/stations", Some(json!([{"id": "all", "takes_rest": true}]))).await;
    kitchen.pos.send("PUT", "/settings", Some(json!({"name": "Bistro"}))).await;
    let mut from_start = hello("log", kitchen.hub.token());
    (from_start.epoch, from_start.seq) = (Some(kitchen.hub.epoch()), Some(0));
    let mut screen = Screen::join(kitchen.hub.addr(), &from_start).await;
    let _ = screen.board.replace(setup(), [], 0);
    screen.reach(kitchen.pos.seq().await).await;
    let fresh = kitchen.screen("fresh").await;
    let shown = |board: &Board| (board.setup().clone(), board.orders().cloned().collect::<Vec<_>>());
    assert_eq!(shown(&screen.board), shown(&fresh.board));
}
