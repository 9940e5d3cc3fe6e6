//! Tokens that are not what the textbook says, on the compiled programs: each is held to the invariants through everything
//! that a treasury does with it, or refused by name. `docs/assumptions.md` has a row for each.

mod circuit;
mod hostile;
mod table;
mod weird;
