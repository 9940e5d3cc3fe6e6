//! What a panic does in a program: trap at once, without the standard library's words about it.
//!
//! Every program is `no_std` on chain; one handler here serves them all. A panic is a bug: refusals are errors.

#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
