//! The fillers against real venues, everybody's calldata, and a keeper's own filler; what a keeper can take at most.

mod keeper_filler;
mod market;
mod sandwich;
mod venues;
