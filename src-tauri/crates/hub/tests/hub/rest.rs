//! The REST interface, as a POS uses it: over a real socket, with a real client.

use crate::common::{Kitchen, Pos, an_order, setup, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn an_order_is_taken_stored_and_there_after_a_restart() {
    let kitchen = Kitchen::open().await;
    let placed = kitchen.pos.place(&an_order()).await;
    assert_eq!((placed["status"].as_str(), placed["version"].as_u64()), (Some("confirmed"), Some(1)));
    assert_eq!((placed["table_number"].as_str(), placed["type"].as_str()), (Some("7"), Some("dine_in")));
    assert_eq!(placed["items"][0]["modifiers"], json!([{"name": "no onion", "class": "removal"}]));
    assert_eq!(placed["items"][0]["work"][0]["station"], "grill");
    assert_eq!(placed["items"][0]["status"], "queued");
    let kitchen = kitchen.reopen().await;
    let id = placed["id"].as_str().unwrap();
    assert_eq!(kitchen.pos.get(&format!("/orders/{id}")).await, placed);
    let next = kitchen.pos.place(&an_order()).await;
    let number =
        |order: &Value| order["order_number"].as_str().unwrap().rsplit('-').next().unwrap().to_owned();
    assert_eq!((number(&placed).as_str(), number(&next).as_str()), ("0001", "0002"));
}

#[tokio::test]
async fn a_key_makes_one_order_however_often_it_comes() {
    let kitchen = Kitchen::open().await;
    let (status, first) = kitchen.pos.with_key("k1", &an_order()).await;
    assert_eq!(status, 201);
    let (status, again) = kitchen.pos.with_key("k1", &an_order()).await;
    assert_eq!((status.as_u16(), &again), (200, &first));
    // The layout of the JSON is not the request; its content is.
    let spaced = serde_json::to_string_pretty(&an_order()).unwrap();
    let response =
        kitchen.pos.raw("POST", "/api/v1/orders", &[("Idempotency-Key", "k1")], Some(spaced)).await;
    assert_eq!(response.status(), 200);
    let mut other = an_order();
    other["items"][0]["quantity"] = json!(3);
    let (status, refused) = kitchen.pos.with_key("k1", &other).await;
    assert_eq!((status.as_u16(), refused["code"].as_str()), (409, Some("idempotency_key_reused")));
    let kitchen = kitchen.reopen().await;
    assert_eq!(kitchen.pos.with_key("k1", &an_order()).await.0, 200);
    assert_eq!(kitchen.pos.seq().await, 1);
}

#[tokio::test]
async fn a_hundred_posts_of_one_key_at_once_make_one_order() {
    let kitchen = Kitchen::open().await;
    let posts = (0..100).map(|_| {
        let pos = kitchen.pos.clone();
        tokio::spawn(async move { pos.with_key("same", &an_order()).await })
    });
    let mut ids = BTreeSet::new();
    let mut created = 0;
    for post in posts.collect::<Vec<_>>() {
        let (status, order) = post.await.unwrap();
        created += u32::from(status == 201);
        ids.insert(order["id"].as_str().unwrap().to_owned());
    }
    assert_eq!((ids.len(), created), (1, 1));
    assert_eq!(kitchen.pos.seq().await, 1);
}

#[tokio::test]
async fn bad_input_is_refused_with_code_and_field_and_nothing_is_stored() {
    let kitchen = Kitchen::open().await;
    let order = kitchen.pos.place(&an_order()).await;
    let id = order["id"].as_str().unwrap();
    let before = kitchen.pos.seq().await;
    let item = |change: Value| {
        let mut item = json!({"name": "Burger", "quantity": 1});
        item.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({"items": [item]}).to_string()
    };
    let orders = "/orders".to_owned();
    let status = format!("/orders/{id}/status");
    let line = format!("/orders/{id}/items/a");
    let table: Vec<(&str, &str, String, u16, &str, &str)> = vec![
        ("POST", &orders, String::new(), 400, "bad_json", ""),
        ("POST", &orders, "{".into(), 400, "bad_json", ""),
        ("POST", &orders, "{\"items\":[}".into(), 400, "bad_json", ""),
        ("POST", &orders, "\u{0}".into(), 400, "bad_json", ""),
        ("POST", &orders, "[".repeat(100_000), 400, "bad_json", ""),
        ("POST", &orders, "[]".into(), 422, "bad_field", "body"),
        ("POST", &orders, "7".into(), 422, "bad_field", "body"),
        ("POST", &orders, "{}".into(), 422, "order_without_lines", "items"),
        ("POST", &orders, "{\"items\":[]}".into(), 422, "order_without_lines", "items"),
        ("POST", &orders, "{\"items\":{}}".into(), 422, "bad_field", "items"),
        ("POST", &orders, item(json!({"name": ""})), 422, "line_without_name", "items[0].name"),
        ("POST", &orders, item(json!({"name": "  "})), 422, "line_without_name", "items[0].name"),
        ("POST", &orders, item(json!({"name": ["x"]})), 422, "bad_field", "items[0].name"),
        ("POST", &orders, item(json!({"quantity": 0})), 422, "bad_quantity", "items[0].quantity"),
        ("POST", &orders, item(json!({"quantity": 1000})), 422, "bad_quantity", "items[0].quantity"),
        ("POST", &orders, item(json!({"quantity": -1})), 422, "bad_field", "items[0].quantity"),
        ("POST", &orders, item(json!({"quantity": 1.5})), 422, "bad_field", "items[0].quantity"),
        ("POST", &orders, item(json!({"quantity": "2"})), 422, "bad_field", "items[0].quantity"),
        ("POST", &orders, item(json!({"quantity": 1e30})), 422, "bad_field", "items[0].quantity"),
        ("POST", &orders, item(json!({"modifiers": "no onion"})), 422, "bad_field", "items[0].modifiers"),
        ("POST", &orders, item(json!({"modifiers": [5]})), 422, "bad_field", "items[0].modifiers[0]"),
        ("POST", &orders, item(json!({"notes": "x".repeat(2_000)})), 422, "bad_field", "items[0].notes"),
        ("POST", &orders, item(json!({"id": "x".repeat(300)})), 422, "bad_field", "items[0].id"),
        ("POST", &orders, item(json!({"course": 300})), 422, "bad_field", "items[0].course"),
        (
            "POST",
            &orders,
            json!({"type": "teleport", "items": [{"name": "x"}]}).to_string(),
            422,
            "bad_field",
            "type",
        ),
        (
            "POST",
            &orders,
            json!({"items": vec![json!({"name": "x"}); 501]}).to_string(),
            422,
            "too_many_lines",
            "items",
        ),
        ("PATCH", &status, "{}".into(), 422, "bad_field", "status"),
        ("PATCH", &status, "{\"status\":\"burnt\"}".into(), 422, "bad_field", "status"),
        ("PATCH", "/orders/none/status", "{\"status\":\"ready\"}".into(), 404, "order_unknown", ""),
        ("PATCH", &line, "{}".into(), 422, "bad_field", "quantity"),
        ("PATCH", &line, "{\"quantity\":3}".into(), 422, "quantity_up", "quantity"),
        ("DELETE", "/orders/none", String::new(), 404, "order_unknown", ""),
        ("GET", "/orders/none", String::new(), 404, "order_unknown", ""),
        ("GET", "/orders?limit=0", String::new(), 400, "bad_query", "limit"),
        ("GET", "/orders?limit=501", String::new(), 400, "bad_query", "limit"),
        ("GET", "/orders?status=burnt", String::new(), 400, "bad_query", "status"),
        ("GET", "/orders?open=perhaps", String::new(), 400, "bad_query", "open"),
        ("GET", "/orders?startDate=yesterday", String::new(), 400, "bad_query", "startDate"),
        ("GET", "/orders?cursor=x", String::new(), 400, "bad_query", "cursor"),
        ("GET", "/nothing", String::new(), 404, "not_found", ""),
        ("PUT", "/orders", "{}".into(), 405, "method_not_allowed", ""),
        ("PUT", "/menu", "{\"items\":[{\"id\":\"a\"}]}".into(), 422, "bad_field", "items[0].name"),
        ("PUT", "/stations", "[{\"name\":\"x\"}]".into(), 422, "bad_field", "[0].id"),
        ("PUT", "/settings", "{\"time_zone\":\"Mars\"}".into(), 422, "bad_field", "time_zone"),
    ];
    for (method, path, body, status, code, field) in table {
        let shown: String = body.chars().take(80).collect();
        let body = Some(body).filter(|body| !body.is_empty());
        let response = kitchen.pos.raw(method, &format!("/api/v1{path}"), &[], body).await;
        let found = response.status().as_u16();
        let answer: Value = response.json().await.unwrap();
        assert_eq!(
            (found, answer["code"].as_str()),
            (status, Some(code)),
            "{method} {path} {shown}: {answer}"
        );
        assert_eq!(
            answer["params"]["field"].as_str().unwrap_or(""),
            field,
            "{method} {path} {shown}: {answer}"
        );
        assert!(!answer["message"].as_str().unwrap().contains('{'), "{answer}");
    }
    let response =
        kitchen.pos.raw("POST", "/api/v1/orders", &[("Idempotency-Key", "")], Some("{}".into())).await;
    assert_eq!(response.status(), 400);
    assert_eq!(kitchen.pos.seq().await, before);
    assert_eq!(kitchen.pos.get("/orders").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_and_the_largest_is_not() {
    let kitchen = Kitchen::open().await;
    let mut order = an_order();
    let padding = wire::rest::LARGEST_BODY - order.to_string().len() - "\"x\":\"\",".len();
    order["x"] = json!("y".repeat(padding));
    assert_eq!(order.to_string().len(), wire::rest::LARGEST_BODY);
    kitchen.pos.place(&order).await;
    order["x"] = json!("y".repeat(padding + 1));
    let (status, body) = kitchen.pos.send("POST", "/orders", Some(order)).await;
    assert_eq!((status.as_u16(), body["code"].as_str()), (413, Some("body_too_large")));
}

#[tokio::test]
async fn nothing_but_the_probes_is_open_and_a_revoked_token_ends() {
    let kitchen = Kitchen::open().await;
    let nobody = Pos { token: String::new(), ..kitchen.pos.clone() };
    for path in ["/livez", "/readyz"] {
        assert_eq!(nobody.raw("GET", path, &[], None).await.status(), 200, "{path}");
    }
    for (method, path) in [("GET", "/orders"), ("POST", "/orders"), ("GET", "/status"), ("GET", "/nothing")] {
        let (status, body) = nobody.send(method, path, None).await;
        assert_eq!((status.as_u16(), body["code"].as_str()), (401, Some("token_refused")), "{path}");
    }
    for header in ["Bearer wrong", "Basic abc", "Bearer", "bearer  "] {
        let response = nobody.raw("GET", "/api/v1/orders", &[("Authorization", header)], None).await;
        assert_eq!(response.status(), 401, "{header}");
    }
    let token = hub::new_token(kitchen.data.path(), "POS").unwrap();
    let other = Pos { token: token.clone(), ..kitchen.pos.clone() };
    until("the new token is good", async || other.send("GET", "/orders", None).await.0 == 200).await;
    let listed = hub::list_tokens(kitchen.data.path()).unwrap();
    let row = listed.iter().find(|row| row.label == "POS").unwrap();
    assert!(hub::revoke_token(kitchen.data.path(), &row.id).unwrap());
    assert!(!hub::revoke_token(kitchen.data.path(), &row.id).unwrap(), "revoked once");
    until("the revoked token ends", async || other.send("GET", "/orders", None).await.0 == 401).await;
    assert_eq!(kitchen.pos.send("GET", "/orders", None).await.0, 200);
    // What is kept of a token does not open the door.
    for file in ["hub.sqlite", "hub.sqlite-wal"] {
        let bytes = std::fs::read(kitchen.data.path().join(file)).unwrap_or_default();
        let found = |token: &str| bytes.windows(token.len()).any(|window| window == token.as_bytes());
        assert!(!found(&token) && !found(kitchen.hub.token()), "{file}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_data_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let outer = tempfile::tempdir().unwrap();
    let data = outer.path().join("deep/hub");
    let hub = hub::Hub::start(crate::common::config(&data)).await.unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in ["hub.token", "hub.lock", "hub.sqlite", "hub.sqlite-wal"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
    hub.shutdown().await;
}

#[tokio::test]
async fn lists_filter_and_page_without_a_gap_or_a_double() {
    let kitchen = Kitchen::open().await;
    let mut ids = Vec::new();
    for n in 0..23 {
        let mut order = an_order();
        order["type"] = json!(if n % 2 == 0 { "dine-in" } else { "pickup" });
        ids.push(kitchen.pos.place(&order).await["id"].as_str().unwrap().to_owned());
    }
    let bump = json!({"status": "completed"});
    for id in &ids[..3] {
        let (status, order) =
            kitchen.pos.send("PATCH", &format!("/orders/{id}/status"), Some(bump.clone())).await;
        assert_eq!((status.as_u16(), order["status"].as_str()), (200, Some("completed")), "{order}");
    }
    kitchen.pos.send("PATCH", &format!("/orders/{}/status", ids[4]), Some(json!({"status": "ready"}))).await;
    kitchen.pos.send("DELETE", &format!("/orders/{}", ids[5]), None).await;
    let count =
        async |query: &str| kitchen.pos.get(&format!("/orders?{query}")).await.as_array().unwrap().len();
    assert_eq!(count("status=completed").await, 3);
    assert_eq!(count("status=completed,ready").await, 4);
    assert_eq!(count("status=picked-up&limit=2").await, 2);
    assert_eq!(count("status=confirmed").await, 18);
    assert_eq!(count("type=pickup").await, 11);
    assert_eq!(count("type=takeout&status=cancelled").await, 1);
    assert_eq!(count("open=false").await, 3, "a void waits for the stations to see it");
    assert_eq!(count("open=true").await, 20);
    assert_eq!(count("station=fry").await, 23);
    assert_eq!(count("station=bar").await, 0);
    assert_eq!(count("startDate=2000-01-01&endDate=2000-01-02").await, 0);
    assert_eq!(count("startDate=2000-01-01T00:00:00Z&unknown=1").await, 23);

    let mut paged = Vec::new();
    let mut path = "/api/v1/orders?limit=5&open=true".to_owned();
    for page in 0.. {
        assert!(page < 10, "paging ends");
        let response = kitchen.pos.raw("GET", &path, &[], None).await;
        let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let orders: Vec<Value> = response.json().await.unwrap();
        paged.extend(orders.iter().map(|order| order["id"].as_str().unwrap().to_owned()));
        // An order that comes while somebody pages does not shift the pages.
        kitchen.pos.place(&an_order()).await;
        let Some(link) = link else { break };
        let (next, rel) = link.split_once('>').unwrap();
        assert_eq!(rel, "; rel=\"next\"");
        path = next.trim_start_matches('<').to_owned();
    }
    let mut wanted: Vec<_> = ids[3..].to_vec();
    wanted.reverse();
    assert_eq!(paged, wanted);
}

#[tokio::test]
async fn an_order_walks_through_its_statuses() {
    let kitchen = Kitchen::open().await;
    let id = kitchen.pos.place(&an_order()).await["id"].as_str().unwrap().to_owned();
    let path = format!("/orders/{id}/status");
    for word in ["preparing", "ready", "ready", "confirmed", "preparing", "ready", "picked-up"] {
        let (status, order) = kitchen.pos.send("PATCH", &path, Some(json!({"status": word}))).await;
        let shown = if word == "picked-up" { "completed" } else { word };
        assert_eq!((status.as_u16(), order["status"].as_str()), (200, Some(shown)), "{word}: {order}");
    }
    let (status, refused) = kitchen.pos.send("PATCH", &path, Some(json!({"status": "ready"}))).await;
    assert_eq!((status.as_u16(), refused["code"].as_str()), (409, Some("status_unreachable")), "{refused}");
    let (status, order) =
        kitchen.pos.send("DELETE", &format!("/orders/{id}"), Some(json!({"reason": "left"}))).await;
    assert_eq!((status.as_u16(), order["status"].as_str()), (200, Some("cancelled")));
    assert_eq!(order["cancel_reason"], "left");
    let (status, refused) = kitchen.pos.send("PATCH", &path, Some(json!({"status": "ready"}))).await;
    assert_eq!((status.as_u16(), refused["code"].as_str()), (409, Some("order_voided")));
    let (status, _) = kitchen.pos.send("PATCH", &path, Some(json!({"status": "cancelled"}))).await;
    assert_eq!(status, 200, "cancelling twice is no error");
}

#[tokio::test]
async fn items_move_grow_and_shrink_one_by_one() {
    let kitchen = Kitchen::open().await;
    let id = kitchen.pos.place(&an_order()).await["id"].as_str().unwrap().to_owned();
    let item = async |line: &str, body: Value| {
        let (status, order) =
            kitchen.pos.send("PATCH", &format!("/orders/{id}/items/{line}/status"), Some(body)).await;
        assert_eq!(status, 200, "{order}");
        order
    };
    let order = item("a", json!({"status": "started"})).await;
    assert_eq!(
        (order["items"][0]["status"].as_str(), order["status"].as_str()),
        (Some("started"), Some("preparing"))
    );
    let order = item("a", json!({"status": "done", "quantity": 1})).await;
    assert_eq!(
        (order["items"][0]["done"].as_u64(), order["items"][0]["status"].as_str()),
        (Some(1), Some("started"))
    );
    let order = item("a", json!({"status": "done", "station": "grill"})).await;
    assert_eq!(
        (order["items"][0]["status"].as_str(), order["items"][1]["status"].as_str()),
        (Some("done"), Some("queued"))
    );
    let order = item("b", json!({"status": "ready"})).await;
    assert_eq!(order["items"][1]["status"], "done");

    let more = json!({"items": [{"name": "Fries", "quantity": 3}, {"name": "Secret dish"}]});
    let (status, order) = kitchen.pos.send("POST", &format!("/orders/{id}/items"), Some(more)).await;
    assert_eq!((status.as_u16(), order["items"].as_array().unwrap().len()), (201, 4));
    assert_eq!(order["items"][2]["work"][0]["station"], "fry", "found in the menu by its name");
    assert_eq!(order["items"][3]["work"][0]["station"], "expo", "nobody cooks it, so the pass has it");
    assert_eq!(order["items"][0]["status"], "done", "finished ones do not come back");
    let line = order["items"][2]["id"].as_str().unwrap().replace('#', "%23");
    let (status, order) =
        kitchen.pos.send("PATCH", &format!("/orders/{id}/items/{line}"), Some(json!({"quantity": 1}))).await;
    assert_eq!((status.as_u16(), order["items"][2]["voided"].as_u64()), (200, Some(2)), "{order}");
    let (status, order) = kitchen.pos.send("DELETE", &format!("/orders/{id}/items/{line}"), None).await;
    assert_eq!((status.as_u16(), order["items"][2]["status"].as_str()), (200, Some("voided")));
    let (status, refused) = kitchen.pos.send("DELETE", &format!("/orders/{id}/items/zzz"), None).await;
    assert_eq!((status.as_u16(), refused["code"].as_str()), (404, Some("line_unknown")));
    let body = json!({"status": "done", "station": "fry"});
    let (status, refused) =
        kitchen.pos.send("PATCH", &format!("/orders/{id}/items/a/status"), Some(body)).await;
    assert_eq!((status.as_u16(), refused["code"].as_str()), (409, Some("line_not_at_station")));
}

#[tokio::test]
async fn a_key_protects_every_change_of_an_order() {
    let kitchen = Kitchen::open().await;
    let id = kitchen.pos.place(&an_order()).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/orders/{id}/items");
    let add = async |body: Value| {
        let response =
            kitchen.pos.raw("POST", &path, &[("Idempotency-Key", "more")], Some(body.to_string())).await;
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    assert_eq!(add(json!({"name": "Fries"})).await.0, 201);
    let (status, order) = add(json!({"name": "Fries"})).await;
    assert_eq!((status, order["items"].as_array().unwrap().len()), (200, 3));
    assert_eq!(add(json!({"name": "Burger"})).await.0, 409);
}

#[tokio::test]
async fn stations_that_change_take_their_untouched_work_along_in_one_commit() {
    let kitchen = Kitchen::open().await;
    let touched = kitchen.pos.place(&an_order()).await["id"].as_str().unwrap().to_owned();
    let untouched = kitchen.pos.place(&an_order()).await["id"].as_str().unwrap().to_owned();
    let started = json!({"status": "started"});
    kitchen.pos.send("PATCH", &format!("/orders/{touched}/items/a/status"), Some(started)).await;
    let before = kitchen.pos.get("/status").await;
    let stations = json!([{"id": "all", "name": "All", "takes_rest": true}]);
    let (status, answer) = kitchen.pos.send("PUT", "/stations", Some(stations)).await;
    assert_eq!((status.as_u16(), answer[0]["id"].as_str()), (200, Some("all")));
    let after = kitchen.pos.get("/status").await;
    assert_eq!(after["commits"].as_u64().unwrap() - before["commits"].as_u64().unwrap(), 1);
    assert_eq!(after["seq"].as_u64().unwrap() - before["seq"].as_u64().unwrap(), 3);
    let at = async |id: &str| {
        let order = kitchen.pos.get(&format!("/orders/{id}")).await;
        let work = order["items"][0]["work"].as_array().unwrap();
        work.iter().map(|work| work["station"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(at(&untouched).await, ["all", "expo"]);
    assert!(at(&touched).await.contains(&"grill".to_owned()), "nothing vanishes under a cook's hands");
    let again = kitchen.pos.get("/stations").await;
    let (status, _) = kitchen.pos.send("PUT", "/stations", Some(again)).await;
    assert_eq!(status, 200);
    assert_eq!(kitchen.pos.seq().await, after["seq"].as_u64().unwrap(), "what is so already is not recorded");
}

#[tokio::test]
async fn what_is_read_can_be_put_back_and_survives_a_restart() {
    let kitchen = Kitchen::open().await;
    for path in ["/menu", "/stations", "/settings"] {
        let document = kitchen.pos.get(path).await;
        let (status, answer) = kitchen.pos.send("PUT", path, Some(document.clone())).await;
        assert_eq!((status.as_u16(), &answer), (200, &document), "{path}");
    }
    assert_eq!(kitchen.pos.seq().await, 0);
    let (_, settings) =
        kitchen.pos.send("PUT", "/settings", Some(json!({"name": "Bistro", "closeWhen": "ready"}))).await;
    assert_eq!(
        (settings["name"].as_str(), settings["restaurant"].as_str()),
        (Some("Bistro"), Some("r-test"))
    );
    let kitchen = kitchen.reopen().await;
    assert_eq!(kitchen.pos.get("/settings").await, settings);
    assert_eq!(kitchen.pos.get("/menu").await["items"].as_array().unwrap().len(), setup().menu.items.len());
    let id = kitchen.pos.place(&an_order()).await["id"].as_str().unwrap().to_owned();
    let (_, order) =
        kitchen.pos.send("PATCH", &format!("/orders/{id}/status"), Some(json!({"status": "ready"}))).await;
    assert_eq!(order["status"], "completed", "this kitchen has no pass");
}

#[tokio::test]
async fn connections_beyond_the_limit_are_told_to_come_back() {
    let kitchen = Kitchen::with(|config| config.limits.http = 2).await;
    let first = tokio::net::TcpStream::connect(kitchen.hub.addr()).await.unwrap();
    let second = tokio::net::TcpStream::connect(kitchen.hub.addr()).await.unwrap();
    let fresh = || Pos::new(kitchen.hub.addr(), kitchen.hub.token());
    until("the hub is full", async || {
        let answer = fresh().try_raw("GET", "/livez", &[], None).await;
        answer.is_ok_and(|answer| answer.status() == 503 && answer.headers().contains_key("retry-after"))
    })
    .await;
    drop((first, second));
    until("there is room again", async || {
        fresh().try_raw("GET", "/livez", &[], None).await.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
}

#[tokio::test]
async fn any_act_of_a_cook_can_be_posted_in_either_spelling() {
    let kitchen = Kitchen::open().await;
    let placed = kitchen.pos.place(&an_order()).await;
    let acts = format!("/orders/{}/acts", placed["id"].as_str().unwrap());
    let act = async |body: Value| kitchen.pos.send("POST", &acts, Some(body)).await;
    let (status, order) = act(json!({"act": "rush"})).await;
    assert_eq!((status.as_u16(), &order["rush"]), (200, &json!(true)));
    let (_, order) = act(json!({"act": "hold"})).await;
    assert_eq!((&order["held"], &order["held_until"]), (&json!(true), &Value::Null));
    let (_, order) = act(json!({"act": "release"})).await;
    assert_eq!(order["held"], false);
    let line = order["items"][0]["id"].clone();
    let (status, order) =
        act(json!({"act": "transfer", "from": "grill", "to": "fry", "lines": [line]})).await;
    assert_eq!(status, 200, "{order}");
    assert_eq!(order["items"][0]["work"][0]["cameFrom"], Value::Null);
    assert_eq!(order["items"][0]["work"][0]["came_from"], "grill");
    for (body, code) in [
        (json!({"act": "flambe"}), "act_unknown"),
        (json!({"act": "fire", "course": 3}), "course_unknown"),
        (json!({"act": "bump"}), "bad_field"),
    ] {
        assert_eq!(act(body).await.1["code"], code);
    }
    let change = json!({"modifiers": ["allergy nuts"], "notes": "now"});
    let path = format!(
        "/orders/{}/items/{}",
        placed["id"].as_str().unwrap(),
        placed["items"][0]["id"].as_str().unwrap()
    );
    let (status, order) = kitchen.pos.send("PATCH", &path, Some(change)).await;
    assert_eq!((status.as_u16(), &order["items"][0]["modifiers"][0]["class"]), (200, &json!("allergy")));
    let found = kitchen.pos.get("/orders?q=7%20burger").await;
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    assert_eq!(kitchen.pos.get("/orders?q=unicorn").await, json!([]));
}

#[tokio::test]
async fn courses_and_passes_are_configured_and_a_course_tells_when_it_fires() {
    let kitchen = Kitchen::open().await;
    let (status, settings) = kitchen
        .pos
        .send("PUT", "/settings", Some(json!({"passWaits": true, "courses": {"afterMinutes": 15}})))
        .await;
    assert_eq!((status.as_u16(), &settings["coordinate"]), (200, &json!(false)), "off unless set");
    assert_eq!(
        (&settings["pass_waits"], &settings["courses"]),
        (&json!(true), &json!({"after_minutes": 15}))
    );
    let (status, settings) = kitchen.pos.send("PUT", "/settings", Some(json!({"coordinate": true}))).await;
    assert_eq!((status.as_u16(), &settings["coordinate"]), (200, &json!(true)));
    assert_eq!(kitchen.pos.get("/settings").await["pass_waits"], json!(true), "the rest stays");
    let mut meal = an_order();
    meal["courses"] = json!([{"number": 1}, {"number": 2}]);
    meal["items"][0]["course"] = json!(1);
    meal["items"][1]["course"] = json!(2);
    let placed = kitchen.pos.place(&meal).await;
    let at = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let (first, second) = (&placed["courses"][0], &placed["courses"][1]);
    let minutes = at(&second["fires_at"]).duration_since(at(&first["fires_at"])).as_mins();
    assert_eq!(minutes, 15);
    assert_eq!(second["fired_at"], Value::Null);
    let stations = json!([{"id": "make", "handsOnTo": "oven"}, {"id": "oven"},
        {"id": "hot", "role": "expo", "covers": ["oven"]}, {"id": "expo"}]);
    let (status, answer) = kitchen.pos.send("PUT", "/stations", Some(stations)).await;
    assert_eq!((status.as_u16(), &answer[0]["hands_on_to"]), (200, &json!("oven")));
}

#[tokio::test]
async fn what_is_out_is_told_to_the_pos_counted_down_and_refused_where_the_house_says_so() {
    let kitchen = Kitchen::open().await;
    let stock = async |body: Value| kitchen.pos.send("PATCH", "/menu/items/burger", Some(body)).await;
    let burger = |menu: &Value| -> Value {
        let items = menu["items"].as_array().unwrap();
        items.iter().find(|item| item["id"] == "burger").unwrap().clone()
    };
    let mut screen = kitchen.screen("d").await;
    let (status, menu) = stock(json!({"left": 3})).await;
    assert_eq!((status.as_u16(), &burger(&menu)["left"]), (200, &json!(3)));
    kitchen.pos.place(&an_order()).await;
    let menu = kitchen.pos.get("/menu").await;
    assert_eq!(
        (&burger(&menu)["left"], &burger(&menu)["available"]),
        (&json!(1), &json!(true)),
        "two are taken"
    );
    kitchen.pos.place(&an_order()).await;
    assert_eq!(burger(&kitchen.pos.get("/menu").await)["available"], false, "flagged, not refused");
    kitchen.pos.send("PUT", "/settings", Some(json!({"eightySix": "refuse"}))).await;
    let (status, refused) = kitchen.pos.with_key("late", &an_order()).await;
    assert_eq!((status.as_u16(), refused["code"].as_str()), (409, Some("item_out")));
    assert_eq!(refused["params"]["item"], "Burger");
    let (_, menu) = stock(json!({"left": null})).await;
    assert_eq!((&burger(&menu)["left"], &burger(&menu)["available"]), (&Value::Null, &json!(true)));
    assert_eq!(kitchen.pos.with_key("late", &an_order()).await.0, 201, "a refusal uses no key up");
    screen.reach(kitchen.pos.seq().await).await;
    assert!(!screen.board.setup().menu.item(&"burger".into()).unwrap().is_out());
    assert_eq!(kitchen.pos.send("PATCH", "/menu/items/unicorn", Some(json!({"left": 1}))).await.0, 404);
}

#[tokio::test]
async fn a_screen_eighty_sixes_an_item_once_and_it_survives_a_restart() {
    let kitchen = Kitchen::open().await;
    let mut screen = kitchen.screen("d").await;
    let operation = kitchen::Operation {
        id: "op-86".into(),
        device: None,
        at: kitchen::At(0),
        order: kitchen::OrderId::menu(),
        seen: 0,
        act: kitchen::Act::Stock { item: "fries".into(), name: "Fries".into(), left: Some(0) },
    };
    for _ in 0..2 {
        screen.say(&wire::hub::ScreenMessage::Operation(operation.clone())).await;
    }
    until("it is out", async || !kitchen.pos.get("/menu").await["items"][1]["available"].as_bool().unwrap())
        .await;
    assert_eq!(kitchen.pos.seq().await, 1, "once");
    let kitchen = kitchen.reopen().await;
    assert_eq!(kitchen.pos.get("/menu").await["items"][1]["available"], false);
}
