//! Runs the programs over real price histories and compares them with doing less.
