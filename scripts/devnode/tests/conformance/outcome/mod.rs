//! How a program may end, and what that leaves to whoever called it.

mod depth;
mod ends;
mod returns;
