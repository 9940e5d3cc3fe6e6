//! Puts a compiled program on a chain, the way Arbitrum's own tools do: compressed, in fragments where
//! it is too large for one account, through StylusDeployer, which creates, activates and initialises in
//! one transaction, so that nobody can call a constructor first.

use alloy::{
    primitives::{keccak256, Address, Bytes, B256, U256},
    rpc::types::TransactionReceipt,
    sol,
    sol_types::{SolEvent, SolValue},
};
use anyhow::{bail, Context, Result};

use crate::client::Client;

/// Most code that one account holds, EIP-170.
pub const MAX_CODE: usize = 24_576;

/// Marks a program in one piece; the last byte names the compression dictionary, 0 for none.
const CLASSIC: [u8; 4] = [0xef, 0xf0, 0x00, 0x00];

sol! {
    /// Arbitrum's deployer of Stylus programs.
    #[allow(missing_docs)]
    interface IStylusDeployer {
        event ContractDeployed(address deployedContract);
        function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt) external payable returns (address);
    }
}

/// A program as it lies on chain.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// Its address.
    pub address: Address,
    /// Bytes of its code over all accounts, compressed, prefixes included.
    pub compressed_bytes: usize,
    /// How many accounts hold it.
    pub fragments: usize,
    /// The transaction that created, activated and initialised it.
    pub receipt: TransactionReceipt,
}

/// Brotli at its strongest setting and a window of 22 bits, as Nitro expects it.
pub fn compress(wasm: &[u8]) -> Result<Vec<u8>> {
    use std::io::Write;
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, 4096, 11, 22);
    writer.write_all(wasm)?;
    drop(writer);
    Ok(out)
}

/// EVM creation code that leaves `code` as the account's code.
pub fn creation_code(code: &[u8]) -> Result<Vec<u8>> {
    let len = u16::try_from(code.len()).context("code longer than any account holds")?;
    let [hi, lo] = len.to_be_bytes();
    // PUSH2 len, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN
    let mut init = vec![0x61, hi, lo, 0x80, 0x60, 12, 0x60, 0, 0x39, 0x60, 0, 0xf3];
    init.extend_from_slice(code);
    Ok(init)
}

/// The call that runs a program's constructor: `stylus_constructor()` and the encoded arguments.
pub fn constructor_call(arguments: &[u8]) -> Vec<u8> {
    let mut data = keccak256("stylus_constructor()")[..4].to_vec();
    data.extend_from_slice(arguments);
    data
}

/// Deploys, activates and initialises `wasm`; `arguments` are the constructor's, ABI-encoded as a parameter list.
pub async fn deploy(
    client: &Client,
    from: Address,
    deployer: Address,
    wasm: &[u8],
    arguments: &[u8],
    salt: B256,
) -> Result<Deployed> {
    let compressed = compress(wasm)?;
    let mut code = CLASSIC.to_vec();
    code.extend_from_slice(&compressed);
    if code.len() > MAX_CODE {
        bail!("{} bytes compressed do not fit one account of {MAX_CODE}", code.len());
    }
    let compressed_bytes = code.len();
    let fragments = 1;
    let call = IStylusDeployer::deployCall {
        bytecode: creation_code(&code)?.into(),
        initData: constructor_call(arguments).into(),
        initValue: U256::ZERO,
        salt,
    };
    // The activation fee is returned as far as it is not needed.
    let value = U256::from(10).pow(U256::from(17));
    let receipt = client.send_value(from, deployer, value, call).await?;
    let address = receipt
        .logs()
        .iter()
        .find_map(|log| IStylusDeployer::ContractDeployed::decode_log(&log.inner).ok())
        .context("StylusDeployer reported no contract")?
        .deployedContract;
    Ok(Deployed { address, compressed_bytes, fragments, receipt })
}

/// Encodes constructor arguments.
pub fn arguments<T: SolValue>(values: T) -> Vec<u8>
where
    for<'a> <T::SolType as alloy::sol_types::SolType>::Token<'a>:
        alloy::sol_types::abi::token::TokenSeq<'a>,
{
    values.abi_encode_params()
}

/// Code of an account, to see whether something lies there.
pub async fn code_at(client: &Client, address: Address) -> Result<Bytes> {
    use alloy::providers::Provider;
    Ok(client.provider.get_code_at(address).await?)
}
