//! Which modules may be activated.
//!
//! # Source
//! The rules of Nitro v3.10.0, `crates/prover/src/binary.rs`, `machine.rs` and `programs/heap.rs`, for
//! Stylus versions 2 and 3 on a chain without debug precompiles. Exports other than the two that are
//! needed are dropped before they are counted, so neither their number nor their names are limited.

use super::super::{
    params::SINGLE_VALUE_VERSION,
    pricing::{limits, Shape},
};
use super::segments::Segments;
use std::collections::{HashMap, HashSet};
use wasmparser::{
    BinaryReaderError, CompositeInnerType, ExternalKind, FuncType, FunctionBody, KnownCustom, Name,
    NameSectionReader, Operator, Parser, Payload, TypeRef, ValType, Validator, WasmFeatures,
};

/// The module that host functions are imported from.
pub const HOST_MODULE: &str = "vm_hooks";
/// What a program must export as its entry point.
pub const ENTRYPOINT: &str = "user_entrypoint";
/// What it must export as its memory.
pub const MEMORY: &str = "memory";

/// Bytes of a page of memory.
const PAGE_BYTES: u64 = 65_536;

/// The names, parameters and results of the host functions: `i` is `i32`, `I` is `i64`.
pub const HOST_FUNCTIONS: [(&str, &str, &str); 42] = [
    ("read_args", "i", ""),
    ("write_result", "ii", ""),
    ("exit_early", "i", ""),
    ("storage_load_bytes32", "ii", ""),
    ("storage_cache_bytes32", "ii", ""),
    ("storage_flush_cache", "i", ""),
    ("transient_load_bytes32", "ii", ""),
    ("transient_store_bytes32", "ii", ""),
    ("call_contract", "iiiiIi", "i"),
    ("delegate_call_contract", "iiiIi", "i"),
    ("static_call_contract", "iiiIi", "i"),
    ("create1", "iiiii", ""),
    ("create2", "iiiiii", ""),
    ("read_return_data", "iii", "i"),
    ("return_data_size", "", "i"),
    ("emit_log", "iii", ""),
    ("account_balance", "ii", ""),
    ("account_code", "iiii", "i"),
    ("account_code_size", "i", "i"),
    ("account_codehash", "ii", ""),
    ("evm_gas_left", "", "I"),
    ("evm_ink_left", "", "I"),
    ("block_basefee", "i", ""),
    ("chainid", "", "I"),
    ("block_coinbase", "i", ""),
    ("block_gas_limit", "", "I"),
    ("block_number", "", "I"),
    ("block_timestamp", "", "I"),
    ("contract_address", "i", ""),
    ("math_div", "ii", ""),
    ("math_mod", "ii", ""),
    ("math_pow", "ii", ""),
    ("math_add_mod", "iii", ""),
    ("math_mul_mod", "iii", ""),
    ("msg_reentrant", "", "i"),
    ("msg_sender", "i", ""),
    ("msg_value", "i", ""),
    ("native_keccak256", "iii", ""),
    ("tx_gas_price", "i", ""),
    ("tx_ink_price", "", "i"),
    ("tx_origin", "i", ""),
    ("pay_for_memory_grow", "i", ""),
];

/// Why a module is refused, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

impl From<BinaryReaderError> for Refusal {
    fn from(error: BinaryReaderError) -> Self {
        Self(format!("failed to parse wasm: {error}"))
    }
}

/// Ends the function with a [`Refusal`] in the words given.
macro_rules! refuse {
    ($($words:tt)*) => { return Err($crate::exec::wasm::validate::Refusal(format!($($words)*))) };
}
pub(crate) use refuse;

/// One function body.
pub(crate) struct Body<'a> {
    pub(crate) locals: u64,
    pub(crate) ops: Vec<Operator<'a>>,
}

/// A module read and found acceptable, but for what only metering can tell.
pub(crate) struct Parsed<'a> {
    pub(crate) types: Vec<FuncType>,
    /// Type of each function, imports first.
    pub(crate) funcs: Vec<u32>,
    pub(crate) bodies: Vec<Body<'a>>,
    pub(crate) globals: u32,
    /// Index of `pay_for_memory_grow`, if memory can grow.
    pub(crate) pay_for_memory_grow: Option<u32>,
    pub(crate) shape: Shape,
    /// Initial pages.
    pub(crate) footprint: u16,
}

/// What a module may use, as far as parsing can tell.
fn features(version: u16) -> WasmFeatures {
    let mut features = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::BULK_MEMORY_OPT
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES;
    features.set(WasmFeatures::MULTI_VALUE, version < SINGLE_VALUE_VERSION);
    features
}

/// Reads a module and refuses whatever may not be activated.
///
/// # Errors
/// A [`Refusal`] that names the offence.
pub(crate) fn parse(wasm: &[u8], version: u16, page_limit: u16) -> Result<Parsed<'_>, Refusal> {
    Validator::new_with_features(features(version)).validate_all(wasm)?;

    let mut types: Vec<FuncType> = Vec::new();
    let mut funcs: Vec<u32> = Vec::new();
    let mut imports: HashMap<&str, (u32, u32)> = HashMap::new();
    let mut import_count = 0u32;
    let mut exports: HashMap<String, (ExternalKind, u32)> = HashMap::new();
    let mut memories: Vec<(u64, Option<u64>)> = Vec::new();
    let mut bodies = Vec::new();
    let mut globals = 0u32;
    let mut tables: Vec<u64> = Vec::new();
    let (mut datas, mut elements) = (0u64, 0u64);
    let mut segments = Segments::default();
    let mut shape = Shape {
        wasm: wasm.len() as u64,
        ..Shape::default()
    };

    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::Version { num, .. } if num != 1 => {
                refuse!("wasm format version not supported {num}")
            }
            Payload::Version { .. } | Payload::CodeSectionStart { .. } | Payload::End(_) => {}
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        match ty.composite_type.inner {
                            CompositeInnerType::Func(func) => types.push(func),
                            _ => refuse!("only function types are allowed"),
                        }
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let TypeRef::Func(ty) = import.ty else {
                        refuse!("unsupported import kind {:?}", import.ty)
                    };
                    if import.module != HOST_MODULE {
                        refuse!("missing import {} from {}", import.name, import.module);
                    }
                    if let Some((prior, _)) = imports.get(import.name) {
                        if *prior != ty {
                            refuse!("inconsistent imports for {} {}", import.module, import.name);
                        }
                    }
                    imports.insert(import.name, (ty, import_count));
                    import_count += 1;
                    funcs.push(ty);
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    funcs.push(ty?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    tables.push(table?.ty.initial);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    memories.push((memory.initial, memory.maximum));
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let mut init = global?.init_expr.get_operators_reader();
                    let (value, end) = (init.read()?, init.read()?);
                    let constant = matches!(
                        value,
                        Operator::I32Const { .. }
                            | Operator::I64Const { .. }
                            | Operator::F32Const { .. }
                            | Operator::F64Const { .. }
                    );
                    if !constant || !matches!(end, Operator::End) || !init.eof() {
                        refuse!("Non-constant global initializer");
                    }
                    globals += 1;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    exports.insert(export.name.to_owned(), (export.kind, export.index));
                }
            }
            Payload::StartSection { .. } => refuse!("start functions not allowed"),
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element?;
                    segments.element(&element)?;
                    elements += 1;
                    shape.elem_range += element.range.end - element.range.start;
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    let data = data?;
                    segments.data(&data)?;
                    datas += 1;
                    shape.data += data.data.len() as u64;
                    shape.data_range += data.range.end - data.range.start;
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(read_body(&body)?),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    check_names(names)?;
                }
            }
            Payload::DataCountSection { .. } => {
                refuse!("unsupported section type DataCountSection")
            }
            other => refuse!("unsupported section type {other:?}"),
        }
    }

    let bare: HashSet<&str> = exports
        .keys()
        .filter_map(|name| name.rsplit("__").next())
        .collect();
    if let Some(name) = imports.keys().find(|name| bare.contains(*name)) {
        refuse!("binary exports an import with the same name {name}");
    }
    if let Some(name) = bare.iter().find(|name| name.starts_with("stylus")) {
        refuse!("binary exports reserved symbol {name}");
    }
    if let Some(name) = imports.keys().find(|name| name.starts_with("stylus")) {
        refuse!("binary imports reserved symbol {name}");
    }
    for (name, (ty, _)) in &imports {
        check_import(name, types.get(*ty as usize))?;
    }

    let (pages, maximum) = match (memories.as_slice(), exports.get(MEMORY)) {
        ([], _) => refuse!("missing memory export with name {MEMORY}"),
        ([memory], Some((ExternalKind::Memory, 0))) => *memory,
        ([_], _) => refuse!("missing memory with export name {MEMORY}"),
        _ => refuse!("only one memory is allowed"),
    };
    if pages > limits::PAGES {
        refuse!("memory size {pages} exceeds bound {}", limits::PAGES);
    }
    if pages > page_limit.into() {
        refuse!("memory exceeds limit: {pages} > {page_limit}");
    }
    let footprint = u16::try_from(pages).unwrap_or(u16::MAX);
    let pay_for_memory_grow = if maximum == Some(pages) {
        None
    } else {
        match imports.get("pay_for_memory_grow") {
            Some((_, index)) => Some(*index),
            None => refuse!("missing import pay_for_memory_grow"),
        }
    };

    match exports.get(ENTRYPOINT) {
        None => refuse!("missing export with name {ENTRYPOINT}"),
        Some((ExternalKind::Func, index)) => {
            let ty = funcs
                .get(*index as usize)
                .and_then(|ty| types.get(*ty as usize));
            if ty.map(signature) != Some(("i".into(), "i".into())) {
                refuse!("wrong type for {ENTRYPOINT}");
            }
        }
        Some((kind, _)) => {
            refuse!("export {ENTRYPOINT} must be a function but is a {kind:?}")
        }
    }

    let limit = |most: u64, count: u64, what: &str| {
        if count > most {
            return Err(Refusal(format!("too many wasm {what}: {count} > {most}")));
        }
        Ok(())
    };
    shape.globals = u64::from(globals) + 4;
    shape.pages = pages;
    shape.funcs = bodies.len() as u64;
    shape.types = funcs
        .iter()
        .skip(import_count as usize)
        .filter_map(|ty| types.get(*ty as usize))
        .map(|ty| (ty.params().len() + ty.results().len()) as u64)
        .sum();
    limit(limits::DATAS, datas, "datas")?;
    limit(limits::ELEMENTS, elements, "elements")?;
    limit(limits::FUNCTIONS, shape.funcs, "functions")?;
    limit(limits::GLOBALS, shape.globals, "globals")?;
    limit(limits::IMPORTS, import_count.into(), "imports")?;
    let entries = tables.iter().copied().fold(0, u64::saturating_add);
    limit(limits::TABLE_ENTRIES, entries, "table entries")?;
    limit(limits::ELEMENT_BYTES, shape.elem_range, "element entries")?;
    for (index, body) in bodies.iter().enumerate() {
        limit(limits::LOCALS, body.locals, "locals")
            .map_err(|Refusal(why)| Refusal(format!("{why} in func {index}")))?;
    }
    segments.check(pages * PAGE_BYTES, &tables)?;

    Ok(Parsed {
        types,
        funcs,
        bodies,
        globals,
        pay_for_memory_grow,
        shape,
        footprint,
    })
}

/// Names of functions must be readable, though nothing comes of them; that of the module is limited.
fn check_names(names: NameSectionReader<'_>) -> Result<(), Refusal> {
    for name in names {
        match name? {
            Name::Module { name, .. } if name.len() > limits::NAME => refuse!(
                "wasm module name too long: {} > {}",
                name.len(),
                limits::NAME
            ),
            Name::Function(functions) => {
                for function in functions {
                    function?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn read_body<'a>(body: &FunctionBody<'a>) -> Result<Body<'a>, Refusal> {
    let mut locals = 0u64;
    for group in body.get_locals_reader()? {
        locals = locals.saturating_add(group?.0.into());
    }
    let ops = body
        .get_operators_reader()?
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Body { locals, ops })
}

fn check_import(name: &str, ty: Option<&FuncType>) -> Result<(), Refusal> {
    let Some((_, params, results)) = HOST_FUNCTIONS.iter().find(|host| host.0 == name) else {
        refuse!("missing import {name} from {HOST_MODULE}");
    };
    if ty.map(signature) != Some(((*params).to_owned(), (*results).to_owned())) {
        refuse!("wrong type for import {name} from {HOST_MODULE}");
    }
    Ok(())
}

/// Parameters and results in the letters of [`HOST_FUNCTIONS`].
fn signature(ty: &FuncType) -> (String, String) {
    let letters = |types: &[ValType]| {
        types
            .iter()
            .map(|ty| match ty {
                ValType::I32 => 'i',
                ValType::I64 => 'I',
                _ => '?',
            })
            .collect()
    };
    (letters(ty.params()), letters(ty.results()))
}
