//! Fees and the supply cap: what the governor sets, what waits, what anybody puts into force.

use alloy::primitives::{Address, U256};
use ballast::abi::Vault;
use devnode::Act;

use super::NONE;
use crate::invariants::{
    books::{Fees, DELAY_S},
    pending::Subject,
    world::{Go, World},
};

/// Ceilings of the fees, bps.
const MANAGEMENT_MAX: u64 = 200;
const TOLL_MAX: u64 = 100;

fn call_of(fees: &Fees) -> Vault::setFeesCall {
    Vault::setFeesCall {
        recipient: fees.recipient,
        managementBps: U256::from(fees.management_bps),
        mintBps: U256::from(fees.mint_bps),
        redeemBps: U256::from(fees.redeem_bps),
    }
}

impl World<'_> {
    /// The governor asks for fees near their ceilings.
    pub(crate) fn raise_fees(&mut self) -> Go {
        let place = self.random.index(self.stand.holders.len() - 1);
        let fees = Fees {
            recipient: self.stand.holders[place],
            management_bps: self.random.within(1, MANAGEMENT_MAX),
            mint_bps: self.random.within(0, TOLL_MAX),
            redeem_bps: self.random.within(0, TOLL_MAX),
        };
        self.set_fees(fees)?;
        Ok(())
    }

    fn set_fees(&mut self, fees: Fees) -> Go<bool> {
        let now = self.chain.next_timestamp();
        let (governor, vault) = (self.governor, self.vault());
        self.tell(format!("governor sets {fees:?}"));
        if self.act(governor, vault, call_of(&fees))?.result.is_err() {
            return Ok(false);
        }
        self.next_fees = None;
        if fees.within(&self.books.fees) {
            let recipient = self.recipient();
            self.books.set_fees(now, recipient, fees);
        } else {
            self.next_fees = Some((fees, now + DELAY_S));
        }
        Ok(true)
    }

    /// Anybody puts the fees that wait into force.
    pub(crate) fn apply_fees(&mut self) -> Go {
        let now = self.chain.next_timestamp();
        let (from, vault) = (self.depositor(), self.vault());
        self.tell(format!("{from} applies fees"));
        let done = self.act(from, vault, Vault::applyFeesCall {})?;
        let due = self.next_fees.filter(|(_, ready)| *ready <= now);
        self.checks
            .that(20, done.result.is_ok() == due.is_some(), || {
                format!("at {now} {due:?} were due: {:?}", done.result)
            })?;
        if let Some((fees, _)) = due {
            let recipient = self.recipient();
            self.books.set_fees(now, recipient, fees);
            self.next_fees = None;
        }
        Ok(())
    }

    fn check_fees(&mut self, before: &[Subject]) -> Go {
        let after = self.subjects()?;
        self.check_pending(before, &after)?;
        let told = self.ask(self.vault(), Vault::feesCall {})?;
        let fees = self.books.fees;
        let right = told.recipient == fees.recipient
            && told.managementBps == U256::from(fees.management_bps)
            && told.mintBps == U256::from(fees.mint_bps)
            && told.redeemBps == U256::from(fees.redeem_bps);
        self.checks
            .that(19, right, || format!("{told:?} instead of {fees:?}"))?;
        let within = fees.management_bps <= MANAGEMENT_MAX
            && fees.mint_bps <= TOLL_MAX
            && fees.redeem_bps <= TOLL_MAX;
        self.checks
            .that(20, within, || format!("{fees:?} above the ceilings"))?;
        Ok(())
    }
}

pub(super) fn set(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let subjects = w.subjects()?;
    let present = w.books.fees;
    match w.random.below(4) {
        0 | 1 => w.raise_fees()?,
        // Lower, and at once.
        2 => {
            let fees = Fees {
                management_bps: w.random.within(0, present.management_bps),
                mint_bps: w.random.within(0, present.mint_bps),
                redeem_bps: w.random.within(0, present.redeem_bps),
                ..present
            };
            w.set_fees(fees)?;
        }
        _ => {
            let fees = Fees {
                recipient: match w.random.one_in(2) {
                    true => Address::ZERO,
                    false => w.depositor(),
                },
                management_bps: w.random.within(0, 2 * MANAGEMENT_MAX),
                mint_bps: w.random.within(0, 2 * TOLL_MAX),
                redeem_bps: w.random.within(0, 2 * TOLL_MAX),
            };
            w.set_fees(fees)?;
        }
    }
    w.check(&before, &was, NONE)?;
    w.check_fees(&subjects)
}

/// What waits is dropped, or put into force.
pub(super) fn next(w: &mut World<'_>) -> Go {
    if w.next_fees.is_some() && w.random.one_in(2) {
        w.pass(DELAY_S);
    }
    let (before, was) = w.before();
    let subjects = w.subjects()?;
    if w.random.one_in(3) {
        let from = match w.random.below(3) {
            0 => w.governor,
            1 => w.stand.stage.cast.guardian,
            _ => w.depositor(),
        };
        w.tell(format!("{from} cancels fees"));
        if w.act(from, w.vault(), Vault::cancelFeesCall {})?
            .result
            .is_ok()
        {
            w.next_fees = None;
        }
    } else {
        w.apply_fees()?;
    }
    w.check(&before, &was, NONE)?;
    w.check_fees(&subjects)
}

pub(super) fn accrue(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let from = w.depositor();
    let now = w.chain.next_timestamp();
    w.tell(format!("{from} accrues fees"));
    // Twice at different times makes no more than once at the later.
    let later = now + w.random.within(1, 1_000_000);
    let mut once = w.books.clone();
    let recipient = w.recipient();
    // Nothing refuses it but the want of gas.
    let mut act = Act::new(from, w.vault(), Vault::accrueFeesCall {});
    if w.random.one_in(6) {
        act = act.gas_limit(w.random.within(23_000, 60_000));
    }
    let done = {
        let vault = w.vault();
        w.act_as(from, vault, act)?
    };
    if let Ok(made) = done.result {
        let right = w.books.accrue(now, recipient);
        w.checks.that(2, made == right, || {
            format!("{made} were accrued, not {right}")
        })?;
        if let Some(recipient) = recipient {
            let mut twice = w.books.clone();
            once.accrue(later, Some(recipient));
            twice.accrue(later, Some(recipient));
            let no_more = twice.shares[recipient] <= once.shares[recipient];
            w.checks.that(7, no_more, || {
                format!("accruing at {now} and {later} made more than at {later}")
            })?;
        }
    }
    w.check(&before, &was, NONE)
}

pub(super) fn cap(w: &mut World<'_>) -> Go {
    let (before, was) = w.before();
    let (governor, guardian) = (w.governor, w.stand.stage.cast.guardian);
    let old = w.ask(w.vault(), Vault::supplyCapCall {})?;
    let near = before.supply * U256::from(w.random.within(90, 200)) / U256::from(100);
    let vault = w.vault();
    let from = match w.random.below(4) {
        0 => w.depositor(),
        1 => guardian,
        _ => governor,
    };
    let cap = match w.random.one_in(2) {
        true => U256::MAX,
        false => near,
    };
    w.tell(format!("{from} caps the supply at {cap}"));
    if from == guardian || (from != governor && w.random.one_in(2)) {
        let until = U256::from(w.now() + w.random.within(0, 16 * super::DAY));
        let call = Vault::lowerSupplyCapCall { cap: near, until };
        w.act(from, vault, call)?;
    } else {
        w.act(from, vault, Vault::setSupplyCapCall { cap })?;
    }
    let new = w.ask(vault, Vault::supplyCapCall {})?;
    w.checks.that(19, from == governor || new <= old, || {
        format!("{from} raised the cap from {old} to {new}")
    })?;
    w.check(&before, &was, NONE)
}
