//! Screens speak to the hub: a real WebRTC client, over loopback, with the real hub.

use crate::caller::{Client, SECRETS, an_offer, call};
use crate::common::{Kitchen, Pos, until};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn sessions(kitchen: &Kitchen) -> u64 {
    kitchen.hub.status()["voice"]["sessions"].as_u64().unwrap()
}

#[tokio::test]
async fn r1_04_a_turn_goes_through_its_events_and_the_status_tells_of_sessions_and_timer() {
    let kitchen = Kitchen::open().await;
    assert_eq!(kitchen.hub.status()["voice"]["timer_running"], true);
    let (mut client, caller, location) = Client::connects(&kitchen.pos).await;
    let greeting = client.hears().await;
    assert_eq!(
        (&greeting["type"], &greeting["session"]["brigade"]["grammar"]),
        (&json!("session.created"), &json!(1))
    );
    assert_eq!(sessions(&kitchen), 1);

    client.says(json!({"type": "input_audio_buffer.clear"})).await;
    assert_eq!(client.hears().await["type"], "input_audio_buffer.cleared");
    // The first packets make the track known to the hub; until then it holds too little for a turn.
    let item = loop {
        client.sounds().await;
        client.says(json!({"type": "input_audio_buffer.commit", "event_id": "mine"})).await;
        let answer = client.hears().await;
        match answer["type"].as_str().unwrap() {
            "input_audio_buffer.committed" => break answer["item_id"].clone(),
            "error" => assert_eq!(answer["error"]["code"], "input_audio_buffer_commit_empty"),
            other => panic!("{other}"),
        }
    };
    for kind in ["conversation.item.added", "conversation.item.done"] {
        let said = client.hears().await;
        assert_eq!((&said["type"], &said["item"]["id"]), (&json!(kind), &item));
    }
    let failed = client.hears().await;
    assert_eq!(failed["type"], "conversation.item.input_audio_transcription.failed");
    assert_eq!((&failed["item_id"], &failed["error"]["code"]), (&item, &json!("speech_model_unusable")));

    for (message, code) in [
        (json!({"type": "no.such.event", "event_id": "mine"}), "unknown_event"),
        (json!({"type": "session.update", "event_id": "mine", "session": {}}), "missing_required_parameter"),
    ] {
        client.says(message).await;
        let error = client.hears().await;
        assert_eq!((&error["error"]["code"], &error["error"]["event_id"]), (&json!(code), &json!("mine")));
    }

    let path = format!("{location}/hangup");
    let stranger = Pos { token: "ek_guess".to_owned(), ..caller.clone() };
    assert_eq!(stranger.raw("POST", &path, &[], None).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(caller.raw("POST", &path, &[], None).await.status(), StatusCode::OK);
    until("the call is over", async || sessions(&kitchen) == 0).await;
    client.goes().await;
    kitchen.reopen().await;
}

#[tokio::test]
async fn r2_01_whoever_calls_hears_session_created_first_many_at_once() {
    let kitchen = Kitchen::open().await;
    for _ in 0..2 {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..5 {
            let pos = kitchen.pos.clone();
            calls.spawn(async move {
                let (mut client, ..) = Client::connects(&pos).await;
                assert_eq!(client.hears().await["type"], "session.created");
                client
            });
        }
        let clients = calls.join_all().await;
        assert_eq!(sessions(&kitchen), 5);
        for client in clients {
            client.channel.close().await.unwrap();
            client.goes().await;
        }
        until("nobody is left", async || sessions(&kitchen) == 0).await;
    }
}

#[tokio::test]
async fn r6_02_open_calls_end_with_the_hub() {
    let kitchen = Kitchen::open().await;
    let (mut client, ..) = Client::connects(&kitchen.pos).await;
    client.hears().await;
    let ending = kitchen.hub.shutdown().await;
    assert!(ending.in_time && ending.alive == 0, "{ending:?}");
    assert!(ending.steps.iter().all(|step| step.finished), "{ending:?}");
    assert_eq!(sessions(&kitchen), 0);
    client.goes().await;
}

#[tokio::test]
async fn nothing_opens_without_its_secret_and_strange_offers_are_refused() {
    let kitchen = Kitchen::open().await;
    let offer = an_offer().await;
    assert_eq!(
        call(&kitchen.pos, offer.clone()).await.status(),
        StatusCode::UNAUTHORIZED,
        "the token is no secret"
    );
    let secret: Value = kitchen.pos.raw("POST", SECRETS, &[], None).await.json().await.unwrap();
    let caller = Pos { token: secret["value"].as_str().unwrap().to_owned(), ..kitchen.pos.clone() };
    let cut: String = offer.chars().take(offer.len() / 2).collect();
    for bad in [
        String::new(),
        "v=0".to_owned(),
        "\u{0}\u{1}".to_owned(),
        offer.replace("a=fingerprint", "a=finger"),
        cut,
    ] {
        let answer = call(&caller, bad.clone()).await;
        let status = answer.status();
        // A cut offer may still be one that can be answered; its call then never opens, and is forgotten.
        assert!(status == StatusCode::BAD_REQUEST || status == StatusCode::CREATED, "{status}: {bad}");
    }
    assert_eq!(call(&caller, "v=0".to_owned()).await.json::<Value>().await.unwrap()["code"], "bad_offer");
    assert_eq!(kitchen.pos.get("/status").await["ready"], true);
}
