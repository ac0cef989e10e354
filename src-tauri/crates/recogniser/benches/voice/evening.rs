//! An evening's grammar: thirty open tickets, forty dishes; and what people say in a kitchen that is no command.

use crate::chance::Chance;
use recogniser::Saying;
use voice::spoken::{Availability, ENGLISH, Grammar, Situation, SpokenItem, SpokenLine, SpokenTicket, Verb};

const TABLES: [u32; 20] = [1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 14, 15, 16, 20, 21, 23, 30, 31, 32, 40];
const ORDERS: [u32; 10] = [101, 107, 112, 118, 124, 139, 142, 150, 153, 166];

const NAMES: [&str; 10] =
    ["Smith", "Garcia", "Lee", "Johnson", "Patel", "Brown", "Miller", "Davis", "Wilson", "Anderson"];

const DISHES: [&str; 40] = [
    "ribeye",
    "smash burger",
    "caesar salad",
    "salmon",
    "fish and chips",
    "margherita pizza",
    "pepperoni pizza",
    "carbonara",
    "lasagne",
    "mushroom risotto",
    "chicken wings",
    "onion rings",
    "fries",
    "sweet potato fries",
    "tomato soup",
    "clam chowder",
    "lobster roll",
    "shrimp tacos",
    "beef tacos",
    "quesadilla",
    "nachos",
    "pulled pork",
    "brisket",
    "baby back ribs",
    "coleslaw",
    "mac and cheese",
    "club sandwich",
    "pastrami on rye",
    "greek salad",
    "cobb salad",
    "duck breast",
    "lamb chops",
    "pork belly",
    "crab cakes",
    "calamari",
    "tiramisu",
    "cheesecake",
    "chocolate brownie",
    "apple pie",
    "ice cream",
];

pub(crate) const CHATTER: [&str; 50] = [
    "did you see the game last night",
    "my feet are killing me today",
    "somebody turn down that radio",
    "where did you put the big ladle",
    "the delivery is late again",
    "watch your back hot pan behind you",
    "I need a break after this rush",
    "can you pass me the olive oil please",
    "what time do you finish tonight",
    "the walk in is out of butter",
    "she said the sauce was too salty",
    "we are going to be slammed tonight",
    "careful that floor is wet",
    "who left the freezer door open",
    "I will be back in five minutes",
    "tell the waiter his food is getting cold",
    "this knife needs sharpening",
    "two more covers just walked in",
    "the dishwasher is broken again",
    "how was your weekend at the lake",
    "chef wants to talk to you later",
    "put that tray over by the window",
    "he never cleans his station",
    "is there any coffee left",
    "the new guy starts on monday",
    "my car would not start this morning",
    "give me a hand with this pot",
    "they changed the schedule again",
    "we should order more lemons",
    "no I do not think so",
    "what did the customer say about it",
    "taste this and tell me what you think",
    "all of the towels are dirty",
    "the health inspector comes on friday",
    "I cut my finger get me a bandage",
    "where is the manager",
    "it is way too hot in here",
    "the printer is out of paper",
    "have you eaten anything today",
    "let us play some music",
    "my phone is ringing somewhere",
    "those plates are still warm",
    "the bread is burning in the oven",
    "please do not touch that",
    "good morning everybody",
    "I think it is going to rain",
    "the lights went out next door",
    "happy birthday to you my friend",
    "do we have any clean spoons",
    "see you tomorrow boss",
];

/// What can be said that evening: tickets on the glass, their lines, the menu, and what can always be said.
pub(crate) fn grammar() -> Vec<Saying> {
    let tables = TABLES.iter().map(|table| (Some(table.to_string()), None, 400 + table));
    let names = ORDERS.iter().zip(NAMES).map(|(order, name)| (None, Some(name.to_owned()), *order));
    let tickets = (1..).zip(tables.chain(names)).map(|(position, (table, name, number))| {
        let dishes = (0..3).map(|at| DISHES[(position as usize * 7 + at * 3) % DISHES.len()]);
        SpokenTicket {
            order: format!("o{number}").into(),
            number: number.to_string(),
            table,
            name,
            position: (position <= 8).then_some(position),
            can: vec![Verb::Bump, Verb::Start, Verb::Rush, Verb::Hold],
            lines: dishes
                .map(|dish| SpokenLine { item: dish.into(), name: dish.to_owned(), can: vec![Verb::Bump] })
                .collect(),
        }
    });
    let dish = |dish: &&str| SpokenItem {
        item: (*dish).into(),
        name: (*dish).to_owned(),
        availability: Availability::Available,
    };
    let situation = Situation {
        tickets: tickets.collect(),
        items: DISHES.iter().map(dish).collect(),
        stations: ["Grill", "Fry", "Salad", "Dessert"].map(|name| (name.into(), name.to_owned())).to_vec(),
        pages: 4,
        can_undo: true,
        can_recall_last: true,
        is_asking: false,
    };
    let sayings = Grammar::build(&ENGLISH, &situation).sayings();
    sayings.into_iter().map(|saying| Saying { id: saying.id, say: saying.say }).collect()
}

/// Something of what can be said: mostly of tickets, sometimes of dishes, sometimes one of the fixed words.
pub(crate) fn something<'a>(chance: &mut Chance, sayings: &'a [Saying]) -> &'a Saying {
    let kind = match chance.below(20) {
        0..9 => Kind::Ticket,
        9..11 => Kind::Line,
        11..15 => Kind::Dish,
        15..17 => Kind::Look,
        _ => Kind::Fixed,
    };
    let of_kind: Vec<&Saying> = sayings.iter().filter(|saying| Kind::of(&saying.id) == Some(kind)).collect();
    of_kind[chance.below(of_kind.len())]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ticket,
    Line,
    Dish,
    Look,
    Fixed,
}

impl Kind {
    /// None: it may mean several things, so nobody can tell what would be right.
    fn of(id: &str) -> Option<Self> {
        let mut parts = id.split(':');
        match (parts.next()?, parts.count()) {
            (several, _) if several.starts_with("which|") => None,
            ("86" | "back" | "count", _) => Some(Self::Dish),
            ("on" | "show" | "station" | "page" | "transfer", _) => Some(Self::Look),
            (_, 1) => Some(Self::Ticket),
            (_, 2) => Some(Self::Line),
            _ => Some(Self::Fixed),
        }
    }
}
