//! A real Safe with its MultiSend, a real UpgradeExecutor and a real Aragon DAO with its Multisig carry what is written for them.

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{keccak256, Address, Bytes, U256},
    sol,
    sol_types::SolCall,
};
use anyhow::{ensure, Context, Result};
use ballast::{
    abi::{ITimelock, Policy},
    local::{self, chain, dao::TIMELOCK_DELAY_S},
};
use ballast_governance::{
    carriers::safe,
    interfaces::{Action, Call, IAragonMultisig},
};

use crate::stage::{Scene, MANY};

sol! {
    interface ISafeWallet {
        function setup(address[] owners, uint256 threshold, address to, bytes data, address fallbackHandler, address paymentToken, uint256 payment, address paymentReceiver) external;
        function execTransaction(address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures) external payable returns (bool success);
        function nonce() external view returns (uint256);
    }
    interface ISafeFactory {
        event ProxyCreation(address indexed proxy, address singleton);
        function createProxyWithNonce(address singleton, bytes initializer, uint256 saltNonce) external returns (address proxy);
    }
    interface IExecutorSetup {
        function initialize(address admin, address[] executors) external;
    }
    interface IDaoSetup {
        function initialize(bytes metadata, address initialOwner, address trustedForwarder, string daoURI) external;
        function grant(address where, address who, bytes32 permission) external;
    }
    struct MultisigSettings {
        bool onlyListed;
        uint16 minApprovals;
    }
    interface IMultisig {
        function initialize(address dao, address[] members, MultisigSettings settings) external;
        function approve(uint256 proposalId, bool tryExecution) external;
    }
}

/// A Safe of one owner.
async fn safe_of(scene: &Scene, owner: Address) -> Result<Address> {
    let (client, artifacts) = (&scene.theatre.client, &scene.theatre.artifacts);
    let singleton = local::deploy(client, artifacts, owner, "Safe", &[]).await?;
    let factory = local::deploy(client, artifacts, owner, "SafeProxyFactory", &[]).await?;
    let setup = ISafeWallet::setupCall {
        owners: vec![owner],
        threshold: U256::ONE,
        to: Address::ZERO,
        data: Bytes::new(),
        fallbackHandler: Address::ZERO,
        paymentToken: Address::ZERO,
        payment: U256::ZERO,
        paymentReceiver: Address::ZERO,
    };
    let create = ISafeFactory::createProxyWithNonceCall {
        singleton,
        initializer: setup.abi_encode().into(),
        saltNonce: U256::ZERO,
    };
    let proxy = client.try_call(owner, factory, create.clone()).await?;
    let proxy = proxy.map_err(|refusal| anyhow::anyhow!("no Safe: {refusal}"))?;
    client.send(owner, factory, create).await?;
    Ok(proxy)
}

/// Executes as the Safe, signed by its owner being the sender.
async fn execute(
    scene: &Scene,
    owner: Address,
    safe: Address,
    call: &Call,
    operation: u8,
) -> Result<()> {
    // A signature of kind 1: the owner itself sends.
    let mut signatures = owner.into_word().to_vec();
    signatures.extend([0; 32]);
    signatures.push(1);
    let call = ISafeWallet::execTransactionCall {
        to: call.to,
        value: call.value,
        data: call.data.clone(),
        operation,
        safeTxGas: U256::ZERO,
        baseGas: U256::ZERO,
        gasPrice: U256::ZERO,
        gasToken: Address::ZERO,
        refundReceiver: Address::ZERO,
        signatures: signatures.into(),
    };
    scene.theatre.client.send(owner, safe, call).await.map(drop)
}

/// The calls of a batch, as the Transaction Builder sends them.
fn calls_of(batch: &safe::Batch) -> Result<Vec<Call>> {
    let transactions = batch.transactions.iter();
    transactions
        .map(|transaction| {
            Ok(Call {
                to: transaction.to,
                value: transaction.value.parse()?,
                data: transaction.data.clone(),
            })
        })
        .collect()
}

/// Makes `successor` the owner of the treasury.
async fn hand_over(scene: &mut Scene, successor: Address) -> Result<()> {
    let theatre = &scene.theatre;
    let call = Policy::transferOwnershipCall {
        newOwner: successor,
    };
    theatre.govern(theatre.suite.policy, call).await?;
    chain::advance_by(&theatre.client, TIMELOCK_DELAY_S + 1).await?;
    theatre.publish().await?;
    let accept = Policy::acceptOwnershipCall {};
    chain::send_as(&theatre.client, successor, theatre.suite.policy, accept).await?;
    scene.book.record.roles.owner = successor;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_safe_that_owns_the_treasury_executes_the_batch_through_multisend() -> Result<()> {
    let mut scene = Scene::new().await?;
    let owner = scene.theatre.cast.bob;
    let safe = safe_of(&scene, owner).await?;
    hand_over(&mut scene, safe).await?;
    for multi_send in ["MultiSendCallOnly", "MultiSend"] {
        let (client, artifacts) = (&scene.theatre.client, &scene.theatre.artifacts);
        let library = local::deploy(client, artifacts, owner, multi_send, &[]).await?;
        let typed: &[&str] = match multi_send {
            "MultiSend" => &["unpause-rebalance", "limit cooldown=3h", "mode LINK normal"],
            _ => MANY,
        };
        let changes = scene.typed(typed).await?;
        let proposed = scene.propose(changes.clone()).await?;
        assert!(proposed.timelock.is_none(), "a Safe holds nothing back");
        assert!(proposed.safe.later.is_none());
        let calls = calls_of(&proposed.safe.batch)?;
        assert_eq!(calls.len(), changes.len());
        let batch = Call {
            to: library,
            value: U256::ZERO,
            data: safe::multi_send(&calls),
        };
        execute(&scene, owner, safe, &batch, 1).await?;
        scene.assert_so(&changes, &proposed).await?;
    }
    let nonce = ISafeWallet::nonceCall {};
    assert_eq!(scene.theatre.client.call(safe, nonce).await?, U256::from(2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_safe_that_proposes_to_the_timelock_schedules_and_executes_the_operation() -> Result<()> {
    let scene = Scene::new().await?;
    let theatre = &scene.theatre;
    let owner = theatre.cast.bob;
    let safe = safe_of(&scene, owner).await?;
    let role = ITimelock::grantRoleCall {
        role: keccak256("PROPOSER_ROLE"),
        account: safe,
    };
    theatre.govern(theatre.dao.timelock, role).await?;
    let changes = scene.typed(MANY).await?;
    let proposed = scene.propose(changes.clone()).await?;
    let later = proposed
        .safe
        .later
        .as_ref()
        .context("nothing to execute later")?;
    let [schedule] = &calls_of(&proposed.safe.batch)?[..] else {
        anyhow::bail!("an operation is scheduled by one call");
    };
    execute(&scene, owner, safe, schedule, 0).await?;
    chain::advance_by(&theatre.client, TIMELOCK_DELAY_S + 1).await?;
    theatre.publish().await?;
    for call in calls_of(later)? {
        execute(&scene, owner, safe, &call, 0).await?;
    }
    scene.assert_so(&changes, &proposed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_executor_that_owns_the_treasury_makes_the_calls() -> Result<()> {
    let mut scene = Scene::new().await?;
    let sender = scene.theatre.cast.bob;
    let (client, artifacts) = (&scene.theatre.client, &scene.theatre.artifacts);
    let logic = local::deploy(client, artifacts, sender, "UpgradeExecutor", &[]).await?;
    let setup = IExecutorSetup::initializeCall {
        admin: sender,
        executors: vec![sender],
    };
    let arguments = [
        DynSolValue::Address(logic),
        DynSolValue::Address(scene.theatre.cast.stranger),
        DynSolValue::Bytes(setup.abi_encode()),
    ];
    let proxy = "TransparentUpgradeableProxy";
    let executor = local::deploy(client, artifacts, sender, proxy, &arguments).await?;
    hand_over(&mut scene, executor).await?;
    let changes = scene.typed(MANY).await?;
    let proposed = scene.propose(changes.clone()).await?;
    assert_eq!(proposed.upgrade_executor.calls.len(), changes.len());
    for call in &proposed.upgrade_executor.calls {
        ensure!(call.to == executor, "{} is not the executor", call.to);
        let data = call.data.to_vec();
        let client = &scene.theatre.client;
        let receipt = client
            .send_raw(sender, Some(call.to), call.value, data)
            .await?;
        ensure!(receipt.status(), "the executor reverted");
    }
    scene.assert_so(&changes, &proposed).await
}

/// A contract behind OpenZeppelin's proxy, as Aragon's factories put it there.
async fn behind_proxy(scene: &Scene, name: &str, setup: impl SolCall) -> Result<Address> {
    let (client, artifacts) = (&scene.theatre.client, &scene.theatre.artifacts);
    let sender = scene.theatre.cast.bob;
    let logic = local::deploy(client, artifacts, sender, name, &[]).await?;
    let arguments = [
        DynSolValue::Address(logic),
        DynSolValue::Bytes(setup.abi_encode()),
    ];
    local::deploy(client, artifacts, sender, "ERC1967Proxy", &arguments).await
}

/// An Aragon DAO of Bob's, which lets nobody execute yet.
async fn aragon_dao(scene: &Scene) -> Result<Address> {
    let setup = IDaoSetup::initializeCall {
        metadata: Bytes::new(),
        initialOwner: scene.theatre.cast.bob,
        trustedForwarder: Address::ZERO,
        daoURI: String::new(),
    };
    behind_proxy(scene, "AragonDao", setup).await
}

/// Lets `who` execute as the DAO.
async fn let_execute(scene: &Scene, dao: Address, who: Address) -> Result<()> {
    let grant = IDaoSetup::grantCall {
        r#where: dao,
        who,
        permission: keccak256("EXECUTE_PERMISSION"),
    };
    let sender = scene.theatre.cast.bob;
    scene
        .theatre
        .client
        .send(sender, dao, grant)
        .await
        .map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aragon_dao_that_owns_the_treasury_executes_the_actions() -> Result<()> {
    let mut scene = Scene::new().await?;
    let sender = scene.theatre.cast.bob;
    let dao = aragon_dao(&scene).await?;
    let_execute(&scene, dao, sender).await?;
    hand_over(&mut scene, dao).await?;
    let changes = scene.typed(MANY).await?;
    let proposed = scene.propose(changes.clone()).await?;
    assert_eq!(proposed.aragon.actions.len(), changes.len());
    let execute = proposed.aragon.execute.to_vec();
    let client = &scene.theatre.client;
    let receipt = client
        .send_raw(sender, Some(dao), U256::ZERO, execute)
        .await?;
    ensure!(receipt.status(), "the DAO reverted");
    scene.assert_so(&changes, &proposed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aragon_multisig_executes_the_actions_that_it_approved() -> Result<()> {
    let mut scene = Scene::new().await?;
    let member = scene.theatre.cast.bob;
    let dao = aragon_dao(&scene).await?;
    let setup = IMultisig::initializeCall {
        dao,
        members: vec![member],
        settings: MultisigSettings {
            onlyListed: true,
            minApprovals: 1,
        },
    };
    let multisig = behind_proxy(&scene, "AragonMultisig", setup).await?;
    let_execute(&scene, dao, multisig).await?;
    hand_over(&mut scene, dao).await?;
    let changes = scene.typed(MANY).await?;
    let proposed = scene.propose(changes.clone()).await?;

    let now = scene.theatre.client.now().await?;
    let create = IAragonMultisig::createProposalCall {
        metadata: Bytes::new(),
        actions: proposed.aragon.actions.iter().map(Action::from).collect(),
        allowFailureMap: U256::ZERO,
        approveProposal: false,
        tryExecution: false,
        startDate: 0,
        endDate: now + 86_400,
    };
    let client = &scene.theatre.client;
    let id = client.try_call(member, multisig, create.clone()).await?;
    let id = id.map_err(|refusal| anyhow::anyhow!("not proposed: {refusal}"))?;
    client.send(member, multisig, create).await?;
    let approve = IMultisig::approveCall {
        proposalId: id,
        tryExecution: true,
    };
    client.send(member, multisig, approve).await?;
    scene.assert_so(&changes, &proposed).await
}
