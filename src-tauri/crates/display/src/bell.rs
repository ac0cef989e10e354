//! Which sounds are due: at once for what nobody could have seen, and again until somebody has been at the screen or has
//! touched it (KITCHEN_FACTS, Ergonomics: a kitchen is about as loud as a motorway).
//!
//! Pure: what is on the glass and the time come in, what is to be heard comes out. The invariant: what an order asks to be
//! heard for is announced once for each moment it came; a recall, a restart or another page is no such moment.

use crate::frame::SoundVolume;
use crate::handle::Sound;
use kitchen::{At, OrderId};
use std::collections::{BTreeMap, BTreeSet};

/// Between two sounds for the same untouched work: long enough to be told apart from another order.
const AGAIN_MS: i64 = 8_000;
/// After so many repeats nobody is there to hear them.
const MOST_REPEATS: u32 = 6;
/// What came longer ago when it is first heard of is no news: a screen that starts in the middle of an evening keeps still.
pub(crate) const NEWS_MS: i64 = 30_000;
/// Sounds at one moment: more cannot be told apart.
const MOST_AT_ONCE: usize = 2;

/// What has been announced, and what still rings.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    /// What orders on the glass were announced for, each with the newest moment of it.
    known: BTreeMap<OrderId, BTreeMap<Sound, At>>,
    ringing: BTreeSet<(Sound, OrderId)>,
    repeats: u32,
    last: Option<At>,
    outage: Option<Outage>,
}

/// While the hub was not heard nothing could be news here; once it is, all of that is.
#[derive(Debug, Clone, Copy)]
struct Outage {
    since: At,
    over: Option<At>,
}

impl Outage {
    fn hid(self, came: At, now: At) -> bool {
        came >= self.since && self.over.is_none_or(|over| now < over.plus(NEWS_MS))
    }
}

/// What an order on some glass of this display asks to be heard for, and since when.
pub(crate) type Heard = BTreeMap<Sound, At>;

/// What listening came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rung {
    /// Due now, the most pressing first.
    pub(crate) sounds: Vec<Sound>,
    /// Orders with something that nobody could have seen before.
    pub(crate) new: BTreeSet<OrderId>,
}

/// Whether it sounds again until somebody comes: what has to be seen does, what only tells of the time does not.
fn repeats(sound: Sound) -> bool {
    match sound {
        Sound::Voided | Sound::Changed | Sound::NewOrder => true,
        Sound::LinkLost | Sound::Ready | Sound::Late | Sound::Heard | Sound::Asked | Sound::Refused => false,
    }
}

/// How loud each sound is on this screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Volumes(BTreeMap<Sound, u8>);

/// Before anybody has set it: heard over a hood.
const USUAL_VOLUME: u8 = 80;

impl Default for Volumes {
    fn default() -> Self {
        Self(Sound::ALL.map(|sound| (sound, USUAL_VOLUME)).into())
    }
}

impl Volumes {
    /// As they were kept; a screen of before there was more than one sound had one volume.
    pub(crate) fn restored(kept: impl Fn(&str) -> Option<String>) -> Self {
        let number = |name: &str| kept(name).and_then(|text| text.parse::<u8>().ok());
        let usual = number("volume").unwrap_or(USUAL_VOLUME);
        let of = |sound| (sound, number(preference(sound)).unwrap_or(usual).min(100));
        Self(Sound::ALL.map(of).into())
    }

    pub(crate) fn of(&self, sound: Sound) -> u8 {
        self.0.get(&knob(sound)).copied().unwrap_or(USUAL_VOLUME)
    }

    /// Gives back what is to be kept: a name and its text.
    pub(crate) fn set(&mut self, sound: Sound, volume: u8) -> (String, String) {
        let volume = volume.min(100);
        self.0.insert(knob(sound), volume);
        (preference(sound).to_owned(), volume.to_string())
    }

    pub(crate) fn all(&self) -> Vec<SoundVolume> {
        Sound::ALL.iter().map(|sound| SoundVolume { sound: *sound, volume: self.of(*sound) }).collect()
    }
}

/// The answers to whoever speaks are as loud as a new order.
fn knob(sound: Sound) -> Sound {
    match sound {
        Sound::Heard | Sound::Asked | Sound::Refused => Sound::NewOrder,
        Sound::LinkLost | Sound::Voided | Sound::Changed | Sound::NewOrder | Sound::Ready | Sound::Late => {
            sound
        }
    }
}

fn preference(sound: Sound) -> &'static str {
    match sound {
        Sound::LinkLost => "volume_link_lost",
        Sound::Voided => "volume_voided",
        Sound::Changed => "volume_changed",
        Sound::NewOrder | Sound::Heard | Sound::Asked | Sound::Refused => "volume_new_order",
        Sound::Ready => "volume_ready",
        Sound::Late => "volume_late",
    }
}

impl Bell {
    /// Takes what is on the glass.
    pub(crate) fn listen(&mut self, glass: &BTreeMap<OrderId, Heard>, now: At) -> Rung {
        let mut due = BTreeSet::new();
        let mut new = BTreeSet::new();
        for (order, heard) in glass {
            for (sound, came) in heard {
                let known = self.known.entry(order.clone()).or_default();
                if known.get(sound).is_some_and(|known| known >= came) {
                    continue;
                }
                known.insert(*sound, *came);
                let is_news =
                    now < came.plus(NEWS_MS) || self.outage.is_some_and(|outage| outage.hid(*came, now));
                if !is_news {
                    continue;
                }
                due.insert(*sound);
                if repeats(*sound) {
                    new.insert(order.clone());
                    self.ringing.insert((*sound, order.clone()));
                }
            }
        }
        self.ringing.retain(|(sound, order)| glass.get(order).is_some_and(|heard| heard.contains_key(sound)));
        if !new.is_empty() {
            self.repeats = 0;
            self.last = Some(now);
        } else if self.due().is_some_and(|due| due <= now) {
            self.repeats += 1;
            self.last = Some(now);
            due.extend(self.ringing.iter().map(|(sound, _)| *sound));
        }
        Rung { sounds: due.into_iter().take(MOST_AT_ONCE).collect(), new }
    }

    /// The hub is not heard any more; it was last at `heard`.
    pub(crate) fn hub_gone(&mut self, heard: At) {
        let is_over = |outage: &Outage| outage.over.is_some();
        if self.outage.as_ref().is_none_or(is_over) {
            self.outage = Some(Outage { since: heard, over: None });
        }
    }

    /// It is heard again.
    pub(crate) fn hub_back(&mut self, now: At) {
        if let Some(outage) = self.outage.as_mut().filter(|outage| outage.over.is_none()) {
            outage.over = Some(now);
        }
    }

    /// Somebody is at the screen.
    pub(crate) fn silence(&mut self) {
        self.ringing.clear();
    }

    /// When it is to listen again even if nothing happens.
    pub(crate) fn due(&self) -> Option<At> {
        if self.ringing.is_empty() || self.repeats >= MOST_REPEATS {
            return None;
        }
        self.last.map(|last| last.plus(AGAIN_MS))
    }

    /// Forgets orders that are gone for good.
    pub(crate) fn keep(&mut self, known: impl Fn(&OrderId) -> bool) {
        self.known.retain(|order, _| known(order));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Sound::{Changed, Late, NewOrder, Ready, Voided};

    fn glass(orders: &[(&str, &[(Sound, i64)])]) -> BTreeMap<OrderId, Heard> {
        let heard = |heard: &[(Sound, i64)]| heard.iter().map(|(sound, at)| (*sound, At(*at))).collect();
        orders.iter().map(|(id, what)| (OrderId::from(*id), heard(what))).collect()
    }

    fn heard(bell: &mut Bell, orders: &[(&str, &[(Sound, i64)])], now: i64) -> Vec<Sound> {
        bell.listen(&glass(orders), At(now)).sounds
    }

    #[test]
    fn the_first_order_on_an_empty_screen_rings_and_a_recall_does_not() {
        let mut bell = Bell::default();
        assert_eq!(heard(&mut bell, &[("a", &[(NewOrder, 1)])], 1), [NewOrder]);
        assert_eq!(heard(&mut bell, &[], 10), []);
        assert_eq!(heard(&mut bell, &[("a", &[(NewOrder, 1)])], 20), []);
        let old = [("a", &[(NewOrder, 1)][..]), ("old", &[][..])];
        assert_eq!(heard(&mut bell, &old, 30), []);
    }

    #[test]
    fn a_screen_that_starts_among_old_tickets_keeps_still() {
        let mut bell = Bell::default();
        let old = [("a", &[(NewOrder, 1), (Late, 2), (Ready, 3)][..]), ("b", &[(Voided, 3)][..])];
        assert_eq!(heard(&mut bell, &old, NEWS_MS + 3), []);
        assert_eq!(bell.due(), None);
    }

    #[test]
    fn what_came_while_the_hub_was_away_is_news_when_it_is_back() {
        let mut bell = Bell::default();
        assert_eq!(
            heard(&mut bell, &[("old", &[(NewOrder, 1_000)])], 100_000),
            [],
            "from before the program"
        );
        bell.hub_gone(At(200_000));
        bell.hub_gone(At(250_000));
        bell.hub_back(At(900_000));
        let after = [("old", &[(NewOrder, 1_000)][..]), ("missed", &[(NewOrder, 300_000)][..])];
        assert_eq!(heard(&mut bell, &after, 901_000), [NewOrder]);
        assert_eq!(heard(&mut bell, &[("recalled", &[(NewOrder, 300_000)])], 960_000), [], "long over");
    }

    #[test]
    fn a_course_of_a_known_order_rings_once_more() {
        let mut bell = Bell::default();
        assert_eq!(heard(&mut bell, &[("a", &[(NewOrder, 1)])], 1), [NewOrder]);
        assert_eq!(heard(&mut bell, &[("a", &[])], 10), []);
        let later = glass(&[("a", &[(NewOrder, 900)]), ("b", &[(NewOrder, 900)])]);
        let rung = bell.listen(&later, At(900));
        assert!(rung.sounds == [NewOrder] && rung.new.len() == 2);
        assert_eq!(bell.listen(&later, At(910)), Rung::default());
    }

    #[test]
    fn each_thing_has_its_own_sound_and_the_most_pressing_comes_first() {
        let mut bell = Bell::default();
        assert_eq!(heard(&mut bell, &[("a", &[(NewOrder, 1)])], 1), [NewOrder]);
        assert_eq!(heard(&mut bell, &[("a", &[(Changed, 50)])], 50), [Changed]);
        let all = [("a", &[(Changed, 50), (Voided, 60), (Late, 60)][..]), ("b", &[(NewOrder, 60)][..])];
        assert_eq!(heard(&mut bell, &all, 60), [Voided, NewOrder], "two can be told apart");
        assert_eq!(heard(&mut bell, &[("c", &[(Late, 70)])], 70), [Late]);
        assert_eq!(heard(&mut bell, &[("c", &[(Late, 70), (Ready, 80)])], 80), [Ready]);
    }

    #[test]
    fn it_rings_again_until_somebody_touches_or_begins_and_not_for_ever() {
        for sound in [NewOrder, Changed, Voided] {
            let fresh = glass(&[("a", &[(sound, 0)])]);
            let mut bell = Bell::default();
            bell.listen(&fresh, At(0));
            assert_eq!(bell.listen(&fresh, At(7_999)).sounds, []);
            assert_eq!(bell.listen(&fresh, At(8_000)).sounds, [sound]);
            assert_eq!(bell.due(), Some(At(16_000)));
            let times = (9..200).filter(|s| !bell.listen(&fresh, At(s * 1_000)).sounds.is_empty()).count();
            assert_eq!(times, 5);

            let mut bell = Bell::default();
            bell.listen(&fresh, At(0));
            bell.silence();
            assert_eq!(bell.due(), None);

            let mut bell = Bell::default();
            bell.listen(&fresh, At(0));
            bell.listen(&glass(&[("a", &[])]), At(10));
            assert_eq!(bell.due(), None);
        }
    }

    #[test]
    fn each_sound_keeps_its_volume_and_an_older_screens_one_volume_is_that_of_all() {
        let old = |name: &str| (name == "volume").then(|| "30".to_owned());
        assert_eq!(Volumes::restored(old), Volumes(Sound::ALL.map(|sound| (sound, 30)).into()));
        assert_eq!(Volumes::restored(|_| None), Volumes::default());
        let mut volumes = Volumes::default();
        let kept = volumes.set(Late, 200);
        assert_eq!((volumes.of(Late), volumes.of(NewOrder)), (100, USUAL_VOLUME));
        let again = Volumes::restored(|name| (name == kept.0).then(|| kept.1.clone()));
        assert_eq!(again, volumes);
    }

    #[test]
    fn late_and_ready_are_said_once() {
        for sound in [Late, Ready] {
            let mut bell = Bell::default();
            assert_eq!(heard(&mut bell, &[("a", &[(sound, 5)])], 5), [sound]);
            assert_eq!(bell.due(), None);
            assert_eq!(heard(&mut bell, &[("a", &[(sound, 5)])], 9_000), []);
            assert_eq!(heard(&mut bell, &[("a", &[(sound, 9_100)])], 9_100), [sound], "ready once more");
        }
    }
}
