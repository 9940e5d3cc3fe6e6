//! Tells of a compiled Stylus program whether it may be activated, what it costs, and what a call
//! of it yields: `cargo run -p devnode --example inspect -- program.wasm [calldata]`.

use alloy::{
    primitives::{address, hex, Address, Bytes, U256},
    sol_types::SolCall,
};
use anyhow::{bail, Context, Result};
use devnode::exec::{
    activation,
    precompiles::{arb_wasm::ArbWasm, ARB_WASM},
    pricing, simulate, transact,
    wasm::instrument,
    Block, Message, Mode, Outcome, State, Status,
};
use std::time::Instant;

/// Calls that a duration is the mean of.
const RUNS: u32 = 50;
const OWNER: Address = address!("00000000000000000000000000000000000a11ce");

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments
        .next()
        .context("usage: inspect program.wasm [calldata]")?;
    let raw = std::fs::read(&path)?;
    // What cargo-stylus does before it deploys: it rids the module of what Nitro does not parse.
    let wasm = strip(&wat_round_trip(&raw)?)?;
    let params = pricing::PARAMS;
    let metered = instrument::instrument(&wasm, params.version, params.page_limit)?;
    let shape = metered.shape;
    println!(
        "{path}: {} bytes, {} after the round trip",
        raw.len(),
        wasm.len()
    );
    println!("{shape:?}");
    println!("metered: {} bytes", metered.wasm.len());
    println!(
        "start: {} gas cached, {} more if not; data fee for {} bytes",
        params.cached_gas(shape.cached_cost() as u16),
        params.init_gas(shape.init_cost() as u16),
        shape.asm_estimate()
    );

    let mut state = State::new();
    state.set_balance(OWNER, U256::from(10).pow(U256::from(20)));
    let program = deploy(&mut state, &wasm)?;
    let data = ArbWasm::activateProgramCall { program }.abi_encode();
    let started = Instant::now();
    let outcome = send(
        &mut state,
        Some(ARB_WASM),
        U256::from(10).pow(U256::from(18)),
        data,
    )?;
    println!(
        "activated for {} gas in {:?}",
        outcome.gas_used,
        started.elapsed()
    );

    for calldata in arguments {
        let message = message(Some(program), U256::ZERO, hex::decode(&calldata)?);
        let block = Block {
            basefee: 0,
            ..Block::default()
        };
        let first = Instant::now();
        let outcome = simulate(&state, &block, &message)?;
        let first = first.elapsed();
        let again = Instant::now();
        for _ in 0..RUNS {
            simulate(&state, &block, &message)?;
        }
        println!(
            "{calldata}: {:?}, {} gas, {first:?} and {:?} again, 0x{} {:?}",
            outcome.status,
            outcome.gas_used,
            again.elapsed() / RUNS,
            hex::encode(&outcome.output),
            outcome.reason
        );
    }
    Ok(())
}

fn wat_round_trip(wasm: &[u8]) -> Result<Vec<u8>> {
    Ok(wat::parse_str(wasmprinter::print_bytes(wasm)?)?)
}

/// Drops custom sections: names, and what debuggers want.
fn strip(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut out = wasm_encoder::Module::HEADER.to_vec();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let Some((id, range)) = payload?.as_section() {
            if id != 0 {
                let section = wasm
                    .get(usize::try_from(range.start)?..usize::try_from(range.end)?)
                    .context("no such section")?;
                out.push(id);
                wasm_encoder::Encode::encode(section, &mut out);
            }
        }
    }
    Ok(out)
}

fn deploy(state: &mut State, wasm: &[u8]) -> Result<Address> {
    let mut compressed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*wasm, &mut compressed, &params)?;
    println!("compressed: {} bytes", compressed.len());
    let classic = [&activation::CLASSIC[..], &[0], &compressed].concat();
    if classic.len() <= pricing::MAX_CODE_SIZE {
        return create(state, &classic);
    }
    let mut root = [
        &activation::ROOT[..],
        &[0],
        &(wasm.len() as u32).to_be_bytes(),
    ]
    .concat();
    for piece in compressed.chunks(pricing::MAX_CODE_SIZE - activation::FRAGMENT.len()) {
        let fragment = create(state, &[&activation::FRAGMENT[..], piece].concat())?;
        root.extend(fragment.as_slice());
    }
    create(state, &root)
}

fn create(state: &mut State, code: &[u8]) -> Result<Address> {
    let [high, low] = u16::try_from(code.len())?.to_be_bytes();
    let mut init = vec![0x61, high, low, 0x80, 0x60, 10, 0x5f, 0x39, 0x5f, 0xf3];
    init.extend_from_slice(code);
    let outcome = send(state, None, U256::ZERO, init)?;
    println!("deployed {} bytes for {} gas", code.len(), outcome.gas_used);
    outcome.created.context("no address")
}

fn message(to: Option<Address>, value: U256, data: Vec<u8>) -> Message {
    Message {
        from: OWNER,
        to,
        value,
        data: Bytes::from(data),
        ..Message::default()
    }
}

fn send(state: &mut State, to: Option<Address>, value: U256, data: Vec<u8>) -> Result<Outcome> {
    let block = Block {
        basefee: 0,
        ..Block::default()
    };
    let outcome = transact(state, &block, &message(to, value, data), Mode::Commit)?;
    if outcome.status != Status::Success {
        bail!(
            "{:?}: {:?} 0x{}",
            outcome.status,
            outcome.reason,
            hex::encode(&outcome.output)
        );
    }
    Ok(outcome)
}
