//! A chain of one block, and what one call on it did.

use crate::program::{Program, BARE, READING, SHOWN};
use alloy::{
    primitives::{address, Address, Bytes, U256},
    sol_types::SolCall,
};
use devnode::exec::{
    activation,
    precompiles::{arb_wasm::ArbWasm, ARB_WASM},
    transact, Block, Frame, Message, Mode, Outcome, State, Status,
};

/// Who sends everything.
pub(crate) const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
/// Gas of a message unless told otherwise: enough for anything but running for ever.
pub(crate) const GAS_LIMIT: u64 = 32_000_000;

/// A chain of one block.
pub(crate) struct Scene {
    pub(crate) state: State,
    pub(crate) block: Block,
}

/// What a probe read.
pub(crate) struct Reading {
    /// Ink of the code under test.
    pub(crate) ink: u64,
    /// The first bytes of its memory, afterwards.
    pub(crate) memory: Bytes,
    /// All else.
    pub(crate) outcome: Outcome,
}

impl Reading {
    /// `len` bytes of memory from `at`.
    pub(crate) fn bytes(&self, at: usize, len: usize) -> &[u8] {
        &self.memory[at..at + len]
    }

    /// The word of memory at `at`.
    pub(crate) fn word(&self, at: usize) -> U256 {
        U256::from_be_slice(self.bytes(at, 32))
    }

    /// The little-endian `i32` of memory at `at`.
    pub(crate) fn i32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap())
    }

    /// The little-endian `i64` of memory at `at`.
    pub(crate) fn i64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().unwrap())
    }
}

impl Scene {
    pub(crate) fn new() -> Self {
        let mut state = State::new();
        state.set_balance(ALICE, U256::from(10).pow(U256::from(20)));
        let block = Block {
            number: 77,
            l2_number: 1_000,
            basefee: 0,
            ..Block::default()
        };
        Self { state, block }
    }

    /// A message of [`ALICE`], traced.
    pub(crate) fn message(&self, to: Address, data: impl Into<Bytes>) -> Message {
        Message {
            from: ALICE,
            to: Some(to),
            data: data.into(),
            gas_limit: GAS_LIMIT,
            trace: true,
            ..Message::default()
        }
    }

    /// Runs a message and keeps what it changes.
    ///
    /// # Panics
    /// If the message is not valid.
    pub(crate) fn run(&mut self, message: &Message) -> Outcome {
        transact(&mut self.state, &self.block, message, Mode::Commit).unwrap()
    }

    /// Calls an account with [`GAS_LIMIT`].
    pub(crate) fn call(&mut self, to: Address, data: impl Into<Bytes>) -> Outcome {
        let message = self.message(to, data);
        self.run(&message)
    }

    /// Calls an account, which must return, and yields what it returns.
    ///
    /// # Panics
    /// If it does not.
    pub(crate) fn ok(&mut self, to: Address, data: impl Into<Bytes>) -> Bytes {
        let outcome = self.call(to, data);
        assert!(
            outcome.is_success(),
            "{:?}: {:?} {:?}",
            outcome.status,
            outcome.reason,
            outcome.frames
        );
        outcome.output
    }

    /// Puts EVM code at an address of its own, without a transaction.
    pub(crate) fn evm(&mut self, code: impl Into<Bytes>) -> Address {
        let code = code.into();
        let address = Address::from_word(alloy::primitives::keccak256(&code));
        self.state.set_code(address, code);
        address
    }

    /// Deploys code by init code that returns it.
    ///
    /// # Panics
    /// If the chain refuses it.
    pub(crate) fn deploy(&mut self, code: &[u8]) -> Address {
        let outcome = self.run(&Message {
            from: ALICE,
            data: init_code(code).into(),
            gas_limit: GAS_LIMIT,
            ..Message::default()
        });
        assert_eq!(outcome.status, Status::Success, "{:?}", outcome.reason);
        outcome.created.unwrap()
    }

    /// Asks for the activation of a program.
    pub(crate) fn activate(&mut self, program: Address) -> Outcome {
        let data = ArbWasm::activateProgramCall { program }.abi_encode();
        let message = self.message(ARB_WASM, data);
        self.run(&Message {
            value: U256::from(10).pow(U256::from(17)),
            ..message
        })
    }

    /// Deploys and activates a module.
    ///
    /// # Panics
    /// If the chain refuses it.
    pub(crate) fn install(&mut self, wasm: &[u8]) -> Address {
        let address = self.deploy(&compress(wasm));
        let outcome = self.activate(address);
        assert_eq!(outcome.status, Status::Success, "{:?}", outcome.reason);
        address
    }

    /// Deploys and activates a program.
    pub(crate) fn program(&mut self, program: &Program) -> Address {
        self.install(&program.wasm())
    }

    /// Runs a probe that must succeed.
    pub(crate) fn probe(&mut self, probe: &Program) -> Reading {
        let address = self.program(probe);
        let message = self.message(address, []);
        self.probe_with(&message)
    }

    /// Runs a probe that is deployed already.
    ///
    /// # Panics
    /// If it does not return its reading.
    pub(crate) fn probe_with(&mut self, message: &Message) -> Reading {
        let outcome = self.run(message);
        assert!(
            outcome.is_success() && outcome.output.len() == SHOWN,
            "{:?}: {:?}",
            outcome.status,
            outcome.reason
        );
        let mut reading = Reading {
            ink: 0,
            memory: outcome.output.clone(),
            outcome,
        };
        reading.ink = reading.i64(READING).checked_sub(BARE).unwrap();
        reading
    }
}

/// Gas of calldata: 4 for a zero, 16 for any other byte.
pub(crate) fn calldata_gas(data: &[u8]) -> u64 {
    data.iter()
        .map(|byte| if *byte == 0 { 4 } else { 16 })
        .sum()
}

/// The only frame at this depth.
pub(crate) fn frame(outcome: &Outcome, depth: usize) -> &Frame {
    let mut at = outcome.frames.iter().filter(|frame| frame.depth == depth);
    let frame = at.next().unwrap();
    assert!(at.next().is_none(), "several frames at depth {depth}");
    frame
}

/// Code as it is deployed: prefix, no dictionary, brotli.
pub(crate) fn compress(wasm: &[u8]) -> Vec<u8> {
    let mut code = activation::CLASSIC.to_vec();
    code.push(0);
    let params = brotli::enc::BrotliEncoderParams {
        quality: 5,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*wasm, &mut code, &params).unwrap();
    code
}

/// Init code that returns `code`.
pub(crate) fn init_code(code: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(code.len()).unwrap().to_be_bytes();
    // PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN
    let mut init = vec![0x61, high, low, 0x80, 0x60, 10, 0x5f, 0x39, 0x5f, 0xf3];
    init.extend_from_slice(code);
    init
}
