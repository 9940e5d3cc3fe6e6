//! What was seen, and what must hold of it.

use serde::Serialize;

use super::world::Window;

/// Blocks that a window may be missed, while the node can be reached and the keeper can pay.
pub const MISSED_MAX: u64 = 2;
/// Parts of a hundred by which memory may grow after the warm-up.
pub const GROWTH_MAX: u64 = 10;
/// USD: least profit of a rebalance, as the keeper is told.
pub(super) const PROFIT_USD: u64 = 2;

/// What was seen.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Blocks in which the keeper made a turn.
    pub blocks: u64,
    /// How often each fault was injected, and how it is called.
    pub faults: Vec<(&'static str, u64)>,
    /// Windows in which there was something to do that surely paid, and the keeper could do it.
    pub windows: u64,
    /// Of those, how many were used in the same block, one later, two later, and later.
    pub delays: [u64; 4],
    /// The longest delay, blocks.
    pub longest_delay: u64,
    /// Transactions of the keeper's by what they did, as the chain has them.
    pub opened: u64,
    /// Rebalances.
    pub rebalanced: u64,
    /// Looks at watched assets.
    pub observed: u64,
    /// Others: closing, settling, taking the place of another.
    pub others: u64,
    /// Reverted.
    pub reverted: u64,
    /// Rebalances that brought less than the keeper was told, gas paid.
    pub losses: u64,
    /// The least that a rebalance brought, USD, gas paid.
    pub least_profit: Option<f64>,
    /// What all of them brought, USD, gas of all transactions paid.
    pub profit: f64,
    /// Turns that ended in an error.
    pub failed_turns: u64,
    /// How often the keeper's processes have connected.
    pub connections: u64,
    /// Kilobytes after the warm-up, and at the end.
    pub rss_kb: (u64, u64),
    /// Blocks for which a window has been open and the keeper able.
    #[serde(skip)]
    waited: u64,
}

/// What is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// No window is missed for long.
    Windows,
    /// No rebalance brings less than the keeper was told.
    Losses,
    /// Nothing reverts.
    Reverts,
    /// All of it together paid.
    Profit,
    /// Memory stays flat.
    Memory,
    /// Every fault was injected.
    Faults,
}

/// Whether a rule holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The rule.
    pub rule: Rule,
    /// The rule in words, and the figures.
    pub words: String,
    /// Whether it holds.
    pub holds: bool,
}

/// What the keeper's account did in a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Deeds {
    pub(super) opened: bool,
    pub(super) rebalanced: bool,
    pub(super) observed: bool,
}

impl Deeds {
    /// Whether that was what `window` was open for: a look at ether is no trade.
    fn uses(self, window: Window) -> bool {
        match window {
            Window::None => false,
            Window::Look => self.observed,
            // Who needs no auction misses none.
            Window::Open => self.opened || self.rebalanced,
            Window::Trade => self.rebalanced,
        }
    }
}

impl Report {
    /// Counts how long a window has been open, after a block in which it was.
    pub(super) fn wait(&mut self, window: Window, is_able: bool, deeds: Deeds) {
        if deeds.uses(window) {
            let delay = usize::try_from(self.waited).unwrap_or(usize::MAX);
            self.windows += 1;
            self.delays[delay.min(3)] += 1;
            self.waited = 0;
        } else if window == Window::None {
            self.waited = 0;
        } else if is_able {
            self.waited += 1;
            self.longest_delay = self.longest_delay.max(self.waited);
        }
    }

    /// Counts a rebalance that brought so much and whose gas cost so much, USD.
    pub(super) fn trade(&mut self, brought: f64, fee: f64) {
        let profit = brought - fee;
        self.rebalanced += 1;
        self.profit += brought;
        // A cent for the rounding of what is worth how much.
        if profit < PROFIT_USD as f64 - 0.01 {
            self.losses += 1;
        }
        let least = self.least_profit.unwrap_or(f64::INFINITY);
        self.least_profit = Some(least.min(profit));
    }

    /// What must hold, in words, and whether it does.
    pub fn verdicts(&self) -> Vec<Verdict> {
        let (warm, end) = self.rss_kb;
        let limit = warm + warm * GROWTH_MAX / 100;
        let unseen: Vec<_> = self.faults.iter().filter(|(_, n)| *n == 0).collect();
        let least = match self.least_profit {
            Some(least) => format!(", which brought {least:.2} USD at least"),
            None => String::new(),
        };
        let verdict = |rule, holds, words| Verdict { rule, words, holds };
        vec![
            verdict(
                Rule::Windows,
                self.longest_delay <= MISSED_MAX && self.windows > 0,
                format!(
                    "no window missed for more than {MISSED_MAX} blocks: {} at most, {} used",
                    self.longest_delay, self.windows
                ),
            ),
            verdict(
                Rule::Losses,
                self.losses == 0 && self.rebalanced > 0,
                format!(
                    "no rebalance for less than {PROFIT_USD} USD: {} of {}{least}",
                    self.losses, self.rebalanced
                ),
            ),
            verdict(
                Rule::Reverts,
                self.reverted == 0,
                format!("no reverted transaction: {}", self.reverted),
            ),
            verdict(
                Rule::Profit,
                self.profit > 0.0,
                format!("it paid: {:.2} USD, gas of everything paid", self.profit),
            ),
            verdict(
                Rule::Memory,
                warm > 0 && end > 0 && end <= limit,
                format!(
                    "memory flat: {warm} kB after warm-up, {end} kB at the end, {limit} kB borne"
                ),
            ),
            verdict(
                Rule::Faults,
                unseen.is_empty() && !self.faults.is_empty(),
                match unseen.is_empty() {
                    true => format!("every fault of {} was injected", self.faults.len()),
                    false => format!("faults never injected: {unseen:?}"),
                },
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABLE: bool = true;
    const NOTHING: Deeds = Deeds {
        opened: false,
        rebalanced: false,
        observed: false,
    };
    const TRADED: Deeds = Deeds {
        rebalanced: true,
        ..NOTHING
    };
    const LOOKED: Deeds = Deeds {
        observed: true,
        ..NOTHING
    };
    const OPENED: Deeds = Deeds {
        opened: true,
        ..NOTHING
    };

    fn verdict(report: &Report, rule: Rule) -> Verdict {
        let verdicts = report.verdicts().into_iter();
        let mut of = verdicts.filter(|verdict| verdict.rule == rule);
        let verdict = of.next().expect("a verdict of each rule");
        assert_eq!(of.next(), None, "two verdicts of one rule");
        verdict
    }

    /// A report in which a trade window stood open for so many blocks before it was used.
    fn waited(blocks: u64) -> Report {
        let mut report = Report::default();
        for _ in 0..blocks {
            report.wait(Window::Trade, ABLE, NOTHING);
        }
        report.wait(Window::Trade, ABLE, TRADED);
        report
    }

    #[test]
    fn a_window_may_be_missed_for_two_blocks_and_not_for_three() {
        for (blocks, holds) in [(0, true), (2, true), (3, false), (40, false)] {
            let seen = verdict(&waited(blocks), Rule::Windows);
            assert_eq!(seen.holds, holds, "{}", seen.words);
            assert!(
                seen.words.contains(&format!(": {blocks} at most, 1 used")),
                "{}",
                seen.words
            );
        }
    }

    #[test]
    fn a_window_that_closes_unused_was_missed_all_the_same() {
        let mut report = waited(0);
        for _ in 0..3 {
            report.wait(Window::Open, ABLE, NOTHING);
        }
        report.wait(Window::None, ABLE, NOTHING);
        assert!(!verdict(&report, Rule::Windows).holds);
    }

    #[test]
    fn only_what_a_window_was_open_for_uses_it() {
        for (window, deeds, uses) in [
            (Window::Trade, LOOKED, false),
            (Window::Trade, OPENED, false),
            (Window::Open, LOOKED, false),
            (Window::Look, OPENED, false),
            (Window::Look, TRADED, false),
            (Window::Look, LOOKED, true),
            (Window::Open, OPENED, true),
            (Window::Open, TRADED, true),
            (Window::Trade, TRADED, true),
            (Window::None, TRADED, false),
        ] {
            assert_eq!(deeds.uses(window), uses, "{window:?} {deeds:?}");
        }
        // A keeper that looks at ether instead of trading, block after block.
        let mut report = waited(0);
        for _ in 0..3 {
            report.wait(Window::Trade, ABLE, LOOKED);
        }
        assert!(!verdict(&report, Rule::Windows).holds);
    }

    #[test]
    fn blocks_in_which_the_keeper_could_not_act_are_not_held_against_it() {
        let mut report = waited(0);
        for _ in 0..9 {
            report.wait(Window::Trade, !ABLE, NOTHING);
        }
        report.wait(Window::Trade, ABLE, NOTHING);
        report.wait(Window::Trade, ABLE, NOTHING);
        assert!(verdict(&report, Rule::Windows).holds);
        report.wait(Window::Trade, ABLE, NOTHING);
        assert!(!verdict(&report, Rule::Windows).holds);
    }

    #[test]
    fn a_keeper_that_does_nothing_at_all_is_no_good_one() {
        let report = Report::default();
        for rule in [
            Rule::Windows,
            Rule::Losses,
            Rule::Profit,
            Rule::Memory,
            Rule::Faults,
        ] {
            assert!(!verdict(&report, rule).holds, "{rule:?}");
        }
    }

    #[test]
    fn one_rebalance_below_the_floor_is_a_loss_among_a_hundred_good_ones() {
        let mut report = Report::default();
        for _ in 0..100 {
            report.trade(2.05, 0.05);
        }
        assert!(verdict(&report, Rule::Losses).holds);
        // Its gas makes the difference: 2.00 USD, and what it took to get them.
        report.trade(2.0, 0.05);
        let seen = verdict(&report, Rule::Losses);
        assert!(
            !seen.holds && seen.words.contains("1 of 101, which brought 1.95 USD"),
            "{}",
            seen.words
        );
    }

    #[test]
    fn one_revert_is_one_too_many() {
        let mut report = Report::default();
        assert!(verdict(&report, Rule::Reverts).holds);
        report.reverted = 1;
        let seen = verdict(&report, Rule::Reverts);
        assert!(!seen.holds && seen.words.ends_with(": 1"), "{}", seen.words);
    }

    #[test]
    fn gas_alone_makes_a_run_that_did_not_pay() {
        let mut report = Report::default();
        report.trade(3.0, 0.1);
        assert!(verdict(&report, Rule::Profit).holds);
        report.profit -= 3.01;
        let seen = verdict(&report, Rule::Profit);
        assert!(
            !seen.holds && seen.words.contains("-0.01 USD"),
            "{}",
            seen.words
        );
    }

    #[test]
    fn memory_may_grow_by_a_tenth_and_must_have_been_measured() {
        for (rss_kb, holds) in [
            ((20_000, 20_000), true),
            ((20_000, 22_000), true),
            ((20_000, 18_000), true),
            ((20_000, 22_001), false),
            ((20_000, 80_000), false),
            ((20_000, 0), false),
            ((0, 20_000), false),
        ] {
            let report = Report {
                rss_kb,
                ..Report::default()
            };
            let seen = verdict(&report, Rule::Memory);
            assert_eq!(seen.holds, holds, "{}", seen.words);
            assert!(
                seen.words.contains(&format!("{} kB at the end", rss_kb.1)),
                "{}",
                seen.words
            );
        }
    }

    #[test]
    fn a_fault_that_never_came_is_named() {
        let mut report = Report {
            faults: vec![("node down", 3), ("block taken back", 0)],
            ..Report::default()
        };
        let seen = verdict(&report, Rule::Faults);
        assert!(
            !seen.holds && seen.words.contains("block taken back") && !seen.words.contains("node"),
            "{}",
            seen.words
        );
        report.faults[1].1 = 1;
        assert!(verdict(&report, Rule::Faults).holds);
    }
}
