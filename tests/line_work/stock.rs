//! Eighty-six: what is out, and how many are left.

use display::frame::{Frame, Press};
use reqwest::Method;
use serde_json::{Value, json};

use crate::ALL_THE_TIME;
use crate::support::premises::items_of;
use crate::support::{OnGlass, Premises};

fn steaks(left: Option<u32>) -> Press {
    Press::Stock { item: "steak".into(), name: "steak".to_owned(), left }
}

/// What the POS reads of steaks: whether there are, and how many.
async fn on_the_menu(kitchen: &Premises) -> (bool, Value) {
    let menu = kitchen.pos.done(Method::GET, "menu", None).await;
    let item = menu["items"].as_array().unwrap().iter().find(|item| item["id"] == "steak").unwrap();
    (item["available"] == true, item["left"].clone())
}

/// Whether a glass says of all these orders that their steak is out, or is not.
fn says_out(glass: &Frame, orders: &[&str], out: bool) -> bool {
    let says = |order: &&str| {
        let line = glass.card(order).and_then(|card| card.lines.iter().find(|line| line.name == "steak"));
        line.is_some_and(|line| (line.out == Some(true)) == out)
    };
    orders.iter().all(says)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cook_says_is_out_is_out_on_every_glass_and_for_the_pos_until_it_is_not() {
    let kitchen = Premises::open().await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "expo").await;
    let order = kitchen.order("7", &[("steak", 1), ("fries", 1)]).await;
    one.tickets_are(&[&order]).await;
    one.press(steaks(Some(0))).unwrap();
    for screen in [&mut one, &mut two] {
        let glass = screen.see("that it is out", |glass| says_out(glass, &[&order], true)).await;
        assert_eq!(glass.count("steak").unwrap().left, Some(0));
    }
    assert_eq!(on_the_menu(&kitchen).await, (false, 0.into()));

    // Taken all the same, and marked: that is the rule of a house that does not say otherwise.
    let late = kitchen.order("8", &[("steak", 1)]).await;
    for screen in [&mut one, &mut two] {
        screen.see("the new order, marked", |glass| says_out(glass, &[&order, &late], true)).await;
    }
    kitchen.settings(json!({ "eighty_six": "refuse" })).await;
    let body = json!({ "table_number": "9", "items": items_of(&[("steak", 1)]) });
    let (status, answer) = kitchen.pos.ask(Method::POST, "orders", Some(body)).await;
    assert_eq!(
        (status.as_u16(), &answer["code"], &answer["params"]["item"]),
        (409, &"item_out".into(), &"steak".into())
    );
    let without = kitchen.order("10", &[("fries", 1)]).await;
    one.tickets_are(&[&order, &late]).await;
    two.tickets_are(&[&order, &late, &without]).await;

    // The POS says that there are some again.
    kitchen.pos.done(Method::PATCH, "menu/items/steak", Some(json!({ "available": true }))).await;
    for screen in [&mut one, &mut two] {
        screen.see("that there are some", |glass| says_out(glass, &[&order, &late], false)).await;
    }
    assert_eq!(on_the_menu(&kitchen).await, (true, Value::Null));
    let again = kitchen.order("11", &[("steak", 1)]).await;
    one.tickets_are(&[&order, &late, &again]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_goes_down_with_every_order_to_out_and_a_slip_is_undone() {
    let kitchen = Premises::at_pace(ALL_THE_TIME).await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "grill").await;
    let first = kitchen.order("1", &[("steak", 1)]).await;
    two.tickets_are(&[&first]).await;
    one.press(steaks(Some(3))).unwrap();
    let left =
        |glass: &Frame, left: Option<u32>| glass.count("steak").is_some_and(|count| count.left == left);
    for screen in [&mut one, &mut two] {
        screen.see("three left", |glass| left(glass, Some(3))).await;
    }
    assert_eq!(on_the_menu(&kitchen).await, (true, 3.into()));
    let second = kitchen.order("2", &[("steak", 2)]).await;
    for screen in [&mut one, &mut two] {
        screen
            .see("one left", |glass| left(glass, Some(1)) && says_out(glass, &[&first, &second], false))
            .await;
    }
    let third = kitchen.order("3", &[("steak", 1)]).await;
    for screen in [&mut one, &mut two] {
        screen
            .see("none left", |glass| left(glass, Some(0)) && says_out(glass, &[&first, &third], true))
            .await;
    }
    assert_eq!(on_the_menu(&kitchen).await, (false, 0.into()));

    // A slip of the finger, and its undo.
    two.press(steaks(None)).unwrap();
    one.see("plenty", |glass| left(glass, None)).await;
    let undo = two.undo().await;
    two.press(undo).unwrap();
    for screen in [&mut one, &mut two] {
        screen.see("none left again", |glass| left(glass, Some(0)) && says_out(glass, &[&third], true)).await;
    }
    assert_eq!(on_the_menu(&kitchen).await, (false, 0.into()));
}
