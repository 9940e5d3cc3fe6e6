//! `ArbWasmCache`: which programs start at the cached price. On this chain anyone may say.

use super::{
    super::{activation::Program, pricing::activation},
    arb_wasm::ArbWasm,
    Answer, Call, Fault, Methods, Purity,
};
use alloy::{
    primitives::{Address, B256},
    sol,
    sol_types::SolValue,
};

sol! {
    #[allow(missing_docs)]
    interface ArbWasmCache {
        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] memory managers);
        function cacheCodehash(bytes32 codehash) external;
        function cacheProgram(address addr) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);

        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }
}

impl Methods for ArbWasmCache::ArbWasmCacheCalls {
    fn purity(&self) -> Purity {
        match self {
            Self::cacheCodehash(_) | Self::cacheProgram(_) | Self::evictCodehash(_) => {
                Purity::Write
            }
            _ => Purity::View,
        }
    }

    fn run(self, call: &mut Call<'_>) -> Answer {
        call.burn(activation::ARBOS_READ)?;
        Ok(match self {
            Self::isCacheManager(_) => true.abi_encode(),
            Self::allCacheManagers(_) => Vec::<Address>::new().abi_encode(),
            Self::codehashIsCached(a) => Program::load(call.ctx, a.codehash)?.cached.abi_encode(),
            Self::cacheCodehash(a) => set(call, a.codehash, true)?,
            Self::evictCodehash(a) => set(call, a.codehash, false)?,
            Self::cacheProgram(a) => {
                let hash = call.code_hash(a.addr)?;
                set(call, hash, true)?
            }
        })
    }
}

fn set(call: &mut Call<'_>, codehash: B256, cached: bool) -> Answer {
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
    let manager = call.caller;
    call.emit(&ArbWasmCache::UpdateProgramCache {
        manager,
        codehash,
        cached,
    })?;
    call.burn(u64::from(program.init_cost) + activation::ARBOS_WRITE)?;
    program.cached = cached;
    program.store(call.ctx, codehash)?;
    Ok(Vec::new())
}
