//! The chain as a library: typed calls in and out, errors decoded, gas frame by frame, and no JSON
//! between.

use super::error::ChainError;
use super::simulate::{halt_reason, run};
use super::submit::unsigned;
use super::Chain;
use crate::exec::{Frame, Message, Outcome, Status};
use alloy::consensus::TxEip1559;
use alloy::eips::BlockId;
use alloy::primitives::{Address, U256};
use alloy::sol_types::{SolCall, SolInterface};

/// Gas limit of an [`Act`] that names none: that of a transaction on Arbitrum One.
const GAS_LIMIT: u64 = 32_000_000;

/// A call, from whom and to whom. Nobody signs it: whoever holds the chain may act for anyone.
#[derive(Clone, Debug)]
pub struct Act<C> {
    from: Address,
    to: Address,
    value: U256,
    gas_limit: u64,
    traced: bool,
    call: C,
}

impl<C: SolCall> Act<C> {
    /// `call` of `to` by `from`.
    pub fn new(from: Address, to: Address, call: C) -> Self {
        Self {
            from,
            to,
            value: U256::ZERO,
            gas_limit: GAS_LIMIT,
            traced: false,
            call,
        }
    }

    /// Sends `wei` along.
    pub fn value(self, wei: U256) -> Self {
        Self { value: wei, ..self }
    }

    /// Gives so much gas instead of 32,000,000.
    pub fn gas_limit(self, gas: u64) -> Self {
        Self {
            gas_limit: gas,
            ..self
        }
    }

    /// Records every frame in [`Done::frames`].
    pub fn traced(self) -> Self {
        Self {
            traced: true,
            ..self
        }
    }
}

/// What an [`Act`] did.
#[derive(Clone, Debug)]
pub struct Done<T> {
    /// What it returned, or why it did not.
    pub result: Result<T, ChainError>,
    /// Gas paid for, after refunds.
    pub gas_used: u64,
    /// Every frame in the order of entry, if asked for, with the gas it used.
    pub frames: Vec<Frame>,
}

impl Chain {
    /// Mines a transaction that nobody signs, in a block of its own; one that fails is mined too. The
    /// sender pays for its gas.
    ///
    /// # Errors
    /// [`ChainError`] if the transaction is not valid now; nothing has happened then.
    pub fn act<C: SolCall>(&mut self, act: &Act<C>) -> Result<Done<C::Return>, ChainError> {
        let transaction = TxEip1559 {
            chain_id: self.chain_id(),
            nonce: self.state.nonce(act.from),
            gas_limit: act.gas_limit,
            max_fee_per_gas: self.base_fee().into(),
            max_priority_fee_per_gas: 0,
            to: act.to.into(),
            value: act.value,
            access_list: Default::default(),
            input: act.call.abi_encode().into(),
        };
        let transaction = unsigned(transaction.into(), act.from);
        let hash = *transaction.tx_hash();
        let mut outcome = self.mine_now(transaction)?;
        if act.traced {
            outcome.frames = self.profile(hash)?.map_or_else(Vec::new, |run| run.frames);
        }
        Ok(done::<C>(outcome))
    }

    /// What `act` would do now, in the latest block; nothing changes, and gas is free.
    ///
    /// # Errors
    /// [`ChainError`] if it cannot be run at all.
    pub fn ask<C: SolCall>(&self, act: &Act<C>) -> Result<Done<C::Return>, ChainError> {
        let (mut state, env) = self.scene(BlockId::latest(), None, None)?;
        let message = Message {
            from: act.from,
            to: Some(act.to),
            value: act.value,
            data: act.call.abi_encode().into(),
            gas_limit: act.gas_limit,
            trace: act.traced,
            ..Message::default()
        };
        Ok(done::<C>(run(&mut state, &env, &message)?))
    }
}

fn done<C: SolCall>(outcome: Outcome) -> Done<C::Return> {
    let result = match outcome.status {
        Status::Success => C::abi_decode_returns(&outcome.output)
            .map_err(|problem| ChainError::Undecodable(format!("{}: {problem}", C::SIGNATURE))),
        Status::Revert => Err(ChainError::Reverted {
            data: outcome.output,
            reason: outcome.reason,
        }),
        Status::Halt(reason) => Err(ChainError::Halted(halt_reason(&reason))),
    };
    Done {
        result,
        gas_used: outcome.gas_used,
        frames: outcome.frames,
    }
}

impl ChainError {
    /// The revert data as one of the errors of an interface, if it is one.
    pub fn reverted_as<E: SolInterface>(&self) -> Option<E> {
        match self {
            Self::Reverted { data, .. } => E::abi_decode(data).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{address, hex, Bytes};
    use alloy::sol;

    sol! {
        #[derive(Debug, PartialEq, Eq)]
        interface Refusing {
            error Refused(uint256 offending);
            function refuse() external returns (uint256 never);
        }
        interface Doubling {
            function double(uint256 value) external payable returns (uint256 twice);
        }
    }

    const REFUSING: Address = address!("00000000000000000000000000000000000a0001");
    const DOUBLING: Address = address!("00000000000000000000000000000000000a0002");

    fn chain() -> Chain {
        let mut chain = Chain::default();
        // Reverts with the selector of Refused and the number 7.
        let mut refuse = hex!("63000000005f5260076020526024601cfd").to_vec();
        refuse[1..5].copy_from_slice(&<Refusing::Refused as alloy::sol_types::SolError>::SELECTOR);
        chain.state_mut().set_code(REFUSING, refuse.into());
        // PUSH1 4, CALLDATALOAD, DUP1, ADD, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN
        let double = Bytes::from_static(&hex!("60043580015f5260205ff3"));
        chain.state_mut().set_code(DOUBLING, double);
        chain
    }

    #[test]
    fn an_act_is_mined_and_a_question_is_not() {
        let mut chain = chain();
        let from = chain.accounts()[0];
        let value = U256::from(21);
        let act = Act::new(from, DOUBLING, Doubling::doubleCall { value }).value(U256::from(5));
        assert_eq!(chain.ask(&act).unwrap().result, Ok(U256::from(42)));
        assert_eq!(chain.latest().number(), 0);
        assert_eq!(chain.state().balance(DOUBLING), U256::ZERO);

        let done = chain.act(&act.traced()).unwrap();
        assert_eq!(done.result, Ok(U256::from(42)));
        assert_eq!(chain.latest().number(), 1);
        assert_eq!(chain.state().balance(DOUBLING), U256::from(5));
        assert_eq!(chain.latest().header.gas_used, done.gas_used);
        // 3 each for PUSH1, CALLDATALOAD, DUP1, ADD, MSTORE, PUSH1 and a word of memory; 2 for each PUSH0.
        let [frame] = &done.frames[..] else {
            panic!("{} frames", done.frames.len())
        };
        assert_eq!(frame.gas_used, 7 * 3 + 2 * 2);
    }

    #[test]
    fn a_refusal_is_decoded_and_mined_all_the_same() {
        let mut chain = chain();
        // Nobody has the key of this account.
        let from = address!("00000000000000000000000000000000000a11ce");
        let act = Act::new(from, REFUSING, Refusing::refuseCall {});
        let poor = chain.act(&act).unwrap_err();
        assert!(
            matches!(poor, ChainError::InsufficientFunds { .. }),
            "{poor}"
        );
        assert_eq!(chain.latest().number(), 0);

        chain
            .state_mut()
            .set_balance(from, U256::from(10).pow(U256::from(18)));
        let refusal = chain.act(&act).unwrap().result.unwrap_err();
        let Some(Refusing::RefusingErrors::Refused(refused)) = refusal.reverted_as() else {
            panic!("{refusal}")
        };
        assert_eq!(refused.offending, U256::from(7));
        assert_eq!(chain.latest().number(), 1);
        assert_eq!(chain.state().nonce(from), 1);
        let short = chain.act(&act.gas_limit(21_070)).unwrap();
        assert_eq!((short.gas_used, chain.latest().number()), (21_070, 2));
        assert!(matches!(short.result, Err(ChainError::Halted(_))));
    }
}
