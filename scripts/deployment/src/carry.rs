//! Carries a deployment out, so that it can be stopped anywhere and gone on with.
//!
//! Before a transaction is sent its hash and nonce stand in the record; afterwards, what it made. A run that was
//! stopped between the two asks the chain what became of it: mined, it counts; unknown, its nonce is used again, so
//! that of the two at most one is ever mined.

use std::collections::BTreeMap;

use alloy::{
    network::TransactionBuilder,
    primitives::{keccak256, Address, Bytes, TxKind, B256, U256},
    providers::Provider,
    rpc::types::{BlockNumberOrTag, TransactionReceipt, TransactionRequest},
    sol_types::SolCall,
};
use anyhow::{anyhow, Context};
use ballast::{
    local::deployer::STYLUS_DEPLOYER,
    offer::Offer,
    record::{Called, Fragment, Pending, Program, Progress},
    steps::{Call, Step},
    stylus,
    wire::Unanswered,
};
use devnode::exec::precompiles::{arb_wasm::ArbWasm, ARB_WASM};
use serde::Serialize;

use crate::{
    job::Job,
    plan::activation_fee,
    proof::{self, Proof},
    standing::{self, Standing},
    trouble::Trouble,
};

/// A transaction that was mined.
#[derive(Debug, Clone, Serialize)]
pub struct Sent {
    /// The step that it took.
    pub step: String,
    /// Its hash.
    pub transaction: B256,
    /// Its block.
    pub block: u64,
    /// The gas it took.
    pub gas: u64,
    /// Wei of that gas.
    pub fee: U256,
}

/// A finished deployment.
#[derive(Debug, Clone, Serialize)]
pub struct Done {
    /// What this run sent.
    pub sent: Vec<Sent>,
    /// What reading back showed.
    pub proof: Proof,
}

/// Where a run ends early, for whoever tests that the next one goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// Which transaction of the run, from 1.
    pub at: usize,
    /// When in its life.
    pub moment: Moment,
}

/// A moment in a transaction's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It stands in the record and was not sent.
    Signed,
    /// It was sent, and nothing is known of it.
    Sent,
    /// It was mined, and the record does not say so.
    Mined,
    /// The record says that it was mined.
    Recorded,
}

/// How a run goes.
#[derive(Default)]
pub struct Run<'a> {
    /// Where it ends early.
    pub stop: Option<Stop>,
    /// Told of every transaction before it is sent.
    pub tell: Option<&'a (dyn Fn(&str) + Sync)>,
}

/// One run's state.
struct Carrier<'a, 'b> {
    job: Job<'a>,
    run: Run<'b>,
    /// Receipts of transactions that an earlier run did not see mined.
    settled: BTreeMap<String, TransactionReceipt>,
    sent: Vec<Sent>,
    /// How many transactions this run signed.
    signed: usize,
}

impl Job<'_> {
    /// Does what is left to do, and proves by reading back that the deployer has no role any more.
    ///
    /// # Errors
    /// Whatever stops it; the next run goes on from there.
    pub async fn carry(self, run: Run<'_>) -> Result<Done, Trouble> {
        let mut carrier = Carrier {
            job: self,
            run,
            settled: BTreeMap::new(),
            sent: Vec::new(),
            signed: 0,
        };
        if !carrier.job.is_finished() {
            carrier.settle().await?;
            for step in carrier.job.steps() {
                match step {
                    Step::Program(name) => carrier.program(name).await?,
                    Step::Call(call) => carrier.call(&call).await?,
                }
            }
        }
        let proof = proof::of(carrier.job.client, &carrier.job.record).await?;
        if !proof.findings.is_empty() {
            return Err(Trouble::Unproved(proof.findings));
        }
        if !carrier.job.is_finished() {
            carrier.job.record.progress = None;
            carrier.save()?;
        }
        Ok(Done {
            sent: carrier.sent,
            proof,
        })
    }
}

/// {wei}: what an activation of this fee is sent: a fifth more, since the price of activations moves; what is too much
/// comes back.
pub(crate) fn offered_for_activation(fee: U256) -> U256 {
    fee.saturating_add(fee / U256::from(5))
}

/// What stopped a step when its transaction was on the way.
fn unsettled(step: &str, transaction: B256, error: anyhow::Error) -> Trouble {
    match Unanswered::among(&error) {
        Some(_) => Trouble::Unsettled {
            step: step.into(),
            transaction,
            error,
        },
        None => Trouble::Chain(error),
    }
}

impl Carrier<'_, '_> {
    fn save(&self) -> Result<(), Trouble> {
        let written = self.job.record.write(&self.job.path);
        written.map_err(|e| Trouble::File(format!("{e:#}")))
    }

    fn progress(&mut self) -> &mut Progress {
        self.job.record.progress.get_or_insert_default()
    }

    fn stops(&self, moment: Moment) -> Result<(), Trouble> {
        match self.run.stop {
            Some(stop) if stop.moment == moment && stop.at == self.signed => Err(Trouble::Stopped),
            _ => Ok(()),
        }
    }

    /// Finds out what became of the transaction that an earlier run signed.
    async fn settle(&mut self) -> Result<(), Trouble> {
        let progress = self.job.record.progress.as_ref();
        let Some(pending) = progress.and_then(|progress| progress.pending.clone()) else {
            return Ok(());
        };
        let provider = &self.job.client.provider;
        let hash = pending.transaction;
        let receipt = match provider.get_transaction_receipt(hash).await? {
            Some(receipt) => Some(receipt),
            None if provider.get_transaction_by_hash(hash).await?.is_some() => {
                Some(self.mined(&pending.step, hash).await?)
            }
            None => None,
        };
        // A reverted one made nothing, and an unknown one leaves its nonce for the next.
        if let Some(receipt) = receipt.filter(|receipt| receipt.status()) {
            self.settled.insert(pending.step, receipt);
        }
        self.progress().pending = None;
        Ok(())
    }

    async fn mined(&self, step: &str, hash: B256) -> Result<TransactionReceipt, Trouble> {
        let mined = self.job.client.mined(hash).await;
        let receipt = mined.map_err(|error| unsettled(step, hash, error))?;
        receipt.ok_or_else(|| anyhow!("{step}: transaction {hash} waits and is not mined").into())
    }

    /// Sends the transaction of a step, unless an earlier run's was mined; `note` writes down what it made.
    async fn transact(
        &mut self,
        step: &str,
        to: Option<Address>,
        value: U256,
        input: Vec<u8>,
    ) -> Result<TransactionReceipt, Trouble> {
        if let Some(receipt) = self.settled.remove(step) {
            return Ok(receipt);
        }
        let from = self.job.deployer;
        let client = self.job.client;
        let provider = &client.provider;
        if let Some(to) = to {
            let simulated = client.try_raw(from, to, value, input.clone()).await?;
            simulated.map_err(|refusal| Trouble::Refused {
                step: step.into(),
                why: refusal.words,
            })?;
        }
        let mut request = TransactionRequest::default()
            .with_from(from)
            .with_value(value)
            .with_input(Bytes::from(input));
        request.to = Some(to.map_or(TxKind::Create, TxKind::Call));
        let gas = provider.estimate_gas(request.clone()).await?;
        let price = provider.get_gas_price().await?;
        let nonce = provider.get_transaction_count(from).await?;
        let offer = Offer::usual(gas, price);
        let request = request
            .with_gas_limit(offer.gas)
            .with_max_fee_per_gas(offer.max_fee)
            .with_max_priority_fee_per_gas(offer.tip)
            .with_nonce(nonce)
            .with_chain_id(self.job.record.chain_id);
        let (hash, raw) = client.sign(request).await?;
        self.signed += 1;
        self.progress().pending = Some(Pending {
            step: step.into(),
            nonce,
            transaction: hash,
        });
        self.save()?;
        if let Some(tell) = self.run.tell {
            tell(step);
        }
        self.stops(Moment::Signed)?;
        let given = provider.send_raw_transaction(&raw).await;
        let _ = given.map_err(|error| unsettled(step, hash, error.into()))?;
        self.stops(Moment::Sent)?;
        let receipt = self.mined(step, hash).await?;
        self.stops(Moment::Mined)?;
        if !receipt.status() {
            self.progress().pending = None;
            self.save()?;
            return Err(Trouble::Refused {
                step: step.into(),
                why: format!("transaction {hash} reverted, and did not when it was simulated"),
            });
        }
        Ok(receipt)
    }

    /// Writes down that a step's transaction was mined; what it made is in the record by now.
    fn note(&mut self, step: &str, receipt: &TransactionReceipt) -> Result<(), Trouble> {
        self.progress().pending = None;
        self.save()?;
        self.sent.push(Sent {
            step: step.into(),
            transaction: receipt.transaction_hash,
            block: receipt.block_number.unwrap_or_default(),
            gas: receipt.gas_used,
            fee: U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price),
        });
        self.stops(Moment::Recorded)
    }

    async fn program(&mut self, name: &'static str) -> Result<(), Trouble> {
        if self.job.recorded(name).is_some() {
            return Ok(());
        }
        let built = self.job.bundle.program(name)?.clone();
        let mut fragments = Vec::new();
        for (index, piece) in built.packed.fragments().iter().enumerate() {
            fragments.push(self.fragment(name, index, piece).await?);
        }
        let client = self.job.client;
        let deployer = self.job.deployer;
        let at = self.job.addresses();
        let arguments = self.job.treasury.arguments(name, deployer, &at)?;
        let salt = self.job.treasury.salt(name);
        let root = built.packed.root(&fragments);
        let address = self.job.destination(&root, arguments.as_deref(), salt)?;
        let step = format!("deploy {name}");
        let receipt = match self.standing_at(&step, address, &root).await? {
            Some(receipt) => receipt,
            None => {
                let fee = activation_fee(client, deployer, &root, Default::default()).await?;
                let value = offered_for_activation(fee);
                let call = stylus::deploy_call(&root, arguments.as_deref(), salt)?.abi_encode();
                let to = Some(STYLUS_DEPLOYER);
                self.transact(&step, to, value, call).await?
            }
        };
        let (activated_at, expires_at) = self.lifetime(address).await?;
        self.job.record.programs.push(Program {
            name: name.into(),
            address,
            fragments: fragments.clone(),
            transaction: receipt.transaction_hash,
            block: receipt.block_number.unwrap_or_default(),
            code_hash: keccak256(&root),
            wasm_sha256: built.wasm_sha256,
            constructor_arguments: arguments.unwrap_or_default().into(),
            salt: Some(salt),
            activated_at,
            expires_at,
        });
        self.progress()
            .fragments
            .retain(|kept| !fragments.contains(&kept.address));
        self.note(&step, &receipt)
    }

    async fn fragment(
        &mut self,
        name: &str,
        index: usize,
        piece: &[u8],
    ) -> Result<Address, Trouble> {
        if let Some(fragment) = self.job.fragment(piece) {
            let address = fragment.address;
            let code = self.job.client.provider.get_code_at(address).await?;
            if *code == *piece {
                return Ok(address);
            }
        }
        let step = format!("put piece {} of {name} on the chain", index + 1);
        let creation = stylus::creation_code(piece)?;
        let receipt = self.transact(&step, None, U256::ZERO, creation).await?;
        let address = receipt
            .contract_address
            .context("a creation made no account")?;
        let fragment = Fragment {
            address,
            code_hash: keccak256(piece),
            transaction: receipt.transaction_hash,
        };
        self.progress().fragments.push(fragment);
        self.note(&step, &receipt)?;
        Ok(address)
    }

    /// The transaction that put a program there already: of an earlier run, or of another treasury's deployment
    /// with the same salt, code and arguments.
    async fn standing_at(
        &mut self,
        step: &str,
        address: Address,
        root: &[u8],
    ) -> Result<Option<TransactionReceipt>, Trouble> {
        let provider = &self.job.client.provider;
        if *provider.get_code_at(address).await? != *root {
            return Ok(None);
        }
        if let Some(receipt) = self.settled.remove(step) {
            return Ok(Some(receipt));
        }
        // What was pending is settled by now.
        self.job.must_be_ours(step, address)?;
        Ok(None)
    }

    /// When a program was activated, and when that ends.
    async fn lifetime(&self, program: Address) -> Result<(u64, u64), Trouble> {
        let client = self.job.client;
        let left = client
            .call(ARB_WASM, ArbWasm::programTimeLeftCall { program })
            .await?;
        let days = client.call(ARB_WASM, ArbWasm::expiryDaysCall {}).await?;
        let block = client
            .provider
            .get_block_by_number(BlockNumberOrTag::Latest);
        let now = block
            .await?
            .context("the chain has no block")?
            .header
            .timestamp;
        let expires_at = now.saturating_add(left);
        Ok((
            expires_at.saturating_sub(u64::from(days) * 86_400),
            expires_at,
        ))
    }

    async fn call(&mut self, call: &Call) -> Result<(), Trouble> {
        let at = self.job.addresses();
        let step = standing::words(call);
        let known = self
            .job
            .record
            .calls
            .iter()
            .any(|called| called.step == step);
        let settled = self.settled.contains_key(&step);
        let standing = match settled {
            true => Standing::Missing,
            false => standing::of(self.job.client, call, self.job.deployer, &at).await?,
        };
        match standing {
            Standing::Done => return Ok(()),
            Standing::Otherwise(why) => {
                return Err(Trouble::Conflict(format!("cannot {step}: {why}")))
            }
            Standing::Missing if known && !settled => {
                // It was done, and somebody undid it: the deployer may still do it again.
                self.job.record.calls.retain(|called| called.step != step);
            }
            Standing::Missing => {}
        }
        let (to, input) = call.encode(self.job.deployer, &at)?;
        let receipt = self.transact(&step, Some(to), U256::ZERO, input).await?;
        self.job.record.calls.push(Called {
            step: step.clone(),
            transaction: receipt.transaction_hash,
            block: receipt.block_number.unwrap_or_default(),
        });
        self.note(&step, &receipt)
    }
}
