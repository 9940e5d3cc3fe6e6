//! One connection to a chain: who signs, what was sent, and why it was refused.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use alloy::{
    eips::{eip2718::Encodable2718, BlockId},
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, Bytes, TxKind, B256, U256},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::client::RpcClient,
    rpc::types::{BlockNumberOrTag, TransactionReceipt, TransactionRequest},
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
    transports::{
        http::{reqwest, Http},
        RpcError,
    },
};
use alloy_pubsub::PubSubConnect;
use alloy_transport_ws::WsConnect;
use anyhow::{anyhow, bail, Context, Result};
use tokio::time::Instant;

use crate::{
    abi,
    artifacts::Artifacts,
    errors::Decoder,
    offer::Offer,
    wire::{self, Unanswered, Wire, PATIENCE},
};

/// Gas limit of what is sent without an estimate: far above any rebalance, below any block.
const GAS_LIMIT: u64 = 30_000_000;
/// How long a transaction may take to be mined.
const MINING: Duration = Duration::from_secs(180);
/// How often it is looked for.
const INTERVAL: Duration = Duration::from_millis(250);

/// A connection that signs with every key it was given and decodes what comes back.
#[derive(Debug, Clone)]
pub struct Client {
    /// The connection itself, for whatever has no shorthand here.
    pub provider: DynProvider,
    wallet: EthereumWallet,
    decoder: Arc<Decoder>,
    routes: BTreeMap<Address, Route>,
    patience: Duration,
    /// Scheme, host and port.
    place: Arc<str>,
}

/// A transaction that is signed, and not given to anybody yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who signed.
    pub from: Address,
    /// Its number among theirs.
    pub nonce: u64,
    /// Its hash.
    pub hash: B256,
    /// As it goes over the wire.
    pub raw: Vec<u8>,
}

/// How the calls of an account that is a contract come about: each forwarder is called with the
/// address of the next and what to call it with, and hands on what that returns.
#[derive(Debug, Clone)]
pub struct Route {
    /// Signs.
    pub sender: Address,
    /// Forwarders from the outermost to the account itself.
    pub through: Vec<Address>,
}

/// A call that the chain refused.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The revert data as it came.
    pub data: Bytes,
    /// The same in words.
    pub words: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Refusal {}

impl Client {
    /// Connects to `url` over HTTP with `keys`; errors are decoded with the interfaces in `artifacts`.
    pub fn connect(url: &str, keys: &[PrivateKeySigner], artifacts: &Artifacts) -> Result<Self> {
        let mut wallet = EthereumWallet::default();
        for key in keys {
            wallet.register_signer(key.clone());
        }
        Ok(Self {
            provider: provider(http(url)?, &wallet),
            wallet,
            decoder: Arc::new(Decoder::new(&artifacts.interfaces()?)),
            routes: BTreeMap::new(),
            patience: PATIENCE,
            place: wire::place(url).into(),
        })
    }

    /// Connects to `url`, HTTP or WebSocket, by its scheme; `wallet` signs. Errors are decoded with the
    /// committed interfaces of our own programs. What is not answered within `patience` is [`Unanswered`].
    ///
    /// # Errors
    /// `url` is none, or nobody is there.
    pub async fn open(url: &str, wallet: EthereumWallet, patience: Duration) -> Result<Self> {
        let connection = match url.starts_with("ws") {
            true => socket(url, patience).await?,
            false => http_within(url, patience)?,
        };
        Ok(Self {
            provider: provider(connection, &wallet),
            wallet,
            decoder: Arc::new(Decoder::new(&abi::committed()?)),
            routes: BTreeMap::new(),
            patience,
            place: wire::place(url).into(),
        })
    }

    /// The same connection to another chain.
    pub fn at(&self, url: &str) -> Result<Self> {
        Ok(Self {
            provider: provider(http_within(url, self.patience)?, &self.wallet),
            place: wire::place(url).into(),
            ..self.clone()
        })
    }

    /// Lets `account` act through forwarders from now on.
    pub fn route(&mut self, account: Address, route: Route) {
        self.routes.insert(account, route);
    }

    /// Who signs for `account`.
    pub fn signer_of(&self, account: Address) -> Address {
        self.routes
            .get(&account)
            .map_or(account, |route| route.sender)
    }

    /// Sender, target and calldata of what `from` sends; a creation is the signer's own.
    pub(crate) fn routed(
        &self,
        from: Address,
        to: Option<Address>,
        input: Vec<u8>,
    ) -> (Address, Option<Address>, Vec<u8>) {
        let (Some(route), Some(to)) = (self.routes.get(&from), to) else {
            return (self.signer_of(from), to, input);
        };
        let mut stops = route.through.iter().chain([&to]);
        let first = stops.next().copied();
        let mut data: Vec<u8> = stops.flat_map(|stop| stop.to_vec()).collect();
        data.extend(input);
        (route.sender, first, data)
    }

    /// Revert data in words.
    pub fn decode(&self, data: &[u8]) -> String {
        self.decoder.decode(data)
    }

    /// Asks a view, or simulates a call as `from`. `Err` within is the contract's refusal.
    pub async fn try_call<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: C,
    ) -> Result<Result<C::Return, Refusal>> {
        match self
            .try_raw(from, to, U256::ZERO, call.abi_encode())
            .await?
        {
            Ok(data) => Ok(Ok(C::abi_decode_returns(&data).with_context(|| {
                format!("{} at {to} answered {data}", C::SIGNATURE)
            })?)),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// What a contract of a stranger says; nothing where it refuses, or answers what cannot be read.
    ///
    /// # Errors
    /// A chain that does not answer.
    pub async fn heard<C: SolCall>(&self, to: Address, call: C) -> Result<Option<C::Return>> {
        let input = call.abi_encode();
        let answer = self.try_raw(Address::ZERO, to, U256::ZERO, input).await?;
        Ok(answer
            .ok()
            .and_then(|data| C::abi_decode_returns(&data).ok()))
    }

    /// Asks many views side by side; nothing for one that refuses, or answers what cannot be read.
    ///
    /// # Errors
    /// A chain that does not answer.
    pub async fn try_all<C>(&self, calls: Vec<(Address, C)>) -> Result<Vec<Option<C::Return>>>
    where
        C: SolCall + Send + 'static,
        C::Return: Send,
    {
        let mut answers: Vec<Option<C::Return>> = calls.iter().map(|_| None).collect();
        let mut asking = tokio::task::JoinSet::new();
        for (index, (to, call)) in calls.into_iter().enumerate() {
            let client = self.clone();
            asking.spawn(async move {
                let input = call.abi_encode();
                let answer = client.try_raw(Address::ZERO, to, U256::ZERO, input).await;
                (index, answer)
            });
        }
        while let Some(done) = asking.join_next().await {
            let (index, answer) = done?;
            let decoded = answer?
                .ok()
                .and_then(|data| C::abi_decode_returns(&data).ok());
            if let Some(slot) = answers.get_mut(index) {
                *slot = decoded;
            }
        }
        Ok(answers)
    }

    /// As [`Client::try_call`], with calldata and what comes back as bytes.
    pub async fn try_raw(
        &self,
        from: Address,
        to: Address,
        value: U256,
        input: Vec<u8>,
    ) -> Result<Result<Bytes, Refusal>> {
        let request = self.request(from, Some(to), value, input);
        match self.provider.call(request).block(BlockId::latest()).await {
            Ok(data) => Ok(Ok(data)),
            Err(e) => Ok(Err(self.refusal(e)?)),
        }
    }

    /// As [`Client::try_call`], on the state after `block`.
    pub async fn try_call_at<C: SolCall>(
        &self,
        block: BlockId,
        from: Address,
        to: Address,
        call: C,
    ) -> Result<Result<C::Return, Refusal>> {
        let request = self.request(from, Some(to), U256::ZERO, call.abi_encode());
        match self.provider.call(request).block(block).await {
            Ok(data) => Ok(Ok(C::abi_decode_returns(&data).with_context(|| {
                format!("{} at {to} answered {data}", C::SIGNATURE)
            })?)),
            Err(e) => Ok(Err(self.refusal(e)?)),
        }
    }

    /// Whose transactions this connection signs.
    pub fn wallet(&self) -> &EthereumWallet {
        &self.wallet
    }

    fn request(
        &self,
        from: Address,
        to: Option<Address>,
        value: U256,
        input: Vec<u8>,
    ) -> TransactionRequest {
        let (from, to, input) = self.routed(from, to, input);
        let mut request = TransactionRequest::default()
            .with_from(from)
            .with_value(value)
            .with_input(input)
            .with_gas_limit(GAS_LIMIT);
        request.to = Some(to.map_or(TxKind::Create, Into::into));
        request
    }

    /// Asks a view that should answer.
    pub async fn call<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        self.try_call(Address::ZERO, to, call)
            .await?
            .map_err(|r| anyhow!("{} at {to} refused: {r}", C::SIGNATURE))
    }

    /// Signs `request`, which says everything a transaction says, and sends nothing: its hash, and how it goes over the wire.
    ///
    /// # Errors
    /// A field that is missing, or a sender whose key is not here.
    pub async fn sign(&self, request: TransactionRequest) -> Result<(B256, Vec<u8>)> {
        let signed = request.build(&self.wallet).await?;
        Ok((*signed.tx_hash(), signed.encoded_2718()))
    }

    /// Signs what `from` would send for `offer`, and sends nothing: whoever writes its hash down first can look for it later.
    ///
    /// # Errors
    /// A chain that does not answer, or a sender whose key is not here.
    pub async fn prepare(
        &self,
        from: Address,
        to: Option<Address>,
        value: U256,
        input: Vec<u8>,
        offer: Offer,
    ) -> Result<Signed> {
        let request = self.request(from, to, value, input);
        let from = request.from.unwrap_or_default();
        let nonce = self.provider.get_transaction_count(from).pending().await?;
        let request = request
            .with_nonce(nonce)
            .with_gas_limit(offer.gas)
            .with_max_fee_per_gas(offer.max_fee)
            .with_max_priority_fee_per_gas(offer.tip)
            .with_chain_id(self.provider.get_chain_id().await?);
        let (hash, raw) = self.sign(request).await?;
        Ok(Signed {
            from,
            nonce,
            hash,
            raw,
        })
    }

    /// Gives a signed transaction to the chain; one that it has already is taken too.
    ///
    /// # Errors
    /// A chain that does not take it, or does not answer: [`Unanswered`] in both cases, since a node that hands on to a
    /// sequencer answers with an error too when that one took it and was too slow to say so.
    pub async fn submit(&self, signed: &Signed) -> Result<()> {
        match self.provider.send_raw_transaction(&signed.raw).await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_error_resp() {
                Some(payload) if payload.message.contains("already known") => Ok(()),
                Some(payload) => Err(Unanswered {
                    place: self.place.to_string(),
                    request: "eth_sendRawTransaction".into(),
                    why: wire::troubled(payload),
                }
                .into()),
                None => Err(error.into()),
            },
        }
    }

    /// Waits until a transaction is mined; none if it is not in three minutes.
    ///
    /// # Errors
    /// A chain that does not answer.
    pub async fn mined(&self, transaction: B256) -> Result<Option<TransactionReceipt>> {
        let deadline = Instant::now() + MINING;
        loop {
            // Asked at once: a chain that mines on receipt has the answer before anybody could wait.
            let receipt = self.provider.get_transaction_receipt(transaction).await?;
            if receipt.is_some() || Instant::now() > deadline {
                return Ok(receipt);
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Sends a call as `from` and waits for its receipt, whatever its status.
    pub async fn send_raw(
        &self,
        from: Address,
        to: Option<Address>,
        value: U256,
        input: Vec<u8>,
    ) -> Result<TransactionReceipt> {
        // Boxed: callers hold many of these side by side on small stacks.
        let fees = self.provider.estimate_eip1559_fees().await?;
        let offer = Offer {
            gas: GAS_LIMIT,
            max_fee: fees.max_fee_per_gas,
            tip: fees.max_priority_fee_per_gas,
        };
        let signed = Box::pin(self.prepare(from, to, value, input, offer)).await?;
        Box::pin(self.submit(&signed)).await?;
        let receipt = Box::pin(self.mined(signed.hash)).await?;
        receipt.with_context(|| format!("transaction {} is not mined", signed.hash))
    }

    /// Sends a call as `from`; an error if it reverts, with the reason.
    pub async fn send<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: C,
    ) -> Result<TransactionReceipt> {
        self.send_value(from, to, U256::ZERO, call).await
    }

    /// As [`Client::send`], with `value` wei.
    pub async fn send_value<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        value: U256,
        call: C,
    ) -> Result<TransactionReceipt> {
        let input = call.abi_encode();
        let receipt = self.send_raw(from, Some(to), value, input.clone()).await?;
        if receipt.status() {
            return Ok(receipt);
        }
        let why = self.reason(from, to, value, input).await?;
        bail!("{} at {to} from {from} reverted: {why}", C::SIGNATURE)
    }

    /// Deploys EVM creation code.
    pub async fn deploy(&self, from: Address, code: Vec<u8>) -> Result<Address> {
        let receipt = self.send_raw(from, None, U256::ZERO, code).await?;
        match receipt.contract_address {
            Some(address) if receipt.status() => Ok(address),
            _ => bail!("creation {} reverted", receipt.transaction_hash),
        }
    }

    /// An account's wei.
    pub async fn balance(&self, account: Address) -> Result<U256> {
        Ok(self.provider.get_balance(account).await?)
    }

    /// Seconds since 1970 of the newest block.
    pub async fn now(&self) -> Result<u64> {
        let block = self
            .provider
            .get_block_by_number(BlockNumberOrTag::Latest)
            .await?
            .context("the chain has no block")?;
        Ok(block.header.timestamp)
    }

    async fn reason(
        &self,
        from: Address,
        to: Address,
        value: U256,
        input: Vec<u8>,
    ) -> Result<String> {
        Ok(match self.try_raw(from, to, value, input).await? {
            Ok(_) => "no longer reverts when simulated".into(),
            Err(refusal) => refusal.words,
        })
    }

    fn refusal(&self, error: RpcError<alloy::transports::TransportErrorKind>) -> Result<Refusal> {
        let Some(payload) = error.as_error_resp() else {
            return Err(error).context("the chain did not answer");
        };
        match payload.as_revert_data() {
            Some(data) => Ok(Refusal {
                words: self.decode(&data),
                data,
            }),
            None => Ok(Refusal {
                words: payload.message.to_string(),
                data: Bytes::new(),
            }),
        }
    }
}

async fn socket(url: &str, patience: Duration) -> Result<RpcClient> {
    name_cryptography();
    let connected = tokio::time::timeout(patience, WsConnect::new(url).into_service()).await;
    let unanswered = |why| Unanswered {
        place: wire::place(url),
        request: "a WebSocket".into(),
        why,
    };
    let socket = connected
        .map_err(|_| unanswered(wire::silence(patience)))?
        .map_err(|error| unanswered(wire::hide(&wire::words(&error), url)))?;
    Ok(RpcClient::new(Wire::new(socket, url, patience), false))
}

/// A client over HTTP, which is waited for as long as usual.
///
/// # Errors
/// `url` is none.
pub fn http(url: &str) -> Result<RpcClient> {
    http_within(url, PATIENCE)
}

fn http_within(url: &str, patience: Duration) -> Result<RpcClient> {
    name_cryptography();
    let parsed = url
        .parse()
        .with_context(|| format!("{} is not a URL", wire::place(url)))?;
    let transport = Http::<reqwest::Client>::new(parsed);
    let is_local = transport.guess_local();
    let wire = Wire::new(transport, url, patience);
    Ok(RpcClient::new(wire, is_local))
}

/// TLS needs one library of cryptography for the whole process, and does not choose it by itself.
fn name_cryptography() {
    // Named already is just as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn provider(client: RpcClient, wallet: &EthereumWallet) -> DynProvider {
    // The nonce is asked for each time: a chain that went back to a snapshot has other ones.
    ProviderBuilder::new()
        .disable_recommended_fillers()
        .with_gas_estimation()
        .with_simple_nonce_management()
        .fetch_chain_id()
        .wallet(wallet.clone())
        .connect_client(client)
        .erased()
}
