//! Prints the program's Solidity interface and constructor; the program itself is the library.
#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]

#[cfg(not(any(test, feature = "export-abi")))]
/// What links where the library is the program.
#[no_mangle]
pub extern "C" fn main() {}

#[cfg(feature = "export-abi")]
fn main() {
    ballast_oracle::print_from_args();
}
