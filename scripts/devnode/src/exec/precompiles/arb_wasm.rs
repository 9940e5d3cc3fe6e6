//! `ArbWasm`: activating programs, and what is known of them.

use super::{
    super::{
        activation::{self as programs, Program, Unreadable},
        arbos::{self, Field, Record, Store},
        pricing::{activation, MIN_CACHED_INIT_GAS_UNIT, MIN_INIT_GAS_UNIT, SCALAR_PERCENT},
    },
    Answer, Call, Fault, Methods, Purity, ARB_WASM,
};
use alloy::{
    primitives::{Address, B256, U256},
    sol,
    sol_types::SolValue,
};
use revm::context_interface::{ContextTr, JournalTr};

sol! {
    #[allow(missing_docs)]
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function stylusVersion() external view returns (uint16 version);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function codehashKeepalive(bytes32 codehash) external payable;
        function codehashAsmSize(bytes32 codehash) external view returns (uint32 size);
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function programTimeLeft(address program) external view returns (uint64 _secs);
        function inkPrice() external view returns (uint32 price);
        function maxStackDepth() external view returns (uint32 depth);
        function freePages() external view returns (uint16 pages);
        function pageGas() external view returns (uint16 gas);
        function pageRamp() external view returns (uint64 ramp);
        function pageLimit() external view returns (uint16 limit);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function initCostScalar() external view returns (uint64 percent);
        function expiryDays() external view returns (uint16 _days);
        function keepaliveDays() external view returns (uint16 _days);
        function blockCacheSize() external view returns (uint16 count);
        function activationGas() external view returns (uint64 gas);

        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);

        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }
}

impl Methods for ArbWasm::ArbWasmCalls {
    fn purity(&self) -> Purity {
        match self {
            Self::activateProgram(_) | Self::codehashKeepalive(_) => Purity::Payable,
            _ => Purity::View,
        }
    }

    fn run(self, call: &mut Call<'_>) -> Answer {
        let params = call.ctx.chain.params();
        if let Self::activateProgram(arguments) = self {
            return activate(call, arguments.program);
        }
        if let Self::activationGas(_) = self {
            return Ok(call.field(Field::ACTIVATION_GAS)?.abi_encode());
        }
        call.burn(activation::PARAMS_READ)?;
        Ok(match self {
            Self::codehashKeepalive(arguments) => {
                keepalive(call, arguments.codehash)?;
                Vec::new()
            }
            Self::stylusVersion(_) => params.version.abi_encode(),
            Self::inkPrice(_) => params.ink_price.abi_encode(),
            Self::maxStackDepth(_) => params.max_stack_depth.abi_encode(),
            Self::freePages(_) => params.free_pages.abi_encode(),
            Self::pageGas(_) => params.page_gas.abi_encode(),
            Self::pageRamp(_) => params.page_ramp.abi_encode(),
            Self::pageLimit(_) => params.page_limit.abi_encode(),
            Self::minInitGas(_) => (
                u64::from(params.min_init_gas) * MIN_INIT_GAS_UNIT,
                u64::from(params.min_cached_init_gas) * MIN_CACHED_INIT_GAS_UNIT,
            )
                .abi_encode_params(),
            Self::initCostScalar(_) => {
                (u64::from(params.init_cost_scalar) * SCALAR_PERCENT).abi_encode()
            }
            Self::expiryDays(_) => params.expiry_days.abi_encode(),
            Self::keepaliveDays(_) => params.keepalive_days.abi_encode(),
            Self::blockCacheSize(_) => params.block_cache_size.abi_encode(),
            Self::codehashVersion(a) => active(call, a.codehash)?.version.abi_encode(),
            Self::codehashAsmSize(a) => {
                let size = active(call, a.codehash)?.asm_bytes();
                u32::try_from(size).unwrap_or(u32::MAX).abi_encode()
            }
            Self::programVersion(a) => {
                let hash = call.code_hash(a.program)?;
                active(call, hash)?.version.abi_encode()
            }
            Self::programInitGas(a) => {
                let hash = call.code_hash(a.program)?;
                let program = active(call, hash)?;
                let cached = params.cached_gas(program.cached_cost);
                (params.init_gas(program.init_cost) + cached, cached).abi_encode_params()
            }
            Self::programMemoryFootprint(a) => {
                let hash = call.code_hash(a.program)?;
                active(call, hash)?.footprint.abi_encode()
            }
            Self::programTimeLeft(a) => {
                let hash = call.code_hash(a.program)?;
                let age = active(call, hash)?.age(call.now());
                params.expiry_seconds().saturating_sub(age).abi_encode()
            }
            Self::activateProgram(_) | Self::activationGas(_) => Vec::new(),
        })
    }
}

/// A program that may run.
fn active(call: &mut Call<'_>, code_hash: B256) -> Result<Program, Fault> {
    call.burn(activation::ARBOS_READ)?;
    let program = Program::load(call.ctx, code_hash)?;
    program.check(&call.ctx.chain.params(), call.now())?;
    Ok(program)
}

fn activate(call: &mut Call<'_>, address: Address) -> Answer {
    let extra = call.field(Field::ACTIVATION_GAS)?;
    call.burn(extra.saturating_to())?;
    call.burn(activation::FIXED)?;
    let known = call.ctx.journaled_state.state.get(&address);
    if known.is_some_and(|account| account.is_selfdestructed()) {
        return Err(Fault::Unnamed(format!("{address} has destroyed itself")));
    }
    call.burn(activation::PARAMS_READ + activation::ARBOS_READ)?;
    let params = call.ctx.chain.params();
    let now = call.now();
    let (code, code_hash) = call.code(address);
    let before = Program::load(call.ctx, code_hash)?;
    if before.check(&params, now).is_ok() {
        return Err(Fault::error(&ArbWasm::ProgramUpToDate {}));
    }

    let mut left = call.gas_left;
    let charge = |most: u64, cost: u64| {
        if left < most {
            return Err(Unreadable::OutOfGas);
        }
        left -= cost;
        Ok(())
    };
    let wasm = programs::wasm_of(call.ctx, &code, &params, charge);
    call.gas_left = left;
    let wasm = wasm.map_err(|error| match error {
        Unreadable::NotWasm => Fault::error(&ArbWasm::ProgramNotWasm {}),
        Unreadable::OutOfGas => call.burn_out(),
        Unreadable::Malformed(why) => Fault::Unnamed(why),
    })?;

    let pages_open = call.ctx.chain.pages_open;
    let activated = programs::activate(&wasm, &params, pages_open, now)
        .map_err(|refusal| Fault::Fatal(format!("program activation failed: {refusal}")))?;
    if call.burn(activated.gas).is_err() {
        return Err(Fault::Fatal(
            "program activation failed: out of gas".to_owned(),
        ));
    }
    let module = activated.module_hash;
    let module_slot = arbos::slot(Record::Module, code_hash);
    if before.cached {
        // The module that is replaced leaves the cache.
        call.get(module_slot)?;
    }
    call.set(module_slot, module.into())?;
    let fee = data_fee(call, activated.asm_bytes)?;
    call.burn(activation::ARBOS_WRITE)?;
    let program = Program {
        cached: before.cached,
        ..activated.program
    };
    program.store(call.ctx, code_hash)?;
    pay(call, fee)?;
    call.emit(&ArbWasm::ProgramActivated {
        codehash: code_hash,
        moduleHash: module,
        program: address,
        dataFee: fee,
        version: params.version,
    })?;
    Ok((params.version, fee).abi_encode_params())
}

fn keepalive(call: &mut Call<'_>, code_hash: B256) -> Result<(), Fault> {
    let mut program = active(call, code_hash)?;
    let age = program.age(call.now());
    if age < u64::from(call.ctx.chain.params().keepalive_days) * 86_400 {
        return Err(Fault::error(&ArbWasm::ProgramKeepaliveTooSoon {
            ageInSeconds: age,
        }));
    }
    let fee = data_fee(call, program.asm_bytes())?;
    program.activated_at = programs::hours(call.now());
    call.burn(activation::ARBOS_WRITE)?;
    program.store(call.ctx, code_hash)?;
    pay(call, fee)?;
    call.emit(&ArbWasm::ProgramLifetimeExtended {
        codehash: code_hash,
        dataFee: fee,
    })
}

/// The fee for so many bytes, at the price of the reads and writes it takes to tell.
fn data_fee(call: &mut Call<'_>, bytes: u64) -> Result<U256, Fault> {
    call.burn(5 * activation::ARBOS_READ + 2 * activation::ARBOS_WRITE)?;
    let now = call.now();
    Ok(programs::data_fee(call.ctx, bytes, now)?)
}

/// Passes the fee on and gives back the rest.
fn pay(call: &mut Call<'_>, fee: U256) -> Result<(), Fault> {
    let Some(rest) = call.value.checked_sub(fee) else {
        return Err(Fault::error(&ArbWasm::ProgramInsufficientValue {
            have: call.value,
            want: fee,
        }));
    };
    let collector = call.address_in(Field::NETWORK_FEE_ACCOUNT)?;
    let caller = call.caller;
    for (to, wei) in [(collector, fee), (caller, rest)] {
        if call
            .ctx
            .journal_mut()
            .transfer(ARB_WASM, to, wei)?
            .is_some()
        {
            return Err(Fault::Unnamed(format!("{wei} wei cannot go to {to}")));
        }
    }
    Ok(())
}
