//! Each refusal by a small module that has that one fault.

use super::*;

/// A module that nothing is wrong with; `extra` goes inside it, `imports` before everything else.
fn module(imports: &str, extra: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (import "vm_hooks" "msg_reentrant" (func (result i32)))
            (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
            {imports}
            (memory (export "memory") 1)
            (func (export "user_entrypoint") (param i32) (result i32) i32.const 0)
            {extra})"#
    );
    wat::parse_str(text).unwrap()
}

fn refusals(wasm: &[u8]) -> Vec<Refusal> {
    inspect(wasm).unwrap().1
}

/// `n` bytes that brotli cannot shrink, as the escapes of a WAT string.
fn noise(n: usize) -> String {
    let mut x = 0x9e37_79b9_7f4a_7c15_u64;
    (0..n)
        .map(|_| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            format!("\\{:02x}", (x >> 24) as u8)
        })
        .collect()
}

#[test]
fn a_plain_module_is_accepted() {
    assert_eq!(refusals(&module("", "")), []);
}

#[test]
fn refuses_a_module_above_the_compressed_limit() {
    let wasm = module(
        "",
        &format!(r#"(data (i32.const 0) "{}")"#, noise(MAX_COMPRESSED)),
    );
    let found = refusals(&wasm);
    assert!(
        matches!(found.as_slice(), [Refusal::CompressedTooLarge(n), Refusal::DataTooLarge(_)]
        if *n > MAX_COMPRESSED),
        "{found:?}"
    );
}

#[test]
fn refuses_a_module_above_the_raw_limit() {
    let bodies = format!("(func {})", "nop ".repeat(60_000)).repeat(4);
    let found = refusals(&module("", &bodies));
    assert!(
        matches!(found.as_slice(), [Refusal::RawTooLarge(n)] if *n > MAX_RAW),
        "{found:?}"
    );
}

#[test]
fn refuses_data_above_the_limit_and_accepts_it_at_the_limit() {
    // what a segment at address 0 adds to its bytes: flag, i32.const 0, end, two bytes of length
    let header = 6;
    let at = |n: usize| module("", &format!(r#"(data (i32.const 0) "{}")"#, "x".repeat(n)));
    let full = at(MAX_DATA - header);
    assert_eq!(inspect(&full).unwrap().0.data_bytes, MAX_DATA);
    assert_eq!(refusals(&full), []);
    assert_eq!(
        refusals(&at(MAX_DATA - header + 1)),
        [Refusal::DataTooLarge(MAX_DATA + 1)]
    );
}

#[test]
fn refuses_a_program_without_the_reentrancy_guard() {
    let wasm = wat::parse_str(
        r#"(module (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
    )
    .unwrap();
    assert_eq!(refusals(&wasm), [Refusal::ReentrancyGuardMissing]);
}

#[test]
fn refuses_imports_from_elsewhere() {
    let wasm = module(r#"(import "env" "abort" (func))"#, "");
    assert_eq!(
        refusals(&wasm),
        [Refusal::ForeignImport("env.abort".into())]
    );
    let wasm = module(r#"(import "vm_hooks" "t" (global i32))"#, "");
    assert_eq!(
        refusals(&wasm),
        [Refusal::ForeignImport("vm_hooks.t".into())]
    );
}

#[test]
fn refuses_host_functions_the_chain_does_not_have() {
    let wasm = module(r#"(import "vm_hooks" "random" (func))"#, "");
    assert_eq!(
        refusals(&wasm),
        [Refusal::UnknownHostFunction("random".into())]
    );
}

#[test]
fn refuses_a_data_count_section() {
    let mut wasm = module("", "");
    // section 12 stands before the code; appended it would be out of order
    let code = Parser::new(0)
        .parse_all(&wasm)
        .filter_map(|p| p.unwrap().as_section())
        .find(|(id, _)| *id == 10)
        .map(|(_, range)| range.start as usize - 2)
        .unwrap();
    wasm.splice(code..code, [12, 1, 0]);
    assert!(
        refusals(&wasm).contains(&Refusal::DataCountSection),
        "{:?}",
        refusals(&wasm)
    );
}

#[test]
fn refuses_a_start_function() {
    assert_eq!(
        refusals(&module("", "(func $s) (start $s)")),
        [Refusal::StartSection]
    );
}

#[test]
fn refuses_a_missing_or_misshapen_entrypoint() {
    let with = |f: &str| {
        let text = format!(
            r#"(module (import "vm_hooks" "msg_reentrant" (func (result i32)))
                (memory (export "memory") 1 1) {f})"#
        );
        refusals(&wat::parse_str(text).unwrap())
    };
    assert_eq!(with(""), [Refusal::EntrypointMissing]);
    assert_eq!(
        with(r#"(func (export "user_entrypoint"))"#),
        [Refusal::EntrypointMissing]
    );
    // an imported function, exported again
    assert_eq!(
        with(r#"(export "user_entrypoint" (func 0))"#),
        [Refusal::EntrypointMissing]
    );
}

#[test]
fn refuses_a_memory_that_is_missing_or_grows_unpaid() {
    let with = |memory: &str| {
        let text = format!(
            r#"(module (import "vm_hooks" "msg_reentrant" (func (result i32))) {memory}
                (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#
        );
        refusals(&wat::parse_str(text).unwrap())
    };
    assert_eq!(with(""), [Refusal::MemoryMissing]);
    assert_eq!(with("(memory 1 1)"), [Refusal::MemoryMissing]);
    assert_eq!(
        with(r#"(memory (export "memory") 1 2)"#),
        [Refusal::MemoryGrowUnpaid]
    );
    assert_eq!(
        with(r#"(memory (export "memory") 1)"#),
        [Refusal::MemoryGrowUnpaid]
    );
}

#[test]
fn refuses_floats_several_results_and_reference_types() {
    for extra in [
        "(func f32.const 1 drop)",
        "(func (result i32 i32) i32.const 0 i32.const 0)",
        "(func ref.null func drop)",
    ] {
        let found = refusals(&module("", extra));
        assert!(
            matches!(found.as_slice(), [Refusal::Invalid(_)]),
            "{extra}: {found:?}"
        );
    }
}

#[test]
fn memory_copy_and_fill_are_accepted_and_the_other_bulk_operators_not() {
    let three = "i32.const 0 i32.const 0 i32.const 0";
    assert_eq!(
        refusals(&module(
            "",
            &format!("(func {three} memory.copy {three} memory.fill)")
        )),
        []
    );
    let table = format!("(table 1 funcref) (func {three} table.copy)");
    assert_eq!(
        refusals(&module("", &table)),
        [Refusal::UnsupportedOperator("table.copy".into())]
    );
}

#[test]
fn refuses_more_functions_segments_or_locals_than_the_chain_takes() {
    let too_many = |what, count, max| [Refusal::TooMany { what, count, max }];
    let functions = "(func)".repeat(MAX_FUNCTIONS);
    assert_eq!(
        refusals(&module("", &functions)),
        too_many("functions", 4_097, 4_096)
    );
    let segments = r#"(data (i32.const 0) "x")"#.repeat(MAX_DATA_SEGMENTS + 1);
    assert_eq!(
        refusals(&module("", &segments)),
        too_many("data segments", 129, 128)
    );
    let locals = format!("(func (local {}))", "i32 ".repeat(MAX_LOCALS + 1));
    assert_eq!(
        refusals(&module("", &locals)),
        too_many("locals in a function", 349, 348)
    );
    assert_eq!(
        refusals(&module("", "(table 4097 funcref)")),
        too_many("table entries", 4_097, 4_096)
    );
    // A kind, three bytes for where they go, two for how many, and one for each.
    let elements = |n| {
        format!(
            "(table 4096 funcref) (elem (i32.const 0) {})",
            "0 ".repeat(n)
        )
    };
    assert_eq!(refusals(&module("", &elements(4_090))), []);
    assert_eq!(
        refusals(&module("", &elements(4_091))),
        too_many("bytes of elements", 4_097, 4_096)
    );
}

#[test]
fn refuses_a_function_that_metering_makes_too_large() {
    // 12 at the one block's start, 17 for the stack, and the end itself.
    let room = MAX_OPERATORS - 12 - 17 - 1;
    let body = |n| format!("(func {})", "nop ".repeat(n));
    assert_eq!(refusals(&module("", &body(room))), []);
    let what = "operators in a function, metering included";
    assert_eq!(
        refusals(&module("", &body(room + 1))),
        [Refusal::TooMany {
            what,
            count: 65_537,
            max: 65_536
        }]
    );
    // Each call ends a block.
    let calls = format!("(func $f) (func {})", "call $f ".repeat(room / 13 + 1));
    assert_eq!(refusals(&module("", &calls)).len(), 1);
}

#[test]
fn init_gas_follows_the_published_formula() {
    // a module of 1 function of one parameter and one result, no data, 1 page
    let (sizes, _) = inspect(&module("", "")).unwrap();
    assert_eq!(sizes.functions, 1);
    // 352 + bytes·122/100,000 (< 1) + 4·1.628 (6) + 5
    assert_eq!(sizes.init_cached, 363);
    // 8,832 + 8 + 2 + 0.1286·bytes + cached
    assert_eq!(
        sizes.init_uncached,
        8_842 + sizes.raw as u64 * 1_286 / 10_000 + 363
    );
    let data = module(
        "",
        &format!(r#"(data (i32.const 0) "{}")"#, "x".repeat(994)),
    );
    assert_eq!(inspect(&data).unwrap().0.init_cached, 363 + 752 + 1);
    // Two segments of three functions: a kind, three bytes for where they go, how many, three: 8 each,
    // what stands before the first of them not counted. 16·0.75244 is 12.
    let elements = "(elem (i32.const 0) 0 0 0)".repeat(2);
    let (sizes, _) = inspect(&module("", &format!("(table 3 funcref) {elements}"))).unwrap();
    assert_eq!((sizes.data_bytes, sizes.init_cached), (16, 363 + 12));
}

#[test]
fn fragments_count_the_accounts_that_carry_the_code() {
    assert_eq!(fragments(24_576), 1);
    assert_eq!(
        fragments(24_577),
        1 + usize::from(24_573 > FRAGMENT_BYTES - FRAGMENT_PREFIX)
    );
    assert_eq!(fragments(24_578), 2);
    assert_eq!(
        fragments(MAX_COMPRESSED),
        3 - usize::from(MAX_COMPRESSED - 4 <= 2 * 24_573)
    );
}

#[test]
fn compression_round_trips_behind_its_prefix() {
    let wasm = module("", "");
    let packed = compress(&wasm).unwrap();
    let (prefix, body) = packed.split_at(4);
    assert_eq!(prefix, [0xef, 0xf0, 0x00, 0x00]);
    let mut plain = Vec::new();
    brotli::BrotliDecompress(&mut &*body, &mut plain).unwrap();
    assert_eq!(plain, wasm);
}

#[test]
fn normalising_drops_custom_sections_and_keeps_the_program() {
    let plain = module("", "");
    let mut dressed = plain.clone();
    dressed.extend_from_slice(&[0, 5, 4, b'n', b'o', b't', b'e']);
    assert_ne!(dressed, plain);
    assert_eq!(normalise(&dressed).unwrap(), plain);
    assert_eq!(strip_custom_sections(&dressed).unwrap(), plain);
}
