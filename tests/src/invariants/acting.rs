//! Transactions: counted, timed in gas, and without effect when refused.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::SolCall,
};
use anyhow::Context;
use ballast::abi::Vault;
use devnode::{
    exec::{arbos::ARBOS, Frame, State},
    Act, Chain, ChainError, Done,
};

use super::world::{Go, World};
use crate::IRevertingToken;

/// Most gas of a transaction with four assets, one of which burns all that it is given: two capped
/// reads and a capped transfer of it beside what docs/gas.md says of the rest.
const GAS_MOST: u64 = 4_000_000;

impl World<'_> {
    /// A transaction of one of the moves: counted, timed in gas, and without effect if refused (inv_14).
    pub(crate) fn act<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: C,
    ) -> Go<Done<C::Return>> {
        self.act_as(from, to, Act::new(from, to, call))
    }

    /// The same with ether, or another limit of gas.
    pub(crate) fn act_as<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        act: Act<C>,
    ) -> Go<Done<C::Return>> {
        let before = self.chain.state().clone();
        let act = if self.watched { act.traced() } else { act };
        self.pay(from);
        let done = self.chain.act(&act)?;
        let counts = self.counts.entry(self.kind).or_default();
        // What was done all the same, and answered with something else than it should.
        let refusal = match &done.result {
            Ok(_) | Err(ChainError::Undecodable(_)) => None,
            Err(refusal) => Some(refusal),
        };
        let of_ours = self.stand.programs().contains(&to);
        let by_name = of_ours.then(|| self.functions.entry(C::SIGNATURE).or_default());
        for counts in [Some(counts), by_name].into_iter().flatten() {
            match refusal {
                None => counts.done += 1,
                Some(_) => counts.refused += 1,
            }
            counts.gas = counts.gas.max(done.gas_used);
        }
        if let Some(refusal) = refusal {
            let words = self.words(refusal);
            let name = words.split('(').next().unwrap_or_default().to_owned();
            *self.refusals.entry((self.kind, name)).or_default() += 1;
            self.story.push(format!("  {words}"));
            let changed = changed(&before, self.chain.state());
            self.checks.that(14, changed.is_none(), || {
                format!("{changed:?} changed, though {} was refused", C::SIGNATURE)
            })?;
        }
        // Exits are capped whatever tokens do; elsewhere whoever brings a filler or a token that burns
        // gas burns their own.
        let exit = EXITS.contains(&C::SIGNATURE);
        if exit || (!self.burns && self.odd == (0, 0)) {
            self.checks.that(28, done.gas_used <= GAS_MOST, || {
                format!("{} took {} gas", C::SIGNATURE, done.gas_used)
            })?;
        }
        if self.watched {
            self.check_calls(&done.frames)?;
        }
        Ok(done)
    }

    /// A transaction of one of the moves: whether it was refused.
    pub(crate) fn is_refused<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: C,
    ) -> Go<bool> {
        Ok(self.act(from, to, call)?.result.is_err())
    }

    /// A transaction with data that no interface has: whether it was refused.
    pub(crate) fn send(&mut self, from: Address, to: Address, data: Vec<u8>) -> Go<bool> {
        let before = self.chain.state().clone();
        self.pay(from);
        let request = alloy::rpc::types::TransactionRequest::default()
            .from(from)
            .to(to)
            .gas_limit(32_000_000)
            .input(Bytes::from(data).into());
        self.chain.impersonate(from);
        let hash = self.chain.send(request)?;
        let mined = self.chain.transaction(hash).context("it was mined")?;
        let refused = !mined.1.receipt.status();
        let counts = self.counts.entry(self.kind).or_default();
        match refused {
            false => counts.done += 1,
            true => counts.refused += 1,
        }
        if refused {
            let changed = changed(&before, self.chain.state());
            self.checks.that(14, changed.is_none(), || {
                format!("{changed:?} changed by a refused transaction")
            })?;
        }
        Ok(refused)
    }

    /// A transaction that sets the scene and is no move of its own.
    pub(crate) fn set<C: SolCall>(&mut self, to: Address, call: C) -> Go {
        let maker = self.stand.stage.cast.maker;
        self.pay(maker);
        let done = self.chain.act(&Act::new(maker, to, call))?;
        done.result.with_context(|| C::SIGNATURE.to_owned())?;
        Ok(())
    }

    /// A transaction that mends something if it can, and is no move of its own.
    pub(crate) fn quietly<C: SolCall>(&mut self, from: Address, to: Address, call: C) -> Go {
        self.pay(from);
        self.chain.act(&Act::new(from, to, call))?;
        Ok(())
    }

    /// Makes the odd token behave.
    pub(crate) fn behave(&mut self) -> Go {
        let odd = self.stand.assets.iter().find(|asset| asset.is_weird);
        let Some(token) = odd.map(|asset| asset.token) else {
            return Ok(());
        };
        self.odd = (0, 0);
        self.set(token, IRevertingToken::setTransferModeCall { mode: 0 })?;
        self.set(token, IRevertingToken::setBalanceModeCall { mode: 0 })
    }

    pub(crate) fn pay(&mut self, who: Address) {
        enrich(&mut self.chain, who);
    }

    /// What the vault calls are tokens, its modules and the filler it was told of, never by borrowing code.
    fn check_calls(&mut self, frames: &[Frame]) -> Go {
        use devnode::exec::FrameKind;
        let suite = &self.stand.stage.suite;
        let mut known = vec![suite.policy, suite.filler, self.stand.hostile, ECRECOVER];
        known.extend(self.stand.tokens());
        let vault = self.vault();
        for frame in frames.iter().filter(|frame| frame.from == vault) {
            let lent = matches!(frame.kind, FrameKind::DelegateCall | FrameKind::CallCode);
            // What governance writes down stands in accounts of its own that run nothing.
            let made = matches!(frame.kind, FrameKind::Create | FrameKind::Create2);
            let fine = !lent && (made || known.contains(&frame.to));
            self.checks.that(17, fine, || {
                format!("the vault entered {} by {:?}", frame.to, frame.kind)
            })?;
        }
        Ok(())
    }
}

/// What must never cost more than the caps, whatever tokens do.
const EXITS: [&str; 3] = [
    Vault::redeemCall::SIGNATURE,
    Vault::collectCall::SIGNATURE,
    Vault::collectPocketCall::SIGNATURE,
];
const ECRECOVER: Address = Address::with_last_byte(1);

/// Gives `who` ether for the gas.
pub(crate) fn enrich(chain: &mut Chain, who: Address) {
    let ether = U256::from(10).pow(U256::from(24));
    chain.state_mut().set_balance(who, ether);
}

/// An account whose code or storage is not what it was, but for ArbOS's own books.
fn changed(before: &State, after: &State) -> Option<Address> {
    let differs = |(address, account): (&Address, &devnode::exec::Account)| {
        let same = match before.account(*address) {
            Some(old) if std::ptr::eq(old, account) => true,
            Some(old) => old.code_hash == account.code_hash && old.storage == account.storage,
            None => account.storage.is_empty() && account.code.is_empty(),
        };
        (!same && *address != ARBOS).then_some(*address)
    };
    after.accounts().find_map(differs)
}
