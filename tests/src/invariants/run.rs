//! Many sequences, and what they found.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::{anyhow, Result};

use super::{
    catalogue::{Broken, Checks, INVARIANTS},
    entry_points::{Entry, Why, ENTRY_POINTS},
    moves::MOVES,
    stand::Stand,
    world::{Counts, Stop, World},
};

/// How much to run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Sequences.
    pub sequences: u64,
    /// Moves of each.
    pub calls: u64,
    /// The first sequence's seed; each next one's is greater by one.
    pub seed: u64,
    /// Threads.
    pub threads: u64,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// How often each law was checked.
    pub checks: Checks,
    /// What became of the moves, by name.
    pub moves: BTreeMap<&'static str, Counts>,
    /// What became of the calls of each function, by signature.
    pub functions: BTreeMap<&'static str, Counts>,
    /// Why moves were refused: how often, by the move and the error's name.
    pub refusals: BTreeMap<(&'static str, String), u64>,
    /// Sequences that ended early, with all weight in quarantine.
    pub weightless: u64,
    /// The first broken law, the seed of its sequence, and all that was done in it.
    pub broken: Option<(Broken, u64, Vec<String>)>,
}

impl Report {
    /// Laws that were broken or never checked.
    pub fn failed(&self) -> usize {
        let broken = |n: usize| self.broken.as_ref().is_some_and(|(b, ..)| b.invariant == n);
        (1..=INVARIANTS.len())
            .filter(|n| broken(*n) || self.checks.of(*n) == 0)
            .count()
    }

    /// Moves that were never carried out, or never refused.
    pub fn one_sided(&self) -> Vec<&'static str> {
        let names = MOVES.iter().map(|(name, ..)| *name);
        let one_sided = |name: &&str| {
            let counts = self.moves.get(name);
            counts.is_none_or(|c| c.done == 0 || c.refused == 0)
        };
        names.filter(one_sided).collect()
    }

    /// Functions that should be carried out and never were, or the other way round.
    pub fn missed(&self) -> Vec<&'static str> {
        let missed = |entry: &&Entry| {
            let counts = self.functions.get(entry.signature);
            let (done, refused) = counts.map_or((0, 0), |c| (c.done, c.refused));
            match entry.why {
                Why::Moved(_) => done == 0,
                Why::NeverAgain(_) => done > 0 || refused == 0,
            }
        };
        let missed = ENTRY_POINTS.iter().filter(missed);
        missed.map(|entry| entry.signature).collect()
    }

    fn add(&mut self, world: World<'_>) {
        self.checks.add(&world.checks);
        merge(&mut self.moves, &world.counts);
        merge(&mut self.functions, &world.functions);
        for (why, times) in world.refusals {
            *self.refusals.entry(why).or_default() += times;
        }
    }

    fn merge(&mut self, other: Self) {
        self.checks.add(&other.checks);
        merge(&mut self.moves, &other.moves);
        merge(&mut self.functions, &other.functions);
        for (why, times) in other.refusals {
            *self.refusals.entry(why).or_default() += times;
        }
        self.weightless += other.weightless;
        self.broken = self.broken.take().or(other.broken);
    }
}

fn merge(mine: &mut BTreeMap<&'static str, Counts>, theirs: &BTreeMap<&'static str, Counts>) {
    for (name, counts) in theirs {
        let mine = mine.entry(name).or_default();
        mine.done += counts.done;
        mine.refused += counts.refused;
        mine.gas = mine.gas.max(counts.gas);
    }
}

/// Runs every sequence, until one breaks a law; `progress` is told how many are done.
///
/// # Errors
/// What stops a sequence and is no law.
pub async fn run(options: Options, progress: impl Fn(u64) + Sync) -> Result<Report> {
    let stand = Stand::set().await?;
    let next = AtomicU64::new(0);
    let workers = options.threads.max(1);
    let work = || -> Result<Report> {
        let mut report = Report::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= options.sequences {
                return Ok(report);
            }
            let seed = options.seed.wrapping_add(number);
            if let Some(found) = sequence(&stand, seed, options.calls, &mut report)? {
                report.broken = Some(found);
                // Nobody begins another.
                next.store(options.sequences, Ordering::Relaxed);
                return Ok(report);
            }
            progress(number + 1);
        }
    };
    let reports: Vec<Result<Report>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let ended = |thread: std::thread::ScopedJoinHandle<'_, Result<Report>>| {
            thread
                .join()
                .unwrap_or_else(|_| Err(anyhow!("a thread panicked")))
        };
        threads.into_iter().map(ended).collect()
    });
    let mut whole = Report::default();
    for report in reports {
        whole.merge(report?);
    }
    Ok(whole)
}

/// One sequence; what it broke, if anything.
fn sequence(
    stand: &Stand,
    seed: u64,
    calls: u64,
    report: &mut Report,
) -> Result<Option<(Broken, u64, Vec<String>)>> {
    let mut world = match World::new(stand, seed) {
        Ok(world) => world,
        Err(stop) => return ended(stop, seed, vec![]),
    };
    let total: u64 = MOVES.iter().map(|(_, weight, _)| weight).sum();
    let mut stopped = None;
    for _ in 0..calls {
        let mut left = world.random.below(total);
        let chosen = MOVES.iter().find(|(_, weight, _)| {
            let it = left < *weight;
            left = left.saturating_sub(*weight);
            it
        });
        let Some((name, _, act)) = chosen else {
            continue;
        };
        world.kind = name;
        world.watched = world.random.one_in(10);
        if let Err(stop) = act(&mut world) {
            stopped = Some(stop);
            break;
        }
    }
    let story = std::mem::take(&mut world.story);
    report.add(world);
    match stopped {
        Some(Stop::Weightless) => {
            report.weightless += 1;
            Ok(None)
        }
        Some(stop) => ended(stop, seed, story),
        None => Ok(None),
    }
}

fn ended(stop: Stop, seed: u64, story: Vec<String>) -> Result<Option<(Broken, u64, Vec<String>)>> {
    match stop {
        Stop::Broken(broken) => Ok(Some((broken, seed, story))),
        Stop::Weightless => Err(anyhow!("all weight was in quarantine from the beginning")),
        Stop::Failed(error) => {
            let last = story.last().cloned().unwrap_or_default();
            Err(error.context(format!("sequence of seed {seed}, after {last:?}")))
        }
    }
}
