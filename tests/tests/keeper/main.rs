//! The keeper against the compiled programs: a short soak, several keepers at once, and its own process.

mod rivals;
mod routes;
mod soak;
mod verdicts;
