//! What was decided and is not in force yet, and what the guardian holds for a while.

use alloy::primitives::U256;
use ballast::words::{self, Names};
use serde::Serialize;

use crate::screen::{number, waits, Screen, Waiting};

/// A change that waits, or is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// Its kind: targets, fees, modules, feed, owner, grant, absorb.
    pub what: &'static str,
    /// In words.
    pub words: String,
    /// From when it is in force or may be put into force; of targets the end of their ramp.
    pub ready_at: u64,
}

/// An act of the guardian in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// In words.
    pub words: String,
    /// When it ends.
    pub until: u64,
}

/// Both, from the lens's answers.
pub(crate) fn of(screen: &Screen, waiting: &Waiting, names: &Names) -> (Vec<Pending>, Vec<Act>) {
    (changes(waiting, names), acts(screen, waiting, names))
}

fn changes(waiting: &Waiting, names: &Names) -> Vec<Pending> {
    let number = |place: usize| waiting.numbers.get(place).copied().unwrap_or_default();
    let account = |place: usize| waiting.accounts.get(place).copied().unwrap_or_default();
    let now = number(number::AT);
    let mut pending = Vec::new();
    let mut add = |what, words: String, ready_at: U256| {
        let ready_at = ready_at.saturating_to();
        pending.push(Pending {
            what,
            words,
            ready_at,
        });
    };
    let (start, end) = (number(waits::TARGETS_START), number(waits::TARGETS_END));
    if end > now || !number(waits::TARGETS_PENDING).is_zero() {
        let named = waiting.targetTokens.iter().zip(&waiting.targetsBps);
        let named: Vec<String> = named
            .map(|(token, bps)| {
                let (token, part) = (words::token(*token, names), words::percent_bps(*bps));
                format!("{token} {part}")
            })
            .collect();
        let way = match end > now {
            true => format!(
                "weights move from {} to {}",
                words::time(start),
                words::time(end)
            ),
            false => "the weights have arrived, the holdings have not".into(),
        };
        add("targets", format!("{}; {way}", named.join(", ")), end);
    }
    let fees_from = number(waits::FEES_FROM);
    if !fees_from.is_zero() {
        let rate = |place| words::percent_bps(number(waits::FEES + place));
        let words = format!(
            "management {} a year, mint {}, redeem {}, for {}",
            rate(0),
            rate(1),
            rate(2),
            account(waits::RECIPIENT)
        );
        add("fees", words, fees_from);
    }
    let modules_from = number(waits::MODULES_FROM);
    if !modules_from.is_zero() {
        let (oracle, rebalancer) = (account(waits::ORACLE), account(waits::REBALANCER));
        let words = format!("oracle {oracle}, rebalancer {rebalancer}");
        add("modules", words, modules_from);
    }
    let successor = account(waits::SUCCESSOR);
    if !successor.is_zero() {
        let words = format!("{successor} may take over");
        add("owner", words, number(waits::SUCCESSOR_FROM));
    }
    let by_asset = |list: &[U256], index: usize| list.get(index).copied().unwrap_or_default();
    for (index, token) in waiting.tokens.iter().enumerate() {
        let token = words::token(*token, names);
        let ready_at = by_asset(&waiting.feedReadyAt, index);
        if !ready_at.is_zero() {
            let source = waiting.feedSources.get(index).copied().unwrap_or_default();
            let words = match by_asset(&waiting.feedKinds, index).is_zero() {
                true => format!("{token} is to be priced by {source}"),
                false => format!("{token} is to have another second source"),
            };
            add("feed", words, ready_at);
        }
        let end = by_asset(&waiting.absorbEnds, index);
        match by_asset(&waiting.absorbRests, index).is_zero() {
            true if end.is_zero() => {}
            true => add("absorb", format!("stray {token} may be taken in"), end),
            false if end > now => add("absorb", format!("stray {token} flows in"), end),
            false => {}
        }
    }
    pending
}

fn acts(screen: &Screen, waiting: &Waiting, names: &Names) -> Vec<Act> {
    let now = waiting.numbers.get(number::AT).copied().unwrap_or_default();
    let mut guardian = Vec::new();
    let mut hold = |words: String, until: U256| {
        if until > now {
            guardian.push(Act {
                words,
                until: until.saturating_to(),
            });
        }
    };
    let marks = screen.sellOnlyUntil.iter().zip(&screen.quarantinedUntil);
    for (token, (sell_only, quarantined)) in screen.tokens.iter().zip(marks) {
        let token = words::token(*token, names);
        hold(format!("{token} is sell-only"), *sell_only);
        hold(format!("{token} is quarantined"), *quarantined);
    }
    // The limits by their ids, then a ramp, then the pause.
    let count = words::LIMITS.len();
    for (place, until) in waiting.actsUntil.iter().enumerate() {
        let words = match screen.limits.get(place) {
            Some(value) => {
                let (name, value) = words::limit(U256::from(place), *value);
                format!("{name} is tightened to {value}")
            }
            None if place == count => "the ramp of the targets is held".into(),
            None => "rebalancing is paused".into(),
        };
        hold(words, *until);
    }
    guardian
}

/// Grants of roles that wait.
pub(crate) fn grants(roles: &[crate::history::Role]) -> Vec<Pending> {
    let waits = roles.iter().filter_map(|role| Some((role, role.from?)));
    waits
        .map(|(role, ready_at)| Pending {
            what: "grant",
            words: format!("{} is to become {}", role.account, role.role),
            ready_at,
        })
        .collect()
}
