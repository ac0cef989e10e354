//! The grammar of the moment: every form that means something now, and what it means.

use super::words::{Language, plain};
use super::{Command, Question, Sight, Situation, SpokenTicket, Verb};
use crate::protocol::grammar::Saying;
use kitchen::{MenuItemId, OrderId};
use std::collections::{BTreeMap, BTreeSet};

/// Every form that means something now.
#[derive(Debug, Clone)]
pub struct Grammar {
    pub(super) language: &'static Language,
    pub(super) commands: BTreeMap<String, Command>,
    /// Form -> the ids of all that it may mean, mostly one.
    pub(super) forms: BTreeMap<String, Vec<String>>,
}

/// The id of a saying that means several things begins so; the others follow.
const CHOICE: &str = "which|";

impl Grammar {
    /// All that can be said in a situation.
    #[must_use]
    pub fn build(language: &'static Language, situation: &Situation) -> Self {
        let mut grammar = Self { language, commands: BTreeMap::new(), forms: BTreeMap::new() };
        for ticket in &situation.tickets {
            grammar.ticket(ticket, situation);
        }
        grammar.tables(situation);
        grammar.menu(situation);
        for (station, name) in &situation.stations {
            let command = Command::Show(Sight::Station(station.clone()));
            grammar.add_all(&command, language.show_station, &[("{station}", language.label(name))]);
        }
        for page in 1..=situation.pages.min(MOST_PAGES) {
            let said = (language.digits)(&page.to_string());
            grammar.add_all(&Command::Show(Sight::Page(page)), language.show_page, &[("{page}", said)]);
        }
        for (command, forms) in language.fixed {
            let fits = match command {
                Command::RecallLast => situation.can_recall_last,
                Command::Undo => situation.can_undo,
                Command::Yes | Command::No => situation.is_asking,
                Command::Show(Sight::NextPage | Sight::PreviousPage) => situation.pages > 1,
                Command::Ticket { .. }
                | Command::Lines { .. }
                | Command::BumpTable { .. }
                | Command::HoldFor { .. }
                | Command::Transfer { .. }
                | Command::EightySix { .. }
                | Command::Left { .. }
                | Command::BackOn { .. }
                | Command::Ask(_)
                | Command::Show(_) => true,
            };
            if fits {
                grammar.add_all(command, forms, &[]);
            }
        }
        grammar
    }

    /// For a peer that decides among them. A form that may mean several things is a saying of its own.
    #[must_use]
    pub fn sayings(&self) -> Vec<Saying> {
        let mut sayings: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (form, ids) in &self.forms {
            let id = match &ids[..] {
                [id] => id.clone(),
                several => format!("{CHOICE}{}", several.join("|")),
            };
            sayings.entry(id).or_default().push(form.clone());
        }
        sayings.into_iter().map(|(id, say)| Saying { id, say }).collect()
    }

    /// What an id of [`Grammar::sayings`] stands for now: nothing, one thing, or several.
    #[must_use]
    pub fn meanings(&self, id: &str) -> Vec<Command> {
        let ids = id.strip_prefix(CHOICE).map_or_else(|| vec![id], |several| several.split('|').collect());
        ids.into_iter().filter_map(|id| self.commands.get(id).cloned()).collect()
    }

    fn ticket(&mut self, ticket: &SpokenTicket, situation: &Situation) {
        let Targets { bare, named, plainest } = self.targets(ticket);
        let all: Vec<String> = bare.iter().chain(&named).cloned().collect();
        for row in self.language.rows.iter().filter(|row| ticket.can.contains(&row.verb)) {
            let command = Command::Ticket { verb: row.verb, order: ticket.order.clone() };
            for say in row.say {
                self.add_all(
                    &command,
                    &["{verb} {ticket}"],
                    &[("{verb}", words(say)), ("{ticket}", all.clone())],
                );
            }
            self.add_all(&command, row.also, &[("{ticket}", named.clone())]);
        }
        for (items, name) in spoken_lines(ticket) {
            for row in self.language.rows {
                let can =
                    |line: &&super::SpokenLine| items.contains(&line.item) && line.can.contains(&row.verb);
                let mut able: Vec<MenuItemId> =
                    ticket.lines.iter().filter(can).map(|line| line.item.clone()).collect();
                able.sort();
                able.dedup();
                if able.is_empty() {
                    continue;
                }
                let command = Command::Lines { verb: row.verb, order: ticket.order.clone(), items: able };
                let holes = [
                    ("{verb}", words(row.say[0])),
                    ("{item}", (self.language.counted)(&name)),
                    ("{ticket}", plainest.clone()),
                ];
                self.add_all(&command, self.language.lines, &holes);
            }
        }
        if ticket.position.is_some() {
            for (sentences, command) in [
                (self.language.what_is_on, Command::Ask(Question::On(ticket.order.clone()))),
                (self.language.show_ticket, Command::Show(Sight::Order(ticket.order.clone()))),
            ] {
                self.add_all(&command, sentences, &[("{ticket}", named.clone())]);
            }
        }
        if ticket.can.contains(&Verb::Hold) {
            for minutes in MINUTES {
                let command = Command::HoldFor { order: ticket.order.clone(), minutes };
                let holes = [("{ticket}", plainest.clone()), ("{minutes}", self.count(minutes))];
                self.add_all(&command, self.language.hold_for, &holes);
            }
        }
        if ticket.can.contains(&Verb::Transfer) {
            for (station, name) in &situation.stations {
                let command = Command::Transfer { order: ticket.order.clone(), to: station.clone() };
                let holes = [("{ticket}", plainest.clone()), ("{station}", self.language.label(name))];
                self.add_all(&command, self.language.transfer, &holes);
            }
        }
    }

    fn targets(&self, ticket: &SpokenTicket) -> Targets {
        let language = self.language;
        let mut targets = Targets::default();
        let mut add = |label: &str, before: &[&str]| {
            let forms = language.label(label);
            let named: Vec<String> = before
                .iter()
                .flat_map(|word| forms.iter().map(move |form| format!("{word} {form}")))
                .collect();
            if targets.plainest.is_empty() {
                // The ways that come to mind first, as words and as digits.
                let digits = forms.iter().filter(|form| form.contains(|c: char| c.is_ascii_digit())).take(1);
                let first: BTreeSet<&String> = forms.iter().take(2).chain(digits).collect();
                let first_named = first.iter().map(|form| format!("{} {form}", before[0]));
                targets.plainest = first_named.chain(first.iter().map(|form| (*form).clone())).collect();
            }
            targets.bare.extend(forms);
            targets.named.extend(named);
        };
        if let Some(table) = &ticket.table {
            add(table, language.table);
        }
        if let Some(name) = &ticket.name {
            add(name, language.name);
        }
        add(&ticket.number, language.number);
        let position = ticket.position.and_then(|position| language.positions.get(position as usize - 1));
        targets.bare.extend(position.into_iter().copied().flatten().map(|form| (*form).to_owned()));
        targets
    }

    /// All tickets of a table, where there are several. What is held, or no longer wanted, is not sent out with the others.
    fn tables(&mut self, situation: &Situation) {
        let mut tables: BTreeMap<&str, Vec<OrderId>> = BTreeMap::new();
        let is_cooked =
            |ticket: &&SpokenTicket| [Verb::Bump, Verb::Hold].iter().all(|verb| ticket.can.contains(verb));
        let open = situation.tickets.iter().filter(is_cooked);
        for ticket in open {
            if let Some(table) = &ticket.table {
                tables.entry(table).or_default().push(ticket.order.clone());
            }
        }
        for (table, orders) in tables.into_iter().filter(|(_, orders)| orders.len() > 1) {
            let forms = self.language.label(table);
            let before = self.language.table;
            let named = before.iter().flat_map(|word| forms.iter().map(move |form| format!("{word} {form}")));
            let holes = [("{table}", named.collect())];
            self.add_all(&Command::BumpTable { orders }, self.language.bump_table, &holes);
        }
    }

    fn menu(&mut self, situation: &Situation) {
        let names: Vec<(MenuItemId, String)> =
            situation.items.iter().map(|item| (item.item.clone(), plain(&item.name))).collect();
        for (items, name) in by_name(&names) {
            let counted = (self.language.counted)(&name);
            for item in situation.items.iter().filter(|item| items.contains(&item.item)) {
                let command = match item.availability {
                    super::Availability::Available => Command::EightySix { item: item.item.clone() },
                    super::Availability::EightySixed => Command::BackOn { item: item.item.clone() },
                    super::Availability::Fixed => continue,
                };
                if item.availability == super::Availability::Available {
                    self.left(&item.item, &counted);
                }
                let sentences = self.language.availability(item.availability);
                self.add_all(&command, sentences, &[("{item}", counted.clone())]);
            }
            let command = Command::Ask(Question::HowMany(items));
            self.add_all(&command, self.language.how_many, &[("{item}", counted)]);
        }
    }

    /// A number that counts something: nobody says its digits one by one.
    fn count(&self, number: u32) -> Vec<String> {
        let digits = number.to_string();
        let spelled = (self.language.digits)(&digits).into_iter().next();
        spelled.into_iter().chain([digits]).collect()
    }

    fn left(&mut self, item: &MenuItemId, counted: &[String]) {
        for pieces in 1..=MOST_LEFT {
            let command = Command::Left { item: item.clone(), pieces };
            // Not of every dish there are several: "three salmon left".
            let names = if pieces == 1 { &counted[..1] } else { counted };
            let holes = [("{number}", self.count(pieces)), ("{item}", names.to_vec())];
            self.add_all(&command, self.language.left, &holes);
        }
    }

    /// Adds every way to fill the holes of every sentence.
    fn add_all(&mut self, command: &Command, sentences: &[&str], holes: &[(&str, Vec<String>)]) {
        let id = command.id();
        for sentence in sentences {
            let mut forms = vec![(*sentence).to_owned()];
            for (hole, fillings) in holes.iter().filter(|(hole, _)| sentence.contains(hole)) {
                let fill = |form: &String| {
                    fillings.iter().map(|filling| form.replace(hole, filling)).collect::<Vec<_>>()
                };
                forms = forms.iter().flat_map(fill).collect();
            }
            for form in forms {
                let ids = self.forms.entry(form).or_default();
                if let Err(place) = ids.binary_search(&id) {
                    ids.insert(place, id.clone());
                }
            }
        }
        self.commands.insert(id, command.clone());
    }
}

/// For so many minutes a ticket can be held by word, as by touch.
const MINUTES: [u32; 3] = [5, 10, 20];

/// More pieces left than that are worth no word.
const MOST_LEFT: u32 = 6;

/// More pages than that are turned, not named.
const MOST_PAGES: u32 = 20;

/// How a ticket is called.
#[derive(Debug, Default)]
struct Targets {
    /// `twelve`, `smith`, `first`.
    bare: Vec<String>,
    /// `table twelve`, `order forty two`.
    named: Vec<String>,
    /// The few forms of its own label that are used together with much else.
    plainest: Vec<String>,
}

fn words(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

/// The dishes of a ticket with their names: each by its own, and those that share their last word by that.
fn spoken_lines(ticket: &SpokenTicket) -> Vec<(Vec<MenuItemId>, String)> {
    let names: Vec<(MenuItemId, String)> =
        ticket.lines.iter().map(|line| (line.item.clone(), plain(&line.name))).collect();
    by_name(&names)
}

/// Each dish by its own name, and all that share their last word by that: "the burgers" are all burgers.
fn by_name(names: &[(MenuItemId, String)]) -> Vec<(Vec<MenuItemId>, String)> {
    let mut groups: BTreeMap<&str, BTreeSet<&MenuItemId>> = BTreeMap::new();
    for (item, name) in names {
        groups.entry(name.as_str()).or_default().insert(item);
        if let Some(last) = name.rsplit(' ').next() {
            groups.entry(last).or_default().insert(item);
        }
    }
    groups.remove("");
    let group = |(name, items): (&str, BTreeSet<&MenuItemId>)| {
        (items.into_iter().cloned().collect(), name.to_owned())
    };
    groups.into_iter().map(group).collect()
}
