//! Deploys and drives Ballast on any chain.
