//! The paths of the REST interface. Each one reads its request with `wire::rest`, asks the writer or the readers, and
//! answers; what may happen to an order is decided in `kitchen`.

use crate::http::{self, Refused};
use crate::store::{self, Wanted};
use crate::writer::{Done, Key, Origin, Work};
use crate::{Core, status, text};
use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kitchen::{
    Act, At, Line, LineId, LineState, Menu, MenuItemId, NewLine, Operation, OperationId, Order, OrderId,
    OrderStatus, Setup, StationId, Touch,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use wire::hub::Fault;
use wire::rest::{
    self as shapes, BASE, LARGEST_BODY, LARGEST_PAGE, LineChange, LineStatus, MenuAnswer, OrderAnswer, PAGE,
};

type Answer = Result<Response, Refused>;

/// `POST orders`
pub(crate) async fn post_order(State(core): State<Arc<Core>>, request: Request) -> Answer {
    let given = Given::read(request).await?;
    let body = given.body()?;
    let mut draft = shapes::order(body)?;
    name_items(&mut draft.lines, &core.setup().menu);
    let done = core.writer.ask(Work::Take { draft, key: given.key(), from: Origin::Pos }).await?;
    let status = if done.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let mut response = answer(&core, status, &done)?;
    if let Some(id) = done.order.map(|order| order.id)
        && let Ok(place) = HeaderValue::from_str(&format!("{BASE}/orders/{id}"))
    {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// `GET orders`
pub(crate) async fn list_orders(
    State(core): State<Arc<Core>>,
    uri: Uri,
    query: Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
) -> Answer {
    let Query(pairs) = query.map_err(|_| bad_query("query", "URL-encoded"))?;
    let setup = core.setup();
    let list = List::read(&pairs, &setup)?;
    let now = core.clock.now();
    let most = list.wanted.most;
    let (orders, cursor) = core.readers.read(move |db| list.find(db, now)).await?;
    let answers: Vec<OrderAnswer<'_>> = orders.iter().map(|order| OrderAnswer::of(order, now)).collect();
    let mut response = json(StatusCode::OK, &answers);
    if let Some(cursor) = cursor {
        let mut next: Vec<String> = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("cursor=") && !pair.starts_with("limit="))
            .map(str::to_owned)
            .collect();
        next.push(format!("limit={most}"));
        next.push(format!("cursor={cursor}"));
        let link = format!("<{BASE}/orders?{}>; rel=\"next\"", next.join("&"));
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(response)
}

/// `GET orders/{id}`
pub(crate) async fn get_order(State(core): State<Arc<Core>>, Named(id): Named<String>) -> Answer {
    let order = find(&core, OrderId(id)).await?;
    Ok(json(StatusCode::OK, &OrderAnswer::of(&order, core.clock.now())))
}

/// `PATCH orders/{id}/status`
pub(crate) async fn patch_status(
    State(core): State<Arc<Core>>,
    Named(id): Named<String>,
    request: Request,
) -> Answer {
    let given = Given::read(request).await?;
    let change = shapes::status_change(given.body()?)?;
    let order = find(&core, OrderId(id)).await?;
    let act = match change.status {
        OrderStatus::Cancelled => Act::VoidOrder { reason: change.reason },
        to => Act::Advance { to, lines: order.lines.iter().map(|line| touch(line, None)).collect() },
    };
    let done = act_on(&core, &order, act, &given).await?;
    let reached = |order: &Order, now: At| order.status(now) == change.status;
    changed_or(&core, &done, reached, change.status)
}

/// `DELETE orders/{id}`
pub(crate) async fn void_order(
    State(core): State<Arc<Core>>,
    Named(id): Named<String>,
    query: Result<Query<BTreeMap<String, String>>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Answer {
    let given = Given::read(request).await?;
    let asked = query.ok().and_then(|Query(mut query)| query.remove("reason"));
    let reason = shapes::reason(given.body.as_ref())?.or(asked);
    let order = find(&core, OrderId(id)).await?;
    let done = act_on(&core, &order, Act::VoidOrder { reason }, &given).await?;
    answer(&core, StatusCode::OK, &done)
}

/// `POST orders/{id}/acts`
pub(crate) async fn post_act(
    State(core): State<Arc<Core>>,
    Named(id): Named<String>,
    request: Request,
) -> Answer {
    let given = Given::read(request).await?;
    let act = shapes::act(given.body()?)?;
    let order = find(&core, OrderId(id)).await?;
    let done = act_on(&core, &order, act, &given).await?;
    answer(&core, StatusCode::OK, &done)
}

/// `POST orders/{id}/items`
pub(crate) async fn add_items(
    State(core): State<Arc<Core>>,
    Named(id): Named<String>,
    request: Request,
) -> Answer {
    let given = Given::read(request).await?;
    let mut lines = shapes::added_lines(given.body()?)?;
    name_items(&mut lines, &core.setup().menu);
    let order = find(&core, OrderId(id)).await?;
    let done = act_on(&core, &order, Act::AddLines { lines }, &given).await?;
    let status = if done.repeated { StatusCode::OK } else { StatusCode::CREATED };
    answer(&core, status, &done)
}

/// `PATCH orders/{id}/items/{line}`
pub(crate) async fn patch_item(
    State(core): State<Arc<Core>>,
    Named((id, line)): Named<(String, String)>,
    request: Request,
) -> Answer {
    let given = Given::read(request).await?;
    let change = shapes::line_change(given.body()?)?;
    let order = find(&core, OrderId(id)).await?;
    let line = line_of(&order, &LineId(line))?;
    let upto = match change {
        LineChange::Voided(pieces) => pieces,
        LineChange::Wanted(pieces) if pieces <= line.live() => line.quantity - pieces,
        LineChange::Wanted(_) => return Err(Fault::new("quantity_up").with("field", "quantity").into()),
        LineChange::Otherwise { modifiers, notes } => {
            let act = Act::ChangeLine { line: line.id.clone(), modifiers, notes };
            let done = act_on(&core, &order, act, &given).await?;
            return answer(&core, StatusCode::OK, &done);
        }
    };
    let lines = vec![Touch { line: line.id.clone(), upto }];
    let done = act_on(&core, &order, Act::VoidLines { lines }, &given).await?;
    answer(&core, StatusCode::OK, &done)
}

/// `DELETE orders/{id}/items/{line}`
pub(crate) async fn void_item(
    State(core): State<Arc<Core>>,
    Named((id, line)): Named<(String, String)>,
    request: Request,
) -> Answer {
    let given = Given::read(request).await?;
    let order = find(&core, OrderId(id)).await?;
    let line = line_of(&order, &LineId(line))?;
    let lines = vec![Touch { line: line.id.clone(), upto: line.quantity }];
    let done = act_on(&core, &order, Act::VoidLines { lines }, &given).await?;
    answer(&core, StatusCode::OK, &done)
}

/// `PATCH orders/{id}/items/{line}/status`
pub(crate) async fn patch_item_status(
    State(core): State<Arc<Core>>,
    Named((id, line)): Named<(String, String)>,
    request: Request,
) -> Answer {
    let given = Given::read(request).await?;
    let change = shapes::line_status_change(given.body()?)?;
    let order = find(&core, OrderId(id)).await?;
    let line = line_of(&order, &LineId(line))?;
    let lines = vec![touch(line, change.quantity)];
    let here = change.station.clone();
    let act = match (change.status, change.station) {
        (LineStatus::Voided, _) => {
            let upto = change.quantity.unwrap_or(line.quantity);
            Act::VoidLines { lines: vec![Touch { line: line.id.clone(), upto }] }
        }
        (LineStatus::Queued, None) => Act::Advance { to: OrderStatus::Confirmed, lines },
        (LineStatus::Started, None) => Act::Advance { to: OrderStatus::Preparing, lines },
        (LineStatus::Done, None) => Act::Advance { to: OrderStatus::Ready, lines },
        (LineStatus::Completed, None) => Act::Advance { to: OrderStatus::Completed, lines },
        (LineStatus::Queued, Some(station)) => {
            Act::Reopen { station, lines: vec![Touch { line: line.id.clone(), upto: 0 }] }
        }
        (LineStatus::Started, Some(station)) => Act::Start { station, lines },
        (LineStatus::Done, Some(station)) => Act::Finish { station, lines },
        (LineStatus::Completed, Some(station)) => Act::Bump { station, lines },
    };
    let id = line.id.clone();
    let done = act_on(&core, &order, act, &given).await?;
    let reached = |order: &Order, _: At| {
        order.line(&id).is_some_and(|line| has_reached(line, change.status, change.quantity, here.as_ref()))
    };
    changed_or(&core, &done, reached, change.status)
}

/// `GET menu`
pub(crate) async fn get_menu(State(core): State<Arc<Core>>) -> Response {
    json(StatusCode::OK, &MenuAnswer::of(&core.setup().menu))
}

/// `PATCH menu/items/{id}`
pub(crate) async fn patch_menu_item(
    State(core): State<Arc<Core>>,
    Named(id): Named<String>,
    request: Request,
) -> Answer {
    let given = Given::read(request).await?;
    let left = shapes::stock(given.body()?)?;
    let id = MenuItemId(id);
    let setup = core.setup();
    let item = setup.menu.item(&id).ok_or_else(|| Fault::new("item_unknown"))?;
    let act = Act::Stock { item: id, name: item.name.clone(), left };
    let at = core.clock.now();
    let operation = Operation {
        id: OperationId(text::new_id(at)),
        device: None,
        at,
        order: OrderId::menu(),
        seen: 0,
        act,
    };
    core.writer.ask(Work::Do { operation, key: None }).await?;
    Ok(get_menu(State(core)).await)
}

/// `PUT menu`
pub(crate) async fn put_menu(State(core): State<Arc<Core>>, request: Request) -> Answer {
    let given = Given::read(request).await?;
    core.writer.ask(Work::Menu(shapes::menu(given.body()?)?)).await?;
    Ok(get_menu(State(core)).await)
}

/// `GET stations`
pub(crate) async fn get_stations(State(core): State<Arc<Core>>) -> Response {
    json(StatusCode::OK, &core.setup().stations)
}

/// `PUT stations`
pub(crate) async fn put_stations(State(core): State<Arc<Core>>, request: Request) -> Answer {
    let given = Given::read(request).await?;
    core.writer.ask(Work::Stations(shapes::stations(given.body()?)?)).await?;
    Ok(get_stations(State(core)).await)
}

/// `GET settings`
pub(crate) async fn get_settings(State(core): State<Arc<Core>>) -> Response {
    json(StatusCode::OK, &core.setup().settings)
}

/// `PUT settings`
pub(crate) async fn put_settings(State(core): State<Arc<Core>>, request: Request) -> Answer {
    let given = Given::read(request).await?;
    let settings = shapes::settings(given.body()?, &core.setup().settings)?;
    core.writer.ask(Work::Settings(settings)).await?;
    Ok(get_settings(State(core)).await)
}

/// `GET status`
pub(crate) async fn get_status(State(core): State<Arc<Core>>) -> Response {
    json(StatusCode::OK, &status::of(&core))
}

/// `GET openapi.json`
pub(crate) async fn get_openapi() -> Response {
    http::body(StatusCode::OK, Ok(OPENAPI.into()))
}

/// The description of this interface. A test holds it to what is served.
pub(crate) const OPENAPI: &str = include_str!("../openapi.json");

// ---------------------------------------------------------------------------------------------------------------

pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    http::body(status, serde_json::to_vec(value))
}

fn answer(core: &Core, status: StatusCode, done: &Done) -> Answer {
    let order = done.order.as_ref().ok_or_else(|| Fault::new("order_unknown"))?;
    Ok(json(status, &OrderAnswer::of(order, core.clock.now())))
}

/// An act that changed nothing must have found things as they were asked for.
fn changed_or(
    core: &Core,
    done: &Done,
    reached: impl Fn(&Order, At) -> bool,
    wanted: impl std::fmt::Debug,
) -> Answer {
    let now = core.clock.now();
    if let Some(order) = &done.order
        && !done.recorded
        && !done.repeated
        && !reached(order, now)
    {
        let word = |word: &dyn std::fmt::Debug| format!("{word:?}").to_lowercase();
        let status = word(&order.status(now));
        return Err(Fault::new("status_unreachable")
            .with("wanted", word(&wanted))
            .with("status", status)
            .into());
    }
    answer(core, StatusCode::OK, done)
}

fn has_reached(line: &Line, wanted: LineStatus, quantity: Option<u32>, station: Option<&StationId>) -> bool {
    let pieces = quantity.unwrap_or_else(|| line.live()).min(line.live());
    let work: Vec<_> = line
        .work
        .iter()
        .filter(|work| match station {
            Some(station) => &work.station == station,
            None => wanted == LineStatus::Completed || !work.station.is_expo(),
        })
        .collect();
    match wanted {
        LineStatus::Queued => work.iter().all(|work| work.is_untouched()),
        LineStatus::Started => line.state() == LineState::Started,
        LineStatus::Done => work.iter().all(|work| work.done >= pieces),
        LineStatus::Completed => work.iter().all(|work| work.bumped >= pieces),
        LineStatus::Voided => line.voided >= quantity.unwrap_or(line.quantity).min(line.quantity),
    }
}

fn touch(line: &Line, pieces: Option<u32>) -> Touch {
    Touch { line: line.id.clone(), upto: pieces.unwrap_or_else(|| line.live()) }
}

fn line_of<'a>(order: &'a Order, id: &LineId) -> Result<&'a Line, Refused> {
    order.line(id).ok_or_else(|| Fault::new("line_unknown").into())
}

async fn find(core: &Core, id: OrderId) -> Result<Order, Refused> {
    let found = core.readers.read(move |db| store::order(db, &id)).await?;
    found.ok_or_else(|| Fault::new("order_unknown").into())
}

/// An act of the POS becomes an operation like any cook's. It names the lines as they were when the request came.
async fn act_on(core: &Core, order: &Order, act: Act, given: &Given) -> Result<Done, Refused> {
    let at = core.clock.now();
    let id = OperationId(text::new_id(at));
    let operation = Operation { id, device: None, at, order: order.id.clone(), seen: order.version, act };
    Ok(core.writer.ask(Work::Do { operation, key: given.key() }).await?)
}

/// Lines that name no menu item get the one of their name, or the one that their own id is: else nobody could route them.
fn name_items(lines: &mut [NewLine], menu: &Menu) {
    for line in lines.iter_mut().filter(|line| line.item.is_none()) {
        let name = line.name.trim().to_lowercase();
        let known = menu
            .items
            .iter()
            .find(|item| line.id.as_deref() == Some(item.id.as_str()) || item.name.to_lowercase() == name);
        line.item = known.map(|item| item.id.clone());
    }
}

/// A request as it was given: its key, its body, and what it asked for.
struct Given {
    key: Option<String>,
    hash: [u8; 32],
    body: Option<Value>,
}

impl Given {
    async fn read(request: Request) -> Result<Self, Refused> {
        let (parts, body) = request.into_parts();
        let key = idempotency_key(&parts.headers)?;
        let bytes = match Limited::new(body, LARGEST_BODY).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return Err(Fault::new("body_too_large").with("most", LARGEST_BODY).into());
            }
            Err(_) => return Err(bad_json("it ended too early")),
        };
        let body =
            if bytes.is_empty() { None } else { Some(serde_json::from_slice(&bytes).map_err(bad_json)?) };
        let hash = fingerprint(&parts.method, &parts.uri, body.as_ref());
        Ok(Self { key, hash, body })
    }

    fn body(&self) -> Result<&Value, Refused> {
        self.body.as_ref().ok_or_else(|| bad_json("it is empty"))
    }

    fn key(&self) -> Option<Key> {
        self.key.clone().map(|key| Key { key, hash: self.hash })
    }
}

fn fingerprint(method: &Method, uri: &Uri, body: Option<&Value>) -> [u8; 32] {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    text::fingerprint(method.as_str(), path, body.unwrap_or(&Value::Null))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refused> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).filter(|key| (1..=255).contains(&key.len()));
    let bad =
        || Fault::new("bad_header").with("field", "Idempotency-Key").with("expected", "1 to 255 characters");
    key.map(|key| Some(key.to_owned())).ok_or_else(|| bad().into())
}

fn bad_json(reason: impl std::fmt::Display) -> Refused {
    Fault::new("bad_json").with("reason", reason).into()
}

fn bad_query(field: &str, expected: &str) -> Refused {
    Fault::new("bad_query").with("field", field).with("expected", expected).into()
}

/// What `GET orders` is asked for.
struct List {
    wanted: Wanted,
    statuses: Vec<OrderStatus>,
    station: Option<StationId>,
    /// Words that are in its number, table, names or items.
    search: String,
    /// Only those that are put aside, or only the others.
    parked: Option<bool>,
}

impl List {
    fn read(pairs: &[(String, String)], setup: &Setup) -> Result<Self, Refused> {
        let mut wanted = Wanted { most: PAGE, ..Wanted::default() };
        let (mut statuses, mut station, mut search) = (Vec::new(), None, String::new());
        let mut parked = None;
        for (name, value) in pairs {
            let value = value.trim();
            match name.as_str() {
                "status" => {
                    for word in value.split(',').filter(|word| !word.trim().is_empty()) {
                        let expected =
                            "one or more of pending, confirmed, preparing, ready, completed, cancelled";
                        statuses
                            .push(shapes::order_status(word).ok_or_else(|| bad_query("status", expected))?);
                    }
                }
                "type" => {
                    let known =
                        shapes::order_type(value).ok_or_else(|| bad_query("type", "an order type"))?;
                    wanted.order_type = Some(store::type_word(known));
                }
                "open" => {
                    let flag = value.parse().map_err(|_| bad_query("open", "true or false"))?;
                    wanted.open = Some(flag);
                }
                "parked" => {
                    parked = Some(value.parse().map_err(|_| bad_query("parked", "true or false"))?);
                }
                "station" => station = Some(StationId::from(value)),
                "q" => search = value.to_owned(),
                "startDate" | "start_date" => wanted.from = Some(moment(name, value, setup, Edge::Start)?),
                "endDate" | "end_date" => wanted.to = Some(moment(name, value, setup, Edge::End)?),
                "limit" => {
                    let limit =
                        value.parse::<usize>().ok().filter(|limit| (1..=LARGEST_PAGE).contains(limit));
                    wanted.most = limit.ok_or_else(|| bad_query("limit", "a number from 1 to 500"))?;
                }
                "cursor" => {
                    let place = value.parse().map_err(|_| bad_query("cursor", "one from a Link header"))?;
                    wanted.before = Some(place);
                }
                _ => {}
            }
        }
        let mut states: Vec<_> = statuses.iter().map(|status| store::state_of(*status)).collect();
        states.dedup();
        if let [state] = states[..] {
            wanted.state = Some(state);
        }
        Ok(Self { wanted, statuses, station, search, parked })
    }

    fn find(
        &self,
        db: &mut rusqlite::Connection,
        now: At,
    ) -> Result<(Vec<Order>, Option<u64>), store::StoreError> {
        store::orders(db, &self.wanted, |order| {
            (self.statuses.is_empty() || self.statuses.contains(&order.status(now)))
                && order.matches(&self.search)
                && self.parked.is_none_or(|parked| order.is_parked() == parked)
                && self
                    .station
                    .as_ref()
                    .is_none_or(|station| order.lines.iter().any(|line| line.work_at(station).is_some()))
        })
    }
}

#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

/// A moment, or a day in the restaurant's own time zone: its first moment or its last.
fn moment(name: &str, value: &str, setup: &Setup, edge: Edge) -> Result<At, Refused> {
    if let Some(at) = shapes::moment(&Value::from(value)) {
        return Ok(at);
    }
    let day = value.parse::<jiff::civil::Date>().ok().and_then(|day| match edge {
        Edge::Start => Some((day, 0)),
        Edge::End => day.tomorrow().ok().map(|day| (day, -1)),
    });
    let begins = day.and_then(|(day, shift)| {
        let start = text::zone(&setup.settings).to_zoned_datetime(day.at(0, 0, 0, 0)).ok()?;
        Some(At(start.timestamp().as_millisecond()).plus(shift))
    });
    begins.ok_or_else(|| bad_query(name, "a moment in RFC 3339, or a day"))
}

/// The names in a path.
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let named = Path::<T>::from_request_parts(parts, state).await;
        named.map(|Path(names)| Self(names)).map_err(|_| Fault::new("not_found").into())
    }
}
