//! The contracts that carry calls: what of their calldata can be opened.

use alloy::{
    primitives::{Address, Bytes, B256, U256},
    sol_types::SolCall,
};
use ballast::abi::{IGovernor, ITimelock};

use crate::interfaces::{
    Action, Call, IAragonDao, IAragonMultisig, IAragonPlugin, IAragonVoting, IMultiSend, ISafe,
    IUpgradeExecutor,
};

/// Who carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// OpenZeppelin's Governor.
    Governor,
    /// OpenZeppelin's TimelockController.
    Timelock,
    /// A Safe.
    Safe,
    /// Safe's MultiSend.
    MultiSend,
    /// An Aragon DAO or one of its plugins.
    Aragon,
    /// Arbitrum's UpgradeExecutor.
    Executor,
}

/// A call within another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inner {
    /// The call.
    pub call: Call,
    /// Whether the code runs as the caller.
    pub delegates: bool,
}

/// What a carrier was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Who carries.
    pub carrier: Carrier,
    /// Which function.
    pub function: &'static str,
    /// What it does with the calls, in words.
    pub words: String,
    /// The calls.
    pub inner: Vec<Inner>,
    /// Whether it is written in the one usual way.
    pub canonical: bool,
    /// The delay at a timelock.
    pub delay: Option<U256>,
    /// What members read.
    pub text: Option<String>,
    /// Calls that may fail without the others being undone.
    pub may_fail: bool,
    /// Who is paid for executing.
    pub refunds: Option<Address>,
    /// What does not match.
    pub malformed: Option<String>,
}

fn read<C: SolCall>(data: &[u8]) -> Option<(C, bool)> {
    let call = C::abi_decode(data).ok()?;
    let canonical = call.abi_encode() == data;
    Some((call, canonical))
}

impl Carried {
    fn of(carrier: Carrier, function: &'static str, words: &str, canonical: bool) -> Self {
        Self {
            carrier,
            function,
            words: words.into(),
            inner: Vec::new(),
            canonical,
            delay: None,
            text: None,
            may_fail: false,
            refunds: None,
            malformed: None,
        }
    }

    fn call(mut self, to: Address, value: U256, data: Bytes) -> Self {
        self.inner.push(Inner {
            call: Call { to, value, data },
            delegates: false,
        });
        self
    }

    fn batch(mut self, targets: &[Address], values: &[U256], datas: &[Bytes]) -> Self {
        if targets.len() != values.len() || targets.len() != datas.len() {
            self.malformed = Some(format!(
                "{} targets, {} values and {} calldatas",
                targets.len(),
                values.len(),
                datas.len()
            ));
        }
        for (index, to) in targets.iter().enumerate() {
            let value = values.get(index).copied().unwrap_or_default();
            let data = datas.get(index).cloned().unwrap_or_default();
            self = self.call(*to, value, data);
        }
        self
    }

    fn actions(mut self, actions: Vec<Action>) -> Self {
        for action in actions {
            self = self.call(action.to, action.value, action.data);
        }
        self
    }

    fn waits_for(mut self, predecessor: B256) -> Self {
        if !predecessor.is_zero() {
            self.words = format!("{} (after operation {predecessor})", self.words);
        }
        self
    }

    /// Opens calldata of a carrier; nothing for what is none.
    pub fn open(data: &[u8]) -> Option<Self> {
        Self::governor(data)
            .or_else(|| Self::timelock(data))
            .or_else(|| Self::safe(data))
            .or_else(|| Self::aragon(data))
            .or_else(|| Self::executor(data))
    }

    fn governor(data: &[u8]) -> Option<Self> {
        use Carrier::Governor;
        if let Some((c, canonical)) = read::<IGovernor::proposeCall>(data) {
            let it = Self::of(Governor, "propose", "a Governor proposes", canonical);
            let text = Some(c.description);
            let it = it.batch(&c.targets, &c.values, &c.calldatas);
            return Some(Self { text, ..it });
        }
        if let Some((c, canonical)) = read::<IGovernor::queueCall>(data) {
            let it = Self::of(Governor, "queue", "a Governor queues", canonical);
            return Some(it.batch(&c.targets, &c.values, &c.calldatas));
        }
        let (c, canonical) = read::<IGovernor::executeCall>(data)?;
        let it = Self::of(Governor, "execute", "a Governor executes", canonical);
        Some(it.batch(&c.targets, &c.values, &c.calldatas))
    }

    fn timelock(data: &[u8]) -> Option<Self> {
        use Carrier::Timelock;
        if let Some((c, canonical)) = read::<ITimelock::scheduleCall>(data) {
            let it = Self::of(Timelock, "schedule", "a timelock schedules", canonical);
            let it = it.call(c.target, c.value, c.data).waits_for(c.predecessor);
            let delay = Some(c.delay);
            return Some(Self { delay, ..it });
        }
        if let Some((c, canonical)) = read::<ITimelock::scheduleBatchCall>(data) {
            let it = Self::of(Timelock, "scheduleBatch", "a timelock schedules", canonical);
            let it = it.batch(&c.targets, &c.values, &c.payloads);
            let delay = Some(c.delay);
            return Some(Self {
                delay,
                ..it.waits_for(c.predecessor)
            });
        }
        if let Some((c, canonical)) = read::<ITimelock::executeCall>(data) {
            let it = Self::of(Timelock, "execute", "a timelock executes", canonical);
            return Some(
                it.call(c.target, c.value, c.payload)
                    .waits_for(c.predecessor),
            );
        }
        let (c, canonical) = read::<ITimelock::executeBatchCall>(data)?;
        let it = Self::of(Timelock, "executeBatch", "a timelock executes", canonical);
        let it = it.batch(&c.targets, &c.values, &c.payloads);
        Some(it.waits_for(c.predecessor))
    }

    fn safe(data: &[u8]) -> Option<Self> {
        use Carrier::{MultiSend, Safe};
        if let Some((c, canonical)) = read::<ISafe::execTransactionCall>(data) {
            let it = Self::of(Safe, "execTransaction", "a Safe executes", canonical);
            let pays = !c.gasPrice.is_zero() || !c.refundReceiver.is_zero();
            let mut it = it.call(c.to, c.value, c.data);
            it.inner
                .iter_mut()
                .for_each(|inner| inner.delegates = c.operation != 0);
            it.refunds = pays.then_some(c.refundReceiver);
            return Some(it);
        }
        if let Some((c, canonical)) = read::<ISafe::execTransactionFromModuleCall>(data) {
            let words = "a module of a Safe executes";
            let it = Self::of(Safe, "execTransactionFromModule", words, canonical);
            let mut it = it.call(c.to, c.value, c.data);
            it.inner
                .iter_mut()
                .for_each(|inner| inner.delegates = c.operation != 0);
            return Some(it);
        }
        let (c, canonical) = read::<IMultiSend::multiSendCall>(data)?;
        let mut it = Self::of(MultiSend, "multiSend", "one after the other", canonical);
        (it.inner, it.malformed) = unpack(&c.transactions);
        Some(it)
    }

    fn aragon(data: &[u8]) -> Option<Self> {
        use Carrier::Aragon;
        if let Some((c, canonical)) = read::<IAragonDao::executeCall>(data) {
            let it = Self::of(Aragon, "execute", "an Aragon DAO executes", canonical);
            let may_fail = !c.allowFailureMap.is_zero();
            return Some(Self {
                may_fail,
                ..it.actions(c.actions)
            });
        }
        let words = "a plugin of an Aragon DAO proposes";
        let text = |metadata: &Bytes| String::from_utf8(metadata.to_vec()).ok();
        if let Some((c, canonical)) = read::<IAragonPlugin::createProposalCall>(data) {
            let it = Self::of(Aragon, "createProposal", words, canonical);
            let text = text(&c.metadata);
            return Some(Self {
                text,
                ..it.actions(c.actions)
            });
        }
        if let Some((c, canonical)) = read::<IAragonMultisig::createProposalCall>(data) {
            let it = Self::of(Aragon, "createProposal", words, canonical);
            let (text, may_fail) = (text(&c.metadata), !c.allowFailureMap.is_zero());
            return Some(Self {
                text,
                may_fail,
                ..it.actions(c.actions)
            });
        }
        let (c, canonical) = read::<IAragonVoting::createProposalCall>(data)?;
        let it = Self::of(Aragon, "createProposal", words, canonical);
        let (text, may_fail) = (text(&c.metadata), !c.allowFailureMap.is_zero());
        Some(Self {
            text,
            may_fail,
            ..it.actions(c.actions)
        })
    }

    fn executor(data: &[u8]) -> Option<Self> {
        use Carrier::Executor;
        if let Some((c, canonical)) = read::<IUpgradeExecutor::executeCallCall>(data) {
            let it = Self::of(
                Executor,
                "executeCall",
                "an UpgradeExecutor calls",
                canonical,
            );
            return Some(it.call(c.target, U256::ZERO, c.targetCallData));
        }
        let (c, canonical) = read::<IUpgradeExecutor::executeCall>(data)?;
        let it = Self::of(Executor, "execute", "an UpgradeExecutor becomes", canonical);
        let mut it = it.call(c.upgrade, U256::ZERO, c.upgradeCallData);
        it.inner.iter_mut().for_each(|inner| inner.delegates = true);
        Some(it)
    }
}

/// MultiSend's list; what cannot be read of it in words.
fn unpack(mut rest: &[u8]) -> (Vec<Inner>, Option<String>) {
    let mut inner = Vec::new();
    while let Some((head, tail)) = rest.split_first_chunk::<85>() {
        let length = usize::try_from(U256::from_be_slice(&head[53..])).unwrap_or(usize::MAX);
        let Some(data) = tail.get(..length) else {
            let cut = format!("call {} is cut", inner.len() + 1);
            return (inner, Some(cut));
        };
        inner.push(Inner {
            call: Call {
                to: Address::from_slice(&head[1..21]),
                value: U256::from_be_slice(&head[21..53]),
                data: data.to_vec().into(),
            },
            delegates: head[0] != 0,
        });
        rest = &tail[length..];
    }
    let left = (!rest.is_empty()).then(|| format!("{} bytes follow the last call", rest.len()));
    (inner, left)
}
