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
    modules().keep(hash, compiled.clone());
    Ok(compiled)
}

/// A module compiled before, unless too many others were used since.
pub fn cached(hash: B256) -> Option<Arc<Compiled>> {
    modules().find(hash)
}

fn modules() -> std::sync::MutexGuard<'static, Shelf<Arc<Compiled>>> {
    static MODULES: OnceLock<Mutex<Shelf<Arc<Compiled>>>> = OnceLock::new();
    MODULES
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// How many modules are kept; a program whose module is gone is compiled again when it is entered.
const MODULES_KEPT: usize = 512;

/// What was used lately.
struct Shelf<T> {
    uses: u64,
    kept: HashMap<B256, (u64, T)>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            uses: 0,
            kept: HashMap::new(),
        }
    }
}

impl<T: Clone> Shelf<T> {
    fn find(&mut self, hash: B256) -> Option<T> {
        self.uses += 1;
        let (used, module) = self.kept.get_mut(&hash)?;
        *used = self.uses;
        Some(module.clone())
    }

    fn keep(&mut self, hash: B256, module: T) {
        self.uses += 1;
        self.kept.insert(hash, (self.uses, module));
        if self.kept.len() > MODULES_KEPT {
            let oldest = self.kept.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(hash) = oldest.map(|(hash, _)| *hash) {
                self.kept.remove(&hash);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::U256;

    #[test]
    fn the_module_that_was_used_longest_ago_goes_first() {
        let hash = |n: usize| B256::from(U256::from(n));
        let mut shelf = Shelf::default();
        for n in 0..MODULES_KEPT {
            shelf.keep(hash(n), n);
        }
        assert_eq!(shelf.find(hash(0)), Some(0));
        shelf.keep(hash(MODULES_KEPT), MODULES_KEPT);
        assert_eq!(shelf.find(hash(1)), None);
        assert_eq!(shelf.find(hash(0)), Some(0));
        assert_eq!(shelf.find(hash(MODULES_KEPT)), Some(MODULES_KEPT));
        assert_eq!(shelf.kept.len(), MODULES_KEPT);
    }
}
