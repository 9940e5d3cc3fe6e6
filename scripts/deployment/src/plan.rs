//! What a deployment will do and what it will cost, before anything is sent.
//!
//! Programs are estimated by the chain itself, on a state in which what comes before them is pretended to be there.
//! Calls cannot be: they are counted with what they take on the embedded chain.

use alloy::{
    eips::BlockId,
    network::TransactionBuilder,
    primitives::{Address, Bytes, B256, U256},
    providers::Provider,
    rpc::types::{
        state::{StateOverride, StateOverridesBuilder},
        TransactionRequest,
    },
    sol_types::{SolCall, SolError},
};
use anyhow::{Context, Result};
use ballast::{
    client::Client,
    local::deployer::STYLUS_DEPLOYER,
    offer::Offer,
    steps::{Addresses, Step},
    stylus,
};
use devnode::exec::precompiles::{arb_wasm::ArbWasm, ARB_WASM};
use serde::Serialize;

use crate::{
    carry::offered_for_activation,
    job::Job,
    standing::{self, Standing},
    trouble::Trouble,
};

/// What a deployment will do.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// Every step, in order.
    pub steps: Vec<Planned>,
    /// Gas of the steps that are left.
    pub gas: u64,
    /// Wei of that gas now.
    pub fee: U256,
    /// Wei of the activations that are left.
    pub activation_fee: U256,
    /// Wei of both.
    pub total: U256,
    /// Wei that must be there, so that every transaction is taken: each at the whole of its gas limit and the greatest price.
    pub most: U256,
    /// Wei that the deployer has.
    pub balance: U256,
    /// Wei of one gas now.
    pub gas_price: U256,
}

/// One step as it is planned.
#[derive(Debug, Clone, Serialize)]
pub struct Planned {
    /// What it does.
    pub step: String,
    /// Whether it is done already.
    pub done: bool,
    /// Where the program is, or will be if the deployer sends nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Transactions that are left of it.
    pub transactions: usize,
    /// Gas of these.
    pub gas: u64,
    /// Wei of that gas now.
    pub fee: U256,
    /// Wei that the activation takes.
    pub activation_fee: U256,
}

/// Money that a simulation pretends to have: {wei}.
const PRETENDED: u128 = 1_000_000_000_000_000_000_000_000;
/// What a simulated activation is offered, of which most comes back: {wei}.
pub(crate) const OFFERED: u128 = 1_000_000_000_000_000_000;

impl Job<'_> {
    /// Says what is left to do, and what it costs.
    ///
    /// # Errors
    /// A chain that does not answer, or refuses a program; something that stands otherwise than configured.
    pub async fn plan(&self) -> Result<Plan, Trouble> {
        let provider = &self.client.provider;
        let gas_price = provider.get_gas_price().await?;
        let mut nonce = provider.get_transaction_count(self.deployer).await?;
        let mut at = Addresses::default();
        let mut pretended = Vec::new();
        let mut steps = Vec::new();
        let mut all_stand = true;
        for step in self.steps() {
            let mut planned = match &step {
                Step::Program(name) => match self.recorded(name) {
                    Some(program) => {
                        at.insert(name, program.address);
                        Planned::done(format!("deploy {name}"), Some(program.address))
                    }
                    None => {
                        all_stand = false;
                        let planned = self.program(name, &at, &mut nonce, &pretended).await?;
                        let address = planned.address.context("no address")?;
                        at.insert(name, address);
                        pretended.push(address);
                        planned
                    }
                },
                Step::Call(call) => {
                    let words = standing::words(call);
                    let standing = match all_stand && !self.is_finished() {
                        true => standing::of(self.client, call, self.deployer, &at).await?,
                        false if self.is_finished() => Standing::Done,
                        false => Standing::Missing,
                    };
                    match standing {
                        Standing::Done => Planned::done(words, None),
                        Standing::Missing => Planned {
                            transactions: 1,
                            gas: standing::typical_gas(call),
                            done: false,
                            ..Planned::done(words, None)
                        },
                        Standing::Otherwise(why) => {
                            return Err(Trouble::Conflict(format!("cannot {words}: {why}")))
                        }
                    }
                }
            };
            planned.fee = U256::from(planned.gas).saturating_mul(U256::from(gas_price));
            steps.push(planned);
        }
        let sum = |of: fn(&Planned) -> U256| steps.iter().map(of).fold(U256::ZERO, |a, b| a + b);
        let (fee, activation_fee) = (sum(|s| s.fee), sum(|s| s.activation_fee));
        let most = |step: &Planned| {
            let offer = Offer::usual(step.gas, gas_price);
            offer.most(offered_for_activation(step.activation_fee))
        };
        let most = steps.iter().map(most);
        let most = most.fold(U256::ZERO, U256::saturating_add);
        Ok(Plan {
            gas: steps.iter().map(|step| step.gas).sum(),
            fee,
            activation_fee,
            total: fee + activation_fee,
            most,
            balance: provider.get_balance(self.deployer).await?,
            gas_price: U256::from(gas_price),
            steps,
        })
    }

    async fn program(
        &self,
        name: &str,
        at: &Addresses,
        nonce: &mut u64,
        pretended: &[Address],
    ) -> Result<Planned, Trouble> {
        let built = self.bundle.program(name)?;
        let arguments = self.treasury.arguments(name, self.deployer, at)?;
        let salt = self.treasury.salt(name);
        let (mut transactions, mut gas) = (1, 0);
        let mut fragments = Vec::new();
        let mut state =
            StateOverridesBuilder::default().with_balance(self.deployer, U256::from(PRETENDED));
        for piece in built.packed.fragments() {
            if let Some(fragment) = self.fragment(piece) {
                fragments.push(fragment.address);
                continue;
            }
            let address = self.deployer.create(*nonce);
            *nonce += 1;
            transactions += 1;
            let creation = TransactionRequest::default()
                .with_from(self.deployer)
                .with_deploy_code(stylus::creation_code(piece)?);
            gas += estimate(self.client, creation, rich(self.deployer)).await?;
            state = state.with_code(address, piece.clone());
            fragments.push(address);
        }
        *nonce += 1;
        for earlier in pretended {
            // What a constructor looks for is code, whichever.
            state = state.with_code(*earlier, Bytes::from_static(&[0]));
        }
        let root = built.packed.root(&fragments);
        let address = self.destination(&root, arguments.as_deref(), salt)?;
        let step = format!("deploy {name}");
        if *self.client.provider.get_code_at(address).await? == *root {
            self.must_be_ours(&step, address)?;
            return Ok(Planned::done(step, Some(address)));
        }
        let state = state.build();
        let activation_fee =
            activation_fee(self.client, self.deployer, &root, state.clone()).await?;
        let call = stylus::deploy_call(&root, arguments.as_deref(), salt)?;
        let deployment = TransactionRequest::default()
            .with_from(self.deployer)
            .with_to(STYLUS_DEPLOYER)
            .with_value(U256::from(OFFERED))
            .with_input(call.abi_encode());
        gas += estimate(self.client, deployment, state)
            .await
            .with_context(|| format!("the chain would not take {name}"))?;
        Ok(Planned {
            done: false,
            transactions,
            gas,
            activation_fee,
            ..Planned::done(step, Some(address))
        })
    }

    /// Refuses a program that stands already, unless it was made by the transaction of which an earlier run knew no end.
    pub(crate) fn must_be_ours(&self, step: &str, address: Address) -> Result<(), Trouble> {
        let progress = self.record.progress.as_ref();
        let pending = progress.and_then(|progress| progress.pending.as_ref());
        match pending.is_some_and(|pending| pending.step == step) {
            true => Ok(()),
            false => Err(Trouble::Conflict(format!(
                "cannot {step}: the same stands at {address} already, and the record does not know of it: \
                 restore the record, or choose another salt"
            ))),
        }
    }

    /// A piece that an earlier run put on the chain.
    pub(crate) fn fragment(&self, piece: &[u8]) -> Option<&ballast::record::Fragment> {
        let hash = alloy::primitives::keccak256(piece);
        let progress = self.record.progress.as_ref()?;
        progress
            .fragments
            .iter()
            .find(|fragment| fragment.code_hash == hash)
    }
}

impl Planned {
    fn done(step: String, address: Option<Address>) -> Self {
        Self {
            step,
            done: true,
            address,
            transactions: 0,
            gas: 0,
            fee: U256::ZERO,
            activation_fee: U256::ZERO,
        }
    }
}

fn rich(who: Address) -> StateOverride {
    StateOverridesBuilder::default()
        .with_balance(who, U256::from(PRETENDED))
        .build()
}

async fn estimate(
    client: &Client,
    request: TransactionRequest,
    state: StateOverride,
) -> Result<u64> {
    let asked = client.provider.estimate_gas(request).overrides(state);
    asked.await.map_err(|error| match error.as_error_resp() {
        Some(payload) => match payload.as_revert_data() {
            Some(data) => anyhow::anyhow!("{}", client.decode(&data)),
            None => anyhow::anyhow!("{}", payload.message),
        },
        None => error.into(),
    })
}

/// Wei that activating a program of this code takes; nothing where one of the same code is active.
///
/// # Errors
/// A chain that does not answer, or a program that it would not activate.
pub(crate) async fn activation_fee(
    client: &Client,
    payer: Address,
    root: &[u8],
    state: StateOverride,
) -> Result<U256> {
    let probe = Address::from_word(B256::repeat_byte(0xba));
    let state = StateOverridesBuilder::new(state)
        .with_code(probe, root.to_vec())
        .with_balance(payer, U256::from(PRETENDED))
        .build();
    let call = ArbWasm::activateProgramCall { program: probe };
    let request = TransactionRequest::default()
        .with_from(payer)
        .with_to(ARB_WASM)
        .with_value(U256::from(OFFERED))
        .with_input(call.abi_encode());
    let asked = client.provider.call(request).block(BlockId::latest());
    let error = match asked.overrides(state).await {
        Ok(answer) => {
            let answer = ArbWasm::activateProgramCall::abi_decode_returns(&answer)?;
            return Ok(answer.dataFee);
        }
        Err(error) => error,
    };
    let refused = error
        .as_error_resp()
        .and_then(|payload| payload.as_revert_data());
    match refused {
        Some(data) if data.starts_with(&ArbWasm::ProgramUpToDate::SELECTOR) => Ok(U256::ZERO),
        Some(data) => anyhow::bail!("the chain would not activate it: {}", client.decode(&data)),
        None => Err(error).context("the chain would not activate it"),
    }
}
