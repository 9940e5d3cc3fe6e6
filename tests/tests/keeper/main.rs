//! The keeper against the compiled programs: a short soak, several keepers at once, and its own process.

mod late;
mod rivals;
mod routes;
mod scene;
mod soak;
mod verdicts;
