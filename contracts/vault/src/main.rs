//! Prints the program's Solidity interface and constructor; the program itself is the library.
#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]

/// Nothing: the program is the library.
#[cfg(not(any(test, feature = "export-abi")))]
#[no_mangle]
pub extern "C" fn main() {}

#[cfg(feature = "export-abi")]
fn main() {
    ballast_vault::print_from_args();
}
