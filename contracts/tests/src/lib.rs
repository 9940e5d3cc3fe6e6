//! Native tests that need several programs at once: see `tests/`.
//!
//! Every program's crate has `#[entrypoint]`, which emits an exported `user_entrypoint`: two of them do
//! not link into one binary. Here they do, because motsu turns on stylus-sdk's `stylus-test`, with which
//! the macro emits nothing. Keep motsu among the dev-dependencies, and this crate out of anything that
//! is built for the chain.
//!
//! What motsu does not do, and only the compiled programs can show: the SDK's re-entrancy guard, gas
//! caps, static calls. A panic in a nested call aborts the whole test binary.
