//! One transaction of a command: simulated always, sent only when asked to.

use std::io::{self, Write};

use alloy::{
    network::{Ethereum, TransactionBuilderError},
    primitives::{utils::format_ether, Address, Bytes, B256, U256},
    providers::Provider,
    rpc::types::{TransactionReceipt, TransactionRequest},
    sol_types::SolCall,
};
use ballast::offer::Offer;
use serde::Serialize;

use crate::{
    failure::{Failure, Kind, OfKind, Outcome},
    journal::Entry,
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
    /// Whether the run before sent it, which was cut off.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) earlier: bool,
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

impl From<&TransactionReceipt> for Mined {
    fn from(receipt: &TransactionReceipt) -> Self {
        Self {
            transaction: receipt.transaction_hash,
            block: receipt.block_number.unwrap_or_default(),
            gas: receipt.gas_used,
            fee: U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price),
        }
    }
}

impl Sent {
    /// Writes what was done, or would be.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.mined {
            Some(mined) => writeln!(
                out,
                "{}{}: transaction {} in block {}, gas {}, fee {} ether",
                self.what,
                match self.earlier {
                    true => " (the run before did, which was cut off)",
                    false => "",
                },
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
    /// Simulates `call`; sends it if the command was told to, after asking. Answers what the simulation returned; nothing
    /// where a run of the same command that was cut off has sent it already.
    ///
    /// A contract's refusal is a failure whether it is sent or not, and costs nothing.
    pub(crate) async fn act<C: SolCall>(
        &self,
        what: &str,
        to: Address,
        value: U256,
        call: C,
    ) -> Outcome<(Sent, Option<C::Return>)> {
        if let Some(sent) = self.earlier(what, to).await? {
            return Ok((sent, None));
        }
        let acted = self.simulate_and_send(what, to, value, call).await;
        if acted
            .as_ref()
            .is_err_and(|failure| failure.kind != Kind::Chain)
        {
            // It answered: whatever was sent before this is seen in its state.
            self.forget()?;
        }
        acted.map(|(sent, answer)| (sent, Some(answer)))
    }

    /// The receipt of a transaction that is on its way.
    pub(crate) async fn must_be_mined(
        &self,
        what: &str,
        hash: B256,
    ) -> Outcome<TransactionReceipt> {
        let receipt = self.client.mined(hash).await.kind(Kind::Chain)?;
        receipt.ok_or_else(|| {
            let message = format!("{what}: transaction {hash} waits and is not mined");
            Failure::new(Kind::Chain, message)
                .next("run the same command again later: it goes on from there")
        })
    }

    async fn simulate_and_send<C: SolCall>(
        &self,
        what: &str,
        to: Address,
        value: U256,
        call: C,
    ) -> Outcome<(Sent, C::Return)> {
        let from = self.actor.address;
        let input = call.abi_encode();
        // The chain would refuse to simulate it, in words that could be a contract's.
        if !value.is_zero() && !from.is_zero() {
            self.must_afford(value, "it is sent along").await?;
        }
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
        let fee = U256::from(gas).saturating_mul(U256::from(price));
        let offer = Offer::usual(gas, price);
        let mut sent = Sent {
            what: what.into(),
            from,
            to,
            value,
            data,
            gas,
            fee,
            mined: None,
            earlier: false,
            receipt: None,
        };
        if !self.globals.send {
            return Ok(sent);
        }
        let most = offer.most(value);
        self.must_afford(
            most,
            "half as much gas again as estimated, at twice the price; what is not used is not paid",
        )
        .await?;
        let question = format!(
            "{what}, as {from}, for about {} ether, and {} at most?",
            format_ether(value.saturating_add(fee)),
            format_ether(most)
        );
        if !self.globals.yes && !self.terminal.confirm(&question)? {
            return Err(Failure::new(Kind::Input, "not confirmed: nothing was sent"));
        }
        if let Some(path) = &self.globals.keys.ledger {
            self.terminal
                .note(format!("confirm on the Ledger, key {path}: {what}"));
        }
        let signed = self
            .client
            .prepare(from, Some(to), value, sent.data.to_vec(), offer);
        let signed = signed.await.map_err(|error| unsigned(&error))?;
        let hash = signed.hash;
        self.must_take_its_place(signed.nonce)?;
        self.journal().add(Entry {
            command: self.globals.trace.command.clone(),
            what: what.into(),
            from,
            to,
            nonce: signed.nonce,
            transaction: hash,
        })?;
        self.globals.trace.give(hash, what);
        // An error in answer is no proof that nothing was sent: what became of it the next run finds out by hash and nonce.
        self.client.submit(&signed).await.kind(Kind::Chain)?;
        let receipt = self.must_be_mined(what, hash).await?;
        if !receipt.status() {
            let message = format!("{what}: transaction {} reverted", receipt.transaction_hash);
            return Err(Failure::new(Kind::Refused, message)
                .next("the state changed since the simulation: run the command again to see why"));
        }
        sent.mined = Some(Mined::from(&receipt));
        sent.receipt = Some(receipt);
        Ok(sent)
    }

    /// Refuses an account that has less than `wei`, which is what `why` says.
    async fn must_afford(&self, wei: U256, why: &str) -> Outcome {
        let from = self.actor.address;
        let balance = self.client.provider.get_balance(from).await;
        let balance = balance.kind(Kind::Chain)?;
        if balance >= wei {
            return Ok(());
        }
        let (has, needs) = (format_ether(balance), format_ether(wei));
        let message = format!("{from} has {has} ether and needs {needs}: {why}");
        Err(Failure::new(Kind::Key, message).next("send it ether, or use another key"))
    }
}

/// Why a transaction is not signed: the key refuses, or the chain was asked for what stands in it and did not answer.
fn unsigned(error: &anyhow::Error) -> Failure {
    match error.downcast_ref() {
        Some(TransactionBuilderError::<Ethereum>::Signer(refusal)) => {
            let message = format!("the key did not sign, and nothing was sent: {refusal}");
            Failure::new(Kind::Key, message).next(
                "a Ledger must be unlocked, show its Ethereum app, and allow blind signing there",
            )
        }
        _ => Failure::of(Kind::Chain, error),
    }
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
    use ballast::wire::PATIENCE;
    use clap::Parser;
    use devnode::{Config, Devnode};
    use tempfile::TempDir;

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

    type Given = Arc<Mutex<Vec<u8>>>;
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
    async fn session(refuses: bool) -> (Devnode, Session, Given, TempDir) {
        let node = Devnode::spawn_with(Config::default(), 0).unwrap();
        let signer = StandIn {
            key: node.keys()[0].clone(),
            given: Arc::default(),
            refuses,
        };
        let url = node.url();
        let directory = TempDir::new().unwrap();
        let record = directory.path().join("record.json");
        let typed = ["ballast", "--rpc", &url, "--send", "--yes", "status"];
        let mut globals = Cli::parse_from(typed).globals;
        globals.deployment = Some(record);
        let given = signer.given.clone();
        let actor = Actor {
            address: signer.key.address(),
            wallet: EthereumWallet::from(signer),
            signs: true,
        };
        let session = Session {
            client: ballast::client::Client::open(&url, actor.wallet.clone(), PATIENCE)
                .await
                .unwrap(),
            chain_id: CHAIN_ID,
            terminal: Terminal::new(&globals),
            actor,
            globals,
            earlier: Arc::default(),
        };
        (node, session, given, directory)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_key_is_given_a_transaction_of_eip_1559_with_the_chain_in_it() {
        let (_node, session, given, _directory) = session(false).await;
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
        let (_node, session, _, _directory) = session(true).await;
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
