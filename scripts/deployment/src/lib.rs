//! Deploys Ballast from a configuration, records what it did, and checks what stands.
//!
//! [`config`] says what shall stand, [`check`] whether it fits the chain, [`job`] what stands already, [`plan`] what is
//! left and what it costs; [`carry`] does it and can be stopped anywhere, and [`proof`] reads back that only those
//! hold a role who should. [`rebuild`] builds a checkout's programs, [`verify`] compares what stands with them, [`doctor`]
//! examines how it fares, [`upkeep`] says what its programs need.

pub mod bundle;
pub mod carry;
pub mod check;
pub mod config;
pub mod doctor;
pub mod example;
pub mod job;
pub mod limits;
pub mod plan;
pub mod proof;
pub mod rebuild;
pub mod standing;
pub mod trouble;
pub mod upkeep;
pub mod verify;
