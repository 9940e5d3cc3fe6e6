//! One transaction of a command: simulated always, sent only when asked to.

use std::io::{self, Write};

use alloy::{
    primitives::{utils::format_ether, Address, Bytes, B256, U256},
    providers::Provider,
    rpc::types::{TransactionReceipt, TransactionRequest},
    sol_types::SolCall,
};
use serde::Serialize;

use crate::{
    failure::{Failure, Kind, OfKind, Outcome},
    session::Session,
};

/// A transaction that was simulated, and perhaps sent.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sent {
    /// What it does, in words.
    pub(crate) what: String,
    /// Who acts.
    pub(crate) from: Address,
    /// Whom it calls.
    pub(crate) to: Address,
    /// Wei that goes with it.
    pub(crate) value: U256,
    /// Calldata.
    pub(crate) data: Bytes,
    /// Gas by the chain's estimate.
    pub(crate) gas: u64,
    /// What that gas costs now, wei.
    pub(crate) fee: U256,
    /// The transaction, if it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mined: Option<Mined>,
    /// What it reported, for whoever reads its events.
    #[serde(skip)]
    pub(crate) receipt: Option<TransactionReceipt>,
}

/// Where a transaction was mined, and what it cost.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Mined {
    pub(crate) transaction: B256,
    pub(crate) block: u64,
    pub(crate) gas: u64,
    /// Wei.
    pub(crate) fee: U256,
}

impl Sent {
    /// Writes what was done, or would be.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.mined {
            Some(mined) => writeln!(
                out,
                "{}: transaction {} in block {}, gas {}, fee {} ether",
                self.what,
                mined.transaction,
                mined.block,
                mined.gas,
                format_ether(mined.fee)
            ),
            None => writeln!(
                out,
                "Would {}: gas about {}, fee about {} ether. Add --send to do it.",
                self.what,
                self.gas,
                format_ether(self.fee)
            ),
        }
    }
}

impl Session {
    /// Simulates `call`; sends it if the command was told to, after asking.
    ///
    /// A contract's refusal is a failure whether it is sent or not, and costs nothing.
    pub(crate) async fn act<C: SolCall>(
        &self,
        what: &str,
        to: Address,
        value: U256,
        call: C,
    ) -> Outcome<(Sent, C::Return)> {
        let from = self.actor.address;
        let input = call.abi_encode();
        let simulated = self.client.try_raw(from, to, value, input.clone()).await;
        let answer = C::abi_decode_returns(&simulated.kind(Kind::Chain)??).kind(Kind::Chain)?;
        let sent = self.dispatch(what, to, value, input.into()).await?;
        Ok((sent, answer))
    }

    async fn dispatch(&self, what: &str, to: Address, value: U256, data: Bytes) -> Outcome<Sent> {
        let from = self.actor.address;
        let provider = &self.client.provider;
        let request = TransactionRequest::default()
            .from(from)
            .to(to)
            .value(value)
            .input(data.clone().into());
        let gas = provider.estimate_gas(request).await.kind(Kind::Chain)?;
        let price = provider.get_gas_price().await.kind(Kind::Chain)?;
        let fee = U256::from(gas) * U256::from(price);
        let mut sent = Sent {
            what: what.into(),
            from,
            to,
            value,
            data,
            gas,
            fee,
            mined: None,
            receipt: None,
        };
        if !self.globals.send {
            return Ok(sent);
        }
        self.must_afford(value + fee).await?;
        let question = format!("{what}, as {from}, for about {} ether?", format_ether(fee));
        if !self.globals.yes && !self.terminal.confirm(&question)? {
            return Err(Failure::new(Kind::Input, "not confirmed: nothing was sent"));
        }
        let receipt = self
            .client
            .send_raw(from, Some(to), value, sent.data.to_vec())
            .await
            .kind(Kind::Chain)?;
        if !receipt.status() {
            let message = format!("{what}: transaction {} reverted", receipt.transaction_hash);
            return Err(Failure::new(Kind::Refused, message)
                .next("the state changed since the simulation: run the command again to see why"));
        }
        sent.mined = Some(Mined {
            transaction: receipt.transaction_hash,
            block: receipt.block_number.unwrap_or_default(),
            gas: receipt.gas_used,
            fee: U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price),
        });
        sent.receipt = Some(receipt);
        Ok(sent)
    }

    async fn must_afford(&self, wei: U256) -> Outcome {
        let from = self.actor.address;
        let balance = self
            .client
            .provider
            .get_balance(from)
            .await
            .kind(Kind::Chain)?;
        match balance >= wei {
            true => Ok(()),
            false => Err(Failure::new(
                Kind::Key,
                format!(
                    "{from} has {} ether and needs {}",
                    format_ether(balance),
                    format_ether(wei)
                ),
            )
            .next("send it ether, or use another key")),
        }
    }
}
