//! One page for members: what the treasury holds, did, and may do.
