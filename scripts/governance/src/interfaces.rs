//! What may be called: our own programs' functions from their committed interfaces, and what carries a change to them.

use alloy::{
    dyn_abi::{DynSolValue, JsonAbiExt},
    json_abi::{Function, JsonAbi},
    primitives::{Address, U256},
    sol,
};
use anyhow::{Context, Result};
use ballast::abi;
use serde::Serialize;

/// A program with settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Module {
    /// What governance decided.
    Policy,
    /// What is held.
    Vault,
    /// What it is worth.
    Oracle,
}

impl Module {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Policy, Self::Vault, Self::Oracle];

    /// Its name in a record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Vault => "vault",
            Self::Oracle => "oracle",
        }
    }
}

/// The committed interfaces of the programs with settings.
#[derive(Debug, Clone)]
pub struct Interfaces {
    modules: Vec<(Module, JsonAbi)>,
}

impl Interfaces {
    /// Reads them.
    ///
    /// # Errors
    /// None that a build of this program can have.
    pub fn committed() -> Result<Self> {
        let texts = abi::committed()?.into_iter();
        // Policy, vault, oracle come first, in this order.
        let modules = Module::ALL.into_iter().zip(texts).collect();
        Ok(Self { modules })
    }

    fn functions(&self, module: Module) -> impl Iterator<Item = &Function> {
        let of = self.modules.iter().filter(move |(m, _)| *m == module);
        of.flat_map(|(_, abi)| abi.functions())
    }

    /// A function by its name; no program has two of one name.
    ///
    /// # Errors
    /// There is none.
    pub fn function(&self, module: Module, name: &str) -> Result<&Function> {
        self.functions(module)
            .find(|function| function.name == name)
            .with_context(|| format!("the {} has no {name}", module.name()))
    }

    /// A function by the first four bytes of its calldata.
    pub fn by_selector(&self, module: Module, selector: [u8; 4]) -> Option<&Function> {
        self.functions(module)
            .find(|function| function.selector().0 == selector)
    }
}

/// Arguments of a call and whether there is but one way to write them, which is how they were written.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// In the function's order.
    pub arguments: Vec<DynSolValue>,
    /// False for trailing bytes, dirty padding, and offsets that point elsewhere than they should.
    pub canonical: bool,
}

/// Reads calldata of `function`, its selector included; nothing for what is none.
pub fn read(function: &Function, data: &[u8]) -> Option<Read> {
    let arguments = function.abi_decode_input(data.get(4..)?).ok()?;
    let again = function.abi_encode_input(&arguments).ok()?;
    Some(Read {
        canonical: again == data,
        arguments,
    })
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Who is called.
    pub to: Address,
    /// Wei.
    pub value: U256,
    /// Calldata.
    pub data: alloy::primitives::Bytes,
}

impl From<&Call> for Action {
    fn from(call: &Call) -> Self {
        Self {
            to: call.to,
            value: call.value,
            data: call.data.clone(),
        }
    }
}

sol! {
    #[derive(Debug, PartialEq, Eq)]
    #[allow(missing_docs)]
    interface ISafe {
        function execTransaction(address to, uint256 value, bytes calldata data, uint8 operation, uint256 safeTxGas, uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures) external payable returns (bool success);
        function execTransactionFromModule(address to, uint256 value, bytes data, uint8 operation) external returns (bool success);
        function getThreshold() external view returns (uint256);
    }

    #[derive(Debug, PartialEq, Eq)]
    #[allow(missing_docs)]
    interface IMultiSend {
        function multiSend(bytes transactions) external payable;
    }

    #[derive(Debug, PartialEq, Eq)]
    #[allow(missing_docs)]
    struct Action {
        address to;
        uint256 value;
        bytes data;
    }

    #[derive(Debug, PartialEq, Eq)]
    #[allow(missing_docs)]
    interface IAragonDao {
        function execute(bytes32 callId, Action[] actions, uint256 allowFailureMap) external returns (bytes[] execResults, uint256 failureMap);
    }

    #[derive(Debug, PartialEq, Eq)]
    #[allow(missing_docs)]
    interface IAragonPlugin {
        function createProposal(bytes metadata, Action[] actions, uint64 startDate, uint64 endDate, bytes data) external returns (uint256 proposalId);
    }

    #[derive(Debug, PartialEq, Eq)]
    #[allow(missing_docs)]
    interface IAragonMultisig {
        function createProposal(bytes metadata, Action[] actions, uint256 allowFailureMap, bool approveProposal, bool tryExecution, uint64 startDate, uint64 endDate) external returns (uint256 proposalId);
    }

    #[derive(Debug, PartialEq, Eq)]
    #[allow(missing_docs)]
    interface IAragonVoting {
        function createProposal(bytes metadata, Action[] actions, uint256 allowFailureMap, uint64 startDate, uint64 endDate, uint8 voteOption, bool tryEarlyExecution) external returns (uint256 proposalId);
    }

    #[derive(Debug, PartialEq, Eq)]
    #[allow(missing_docs)]
    interface IUpgradeExecutor {
        function executeCall(address target, bytes targetCallData) external payable;
        function execute(address upgrade, bytes upgradeCallData) external payable;
        function EXECUTOR_ROLE() external view returns (bytes32);
    }
}
