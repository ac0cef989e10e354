//! The OpenAPI document is true: real answers of the real hub fit its schemas, and every status it declares for a path is one
//! that the path gives. That its paths are those served is tested beside the table of paths.

use crate::common::{Kitchen, Pos, Screen, an_order, hello};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Needs a hub that hangs or fails; what gives them is tested elsewhere.
const NOT_PROVOKED: &[&str] = &["408", "503"];

struct Book {
    document: Value,
    pos: Pos,
    given: BTreeSet<(String, String, String)>,
}

impl Book {
    /// Sends a request to a path of the document and holds the answer to it.
    async fn ask(&mut self, method: &str, path: &str, ids: &[&str], ask: Ask<'_>) -> Value {
        let mut real = path.to_owned();
        for (name, id) in ["{id}", "{line}"].iter().zip(ids) {
            real = real.replace(name, &id.replace('#', "%23"));
        }
        let pos = if ask.token { self.pos.clone() } else { Pos { token: String::new(), ..self.pos.clone() } };
        let body = ask.body.clone();
        let response = pos.raw(method, &format!("{real}{}", ask.query), ask.headers, body).await;
        let status = response.status().as_u16().to_string();
        let what = format!("{method} {path} {status}");
        let declared = &self.document["paths"][path][method.to_lowercase()]["responses"][&status];
        assert!(!declared.is_null(), "{what} is not declared; {:?}", ask.body);
        for header in declared["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
            let is_last_page = header == "Link" && !ask.query.contains("limit=1");
            assert!(is_last_page || response.headers().contains_key(header.as_str()), "{what}: no {header}");
        }
        let text = response.text().await.unwrap();
        self.given.insert((method.to_owned(), path.to_owned(), status));
        let schema = &declared["content"]["application/json"]["schema"];
        if schema.is_null() {
            return Value::Null;
        }
        let answer: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error}: {text}"));
        if let Err(error) = fits(&self.document, schema, &answer, "$") {
            panic!("{what}: {error} in {answer}");
        }
        answer
    }
}

#[derive(Clone, Default)]
struct Ask<'a> {
    token: bool,
    headers: &'a [(&'a str, &'a str)],
    query: &'a str,
    body: Option<String>,
}

fn with(body: &Value) -> Ask<'static> {
    Ask { token: true, body: Some(body.to_string()), ..Ask::default() }
}

fn plain() -> Ask<'static> {
    Ask { token: true, ..Ask::default() }
}

#[tokio::test]
async fn real_answers_fit_the_document_and_it_declares_nothing_else() {
    let kitchen = Kitchen::open().await;
    let document = kitchen.pos.get("/openapi.json").await;
    let mut book = Book { document, pos: kitchen.pos.clone(), given: BTreeSet::new() };
    // A screen, so that the status has one to tell of.
    let _screen = Screen::join(kitchen.hub.addr(), &hello("d", kitchen.hub.token())).await;
    book.given.insert(("GET".into(), "/ws".into(), "101".into()));

    let orders = "/api/v1/orders";
    let mut full = an_order();
    full.as_object_mut().unwrap().extend(
        json!({"seat_number": 2, "guests": 4, "server_name": "Kim", "customer_name": "Ada", "notes": "hi", "rush": true,
            "promised_at": "2030-01-01T00:00:00Z", "courier": {"name": "Bike", "at": "2030-01-01T00:00:00Z"},
            "fire_at": "2020-01-01T00:00:00Z", "courses": [{"number": 1, "name": "First"}], "payment_status": "paid",
            "source": {"system": "till", "reference": "x-1"}})
        .as_object()
        .unwrap()
        .clone(),
    );
    let key = [("Idempotency-Key", "k")];
    let keyed = Ask { headers: &key, ..with(&full) };
    let order = book.ask("POST", orders, &[], keyed.clone()).await;
    book.ask("POST", orders, &[], keyed).await;
    book.ask("POST", orders, &[], Ask { headers: &key, ..with(&an_order()) }).await;
    book.ask("POST", orders, &[], with(&an_order())).await;
    book.ask("GET", orders, &[], Ask { query: "?limit=1", ..plain() }).await;
    book.ask("GET", orders, &[], Ask { query: "?limit=x", ..plain() }).await;

    let id = order["id"].as_str().unwrap();
    let one = "/api/v1/orders/{id}";
    let status = "/api/v1/orders/{id}/status";
    let items = "/api/v1/orders/{id}/items";
    let item = "/api/v1/orders/{id}/items/{line}";
    let item_status = "/api/v1/orders/{id}/items/{line}/status";
    book.ask("GET", one, &[id], plain()).await;
    book.ask("GET", one, &["none"], plain()).await;
    let acts = "/api/v1/orders/{id}/acts";
    book.ask("POST", acts, &[id], with(&json!({"act": "hold", "until": 4_000_000_000_000_i64}))).await;
    book.ask("POST", acts, &[id], with(&json!({"act": "fire", "course": 9}))).await;
    book.ask("PATCH", item_status, &[id, "a"], with(&json!({"status": "started"}))).await;
    book.ask("PATCH", item_status, &[id, "a"], with(&json!({"status": "done", "station": "fry"}))).await;
    book.ask("PATCH", status, &[id], with(&json!({"status": "ready"}))).await;
    book.ask(
        "POST",
        items,
        &[id],
        Ask { headers: &[("Idempotency-Key", "more")], ..with(&json!({"name": "Fries"})) },
    )
    .await;
    book.ask(
        "POST",
        items,
        &[id],
        Ask { headers: &[("Idempotency-Key", "more")], ..with(&json!({"name": "Fries"})) },
    )
    .await;
    book.ask("PATCH", item, &[id, "a"], with(&json!({"voided": 1}))).await;
    book.ask("DELETE", item, &[id, "fries#1"], plain()).await;
    book.ask("DELETE", one, &[id], with(&json!({"reason": "left"}))).await;
    // Nothing can be done with it any more.
    book.ask("PATCH", status, &[id], with(&json!({"status": "ready"}))).await;
    book.ask("POST", items, &[id], with(&json!({"name": "Fries"}))).await;
    book.ask("PATCH", item, &[id, "a"], with(&json!({"voided": 2}))).await;
    book.ask("DELETE", item, &[id, "b"], plain()).await;
    book.ask("DELETE", one, &[id], Ask { headers: &key, ..plain() }).await;

    for (path, good, bad) in [
        (
            "/api/v1/menu",
            json!({"categories": [{"id": "c"}], "items": [{"id": "i", "name": "I", "category_id": "c"}]}),
            json!([]),
        ),
        ("/api/v1/stations", json!([{"id": "s"}, {"id": "expo"}]), json!([{}])),
        (
            "/api/v1/settings",
            json!({"name": "N", "thresholds": [{"station": "s", "order_type": "pickup", "warn_seconds": 1, "late_seconds": 2}]}),
            json!({"demo": true}),
        ),
    ] {
        book.ask("PUT", path, &[], with(&good)).await;
        book.ask("PUT", path, &[], with(&bad)).await;
        book.ask("GET", path, &[], plain()).await;
    }
    let item = "/api/v1/menu/items/{id}";
    book.ask("PATCH", item, &["i"], with(&json!({"left": 3}))).await;
    book.ask("PATCH", item, &["i"], with(&json!({"left": "few"}))).await;
    let secrets = "/api/v1/realtime/client_secrets";
    let secret = book.ask("POST", secrets, &[], with(&json!({"session": {"type": "transcription"}}))).await;
    let after = json!({"expires_after": {"anchor": "created_at", "seconds": 5}});
    book.ask("POST", secrets, &[], with(&after)).await;
    // Calls open with the secret, not with the token.
    let token = std::mem::replace(&mut book.pos.token, secret["value"].as_str().unwrap().to_owned());
    let calls = "/api/v1/realtime/calls";
    let sdp = [("Content-Type", "application/sdp")];
    let offer = |body: String| Ask { token: true, headers: &sdp, body: Some(body), ..Ask::default() };
    book.ask("POST", calls, &[], with(&json!({}))).await;
    book.ask("POST", calls, &[], offer("v=0 and so on".into())).await;
    book.ask("POST", calls, &[], offer("x".repeat(100_000))).await;
    book.ask("POST", calls, &[], offer(crate::caller::an_offer().await)).await;
    let call = crate::caller::call_id(&book.pos).await;
    book.ask("POST", "/api/v1/realtime/calls/{id}/hangup", &[&call], Ask { token: true, ..Ask::default() })
        .await;
    book.pos.token = token;
    book.ask("GET", "/api/v1/status", &[], plain()).await;
    book.ask("GET", "/api/v1/openapi.json", &[], plain()).await;
    for path in ["/livez", "/readyz", "/ws"] {
        book.ask("GET", path, &[], Ask::default()).await;
    }

    // What goes wrong alike everywhere.
    let paths: Vec<(String, String)> = book.document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(|method| (path.clone(), method.to_uppercase()))
        })
        .filter(|(path, _)| path.starts_with("/api"))
        .collect();
    for (path, method) in &paths {
        book.ask(method, path, &[id, "a"], Ask::default()).await;
        if method == "GET" {
            continue;
        }
        let body = |text: String| Ask { body: Some(text), ..plain() };
        book.ask(method, path, &[id, "a"], body("{".into())).await;
        book.ask(method, path, &[id, "a"], body(format!("\"{}\"", "x".repeat(wire::rest::LARGEST_BODY))))
            .await;
        if path.contains("{id}") {
            book.ask(method, path, &["none", "a"], body(sensible(path, method).to_string())).await;
        }
        if path != item || method != "DELETE" {
            book.ask(method, path, &[id, "a"], body("7".into())).await;
        }
    }

    let mut declared = BTreeSet::new();
    for (path, methods) in book.document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for status in operation["responses"].as_object().unwrap().keys() {
                if !NOT_PROVOKED.contains(&status.as_str()) {
                    declared.insert((method.to_uppercase(), path.clone(), status.clone()));
                }
            }
        }
    }
    let never: Vec<_> = declared.difference(&book.given).collect();
    assert!(never.is_empty(), "declared and never given: {never:?}");
}

fn sensible(path: &str, method: &str) -> Value {
    match (path.rsplit('/').next(), method) {
        (Some("status"), _) => json!({"status": "ready"}),
        (Some("items"), _) => json!({"name": "Fries"}),
        (Some("acts"), _) => json!({"act": "rush"}),
        (Some("{id}"), "PATCH") => json!({"left": 1}),
        (_, "PATCH") => json!({"voided": 1}),
        _ => json!({}),
    }
}

/// As much of JSON Schema as the document uses. A keyword it does not know is an error, so that nothing passes unchecked.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (keyword, wanted) in schema.as_object().expect("a schema is an object") {
        let fail = |what: &str| Err(format!("{at}: {what} {wanted}, but it is {value}"));
        match keyword.as_str() {
            "description" | "default" | "minimum" | "maximum" | "minLength" | "maxLength" | "minItems"
            | "maxItems" => {}
            "$ref" => {
                let name = wanted.as_str().unwrap().strip_prefix("#/components/schemas/").unwrap();
                fits(document, &document["components"]["schemas"][name], value, at)?;
            }
            "anyOf" => {
                let tried: Vec<_> =
                    wanted.as_array().unwrap().iter().map(|one| fits(document, one, value, at)).collect();
                if tried.iter().all(Result::is_err) {
                    return Err(format!("{at}: none of {tried:?}"));
                }
            }
            "type" => {
                let types = wanted.as_array().cloned().unwrap_or_else(|| vec![wanted.clone()]);
                if !types.iter().any(|name| is_a(name.as_str().unwrap(), value)) {
                    return fail("type");
                }
            }
            "enum" if !wanted.as_array().unwrap().contains(value) => return fail("one of"),
            "enum" => {}
            "format" => {
                assert_eq!(wanted, "date-time");
                if value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_err()) {
                    return fail("format");
                }
            }
            "required" => {
                if let Some(missing) =
                    wanted.as_array().unwrap().iter().find(|name| value.get(name.as_str().unwrap()).is_none())
                {
                    return Err(format!("{at}: no {missing}"));
                }
            }
            "properties" => {
                for (name, schema) in wanted.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        fits(document, schema, value, &format!("{at}.{name}"))?;
                    }
                }
            }
            "additionalProperties" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    match wanted {
                        Value::Bool(false) if schema["properties"].get(name).is_none() => {
                            return Err(format!("{at}: {name} is not declared"));
                        }
                        Value::Object(_) => fits(document, wanted, value, &format!("{at}.{name}"))?,
                        _ => {}
                    }
                }
            }
            "items" => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    fits(document, wanted, value, &format!("{at}[{index}]"))?;
                }
            }
            other => panic!("{at}: the keyword {other} is not understood"),
        }
    }
    Ok(())
}

fn is_a(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no such type: {other}"),
    }
}

#[test]
fn the_checker_can_fail() {
    let document = json!({"components": {"schemas": {"S": {"type": "string"}}}});
    let schema = json!({"type": "object", "required": ["a"], "additionalProperties": false,
        "properties": {"a": {"$ref": "#/components/schemas/S"}, "b": {"type": ["integer", "null"]}}});
    let good = |value: Value| fits(&document, &schema, &value, "$").is_ok();
    assert!(good(json!({"a": "x", "b": null})) && good(json!({"a": "x", "b": 3})));
    for bad in [json!([]), json!({}), json!({"a": 1}), json!({"a": "x", "b": "y"}), json!({"a": "x", "c": 1})]
    {
        assert!(!good(bad.clone()), "{bad}");
    }
}
