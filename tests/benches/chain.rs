//! What the embedded chain takes: `cargo xtask bench`.
//!
//! Every transaction is a whole one: checked, run, committed, sealed in a block with its receipt.

use std::sync::OnceLock;

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    primitives::{Address, U256},
    signers::{local::PrivateKeySigner, SignerSync},
    sol_types::SolCall,
};
use ballast::{
    abi::IERC20,
    local::{
        embedded,
        stage::{usd, Stage},
    },
};
use devnode::{Act, Chain};
use divan::{counter::ItemsCount, Bencher};
use e2e::{four_assets, prepare, Mode, Prepared};

fn main() {
    divan::main();
}

/// A treasury of four assets, an exchange and a DAO, with its programs cached.
fn prepared() -> &'static Prepared<Stage> {
    static PREPARED: OnceLock<Prepared<Stage>> = OnceLock::new();
    PREPARED.get_or_init(|| {
        runtime()
            .block_on(prepare(Mode::Cached, &four_assets()))
            .expect("the programs are built: `cargo xtask build`")
    })
}

fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().expect("threads can be had"))
}

/// A chain from the prepared one, in this process.
#[divan::bench]
fn fresh_chain() -> Chain {
    prepared().chain.start()
}

/// The same behind a URL of its own, with a client connected to it.
#[divan::bench]
fn fresh_chain_served(bencher: Bencher<'_, '_>) {
    let prepared = prepared();
    let _inside = runtime().enter();
    bencher.bench_local(|| {
        let node = embedded::start_from(&prepared.chain).expect("a port can be had");
        let stage = prepared.stands.at(&node.url()).expect("the URL is one");
        (node, stage)
    });
}

/// A token, and one unit of it from its largest holder to another, over and over.
struct Transfers {
    chain: Chain,
    token: Address,
    from: Address,
    to: Address,
}

impl Transfers {
    fn of(token: Address, from: Address) -> Self {
        let prepared = prepared();
        let to = prepared.stands.cast.bob;
        let mut transfers = Self {
            chain: prepared.chain.start(),
            token,
            from,
            to,
        };
        let call = IERC20::balanceOfCall { account: from };
        let act = Act::new(from, token, call);
        let balance = transfers.chain.ask(&act).expect("a call").result;
        assert!(balance.expect("a balance") > usd(1), "{from} has nothing");
        // For the gas; a contract that acts here has none.
        let rich = usd(1_000_000);
        transfers.chain.state_mut().set_balance(from, rich);
        // The receiver's slot is not empty from now on.
        transfers.send();
        transfers
    }

    fn call(&self) -> IERC20::transferCall {
        IERC20::transferCall {
            to: self.to,
            amount: U256::ONE,
        }
    }

    fn send(&mut self) {
        let act = Act::new(self.from, self.token, self.call()).gas_limit(1_000_000);
        let done = self.chain.act(&act).expect("a transaction");
        assert_eq!(done.result, Ok(true));
    }

    /// A transfer with that nonce, signed.
    fn signed(&self, signer: &PrivateKeySigner, nonce: u64) -> Vec<u8> {
        let transaction = TxEip1559 {
            chain_id: self.chain.chain_id(),
            nonce,
            gas_limit: 1_000_000,
            max_fee_per_gas: self.chain.base_fee().into(),
            to: self.token.into(),
            input: self.call().abi_encode().into(),
            ..TxEip1559::default()
        };
        let signature = signer
            .sign_hash_sync(&transaction.signature_hash())
            .expect("a key signs");
        TxEnvelope::from(transaction.into_signed(signature)).encoded_2718()
    }
}

/// Shares of the vault move: a Stylus program, warm.
#[divan::bench(sample_count = 50, sample_size = 100)]
fn erc20_transfer_wasm(bencher: Bencher<'_, '_>) {
    let stage = &prepared().stands;
    let mut transfers = Transfers::of(stage.suite.vault, stage.cast.deployer);
    bencher
        .counter(ItemsCount::new(1usize))
        .bench_local(|| transfers.send());
}

/// The same as a wallet sends it: decoded, the sender recovered from the signature.
#[divan::bench(sample_count = 50, sample_size = 100)]
fn erc20_transfer_wasm_signed(bencher: Bencher<'_, '_>) {
    let stage = &prepared().stands;
    let keys = devnode::dev_accounts();
    let from = stage.cast.deployer;
    let signer = keys
        .iter()
        .find(|key| key.address == from)
        .expect("the deployer is a development account")
        .signer();
    let transfers = std::cell::RefCell::new(Transfers::of(stage.suite.vault, from));
    let mut nonce = transfers.borrow().chain.state().nonce(from);
    bencher
        .counter(ItemsCount::new(1usize))
        .with_inputs(|| {
            let raw = transfers.borrow().signed(&signer, nonce);
            nonce += 1;
            raw
        })
        .bench_local_values(|raw| {
            let sent = transfers.borrow_mut().chain.send_raw(&raw);
            sent.expect("a transaction")
        });
}

/// A token of the EVM moves: the same work without WASM.
#[divan::bench(sample_count = 50, sample_size = 100)]
fn erc20_transfer_evm(bencher: Bencher<'_, '_>) {
    let stage = &prepared().stands;
    let token = stage.member("LINK").expect("it is listed").token;
    let mut transfers = Transfers::of(token, stage.suite.vault);
    bencher
        .counter(ItemsCount::new(1usize))
        .bench_local(|| transfers.send());
}
