//! Says what a change of Ballast's settings does, and writes it for every kind of governor.
