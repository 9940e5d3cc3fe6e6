//! Which modules may be programs (`crates/prover/src/binary.rs`, `machine.rs`, `wavm.rs` and
//! `programs/*.rs`): for each rule a module that breaks it, by one where it is a limit, and one that
//! just keeps it. What is refused takes all gas.

use super::start::known;
use crate::program::HOST_FUNCTIONS;
use crate::scene::{compress, Scene, GAS_LIMIT};
use devnode::exec::{pricing::Params, Status};

const MEMORY: &str = r#"(memory (export "memory") 1 1)"#;
const ENTRY: &str = r#"(func (export "user_entrypoint") (param i32) (result i32) (i32.const 0))"#;

/// A module that could be a program, with more in it.
fn with(items: &str) -> String {
    format!("(module {MEMORY} {ENTRY} {items})")
}

/// The same with imports.
fn importing(imports: &str, items: &str) -> String {
    format!("(module {imports} {MEMORY} {ENTRY} {items})")
}

/// The same with something in a function that nobody calls.
fn doing(code: &str) -> String {
    with(&format!("(func {code})"))
}

fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| {
        let shown: String = text.chars().take(400).collect();
        panic!("{error}\n{shown}")
    })
}

/// Whether the chain takes a module, or why not.
fn verdict_on(scene: &mut Scene, wasm: &[u8]) -> Result<(), String> {
    let program = scene.deploy(&compress(wasm));
    let outcome = scene.activate(program);
    match outcome.status {
        Status::Success => {
            assert!(scene.ok(program, []).is_empty());
            Ok(())
        }
        Status::Halt(why) => {
            assert_eq!(outcome.gas_used, GAS_LIMIT, "{why}");
            assert!(outcome.output.is_empty());
            Err(why)
        }
        Status::Revert => panic!("{:?} {}", outcome.reason, outcome.output),
    }
}

fn verdict(wasm: &[u8]) -> Result<(), String> {
    verdict_on(&mut Scene::new(), wasm)
}

fn passes(text: &str) {
    let shown: String = text.chars().take(400).collect();
    assert_eq!(verdict(&binary(text)), Ok(()), "{shown}");
}

fn refused(text: &str, reason: &str) {
    refused_binary(&binary(text), reason, text);
}

fn refused_binary(wasm: &[u8], reason: &str, text: &str) {
    let shown: String = text.chars().take(400).collect();
    let why = verdict(wasm).expect_err(&shown);
    assert!(why.contains(reason), "{why}\n{shown}");
}

/// A limit, with a module at the limit and one beyond.
fn limit(most: usize, module: impl Fn(usize) -> String, reason: &str) {
    passes(&module(most));
    refused(&module(most + 1), reason);
}

#[test]
fn the_entry_point_takes_a_length_and_leaves_a_status() {
    passes(&with(""));
    refused(
        &format!("(module {MEMORY})"),
        "missing export with name user_entrypoint",
    );
    for ty in [
        "",
        "(param i32)",
        "(result i32) (i32.const 0)",
        "(param i64) (result i32) (i32.const 0)",
        "(param i32) (result i64) (i64.const 0)",
        "(param i32 i32) (result i32) (i32.const 0)",
    ] {
        refused(
            &format!(r#"(module {MEMORY} (func (export "user_entrypoint") {ty}))"#),
            "wrong type for user_entrypoint",
        );
    }
    refused(
        &format!(r#"(module {MEMORY} (global (export "user_entrypoint") i32 (i32.const 0)))"#),
        "export user_entrypoint must be a function",
    );
    refused(
        &with("(func $start) (start $start)"),
        "start functions not allowed",
    );
}

#[test]
fn there_is_one_memory_and_it_is_exported_as_such() {
    refused(
        &format!("(module {ENTRY})"),
        "missing memory export with name memory",
    );
    for memory in [
        "(memory 1 1)",
        r#"(memory (export "mem") 1 1)"#,
        r#"(memory 1 1) (func (export "memory"))"#,
    ] {
        refused(
            &format!("(module {memory} {ENTRY})"),
            "missing memory with export name memory",
        );
    }
    refused(&with("(memory 1 1)"), "failed to parse wasm");
    refused(
        &format!(r#"(module (memory (export "memory") i64 1 1) {ENTRY})"#),
        "failed to parse wasm",
    );
    refused(
        &format!(r#"(module (memory (export "memory") 1 1 shared) {ENTRY})"#),
        "failed to parse wasm",
    );
    passes(&format!(
        r#"(module (memory (export "memory") 0 0) {ENTRY})"#
    ));
    let memory = |pages| format!(r#"(module (memory (export "memory") {pages} {pages}) {ENTRY})"#);
    // Starting with 128 pages costs more gas than these messages have; being one does not.
    let mut scene = Scene::new();
    let program = scene.deploy(&compress(&binary(&memory(128))));
    assert_eq!(scene.activate(program).status, Status::Success);
    refused(&memory(129), "memory size 129 exceeds bound 128");
}

#[test]
fn the_chains_page_limit_holds_at_activation_too() {
    let mut scene = Scene::new();
    let params = Params {
        page_limit: 3,
        ..scene.state.params()
    };
    scene.state.set_params(params).unwrap();
    let memory = |pages| format!(r#"(module (memory (export "memory") {pages} {pages}) {ENTRY})"#);
    assert_eq!(verdict_on(&mut scene, &binary(&memory(3))), Ok(()));
    let why = verdict_on(&mut scene, &binary(&memory(4))).unwrap_err();
    assert!(why.contains("memory exceeds limit: 4 > 3"), "{why}");
}

#[test]
fn memory_that_can_grow_needs_the_function_that_pays_for_it() {
    let pay = r#"(import "vm_hooks" "pay_for_memory_grow" (func (param i32)))"#;
    for pages in ["1", "1 2", "0 1", "1 65536"] {
        let memory = format!(r#"(memory (export "memory") {pages})"#);
        refused(
            &format!("(module {memory} {ENTRY})"),
            "missing import pay_for_memory_grow",
        );
        passes(&format!("(module {pay} {memory} {ENTRY})"));
    }
    // Nobody minds if it is there for nothing.
    passes(&importing(pay, ""));
}

#[test]
fn only_host_functions_are_imported_each_as_it_is() {
    let import = |name: &str, params: &str, result: &str| {
        format!(r#"(import "vm_hooks" "{name}" (func (param {params}) (result {result})))"#)
    };
    let all: String = HOST_FUNCTIONS
        .iter()
        .map(|(name, params, result)| import(name, params, result))
        .collect();
    passes(&importing(&all, ""));
    for (name, params, result) in HOST_FUNCTIONS {
        let wrong = [
            import(name, &format!("{params} i32"), result),
            import(name, params, if result.is_empty() { "i32" } else { "" }),
            import(
                name,
                &params.replacen("i32", "i64", 1),
                if params.is_empty() { "f32" } else { result },
            ),
        ];
        for wrong in wrong {
            let reason = format!("wrong type for import {name} from vm_hooks");
            refused(&importing(&wrong, ""), &reason);
        }
    }
    for (import, reason) in [
        (
            r#"(import "env" "msg_value" (func (param i32)))"#,
            "missing import msg_value from env",
        ),
        (
            r#"(import "console" "log_i32" (func (param i32)))"#,
            "missing import log_i32 from console",
        ),
        (
            r#"(import "vm_hooks" "launch" (func))"#,
            "missing import launch from vm_hooks",
        ),
        (
            r#"(import "vm_hooks" "arbitrator_forward__msg_value" (func (param i32)))"#,
            "missing import",
        ),
        (
            r#"(import "vm_hooks" "g" (global i32))"#,
            "unsupported import kind",
        ),
        (
            r#"(import "vm_hooks" "t" (table 1 funcref))"#,
            "unsupported import kind",
        ),
        (
            r#"(import "vm_hooks" "stylus_x" (func))"#,
            "imports reserved symbol stylus_x",
        ),
    ] {
        refused(&importing(import, ""), reason);
    }
    refused(
        &format!(r#"(module (import "vm_hooks" "m" (memory 1)) {ENTRY})"#),
        "unsupported import kind",
    );
    // Twice is fine, but not as two things.
    let twice = r#"(import "vm_hooks" "msg_value" (func (param i32)))"#;
    passes(&importing(&twice.repeat(2), ""));
    refused(
        &importing(
            &format!(r#"{twice} (import "vm_hooks" "msg_value" (func))"#),
            "",
        ),
        "inconsistent imports for vm_hooks msg_value",
    );
}

#[test]
fn names_of_exports() {
    let value = r#"(import "vm_hooks" "msg_value" (func (param i32)))"#;
    // What stands behind the last double underscore counts.
    for name in ["msg_value", "my__msg_value", "a__b__msg_value"] {
        refused(
            &importing(value, &format!(r#"(func (export "{name}"))"#)),
            "exports an import with the same name msg_value",
        );
    }
    for name in ["stylus", "stylus_x", "stylusx", "x__stylus_y"] {
        refused(
            &with(&format!(r#"(func (export "{name}"))"#)),
            "exports reserved symbol stylus",
        );
    }
    for name in [
        "my_msg_value",
        "msg_value__x",
        "x_stylus",
        "stylus__x",
        "Stylus",
    ] {
        passes(&importing(value, &format!(r#"(func (export "{name}"))"#)));
    }
    // All but two exports are dropped before they are counted and measured.
    let many: String = (0..1_025)
        .map(|number| format!(r#"(export "e{number}" (func 0))"#))
        .collect();
    passes(&with(&many));
    passes(&with(&format!(r#"(func (export "{}"))"#, "x".repeat(513))));
}

#[test]
fn names_of_modules_and_functions() {
    limit(
        512,
        |length| format!("(module ${} {MEMORY} {ENTRY})", "n".repeat(length)),
        "wasm module name too long: 513 > 512",
    );
    passes(&with(&format!("(func ${})", "n".repeat(600))));
    // A name section with a map of functions that promises one name and has none.
    let mut wasm = binary(&with(""));
    wasm.extend([0, 8, 4, b'n', b'a', b'm', b'e', 1, 1, 1]);
    refused_binary(
        &wasm,
        "failed to parse wasm",
        "a map of names that breaks off",
    );
    // Other sections may hold what they like.
    let mut wasm = binary(&with(""));
    wasm.extend([0, 8, 4, b'n', b'o', b't', b'e', 1, 1, 1]);
    assert_eq!(verdict(&wasm), Ok(()));
}

#[test]
fn how_many_there_may_be() {
    limit(
        128,
        |count| with(&r#"(data (i32.const 0) "")"#.repeat(count)),
        "too many wasm datas: 129 > 128",
    );
    limit(
        128,
        |count| {
            let elements = "(elem (i32.const 0) 0)".repeat(count);
            with(&format!("(table 1 funcref) {elements}"))
        },
        "too many wasm elements: 129 > 128",
    );
    // With the entry point.
    limit(
        4_096,
        |count| with(&"(func)".repeat(count - 1)),
        "too many wasm functions: 4097 > 4096",
    );
    // Metering adds four.
    limit(
        32_764,
        |count| with(&"(global i32 (i32.const 0))".repeat(count)),
        "too many wasm globals: 32769 > 32768",
    );
    limit(
        513,
        |count| {
            let import = r#"(import "vm_hooks" "msg_value" (func (param i32)))"#;
            importing(&import.repeat(count), "")
        },
        "too many wasm imports: 514 > 513",
    );
    limit(
        4_096,
        |count| with(&format!("(table {count} funcref)")),
        "too many wasm table entries: 4097 > 4096",
    );
    // Counted in bytes: a kind, three bytes for where they go, two for how many, and one each.
    limit(
        4_090,
        |count| {
            let functions = "0 ".repeat(count);
            with(&format!(
                "(table 4096 funcref) (elem (i32.const 0) {functions})"
            ))
        },
        "too many wasm element entries: 4097 > 4096",
    );
    limit(
        348,
        |count| doing(&format!("(param i32 i32) (local {})", "i64 ".repeat(count))),
        "too many wasm locals: 349 > 348",
    );
}

#[test]
fn how_much_a_function_may_do() {
    // Metering makes of so many `nop` and the `end` 30 opcodes more: 12 for the block, 12 at the
    // entry, and four and a `return` before the end.
    limit(
        65_506,
        |count| doing(&"(nop)".repeat(count)),
        "too many wasm opcodes in func body: 65537 > 65536",
    );
    // A copy is preceded by 17 more, growth by four: the whole body of 200 of each is
    // 200 * (4 + 17) + 200 * (3 + 4) + 30 opcodes, and the rest `nop`.
    let pay = r#"(import "vm_hooks" "pay_for_memory_grow" (func (param i32)))"#;
    let copies = "(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))".repeat(200);
    let growths = "(drop (memory.grow (i32.const 0)))".repeat(200);
    limit(
        65_536 - 200 * 21 - 200 * 7 - 30,
        |count| {
            format!(
                r#"(module {pay} (memory (export "memory") 1 2) {ENTRY}
                    (func {copies} {growths} {}))"#,
                "(nop)".repeat(count)
            )
        },
        "too many wasm opcodes in func body: 65537 > 65536",
    );
    limit(
        4_096,
        |count| {
            doing(&format!(
                "{} {}",
                "(i32.const 0)".repeat(count),
                "(drop)".repeat(count)
            ))
        },
        "too many values on the stack at once in func 1: 4097 > 4096",
    );
    // So no frame has more than 4,096 + 348 + 4 words, and none of 10,240, which is one more limit.
}

#[test]
fn segments_lie_within_what_they_are_written_to() {
    limit(
        65_436,
        |offset| {
            with(&format!(
                r#"(data (i32.const {offset}) "{}")"#,
                "x".repeat(100)
            ))
        },
        "Out-of-bounds data memory init with offset 65437 and size 100",
    );
    limit(
        65_536,
        |offset| with(&format!(r#"(data (i32.const {offset}) "")"#)),
        "Out-of-bounds data memory init with offset 65537 and size 0",
    );
    refused(
        &with(r#"(data (i32.const -1) "x")"#),
        "Out-of-bounds data memory init with offset -1 and size 1",
    );
    limit(
        7,
        |offset| {
            with(&format!(
                "(table 10 funcref) (elem (i32.const {offset}) 0 0 0)"
            ))
        },
        "Out of bounds element segment at offset 8 and length 3 for table of length 10",
    );
    // Segments that are written nowhere need no room.
    passes(&with(r#"(data "passive")"#));
    passes(&with("(elem func 0 0)"));
    passes(&with("(elem declare func 0)"));
    refused(
        &with("(table 1 funcref) (elem (i32.const 0) funcref (ref.func 0))"),
        "failed to parse wasm",
    );
    refused(
        &with("(global $g i32 (i32.const 0)) (data (global.get $g) \"\")"),
        "failed to parse wasm",
    );
}

#[test]
fn globals_are_constants() {
    passes(&with(
        "(global i32 (i32.const 1)) (global (mut i64) (i64.const 1))
         (global f32 (f32.const 1)) (global (mut f64) (f64.const 1))",
    ));
    for global in [
        "(global $a i32 (i32.const 1)) (global i32 (global.get $a))",
        "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
        "(global funcref (ref.null func))",
        "(global v128 (v128.const i64x2 0 0))",
    ] {
        refused(&with(global), "failed to parse wasm");
    }
}

#[test]
fn floats_may_be_moved_but_not_calculated_with() {
    passes(&doing(
        "(param f32) (result f64) (local f32 f64)
         (local.set 1 (local.get 0))
         (f32.store (i32.const 0) (f32.reinterpret_i32 (i32.reinterpret_f32 (local.get 0))))
         (drop (f32.load (i32.const 0))) (drop (f64.load (i32.const 0)))
         (f64.reinterpret_i64 (i64.reinterpret_f64 (f64.const 1)))",
    ));
    let mut operations = Vec::new();
    for ty in ["f32", "f64"] {
        let one = format!("({ty}.const 1)");
        for name in "abs neg ceil floor trunc nearest sqrt".split(' ') {
            operations.push(format!("({ty}.{name} {one})"));
        }
        for name in "add sub mul div min max copysign eq ne lt gt le ge".split(' ') {
            operations.push(format!("({ty}.{name} {one} {one})"));
        }
        for int in ["i32", "i64"] {
            for sign in ["s", "u"] {
                operations.push(format!("({int}.trunc_{ty}_{sign} {one})"));
                operations.push(format!("({int}.trunc_sat_{ty}_{sign} {one})"));
                operations.push(format!("({ty}.convert_{int}_{sign} ({int}.const 1))"));
            }
        }
    }
    operations.push("(f32.demote_f64 (f64.const 1))".into());
    operations.push("(f64.promote_f32 (f32.const 1))".into());
    // 20 of each kind, 24 conversions to and from integers, two between floats.
    assert_eq!(operations.len(), 2 * 20 + 24 + 2);
    for operation in operations {
        refused(
            &doing(&format!("(drop {operation})")),
            "No implementation for floating point operation",
        );
    }
}

#[test]
fn bulk_memory_is_copy_and_fill() {
    passes(&doing(
        "(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))
         (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))",
    ));
    let table = "(table 2 funcref) (elem $e func 0)";
    for code in [
        "(table.init $e (i32.const 0) (i32.const 0) (i32.const 0))",
        "(table.copy (i32.const 0) (i32.const 0) (i32.const 0))",
        "(elem.drop $e)",
    ] {
        refused(
            &with(&format!("{table} (func {code})")),
            "opcode not supported",
        );
    }
    for code in [
        "(drop (table.get (i32.const 0)))",
        "(table.set (i32.const 0) (ref.null func))",
        "(drop (table.size))",
        "(drop (table.grow (ref.null func) (i32.const 1)))",
        "(table.fill (i32.const 0) (ref.null func) (i32.const 0))",
    ] {
        refused(
            &with(&format!("{table} (func {code})")),
            "failed to parse wasm",
        );
    }
    // These need the section that counts data, which no program may have.
    for code in [
        "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 0))",
        "(data.drop $d)",
    ] {
        refused(
            &with(&format!(r#"(data $d "x") (func {code})"#)),
            "unsupported section type DataCountSection",
        );
    }
}

#[test]
fn what_is_no_part_of_the_language() {
    let cases = [
        // Several values, unless the chain runs by Stylus version 2: see `lifetime`.
        doing("(result i32 i32) (i32.const 0) (i32.const 0)"),
        doing("(drop (drop (block (result i32 i32) (i32.const 0) (i32.const 0))))"),
        doing("(drop (i32.const 0) (block (param i32) (result i32)))"),
        doing("(drop (i32.const 0) (loop (param i32) (result i32)))"),
        doing("(drop (i32.const 0) (i32.const 1) (if (param i32) (result i32) (then) (else)))"),
        // References.
        doing("(drop (ref.null func))"),
        doing("(drop (ref.func 0))"),
        doing("(drop (ref.is_null (ref.null func)))"),
        doing("(param externref)"),
        doing("(drop (select (result i32) (i32.const 0) (i32.const 0) (i32.const 0)))"),
        with("(table 1 externref)"),
        with("(table 1 funcref) (table 1 funcref)"),
        // Vectors, threads, tail calls, exceptions, garbage collection, wide arithmetic.
        doing("(drop (v128.const i64x2 0 0))"),
        doing("(drop (i8x16.add (v128.const i64x2 0 0) (v128.const i64x2 0 0)))"),
        doing("(local v128)"),
        doing("(drop (i32.atomic.load (i32.const 0)))"),
        doing("(atomic.fence)"),
        doing("(return_call 1)"),
        with("(table 1 funcref) (func (return_call_indirect (i32.const 0)))"),
        with("(tag $t) (func (throw $t))"),
        with("(type (struct (field i32)))"),
        with("(type (array i32))"),
        doing("(drop (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0))) (drop)"),
    ];
    for text in cases {
        refused(&text, "failed to parse wasm");
    }
    passes(&doing(
        "(drop (i32.extend8_s (i32.const 0))) (drop (i64.extend32_s (i64.const 0)))
         (drop (block (result i32) (i32.const 0)))
         (drop (if (result i32) (i32.const 0) (then (i32.const 1)) (else (i32.const 2))))",
    ));
}

#[test]
fn indirect_calls_name_their_table_in_one_byte() {
    let text =
        with("(type (func)) (table 1 funcref) (func (call_indirect (type 0) (i32.const 0)))");
    let wasm = binary(&text);
    let at = wasm.len() - 3;
    // `call_indirect`, the type, the table, `end`.
    assert_eq!((wasm[at - 1], wasm[at + 1], wasm[at + 2]), (0x11, 0, 0x0b));
    assert_eq!(verdict(&wasm), Ok(()));
    // The same table in two bytes, as compilers write it that leave room for a linker: the body and
    // the section are one byte longer.
    let mut wasm = wasm;
    wasm.splice(at + 1..at + 2, [0x80, 0x00]);
    let body = at - 1 - 2 - 1;
    assert_eq!(wasm[body - 1..body + 1], [7, 0]);
    wasm[body - 1] += 1;
    let section = section(&wasm, 10);
    wasm[section + 1] += 1;
    refused_binary(&wasm, "failed to parse wasm", "a table in two bytes");
}

/// Where a section begins; all sections before it are shorter than 128 bytes.
fn section(wasm: &[u8], id: u8) -> usize {
    let mut at = 8;
    while wasm[at] != id {
        assert!(wasm[at + 1] < 128);
        at += 2 + usize::from(wasm[at + 1]);
    }
    at
}

#[test]
fn sections() {
    let wasm = binary(&with(""));
    let code = section(&wasm, 10);
    let mut counted = wasm.clone();
    counted.splice(code..code, [12, 1, 0]);
    refused_binary(
        &counted,
        "unsupported section type DataCountSection",
        "a count of data",
    );
    let mut unknown = wasm.clone();
    unknown.extend([14, 0]);
    refused_binary(&unknown, "failed to parse wasm", "a section of id 14");
    let mut twice = wasm.clone();
    twice.splice(code..code, wasm[section(&wasm, 3)..][..3 + 1].to_vec());
    refused_binary(&twice, "failed to parse wasm", "two sections of functions");
    let mut version = wasm.clone();
    version[4] = 2;
    refused_binary(&version, "failed to parse wasm", "version 2 of the format");
    let mut component = wasm.clone();
    component.splice(4..8, [0x0d, 0, 1, 0]);
    refused_binary(&component, "failed to parse wasm", "a component");
    for length in [0, 1, 4, 7, code + 1, wasm.len() - 1] {
        refused_binary(&wasm[..length], "failed to parse wasm", "an end too soon");
    }
    // A header and nothing else is a module, but no program.
    refused_binary(&wasm[..8], "missing memory export", "nothing");
    refused_binary(b"\0asn\x01\0\0\0", "failed to parse wasm", "other magic");
    assert_eq!(verdict(&known()), Ok(()));
}

#[test]
fn costs_of_starting_fit_16_bits() {
    // Two pages of memory, no functions to speak of, and one segment of so many bytes: its range has
    // one byte for its kind, three for where it goes, and three for how many. The cached cost is 6 for
    // the globals of the metering, 10 for the pages, 0.75244 a byte of the range, 0.00122 of the module.
    let data = |length: usize| {
        format!(
            r#"(module (memory (export "memory") 2 2) {ENTRY} (data (i32.const 0) "{}"))"#,
            "x".repeat(length)
        )
    };
    let cost = |length: usize| {
        let bytes = binary(&data(length)).len() as u64;
        6 + 10 + (length as u64 + 7) * 75_244 / 100_000 + bytes * 122 / 100_000
    };
    let most = (86_000..87_000)
        .rev()
        .find(|length| cost(*length) == 65_535)
        .unwrap();
    assert_eq!(cost(most + 1), 65_536);
    limit(most, data, "cached cost too high");

    // 4,096 functions without parameters, 8.252 each: 33,800. With 1.059 for each of the two of the
    // entry point, 31,733 are left for 0.1286 a byte: 246,765 bytes, of which a custom section has most.
    let functions = binary(&with(&"(func)".repeat(4_095)));
    let padded = |length: usize| {
        let mut wasm = functions.clone();
        // Its id, its length in three bytes, a name of no length.
        let rest = length - wasm.len() - 4;
        let three = [
            rest as u8 | 0x80,
            (rest >> 7) as u8 | 0x80,
            (rest >> 14) as u8,
        ];
        wasm.push(0);
        wasm.extend(three);
        wasm.resize(length, 0);
        wasm
    };
    let cost = |length: u64| 33_800 + 2 + length * 1_286 / 10_000;
    assert_eq!((cost(246_765), cost(246_766)), (65_535, 65_536));
    assert_eq!(verdict(&padded(246_765)), Ok(()));
    refused_binary(&padded(246_766), "init cost too high", "padding");
}
