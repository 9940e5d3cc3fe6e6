//! What a Stylus program weighs, what its start costs, and whether the chain would take it.
//!
//! The limits and prices are Nitro's (ArbOS 60, Stylus version 3). Ours are tighter, so that a program
//! is refused here before it becomes slow or large.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use wasmparser::{
    DataKind, ExternalKind, Operator, Parser, Payload, TypeRef, Validator, WasmFeatures,
};

/// Most compressed bytes of one of our programs: two fragments of the four that the chain allows.
pub(crate) const MAX_COMPRESSED: usize = 49_152;
/// Most bytes before compression; the chain allows 262,144.
pub(crate) const MAX_RAW: usize = 196_608;
/// Most bytes of data and element sections: each costs 0.75 gas on every call.
pub(crate) const MAX_DATA: usize = 8_192;

const FRAGMENT_BYTES: usize = 24_576;
const FRAGMENT_PREFIX: usize = 3;
const CODE_PREFIX: usize = 4;

const MAX_FUNCTIONS: usize = 4_096;
const MAX_DATA_SEGMENTS: usize = 128;
const MAX_TABLE_ENTRIES: u64 = 4_096;
const MAX_ELEMENT_BYTES: u64 = 4_096;
const MAX_LOCALS: usize = 348;
const MAX_OPERATORS: usize = 65_536;
const MAX_PAGES: u64 = 128;

/// Operators that Nitro adds at a function's entry and end to count the stack.
const METERED_ENTRY: u64 = 17;
/// Operators that it adds before each basic block to take its price.
const METERED_BLOCK: u64 = 12;
/// Operators that it adds before each copy or fill of memory.
const METERED_BULK: u64 = 17;

/// Operators that Nitro adds because of this one: it limits a function by what it is after metering.
fn metering(operator: &Operator<'_>) -> u64 {
    use Operator as O;
    match operator {
        O::End
        | O::Else
        | O::Loop { .. }
        | O::Br { .. }
        | O::BrTable { .. }
        | O::BrIf { .. }
        | O::If { .. }
        | O::Call { .. }
        | O::CallIndirect { .. } => METERED_BLOCK,
        O::Return => METERED_BLOCK + 4,
        O::MemoryCopy { .. } | O::MemoryFill { .. } => METERED_BULK,
        O::MemoryGrow { .. } => 4,
        _ => 0,
    }
}

/// The functions that a program may import from `vm_hooks`.
const HOST_FUNCTIONS: [&str; 42] = [
    "account_balance",
    "account_code",
    "account_code_size",
    "account_codehash",
    "block_basefee",
    "block_coinbase",
    "block_gas_limit",
    "block_number",
    "block_timestamp",
    "call_contract",
    "chainid",
    "contract_address",
    "create1",
    "create2",
    "delegate_call_contract",
    "emit_log",
    "evm_gas_left",
    "evm_ink_left",
    "exit_early",
    "math_add_mod",
    "math_div",
    "math_mod",
    "math_mul_mod",
    "math_pow",
    "msg_reentrant",
    "msg_sender",
    "msg_value",
    "native_keccak256",
    "pay_for_memory_grow",
    "read_args",
    "read_return_data",
    "return_data_size",
    "static_call_contract",
    "storage_cache_bytes32",
    "storage_flush_cache",
    "storage_load_bytes32",
    "transient_load_bytes32",
    "transient_store_bytes32",
    "tx_gas_price",
    "tx_ink_price",
    "tx_origin",
    "write_result",
];

/// Size and start-up cost of a program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sizes {
    /// Bytes of the module as the chain runs it.
    pub(crate) raw: usize,
    /// Bytes as deployed: brotli (quality 11, window 22) and the four-byte prefix.
    pub(crate) compressed: usize,
    /// Code accounts that the compressed program needs.
    pub(crate) fragments: usize,
    /// Bytes of data segments and element section.
    pub(crate) data_bytes: usize,
    /// Functions with a body.
    pub(crate) functions: usize,
    /// Memory pages open from the start.
    pub(crate) pages: u64,
    /// Gas to enter the program when it is cached.
    pub(crate) init_cached: u64,
    /// Gas to enter the program when it is not.
    pub(crate) init_uncached: u64,
}

/// Why a module would be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Invalid(String),
    CompressedTooLarge(usize),
    RawTooLarge(usize),
    DataTooLarge(usize),
    ReentrancyGuardMissing,
    ForeignImport(String),
    UnknownHostFunction(String),
    DataCountSection,
    StartSection,
    EntrypointMissing,
    MemoryMissing,
    MemoryGrowUnpaid,
    UnsupportedOperator(String),
    TooMany {
        what: &'static str,
        count: u64,
        max: u64,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(why) => write!(f, "the module uses what Nitro does not accept: {why}"),
            Self::CompressedTooLarge(n) => write!(
                f,
                "{n} bytes compressed, at most {MAX_COMPRESSED}: fewer array shapes in the ABI, one \
                 division routine, no Debug or formatting"
            ),
            Self::RawTooLarge(n) => write!(f, "{n} bytes before compression, at most {MAX_RAW}"),
            Self::DataTooLarge(n) => write!(
                f,
                "{n} bytes of data and elements, at most {MAX_DATA}: look for panic strings (indexing, \
                 unwrap, slices) with `strings` and give those paths an error"
            ),
            Self::ReentrancyGuardMissing => write!(
                f,
                "msg_reentrant is not imported, so the SDK's re-entrancy guard is off: no crate in the \
                 build may enable stylus-sdk/reentrant"
            ),
            Self::ForeignImport(name) => {
                write!(f, "imports {name}: a program may import from vm_hooks only")
            }
            Self::UnknownHostFunction(name) => {
                write!(f, "imports vm_hooks.{name}, which the chain does not offer")
            }
            Self::DataCountSection => write!(
                f,
                "has a DataCount section, which fails activation: wasm-opt must run with \
                 --enable-bulk-memory-opt, not --enable-bulk-memory"
            ),
            Self::StartSection => write!(f, "has a start function, which the chain refuses"),
            Self::EntrypointMissing => write!(
                f,
                "does not export user_entrypoint(i32) -> i32: build the library with --lib, the bin of \
                 the same name is empty"
            ),
            Self::MemoryMissing => write!(f, "does not export exactly one memory named memory"),
            Self::MemoryGrowUnpaid => {
                write!(f, "its memory may grow but pay_for_memory_grow is not imported")
            }
            Self::UnsupportedOperator(name) => write!(f, "uses {name}, which Nitro does not accept"),
            Self::TooMany { what, count, max } => write!(f, "{count} {what}, at most {max}"),
        }
    }
}

/// Rewrites what rustc emits into the plain encoding that Nitro's parser reads: through the text form,
/// without custom sections.
pub(crate) fn normalise(wasm: &[u8]) -> Result<Vec<u8>> {
    let text =
        wasmprinter::print_bytes(wasm).context("rustc's module cannot be printed as text")?;
    let plain = wat::parse_str(text).context("the module's text cannot be read back")?;
    strip_custom_sections(&plain)
}

/// The module without names, producers, target features or any other custom section.
pub(crate) fn strip_custom_sections(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut out = wasm
        .get(..8)
        .context("not a WASM module: shorter than its header")?
        .to_vec();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.context("not a WASM module")?;
        if let Some((id, range)) = payload.as_section() {
            if id == 0 {
                continue;
            }
            let body = wasm
                .get(range.start as usize..range.end as usize)
                .context("a section reaches past the end of the module")?;
            out.push(id);
            push_leb128(&mut out, body.len());
            out.extend_from_slice(body);
        }
    }
    Ok(out)
}

fn push_leb128(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// The program as it is deployed, prefix included.
pub(crate) fn compress(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut out = vec![0xef, 0xf0, 0x00, 0x00];
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*wasm, &mut out, &params).context("brotli failed")?;
    Ok(out)
}

/// Code accounts needed for `compressed` bytes, prefix included.
fn fragments(compressed: usize) -> usize {
    if compressed <= FRAGMENT_BYTES {
        return 1;
    }
    (compressed - CODE_PREFIX).div_ceil(FRAGMENT_BYTES - FRAGMENT_PREFIX)
}

#[derive(Default)]
struct Module {
    refusals: Vec<Refusal>,
    /// Parameters and results of each type.
    types: Vec<(Vec<wasmparser::ValType>, Vec<wasmparser::ValType>)>,
    imported_functions: usize,
    imports: Vec<String>,
    function_types: Vec<u32>,
    globals: usize,
    tables: u64,
    memories: Vec<(u64, Option<u64>)>,
    exports: BTreeMap<String, (ExternalKind, u32)>,
    data_segments: usize,
    data_bytes: usize,
    element_bytes: usize,
}

impl Module {
    fn words_of_types(&self) -> u64 {
        self.function_types
            .iter()
            .filter_map(|t| self.types.get(*t as usize))
            .map(|(params, results)| (params.len() + results.len()) as u64)
            .sum()
    }

    fn entrypoint_is_right(&self) -> bool {
        let Some((ExternalKind::Func, index)) = self.exports.get("user_entrypoint") else {
            return false;
        };
        let Some(own) = (*index as usize).checked_sub(self.imported_functions) else {
            return false;
        };
        let i32s = [wasmparser::ValType::I32];
        self.function_types
            .get(own)
            .and_then(|t| self.types.get(*t as usize))
            .is_some_and(|(params, results)| params == &i32s && results == &i32s)
    }
}

fn read(wasm: &[u8]) -> Result<Module> {
    let mut m = Module::default();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(types) => {
                for group in types {
                    for sub in group?.into_types() {
                        let (params, results) = match sub.composite_type.inner {
                            wasmparser::CompositeInnerType::Func(f) => {
                                (f.params().to_vec(), f.results().to_vec())
                            }
                            _ => (Vec::new(), Vec::new()),
                        };
                        m.types.push((params, results));
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    let full = format!("{}.{}", import.module, import.name);
                    if !matches!(import.ty, TypeRef::Func(_)) || import.module != "vm_hooks" {
                        m.refusals.push(Refusal::ForeignImport(full));
                    } else if !HOST_FUNCTIONS.contains(&import.name) {
                        m.refusals
                            .push(Refusal::UnknownHostFunction(import.name.to_owned()));
                    }
                    if matches!(import.ty, TypeRef::Func(_)) {
                        m.imported_functions += 1;
                    }
                    m.imports.push(import.name.to_owned());
                }
            }
            Payload::FunctionSection(functions) => {
                m.function_types = functions.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    m.tables += table?.ty.initial;
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let memory = memory?;
                    m.memories.push((memory.initial, memory.maximum));
                }
            }
            Payload::GlobalSection(globals) => m.globals = globals.count() as usize,
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    m.exports
                        .insert(export.name.to_owned(), (export.kind, export.index));
                }
            }
            Payload::StartSection { .. } => m.refusals.push(Refusal::StartSection),
            Payload::ElementSection(elements) => {
                for element in elements {
                    m.element_bytes += length(&element?.range);
                }
                limit(
                    &mut m.refusals,
                    "bytes of elements",
                    m.element_bytes as u64,
                    MAX_ELEMENT_BYTES,
                );
            }
            Payload::DataCountSection { .. } => m.refusals.push(Refusal::DataCountSection),
            Payload::DataSection(segments) => {
                for segment in segments {
                    let segment = segment?;
                    m.data_segments += 1;
                    // as priced: the segment with its header
                    m.data_bytes += length(&segment.range);
                    if matches!(segment.kind, DataKind::Passive) {
                        m.refusals
                            .push(Refusal::Invalid("a passive data segment".to_owned()));
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let locals: usize = body
                    .get_locals_reader()?
                    .into_iter()
                    .map(|l| l.map(|l| l.0 as usize))
                    .sum::<Result<_, _>>()?;
                limit(
                    &mut m.refusals,
                    "locals in a function",
                    locals as u64,
                    MAX_LOCALS as u64,
                );
                let mut operators = METERED_ENTRY;
                for operator in body.get_operators_reader()? {
                    let operator = operator?;
                    operators += 1 + metering(&operator);
                    let refused = match operator {
                        Operator::MemoryInit { .. } => "memory.init",
                        Operator::DataDrop { .. } => "data.drop",
                        Operator::ElemDrop { .. } => "elem.drop",
                        Operator::TableInit { .. } => "table.init",
                        Operator::TableCopy { .. } => "table.copy",
                        _ => continue,
                    };
                    m.refusals
                        .push(Refusal::UnsupportedOperator(refused.to_owned()));
                }
                limit(
                    &mut m.refusals,
                    "operators in a function, metering included",
                    operators,
                    MAX_OPERATORS as u64,
                );
            }
            _ => {}
        }
    }
    Ok(m)
}

fn length(range: &std::ops::Range<u64>) -> usize {
    (range.end - range.start) as usize
}

fn limit(refusals: &mut Vec<Refusal>, what: &'static str, count: u64, max: u64) {
    if count > max {
        refusals.push(Refusal::TooMany { what, count, max });
    }
}

/// Features of WASM that Nitro reads under Stylus version 3.
fn accepted_features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::GC_TYPES
}

/// Measures a finished module and lists every reason for which it would be refused.
pub(crate) fn inspect(wasm: &[u8]) -> Result<(Sizes, Vec<Refusal>)> {
    let m = read(wasm).context("the module cannot be parsed")?;
    let compressed = compress(wasm)?.len();
    let data = m.data_bytes + m.element_bytes;
    let pages = m.memories.first().map_or(0, |(initial, _)| *initial);
    let (init_cached, init_uncached) = init_gas(&m, wasm.len() as u64, data as u64, pages);
    let sizes = Sizes {
        raw: wasm.len(),
        compressed,
        fragments: fragments(compressed),
        data_bytes: data,
        functions: m.function_types.len(),
        pages,
        init_cached,
        init_uncached,
    };

    let mut refusals = m.refusals.clone();
    if let Err(e) = Validator::new_with_features(accepted_features()).validate_all(wasm) {
        refusals.push(Refusal::Invalid(e.message().to_owned()));
    }
    if sizes.compressed > MAX_COMPRESSED {
        refusals.push(Refusal::CompressedTooLarge(sizes.compressed));
    }
    if sizes.raw > MAX_RAW {
        refusals.push(Refusal::RawTooLarge(sizes.raw));
    }
    if sizes.data_bytes > MAX_DATA {
        refusals.push(Refusal::DataTooLarge(sizes.data_bytes));
    }
    let imports = |name: &str| m.imports.iter().any(|i| i == name);
    if !imports("msg_reentrant") {
        refusals.push(Refusal::ReentrancyGuardMissing);
    }
    if !m.entrypoint_is_right() {
        refusals.push(Refusal::EntrypointMissing);
    }
    let exports_memory = matches!(m.exports.get("memory"), Some((ExternalKind::Memory, 0)));
    if m.memories.len() != 1 || !exports_memory {
        refusals.push(Refusal::MemoryMissing);
    }
    let may_grow = m
        .memories
        .iter()
        .any(|(initial, maximum)| *maximum != Some(*initial));
    if may_grow && !imports("pay_for_memory_grow") {
        refusals.push(Refusal::MemoryGrowUnpaid);
    }
    limit(
        &mut refusals,
        "functions",
        sizes.functions as u64,
        MAX_FUNCTIONS as u64,
    );
    limit(
        &mut refusals,
        "data segments",
        m.data_segments as u64,
        MAX_DATA_SEGMENTS as u64,
    );
    limit(&mut refusals, "table entries", m.tables, MAX_TABLE_ENTRIES);
    limit(&mut refusals, "pages of memory", pages, MAX_PAGES);
    Ok((sizes, refusals))
}

/// {gas} cached and uncached, as Nitro charges to enter a program.
///
/// cached = 352 + 0.1342·functions + 0.00089·words + 0.00122·bytes + 1.628·globals + 0.75244·data + 5·pages
///
/// uncached = 8,832 + 8.252·functions + 1.059·words + 0.1286·bytes + cached
///
/// # Rounding
/// Each term down, as Nitro does.
fn init_gas(m: &Module, raw: u64, data: u64, pages: u64) -> (u64, u64) {
    let functions = m.function_types.len() as u64;
    let words = m.words_of_types();
    // the instrumentation adds four: ink left, ink status, scratch and stack left
    let globals = m.globals as u64 + 4;
    let cached = 352
        + functions * 13_420 / 100_000
        + words * 89 / 100_000
        + raw * 122 / 100_000
        + globals * 1_628 / 1_000
        + data * 75_244 / 100_000
        + pages * 5;
    let uncached = 69 * 128
        + functions * 8_252 / 1_000
        + words * 1_059 / 1_000
        + raw * 1_286 / 10_000
        + cached;
    (cached, uncached)
}

#[cfg(test)]
mod tests;
