//! One transaction of a command: simulated always, sent only when asked to.

use std::io::{self, Write};

use alloy::{
    network::{Ethereum, TransactionBuilderError},
    primitives::{utils::format_ether, Address, Bytes, B256, U256},
    providers::Provider,
    rpc::types::{TransactionReceipt, TransactionRequest},
    sol_types::SolCall,
    transports::TransportError,
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
        if let Some(path) = &self.globals.keys.ledger {
            self.terminal
                .note(format!("confirm on the Ledger, key {path}: {what}"));
        }
        let receipt = self
            .client
            .send_raw(from, Some(to), value, sent.data.to_vec())
            .await
            .map_err(|error| unsent(&error))?;
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

/// Why a transaction has no receipt: the key did not sign, or the chain did not take it.
fn unsent(error: &anyhow::Error) -> Failure {
    if let Some(TransportError::LocalUsageError(local)) = error.downcast_ref::<TransportError>() {
        if let Some(TransactionBuilderError::<Ethereum>::Signer(refusal)) = local.downcast_ref() {
            let message = format!("the key did not sign, and nothing was sent: {refusal}");
            return Failure::new(Kind::Key, message).next(
                "a Ledger must be unlocked, show its Ethereum app, and allow blind signing there",
            );
        }
    }
    Failure::new(Kind::Chain, format!("{error:#}"))
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::Pin,
        sync::{Arc, Mutex},
    };

    use alloy::{
        consensus::{SignableTransaction, TxEip1559},
        network::{EthereumWallet, TxSigner},
        primitives::{address, Signature},
        rlp::Decodable,
        signers::{local::PrivateKeySigner, Error, UnsupportedSignerOperation},
    };
    use clap::Parser;
    use devnode::{Config, Devnode};

    use super::*;
    use crate::{cli::Cli, keys::Actor, terminal::Terminal};

    const CHAIN_ID: u64 = 412_346;
    const PAYEE: Address = address!("00000000000000000000000000000000000b0b0b");

    /// Stands in for a device: is given the bytes that are to be signed, and may refuse.
    #[derive(Clone)]
    struct StandIn {
        key: PrivateKeySigner,
        given: Arc<Mutex<Vec<u8>>>,
        refuses: bool,
    }

    type Signing<'a> = Pin<Box<dyn Future<Output = Result<Signature, Error>> + Send + 'a>>;

    impl TxSigner<Signature> for StandIn {
        fn address(&self) -> Address {
            self.key.address()
        }

        fn sign_transaction<'a, 'b, 'c>(
            &'a self,
            transaction: &'b mut (dyn SignableTransaction<Signature> + 'static),
        ) -> Signing<'c>
        where
            'a: 'c,
            'b: 'c,
            Self: 'c,
        {
            *self.given.lock().unwrap() = transaction.encoded_for_signing();
            if self.refuses {
                let error = Error::UnsupportedOperation(UnsupportedSignerOperation::SignHash);
                return Box::pin(async { Err(error) });
            }
            self.key.sign_transaction(transaction)
        }
    }

    /// A command's session on a chain of its own, whose first account signs by the stand-in.
    async fn session(refuses: bool) -> (Devnode, Session, Arc<Mutex<Vec<u8>>>) {
        let node = Devnode::spawn_with(Config::default(), 0).unwrap();
        let signer = StandIn {
            key: node.keys()[0].clone(),
            given: Arc::default(),
            refuses,
        };
        let url = node.url();
        let typed = ["ballast", "--rpc", &url, "--send", "--yes", "status"];
        let globals = Cli::parse_from(typed).globals;
        let given = signer.given.clone();
        let actor = Actor {
            address: signer.key.address(),
            wallet: EthereumWallet::from(signer),
            signs: true,
        };
        let session = Session {
            client: ballast::client::Client::open(&url, actor.wallet.clone())
                .await
                .unwrap(),
            chain_id: CHAIN_ID,
            terminal: Terminal::new(&globals),
            actor,
            globals,
        };
        (node, session, given)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_key_is_given_a_transaction_of_eip_1559_with_the_chain_in_it() {
        let (_node, session, given) = session(false).await;
        let (wei, data) = (U256::from(7), Bytes::from_static(b"data"));
        let sent = session.dispatch("pay", PAYEE, wei, data.clone()).await;
        assert!(sent.unwrap().mined.is_some());
        let given = given.lock().unwrap().clone();
        let (kind, mut fields) = given.split_first().unwrap();
        let signed = TxEip1559::decode(&mut fields).unwrap();
        assert_eq!((*kind, signed.chain_id), (2, CHAIN_ID));
        assert_eq!(
            (signed.to, signed.value, signed.input),
            (PAYEE.into(), wei, data)
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_key_that_refuses_is_told_as_that_and_nothing_is_sent() {
        let (_node, session, _) = session(true).await;
        let failure = session
            .dispatch("pay", PAYEE, U256::from(7), Bytes::new())
            .await
            .unwrap_err();
        assert_eq!(failure.kind, Kind::Key, "{}", failure.message);
        assert!(
            failure.message.starts_with("the key did not sign"),
            "{}",
            failure.message
        );
        let provider = &session.client.provider;
        assert_eq!(
            provider
                .get_transaction_count(session.actor.address)
                .await
                .unwrap(),
            0
        );
    }
}
