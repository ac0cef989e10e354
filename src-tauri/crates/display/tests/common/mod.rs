//! A display under test, and a model of its window that knows nothing but frames.

#![allow(dead_code, reason = "each test file uses its part")]

use display::frame::{Card, Connection, ConnectionState, Frame, Go, Place, Press, PressLine, Pressed};
use display::{Config, HubAddress, Kitchen, Notification, Token, Window};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use testkit::ScriptedHub;
use tokio::sync::broadcast::Receiver;
use tokio::time::{Instant, timeout};

/// How long a test waits for anything before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn config(folder: &Path, url: &str) -> Config {
    let hub = HubAddress { url: url.to_owned(), label: "test hub".to_owned() };
    Config::new(folder.to_owned(), hub, Token::Source(Arc::new(|_| Ok("secret\n".to_owned()))))
}

/// A display with one mounted window.
pub(crate) struct Screen {
    pub(crate) kitchen: Kitchen,
    pub(crate) window: Model,
}

/// What a window knows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    pub(crate) view: String,
    pub(crate) mount: u32,
    pub(crate) revision: u32,
    pub(crate) frame: Frame,
    pub(crate) cards: BTreeMap<String, Card>,
}

impl Model {
    pub(crate) fn new(view: &str, frame: Frame) -> Self {
        assert_eq!(frame.base, None);
        let mut model = Self {
            view: view.to_owned(),
            mount: frame.mount,
            revision: 0,
            frame: frame.clone(),
            cards: BTreeMap::new(),
        };
        model.apply(frame);
        model
    }

    pub(crate) fn apply(&mut self, frame: Frame) {
        assert_eq!(frame.mount, self.mount, "R4.2: a frame of another mount");
        match frame.base {
            None => {
                self.cards.clear();
                self.frame = frame.clone();
            }
            Some(base) => {
                assert_eq!(base, self.revision, "changes since something else");
                let held = &mut self.frame;
                held.now = frame.now;
                held.head = frame.head.clone().or(held.head.take());
                held.connection = frame.connection.clone().or(held.connection.take());
                held.places = frame.places.clone().or(held.places.take());
                held.counts = frame.counts.clone().or(held.counts.take());
                held.rows = frame.rows.clone().or(held.rows.take());
                held.chips = frame.chips.clone().or(held.chips.take());
                held.toasts = frame.toasts.clone().or(held.toasts.take());
                held.notices = frame.notices.clone().or(held.notices.take());
                held.ingredients = frame.ingredients.clone().or(held.ingredients.take());
                held.review = frame.review.clone().or(held.review.take());
                held.talk = frame.talk.clone().or(held.talk.take());
                for id in &frame.gone {
                    assert!(self.cards.remove(id).is_some(), "{id} was never here");
                }
            }
        }
        for card in frame.cards {
            self.cards.insert(card.id.clone(), card);
        }
        self.revision = frame.revision;
        let mut placed: Vec<&str> = self.places().iter().map(|place| place.card.as_str()).collect();
        placed.sort_unstable();
        assert_eq!(placed, self.cards.keys().map(String::as_str).collect::<Vec<_>>(), "a place per card");
    }

    /// Everything it shows, to be compared with another one's.
    pub(crate) fn shown(&self) -> (Vec<Card>, Frame) {
        let mut frame = self.frame.clone();
        (frame.cards, frame.gone) = (Vec::new(), Vec::new());
        (frame.mount, frame.base, frame.revision, frame.now) = (0, None, 0, kitchen::At(0));
        (self.cards.values().cloned().collect(), frame)
    }

    pub(crate) fn places(&self) -> &[Place] {
        self.frame.places.as_deref().unwrap_or_default()
    }

    /// The orders on the page, in the order they stand.
    pub(crate) fn orders(&self) -> Vec<String> {
        self.places().iter().map(|place| self.cards[&place.card].order.0.clone()).collect()
    }

    pub(crate) fn card(&self, order: &str) -> Option<&Card> {
        self.cards.values().find(|card| card.order.as_str() == order)
    }

    pub(crate) fn connection(&self) -> ConnectionState {
        self.link().state
    }

    pub(crate) fn unsent(&self) -> u32 {
        self.link().unsent
    }

    pub(crate) fn link(&self) -> &Connection {
        self.frame.connection.as_ref().expect("a connection")
    }
}

impl Screen {
    pub(crate) async fn start(folder: &Path, hub: &ScriptedHub) -> Self {
        Self::with(config(folder, &hub.url())).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let kitchen = Kitchen::start(config).await.expect("it starts");
        let window = mount(&kitchen, "main").await;
        Self { kitchen, window }
    }

    /// Pulls frames until the window shows it.
    pub(crate) async fn until(&mut self, what: &str, shows: impl Fn(&Model) -> bool) {
        self.until_within(PATIENCE, what, shows).await;
    }

    /// The same, with another patience.
    pub(crate) async fn until_within(
        &mut self,
        patience: Duration,
        what: &str,
        shows: impl Fn(&Model) -> bool,
    ) {
        let deadline = Instant::now() + patience;
        while !shows(&self.window) {
            let next = self.kitchen.next_frame(&self.window.view, self.window.mount, self.window.revision);
            let frame = tokio::time::timeout_at(deadline, next)
                .await
                .unwrap_or_else(|_| panic!("never shown: {what}; {:#?}", self.window))
                .expect("a frame");
            self.window.apply(frame);
            let (view, mount, revision) = (&self.window.view, self.window.mount, self.window.revision);
            self.kitchen.painted(view, mount, revision).await.expect("painted");
        }
    }

    pub(crate) async fn until_live(&mut self) {
        self.until("live", |w| {
            w.connection() == ConnectionState::Live && w.frame.head.as_ref().is_some_and(|head| head.ready)
        })
        .await;
    }

    pub(crate) async fn press(&self, press: Press) -> Result<Pressed, wire::hub::Fault> {
        let press = self.kitchen.press(&self.window.view, self.window.mount, press);
        timeout(PATIENCE, press).await.expect("a press is answered")
    }

    pub(crate) async fn go(&self, go: Go) {
        self.kitchen.go(&self.window.view, self.window.mount, go).await.expect("it goes there");
    }

    /// BUMP, as it stands on the glass.
    pub(crate) async fn bump(&self, order: &str) -> Pressed {
        let card = self.window.card(order).expect("it is on the glass");
        let lines = card.bump.iter().map(|l| PressLine { line: l.line.clone(), upto: l.upto }).collect();
        self.press(Press::Bump { order: card.order.clone(), seen: card.seen, lines }).await.expect("bumped")
    }
}

pub(crate) async fn mount(kitchen: &Kitchen, window: &str) -> Model {
    let mounted = kitchen.mount(Window::cook(window)).await.expect("it mounts");
    Model::new(&mounted.view, mounted.frame)
}

/// The changes of the link's state that were told so far, from and to.
pub(crate) fn changes(notifications: &mut Receiver<Notification>) -> Vec<(ConnectionState, ConnectionState)> {
    let mut changes = Vec::new();
    while let Ok(notification) = notifications.try_recv() {
        if let Notification::ConnectionChange(change) = notification {
            assert_eq!(change.to, change.connection.state);
            changes.push((change.from, change.to));
        }
    }
    changes
}
