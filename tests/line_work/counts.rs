//! All-day: what the open tickets ask for.

use std::collections::BTreeMap;

use display::frame::{CountsOf, Frame, Go, Press};
use serde_json::{Value, json};

use crate::support::{DisplayProcess, OnGlass, Premises, Pressed, SOON, until};

/// Pieces by item; what is 0 is not there.
type Pieces = BTreeMap<String, u64>;

fn counted(glass: &Frame) -> Pieces {
    let counts = glass.counts.iter().flatten().filter(|count| count.open > 0);
    counts.map(|count| (count.item.0.clone(), u64::from(count.open))).collect()
}

fn weighed(glass: &Frame) -> Pieces {
    glass.ingredients.iter().flatten().map(|one| (one.name.clone(), u64::from(one.amount))).collect()
}

/// What the hub's open orders still ask of a station, or of the last of the stations that cook a line.
async fn asked(kitchen: &Premises, station: Option<&str>) -> Pieces {
    let orders = kitchen.pos.done(reqwest::Method::GET, "orders?open=true&limit=500", None).await;
    let mut pieces = Pieces::new();
    for item in orders.as_array().unwrap().iter().flat_map(|order| order["items"].as_array().unwrap()) {
        let number = |of: &Value| of.as_u64().unwrap();
        let live = number(&item["quantity"]) - number(&item["voided"]);
        let work = item["work"].as_array().unwrap();
        let done = match station {
            Some(station) => {
                work.iter().find(|work| work["station"] == station).map(|work| number(&work["done"]))
            }
            None => Some(number(&item["done"])),
        };
        if let Some(left) = done.map(|done| live - done).filter(|left| *left > 0) {
            *pieces.entry(item["menu_item_id"].as_str().unwrap().to_owned()).or_default() += left;
        }
    }
    pieces
}

/// The counts of a screen are these, and what the hub's orders ask for.
async fn agrees(
    screen: &mut DisplayProcess,
    kitchen: &Premises,
    station: Option<&str>,
    pieces: &[(&str, u64)],
) -> Frame {
    let pieces: Pieces = pieces.iter().map(|(item, pieces)| ((*item).to_owned(), *pieces)).collect();
    let glass = screen.see(&format!("counts of {pieces:?}"), |glass| counted(glass) == pieces).await;
    until("the hub to hear of it", SOON, async || (asked(kitchen, station).await == pieces).then_some(()))
        .await;
    glass
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_what_open_tickets_ask_of_a_station_and_of_the_whole_kitchen_on_both_screens() {
    let kitchen = Premises::open().await;
    let mut grill = kitchen.screen("grill", "grill").await;
    let mut build = kitchen.screen("build", "build").await;
    let first = kitchen.order("1", &[("steak", 2), ("burger", 1), ("fries", 2)]).await;
    let second = kitchen.order("2", &[("steak", 1), ("burger", 2), ("pizza", 1)]).await;
    let spiced = json!([{ "menu_item_id": "steak", "name": "steak", "quantity": 1, "modifiers": ["rare"] }]);
    kitchen.pos.add(&second, spiced).await;
    let counted_at_first = agrees(&mut grill, &kitchen, Some("grill"), &[("steak", 4)]).await;
    let variants: Vec<(String, u32)> = counted_at_first
        .count("steak")
        .unwrap()
        .variants
        .iter()
        .flatten()
        .map(|variant| (variant.modifiers.iter().map(|wish| wish.text.as_str()).collect(), variant.open))
        .collect();
    assert_eq!(variants, [(String::new(), 3), ("rare".to_owned(), 1)]);
    assert_eq!(weighed(&counted_at_first), Pieces::from([("beef".to_owned(), 1_200)]));
    agrees(&mut build, &kitchen, Some("build"), &[("burger", 3)]).await;

    // Begun, done, taken back: what is begun is still asked for.
    let card = grill.card("the first ticket", &first, |card| card.total == 1).await;
    grill.press(card.start()).unwrap();
    grill
        .see("two begun", |glass| {
            glass.count("steak").is_some_and(|count| (count.open, count.started) == (4, 2))
        })
        .await;
    grill.press(card.finish("l1")).unwrap();
    let card = build.card("the second ticket", &second, |card| card.total == 1).await;
    build.press(card.bump()).unwrap();
    kitchen.change(&second, "l3", json!({ "voided": 1 })).await;
    agrees(&mut grill, &kitchen, Some("grill"), &[("steak", 2)]).await;
    agrees(&mut build, &kitchen, Some("build"), &[("burger", 1)]).await;

    // The whole kitchen is the same from wherever one looks; a burger counts until fry has done it, too.
    let mut whole = Vec::new();
    for screen in [&mut grill, &mut build] {
        screen.go(Go::Counts { of: CountsOf::Kitchen });
        screen
            .see("the whole kitchen", |glass| {
                glass.head.as_ref().unwrap().counts_of == Some(CountsOf::Kitchen)
            })
            .await;
        let pieces = [("burger", 3), ("fries", 2), ("steak", 2)];
        whole.push(weighed(&agrees(screen, &kitchen, None, &pieces).await));
    }
    assert_eq!(whole[0], whole[1]);
    let weights =
        [("beef", 2 * 300 + 3 * 150), ("bun", 240), ("potato", 400)].map(|(name, g)| (name.to_owned(), g));
    assert_eq!(whole[0], Pieces::from(weights));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_touch_on_a_count_marks_its_lines_here_and_nowhere_else() {
    let kitchen = Premises::open().await;
    let mut one = kitchen.screen("one", "expo").await;
    let mut two = kitchen.screen("two", "expo").await;
    let order = kitchen.order("1", &[("steak", 2), ("fries", 1)]).await;
    let other = kitchen.order("2", &[("fries", 1)]).await;
    one.tickets_are(&[&order, &other]).await;
    two.tickets_are(&[&order, &other]).await;
    let events = kitchen.events().await;
    let marked = |glass: &Frame| -> Vec<(String, String)> {
        let lines = glass.cards.iter().flat_map(|card| card.lines.iter().map(move |line| (card, line)));
        let marked = lines.filter(|(_, line)| line.marked == Some(true));
        marked.map(|(card, line)| (card.order.0.clone(), line.id.0.clone())).collect()
    };
    let lines = [(order.clone(), "l2".to_owned()), (other.clone(), "l1".to_owned())];
    one.go(Go::Mark { item: Some("fries".into()) });
    one.see("the lines of that item marked", |glass| marked(glass) == lines).await;
    assert!(marked(&two.look()).is_empty());
    one.go(Go::Mark { item: None });
    one.see("no line marked", |glass| marked(glass).is_empty()).await;

    // Both count on, whoever marks.
    let card = two.card("the second ticket", &other, |card| card.total == 1).await;
    two.press(Press::Bump { order: card.order.clone(), seen: card.seen, lines: card.bump.clone() }).unwrap();
    for screen in [&mut two, &mut one] {
        let glass = screen.tickets_are(&[&order]).await;
        assert_eq!(glass.count("fries").unwrap().open, 1);
    }
    assert_eq!(kitchen.events().await, events + 1);
    assert_eq!(kitchen.pos.read(&other).await["status"], "completed");
}
