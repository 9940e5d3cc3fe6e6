//! Where a transaction's gas went: program by program, the others together.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use anyhow::Result;
use devnode::exec::Frame;
use serde::{Deserialize, Serialize};

use super::{treasury::Treasury, Run};

/// A program's frames with one function, or everything of one kind outside. All figures are gas.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it is: `vault.execute`, `feeds`, `transaction`.
    pub name: String,
    /// How often it was entered.
    pub calls: u64,
    /// Gas of its own; below zero for refunds.
    pub gas: i64,
    /// Of a program: starting it.
    pub init: u64,
    /// Of a program: pages of memory.
    pub memory: u64,
    /// Of a program: WASM opcodes, and what was rounded up.
    pub opcodes: u64,
    /// Of a program: host functions.
    pub hosts: u64,
    /// Of a program: what the EVM charges for its storage, calls, logs and accounts.
    pub evm: u64,
}

/// Splits a transaction into parts that add up to its gas.
pub fn split(treasury: &Treasury, run: &Run) -> Result<Vec<Part>> {
    let outcome = &run.outcome;
    let names = Names::of(treasury)?;
    let mut parts = vec![Part {
        name: "transaction".into(),
        calls: 1,
        gas: signed(outcome.intrinsic_gas()),
        ..Part::default()
    }];
    for frame in &outcome.frames {
        let name = names.of_frame(frame);
        let known = parts.iter().position(|part| part.name == name);
        let index = known.unwrap_or_else(|| {
            parts.push(Part {
                name,
                ..Part::default()
            });
            parts.len() - 1
        });
        add(&mut parts[index], frame);
    }
    parts.push(Part {
        name: "refunds".into(),
        calls: 1,
        gas: -signed(outcome.gas_refunded),
        ..Part::default()
    });
    let sum: i64 = parts.iter().map(|part| part.gas).sum();
    anyhow::ensure!(
        sum == signed(outcome.gas_used),
        "the parts add up to {sum} of {} gas",
        outcome.gas_used
    );
    Ok(parts)
}

fn signed(gas: u64) -> i64 {
    i64::try_from(gas).unwrap_or(i64::MAX)
}

fn add(part: &mut Part, frame: &Frame) {
    let own = frame.profile.own();
    part.calls += 1;
    part.gas += signed(own);
    let Some(program) = &frame.profile.program else {
        return;
    };
    let hosts = program.host_ink() / program.ink_price.max(1);
    part.init += program.init;
    part.memory += program.memory;
    part.hosts += hosts;
    part.evm += program.host_gas() + program.output;
    part.opcodes += own
        - (program.init + program.memory + hosts + program.host_gas() + program.output)
        - program.forfeited;
}

/// What contracts and functions are called.
struct Names {
    contracts: BTreeMap<Address, &'static str>,
    functions: BTreeMap<[u8; 4], String>,
}

impl Names {
    fn of(treasury: &Treasury) -> Result<Self> {
        let mut contracts = BTreeMap::new();
        for program in &treasury.suite.programs {
            contracts.insert(program.on_chain.address, program.name);
        }
        for member in &treasury.members {
            contracts.insert(member.token, "tokens");
            contracts.insert(member.feed, "feeds");
            contracts.insert(member.aggregator, "feeds");
        }
        contracts.insert(treasury.sequencer, "feeds");
        contracts.insert(treasury.sequencer_aggregator, "feeds");
        contracts.insert(treasury.uniswap.router, "Uniswap");
        for pool in &treasury.pools {
            contracts.insert(pool.address, "Uniswap");
        }
        let mut functions = BTreeMap::new();
        for interface in treasury.artifacts.interfaces()? {
            for function in interface.functions() {
                functions.insert(function.selector().0, function.name.clone());
            }
        }
        Ok(Self {
            contracts,
            functions,
        })
    }

    fn of_frame(&self, frame: &Frame) -> String {
        let contract = self.contracts.get(&frame.to).copied().unwrap_or("others");
        if !frame.is_stylus {
            return contract.into();
        }
        let selector = frame.input.get(..4).and_then(|s| s.try_into().ok());
        let function = selector.and_then(|s: [u8; 4]| self.functions.get(&s));
        format!("{contract}.{}", function.map_or("?", String::as_str))
    }
}
