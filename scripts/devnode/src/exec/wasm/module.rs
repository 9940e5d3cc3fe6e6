//! Compiled programs, shared by every chain of the process.

use super::super::hostio::{self, Host};
use super::instrument::{self, Instrumented};
use super::validate::Refusal;
use alloy::primitives::{keccak256, B256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};
use wasmi::{Config, Engine, Linker, Module};

/// A program ready to be instantiated.
pub struct Compiled {
    /// The metered module.
    pub module: Module,
    /// What decides its price.
    pub instrumented: Instrumented,
}

/// What a module is known by: the hash of its bytes before metering, and of the Stylus version whose
/// rules it was compiled by.
pub fn module_hash(wasm: &[u8], version: u16) -> B256 {
    keccak256([wasm, &version.to_be_bytes()].concat())
}

/// The engine all programs are compiled for.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = Config::default();
        // The metered depth is the limit that counts; a word is at most 8 bytes, and no frame has
        // fewer than 4 words.
        config.set_max_recursion_depth(22_000 / 4);
        config.set_max_stack_height(4 << 20);
        Engine::new(&config)
    })
}

/// The host functions, linked once.
pub(crate) fn linker() -> &'static Linker<Host> {
    static LINKER: OnceLock<Linker<Host>> = OnceLock::new();
    LINKER.get_or_init(|| hostio::link(engine()))
}

/// The compiled module of these bytes, from the cache if they were seen before.
///
/// # Errors
/// A [`Refusal`] that names why the module may not be activated.
pub fn compile(wasm: &[u8], version: u16, page_limit: u16) -> Result<Arc<Compiled>, Refusal> {
    let hash = module_hash(wasm, version);
    if let Some(known) = cached(hash) {
        if known.instrumented.footprint <= page_limit {
            return Ok(known);
        }
    }
    let instrumented = instrument::instrument(wasm, version, page_limit)?;
    let module = Module::new(engine(), &instrumented.wasm)
        .map_err(|error| Refusal(format!("failed to compile: {error}")))?;
    let compiled = Arc::new(Compiled {
        module,
        instrumented,
    });
    modules().insert(hash, compiled.clone());
    Ok(compiled)
}

/// A module compiled before.
pub fn cached(hash: B256) -> Option<Arc<Compiled>> {
    modules().get(&hash).cloned()
}

fn modules() -> std::sync::MutexGuard<'static, HashMap<B256, Arc<Compiled>>> {
    static MODULES: OnceLock<Mutex<HashMap<B256, Arc<Compiled>>>> = OnceLock::new();
    MODULES
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
