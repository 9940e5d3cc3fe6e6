//! What every rebalance must leave behind.

use alloy::primitives::{Address, U256};
use anyhow::Result;
use ballast::{
    abi::{Vault, IERC20},
    keeper::Executed,
};

use crate::Theatre;

/// The default limit on slippage.
pub const MAX_SLIPPAGE_BPS: u64 = 50;

/// Panics unless everything holds that inv_09 to inv_15 say of one rebalance.
pub async fn assert_good(
    theatre: &Theatre,
    done: &Executed,
    before: &[U256],
    supply: U256,
    filler: Address,
) -> Result<()> {
    let r = &done.report;
    assert!(
        r.distanceAfterWad < r.distanceBeforeWad,
        "inv_12: distance did not fall"
    );
    let (mut sold_value, mut bought_value) = (U256::ZERO, U256::ZERO);
    for ((member, was), is) in theatre
        .members
        .iter()
        .zip(before)
        .zip(theatre.held().await?)
    {
        let (sold, bought) = (was.saturating_sub(is), is.saturating_sub(*was));
        sold_value += member.value(sold)?;
        bought_value += member.value(bought)?;
        let traded = done.traded.iter().find(|t| t.token == member.token);
        let reported = traded.map_or((U256::ZERO, U256::ZERO), |t| (t.sold, t.bought));
        assert_eq!(
            reported,
            (sold, bought),
            "{}: the event differs from what moved",
            member.symbol
        );
    }
    // A unit of value for each asset, since every value is rounded down.
    let kept = sold_value * U256::from(10_000 - MAX_SLIPPAGE_BPS) / U256::from(10_000);
    let slack = U256::from(theatre.members.len());
    assert!(
        bought_value + slack >= kept,
        "inv_10: bought {bought_value} for {sold_value}"
    );
    assert!(
        r.navAfter + sold_value - kept + slack >= r.navBefore,
        "inv_09: NAV {} fell to {}",
        r.navBefore,
        r.navAfter
    );
    assert_eq!(
        theatre.supply().await?,
        supply,
        "inv_15: the supply changed"
    );
    theatre.assert_sound(filler).await
}

/// Panics unless inv_01 holds, claims and pockets counted: what the vault has of each listed token covers what it owes.
pub async fn assert_backed(theatre: &Theatre) -> Result<()> {
    let vault = theatre.suite.vault;
    for (member, held) in theatre.members.iter().zip(theatre.held().await?) {
        let balance = theatre.balance(member, vault).await?;
        let token = member.token;
        let claims = Vault::totalClaimsCall { token };
        let claims = theatre.client.call(vault, claims).await?;
        assert!(
            balance >= held + claims,
            "inv_01: {} has {balance} for {held} held and {claims} claimed",
            member.symbol
        );
    }
    Ok(())
}

/// Panics unless inv_16 holds towards each of `spenders`.
pub async fn assert_no_allowance(theatre: &Theatre, spenders: &[Address]) -> Result<()> {
    let owner = theatre.suite.vault;
    for member in &theatre.members {
        for spender in spenders.iter().copied() {
            let call = IERC20::allowanceCall { owner, spender };
            let allowance = theatre.client.call(member.token, call).await?;
            assert_eq!(
                allowance,
                U256::ZERO,
                "inv_16: {} to {spender}",
                member.symbol
            );
        }
    }
    Ok(())
}
