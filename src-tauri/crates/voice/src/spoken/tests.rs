use super::words::plain;
use super::*;
use crate::protocol::grammar::{Candidate, Match, Verdict};
use proptest::prelude::*;
use serde_json::json;

fn ticket(order: &str, number: &str, table: Option<&str>, position: Option<u32>) -> SpokenTicket {
    let can = if position.is_some() {
        vec![Verb::Bump, Verb::Start, Verb::Unstart, Verb::Rush, Verb::Hold, Verb::Fire, Verb::Transfer]
    } else {
        vec![Verb::Recall]
    };
    SpokenTicket {
        order: order.into(),
        number: number.into(),
        table: table.map(str::to_owned),
        name: None,
        position,
        can,
        lines: Vec::new(),
    }
}

fn line(item: &str, name: &str) -> SpokenLine {
    SpokenLine { item: item.into(), name: name.into(), can: vec![Verb::Bump, Verb::Start] }
}

fn situation() -> Situation {
    let mut twelve = ticket("o12", "0042", Some("12"), Some(1));
    twelve.lines =
        vec![line("classic", "Classic Burger"), line("cheese", "Cheese Burger"), line("bass", "Sea bass")];
    let mut smith = ticket("osmith", "0105", None, Some(3));
    smith.name = Some("Smith".into());
    smith.lines = vec![line("fries", "Fries")];
    let item = |item: &str, name: &str, availability| SpokenItem {
        item: item.into(),
        name: name.into(),
        availability,
    };
    Situation {
        tickets: vec![
            twelve,
            ticket("o4", "0043", Some("4"), Some(2)),
            smith,
            ticket("o2112", "2112", Some("A4"), Some(4)),
            ticket("opatio", "0007", Some("Patio"), Some(5)),
            ticket("o20", "0044", Some("20"), Some(6)),
            ticket("gone", "0041", Some("9"), None),
        ],
        items: vec![
            item("classic", "Classic Burger", Availability::Available),
            item("cheese", "Cheese Burger", Availability::Available),
            item("bass", "Sea bass", Availability::EightySixed),
            item("fries", "Fries", Availability::Available),
            item("soup", "Crème de légumes (v)", Availability::Available),
        ],
        stations: vec![("grill".into(), "Grill".into()), ("fry".into(), "Fry".into())],
        pages: 3,
        can_undo: true,
        can_recall_last: true,
        is_asking: false,
    }
}

fn grammar() -> Grammar {
    Grammar::build(&ENGLISH, &situation())
}

/// Whether it changes anything for anybody else.
fn is_act(command: &Command) -> bool {
    !matches!(command, Command::Ask(_) | Command::Show(_) | Command::No)
}

fn on(verb: Verb, order: &str) -> Command {
    Command::Ticket { verb, order: order.into() }
}

fn some(verb: Verb, order: &str, items: &[&str]) -> Command {
    Command::Lines { verb, order: order.into(), items: items.iter().map(|item| (*item).into()).collect() }
}

#[track_caller]
fn sure(words: &str, command: &Command) {
    let heard = grammar().listen(words);
    assert_eq!(heard.sureness, Sureness::Sure(command.clone()), "{words:?} ({})", heard.confidence);
    assert_eq!(heard.words, words);
}

#[track_caller]
fn never(words: &str) {
    let heard = grammar().listen(words);
    assert_eq!(heard.sureness, Sureness::Nothing, "{words:?} ({})", heard.confidence);
}

#[test]
fn numbers_are_spoken_in_every_usual_way() {
    for said in
        ["bump forty two", "Bump 42.", "bump four two", "bump order forty-two", "bump 0042", "bump 4 2"]
    {
        sure(said, &on(Verb::Bump, "o12"));
    }
    for said in [
        "one oh five",
        "one hundred five",
        "one hundred and five",
        "one zero five",
        "105",
        "1-0-5",
        "oh one oh five",
    ] {
        sure(&format!("rush {said}"), &on(Verb::Rush, "osmith"));
    }
    for said in [
        "twenty one twelve",
        "twenty-one twelve",
        "two one one two",
        "2112",
        "two thousand one hundred twelve",
    ] {
        sure(&format!("hold {said}"), &on(Verb::Hold, "o2112"));
    }
    let digits = |text: &str| (ENGLISH.digits)(text);
    assert!(digits("1200").contains(&"twelve hundred".into()));
    assert!(digits("1205").contains(&"twelve oh five".into()));
    assert!(
        digits("142").contains(&"one forty two".into())
            && digits("142").contains(&"one hundred and forty two".into())
    );
    assert_eq!(digits("0"), ["zero", "oh", "0"]);
    assert!(digits("123456789").contains(&"one two three four five six seven eight nine".into()));
    assert!(digits("20") == ["twenty", "two oh", "20", "two zero"]);
}

#[test]
fn tickets_go_by_table_number_name_and_place() {
    sure("bump table twelve", &on(Verb::Bump, "o12"));
    sure("table twelve is done", &on(Verb::Bump, "o12"));
    sure("rush forty two", &on(Verb::Rush, "o12"));
    sure("start smith", &on(Verb::Start, "osmith"));
    sure("fire the order for Smith", &on(Verb::Fire, "osmith"));
    sure("hold a four", &on(Verb::Hold, "o2112"));
    sure("bump table A4", &on(Verb::Bump, "o2112"));
    sure("bump patio", &on(Verb::Bump, "opatio"));
    sure("bump the first one", &on(Verb::Bump, "o12"));
    sure("start the second ticket", &on(Verb::Start, "o4"));
    sure("recall table nine", &on(Verb::Recall, "gone"));
    sure("recall last", &Command::RecallLast);
    sure("undo that", &Command::Undo);
    sure("transfer table four to fry", &Command::Transfer { order: "o4".into(), to: "fry".into() });
}

#[test]
fn lines_go_by_their_dish() {
    sure("bump the burgers on table twelve", &some(Verb::Bump, "o12", &["cheese", "classic"]));
    sure("bump the classic burger on table twelve", &some(Verb::Bump, "o12", &["classic"]));
    sure("start the sea bass on twelve", &some(Verb::Start, "o12", &["bass"]));
    sure("bump fries smith", &some(Verb::Bump, "osmith", &["fries"]));
    never("bump the fries on table twelve");
}

#[test]
fn the_menu_and_questions() {
    sure("eighty six the fries", &Command::EightySix { item: "fries".into() });
    sure("86 creme de legumes", &Command::EightySix { item: "soup".into() });
    sure("sea bass back on", &Command::BackOn { item: "bass".into() });
    never("eighty six the sea bass");
    let burgers = vec!["cheese".into(), "classic".into()];
    sure("How many burgers?", &Command::Ask(Question::HowMany(burgers)));
    sure("What's late?", &Command::Ask(Question::Late));
    sure("whats late", &Command::Ask(Question::Late));
    sure("what's on table four", &Command::Ask(Question::On("o4".into())));
    sure("next page", &Command::Show(Sight::NextPage));
    sure("page two", &Command::Show(Sight::Page(2)));
    sure("show expo", &Command::Show(Sight::Expo));
    sure("show table twelve", &Command::Show(Sight::Order("o12".into())));
    sure("show grill", &Command::Show(Sight::Station("grill".into())));
}

#[test]
fn what_has_a_measure_is_said_with_it() {
    let hold = |minutes| Command::HoldFor { order: "o12".into(), minutes };
    sure("hold table twelve for ten minutes", &hold(10));
    sure("hold twelve for 5 minutes please", &hold(5));
    sure("hold table 12 for twenty minutes", &hold(20));
    let left = |item: &str, pieces| Command::Left { item: item.into(), pieces };
    sure("only five fries left", &left("fries", 5));
    sure("one classic burger left", &left("classic", 1));
    sure("3 cheese burgers left", &left("cheese", 3));
    never("only five sea bass left");
    for unclear in ["hold table twelve for seven minutes", "fifty fries left", "fries left"] {
        let heard = grammar().listen(unclear);
        assert!(!matches!(heard.sureness, Sureness::Sure(_)), "{unclear}: {heard:?}");
    }
    // Twelve is what is held, not how many.
    sure("hold table twelve", &on(Verb::Hold, "o12"));
}

#[test]
fn what_was_begun_by_mistake_is_not_begun_again() {
    sure("stop cooking table twelve", &on(Verb::Unstart, "o12"));
    sure("stop cooking forty two", &on(Verb::Unstart, "o12"));
    let heard = grammar().listen("stop table twelve");
    assert!(!matches!(heard.sureness, Sureness::Sure(_)), "{heard:?}");
}

#[test]
fn what_is_taken_put_aside_or_seen_has_words() {
    let mut kitchen = situation();
    kitchen.tickets[0].can = vec![Verb::Take, Verb::Acknowledge, Verb::Park];
    kitchen.tickets[0].lines[0].can = vec![Verb::Acknowledge];
    kitchen.tickets[1].can = vec![Verb::PutBack];
    kitchen.tickets[2].lines[0].can = vec![Verb::Reopen];
    let grammar = Grammar::build(&ENGLISH, &kitchen);
    for (words, command) in [
        ("take table twelve", on(Verb::Take, "o12")),
        ("table twelve is mine", on(Verb::Take, "o12")),
        ("put back table four", on(Verb::PutBack, "o4")),
        ("put table four back", on(Verb::PutBack, "o4")),
        ("seen table twelve", on(Verb::Acknowledge, "o12")),
        ("table twelve seen", on(Verb::Acknowledge, "o12")),
        ("seen the classic burger on table twelve", some(Verb::Acknowledge, "o12", &["classic"])),
        ("park forty two", on(Verb::Park, "o12")),
        ("reopen the fries on order for Smith", some(Verb::Reopen, "osmith", &["fries"])),
    ] {
        assert_eq!(grammar.listen(words).sureness, Sureness::Sure(command), "{words}");
    }
    // Of what cannot be done now nothing is.
    for words in ["take table four", "put back table twelve", "seen table four", "park table four"] {
        assert!(!matches!(grammar.listen(words).sureness, Sureness::Sure(_)), "{words}");
    }
}

#[test]
fn all_tickets_of_a_table_are_bumped_together_where_there_are_several() {
    let mut kitchen = situation();
    kitchen.tickets.push(ticket("more", "0050", Some("12"), Some(7)));
    let grammar = Grammar::build(&ENGLISH, &kitchen);
    let both = Command::BumpTable { orders: vec!["o12".into(), "more".into()] };
    for words in ["bump all of table twelve", "bump all table 12"] {
        assert_eq!(grammar.listen(words).sureness, Sureness::Sure(both.clone()), "{words}");
    }
    assert_eq!(grammar.listen(&sentence(&ENGLISH, "bump_table", r#"{"table":"12"}"#).unwrap()).sureness, {
        Sureness::Sure(both)
    });
    let which = Sureness::Ask(vec![on(Verb::Bump, "more"), on(Verb::Bump, "o12")]);
    assert_eq!(grammar.listen("bump table twelve").sureness, which);
    let heard = self::grammar().listen("bump all of table twelve");
    assert!(!matches!(heard.sureness, Sureness::Sure(Command::BumpTable { .. })), "{heard:?}");
}

#[test]
fn politeness_and_mishearings_do_no_harm() {
    sure("Could you bump table twelve please", &on(Verb::Bump, "o12"));
    sure("uh, bump twelve", &on(Verb::Bump, "o12"));
    sure("okay chef, bump table 12, thanks", &on(Verb::Bump, "o12"));
    sure("pump table twelve", &on(Verb::Bump, "o12"));
    sure("bump table for", &on(Verb::Bump, "o4"));
    sure("bumped the burgers on table twelve", &some(Verb::Bump, "o12", &["cheese", "classic"]));
}

#[test]
fn what_may_mean_two_things_is_asked() {
    // Table 4, and order 4.
    let mut situation = situation();
    situation.tickets.push(ticket("other", "0004", Some("30"), Some(7)));
    let grammar = Grammar::build(&ENGLISH, &situation);
    let both = Sureness::Ask(vec![on(Verb::Bump, "o4"), on(Verb::Bump, "other")]);
    assert_eq!(grammar.listen("bump four").sureness, both);
    assert_eq!(grammar.listen("bump table four").sureness, Sureness::Sure(on(Verb::Bump, "o4")));
    // The dish alone does not say which.
    let heard = self::grammar().listen("eighty six the burgers");
    assert!(matches!(heard.sureness, Sureness::Ask(choices) if choices.len() == 2));
    // A saying of a peer that decides carries both meanings.
    let saying =
        grammar.sayings().into_iter().find(|saying| saying.say.contains(&"bump four".into())).unwrap();
    assert_eq!(grammar.meanings(&saying.id), [on(Verb::Bump, "o4"), on(Verb::Bump, "other")]);
}

#[test]
fn nothing_is_done_from_noise() {
    for words in [
        "",
        " ",
        "the",
        "you",
        "Thank you.",
        "table twelve",
        "bump",
        "bump table",
        "bump fifty",
        "bump table thirteen",
        "bump table",
        "twelve",
        "don't bump table twelve",
        "do not bump table twelve",
        "wait bump table twelve",
        "never bump twelve",
        "twelve plates please",
        "can I get twelve forks on table",
        "I said rush hour starts at four",
        "the fire is on",
        "hold on",
        "hold the door",
        "yes",
        "no",
        "we started at twelve and then table four came",
        "unbump",
        "behind you hot pan coming through",
        "[BLANK_AUDIO]",
        "Thanks for watching!",
        "86",
        "eighty six",
        "put twenty on the grill",
        "two burgers all day",
        "one two three four five six seven eight nine ten",
        "bump bump bump bump",
        "last",
        "recall",
        "page twelve",
        "how many",
        "what's",
        "smith",
    ] {
        never(words);
    }
}

#[test]
fn a_question_can_be_answered_only_while_it_is_asked() {
    never("do it");
    let asking = Situation { is_asking: true, ..situation() };
    let grammar = Grammar::build(&ENGLISH, &asking);
    assert_eq!(grammar.listen("Yes.").sureness, Sureness::Sure(Command::Yes));
    assert_eq!(grammar.listen("no").sureness, Sureness::Sure(Command::No));
    assert_eq!(grammar.listen("never mind").sureness, Sureness::Sure(Command::No));
}

#[test]
fn whoever_may_only_look_is_offered_no_act() {
    let mut situation = situation();
    situation.look_only();
    let grammar = Grammar::build(&ENGLISH, &situation);
    let ids = grammar.sayings();
    let acts = ids.iter().flat_map(|saying| grammar.meanings(&saying.id)).filter(is_act);
    assert_eq!(acts.collect::<Vec<_>>(), []);
    assert_eq!(grammar.listen("what's late").sureness, Sureness::Sure(Command::Ask(Question::Late)));
}

fn found(verdict: Verdict, id: &str, heard: &str, others: &[&str]) -> Match {
    let others = others.iter().map(|id| Candidate { id: (*id).to_owned(), score: -5.0 }).collect();
    let (id, heard, free) = (Some(id.into()), heard.into(), String::new());
    Match { revision: 1, verdict, id, score: -1.0, gap: 3.0, heard, free, others }
}

#[test]
fn a_peers_match_is_judged_by_this_moment() {
    let grammar = grammar();
    let judge = |found: &Match| grammar.judge("bump table twelve", found).sureness;
    let id = on(Verb::Bump, "o12").id();
    let other = on(Verb::Bump, "o20").id();
    let sure = found(Verdict::Sure, &id, "bump table twelve", &[]);
    assert_eq!(judge(&sure), Sureness::Sure(on(Verb::Bump, "o12")));
    let unsure = found(Verdict::Ask, &id, "bump table twelve", &[&other, "bump:unknown"]);
    assert_eq!(judge(&unsure), Sureness::Ask(vec![on(Verb::Bump, "o12"), on(Verb::Bump, "o20")]));
    assert_eq!(judge(&found(Verdict::None, &id, "bump table twelve", &[])), Sureness::Nothing);
    assert_eq!(judge(&found(Verdict::Sure, "bump:bumped-meanwhile", "bump nine", &[])), Sureness::Nothing);
    // "first" is another ticket by now: the peer's meaning is known, but it is not what the words mean.
    let moved = found(Verdict::Sure, &other, "bump first", &[]);
    assert_eq!(judge(&moved), Sureness::Ask(vec![on(Verb::Bump, "o20")]));
}

#[test]
fn what_was_forbidden_is_asked_whatever_a_peer_is_sure_of() {
    let bump = on(Verb::Bump, "o12");
    let judged = |heard: &str, free: &str, command: &Command| {
        let found = Match { free: free.to_owned(), ..found(Verdict::Sure, &command.id(), heard, &[]) };
        grammar().judge(heard, &found).sureness
    };
    for free in ["", "Bump table 12.", "Bomb table twelve!", "(door slams)"] {
        assert_eq!(judged("bump table twelve", free, &bump), Sureness::Sure(bump.clone()), "{free}");
    }
    for free in ["Don't jump table 12.", "Do not bump table twelve", "Wait, bump table 12?", "DON’T BUMP"] {
        assert_eq!(judged("bump table twelve", free, &bump), Sureness::Ask(vec![bump.clone()]), "{free}");
    }
    let numbered = "bump number forty two";
    assert_eq!(judged(numbered, "Bump No. 42.", &bump), Sureness::Sure(bump.clone()));
    assert_eq!(judged(numbered, "No, bump number 42.", &bump), Sureness::Ask(vec![bump.clone()]));
    // A word that the command itself has forbids nothing.
    let unstart = on(Verb::Unstart, "o12");
    assert_eq!(
        judged("stop cooking table twelve", "Stop cooking table 12", &unstart),
        Sureness::Sure(unstart)
    );
}

#[test]
fn a_number_that_a_word_like_it_swallows_is_asked_for() {
    let mut kitchen = situation();
    kitchen.tickets.push(ticket("o14", "0046", Some("14"), Some(7)));
    kitchen.tickets.push(ticket("o1", "0047", Some("1"), Some(8)));
    let grammar = Grammar::build(&ENGLISH, &kitchen);
    let hold = |order: &str| Command::HoldFor { order: order.into(), minutes: 10 };
    let judged = |heard: &str, command: &Command| {
        grammar.judge(heard, &found(Verdict::Sure, &command.id(), heard, &[])).sureness
    };
    for heard in ["hold one for ten minutes", "hold 1 for 10 minutes"] {
        assert_eq!(judged(heard, &hold("o1")), Sureness::Ask(vec![hold("o1"), hold("o14")]), "{heard}");
    }
    let whole = "hold one four for ten minutes";
    assert_eq!(judged(whole, &hold("o14")), Sureness::Ask(vec![hold("o14"), hold("o1")]));
    // Nothing sounds like these.
    for heard in ["hold fourteen for ten minutes", "hold table fourteen for ten minutes"] {
        assert_eq!(judged(heard, &hold("o14")), Sureness::Sure(hold("o14")), "{heard}");
    }
    let twenty = "hold twenty for ten minutes";
    assert_eq!(judged(twenty, &hold("o20")), Sureness::Sure(hold("o20")));
}

#[test]
fn of_two_numbers_that_sound_alike_one_has_to_be_much_clearer() {
    let alike = |word: &str| (ENGLISH.alike)(word);
    for (one, other) in [("fourteen", "forty"), ("nineteen", "ninety"), ("14", "40"), ("113", "130")] {
        assert_eq!((alike(one).as_deref(), alike(other).as_deref()), (Some(other), Some(one)));
    }
    for word in ["twelve", "twenty", "12", "20", "4", "4x13", "table", ""] {
        assert_eq!(alike(word), None, "{word}");
    }
    let mut kitchen = situation();
    kitchen.tickets.push(ticket("o14", "0046", Some("14"), Some(7)));
    kitchen.tickets.push(ticket("o40", "0047", Some("40"), Some(8)));
    let grammar = Grammar::build(&ENGLISH, &kitchen);
    let [fourteen, forty] = ["o14", "o40"].map(|order| on(Verb::Rush, order));
    let judged = |heard: &str, (best, second): (&Command, &Command), gap: f64| {
        let others = vec![Candidate { id: second.id(), score: -1.0 - gap }];
        let found = Match { others, ..found(Verdict::Sure, &best.id(), heard, &[]) };
        grammar.judge(heard, &found).sureness
    };
    for (heard, best, second) in [
        ("rush table fourteen", &fourteen, &forty),
        ("rush table forty", &forty, &fourteen),
        ("rush 40", &forty, &fourteen),
    ] {
        assert_eq!(
            judged(heard, (best, second), 2.6),
            Sureness::Ask(vec![best.clone(), second.clone()]),
            "{heard}"
        );
        assert_eq!(judged(heard, (best, second), 3.1), Sureness::Sure(best.clone()), "{heard}");
    }
    // Another verb of the same number is no such pair.
    let hold = on(Verb::Hold, "o40");
    assert_eq!(judged("rush table forty", (&forty, &hold), 2.6), Sureness::Sure(forty));
}

#[test]
fn what_a_peer_is_not_sure_of_is_never_done() {
    let grammar = grammar();
    for saying in grammar.sayings() {
        for verdict in [Verdict::Ask, Verdict::None] {
            let heard = grammar.judge(&saying.say[0], &found(verdict, &saying.id, &saying.say[0], &[]));
            assert!(!matches!(heard.sureness, Sureness::Sure(_)), "{}", saying.id);
        }
        let another = found(Verdict::Sure, &saying.id, "something else", &[]);
        let heard = grammar.judge("something else", &another);
        assert!(!matches!(heard.sureness, Sureness::Sure(_)), "{}", saying.id);
    }
}

#[test]
fn calls_of_a_peer_are_sentences() {
    let said = |name: &str, arguments: &str| sentence(&ENGLISH, name, arguments);
    assert_eq!(said("bump_ticket", r#"{"ticket":"table 12"}"#).unwrap(), "bump table 12");
    assert_eq!(said("bump_ticket", r#"{"ticket":12}"#).unwrap(), "bump 12");
    assert_eq!(
        said("start_ticket", r#"{"ticket":"12","item":"sea bass"}"#).unwrap(),
        "start the sea bass on 12"
    );
    assert_eq!(said("what_is_late", "").unwrap(), "what's late");
    for (name, arguments) in [
        ("bump_ticket", "{}"),
        ("bump_ticket", "["),
        ("drop_tables", "{}"),
        ("eighty_six", r#"{"item":" "}"#),
    ] {
        assert_eq!(said(name, arguments), None, "{name}");
    }
    let grammar = grammar();
    for tool in tools(&ENGLISH) {
        let arguments = json!({
            "ticket": "table 12", "item": "sea bass", "table": "12", "station": "fry", "minutes": 10, "number": 3,
        });
        let sentence = said(&tool.name, &arguments.to_string()).unwrap();
        assert!(!sentence.contains('{'), "{sentence}");
    }
    let heard = grammar.listen(&said("bump_ticket", r#"{"ticket":"Smith","item":"fries"}"#).unwrap());
    assert_eq!(heard.sureness, Sureness::Sure(some(Verb::Bump, "osmith", &["fries"])));
    for (name, arguments, command) in [
        (
            "hold_for",
            r#"{"ticket":"table 12","minutes":10}"#,
            Command::HoldFor { order: "o12".into(), minutes: 10 },
        ),
        (
            "transfer",
            r#"{"ticket":"table 4","station":"Fry"}"#,
            Command::Transfer { order: "o4".into(), to: "fry".into() },
        ),
        ("left", r#"{"item":"fries","number":3}"#, Command::Left { item: "fries".into(), pieces: 3 }),
        ("undo", "", Command::Undo),
        ("how_many_tickets", "{}", Command::Ask(Question::Open)),
        ("show_ticket", r#"{"ticket":"table 4"}"#, Command::Show(Sight::Order("o4".into()))),
        ("show_station", r#"{"station":"grill"}"#, Command::Show(Sight::Station("grill".into()))),
    ] {
        let heard = grammar.listen(&said(name, arguments).unwrap());
        assert_eq!(heard.sureness, Sureness::Sure(command), "{name}");
    }
}

#[test]
fn a_full_kitchen_fits_into_the_parts() {
    let mut situation = situation();
    for n in 0..40u32 {
        let mut more =
            ticket(&format!("x{n}"), &format!("{}", 1200 + n), Some(&format!("{}", 50 + n)), Some(8 + n));
        more.lines = (0..6)
            .map(|m| {
                line(&format!("i{m}"), &format!("Dish {}", ["red", "blue", "hot", "cold", "big", "small"][m]))
            })
            .collect();
        situation.tickets.push(more);
    }
    let sayings = Grammar::build(&ENGLISH, &situation).sayings();
    let forms: usize = sayings.iter().map(|saying| saying.say.len()).sum();
    let parts = crate::protocol::grammar::GrammarPart::cut(1, sayings.clone());
    let kept: usize = parts.iter().map(|part| part.sayings.len()).sum();
    assert_eq!(kept, sayings.len(), "{forms} forms in {} parts", parts.len());
    assert!(forms < 40_000, "{forms} forms");
    for saying in &sayings {
        for form in &saying.say {
            assert_eq!(&plain(form), form, "a peer gets plain words");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every form of the grammar means itself, and no other.
    #[test]
    fn what_can_be_said_is_understood(nth in any::<prop::sample::Index>()) {
        let grammar = grammar();
        let sayings = grammar.sayings();
        let saying = &sayings[nth.index(sayings.len())];
        let meanings = grammar.meanings(&saying.id);
        prop_assert!(!meanings.is_empty());
        for form in saying.say.iter().take(5) {
            let heard = grammar.listen(form);
            match &meanings[..] {
                [one] => prop_assert_eq!(&heard.sureness, &Sureness::Sure(one.clone()), "{}", form),
                several => {
                    let asked = Sureness::Ask(several.to_vec());
                    prop_assert_eq!(&heard.sureness, &asked, "{}", form);
                }
            }
        }
    }

    /// Words at random are never an act, unless they are nearly one of its forms.
    #[test]
    fn random_words_do_nothing(words in prop::collection::vec(
        prop::sample::select(vec!["the", "pan", "hot", "twelve", "table", "four", "corner", "behind", "knife", "salt",
            "please", "plates", "seven", "hundred", "and", "grill", "burgers", "on", "fire!", "chef"]), 0..9)
    ) {
        let words = words.join(" ");
        let heard = grammar().listen(&words);
        if let Sureness::Sure(command) = heard.sureness {
            prop_assert!(!is_act(&command) || words.contains("fire"), "{} -> {:?}", words, command);
        }
    }
}
