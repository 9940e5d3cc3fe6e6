//! One call of a precompile, and what it pays for what it does.

use super::{
    super::{
        arbos::{self, outbox::Hasher, Field, Store},
        handler::Context,
        pricing::{activation, gas},
    },
    Fault,
};
use alloy::{
    primitives::{Address, Bytes, Log, B256, U256},
    sol_types::SolEvent,
};
use revm::{
    context_interface::{ContextTr, JournalTr},
    primitives::KECCAK_EMPTY,
};

/// One call of a precompile.
pub(crate) struct Call<'a> {
    pub(crate) ctx: &'a mut Context,
    pub(crate) caller: Address,
    pub(crate) value: U256,
    pub(crate) address: Address,
    /// Whether the precompile acts for itself; false in a `DELEGATECALL` or `CALLCODE`.
    pub(crate) acting: bool,
    pub(crate) is_static: bool,
    pub(crate) gas_limit: u64,
    pub(crate) gas_left: u64,
}

impl Call<'_> {
    /// Takes gas.
    pub(crate) fn burn(&mut self, gas: u64) -> Result<(), Fault> {
        match self.gas_left.checked_sub(gas) {
            Some(left) => self.gas_left = left,
            None => return Err(self.burn_out()),
        }
        Ok(())
    }

    /// Takes all gas.
    pub(crate) fn burn_out(&mut self) -> Fault {
        self.gas_left = 0;
        Fault::OutOfGas
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.ctx.block.timestamp.saturating_to()
    }

    /// A field of ArbOS's state, for one read.
    pub(crate) fn field(&mut self, field: Field) -> Result<U256, Fault> {
        self.get(field.slot())
    }

    /// Sets a field of ArbOS's state, for one write.
    pub(crate) fn set_field(&mut self, field: Field, value: U256) -> Result<(), Fault> {
        self.set(field.slot(), value)
    }

    /// An address in ArbOS's state, for one read.
    pub(crate) fn address_in(&mut self, field: Field) -> Result<Address, Fault> {
        Ok(Address::from_word(self.field(field)?.into()))
    }

    /// The hash of an account's code, at the price that ArbOS takes for it.
    pub(crate) fn code_hash(&mut self, address: Address) -> Result<B256, Fault> {
        self.burn(gas::COLD_ACCOUNT)?;
        let account = arbos::account(self.ctx, address);
        Ok(if account.is_empty() {
            B256::ZERO
        } else {
            account.code_hash
        })
    }

    /// An account's code and its hash; free of gas.
    pub(crate) fn code(&mut self, address: Address) -> (Bytes, B256) {
        let account = arbos::account(self.ctx, address);
        if account.code_hash == KECCAK_EMPTY {
            return (Bytes::new(), account.code_hash);
        }
        let code = account.code.unwrap_or_default().original_bytes();
        (code, account.code_hash)
    }

    /// Emits an event, at the price of a log.
    pub(crate) fn emit(&mut self, event: &impl SolEvent) -> Result<(), Fault> {
        let data = event.encode_log_data();
        let topics = data.topics().len() as u64;
        self.burn((1 + topics) * gas::LOG_TOPIC + data.data.len() as u64 * gas::LOG_BYTE)?;
        self.announce(event);
        Ok(())
    }

    /// Emits an event that costs nothing.
    pub(crate) fn announce(&mut self, event: &impl SolEvent) {
        let log = Log {
            address: self.address,
            data: event.encode_log_data(),
        };
        self.ctx.journal_mut().log(log);
    }
}

impl Store for Call<'_> {
    type Error = Fault;

    fn get(&mut self, slot: U256) -> Result<U256, Fault> {
        self.burn(activation::ARBOS_READ)?;
        Ok(arbos::peek(self.ctx, slot))
    }

    fn set(&mut self, slot: U256, value: U256) -> Result<(), Fault> {
        self.burn(if value.is_zero() {
            activation::ARBOS_WRITE_ZERO
        } else {
            activation::ARBOS_WRITE
        })?;
        Ok(arbos::poke(self.ctx, slot, value)?)
    }
}

impl Hasher for Call<'_> {
    fn hashed(&mut self, gas: u64) -> Result<(), Fault> {
        self.burn(gas)
    }
}
