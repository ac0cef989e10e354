//! The calls that are open, and the timer that ends forgotten ones (rule R1).
//!
//! Knows nothing of WebRTC: a call is a task that watches [`Place::ended`] and is gone when it returns.

use super::secrets::SecretHash;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often forgotten calls are looked for (rule R1.1).
const TICK: Duration = Duration::from_secs(60);

/// A call without a client's event for so long is forgotten (rule R1.2). The audio does not count: it never pauses.
const IDLE: Duration = Duration::from_secs(5 * 60);

/// Calls at a time: a kitchen has fewer screens than this.
const MOST: usize = 32;

/// See the module.
#[derive(Default)]
pub(super) struct Calls {
    open: Arc<Mutex<BTreeMap<String, Open>>>,
    timer: Mutex<Option<Timer>>,
    is_stopped: AtomicBool,
    tasks: TaskTracker,
}

struct Open {
    secret: SecretHash,
    active: Arc<Mutex<Instant>>,
    end: CancellationToken,
}

struct Timer {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// A call's place among the open ones; it is free again when this is dropped.
pub(super) struct Place {
    id: String,
    open: Arc<Mutex<BTreeMap<String, Open>>>,
    active: Arc<Mutex<Instant>>,
    end: CancellationToken,
}

impl Place {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The client did something.
    pub(super) fn touch(&self) {
        *locked(&self.active) = Instant::now();
    }

    /// The call is to end.
    pub(super) async fn ended(&self) {
        self.end.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.open).remove(&self.id);
    }
}

impl Calls {
    /// Starts the timer. A second start changes nothing and warns; so does one after the end.
    pub(super) fn start(&self) -> bool {
        let mut timer = locked(&self.timer);
        if timer.is_some() || self.is_stopped.load(Ordering::SeqCst) {
            tracing::warn!(target: "hub::voice", "the timer for forgotten calls was started before");
            return false;
        }
        let (open, stop) = (self.open.clone(), CancellationToken::new());
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let mut ticks = interval_at(Instant::now() + TICK, TICK);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = stopped.cancelled() => break,
                    now = ticks.tick() => sweep(&locked(&open), now),
                }
            }
        });
        *timer = Some(Timer { stop, task });
        true
    }

    /// A place for one more call. None: there are as many as may be, or this is the end.
    pub(super) fn place(&self, id: String, secret: SecretHash) -> Option<Place> {
        let mut open = locked(&self.open);
        if open.len() >= MOST || self.is_stopped.load(Ordering::SeqCst) {
            return None;
        }
        let (active, end) = (Arc::new(Mutex::new(Instant::now())), CancellationToken::new());
        open.insert(id.clone(), Open { secret, active: active.clone(), end: end.clone() });
        Some(Place { id, open: self.open.clone(), active, end })
    }

    /// Runs a call; it is waited for at the end.
    pub(super) fn run(&self, call: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(call);
    }

    /// Ends a call. False: there is none of that name that this secret opened.
    pub(super) fn hang_up(&self, id: &str, secret: &SecretHash) -> bool {
        let open = locked(&self.open);
        let call = open.get(id).filter(|call| *secret == call.secret);
        call.inspect(|call| call.end.cancel()).is_some()
    }

    /// How many calls are open.
    pub(super) fn live(&self) -> usize {
        locked(&self.open).len()
    }

    /// Whether the timer runs.
    pub(super) fn is_timed(&self) -> bool {
        locked(&self.timer).as_ref().is_some_and(|timer| !timer.task.is_finished())
    }

    /// Tells the timer and every call to end, and waits for nothing: for whoever has no time to.
    pub(super) fn abandon(&self) {
        self.is_stopped.store(true, Ordering::SeqCst);
        if let Some(timer) = locked(&self.timer).as_ref() {
            timer.stop.cancel();
        }
        locked(&self.open).values().for_each(|call| call.end.cancel());
    }

    /// Ends the timer first, then every call, and forgets them all (rule R1.3). A second call only warns.
    pub(super) async fn stop(&self) {
        if self.is_stopped.swap(true, Ordering::SeqCst) {
            tracing::warn!(target: "hub::voice", "the calls were ended before");
            return;
        }
        let timer = locked(&self.timer).take();
        if let Some(timer) = timer {
            timer.stop.cancel();
            if timer.task.await.is_err() {
                tracing::error!(target: "hub::voice", "the timer for forgotten calls had panicked");
            }
        }
        locked(&self.open).values().for_each(|call| call.end.cancel());
        self.tasks.close();
        self.tasks.wait().await;
        locked(&self.open).clear();
    }
}

/// Ends what is forgotten.
fn sweep(open: &BTreeMap<String, Open>, now: Instant) {
    let forgotten = |call: &&Open| now.duration_since(*locked(&call.active)) > IDLE;
    let ended = open.values().filter(forgotten).inspect(|call| call.end.cancel()).count();
    tracing::info!(target: "hub::voice", ended, live = open.len() - ended, "looked for forgotten calls");
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    /// A call that only waits for its end; counts those that came to it.
    fn open(calls: &Calls, id: &str, ended: &Arc<AtomicUsize>) -> Arc<Place> {
        let place = Arc::new(calls.place(id.to_owned(), [0; 32]).unwrap());
        let (waiting, ended) = (place.clone(), ended.clone());
        calls.run(async move {
            waiting.ended().await;
            ended.fetch_add(1, Ordering::SeqCst);
        });
        place
    }

    #[tokio::test(start_paused = true)]
    async fn r1_01_the_timer_runs_once_however_often_it_is_started() {
        let calls = Calls::default();
        assert!(!calls.is_timed());
        assert!(calls.start() && calls.is_timed());
        assert!(!calls.start(), "a second start is refused");
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        assert_eq!(tasks, 1, "one timer");
        calls.stop().await;
    }

    #[tokio::test(start_paused = true)]
    async fn r1_02_a_tick_ends_what_was_idle_for_more_than_five_minutes() {
        let calls = Calls::default();
        calls.start();
        let ended = Arc::new(AtomicUsize::new(0));
        let (one, two, three) =
            (open(&calls, "1", &ended), open(&calls, "2", &ended), open(&calls, "3", &ended));
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_secs(60)).await;
            two.touch();
        }
        // The tick at five minutes: nobody has been idle for longer.
        tokio::time::sleep(Duration::from_secs(61)).await;
        assert_eq!(ended.load(Ordering::SeqCst), 0);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(ended.load(Ordering::SeqCst), 2, "1 and 3, at six minutes");
        drop((one, three));
        assert_eq!(calls.live(), 1, "their memory is free");
        tokio::time::sleep(Duration::from_secs(240)).await;
        assert_eq!(ended.load(Ordering::SeqCst), 3, "2 was last active at four minutes");
        drop(two);
        calls.stop().await;
    }

    #[tokio::test(start_paused = true)]
    async fn r1_03_the_end_stops_the_timer_then_every_call_and_a_second_one_does_nothing() {
        let calls = Calls::default();
        calls.start();
        let ended = Arc::new(AtomicUsize::new(0));
        let place = open(&calls, "1", &ended);
        calls.stop().await;
        assert_eq!((ended.load(Ordering::SeqCst), calls.live(), calls.is_timed()), (1, 0, false));
        assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0, "no tick can come");
        calls.stop().await;
        assert!(!calls.start() && calls.place("2".into(), [0; 32]).is_none(), "nothing begins after the end");
        drop(place);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_hung_up_by_its_secret_and_places_are_bounded() {
        let calls = Calls::default();
        let one = calls.place("1".into(), [1; 32]).unwrap();
        assert!(!calls.hang_up("1", &[2; 32]) && !calls.hang_up("2", &[1; 32]));
        assert!(calls.hang_up("1", &[1; 32]));
        one.ended().await;
        let more: Vec<_> = (2..=MOST).map(|id| calls.place(id.to_string(), [0; 32]).unwrap()).collect();
        assert!(calls.place("more".into(), [0; 32]).is_none());
        drop(more);
        assert!(calls.place("more".into(), [0; 32]).is_some());
    }
}
