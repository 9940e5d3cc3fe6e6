//! Where the gas of a frame went, recorded while it runs, and only if the message is traced.

use super::encoding;
use alloy::primitives::Bytes;
use std::collections::BTreeMap;

/// Where a frame's gas went; the parts add up to what it used, to the unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Gas used by the frames it entered.
    pub children: u64,
    /// Gas of EVM opcodes, of code put in place, or of a precompile; nothing in a program's frame.
    pub evm: u64,
    /// Of a program: what it spent itself.
    pub program: Option<ProgramProfile>,
}

impl Profile {
    /// Gas of the frame without the frames it entered.
    pub fn own(&self) -> u64 {
        self.evm
            + self
                .program
                .as_ref()
                .map_or(0, |program| program.gas(program.ink()))
    }
}

/// What a program spent, the frames it entered left out. 10,000 ink buy one gas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProgramProfile {
    /// Gas to start: the cached cost, and on top of it the uncached one unless cached or recent.
    pub init: u64,
    /// Gas of memory pages, those it starts with and those it grows by.
    pub memory: u64,
    /// Ink of opcodes, block headers and bytes of bulk memory operations.
    pub opcodes: u64,
    /// Host functions by name.
    pub hosts: BTreeMap<&'static str, HostUse>,
    /// Ink left at the end that was not a whole gas.
    pub rounding: u64,
    /// Gas by which returned data costs at least what it would in the EVM.
    pub output: u64,
    /// Gas that was left when it failed in a way that takes all of it.
    pub forfeited: u64,
    /// Ink that one gas buys.
    pub ink_price: u64,
}

impl ProgramProfile {
    /// Ink of host functions, without the EVM's gas that some of them charge.
    pub fn host_ink(&self) -> u64 {
        self.hosts.values().map(|host| host.ink).sum()
    }

    /// The EVM's gas charged by host functions for storage, calls, logs and accounts.
    pub fn host_gas(&self) -> u64 {
        self.hosts.values().map(|host| host.gas).sum()
    }

    /// All ink: of opcodes, host functions and rounding; a whole number of gas.
    pub fn ink(&self) -> u64 {
        self.opcodes + self.host_ink() + self.rounding
    }

    /// All gas, of which `ink` is that part which is counted in ink.
    fn gas(&self, ink: u64) -> u64 {
        let gas = self.init + self.memory + self.host_gas() + self.output + self.forfeited;
        gas + ink / self.ink_price.max(1)
    }
}

/// How one host function was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HostUse {
    /// How often.
    pub calls: u64,
    /// Its ink in all.
    pub ink: u64,
    /// The EVM's gas it charged in all, that of frames entered left out.
    pub gas: u64,
}

/// One call of a host function, as `stylusTracer` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCall {
    /// Its name; `user_entrypoint` and `user_returned` stand for the program's own start and end.
    pub name: &'static str,
    /// What it was given.
    pub args: Bytes,
    /// What it gave.
    pub outs: Bytes,
    /// Ink left before.
    pub start_ink: u64,
    /// Ink left after.
    pub end_ink: u64,
    /// The frame it entered, by its place in [`Outcome::frames`](super::Outcome::frames).
    pub frame: Option<usize>,
}

/// What is recorded of a running program.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    profile: ProgramProfile,
    calls: Vec<HostCall>,
    start_ink: u64,
    /// Ink taken by host functions, all that they charged included.
    taken: u64,
    now: Now,
}

/// What has become of the host function that runs.
#[derive(Debug, Default)]
struct Now {
    bought: u64,
    children: u64,
    frame: Option<usize>,
}

/// What was known when a host function was entered.
pub(crate) struct Entry {
    name: &'static str,
    args: Bytes,
    start_ink: u64,
}

impl Recorder {
    /// Begins with a program that has `start_ink` and `args` bytes of calldata.
    pub(crate) fn new(ink_price: u64, start_ink: u64, args: u32) -> Self {
        let mut recorder = Self {
            start_ink,
            ..Self::default()
        };
        recorder.profile.ink_price = ink_price;
        recorder.note("user_entrypoint", &args.to_be_bytes(), &[]);
        recorder
    }

    fn note(&mut self, name: &'static str, args: &[u8], outs: &[u8]) {
        self.calls.push(HostCall {
            name,
            args: Bytes::copy_from_slice(args),
            outs: Bytes::copy_from_slice(outs),
            start_ink: self.start_ink,
            end_ink: self.start_ink,
            frame: None,
        });
    }

    /// A host function is entered.
    pub(crate) fn enter(
        &mut self,
        name: &'static str,
        ink: u64,
        memory: &[u8],
        params: &[u64],
    ) -> Entry {
        self.now = Now::default();
        Entry {
            name,
            args: encoding::args(name, memory, params),
            start_ink: ink,
        }
    }

    /// Gas is bought that is no ink of a host function.
    pub(crate) fn buy(&mut self, gas: u64) {
        self.now.bought += gas;
    }

    /// The frame with this place in the trace was entered and used so much gas.
    pub(crate) fn nested(&mut self, frame: usize, gas: u64) {
        self.now.frame = Some(frame);
        self.now.children += gas;
    }

    /// A host function ends with so much ink left; `answer` is what it returned unless it failed.
    pub(crate) fn leave(
        &mut self,
        entry: Entry,
        ink: u64,
        memory: &[u8],
        params: &[u64],
        answer: Option<u64>,
    ) {
        let Now {
            bought,
            children,
            frame,
        } = std::mem::take(&mut self.now);
        let taken = entry.start_ink.saturating_sub(ink);
        self.taken += taken;
        let host = self.profile.hosts.entry(entry.name).or_default();
        host.calls += 1;
        host.ink += taken.saturating_sub(bought * self.profile.ink_price);
        let gas = bought.saturating_sub(children);
        if entry.name == "pay_for_memory_grow" {
            self.profile.memory += gas;
        } else {
            host.gas += gas;
        }
        if let Some(answer) = answer {
            self.calls.push(HostCall {
                outs: encoding::outs(entry.name, memory, params, answer),
                name: entry.name,
                args: entry.args,
                start_ink: entry.start_ink,
                end_ink: ink,
                frame,
            });
        }
    }

    /// The program ends with so much ink left, and a status if it returned one: what it spent on
    /// top of `before`, and the host functions it called.
    pub(crate) fn finish(
        mut self,
        before: ProgramProfile,
        ink: u64,
        status: Option<u32>,
    ) -> (ProgramProfile, Vec<HostCall>) {
        if let Some(status) = status {
            self.note("user_returned", &[], &status.to_be_bytes());
        }
        let mut profile = self.profile;
        profile.init = before.init;
        profile.memory += before.memory;
        profile.opcodes = (self.start_ink - ink) - self.taken;
        profile.rounding = ink % profile.ink_price.max(1);
        (profile, self.calls)
    }
}
