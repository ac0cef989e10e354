//! What a cook hears: recorded from the sound server, not asked from the program.

use std::time::{Duration, Instant};

use crate::support::loudspeaker::{Loudspeaker, RATE, peak, pitch};
use crate::support::{SOON, until};
use crate::{BURGER, Screen, card};

/// Below this nobody hears anything.
const SILENCE: f32 = 0.001;
/// At the volume of a new screen a sound reaches this in a kitchen of 80 dBA.
const LOUD: f32 = 0.2;
/// A tenth of a second: each tone of the new-order sound is longer.
const PIECE: usize = RATE / 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_order_is_heard_and_before_it_nothing() {
    let screen = Screen::open(1024, 768).await;
    let loudspeaker = Loudspeaker::of(&screen.desktop).await;
    let (app, pos) = screen.start_kitchen().await;
    let _board = screen.board(&app).await;
    until("a second of silence", SOON, async || (loudspeaker.now() > RATE).then_some(())).await;
    assert!(peak(&loudspeaker.since(0)) < SILENCE, "nobody has ordered anything");

    let before = loudspeaker.now();
    let posted = Instant::now();
    let order = pos.table("1", &[(BURGER, 1)]).await;
    until("a sound", SOON, async || (peak(&loudspeaker.since(before)) > LOUD).then_some(())).await;
    println!("an order was heard {:?} after it was posted", posted.elapsed());
    // The whole sound: three rising tones, each after the one before.
    let tones = [660.0, 880.0, 1320.0];
    let began = until("all of its tones", SOON, async || {
        let heard = loudspeaker.since(before);
        let at = tones.map(|tone| heard.chunks(PIECE / 4).position(|piece| pitch(piece, tone) > LOUD / 2.0));
        at.into_iter().collect::<Option<Vec<_>>>()
    })
    .await;
    assert!(began.is_sorted() && began[0] < began[2], "the tones begin at {began:?}");
    assert!(posted.elapsed() < Duration::from_secs(6), "this may be the repeat: {:?}", posted.elapsed());

    // It rings until somebody comes; BUMP is somebody.
    let board = screen.board(&app).await;
    board.touch(&format!("{} .bump", card(&order))).await;
    board.page_of(&[]).await;
    let quiet_from = loudspeaker.now() + RATE;
    until("the time of a repeat", SOON, async || (loudspeaker.now() > quiet_from + 9 * RATE).then_some(()))
        .await;
    assert!(peak(&loudspeaker.since(quiet_from)) < SILENCE, "it rings for what is done");
    app.close().await;
}

/// As after the start of a PC, where the sound server is often the last to be there.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_order_is_heard_although_the_sound_server_comes_after_it() {
    let screen = Screen::open(1024, 768).await;
    let (app, pos) = screen.start_kitchen().await;
    let _board = screen.board(&app).await;
    let loudspeaker = Loudspeaker::unplugged(&screen.desktop).await;
    let posted = Instant::now();
    pos.table("1", &[(BURGER, 1)]).await;
    let log = screen.data.join("logs/brigade.log");
    until("that there is no loudspeaker", SOON, async || {
        std::fs::read_to_string(&log).is_ok_and(|log| log.contains("no sound")).then_some(())
    })
    .await;
    loudspeaker.plug_in();
    let came = posted.elapsed();
    until("a sound", SOON, async || (peak(&loudspeaker.since(0)) > LOUD).then_some(())).await;
    println!("the sound server came {came:?} after the order, which was heard after {:?}", posted.elapsed());
    assert!(posted.elapsed() < Duration::from_secs(7), "this may be the repeat: {:?}", posted.elapsed());
    app.close().await;
}
