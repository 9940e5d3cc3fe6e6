//! One block, some accounts, and contracts that ask a precompile.

use alloy::primitives::{address, Address, Bytes, Log, U256};
use alloy::sol_types::{SolCall, SolEvent};
use devnode::exec::{
    activation, arbos,
    precompiles::{arb_wasm::ArbWasm, ARB_WASM},
    simulate, transact, Block, Message, Mode, Outcome, State, Status,
};

/// Nobody in particular.
pub(crate) const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
/// The chain owner.
pub(crate) const OWNER: Address = arbos::CHAIN_OWNER;
/// Gas of every transaction that does not say otherwise.
pub(crate) const GAS: u64 = 10_000_000;

/// Opening ArbOS's state, and every read of it.
pub(crate) const READ: u64 = 800;
/// Every write that is not of zero.
pub(crate) const WRITE: u64 = 20_000;
/// Every write of zero.
pub(crate) const CLEAR: u64 = 5_000;
/// Loading the Stylus parameters.
pub(crate) const PARAMS: u64 = 100;
/// Looking up the hash of an account's code.
pub(crate) const CODE_HASH: u64 = 2_600;
/// A word of arguments or results.
pub(crate) const WORD: u64 = 3;

/// A log with so many topics, its signature among them, and so many words of data.
pub(crate) fn log(topics: u64, words: u64) -> u64 {
    375 + 375 * topics + 8 * 32 * words
}

/// A program that does nothing.
pub(crate) const EMPTY: &str = r#"(module
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;

pub(crate) struct Scene {
    pub(crate) state: State,
    pub(crate) block: Block,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let mut state = State::new();
        for who in [ALICE, OWNER] {
            state.set_balance(who, ether(100));
        }
        let block = Block {
            number: 77,
            l2_number: 1_000,
            ..Block::default()
        };
        Self { state, block }
    }

    pub(crate) fn message(&self, from: Address, to: Address, data: Vec<u8>) -> Message {
        Message {
            from,
            to: Some(to),
            data: data.into(),
            gas_limit: GAS,
            gas_price: self.block.basefee.into(),
            ..Message::default()
        }
    }

    pub(crate) fn run(&mut self, message: &Message) -> Outcome {
        transact(&mut self.state, &self.block, message, Mode::Commit).unwrap()
    }

    pub(crate) fn send<C: SolCall>(&mut self, from: Address, to: Address, call: C) -> Outcome {
        let message = self.message(from, to, call.abi_encode());
        self.run(&message)
    }

    /// Sends what must succeed.
    pub(crate) fn ok<C: SolCall>(&mut self, from: Address, to: Address, call: C) -> Outcome {
        let outcome = self.send(from, to, call);
        assert_eq!(
            outcome.status,
            Status::Success,
            "{}: {:?}",
            C::SIGNATURE,
            outcome.reason
        );
        outcome
    }

    /// What a call by Alice returns.
    #[track_caller]
    pub(crate) fn ask<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        let outcome = self.try_ask(to, call);
        assert!(outcome.is_success(), "{}: {outcome:?}", C::SIGNATURE);
        C::abi_decode_returns(&outcome.output).unwrap()
    }

    pub(crate) fn try_ask<C: SolCall>(&self, to: Address, call: C) -> Outcome {
        let message = self.message(ALICE, to, call.abi_encode());
        simulate(&self.state, &self.block, &message).unwrap()
    }

    /// Gas of a call by Alice, without what any transaction costs.
    #[track_caller]
    pub(crate) fn cost<C: SolCall>(&self, to: Address, call: C) -> u64 {
        let data = call.abi_encode();
        let outcome = self.try_ask(to, call);
        assert!(outcome.is_success(), "{}: {outcome:?}", C::SIGNATURE);
        outcome.gas_used - intrinsic(&data)
    }

    /// Puts code on the chain.
    pub(crate) fn place(&mut self, last: u8, code: Vec<u8>) -> Address {
        let address = Address::with_last_byte(last).create(0);
        self.state.set_code(address, code.into());
        self.state.set_nonce(address, 1);
        address
    }

    /// Puts a program on the chain and activates it.
    pub(crate) fn program(&mut self, last: u8, text: &str) -> Address {
        let program = self.place(last, program_code(text));
        let outcome = self.activate(program);
        assert!(outcome.is_success(), "{:?}", outcome.reason);
        program
    }

    pub(crate) fn activate(&mut self, program: Address) -> Outcome {
        let data = ArbWasm::activateProgramCall { program }.abi_encode();
        let message = Message {
            value: ether(1),
            ..self.message(ALICE, ARB_WASM, data)
        };
        self.run(&message)
    }

    pub(crate) fn code_hash(&self, address: Address) -> alloy::primitives::B256 {
        self.state.account(address).unwrap().code_hash
    }

    /// Success, gas and length of return data of a call that a contract makes with 50,000 gas and the
    /// transaction's value; `op` is the call's opcode.
    pub(crate) fn through(&mut self, op: u8, to: Address, value: u64, data: Vec<u8>) -> Heard {
        let contract = self.place(0xcc, asker(op, to));
        let message = Message {
            value: U256::from(value),
            ..self.message(ALICE, contract, data)
        };
        let outcome = self.run(&message);
        assert!(outcome.is_success(), "{outcome:?}");
        let word = |at: usize| U256::from_be_slice(&outcome.output[32 * at..32 * at + 32]);
        Heard {
            success: !word(0).is_zero(),
            gas: word(1).to(),
            returned: word(2).to(),
        }
    }
}

/// What a contract heard of a call it made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) success: bool,
    pub(crate) gas: u64,
    pub(crate) returned: u64,
}

/// Gas around a call by [`asker`] that is not the callee's: six pushes, a warm address, GAS.
pub(crate) const AROUND: u64 = 14 + 100 + 2;
/// What a CALL takes more: CALLVALUE.
pub(crate) const AROUND_CALL: u64 = AROUND + 2;

const CALL: u8 = 0xf1;

/// Passes its calldata on with 50,000 gas, and returns what it heard.
fn asker(op: u8, to: Address) -> Vec<u8> {
    let mut code = vec![0x36, 0x5f, 0x5f, 0x37, 0x5a, 0x5f, 0x5f, 0x36, 0x5f];
    if op == CALL {
        code.push(0x34);
    }
    code.push(0x73);
    code.extend(to.as_slice());
    code.extend([0x61, 0xc3, 0x50, op, 0x5a]);
    // SWAP2 SWAP1, success to 0, the difference to 32, RETURNDATASIZE to 64.
    code.extend([0x91, 0x90, 0x5f, 0x52, 0x03, 0x60, 0x20, 0x52]);
    code.extend([0x3d, 0x60, 0x40, 0x52, 0x60, 0x60, 0x5f, 0xf3]);
    code
}

/// What a transaction with this data costs before it starts.
pub(crate) fn intrinsic(data: &[u8]) -> u64 {
    21_000
        + data
            .iter()
            .map(|b| if *b == 0 { 4 } else { 16 })
            .sum::<u64>()
}

/// A program's code as it is deployed.
pub(crate) fn program_code(text: &str) -> Vec<u8> {
    let wasm = wat::parse_str(text).unwrap();
    let mut code = activation::CLASSIC.to_vec();
    code.push(0);
    let params = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &*wasm, &mut code, &params).unwrap();
    code
}

pub(crate) fn ether(whole: u64) -> U256 {
    U256::from(whole) * U256::from(10).pow(U256::from(18))
}

/// The one event that a message emitted.
#[track_caller]
pub(crate) fn only<E: SolEvent>(logs: &[Log]) -> E {
    assert_eq!(logs.len(), 1, "{logs:?}");
    E::decode_log(&logs[0]).unwrap().data
}

/// A precompile that took all gas and said nothing.
#[track_caller]
pub(crate) fn assert_took_all(outcome: &Outcome) {
    assert!(!outcome.is_success());
    assert_eq!((outcome.gas_used, &outcome.output), (GAS, &Bytes::new()));
}
