//! Whether it pays to do in two steps what can be done in one, or to give first.

use alloy::primitives::{Address, U256};
use ballast::abi::{Vault, IERC20};

use crate::invariants::{
    acting::enrich,
    world::{Go, World},
};

/// Leaving in two steps pays no more than in one, and joining costs no less.
pub(super) fn check_split(w: &mut World<'_>, who: Address, shares: U256) -> Go {
    if shares < U256::from(2) || w.shares_of(who) < shares || w.odd != (0, 0) {
        return Ok(());
    }
    let first = w.random.up_to(shares - U256::ONE);
    let vault = w.vault();
    let ways = [vec![shares], vec![first, shares - first]];
    let mut ends = Vec::new();
    // Both steps in the same second: nothing streams between them.
    let now = w.chain.next_timestamp();
    for parts in &ways {
        for joins in [true, false] {
            let mut chain = w.chain.clone();
            enrich(&mut chain, who);
            let mut all = true;
            for part in parts.iter().filter(|part| !part.is_zero()) {
                chain.set_next_timestamp(now);
                let none = vec![U256::ZERO; w.books.order.len()];
                all &= match joins {
                    true => {
                        let max_amounts = vec![U256::MAX; none.len()];
                        let call = Vault::mintCall {
                            shares: *part,
                            receiver: who,
                            maxAmounts: max_amounts,
                        };
                        chain
                            .act(&devnode::Act::new(who, vault, call))?
                            .result
                            .is_ok()
                    }
                    false => {
                        let call = Vault::redeemCall {
                            shares: *part,
                            receiver: who,
                            owner: who,
                            minAmounts: none,
                        };
                        chain
                            .act(&devnode::Act::new(who, vault, call))?
                            .result
                            .is_ok()
                    }
                };
            }
            let assets = &w.stand.assets;
            let rest: Vec<_> = assets.iter().map(|a| a.balance(&chain, who)).collect();
            ends.push((all, rest));
        }
    }
    // One step, two steps; joined, left.
    for (one, two) in [(0, 2), (1, 3)] {
        let ((fine, at_once), (fine_too, in_two)) = (&ends[one], &ends[two]);
        if *fine && *fine_too {
            let no_better = at_once
                .iter()
                .zip(in_two)
                .all(|(once, twice)| twice <= once);
            w.checks.that(7, no_better, || {
                format!("{shares} shares at once leave {at_once:?}, in two steps {in_two:?}")
            })?;
        }
    }
    Ok(())
}

/// Whoever gives first and leaves after somebody joined has exactly what was given less.
pub(super) fn check_donation(w: &mut World<'_>, who: Address) -> Go {
    let shares = w.shares_of(who);
    let victim = w.depositor();
    if shares.is_zero() || victim == who || w.odd != (0, 0) {
        return Ok(());
    }
    let i = w.random.index(w.stand.assets.len());
    let token = w.stand.assets[i].token;
    let gift = w.random.up_to(w.stand.assets[i].balance(&w.chain, who));
    let joined = w.random.up_to(w.view.supply / U256::from(50));
    let vault = w.vault();
    let mut ends = Vec::new();
    let mut joins = Vec::new();
    for given in [U256::ZERO, gift] {
        let mut chain = w.chain.clone();
        for account in [who, victim] {
            enrich(&mut chain, account);
        }
        let call = IERC20::transferCall {
            to: vault,
            amount: given,
        };
        chain.act(&devnode::Act::new(who, token, call))?;
        let max_amounts = vec![U256::MAX; w.books.order.len()];
        let call = Vault::mintCall {
            shares: joined,
            receiver: victim,
            maxAmounts: max_amounts,
        };
        let moment = chain.next_timestamp();
        let joining = chain.act(&devnode::Act::new(victim, vault, call))?;
        joins.push(joining.result.is_ok());
        if joining.result.is_err() {
            // Whoever joins lets fees accrue, and in two steps they are less by what both would have borne: here
            // they accrue at the same moments, whether somebody may join or not.
            chain.set_next_timestamp(moment);
            let call = Vault::accrueFeesCall {};
            chain.act(&devnode::Act::new(victim, vault, call))?;
        }
        let call = Vault::redeemCall {
            shares,
            receiver: who,
            owner: who,
            minAmounts: vec![U256::ZERO; w.books.order.len()],
        };
        chain.act(&devnode::Act::new(who, vault, call))?;
        ends.push(
            w.stand
                .assets
                .iter()
                .map(|a| a.balance(&chain, who))
                .collect::<Vec<_>>(),
        );
    }
    // In a shortfall a gift pays what is owed, to the giver too.
    let mut books = w.view.balances.iter().zip(&w.view.held).zip(&w.view.claims);
    let short = books.any(|((balance, held), claims)| *balance < *held + *claims);
    // And may let somebody join, who pays less than a unit too much, and whoever stays has a part of that.
    let rounding = U256::from(joins[0] != joins[1]);
    for (j, (plain, after_gift)) in ends[0].iter().zip(&ends[1]).enumerate() {
        let expected = if i == j { *plain - gift } else { *plain };
        let right = *after_gift == expected || (short && *after_gift <= *plain + rounding);
        w.checks.that(8, right, || {
            format!(
                "a gift of {gift} of asset {i}: {after_gift} of asset {j} instead of {expected}"
            )
        })?;
    }
    Ok(())
}
