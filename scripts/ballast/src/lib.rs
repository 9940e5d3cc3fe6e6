//! Deploys and drives Ballast on any chain that speaks Ethereum's JSON-RPC and runs Stylus programs.
//!
//! [`artifacts`] finds what was built, [`stylus`] puts a program on a chain, [`suite`] puts all of them
//! there and wires them by the [`steps`] that a deployment takes too, [`record`] remembers where they are, [`keeper`] decides and sends a rebalance, [`route`] writes what its filler reads and [`split`] shares a trade among pools, [`errors`] turns revert data into
//! words, [`advice`] says what they mean and what to do, [`words`] writes values as people read them. [`local`] is the surrounding world of a test chain: real governance, real Uniswap V3, tokens and feeds.

pub mod abi;
pub mod advice;
pub mod artifacts;
pub mod client;
pub mod demo;
pub mod errors;
pub mod keeper;
pub mod local;
pub mod offer;
pub mod proposal;
pub mod record;
pub mod route;
pub mod split;
pub mod steps;
pub mod stylus;
pub mod suite;
pub mod tokens;
pub mod verdict;
pub mod wire;
pub mod words;
