//! The planner against every allocation there is, on small whole numbers.

use crate::exact::u;
use ballast_math::plan::{plan, Snapshot};
use ballast_math::{BPS, D36, WAD};
use ruint::aliases::U256;

/// Weights are multiples of 1/20, prices and holdings small: everything is scaled by 20 and whole.
const PARTS: i64 = 20;

struct Case {
    held: Vec<i64>,
    prices: Vec<i64>,
    parts: Vec<i64>,
}

impl Case {
    fn nav(&self) -> i64 {
        self.held
            .iter()
            .zip(&self.prices)
            .map(|(held, price)| held * price)
            .sum()
    }

    /// 20 times value less 20 times target.
    fn gap(&self, i: usize) -> i64 {
        PARTS * self.held[i] * self.prices[i] - self.parts[i] * self.nav()
    }

    /// 40 times NAV times the distance after moving `moved[i]` value into (or out of) each asset.
    fn distance(&self, moved: &[i64]) -> i64 {
        (0..self.held.len())
            .map(|i| (self.gap(i) + PARTS * moved[i]).abs())
            .sum()
    }

    /// The least distance over every number of units sold for every pair, targets never crossed.
    fn best(&self) -> i64 {
        let over: Vec<usize> = (0..self.held.len()).filter(|i| self.gap(*i) > 0).collect();
        let under: Vec<usize> = (0..self.held.len()).filter(|i| self.gap(*i) < 0).collect();
        let pairs: Vec<(usize, usize)> = over
            .iter()
            .flat_map(|a| under.iter().map(move |b| (*a, *b)))
            .collect();
        let mut moved = vec![0; self.held.len()];
        let mut best = self.distance(&moved);
        self.search(&pairs, &mut moved, &mut best);
        best
    }

    fn search(&self, pairs: &[(usize, usize)], moved: &mut Vec<i64>, best: &mut i64) {
        let Some(((sell, buy), rest)) = pairs.split_first() else {
            *best = (*best).min(self.distance(moved));
            return;
        };
        let mut units = 0;
        loop {
            let value = units * self.prices[*sell];
            let fits = self.gap(*sell) + PARTS * (moved[*sell] - value) >= 0
                && self.gap(*buy) + PARTS * (moved[*buy] + value) <= 0;
            if !fits {
                return;
            }
            moved[*sell] -= value;
            moved[*buy] += value;
            self.search(rest, moved, best);
            moved[*sell] += value;
            moved[*buy] -= value;
            units += 1;
        }
    }

    /// What the planner reaches, and how many trades it takes.
    fn planned(&self) -> (i64, usize) {
        let whole = |numbers: &[i64]| -> Vec<U256> {
            numbers
                .iter()
                .map(|x| u(u64::try_from(*x).unwrap()))
                .collect()
        };
        // A whole unit of value is 20e18: no twentieth of NAV is ever cut, and none is dust.
        let scale = WAD * u(20);
        let held = whole(&self.held);
        let prices: Vec<U256> = whole(&self.prices)
            .into_iter()
            .map(|price| price * D36 * scale)
            .collect();
        let weights = twentieths(&self.parts);
        let snapshot = Snapshot {
            held: &held,
            prices: &prices,
            weights: &weights,
        };
        let plan = plan(&snapshot, BPS, U256::ZERO).unwrap();
        let mut moved = vec![0; self.held.len()];
        for trade in &plan.trades {
            let units = i64::try_from(trade.amount.to::<u64>()).unwrap();
            moved[trade.sell] -= units * self.prices[trade.sell];
            moved[trade.buy] += units * self.prices[trade.sell];
        }
        (self.distance(&moved), plan.trades.len())
    }
}

/// Twentieths of 1e18, exact.
fn twentieths(parts: &[i64]) -> Vec<U256> {
    parts
        .iter()
        .map(|part| WAD * u(u64::try_from(*part).unwrap()) / u(20))
        .collect()
}

/// Every list of `count` numbers from `from`, each at most `most`.
fn lists(count: usize, from: &[i64]) -> Vec<Vec<i64>> {
    (0..count).fold(vec![vec![]], |lists, _| {
        lists
            .iter()
            .flat_map(|list| {
                from.iter()
                    .map(move |x| list.iter().copied().chain([*x]).collect())
            })
            .collect()
    })
}

/// Tries every treasury; answers how many, and how many the planner left above the best.
fn every(count: usize, held: &[i64], prices: &[i64], parts: &[i64]) -> (u64, u64) {
    let (mut tried, mut worse) = (0, 0);
    let all_parts: Vec<_> = lists(count, parts)
        .into_iter()
        .filter(|parts| parts.iter().sum::<i64>() == PARTS)
        .collect();
    for prices in lists(count, prices) {
        for held in lists(count, held) {
            if held.iter().all(|held| *held == 0) {
                continue;
            }
            for parts in &all_parts {
                let case = Case {
                    held: held.clone(),
                    prices: prices.clone(),
                    parts: parts.clone(),
                };
                let best = case.best();
                let (planned, trades) = case.planned();
                assert!(trades < count);
                assert!(planned >= best, "the model missed an allocation");
                // Each asset may leave less than one unit of the coarsest token: 40 = 2 * 20.
                let coarsest = case.prices.iter().max().unwrap();
                let slack = 2 * PARTS * coarsest * i64::try_from(count).unwrap();
                assert!(planned - best < slack, "{held:?} {prices:?} {parts:?}");
                tried += 1;
                worse += u64::from(planned > best);
                if count == 2 && planned > best {
                    // One pair can only lose by a deficit smaller than the unit that would be bought.
                    let buy = usize::from(case.gap(1) < 0);
                    assert_eq!(trades, 0);
                    assert!(-case.gap(buy) < PARTS * case.prices[buy]);
                }
            }
        }
    }
    (tried, worse)
}

#[test]
fn plan_is_as_good_as_every_allocation_of_two_assets() {
    let (tried, worse) = every(
        2,
        &[0, 1, 2, 3, 5, 8],
        &[1, 2, 3, 7],
        &[0, 1, 3, 7, 10, 13, 17, 19, 20],
    );
    assert!(tried > 4_000, "{tried}");
    // One pair: the only ways to lose are the units, and the planner keeps a bought unit whole.
    println!("two assets: {tried} tried, {worse} above the best");
}

#[test]
fn plan_is_as_good_as_every_allocation_of_three_assets() {
    let (tried, worse) = every(3, &[0, 1, 3, 5], &[1, 2, 5], &[0, 3, 4, 5, 7, 10, 13, 20]);
    assert!(tried > 10_000, "{tried}");
    println!("three assets: {tried} tried, {worse} above the best");
}

#[test]
fn plan_is_as_good_as_every_allocation_of_four_assets() {
    let (tried, worse) = every(4, &[0, 2, 5], &[1, 3], &[0, 4, 5, 6, 10]);
    assert!(tried > 10_000, "{tried}");
    println!("four assets: {tried} tried, {worse} above the best");
}

/// Units too small to matter: greedy is then exactly the best there is.
#[test]
fn plan_is_the_best_when_units_are_fine() {
    let mut tried = 0;
    for held in lists(4, &[0, 1, 4, 6]) {
        if held.iter().all(|held| *held == 0) {
            continue;
        }
        for parts in lists(4, &[0, 4, 5, 6, 10])
            .iter()
            .filter(|parts| parts.iter().sum::<i64>() == PARTS)
        {
            // a twentieth of NAV is a whole number of units
            let held: Vec<i64> = held.iter().map(|held| held * PARTS).collect();
            let case = Case {
                held,
                prices: vec![1; 4],
                parts: parts.clone(),
            };
            assert_eq!(case.planned().0, 0, "{:?} {parts:?}", case.held);
            tried += 1;
        }
    }
    assert!(tried > 5_000, "{tried}");
}
