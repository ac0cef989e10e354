//! The Kitchen actor: one task that owns the board, the views, the outbox, the link and the journal.
//!
//! Each turn takes whatever has come in, then, in this order: starts writing presses, sends, rings, answers the views
//! that wait, starts writing what was received, acknowledges. So a received order is on its way to the glass before the
//! disk knows of it, and a press is on the disk before any frame shows it (law 3).
//!
//! Nothing here waits for the disk or the network inside a turn; answers come back as inputs of a later one.

use crate::bell::{Bell, Heard, Volumes};
use crate::card;
use crate::clock::HubTime;
use crate::frame::{
    Connection, ConnectionChange, ConnectionState, Frame, Go, Grid, Mounted, Notice, Press, Pressed, Tab,
    TalkPress, TicketLabel,
};
use crate::handle::{Config, Notification, Ring, Sound, Window};
use crate::log::{Log, Lost, Want};
use crate::offer::By;
use crate::press::{Pressing, Waiting as WaitingPress};
use crate::spoken::Spoken;
use crate::talk::{Front, Moment, Said};
use crate::told::Told;
use crate::view::{Draft, Looking, PARKED_NOTICE, Role, Scene, Seat, Selected, View};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use journal::{CommitError, Journal, Opened, Salvage};
use kitchen::{
    At, Board, DeviceId, House, Order, OrderId, OrderType, RestaurantId, Settings, Setup, StationId, Ticket,
    Urgency, business_day_start,
};
use link::{Event as LinkEvent, Input, Link, Phase, Speaker};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use wire::hub::{Fault, Hello, HubMessage, Notices, PROTOCOL, ScreenMessage};

pub(crate) type Reply<T> = oneshot::Sender<Result<T, Fault>>;

/// What the handle asks.
#[derive(Debug)]
pub(crate) enum Request {
    Mount { window: Window, reply: Reply<Mounted> },
    Unmount { view: String, mount: u32, reply: Reply<()> },
    NextFrame { view: String, mount: u32, revision: u32, reply: Reply<Frame> },
    Painted { view: String, mount: u32, revision: u32, reply: Reply<()> },
    SetGrid { view: String, mount: u32, grid: Grid, reply: Reply<()> },
    Press { view: String, mount: u32, press: Press, by: By, reply: Reply<Pressed> },
    Go { view: String, mount: u32, go: Go, reply: Reply<()> },
    Spoken { view: String, mount: u32, reply: Reply<Spoken> },
    Talk { view: String, mount: u32, press: TalkPress, reply: Reply<()> },
    Room(Said),
    Retry { reply: Reply<()> },
    Connection { reply: Reply<Connection> },
    Shutdown,
}

/// A pull is answered after this long even when nothing happens: the web view takes longer silence for a failure (15 s).
const PULL: Duration = Duration::from_secs(12);
/// Events and requests taken in one turn before the views are answered: a burst becomes one frame, not one per order.
const TURN: usize = 512;
/// Acknowledgements are for the hub's records: four a second are plenty.
const ACK_EVERY: Duration = Duration::from_millis(250);
/// A failed write is tried again after this long.
const WRITE_AGAIN: Duration = Duration::from_secs(1);
/// Where people look is saved after this long, so that paging through does not write each page.
const VIEW_SAVE: Duration = Duration::from_millis(300);
/// How often orders nobody can see any more are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(600);
/// No single sleep is longer: timers stand still in suspend, the hub's clock does not.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);
/// The hub's time between two turns may differ by this from what the page has counted: more is a leap, and the page is told.
const LEAP_MS: i64 = 1_000;
/// Notices kept; the oldest go first.
const MOST_NOTICES: usize = 20;
/// Characters of a search that are looked for.
const LONGEST_SEARCH: usize = 100;
/// How long the last writes of a shutdown may take.
const LAST_WRITES: Duration = Duration::from_secs(2);
/// How far the hub's time may move against the machine's before it is written down.
const AHEAD_KEPT_MS: i64 = 1_000;

pub(crate) struct Actor {
    pub(crate) config: Config,
    pub(crate) device: DeviceId,
    pub(crate) log: Log,
    pub(crate) time: HubTime,
    /// The hub's clock at the start of this turn.
    pub(crate) now: At,
    pub(crate) started: Instant,
    pub(crate) zone: TimeZone,
    zone_name: String,
    pub(crate) views: BTreeMap<String, View>,
    pulls: BTreeMap<String, Pull>,
    last_mount: u32,
    pub(crate) problems: BTreeMap<OrderId, Fault>,
    pub(crate) told: Told,
    pub(crate) notices: Vec<Notice>,
    /// The business day for which somebody has read here what is parked.
    parked_read: At,
    last_notice: u32,
    volumes: Volumes,
    /// Which of its station's screens this is.
    pub(crate) screen: Option<u32>,
    /// The station that the hub believes this screen to show.
    told_station: Option<StationId>,
    pub(crate) bell: Bell,
    pub(crate) talk: Front,
    glass_changed: bool,
    bell_due: Option<At>,

    link: Link,
    pub(crate) speaker: Speaker,
    phase: Phase,
    refused: bool,
    fetching: Option<Fetching>,
    heard: Instant,
    heard_at: At,
    /// The last turn, by the clock that pages count with and by the hub's.
    turned: (Instant, At),
    pub(crate) connection: Connection,

    pub(crate) journal: Option<Journal>,
    writing: Option<Writing>,
    write_after: Option<Instant>,
    save_views_at: Option<Instant>,
    unsaved_views: BTreeSet<String>,
    pub(crate) stored_seq: u64,
    acked: (u64, u64),
    ack_after: Instant,
    forget_at: Instant,
    ahead_kept: i64,

    pub(crate) presses: VecDeque<WaitingPress>,
    pub(crate) pressing: Option<Pressing>,
    pub(crate) ulids: ulid::Generator,

    inbox: mpsc::Receiver<Request>,
    pub(crate) notifications: broadcast::Sender<Notification>,
    sounds: broadcast::Sender<Ring>,
}

/// A window that waits for a change.
struct Pull {
    revision: u32,
    until: Instant,
    reply: Reply<Frame>,
}

struct Writing {
    answer: oneshot::Receiver<Result<(), CommitError>>,
    seq: u64,
    lost: Lost,
}

/// A token on its way from where it is kept: a disk that stands still must not hold up a touch.
struct Fetching {
    /// The connection that waits for it.
    generation: u64,
    token: JoinHandle<std::io::Result<String>>,
}

enum Woken {
    Request(Option<Request>),
    Link(Option<link::Event>),
    Token(std::io::Result<String>),
    Written(Result<(), CommitError>),
    Pressed(Result<(), CommitError>),
    Time,
}

enum Turn {
    GoOn,
    End,
}

impl Actor {
    pub(crate) fn new(
        config: Config,
        opened: Opened,
        link: Link,
        (myself, inbox): (mpsc::WeakSender<Request>, mpsc::Receiver<Request>),
        notifications: broadcast::Sender<Notification>,
        sounds: broadcast::Sender<Ring>,
    ) -> Self {
        let Opened { journal, mut kept, damage } = opened;
        let ahead = kept.preferences.get(AHEAD).and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut time = HubTime::new(config.clock.clone(), ahead);
        let now = time.now();
        let mut ulids = ulid::Generator::new();
        let nothing = Setup {
            menu: kitchen::Menu::default(),
            stations: Vec::new(),
            settings: Settings::new(RestaurantId(String::new()), String::new()),
        };
        let mut log = Log::restored(&mut kept, nothing);
        let preference = |name: &str| kept.preferences.get(name).cloned();
        let device = preference(DEVICE).map(DeviceId).unwrap_or_else(|| {
            let device = crate::press::new_id(&mut ulids, now);
            log.unwritten.preferences.insert(DEVICE.to_owned(), device.clone());
            DeviceId(device)
        });
        let stored_seq = log.board.seq();
        let views = kept
            .views
            .iter()
            .map(|(id, text)| (id.clone(), View::new(serde_json::from_str(text).unwrap_or_default())))
            .collect();
        let volumes = Volumes::restored(preference);
        let parked_read = At(preference(PARKED_READ).and_then(|text| text.parse().ok()).unwrap_or(0));
        let screen = preference(SCREEN).and_then(|text| text.parse().ok());
        let started = Instant::now();
        let moment = Moment { at: now, instant: started, pace: time.factor() };
        let talk = Front::open(config.voice.clone(), Self::kept_talk(&kept.preferences), moment, myself);
        let connection = Connection::new(config.hub.label.clone(), now);
        let mut actor = Self {
            device,
            log,
            time,
            now,
            started,
            zone: TimeZone::UTC,
            zone_name: "UTC".to_owned(),
            views,
            pulls: BTreeMap::new(),
            last_mount: 0,
            problems: BTreeMap::new(),
            told: Told::default(),
            notices: Vec::new(),
            parked_read,
            last_notice: 0,
            volumes,
            screen,
            told_station: None,
            bell: Bell::default(),
            talk,
            glass_changed: true,
            bell_due: None,
            speaker: link.speaker(),
            link,
            phase: Phase::Idle,
            refused: false,
            fetching: None,
            heard: started,
            heard_at: now,
            turned: (started, now),
            connection,
            journal: Some(journal),
            writing: None,
            write_after: None,
            save_views_at: None,
            unsaved_views: BTreeSet::new(),
            stored_seq,
            acked: (0, 0),
            ack_after: started,
            forget_at: started,
            ahead_kept: ahead,
            presses: VecDeque::new(),
            pressing: None,
            ulids,
            inbox,
            notifications,
            sounds,
            config,
        };
        if let Some(damage) = damage {
            let code = match damage.outbox {
                Salvage::Taken(_) => "journal_rebuilt",
                Salvage::Unreadable => "journal_lost_presses",
            };
            actor.notice(Fault::new(code).with("kept_at", damage.kept_at.display()), None);
        }
        actor.setup_changed();
        actor
    }

    pub(crate) async fn run(mut self) {
        tracing::info!(
            target: "display", device = %self.device, hub = %self.config.hub.url, seq = self.log.board.seq(),
            orders = self.log.board.orders().count(), unsent = self.log.outbox.len(), "display started"
        );
        self.say(Input::Connect);
        self.end_turn();
        loop {
            let deadline = self.deadline();
            let woken = tokio::select! {
                request = self.inbox.recv() => Woken::Request(request),
                event = self.link.next_event() => Woken::Link(event),
                token = fetched(self.fetching.as_mut()) => Woken::Token(token),
                result = answer(self.writing.as_mut().map(|writing| &mut writing.answer)) => Woken::Written(result),
                result = answer(self.pressing.as_mut().map(|pressing| &mut pressing.answer)) => Woken::Pressed(result),
                () = tokio::time::sleep_until(deadline) => Woken::Time,
            };
            self.now = self.time.now();
            let mut turn = self.take(woken);
            // What else is here already belongs to the same turn.
            for _ in 0..TURN {
                if matches!(turn, Turn::End) {
                    break;
                }
                if let Some(event) = self.link.ready_event() {
                    self.hear(event);
                } else if let Ok(request) = self.inbox.try_recv() {
                    turn = self.asked(request);
                } else {
                    break;
                }
            }
            self.now = self.time.now();
            if matches!(turn, Turn::End) {
                break;
            }
            self.end_turn();
        }
        self.close().await;
    }

    fn take(&mut self, woken: Woken) -> Turn {
        match woken {
            Woken::Request(Some(request)) => return self.asked(request),
            // Nobody holds the handle any more.
            Woken::Request(None) => return Turn::End,
            Woken::Link(Some(event)) => self.hear(event),
            Woken::Link(None) => {
                tracing::error!(target: "display", "the link has ended by itself");
                return Turn::End;
            }
            Woken::Token(token) => self.greet_with(token),
            Woken::Written(result) => self.written(result),
            Woken::Pressed(result) => self.press_written(&result),
            Woken::Time => {
                let wants = self.log.handle_timeout(self.started.elapsed());
                self.fulfil(wants);
            }
        }
        Turn::GoOn
    }

    fn end_turn(&mut self) {
        let instant = Instant::now();
        self.keep_time_and_place(instant);
        self.log.settle();
        self.start_presses();
        self.tell_station();
        self.send();
        self.judge_connection(instant);
        self.ring();
        self.tell_a_leap(instant);
        self.answer_pulls(instant);
        self.start_writing(instant);
        self.acknowledge(instant);
    }

    async fn close(mut self) {
        for (_, pull) in std::mem::take(&mut self.pulls) {
            let _ = pull.reply.send(Err(Fault::new("display_ending")));
        }
        self.inbox.close();
        tokio::join!(self.link.shutdown(), self.talk.close());
        // A press that is being written is answered by the disk, not by the network.
        let last = async {
            if let Some(pressing) = self.pressing.take() {
                pressing.finish_without_board().await;
            }
            if let Some(writing) = self.writing.as_mut() {
                let result = answer(Some(&mut writing.answer)).await;
                // What failed is written again with the rest.
                self.written(result);
            }
        };
        if tokio::time::timeout(LAST_WRITES, last).await.is_err() {
            tracing::error!(target: "display", "the last writes did not end in time");
        }
        self.unsaved_views = self.views.keys().cloned().collect();
        self.save_views();
        if let (Some(batch), Some(journal)) = (self.log.batch(), self.journal.as_ref()) {
            let answer = journal.commit(batch);
            match tokio::time::timeout(LAST_WRITES, answer).await {
                Ok(Ok(Ok(()))) => {}
                failed => tracing::error!(target: "display", ?failed, "the last writes were not made"),
            }
        }
        if let Some(journal) = self.journal.take() {
            let closing = tokio::task::spawn_blocking(move || journal.close());
            if tokio::time::timeout(LAST_WRITES, closing).await.is_err() {
                tracing::error!(target: "display", "the journal did not close in time");
            }
        }
        tracing::info!(target: "display", unsent = self.log.outbox.len(), "display ended");
    }

    fn deadline(&self) -> Instant {
        let mut at = Instant::now() + LONGEST_SLEEP;
        let mut earlier = |candidate: Option<Instant>| {
            if let Some(candidate) = candidate {
                at = at.min(candidate);
            }
        };
        let hub_clock = |moment: Option<At>| moment.map(|m| Instant::now() + self.time.until(self.now, m));
        earlier(self.pulls.values().map(|pull| pull.until).min());
        // Only for those that wait: a view that does not ask is looked at when it does.
        let waiting = self.pulls.keys().filter_map(|id| self.views.get(id));
        earlier(hub_clock(waiting.filter_map(|view| view.changes_at).min()));
        earlier(hub_clock(self.bell_due));
        earlier(self.save_views_at);
        earlier(Some(self.forget_at));
        let elapsed = self.started.elapsed();
        earlier(self.log.next_deadline(elapsed).map(|at| self.started + at));
        if self.writing.is_none() {
            earlier(self.write_after);
        }
        if self.log.following().is_some() && self.acked != self.reached() {
            earlier(Some(self.ack_after));
        }
        if self.connection.state == ConnectionState::Connecting {
            earlier(Some(self.heard + self.config.timing.liveness));
        }
        at
    }

    // --- views -------------------------------------------------------------------------------------------------

    fn asked(&mut self, request: Request) -> Turn {
        // Whoever asked and no longer waits need not know; so no answer here is checked.
        match request {
            Request::Mount { window, reply } => {
                let mounted = self.mount(window);
                let _ = reply.send(Ok(mounted));
            }
            Request::Unmount { view, mount, reply } => {
                if let Ok(held) = self.view(&view, mount) {
                    held.mount = None;
                    self.drop_pull(&view);
                    self.talk.left(&view);
                }
                let _ = reply.send(Ok(()));
            }
            Request::NextFrame { view, mount, revision, reply } => match self.view(&view, mount) {
                Ok(_) => {
                    self.drop_pull(&view);
                    let until = Instant::now() + PULL;
                    self.pulls.insert(view, Pull { revision, until, reply });
                }
                Err(fault) => {
                    let _ = reply.send(Err(fault));
                }
            },
            Request::Painted { view, mount, revision, reply } => {
                let _ = reply.send(self.view(&view, mount).map(|held| held.painted(revision)));
            }
            Request::SetGrid { view, mount, grid, reply } => {
                let result = self.view(&view, mount).map(|held| {
                    held.looking.grid = Some(grid);
                    held.stale = true;
                });
                self.remember_view(&view);
                let _ = reply.send(result);
            }
            Request::Press { view, mount, press, by, reply } => {
                self.bell.silence();
                let allowed = self.view(&view, mount).and_then(|held| match held.role {
                    Role::Cook => Ok(()),
                    Role::Guest => Err(Fault::new("not_allowed")),
                });
                match allowed {
                    Ok(()) => self.queue_press(view, press, by, reply),
                    Err(fault) => {
                        let _ = reply.send(Err(fault));
                    }
                }
            }
            Request::Go { view, mount, go, reply } => {
                self.bell.silence();
                let result = match self.view(&view, mount) {
                    Ok(_) => self.go(&view, go),
                    Err(fault) => Err(fault),
                };
                let _ = reply.send(result);
            }
            Request::Spoken { view, mount, reply } => {
                let spoken = self.view(&view, mount).map(drop).and_then(|()| {
                    let held = self.views.get(&view).ok_or_else(|| Fault::new("mount_gone").passing())?;
                    Ok(self.spoken(held))
                });
                let _ = reply.send(spoken);
            }
            Request::Talk { view, mount, press, reply } => self.talk(view, mount, press, reply),
            Request::Room(said) => self.room_said(said),
            Request::Retry { reply } => {
                self.say(Input::Retry);
                self.say(Input::Connect);
                if let Some(generation) = self.log.following() {
                    self.tell_hub(generation, &ScreenMessage::Retry);
                }
                let _ = reply.send(Ok(()));
            }
            Request::Connection { reply } => {
                let _ = reply.send(Ok(self.connection.clone()));
            }
            Request::Shutdown => return Turn::End,
        }
        Turn::GoOn
    }

    /// The view, if that mount is still the one that may ask (R4.2, R4.4).
    pub(crate) fn view(&mut self, view: &str, mount: u32) -> Result<&mut View, Fault> {
        let held = self.views.get_mut(view).filter(|held| held.mount == Some(mount));
        held.ok_or_else(|| Fault::new("mount_gone").passing())
    }

    fn mount(&mut self, window: Window) -> Mounted {
        let Window { label, role, px_per_mm } = window;
        self.drop_pull(&label);
        self.last_mount += 1;
        let mount = self.last_mount;
        let looking = Looking { station: self.config.station.clone(), ..Looking::default() };
        let is_new = !self.views.contains_key(&label);
        let mut view = self.views.remove(&label).unwrap_or_else(|| View::new(looking));
        view.role = role;
        view.px_per_mm = px_per_mm.or(view.px_per_mm);
        view.talk = self.talk.shown(&label);
        self.talk.left(&label);
        view.remount(mount);
        let pending = self.pending_orders();
        self.judge_connection(Instant::now());
        view.refresh(&self.scene(&pending));
        let frame = view.glass.frame(mount, None, self.now);
        self.views.insert(label.clone(), view);
        if is_new {
            self.glass_changed = true;
            self.remember_view(&label);
        }
        tracing::debug!(target: "display", view = label, mount, "view mounted");
        Mounted { view: label, frame }
    }

    /// Ends a pull that nobody is to wait for any more.
    fn drop_pull(&mut self, view: &str) {
        if let Some(pull) = self.pulls.remove(view) {
            let _ = pull.reply.send(Err(Fault::new("mount_gone").passing()));
        }
    }

    pub(crate) fn go(&mut self, id: &str, go: Go) -> Result<(), Fault> {
        match go {
            Go::Volume { sound, volume } => {
                let (name, text) = self.volumes.set(sound, volume);
                self.log.unwritten.preferences.insert(name, text);
                self.sound(sound);
                self.all_stale();
                return Ok(());
            }
            Go::Screen { number } => {
                self.screen = Some(number);
                self.log.unwritten.preferences.insert(SCREEN.to_owned(), number.to_string());
                self.all_stale();
                return Ok(());
            }
            Go::Dismiss { notice: PARKED_NOTICE } => {
                self.parked_read = self.day_start();
                let read = self.parked_read.0.to_string();
                self.log.unwritten.preferences.insert(PARKED_READ.to_owned(), read);
                self.all_stale();
                return Ok(());
            }
            Go::Dismiss { notice } => {
                self.notices.retain(|held| held.id != notice);
                self.told.dismiss(notice);
                self.all_stale();
                return Ok(());
            }
            Go::Tab { .. }
            | Go::Page { .. }
            | Go::Station { .. }
            | Go::Order { .. }
            | Go::Select { .. }
            | Go::SelectStep { .. }
            | Go::Search { .. }
            | Go::Counts { .. }
            | Go::Mark { .. }
            | Go::Review { .. }
            | Go::Closing { .. }
            | Go::EditHouse
            | Go::DraftHouse { .. }
            | Go::LeaveHouse
            | Go::ByTable { .. }
            | Go::Text { .. } => {}
        }
        let Some(mut view) = self.views.remove(id) else { return Ok(()) };
        let pending = self.pending_orders();
        let result = self.move_view(&mut view, go, &self.scene(&pending));
        view.stale = true;
        self.views.insert(id.to_owned(), view);
        self.remember_view(id);
        self.glass_changed = true;
        result
    }

    fn move_view(&self, view: &mut View, go: Go, scene: &Scene<'_>) -> Result<(), Fault> {
        match go {
            Go::Tab { tab } => {
                view.looking.tab = tab;
                (view.page, view.selected, view.review) = (1, None, None);
                view.search.clear();
            }
            Go::Page { page } => (view.page, view.selected) = (page.max(1), None),
            Go::Station { station } => {
                if !station.is_expo() && self.log.board.setup().station(&station).is_none() {
                    return Err(Fault::new("station_unknown"));
                }
                view.looking.station = Some(station);
                view.looking.tab = Tab::Station;
                (view.page, view.selected) = (1, None);
            }
            Go::Order { order } => {
                if !matches!(view.looking.tab, Tab::Station | Tab::Expo) {
                    view.looking.tab = Tab::Station;
                }
                let standing = view.standing(scene);
                let found = standing.into_iter().find(|(held, _)| *held == order);
                let (_, page) = found.ok_or_else(|| Fault::new("order_unknown"))?;
                view.page = page;
                view.selected = None;
            }
            Go::Select { position } => {
                let standing = view.standing(scene);
                let position = position as usize;
                let on_page = standing.into_iter().filter(|(_, page)| *page == view.page).nth(position);
                view.selected = on_page.map(|(order, _)| Selected { order, position });
            }
            Go::SelectStep { by } => {
                let standing = view.standing(scene);
                let at =
                    view.selected.as_ref().and_then(|s| standing.iter().position(|(o, _)| *o == s.order));
                let next = match at {
                    Some(at) => {
                        let last = i64::try_from(standing.len()).unwrap_or(0) - 1;
                        (i64::try_from(at).unwrap_or(0) + i64::from(by)).clamp(0, last.max(0))
                    }
                    None => {
                        let first = standing.iter().position(|(_, page)| *page == view.page);
                        i64::try_from(first.unwrap_or(0)).unwrap_or(0)
                    }
                };
                if let Some((order, page)) = standing.get(usize::try_from(next).unwrap_or(0)) {
                    view.page = *page;
                    view.selected = Some(Selected { order: order.clone(), position: 0 });
                }
            }
            Go::Search { text } => view.search = text.chars().take(LONGEST_SEARCH).collect(),
            Go::Counts { of } => view.looking.counts_of = of,
            Go::Mark { item } => view.marked = item,
            Go::Review { order } => {
                if order.as_ref().is_some_and(|order| self.log.board.order(order).is_none()) {
                    return Err(Fault::new("order_unknown"));
                }
                view.review = order;
            }
            Go::Closing { asked } => view.closing = asked,
            Go::EditHouse if view.role == Role::Guest => return Err(Fault::new("not_allowed")),
            Go::EditHouse => {
                let before = House::of(self.log.board.setup());
                view.draft = Some(Draft { after: before.clone(), before });
            }
            Go::DraftHouse { house } => {
                let draft = view.draft.as_mut().ok_or_else(|| Fault::new("house_not_edited"))?;
                draft.after = *house;
            }
            Go::LeaveHouse => view.draft = None,
            Go::ByTable { on } => {
                view.looking.by_table = on;
                (view.page, view.selected) = (1, None);
            }
            Go::Text { text } => view.looking.text = text,
            Go::Volume { .. } | Go::Screen { .. } | Go::Dismiss { .. } => {}
        }
        Ok(())
    }

    pub(crate) fn scene<'a>(&'a self, pending: &'a BTreeSet<OrderId>) -> Scene<'a> {
        let offset =
            Timestamp::from_millisecond(self.now.0).map_or(0, |at| self.zone.to_offset(at).seconds() / 60);
        Scene {
            board: &self.log.board,
            seat: self.seat(),
            ready: self.log.ready,
            now: self.now,
            utc_offset_minutes: offset,
            pace: self.time.factor(),
            day_start: self.day_start(),
            parked_read: self.parked_read,
            volumes: &self.volumes,
            connection: &self.connection,
            notices: &self.notices,
            problems: &self.problems,
            told: &self.told,
            pending,
        }
    }

    /// Which screen this is among those of its station.
    pub(crate) fn seat(&self) -> Seat<'_> {
        let alone = match self.connection.state {
            ConnectionState::Offline | ConnectionState::Refused => true,
            ConnectionState::Connecting | ConnectionState::Live => false,
        };
        Seat { device: &self.device, screen: self.screen, alone }
    }

    /// When the business day of now began.
    fn day_start(&self) -> At {
        let settings = &self.log.board.setup().settings;
        business_day_start(self.now, &self.zone, settings.day_starts_minute)
    }

    pub(crate) fn pending_orders(&self) -> BTreeSet<OrderId> {
        self.log.board.pending_orders().cloned().collect()
    }

    /// Whatever views show may be otherwise now.
    pub(crate) fn all_stale(&mut self) {
        for view in self.views.values_mut() {
            view.stale = true;
        }
        self.glass_changed = true;
    }

    fn answer_pulls(&mut self, instant: Instant) {
        let pending = self.pending_orders();
        let ids: Vec<String> = self.pulls.keys().cloned().collect();
        for id in ids {
            let Some(mut view) = self.views.remove(&id) else { continue };
            if view.stale || view.changes_at.is_some_and(|at| at <= self.now) {
                view.refresh(&self.scene(&pending));
            }
            let due = self.pulls.get(&id).is_some_and(|pull| {
                // A revision that this mount never had asks for a whole picture at once.
                pull.until <= instant || pull.revision != view.glass.revision()
            });
            if due && let (Some(pull), Some(mount)) = (self.pulls.remove(&id), view.mount) {
                let frame = view.glass.frame(mount, Some(pull.revision), self.now);
                tracing::trace!(target: "display", view = id, revision = frame.revision, cards = frame.cards.len(), "frame");
                let _ = pull.reply.send(Ok(frame));
            }
            self.views.insert(id, view);
        }
    }

    /// The hub's time has gone on otherwise than a page counts it: this PC slept, or the hub's clock was moved. Whoever waits
    /// for a change has one.
    fn tell_a_leap(&mut self, instant: Instant) {
        let (last, last_at) = std::mem::replace(&mut self.turned, (instant, self.now));
        let counted = last_at.0 + self.time.hub_ms(instant.saturating_duration_since(last));
        let leap = self.now.0 - counted;
        if leap.abs() > LEAP_MS {
            tracing::info!(target: "display", leap_ms = leap, "the hub's time has leapt");
            for pull in self.pulls.values_mut() {
                pull.until = instant;
            }
        }
    }

    // --- sounds and notices ------------------------------------------------------------------------------------

    fn ring(&mut self) {
        let due = self.bell_due.is_some_and(|due| due <= self.now);
        if !self.glass_changed && !due {
            return;
        }
        self.glass_changed = false;
        let stations: BTreeSet<_> =
            self.views.values().map(|view| view.shown_station(&self.log.board)).collect();
        let setup = self.log.board.setup();
        let mut glass: BTreeMap<OrderId, Heard> = BTreeMap::new();
        let mut begun: Vec<OrderId> = Vec::new();
        let mut late: Option<At> = None;
        for station in &stations {
            for ticket in self.seat().tickets(&self.log.board, station, self.now) {
                let heard = card::heard(&ticket, setup, self.now);
                if !heard.contains_key(&Sound::NewOrder) {
                    begun.push(ticket.order.id.clone());
                }
                let will_be = Urgency::late_at(&ticket, &setup.settings).filter(|at| *at > self.now);
                late = late.into_iter().chain(will_be).min();
                let held = glass.entry(ticket.order.id.clone()).or_default();
                for (sound, since) in heard {
                    let newest = held.entry(sound).or_insert(since);
                    *newest = since.max(*newest);
                }
            }
        }
        // Begun anywhere is begun.
        for order in begun {
            if let Some(heard) = glass.get_mut(&order) {
                heard.remove(&Sound::NewOrder);
            }
        }
        let rung = self.bell.listen(&glass, self.now);
        for sound in rung.sounds {
            self.sound(sound);
        }
        if !rung.new.is_empty() {
            for view in self.views.values_mut() {
                let station = view.shown_station(&self.log.board);
                let here = |id: &&OrderId| {
                    let order = self.log.board.order(id);
                    order.is_some_and(|order| Ticket::of(order, &station, self.now).is_some())
                };
                view.unseen.extend(rung.new.iter().filter(here).cloned());
                view.stale = true;
            }
        }
        let fires = self.log.board.changes_at(self.now);
        self.bell_due = self.bell.due().into_iter().chain(fires).chain(late).min();
    }

    pub(crate) fn sound(&self, sound: Sound) {
        // Nobody may be listening.
        let _ = self.sounds.send(Ring { sound, volume: self.volumes.of(sound) });
    }

    /// Shows something that went wrong to every view.
    pub(crate) fn notice(&mut self, fault: Fault, about: Option<&Order>) {
        self.last_notice += 1;
        let label: Option<TicketLabel> = about.map(card::label);
        let order_type: Option<OrderType> = about.map(|order| order.order_type);
        tracing::warn!(target: "display", code = fault.code, order = about.map(|o| o.id.as_str()), "notice");
        self.notices.push(Notice { id: self.last_notice, fault, label, order_type });
        let excess = self.notices.len().saturating_sub(MOST_NOTICES);
        self.notices.drain(..excess);
        self.all_stale();
    }

    // --- the hub -----------------------------------------------------------------------------------------------

    fn hear(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Changed { to, cause, attempts, wait, .. } => {
                self.phase_changed(to, cause.as_ref());
                self.attempts_counted(attempts, wait);
            }
            LinkEvent::RoundTrip { took } => self.round_trip(took),
            LinkEvent::AttemptLimit { attempts } => self.attempt_limit(attempts),
            LinkEvent::Greet { generation, credentials } => self.greet(generation, credentials),
            LinkEvent::Frame { generation, text } => {
                self.now = self.time.now();
                self.heard_something();
                match serde_json::from_str::<HubMessage>(&text) {
                    Ok(message) => {
                        let wants = self.log.hear(generation, message, self.started.elapsed());
                        self.fulfil(wants);
                    }
                    // If it was an event, the next one shows the gap.
                    Err(error) => {
                        tracing::warn!(target: "display", %error, bytes = text.len(), "a frame could not be read");
                    }
                }
            }
        }
    }

    fn greet(&mut self, generation: u64, credentials: link::Credentials) {
        if let Some(fetching) = &mut self.fetching {
            // Asked already, by a connection that has gone since.
            fetching.generation = generation;
            return;
        }
        let source = self.config.token.clone();
        let token = tokio::task::spawn_blocking(move || source.fetch(credentials));
        self.fetching = Some(Fetching { generation, token });
    }

    fn greet_with(&mut self, token: std::io::Result<String>) {
        let Some(Fetching { generation, .. }) = self.fetching.take() else { return };
        let token = match token {
            Ok(token) => token,
            Err(error) => {
                tracing::error!(target: "display", %error, "there is no token for the hub");
                self.connection.fault = Some(Fault::new("token_missing").passing());
                self.say(Input::NoGreeting { generation, reason: error.to_string() });
                return;
            }
        };
        let (epoch, seq) = self.log.place();
        self.told_station = self.looks_at();
        let hello = Hello {
            protocol: PROTOCOL,
            app: self.config.app.clone(),
            device_id: self.device.clone(),
            restaurant_id: self.log.restaurant.clone(),
            role: "display".to_owned(),
            station: self.told_station.clone(),
            epoch,
            seq,
            token,
        };
        tracing::debug!(target: "display", generation, ?hello, "greeting");
        match serde_json::to_string(&ScreenMessage::Hello(hello)) {
            Ok(text) => self.say(Input::Greeting { generation, text }),
            Err(error) => self.say(Input::NoGreeting { generation, reason: error.to_string() }),
        }
    }

    /// The station of this screen: that of its first view.
    fn looks_at(&self) -> Option<StationId> {
        self.views.values().next().map(|view| view.station(&self.log.board))
    }

    /// The hub deals tickets to the screens of a station, so it has to know of another one.
    fn tell_station(&mut self) {
        let station = self.looks_at();
        if let Some(generation) = self.log.following().filter(|_| station != self.told_station) {
            self.told_station.clone_from(&station);
            self.tell_hub(generation, &ScreenMessage::Look { station });
        }
    }

    fn fulfil(&mut self, wants: Vec<Want>) {
        for want in wants {
            match want {
                Want::Reconnect { generation } => self.say(Input::Reconnect { generation }),
                Want::Leave => {
                    self.refused = true;
                    self.say(Input::Disconnect);
                }
                Want::Time(server_time) => {
                    self.time.hear(server_time);
                    self.now = self.time.now();
                }
                // The next connection has heard nothing of us yet.
                Want::Welcomed => self.acked = (0, 0),
                Want::Look => self.all_stale(),
                Want::Setup => self.setup_changed(),
                Want::OperationRefused { id, order, fault } => {
                    self.over(&id);
                    if let Some(order) = order {
                        let about = self.log.board.order(&order).cloned();
                        self.problems.insert(order, fault.clone());
                        self.notice(fault, about.as_ref());
                    }
                }
                Want::Notices(notices) => self.hub_told(notices),
                Want::ScreenRefused(fault) => {
                    self.connection.fault = Some(fault);
                    self.all_stale();
                }
                Want::Forgot { orders } => {
                    self.notice(Fault::new("hub_restored").with("orders", orders.len()), None);
                }
            }
        }
    }

    // --- the connection ----------------------------------------------------------------------------------------

    pub(crate) fn say(&self, input: Input) {
        if let Err(refused) = self.speaker.say(input) {
            tracing::error!(target: "display", ?refused, "the link takes no commands");
        }
    }

    pub(crate) fn tell_hub(&self, generation: u64, message: &ScreenMessage) {
        match serde_json::to_string(message) {
            Ok(text) => self.say(Input::Send { generation, text }),
            Err(error) => tracing::error!(target: "display", %error, "a message could not be written"),
        }
    }

    /// Something came from the hub.
    pub(crate) fn heard_something(&mut self) {
        self.heard = Instant::now();
        self.heard_at = self.now;
    }

    pub(crate) fn phase_changed(&mut self, to: Phase, cause: Option<&link::Cause>) {
        if self.phase == Phase::Live && to != Phase::Live {
            self.bell.hub_gone(self.heard_at);
        }
        self.phase = to;
        if let Some(link::Cause::Unwanted { .. }) = cause {
            self.connection.fault = Some(Fault::new("screen_replaced"));
        } else if cause.is_some_and(|cause| !matches!(cause, link::Cause::Refused { .. })) {
            // Another reason than a refusal: whoever is there next may be a different hub.
            self.refused = false;
        }
        if matches!(cause, Some(link::Cause::Silence)) {
            // The link has waited for the limit already.
            let limit = self.config.timing.liveness;
            self.heard = Instant::now().checked_sub(limit).unwrap_or(self.heard);
        }
        match to {
            Phase::Live => {
                self.bell.hub_back(self.now);
                self.refused = false;
                self.connection.fault = None;
            }
            Phase::Refused => self.refused = true,
            Phase::Idle | Phase::Waiting | Phase::Connecting | Phase::Authenticating | Phase::Closing => {}
        }
        if to != Phase::Live {
            self.log.parted();
        }
    }

    /// How the outage goes on.
    pub(crate) fn attempts_counted(&mut self, attempts: u32, wait: Option<Duration>) {
        self.connection.attempts = attempts;
        self.connection.next_attempt_at = wait.map(|wait| self.now.plus(self.time.hub_ms(wait)));
        if self.phase != Phase::Live {
            self.connection.round_trip_ms = None;
            self.connection.upstream = None;
        }
        self.connection_stale();
    }

    /// The way to the hub and back was measured.
    pub(crate) fn round_trip(&mut self, took: Duration) {
        // Under a millisecond is a millisecond: nobody reads more from it.
        let ms = u32::try_from(took.as_millis()).unwrap_or(u32::MAX).max(1);
        if self.connection.round_trip_ms.replace(ms) != Some(ms) {
            self.connection_stale();
        }
    }

    /// What the hub says besides its log.
    pub(crate) fn hub_told(&mut self, notices: Notices) {
        let last = &mut self.last_notice;
        self.told.hear(notices, || {
            *last += 1;
            *last
        });
        self.connection.upstream = self.told.upstream();
        self.all_stale();
    }

    fn connection_stale(&mut self) {
        for view in self.views.values_mut() {
            view.stale = true;
        }
    }

    pub(crate) fn attempt_limit(&self, attempts: u32) {
        let _ = self.notifications.send(Notification::ConnectionMaxAttempts { attempts });
    }

    fn judge_connection(&mut self, instant: Instant) {
        let silent = instant.duration_since(self.heard) >= self.config.timing.liveness;
        let state = match self.phase {
            Phase::Live => ConnectionState::Live,
            _ if self.refused => ConnectionState::Refused,
            _ if silent => ConnectionState::Offline,
            _ => ConnectionState::Connecting,
        };
        let unsent = u32::try_from(self.log.outbox.len()).unwrap_or(u32::MAX);
        let changed = state != self.connection.state;
        let before = self.connection.clone();
        if changed {
            // Nothing has been certain since the hub was heard last.
            self.connection.since = if state == ConnectionState::Offline { self.heard_at } else { self.now };
            self.connection.state = state;
        }
        self.connection.unsent = unsent;
        self.connection.oldest_unsent = self.log.outbox.oldest();
        if before != self.connection {
            self.connection_stale();
        }
        if changed {
            tracing::info!(target: "display", from = ?before.state, to = ?state, unsent, "connection");
            let (from, connection) = (before.state, self.connection.clone());
            if matches!(state, ConnectionState::Offline | ConnectionState::Refused) {
                self.sound(Sound::LinkLost);
            }
            let change = ConnectionChange { from, to: state, connection };
            let _ = self.notifications.send(Notification::ConnectionChange(Box::new(change)));
        }
    }

    fn send(&mut self) {
        let Some((generation, operations)) = self.log.send(self.now, self.started.elapsed()) else {
            return;
        };
        for operation in operations {
            tracing::debug!(target: "display", operation = %operation.id, order = %operation.order, "sent");
            self.tell_hub(generation, &ScreenMessage::Operation(operation));
        }
    }

    /// What is stored and what is painted.
    fn reached(&self) -> (u64, u64) {
        let looked_at = self.views.values().filter(|view| view.mount.is_some());
        let painted = looked_at.map(View::painted_seq).min().unwrap_or(0);
        (self.stored_seq, painted)
    }

    fn acknowledge(&mut self, instant: Instant) {
        let Some(generation) = self.log.following() else { return };
        let reached = self.reached();
        if reached == self.acked || instant < self.ack_after {
            return;
        }
        self.acked = reached;
        self.ack_after = instant + ACK_EVERY;
        let (stored_seq, painted_seq) = reached;
        self.tell_hub(generation, &ScreenMessage::Ack { stored_seq, painted_seq });
    }

    // --- the journal -------------------------------------------------------------------------------------------

    fn start_writing(&mut self, instant: Instant) {
        if self.writing.is_some() || self.write_after.is_some_and(|after| instant < after) {
            return;
        }
        self.write_after = None;
        let Some(batch) = self.log.batch() else { return };
        let Some(journal) = self.journal.as_ref() else { return };
        let seq = batch.cursor.as_ref().map_or(self.stored_seq, |cursor| cursor.seq);
        let lost = Lost::of(&batch);
        self.writing = Some(Writing { answer: journal.commit(batch), seq, lost });
    }

    fn written(&mut self, result: Result<(), CommitError>) {
        let Some(Writing { seq, lost, .. }) = self.writing.take() else { return };
        match result {
            Ok(()) => self.stored_seq = seq,
            Err(error) => {
                tracing::error!(target: "display", %error, "what was received is not written; trying again");
                self.log.write_again(lost);
                self.write_after = Some(Instant::now() + WRITE_AGAIN);
            }
        }
    }

    fn remember_view(&mut self, view: &str) {
        self.unsaved_views.insert(view.to_owned());
        self.save_views_at.get_or_insert_with(|| Instant::now() + VIEW_SAVE);
    }

    fn save_views(&mut self) {
        for id in std::mem::take(&mut self.unsaved_views) {
            let Some(view) = self.views.get(&id) else { continue };
            match serde_json::to_string(&view.looking) {
                Ok(text) => {
                    self.log.unwritten.views.insert(id, text);
                }
                Err(error) => tracing::error!(target: "display", %error, "a view could not be written"),
            }
        }
    }

    fn keep_time_and_place(&mut self, instant: Instant) {
        if self.save_views_at.is_some_and(|at| at <= instant) {
            self.save_views_at = None;
            self.save_views();
        }
        if self.forget_at <= instant {
            self.forget_at = instant + FORGET_EVERY;
            self.forget();
        }
        let ahead = self.time.ahead_ms();
        if self.log.following().is_some() && (ahead - self.ahead_kept).abs() > AHEAD_KEPT_MS {
            self.ahead_kept = ahead;
            self.log.unwritten.preferences.insert(AHEAD.to_owned(), ahead.to_string());
        }
    }

    /// Drops what was finished before this business day.
    fn forget(&mut self) {
        let before = self.day_start();
        let old: Vec<OrderId> = self
            .log
            .board
            .orders()
            .filter(|order| !order.is_open() && order.updated_at < before)
            .map(|order| order.id.clone())
            .collect();
        if old.is_empty() {
            return;
        }
        let forgotten = self.log.board.forget(before);
        tracing::info!(target: "display", forgotten, "orders of earlier days are forgotten");
        let gone = |board: &Board, id: &OrderId| board.confirmed(id).is_none();
        self.log.unwritten.forgotten.extend(old.into_iter().filter(|id| gone(&self.log.board, id)));
        let board = &self.log.board;
        self.bell.keep(|id| board.confirmed(id).is_some());
        self.problems.retain(|id, _| board.confirmed(id).is_some());
        self.all_stale();
    }

    /// Menu, stations or settings are others.
    pub(crate) fn setup_changed(&mut self) {
        let name = self.log.board.setup().settings.time_zone.clone();
        if name == self.zone_name {
            return;
        }
        self.zone_name = name.clone();
        match TimeZone::get(&name) {
            Ok(zone) => self.zone = zone,
            Err(error) => {
                tracing::error!(target: "display", %error, zone = name, "the restaurant's time zone is not known");
                self.zone = TimeZone::UTC;
                self.notice(Fault::new("time_zone_unknown").with("zone", name), None);
            }
        }
    }
}

/// Names of preferences in the journal.
const DEVICE: &str = "device_id";
const PARKED_READ: &str = "parked_read";
const SCREEN: &str = "screen_number";
const AHEAD: &str = "hub_ahead_ms";

async fn fetched(fetching: Option<&mut Fetching>) -> std::io::Result<String> {
    match fetching {
        Some(fetching) => {
            (&mut fetching.token).await.unwrap_or_else(|error| Err(std::io::Error::other(error)))
        }
        None => std::future::pending().await,
    }
}

async fn answer(
    receiver: Option<&mut oneshot::Receiver<Result<(), CommitError>>>,
) -> Result<(), CommitError> {
    match receiver {
        Some(receiver) => receiver.await.unwrap_or(Err(CommitError::Closed)),
        None => std::future::pending().await,
    }
}
