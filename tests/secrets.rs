//! Rule R7.4: no token is ever in a log, a URL, an argument, a file but its own, or the page.
//!
//! A whole kitchen runs with tokens that are known here, everything logs all it can, some who come are strangers or make
//! mistakes; then every file, every process and every request line is searched for them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use reqwest::Client;
use serde_json::{Value, json};
use support::process::children_of;
use support::{App, BackEnd, Board, Desktop, DisplayProcess, Hub, SOON, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use wire::restaurant_os::Status;

/// No test: the display that the other test starts is this, in a process of its own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the other test, as a display"]
async fn a_display_for_the_other_tests() {
    support::display_process::serve_if_asked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r7_04_no_token_is_in_a_log_a_url_a_process_a_file_or_the_page() {
    let desktop = Desktop::open(1024, 768).await;
    let folder = |name: &str| {
        let folder = desktop.folder(name);
        // Whatever anybody has to say.
        std::fs::write(folder.join("log-level"), "trace").unwrap();
        folder
    };
    let (hub_folder, data, second) = (folder("hub"), folder("kitchen"), folder("second"));
    let (hub, pos) = Hub::start(&hub_folder).await;
    pos.set_up_three_stations().await;
    let wire = Wiretap::start(hub.address()).await;

    // Good tokens: the hub's first, one for each screen, one for a POS. Bad ones: a stranger's, a typo, two mistakes.
    let screens =
        ["screen", "second screen"].map(|label| hub.tokens(&["new", "--label", label]).trim().to_owned());
    let till = hub.tokens(&["new", "--label", "till"]).trim().to_owned();
    let mut secrets = BTreeMap::from([
        ("the hub's first token", pos.token().to_owned()),
        ("the screen's token", screens[0].clone()),
        ("the second screen's token", screens[1].clone()),
        ("the till's token", till.clone()),
    ]);
    for name in ["stranger", "typo", "in-a-url", "in-a-broken-hello", "in-a-body"] {
        secrets.insert(name, format!("brigade_marked_{name}_5f2c9b7e"));
    }
    let token_files: Vec<PathBuf> = (0..3).map(|n| desktop.home().join(format!("token-{n}"))).collect();
    for (file, token) in token_files.iter().zip([&screens[0], &screens[1], &secrets["stranger"]]) {
        std::fs::write(file, token).unwrap();
    }

    // A kitchen at work.
    let url = format!("http://{}", wire.address);
    let words = ["--data", data.to_str().unwrap(), "--size", "1024x768", "--hub", &url];
    let app =
        App::start(&desktop, &[&words[..], &["--token-file", token_files[0].to_str().unwrap()]].concat())
            .await;
    let board = Board::of(&desktop, &app).await;
    let socket = format!("ws://{}/ws", wire.address);
    let mut display = DisplayProcess::start(&second, &socket, &token_files[1]);
    display.until_live().await;
    let stranger = DisplayProcess::start(&folder("stranger"), &socket, &token_files[2]);
    stranger.until("that it is refused", |picture| picture.connection == "refused").await;

    let client = Client::new();
    let orders = format!("{url}/api/v1/orders");
    let order = json!({ "customer_name": "Ana", "items": [{ "name": "Smash burger" }] });
    let posted = client.post(&orders).bearer_auth(&till).json(&order).send().await.unwrap();
    assert_eq!(posted.status(), 201);
    let id = posted.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    board.ticket(&id).await;
    display.until("the order", |picture| picture.shows(&id)).await;
    display.bump(&id).unwrap();
    board.page_of(&[]).await;

    // And mistakes.
    let typo = client.get(&orders).bearer_auth(&secrets["typo"]).send().await.unwrap();
    assert_eq!(typo.status(), 401);
    let in_url =
        client.get(format!("{url}/api/v1/orders?token={}", secrets["in-a-url"])).send().await.unwrap();
    assert_eq!(in_url.status(), 401);
    let in_body = json!({ "token": secrets["in-a-body"], "items": 5 });
    let in_body = client.post(&orders).bearer_auth(&till).json(&in_body).send().await.unwrap();
    assert!(in_body.status().is_client_error());
    broken_hello(wire.address, &secrets["in-a-broken-hello"]).await;

    // The page, and all that it could ask for.
    let page = app
        .run(
            "return document.documentElement.outerHTML + JSON.stringify([Object.entries(localStorage), \
             Object.entries(sessionStorage), document.cookie, location.href, \
             performance.getEntriesByType('resource').map((entry) => entry.name)])",
        )
        .await;
    let answers = app
        .page()
        .execute_async(
            r#"const done = arguments[arguments.length - 1];
               const ask = (name) => window.__TAURI_INTERNALS__.invoke(name).catch((error) => error);
               Promise.all([ask("about"), ask("mount")]).then((answers) => done(answers));"#,
            Vec::new(),
        )
        .await
        .unwrap();
    let mut places = BTreeMap::from([
        ("the page".to_owned(), page.to_string()),
        ("what the page is told".to_owned(), answers.to_string()),
    ]);
    let processes = [app.process(), hub.id(), display.id(), stranger.id()];
    let pages = children_of(app.process()).into_iter().map(|(id, _)| id);
    for id in processes.into_iter().chain(pages) {
        for of in ["cmdline", "environ"] {
            let said = std::fs::read(format!("/proc/{id}/{of}")).unwrap_or_default();
            places.insert(format!("{of} of process {id}"), String::from_utf8_lossy(&said).into_owned());
        }
    }

    // Everything is written once all have ended.
    app.close().await;
    display.end();
    stranger.end();
    hub.stop().await;
    let heads = wire.requests();
    assert!(heads.len() > 6, "the wire was tapped: {heads:?}");
    for head in heads {
        let kept: Vec<&str> = head
            .lines()
            .filter(|line| !line.to_ascii_lowercase().starts_with("authorization: bearer "))
            .collect();
        // The one that we ourselves have put there.
        places
            .insert(format!("the request {}", kept[0]), kept.join("\n").replace(&secrets["in-a-url"], "..."));
    }
    let logs = files(desktop.home(), &mut places);

    let mut found: Vec<(&str, &str)> = places
        .iter()
        .flat_map(|(place, text)| {
            let here = secrets.iter().filter(|(_, secret)| text.contains(*secret));
            here.map(move |(name, _)| (*name, place.as_str()))
        })
        .collect();
    // Each in its own file, where its owner has put it; so the search finds what is there.
    let hub_token = hub_folder.join("hub.token");
    let own = token_files.iter().chain([&hub_token]).map(|file| file.to_str().unwrap()).collect::<Vec<_>>();
    let before = found.len();
    found.retain(|(_, place)| !own.contains(place));
    assert_eq!(before - found.len(), own.len());
    assert_eq!(found, []);

    // That was a search through something: the logs are long, and speak of all of this.
    for word in ["TRACE", "screen joined", "token_refused", &id] {
        assert!(logs.contains(word), "no log says {word:?}: were they read?");
    }
    assert!(places.len() > 40, "only {} places were searched", places.len());
}

/// The hub is somebody at a back end, and a second one tries to be with a password that is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn r7_04_no_secret_of_a_back_end_is_in_a_log_a_url_a_process_a_file_or_a_status() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("upstream.json");
    let back_end = BackEnd::open(&config).await;
    let good = std::fs::read_to_string(&config).unwrap();
    let wrong = "brigade_marked_wrong_5f2c9b7e";
    let other_config = home.path().join("other.json");
    std::fs::write(&other_config, good.replace("kitchen-password", wrong)).unwrap();
    std::fs::set_permissions(&other_config, std::fs::Permissions::from_mode(0o600)).unwrap();

    let mut hubs = Vec::new();
    for (name, file) in [("hub", &config), ("refused", &other_config)] {
        let folder = home.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("log-level"), "trace").unwrap();
        let mut command = Hub::command(&folder, SocketAddr::from(([127, 0, 0, 1], 0)));
        command.arg("--upstream-config").arg(file);
        hubs.push(Hub::start_as(command, &folder).await);
    }
    let (_, pos) = &hubs[0];
    pos.set_up_one_station().await;
    back_end.is_heard().await;
    let (there, here) = back_end.order(pos, "1", &[("Smash burger", 1)]).await;
    let step = json!({ "status": "preparing" });
    pos.done(reqwest::Method::PATCH, &format!("orders/{here}/status"), Some(step)).await;
    back_end.reaches(&there, Status::Preparing).await;
    let refused = until("the refused login to be told", SOON, async || {
        let status = hubs[1].1.status().await;
        (status["upstream"]["state"] == "refused").then_some(status)
    })
    .await;

    let asked = back_end.server.asked();
    let tokens = asked.iter().filter_map(|asked| asked.header("authorization"));
    let tokens: BTreeSet<&str> = tokens.map(|value| value.trim_start_matches("Bearer ")).collect();
    assert!(!tokens.is_empty());
    let mut places = BTreeMap::from([
        ("the status".to_owned(), pos.status().await.to_string()),
        ("the status of the refused".to_owned(), refused.to_string()),
    ]);
    for (n, asked) in asked.iter().enumerate() {
        places.insert(format!("URL {n}"), format!("{}?{}", asked.path, asked.query));
    }
    for (hub, _) in &hubs {
        for of in ["cmdline", "environ"] {
            let said = std::fs::read(format!("/proc/{}/{of}", hub.id())).unwrap();
            places
                .insert(format!("{of} of process {}", hub.id()), String::from_utf8_lossy(&said).into_owned());
        }
    }
    for (hub, _) in hubs {
        hub.stop().await;
    }
    let logs = files(home.path(), &mut places);
    let own = |place: &str| {
        let name = Path::new(place).file_name().unwrap_or_default().to_string_lossy().into_owned();
        ["upstream.json", "other.json"].contains(&name.as_str()) || name.starts_with("upstream.sqlite")
    };
    let is_secret = |text: &str| {
        [wrong, "kitchen-password"]
            .into_iter()
            .chain(tokens.iter().copied())
            .any(|secret| text.contains(secret))
    };
    let found: Vec<&String> =
        places.iter().filter(|(_, text)| is_secret(text)).map(|(place, _)| place).collect();
    assert!(
        found.iter().filter(|place| own(place)).count() >= 3,
        "the search finds what is there: {found:?}"
    );
    assert_eq!(found.iter().filter(|place| !own(place)).collect::<Vec<_>>(), Vec::<&&String>::new());
    for word in ["TRACE", "hub::upstream", "upstream started"] {
        assert!(logs.contains(word), "no log says {word:?}: were they read?");
    }
}

/// Reads every file below a folder into `places`; gives what is in the logs.
fn files(folder: &Path, places: &mut BTreeMap<String, String>) -> String {
    let mut logs = String::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            logs += &files(&path, places);
        } else if kind.is_file() {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
            if path.extension().is_some_and(|extension| extension == "log") {
                logs += &text;
            }
            places.insert(path.display().to_string(), text);
        }
    }
    logs
}

/// A screen of some other program: it says its token in a hello that is none.
async fn broken_hello(hub: SocketAddr, token: &str) {
    let mut stream = TcpStream::connect(hub).await.unwrap();
    let upgrade = "GET /ws HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(upgrade.as_bytes()).await.unwrap();
    let hello = json!({ "type": "hello", "protocol": "one", "token": token }).to_string();
    let mut frame = vec![0x81, 0x80 | u8::try_from(hello.len()).unwrap(), 0, 0, 0, 0];
    frame.extend(hello.bytes());
    stream.write_all(&frame).await.unwrap();
    let mut answer = Vec::new();
    until("the hub to answer and close", SOON, async || {
        let mut part = [0; 1024];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => Some(()),
            Ok(read) => {
                answer.extend_from_slice(&part[..read]);
                None
            }
        }
    })
    .await;
    assert!(
        String::from_utf8_lossy(&answer).contains("hello_expected"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

/// Carries bytes to a hub and remembers what came first on every connection, and every request head after it.
struct Wiretap {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    _tasks: JoinSet<()>,
}

impl Wiretap {
    async fn start(hub: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let memory = Arc::clone(&heard);
        tasks.spawn(async move {
            let mut carried = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let index = {
                    let mut heard = memory.lock().unwrap();
                    heard.push(Vec::new());
                    heard.len() - 1
                };
                carried.spawn(carry(client, hub, Arc::clone(&memory), index));
            }
        });
        Self { address, heard, _tasks: tasks }
    }

    /// The head of every HTTP request, upgrades included.
    fn requests(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let text = heard.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        text.flat_map(|text| {
            let heads = text.split("\r\n\r\n").filter_map(|part| {
                let start = ["GET /", "POST /", "PUT /", "PATCH /", "DELETE /"]
                    .iter()
                    .find_map(|verb| part.find(verb))?;
                Some(part[start..].to_owned())
            });
            heads.collect::<Vec<_>>()
        })
        .collect()
    }
}

async fn carry(client: TcpStream, hub: SocketAddr, heard: Arc<Mutex<Vec<Vec<u8>>>>, index: usize) {
    let Ok(server) = TcpStream::connect(hub).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async {
        let mut part = [0; 4096];
        while let Ok(read @ 1..) = from_client.read(&mut part).await {
            heard.lock().unwrap()[index].extend_from_slice(&part[..read]);
            if to_server.write_all(&part[..read]).await.is_err() {
                break;
            }
        }
        let _ = to_server.shutdown().await;
    };
    let down = async {
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
        let _ = to_client.shutdown().await;
    };
    tokio::join!(up, down);
}
