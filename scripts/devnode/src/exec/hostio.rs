//! The 42 functions through which a program sees the chain.
//!
//! # Source
//! Order of charges and checks as in Nitro v3.10.0, `crates/wasm-libraries/user-host-trait/lib.rs`,
//! `crates/arbutil/src/evm/{req,storage}.rs` and `arbos/programs/api.go`.

use super::{
    handler::{Fatal, StylusEvm},
    pricing::{gas, hostio as price},
    profile::{Entry, Recorder},
    wasm::validate::HOST_MODULE,
};
use alloy::primitives::{keccak256, Address, Bytes, Log, LogData, B256, U256};
use revm::{
    context_interface::{ContextTr, CreateScheme, JournalTr},
    handler::FrameResult,
    interpreter::{
        interpreter::SharedMemory, interpreter_action::FrameInit, CallInput, CallInputs,
        CallScheme, CallValue, CreateInputs, FrameInput,
    },
};
use std::{collections::BTreeMap, convert::Infallible};
use wasmi::{Caller, Engine, Global, Linker, Memory, Store, Val};

/// Why a host function ends the program.
#[derive(Debug)]
pub(crate) enum Escape {
    /// The program cannot pay.
    OutOfInk,
    /// The program asked to end, with this status.
    Exit(u32),
    /// The program did what it may not.
    Failure(String),
}

impl std::fmt::Display for Escape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OutOfInk => f.write_str("out of ink"),
            Self::Exit(status) => write!(f, "exit with status {status}"),
            Self::Failure(what) => f.write_str(what),
        }
    }
}

impl wasmi::errors::HostError for Escape {}

impl From<Escape> for wasmi::Error {
    fn from(escape: Escape) -> Self {
        Self::host(escape)
    }
}

impl From<Infallible> for Escape {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

fn failure<T>(what: impl Into<String>) -> Result<T, Escape> {
    Err(Escape::Failure(what.into()))
}

/// A slot as the program has it.
#[derive(Debug, Clone, Copy)]
struct Word {
    value: U256,
    /// What the chain has, if the program has read or written it.
    known: Option<U256>,
}

/// What stands behind one running program.
pub(crate) struct Host {
    pub(crate) evm: StylusEvm,
    /// What the program last passed to `write_result`.
    pub(crate) outs: Vec<u8>,
    /// Gas refunded by writes of this frame and of callees that succeeded.
    pub(crate) refund: i64,
    /// What stopped not the program but the machine.
    pub(crate) fatal: Option<Fatal>,
    /// What is recorded, if the message is traced.
    pub(crate) recorder: Option<Box<Recorder>>,
    depth: usize,
    memory: SharedMemory,
    args: Bytes,
    acting: Address,
    sender: Address,
    value: U256,
    is_static: bool,
    reentrant: bool,
    ink_price: u64,
    slots: BTreeMap<U256, Word>,
    reads: u64,
    writes: u64,
    return_data: Bytes,
    last_code: Option<(Address, Bytes)>,
    bound: Option<Bound>,
}

/// The instance's own meters and memory.
#[derive(Debug, Clone, Copy)]
struct Bound {
    ink: Global,
    status: Global,
    stack: Global,
    memory: Memory,
}

/// What the meters show at the end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meters {
    pub(crate) ink: u64,
    pub(crate) exhausted: bool,
    pub(crate) stack: u32,
}

impl Host {
    pub(crate) fn new(
        evm: StylusEvm,
        depth: usize,
        memory: SharedMemory,
        inputs: &CallInputs,
        args: Bytes,
        ink_price: u64,
        reentrant: bool,
    ) -> Self {
        Self {
            evm,
            outs: Vec::new(),
            refund: 0,
            fatal: None,
            recorder: None,
            depth,
            memory,
            args,
            acting: inputs.target_address,
            sender: inputs.caller,
            value: inputs.value.get(),
            is_static: inputs.is_static,
            reentrant,
            ink_price,
            slots: BTreeMap::new(),
            reads: 0,
            writes: 0,
            return_data: Bytes::new(),
            last_code: None,
            bound: None,
        }
    }

    pub(crate) fn bind(&mut self, ink: Global, status: Global, stack: Global, memory: Memory) {
        self.bound = Some(Bound {
            ink,
            status,
            stack,
            memory,
        });
    }

    pub(crate) fn meters(store: &Store<Self>) -> Meters {
        let Some(bound) = store.data().bound else {
            return Meters {
                ink: 0,
                exhausted: false,
                stack: 1,
            };
        };
        let word = |global: Global| match global.get(store) {
            Val::I32(value) => value as u32,
            _ => 0,
        };
        let exhausted = word(bound.status) != 0;
        Meters {
            // What is left when a price could not be paid may have wrapped around.
            ink: match bound.ink.get(store) {
                Val::I64(ink) if !exhausted => ink as u64,
                _ => 0,
            },
            exhausted,
            stack: word(bound.stack),
        }
    }

    /// Runs a frame on behalf of the program: what it returned, gas left, whether it succeeded,
    /// and whether it reverted, and the contract created.
    fn nested(&mut self, frame_input: FrameInput) -> Result<Nested, Escape> {
        let given = match &frame_input {
            FrameInput::Call(call) => call.gas_limit,
            FrameInput::Create(create) => create.gas_limit(),
            FrameInput::Empty => 0,
        };
        let frame = self.evm.context().chain.frames();
        let init = FrameInit {
            depth: self.depth + 1,
            memory: self.memory.new_child_context(),
            frame_input,
        };
        let result = self.evm.run_nested(init);
        self.memory.free_child_context();
        let result = match result {
            Ok(result) => result,
            Err(fatal) => {
                self.fatal = Some(fatal);
                return failure("the machine stopped");
            }
        };
        let end = result.instruction_result();
        if end.is_ok() {
            self.refund += result.gas().refunded();
        }
        let gas_left = if end.is_ok_or_revert() {
            result.gas().remaining()
        } else {
            0
        };
        if let Some(recorder) = &mut self.recorder {
            recorder.nested(frame, given.saturating_sub(gas_left));
        }
        let reverted = end == revm::interpreter::InstructionResult::Revert;
        let (output, created) = match result {
            FrameResult::Call(outcome) => (outcome.result.output, None),
            FrameResult::Create(outcome) => (outcome.result.output, outcome.address),
        };
        Ok(Nested {
            ok: end.is_ok(),
            reverted,
            gas_left,
            output,
            created,
        })
    }

    /// A call as a program makes it: gas spent and whether it succeeded; return data is kept.
    fn call(
        &mut self,
        scheme: CallScheme,
        to: Address,
        input: Vec<u8>,
        value: U256,
        gas_left: u64,
        gas_asked: u64,
    ) -> Result<(u64, bool), Escape> {
        let sends = !value.is_zero();
        if self.is_static && sends {
            self.return_data = Bytes::new();
            return Ok((0, false));
        }
        // What a warm access costs is charged before the account is touched, and so warmed.
        if gas_left < gas::WARM {
            self.return_data = Bytes::new();
            return Ok((gas_left, false));
        }
        let loaded = self
            .evm
            .context()
            .journal_mut()
            .load_account_with_code(to)?;
        let mut base = if loaded.is_cold {
            gas::COLD_ACCOUNT
        } else {
            gas::WARM
        };
        if sends && loaded.is_empty() {
            base += gas::NEW_ACCOUNT;
        }
        if sends {
            base += gas::CALL_VALUE;
        }
        let code = loaded.info.code.clone().unwrap_or_default();
        let known_bytecode = (loaded.info.code_hash, code);
        if base > gas_left {
            self.return_data = Bytes::new();
            return Ok((gas_left, false));
        }
        let most = u128::from(gas_left - base) * 63 / 64;
        let mut given = gas_asked.min(u64::try_from(most).unwrap_or(u64::MAX));
        if sends {
            given = given.saturating_add(gas::STIPEND);
        }
        let delegate = scheme == CallScheme::DelegateCall;
        let nested = self.nested(FrameInput::Call(Box::new(CallInputs {
            input: CallInput::Bytes(input.into()),
            return_memory_offset: 0..0,
            gas_limit: given,
            reservoir: 0,
            bytecode_address: to,
            known_bytecode,
            target_address: if delegate { self.acting } else { to },
            caller: if delegate { self.sender } else { self.acting },
            value: if delegate {
                CallValue::Apparent(self.value)
            } else {
                CallValue::Transfer(value)
            },
            scheme,
            is_static: self.is_static || scheme == CallScheme::StaticCall,
            charged_new_account_state_gas: false,
        })))?;
        self.return_data = nested.output;
        Ok((base + given.saturating_sub(nested.gas_left), nested.ok))
    }

    /// A creation as a program makes it: gas spent and the new address, zero if it failed.
    fn create(
        &mut self,
        code: Vec<u8>,
        value: U256,
        salt: Option<U256>,
        gas_left: u64,
    ) -> Result<(u64, Address), Escape> {
        if self.is_static {
            return failure("write protection");
        }
        let mut base = gas::CREATE;
        if salt.is_some() {
            base += gas::KECCAK_WORD * code.len().div_ceil(32) as u64;
        }
        let Some(after) = gas_left.checked_sub(base) else {
            return failure("out of gas");
        };
        let kept = after / 64;
        let given = after - kept;
        let scheme = salt.map_or(CreateScheme::Create, |salt| CreateScheme::Create2 { salt });
        let inputs = CreateInputs::new(self.acting, scheme, value, code.into(), given, 0);
        let nested = self.nested(FrameInput::Create(Box::new(inputs)))?;
        self.return_data = if nested.reverted {
            nested.output
        } else {
            Bytes::new()
        };
        let created = nested.created.filter(|_| nested.ok).unwrap_or_default();
        Ok((gas_left - kept - nested.gas_left, created))
    }

    /// A slot: its value and the gas of reading it.
    fn load(&mut self, key: U256) -> Result<(U256, u64), Escape> {
        self.reads += 1;
        let cost = gas::cache_read(self.reads);
        if let Some(word) = self.slots.get(&key) {
            return Ok((word.value, cost));
        }
        let loaded = self.evm.context().journal_mut().sload(self.acting, key)?;
        let access = if loaded.is_cold {
            gas::COLD_SLOAD
        } else {
            gas::WARM
        };
        self.slots.insert(
            key,
            Word {
                value: loaded.data,
                known: Some(loaded.data),
            },
        );
        Ok((loaded.data, cost + access + price::EVM_API / self.ink_price))
    }

    /// Writes what has changed; gas spent.
    fn flush(&mut self, clear: bool, gas_left: u64) -> Result<u64, Escape> {
        let mut spent = 0u64;
        let dirty: Vec<(U256, U256)> = self
            .slots
            .iter()
            .filter(|(_, word)| word.known != Some(word.value))
            .map(|(key, word)| (*key, word.value))
            .collect();
        for (key, value) in dirty {
            if self.is_static {
                return failure("write protection");
            }
            let ctx = self.evm.context();
            let stored = ctx.journal_mut().sstore(self.acting, key, value)?;
            let costs = &ctx.cfg.gas_params;
            spent += costs.sstore_static_gas()
                + costs.sstore_dynamic_gas(true, &stored.data, stored.is_cold);
            self.refund += costs.sstore_refund(true, &stored.data);
            if spent > gas_left {
                return Err(Escape::OutOfInk);
            }
            self.slots.insert(
                key,
                Word {
                    value,
                    known: Some(value),
                },
            );
        }
        if clear {
            self.slots.clear();
        }
        Ok(spent)
    }

    /// An account's code and the gas of looking at it.
    fn code(&mut self, address: Address, gas_left: u64) -> Result<(Bytes, u64), Escape> {
        if let Some((last, code)) = &self.last_code {
            if *last == address {
                return Ok((code.clone(), 0));
            }
        }
        let loaded = self
            .evm
            .context()
            .journal_mut()
            .load_account_with_code(address)?;
        let access = if loaded.is_cold {
            gas::COLD_ACCOUNT
        } else {
            gas::WARM
        };
        let cost = gas::EXTCODE + access;
        if gas_left < cost {
            return Ok((Bytes::new(), cost));
        }
        let code = loaded
            .info
            .code
            .as_ref()
            .map_or_else(Bytes::new, |code| code.original_bytes());
        if !code.is_empty() {
            self.last_code = Some((address, code.clone()));
        }
        Ok((code, cost))
    }
}

/// The part of `data` that was asked for, as far as there is one.
fn part(data: &[u8], offset: u32, size: u32) -> &[u8] {
    let start = (offset as usize).min(data.len());
    let end = (offset.saturating_add(size) as usize).min(data.len());
    data.get(start..end).unwrap_or_default()
}

struct Nested {
    ok: bool,
    reverted: bool,
    gas_left: u64,
    output: Bytes,
    created: Option<Address>,
}

/// A host function at work.
struct Io<'a>(Caller<'a, Host>);

impl Io<'_> {
    fn host(&mut self) -> &mut Host {
        self.0.data_mut()
    }

    fn bound(&self) -> Result<Bound, Escape> {
        match self.0.data().bound {
            Some(bound) => Ok(bound),
            None => failure("the program is not running"),
        }
    }

    fn ink(&self) -> Result<u64, Escape> {
        match self.bound()?.ink.get(&self.0) {
            Val::I64(ink) => Ok(ink as u64),
            _ => failure("no ink meter"),
        }
    }

    fn buy_ink(&mut self, ink: u64) -> Result<(), Escape> {
        let Some(left) = self.ink()?.checked_sub(ink) else {
            return Err(Escape::OutOfInk);
        };
        let meter = self.bound()?.ink;
        match meter.set(&mut self.0, Val::I64(left as i64)) {
            Ok(()) => Ok(()),
            Err(error) => failure(error.to_string()),
        }
    }

    fn gas_left(&self) -> Result<u64, Escape> {
        Ok(self.ink()? / self.0.data().ink_price)
    }

    fn buy_gas(&mut self, gas: u64) -> Result<(), Escape> {
        let price = self.0.data().ink_price;
        self.buy_ink(gas.saturating_mul(price))?;
        if let Some(recorder) = &mut self.host().recorder {
            recorder.buy(gas);
        }
        Ok(())
    }

    /// Begins to record a host function, if anything is recorded.
    fn enter(&mut self, name: &'static str, params: &[u64]) -> Option<Entry> {
        self.0.data().recorder.as_ref()?;
        let ink = self.ink().ok()?;
        let memory = self.bound().ok()?.memory;
        let (memory, host) = memory.data_and_store_mut(&mut self.0);
        let recorder = host.recorder.as_mut()?;
        Some(recorder.enter(name, ink, memory, params))
    }

    /// Records what became of a host function.
    fn leave(&mut self, entry: Entry, params: &[u64], answer: Option<u64>) {
        let (Ok(ink), Ok(bound)) = (self.ink(), self.bound()) else {
            return;
        };
        let (memory, host) = bound.memory.data_and_store_mut(&mut self.0);
        if let Some(recorder) = &mut host.recorder {
            recorder.leave(entry, ink, memory, params, answer);
        }
    }

    fn require_gas(&self, gas: u64) -> Result<(), Escape> {
        if self.ink()? < gas.saturating_mul(self.0.data().ink_price) {
            return Err(Escape::OutOfInk);
        }
        Ok(())
    }

    fn read(&self, ptr: u32, len: u32) -> Result<Vec<u8>, Escape> {
        let data = self.bound()?.memory.data(&self.0);
        let start = ptr as usize;
        match data.get(start..start + len as usize) {
            Some(bytes) => Ok(bytes.to_vec()),
            None => failure("out of bounds memory access"),
        }
    }

    fn read_word(&self, ptr: u32) -> Result<[u8; 32], Escape> {
        let mut word = [0; 32];
        word.copy_from_slice(&self.read(ptr, 32)?);
        Ok(word)
    }

    fn read_u256(&self, ptr: u32) -> Result<U256, Escape> {
        Ok(U256::from_be_bytes(self.read_word(ptr)?))
    }

    fn read_address(&self, ptr: u32) -> Result<Address, Escape> {
        Ok(Address::from_slice(&self.read(ptr, 20)?))
    }

    fn write(&mut self, ptr: u32, bytes: &[u8]) -> Result<(), Escape> {
        let memory = self.bound()?.memory;
        match memory.write(&mut self.0, ptr as usize, bytes) {
            Ok(()) => Ok(()),
            Err(_) => failure("out of bounds memory access"),
        }
    }

    fn write_u256(&mut self, ptr: u32, value: U256) -> Result<(), Escape> {
        self.write(ptr, &value.to_be_bytes::<32>())
    }

    // The program's own ends.

    fn read_args(&mut self, ptr: u32) -> Result<(), Escape> {
        self.buy_ink(price::SIMPLE)?;
        let args = self.host().args.clone();
        self.buy_ink(price::write(args.len()))?;
        self.write(ptr, &args)
    }

    fn write_result(&mut self, ptr: u32, len: u32) -> Result<(), Escape> {
        self.buy_ink(price::SIMPLE)?;
        self.buy_ink(price::read(len as usize))?;
        self.buy_ink(price::read(len as usize))?;
        let outs = self.read(ptr, len)?;
        self.host().outs = outs;
        Ok(())
    }

    // Storage.

    fn storage_load(&mut self, key: u32, dest: u32) -> Result<(), Escape> {
        self.buy_ink(price::STORAGE)?;
        let api = price::EVM_API / self.host().ink_price;
        self.require_gas(gas::COLD_SLOAD + gas::CACHE_ACCESS + api)?;
        let key = self.read_u256(key)?;
        let (value, cost) = self.host().load(key)?;
        self.buy_gas(cost)?;
        self.write_u256(dest, value)
    }

    fn storage_cache(&mut self, key: u32, value: u32) -> Result<(), Escape> {
        self.buy_ink(price::STORAGE)?;
        self.require_gas(gas::SSTORE_SENTRY + gas::CACHE_ACCESS)?;
        let key = self.read_u256(key)?;
        let value = self.read_u256(value)?;
        let host = self.host();
        host.writes += 1;
        let cost = gas::cache_write(host.writes);
        host.slots
            .entry(key)
            .or_insert(Word { value, known: None })
            .value = value;
        self.buy_gas(cost)
    }

    fn storage_flush(&mut self, clear: u32) -> Result<(), Escape> {
        self.buy_ink(price::API)?;
        self.require_gas(gas::SSTORE_SENTRY)?;
        let gas_left = self.gas_left()?;
        let cost = self.host().flush(clear != 0, gas_left)?;
        self.buy_gas(cost)
    }

    fn transient_load(&mut self, key: u32, dest: u32) -> Result<(), Escape> {
        self.buy_ink(price::API_TWO_POINTERS)?;
        self.buy_gas(gas::TRANSIENT)?;
        let key = self.read_u256(key)?;
        let host = self.host();
        let acting = host.acting;
        let value = host.evm.context().journal_mut().tload(acting, key);
        self.write_u256(dest, value)
    }

    fn transient_store(&mut self, key: u32, value: u32) -> Result<(), Escape> {
        self.buy_ink(price::API_TWO_POINTERS)?;
        self.buy_gas(gas::TRANSIENT)?;
        let key = self.read_u256(key)?;
        let value = self.read_u256(value)?;
        let host = self.host();
        if host.is_static {
            return failure("write protection");
        }
        let acting = host.acting;
        host.evm.context().journal_mut().tstore(acting, key, value);
        Ok(())
    }

    // Calls.

    #[allow(clippy::too_many_arguments)]
    fn call(
        &mut self,
        scheme: CallScheme,
        contract: u32,
        data: u32,
        len: u32,
        value: Option<u32>,
        gas: u64,
        ret_len: u32,
    ) -> Result<u32, Escape> {
        self.buy_ink(price::CALL)?;
        self.buy_ink(price::read(len as usize))?;
        self.buy_ink(price::read(len as usize))?;
        let gas_left = self.gas_left()?;
        let asked = gas.min(gas_left);
        let contract = self.read_address(contract)?;
        let input = self.read(data, len)?;
        let value = value.map_or(Ok(U256::ZERO), |value| self.read_u256(value))?;
        let (cost, ok) = self
            .host()
            .call(scheme, contract, input, value, gas_left, asked)?;
        self.buy_gas(cost)?;
        let returned = self.host().return_data.len() as u32;
        self.write(ret_len, &returned.to_le_bytes())?;
        Ok(if ok { 0 } else { 2 })
    }

    fn create(
        &mut self,
        ink: u64,
        (code, len): (u32, u32),
        value: u32,
        salt: Option<u32>,
        contract: u32,
        revert_len: u32,
    ) -> Result<(), Escape> {
        self.buy_ink(ink)?;
        self.buy_ink(price::read(len as usize))?;
        self.buy_ink(price::read(len as usize))?;
        let code = self.read(code, len)?;
        let value = self.read_u256(value)?;
        let salt = salt.map(|salt| self.read_u256(salt)).transpose()?;
        let gas_left = self.gas_left()?;
        let (cost, created) = self.host().create(code, value, salt, gas_left)?;
        self.buy_gas(cost)?;
        let returned = self.host().return_data.len() as u32;
        self.write(revert_len, &returned.to_le_bytes())?;
        self.write(contract, created.as_slice())
    }

    fn read_return_data(&mut self, dest: u32, offset: u32, size: u32) -> Result<u32, Escape> {
        self.buy_ink(price::API)?;
        let data = self.host().return_data.clone();
        let most = (data.len() as u32).saturating_sub(offset);
        self.buy_ink(price::write(size.min(most) as usize))?;
        let part = part(&data, offset, size);
        // Unlike that of code, the place of nothing is not looked at.
        if !part.is_empty() {
            self.write(dest, part)?;
        }
        Ok(part.len() as u32)
    }

    fn return_data_size(&mut self) -> Result<u32, Escape> {
        self.buy_ink(price::SIMPLE)?;
        Ok(self.host().return_data.len() as u32)
    }

    fn emit_log(&mut self, data: u32, len: u32, topics: u32) -> Result<(), Escape> {
        self.buy_ink(price::API)?;
        if topics > 4 || len < topics * 32 {
            return failure("bad topic data");
        }
        self.buy_ink(price::read(len as usize))?;
        let bytes = u64::from(len - topics * 32);
        self.buy_gas((1 + u64::from(topics)) * gas::LOG_TOPIC + bytes * gas::LOG_BYTE)?;
        let all = self.read(data, len)?;
        let (topics, data) = all.split_at(topics as usize * 32);
        let topics = topics.chunks_exact(32).map(B256::from_slice).collect();
        let data = Bytes::copy_from_slice(data);
        let host = self.host();
        if host.is_static {
            return failure("write protection");
        }
        let log = Log {
            address: host.acting,
            data: LogData::new_unchecked(topics, data),
        };
        host.evm.context().journal_mut().log(log);
        Ok(())
    }

    // Accounts.

    fn account_balance(&mut self, address: u32, dest: u32) -> Result<(), Escape> {
        self.buy_ink(price::API_TWO_POINTERS)?;
        self.require_gas(gas::COLD_ACCOUNT)?;
        let address = self.read_address(address)?;
        let loaded = self
            .host()
            .evm
            .context()
            .journal_mut()
            .load_account(address)?;
        let (balance, cold) = (loaded.info.balance, loaded.is_cold);
        self.buy_gas(if cold { gas::COLD_ACCOUNT } else { gas::WARM })?;
        self.write_u256(dest, balance)
    }

    fn account_code(
        &mut self,
        address: u32,
        offset: u32,
        size: u32,
        dest: u32,
    ) -> Result<u32, Escape> {
        let code = self.code(address)?;
        self.buy_ink(price::write(code.len()))?;
        let part = part(&code, offset, size);
        self.write(dest, part)?;
        Ok(part.len() as u32)
    }

    fn account_code_size(&mut self, address: u32) -> Result<u32, Escape> {
        Ok(self.code(address)?.len() as u32)
    }

    fn code(&mut self, address: u32) -> Result<Bytes, Escape> {
        self.buy_ink(price::API)?;
        self.require_gas(gas::COLD_ACCOUNT)?;
        let address = self.read_address(address)?;
        let gas_left = self.gas_left()?;
        let (code, cost) = self.host().code(address, gas_left)?;
        self.buy_gas(cost)?;
        Ok(code)
    }

    fn account_codehash(&mut self, address: u32, dest: u32) -> Result<(), Escape> {
        self.buy_ink(price::API_TWO_POINTERS)?;
        self.require_gas(gas::COLD_ACCOUNT)?;
        let address = self.read_address(address)?;
        let loaded = self.host().evm.context().journal_mut().code_hash(address)?;
        let (hash, cold) = (loaded.data, loaded.is_cold);
        self.buy_gas(if cold { gas::COLD_ACCOUNT } else { gas::WARM })?;
        self.write(dest, hash.as_slice())
    }

    // Numbers and words that are simply there.

    fn number(&mut self, of: impl FnOnce(&mut Host) -> u64) -> Result<u64, Escape> {
        self.buy_ink(price::SIMPLE)?;
        Ok(of(self.host()))
    }

    fn word(&mut self, ptr: u32, of: impl FnOnce(&mut Host) -> U256) -> Result<(), Escape> {
        self.buy_ink(price::ONE_POINTER)?;
        let value = of(self.host());
        self.write_u256(ptr, value)
    }

    fn address(&mut self, ptr: u32, of: impl FnOnce(&mut Host) -> Address) -> Result<(), Escape> {
        self.buy_ink(price::ONE_POINTER)?;
        let value = of(self.host());
        self.write(ptr, value.as_slice())
    }

    // Arithmetic.

    fn math(
        &mut self,
        ink: u64,
        value: u32,
        other: u32,
        of: impl FnOnce(U256, U256) -> U256,
    ) -> Result<(), Escape> {
        self.buy_ink(ink)?;
        let (a, b) = (self.read_u256(value)?, self.read_u256(other)?);
        self.write_u256(value, of(a, b))
    }

    fn math_pow(&mut self, value: u32, exponent: u32) -> Result<(), Escape> {
        self.buy_ink(price::MATH_POW)?;
        let base = self.read_u256(value)?;
        let exponent = self.read_word(exponent)?;
        self.buy_ink(price::pow(&exponent))?;
        self.write_u256(value, base.wrapping_pow(U256::from_be_bytes(exponent)))
    }

    fn math_modular(
        &mut self,
        ink: u64,
        (value, other, modulus): (u32, u32, u32),
        of: impl FnOnce(U256, U256, U256) -> U256,
    ) -> Result<(), Escape> {
        self.buy_ink(ink)?;
        let (a, b) = (self.read_u256(value)?, self.read_u256(other)?);
        let modulus = self.read_u256(modulus)?;
        self.write_u256(value, of(a, b, modulus))
    }

    fn keccak(&mut self, data: u32, len: u32, dest: u32) -> Result<(), Escape> {
        self.buy_ink(price::keccak(len as usize))?;
        let hash = keccak256(self.read(data, len)?);
        self.write(dest, hash.as_slice())
    }

    fn pay_for_memory_grow(&mut self, pages: u32) -> Result<(), Escape> {
        if pages == 0 {
            return self.buy_ink(price::SIMPLE);
        }
        let Ok(pages) = u16::try_from(pages) else {
            return Err(Escape::OutOfInk);
        };
        let session = &mut self.host().evm.context().chain;
        let (open, ever) = (session.pages_open, session.pages_ever);
        session.pages_open = open.saturating_add(pages);
        session.pages_ever = ever.max(session.pages_open);
        let cost = session.params().page_gas(pages, open, ever);
        self.buy_gas(cost)
    }
}

/// What a host function returned, as far as a trace shows it; `None` if it failed.
fn answered<T: Into<Answer> + Copy>(
    name: &str,
    io: &mut Io<'_>,
    result: &Result<T, Escape>,
) -> Option<u64> {
    match result {
        // The bytes that it wrote.
        Ok(_) if name == "read_args" => Some(io.host().args.len() as u64),
        Ok(answer) => Some((*answer).into().0),
        Err(Escape::Exit(_)) => Some(0),
        Err(_) => None,
    }
}

/// A number that a host function returned, or nothing.
struct Answer(u64);

impl From<()> for Answer {
    fn from((): ()) -> Self {
        Self(0)
    }
}

impl From<u32> for Answer {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

impl From<u64> for Answer {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// Links the host functions.
///
/// # Panics
/// Never: the names are distinct.
pub(crate) fn link(engine: &Engine) -> Linker<Host> {
    let mut linker = Linker::new(engine);
    macro_rules! host {
        ($($name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)? = |$io:ident| $body:expr;)*) => {
            $(
                linker
                    .func_wrap(
                        HOST_MODULE,
                        stringify!($name),
                        |caller: Caller<'_, Host>, $($arg: $ty),*| -> Result<host!(@ret $($ret)?), wasmi::Error> {
                            let mut $io = Io(caller);
                            let entry = $io.enter(stringify!($name), &[$(u64::from($arg)),*]);
                            let result = $body;
                            if let Some(entry) = entry {
                                let answer = answered(stringify!($name), &mut $io, &result);
                                $io.leave(entry, &[$(u64::from($arg)),*], answer);
                            }
                            result.map_err(wasmi::Error::from)
                        },
                    )
                    .expect("no name twice");
            )*
        };
        (@ret) => { () };
        (@ret $ret:ty) => { $ret };
    }
    host! {
        read_args(ptr: u32) = |io| io.read_args(ptr);
        write_result(ptr: u32, len: u32) = |io| io.write_result(ptr, len);
        exit_early(status: u32) = |io| Err::<(), _>(Escape::Exit(status));
        storage_load_bytes32(key: u32, dest: u32) = |io| io.storage_load(key, dest);
        storage_cache_bytes32(key: u32, value: u32) = |io| io.storage_cache(key, value);
        storage_flush_cache(clear: u32) = |io| io.storage_flush(clear);
        transient_load_bytes32(key: u32, dest: u32) = |io| io.transient_load(key, dest);
        transient_store_bytes32(key: u32, value: u32) = |io| io.transient_store(key, value);
        call_contract(to: u32, data: u32, len: u32, value: u32, gas: u64, ret: u32) -> u32 =
            |io| io.call(CallScheme::Call, to, data, len, Some(value), gas, ret);
        delegate_call_contract(to: u32, data: u32, len: u32, gas: u64, ret: u32) -> u32 =
            |io| io.call(CallScheme::DelegateCall, to, data, len, None, gas, ret);
        static_call_contract(to: u32, data: u32, len: u32, gas: u64, ret: u32) -> u32 =
            |io| io.call(CallScheme::StaticCall, to, data, len, None, gas, ret);
        create1(code: u32, len: u32, value: u32, to: u32, ret: u32) =
            |io| io.create(price::CALL, (code, len), value, None, to, ret);
        create2(code: u32, len: u32, value: u32, salt: u32, to: u32, ret: u32) =
            |io| io.create(price::CREATE2, (code, len), value, Some(salt), to, ret);
        read_return_data(dest: u32, offset: u32, size: u32) -> u32 =
            |io| io.read_return_data(dest, offset, size);
        return_data_size() -> u32 = |io| io.return_data_size();
        emit_log(data: u32, len: u32, topics: u32) = |io| io.emit_log(data, len, topics);
        account_balance(address: u32, dest: u32) = |io| io.account_balance(address, dest);
        account_code(address: u32, offset: u32, size: u32, dest: u32) -> u32 =
            |io| io.account_code(address, offset, size, dest);
        account_code_size(address: u32) -> u32 = |io| io.account_code_size(address);
        account_codehash(address: u32, dest: u32) = |io| io.account_codehash(address, dest);
        evm_gas_left() -> u64 = |io| {
            io.buy_ink(price::SIMPLE).and_then(|()| io.gas_left())
        };
        evm_ink_left() -> u64 = |io| io.buy_ink(price::SIMPLE).and_then(|()| io.ink());
        block_basefee(ptr: u32) =
            |io| io.word(ptr, |host| U256::from(host.evm.context().block.basefee));
        chainid() -> u64 = |io| io.number(|host| host.evm.context().cfg.chain_id);
        block_coinbase(ptr: u32) =
            |io| io.address(ptr, |host| host.evm.context().block.beneficiary);
        block_gas_limit() -> u64 = |io| io.number(|host| host.evm.context().block.gas_limit);
        block_number() -> u64 =
            |io| io.number(|host| host.evm.context().block.number.saturating_to());
        block_timestamp() -> u64 =
            |io| io.number(|host| host.evm.context().block.timestamp.saturating_to());
        contract_address(ptr: u32) = |io| io.address(ptr, |host| host.acting);
        math_div(value: u32, divisor: u32) = |io| io.math(
            price::MATH_DIV, value, divisor, |a, b| a.checked_div(b).unwrap_or_default());
        math_mod(value: u32, modulus: u32) = |io| io.math(
            price::MATH_DIV, value, modulus, |a, b| a.checked_rem(b).unwrap_or_default());
        math_pow(value: u32, exponent: u32) = |io| io.math_pow(value, exponent);
        math_add_mod(value: u32, addend: u32, modulus: u32) = |io| io.math_modular(
            price::MATH_ADD_MOD, (value, addend, modulus), |a, b, m| a.add_mod(b, m));
        math_mul_mod(value: u32, factor: u32, modulus: u32) = |io| io.math_modular(
            price::MATH_MUL_MOD, (value, factor, modulus), |a, b, m| a.mul_mod(b, m));
        msg_reentrant() -> u32 = |io| io.number(|host| host.reentrant.into()).map(|yes| yes as u32);
        msg_sender(ptr: u32) = |io| io.address(ptr, |host| host.sender);
        msg_value(ptr: u32) = |io| io.word(ptr, |host| host.value);
        native_keccak256(data: u32, len: u32, dest: u32) = |io| io.keccak(data, len, dest);
        tx_gas_price(ptr: u32) =
            |io| io.word(ptr, |host| U256::from(host.evm.context().tx.gas_price));
        tx_ink_price() -> u32 = |io| io.number(|host| host.ink_price).map(|ink| ink as u32);
        tx_origin(ptr: u32) = |io| io.address(ptr, |host| host.evm.context().tx.caller);
        pay_for_memory_grow(pages: u32) = |io| io.pay_for_memory_grow(pages);
    }
    linker
}
