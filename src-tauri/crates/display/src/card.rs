//! Cards: what a ticket looks like on the glass, and how much room it will take there.
//!
//! Pure: a card is made from the ticket, the setup and the hub's time, and is the same whoever asks.

use kitchen::{
    At, ChangeKind, Line, LineState, MenuItem, MenuItemId, Modifier, ModifierClass, Order, OrderLabel,
    OrderState, Pace, Progress, Setup, StationId, Ticket, TicketLine, Timing, Urgency,
};
use wire::hub::Fault;

use crate::bell::{Heard, NEWS_MS};
use crate::frame::{
    Card, CardLine, CardLineState, CardModifier, Grid, LineChange, LinePlace, LineStart, LineWait,
    NextCourse, PressLine, StationProgress, Taken, TicketLabel,
};
use crate::handle::Sound;
use crate::layout::{Demand, Slot};

/// How long an untouched order counts as new, milliseconds: a cook who turns round twice a minute still sees the mark.
const FRESH_MS: i64 = NEWS_MS;

/// What the actor knows of a ticket beyond its order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    /// The version that the hub confirmed last.
    pub(crate) seen: u64,
    /// Something on it waits for the hub's word.
    pub(crate) pending: bool,
    /// Why the hub refused the last press on it.
    pub(crate) problem: Option<Fault>,
    /// The item whose lines are marked.
    pub(crate) item: Option<MenuItemId>,
    /// Whose it is, where that matters.
    pub(crate) taken: Option<Taken>,
}

/// The card of a whole ticket.
pub(crate) fn card(ticket: &Ticket<'_>, setup: &Setup, now: At, marks: Marks) -> Card {
    let order = ticket.order;
    let at_pass = ticket.is_at_pass(setup);
    let pace = pace(ticket, setup);
    let mut lines: Vec<CardLine> = ticket
        .own
        .iter()
        .filter(|own| own.line.live() > 0 || own.is_open())
        .map(|own| {
            let is_marked = own.line.live() > 0 && marks.item.as_ref() == Some(&own.line.item);
            let start = if at_pass { pass_start(own, &pace, now) } else { line_start(own, &pace, now) };
            CardLine { marked: is_marked.then_some(true), start, ..own_line(own, setup) }
        })
        .collect();
    let cooked = ticket.own.iter().filter(|own| own.to_make() > 0);
    let done_at = cooked.filter_map(|own| pace.start(&own.line.id)).map(|start| start.done_at).min();
    let owed = |line: &&CardLine| {
        line.waits.is_none()
            && matches!(line.state, CardLineState::Queued | CardLineState::Started | CardLineState::Done)
    };
    let total = lines.iter().filter(owed).count() as u32;
    let done = lines.iter().filter(|line| line.state == CardLineState::Done).count() as u32;
    let start_at = starts_at(&lines);
    lines.extend(
        ticket.elsewhere.iter().filter(|line| line.live() > 0).map(|line| elsewhere_line(line, setup)),
    );
    let note = order.notes.clone().filter(|note| !note.trim().is_empty());
    Card {
        id: format!("{}/1", order.id),
        order: order.id.clone(),
        seen: marks.seen,
        label: label(order),
        order_type: order.order_type,
        number: order.short_number().to_owned(),
        server: order.server_name.clone(),
        guests: order.guests,
        promised_at: order.promised_at,
        courier: order.courier.as_ref().and_then(|courier| courier.name.clone()),
        courier_at: order.courier.as_ref().and_then(|courier| courier.at),
        since: ticket.since,
        taken_at: order.placed_at.map(|_| order.created_at),
        urgency: ticket.urgency(&setup.settings, now),
        rush: order.rush,
        held: ticket.held,
        held_until: order.hold.as_ref().filter(|_| ticket.held).and_then(|hold| hold.until),
        next_course: next_course(order, now),
        waits_for: waits_for(ticket, setup),
        taken: marks.taken,
        table: None,
        progress: progress(ticket, setup),
        done_at,
        start_at,
        voided: is_voided(order),
        fresh: fresh_until(ticket, now).is_some(),
        note_allergy: note.as_deref().is_some_and(speaks_of_allergy),
        note,
        lines,
        elsewhere_more: 0,
        done,
        total,
        part: 1,
        parts: 1,
        bump: ticket.own.iter().filter(|own| own.is_open()).map(press).collect(),
        pending: marks.pending,
        problem: marks.problem,
    }
}

/// When the ticket came, or a course of it, if nobody has touched it.
fn untouched_since(ticket: &Ticket<'_>) -> Option<At> {
    let untouched = |own: &TicketLine<'_>| own.work.is_untouched() || !own.is_open();
    let is_new = !is_voided(ticket.order)
        && ticket.own.iter().all(untouched)
        && ticket.own.iter().any(|own| own.work.is_untouched() && own.is_open());
    // An order that came late is new here all the same.
    is_new.then(|| ticket.since.max(ticket.order.created_at))
}

/// Until when the ticket counts as new, if it does.
pub(crate) fn fresh_until(ticket: &Ticket<'_>, now: At) -> Option<At> {
    untouched_since(ticket).map(|came| came.plus(FRESH_MS)).filter(|until| now < *until)
}

/// What the ticket asks to be heard for, and since when. Late from the moment it is.
pub(crate) fn heard(ticket: &Ticket<'_>, setup: &Setup, now: At) -> Heard {
    let newest = |wanted: &dyn Fn(&TicketLine<'_>, ChangeKind) -> bool| {
        let marks = ticket.own.iter().filter_map(|own| Some((own, own.work.change.as_ref()?)));
        marks.filter(|(own, change)| wanted(own, change.kind)).map(|(_, change)| change.at).max()
    };
    let late = Urgency::late_at(ticket, &setup.settings).filter(|at| *at <= now && !is_voided(ticket.order));
    [
        (Sound::NewOrder, untouched_since(ticket)),
        (
            Sound::Changed,
            newest(&|own, kind| kind == ChangeKind::Changed || (kind == ChangeKind::Added && own.is_open())),
        ),
        (Sound::Voided, newest(&|_, kind| kind == ChangeKind::Voided)),
        (Sound::Late, late),
        (Sound::Ready, ticket.ready_at(setup)),
    ]
    .into_iter()
    .filter_map(|(sound, since)| Some((sound, since?)))
    .collect()
}

fn is_voided(order: &Order) -> bool {
    matches!(order.state, OrderState::Voided { .. })
}

fn next_course(order: &Order, now: At) -> Option<NextCourse> {
    let course = order.next_course(now).filter(|_| order.is_fired(now))?;
    let fires_at = order.course_fires_at(Some(course.number));
    Some(NextCourse { number: course.number, name: course.name.clone(), fires_at })
}

/// The house rule that a pass waits, and whom it waits for.
fn waits_for(ticket: &Ticket<'_>, setup: &Setup) -> Option<Vec<String>> {
    let waiting = ticket.awaited(setup);
    (setup.settings.pass_waits && !waiting.is_empty()).then(|| names(setup, waiting.into_iter()))
}

/// The lines that START means: of those that nobody has begun the ones whose time has come, and where there are none, all.
pub(crate) fn to_start<'t>(ticket: &'t Ticket<'_>, setup: &Setup, now: At) -> Vec<&'t TicketLine<'t>> {
    let pace = pace(ticket, setup);
    let waits = |own: &&TicketLine<'_>| own.to_make() > 0 && own.work.started_at.is_none();
    let is_due = |own: &TicketLine<'_>| !matches!(line_start(own, &pace, now), Some(LineStart::Later { .. }));
    let all: Vec<_> = ticket.own.iter().filter(waits).collect();
    let due: Vec<_> = all.iter().copied().filter(|own| is_due(own)).collect();
    if due.is_empty() { all } else { due }
}

/// What is held waits for nobody.
fn pace<'a>(ticket: &Ticket<'a>, setup: &Setup) -> Pace<'a> {
    if ticket.held { Pace::default() } else { Pace::of(ticket.order, setup) }
}

/// When a line is to be begun here; nothing of one that is begun, or not asked for yet.
fn line_start(own: &TicketLine<'_>, pace: &Pace<'_>, now: At) -> Option<LineStart> {
    match timing(own, pace, now).filter(|_| own.work.is_untouched())? {
        Timing::Later { at, with } => Some(LineStart::Later { at, with: with.name.clone() }),
        Timing::Now => Some(LineStart::Now),
    }
}

/// The same at a pass, which begins nothing: what the stations wait for.
fn pass_start(own: &TicketLine<'_>, pace: &Pace<'_>, now: At) -> Option<LineStart> {
    match timing(own, pace, now).filter(|_| own.line.state() == LineState::Queued)? {
        Timing::Later { at, with } => Some(LineStart::Later { at, with: with.name.clone() }),
        Timing::Now => None,
    }
}

fn timing<'a>(own: &TicketLine<'_>, pace: &Pace<'a>, now: At) -> Option<Timing<'a>> {
    let is_asked = own.line.live() > 0 && own.asked > 0 && own.work.came_from.is_none();
    pace.start(&own.line.id).filter(|_| is_asked)?.timing(now)
}

/// The first moment at which something on the card is to be begun, if nothing is before.
fn starts_at(own: &[CardLine]) -> Option<At> {
    let mut first: Option<At> = None;
    let open = own.iter().filter(|line| matches!(line.state, CardLineState::Queued | CardLineState::Started));
    for line in open.filter(|line| line.waits.is_none()) {
        let Some(LineStart::Later { at, .. }) = &line.start else { return None };
        first = first.into_iter().chain([*at]).min();
    }
    first
}

/// When the clock alone changes what a card says of its lines' beginnings.
pub(crate) fn start_changes_at(card: &Card) -> Option<At> {
    let later = |line: &CardLine| match &line.start {
        Some(LineStart::Later { at, .. }) => Some(*at),
        Some(LineStart::Now) | None => None,
    };
    card.lines.iter().filter_map(later).min()
}

/// How far the stations are that a pass waits for.
fn progress(ticket: &Ticket<'_>, setup: &Setup) -> Option<Vec<StationProgress>> {
    let progress = ticket.progress(setup);
    let of = |station: &Progress<'_>| StationProgress {
        name: name_of(setup, station.station),
        done: station.done,
        lines: station.lines,
        sent: station.sent >= station.lines,
    };
    (!progress.is_empty()).then(|| progress.iter().map(of).collect())
}

/// What a card that is not new has to say first: the change that matters most among those that nobody has touched.
pub(crate) fn what_changed(card: &Card) -> Option<ChangeKind> {
    let kinds = || card.lines.iter().filter_map(|line| line.change.as_ref()).map(|change| change.kind);
    let has = |wanted: ChangeKind| kinds().any(|kind| kind == wanted).then_some(wanted);
    let changed =
        || has(ChangeKind::Voided).or_else(|| has(ChangeKind::Changed)).or_else(|| has(ChangeKind::Added));
    if card.fresh { None } else { changed() }
}

/// One part of a card that is longer than a column. Only the last part can be bumped, and it bumps the whole ticket.
pub(crate) fn part_of(card: &Card, slot: &Slot) -> Card {
    let mut piece = card.clone();
    piece.id = format!("{}/{}", card.order, slot.part);
    piece.lines = card.lines.get(slot.lines.clone()).map(<[CardLine]>::to_vec).unwrap_or_default();
    (piece.part, piece.parts, piece.elsewhere_more) = (slot.part, slot.parts, slot.unshown);
    if slot.part > 1 {
        (piece.note, piece.note_allergy) = (None, false);
    }
    piece
}

/// What a card needs on a grid.
pub(crate) fn demand(card: &Card, grid: &Grid) -> Demand {
    let note =
        |note: &Option<String>| note.as_ref().map_or(0, |text| wrapped(text, grid.row_chars) * grid.row_px);
    let line = |line: &CardLine| match &line.place {
        LinePlace::Elsewhere { stations } => {
            let text = line.name.chars().count()
                + 14
                + stations.iter().map(|s| s.chars().count() + 2).sum::<usize>();
            (text.div_ceil(grid.row_chars.max(1) as usize) as u32).max(1) * grid.dim_px
        }
        LinePlace::Own { cooking } => {
            let modifiers: u32 = line.modifiers.iter().map(|modifier| modifier_rows(modifier, grid)).sum();
            let said =
                line.out.is_some() || line.waits.is_some() || line.to_come.is_some() || line.also.is_some();
            let marks = u32::from(line.change.is_some() || line.from.is_some())
                + u32::from(!cooking.is_empty())
                + u32::from(said);
            let start = line.start.as_ref().map_or(0, |start| start_rows(start, grid));
            let further = wrapped(&line.name, grid.name_chars).saturating_sub(1) + modifiers + marks + start;
            grid.line_px + further * grid.row_px + note(&line.note)
        }
    };
    let problem = if card.problem.is_some() { 2 * grid.row_px } else { 0 };
    let progress = card.progress.as_ref().map_or(0, |stations| {
        // A name, its figures, and the air around them.
        let text = stations.iter().map(|station| station.name.chars().count() + 7).sum::<usize>();
        (text.div_ceil(grid.row_chars.max(1) as usize) as u32) * grid.row_px
    });
    let (own, elsewhere): (Vec<&CardLine>, Vec<&CardLine>) =
        card.lines.iter().partition(|line| matches!(line.place, LinePlace::Own { .. }));
    Demand {
        above: note(&card.note) + problem + progress,
        own: own.into_iter().map(line).collect(),
        elsewhere: elsewhere.into_iter().map(line).collect(),
        count: grid.dim_px,
        joined: card.table.as_ref().is_some_and(|table| table.position > 1),
    }
}

/// What an order is called.
pub(crate) fn label(order: &Order) -> TicketLabel {
    match order.label() {
        OrderLabel::Table(text) => TicketLabel::Table(text.to_owned()),
        OrderLabel::Name(text) => TicketLabel::Name(text.to_owned()),
        OrderLabel::Number(text) => TicketLabel::Number(text.to_owned()),
    }
}

fn modifier_rows(modifier: &CardModifier, grid: &Grid) -> u32 {
    // The icon takes two characters; the badge adds its word.
    let extra = if modifier.class == ModifierClass::Allergy { 10 } else { 2 };
    let text = format!("{}{}", "x".repeat(extra), modifier.text);
    wrapped(&text, grid.row_chars)
}

/// The icon takes two characters.
fn start_rows(start: &LineStart, grid: &Grid) -> u32 {
    match start {
        LineStart::Later { with, .. } => wrapped(&format!("xx start in 10 min, with {with}"), grid.row_chars),
        LineStart::Now => 1,
    }
}

/// Rows that a text takes when it is broken at blanks, words longer than a row being cut.
fn wrapped(text: &str, chars: u32) -> u32 {
    let width = chars.max(1) as usize;
    let (mut rows, mut left) = (1usize, width);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        let needed = if left == width { length } else { length + 1 };
        if needed <= left {
            left -= needed;
        } else {
            rows += usize::from(left < width) + (length - 1) / width;
            left = width - ((length - 1) % width + 1);
        }
    }
    rows as u32
}

fn own_line(own: &TicketLine<'_>, setup: &Setup) -> CardLine {
    let (line, work) = (own.line, own.work);
    let live = line.live();
    let state = if live == 0 {
        CardLineState::Voided
    } else if work.bumped >= live {
        CardLineState::Bumped
    } else if work.done >= live {
        CardLineState::Done
    } else if work.started_at.is_some() || work.done > 0 {
        CardLineState::Started
    } else {
        CardLineState::Queued
    };
    let cooking = match work.station.is_expo() {
        true => names(setup, line.prep_work().filter(|prep| prep.bumped < live).map(|prep| &prep.station)),
        false => Vec::new(),
    };
    // What has not come here yet is no piece to be touched.
    let before = work.after.as_ref().filter(|_| live > 0 && own.asked < live);
    let waits = match before {
        _ if live == 0 || own.asked.max(work.done) > 0 => None,
        Some(station) => Some(LineWait::Station { name: name_of(setup, station) }),
        None => Some(LineWait::Course),
    };
    let to_come = before.filter(|_| waits.is_none()).map(|_| own.to_come()).filter(|pieces| *pieces > 0);
    let state = match to_come {
        Some(_) if work.bumped >= own.asked => CardLineState::Bumped,
        Some(_) if work.done >= own.asked => CardLineState::Done,
        Some(_) | None => state,
    };
    let others: Vec<&StationId> = match work.station.is_expo() {
        true => Vec::new(),
        false => line.prep_work().map(|other| &other.station).filter(|id| **id != work.station).collect(),
    };
    let change = work.change.as_ref().map(|change| LineChange { kind: change.kind, was: change.was });
    CardLine {
        quantity: if to_come.is_some() { own.asked.max(work.done) } else { live },
        done: work.done.min(live),
        place: LinePlace::Own { cooking },
        state,
        waits,
        to_come,
        out: (own.to_make() + own.to_come() > 0 && setup.menu.item(&line.item).is_some_and(MenuItem::is_out))
            .then_some(true),
        from: work.came_from.as_ref().map(|id| name_of(setup, id)),
        also: (!others.is_empty()).then(|| names(setup, others.into_iter())),
        change,
        ..plain_line(line)
    }
}

fn elsewhere_line(line: &Line, setup: &Setup) -> CardLine {
    let state = match line.state() {
        LineState::Queued => CardLineState::Queued,
        LineState::Started => CardLineState::Started,
        LineState::Done => CardLineState::Done,
        LineState::Voided => CardLineState::Voided,
    };
    let stations = names(setup, line.prep_work().map(|work| &work.station));
    CardLine {
        done: line.done(),
        place: LinePlace::Elsewhere { stations },
        state,
        change: None,
        ..plain_line(line)
    }
}

fn plain_line(line: &Line) -> CardLine {
    CardLine {
        id: line.id.clone(),
        // What was taken back is shown as it was, struck out.
        quantity: if line.live() == 0 { line.quantity } else { line.live() },
        done: 0,
        name: line.name.clone(),
        modifiers: card_modifiers(line),
        note: line.notes.clone(),
        note_allergy: line.notes.as_deref().is_some_and(speaks_of_allergy),
        seat: line.seat.clone(),
        course: line.course,
        nested: line.parent.is_some(),
        place: LinePlace::Own { cooking: Vec::new() },
        state: CardLineState::Queued,
        waits: None,
        start: None,
        to_come: None,
        from: None,
        out: None,
        marked: None,
        also: None,
        change: None,
    }
}

/// What a press names of a line.
pub(crate) fn press(own: &TicketLine<'_>) -> PressLine {
    PressLine { line: own.line.id.clone(), upto: own.asked }
}

fn name_of(setup: &Setup, id: &StationId) -> String {
    // A station that was removed from the setup meanwhile still has a name to be called by: its id.
    setup.station(id).map_or_else(|| id.to_string(), |station| station.name.clone())
}

fn names<'a>(setup: &Setup, stations: impl Iterator<Item = &'a StationId>) -> Vec<String> {
    stations.map(|id| name_of(setup, id)).collect()
}

fn speaks_of_allergy(text: &str) -> bool {
    ModifierClass::of(text) == ModifierClass::Allergy
}

/// The badge says "allergy" itself, so the word is taken off the text where it only says that.
fn card_modifier(modifier: &Modifier) -> CardModifier {
    let text = modifier.name.trim();
    let text = match modifier.class {
        ModifierClass::Allergy => without_allergy_word(text),
        ModifierClass::Removal
        | ModifierClass::Addition
        | ModifierClass::Temperature
        | ModifierClass::Substitution
        | ModifierClass::Plain => text.to_owned(),
    };
    CardModifier { text, class: modifier.class }
}

/// In the order of the POS, but for allergies, which nobody may have to look for.
fn card_modifiers(line: &Line) -> Vec<CardModifier> {
    allergies_first(line.modifiers.iter().map(card_modifier))
}

/// Modifiers and notes of counted lines, each with the class that its words give it.
pub(crate) fn wishes(words: Vec<String>) -> Vec<CardModifier> {
    allergies_first(words.into_iter().map(|words| card_modifier(&Modifier::new(words))))
}

fn allergies_first(modifiers: impl Iterator<Item = CardModifier>) -> Vec<CardModifier> {
    let mut modifiers: Vec<CardModifier> = modifiers.collect();
    modifiers.sort_by_key(|modifier| modifier.class != ModifierClass::Allergy);
    modifiers
}

fn without_allergy_word(text: &str) -> String {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let said = |word: &str| matches!(bare(word).as_str(), "allergy" | "allergies" | "allergic" | "allergen");
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some(at) = words.iter().position(|word| said(word)) else { return text.to_owned() };
    let (before, after) = (&words[..at], &words[at + 1..]);
    let after = after.strip_prefix(&["to"]).or(after.strip_prefix(&["-"])).unwrap_or(after).join(" ");
    let how = |word: &&str| {
        matches!(bare(word).as_str(), "severe" | "serious" | "strong" | "bad" | "deadly" | "mild" | "food")
    };
    let before_joined = before.join(" ");
    if before.is_empty() {
        after.trim_start_matches([':', '-', ',', ' ']).to_owned()
    } else if after.is_empty() {
        before_joined
    } else if words[at].ends_with([':', '-', ',']) || words[at + 1] == "-" || before.iter().all(how) {
        format!("{}: {after}", before_joined.trim_end_matches([':', '-', ',']))
    } else {
        // The word belongs to a sentence.
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_badge_does_not_say_allergy_twice() {
        for (text, shown) in [
            ("allergy sesame", "sesame"),
            ("ALLERGY: peanuts", "peanuts"),
            ("allergic to shellfish", "shellfish"),
            ("peanut allergy", "peanut"),
            ("allergy", ""),
            ("no nuts", "no nuts"),
            ("severe allergy: peanuts", "severe: peanuts"),
            ("SEVERE ALLERGY - peanuts", "SEVERE: peanuts"),
            ("severe allergy to tree nuts", "severe: tree nuts"),
            ("seat 2 allergy: sesame", "seat 2: sesame"),
            ("severe shellfish allergy", "severe shellfish"),
            ("guest is allergic to nuts", "guest is allergic to nuts"),
        ] {
            assert_eq!(without_allergy_word(text), shown, "{text:?}");
        }
    }

    #[test]
    fn text_is_wrapped_at_blanks_and_long_words_are_cut() {
        for (text, chars, rows) in [
            ("", 10, 1),
            ("ribeye", 10, 1),
            ("ribeye 14 oz", 10, 2),
            ("a b c d", 3, 2),
            ("abcdefghij", 4, 3),
            ("ab abcdefgh", 4, 3),
        ] {
            assert_eq!(wrapped(text, chars), rows, "{text:?} in {chars}");
        }
    }

    #[test]
    fn a_line_says_where_it_waits_who_else_cooks_it_and_how_much_is_to_come() {
        let mut setup = testkit::setup();
        setup.stations[0].hands_on_to = Some("fry".into());
        let order = testkit::draft("1", vec![testkit::line("steak", 3, &[])]);
        let order = order.open("o".into(), "1".into(), At(0), &setup).expect("a draft");
        let line_at = |order: &Order, station: &str| {
            let station = StationId::from(station);
            let ticket = Ticket::of(order, &station, At(1)).expect("a ticket");
            let card = card(&ticket, &setup, At(1), Marks::default());
            (card.lines[0].clone(), card.bump)
        };
        assert_eq!(line_at(&order, "grill").0.also, Some(vec!["Fry".to_owned()]));
        let (waits, bump) = line_at(&order, "fry");
        assert_eq!(waits.waits, Some(LineWait::Station { name: "Grill".to_owned() }));
        assert!(bump.is_empty());
        let finish = kitchen::Operation {
            id: "f".into(),
            device: None,
            at: At(1),
            order: order.id.clone(),
            seen: 1,
            act: kitchen::Act::Finish { station: "grill".into(), lines: vec![testkit::touch("steak#1", 2)] },
        };
        let order = kitchen::decide(&order, &finish, &setup, At(1)).expect("decided").order.expect("changed");
        let (line, bump) = line_at(&order, "fry");
        assert_eq!((line.quantity, line.to_come, line.waits), (2, Some(1), None));
        assert_eq!(bump, [PressLine { line: "steak#1".into(), upto: 2 }]);
    }
}
