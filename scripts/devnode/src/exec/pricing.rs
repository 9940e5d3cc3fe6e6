//! Every price and limit of Stylus execution, in one place.
//!
//! # Source
//! Figures of Nitro v3.10.0 (ArbOS 60, Stylus version 3): `crates/arbutil/src/pricing.rs` for host
//! functions, `crates/prover/src/programs/{meter,config,memory}.rs` for opcodes and memory,
//! `crates/prover/src/binary.rs` for initialisation, `arbos/programs/{params,data_pricer}.go` and
//! `precompiles/ArbWasm.go` for parameters and activation.

use wasmparser::Operator;

/// The parameters that chain owners may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// Version a program must have been activated with.
    pub version: u16,
    /// Ink that one gas buys.
    pub ink_price: u32,
    /// Words of WASM stack a program may use.
    pub max_stack_depth: u32,
    /// Pages a transaction gets for nothing.
    pub free_pages: u16,
    /// Gas for each further page, before the ramp.
    pub page_gas: u16,
    /// Shown by `pageRamp()`; the ramp itself is [`MEMORY_RAMP`].
    pub page_ramp: u64,
    /// Pages a program may start with.
    pub page_limit: u16,
    /// In units of 128 gas.
    pub min_init_gas: u8,
    /// In units of 32 gas.
    pub min_cached_init_gas: u8,
    /// In units of 2 %.
    pub init_cost_scalar: u8,
    /// In units of 2 %.
    pub cached_cost_scalar: u8,
    /// Days an activation lasts.
    pub expiry_days: u16,
    /// Days before an activation can be renewed.
    pub keepalive_days: u16,
    /// Programs of one block that pay the cached price.
    pub block_cache_size: u16,
    /// Bytes a decompressed program may have.
    pub max_wasm_size: u32,
    /// Fragments a program may be split into.
    pub max_fragments: u8,
}

/// The parameters of a chain that starts at ArbOS 60, which are Arbitrum One's too.
pub const PARAMS: Params = Params {
    version: 3,
    ink_price: 10_000,
    max_stack_depth: 22_000,
    free_pages: 2,
    page_gas: 1_000,
    page_ramp: 620_674_314,
    page_limit: 128,
    min_init_gas: 69,
    min_cached_init_gas: 11,
    init_cost_scalar: 50,
    cached_cost_scalar: 50,
    expiry_days: 365,
    keepalive_days: 31,
    block_cache_size: 32,
    max_wasm_size: 256 * 1024,
    max_fragments: 4,
};

/// ArbOS version imitated.
pub const ARBOS_VERSION: u64 = 60;
/// Gas in one unit of [`Params::min_init_gas`].
pub const MIN_INIT_GAS_UNIT: u64 = 128;
/// Gas in one unit of [`Params::min_cached_init_gas`].
pub const MIN_CACHED_INIT_GAS_UNIT: u64 = 32;
/// Percent in one unit of a cost scalar.
pub const SCALAR_PERCENT: u64 = 2;
/// Bytes of code an account may have (EIP-170).
pub const MAX_CODE_SIZE: usize = 24_576;
/// Second since 1970 from which program ages are counted, in hours.
pub const ARBITRUM_START: u64 = 1_421_388_000;

impl Params {
    /// Gas to start a program that is not cached, on top of the cached cost.
    pub fn init_gas(&self, init_cost: u16) -> u64 {
        let scaled = u64::from(init_cost) * u64::from(self.init_cost_scalar) * SCALAR_PERCENT;
        u64::from(self.min_init_gas) * MIN_INIT_GAS_UNIT + scaled.div_ceil(100)
    }

    /// Gas to start a program that is cached.
    pub fn cached_gas(&self, cached_cost: u16) -> u64 {
        let scaled = u64::from(cached_cost) * u64::from(self.cached_cost_scalar) * SCALAR_PERCENT;
        u64::from(self.min_cached_init_gas) * MIN_CACHED_INIT_GAS_UNIT + scaled.div_ceil(100)
    }

    /// Seconds an activation lasts.
    pub fn expiry_seconds(&self) -> u64 {
        u64::from(self.expiry_days) * 86_400
    }

    /// Gas for `new` pages when `open` are in use and at most `ever` have been in this transaction;
    /// more than there can be if it may not have so many.
    pub fn page_gas(&self, new: u16, open: u16, ever: u16) -> u64 {
        let new_open = open.saturating_add(new);
        if self.page_limit > 0 && new_open > self.page_limit {
            return u64::MAX;
        }
        let new_ever = ever.max(new_open);
        if new_ever <= self.free_pages {
            return 0;
        }
        let paid = |pages: u16| pages.saturating_sub(self.free_pages);
        let adding = u64::from(paid(new_open).saturating_sub(paid(open)));
        let ramp = |pages: u16| {
            MEMORY_RAMP
                .get(usize::from(pages))
                .map_or(u64::MAX, |&gas| gas.into())
        };
        let expand = ramp(new_ever).saturating_sub(ramp(ever));
        (adding * u64::from(self.page_gas)).saturating_add(expand)
    }
}

/// Gas that having touched so many pages costs in all: floor(31,874,000 ^ (pages / 128)).
pub const MEMORY_RAMP: [u32; 129] = [
    1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 11, 12, 14, 17, 19, 22, 25, 29, 33, 38,
    43, 50, 57, 65, 75, 85, 98, 112, 128, 147, 168, 193, 221, 253, 289, 331, 379, 434, 497, 569,
    651, 745, 853, 976, 1_117, 1_279, 1_463, 1_675, 1_917, 2_194, 2_511, 2_874, 3_290, 3_765,
    4_309, 4_932, 5_645, 6_461, 7_395, 8_464, 9_687, 11_087, 12_689, 14_523, 16_621, 19_024,
    21_773, 24_919, 28_521, 32_642, 37_359, 42_758, 48_938, 56_010, 64_104, 73_368, 83_971, 96_106,
    109_994, 125_890, 144_082, 164_904, 188_735, 216_010, 247_226, 282_953, 323_844, 370_643,
    424_206, 485_509, 555_672, 635_973, 727_880, 833_067, 953_456, 1_091_243, 1_248_941, 1_429_429,
    1_636_000, 1_872_423, 2_143_012, 2_452_704, 2_807_151, 3_212_820, 3_677_113, 4_208_502,
    4_816_684, 5_512_756, 6_309_419, 7_221_210, 8_264_766, 9_459_129, 10_826_093, 12_390_601,
    14_181_199, 16_230_562, 18_576_084, 21_260_563, 24_332_984, 27_849_408, 31_873_999,
];

/// Ink of host functions.
pub mod hostio {
    /// Any host function that may return something.
    pub const BASE: u64 = 8_400;
    /// Each pointer passed.
    pub const PTR: u64 = 5_040;
    /// Leaving the program for the chain.
    pub const EVM_API: u64 = 59_673;
    /// A 256-bit division.
    pub const DIV: u64 = 20_000;
    /// A 512-bit multiplication and reduction.
    pub const MUL_MOD: u64 = 24_100;
    /// A 257-bit addition and reduction.
    pub const ADD_MOD: u64 = 21_000;

    /// `read_args`, `write_result`, `return_data_size`, and everything that returns one number.
    pub const SIMPLE: u64 = BASE;
    /// Everything that writes one address or word.
    pub const ONE_POINTER: u64 = BASE + PTR;
    /// `storage_load_bytes32`, `storage_cache_bytes32`.
    pub const STORAGE: u64 = BASE + 2 * PTR;
    /// `storage_flush_cache`, `read_return_data`, `emit_log`, `account_code`, `account_code_size`.
    pub const API: u64 = BASE + EVM_API;
    /// Transient storage, `account_balance`, `account_codehash`.
    pub const API_TWO_POINTERS: u64 = API + 2 * PTR;
    /// The three calls, and `create1`.
    pub const CALL: u64 = API + 3 * PTR;
    /// `create2`.
    pub const CREATE2: u64 = API + 4 * PTR;
    /// `math_div`, `math_mod`.
    pub const MATH_DIV: u64 = BASE + 3 * PTR + DIV;
    /// `math_pow`, before the exponent.
    pub const MATH_POW: u64 = BASE + 3 * PTR;
    /// `math_add_mod`.
    pub const MATH_ADD_MOD: u64 = BASE + 4 * PTR + ADD_MOD;
    /// `math_mul_mod`.
    pub const MATH_MUL_MOD: u64 = BASE + 4 * PTR + MUL_MOD;

    /// Copying into the program.
    pub fn write(bytes: usize) -> u64 {
        5_040 + 30 * excess(bytes)
    }

    /// Copying out of the program.
    pub fn read(bytes: usize) -> u64 {
        16_381 + 55 * excess(bytes)
    }

    /// `native_keccak256`, which has no other price.
    pub fn keccak(bytes: usize) -> u64 {
        let words = u64::try_from(bytes.div_ceil(32)).unwrap_or(u64::MAX);
        121_800 + 21_000 * words.saturating_sub(2)
    }

    /// The exponent of `math_pow`, big-endian.
    pub fn pow(exponent: &[u8; 32]) -> u64 {
        let zeros = exponent.iter().take_while(|byte| **byte == 0).count();
        3_000 + 17_500 * (33 - zeros as u64)
    }

    fn excess(bytes: usize) -> u64 {
        u64::try_from(bytes).unwrap_or(u64::MAX).saturating_sub(32)
    }
}

/// Gas that host functions charge besides their ink.
pub mod gas {
    /// Gas that must be left to write to storage (EIP-2200).
    pub const SSTORE_SENTRY: u64 = 2_300;
    /// First access to an account (EIP-2929).
    pub const COLD_ACCOUNT: u64 = 2_600;
    /// First access to a slot (EIP-2929).
    pub const COLD_SLOAD: u64 = 2_100;
    /// Any further access.
    pub const WARM: u64 = 100;
    /// `TLOAD` and `TSTORE`.
    pub const TRANSIENT: u64 = 100;
    /// A log, and each of its topics.
    pub const LOG_TOPIC: u64 = 375;
    /// Each byte of a log.
    pub const LOG_BYTE: u64 = 8;
    /// Loading code, on top of touching the account.
    pub const EXTCODE: u64 = 700;
    /// Sending value.
    pub const CALL_VALUE: u64 = 9_000;
    /// Sending value to an account that does not exist.
    pub const NEW_ACCOUNT: u64 = 25_000;
    /// What a callee that is sent value gets for nothing.
    pub const STIPEND: u64 = 2_300;
    /// Creating a contract.
    pub const CREATE: u64 = 32_000;
    /// Hashing a word of init code for `CREATE2`.
    pub const KECCAK_WORD: u64 = 6;
    /// What the storage cache may cost at most per access; must be left beforehand.
    pub const CACHE_ACCESS: u64 = 10;

    /// A read of the storage cache, the `nth` of the frame counted from one.
    pub fn cache_read(nth: u64) -> u64 {
        match nth {
            0..=32 => 0,
            33..=128 => 2,
            _ => 10,
        }
    }

    /// A write to the storage cache, the `nth` of the frame counted from one.
    pub fn cache_write(nth: u64) -> u64 {
        match nth {
            0..=8 => 0,
            9..=64 => 7,
            _ => 10,
        }
    }

    /// What so many bytes of memory would cost in the EVM; return data costs at least that.
    pub fn evm_memory(bytes: usize) -> u64 {
        let words = u64::try_from(bytes.div_ceil(32)).unwrap_or(u64::MAX);
        words
            .saturating_mul(3)
            .saturating_add(words.saturating_mul(words) / 512)
    }
}

/// Ink of checking, at the head of each basic block, that it can be paid for.
pub const BLOCK_HEADER: u64 = 2_450;
/// Ink per byte of `memory.copy` and `memory.fill`.
pub const BULK_BYTE: i64 = 100;

/// What an opcode costs that may stand in a module but can never be paid for: those that move floats
/// about without calculating.
pub const UNPAYABLE: u64 = u64::MAX;

/// Ink of one opcode; `params` gives the number of parameters of a type. `None` if it is refused.
pub fn opcode(op: &Operator<'_>, params: impl Fn(u32) -> usize) -> Option<u64> {
    use Operator as O;
    Some(match op {
        O::Unreachable | O::Return | O::Nop | O::I32Const { .. } | O::I64Const { .. } => 1,
        O::Block { .. } | O::Loop { .. } | O::Else | O::End => 1,
        O::Drop => 9,
        O::Br { .. } | O::BrIf { .. } | O::If { .. } => 765,
        O::BrTable { targets } => 2_400 + 325 * u64::from(targets.len()),
        O::Select => 1_250,
        O::Call { .. } => 3_800,
        O::CallIndirect { type_index, .. } => 13_610 + 650 * params(*type_index) as u64,
        O::LocalGet { .. } | O::LocalTee { .. } => 75,
        O::LocalSet { .. } => 210,
        O::GlobalGet { .. } => 225,
        O::GlobalSet { .. } => 575,
        O::I32Load { .. }
        | O::I32Load8S { .. }
        | O::I32Load8U { .. }
        | O::I32Load16S { .. }
        | O::I32Load16U { .. } => 670,
        O::I64Load { .. }
        | O::I64Load8S { .. }
        | O::I64Load8U { .. }
        | O::I64Load16S { .. }
        | O::I64Load16U { .. }
        | O::I64Load32S { .. }
        | O::I64Load32U { .. } => 680,
        O::I32Store { .. } | O::I32Store8 { .. } | O::I32Store16 { .. } => 825,
        O::I64Store { .. } | O::I64Store8 { .. } | O::I64Store16 { .. } | O::I64Store32 { .. } => {
            950
        }
        O::MemorySize { .. } => 3_000,
        O::MemoryGrow { .. } => 8_050,
        O::MemoryCopy { .. } | O::MemoryFill { .. } => 950,
        O::I32Eqz
        | O::I32Eq
        | O::I32Ne
        | O::I32LtS
        | O::I32LtU
        | O::I32GtS
        | O::I32GtU
        | O::I32LeS
        | O::I32LeU
        | O::I32GeS
        | O::I32GeU => 170,
        O::I64Eqz
        | O::I64Eq
        | O::I64Ne
        | O::I64LtS
        | O::I64LtU
        | O::I64GtS
        | O::I64GtU
        | O::I64LeS
        | O::I64LeU
        | O::I64GeS
        | O::I64GeU => 225,
        O::I32Clz | O::I32Ctz | O::I64Clz | O::I64Ctz => 210,
        O::I32Popcnt => 2_650,
        O::I64Popcnt => 6_000,
        O::I32Add
        | O::I32Sub
        | O::I32And
        | O::I32Or
        | O::I32Xor
        | O::I32Shl
        | O::I32ShrS
        | O::I32ShrU
        | O::I32Rotl
        | O::I32Rotr => 70,
        O::I64Add
        | O::I64Sub
        | O::I64And
        | O::I64Or
        | O::I64Xor
        | O::I64Shl
        | O::I64ShrS
        | O::I64ShrU
        | O::I64Rotl
        | O::I64Rotr => 100,
        O::I32Mul | O::I64Mul => 160,
        O::I32DivS | O::I32DivU | O::I32RemS | O::I32RemU => 1_120,
        O::I64DivS | O::I64DivU | O::I64RemS | O::I64RemU => 1_270,
        O::I32WrapI64
        | O::I64ExtendI32S
        | O::I64ExtendI32U
        | O::I32Extend8S
        | O::I32Extend16S
        | O::I64Extend8S
        | O::I64Extend16S
        | O::I64Extend32S => 100,
        O::F32Load { .. }
        | O::F64Load { .. }
        | O::F32Store { .. }
        | O::F64Store { .. }
        | O::F32Const { .. }
        | O::F64Const { .. }
        | O::I32ReinterpretF32
        | O::I64ReinterpretF64
        | O::F32ReinterpretI32
        | O::F64ReinterpretI64 => UNPAYABLE,
        _ => return None,
    })
}

/// True if a basic block ends with this opcode.
pub fn ends_block(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::End
            | O::Else
            | O::Return
            | O::Loop { .. }
            | O::Br { .. }
            | O::BrTable { .. }
            | O::BrIf { .. }
            | O::If { .. }
            | O::Call { .. }
            | O::CallIndirect { .. }
    )
}

/// What decides the cost of activating and starting a program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shape {
    /// Bytes of the module.
    pub wasm: u64,
    /// Functions defined.
    pub funcs: u64,
    /// Parameters and results of all functions defined.
    pub types: u64,
    /// Globals, those of the metering included.
    pub globals: u64,
    /// Bytes of data segments, headers included.
    pub data_range: u64,
    /// Bytes of element segments, headers included.
    pub elem_range: u64,
    /// Bytes of data.
    pub data: u64,
    /// Initial pages.
    pub pages: u64,
    /// Opcodes, those of the metering included.
    pub ops: u64,
}

impl Shape {
    /// Predicted size of the native code in bytes; the data fee is proportional to it.
    pub fn asm_estimate(&self) -> u64 {
        512_000
            + self.funcs * 996_829 / 1_000
            + self.types * 11_416 / 1_000
            + self.wasm * 62_628 / 10_000
    }

    /// Cost of starting the program when it is cached, before scaling.
    pub fn cached_cost(&self) -> u64 {
        self.funcs * 13_420 / 100_000
            + self.types * 89 / 100_000
            + self.wasm * 122 / 100_000
            + self.globals * 1_628 / 1_000
            + (self.data_range + self.elem_range) * 75_244 / 100_000
            + self.pages * 5
    }

    /// Cost of starting the program when it is not, on top of the cached cost, before scaling.
    pub fn init_cost(&self) -> u64 {
        self.funcs * 8_252 / 1_000 + self.types * 1_059 / 1_000 + self.wasm * 1_286 / 10_000
    }

    /// Gas for checking and compiling, on top of [`activation::FIXED`].
    pub fn activation_gas(&self) -> u64 {
        let gas = |microseconds: u64| microseconds * 2 * 7_000_000 / 500_000;
        gas(self.wasm * 31_733 / 100_000)
            + gas(self.funcs * 17_263 / 100_000)
            + gas(self.data * 17_376 / 100_000)
            + gas(self.elem_range * 17_376 / 100_000)
            + gas(self.pages * 2_217)
            + gas(self.ops * 535 / 1_000)
    }
}

/// Activation, and ArbOS's own accounting.
pub mod activation {
    /// Gas charged before anything is looked at.
    pub const FIXED: u64 = 1_659_168;
    /// Reading a slot of ArbOS's storage.
    pub const ARBOS_READ: u64 = 800;
    /// Writing one.
    pub const ARBOS_WRITE: u64 = 20_000;
    /// Writing zero to one.
    pub const ARBOS_WRITE_ZERO: u64 = 5_000;
    /// Loading the parameters.
    pub const PARAMS_READ: u64 = 100;
    /// Each word of a precompile's arguments, results, and of a fragment read.
    pub const COPY_WORD: u64 = 3;
    /// Wei per byte of native code at no demand.
    pub const DATA_MIN_PRICE: u64 = 82_928_201;
    /// Bytes by which demand falls each second: a terabyte a year.
    pub const DATA_BYTES_PER_SECOND: u64 = (1 << 40) / (365 * 24) / 3_600;
    /// Bytes of demand that raise the price e-fold.
    pub const DATA_INERTIA: u64 = 21_360_419;

    /// Wei to activate `bytes` of native code at a demand that includes them.
    pub fn data_fee(demand: u64, bytes: u64) -> u64 {
        let exponent = 10_000 * demand / DATA_INERTIA;
        let per_byte = DATA_MIN_PRICE.saturating_mul(exp_bips(exponent)) / 10_000;
        per_byte.saturating_mul(bytes)
    }

    /// e ^ x in basis points, by twelve terms of Horner's scheme.
    fn exp_bips(x: u64) -> u64 {
        const ACCURACY: u64 = 12;
        let mut result = 10_000 + x / ACCURACY;
        for term in (1..ACCURACY).rev() {
            result = 10_000 + result.saturating_mul(x) / (term * 10_000);
        }
        result
    }
}

/// Posting a transaction to the parent chain, which is an approximation here: a block's compression
/// is not known, so each transaction pays for being compressed alone, as ArbOS has it too.
///
/// # Source
/// Nitro v3.10.0, `arbos/l1pricing/l1pricing.go` and `arbos/tx_processor.go`.
pub mod posting {
    /// Units of calldata in a compressed byte: the parent chain's gas for one that is not zero.
    pub const UNITS_PER_BYTE: u64 = 16;
    /// Bytes that price lists take a simple transaction to have.
    pub const SIMPLE_TRANSACTION_BYTES: u64 = 140;
    /// Bytes that an estimate adds, for what it cannot know of the transaction.
    pub const ESTIMATE_BYTES: u64 = 16;
    /// What an estimate multiplies units by, in basis points.
    pub const ESTIMATE_UNITS_BPS: u64 = 10_100;
    /// What an estimate of gas multiplies the cost by, in basis points: the price may rise.
    pub const ESTIMATE_COST_BPS: u64 = 11_000;
}

/// What a module may contain.
pub mod limits {
    /// Data segments.
    pub const DATAS: u64 = 128;
    /// Element segments.
    pub const ELEMENTS: u64 = 128;
    /// Functions defined.
    pub const FUNCTIONS: u64 = 4_096;
    /// Globals, those of the metering included.
    pub const GLOBALS: u64 = 32_768;
    /// Locals of a function, parameters not counted.
    pub const LOCALS: u64 = 348;
    /// Opcodes of a function, those of the metering included.
    pub const OPS: u64 = 65_536;
    /// Imports.
    pub const IMPORTS: u64 = 513;
    /// Initial table entries.
    pub const TABLE_ENTRIES: u64 = 4_096;
    /// Bytes of element segments.
    pub const ELEMENT_BYTES: u64 = 4_096;
    /// Pages of memory at the start, whatever the chain's parameters say.
    pub const PAGES: u64 = 128;
    /// Bytes of the module's own name.
    pub const NAME: usize = 512;
    /// Values on the stack of one function at once.
    pub const FRAME_VALUES: u32 = 4_096;
}
