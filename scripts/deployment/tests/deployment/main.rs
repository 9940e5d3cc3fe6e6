//! Deployments on the embedded chain, with the compiled programs and real counterparties.

mod configuration;
mod deploying;
mod doctor;
mod upkeep;
mod verifying;
mod yard;
