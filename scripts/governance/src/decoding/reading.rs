//! Opens calls one inside the other, says what each does, and notes what deserves a second look.

use alloy::{
    hex,
    primitives::{address, Address, U256},
    sol_types::SolInterface,
};
use serde::Serialize;

use super::{
    carried::{Carried, Carrier},
    documents::Document,
    powers::{self, IPowers::IPowersCalls},
    warnings::{is_deceptive, Id, Warning},
};
use crate::{
    book::Book,
    change::Change,
    interfaces::{self, Call, Interfaces, Module},
    setters::Alarm,
    words,
};

/// MultiSend and MultiSendCallOnly where Safe deployed them, by version: 1.3.0, its other deployment, 1.4.1, 1.5.0.
const MULTI_SENDS: [Address; 8] = [
    address!("A238CBeb142c10Ef7Ad8442C6D1f9E89e07e7761"),
    address!("40A2aCCbd92BCA938b02010E17A5b8929b49130D"),
    address!("998739BFdAAdde7C933B942a68053933098f9EDa"),
    address!("A1dabEF33b3B82c7814B6D82A79e50F4AC44102B"),
    address!("38869bf66a61cF6bDB996A6aE40D5853Fd43B526"),
    address!("9641d764fc13c8B624c04430C7356C1C7C8102e2"),
    address!("218543288004CD07832472D464648173c77D7eB7"),
    address!("A83c336B20401Af773B6219BA5027174338D1836"),
];
/// Deeper is not opened.
const DEPTH: usize = 8;
/// Less is short where no timelock says what is long, seconds.
const SHORT_S: u64 = 24 * 60 * 60;
/// What `pocketAsset` needs to mark the first pocket.
const POCKET_WEI: u64 = 1;

/// A call as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Where it stands: `2.1` is the first call inside the second.
    pub path: String,
    /// Who is called; nothing for calldata alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Address>,
    /// What it is called by the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Wei.
    pub value: U256,
    /// Whether the code runs as the caller.
    pub delegatecall: bool,
    /// The function; nothing for one that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// What it does.
    pub words: String,
    /// Its arguments, by name.
    pub arguments: Vec<Argument>,
    /// The calls inside.
    pub calls: Vec<Node>,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// In words.
    pub value: String,
}

/// Where a call stands.
#[derive(Debug, Clone)]
struct Place<'a> {
    path: String,
    above: &'a [Carrier],
    delegates: bool,
}

/// Reads calls and collects what it finds.
#[derive(Debug)]
pub struct Reader<'a> {
    book: &'a Book,
    interfaces: &'a Interfaces,
    least_delay: Option<U256>,
    /// What was found.
    pub warnings: Vec<Warning>,
    /// Settings of the treasury that it changes, with where they stand.
    pub changes: Vec<(String, Change)>,
}

impl<'a> Reader<'a> {
    /// A reader that knows the record, and the least delay of the timelock if there is one.
    pub fn new(book: &'a Book, interfaces: &'a Interfaces, least_delay: Option<U256>) -> Self {
        Self {
            book,
            interfaces,
            least_delay,
            warnings: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Everything in a document; calldata alone is for `to`, if that is known.
    pub fn top(&mut self, document: &Document, to: Option<Address>) -> Vec<Node> {
        let place = |index: usize, above: &'static [Carrier]| Place {
            path: (index + 1).to_string(),
            above,
            delegates: false,
        };
        match document {
            Document::Calldata(data) => {
                vec![self.read(to, U256::ZERO, data, &place(0, &[]))]
            }
            Document::Call(call) => vec![self.call(call, &place(0, &[]))],
            Document::Safe(calls) => {
                let calls = calls.iter().enumerate();
                calls
                    .map(|(i, call)| self.call(call, &place(i, &[Carrier::Safe])))
                    .collect()
            }
            Document::Actions(calls) => {
                let calls = calls.iter().enumerate();
                calls
                    .map(|(i, call)| self.call(call, &place(i, &[Carrier::Aragon])))
                    .collect()
            }
        }
    }

    fn call(&mut self, call: &Call, place: &Place<'_>) -> Node {
        self.read(Some(call.to), call.value, &call.data, place)
    }

    fn warn(&mut self, id: Id, place: &Place<'_>, message: String) {
        self.warnings.push(Warning::new(id, &place.path, message));
    }

    fn read(&mut self, to: Option<Address>, value: U256, data: &[u8], place: &Place<'_>) -> Node {
        let mut node = Node {
            path: place.path.clone(),
            to,
            name: to.and_then(|to| self.book.name_of(to)),
            value,
            delegatecall: place.delegates,
            function: None,
            words: String::new(),
            arguments: Vec::new(),
            calls: Vec::new(),
        };
        if place.path.split('.').count() > DEPTH {
            self.warn(
                Id::NestedBatch,
                place,
                "it goes on deeper than is opened".into(),
            );
            node.words = "not opened".into();
            return node;
        }
        self.check_delegate(to, data, place);
        let module = to.and_then(|to| self.book.module_at(to));
        let modules = match (to, module) {
            (Some(_), Some(module)) => vec![module],
            (Some(_), None) => Vec::new(),
            (None, _) => Module::ALL.to_vec(),
        };
        let setter = modules
            .iter()
            .find_map(|module| Change::decode(*module, data, value, self.interfaces));
        if let Some((change, canonical)) = setter {
            self.setting(&mut node, change, canonical, place);
            return node;
        }
        if value > U256::ZERO {
            self.warn(Id::ValueTransfer, place, format!("{value} wei go along"));
        }
        if let Some(module) = module {
            self.no_setting(&mut node, module, data, place);
        } else if let Some(carried) = Carried::open(data) {
            self.carried(&mut node, carried, place);
        } else {
            self.other(&mut node, data, place);
        }
        node
    }

    fn check_delegate(&mut self, to: Option<Address>, data: &[u8], place: &Place<'_>) {
        if !place.delegates {
            return;
        }
        let recorded = |to: Address| {
            let name = self.book.name_of(to).unwrap_or_default();
            name.starts_with("MultiSend")
        };
        let opened = Carried::open(data).is_some_and(|c| c.carrier == Carrier::MultiSend);
        let known = to.is_some_and(|to| MULTI_SENDS.contains(&to) || recorded(to));
        let by_safe = place.above.last() == Some(&Carrier::Safe);
        if !(known && opened && by_safe) {
            let to = to.map_or_else(|| "unknown code".into(), |to| self.book.called(to));
            self.warn(
                Id::Delegatecall,
                place,
                format!("{to} runs as the caller itself"),
            );
        }
    }

    /// A setting of the treasury.
    fn setting(&mut self, node: &mut Node, change: Change, canonical: bool, place: &Place<'_>) {
        node.function = Some(format!(
            "{}.{}",
            change.setter.module.name(),
            change.setter.function
        ));
        node.words = change.sentence(self.book, self.interfaces);
        let named = change.named(self.interfaces);
        node.arguments = named
            .map(|(name, value)| Argument {
                name: name.into(),
                value: words::value(name, value, self.book),
            })
            .collect();
        self.check_canonical(canonical, place);
        let pockets =
            change.setter.function == "pocketAsset" && change.value <= U256::from(POCKET_WEI);
        if !change.value.is_zero() && !pockets {
            let message = format!("{} wei go along", change.value);
            self.warn(Id::ValueTransfer, place, message);
        }
        if let Some(alarm) = change.setter.alarm {
            let id = match alarm {
                Alarm::RoleGrant => Id::RoleGrant,
                Alarm::RoleRemoved => Id::RoleRemoved,
                Alarm::Ownership => Id::OwnershipTransfer,
                Alarm::Module => Id::ModuleReplacement,
                Alarm::Feed => Id::FeedReplacement,
                Alarm::Irreversible => Id::Irreversible,
            };
            self.warn(id, place, node.words.clone());
        }
        if !place.delegates {
            self.changes.push((place.path.clone(), change));
        }
    }

    fn check_canonical(&mut self, canonical: bool, place: &Place<'_>) {
        if !canonical {
            let message = "the calldata is not written in the usual way: something is hidden in it, or follows it";
            self.warn(Id::NotCanonical, place, message.into());
        }
    }

    /// One of our programs, but no setting.
    fn no_setting(&mut self, node: &mut Node, module: Module, data: &[u8], place: &Place<'_>) {
        let selector = data.first_chunk::<4>().copied();
        let function = selector.and_then(|s| self.interfaces.by_selector(module, s));
        let Some(function) = function else {
            node.words = format!("call the {} with {}", module.name(), begin(data));
            let message = format!("the {} has no function {}", module.name(), begin(data));
            self.warn(Id::UnknownFunction, place, message);
            return;
        };
        node.function = Some(format!("{}.{}", module.name(), function.name));
        node.words = format!("call {}.{}", module.name(), function.name);
        match interfaces::read(function, data) {
            Some(read) => {
                let named = function.inputs.iter().zip(&read.arguments);
                node.arguments = named
                    .map(|(input, value)| Argument {
                        name: input.name.clone(),
                        value: words::value(&input.name, value, self.book),
                    })
                    .collect();
                self.check_canonical(read.canonical, place);
                let message = format!("{} sets nothing: why is it in a proposal?", node.words);
                self.warn(Id::NoSetting, place, message);
            }
            None => {
                let message = format!("the arguments of {} cannot be read", function.signature());
                self.warn(Id::Malformed, place, message);
            }
        }
    }

    /// A contract that carries calls.
    fn carried(&mut self, node: &mut Node, carried: Carried, place: &Place<'_>) {
        node.function = Some(carried.function.into());
        node.words = carried.words.clone();
        self.check_canonical(carried.canonical, place);
        self.check_place(node.to, carried.carrier, place);
        if let Some(delay) = carried.delay {
            node.arguments.push(Argument {
                name: "delay".into(),
                value: words::duration(delay),
            });
            self.check_delay(delay, place);
        }
        if let Some(text) = &carried.text {
            if is_deceptive(text) {
                self.warn(
                    Id::DeceptiveText,
                    place,
                    "the text hides or turns characters".into(),
                );
            }
            let shown = text.chars().filter(|c| !c.is_control() || *c == '\n');
            node.arguments.push(Argument {
                name: "description".into(),
                value: shown.collect(),
            });
        }
        if carried.may_fail {
            let message = "some of the calls may fail without the others being undone";
            self.warn(Id::FailuresAllowed, place, message.into());
        }
        if let Some(receiver) = carried.refunds {
            let message = format!("the Safe pays {} for executing", self.book.called(receiver));
            self.warn(Id::SafeRefund, place, message);
        }
        if let Some(why) = &carried.malformed {
            self.warn(Id::Malformed, place, why.clone());
        }
        if carried.inner.is_empty() {
            self.warn(Id::Malformed, place, "it carries no call at all".into());
        }
        let above: Vec<_> = place
            .above
            .iter()
            .copied()
            .chain([carried.carrier])
            .collect();
        for (index, inner) in carried.inner.iter().enumerate() {
            let place = Place {
                path: format!("{}.{}", place.path, index + 1),
                above: &above,
                delegates: inner.delegates,
            };
            let node_inside = self.call(&inner.call, &place);
            node.calls.push(node_inside);
        }
    }

    /// Whether this carrier may stand where it stands, and is the one that the record knows.
    fn check_place(&mut self, to: Option<Address>, carrier: Carrier, place: &Place<'_>) {
        use Carrier::{Aragon, Executor, Governor, MultiSend, Safe, Timelock};
        let above = place.above;
        let usual = match carrier {
            _ if above.contains(&carrier) => false,
            Governor => above.iter().all(|up| matches!(up, Safe | MultiSend)),
            Timelock => above
                .iter()
                .all(|up| matches!(up, Safe | MultiSend | Aragon)),
            MultiSend => above.is_empty() || above == [Safe],
            Executor => true,
            Safe | Aragon => above.is_empty(),
        };
        if !usual {
            let message = "a batch is packed into another, where it is easily overlooked";
            self.warn(Id::NestedBatch, place, message.into());
        }
        let Some(to) = to else { return };
        let owner = self.book.record.roles.owner;
        let known = to == owner || self.book.name_of(to).is_some() || MULTI_SENDS.contains(&to);
        if !known {
            let message = match self.book.look_alike(to) {
                Some(real) => format!("{to} is not {}, whom it looks like", self.book.called(real)),
                None => format!("{to} is not in the record; the owner is {owner}"),
            };
            let id = match self.book.look_alike(to) {
                Some(_) => Id::LookAlike,
                None => Id::UnknownTarget,
            };
            self.warn(id, place, message);
        }
    }

    fn check_delay(&mut self, delay: U256, place: &Place<'_>) {
        let least = self.least_delay.unwrap_or(U256::from(SHORT_S));
        if delay.is_zero() {
            self.warn(Id::ZeroDelay, place, "it could be executed at once".into());
        } else if delay < least {
            let message = format!(
                "it is held back for {}, and {} is the least",
                words::duration(delay),
                words::duration(least)
            );
            self.warn(Id::ShortDelay, place, message);
        }
    }

    /// Neither a program of ours nor a carrier.
    fn other(&mut self, node: &mut Node, data: &[u8], place: &Place<'_>) {
        if let Ok(power) = IPowersCalls::abi_decode(data) {
            self.check_canonical(power.abi_encode() == data, place);
            self.power(node, &power, place);
            return;
        }
        let Some(to) = node.to else {
            node.words = format!("calldata {}", begin(data));
            let message = format!("no program or governor has a function {}", begin(data));
            self.warn(Id::UnknownFunction, place, message);
            return;
        };
        let called = self.book.called(to);
        if data.is_empty() {
            node.words = format!("send {} wei to {called}", node.value);
            if node.value.is_zero() {
                self.warn(
                    Id::UnknownTarget,
                    place,
                    format!("an empty call of {called}"),
                );
            }
            return;
        }
        let pretends = Module::ALL
            .iter()
            .find_map(|module| Change::decode(*module, data, node.value, self.interfaces));
        if let Some((change, _)) = pretends {
            let module = change.setter.module.name();
            node.words = change.sentence(self.book, self.interfaces);
            let message = format!("{called} is called as the {module}, and the record has another");
            self.warn(Id::LookAlike, place, message);
        } else if let Some(real) = self.book.look_alike(to) {
            node.words = format!("call {called} with {}", begin(data));
            let message = format!("{to} is not {}, whom it looks like", self.book.called(real));
            self.warn(Id::LookAlike, place, message);
        } else if node.name.is_some() {
            node.words = format!("call {called} with {}", begin(data));
            let message = format!(
                "{called} is called with a function that is not known, {}",
                begin(data)
            );
            self.warn(Id::UnknownFunction, place, message);
        } else {
            node.words = format!("call {called} with {}", begin(data));
            let message = format!(
                "{called} is not in the record; the function is {}",
                begin(data)
            );
            self.warn(Id::UnknownTarget, place, message);
        }
    }

    /// What changes a carrier itself, or moves tokens.
    fn power(&mut self, node: &mut Node, power: &IPowersCalls, place: &Place<'_>) {
        let who = node
            .to
            .map_or_else(|| "somebody".into(), |to| self.book.called(to));
        let (function, id, words) = powers::said(power, &who, self.book);
        node.function = Some(function.into());
        node.words = words.clone();
        self.warn(id, place, words);
        if let IPowersCalls::relay(relay) = power {
            let above: Vec<_> = place
                .above
                .iter()
                .copied()
                .chain([Carrier::Governor])
                .collect();
            let place = Place {
                path: format!("{}.1", place.path),
                above: &above,
                delegates: false,
            };
            let inside = self.read(Some(relay.target), relay.value, &relay.data, &place);
            node.calls.push(inside);
        }
    }
}

/// How unknown calldata begins.
fn begin(data: &[u8]) -> String {
    match data.get(..4) {
        Some(selector) => hex::encode_prefixed(selector),
        None => format!("{} bytes", data.len()),
    }
}
