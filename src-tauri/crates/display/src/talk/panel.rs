//! What is kept for whoever looks for a fault of talking: the latest words, the latest changes of turns, what was counted.

use crate::frame::{MicrophoneChoice, MicrophoneState, PeerState, SpokenWords, TurnRecord, VoicePanel};
use std::collections::VecDeque;
use std::time::Duration;
use voice::audio::State;
use voice::peer::{Standing, Tally};

/// So many transcripts and changes are kept.
const KEPT: usize = 50;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Panel {
    pub(super) devices: Vec<MicrophoneChoice>,
    pub(super) tally: Tally,
    pub(super) level: u8,
    transcripts: VecDeque<SpokenWords>,
    turns: VecDeque<TurnRecord>,
}

impl Panel {
    pub(super) fn heard(&mut self, words: SpokenWords) {
        keep(&mut self.transcripts, words);
    }

    pub(super) fn changed(&mut self, record: TurnRecord) {
        keep(&mut self.turns, record);
    }

    pub(super) fn shown(
        &self,
        chosen: Option<&String>,
        microphone: &State,
        peer: &Standing,
        host: &str,
        stuck: bool,
    ) -> VoicePanel {
        let (microphone, heard) = match microphone {
            State::Opening => (MicrophoneState::Opening, None),
            State::Ready { device } => (MicrophoneState::Ready, Some(device.clone())),
            State::Lost(_) => (MicrophoneState::Lost, None),
        };
        let (state, reason, decides) = match peer {
            Standing::Away { reason, .. } => (PeerState::Away, reason.clone(), false),
            Standing::Connecting => (PeerState::Connecting, None, false),
            Standing::Live { decides } => (PeerState::Live, None, *decides),
            Standing::Refused { reason } => (PeerState::Refused, Some(reason.clone()), false),
        };
        VoicePanel {
            devices: self.devices.clone(),
            chosen: chosen.cloned(),
            microphone,
            heard,
            level: self.level,
            peer: state,
            peer_host: host.to_owned(),
            reason,
            decides,
            round_trip_ms: self.tally.round_trip.map(ms),
            words_after_ms: self.tally.words_after.map(ms),
            sessions: self.tally.sessions,
            packets: u32::try_from(self.tally.packets).unwrap_or(u32::MAX),
            unread: u32::try_from(self.tally.unread).unwrap_or(u32::MAX),
            stuck,
            transcripts: self.transcripts.iter().cloned().collect(),
            turns: self.turns.iter().cloned().collect(),
        }
    }
}

pub(super) fn ms(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}

fn keep<T>(held: &mut VecDeque<T>, latest: T) {
    held.push_front(latest);
    held.truncate(KEPT);
}
