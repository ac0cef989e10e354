//! What arrives on the track, put back into order and decoded; the turn that is being spoken.
//!
//! The track never pauses: between turns it carries silence. What is kept is bounded, whatever a client sends.

use std::collections::BTreeMap;

/// The decoder makes the rate that the recogniser wants; Opus itself thins out what does not fit into it.
pub(super) const RATE: usize = 16_000;

/// The longest turn, and the tail that arrives after the button was let go (rule R5.3). Of more, the end is kept.
const LONGEST: usize = (45 + 1) * RATE;

/// Packets that wait for an earlier one: 100 ms of 20 ms each. Then the earlier one counts as lost.
const WAITING: usize = 5;

/// Packets in a row that are made up when they are lost. After a longer gap the sound goes on where it goes on.
const MADE_UP: u16 = 10;

/// The longest packet Opus has: 120 ms.
const LONGEST_PACKET: usize = RATE * 120 / 1_000;

/// What was lost is made up in pieces of what WebRTC sends: 20 ms.
const USUAL_PACKET: usize = RATE * 20 / 1_000;

/// See the module.
pub(super) struct Incoming {
    decoder: opus::Decoder,
    order: Order,
    turn: Vec<f32>,
}

impl Incoming {
    pub(super) fn new() -> opus::Result<Self> {
        let decoder = opus::Decoder::new(RATE as u32, opus::Channels::Mono)?;
        Ok(Self { decoder, order: Order::default(), turn: Vec::new() })
    }

    /// Takes a packet with its sequence number.
    pub(super) fn packet(&mut self, number: u16, payload: Vec<u8>) {
        self.order.put(number, payload);
        while let Some(next) = self.order.next() {
            self.decode(&next);
        }
    }

    /// Begins a turn: what was heard before is no part of it.
    pub(super) fn clear(&mut self) {
        self.flush();
        self.turn.clear();
    }

    /// How much the turn holds, in samples.
    pub(super) fn held(&self) -> usize {
        self.turn.len()
    }

    /// Ends the turn and gives it.
    pub(super) fn take(&mut self) -> Vec<f32> {
        self.flush();
        std::mem::take(&mut self.turn)
    }

    /// Nobody waits for late packets any more.
    fn flush(&mut self) {
        while let Some(next) = self.order.next_at_last() {
            self.decode(&next);
        }
    }

    fn decode(&mut self, next: &Next) {
        let mut sound = [0.0; LONGEST_PACKET];
        let decoded = match next {
            Next::Packet(payload) => self.decoder.decode_float(payload, &mut sound, false),
            // The packet after a lost one may carry a rough copy of it.
            Next::Lost(Some(after)) => self.decoder.decode_float(after, &mut sound[..USUAL_PACKET], true),
            Next::Lost(None) => self.decoder.decode_float(&[], &mut sound[..USUAL_PACKET], false),
        };
        match decoded {
            Ok(samples) => self.turn.extend_from_slice(&sound[..samples]),
            Err(error) => tracing::debug!(target: "hub::voice", %error, "a packet that is no Opus"),
        }
        if self.turn.len() > LONGEST {
            self.turn.drain(..self.turn.len() - LONGEST);
        }
    }
}

/// What is to be decoded next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Packet(Vec<u8>),
    /// Lost, and the packet after it if that is here.
    Lost(Option<Vec<u8>>),
}

/// Packets in the order of their numbers.
#[derive(Default)]
struct Order {
    /// The number that comes next.
    due: Option<u16>,
    /// By their distance from `due`.
    waiting: BTreeMap<u16, Vec<u8>>,
}

impl Order {
    fn put(&mut self, number: u16, payload: Vec<u8>) {
        let due = *self.due.get_or_insert(number);
        let ahead = number.wrapping_sub(due);
        match ahead {
            0..=0x7FFF if usize::from(ahead) <= WAITING + usize::from(MADE_UP) => {
                self.waiting.insert(ahead, payload);
            }
            // A long gap, or another stream of numbers.
            0..=0x7FFF => {
                self.waiting.clear();
                self.waiting.insert(0, payload);
                self.due = Some(number);
            }
            // Too late: it has been made up.
            _ => {}
        }
    }

    fn next(&mut self) -> Option<Next> {
        let is_due = self.waiting.contains_key(&0);
        if is_due || self.waiting.len() > WAITING { self.next_at_last() } else { None }
    }

    fn next_at_last(&mut self) -> Option<Next> {
        if self.waiting.is_empty() {
            return None;
        }
        let due = self.waiting.remove(&0);
        let next = due.map_or_else(|| Next::Lost(self.waiting.get(&1).cloned()), Next::Packet);
        self.due = self.due.map(|due| due.wrapping_add(1));
        self.waiting = std::mem::take(&mut self.waiting)
            .into_iter()
            .map(|(ahead, packet)| (ahead - 1, packet))
            .collect();
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(numbers: &[u16]) -> String {
        let mut order = Order::default();
        let mut said = Vec::new();
        let mut note = |next: Next| match next {
            Next::Packet(payload) => said.push(payload[0].to_string()),
            Next::Lost(after) => said.push(after.map_or("-".to_owned(), |after| format!("-<{}", after[0]))),
        };
        for number in numbers {
            order.put(*number, vec![*number as u8]);
            while let Some(next) = order.next() {
                note(next);
            }
        }
        while let Some(next) = order.next_at_last() {
            note(next);
        }
        said.join(" ")
    }

    #[test]
    fn packets_are_put_back_into_order_and_lost_ones_are_noticed() {
        assert_eq!(order(&[1, 2, 3]), "1 2 3");
        assert_eq!(order(&[1, 3, 2, 4]), "1 2 3 4");
        assert_eq!(order(&[1, 1, 2, 2]), "1 2", "a double is dropped");
        assert_eq!(order(&[1, 3, 4, 5, 6, 7, 8, 9, 2]), "1 -<3 3 4 5 6 7 8 9", "2 came too late");
        assert_eq!(order(&[1, 4]), "1 - -<4 4");
        assert_eq!(order(&[65_534, 65_535, 1, 0]), "254 255 0 1", "numbers begin again");
        assert_eq!(order(&[1, 200, 201]), "1 200 201", "a long gap is not made up");
        assert_eq!(order(&[5, 4, 6]), "5 6", "older than the first");
    }

    #[test]
    fn a_turn_is_what_was_heard_since_the_clear_and_never_too_long() {
        let mut encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
        let tone: Vec<f32> = (0..960).map(|at| (at as f32 * 0.05).sin() * 0.5).collect();
        let mut incoming = Incoming::new().unwrap();
        for number in 0..50_u16 {
            incoming.packet(number, encoder.encode_vec_float(&tone, 1_000).unwrap());
        }
        assert_eq!(incoming.held(), RATE, "a second of packets is a second of sound");
        incoming.clear();
        // Rubbish between two good packets is passed over.
        incoming.packet(50, encoder.encode_vec_float(&tone, 1_000).unwrap());
        incoming.packet(51, vec![0xFF; 3]);
        incoming.packet(52, encoder.encode_vec_float(&tone, 1_000).unwrap());
        let turn = incoming.take();
        assert_eq!(turn.len(), 2 * USUAL_PACKET);
        assert!(turn.iter().any(|value| value.abs() > 0.1));
        for number in 53..3_000_u16 {
            incoming.packet(number, encoder.encode_vec_float(&tone, 1_000).unwrap());
        }
        assert_eq!(incoming.held(), LONGEST);
    }
}
