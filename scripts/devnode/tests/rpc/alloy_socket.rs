//! alloy's own client over WebSocket.

use crate::scene::{call_to, Scene, COUNTER};
use alloy::network::EthereumWallet;
use alloy::primitives::{B256, U256};
use alloy::providers::{Provider, ProviderBuilder};
use alloy::rpc::client::RpcClient;
use alloy::rpc::types::{Filter, Header, Log};
use alloy_pubsub::{PubSubConnect, Subscription};
use alloy_transport_ws::WsConnect;
use serde::de::DeserializeOwned;
use serde_json::{json, Value};

#[tokio::test]
async fn alloy_sends_batches_and_subscribes_over_websocket() {
    let scene = Scene::new();
    let counter = scene.deploy(COUNTER).await;
    let url = scene.node.ws_url();
    let socket = WsConnect::new(url).into_service().await.unwrap();
    let client = RpcClient::new(socket.clone(), true);
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(scene.node.keys()[1].clone()))
        .connect_client(client);

    let id = |params: Value| provider.raw_request::<_, B256>("eth_subscribe".into(), params);
    let heads = id(json!(["newHeads"])).await.unwrap();
    let filter = Filter::new().address(counter);
    let logs = id(json!(["logs", filter])).await.unwrap();
    let pending = id(json!(["newPendingTransactions"])).await.unwrap();
    async fn open<T: DeserializeOwned>(
        socket: &alloy_pubsub::PubSubFrontend,
        id: B256,
    ) -> Subscription<T> {
        socket.get_subscription(id).await.unwrap().into_typed()
    }
    let mut heads: Subscription<Header> = open(&socket, heads).await;
    let mut logs: Subscription<Log> = open(&socket, logs).await;
    let mut pending: Subscription<B256> = open(&socket, pending).await;

    let sent = provider
        .send_transaction(call_to(counter, []))
        .await
        .unwrap();
    let receipt = sent.get_receipt().await.unwrap();
    assert_eq!(pending.recv().await.unwrap(), receipt.transaction_hash);
    let head = heads.recv().await.unwrap();
    assert_eq!(Some(head.hash), receipt.block_hash);
    assert_eq!(head.hash, head.inner.hash_slow());
    let log = logs.recv().await.unwrap();
    assert_eq!(log.transaction_hash, Some(receipt.transaction_hash));
    assert_eq!(U256::from_be_slice(&log.inner.data.data), U256::ONE);

    let mut batch = alloy::rpc::client::BatchRequest::new(provider.client());
    let chain = batch.add_call::<_, U256>("eth_chainId", &()).unwrap();
    let height = batch.add_call::<_, U256>("eth_blockNumber", &()).unwrap();
    batch.send().await.unwrap();
    assert_eq!(chain.await.unwrap(), U256::from(412_346));
    assert_eq!(height.await.unwrap(), U256::from(2));

    socket.unsubscribe(*heads.local_id()).unwrap();
    let sent = provider
        .send_transaction(call_to(counter, []))
        .await
        .unwrap();
    let receipt = sent.get_receipt().await.unwrap();
    assert_eq!(pending.recv().await.unwrap(), receipt.transaction_hash);
    assert!(heads.is_empty());
}
