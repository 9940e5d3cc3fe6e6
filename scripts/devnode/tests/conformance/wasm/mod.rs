//! What a program pays by itself: opcodes, blocks, stack, memory, its start; which modules may be
//! programs, and what becoming one costs.

mod activation;
mod blocks;
mod depth;
mod fragments;
mod lifetime;
mod memory;
mod opcodes;
mod start;
mod validation;

use crate::scene::Scene;

/// Gas of any message before it runs, without calldata.
const INTRINSIC: u64 = 21_000;
/// Gas to start any program on a chain of [`priced_in_gas`]: there are no minima, and what decides
/// the rest counts for nothing.
const START: u64 = 0;

/// A chain on which one gas buys one ink, and starting costs nothing, so that gas used is ink used.
fn priced_in_gas() -> Scene {
    let mut scene = Scene::new();
    let params = devnode::exec::pricing::Params {
        ink_price: 1,
        min_init_gas: 0,
        min_cached_init_gas: 0,
        init_cost_scalar: 0,
        cached_cost_scalar: 0,
        ..scene.state.params()
    };
    scene.state.set_params(params).unwrap();
    scene
}
