//! Shares: joining, leaving, handing on, and gifts.

use alloy::{
    primitives::U256,
    signers::SignerSync,
    sol,
    sol_types::{Eip712Domain, SolStruct},
};
use anyhow::Context;
use ballast::abi::{Vault, IERC20};

use super::{splits, NONE};
use crate::invariants::{
    model::wide,
    world::{Go, World},
};

sol! {
    /// ERC-2612.
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }
}

pub(super) fn mint(w: &mut World<'_>) -> Go {
    let paused = w.ask(w.vault(), Vault::mintPausedUntilCall {})?;
    if paused > U256::from(w.now()) && w.random.one_in(2) {
        w.quietly(w.governor, w.vault(), Vault::unpauseMintCall {})?;
    }
    let (before, was) = w.before();
    let from = w.depositor();
    let (to, receiver) = w.some_holder();
    let shares = w.random.up_to(before.supply / U256::from(20));
    let now = w.chain.next_timestamp();
    let (due, _) = w.books.mint_amounts(now, shares);
    let mut most = due.clone();
    if w.random.one_in(8) {
        let i = w.random.index(most.len());
        most[i] = most[i].saturating_sub(U256::ONE);
    }
    let call = Vault::mintCall {
        shares,
        receiver,
        maxAmounts: most,
    };
    w.tell(format!("{from} mints {shares}"));
    if w.random.one_in(5) {
        splits::check_split(w, from, shares)?;
    }
    let told = w.ask(w.vault(), Vault::previewMintCall { shares });
    let done = w.act(from, w.vault(), call)?;
    if done.result.is_ok() {
        w.books.mint(now, shares, to, w.recipient());
    }
    w.check(&before, &was, NONE)?;
    let Ok(amounts) = done.result else {
        return Ok(());
    };
    w.checks.that(5, amounts == due, || {
        format!("{amounts:?} taken, not {due:?}; preview {told:?}")
    })?;
    check_kept(w, &before)?;
    let paid = amounts.iter().any(|a| !a.is_zero());
    w.checks.that(6, paid && !shares.is_zero(), || {
        format!("{shares} shares for nothing")
    })?;
    Ok(())
}

/// Of every asset a share has at least what it had, and no more than rounding leaves.
fn check_kept(w: &mut World<'_>, before: &crate::invariants::world::View) -> Go {
    let after = w.view.clone();
    for i in w.books.order.clone() {
        let (held, held_after) = (before.held[i], after.held[i]);
        let kept = wide(held_after) * wide(before.supply) >= wide(held) * wide(after.supply);
        w.checks
            .that(4, kept, || format!("asset {i}: {held} became {held_after}"))?;
        let less = wide(held_after.saturating_sub(U256::ONE));
        let tight = less * wide(before.supply) < wide(held) * wide(after.supply);
        w.checks.that(5, tight || held_after.is_zero(), || {
            format!("asset {i}: {held} became {held_after}, more than it must")
        })?;
    }
    Ok(())
}

pub(super) fn redeem(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let (place, owner) = w.some_holder();
    let from = if w.random.one_in(10) {
        w.depositor()
    } else {
        owner
    };
    let (to, receiver) = w.some_holder();
    let mut shares = w.random.up_to(w.shares_of(owner));
    if w.random.one_in(12) {
        shares = w.shares_of(owner) + U256::ONE;
    }
    let now = w.chain.next_timestamp();
    let (due, _) = w.books.redeem_amounts(now, shares);
    let mut least = vec![U256::ZERO; due.len()];
    if w.random.one_in(8) {
        let i = w.random.index(least.len());
        least[i] = due[i] + U256::ONE;
    }
    let call = Vault::redeemCall {
        shares,
        receiver,
        owner,
        minAmounts: least,
    };
    w.burns = false;
    w.tell(format!("{from} redeems {shares} of {owner} for {receiver}"));
    if w.random.one_in(5) {
        splits::check_donation(w, owner)?;
    }
    let done = w.act(from, w.vault(), call)?;
    if let Ok(delivered) = &done.result {
        let recipient = w.recipient();
        w.books
            .redeem(now, shares, (place, to), recipient, delivered);
    }
    w.check(&before, &was, w.odd_excuse())?;
    let Ok(delivered) = done.result else {
        return Ok(());
    };
    let fits = delivered.iter().zip(&due).all(|(got, due)| got <= due);
    w.checks
        .that(5, fits, || format!("{delivered:?} delivered of {due:?}"))?;
    check_kept(w, &before)
}

pub(super) fn transfer(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let ((i, from), (j, to)) = (w.some_holder(), w.some_holder());
    let mut value = w.random.up_to(w.shares_of(from));
    if w.random.one_in(4) {
        value = w.shares_of(from) + U256::ONE;
    }
    w.tell(format!("{from} sends {value} shares to {to}"));
    let done = w.act(from, w.vault(), Vault::transferCall { to, value })?;
    if done.result.is_ok() {
        w.books.transfer(i, j, value);
    }
    w.check(&before, &was, NONE)
}

/// Lets another spend shares, by word or by signature, who then does.
pub(super) fn allowances(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let (i, owner) = w.some_holder();
    let spender = w.depositor();
    let (j, to) = w.some_holder();
    let value = w.random.up_to(w.shares_of(owner));
    let vault = w.vault();
    w.tell(format!("{owner} lets {spender} spend {value}"));
    let granted = match w.random.below(3) {
        0 => w
            .act(owner, vault, Vault::approveCall { spender, value })?
            .result
            .is_ok(),
        1 => sign(w, i, spender, value)?,
        _ => false,
    };
    let told = Vault::allowanceCall { owner, spender };
    let allowed = w.ask(vault, told.clone())?;
    if granted {
        w.checks.that(19, allowed == value, || {
            format!("{allowed} may be spent instead of {value}")
        })?;
    }
    let excess = u64::from(w.random.one_in(3));
    let from = owner;
    let spent = value + U256::from(excess);
    let call = Vault::transferFromCall {
        from,
        to,
        value: spent,
    };
    let done = w.act(spender, vault, call)?;
    if done.result.is_ok() {
        w.books.transfer(i, j, spent);
    }
    let within = spent <= allowed && spent <= before.shares[i];
    w.checks.that(19, done.result.is_ok() == within, || {
        format!("{spent} of {owner} by {spender}, who may {allowed}")
    })?;
    if done.result.is_ok() {
        let left = w.ask(vault, told)?;
        w.checks.that(19, left == allowed - spent, || {
            format!("{left} is left of {allowed}")
        })?;
    }
    w.check(&before, &was, NONE)
}

/// A permit, sometimes spoilt: whether it was taken.
fn sign(w: &mut World<'_>, i: usize, spender: alloy::primitives::Address, value: U256) -> Go<bool> {
    let (owner, vault) = (w.stand.holders[i], w.vault());
    let told = w.ask(vault, Vault::eip712DomainCall {})?;
    let domain = Eip712Domain::new(
        Some(told._1.into()),
        Some(told._2.into()),
        Some(told._3),
        Some(told._4),
        None,
    );
    let spoilt = w.random.below(6);
    let now = w.chain.next_timestamp();
    let deadline = U256::from(if spoilt == 1 { now - 1 } else { now });
    let nonce = w.ask(vault, Vault::noncesCall { owner })?;
    let permit = Permit {
        owner,
        spender,
        value,
        nonce: nonce + U256::from(u64::from(spoilt == 2)),
        deadline,
    };
    let key = &w.stand.keys[i];
    let signature = key
        .sign_hash_sync(&permit.eip712_signing_hash(&domain))
        .context("signing")?;
    let call = Vault::permitCall {
        owner,
        spender,
        value: value + U256::from(u64::from(spoilt == 3)),
        deadline,
        v: 27 + u8::from(signature.v()),
        r: signature.r().into(),
        s: signature.s().into(),
    };
    let from = w.depositor();
    let taken = w.act(from, vault, call)?.result.is_ok();
    w.checks.that(19, taken != (1..=3).contains(&spoilt), || {
        format!("a permit spoilt by {spoilt} was taken: {taken}")
    })?;
    let used = w.ask(vault, Vault::noncesCall { owner })? - nonce;
    w.checks
        .that(19, used == U256::from(u64::from(taken)), || {
            format!("{used} nonces were used")
        })?;
    Ok(taken)
}

pub(super) fn donate(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let from = w.depositor();
    let i = w.random.index(w.stand.assets.len());
    let asset = w.stand.assets[i].clone();
    let have = asset.balance(&w.chain, from);
    let mut amount = w.random.up_to(have / U256::from(10));
    if w.random.one_in(5) {
        amount = have + U256::ONE;
    }
    let to = w.vault();
    w.tell(format!("{from} donates {amount} of asset {i}"));
    w.act(from, asset.token, IERC20::transferCall { to, amount })?;
    // The books know nothing of it, and the vault must not either.
    w.check(&before, &was, NONE)
}
