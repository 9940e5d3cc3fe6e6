//! Prints the program's Solidity interface and constructor; the program itself is the library.
#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]

#[cfg(not(any(test, feature = "export-abi")))]
#[no_mangle]
#[allow(missing_docs)] // never called: the program's entry point is the library's
pub extern "C" fn main() {}

#[cfg(feature = "export-abi")]
fn main() {
    ballast_filler_balancer_v2::print_from_args();
}
