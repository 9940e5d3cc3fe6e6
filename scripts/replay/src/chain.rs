//! The embedded chain as a replay drives it: every call at a moment of its choosing, refusals by name.

use alloy::{
    eips::BlockId,
    primitives::Address,
    rpc::types::{BlockOverrides, TransactionInput, TransactionRequest},
    sol_types::{SolCall, SolEvent},
};
use anyhow::{ensure, Result};
use ballast::errors::Decoder;
use devnode::{Act, Chain, ChainError};

/// Why a contract did not do something, by the name of its error.
pub(crate) type Refused = String;

/// A chain and what its errors are called.
pub(crate) struct Driver {
    pub(crate) chain: Chain,
    decoder: Decoder,
}

impl Driver {
    pub(crate) fn new(chain: Chain, decoder: Decoder) -> Self {
        Self { chain, decoder }
    }

    /// What a call by `from` would answer at a moment not before the latest block; nothing changes.
    pub(crate) fn ask<C: SolCall>(
        &self,
        at: u64,
        from: Address,
        to: Address,
        call: C,
    ) -> Result<Result<C::Return, Refused>> {
        let request = TransactionRequest {
            from: Some(from),
            to: Some(to.into()),
            input: TransactionInput::new(call.abi_encode().into()),
            ..Default::default()
        };
        let block = BlockOverrides {
            time: Some(at),
            ..Default::default()
        };
        match self
            .chain
            .call(&request, BlockId::latest(), None, Some(block))
        {
            Ok(data) => Ok(Ok(C::abi_decode_returns(&data)?)),
            Err(error) => Ok(Err(self.name(error)?)),
        }
    }

    /// Sends a call in a block of its own at a moment not before the latest block.
    pub(crate) fn act<C: SolCall>(
        &mut self,
        at: u64,
        from: Address,
        to: Address,
        call: C,
    ) -> Result<Result<u64, Refused>> {
        let now = self.chain.latest().header.timestamp;
        ensure!(
            self.chain.set_next_timestamp(at),
            "time would run backwards: {now} to {at}"
        );
        let done = self
            .chain
            .act(&Act::new(from, to, call))
            .map_err(|error| anyhow::anyhow!("{}: {error}", C::SIGNATURE))?;
        match done.result {
            Ok(_) => Ok(Ok(done.gas_used)),
            Err(error) => Ok(Err(self.name(error)?)),
        }
    }

    /// The same where nothing should refuse.
    pub(crate) fn must<C: SolCall>(
        &mut self,
        at: u64,
        from: Address,
        to: Address,
        call: C,
    ) -> Result<()> {
        if let Err(refused) = self.act(at, from, to, call)? {
            anyhow::bail!("{} was refused: {refused}", C::SIGNATURE);
        }
        Ok(())
    }

    /// What the latest block's transaction reported, of one kind.
    pub(crate) fn events<E: SolEvent>(&self) -> Vec<E> {
        let transactions = &self.chain.latest().transactions;
        let logs = transactions.iter().flat_map(|t| t.receipt.logs());
        logs.filter_map(|log| Some(E::decode_log(&log.inner).ok()?.data))
            .collect()
    }

    fn name(&self, error: ChainError) -> Result<Refused> {
        match error {
            ChainError::Reverted { data, .. } => Ok(name_of(&self.decoder.decode(&data))),
            ChainError::Halted(reason) => Ok(reason),
            other => Err(anyhow::anyhow!("{other}")),
        }
    }
}

/// The name of an error in words, and of what it wraps.
fn name_of(words: &str) -> String {
    let outer = words.split('(').next().unwrap_or_default();
    match words.find("Error(\"") {
        Some(at) if at > 0 => {
            let inner = words.get(at + 7..).unwrap_or_default();
            format!("{outer}: {}", inner.split('"').next().unwrap_or_default())
        }
        _ => outer.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_called_by_its_own_name_and_the_venues_words() {
        assert_eq!(
            name_of("RebalanceCooldown(now: 1, nextAt: 2)"),
            "RebalanceCooldown"
        );
        let nested = "VaultFillerFailed(filler: 0x0, reason: FillerSwapFailed(index: 0, reason: Error(\"Too little received\")))";
        assert_eq!(name_of(nested), "VaultFillerFailed: Too little received");
    }
}
