//! Programs' lives: activated, paid for, expired.

use super::{
    arbos::{self, Record},
    handler::Context,
    pricing::{self, activation, Params},
    wasm::{module, validate::Refusal},
};
use alloy::primitives::{B256, U256};
use std::convert::Infallible;

pub use super::code::{is_deployable, is_program, CLASSIC, FRAGMENT, ROOT};
pub(crate) use super::code::{wasm_of, Unreadable};

/// What is remembered of a program, by the hash of its code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Program {
    /// Stylus version it was activated with; zero if it never was.
    pub version: u16,
    /// Cost of starting it, on top of the cached cost, before scaling.
    pub init_cost: u16,
    /// Cost of starting it when cached, before scaling.
    pub cached_cost: u16,
    /// Initial pages.
    pub footprint: u16,
    /// When it was activated, in hours since [`pricing::ARBITRUM_START`].
    pub activated_at: u32,
    /// Predicted native size in KiB.
    pub asm_estimate_kb: u32,
    /// True if it is in the long-term cache.
    pub cached: bool,
}

/// Why a program may not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inactive {
    /// It was never activated.
    NotActivated,
    /// It was activated with another Stylus version.
    NeedsUpgrade {
        /// The version it was activated with.
        version: u16,
        /// The version of the chain.
        stylus_version: u16,
    },
    /// It was activated too long ago.
    Expired {
        /// Seconds since.
        age: u64,
    },
}

impl std::fmt::Display for Inactive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotActivated => f.write_str("ProgramNotActivated()"),
            Self::NeedsUpgrade {
                version,
                stylus_version,
            } => write!(f, "ProgramNeedsUpgrade({version}, {stylus_version})"),
            Self::Expired { age } => write!(f, "ProgramExpired({age})"),
        }
    }
}

impl Program {
    /// Reads the record of a program.
    pub(crate) fn load(ctx: &mut Context, code_hash: B256) -> Result<Self, Infallible> {
        Ok(Self::unpack(arbos::read(ctx, Record::Program, code_hash)?))
    }

    /// Writes the record of a program.
    pub(crate) fn store(&self, ctx: &mut Context, code_hash: B256) -> Result<(), Infallible> {
        arbos::write(ctx, Record::Program, code_hash, self.pack())
    }

    /// The record in one word.
    pub(crate) fn unpack(word: U256) -> Self {
        let bytes: [u8; 32] = word.to_be_bytes();
        let two = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let three = |at: usize| u32::from_be_bytes([0, bytes[at], bytes[at + 1], bytes[at + 2]]);
        Self {
            version: two(0),
            init_cost: two(2),
            cached_cost: two(4),
            footprint: two(6),
            activated_at: three(8),
            asm_estimate_kb: three(11),
            cached: bytes[14] != 0,
        }
    }

    fn pack(&self) -> U256 {
        let mut bytes = [0u8; 32];
        bytes[0..2].copy_from_slice(&self.version.to_be_bytes());
        bytes[2..4].copy_from_slice(&self.init_cost.to_be_bytes());
        bytes[4..6].copy_from_slice(&self.cached_cost.to_be_bytes());
        bytes[6..8].copy_from_slice(&self.footprint.to_be_bytes());
        bytes[8..11].copy_from_slice(&self.activated_at.to_be_bytes()[1..]);
        bytes[11..14].copy_from_slice(&self.asm_estimate_kb.to_be_bytes()[1..]);
        bytes[14] = self.cached.into();
        U256::from_be_bytes(bytes)
    }

    /// Seconds since activation, to the hour.
    pub fn age(&self, now: u64) -> u64 {
        now.saturating_sub(pricing::ARBITRUM_START + u64::from(self.activated_at) * 3_600)
    }

    /// Whether it may run now.
    ///
    /// # Errors
    /// [`Inactive`] if it may not.
    pub fn check(&self, params: &Params, now: u64) -> Result<(), Inactive> {
        if self.version == 0 {
            return Err(Inactive::NotActivated);
        }
        if self.version != params.version {
            return Err(Inactive::NeedsUpgrade {
                version: self.version,
                stylus_version: params.version,
            });
        }
        let age = self.age(now);
        if age > params.expiry_seconds() {
            return Err(Inactive::Expired { age });
        }
        Ok(())
    }

    /// Bytes that the data fee is charged for.
    pub fn asm_bytes(&self) -> u64 {
        u64::from(self.asm_estimate_kb) * 1_024
    }
}

/// Hours since ages are counted.
pub fn hours(now: u64) -> u32 {
    let hours = now.saturating_sub(pricing::ARBITRUM_START) / 3_600;
    u32::try_from(hours).unwrap_or(u32::MAX).min((1 << 24) - 1)
}

/// What activating a module yields.
pub(crate) struct Activated {
    pub(crate) program: Program,
    pub(crate) module_hash: B256,
    pub(crate) asm_bytes: u64,
    /// Gas of validation and compilation.
    pub(crate) gas: u64,
}

/// Validates and compiles a module.
pub(crate) fn activate(
    wasm: &[u8],
    params: &Params,
    pages_open: u16,
    now: u64,
) -> Result<Activated, Refusal> {
    let page_limit = params.page_limit.saturating_sub(pages_open);
    let compiled = module::compile(wasm, params.version, page_limit)?;
    let shape = compiled.instrumented.shape;
    let narrow = |cost: u64, what: &str| {
        u16::try_from(cost).map_err(|_| Refusal(format!("{what} cost too high")))
    };
    let asm_bytes = shape.asm_estimate();
    Ok(Activated {
        program: Program {
            version: params.version,
            init_cost: narrow(shape.init_cost(), "init")?,
            cached_cost: narrow(shape.cached_cost(), "cached")?,
            footprint: compiled.instrumented.footprint,
            activated_at: hours(now),
            asm_estimate_kb: u32::try_from(asm_bytes.div_ceil(1_024)).unwrap_or(u32::MAX),
            cached: false,
        },
        module_hash: module::module_hash(wasm, params.version),
        asm_bytes,
        gas: shape.activation_gas(),
    })
}

/// Wei to put so many bytes of native code on the chain now; raises the demand for the next.
pub(crate) fn data_fee(ctx: &mut Context, bytes: u64, now: u64) -> Result<U256, Infallible> {
    let small = |word: U256| u64::try_from(word).unwrap_or(u64::MAX);
    let demand = small(arbos::read(ctx, Record::DataDemand, B256::ZERO)?);
    let since = match small(arbos::read(ctx, Record::DataTime, B256::ZERO)?) {
        0 => pricing::ARBITRUM_START,
        time => time,
    };
    let most = u64::from(u32::MAX);
    let passed = now.saturating_sub(since).min(most);
    let credit = activation::DATA_BYTES_PER_SECOND
        .saturating_mul(passed)
        .min(most);
    let demand = demand
        .saturating_sub(credit)
        .saturating_add(bytes)
        .min(most);
    arbos::write(ctx, Record::DataDemand, B256::ZERO, U256::from(demand))?;
    arbos::write(ctx, Record::DataTime, B256::ZERO, U256::from(now))?;
    Ok(U256::from(activation::data_fee(demand, bytes)))
}
