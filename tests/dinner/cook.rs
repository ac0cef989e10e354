//! A cook at a screen: walks a beat of stations, and does with each moment what the script says.

use std::collections::{BTreeMap, BTreeSet};

use display::frame::{Card, Frame, Press};
use testkit::evening::{Chance, Hand, RUNS_OUT};
use tokio::task::block_in_place;

use crate::support::display_process::{Deed, Outcome};
use crate::support::{DisplayProcess, Premises, Pressed};

/// Once in so many moments a cook goes to the next station of the beat.
const WALKS: u64 = 6;

/// Nothing is cooked sooner, in milliseconds of the kitchen: so there is always something open.
const COOKS_MS: i64 = 8 * 60_000;

/// One who works at one screen.
pub(crate) struct Cook {
    pub(crate) name: &'static str,
    process: Option<DisplayProcess>,
    beat: &'static [&'static str],
    standing: usize,
    chance: Chance,
    /// Bumps made here, for recalls.
    bumps: Vec<(String, String)>,
    pub(crate) account: Account,
}

/// What a cook was told of what was done.
#[derive(Default)]
pub(crate) struct Account {
    /// Operations that the screen said are kept.
    pub(crate) done: BTreeSet<String>,
    /// Bumps that were taken back before they may have left the screen.
    pub(crate) withdrawn: BTreeSet<String>,
    /// How often what was done, and what was not and why.
    pub(crate) tally: BTreeMap<String, u32>,
}

impl Cook {
    pub(crate) fn new(
        name: &'static str,
        process: DisplayProcess,
        beat: &'static [&'static str],
        seed: u64,
    ) -> Self {
        // Everybody's own chance, and the same every time.
        let own = name.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Self {
            name,
            process: Some(process),
            beat,
            standing: 0,
            chance: Chance::new(own),
            bumps: Vec::new(),
            account: Account::default(),
        }
    }

    /// The screen.
    pub(crate) fn screen(&mut self) -> &mut DisplayProcess {
        self.process.as_mut().expect("a screen that is on")
    }

    /// What the screen has not sent yet.
    pub(crate) fn unsent(&self) -> u32 {
        self.process.as_ref().map_or(0, |process| process.picture().unsent)
    }

    /// What a cook does with a moment.
    pub(crate) async fn work(&mut self) {
        if self.beat.len() > 1 && self.chance.one_in(WALKS) {
            self.standing = (self.standing + 1) % self.beat.len();
            let station = self.beat[self.standing];
            self.screen().look_at(station).await;
        }
        if let Some((hand, press)) = self.next() {
            let outcome = block_in_place(|| self.screen().try_act(&Deed::Press { what: press.clone() }));
            self.write_down(&hand, &press, outcome.expect("the screen is on"));
        }
    }

    /// The current is cut while a touch is under way: nobody is told whether it was kept.
    pub(crate) async fn dies_in_the_middle_of_a_touch(&mut self) {
        let (hand, press) = loop {
            match self.next() {
                Some(next) => break next,
                None => self.screen().see("something to do", |glass| !glass.cards.is_empty()).await,
            };
        };
        let mut process = self.process.take().expect("a screen that is on");
        process.begin(&Deed::Press { what: press });
        process.kill();
        *self.account.tally.entry(format!("{} under way as it died", word(&hand))).or_default() += 1;
    }

    /// The same PC, switched on again.
    pub(crate) async fn is_back(&mut self, kitchen: &Premises) {
        self.standing = 0;
        self.process = Some(kitchen.screen(self.name, self.beat[0]).await);
    }

    /// Everything that is open at the beat goes out, and what waits for its course is fired.
    pub(crate) async fn clear(&mut self) {
        for station in self.beat {
            self.screen().look_at(station).await;
            let cards = self.glass().cards;
            for card in cards {
                let fire = card.next_course.is_some().then(|| (Hand::Fire, card.fire_next()));
                let bump = (!card.bump.is_empty()).then(|| (Hand::Bump, card.bump()));
                for (hand, press) in fire.into_iter().chain(bump) {
                    let outcome = block_in_place(|| self.screen().press(press.clone()));
                    self.write_down(&hand, &press, outcome);
                }
            }
        }
    }

    /// Switches the screen off in order.
    pub(crate) fn end(mut self) {
        self.process.take().expect("a screen that is on").end();
    }

    fn glass(&mut self) -> Frame {
        block_in_place(|| self.screen().look())
    }

    /// What the script says, at one of the first tickets.
    fn next(&mut self) -> Option<(Hand, Press)> {
        let Frame { cards, now, .. } = self.glass();
        let ticket = usize::try_from(self.chance.below(3)).unwrap_or(0);
        let hand = Hand::next(&mut self.chance);
        let card = cards.get(ticket).or(cards.first())?;
        let press = match self.press(&hand, card)? {
            Press::Bump { .. } if now.since(card.since) < COOKS_MS => card.start(),
            press => press,
        };
        Some((hand, press))
    }

    fn press(&mut self, hand: &Hand, card: &Card) -> Option<Press> {
        let (order, seen) = (card.order.clone(), card.seen);
        let first = card.bump.first().cloned()?;
        let station = self.beat[self.standing];
        Some(match hand {
            Hand::Start => card.start(),
            Hand::Finish => Press::Finish { order, seen, line: first },
            Hand::Reopen => Press::Reopen { order, seen, lines: vec![first.line] },
            Hand::Rush => card.rush(),
            Hand::Unrush => Press::Unrush { order, seen },
            Hand::Hold => card.hold(Some(2)),
            Hand::Release => card.release(),
            Hand::Transfer { to } if station != "expo" => {
                Press::Transfer { order, seen, to: to.clone(), lines: vec![first.line] }
            }
            Hand::Fire if card.next_course.is_some() => card.fire_next(),
            Hand::Recall if !self.bumps.is_empty() => {
                let index = usize::try_from(self.chance.below(self.bumps.len() as u64)).unwrap_or(0);
                let (order, operation) = self.bumps.swap_remove(index);
                Press::Recall { order: order.into(), operation: operation.into() }
            }
            Hand::Stock { left } => {
                Press::Stock { item: RUNS_OUT.into(), name: RUNS_OUT.to_owned(), left: *left }
            }
            Hand::Transfer { .. } | Hand::Fire | Hand::Recall | Hand::Bump => card.bump(),
        })
    }

    fn write_down(&mut self, hand: &Hand, press: &Press, outcome: Outcome) {
        let account = &mut self.account;
        let word = match press {
            Press::Bump { .. } => "Bump".to_owned(),
            Press::Start { .. } => "Start".to_owned(),
            _ => word(hand),
        };
        let what = match outcome {
            Ok(Some(operation)) => {
                if let Press::Bump { order, .. } = press {
                    self.bumps.push((order.0.clone(), operation.clone()));
                }
                assert!(account.done.insert(operation), "an operation of its own");
                word
            }
            Ok(None) => {
                // A bump that never left the screen is taken back without a word to anybody.
                if let Press::Recall { operation, .. } = press {
                    account.withdrawn.insert(operation.0.clone());
                }
                format!("{word}: nothing to do")
            }
            Err(code) => format!("{word}: {code}"),
        };
        *account.tally.entry(what).or_default() += 1;
    }
}

/// What a hand does, without whereto.
fn word(hand: &Hand) -> String {
    let text = format!("{hand:?}");
    text.split(' ').next().unwrap_or_default().to_owned()
}
