//! Mocks for the native tests; never deployed.
extern crate alloc;
