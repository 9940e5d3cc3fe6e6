//! What should have happened, in numbers wide enough never to round or overflow.

use alloy::primitives::{aliases::U512, U256};

/// 1e36.
fn d36() -> U512 {
    U512::from(10).pow(U512::from(36))
}

/// 1e18.
fn wad() -> U512 {
    U512::from(10).pow(U512::from(18))
}

pub(crate) fn wide(x: U256) -> U512 {
    U512::from(x)
}

/// ⌊a · b / c⌋.
pub(crate) fn share_down(a: U256, b: U256, c: U256) -> U256 {
    U256::from(wide(a) * wide(b) / wide(c))
}

/// ⌈a · b / c⌉.
pub(crate) fn share_up(a: U256, b: U256, c: U256) -> U256 {
    U256::from((wide(a) * wide(b)).div_ceil(wide(c)))
}

/// Seconds of a year.
pub(crate) const YEAR_S: u64 = 365 * 86_400;

/// ⌊S · f / (1 − f)⌋ with f = bps · seconds / (10,000 · year), at most one half.
pub(crate) fn fee_down(supply: U256, bps: u64, seconds: u64) -> U256 {
    let whole = wide(U256::from(10_000u64)) * wide(U256::from(YEAR_S));
    let part = (wide(U256::from(bps)) * wide(U256::from(seconds))).min(whole / wide(U256::from(2)));
    U256::from(wide(supply) * part / (whole - part))
}

/// ⌊rest · (now − last) / (end − last)⌋, all of it at the end.
pub(crate) fn flowed_down(rest: U256, last: u64, end: u64, now: u64) -> U256 {
    if now >= end {
        return rest;
    }
    let (gone, span) = (now.saturating_sub(last), end - last);
    share_down(rest, U256::from(gone), U256::from(span))
}

/// Whether two prices differ by no more than `bps` of the less.
pub(crate) fn agree(a: U256, b: U256, bps: U256) -> bool {
    let (less, more) = (a.min(b), a.max(b));
    more - less <= share_down(less, bps, U256::from(10_000))
}

/// {value · 1e36} of amounts, exact.
pub(crate) fn worth(amounts: &[U256], prices: &[U256]) -> U512 {
    let each = amounts.iter().zip(prices).map(|(a, p)| wide(*a) * wide(*p));
    each.fold(U512::ZERO, |sum, value| sum + value)
}

/// {value · 1e36} of a whole value.
pub(crate) fn whole(value: U256) -> U512 {
    wide(value) * d36()
}

/// Σ|v_i − w_i · NAV| and NAV, both {value · 1e36 · 1e18}: distance is half of the first over the second.
fn misfit(held: &[U256], prices: &[U256], weights: &[U256]) -> (U512, U512) {
    let nav = worth(held, prices);
    let assets = held.iter().zip(prices).zip(weights);
    let gap = assets.fold(U512::ZERO, |sum, ((held, price), weight)| {
        let value = wide(*held) * wide(*price) * wad();
        let target = nav * wide(*weight);
        sum + value.abs_diff(target)
    });
    (gap, nav * wad())
}

/// Whether the holdings are closer to the targets after than before, at one price snapshot.
pub(crate) fn is_closer(
    before: &[U256],
    after: &[U256],
    prices: &[U256],
    weights: &[U256],
) -> bool {
    let (gap, nav) = misfit(before, prices, weights);
    let (gap_after, nav_after) = misfit(after, prices, weights);
    // gap' / nav' < gap / nav, with everything scaled down by 2^80 so that the products fit; what
    // that hides is a fall of less than 2^-80 of NAV.
    (gap_after >> 80) * (nav >> 80) < (gap >> 80) * (nav_after >> 80)
}

/// Whether an asset is above its target.
pub(crate) fn is_over(held: &[U256], prices: &[U256], weights: &[U256], i: usize) -> bool {
    let nav = worth(held, prices);
    wide(held[i]) * wide(prices[i]) * wad() > nav * wide(weights[i])
}

/// Whether a holding misses its target of the NAV before on the wrong side by more than ε: 1e15 of
/// value, or one unit's value where that is more, and what rounding a target to a unit of value takes.
pub(crate) fn crosses(nav: U512, held: U256, price: U256, weight: U256, was_over: bool) -> bool {
    let value = wide(held) * wide(price) * wad();
    let target = nav * wide(weight);
    let epsilon = whole(U256::from(10).pow(U256::from(15))).max(wide(price)) + whole(U256::from(2));
    let beyond = if was_over {
        target.saturating_sub(value)
    } else {
        value.saturating_sub(target)
    };
    beyond > epsilon * wad()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(x: u64) -> U256 {
        U256::from(x)
    }

    #[test]
    fn shares_round_as_they_say() {
        assert_eq!(share_down(n(10), n(1), n(3)), n(3));
        assert_eq!(share_up(n(10), n(1), n(3)), n(4));
        assert_eq!(share_up(n(9), n(1), n(3)), n(3));
    }

    #[test]
    fn fees_and_streams_by_hand() {
        // 2 % of what there is afterwards: 98 become 100.
        assert_eq!(fee_down(n(98), 200, YEAR_S), n(2));
        assert_eq!(fee_down(n(97), 200, YEAR_S), n(1));
        // Never more than half.
        assert_eq!(fee_down(n(98), 200, 1_000 * YEAR_S), n(98));
        assert_eq!(flowed_down(n(10), 100, 200, 100), n(0));
        assert_eq!(flowed_down(n(10), 100, 200, 159), n(5));
        assert_eq!(flowed_down(n(10), 100, 200, 200), n(10));
        assert!(agree(n(10_100), n(10_000), n(100)) && !agree(n(10_000), n(10_101), n(100)));
    }

    #[test]
    fn closer_over_and_crossing_by_hand() {
        // Prices of 1e36 make amounts values; targets are halves.
        let price = U256::from(10).pow(U256::from(36));
        let half = U256::from(10).pow(U256::from(18)) / n(2);
        let unit = U256::from(10).pow(U256::from(18));
        let (prices, weights) = ([price, price], [half, half]);
        let (off, on) = ([unit * n(3), unit], [unit * n(2), unit * n(2)]);
        assert!(is_closer(&off, &on, &prices, &weights));
        assert!(!is_closer(&on, &off, &prices, &weights));
        assert!(!is_closer(&off, &off, &prices, &weights));
        assert!(is_over(&off, &prices, &weights, 0));
        assert!(!is_over(&off, &prices, &weights, 1));
        let nav = worth(&off, &prices);
        let eps = U256::from(10).pow(U256::from(15));
        assert!(!crosses(nav, unit * n(2) - eps, price, half, true));
        assert!(crosses(nav, unit * n(2) - eps - n(3), price, half, true));
        assert!(!crosses(nav, unit * n(2) + eps, price, half, false));
        assert!(crosses(nav, unit * n(2) + eps + n(3), price, half, false));
    }
}
