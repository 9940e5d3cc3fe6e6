//! `ArbWasmCache`: which programs start at the cached price, as cache managers decide.

use super::{
    super::{
        activation::Program,
        arbos::{self, members::Members, Record, Store},
        pricing::activation,
    },
    arb_wasm::ArbWasm,
    Answer, Call, Fault, Methods, Purity,
};
use alloy::{primitives::B256, sol, sol_types::SolValue};

sol! {
    #[allow(missing_docs)]
    interface ArbWasmCache {
        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] memory managers);
        function cacheProgram(address addr) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);

        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }
}

impl Methods for ArbWasmCache::ArbWasmCacheCalls {
    fn purity(&self) -> Purity {
        match self {
            Self::cacheProgram(_) | Self::evictCodehash(_) => Purity::Write,
            _ => Purity::View,
        }
    }

    fn run(self, call: &mut Call<'_>) -> Answer {
        let managers = Members::cache_managers();
        Ok(match self {
            Self::isCacheManager(a) => managers.contains(call, a.manager)?.abi_encode(),
            Self::allCacheManagers(_) => managers.all(call)?.abi_encode(),
            Self::codehashIsCached(a) => {
                call.burn(activation::ARBOS_READ)?;
                Program::load(call.ctx, a.codehash)?.cached.abi_encode()
            }
            Self::evictCodehash(a) => set(call, a.codehash, false)?,
            Self::cacheProgram(a) => {
                let hash = call.code_hash(a.addr)?;
                set(call, hash, true)?
            }
        })
    }
}

fn set(call: &mut Call<'_>, codehash: B256, cached: bool) -> Answer {
    let manager = call.caller;
    let allowed = Members::cache_managers().contains(call, manager)?
        || Members::chain_owners().contains(call, manager)?;
    if !allowed {
        return Err(call.burn_out());
    }
    call.burn(activation::PARAMS_READ + activation::ARBOS_READ)?;
    let mut program = Program::load(call.ctx, codehash)?;
    let params = call.ctx.chain.params();
    if cached {
        if program.version != params.version {
            return Err(Fault::error(&ArbWasm::ProgramNeedsUpgrade {
                version: program.version,
                stylusVersion: params.version,
            }));
        }
        program.check(&params, call.now())?;
    }
    if program.cached == cached {
        return Ok(Vec::new());
    }
    call.emit(&ArbWasmCache::UpdateProgramCache {
        manager,
        codehash,
        cached,
    })?;
    call.burn(program.init_cost.into())?;
    call.get(arbos::slot(Record::Module, codehash))?;
    program.cached = cached;
    call.burn(activation::ARBOS_WRITE)?;
    program.store(call.ctx, codehash)?;
    Ok(Vec::new())
}
