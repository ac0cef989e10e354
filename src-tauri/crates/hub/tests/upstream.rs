//! A hub with a Restaurant OS back end: the scripted server with its traps, a real hub, a real screen, real sockets.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "hub/common.rs"]
#[allow(dead_code, unreachable_pub)]
mod common;

use common::{Process, Screen, config, hello, setup, until};
use hub::upstream::UpstreamConfig;
use hub::upstream::restaurant_os::Credentials;
use hub::{Hub, HubConfig};
use kitchen::{Act, Order, OrderStatus};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::restaurant_os::{AuthMood, HttpMood, NewRow, OTHER_RESTAURANT, RESTAURANT, RestaurantOs, Traps};
use wire::hub::HubMessage;
use wire::restaurant_os::Status;

const UNDO: Duration = Duration::from_secs(1);

/// A back end, a hub that hangs on it, and a screen.
struct House {
    back: RestaurantOs,
    hub: Hub,
    screen: Screen,
    data: TempDir,
}

impl House {
    async fn open() -> Self {
        Self::with(Traps::default(), pin()).await
    }

    async fn with(traps: Traps, credentials: Credentials) -> Self {
        let back = RestaurantOs::start(traps).await;
        let data = tempfile::tempdir().unwrap();
        let hub = Hub::start(house_config(&back, data.path(), credentials)).await.unwrap();
        let screen = Screen::join(hub.addr(), &hello("grill-1", hub.token())).await;
        Self { back, hub, screen, data }
    }

    async fn listening(self) -> Self {
        until("the hub listens to the back end", async || self.back.listening() == 1).await;
        self
    }

    /// Closes the hub and opens it again on the same data, with a new screen.
    async fn reopen(self) -> Self {
        let Self { back, hub, data, screen } = self;
        drop(screen);
        let ending = hub.shutdown().await;
        assert!(ending.in_time && ending.alive == 0, "{ending:?}");
        drop(hub);
        let hub = Hub::start(house_config(&back, data.path(), pin())).await.unwrap();
        let screen = Screen::join(hub.addr(), &hello("grill-1", hub.token())).await;
        Self { back, hub, screen, data }
    }

    /// The order as the screen shows it, as soon as it does what is asked of it.
    async fn shows(&mut self, reference: &str, what: &str, matches: impl Fn(&Order) -> bool) -> Order {
        self.shows_within(common::SOON, reference, what, matches).await
    }

    async fn shows_within(
        &mut self,
        limit: Duration,
        reference: &str,
        what: &str,
        matches: impl Fn(&Order) -> bool,
    ) -> Order {
        let end = Instant::now() + limit;
        loop {
            let of_reference = |order: &&Order| order.source.reference.as_deref() == Some(reference);
            if let Some(order) = self.screen.board.orders().find(of_reference).filter(|order| matches(order))
            {
                return order.clone();
            }
            assert!(Instant::now() < end, "the screen never shows {what}");
            self.screen.follow_within(Duration::from_secs(2)).await;
        }
    }

    async fn shows_order(&mut self, reference: &str) -> Order {
        self.shows(reference, "the order", |_| true).await
    }

    /// Bumps it at both stations.
    async fn cook(&mut self, order: &Order) {
        for station in ["grill", "fry"] {
            let operation = self.screen.bump(order, station);
            self.screen.act(&operation).await;
            self.screen.verdict(&operation).await.unwrap();
        }
    }

    async fn reaches(&self, id: &str, status: Status) {
        until(&format!("{status:?} over there"), async || self.back.status(id) == Some(status)).await;
    }

    fn steps(&self) -> Vec<(String, u16)> {
        let asked = self.back.asked();
        let steps = asked.iter().filter(|asked| asked.method == "PATCH");
        let word =
            |body: &str| serde_json::from_str::<Value>(body).unwrap()["status"].as_str().unwrap().to_owned();
        steps.map(|asked| (word(&asked.body), asked.status)).collect()
    }

    fn logins(&self) -> usize {
        self.back.asked().iter().filter(|asked| asked.path.contains("/auth/")).count()
    }
}

fn pin() -> Credentials {
    Credentials::Pin { pin: "3333".into() }
}

fn house_config(back: &RestaurantOs, data: &Path, credentials: Credentials) -> HubConfig {
    let mut config = config(data);
    config.first_setup = setup();
    config.first_setup.settings.undo_seconds = UNDO.as_secs() as u32;
    config.upstream = Some(UpstreamConfig {
        base_url: back.url(),
        authority: None,
        restaurant: RESTAURANT.to_owned(),
        credentials,
    });
    config
}

#[tokio::test]
async fn an_order_comes_is_cooked_and_walks_back_step_by_step() {
    let mut house = House::open().await.listening().await;
    let id =
        house.back.place(&NewRow::with(json!({"table_number": "12", "metadata": {"serverName": "Kim"}})));
    let order = house.shows_order(&id).await;
    assert_eq!((order.table.as_deref(), order.server_name.as_deref()), (Some("12"), Some("Kim")));
    assert_eq!(order.lines[0].modifiers.len(), 2);
    assert_eq!(order.lines[1].notes.as_deref(), Some("no salt"));
    let bumped_at = Instant::now();
    house.cook(&order).await;
    house.reaches(&id, Status::Preparing).await;
    assert!(bumped_at.elapsed() < UNDO, "the steps that can be taken back do not wait");
    house.reaches(&id, Status::Ready).await;
    assert!(bumped_at.elapsed() >= UNDO, "ready waits out the undo window");
    let ok = |word: &str| (word.to_owned(), 200);
    assert_eq!(house.steps(), [ok("confirmed"), ok("preparing"), ok("ready")]);
    let operation = house.screen.bump(&order, "expo");
    house.screen.act(&operation).await;
    house.reaches(&id, Status::Completed).await;
    assert_eq!((house.logins(), house.back.sockets()), (1, (1, 1)));
}

#[tokio::test]
async fn by_email_too_and_every_write_has_the_pair_and_no_cookie_of_theirs() {
    let credentials =
        Credentials::Email { email: "kitchen@example.com".into(), password: "kitchen-password".into() };
    let mut house = House::with(Traps::default(), credentials).await.listening().await;
    let id = house.back.place(&NewRow::default());
    let order = house.shows_order(&id).await;
    house.cook(&order).await;
    house.reaches(&id, Status::Ready).await;
    for asked in house.back.asked() {
        assert_eq!(asked.cookie("auth_token"), None);
        if asked.method == "PATCH" {
            assert!(asked.header("x-csrf-token").is_some());
            assert_eq!(asked.header("x-csrf-token"), asked.cookie("csrf_token"));
        }
        assert_ne!(asked.method, "DELETE");
    }
}

#[tokio::test]
async fn what_was_missed_behind_a_cut_is_read_again_in_pages() {
    let mut house = House::open().await.listening().await;
    let first = house.back.place(&NewRow::default());
    house.shows_order(&first).await;
    house.back.traps(|traps| {
        traps.refuse = true;
        traps.silent = true;
    });
    house.back.cut();
    until("the cut is noticed", async || house.back.listening() == 0).await;
    let missed: Vec<String> = (0..130).map(|_| house.back.place(&NewRow::default())).collect();
    for _ in 0..60 {
        let done = house.back.place(&NewRow::default());
        house.back.set_status(&done, Status::Completed);
    }
    house.back.set_status(&first, Status::Cancelled);
    house.back.traps(|traps| {
        traps.refuse = false;
        traps.silent = false;
    });
    for id in &missed {
        house.shows_order(id).await;
    }
    let first = house
        .shows(&first, "the cancellation", |order| order.status(kitchen::At(0)) == OrderStatus::Cancelled);
    first.await;
    assert_eq!(house.screen.board.orders().count(), 131, "nothing twice, nothing that was over");
    assert_eq!(house.back.sockets().1, 1, "one socket at a time");
}

#[tokio::test]
async fn while_the_back_end_is_away_the_kitchen_goes_on_and_a_restart_forgets_nothing() {
    let mut house = House::open().await.listening().await;
    let id = house.back.place(&NewRow::default());
    let order = house.shows_order(&id).await;
    house.back.traps(|traps| traps.refuse = true);
    house.back.cut();
    house.cook(&order).await;
    let operation = house.screen.bump(&order, "expo");
    house.screen.act(&operation).await;
    house.screen.verdict(&operation).await.unwrap();
    let mut house = house.reopen().await;
    house.back.traps(|traps| traps.refuse = false);
    house.reaches(&id, Status::Completed).await;
    assert_eq!(house.logins(), 1, "the token outlived the restart: nobody is locked out");
    assert_eq!(house.back.tries("server@example.com"), 1);
    let again = house.back.place(&NewRow::default());
    house.shows_order(&again).await;
}

#[tokio::test]
async fn a_500_a_lost_answer_and_a_late_one_are_looked_into() {
    let traps = Traps { answer_after_frame: Duration::from_millis(400), ..Traps::default() };
    let mut house = House::with(traps, pin()).await.listening().await;
    let late = house.back.place(&NewRow::default());
    let order = house.shows_order(&late).await;
    house.cook(&order).await;
    house.reaches(&late, Status::Ready).await;
    // Somebody else has moved it, and no frame said so.
    let moved = house.back.place(&NewRow::default());
    let order = house.shows_order(&moved).await;
    house.back.traps(|traps| traps.silent = true);
    house.back.set_status(&moved, Status::Confirmed);
    house.cook(&order).await;
    house.reaches(&moved, Status::Ready).await;
    assert!(house.steps().contains(&("confirmed".to_owned(), 500)));
    // The steps are carried out and the answers are lost.
    let lost = house.back.place(&NewRow::default());
    house.back.traps(|traps| traps.silent = false);
    house.back.pay(&lost);
    let order = house.shows_order(&lost).await;
    house.back.traps(|traps| {
        traps.silent = true;
        traps.http = HttpMood::Drops;
    });
    house.cook(&order).await;
    house.reaches(&lost, Status::Confirmed).await;
    house.back.traps(|traps| traps.http = HttpMood::Answers);
    house.reaches(&lost, Status::Ready).await;
}

#[tokio::test]
async fn orders_of_another_restaurant_never_reach_a_screen() {
    let traps = Traps { leaks_frames: true, ..Traps::default() };
    let mut house = House::with(traps, pin()).await.listening().await;
    let theirs = house.back.place(&NewRow { restaurant: OTHER_RESTAURANT.into(), ..NewRow::default() });
    let ours = house.back.place(&NewRow::default());
    house.shows_order(&ours).await;
    assert!(house.screen.board.orders().all(|order| order.source.reference.as_ref() != Some(&theirs)));
}

#[tokio::test]
async fn a_recall_after_ready_is_explained_and_nothing_is_cancelled() {
    let mut house = House::open().await.listening().await;
    let id = house.back.place(&NewRow::default());
    let order = house.shows_order(&id).await;
    house.cook(&order).await;
    house.reaches(&id, Status::Ready).await;
    let order = house.shows_order(&id).await;
    let bump = order.bumps.last().unwrap().operation.clone();
    let recall = house.screen.operation(&order, Act::Unbump { bump, also: vec![] });
    house.screen.act(&recall).await;
    house.screen.verdict(&recall).await.unwrap();
    until("it is explained", async || {
        let status = house.hub.status();
        status["upstream"]["explained"][0]["fault"]["code"] == "upstream_cannot_recall"
    })
    .await;
    assert_eq!(house.back.status(&id), Some(Status::Ready));
}

#[tokio::test]
async fn a_greeting_waits_until_the_back_end_listens() {
    let traps = Traps { connected_after: Duration::from_millis(700), ..Traps::default() };
    let house = House::with(traps, pin()).await.listening().await;
    assert_eq!(house.back.sockets().0, 1);
}

#[tokio::test]
async fn while_the_socket_is_refused_orders_come_by_reading() {
    let traps = Traps { auth: AuthMood::Refuses, ..Traps::default() };
    let mut house = House::with(traps, pin()).await;
    let id = house.back.place(&NewRow::default());
    until("the hub has logged in", async || house.logins() > 0).await;
    // The first look without a socket comes after 15 s.
    house.shows_within(Duration::from_secs(25), &id, "the order", |_| true).await;
    assert_eq!(house.logins(), 1, "a refused greeting makes no storm of logins");
    assert!(house.back.sockets().0 <= 3);
}

#[tokio::test]
async fn r7_4_no_secret_is_said_where_it_does_not_belong() {
    let mut house = House::open().await.listening().await;
    let id = house.back.place(&NewRow::default());
    let order = house.shows_order(&id).await;
    house.cook(&order).await;
    house.reaches(&id, Status::Ready).await;
    let status = house.hub.status().to_string();
    for asked in house.back.asked() {
        let token = asked.header("authorization").map(|value| value.trim_start_matches("Bearer ").to_owned());
        let target = format!("{}?{}", asked.path, asked.query);
        for secret in token.iter().map(String::as_str).chain(["3333"]) {
            assert!(!target.contains(secret) && !status.contains(secret));
            assert!(asked.path.contains("/auth/") || !asked.body.contains(secret));
        }
    }
    let file = std::fs::metadata(house.data.path().join("upstream.sqlite")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
}

/// The current is cut between two bumps and the end of their undo window. What the guest is told waits out what is left of
/// it, and an undo that comes after the cut is in time.
#[cfg(unix)]
#[tokio::test]
async fn ready_waits_out_the_undo_window_also_over_a_kill_9() {
    const WINDOW: Duration = Duration::from_secs(8);
    let back = RestaurantOs::start(Traps::default()).await;
    let data = tempfile::tempdir().unwrap();
    let file = owners_file(&back, data.path());
    let start = || {
        let mut command = Process::command(data.path());
        command.arg("--upstream-config").arg(&file);
        Process::spawn(command, data.path())
    };
    let process = start();
    let settings = json!({"undo_seconds": WINDOW.as_secs()});
    assert_eq!(process.pos.send("PUT", "/settings", Some(settings)).await.0, 200);
    until("the hub listens to the back end", async || back.listening() == 1).await;
    let (undone, kept) = (back.place(&NewRow::default()), back.place(&NewRow::default()));
    let mut screen = Screen::join(process.addr, &hello("grill-1", &process.pos.token)).await;
    let mut bumps = Vec::new();
    let began = Instant::now();
    for reference in [&undone, &kept] {
        let order = screen.order_of(reference).await;
        let bump = screen.bump(&order, "kitchen");
        screen.act(&bump).await;
        screen.verdict(&bump).await.unwrap();
        bumps.push((order, bump.id));
    }
    let bumped = Instant::now();
    until("the steps that can be taken back", async || {
        [&undone, &kept].iter().all(|id| back.status(id) == Some(Status::Preparing))
    })
    .await;
    process.kill();
    let process = start();
    let mut screen = Screen::join(process.addr, &hello("grill-1", &process.pos.token)).await;
    let (order, bump) = bumps.remove(0);
    let undo = screen.operation(&order, Act::Unbump { bump, also: vec![] });
    let undo = kitchen::Operation { id: "undo-after-the-cut".into(), ..undo };
    screen.act(&undo).await;
    screen.verdict(&undo).await.unwrap();
    assert!(began.elapsed() < WINDOW, "this machine is too slow to undo anything");
    until("ready for what was not taken back", async || back.status(&kept) == Some(Status::Ready)).await;
    // Less what the clocks of both sides round off.
    assert!(bumped.elapsed() + Duration::from_millis(50) >= WINDOW, "{:?}", bumped.elapsed());
    // It was bumped first: its turn would have come before.
    assert_eq!(back.status(&undone), Some(Status::Preparing));
    let asked = back.asked();
    let readies = |id: &str| {
        asked.iter().filter(|asked| asked.path.contains(id) && asked.body.contains("ready")).count()
    };
    assert_eq!((readies(&kept), readies(&undone)), (1, 0), "the guest is told once, and of what is made");
    let logins = asked.iter().filter(|asked| asked.path.contains("/auth/")).count();
    assert_eq!(logins, 1, "the token outlives a kill too");
    process.kill();
}

#[tokio::test]
async fn a_scheduled_order_waits_here_and_is_reported_when_a_cook_fires_it() {
    let mut house = House::open().await.listening().await;
    let in_an_hour = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let id = house
        .back
        .place(&NewRow::with(json!({"is_scheduled": true, "auto_fire_time": in_an_hour.to_string()})));
    let order = house.shows_order(&id).await;
    assert_eq!(order.status(house.hub.now()), OrderStatus::Pending, "nobody cooks it yet");
    assert_eq!(order.fire_at.map(|at| at.0), Some(in_an_hour.as_millisecond()));
    let fire = house.screen.operation(&order, Act::Fire { course: None });
    house.screen.act(&fire).await;
    house.screen.verdict(&fire).await.unwrap();
    house.reaches(&id, Status::Preparing).await;
    let ok = |word: &str| (word.to_owned(), 200);
    assert_eq!(house.steps(), [ok("confirmed"), ok("preparing")]);
}

#[cfg(unix)]
#[tokio::test]
async fn the_program_takes_a_file_that_only_its_owner_reads_and_ends_in_order() {
    use std::os::unix::fs::PermissionsExt;
    let back = RestaurantOs::start(Traps::default()).await;
    let _order = back.place(&NewRow::default());
    let data = tempfile::tempdir().unwrap();
    let file = owners_file(&back, data.path());
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let serve = || {
        let mut command = Process::command(data.path());
        command.arg("--upstream-config").arg(&file);
        command
    };
    let refused = serve().output().unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("chmod 600") && !said.contains("3333"), "{said}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let process = Process::spawn(serve(), data.path());
    until("the order is here", async || {
        process.pos.get("/orders").await.as_array().is_some_and(|orders| orders.len() == 1)
    })
    .await;
    until("the socket is there", async || back.listening() == 1).await;
    process.signal("-TERM");
    assert_eq!(process.ended(), Some(0));
    until("the socket is gone", async || back.listening() == 0).await;
}

/// A hub's file about that back end, readable by its owner only.
#[cfg(unix)]
fn owners_file(back: &RestaurantOs, folder: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let file = folder.join("upstream.json");
    let text = json!({"base_url": back.url(), "restaurant_id": RESTAURANT, "pin": "3333"}).to_string();
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    file
}

impl Screen {
    /// The order with that id over there, as soon as it is on the board.
    async fn order_of(&mut self, reference: &str) -> Order {
        let of_reference = |order: &&Order| order.source.reference.as_deref() == Some(reference);
        loop {
            if let Some(order) = self.board.orders().find(of_reference).cloned() {
                return order;
            }
            self.follow().await.expect("the log goes on");
        }
    }

    /// Follows the log for a while; a quiet hub says heartbeats only.
    async fn follow_within(&mut self, limit: Duration) {
        let _ = tokio::time::timeout(limit, async {
            loop {
                match self.hear().await.expect("the hub goes on") {
                    HubMessage::Event(event) => {
                        self.seen.push(event.seq);
                        let _ = self.board.apply(*event);
                        return;
                    }
                    HubMessage::Heartbeat { .. }
                    | HubMessage::Welcome(_)
                    | HubMessage::Refused(_)
                    | HubMessage::Snapshot(_)
                    | HubMessage::Applied { .. }
                    | HubMessage::Notices(_)
                    | HubMessage::Unknown => {}
                }
            }
        })
        .await;
    }
}
