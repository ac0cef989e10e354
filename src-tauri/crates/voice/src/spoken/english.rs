//! English. It says "recall": recognisers hear "unbump" as "bump".

use super::words::{Language, Row};
use super::{Command, Question, Sight, Verb};

/// English, as it is spoken on a line.
pub static ENGLISH: Language = Language {
    code: "en",
    rows: &[
        Row { verb: Verb::Bump, say: &["bump"], also: &["{ticket} done", "{ticket} is done"] },
        Row { verb: Verb::Start, say: &["start"], also: &[] },
        // "Unstart" would be heard as "start".
        Row { verb: Verb::Unstart, say: &["stop cooking"], also: &[] },
        Row { verb: Verb::Recall, say: &["recall", "bring back"], also: &[] },
        Row { verb: Verb::Rush, say: &["rush"], also: &["rush on {ticket}"] },
        Row { verb: Verb::Unrush, say: &["stop rushing"], also: &["no rush on {ticket}"] },
        Row { verb: Verb::Hold, say: &["hold"], also: &["{ticket} on hold"] },
        Row { verb: Verb::Release, say: &["release"], also: &[] },
        Row { verb: Verb::Fire, say: &["fire"], also: &[] },
        Row { verb: Verb::Take, say: &["take"], also: &["{ticket} is mine"] },
        Row { verb: Verb::PutBack, say: &["put back"], also: &["put {ticket} back"] },
        Row { verb: Verb::Acknowledge, say: &["seen"], also: &["{ticket} seen", "{ticket} is seen"] },
        Row { verb: Verb::Park, say: &["park"], also: &[] },
        Row { verb: Verb::Reopen, say: &["reopen"], also: &[] },
    ],
    lines: &["{verb} the {item} on {ticket}", "{verb} {item} {ticket}"],
    bump_table: &["bump all of {table}", "bump all {table}"],
    hold_for: &["hold {ticket} for {minutes} minutes"],
    transfer: &["transfer {ticket} to {station}", "move {ticket} to {station}"],
    eighty_six: &[
        "eighty six {item}",
        "eighty six the {item}",
        "86 {item}",
        "86 the {item}",
        "we're out of {item}",
    ],
    left: &["only {number} {item} left", "{number} {item} left"],
    back_on: &["{item} back on", "{item} is back", "{item} are back"],
    how_many: &["how many {item}", "how many {item} all day", "count {item}"],
    what_is_on: &["what's on {ticket}", "read {ticket}"],
    show_ticket: &["show {ticket}", "find {ticket}", "where is {ticket}"],
    show_station: &["show {station}", "go to {station}"],
    show_page: &["page {page}", "show page {page}"],
    fixed: &[
        (Command::RecallLast, &["recall last", "recall the last one", "bring back the last one"]),
        (Command::Undo, &["undo", "undo that", "take that back"]),
        (Command::Yes, &["yes", "yes please", "do it"]),
        (Command::No, &["no", "cancel", "never mind"]),
        (
            Command::Ask(Question::Late),
            &["what's late", "what is late", "which tickets are late", "anything late"],
        ),
        (Command::Ask(Question::Open), &["how many tickets", "how many orders", "how many open tickets"]),
        (Command::Show(Sight::Own), &["show my station", "show station", "back to the station"]),
        (Command::Show(Sight::Expo), &["show expo", "show the pass", "go to expo"]),
        (Command::Show(Sight::AllDay), &["show all day", "all day"]),
        (Command::Show(Sight::Scheduled), &["show scheduled", "show scheduled orders"]),
        (Command::Show(Sight::Recall), &["show recall", "show what was bumped"]),
        (Command::Show(Sight::NextPage), &["next page", "page forward"]),
        (Command::Show(Sight::PreviousPage), &["previous page", "page back"]),
    ],
    table: &["table"],
    number: &["order", "ticket", "number"],
    name: &["order for"],
    positions: &[
        &["first", "the first one", "first ticket", "the oldest"],
        &["second", "the second one", "second ticket"],
        &["third", "the third one", "third ticket"],
        &["fourth", "the fourth one", "fourth ticket"],
        &["fifth", "the fifth one", "fifth ticket"],
        &["sixth", "the sixth one", "sixth ticket"],
        &["seventh", "the seventh one", "seventh ticket"],
        &["eighth", "the eighth one", "eighth ticket"],
        &["ninth", "the ninth one", "ninth ticket"],
        &["tenth", "the tenth one", "tenth ticket"],
    ],
    digits,
    counted,
    is_number,
    fillers: &[
        "please", "uh", "um", "er", "ah", "okay", "ok", "hey", "now", "chef", "a", "an", "the", "could",
        "can", "you", "would", "and", "so", "well", "then", "just", "let's", "lets", "go", "ahead", "right",
        "thanks",
    ],
    weak: &["the", "on", "for", "table", "order", "ticket", "number", "one", "is", "please", "that", "to"],
    guards: &[
        "not", "no", "never", "don't", "dont", "wait", "stop", "isn't", "isnt", "cancel", "except", "unless",
    ],
    short_for_number: ("no", "number"),
    sounds_like: &[
        ("bomb", "bump"),
        ("pump", "bump"),
        ("bum", "bump"),
        ("bumped", "bump"),
        ("bumps", "bump"),
        ("bun", "bump"),
        ("dump", "bump"),
        ("rushed", "rush"),
        ("rash", "rush"),
        ("old", "hold"),
        ("holed", "hold"),
        ("fired", "fire"),
        ("started", "start"),
        ("recalled", "recall"),
        ("to", "two"),
        ("too", "two"),
        ("for", "four"),
        ("fore", "four"),
        ("ate", "eight"),
        ("won", "one"),
        ("o", "oh"),
        ("zero", "oh"),
        ("tables", "table"),
        ("cable", "table"),
        ("tickets", "ticket"),
        ("orders", "order"),
        ("pages", "page"),
        ("what", "what's"),
        ("whats", "what's"),
    ],
    alike,
    swallowed: &[("four", "for"), ("two", "to")],
};

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
        || ONES.contains(&word)
        || TENS[2..].contains(&word)
        || ["hundred", "thousand", "oh"].contains(&word)
}

/// Fourteen and forty, also in digits: `114` and `140`.
fn alike(word: &str) -> Option<String> {
    let pairs = || ONES[13..].iter().zip(&TENS[3..]);
    let other = |(teen, tens): (&&str, &&str)| match () {
        () if word == *teen => Some((*tens).to_owned()),
        () if word == *tens => Some((*teen).to_owned()),
        () => None,
    };
    let written = || {
        let ([before @ .., b'1', unit @ b'3'..=b'9'] | [before @ .., unit @ b'3'..=b'9', b'0']) =
            word.as_bytes()
        else {
            return None;
        };
        let tail = if word.ends_with('0') { [b'1', *unit] } else { [*unit, b'0'] };
        String::from_utf8([before, &tail].concat()).ok()
    };
    pairs().find_map(other).or_else(|| written().filter(|_| is_number(word)))
}

/// `42`: forty two, four two, 42. `105`: one oh five, one hundred five, one hundred and five, one zero five, 105.
/// `2112`: twenty one twelve, two one one two, ... Leading zeros may be said or left out.
fn digits(written: &str) -> Vec<String> {
    let short = written.trim_start_matches('0');
    let short = if short.is_empty() { "0" } else { short };
    let mut forms: Vec<String> = Vec::new();
    let mut add = |form: String| {
        if !forms.contains(&form) {
            forms.push(form);
        }
    };
    if let (Ok(number), 1..=4) = (short.parse::<usize>(), short.len()) {
        if number < 100 {
            add(below_hundred(number));
        }
        if number >= 100 {
            // One forty two, twenty one twelve, twelve oh five, twelve hundred.
            let (front, back) = (number / 100, number % 100);
            match back {
                0 => add(format!("{} hundred", below_hundred(front))),
                1..10 => add(format!("{} oh {}", below_hundred(front), ONES[back])),
                _ => add(format!("{} {}", below_hundred(front), below_hundred(back))),
            }
            for and in ["", "and "] {
                if back > 0 && front < 10 {
                    add(format!("{} hundred {and}{}", ONES[front], below_hundred(back)));
                }
            }
            if number >= 1_000 {
                add(thousands(number));
            }
        }
    }
    add(one_by_one(short, "oh"));
    add(short.to_owned());
    if short.contains('0') && short != "0" {
        add(one_by_one(short, "zero"));
    }
    if written != short {
        add(one_by_one(written, "oh"));
        add(written.to_owned());
    }
    forms
}

fn one_by_one(digits: &str, zero: &str) -> String {
    let word = |byte: u8| match byte {
        b'0' => zero,
        digit => ONES[usize::from(digit - b'0') % 10],
    };
    digits.bytes().map(word).collect::<Vec<_>>().join(" ")
}

fn below_hundred(number: usize) -> String {
    match number {
        0..20 => ONES[number].to_owned(),
        _ if number.is_multiple_of(10) => TENS[number / 10 % 10].to_owned(),
        _ => format!("{} {}", TENS[number / 10 % 10], ONES[number % 10]),
    }
}

fn thousands(number: usize) -> String {
    let mut said = format!("{} thousand", ONES[number / 1_000 % 10]);
    if !(number / 100).is_multiple_of(10) {
        said = format!("{said} {} hundred", ONES[number / 100 % 10]);
    }
    match number % 100 {
        0 => said,
        rest => format!("{said} {}", below_hundred(rest)),
    }
}

/// `sea bass`: sea bass, sea basses. `fries` is several already.
fn counted(name: &str) -> Vec<String> {
    let several =
        if name.ends_with("ss") || name.ends_with("sh") || name.ends_with("ch") || name.ends_with('x') {
            format!("{name}es")
        } else if name.ends_with('s') {
            return vec![name.to_owned()];
        } else if let Some(stem) = name.strip_suffix('y')
            && !stem.ends_with(['a', 'e', 'i', 'o', 'u'])
        {
            format!("{stem}ies")
        } else {
            format!("{name}s")
        };
    vec![name.to_owned(), several]
}
