//! What is sent to the parent chain: an append-only Merkle tree, of which ArbOS keeps the size and
//! one partial root a level.
//!
//! # Source
//! Nitro v3.10.0, `arbos/merkleAccumulator/merkleAccumulator.go`.

use super::{space::SPACES, Store};
use alloy::primitives::{keccak256, B256, U256};

/// Gas of hashing two words: 30, and 6 a word.
const HASH_PAIR: u64 = 42;

/// An inner node that an append completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its height; leaves have none.
    pub(crate) level: u64,
    /// The last leaf under it.
    pub(crate) leaf: u64,
    /// Its hash.
    pub(crate) hash: B256,
}

impl Node {
    /// Level and leaf in one number, as events show them.
    pub(crate) fn position(&self) -> U256 {
        (U256::from(self.level) << 192) | U256::from(self.leaf)
    }
}

/// What the tree is: size, root, and the partial root of each level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree {
    pub(crate) size: u64,
    pub(crate) root: B256,
    pub(crate) partials: Vec<B256>,
}

/// A store that hashing costs something in.
pub(crate) trait Hasher: Store {
    fn hashed(&mut self, gas: u64) -> Result<(), Self::Error>;
}

fn partial(level: u64) -> U256 {
    SPACES.outbox.at(2 + level)
}

fn levels(size: u64) -> u64 {
    u64::from(u64::BITS - size.leading_zeros())
}

fn pair(left: B256, right: B256) -> B256 {
    keccak256([left, right].concat())
}

/// The number of leaves.
pub(crate) fn size<S: Store>(store: &mut S) -> Result<u64, S::Error> {
    Ok(store.get(SPACES.outbox.at(0))?.saturating_to())
}

/// Appends a leaf, and returns the inner nodes that it completed.
pub(crate) fn append<S: Hasher>(store: &mut S, item: B256) -> Result<Vec<Node>, S::Error> {
    let before = size(store)?;
    store.set(SPACES.outbox.at(0), U256::from(before) + U256::ONE)?;
    let mut nodes = Vec::new();
    let mut hash = keccak256(item);
    for level in 0.. {
        if level == levels(before) {
            store.set(partial(level), hash.into())?;
            break;
        }
        let left = B256::from(store.get(partial(level))?);
        if left.is_zero() {
            store.set(partial(level), hash.into())?;
            break;
        }
        store.hashed(HASH_PAIR)?;
        hash = pair(left, hash);
        store.set(partial(level), U256::ZERO)?;
        nodes.push(Node {
            level: level + 1,
            leaf: before,
            hash,
        });
    }
    Ok(nodes)
}

/// The tree as it is.
pub(crate) fn tree<S: Store>(store: &mut S) -> Result<Tree, S::Error> {
    let size = size(store)?;
    let mut partials = Vec::new();
    // The root so far, and the height of what it covers.
    let mut root: Option<(B256, u64)> = None;
    for level in 0..levels(size) {
        let left = B256::from(store.get(partial(level))?);
        partials.push(left);
        if left.is_zero() {
            continue;
        }
        root = Some(match root {
            None => (left, level),
            Some((right, height)) => {
                let padded = (height..level).fold(right, |hash, _| pair(hash, B256::ZERO));
                (pair(left, padded), level + 1)
            }
        });
    }
    Ok(Tree {
        size,
        root: root.map_or(B256::ZERO, |(root, _)| root),
        partials,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::State;
    use std::convert::Infallible;

    impl Hasher for State {
        fn hashed(&mut self, _: u64) -> Result<(), Infallible> {
            Ok(())
        }
    }

    #[test]
    fn three_leaves_make_the_tree_that_their_hashes_make() {
        let mut state = State::default();
        let items = [1, 2, 3].map(B256::with_last_byte);
        let [a, b, c] = items.map(keccak256);
        assert_eq!(append(&mut state, items[0]).unwrap(), []);
        let ab = pair(a, b);
        let node = Node {
            level: 1,
            leaf: 1,
            hash: ab,
        };
        assert_eq!(append(&mut state, items[1]).unwrap(), [node]);
        assert_eq!(node.position(), (U256::ONE << 192) | U256::ONE);
        assert_eq!(tree(&mut state).unwrap().root, ab);
        assert_eq!(append(&mut state, items[2]).unwrap(), []);
        let expected = Tree {
            size: 3,
            root: pair(ab, pair(c, B256::ZERO)),
            partials: vec![c, ab],
        };
        assert_eq!(tree(&mut state).unwrap(), expected);
        // The fourth completes two nodes at once.
        let nodes = append(&mut state, items[0]).unwrap();
        let levels: Vec<_> = nodes.iter().map(|node| (node.level, node.leaf)).collect();
        assert_eq!(levels, [(1, 3), (2, 3)]);
        assert_eq!(tree(&mut state).unwrap().root, pair(ab, pair(c, a)));
    }
}
