//! What goes wrong, where and when: one lane for each cable and each process, so that no two troubles of one lane meet.
//! Troubles of different lanes meet as they please.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use testkit::chaos::{ChaosProxy, Weather};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Plan;
use super::backend::missing;
use super::dice::Dice;
use super::house::House;
use super::report::Kind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Far {
    Screen(usize),
    Till,
    BackEnd,
}

/// One trouble of a cable.
#[derive(Debug, Clone)]
struct Bad {
    kind: Kind,
    lasts: Duration,
    weather: Weather,
    /// What is open is reset when it begins.
    cut: bool,
}

/// One trouble of a process.
#[derive(Debug, Clone, Copy)]
enum Blow {
    Kill,
    KillAndTear,
    FullDisk,
}

pub(crate) fn spawn_all(
    tasks: &mut JoinSet<()>,
    house: &Arc<House>,
    plan: &Plan,
    length: Duration,
    dice: &mut Dice,
) {
    let ends = [Far::Screen(0), Far::Screen(1), Far::Screen(2), Far::BackEnd, Far::Till];
    let mut lanes: Vec<(Far, Vec<Bad>)> = ends.iter().map(|end| (*end, Vec::new())).collect();
    // None of the long ones is the till's: a minute's orders at once are more than any glass is made for.
    let of_long = ends.len() - 1;
    for n in 0..plan.long_cuts {
        lanes[n % of_long].1.push(long(plan, n / of_long, dice));
    }
    for n in plan.long_cuts..plan.cuts {
        let lane = n % lanes.len();
        let bad = short(lanes[lane].0, dice);
        lanes[lane].1.push(bad);
    }
    // Not counted as cuts: the cable holds.
    for n in 0..plan.cuts / 5 {
        lanes[n % ends.len()].1.push(slow(dice));
    }
    for (end, mut bad) in lanes {
        shuffle(&mut bad, dice);
        tasks.spawn_local(cable(house.clone(), end, bad, length, Dice::new(dice.next())));
    }

    let of_hub = (plan.kills * 2).div_ceil(5);
    let blow = |n: usize| if n.is_multiple_of(3) { Blow::KillAndTear } else { Blow::Kill };
    let mut blows: Vec<Blow> = (0..of_hub).map(blow).collect();
    blows.extend(std::iter::repeat_n(Blow::FullDisk, plan.full_disks));
    shuffle(&mut blows, dice);
    tasks.spawn_local(hub(house.clone(), blows, length, Dice::new(dice.next())));
    let screens = house.screens.len();
    for screen in 0..screens {
        let kills = (of_hub..plan.kills).filter(|n| n % screens == screen).count();
        let mut blows: Vec<Blow> = (0..kills).map(blow).collect();
        shuffle(&mut blows, dice);
        tasks.spawn_local(screen_lane(house.clone(), screen, blows, length, Dice::new(dice.next())));
    }
}

fn shuffle<T>(all: &mut [T], dice: &mut Dice) {
    for last in (1..all.len()).rev() {
        all.swap(last, dice.below(last + 1));
    }
}

fn long(plan: &Plan, n: usize, dice: &mut Dice) -> Bad {
    let lasts = dice.between(plan.long, plan.long + Duration::from_secs(3));
    // A cable that is out, and a switch that swallows everything.
    let refuse = n.is_multiple_of(2);
    let weather = Weather { refuse, stall: !refuse, ..Weather::default() };
    Bad { kind: Kind::Long, lasts, weather, cut: refuse }
}

fn short(end: Far, dice: &mut Dice) -> Bad {
    let good = Weather::default();
    let secs = |dice: &mut Dice, from: f64, to: f64| {
        dice.between(Duration::from_secs_f64(from), Duration::from_secs_f64(to))
    };
    // A clear no is what garbled text gets over HTTP, and who gets a clear no does not ask again.
    let kinds = if matches!(end, Far::Till | Far::BackEnd) { 4 } else { 5 };
    match dice.below(kinds) {
        0 => Bad { kind: Kind::Reset, lasts: Duration::ZERO, weather: good, cut: true },
        1 => {
            let weather = Weather { refuse: true, ..good };
            Bad { kind: Kind::Refused, lasts: secs(dice, 0.3, 4.0), weather, cut: true }
        }
        2 => {
            let weather = Weather { stall: true, ..good };
            Bad { kind: Kind::Stalled, lasts: secs(dice, 0.5, 6.0), weather, cut: false }
        }
        3 => {
            let weather = Weather { cut_after: Some(200 + dice.below(40_000) as u64), ..good };
            Bad { kind: Kind::CutAfter, lasts: secs(dice, 1.0, 3.0), weather, cut: true }
        }
        _ => {
            let weather = Weather { garble_every: Some(300 + dice.below(6_000) as u64), ..good };
            Bad { kind: Kind::Garbled, lasts: secs(dice, 1.0, 3.0), weather, cut: false }
        }
    }
}

fn slow(dice: &mut Dice) -> Bad {
    let lasts = dice.between(Duration::from_secs(1), Duration::from_secs(3));
    let weather = if dice.below(2) == 0 {
        Weather {
            delay: dice.between(Duration::from_millis(50), Duration::from_millis(400)),
            ..Weather::default()
        }
    } else {
        Weather { bytes_per_second: Some(30_000 + dice.below(60_000) as u64), ..Weather::default() }
    };
    Bad { kind: Kind::Slow, lasts, weather, cut: false }
}

/// Pauses between troubles so that all of them fill the time.
fn pauses(count: usize, lasting: Duration, length: Duration, dice: &mut Dice) -> Vec<Duration> {
    let mean = length.saturating_sub(lasting).div_f64(count.max(1) as f64);
    (0..count).map(|_| dice.between(mean.mul_f64(0.4), mean.mul_f64(1.4))).collect()
}

async fn cable(house: Arc<House>, end: Far, bad: Vec<Bad>, length: Duration, mut dice: Dice) {
    let lasting = bad.iter().map(|bad| bad.lasts).sum();
    let pauses = pauses(bad.len(), lasting, length, &mut dice);
    let proxy: &ChaosProxy = match end {
        Far::Screen(index) => &house.cables[index],
        Far::Till => &house.till_cable,
        Far::BackEnd => &house.back_end.back_end.cable,
    };
    for (Bad { kind, lasts, weather, cut }, pause) in bad.into_iter().zip(pauses) {
        sleep(pause).await;
        if let Far::Screen(index) = end {
            house.screens[index].trouble();
        }
        proxy.set(weather);
        if cut {
            proxy.cut();
        }
        sleep(lasts).await;
        proxy.set(Weather::default());
        let over = Instant::now();
        house.samples.lock().unwrap().cuts += usize::from(kind != Kind::Slow);
        match end {
            Far::Screen(index) => house.screens[index].calm(kind, over),
            Far::Till => {}
            Far::BackEnd => back_end_again(&house, over).await,
        }
    }
}

/// Until everything that was ordered over there by the end of the trouble is in the hub's log.
async fn back_end_again(house: &House, since: Instant) {
    let wanted: BTreeSet<String> = house.back_end.placed();
    // Whatever never comes is missed at the end; here it is only not waited for.
    while since.elapsed() < super::REST && !matches!(house.reads(|hub| missing(hub, &wanted)), Ok(0)) {
        sleep(Duration::from_millis(50)).await;
    }
    house.samples.lock().unwrap().add(Kind::BackEnd, since.elapsed());
}

async fn hub(house: Arc<House>, blows: Vec<Blow>, length: Duration, mut dice: Dice) {
    const FULL: Duration = Duration::from_secs(2);
    let full = blows.iter().filter(|blow| matches!(blow, Blow::FullDisk)).count();
    let pauses = pauses(blows.len(), FULL * full as u32, length, &mut dice);
    for (blow, pause) in blows.into_iter().zip(pauses) {
        sleep(pause).await;
        match blow {
            Blow::Kill => house.kill_hub(None).await,
            Blow::KillAndTear => house.kill_hub(Some(Dice::new(dice.next()))).await,
            Blow::FullDisk => house.fill_disk(FULL).await,
        }
        house.samples.lock().unwrap().kills += usize::from(!matches!(blow, Blow::FullDisk));
    }
}

async fn screen_lane(house: Arc<House>, screen: usize, blows: Vec<Blow>, length: Duration, mut dice: Dice) {
    let pauses = pauses(blows.len(), Duration::ZERO, length, &mut dice);
    for (blow, pause) in blows.into_iter().zip(pauses) {
        sleep(pause).await;
        house.screens[screen].kill(matches!(blow, Blow::KillAndTear)).await;
        house.samples.lock().unwrap().kills += 1;
    }
}
