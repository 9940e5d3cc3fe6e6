//! ArbOS's precompiles: what they answer, refuse, emit and cost. Every figure of gas is a sum of the
//! prices that `docs/devnode.md` lists, worked out beside the assertion.

mod asking;
mod cache;
mod owner;
mod posting;
mod programs;
mod scene;
mod sys;
