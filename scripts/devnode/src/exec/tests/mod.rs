//! The executor against figures and outcomes worked out by hand.

mod activating;
mod calls;
mod ink;
mod profiling;
mod storing;

use super::{
    activation,
    precompiles::{arb_wasm::ArbWasm, ARB_WASM},
    simulate, transact, Block, Message, Mode, Outcome, State, Status,
};
use alloy::{
    primitives::{address, Address, Bytes, U256},
    sol_types::SolCall,
};

/// Who sends what nobody else does.
const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
/// Enough gas for anything but running for ever.
const GAS: u64 = 32_000_000;

/// A chain of one block.
struct Chain {
    state: State,
    block: Block,
}

impl Chain {
    fn new() -> Self {
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

    fn message(&self, to: Option<Address>, value: u64, data: Vec<u8>) -> Message {
        Message {
            from: ALICE,
            to,
            value: U256::from(value),
            data: data.into(),
            gas_limit: GAS,
            trace: true,
            ..Message::default()
        }
    }

    /// Sends a transaction.
    fn send(&mut self, to: Option<Address>, value: u64, data: Vec<u8>) -> Outcome {
        let message = self.message(to, value, data);
        transact(&mut self.state, &self.block, &message, Mode::Commit).unwrap()
    }

    /// Sends a transaction that must return, and yields what it returns.
    fn ok(&mut self, to: Address, data: Vec<u8>) -> Bytes {
        let outcome = self.send(Some(to), 0, data);
        assert_eq!(outcome.status, Status::Success, "{:?}", outcome.frames);
        outcome.output
    }

    /// Calls without changing anything.
    fn peek(&self, to: Address, data: Vec<u8>) -> Outcome {
        simulate(&self.state, &self.block, &self.message(Some(to), 0, data)).unwrap()
    }

    /// Deploys code by init code that returns it.
    fn deploy(&mut self, code: &[u8]) -> Address {
        let outcome = self.send(None, 0, init_code(code));
        assert_eq!(outcome.status, Status::Success);
        outcome.created.unwrap()
    }

    fn activate(&mut self, program: Address) -> Outcome {
        let data = ArbWasm::activateProgramCall { program }.abi_encode();
        self.send(Some(ARB_WASM), 10u64.pow(17), data)
    }

    /// Deploys and activates a program.
    fn program(&mut self, wasm: &[u8]) -> Address {
        let address = self.deploy(&compress(wasm));
        let outcome = self.activate(address);
        assert_eq!(outcome.status, Status::Success, "{:?}", outcome.reason);
        address
    }

    /// Deploys and activates a program given as text.
    fn wat(&mut self, text: &str) -> Address {
        self.program(&wat::parse_str(text).unwrap())
    }

    /// Deploys and activates the program that does what its calldata says.
    fn scripted(&mut self) -> Address {
        self.wat(include_str!("script.wat"))
    }
}

/// Code as it is deployed: prefix, no dictionary, brotli.
fn compress(wasm: &[u8]) -> Vec<u8> {
    let mut code = activation::CLASSIC.to_vec();
    code.push(0);
    code.extend(brotlied(wasm));
    code
}

fn brotlied(wasm: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: 5,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*wasm, &mut out, &params).unwrap();
    out
}

/// Init code that returns `code`.
fn init_code(code: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(code.len()).unwrap().to_be_bytes();
    // PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN
    let mut init = vec![0x61, high, low, 0x80, 0x60, 10, 0x5f, 0x39, 0x5f, 0xf3];
    init.extend_from_slice(code);
    init
}

/// How a script calls.
#[derive(Clone, Copy)]
enum Kind {
    Call = 0,
    Delegate = 1,
    Static = 2,
}

/// Commands for the program of `script.wat`.
#[derive(Default, Clone)]
struct Script(Vec<u8>);

impl Script {
    fn new() -> Self {
        Self::default()
    }

    fn push(mut self, op: u8, operands: &[&[u8]]) -> Self {
        self.0.push(op);
        for operand in operands {
            self.0.extend_from_slice(operand);
        }
        self
    }

    fn store(self, key: u64, value: u64) -> Self {
        self.push(0, &[&word(key), &word(value)])
    }

    fn load(self, key: u64) -> Self {
        self.push(1, &[&word(key)])
    }

    fn flush(self, clear: bool) -> Self {
        self.push(2, &[&[clear.into()]])
    }

    fn call(self, kind: Kind, to: Address, data: impl Into<Vec<u8>>) -> Self {
        self.call_with(kind, to, 0, u64::MAX, data)
    }

    fn call_with(
        self,
        kind: Kind,
        to: Address,
        value: u64,
        gas: u64,
        data: impl Into<Vec<u8>>,
    ) -> Self {
        let data = data.into();
        let length = (data.len() as u32).to_le_bytes();
        self.push(
            3,
            &[
                &[kind as u8],
                to.as_slice(),
                &word(value),
                &gas.to_le_bytes(),
                &length,
                &data,
            ],
        )
    }

    fn log(self, topics: u8, data: &[u8]) -> Self {
        self.push(4, &[&[topics], &(data.len() as u32).to_le_bytes(), data])
    }

    fn trap(self) -> Self {
        self.push(5, &[])
    }

    fn spin(self) -> Self {
        self.push(6, &[])
    }

    fn recurse(self) -> Self {
        self.push(7, &[])
    }

    fn end(self, status: u8) -> Self {
        self.push(8, &[&[status]])
    }

    fn who(self) -> Self {
        self.push(9, &[])
    }

    fn reentrant(self) -> Self {
        self.push(10, &[])
    }

    fn number(self) -> Self {
        self.push(11, &[])
    }

    fn grow(self, pages: u32) -> Self {
        self.push(12, &[&pages.to_le_bytes()])
    }

    fn create(self, value: u64, salt: Option<u64>, init: &[u8]) -> Self {
        let kind = u8::from(salt.is_some());
        let salt = word(salt.unwrap_or_default());
        let length = (init.len() as u32).to_le_bytes();
        self.push(13, &[&[kind], &word(value), &salt, &length, init])
    }

    fn transient_store(self, key: u64, value: u64) -> Self {
        self.push(14, &[&word(key), &word(value)])
    }

    fn transient_load(self, key: u64) -> Self {
        self.push(15, &[&word(key)])
    }

    fn exit_early(self, status: u8) -> Self {
        self.push(16, &[&[status]])
    }

    fn account(self, who: Address) -> Self {
        self.push(17, &[who.as_slice()])
    }

    fn ink(self) -> Self {
        self.push(18, &[])
    }
}

impl From<Script> for Vec<u8> {
    fn from(script: Script) -> Self {
        script.0
    }
}

fn word(value: u64) -> [u8; 32] {
    U256::from(value).to_be_bytes()
}

/// EVM code that passes its calldata and value on and returns or reverts with what comes back.
/// `op` is the call's opcode.
fn forwarder(op: u8, to: Address) -> Vec<u8> {
    let mut code = vec![0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f];
    if op == 0xf1 {
        code.push(0x34);
    }
    code.push(0x73);
    code.extend_from_slice(to.as_slice());
    code.extend_from_slice(&[0x5a, op, 0x3d, 0x5f, 0x5f, 0x3e]);
    let target = u8::try_from(code.len() + 6).unwrap();
    code.extend_from_slice(&[0x60, target, 0x57, 0x3d, 0x5f, 0xfd, 0x5b, 0x3d, 0x5f, 0xf3]);
    code
}
