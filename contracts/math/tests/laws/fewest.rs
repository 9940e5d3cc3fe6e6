//! How many trades does the planner need, against the fewest that there are? By counting all small treasuries.

use ballast_math::{plan::*, BPS, D36, WAD};
use ruint::aliases::U256;

/// Greatest gap, {1 % of NAV}.
const MOST: u64 = 5;
/// Most assets on each side.
const SIDE: usize = 3;
/// Weight of each asset with a gap, {1 % of NAV}.
const TARGET: u64 = 10;

/// All lists of one to [`SIDE`] gaps, none smaller than the next.
fn lists() -> Vec<Vec<u64>> {
    let mut all: Vec<Vec<u64>> = vec![vec![]];
    let mut from = 0;
    for _ in 0..SIDE {
        let until = all.len();
        for i in from..until {
            let last = all[i].last().copied().unwrap_or(MOST);
            for gap in 1..=last {
                let mut longer = all[i].clone();
                longer.push(gap);
                all.push(longer);
            }
        }
        from = until;
    }
    all.retain(|list| !list.is_empty());
    all
}

/// All pairs of lists that cancel out: what is too much of some assets is missing of the others.
fn treasuries() -> Vec<(Vec<u64>, Vec<u64>)> {
    let lists = lists();
    let mut all = Vec::new();
    for over in &lists {
        let sum: u64 = over.iter().sum();
        let fits = lists
            .iter()
            .filter(|under| under.iter().sum::<u64>() == sum);
        all.extend(fits.map(|under| (over.clone(), under.clone())));
    }
    all
}

fn whole(percent: u64) -> U256 {
    WAD * U256::from(percent)
}

/// The planner's trades in a treasury of 100 whole units of value: sizes, {1 % of NAV}.
fn planned(over: &[u64], under: &[u64]) -> Vec<u64> {
    let mut held = Vec::new();
    held.extend(over.iter().map(|gap| whole(TARGET + gap)));
    held.extend(under.iter().map(|gap| whole(TARGET - gap)));
    let mut weights = vec![WAD / U256::from(10); held.len()];
    // The rest is where it should be.
    let rest = 100 - TARGET * held.len() as u64;
    held.push(whole(rest));
    weights.push(whole(rest) / U256::from(100));
    let prices = vec![D36; held.len()];
    let snapshot = Snapshot {
        held: &held,
        prices: &prices,
        weights: &weights,
    };
    let plan = plan(&snapshot, BPS, U256::ZERO).unwrap();
    plan.trades
        .iter()
        .map(|trade| (trade.value / WAD).to())
        .collect()
}

/// The fewest trades that reach every target: an asset less for each group that cancels out by itself.
fn fewest(over: &[u64], under: &[u64]) -> usize {
    let gaps: Vec<i64> = over
        .iter()
        .map(|gap| *gap as i64)
        .chain(under.iter().map(|gap| -(*gap as i64)))
        .collect();
    let n = gaps.len();
    let mut groups = vec![0_usize; 1 << n];
    for set in 1..1_usize << n {
        let sum: i64 = (0..n).filter(|i| set >> i & 1 == 1).map(|i| gaps[i]).sum();
        let best = (0..n).filter(|i| set >> i & 1 == 1);
        groups[set] = best.map(|i| groups[set & !(1 << i)]).max().unwrap() + usize::from(sum == 0);
    }
    n - groups[(1 << n) - 1]
}

/// The most that `k` trades can move: over all choices of `k` pairs, what fits through them.
fn most(over: &[u64], under: &[u64], k: usize) -> u64 {
    let pairs = over.len() * under.len();
    let chosen = |set: usize, o: usize, u: usize| set >> (o * under.len() + u) & 1 == 1;
    let through = |set: usize| -> u64 {
        // Each set of sellers gives no more than its neighbours take: the least such cut.
        (0..1_usize << over.len())
            .map(|sellers| {
                let outside = (0..over.len()).filter(|o| sellers >> o & 1 == 0);
                let reached = (0..under.len()).filter(|u| {
                    (0..over.len()).any(|o| sellers >> o & 1 == 1 && chosen(set, o, *u))
                });
                outside.map(|o| over[o]).sum::<u64>() + reached.map(|u| under[u]).sum::<u64>()
            })
            .min()
            .unwrap()
    };
    (0..1_usize << pairs)
        .filter(|set| set.count_ones() as usize == k)
        .map(through)
        .max()
        .unwrap_or(0)
}

#[test]
fn the_plan_needs_less_than_twice_the_fewest_trades_and_the_fewest_where_no_part_cancels_out() {
    let (mut all, mut more, mut worst) = (0, 0, 0);
    for (over, under) in treasuries() {
        let (trades, best) = (planned(&over, &under).len(), fewest(&over, &under));
        let n = over.len() + under.len();
        assert!(best <= trades && trades < n, "{over:?} {under:?}");
        // Each trade of any plan ends at one asset of each side.
        assert!(best >= over.len().max(under.len()), "{over:?} {under:?}");
        assert!(trades < 2 * best, "{over:?} {under:?}: {trades}, {best}");
        if best == n - 1 {
            assert_eq!(trades, best, "{over:?} {under:?}");
        }
        all += 1;
        more += usize::from(trades > best);
        worst = worst.max(trades - best);
    }
    // As docs/decisions/0033 tells.
    assert_eq!((all, more, worst), COUNTED);
}

#[test]
fn the_first_trades_of_a_plan_move_nearly_as_much_as_any_so_many_can() {
    let mut least = (1, 1);
    for (over, under) in treasuries() {
        let trades = planned(&over, &under);
        let mut moved = 0;
        for (k, value) in trades.iter().enumerate() {
            moved += value;
            let best = most(&over, &under, k + 1);
            assert!(moved <= best, "{over:?} {under:?}");
            // The first two are never beaten: what a cap of them lets through is as much as can be.
            assert!(k > 1 || moved == best, "{over:?} {under:?}: {k}");
            if moved * least.1 < best * least.0 {
                least = (moved, best);
            }
        }
    }
    assert_eq!(least, LEAST);
}

#[test]
fn the_smallest_treasury_in_which_the_plan_is_not_the_shortest() {
    // The 3 for the 3 and the 4 for both 2: three trades. The planner sells the 4 for the 3 first.
    let (over, under) = (vec![4, 3], vec![3, 2, 2]);
    assert_eq!(fewest(&over, &under), 3);
    assert_eq!(planned(&over, &under), [3, 2, 1, 1]);
}

/// Treasuries counted; those in which the plan has more trades than it must; by how many at most.
const COUNTED: (usize, usize, usize) = (255, 6, 1);
/// What the first trades move, of what so many could, at the worst.
const LEAST: (u64, u64) = (6, 7);
