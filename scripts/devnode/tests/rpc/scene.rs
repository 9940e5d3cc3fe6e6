//! A running chain, a client of it, and small contracts to call.

use alloy::network::{EthereumWallet, TransactionBuilder};
use alloy::primitives::{address, hex, Address, Bytes, U256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::TransactionRequest;
use alloy::sol;
use alloy::transports::{RpcError, TransportErrorKind};
use devnode::{Config, Devnode};
use serde_json::Value;

pub(crate) const ETHER: u128 = 1_000_000_000_000_000_000;
pub(crate) const BASE_FEE: u64 = 100_000_000;
pub(crate) const NOBODY: Address = address!("00000000000000000000000000000000000b0b0b");

sol! {
    #[derive(Debug)]
    error Refused(uint256 offending, uint256 bound);
}

pub(crate) struct Scene {
    pub(crate) node: Devnode,
    pub(crate) provider: DynProvider,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::of(Config::default())
    }

    pub(crate) fn of(config: Config) -> Self {
        let node = Devnode::spawn_with(config, 0).unwrap();
        // Named already by another test is just as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let provider = ProviderBuilder::new()
            .wallet(EthereumWallet::from(node.keys()[0].clone()))
            .connect_http(node.url().parse().unwrap())
            .erased();
        Self { node, provider }
    }

    pub(crate) fn dev(&self) -> Address {
        self.node.address(0)
    }

    pub(crate) async fn ask<
        T: serde::de::DeserializeOwned + std::fmt::Debug + Send + Sync + Unpin + 'static,
    >(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, RpcError<TransportErrorKind>> {
        self.provider.raw_request(method.into(), params).await
    }

    pub(crate) async fn refusal(&self, method: &'static str, params: Value) -> (i64, String) {
        let error = self
            .ask::<Value>(method, params)
            .await
            .expect_err("should be refused");
        let payload = error
            .as_error_resp()
            .expect("an answer of the node")
            .clone();
        (payload.code, payload.message.into_owned())
    }

    /// Deploys `runtime` by init code that copies what follows it.
    pub(crate) async fn deploy(&self, runtime: &[u8]) -> Address {
        // PUSH2 size, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN, and a STOP to fill eleven bytes.
        let mut code = vec![0x61];
        code.extend(u16::try_from(runtime.len()).unwrap().to_be_bytes());
        code.extend(hex!("80600b5f395ff300"));
        code.extend(runtime);
        let tx = TransactionRequest::default().with_deploy_code(Bytes::from(code));
        let receipt = self
            .provider
            .send_transaction(tx)
            .await
            .unwrap()
            .get_receipt()
            .await
            .unwrap();
        assert!(receipt.status(), "the deployment failed");
        receipt.contract_address.unwrap()
    }
}

/// Adds one to slot 0, emits the new value under topic 7 and returns it.
pub(crate) const COUNTER: &[u8] = &hex!("5f54600101805f555f52600760205fa160205ff3");
/// Reverts with its calldata.
pub(crate) const REVERTER: &[u8] = &hex!("365f5f37365ffd");
/// Returns block number, timestamp, caller, base fee, own balance.
pub(crate) const WITNESS: &[u8] = &hex!("435f524260205233604052486060524760805260a05ff3");
/// Returns the slot that its calldata names.
pub(crate) const READER: &[u8] = &hex!("5f35545f5260205ff3");
/// Reverts unless more than 100,000 gas is left, and uses next to none.
pub(crate) const DEMANDING: &[u8] = &hex!("620186a05a11600c575f5ffd5b00");
/// Calls the address in its calldata with all gas and reverts if that fails.
pub(crate) const FORWARDER: &[u8] = &hex!("5f5f5f5f5f5f355af1600f575f5ffd5b00");

pub(crate) fn call_to(to: Address, data: impl Into<Bytes>) -> TransactionRequest {
    TransactionRequest::default()
        .with_to(to)
        .with_input(data.into())
}

pub(crate) fn word(answer: &[u8], index: usize) -> U256 {
    U256::from_be_slice(&answer[32 * index..32 * (index + 1)])
}
