//! What lies beside the holdings: claims, side pockets, gifts that flow in; and what enters and leaves the list.

use alloy::primitives::U256;
use ballast::abi::{Policy, Vault, IERC20};
use devnode::Act;

use super::{CONFIGURED, NONE};
use crate::invariants::{
    laws::Excuse,
    stand::NEW,
    world::{Go, World},
};

pub(super) fn collect(w: &mut World<'_>) -> Go {
    if w.random.one_in(2) {
        w.behave()?;
    }
    let (before, was) = w.before();
    let from = w.depositor();
    let mut i = w.random.index(w.stand.assets.len());
    let (mut place, _) = w.some_holder();
    // Where there is a claim, somebody's, if not this one's.
    for asset in 0..w.stand.assets.len() {
        for holder in 0..w.stand.acting {
            if !w.books.claim_of(asset, holder).is_zero() && w.random.one_in(2) {
                (i, place) = (asset, holder);
            }
        }
    }
    let (token, account) = (w.stand.assets[i].token, w.stand.holders[place]);
    // In a shortfall nobody else may.
    let from = if w.random.one_in(2) { account } else { from };
    w.tell(format!("{from} collects asset {i} for {account}"));
    let done = w.act(from, w.vault(), Vault::collectCall { token, account })?;
    if let Ok(paid) = done.result {
        w.books.pay(i, place, paid);
    }
    w.check(&before, &was, w.odd_excuse())
}

pub(super) fn redirect(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let i = w.random.index(w.stand.assets.len());
    let token = w.stand.assets[i].token;
    let ((from, account), (to_place, to)) = (w.some_holder(), w.some_holder());
    let claim = w.books.claim_of(i, from);
    let mut amount = w.random.up_to(claim);
    if w.random.one_in(4) {
        amount = claim + U256::ONE;
    }
    w.tell(format!("{account} redirects {amount} of asset {i} to {to}"));
    let call = Vault::redirectClaimCall { token, to, amount };
    if w.act(account, w.vault(), call)?.result.is_ok() {
        w.books.redirect(i, from, to_place, amount);
    }
    w.check(&before, &was, NONE)
}

/// Lists what is not listed; takes off the list what nothing is held of.
pub(super) fn list(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let (governor, vault) = (w.governor, w.vault());
    let missing = (0..w.stand.assets.len()).find(|i| !w.books.is_listed(*i));
    let i = match missing {
        Some(i) if !w.random.one_in(4) => i,
        _ => w.random.index(w.stand.assets.len()),
    };
    let token = w.stand.assets[i].token;
    if w.random.one_in(3) {
        w.tell(format!("governor delists asset {i}"));
        let call = Vault::delistAssetCall { token };
        let now = w.chain.next_timestamp();
        if w.act(governor, vault, call)?.result.is_ok() {
            w.checks.that(1, w.books.held(i, now).is_zero(), || {
                format!("{} of asset {i} were forfeited", w.books.held(i, now))
            })?;
            let recipient = w.recipient();
            w.books.delist(i, now, recipient);
        }
    } else {
        w.tell(format!("governor lists asset {i}"));
        let call = Vault::listAssetCall {
            token,
            minHolding: w.random.up_to(U256::from(1_000_000)),
        };
        if w.act(governor, vault, call)?.result.is_ok() {
            w.books.list(i);
        }
    }
    w.check(&before, &was, NONE)
}

/// Moves an asset into a pocket; its weight goes first, as far as it may go at once.
pub(super) fn pocket(w: &mut World<'_>) -> Go {
    let weird = w.stand.assets.iter().position(|a| a.is_weird);
    let i = match w.random.below(4) {
        0 => w.random.index(w.stand.assets.len()),
        1 => NEW,
        _ => weird.unwrap_or_default(),
    };
    let token = w.stand.assets[i].token;
    if !w.random.one_in(4) && w.books.is_listed(i) {
        drop_weight(w, i)?;
    }
    let (before, was) = w.before();
    let now = w.chain.next_timestamp();
    // The first needs a wei that never leaves.
    let wei = w.random.below(2);
    let governor = w.governor;
    w.tell(format!("governor pockets asset {i} with {wei} wei"));
    let call = Vault::pocketAssetCall { token };
    let act = Act::new(governor, w.vault(), call).value(U256::from(wei));
    let done = {
        let vault = w.vault();
        w.act_as(governor, vault, act)?
    };
    let mut excuse = NONE;
    if done.result.is_ok() {
        let recipient = w.recipient();
        w.books.delist(i, now, recipient);
        excuse = Excuse {
            pocketed: Some(i),
            ..NONE
        };
    }
    w.check(&before, &was, excuse)
}

/// The governor sets targets without asset `i` and waits for the ramp.
fn drop_weight(w: &mut World<'_>, i: usize) -> Go {
    let (before, was) = w.before();
    let policy = w.stand.stage.suite.policy;
    let rest: Vec<_> = w.books.order.iter().filter(|j| **j != i).copied().collect();
    let priced = |j: &usize| *j != NEW;
    let kept: Vec<_> = rest.into_iter().filter(priced).collect();
    if kept.is_empty() {
        return Ok(());
    }
    let each = 10_000 / kept.len() as u64;
    let mut weights = vec![U256::from(each); kept.len()];
    weights[0] += U256::from(10_000 - each * kept.len() as u64);
    let call = Policy::setTargetsCall {
        tokens: kept.iter().map(|j| w.stand.assets[*j].token).collect(),
        weightsBps: weights,
        bandsBps: vec![U256::from(200); kept.len()],
        start: U256::ZERO,
        duration: U256::from(4 * super::DAY),
        expectedNonce: w.ask(policy, Policy::governanceNonceCall {})?,
    };
    w.tell(format!("governor sets targets without asset {i}"));
    let governor = w.governor;
    let done = w.act(governor, policy, call)?;
    w.check(&before, &was, CONFIGURED)?;
    if done.result.is_ok() {
        w.pass(4 * super::DAY + 1);
        w.wake()?;
        w.view = w.look()?;
    }
    Ok(())
}

pub(super) fn collect_pocket(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let from = w.depositor();
    let (mut place, _) = w.some_holder();
    let pockets = w.books.pocket_count() as u64;
    let mut number = w.random.within(0, pockets + 1);
    let locked = w.stand.holders.len() - 1;
    // Where there is something, somebody's, more often than not.
    for pocket in 1..=pockets {
        for holder in 0..locked {
            let part = w.books.part(pocket as usize, holder, locked);
            if !part.is_zero() && w.random.one_in(3) {
                (number, place) = (pocket, holder);
            }
        }
    }
    let account = w.stand.holders[place];
    let part = w.books.part(number as usize, place, locked);
    let told = Vault::pocketShareCall {
        number: U256::from(number),
        account,
    };
    let told = w.ask(w.vault(), told)?;
    w.checks.that(4, told == part, || {
        format!("{told} of pocket {number} belong to {account}, not {part}")
    })?;
    // In a shortfall nobody else may.
    let from = if w.random.one_in(2) { account } else { from };
    let asset = w.books.pocketed_asset(number as usize);
    let may = match asset {
        _ if from == account => Some(true),
        Some(i) => w.is_covered(i),
        None => Some(true),
    };
    w.tell(format!(
        "{from} collects from pocket {number} for {account}"
    ));
    let call = Vault::collectPocketCall {
        number: U256::from(number),
        account,
    };
    let done = w.act(from, w.vault(), call)?;
    if let Some(may) = may {
        let right = done.result.is_ok() == (may && !part.is_zero());
        w.checks.that(22, right, || {
            format!("{part} of pocket {number}: {:?}", done.result)
        })?;
    }
    if let Ok(moved) = done.result {
        w.checks
            .that(4, moved <= part, || format!("{moved} moved of {part}"))?;
        w.books.collect_part(number as usize, place, moved);
    }
    w.check(&before, &was, w.odd_excuse())
}

pub(super) fn announce(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let i = w.random.index(w.stand.assets.len());
    let token = w.stand.assets[i].token;
    let from = match w.random.one_in(6) {
        true => w.depositor(),
        false => w.governor,
    };
    w.tell(format!("{from} announces to absorb asset {i}"));
    let now = w.chain.next_timestamp();
    let call = Vault::announceAbsorbCall { token };
    let done = w.act(from, w.vault(), call)?;
    if done.result.is_ok() {
        let rest = w.view.at(now).books;
        w.checks.that(3, rest.rest(i, now).is_zero(), || {
            format!("asset {i} was announced while it streams")
        })?;
        w.books.announce(i, now);
    }
    w.check(&before, &was, NONE)
}

/// Anybody takes in what somebody gave, once it was announced for long enough.
pub(super) fn absorb(w: &mut World<'_>) -> Go {
    if w.random.one_in(2) {
        announce(w)?;
    }
    let announced: Vec<_> = (0..w.stand.assets.len())
        .filter(|i| w.books.is_announced(*i))
        .collect();
    let mut i = w.random.index(w.stand.assets.len());
    if !announced.is_empty() && !w.random.one_in(6) {
        i = *w.random.pick(&announced);
    }
    let asset = w.stand.assets[i].clone();
    // What a token that lies says of the vault's balance nobody can check: it is listed at that risk.
    if asset.is_weird && w.odd.1 != 0 {
        return Ok(());
    }
    if w.random.one_in(2) {
        // Something to take in, and the time that it takes.
        let (before, was) = w.before();
        let from = w.depositor();
        let (to, amount) = (w.vault(), asset.balance(&w.chain, from) / U256::from(1_000));
        w.act(from, asset.token, IERC20::transferCall { to, amount })?;
        w.check(&before, &was, w.odd_excuse())?;
        w.pass(2 * super::DAY);
        w.view = w.look()?;
    }
    let (before, was) = w.before();
    let from = w.depositor();
    let now = w.chain.next_timestamp();
    let balance = asset.balance(&w.chain, w.vault());
    w.tell(format!("{from} absorbs asset {i}"));
    let ready = w.books.absorbable_from(i);
    let call = Vault::absorbCall { token: asset.token };
    let done = w.act(from, w.vault(), call)?;
    if let Ok(amount) = done.result {
        let waited = ready.is_some_and(|ready| ready <= now);
        w.checks.that(3, waited, || {
            format!("asset {i} was absorbed at {now}, announced for {ready:?}")
        })?;
        let right = w.books.absorb(i, now, balance);
        w.checks.that(3, amount == right && !right.is_zero(), || {
            format!("{amount} of asset {i} were absorbed, not {right}")
        })?;
    }
    w.check(&before, &was, NONE)
}
