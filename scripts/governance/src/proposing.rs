//! A proposal: simulated, said in words, and written for every carrier.

use alloy::primitives::{Address, Bytes, B256, U256};
use anyhow::Result;
use ballast::{
    abi::ITimelock,
    client::{Client, Refusal},
};
use serde::Serialize;

use crate::{
    book::Book,
    carriers::{
        aragon::ByAragon, executor::ByExecutor, safe::BySafe, ByGovernor, ByTimelock, Letter,
        Timelock,
    },
    change::Change,
    interfaces::{Call, Interfaces, Module},
    preview::{self, Row},
    trades::{self, Expected},
};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Ask {
    /// In the order in which they are executed.
    pub changes: Vec<Change>,
    /// What members read; none for the sentences of the changes.
    pub description: Option<String>,
    /// Who calls the programs in the end; none for the owner of the record.
    pub sender: Option<Address>,
    /// The Governor, where its timelock's id is to be known.
    pub governor: Option<Address>,
    /// The Safe that the batch is for.
    pub safe: Option<Address>,
    /// The UpgradeExecutor, where it is not the owner of the record.
    pub executor: Option<Address>,
    /// Delay at the timelock, seconds; none for its least one.
    pub delay: Option<U256>,
    /// Salt at the timelock; none for the description's hash.
    pub salt: Option<B256>,
    /// Safe and Aragon call the programs themselves, though the owner is a timelock.
    pub direct: bool,
}

/// A change as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it does, in a sentence.
    pub sentence: String,
    /// Which program is called.
    pub program: Module,
    /// Which function.
    pub function: String,
    /// The program.
    pub to: Address,
    /// Wei.
    pub value: U256,
    /// Calldata.
    pub data: Bytes,
}

/// One change in every form, with what it would make different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposed {
    /// The chain.
    pub chain_id: u64,
    /// What members read.
    pub description: String,
    /// Who calls the programs in the end.
    pub sender: Address,
    /// The changes, in order.
    pub changes: Vec<Step>,
    /// What would be different, read from a simulation on the present state.
    pub difference: Vec<Row>,
    /// For new targets: the trades that reach them, and their cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Expected>,
    /// What one should know besides.
    pub notes: Vec<String>,
    /// For OpenZeppelin's Governor, whose timelock is the sender.
    pub governor: ByGovernor,
    /// For whoever proposes to the timelock that is the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timelock: Option<ByTimelock>,
    /// For a Safe.
    pub safe: BySafe,
    /// For an Aragon DAO.
    pub aragon: ByAragon,
    /// For an UpgradeExecutor that is the sender.
    pub upgrade_executor: ByExecutor,
}

/// Writes what is asked for; `Err` within says which change the programs would refuse, and why.
///
/// # Errors
/// The chain does not answer or cannot simulate.
pub async fn propose(
    client: &Client,
    book: &Book,
    interfaces: &Interfaces,
    ask: &Ask,
) -> Result<Result<Proposed, Refusal>> {
    let sender = ask.sender.unwrap_or(book.record.roles.owner);
    let preview = preview::preview(client, book, interfaces, sender, &ask.changes).await?;
    let sentence = |change: &Change| change.sentence(book, interfaces);
    if let Some(refused) = preview.refused {
        let change = ask.changes.get(refused.index).map(sentence);
        return Ok(Err(Refusal {
            words: format!(
                "change {} ({}) would be refused at execution: {}",
                refused.index + 1,
                change.unwrap_or_default(),
                refused.why
            ),
            data: refused.data,
        }));
    }
    let mut notes = Vec::new();
    let changes = steps(book, interfaces, &ask.changes)?;
    let sentences: Vec<_> = changes.iter().map(|step| step.sentence.clone()).collect();
    let description = ask
        .description
        .clone()
        .unwrap_or_else(|| sentences.join("\n"));
    let letter = Letter {
        chain_id: book.record.chain_id,
        calls: changes.iter().map(Step::call).collect(),
        description: description.clone(),
        created_at: client.now().await?,
    };
    let timelock = timelock(client, sender, ask, &letter).await?;
    let through = timelock.as_ref().filter(|_| !ask.direct);
    note_through(&mut notes, sender, timelock.as_ref(), through);
    note_rows(&mut notes, &preview.rows);
    let expected = match expected(client, book, sender, &ask.changes, &letter.calls).await? {
        Some(Ok(expected)) => Some(expected),
        Some(Err(why)) => {
            notes.push(format!("the trades cannot be foretold: {why}"));
            None
        }
        None => None,
    };
    if let Some(expected) = &expected {
        note_expected(&mut notes, expected);
    }
    Ok(Ok(Proposed {
        chain_id: letter.chain_id,
        sender,
        changes,
        difference: preview.rows,
        expected,
        notes,
        governor: letter.by_governor(ask.governor),
        timelock: timelock
            .as_ref()
            .map(|timelock| letter.by_timelock(timelock)),
        safe: letter.by_safe(through, ask.safe),
        aragon: letter.by_aragon(through),
        upgrade_executor: letter.by_executor(ask.executor.unwrap_or(sender)),
        description,
    }))
}

impl Step {
    fn call(&self) -> Call {
        Call {
            to: self.to,
            value: self.value,
            data: self.data.clone(),
        }
    }
}

fn steps(book: &Book, interfaces: &Interfaces, changes: &[Change]) -> Result<Vec<Step>> {
    let step = |change: &Change| -> Result<Step> {
        Ok(Step {
            sentence: change.sentence(book, interfaces),
            program: change.setter.module,
            function: change.setter.function.into(),
            to: change.to(book)?,
            value: change.value,
            data: change.encode(interfaces)?,
        })
    };
    changes.iter().map(step).collect()
}

/// The sender as a timelock, if it is one: whoever answers `getMinDelay` is.
async fn timelock(
    client: &Client,
    sender: Address,
    ask: &Ask,
    letter: &Letter,
) -> Result<Option<Timelock>> {
    let asked = client.try_raw(
        Address::ZERO,
        sender,
        U256::ZERO,
        alloy::sol_types::SolCall::abi_encode(&ITimelock::getMinDelayCall {}),
    );
    let Ok(answer) = asked.await? else {
        return Ok(None);
    };
    if answer.len() != 32 {
        return Ok(None);
    }
    let least = U256::from_be_slice(&answer);
    let delay = ask.delay.unwrap_or(least);
    if delay < least {
        return Err(crate::problem::problem!(
            "the timelock {sender} holds everything back for at least {}, not {}",
            crate::words::duration(least),
            crate::words::duration(delay)
        ));
    }
    Ok(Some(Timelock {
        address: sender,
        delay,
        salt: ask.salt.unwrap_or_else(|| letter.usual_salt()),
    }))
}

/// The trades of the new targets, if there are any.
async fn expected(
    client: &Client,
    book: &Book,
    sender: Address,
    changes: &[Change],
    calls: &[Call],
) -> Result<Option<Result<Expected, String>>> {
    let Some(change) = changes
        .iter()
        .find(|change| change.setter.name == "targets")
    else {
        return Ok(None);
    };
    let list = |index: usize| change.arguments.get(index).and_then(|a| a.as_array());
    let tokens = list(0)
        .unwrap_or_default()
        .iter()
        .filter_map(|v| v.as_address());
    let weights = list(1)
        .unwrap_or_default()
        .iter()
        .filter_map(|v| v.as_uint());
    let weights: Vec<_> = tokens.zip(weights.map(|(bps, _)| bps)).collect();
    trades::expected(client, book, &weights, sender, calls)
        .await
        .map(Some)
}

fn note_through(
    notes: &mut Vec<String>,
    sender: Address,
    timelock: Option<&Timelock>,
    through: Option<&Timelock>,
) {
    match (timelock, through) {
        (Some(_), Some(_)) => notes.push(format!(
            "Safe and Aragon propose to the timelock {sender}: execute the operation after its delay"
        )),
        (Some(_), None) => notes.push(format!(
            "Safe and Aragon call the programs themselves: only the timelock {sender} may"
        )),
        (None, _) => notes.push(format!(
            "{sender} is no timelock: there is no operation, and a Governor executes as itself"
        )),
    }
}

fn note_rows(notes: &mut Vec<String>, rows: &[Row]) {
    if rows.iter().any(|row| row.timed) {
        notes.push("times marked * are counted from the execution; shown as if it were now".into());
    }
    if rows.is_empty() {
        notes.push("nothing that the programs tell would be different".into());
    }
}

fn note_expected(notes: &mut Vec<String>, expected: &Expected) {
    notes.push(
        "trades are of math::plan, as if the ramp had ended and all were traded now; \
         keepers trade later, in slices and at other prices"
            .into(),
    );
    let over = expected.cost.as_ref().map(|cost| cost.bps_e2);
    if over.is_some_and(|cost| cost > expected.most.bps_e2) {
        notes.push(
            "in one piece it would cost more in those pools than the limits allow: it will go in slices, \
             through other venues, or wait"
                .into(),
        );
    }
    if expected.router.is_none() {
        notes.push("the record names no SwapRouter02: the cost was not simulated".into());
    } else if expected.cost.is_none() && !expected.trades.is_empty() {
        notes.push("some trade finds no pool of Uniswap V3: the cost was not simulated".into());
    }
}
