//! The compiled programs on the embedded chain, from outside: each scenario with the programs uncached,
//! cached, and as the third Stylus frame of the transaction (`cargo test -p e2e --test programs nested`).

mod abi;
mod access;
mod auction;
mod automation;
mod cache;
mod deployer;
mod exits;
mod governance;
mod layout;
mod modes;
mod oracle;
mod rebalance;
mod reentrancy;
mod screen;
mod uniswap;
mod vault;
