use crate::exact::*;
use ballast_math::shares::{amount_down, amount_up, haircut_down, unmoved_down};
use ballast_math::MathError;
use num_rational::BigRational;
use proptest::prelude::*;
use ruint::aliases::U256;

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn prop_amounts_round_against_the_caller(
        held in any_uint(), shares in any_uint(), supply in any_uint(),
    ) {
        prop_assume!(!supply.is_zero());
        let exact = BigRational::new(int(held) * int(shares), int(supply));
        prop_assert_eq!(amount_up(held, shares, supply), ceil(&exact).ok_or(MathError::Overflow));
        prop_assert_eq!(
            amount_down(held, shares, supply),
            floor(&exact).ok_or(MathError::Overflow)
        );
    }

    #[test]
    fn inv_04_and_05_mint_keeps_the_value_of_a_share_and_is_tight(
        held in below(128), shares in below(100), supply in below(120),
    ) {
        prop_assume!(!supply.is_zero());
        let taken = amount_up(held, shares, supply).unwrap();
        let after = int(held) + int(taken);
        let supply_after = int(supply) + int(shares);
        prop_assert!(&after * int(supply) >= int(held) * &supply_after, "inv_04");
        if !taken.is_zero() {
            prop_assert!((after - 1) * int(supply) < int(held) * supply_after, "inv_05");
        }
    }

    #[test]
    fn inv_04_and_05_redeem_keeps_the_value_of_a_share_and_is_tight(
        held in below(128), supply in below(120), part in any::<u64>(),
    ) {
        prop_assume!(!supply.is_zero());
        let shares = supply * u(part >> 10) / u(u64::MAX >> 10);
        let paid = amount_down(held, shares, supply).unwrap();
        prop_assert!(paid <= held);
        let after = int(held) - int(paid);
        let supply_after = int(supply) - int(shares);
        prop_assert!(&after * int(supply) >= int(held) * &supply_after, "inv_04");
        prop_assert!((after - 1) * int(supply) < int(held) * supply_after, "inv_05");
    }

    #[test]
    fn inv_06_shares_are_never_minted_for_nothing(
        held in any_uint(), shares in any_uint(), supply in any_uint(),
    ) {
        prop_assume!(!held.is_zero() && !shares.is_zero() && !supply.is_zero());
        prop_assert_ne!(amount_up(held, shares, supply), Ok(U256::ZERO));
    }

    #[test]
    fn inv_07_splitting_a_mint_never_costs_less(
        held in below(128), a in below(100), b in below(100), supply in below(120),
    ) {
        prop_assume!(!supply.is_zero());
        let whole = amount_up(held, a + b, supply).unwrap();
        let first = amount_up(held, a, supply).unwrap();
        let second = amount_up(held + first, b, supply + a).unwrap();
        prop_assert!(first + second >= whole);
    }

    #[test]
    fn inv_07_splitting_a_redemption_never_pays_more(
        held in below(128), supply in below(120), a in any::<u64>(), b in any::<u64>(),
    ) {
        prop_assume!(supply > U256::ONE);
        let all = u(u64::MAX);
        let a = supply * u(a) / all;
        let b = (supply - a) * u(b) / all;
        prop_assume!(a < supply);
        let whole = amount_down(held, a + b, supply).unwrap();
        let first = amount_down(held, a, supply).unwrap();
        let second = amount_down(held - first, b, supply - a).unwrap();
        prop_assert!(first + second <= whole);
    }

    #[test]
    fn inv_03_a_mint_and_its_redemption_never_gain(
        held in below(128), shares in below(100), supply in below(120), parts in 1_u64..5,
    ) {
        prop_assume!(!supply.is_zero());
        let mut now = held;
        let mut outstanding = supply;
        let paid_in = amount_up(now, shares, outstanding).unwrap();
        now += paid_in;
        outstanding += shares;
        let mut paid_out = U256::ZERO;
        let mut left = shares;
        for part in 0..parts {
            let slice = if part + 1 == parts { left } else { left / u(2) };
            let out = amount_down(now, slice, outstanding).unwrap();
            now -= out;
            outstanding -= slice;
            left -= slice;
            paid_out += out;
        }
        prop_assert!(paid_out <= paid_in);
    }

    #[test]
    fn prop_haircut_is_the_floor_of_the_share_of_the_balance(
        amount in any_uint(), balance in any_uint(), owed in any_uint(),
    ) {
        let wanted = if balance >= owed {
            Some(amount)
        } else {
            floor(&BigRational::new(int(amount) * int(balance), int(owed)))
        };
        prop_assert_eq!(haircut_down(amount, balance, owed), wanted.ok_or(MathError::Overflow));
    }

    #[test]
    fn prop_haircuts_of_everybody_fit_the_balance(
        owed in prop::collection::vec(below(120), 1..8), part in any::<u64>(),
    ) {
        let total = owed.iter().fold(U256::ZERO, |sum, x| sum + x);
        let balance = total * u(part) / u(u64::MAX);
        let paid = owed
            .iter()
            .map(|amount| haircut_down(*amount, balance, total).unwrap())
            .fold(U256::ZERO, |sum, x| sum + x);
        prop_assert!(paid <= balance.min(total));
        prop_assert!(balance - paid < U256::from(owed.len()));
    }

    #[test]
    fn prop_what_took_no_part_is_the_floor_of_its_share(
        amount in any_uint(), moved in any_uint(), due in any_uint(),
    ) {
        let wanted = if due.is_zero() {
            Some(amount)
        } else if moved > due {
            None
        } else {
            floor(&BigRational::new(int(amount) * (int(due) - int(moved)), int(due)))
        };
        prop_assert_eq!(unmoved_down(amount, moved, due), wanted.ok_or(MathError::Overflow));
    }

    // However much of a payment leaves, a part of the others is the same afterwards; to the units that rounding left.
    #[test]
    fn inv_03_a_payment_that_leaves_in_part_changes_nobodys_part(
        amount in below(100), others in below(100), short in any::<u64>(), part in any::<u64>(),
    ) {
        prop_assume!(!others.is_zero());
        let owed = amount + others;
        let balance = owed * u(short) / u(u64::MAX);
        let due = haircut_down(amount, balance, owed).unwrap();
        let moved = due * u(part) / u(u64::MAX);
        let waits = unmoved_down(amount, moved, due).unwrap();
        prop_assert!(waits + moved <= amount);
        let (before, after) = (int(balance) * int(others + waits), int(balance - moved) * int(owed));
        // (balance - moved) / (others + waits) is balance / owed, less than two units of the sums apart.
        let off = if after > before { after - before } else { before - after };
        prop_assert!(off <= 2 * int(owed), "{off}");
    }
}

#[test]
fn shares_of_nothing_are_refused() {
    assert_eq!(amount_up(u(1), u(1), u(0)), Err(MathError::DivisionByZero));
    assert_eq!(
        amount_down(u(1), u(1), u(0)),
        Err(MathError::DivisionByZero)
    );
    assert_eq!(haircut_down(u(7), u(0), u(0)), Ok(u(7)));
    assert_eq!(haircut_down(u(7), u(0), u(1)), Ok(u(0)));
}

#[test]
fn amounts_of_a_known_mint() {
    // 10 shares of 30 on 100 held: 33.3
    assert_eq!(amount_up(u(100), u(10), u(30)), Ok(u(34)));
    assert_eq!(amount_down(u(100), u(10), u(30)), Ok(u(33)));
    assert_eq!(haircut_down(u(100), u(50), u(150)), Ok(u(33)));
}
