//! The real StylusDeployer: fragments, constructors, and what it refuses.

use alloy::{
    primitives::{Address, B256, U256},
    providers::Provider,
    sol,
    sol_types::SolError,
};
use anyhow::{Context, Result};
use ballast::{
    artifacts::Artifacts,
    client::Client,
    local::{
        deployer::{self, STYLUS_DEPLOYER},
        embedded,
    },
    stylus::{self, arguments, IStylusDeployer},
};
use devnode::exec::precompiles::arb_wasm::ArbWasm;
use e2e::GENESIS;

sol! {
    error ContractDeploymentError(bytes bytecode);
    error ContractInitializationError(address newContract, bytes data);
    error InitValueButNotInitData();

    #[allow(missing_docs)]
    interface IFiller {
        function router() external view returns (address);
    }
}

struct Yard {
    client: Client,
    artifacts: Artifacts,
    from: Address,
    _node: embedded::Node,
}

impl Yard {
    async fn new() -> Result<Self> {
        let node = embedded::start(GENESIS)?;
        let artifacts = Artifacts::default();
        let keys = node.keys();
        let from = keys.first().context("no key")?.address();
        let client = Client::connect(&node.url(), &keys, &artifacts)?;
        deployer::open(&client, &artifacts, from).await?;
        Ok(Self {
            client,
            artifacts,
            from,
            _node: node,
        })
    }

    /// The call that deploys the filler, a program in one piece, with these constructor arguments.
    fn filler(&self, args: &[u8], salt: B256) -> Result<IStylusDeployer::deployCall> {
        let wasm = self.artifacts.wasm("filler-uniswap-v3")?;
        let code = [vec![0xef, 0xf0, 0x00, 0x00], stylus::compress(&wasm)?].concat();
        Ok(IStylusDeployer::deployCall {
            bytecode: stylus::creation_code(&code)?.into(),
            initData: stylus::constructor_call(args).into(),
            initValue: U256::ZERO,
            salt,
        })
    }

    async fn refusal(&self, call: IStylusDeployer::deployCall) -> Result<Vec<u8>> {
        let answer = self.client.try_call(self.from, STYLUS_DEPLOYER, call);
        let refusal = answer.await?.err().context("it was deployed")?;
        Ok(refusal.data.to_vec())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_in_pieces_is_deployed_activated_and_constructed_at_once() -> Result<()> {
    let yard = Yard::new().await?;
    let wasm = yard.artifacts.wasm("policy")?;
    let owner = Address::repeat_byte(0x0e);
    let args = arguments((owner, Address::ZERO, yard.from));
    let salt = B256::with_last_byte(1);
    let (client, from) = (&yard.client, yard.from);
    let deployed = stylus::deploy(client, from, STYLUS_DEPLOYER, &wasm, &args, salt).await?;
    assert!(deployed.fragments >= 2, "{} pieces", deployed.fragments);
    let code = client.provider.get_code_at(deployed.address).await?;
    assert_eq!(code[..4], [0xef, 0xf0, 0x02, 0x00]);
    assert_eq!(code.len(), 4 + 4 + 20 * deployed.fragments);
    // The constructor ran: it cannot run again.
    let input = stylus::constructor_call(&args);
    let again = client.send_raw(from, Some(deployed.address), U256::ZERO, input);
    assert!(!again.await?.status());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_activation_fee_nothing_is_deployed() -> Result<()> {
    let yard = Yard::new().await?;
    let call = yard.filler(&arguments((Address::ZERO,)), B256::ZERO)?;
    let data = yard.refusal(call).await?;
    let error = ArbWasm::ProgramInsufficientValue::abi_decode(&data)?;
    assert_eq!(error.have, U256::ZERO);
    assert!(error.want > U256::from(10u64.pow(13)), "{}", error.want);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_constructor_that_fails_takes_the_deployment_with_it() -> Result<()> {
    let yard = Yard::new().await?;
    // The same code is active already, so that no fee is due, and its constructor gets no argument.
    let good = yard.filler(&arguments((Address::repeat_byte(7),)), B256::ZERO)?;
    let fee = U256::from(10u64.pow(17));
    let (client, from) = (&yard.client, yard.from);
    client.send_value(from, STYLUS_DEPLOYER, fee, good).await?;
    let data = yard.refusal(yard.filler(&[], B256::ZERO)?).await?;
    let error = ContractInitializationError::abi_decode(&data)?;
    let code = client.provider.get_code_at(error.newContract).await?;
    assert!(code.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_salt_and_arguments_lead_to_the_same_address_once() -> Result<()> {
    let yard = Yard::new().await?;
    let router = Address::repeat_byte(7);
    let salt = B256::with_last_byte(9);
    let call = yard.filler(&arguments((router,)), salt)?;
    let fee = U256::from(10u64.pow(17));
    let (client, from) = (&yard.client, yard.from);
    let before = client.provider.get_balance(STYLUS_DEPLOYER).await?;
    let sent = client.send_value(from, STYLUS_DEPLOYER, fee, call.clone());
    let receipt = sent.await?;
    assert!(receipt.status());
    // What the fee left went back.
    assert_eq!(client.provider.get_balance(STYLUS_DEPLOYER).await?, before);
    let data = yard.refusal(call.clone()).await?;
    let error = ContractDeploymentError::abi_decode(&data)?;
    assert_eq!(error.bytecode, call.bytecode);
    // Other arguments make another salt, and no fee is due for code that is active.
    let other = yard.filler(&arguments((Address::repeat_byte(8),)), salt)?;
    let address = client
        .try_call(from, STYLUS_DEPLOYER, other.clone())
        .await??;
    client.send(from, STYLUS_DEPLOYER, other).await?;
    let router = client.call(address, IFiller::routerCall {}).await?;
    assert_eq!(router, Address::repeat_byte(8));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn value_for_a_constructor_that_is_not_called_is_refused() -> Result<()> {
    let yard = Yard::new().await?;
    let good = yard.filler(&arguments((Address::repeat_byte(7),)), B256::ZERO)?;
    let fee = U256::from(10u64.pow(17));
    let (client, from) = (&yard.client, yard.from);
    client
        .send_value(from, STYLUS_DEPLOYER, fee, good.clone())
        .await?;
    let call = IStylusDeployer::deployCall {
        initData: Default::default(),
        initValue: U256::ONE,
        ..good
    };
    let data = yard.refusal(call).await?;
    assert_eq!(data, InitValueButNotInitData {}.abi_encode());
    Ok(())
}
