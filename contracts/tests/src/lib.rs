//! Native tests that need several programs at once: see `tests/`.
