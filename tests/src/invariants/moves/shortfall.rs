//! How a loss is shared, tried on a copy of the chain: the same part for everybody, whoever comes first and however
//! often.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use ballast::abi::{Vault, IERC20};
use devnode::{Act, Chain};

use crate::{
    invariants::{
        acting::enrich,
        model::share_down,
        world::{Go, World},
    },
    IRevertingToken,
};

/// One call, after which it may have been refused.
fn try_call<C: SolCall>(chain: &mut Chain, from: Address, to: Address, call: C) -> Go {
    enrich(chain, from);
    chain.act(&Act::new(from, to, call))?;
    Ok(())
}

/// Nobody claims anything; then transfers of the odd token fail while all leave with half of their shares, before or
/// after a part of it is slashed; then all collect, in one order or the other, and each hands a unit of what he was not
/// paid to the next.
pub(super) fn check_sharing(w: &mut World<'_>) -> Go {
    let assets = &w.stand.assets;
    let Some(i) = assets.iter().position(|asset| asset.is_weird) else {
        return Ok(());
    };
    if !w.books.is_listed(i) {
        return Ok(());
    }
    let (asset, vault) = (&assets[i], w.vault());
    let token = asset.token;
    let holders = &w.stand.holders[..w.stand.acting];
    let maker = w.stand.stage.cast.maker;
    let mut chain = w.chain.clone();
    let mode = |chain: &mut Chain, mode: u8| {
        try_call(
            chain,
            maker,
            token,
            IRevertingToken::setTransferModeCall { mode },
        )
    };

    mode(&mut chain, 0)?;
    let tells = IRevertingToken::setBalanceModeCall { mode: 0 };
    try_call(&mut chain, maker, token, tells)?;
    for giver in holders {
        let missing = w.books.owed(i).saturating_sub(asset.balance(&chain, vault));
        let amount = missing.min(asset.balance(&chain, *giver));
        let call = IERC20::transferCall { to: vault, amount };
        try_call(&mut chain, *giver, token, call)?;
    }
    for account in holders {
        let account = *account;
        try_call(
            &mut chain,
            account,
            vault,
            Vault::collectCall { token, account },
        )?;
    }

    let ask = |chain: &Chain, account: Address| {
        let call = Vault::claimOfCall { token, account };
        chain.ask(&Act::new(account, vault, call))
    };
    let holdings = chain.ask(&Act::new(vault, vault, Vault::holdingsCall {}))?;
    let holdings = holdings.result?;
    let place = holdings.tokens.iter().position(|listed| *listed == token);
    let held = place.map_or(U256::ZERO, |place| holdings.held[place]);
    let all = chain.ask(&Act::new(vault, vault, Vault::totalClaimsCall { token }))?;
    let rest = w.books.rest(i, chain.latest().header.timestamp);
    let owed = held + rest + all.result?;

    // Between a sixteenth and a half of what is owed is gone.
    let kept = U256::from(15 - w.now() % 8);
    let left = share_down(owed, kept, U256::from(16));
    let slash = |chain: &mut Chain| {
        let amount = asset.balance(chain, vault).saturating_sub(left);
        let account = vault;
        try_call(
            chain,
            maker,
            token,
            IRevertingToken::slashCall { account, amount },
        )
    };

    let is_first = w.now() & 8 == 0;
    mode(&mut chain, 1)?;
    if is_first {
        slash(&mut chain)?;
    }
    for owner in holders {
        let call = Vault::redeemCall {
            shares: w.shares_of(*owner) >> 1,
            receiver: *owner,
            owner: *owner,
            minAmounts: vec![U256::ZERO; w.books.order.len()],
        };
        try_call(&mut chain, *owner, vault, call)?;
    }
    mode(&mut chain, 0)?;
    if !is_first {
        slash(&mut chain)?;
    }
    let mut claims = Vec::new();
    for account in holders {
        claims.push(ask(&chain, *account)?.result?);
    }
    let left = asset.balance(&chain, vault);
    let claimed: usize = claims.iter().filter(|claim| !claim.is_zero()).count();
    if left >= owed || claimed == 0 {
        return Ok(());
    }

    let now = chain.next_timestamp();
    // Each payment is rounded down, and leaves less than a unit to those who come after.
    let slack = U256::from(holders.len() + 1);
    let places: Vec<usize> = (0..holders.len()).collect();
    for order in [places.clone(), places.into_iter().rev().collect()] {
        let mut chain = chain.clone();
        // What was handed on is paid after everything else.
        let mut handed = vec![U256::ZERO; holders.len()];
        for (k, j) in order.iter().copied().enumerate() {
            let account = holders[j];
            let mut got = Vec::new();
            for _ in 0..2 {
                let before = asset.balance(&chain, account);
                chain.set_next_timestamp(now);
                let call = Vault::collectCall { token, account };
                try_call(&mut chain, account, vault, call)?;
                got.push(asset.balance(&chain, account) - before);
            }
            let due = share_down(claims[j], left, owed);
            w.checks.that(22, got[0].abs_diff(due) <= slack, || {
                format!("{account} claims {} of asset {i}, {left} of {owed} are there, and was paid {}, not {due}", claims[j], got[0])
            })?;
            w.checks.that(7, got[1].is_zero(), || {
                format!(
                    "{account} was paid {} of asset {i}, and {} for asking again",
                    got[0], got[1]
                )
            })?;
            let (kept, right) = (
                ask(&chain, account)?.result?,
                claims[j] + handed[j] - got[0],
            );
            w.checks.that(1, kept == right, || {
                format!("{account} claims {kept} of asset {i} after that, not {right}")
            })?;
            if let Some(next) = order.get(k + 1).filter(|_| !kept.is_zero()) {
                let (to, amount) = (holders[*next], U256::ONE);
                let call = Vault::redirectClaimCall { token, to, amount };
                try_call(&mut chain, account, vault, call)?;
                handed[*next] += amount;
            }
        }
    }
    Ok(())
}
