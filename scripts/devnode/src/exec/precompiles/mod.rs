//! ArbOS's precompiles, beside Ethereum's own.
//!
//! # Source
//! Charges as in Nitro v3.10.0, `precompiles/precompile.go`: a word of arguments or results costs
//! 3 gas, opening ArbOS's state one read. A call that the ABI does not know takes all gas.

pub mod arb_gas_info;
pub mod arb_info;
pub mod arb_sys;
pub mod arb_wasm;
pub mod arb_wasm_cache;

use super::{
    activation::Inactive,
    handler::Context,
    pricing::{activation, gas},
};
use alloy::{
    primitives::{address, Address, Bytes, Log, B256, U256},
    sol_types::{SolError, SolEvent, SolInterface},
};
use revm::{
    context_interface::{ContextTr, JournalTr},
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult},
    primitives::{hardfork::SpecId, AddressSet},
};
use std::convert::Infallible;

/// `ArbSys`: facts of the chain and the message.
pub const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
/// `ArbInfo`: balances and code.
pub const ARB_INFO: Address = address!("0000000000000000000000000000000000000065");
/// `ArbGasInfo`: prices.
pub const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
/// `ArbWasm`: programs.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// `ArbWasmCache`: the long-term cache.
pub const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

/// Every address that has a precompile on Arbitrum, and therefore code of one byte, 0xfe.
pub const ADDRESSES: [Address; 19] = [
    ARB_SYS,
    ARB_INFO,
    address!("0000000000000000000000000000000000000066"),
    address!("0000000000000000000000000000000000000067"),
    address!("0000000000000000000000000000000000000068"),
    address!("0000000000000000000000000000000000000069"),
    address!("000000000000000000000000000000000000006a"),
    address!("000000000000000000000000000000000000006b"),
    ARB_GAS_INFO,
    address!("000000000000000000000000000000000000006d"),
    address!("000000000000000000000000000000000000006e"),
    address!("000000000000000000000000000000000000006f"),
    address!("0000000000000000000000000000000000000070"),
    ARB_WASM,
    ARB_WASM_CACHE,
    address!("0000000000000000000000000000000000000073"),
    address!("0000000000000000000000000000000000000074"),
    address!("00000000000000000000000000000000000000c8"),
    address!("00000000000000000000000000000000000000c9"),
];

/// What a method may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purity {
    View,
    Write,
    Payable,
}

/// Why a precompile fails.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A named error; gas left is returned.
    Error(Vec<u8>),
    /// An error without a name; gas left is returned.
    Unnamed(String),
    /// Reverts and takes all gas.
    Unknown,
    /// Fails exceptionally and takes all gas.
    Fatal(String),
    /// Gas ran out.
    OutOfGas,
}

impl From<Infallible> for Fault {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl Fault {
    pub(crate) fn error(error: &impl SolError) -> Self {
        Self::Error(error.abi_encode())
    }
}

impl From<Inactive> for Fault {
    fn from(inactive: Inactive) -> Self {
        use arb_wasm::ArbWasm as E;
        match inactive {
            Inactive::NotActivated => Self::error(&E::ProgramNotActivated {}),
            Inactive::NeedsUpgrade {
                version,
                stylus_version,
            } => Self::error(&E::ProgramNeedsUpgrade {
                version,
                stylusVersion: stylus_version,
            }),
            Inactive::Expired { age } => Self::error(&E::ProgramExpired { ageInSeconds: age }),
        }
    }
}

/// One call of a precompile.
pub(crate) struct Call<'a> {
    pub(crate) ctx: &'a mut Context,
    pub(crate) caller: Address,
    pub(crate) value: U256,
    address: Address,
    gas_left: u64,
}

impl Call<'_> {
    /// Takes gas.
    pub(crate) fn burn(&mut self, gas: u64) -> Result<(), Fault> {
        match self.gas_left.checked_sub(gas) {
            Some(left) => self.gas_left = left,
            None => {
                self.gas_left = 0;
                return Err(Fault::OutOfGas);
            }
        }
        Ok(())
    }

    pub(crate) fn gas_left(&self) -> u64 {
        self.gas_left
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.ctx.block.timestamp.saturating_to()
    }

    /// The hash of an account's code, at the price that ArbOS takes for it.
    pub(crate) fn code_hash(&mut self, address: Address) -> Result<B256, Fault> {
        self.burn(gas::COLD_ACCOUNT)?;
        Ok(self.ctx.journal_mut().code_hash(address)?.data)
    }

    /// An account's code; free of gas.
    pub(crate) fn code(&mut self, address: Address) -> Result<Bytes, Fault> {
        Ok(self.ctx.journal_mut().code(address)?.data)
    }

    /// Emits an event, at the price of a log.
    pub(crate) fn emit(&mut self, event: &impl SolEvent) -> Result<(), Fault> {
        let data = event.encode_log_data();
        let topics = data.topics().len() as u64;
        self.burn((1 + topics) * gas::LOG_TOPIC + data.data.len() as u64 * gas::LOG_BYTE)?;
        let log = Log {
            address: self.address,
            data,
        };
        self.ctx.journal_mut().log(log);
        Ok(())
    }
}

/// Runs one of ArbOS's precompiles.
fn dispatch(call: &mut Call<'_>, acting: bool, is_static: bool, input: &[u8]) -> Answer {
    match call.address {
        ARB_SYS => answer::<arb_sys::ArbSys::ArbSysCalls>(call, acting, is_static, input),
        ARB_INFO => answer::<arb_info::ArbInfo::ArbInfoCalls>(call, acting, is_static, input),
        ARB_GAS_INFO => {
            answer::<arb_gas_info::ArbGasInfo::ArbGasInfoCalls>(call, acting, is_static, input)
        }
        ARB_WASM => answer::<arb_wasm::ArbWasm::ArbWasmCalls>(call, acting, is_static, input),
        ARB_WASM_CACHE => answer::<arb_wasm_cache::ArbWasmCache::ArbWasmCacheCalls>(
            call, acting, is_static, input,
        ),
        _ => Err(Fault::Unknown),
    }
}

type Answer = Result<Vec<u8>, Fault>;

/// The methods of a precompile.
pub(crate) trait Methods: SolInterface {
    fn purity(&self) -> Purity;
    fn run(self, call: &mut Call<'_>) -> Answer;
}

fn answer<M: Methods>(call: &mut Call<'_>, acting: bool, is_static: bool, input: &[u8]) -> Answer {
    let Ok(method) = M::abi_decode(input) else {
        return Err(Fault::Unknown);
    };
    let purity = method.purity();
    if !acting
        || (purity >= Purity::Write && is_static)
        || (purity < Purity::Payable && !call.value.is_zero())
    {
        return Err(Fault::Unknown);
    }
    call.burn(activation::ARBOS_READ)?;
    let words = |bytes: usize| bytes.div_ceil(32) as u64 * activation::COPY_WORD;
    call.burn(words(input.len().saturating_sub(4)))?;
    let result = method.run(call);
    if let Ok(data) | Err(Fault::Error(data)) = &result {
        call.burn(words(data.len()))?;
    }
    result
}

/// Ethereum's precompiles and ArbOS's.
#[derive(Debug, Clone)]
pub struct Precompiles {
    ethereum: EthPrecompiles,
    warm: AddressSet,
}

impl Precompiles {
    /// The precompiles of a fork.
    pub fn new(spec: SpecId) -> Self {
        let ethereum = EthPrecompiles::new(spec);
        let mut warm = ethereum.warm_addresses().clone();
        warm.extend(ADDRESSES);
        Self { ethereum, warm }
    }
}

impl PrecompileProvider<Context> for Precompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: SpecId) -> bool {
        let changed = PrecompileProvider::<Context>::set_spec(&mut self.ethereum, spec);
        self.warm = self.ethereum.warm_addresses().clone();
        self.warm.extend(ADDRESSES);
        changed
    }

    fn run(
        &mut self,
        ctx: &mut Context,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let address = inputs.bytecode_address;
        if !ADDRESSES.contains(&address) {
            return self.ethereum.run(ctx, inputs);
        }
        let input = inputs.input.bytes(ctx);
        let mut call = Call {
            ctx,
            caller: inputs.caller,
            value: inputs.value.get(),
            address,
            gas_left: inputs.gas_limit,
        };
        let acting = inputs.target_address == address;
        let result = dispatch(&mut call, acting, inputs.is_static, &input);
        let (result, output, gas_left, failure) = match result {
            Ok(output) => (InstructionResult::Return, output, call.gas_left, None),
            Err(Fault::Error(data)) => (InstructionResult::Revert, data, call.gas_left, None),
            Err(Fault::Unnamed(why)) => (
                InstructionResult::Revert,
                Vec::new(),
                call.gas_left,
                Some(why),
            ),
            Err(Fault::Unknown) => (InstructionResult::Revert, Vec::new(), 0, None),
            Err(Fault::Fatal(why)) => {
                (InstructionResult::PrecompileError, Vec::new(), 0, Some(why))
            }
            // Running out of gas inside a precompile of ArbOS is a revert that took everything.
            Err(Fault::OutOfGas) => (
                InstructionResult::Revert,
                Vec::new(),
                0,
                Some("out of gas".to_owned()),
            ),
        };
        ctx.chain.failure = failure;
        let mut gas = Gas::new(inputs.gas_limit);
        gas.set_remaining(gas_left);
        Ok(Some(InterpreterResult {
            result,
            output: output.into(),
            gas,
        }))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }
}
