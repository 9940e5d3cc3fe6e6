//! Puts a compiled program on a chain, the way Arbitrum's own tools do: compressed, in fragments where
//! it is too large for one account, through StylusDeployer, which creates, activates and initialises in
//! one transaction, so that nobody can call a constructor first.

use alloy::{
    primitives::{keccak256, Address, B256, U256},
    providers::Provider,
    rpc::types::TransactionReceipt,
    sol,
    sol_types::{SolEvent, SolValue},
};
use anyhow::{Context, Result};

use devnode::exec::precompiles::{
    arb_wasm::ArbWasm, arb_wasm_cache::ArbWasmCache, ARB_WASM, ARB_WASM_CACHE,
};

use crate::client::Client;

/// Most code that one account holds, EIP-170.
pub const MAX_CODE: usize = 24_576;

/// Marks a program in one piece; the last byte names the compression dictionary, 0 for none.
const CLASSIC: [u8; 4] = [0xef, 0xf0, 0x00, 0x00];
/// Marks a piece of a program.
const FRAGMENT: [u8; 3] = [0xef, 0xf0, 0x01];
/// Marks the account that names a program's pieces; last byte as in [`CLASSIC`].
const ROOT: [u8; 4] = [0xef, 0xf0, 0x02, 0x00];

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

/// A program as it goes on chain: in one piece, or cut where one account cannot hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    pieces: Vec<Vec<u8>>,
    wasm_bytes: u32,
}

impl Packed {
    /// Compresses `wasm` and cuts it.
    ///
    /// # Errors
    /// A program of 4 GB and more.
    pub fn new(wasm: &[u8]) -> Result<Self> {
        Ok(Self {
            pieces: pieces(&compress(wasm)?),
            wasm_bytes: u32::try_from(wasm.len())?,
        })
    }

    /// The code of the accounts that hold the pieces; none if one account holds it all.
    pub fn fragments(&self) -> &[Vec<u8>] {
        match self.pieces.as_slice() {
            [whole] if whole.starts_with(&CLASSIC) => &[],
            cut => cut,
        }
    }

    /// The code of the program's own account, which names its fragments.
    pub fn root(&self, fragments: &[Address]) -> Vec<u8> {
        if let ([], [whole]) = (self.fragments(), self.pieces.as_slice()) {
            return whole.clone();
        }
        let mut root = ROOT.to_vec();
        root.extend(self.wasm_bytes.to_be_bytes());
        for fragment in fragments {
            root.extend(fragment);
        }
        root
    }
}

/// The call of StylusDeployer that creates, activates and initialises; no arguments for a program without constructor.
///
/// # Errors
/// Code longer than any account holds.
pub fn deploy_call(
    root: &[u8],
    arguments: Option<&[u8]>,
    salt: B256,
) -> Result<IStylusDeployer::deployCall> {
    Ok(IStylusDeployer::deployCall {
        bytecode: creation_code(root)?.into(),
        initData: init(arguments).into(),
        initValue: U256::ZERO,
        salt,
    })
}

fn init(arguments: Option<&[u8]>) -> Vec<u8> {
    arguments.map(constructor_call).unwrap_or_default()
}

/// Where StylusDeployer puts it: by code, salt and constructor arguments.
///
/// # Errors
/// Code longer than any account holds.
pub fn address(
    deployer: Address,
    root: &[u8],
    arguments: Option<&[u8]>,
    salt: B256,
) -> Result<Address> {
    let salted = keccak256([salt.as_slice(), &init(arguments)].concat());
    Ok(deployer.create2_from_code(salted, creation_code(root)?))
}

/// The address that StylusDeployer says it deployed to.
pub fn deployed_address(receipt: &TransactionReceipt) -> Option<Address> {
    let told = |log: &alloy::rpc::types::Log| {
        IStylusDeployer::ContractDeployed::decode_log(&log.inner).ok()
    };
    Some(receipt.logs().iter().find_map(told)?.deployedContract)
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
    deploy_with(client, from, deployer, wasm, Some(arguments), salt).await
}

/// As [`deploy`]; no arguments for a program without constructor.
pub async fn deploy_with(
    client: &Client,
    from: Address,
    deployer: Address,
    wasm: &[u8],
    arguments: Option<&[u8]>,
    salt: B256,
) -> Result<Deployed> {
    let packed = Packed::new(wasm)?;
    let mut fragments = Vec::new();
    for piece in packed.fragments() {
        fragments.push(client.deploy(from, creation_code(piece)?).await?);
    }
    let root = packed.root(&fragments);
    let held: usize = packed.fragments().iter().map(Vec::len).sum();
    let call = deploy_call(&root, arguments, salt)?;
    // The activation fee is returned as far as it is not needed.
    let value = U256::from(10).pow(U256::from(17));
    let receipt = client.send_value(from, deployer, value, call).await?;
    let address = deployed_address(&receipt).context("StylusDeployer reported no contract")?;
    Ok(Deployed {
        address,
        compressed_bytes: held + root.len(),
        fragments: fragments.len().max(1),
        receipt,
    })
}

/// Deploys a program that is small and has no constructor; nobody can call it before [`activate`].
pub async fn deploy_bare(client: &Client, from: Address, wasm: &[u8]) -> Result<Address> {
    let code = [&CLASSIC, compress(wasm)?.as_slice()].concat();
    client.deploy(from, creation_code(&code)?).await
}

/// Activates a program, and with it every other one of the same code.
pub async fn activate(client: &Client, from: Address, program: Address) -> Result<()> {
    let call = ArbWasm::activateProgramCall { program };
    let fee = U256::from(10).pow(U256::from(17));
    client.send_value(from, ARB_WASM, fee, call).await.map(drop)
}

/// Puts a program into the chain's cache, so that it starts at the cached price.
pub async fn cache(client: &Client, from: Address, program: Address) -> Result<()> {
    let call = ArbWasmCache::cacheProgramCall { addr: program };
    client.send(from, ARB_WASM_CACHE, call).await.map(drop)
}

/// Whether a program is in the chain's cache.
pub async fn is_cached(client: &Client, program: Address) -> Result<bool> {
    let code = client.provider.get_code_at(program).await?;
    let codehash = keccak256(code);
    client
        .call(
            ARB_WASM_CACHE,
            ArbWasmCache::codehashIsCachedCall { codehash },
        )
        .await
}

/// Seconds for which a program stays active.
///
/// # Errors
/// One that is not active, or no chain that runs programs.
pub async fn time_left(client: &Client, program: Address) -> Result<u64> {
    let call = ArbWasm::programTimeLeftCall { program };
    client.call(ARB_WASM, call).await
}

/// The code of the accounts that hold a program: one, or as many fragments as it needs.
fn pieces(compressed: &[u8]) -> Vec<Vec<u8>> {
    let with = |prefix: &[u8], body: &[u8]| [prefix, body].concat();
    if CLASSIC.len() + compressed.len() <= MAX_CODE {
        return vec![with(&CLASSIC, compressed)];
    }
    compressed
        .chunks(MAX_CODE - FRAGMENT.len())
        .map(|chunk| with(&FRAGMENT, chunk))
        .collect()
}

/// Encodes constructor arguments.
pub fn arguments<T: SolValue>(values: T) -> Vec<u8>
where
    for<'a> <T::SolType as alloy::sol_types::SolType>::Token<'a>:
        alloy::sol_types::abi::token::TokenSeq<'a>,
{
    values.abi_encode_params()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_cut_only_where_one_account_cannot_hold_it() {
        let fits = vec![7; MAX_CODE - 4];
        assert_eq!(pieces(&fits), [[&CLASSIC[..], &fits].concat()]);
        let over = vec![7; MAX_CODE - 3];
        assert_eq!(pieces(&over), [[&FRAGMENT[..], &over].concat()]);
        let large = vec![7; 2 * MAX_CODE];
        let cut = pieces(&large);
        assert!(cut
            .iter()
            .all(|p| p.len() <= MAX_CODE && p.starts_with(&FRAGMENT)));
        assert_eq!(
            cut.iter().flat_map(|p| p[3..].to_vec()).collect::<Vec<_>>(),
            large
        );
    }

    #[test]
    fn creation_code_returns_what_follows_it() {
        let init = creation_code(&[1, 2, 3]).unwrap();
        // PUSH1 12 in the prelude is where the code starts.
        assert_eq!(&init[12..], [1, 2, 3]);
        assert_eq!(init[1..3], [0, 3]);
        assert!(creation_code(&vec![0; 70_000]).is_err());
    }
}
