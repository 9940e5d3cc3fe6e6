//! The 42 host functions: what each costs, and what it does.

mod accounts;
mod arguments;
mod calls;
mod creates;
mod facts;
mod logs;
mod math;
mod memory;
mod pointers;
mod reentrancy;
mod requires;
mod returned;
mod statics;
mod storage;
mod transient;
