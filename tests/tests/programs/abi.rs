//! The committed interfaces against the compiled programs: every function answers, every error and event is in the code.

use alloy::{
    dyn_abi::{DynSolType, DynSolValue, FunctionExt, JsonAbiExt, Specifier},
    json_abi::JsonAbi,
    primitives::{Address, B256, I256, U256},
};
use anyhow::{Context, Result};
use ballast::local::venues::{put_bare, put_program};
use e2e::{four_assets, raise, scenarios, Mode, Theatre};

async fn interfaces(theatre: &Theatre) -> Result<Vec<(&'static str, Address, JsonAbi)>> {
    let suite = &theatre.suite;
    let put = async |name: &'static str| put_program(theatre, name, theatre.uniswap.router).await;
    let (v2, balancer) = (
        put("filler-uniswap-v2").await?,
        put("filler-balancer-v2").await?,
    );
    let call = put_bare(theatre, "filler-call").await?;
    [
        ("policy", "Policy", suite.policy),
        ("vault", "Vault", suite.vault),
        ("oracle", "Oracle", suite.oracle),
        ("rebalancer", "Rebalancer", suite.rebalancer),
        ("filler-uniswap-v3", "FillerUniswapV3", suite.filler),
        ("filler-call", "FillerCall", call),
        ("filler-uniswap-v2", "FillerUniswapV2", v2),
        ("filler-balancer-v2", "FillerBalancerV2", balancer),
        ("lens", "Lens", suite.lens),
    ]
    .into_iter()
    .map(|(program, name, address)| {
        let path = format!(
            "{}/../contracts/abi/{name}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        Ok((program, address, serde_json::from_str(&text)?))
    })
    .collect()
}

/// The zero of a type: no elements, no bytes.
fn zero(ty: &DynSolType) -> DynSolValue {
    match ty {
        DynSolType::Address => DynSolValue::Address(Address::ZERO),
        DynSolType::Bool => DynSolValue::Bool(false),
        DynSolType::Uint(bits) => DynSolValue::Uint(U256::ZERO, *bits),
        DynSolType::Int(bits) => DynSolValue::Int(I256::ZERO, *bits),
        DynSolType::FixedBytes(size) => DynSolValue::FixedBytes(B256::ZERO, *size),
        DynSolType::Bytes => DynSolValue::Bytes(vec![]),
        DynSolType::String => DynSolValue::String(String::new()),
        DynSolType::Array(_) => DynSolValue::Array(vec![]),
        other => panic!("no program takes {other:?}"),
    }
}

async fn every_function_of_the_interface_is_in_the_program(mode: Mode) -> Result<()> {
    let theatre = raise(mode, four_assets()).await?;
    let ask = async |to: Address, data: Vec<u8>| {
        let from = theatre.cast.stranger;
        match theatre.client.try_raw(from, to, U256::ZERO, data).await? {
            Ok(answer) => Ok(Some(answer)),
            // A named refusal: the function exists and looked at its arguments.
            Err(refusal) if refusal.data.len() >= 4 => Ok(None),
            Err(refusal) => Err(anyhow::Error::from(refusal)),
        }
    };
    for (program, address, abi) in interfaces(&theatre).await? {
        let unknown = ask(address, vec![0xde, 0xad, 0xbe, 0xef]).await;
        assert!(
            unknown.is_err(),
            "{program} answers a selector that is in no interface"
        );
        for function in abi.functions() {
            let arguments: Vec<_> = function
                .inputs
                .iter()
                .map(|i| Ok(zero(&i.resolve()?)))
                .collect::<Result<_>>()?;
            let data = function.abi_encode_input(&arguments)?;
            let signature = function.signature();
            let answer = ask(address, data).await;
            let answer = answer.with_context(|| format!("{program} has no {signature}"))?;
            if let Some(answer) = answer {
                function
                    .abi_decode_output(&answer)
                    .with_context(|| format!("{program}: {signature} answered {answer}"))?;
            }
        }
    }
    Ok(())
}

/// Whether `bytes` stand in the module: as they are, or as a constant of the code, whichever way round.
fn contains(wasm: &[u8], bytes: &[u8]) -> bool {
    let found = |needle: &[u8]| contains_whole(wasm, needle);
    let mut reversed = bytes.to_vec();
    reversed.reverse();
    found(bytes)
        || [bytes, &reversed]
            .iter()
            .any(|order| found(&constant(order)))
}

/// The bytes, most significant first, as a WASM constant: signed LEB128 of an i32 or i64.
fn constant(bytes: &[u8]) -> Vec<u8> {
    let mut value = match <[u8; 4]>::try_from(bytes) {
        Ok(four) => i64::from(i32::from_be_bytes(four)),
        Err(_) => i64::from_be_bytes(bytes.try_into().expect("four or eight bytes")),
    };
    let mut out = vec![];
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && low & 0x40 == 0) || (value == -1 && low & 0x40 != 0) {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_and_event_of_the_interface_is_in_the_program() -> Result<()> {
    let theatre = raise(Mode::Uncached, four_assets()).await?;
    for (program, _, abi) in interfaces(&theatre).await? {
        let wasm = theatre.artifacts.wasm(program)?;
        assert!(
            !contains(&wasm, &[0xde, 0xad, 0xbe, 0xef]),
            "the search finds anything"
        );
        for error in abi.errors() {
            let signature = error.signature();
            assert!(
                contains(&wasm, error.selector().as_slice()),
                "{program}: no {signature}"
            );
        }
        for event in abi.events() {
            let topic = event.selector();
            let whole = contains_whole(&wasm, topic.as_slice());
            let parts = topic.chunks(8).all(|part| contains(&wasm, part));
            assert!(whole || parts, "{program}: no {}", event.signature());
        }
    }
    Ok(())
}

fn contains_whole(wasm: &[u8], bytes: &[u8]) -> bool {
    wasm.windows(bytes.len()).any(|w| w == bytes)
}

scenarios! {
    every_function_of_the_interface_is_in_the_program,
}
