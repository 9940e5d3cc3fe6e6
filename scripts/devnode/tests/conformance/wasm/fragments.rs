//! Code that is a program in one piece or in several: what may be deployed, what is read from it at
//! activation, and what reading pieces costs.

use super::activation::{nothing, work_of_nothing, BEFORE};
use crate::scene::{compress, frame, init_code, Scene, GAS_LIMIT};
use alloy::{
    primitives::{keccak256, Address, U256},
    sol_types::SolCall,
};
use devnode::exec::{
    precompiles::{arb_wasm::ArbWasm, ARB_WASM},
    pricing::Params,
    Message, Outcome, Status,
};

/// The most bytes of code that an account has.
const ACCOUNT: usize = 24_576;

fn brotli(wasm: &[u8]) -> Vec<u8> {
    compress(wasm)[4..].to_vec()
}

fn fragment(scene: &mut Scene, bytes: &[u8]) -> Address {
    scene.deploy(&[&[0xEF, 0xF0, 0x01], bytes].concat())
}

fn root(dictionary: u8, length: usize, fragments: &[Address]) -> Vec<u8> {
    let mut code = vec![0xEF, 0xF0, 0x02, dictionary];
    code.extend((length as u32).to_be_bytes());
    for fragment in fragments {
        code.extend(fragment.as_slice());
    }
    code
}

/// Deploys code that must not be activated, and yields why, with the gas it took.
fn unreadable(scene: &mut Scene, code: &[u8]) -> (String, u64) {
    let program = scene.deploy(code);
    let outcome = scene.activate(program);
    // Gas left is returned, but no data.
    assert_eq!(outcome.status, Status::Revert, "{:?}", outcome.reason);
    assert!(outcome.output.is_empty());
    let gas = frame(&outcome, 0).gas_used;
    (outcome.reason.unwrap(), gas)
}

/// A module of so many bytes that no compression makes much smaller.
fn dense(length: usize) -> Vec<u8> {
    padded(length, |number| keccak256(number.to_be_bytes())[0])
}

/// A module filled up to so many bytes with a section that nothing reads.
fn padded(length: usize, byte: impl Fn(usize) -> u8) -> Vec<u8> {
    let mut wasm = nothing();
    let rest = length - wasm.len() - 4;
    let three = [
        rest as u8 | 0x80,
        (rest >> 7) as u8 | 0x80,
        (rest >> 14) as u8,
    ];
    wasm.push(0);
    wasm.extend(three);
    // A name of no length.
    wasm.push(0);
    wasm.extend((1..rest).map(byte));
    assert_eq!(wasm.len(), length);
    wasm
}

#[test]
fn code_that_starts_with_ef_is_a_programs_or_refused() {
    let mut scene = Scene::new();
    let mut create = |code: &[u8]| {
        scene.run(&Message {
            from: crate::scene::ALICE,
            data: init_code(code).into(),
            gas_limit: GAS_LIMIT,
            ..Message::default()
        })
    };
    for code in [
        &[0xEF][..],
        &[0xEF, 0x00],
        &[0xEF, 0xF0],
        // A prefix and nothing behind it.
        &[0xEF, 0xF0, 0x00],
        &[0xEF, 0xF0, 0x01],
        &[0xEF, 0xF0, 0x02],
        &[0xEF, 0xF0, 0x03, 0x00],
        &[0xEF, 0xF1, 0x00, 0x00],
    ] {
        let outcome = create(code);
        let refused = Status::Halt("CreateContractStartingWithEF".into());
        assert_eq!(
            (outcome.status, outcome.gas_used),
            (refused, GAS_LIMIT),
            "{code:?}"
        );
    }
    for version in [0x00, 0x01, 0x02] {
        assert_eq!(create(&[0xEF, 0xF0, version, 0x00]).status, Status::Success);
    }
    let mut most = vec![0xEF, 0xF0, 0x01];
    most.resize(ACCOUNT, 7);
    assert_eq!(create(&most).status, Status::Success);
    most.push(7);
    assert_eq!(
        create(&most).status,
        Status::Halt("CreateContractSizeLimit".into())
    );
}

#[test]
fn compressed_code_must_be_whole() {
    let mut scene = Scene::new();
    let code = compress(&nothing());
    for (damaged, reason) in [
        (
            code[..4].to_vec(),
            "failed decompression: the stream has no end",
        ),
        (
            code[..code.len() - 1].to_vec(),
            "failed decompression: the stream has no end",
        ),
        (
            [&code[..4], &[0xff; 40]].concat(),
            "failed decompression: not brotli",
        ),
    ] {
        let (why, gas) = unreadable(&mut scene, &damaged);
        assert_eq!((why.as_str(), gas), (reason, BEFORE));
    }
    // What stands behind the end of the stream is nobody's.
    let longer = scene.deploy(&[&code[..], b"and more"].concat());
    assert_eq!(scene.activate(longer).status, Status::Success);
    assert_eq!(scene.call(longer, []).status, Status::Success);
}

#[test]
fn dictionaries() {
    let mut scene = Scene::new();
    let mut code = compress(&nothing());
    code[3] = 1;
    let (why, _) = unreadable(&mut scene, &code);
    assert!(why.contains("dictionary 1 is Nitro's own"), "{why}");
    assert!(why.contains("without a dictionary (0)"), "{why}");
    for dictionary in [2, 9, 255] {
        code[3] = dictionary;
        let (why, gas) = unreadable(&mut scene, &code);
        assert_eq!(why, format!("unsupported dictionary type: {dictionary}"));
        assert_eq!(gas, BEFORE);
    }
}

#[test]
fn a_decompressed_module_has_256_kib_at_most() {
    let mut scene = Scene::new();
    let just = scene.deploy(&compress(&padded(262_144, |_| 0)));
    assert_eq!(scene.activate(just).status, Status::Success);
    assert_eq!(scene.call(just, []).status, Status::Success);
    let over = compress(&padded(262_145, |_| 0));
    let (why, _) = unreadable(&mut scene, &over);
    assert_eq!(why, "failed decompression: more than 262144 bytes");
    // 128 KiB before ArbOS 60.
    let params = Params {
        max_wasm_size: 131_072,
        ..scene.state.params()
    };
    scene.state.set_params(params).unwrap();
    let just = scene.deploy(&compress(&padded(131_072, |_| 0)));
    assert_eq!(scene.activate(just).status, Status::Success);
    let over = compress(&padded(131_073, |_| 0));
    let (why, _) = unreadable(&mut scene, &over);
    assert_eq!(why, "failed decompression: more than 131072 bytes");
}

#[test]
fn a_program_too_large_for_one_account_runs_from_four() {
    let mut scene = Scene::new();
    let wasm = dense(95_000);
    let compressed = brotli(&wasm);
    // No less than three accounts would do.
    assert!(compressed.len() > 3 * (ACCOUNT - 3));
    let fragments: Vec<Address> = compressed
        .chunks(ACCOUNT - 3)
        .map(|piece| fragment(&mut scene, piece))
        .collect();
    assert_eq!(fragments.len(), 4);
    let program = scene.deploy(&root(0, wasm.len(), &fragments));
    assert_eq!(scene.activate(program).status, Status::Success);
    assert_eq!(scene.call(program, []).status, Status::Success);

    // In another order it is not the same program.
    let mixed: Vec<Address> = [1, 0, 2, 3].map(|index| fragments[index]).to_vec();
    let program = scene.deploy(&root(0, wasm.len(), &mixed));
    assert_ne!(scene.activate(program).status, Status::Success);
}

#[test]
fn reading_pieces_costs_access_and_three_gas_a_word() {
    let compressed = brotli(&nothing());
    let (head, tail) = compressed.split_at(30);
    // 33 and so many bytes of code; the tail is made longer by what is ignored behind the stream.
    let tail = [tail, &[0; 1_000]].concat();
    let words = |bytes: usize| (bytes + 3).div_ceil(32) as u64;
    let copies = 3 * (words(30) + words(tail.len()));
    assert_eq!(words(30), 2);

    let mut scene = Scene::new();
    let pieces = [fragment(&mut scene, head), fragment(&mut scene, &tail)];
    let whole = scene.deploy(&compress(&nothing()));
    let classic = frame(&scene.activate(whole), 0).gas_used;
    let program = scene.deploy(&root(0, nothing().len(), &pieces));
    let outcome = scene.activate(program);
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(frame(&outcome, 0).gas_used, classic + 2 * 2_600 + copies);

    // Accounts that are warm cost 100 instead of 2,600; another address of the same root is as active
    // as the first, so the length of time has to make it stale.
    scene.block.timestamp += 366 * 86_400;
    let message = scene.message(
        ARB_WASM,
        ArbWasm::activateProgramCall { program }.abi_encode(),
    );
    let outcome = scene.run(&Message {
        value: U256::from(10).pow(U256::from(17)),
        access_list: vec![(pieces[1], Vec::new())],
        ..message
    });
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(frame(&outcome, 0).gas_used, classic + 2_600 + 100 + copies);
}

#[test]
fn the_same_piece_twice_is_cold_once() {
    let mut scene = Scene::new();
    let piece = fragment(&mut scene, &[0xff; 61]);
    let code = root(0, 1_000, &[piece, piece]);
    let (_, gas) = unreadable(&mut scene, &code);
    // Two words each.
    assert_eq!(gas, BEFORE + 2_600 + 6 + 100 + 6);
}

#[test]
fn gas_for_the_largest_piece_must_be_there_before_one_is_read() {
    let mut scene = Scene::new();
    let piece = fragment(&mut scene, &brotli(&nothing()));
    let program = scene.deploy(&root(0, nothing().len(), &[piece]));
    let data = ArbWasm::activateProgramCall { program }.abi_encode();
    let intrinsic = 21_000
        + data
            .iter()
            .map(|byte| if *byte == 0 { 4 } else { 16 })
            .sum::<u64>();
    let mut with_gas = |gas: u64| -> Outcome {
        let message = scene.message(ARB_WASM, data.clone());
        scene.run(&Message {
            gas_limit: intrinsic + gas,
            value: U256::from(10).pow(U256::from(17)),
            ..message
        })
    };
    // 2,600 and three gas for each of 768 words. One less, and it is over before anything is read.
    let outcome = with_gas(BEFORE + 2_600 + 2_304 - 1);
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(outcome.reason.as_deref(), Some("out of gas"));
    assert_eq!(outcome.gas_used, intrinsic + BEFORE + 4_903);
    // With it, it is read, and gas runs out over the work.
    let outcome = with_gas(BEFORE + 2_600 + 2_304);
    assert_eq!(
        outcome.status,
        Status::Halt("program activation failed: out of gas".into())
    );
    assert!(work_of_nothing() > 4_904);
}

#[test]
fn roots_that_are_refused() {
    let mut scene = Scene::new();
    let length = nothing().len();
    let piece = fragment(&mut scene, &brotli(&nothing()));
    let bare = |bytes: &[u8]| [&[0xEF, 0xF0, 0x02][..], bytes].concat();
    let contract = scene.evm(vec![0x5f, 0x5f, 0xf3]);
    let whole = scene.deploy(&compress(&nothing()));
    let nobody = Address::repeat_byte(0x77);
    let cut = {
        let mut code = root(0, length, &[piece]);
        code.pop();
        code
    };
    let not_a_fragment = |who: Address| format!("code at {who} is not a Stylus program fragment");
    let cases: Vec<(Vec<u8>, String, u64)> = vec![
        (
            bare(&[0]),
            "stylus program root too short: need at least 8 bytes, got 4".into(),
            0,
        ),
        (
            bare(&[0; 4]),
            "stylus program root too short: need at least 8 bytes, got 7".into(),
            0,
        ),
        (
            root(0, length, &[]),
            "invalid wasm: fragment count cannot be zero".into(),
            0,
        ),
        (
            cut,
            "stylus program root address data has invalid length: 19 (must be multiple of 20)"
                .into(),
            0,
        ),
        (
            root(0, length, &[piece; 5]),
            "invalid wasm: fragment count 5 exceeds limit of 4".into(),
            0,
        ),
        (
            root(0, 262_145, &[piece]),
            "invalid wasm: decompressedLength 262145 is greater than MaxWasmSize 262144".into(),
            0,
        ),
        (
            root(0, length, &[contract]),
            not_a_fragment(contract),
            2_600 + 3,
        ),
        (root(0, length, &[nobody]), not_a_fragment(nobody), 2_600),
        (
            root(0, length, &[whole]),
            not_a_fragment(whole),
            2_600 + 3 * compress(&nothing()).len().div_ceil(32) as u64,
        ),
    ];
    for (code, reason, gas) in cases {
        assert_eq!(unreadable(&mut scene, &code), (reason, BEFORE + gas));
    }
    // These are found out when everything is read.
    let read = 2_600 + 3 * (brotli(&nothing()).len() + 3).div_ceil(32) as u64;
    for (code, reason) in [
        (
            root(0, length - 1, &[piece]),
            format!("failed decompression: more than {} bytes", length - 1),
        ),
        (
            root(0, length + 1, &[piece]),
            format!(
                "invalid wasm: decompressed length {length} does not match expected length {}",
                length + 1
            ),
        ),
        (
            root(7, length, &[piece]),
            "unsupported dictionary type: 7".into(),
        ),
    ] {
        assert_eq!(unreadable(&mut scene, &code), (reason, BEFORE + read));
    }
}

#[test]
fn a_piece_is_no_program() {
    let mut scene = Scene::new();
    let piece = fragment(&mut scene, &brotli(&nothing()));
    let outcome = scene.activate(piece);
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(
        outcome.reason.as_deref(),
        Some(
            "fragmented stylus programs cannot be activated directly; \
             activate the root program instead"
        )
    );
    // To the EVM it starts with an opcode that does not exist.
    let outcome = scene.call(piece, []);
    assert!(matches!(outcome.status, Status::Halt(_)));
    assert_eq!(outcome.gas_used, GAS_LIMIT);
}

#[test]
fn how_many_pieces_there_may_be_is_a_parameter() {
    let mut scene = Scene::new();
    let params = Params {
        max_fragments: 1,
        ..scene.state.params()
    };
    scene.state.set_params(params).unwrap();
    let piece = fragment(&mut scene, &brotli(&nothing()));
    let (why, _) = unreadable(&mut scene, &root(0, nothing().len(), &[piece; 2]));
    assert_eq!(why, "invalid wasm: fragment count 2 exceeds limit of 1");
    let program = scene.deploy(&root(0, nothing().len(), &[piece]));
    assert_eq!(scene.activate(program).status, Status::Success);
}
