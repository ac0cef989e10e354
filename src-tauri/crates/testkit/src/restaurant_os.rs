//! A Restaurant OS back end, scripted from its contract: REST and WebSocket on one port, orders in memory, and every trap
//! that the real one lays, each with a switch.
//!
//! It judges what it is asked as the real one does and says no more than that one. Every request is recorded with its
//! headers and body, so that a test can look for secrets, for a forgotten CSRF pair and for too many requests.

mod http;
mod socket;
mod state;

pub use state::{Account, Asked, AuthMood, HttpMood, NewRow, Traps};

use serde_json::Value;
use state::State;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wire::restaurant_os::Status;

/// The restaurant that most tests are about.
pub const RESTAURANT: &str = "11111111-1111-4111-8111-111111111111";

/// Somebody else's.
pub const OTHER_RESTAURANT: &str = "22222222-2222-4222-8222-222222222222";

/// A running back end. Dropping it ends it, and every socket with it.
pub struct RestaurantOs {
    addr: SocketAddr,
    core: Arc<Core>,
    end: CancellationToken,
}

pub(crate) struct Core {
    state: Mutex<State>,
    /// Rises with every socket-wide command.
    cut: watch::Sender<Cut>,
}

/// What is done to all sockets at once.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cut {
    /// How often.
    count: u64,
    /// With this close code; none: without a word.
    code: Option<u16>,
}

impl Core {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RestaurantOs {
    /// Starts one on loopback, with three accounts and no orders.
    ///
    /// # Panics
    /// When loopback cannot be listened on.
    pub async fn start(traps: Traps) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback can be listened on");
        let addr = listener.local_addr().expect("a listener has an address");
        let core = Arc::new(Core { state: Mutex::new(State::new(traps)), cut: watch::Sender::default() });
        let end = CancellationToken::new();
        tokio::spawn(accept(listener, core.clone(), end.clone()));
        Self { addr, core, end }
    }

    /// `http://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Changes how it behaves from now on.
    pub fn traps(&self, change: impl FnOnce(&mut Traps)) {
        change(&mut self.core.state().traps);
    }

    /// The POS takes an order. Gives back its id.
    #[must_use]
    pub fn place(&self, row: &NewRow) -> String {
        self.core.state().place(row)
    }

    /// Somebody moves an order, whatever the rules say.
    pub fn set_status(&self, id: &str, status: Status) {
        self.core.state().set_status(id, status);
    }

    /// Somebody pays: `updated_at` moves, the version does not.
    pub fn pay(&self, id: &str) {
        self.core.state().change(id, |row| row["payment_status"] = "paid".into());
    }

    /// Somebody changes a row by hand, and the frame goes out.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut Value)) {
        self.core.state().change(id, change);
    }

    /// Somebody deletes a row by hand; nobody is told.
    pub fn delete_row(&self, id: &str) {
        self.core.state().rows.retain(|row| row["id"] != id);
    }

    /// The status of an order.
    #[must_use]
    pub fn status(&self, id: &str) -> Option<Status> {
        let state = self.core.state();
        state.row(id).and_then(|row| Status::of(row["status"].as_str()?))
    }

    /// All rows, oldest first.
    #[must_use]
    pub fn rows(&self) -> Vec<Value> {
        self.core.state().rows.clone()
    }

    /// Everything that was asked, oldest first.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.core.state().asked.clone()
    }

    /// Texts that came over sockets, oldest first.
    #[must_use]
    pub fn heard(&self) -> Vec<String> {
        self.core.state().heard.clone()
    }

    /// Sockets that were ever upgraded, and the most at one time.
    #[must_use]
    pub fn sockets(&self) -> (u64, u64) {
        let state = self.core.state();
        (state.sockets_ever, state.sockets_most)
    }

    /// Sockets that listen to orders now.
    #[must_use]
    pub fn listening(&self) -> u64 {
        self.core.state().listening
    }

    /// Tries that have been charged to an account.
    #[must_use]
    pub fn tries(&self, email: &str) -> u32 {
        let state = self.core.state();
        state.accounts.iter().find(|account| account.email == email).map_or(0, |account| account.tries)
    }

    /// No token that was given so far is good any more.
    pub fn revoke_tokens(&self) {
        self.core.state().generation += 1;
    }

    /// Every socket ends without a close frame.
    pub fn cut(&self) {
        self.core.cut.send_modify(|cut| *cut = Cut { count: cut.count + 1, code: None });
    }

    /// Every socket is closed with that code, as 1001 on a shutdown.
    pub fn close(&self, code: u16) {
        self.core.cut.send_modify(|cut| *cut = Cut { count: cut.count + 1, code: Some(code) });
    }
}

impl Drop for RestaurantOs {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

async fn accept(listener: TcpListener, core: Arc<Core>, end: CancellationToken) {
    loop {
        let stream = tokio::select! {
            () = end.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = stream else { continue };
        // As behind a proxy whose server is down.
        if core.state().traps.refuse {
            continue;
        }
        let (core, end) = (core.clone(), end.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = end.cancelled() => {}
                () = serve(stream, core) => {}
            }
        });
    }
}

/// One port for both: whoever asks for an upgrade gets a socket, at any path.
async fn serve(stream: TcpStream, core: Arc<Core>) {
    let mut head = vec![0; 16 * 1024];
    let mut cut = core.cut.subscribe();
    cut.mark_unchanged();
    loop {
        let Ok(read) = stream.peek(&mut head).await else { return };
        if read == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&head[..read]).to_ascii_lowercase();
        if text.contains("\r\n\r\n") {
            if text.contains("upgrade: websocket") {
                return socket::serve(stream, core, cut).await;
            }
            return http::serve(stream, core).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}
