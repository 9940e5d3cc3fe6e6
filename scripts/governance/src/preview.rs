//! What would be different: the programs' own views, read before and after the changes in one simulation.

use alloy::{
    dyn_abi::{DynSolValue, FunctionExt, JsonAbiExt},
    primitives::{Address, Bytes, U256},
};
use anyhow::{Context, Result};
use ballast::client::Client;
use serde::Serialize;

use crate::{
    book::Book,
    change::Change,
    effects::{self, Effect},
    interfaces::{Call, Interfaces},
    script::{self, Ended},
    setters::{self, View},
    words,
};

/// One thing that is different afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What.
    pub what: String,
    /// As it is.
    pub before: String,
    /// As it would be.
    pub after: String,
    /// Which way that is.
    pub effect: Effect,
    /// Whether what comes out depends on when it is executed; then `after` is what it would be now.
    pub timed: bool,
}

/// A change that the programs would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which of the changes, from 0.
    pub index: usize,
    /// Why, in words.
    pub why: String,
    /// Why, as it came.
    pub data: Bytes,
}

/// What would be different, and whether it would be done at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What is different afterwards.
    pub rows: Vec<Row>,
    /// The first change that is refused.
    pub refused: Option<Refused>,
}

/// A view with what to ask it.
#[derive(Debug)]
struct Question<'a> {
    view: &'static View,
    inputs: Vec<DynSolValue>,
    call: Call,
    interfaces: &'a Interfaces,
}

/// A number that a view told.
#[derive(Debug, Clone, PartialEq)]
struct Fact {
    what: String,
    name: String,
    value: DynSolValue,
    /// The limit that it belongs to.
    limit: Option<(U256, bool)>,
}

fn questions<'a>(
    changes: &[Change],
    book: &Book,
    interfaces: &'a Interfaces,
) -> Result<Vec<Question<'a>>> {
    let mut all: Vec<Question<'a>> = Vec::new();
    for change in changes {
        for view in change.setter.watched {
            let asked = view.inputs.iter().filter_map(|i| change.arguments.get(*i));
            let inputs: Vec<_> = asked.cloned().collect();
            let function = interfaces.function(view.module, view.function)?;
            let call = Call {
                to: book.module(view.module)?,
                value: U256::ZERO,
                data: function.abi_encode_input(&inputs)?.into(),
            };
            if all.iter().all(|question| question.call != call) {
                all.push(Question {
                    view,
                    inputs,
                    call,
                    interfaces,
                });
            }
        }
    }
    Ok(all)
}

impl Question<'_> {
    /// What the view answered, fact by fact; nothing where it refuses.
    fn facts(&self, answer: &Ended, book: &Book) -> Result<Vec<Fact>> {
        if !answer.ok {
            return Ok(Vec::new());
        }
        let View {
            module, function, ..
        } = *self.view;
        let interface = self.interfaces.function(module, function)?;
        let values = interface
            .abi_decode_output(&answer.data)
            .with_context(|| format!("{function} answered {}", answer.data))?;
        let subject = self.subject(book);
        if function == "targets" {
            return Ok(targets(&values, book));
        }
        let labels: &[&str] = match function {
            "detailsOf" => &setters::DETAILS,
            "pendingOf" => &PENDING_OF,
            _ => &[],
        };
        if let ([DynSolValue::Array(items)], false) = (values.as_slice(), labels.is_empty()) {
            let named = items.iter().zip(labels);
            let queued = if function == "pendingOf" {
                "queued "
            } else {
                ""
            };
            return Ok(named
                .map(|(value, name)| fact(format!("{queued}{name} of {subject}"), name, value))
                .collect());
        }
        let limit = match (function, values.as_slice()) {
            ("limit", [_, _, _, DynSolValue::Bool(down)]) => self
                .inputs
                .first()
                .and_then(DynSolValue::as_uint)
                .map(|(id, _)| (id, *down)),
            _ => None,
        };
        let outputs = interface.outputs.iter().zip(&values);
        Ok(outputs
            .map(|(output, value)| {
                // The only answer of a view is what the view is called.
                let name = match output.name.as_str() {
                    "" => function,
                    name => name,
                };
                // What waits has the names of what is in force.
                let queued = function.starts_with("pending") && name != function;
                let spoken = if queued {
                    format!("queued {name}")
                } else {
                    name.to_owned()
                };
                let label = match (limit, subject.as_str()) {
                    (Some((id, _)), _) if name == "value" => format!("limit {}", words::limit(id)),
                    (_, "") => spoken,
                    (_, subject) => format!("{spoken} of {subject}"),
                };
                Fact {
                    limit: limit.filter(|_| name == "value"),
                    ..fact(label, name, value)
                }
            })
            .collect())
    }

    fn subject(&self, book: &Book) -> String {
        let interface = self
            .interfaces
            .function(self.view.module, self.view.function);
        let names = interface.map(|f| f.inputs.as_slice()).unwrap_or_default();
        let words: Vec<_> = names
            .iter()
            .zip(&self.inputs)
            .map(
                |(input, value)| match (self.view.function, value.as_uint()) {
                    ("limit", Some((id, _))) => words::limit(id),
                    _ => words::value(&input.name, value, book),
                },
            )
            .collect();
        words.join(" of ")
    }
}

/// What `pendingOf` answers, by place.
const PENDING_OF: [&str; 25] = {
    let mut all = [""; 25];
    let mut i = 0;
    while i < 9 {
        all[i] = setters::PENDING[i];
        i += 1;
    }
    while i < 25 {
        all[i] = setters::DETAILS[i - 9];
        i += 1;
    }
    all
};

fn fact(what: String, name: &str, value: &DynSolValue) -> Fact {
    Fact {
        what,
        name: name.to_owned(),
        value: value.clone(),
        limit: None,
    }
}

/// `targets()`, token by token.
fn targets(values: &[DynSolValue], book: &Book) -> Vec<Fact> {
    let [tokens, weights, bands, start, end, pending] = values else {
        return Vec::new();
    };
    let list = |value: &DynSolValue| value.as_array().unwrap_or_default().to_vec();
    let mut facts = Vec::new();
    for ((token, weight), band) in list(tokens).iter().zip(&list(weights)).zip(&list(bands)) {
        let token = token.as_address().unwrap_or_default();
        let name = book.called(token);
        facts.push(fact(
            format!("target weight of {name}"),
            "weightBps",
            weight,
        ));
        facts.push(fact(format!("band of {name}"), "bandBps", band));
    }
    facts.push(fact("start of the ramp".into(), "start", start));
    facts.push(fact("end of the ramp".into(), "end", end));
    facts.push(fact("targets pending".into(), "pending", pending));
    facts
}

/// What the views that `changes` touch tell now, in words: by what they say.
///
/// # Errors
/// The chain does not answer.
pub async fn told(
    client: &Client,
    book: &Book,
    interfaces: &Interfaces,
    changes: &[Change],
) -> Result<Vec<(String, String)>> {
    let questions = questions(changes, book, interfaces)?;
    let calls: Vec<_> = questions.iter().map(|q| q.call.clone()).collect();
    let answers = script::play(client, book.record.roles.owner, &calls).await?;
    let mut told = Vec::new();
    for (question, answer) in questions.iter().zip(&answers) {
        for fact in question.facts(answer, book)? {
            let words = words::value(&fact.name, &fact.value, book);
            told.push((fact.what.clone(), in_words(&fact, words)));
        }
    }
    Ok(told)
}

/// Makes `changes` as `actor` on the present state, reads the views before and after, and forgets everything.
///
/// # Errors
/// The chain does not answer, or cannot simulate.
pub async fn preview(
    client: &Client,
    book: &Book,
    interfaces: &Interfaces,
    actor: Address,
    changes: &[Change],
) -> Result<Preview> {
    let questions = questions(changes, book, interfaces)?;
    let asking = || questions.iter().map(|q| q.call.clone());
    let mut calls: Vec<_> = asking().collect();
    for change in changes {
        calls.push(Call {
            to: change.to(book)?,
            value: change.value,
            data: change.encode(interfaces)?,
        });
    }
    calls.extend(asking());
    let answers = script::play(client, actor, &calls).await?;
    let (before, rest) = answers.split_at(questions.len());
    let (done, after) = rest.split_at(changes.len());
    let refused = done
        .iter()
        .position(|ended| !ended.ok)
        .map(|index| Refused {
            index,
            why: client.decode(&done[index].data),
            data: done[index].data.clone(),
        });
    let mut rows = Vec::new();
    for ((question, before), after) in questions.iter().zip(before).zip(after) {
        let old = question.facts(before, book)?;
        let new = question.facts(after, book)?;
        rows.extend(compare(&old, &new, book));
    }
    Ok(Preview { rows, refused })
}

/// What differs between two readings of one view.
fn compare(old: &[Fact], new: &[Fact], book: &Book) -> Vec<Row> {
    let mut rows = Vec::new();
    let by_name = |facts: &[Fact], what: &str| facts.iter().find(|f| f.what == what).cloned();
    let names = old
        .iter()
        .chain(new.iter().filter(|n| by_name(old, &n.what).is_none()));
    for named in names {
        let (before, after) = (by_name(old, &named.what), by_name(new, &named.what));
        if before == after {
            continue;
        }
        let say = |fact: &Option<Fact>| match fact {
            Some(fact) => in_words(fact, words::value(&fact.name, &fact.value, book)),
            None => "none".to_owned(),
        };
        let number = |fact: &Option<Fact>| {
            let value = fact.as_ref().map(|fact| &fact.value);
            value.map_or(Some(U256::ZERO), |v| v.as_uint().map(|(n, _)| n))
        };
        let effect = match (number(&before), number(&after)) {
            // What was not there, or is no longer, has no direction.
            _ if before.is_none() || after.is_none() => Effect::Neutral,
            (Some(old), Some(new)) => effects::of(&named.name, named.limit, old, new),
            _ => effects::of_flag(&named.name, after.as_ref().map(|fact| &fact.value)),
        };
        rows.push(Row {
            what: named.what.clone(),
            before: say(&before),
            after: say(&after),
            effect,
            timed: is_timed(&named.name, number(&after)),
        });
    }
    rows
}

/// A limit is said by its own name's unit.
fn in_words(fact: &Fact, plain: String) -> String {
    match (fact.limit, fact.value.as_uint()) {
        (Some((id, _)), Some((value, _))) => words::measure(&words::limit(id), value),
        _ => plain,
    }
}

/// Whether a number is counted from the moment of execution.
fn is_timed(name: &str, after: Option<U256>) -> bool {
    let set = after.is_some_and(|number| !number.is_zero());
    match name {
        "readyAt" | "ownershipAcceptedFrom" | "pendingGrant" | "capSince" | "observedAt" => set,
        "start" | "end" | "pausedUntil" => set,
        _ => false,
    }
}
