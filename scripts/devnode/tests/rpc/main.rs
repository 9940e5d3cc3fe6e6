//! The embedded chain as clients see it: an alloy provider over HTTP.

mod calls;
mod cheats;
mod filters;
mod scene;
mod socket;
mod subscriptions;
mod transactions;
mod transport;
