//! Deploys Ballast from a configuration, records what it did, and checks what stands.
