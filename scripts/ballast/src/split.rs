//! One trade over several venues, so that nothing more could be bought by moving a unit from one to another.
//!
//! Every pool here is, as far as it is looked at, a product of two reserves that stays: Uniswap V2 as a whole, Uniswap V3 and its
//! like within the ticks between which liquidity does not change. What such a pool pays for one unit more falls with
//! every unit, so the best split is where all pools that are used pay the same for the next one, and those
//! that are not used pay less for their first.

use alloy::primitives::{aliases::U160, U256};
use anyhow::{ensure, Result};

/// All of a fee: hundredths of a bip.
const PIPS: u64 = 1_000_000;
/// Halvings in which the price of the next unit is found: as many as a float distinguishes.
const STEPS: usize = 200;
/// Rounds of moving units between pools after that, and the smallest part of the trade that is moved.
const POLISH: usize = 48;

/// A pool as one side of a trade sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// {sell tok}, at least 1
    pub reserve_in: U256,
    /// {buy tok}
    pub reserve_out: U256,
    /// Taken of what comes in, hundredths of a bip.
    pub fee_pips: u32,
    /// {sell tok}: what it takes before these reserves are not true any more.
    pub most: U256,
}

impl Pool {
    /// A pair of Uniswap V2.
    pub fn uniswap_v2(reserve_in: U256, reserve_out: U256) -> Self {
        Self {
            reserve_in,
            reserve_out,
            fee_pips: 3_000,
            most: U256::MAX,
        }
    }

    /// A pool of Uniswap V3 whose liquidity is the same from its price to `limit`, in the direction of the trade.
    ///
    /// Its reserves are the ones of a pair that would move as it does: L / √P and L · √P.
    pub fn uniswap_v3(
        liquidity: u128,
        sqrt_price_x96: U160,
        limit_x96: U160,
        fee_pips: u32,
    ) -> Result<Self> {
        ensure!(
            u64::from(fee_pips) < PIPS,
            "a fee of {fee_pips} takes everything"
        );
        ensure!(
            !sqrt_price_x96.is_zero() && !limit_x96.is_zero(),
            "a price of nothing"
        );
        // Everything fits: liquidity has 128 bits, a square root of a price 64 before the point and 96 after it.
        let (price, limit) = (U256::from(sqrt_price_x96), U256::from(limit_x96));
        let liquidity = U256::from(liquidity);
        let fraction = (U256::from(1) << 96usize) - U256::from(1);
        // By reference: rustc 1.95 optimises by-value calls of these so that the first overwrites the price that
        // the second reads.
        let token0 = |price: &U256| (liquidity << 96usize) / *price;
        let token1 = |price: &U256| {
            let (whole, rest) = (*price >> 96usize, *price & fraction);
            liquidity * whole + ((liquidity * rest) >> 96usize)
        };
        let is_down = limit < price;
        let (reserve_in, reserve_out, at_limit) = if is_down {
            (token0(&price), token1(&price), token0(&limit))
        } else {
            (token1(&price), token0(&price), token1(&limit))
        };
        let before_fee = at_limit.saturating_sub(reserve_in);
        let kept = U256::from(PIPS - u64::from(fee_pips));
        Ok(Self {
            reserve_in: reserve_in.max(U256::from(1)),
            reserve_out,
            fee_pips,
            most: before_fee * U256::from(PIPS) / kept,
        })
    }

    /// {buy tok} = ⌊reserve_out · a / (reserve_in + a)⌋ where a is what is left of `amount` after the fee; more than
    /// [`Pool::most`] buys no more.
    pub fn out(&self, amount: U256) -> U256 {
        let pips = U256::from(PIPS);
        let kept = U256::from(PIPS.saturating_sub(self.fee_pips.into()));
        let mut given = amount.min(self.most).saturating_mul(kept);
        let mut whole = self.reserve_in.saturating_mul(pips).saturating_add(given);
        // Where the product does not fit, the last bits of its factors do not matter.
        while !whole.is_zero() {
            if let Some(product) = self.reserve_out.checked_mul(given) {
                return product / whole;
            }
            given >>= 32usize;
            whole >>= 32usize;
        }
        U256::ZERO
    }

    /// What goes in until the next unit buys `rate`: g·x·y / (x + g·a)² = rate.
    fn until(&self, rate: f64) -> f64 {
        let (x, y) = (f64::from(self.reserve_in), f64::from(self.reserve_out));
        let g = 1.0 - f64::from(self.fee_pips) / PIPS as f64;
        if g <= 0.0 {
            return 0.0;
        }
        let amount = ((x * y * g / rate).sqrt() - x) / g;
        amount.clamp(0.0, f64::from(self.most))
    }

    /// What the first unit buys.
    fn first(&self) -> f64 {
        let g = 1.0 - f64::from(self.fee_pips) / PIPS as f64;
        g * f64::from(self.reserve_out) / f64::from(self.reserve_in).max(1.0)
    }
}

/// How much of `amount` to sell in each pool, in their order. Less than `amount` in all only if they take no more.
pub fn split(amount: U256, pools: &[Pool]) -> Vec<U256> {
    let mut parts = vec![U256::ZERO; pools.len()];
    let Some(best) = pools.iter().map(Pool::first).max_by(f64::total_cmp) else {
        return parts;
    };
    // The lower the price of the next unit, the more is sold: halve, on a scale of ratios, until all is.
    let wanted = f64::from(amount);
    let (mut low, mut high) = (best * 1e-30, best);
    for _ in 0..STEPS {
        let rate = (low * high).sqrt();
        let sold: f64 = pools.iter().map(|p| p.until(rate)).sum();
        if sold < wanted {
            high = rate;
        } else {
            low = rate;
        }
    }
    let mut left = amount;
    for (part, pool) in parts.iter_mut().zip(pools) {
        *part = whole(pool.until(high)).min(pool.most).min(left);
        left -= *part;
    }
    // What rounding left over, to whoever pays most for it.
    while !left.is_zero() {
        let gain = |(pool, part): (&Pool, &U256)| {
            let room = pool.most.saturating_sub(*part).min(left);
            (!room.is_zero()).then(|| (pool.out(*part + room) - pool.out(*part), room))
        };
        let offers = pools.iter().zip(&parts).map(gain).enumerate();
        let Some((i, (_, room))) = offers
            .filter_map(|(i, offer)| Some((i, offer?)))
            .max_by_key(|(_, (gain, _))| *gain)
        else {
            break;
        };
        parts[i] += room;
        left -= room;
    }
    polish(amount, pools, &mut parts);
    parts
}

/// What the parts buy together.
pub fn bought(pools: &[Pool], parts: &[U256]) -> U256 {
    pools
        .iter()
        .zip(parts)
        .map(|(pool, part)| pool.out(*part))
        .sum()
}

/// Moves ever smaller amounts from one pool to another as long as that buys more: floats are only so exact.
fn polish(amount: U256, pools: &[Pool], parts: &mut [U256]) {
    let mut step = amount >> 8usize;
    for _ in 0..POLISH {
        for from in 0..pools.len() {
            for to in 0..pools.len() {
                let moved = step
                    .min(parts[from])
                    .min(pools[to].most.saturating_sub(parts[to]));
                if from == to || moved.is_zero() {
                    continue;
                }
                let now = pools[from].out(parts[from]) + pools[to].out(parts[to]);
                let then = pools[from].out(parts[from] - moved) + pools[to].out(parts[to] + moved);
                if then > now {
                    parts[from] -= moved;
                    parts[to] += moved;
                }
            }
        }
        step = (step >> 1usize).max(U256::from(1));
    }
}

/// Shares of a trade as the call filler reads them: 65,536ths of `amount`, the last pool that is used gets what is left.
///
/// A pool whose part is below a share is left out. All of the trade is sold: parts that sum to less are for
/// trades that were made smaller before.
pub fn shares(amount: U256, parts: &[U256]) -> Vec<(usize, u16)> {
    let share = |part: &U256| -> u16 {
        if amount.is_zero() {
            return 0;
        }
        let share = part.saturating_mul(U256::from(1u32 << 16)) / amount;
        // All of it is all that is left.
        u16::try_from(share).unwrap_or(u16::MAX)
    };
    let mut used: Vec<_> = parts
        .iter()
        .map(share)
        .enumerate()
        .filter(|(_, share)| *share > 0)
        .collect();
    if let Some((_, last)) = used.last_mut() {
        *last = crate::route::ALL_LEFT;
    }
    used
}

/// ⌊x⌋ of a float that is not negative.
fn whole(x: f64) -> U256 {
    if x.is_finite() && x >= 0.0 {
        U256::saturating_from(x)
    } else {
        U256::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same every time.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, below: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % below
        }

        fn amount(&mut self) -> U256 {
            let digits = 3 + self.roll(22);
            U256::from(1 + self.roll(999)) * U256::from(10).pow(U256::from(digits))
        }

        /// A pool of about this price, of one of three kinds.
        fn pool(&mut self, near: U256) -> Pool {
            let reserve_in = near * U256::from(1 + self.roll(300)) / U256::from(10);
            let reserve_out = reserve_in * U256::from(990 + self.roll(20)) / U256::from(300);
            let fee_pips = [100, 500, 3_000, 10_000][self.roll(4) as usize];
            let most = match self.roll(3) {
                0 => near * U256::from(self.roll(100)) / U256::from(100),
                _ => U256::MAX,
            };
            Pool {
                reserve_in: reserve_in.max(U256::from(1)),
                reserve_out,
                fee_pips,
                most,
            }
        }
    }

    /// The best of a grid: every split of `amount` among the pools in `n`ths.
    fn best_of_grid(amount: U256, pools: &[Pool], n: u64) -> U256 {
        let part = |k: u64| amount * U256::from(k) / U256::from(n);
        let [first, rest @ ..] = pools else {
            return U256::ZERO;
        };
        if rest.is_empty() {
            return first.out(amount);
        }
        (0..=n)
            .map(|k| {
                let mine = part(k);
                let theirs = amount - mine;
                let others = match rest {
                    [one] => one.out(theirs),
                    _ => (0..=n)
                        .map(|j| theirs * U256::from(j) / U256::from(n))
                        .map(|p| rest[0].out(p) + best_of_grid(theirs - p, &rest[1..], 1))
                        .max()
                        .unwrap_or_default(),
                };
                first.out(mine) + others
            })
            .max()
            .unwrap_or_default()
    }

    #[test]
    fn no_split_of_a_fine_grid_buys_more() {
        let mut dice = Dice(7);
        for case in 0..400 {
            let count = 1 + case % 3;
            let amount = dice.amount();
            let pools: Vec<_> = (0..count).map(|_| dice.pool(amount)).collect();
            let parts = split(amount, &pools);
            let grid = best_of_grid(amount, &pools, if count == 2 { 1_000 } else { 60 });
            // A unit for each pool, since each rounds down what it pays.
            let ours = bought(&pools, &parts) + U256::from(count);
            assert!(
                ours >= grid,
                "{case}: {ours} < {grid}: {amount} {parts:?} {pools:?}"
            );
        }
    }

    #[test]
    fn all_is_sold_that_the_pools_take_and_no_more() {
        let mut dice = Dice(11);
        for _ in 0..400 {
            let amount = dice.amount();
            let count = 1 + dice.roll(4);
            let pools: Vec<_> = (0..count).map(|_| dice.pool(amount)).collect();
            let parts = split(amount, &pools);
            let takes = pools
                .iter()
                .fold(U256::ZERO, |sum, p| sum.saturating_add(p.most));
            assert_eq!(
                parts.iter().sum::<U256>(),
                amount.min(takes),
                "{amount} {pools:?}"
            );
            assert!(parts
                .iter()
                .zip(&pools)
                .all(|(part, pool)| *part <= pool.most));
        }
    }

    #[test]
    fn equal_pools_get_equal_parts_and_a_dear_one_nothing() {
        let e18 = U256::from(1_000_000_000_000_000_000u64);
        let pool = Pool::uniswap_v2(U256::from(1_000) * e18, U256::from(3_000) * e18);
        let dear = Pool {
            fee_pips: 500_000,
            ..pool
        };
        let parts = split(e18, &[pool, dear, pool]);
        assert!(parts[1].is_zero());
        assert!(
            parts[0].abs_diff(parts[2]) <= e18 / U256::from(10_000),
            "{parts:?}"
        );
        assert_eq!(split(U256::from(5), &[]), Vec::<U256>::new());
        assert_eq!(split(U256::ZERO, &[pool, dear]), [U256::ZERO; 2]);
    }

    #[test]
    fn out_is_what_uniswap_v2_pays() {
        // 997 · 1000 · 5,000,000 / (1,000,000 · 1000 + 997 · 1000), rounded down.
        let pool = Pool::uniswap_v2(U256::from(1_000_000), U256::from(5_000_000));
        assert_eq!(pool.out(U256::from(1_000)), U256::from(4_980));
        assert_eq!(pool.out(U256::ZERO), U256::ZERO);
    }

    #[test]
    fn a_v3_pool_is_a_pair_up_to_its_limit() {
        // Liquidity 10^18 at a price of one: reserves of 10^18, and up to four times the price as much again.
        let one = U160::from(1) << 96usize;
        let two = U160::from(1) << 97usize;
        let e18 = 1_000_000_000_000_000_000u128;
        let up = Pool::uniswap_v3(e18, one, two, 0).unwrap();
        let wanted = Pool {
            reserve_in: U256::from(e18),
            reserve_out: U256::from(e18),
            fee_pips: 0,
            most: U256::from(e18),
        };
        assert_eq!(up, wanted);
        // Down to a quarter of the price: token 0 in, as much again.
        let down = Pool::uniswap_v3(e18, one, one >> 1usize, 0).unwrap();
        assert_eq!(down, wanted);
        // All of it: half of the other side comes out, and more buys no more.
        assert_eq!(up.out(U256::from(e18)), U256::from(e18 / 2));
        assert_eq!(up.out(U256::MAX), U256::from(e18 / 2));
        assert!(Pool::uniswap_v3(e18, one, two, 1_000_000).is_err());
    }

    #[test]
    fn shares_sum_to_the_trade() {
        let n = |x: u64| U256::from(x);
        let all = crate::route::ALL_LEFT;
        assert_eq!(
            shares(n(100), &[n(25), n(0), n(75)]),
            [(0, 0x4000), (2, all)]
        );
        assert_eq!(shares(n(100), &[n(100)]), [(0, all)]);
        assert_eq!(shares(n(0), &[n(0)]), []);
        // Less than a share is not worth a call.
        assert_eq!(shares(n(1_000_000), &[n(1), n(999_999)]), [(1, all)]);
    }
}
