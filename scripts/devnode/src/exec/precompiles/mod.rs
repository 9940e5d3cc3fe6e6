//! ArbOS's precompiles, beside Ethereum's own.
//!
//! # Source
//! Charges as in Nitro v3.10.0, `precompiles/precompile.go` and `arbos/storage/storage.go`: a word of
//! arguments or results costs 3 gas, opening ArbOS's state and every read of it 800, a write 20,000,
//! or 5,000 if it writes zero. A call that the ABI does not know takes all gas.

pub mod arb_debug;
pub mod arb_gas_info;
pub mod arb_info;
pub mod arb_owner;
pub mod arb_owner_public;
pub mod arb_statistics;
pub mod arb_sys;
pub mod arb_wasm;
pub mod arb_wasm_cache;
mod call;
mod provider;

use super::{activation::Inactive, pricing::activation};
use alloy::{
    primitives::{address, Address},
    sol_types::{SolError, SolInterface},
};
pub(crate) use call::Call;
pub use provider::Precompiles;
use std::convert::Infallible;

/// `ArbSys`: facts of the chain and the message, and what leaves for the parent chain.
pub const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
/// `ArbInfo`: balances and code.
pub const ARB_INFO: Address = address!("0000000000000000000000000000000000000065");
/// `ArbOwnerPublic`: what everybody may know of the owners.
pub const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
/// `ArbGasInfo`: prices.
pub const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
/// `ArbStatistics`: counts.
pub const ARB_STATISTICS: Address = address!("000000000000000000000000000000000000006f");
/// `ArbOwner`: what chain owners may change.
pub const ARB_OWNER: Address = address!("0000000000000000000000000000000000000070");
/// `ArbWasm`: programs.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// `ArbWasmCache`: the long-term cache.
pub const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");
/// `ArbDebug`: shortcuts on a development chain.
pub const ARB_DEBUG: Address = address!("00000000000000000000000000000000000000ff");

/// Every address that has a precompile on Arbitrum, and therefore code of one byte, 0xfe, with its
/// name. `NodeInterface` (0xc8) is none of them: it lives in the node, not on the chain.
pub const ADDRESSES: [(Address, &str); 18] = [
    (ARB_SYS, "ArbSys"),
    (ARB_INFO, "ArbInfo"),
    (
        address!("0000000000000000000000000000000000000066"),
        "ArbAddressTable",
    ),
    (
        address!("0000000000000000000000000000000000000067"),
        "ArbBLS",
    ),
    (
        address!("0000000000000000000000000000000000000068"),
        "ArbFunctionTable",
    ),
    (
        address!("0000000000000000000000000000000000000069"),
        "ArbosTest",
    ),
    (ARB_OWNER_PUBLIC, "ArbOwnerPublic"),
    (ARB_GAS_INFO, "ArbGasInfo"),
    (
        address!("000000000000000000000000000000000000006d"),
        "ArbAggregator",
    ),
    (
        address!("000000000000000000000000000000000000006e"),
        "ArbRetryableTx",
    ),
    (ARB_STATISTICS, "ArbStatistics"),
    (ARB_OWNER, "ArbOwner"),
    (ARB_WASM, "ArbWasm"),
    (ARB_WASM_CACHE, "ArbWasmCache"),
    (
        address!("0000000000000000000000000000000000000073"),
        "ArbNativeTokenManager",
    ),
    (
        address!("0000000000000000000000000000000000000074"),
        "ArbFilteredTransactionsManager",
    ),
    (ARB_DEBUG, "ArbDebug"),
    (
        address!("00000000000000000000000000000000000a4b05"),
        "ArbosActs",
    ),
];

/// What a method may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purity {
    Pure,
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
    /// A call that there is no method for: reverts and takes all gas.
    Unknown(String),
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

    pub(crate) fn unnamed(why: impl Into<String>) -> Self {
        Self::Unnamed(why.into())
    }

    /// A method that this chain does not model.
    pub(crate) fn not_modelled(method: &str) -> Self {
        Self::Unknown(format!("this chain does not model {method}"))
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

pub(crate) type Answer = Result<Vec<u8>, Fault>;

/// The methods of a precompile.
pub(crate) trait Methods: SolInterface {
    fn purity(&self) -> Purity;
    fn run(self, call: &mut Call<'_>) -> Answer;
}

/// Runs one of ArbOS's precompiles.
fn dispatch(call: &mut Call<'_>, input: &[u8]) -> Answer {
    match call.address {
        ARB_SYS => answer::<arb_sys::ArbSys::ArbSysCalls>(call, input),
        ARB_INFO => answer::<arb_info::ArbInfo::ArbInfoCalls>(call, input),
        ARB_OWNER_PUBLIC => {
            answer::<arb_owner_public::ArbOwnerPublic::ArbOwnerPublicCalls>(call, input)
        }
        ARB_GAS_INFO => answer::<arb_gas_info::ArbGasInfo::ArbGasInfoCalls>(call, input),
        ARB_STATISTICS => answer::<arb_statistics::ArbStatistics::ArbStatisticsCalls>(call, input),
        ARB_OWNER => arb_owner::guarded(call, input),
        ARB_WASM => answer::<arb_wasm::ArbWasm::ArbWasmCalls>(call, input),
        ARB_WASM_CACHE => answer::<arb_wasm_cache::ArbWasmCache::ArbWasmCacheCalls>(call, input),
        ARB_DEBUG => arb_debug::guarded(call, input),
        _ => Err(Fault::not_modelled(name(call.address))),
    }
}

fn name(address: Address) -> &'static str {
    let known = ADDRESSES.iter().find(|(known, _)| *known == address);
    known.map_or("a precompile", |(_, name)| name)
}

/// Finds the method that is called, and makes it pay for itself.
fn answer<M: Methods>(call: &mut Call<'_>, input: &[u8]) -> Answer {
    let name = name(call.address);
    // Validated, so that a number too wide for its type is refused and not cut.
    let method = M::abi_decode_validate(input).map_err(|why| {
        let selector = alloy::hex::encode_prefixed(&input[..input.len().min(4)]);
        Fault::Unknown(format!("{name} does not understand {selector}: {why}"))
    })?;
    let purity = method.purity();
    let refused = if purity >= Purity::View && !call.acting {
        Some("must be called, not delegated to")
    } else if purity >= Purity::Write && call.is_static {
        Some("writes, in a static call")
    } else if purity < Purity::Payable && !call.value.is_zero() {
        Some("takes no value")
    } else {
        None
    };
    if let Some(why) = refused {
        return Err(Fault::Unknown(format!("this method of {name} {why}")));
    }
    if purity > Purity::Pure {
        call.burn(activation::ARBOS_READ)?;
    }
    let words = |bytes: usize| bytes.div_ceil(32) as u64 * activation::COPY_WORD;
    call.burn(words(input.len().saturating_sub(4)))?;
    let result = method.run(call);
    if let Ok(data) | Err(Fault::Error(data)) = &result {
        call.burn(words(data.len()))?;
    }
    result
}
