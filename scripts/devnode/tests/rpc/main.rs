//! The embedded chain as clients see it: an alloy provider over HTTP.

mod alloy_socket;
mod calls;
mod cheats;
mod filters;
mod node;
mod node_interface;
mod pool;
mod programs;
mod robustness;
mod scene;
mod socket;
mod subscriptions;
mod traces;
mod transactions;
mod transport;
