//! Programs as text: imports, data and readings of the meter are written for them.

use crate::price::{BASE, CALL, LOCAL_GET, LOCAL_SET, ONE, START};
use std::fmt::Write as _;

/// Where a probe leaves its reading.
pub(crate) const READING: usize = 0xff8;
/// Bytes of memory that a probe returns, the reading last.
pub(crate) const SHOWN: usize = 0x1000;
/// Ink between two readings with nothing in between: the first one is put in a local, the address of
/// the result and the first reading are pushed, and the second is a call that costs its base.
pub(crate) const BARE: u64 = LOCAL_SET + ONE + LOCAL_GET + CALL + BASE;

/// Every host function: name, parameters, result.
pub(crate) const HOST_FUNCTIONS: [(&str, &str, &str); 42] = [
    ("read_args", "i32", ""),
    ("write_result", "i32 i32", ""),
    ("exit_early", "i32", ""),
    ("storage_load_bytes32", "i32 i32", ""),
    ("storage_cache_bytes32", "i32 i32", ""),
    ("storage_flush_cache", "i32", ""),
    ("transient_load_bytes32", "i32 i32", ""),
    ("transient_store_bytes32", "i32 i32", ""),
    ("call_contract", "i32 i32 i32 i32 i64 i32", "i32"),
    ("delegate_call_contract", "i32 i32 i32 i64 i32", "i32"),
    ("static_call_contract", "i32 i32 i32 i64 i32", "i32"),
    ("create1", "i32 i32 i32 i32 i32", ""),
    ("create2", "i32 i32 i32 i32 i32 i32", ""),
    ("read_return_data", "i32 i32 i32", "i32"),
    ("return_data_size", "", "i32"),
    ("emit_log", "i32 i32 i32", ""),
    ("account_balance", "i32 i32", ""),
    ("account_code", "i32 i32 i32 i32", "i32"),
    ("account_code_size", "i32", "i32"),
    ("account_codehash", "i32 i32", ""),
    ("evm_gas_left", "", "i64"),
    ("evm_ink_left", "", "i64"),
    ("block_basefee", "i32", ""),
    ("chainid", "", "i64"),
    ("block_coinbase", "i32", ""),
    ("block_gas_limit", "", "i64"),
    ("block_number", "", "i64"),
    ("block_timestamp", "", "i64"),
    ("contract_address", "i32", ""),
    ("math_div", "i32 i32", ""),
    ("math_mod", "i32 i32", ""),
    ("math_pow", "i32 i32", ""),
    ("math_add_mod", "i32 i32 i32", ""),
    ("math_mul_mod", "i32 i32 i32", ""),
    ("msg_reentrant", "", "i32"),
    ("msg_sender", "i32", ""),
    ("msg_value", "i32", ""),
    ("native_keccak256", "i32 i32 i32", ""),
    ("tx_gas_price", "i32", ""),
    ("tx_ink_price", "", "i32"),
    ("tx_origin", "i32", ""),
    ("pay_for_memory_grow", "i32", ""),
];

/// A program in the making. A host function is imported, as `$<its name>`, when the text names it.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    memory: String,
    data: Vec<(u32, Vec<u8>)>,
    items: String,
    locals: String,
    setup: String,
    body: String,
    probes: bool,
}

impl Program {
    /// A program whose entry point is `body`, which leaves the status; `$len` is the length of the
    /// calldata.
    pub(crate) fn new(body: impl Into<String>) -> Self {
        Self {
            memory: "1 1".into(),
            data: Vec::new(),
            items: String::new(),
            locals: String::new(),
            setup: String::new(),
            body: body.into(),
            probes: false,
        }
    }

    /// A program that reads its ink, runs `code`, reads it again, and returns the first [`SHOWN`] bytes
    /// of its memory with the difference at [`READING`]; see [`crate::scene::Scene::probe`]. `$before` is
    /// the first reading, `$i` is free.
    pub(crate) fn probe(code: impl Into<String>) -> Self {
        Self {
            probes: true,
            ..Self::new(code)
        }
    }

    /// Runs before the first reading of a probe, or before the body.
    pub(crate) fn setup(mut self, code: &str) -> Self {
        self.setup.push_str(code);
        self
    }

    /// Bytes in memory from the start, which cost nothing to the body.
    pub(crate) fn data(mut self, at: u32, bytes: impl AsRef<[u8]>) -> Self {
        self.data.push((at, bytes.as_ref().to_vec()));
        self
    }

    /// More locals of the entry point.
    pub(crate) fn locals(mut self, text: &str) -> Self {
        self.locals.push_str(text);
        self
    }

    /// More functions, tables, globals and the like.
    pub(crate) fn items(mut self, text: &str) -> Self {
        self.items.push_str(text);
        self
    }

    /// Pages at the start and at most: one and one unless told. Unless they are the same,
    /// `pay_for_memory_grow` is imported as validation demands.
    pub(crate) fn memory(mut self, pages: &str) -> Self {
        self.memory = pages.into();
        self
    }

    /// The module as text.
    pub(crate) fn text(&self) -> String {
        let Self {
            memory,
            items,
            locals,
            setup,
            body,
            ..
        } = self;
        let entry = if self.probes {
            format!(
                "(local $before i64) (local $i i32)
                {setup}
                (local.set $before (call $evm_ink_left))
                {body}
                (i64.store (i32.const {READING}) (i64.sub (local.get $before) (call $evm_ink_left)))
                (call $write_result (i32.const 0) (i32.const {SHOWN}))
                (i32.const 0)"
            )
        } else {
            format!("{setup} {body}")
        };
        let mut data = String::new();
        for (at, bytes) in &self.data {
            let _ = write!(data, "(data (i32.const {at}) \"");
            for byte in bytes {
                let _ = write!(data, "\\{byte:02x}");
            }
            data.push_str("\")\n");
        }
        let pages: Vec<&str> = memory.split_whitespace().collect();
        let grows = pages.len() < 2 || pages[0] != pages[1];
        let imports = imports(&format!("{items} {entry}"), grows);
        format!(
            "(module
                {imports}
                (memory (export \"memory\") {memory})
                {items}
                (func (export \"user_entrypoint\") (param $len i32) (result i32)
                    {locals} {entry})
                {data})"
        )
    }

    /// The module as it is compressed.
    ///
    /// # Panics
    /// If the text is no module.
    pub(crate) fn wasm(&self) -> Vec<u8> {
        let text = self.text();
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}

impl Program {
    /// Gas of starting it when it ran before in this block, by the published formula.
    ///
    /// # Panics
    /// If it has data or more than the entry point: such programs cost more.
    pub(crate) fn start(&self) -> u64 {
        assert!(self.data.is_empty() && self.items.is_empty() && self.memory == "1 1");
        let wasm = self.wasm().len() as u64;
        START + wasm * 122 / 100_000
    }
}

fn imports(text: &str, grows: bool) -> String {
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'))
        .filter_map(|word| word.strip_prefix('$'))
        .collect();
    let mut out = String::new();
    for (name, params, result) in HOST_FUNCTIONS {
        if words.contains(&name) || (grows && name == "pay_for_memory_grow") {
            let _ = writeln!(
                out,
                "(import \"vm_hooks\" \"{name}\" (func ${name} (param {params}) (result {result})))"
            );
        }
    }
    out
}

/// `code`, so many times over.
pub(crate) fn repeat(count: u64, code: &str) -> String {
    format!(
        "(loop $again {code}
            (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                (i32.const {count}))))"
    )
}

/// So many opcodes of one ink each.
pub(crate) fn nops(count: u64) -> String {
    "(nop)".repeat(usize::try_from(count).unwrap())
}

/// A word with this value in its last bytes.
pub(crate) fn word(value: u64) -> [u8; 32] {
    alloy::primitives::U256::from(value).to_be_bytes()
}
