//! Which method is answered by what.

use super::error::RpcError;
use super::params::Params;
use super::service::Session;
use super::{debug, dev, eth, node, pool, send, sign};
use alloy::primitives::{hex, keccak256, Bytes};
use serde_json::{json, Value};

/// What the node calls itself.
pub(crate) const CLIENT_VERSION: &str = concat!("ballast-devnode/v", env!("CARGO_PKG_VERSION"));

/// What a method returns.
pub(crate) type Answer = Result<Value, RpcError>;

/// Runs one method.
///
/// # Errors
/// [`RpcError`] as go-ethereum or Nitro would answer.
pub(crate) fn dispatch(session: &mut Session<'_>, method: &str, params: Value) -> Answer {
    let p = &mut Params::new(params)?;
    let chain = &mut *session.chain;
    match method {
        "web3_clientVersion" => Ok(json!(CLIENT_VERSION)),
        "web3_sha3" => p
            .next::<Bytes>("data")
            .map(|data| json!(hex::encode_prefixed(keccak256(data)))),
        "net_version" => Ok(json!(chain.chain_id().to_string())),
        "net_listening" => Ok(json!(true)),
        "net_peerCount" => Ok(json!("0x0")),

        "eth_chainId" => eth::chain_id(chain),
        "eth_syncing" => Ok(json!(false)),
        "eth_accounts" => Ok(json!(chain.accounts())),
        "eth_coinbase" => Ok(json!(chain.coinbase())),
        "eth_mining" => Ok(json!(true)),
        "eth_blockNumber" => eth::block_number(chain),
        "eth_gasPrice" => eth::gas_price(chain),
        "eth_maxPriorityFeePerGas" => Ok(json!("0x0")),
        "eth_feeHistory" => eth::fee_history(chain, p),
        "eth_getBlockByNumber" => eth::block_by_number(chain, p),
        "eth_getBlockByHash" => eth::block_by_hash(chain, p),
        "eth_getBlockTransactionCountByNumber" => eth::transaction_count_by_number(chain, p),
        "eth_getBlockTransactionCountByHash" => eth::transaction_count_by_hash(chain, p),
        "eth_getTransactionByBlockNumberAndIndex" => eth::transaction_by_number(chain, p),
        "eth_getTransactionByBlockHashAndIndex" => eth::transaction_by_block_hash(chain, p),
        "eth_getUncleCountByBlockNumber" => eth::uncle_count_by_number(chain, p),
        "eth_getUncleCountByBlockHash" => eth::uncle_count_by_hash(chain, p),
        "eth_getUncleByBlockNumberAndIndex" | "eth_getUncleByBlockHashAndIndex" => Ok(Value::Null),
        "eth_getBlockReceipts" => eth::block_receipts(chain, p),
        "eth_getBalance" => eth::balance(chain, p),
        "eth_getCode" => eth::code(chain, p),
        "eth_getStorageAt" => eth::storage_at(chain, p),
        "eth_getTransactionCount" => eth::nonce(chain, p),
        "eth_getTransactionByHash" => eth::transaction(chain, p),
        "eth_getRawTransactionByHash" | "debug_getRawTransaction" => eth::raw_transaction(chain, p),
        "eth_getTransactionReceipt" => eth::receipt(chain, p),
        "eth_getLogs" => eth::logs(chain, p),
        "eth_call" => eth::call(chain, p),
        "eth_estimateGas" => eth::estimate_gas(chain, p),
        "eth_createAccessList" => eth::access_list(chain, p),
        "eth_getProof" => Err(RpcError::unsupported(
            method,
            "the state has no trie, so that nothing can be proven of it",
        )),

        "eth_newFilter" => session.filters.new_logs(chain, p),
        "eth_newBlockFilter" => session.filters.new_blocks(chain),
        "eth_newPendingTransactionFilter" => session.filters.new_pending(chain, p),
        "eth_getFilterChanges" => session.filters.changes(chain, p),
        "eth_getFilterLogs" => session.filters.logs(chain, p),
        "eth_uninstallFilter" => session.filters.close(p),
        "eth_subscribe" => session.subscribe(p),
        "eth_unsubscribe" => session.unsubscribe(p),

        "eth_sendRawTransaction" => send::raw(chain, p),
        "eth_sendTransaction" | "eth_sendUnsignedTransaction" => send::request(chain, p),

        "eth_sign" => sign::eth_sign(chain, p),
        "personal_sign" => sign::personal_sign(chain, p),
        "eth_signTransaction" => sign::transaction(chain, p),
        "eth_signTypedData" | "eth_signTypedData_v3" | "eth_signTypedData_v4" => {
            Err(RpcError::unsupported(
                method,
                "sign with the account's key, which is printed at the start",
            ))
        }

        "txpool_status" => pool::status(chain),
        "txpool_content" => pool::content(chain),
        "txpool_inspect" => pool::inspect(chain),

        "debug_traceTransaction" => debug::transaction(chain, p),
        "debug_traceBlockByNumber" => debug::block_by_number(chain, p),
        "debug_traceBlockByHash" => debug::block_by_hash(chain, p),
        "debug_traceCall" => debug::call(chain, p),

        "evm_snapshot" | "anvil_snapshot" => dev::snapshot(chain),
        "evm_revert" | "anvil_revert" => dev::revert(chain, p),
        "evm_mine" => dev::evm_mine(chain, p),
        "anvil_mine" | "hardhat_mine" => dev::mine(chain, p),
        "evm_increaseTime" | "anvil_increaseTime" => dev::increase_time(chain, p),
        "evm_setNextBlockTimestamp" | "anvil_setNextBlockTimestamp" => {
            dev::set_next_timestamp(chain, p)
        }
        "evm_setTime" | "anvil_setTime" => dev::set_next_timestamp(chain, p),
        "anvil_setBlockTimestampInterval" => dev::set_interval(chain, p),
        "anvil_removeBlockTimestampInterval" => dev::remove_interval(chain),
        "anvil_setNextBlockBaseFeePerGas" | "hardhat_setNextBlockBaseFeePerGas" => {
            dev::set_base_fee(chain, p)
        }
        "anvil_impersonateAccount" | "hardhat_impersonateAccount" => dev::impersonate(chain, p),
        "anvil_stopImpersonatingAccount" | "hardhat_stopImpersonatingAccount" => {
            dev::stop_impersonating(chain, p)
        }
        "anvil_autoImpersonateAccount" => dev::impersonate_all(chain, p),
        "anvil_setBalance" | "hardhat_setBalance" => dev::set_balance(chain, p),
        "anvil_setCode" | "hardhat_setCode" => dev::set_code(chain, p),
        "anvil_setNonce" | "hardhat_setNonce" => dev::set_nonce(chain, p),
        "anvil_setStorageAt" | "hardhat_setStorageAt" => dev::set_storage(chain, p),
        "anvil_addBalance" => dev::add_balance(chain, p),
        "anvil_setCoinbase" | "hardhat_setCoinbase" => dev::set_coinbase(chain, p),

        "anvil_getAutomine" | "hardhat_getAutomine" => pool::automine(chain),
        "evm_setAutomine" | "anvil_setAutomine" => pool::set_automine(chain, p),
        "anvil_getIntervalMining" => pool::interval(chain),
        "evm_setIntervalMining" | "anvil_setIntervalMining" => pool::set_interval(chain, p),
        "anvil_dropTransaction" | "hardhat_dropTransaction" => pool::drop_one(chain, p),
        "anvil_dropAllTransactions" => pool::drop_all(chain),
        "anvil_removePoolTransactions" => pool::drop_of(chain, p),

        "anvil_nodeInfo" => node::info(chain),
        "anvil_metadata" | "hardhat_metadata" => node::metadata(chain),
        "anvil_reset" | "hardhat_reset" => node::reset(chain, p),
        "anvil_dumpState" => node::dump(chain),
        "anvil_loadState" => node::load(chain, p),

        _ => Err(RpcError::method_not_found(method)),
    }
}
