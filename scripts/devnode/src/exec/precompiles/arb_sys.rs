//! `ArbSys`: facts of the chain and the message, and what leaves for the parent chain.

use super::{
    super::arbos::{members::Members, outbox, Field},
    Answer, Call, Fault, Methods, Purity, ARB_SYS,
};
use alloy::{
    primitives::{address, keccak256, Address, Bytes, B256, U160, U256},
    sol,
    sol_types::SolValue,
};
use revm::context_interface::{journaled_state::account::JournaledAccountTr, ContextTr, JournalTr};

/// What a contract of the parent chain is called here: its address, and this more.
const ALIAS_OFFSET: Address = address!("1111000000000000000000000000000000001111");
/// How many blocks back a block's hash can be asked for.
const HASHES_KEPT: u64 = 256;
/// Gas of hashing, and of each word hashed.
const KECCAK: (u64, u64) = (30, 6);

sol! {
    #[allow(missing_docs)]
    interface ArbSys {
        function arbBlockNumber() external view returns (uint256);
        function arbBlockHash(uint256 arbBlockNum) external view returns (bytes32);
        function arbChainID() external view returns (uint256);
        function arbOSVersion() external view returns (uint256);
        function getStorageGasAvailable() external view returns (uint256);
        function isTopLevelCall() external view returns (bool);
        function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address);
        function wasMyCallersAddressAliased() external view returns (bool);
        function myCallersAddressWithoutAliasing() external view returns (address);
        function withdrawEth(address destination) external payable returns (uint256);
        function sendTxToL1(address destination, bytes calldata data) external payable returns (uint256);
        function sendMerkleTreeState() external view returns (uint256 size, bytes32 root, bytes32[] memory partials);

        event L2ToL1Tx(address caller, address indexed destination, uint256 indexed hash, uint256 indexed position, uint256 arbBlockNum, uint256 ethBlockNum, uint256 timestamp, uint256 callvalue, bytes data);
        event SendMerkleUpdate(uint256 indexed reserved, bytes32 indexed hash, uint256 indexed position);

        error InvalidBlockNumber(uint256 requested, uint256 current);
    }
}

impl Methods for ArbSys::ArbSysCalls {
    fn purity(&self) -> Purity {
        match self {
            Self::mapL1SenderContractAddressToL2Alias(_) => Purity::Pure,
            Self::withdrawEth(_) | Self::sendTxToL1(_) => Purity::Payable,
            _ => Purity::View,
        }
    }

    fn run(self, call: &mut Call<'_>) -> Answer {
        let number = call.ctx.chain.l2_number;
        Ok(match self {
            Self::arbBlockNumber(_) => U256::from(number).abi_encode(),
            Self::arbBlockHash(a) => block_hash(call, a.arbBlockNum)?.abi_encode(),
            Self::arbChainID(_) => U256::from(call.ctx.cfg.chain_id).abi_encode(),
            // Nitro counts its own versions on from Classic's last, 55. The version was read when
            // ArbOS's state was opened.
            Self::arbOSVersion(_) => {
                let version = super::super::arbos::peek(call.ctx, Field::VERSION.slot());
                (version + U256::from(55)).abi_encode()
            }
            Self::getStorageGasAvailable(_) => U256::ZERO.abi_encode(),
            // The transaction's own frame is the first; this one counts too.
            Self::isTopLevelCall(_) => (call.ctx.chain.open.len() <= 1).abi_encode(),
            Self::mapL1SenderContractAddressToL2Alias(a) => aliased(a.sender).abi_encode(),
            // Only what arrives from the parent chain is aliased, and nothing does here.
            Self::wasMyCallersAddressAliased(_) => false.abi_encode(),
            Self::myCallersAddressWithoutAliasing(_) => callers_caller(call).abi_encode(),
            Self::withdrawEth(a) => send(call, a.destination, Bytes::new())?.abi_encode(),
            Self::sendTxToL1(a) => send(call, a.destination, a.data)?.abi_encode(),
            Self::sendMerkleTreeState(_) => {
                if call.caller != Address::ZERO {
                    return Err(Fault::unnamed("only address zero may ask for the outbox"));
                }
                let tree = outbox::tree(call)?;
                (U256::from(tree.size), tree.root, tree.partials).abi_encode_params()
            }
        })
    }
}

fn block_hash(call: &mut Call<'_>, asked: U256) -> Result<B256, Fault> {
    let current = call.ctx.chain.l2_number;
    let known = u64::try_from(asked)
        .ok()
        .filter(|number| *number < current && number.saturating_add(HASHES_KEPT) >= current);
    let Some(number) = known else {
        return Err(Fault::error(&ArbSys::InvalidBlockNumber {
            requested: asked,
            current: U256::from(current),
        }));
    };
    Ok(call.ctx.journaled_state.database.l2_block_hash(number))
}

/// The caller of the contract that calls; nobody's where there is no such contract.
fn callers_caller(call: &Call<'_>) -> Address {
    let frames = &call.ctx.chain.open;
    frames.last().map_or(Address::ZERO, |frame| frame.caller)
}

/// The address that a contract of the parent chain acts under here.
fn aliased(sender: Address) -> Address {
    let number = |address: Address| U160::from_be_bytes(address.into_array());
    Address::from(number(sender).wrapping_add(number(ALIAS_OFFSET)))
}

/// Puts a message into the outbox, and burns its value here.
fn send(call: &mut Call<'_>, destination: Address, data: Bytes) -> Result<U256, Fault> {
    let value = call.value;
    if !value.is_zero() && !Members::native_token_owners().is_empty(call)? {
        return Err(Fault::unnamed(
            "value cannot leave a chain whose token has owners here",
        ));
    }
    let arb_block = U256::from(call.ctx.chain.l2_number);
    let eth_block = call.ctx.block.number;
    let timestamp = call.ctx.block.timestamp;
    let preimage = [
        call.caller.as_slice(),
        destination.as_slice(),
        &arb_block.to_be_bytes::<32>(),
        &eth_block.to_be_bytes::<32>(),
        &timestamp.to_be_bytes::<32>(),
        &value.to_be_bytes::<32>(),
        &data,
    ]
    .concat();
    call.burn(KECCAK.0 + KECCAK.1 * preimage.len().div_ceil(32) as u64)?;
    let hash = keccak256(preimage);
    let nodes = outbox::append(call, hash)?;
    let size = outbox::size(call)?;
    let journal = call.ctx.journal_mut();
    let mut own = journal.load_account_mut(ARB_SYS)?;
    if !own.data.decr_balance(value) {
        return Err(Fault::unnamed("the value sent is not there"));
    }
    for node in nodes {
        call.emit(&ArbSys::SendMerkleUpdate {
            reserved: U256::ZERO,
            hash: node.hash,
            position: node.position(),
        })?;
    }
    let leaf = U256::from(size.saturating_sub(1));
    call.emit(&ArbSys::L2ToL1Tx {
        caller: call.caller,
        destination,
        hash: hash.into(),
        position: leaf,
        arbBlockNum: arb_block,
        ethBlockNum: eth_block,
        timestamp,
        callvalue: value,
        data,
    })?;
    Ok(leaf)
}
