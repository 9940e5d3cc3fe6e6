//! Proposals by the crate itself: laws of their encoding, and real contracts that carry them.

mod carried;
mod setters;
mod stage;
mod units;
mod wallets;
