//! The 42 host functions: what each costs, and what it does.

mod facts;
