//! A hub to test against, in this process or in its own, a POS and a screen, all over real sockets.

use futures_util::{SinkExt, StreamExt};
use hub::{Hub, HubConfig};
use kitchen::{Act, At, Board, Operation, Order, OrderId, Setup, Standing, StationId, Touch};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use wire::hub::{Hello, HubMessage, PROTOCOL, Refused, Resume, ScreenMessage, Snapshot, Welcome};

/// For anything that ought to happen at once.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Waits for a condition, with a deadline.
pub(crate) async fn until<F: AsyncFnMut() -> bool>(what: &str, mut condition: F) {
    let end = Instant::now() + SOON;
    while !condition().await {
        assert!(Instant::now() < end, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn config(data: &Path) -> HubConfig {
    let mut config = HubConfig::new(data);
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.first_setup = setup();
    // A folder without a model: what is heard is none of these tests, and none depends on this machine's.
    config.voice_model = Some(data.to_owned());
    config
}

/// A small kitchen: burgers at the grill, fries at the fryer, and a drink that nobody cooks.
pub(crate) fn setup() -> Setup {
    let menu = wire::rest::menu(&json!({
        "categories": [{"id": "burgers", "name": "Burgers"}, {"id": "sides", "name": "Sides"}, {"id": "bar", "name": "Bar"}],
        "items": [
            {"id": "burger", "name": "Burger", "category_id": "burgers"},
            {"id": "fries", "name": "Fries", "category_id": "sides"},
            {"id": "water", "name": "Water", "category_id": "bar"},
        ],
    }));
    let stations = wire::rest::stations(&json!([
        {"id": "grill", "name": "Grill", "categories": ["burgers"]},
        {"id": "fry", "name": "Fry", "categories": ["sides"]},
    ]));
    let settings = kitchen::Settings::new("r-test".into(), "Test");
    Setup { menu: menu.unwrap(), stations: stations.unwrap(), settings }
}

pub(crate) fn an_order() -> Value {
    json!({"type": "dine_in", "table_number": "7", "items": [
        {"id": "a", "menu_item_id": "burger", "name": "Burger", "quantity": 2, "modifiers": ["no onion"]},
        {"id": "b", "menu_item_id": "fries", "name": "Fries", "quantity": 1},
    ]})
}

/// A hub in this process, in a folder that goes with it.
pub(crate) struct Kitchen {
    pub(crate) hub: Hub,
    pub(crate) pos: Pos,
    pub(crate) data: tempfile::TempDir,
}

impl Kitchen {
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut HubConfig)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = config(data.path());
        change(&mut config);
        let hub = Hub::start(config).await.unwrap();
        let pos = Pos::new(hub.addr(), hub.token());
        Self { hub, pos, data }
    }

    /// Closes it and opens it again on the same data.
    pub(crate) async fn reopen(self) -> Self {
        let Self { hub, data, .. } = self;
        let ending = hub.shutdown().await;
        assert!(ending.in_time && ending.steps.iter().all(|step| step.finished), "{ending:?}");
        assert_eq!(ending.alive, 0);
        drop(hub);
        let hub = Hub::start(config(data.path())).await.unwrap();
        let pos = Pos::new(hub.addr(), hub.token());
        Self { hub, pos, data }
    }

    pub(crate) async fn screen(&self, device: &str) -> Screen {
        Screen::join(self.hub.addr(), &hello(device, self.hub.token())).await
    }
}

/// A POS with a real HTTP client.
#[derive(Clone)]
pub(crate) struct Pos {
    pub(crate) client: reqwest::Client,
    pub(crate) base: String,
    pub(crate) token: String,
}

impl Pos {
    pub(crate) fn new(hub: SocketAddr, token: &str) -> Self {
        Self { client: reqwest::Client::new(), base: format!("http://{hub}"), token: token.to_owned() }
    }

    /// Sends anything; `body` is text as it goes over the wire.
    pub(crate) async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Response {
        self.try_raw(method, path, headers, body).await.unwrap()
    }

    pub(crate) async fn try_raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> reqwest::Result<Response> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        request.send().await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let response =
            self.raw(method, &format!("/api/v1{path}"), &[], body.map(|body| body.to_string())).await;
        let status = response.status();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("GET", path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Places an order that must be taken.
    pub(crate) async fn place(&self, order: &Value) -> Value {
        let (status, body) = self.send("POST", "/orders", Some(order.clone())).await;
        assert_eq!(status, 201, "{body}");
        body
    }

    pub(crate) async fn with_key(&self, key: &str, order: &Value) -> (StatusCode, Value) {
        let headers = [("Idempotency-Key", key)];
        let response = self.raw("POST", "/api/v1/orders", &headers, Some(order.to_string())).await;
        (response.status(), response.json().await.unwrap())
    }

    pub(crate) async fn seq(&self) -> u64 {
        self.get("/status").await["seq"].as_u64().unwrap()
    }
}

pub(crate) fn hello(device: &str, token: &str) -> Hello {
    Hello {
        protocol: PROTOCOL,
        app: "test".into(),
        device_id: device.into(),
        restaurant_id: None,
        role: "display".into(),
        station: Some("grill".into()),
        epoch: None,
        seq: None,
        token: token.into(),
    }
}

/// A screen with a real WebSocket and a real board.
pub(crate) struct Screen {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) welcome: Welcome,
    pub(crate) board: Board,
    /// Events that came, by number.
    pub(crate) seen: Vec<u64>,
    next_operation: u64,
    device: String,
}

impl Screen {
    /// Connects and says hello; gives back the socket and the first answer.
    pub(crate) async fn knock(
        hub: SocketAddr,
        hello: &Hello,
    ) -> (WebSocketStream<MaybeTlsStream<TcpStream>>, HubMessage) {
        let (mut socket, _) = connect_async(format!("ws://{hub}/ws")).await.unwrap();
        let text = serde_json::to_string(&ScreenMessage::Hello(hello.clone())).unwrap();
        socket.send(Message::text(text)).await.unwrap();
        let first = next(&mut socket).await.expect("an answer to hello");
        (socket, first)
    }

    pub(crate) async fn join(hub: SocketAddr, hello: &Hello) -> Self {
        let (socket, first) = Self::knock(hub, hello).await;
        let HubMessage::Welcome(welcome) = first else { panic!("{first:?}") };
        let mut screen = Self {
            socket,
            board: Board::new(setup()),
            welcome,
            seen: Vec::new(),
            next_operation: 0,
            device: hello.device_id.0.clone(),
        };
        match screen.welcome.resume {
            Resume::Snapshot => screen.take_snapshot().await,
            Resume::Events => {
                let seq = hello.seq.unwrap();
                let _ = screen.board.replace(setup(), [], seq);
            }
        }
        screen
    }

    async fn take_snapshot(&mut self) {
        let (mut setup, mut orders, mut parts) = (None, Vec::new(), 0);
        loop {
            match self.hear().await.expect("a snapshot") {
                HubMessage::Snapshot(Snapshot { seq, part, last, setup: given, orders: some }) => {
                    assert_eq!(part, parts);
                    parts += 1;
                    setup = setup.or(given);
                    orders.extend(some);
                    if last {
                        let _ = self.board.replace(setup.expect("setup in part 0"), orders, seq);
                        return;
                    }
                }
                other => panic!("in the middle of a snapshot: {other:?}"),
            }
        }
    }

    /// The next message, whatever it is; none when the connection is closed.
    pub(crate) async fn hear(&mut self) -> Option<HubMessage> {
        next(&mut self.socket).await
    }

    /// The next message that is not a heartbeat; events go to the board.
    pub(crate) async fn follow(&mut self) -> Option<HubMessage> {
        loop {
            let message = self.hear().await?;
            match &message {
                HubMessage::Heartbeat { .. } => continue,
                HubMessage::Event(event) => {
                    self.seen.push(event.seq);
                    let standing = self.board.apply((**event).clone());
                    assert!(matches!(standing, Standing::Applied(_)), "{standing:?} at {}", event.seq);
                }
                HubMessage::Applied { id, seq } => self.board.applied(id, *seq),
                HubMessage::Refused(Refused { id: Some(id), .. }) => {
                    self.board.withdraw(id);
                }
                HubMessage::Welcome(_)
                | HubMessage::Refused(_)
                | HubMessage::Snapshot(_)
                | HubMessage::Notices(_)
                | HubMessage::Unknown => {}
            }
            return Some(message);
        }
    }

    /// Follows until its board holds that event.
    pub(crate) async fn reach(&mut self, seq: u64) {
        while self.board.seq() < seq {
            self.follow().await.expect("the log goes on");
        }
    }

    pub(crate) async fn say(&mut self, message: &ScreenMessage) {
        self.say_text(serde_json::to_string(message).unwrap()).await;
    }

    pub(crate) async fn say_text(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub(crate) fn operation(&mut self, order: &Order, act: Act) -> Operation {
        self.next_operation += 1;
        Operation {
            id: format!("{}-{}", self.device, self.next_operation).as_str().into(),
            device: Some(self.device.as_str().into()),
            at: At(0),
            order: order.id.clone(),
            seen: order.version,
            act,
        }
    }

    /// Bumps all of an order at a station.
    pub(crate) fn bump(&mut self, order: &Order, station: &str) -> Operation {
        let station = StationId::from(station);
        let touch = |line: &kitchen::Line| Touch { line: line.id.clone(), upto: line.live() };
        let lines = order.lines.iter().filter(|line| line.work_at(&station).is_some()).map(touch).collect();
        self.operation(order, Act::Bump { station, lines })
    }

    pub(crate) async fn act(&mut self, operation: &Operation) {
        self.say(&ScreenMessage::Operation(operation.clone())).await;
    }

    /// The hub's verdict on an operation.
    pub(crate) async fn verdict(&mut self, operation: &Operation) -> Result<u64, Refused> {
        loop {
            match self.follow().await.expect("a verdict") {
                HubMessage::Applied { id, seq } if id == operation.id => return Ok(seq),
                HubMessage::Refused(refused) if refused.id.as_ref() == Some(&operation.id) => {
                    return Err(refused);
                }
                _ => {}
            }
        }
    }

    pub(crate) fn order(&self, id: &Value) -> Order {
        let id = OrderId::from(id.as_str().unwrap());
        self.board.order(&id).unwrap_or_else(|| panic!("no order {id} on the board")).clone()
    }

    /// Reads until the other side closes; its close code.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        loop {
            let message = tokio::time::timeout(SOON, self.socket.next()).await.expect("closed in time");
            match message {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

pub(crate) async fn next(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Option<HubMessage> {
    loop {
        let message =
            tokio::time::timeout(SOON, socket.next()).await.expect("the hub says something in time");
        match message {
            Some(Ok(Message::Text(text))) => {
                return Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")));
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            Some(Ok(_)) => {}
        }
    }
}

/// A hub in a process of its own.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) addr: SocketAddr,
    pub(crate) pos: Pos,
}

impl Process {
    pub(crate) fn command(data: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brigade-hub"));
        command.args(Self::arguments(data));
        command
    }

    pub(crate) fn arguments(data: &Path) -> Vec<String> {
        let data = data.display().to_string();
        ["serve", "--listen", "127.0.0.1:0", "--data", &data].map(str::to_owned).to_vec()
    }

    pub(crate) fn start(data: &Path) -> Self {
        Self::spawn(Self::command(data), data)
    }

    /// With a log of everything that any part of it has to say.
    pub(crate) fn logging(data: &Path, log: &Path) -> Self {
        let mut command = Self::command(data);
        command.stderr(std::fs::File::create(log).unwrap()).env("BRIGADE_LOG", "trace");
        Self::wait(command, data)
    }

    /// Runs the command and waits until it listens.
    pub(crate) fn spawn(mut command: Command, data: &Path) -> Self {
        command.stderr(Stdio::null()).env("BRIGADE_LOG", "warn");
        Self::wait(command, data)
    }

    fn wait(mut command: Command, data: &Path) -> Self {
        use std::io::BufRead;
        command.stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr =
            line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).parse().unwrap();
        let token = std::fs::read_to_string(token_file(data)).unwrap();
        Self { child, addr, pos: Pos::new(addr, token.trim()) }
    }

    /// `kill -9`, and waits for the end.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Its exit code.
    pub(crate) fn ended(mut self) -> Option<i32> {
        let end = Instant::now() + SOON;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < end, "the process does not end");
            std::thread::yield_now();
        }
    }
}

pub(crate) fn token_file(data: &Path) -> PathBuf {
    data.join("hub.token")
}
