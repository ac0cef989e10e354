//! A TCP proxy that behaves like the worst network a kitchen has seen: it delays, narrows, stalls, cuts, garbles and
//! refuses, as told, while connections run through it.
//!
//! One task accepts, one task per direction of a connection carries bytes; all of them end when the proxy is dropped.
//! Faults apply to connections that are open as well as to new ones.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// How the network behaves. The default is a good cable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weather {
    /// New connections are closed as soon as they are accepted.
    pub refuse: bool,
    /// Nothing moves in either direction and nobody is told: a black hole.
    pub stall: bool,
    /// Every piece of data arrives this much later.
    pub delay: Duration,
    /// At most this many bytes per second and direction.
    pub bytes_per_second: Option<u64>,
    /// A direction is cut off after it has carried so many bytes, in the middle of whatever it carried.
    pub cut_after: Option<u64>,
    /// Every so-many-th byte is damaged: its highest bit is turned, which no text survives unnoticed. Damage that could
    /// pass for another text is the business of TCP's checksums and, beyond this PC, of TLS.
    pub garble_every: Option<u64>,
}

/// The proxy. Dropping it closes everything.
#[derive(Debug)]
pub struct ChaosProxy {
    address: SocketAddr,
    target: watch::Sender<SocketAddr>,
    weather: watch::Sender<Weather>,
    /// Counts up to cut what is open.
    cut: watch::Sender<u64>,
    accepted: Arc<AtomicU64>,
    open: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

impl ChaosProxy {
    /// Listens on a free loopback port and carries every connection to `target`.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (target, targets) = watch::channel(target);
        let (weather, seen) = watch::channel(Weather::default());
        let (cut, cuts) = watch::channel(0);
        let accepted = Arc::new(AtomicU64::new(0));
        let open = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, targets, seen, cuts, Arc::clone(&accepted), Arc::clone(&open)));
        Ok(Self { address, target, weather, cut, accepted, open, _tasks: tasks })
    }

    /// Where to connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// New connections are carried there from now on: the server has come back at another address.
    pub fn lead_to(&self, target: SocketAddr) {
        self.target.send_replace(target);
    }

    /// Changes the weather for everything that is open and everything to come.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Resets every open connection now; new ones are carried as the weather says.
    pub fn cut(&self) {
        self.cut.send_modify(|count| *count += 1);
    }

    /// Connections accepted since the start, refused ones included.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Connections that are being carried now.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.open.load(Ordering::SeqCst)
    }
}

async fn accept(
    listener: TcpListener,
    target: watch::Receiver<SocketAddr>,
    weather: watch::Receiver<Weather>,
    cuts: watch::Receiver<u64>,
    accepted: Arc<AtomicU64>,
    open: Arc<AtomicU64>,
) {
    let mut carried = JoinSet::new();
    loop {
        tokio::select! {
            incoming = listener.accept() => {
                let Ok((client, _)) = incoming else { continue };
                accepted.fetch_add(1, Ordering::SeqCst);
                if weather.borrow().refuse {
                    reset(&client);
                    continue;
                }
                let target = *target.borrow();
                carried.spawn(carry(client, target, weather.clone(), cuts.clone(), Arc::clone(&open)));
            }
            Some(_) = carried.join_next() => {}
        }
    }
}

/// Counts a connection for as long as it lives.
struct Counted(Arc<AtomicU64>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn carry(
    client: TcpStream,
    target: SocketAddr,
    weather: watch::Receiver<Weather>,
    mut cuts: watch::Receiver<u64>,
    open: Arc<AtomicU64>,
) {
    open.fetch_add(1, Ordering::SeqCst);
    let _counted = Counted(open);
    cuts.mark_unchanged();
    let Ok(server) = TcpStream::connect(target).await else {
        reset(&client);
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let mut client = client;
    let mut server = server;
    {
        let (client_read, client_write) = client.split();
        let (server_read, server_write) = server.split();
        tokio::select! {
            // One direction that ends ends both: half-open connections are made by `stall`, not by accident.
            _ = pump(client_read, server_write, weather.clone()) => {}
            _ = pump(server_read, client_write, weather.clone()) => {}
            _ = cuts.changed() => {}
        }
    }
    reset(&client);
    reset(&server);
}

/// Makes the coming close a reset: the other side reads an error, as when a cable is pulled and a router says so.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut weather: watch::Receiver<Weather>,
) -> io::Result<()> {
    let mut buffer = vec![0u8; 16 * 1024];
    let mut carried = 0u64;
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        let arrived = Instant::now();
        weather.wait_for(|weather| !weather.stall).await.map_err(io::Error::other)?;
        let now = weather.borrow().clone();
        sleep_until(arrived + now.delay).await;
        let mut piece = &mut buffer[..count];
        if let Some(limit) = now.cut_after {
            let left = limit.saturating_sub(carried);
            let keep = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            piece = &mut piece[..keep];
        }
        if let Some(every) = now.garble_every.filter(|every| *every > 0) {
            for (offset, byte) in piece.iter_mut().enumerate() {
                if (carried + offset as u64 + 1).is_multiple_of(every) {
                    *byte ^= 0x80;
                }
            }
        }
        let kept = piece.len();
        to.write_all(piece).await?;
        carried += kept as u64;
        if kept < count {
            return Ok(());
        }
        if let Some(rate) = now.bytes_per_second.filter(|rate| *rate > 0) {
            sleep(Duration::from_secs_f64(kept as f64 / rate as f64)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> (SocketAddr, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        (address, tasks)
    }

    async fn through(proxy: &ChaosProxy, text: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(proxy.address()).await?;
        stream.write_all(text).await?;
        let mut answer = vec![0; text.len()];
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn a_good_cable_carries_everything_and_counts() {
        let (address, _server) = echo().await;
        let proxy = ChaosProxy::start(address).await.unwrap();
        assert_eq!(through(&proxy, b"two eggs").await.unwrap(), b"two eggs");
        assert_eq!(proxy.accepted(), 1);
    }

    #[tokio::test]
    async fn each_fault_is_what_it_says() {
        let (address, _server) = echo().await;
        let proxy = ChaosProxy::start(address).await.unwrap();
        proxy.set(Weather { cut_after: Some(3), ..Weather::default() });
        assert!(through(&proxy, b"two eggs").await.is_err());
        proxy.set(Weather { refuse: true, ..Weather::default() });
        assert!(through(&proxy, b"two eggs").await.is_err());
        proxy.set(Weather { delay: Duration::from_millis(30), ..Weather::default() });
        let begun = Instant::now();
        through(&proxy, b"two eggs").await.unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(60), "there and back");
    }

    #[tokio::test]
    async fn garbled_text_is_no_text_any_more() {
        let there = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = ChaosProxy::start(there.local_addr().unwrap()).await.unwrap();
        proxy.set(Weather { garble_every: Some(4), ..Weather::default() });
        let mut here = TcpStream::connect(proxy.address()).await.unwrap();
        here.write_all(b"two eggs").await.unwrap();
        let (mut stream, _) = there.accept().await.unwrap();
        let mut heard = [0; 8];
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"two\xa0egg\xf3");
        assert!(std::str::from_utf8(&heard).is_err());
    }

    #[tokio::test]
    async fn a_black_hole_gives_everything_back_when_it_ends_and_a_cut_ends_what_is_open() {
        let (address, _server) = echo().await;
        let proxy = ChaosProxy::start(address).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        proxy.set(Weather { stall: true, ..Weather::default() });
        stream.write_all(b"soup").await.unwrap();
        let mut answer = [0; 4];
        let nothing = tokio::time::timeout(Duration::from_millis(50), stream.read_exact(&mut answer)).await;
        assert!(nothing.is_err());
        proxy.set(Weather::default());
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"soup");
        assert_eq!(proxy.open(), 1);
        proxy.cut();
        assert!(stream.read_exact(&mut answer).await.is_err());
    }
}
