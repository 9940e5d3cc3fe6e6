//! Proposals written by hand, as others than `ballast propose` would, harmless or not.

use alloy::{
    primitives::{address, keccak256, Address, Bytes, B256, U256},
    sol,
    sol_types::{SolCall, SolValue},
};
use anyhow::Result;
use ballast::abi::{IGovernor, ITimelock, Policy};

use crate::scene::Scene;

pub(crate) const THIEF: Address = address!("00000000000000000000000000000000deadbeef");
pub(crate) const CALL_ONLY: Address = address!("9641d764fc13c8B624c04430C7356C1C7C8102e2");

sol! {
    interface Relay {
        function relay(address target, uint256 value, bytes data) external payable;
    }
    struct Action { address to; uint256 value; bytes data; }
    interface IDao {
        function execute(bytes32 callId, Action[] actions, uint256 allowFailureMap) external;
    }
    interface IExecutor {
        function execute(address upgrade, bytes data) external payable;
        function executeCall(address target, bytes data) external payable;
    }
    interface ISafeWallet {
        function execTransaction(address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures) external payable;
        function enableModule(address module) external;
        function multiSend(bytes transactions) external payable;
    }
}

/// The pieces from which proposals are made here, each by its own calldata.
pub(crate) struct Pieces {
    pub(crate) policy: Address,
    pub(crate) vault: Address,
    pub(crate) oracle: Address,
    pub(crate) timelock: Address,
    pub(crate) governor: Address,
    pub(crate) tokens: Vec<Address>,
    pub(crate) nonce: U256,
}

pub(crate) type Calls = Vec<(Address, u64, Bytes)>;

pub(crate) fn data(call: &impl SolCall) -> Bytes {
    call.abi_encode().into()
}

impl Pieces {
    pub(crate) async fn of(scene: &Scene) -> Result<Self> {
        let stage = &scene.theatre;
        let nonce = Policy::governanceNonceCall {};
        Ok(Self {
            policy: stage.suite.policy,
            vault: stage.suite.vault,
            oracle: stage.suite.oracle,
            timelock: stage.dao.timelock,
            governor: stage.dao.governor,
            tokens: stage.members.iter().map(|member| member.token).collect(),
            nonce: stage.client.call(stage.suite.policy, nonce).await?,
        })
    }

    pub(crate) fn limit(&self, id: u64, value: u64) -> Bytes {
        data(&Policy::setLimitCall {
            id: U256::from(id),
            value: U256::from(value),
        })
    }

    /// Tighter than it is.
    pub(crate) fn harmless(&self) -> Calls {
        vec![(self.policy, 0, self.limit(0, 40))]
    }

    pub(crate) fn targets(&self) -> Bytes {
        let n = |list: [u64; 4]| list.map(U256::from).to_vec();
        data(&Policy::setTargetsCall {
            tokens: self.tokens.clone(),
            weightsBps: n([3000, 3500, 2500, 1000]),
            bandsBps: n([200; 4]),
            start: U256::ZERO,
            duration: U256::from(86_400),
            expectedNonce: self.nonce,
        })
    }

    pub(crate) fn proposed(&self, calls: Calls, description: &str) -> Bytes {
        data(&IGovernor::proposeCall {
            targets: calls.iter().map(|call| call.0).collect(),
            values: calls.iter().map(|call| U256::from(call.1)).collect(),
            calldatas: calls.iter().map(|call| call.2.clone()).collect(),
            description: description.into(),
        })
    }

    pub(crate) fn scheduled(&self, calls: Calls, delay: u64) -> Bytes {
        data(&ITimelock::scheduleBatchCall {
            targets: calls.iter().map(|call| call.0).collect(),
            values: calls.iter().map(|call| U256::from(call.1)).collect(),
            payloads: calls.iter().map(|call| call.2.clone()).collect(),
            predecessor: B256::ZERO,
            salt: B256::ZERO,
            delay: U256::from(delay),
        })
    }

    pub(crate) fn acted(&self, calls: Calls, may_fail: u64) -> Bytes {
        let action = |(to, value, data): (Address, u64, Bytes)| Action {
            to,
            value: U256::from(value),
            data,
        };
        data(&IDao::executeCall {
            callId: B256::ZERO,
            actions: calls.into_iter().map(action).collect(),
            allowFailureMap: U256::from(may_fail),
        })
    }

    pub(crate) fn by_safe(
        &self,
        to: Address,
        data_: Bytes,
        operation: u8,
        gas_price: u64,
    ) -> Bytes {
        data(&ISafeWallet::execTransactionCall {
            to,
            value: U256::ZERO,
            data: data_,
            operation,
            safeTxGas: U256::ZERO,
            baseGas: U256::ZERO,
            gasPrice: U256::from(gas_price),
            gasToken: Address::ZERO,
            refundReceiver: Address::ZERO,
            signatures: Bytes::new(),
        })
    }

    pub(crate) fn sent(&self, calls: Calls, operation: u8) -> Bytes {
        let mut list = Vec::new();
        for (to, value, data) in calls {
            let length = U256::from(data.len());
            list.push(operation);
            list.extend((to, U256::from(value), length).abi_encode_packed());
            list.extend_from_slice(&data);
        }
        data(&ISafeWallet::multiSendCall {
            transactions: list.into(),
        })
    }

    pub(crate) fn grant(&self) -> Bytes {
        data(&Policy::grantRoleCall {
            role: keccak256("GUARDIAN_ROLE"),
            account: THIEF,
        })
    }

    /// The policy's address with other digits in its middle.
    pub(crate) fn twin(&self) -> Address {
        let mut twin = self.policy;
        twin.0[9] ^= 0xff;
        twin
    }
}
