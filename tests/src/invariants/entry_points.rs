//! Every function of the programs that changes something, and which move calls it, or why none does.

/// A function that changes something.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The program, as its interface is named.
    pub program: &'static str,
    /// Its signature.
    pub signature: &'static str,
    /// Who calls it.
    pub why: Why,
}

/// How the random sequences deal with a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// This move, and others, carry it out.
    Moved(&'static str),
    /// It is tried and always refused, for this reason.
    NeverAgain(&'static str),
}

const fn moved(program: &'static str, signature: &'static str, by: &'static str) -> Entry {
    Entry {
        program,
        signature,
        why: Why::Moved(by),
    }
}

const fn never(program: &'static str, signature: &'static str, reason: &'static str) -> Entry {
    Entry {
        program,
        signature,
        why: Why::NeverAgain(reason),
    }
}

/// All of them, as the interfaces in contracts/abi list them. The lens changes nothing.
pub const ENTRY_POINTS: [Entry; 63] = [
    moved("Vault", "absorb(address)", "absorb"),
    moved("Vault", "accrueFees()", "accrue fees"),
    moved("Vault", "announceAbsorb(address)", "announce to absorb"),
    moved("Vault", "applyFees()", "fees that wait"),
    moved("Vault", "approve(address,uint256)", "allowances"),
    moved("Vault", "cancelFees()", "fees that wait"),
    moved("Vault", "collect(address,address)", "collect a claim"),
    moved("Vault", "collectPocket(uint256,address)", "collect from a pocket"),
    moved("Vault", "delistAsset(address)", "list or delist"),
    never("Vault", "execute(address[],address[],uint256[],uint256[],address,bytes)", "the rebalancer's alone: every rebalance that is carried out calls it"),
    moved("Vault", "listAsset(address,uint256)", "list or delist"),
    moved("Vault", "lowerSupplyCap(uint256,uint256)", "supply cap"),
    moved("Vault", "mint(uint256,address,uint256[])", "mint"),
    moved("Vault", "pauseMint(uint256)", "guardian"),
    moved("Vault", "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)", "allowances"),
    moved("Vault", "pocketAsset(address)", "make a pocket"),
    moved("Vault", "redeem(uint256,address,address,uint256[])", "redeem"),
    moved("Vault", "redirectClaim(address,address,uint256)", "redirect a claim"),
    never("Vault", "seed(uint256,address,uint256[])", "once, before the sequences begin"),
    moved("Vault", "setFees(address,uint256,uint256,uint256)", "set fees"),
    never("Vault", "setRebalancer(address)", "once, before the sequences begin; then by the policy, in executeModules"),
    moved("Vault", "setSupplyCap(uint256)", "supply cap"),
    moved("Vault", "transfer(address,uint256)", "transfer shares"),
    moved("Vault", "transferFrom(address,address,uint256)", "allowances"),
    moved("Vault", "unpauseMint()", "governor"),
    moved("Policy", "acceptOwnership()", "ownership"),
    moved("Policy", "cancelGrant(bytes32,address)", "roles"),
    moved("Policy", "cancelModules()", "modules"),
    moved("Policy", "executeGrant(bytes32,address)", "roles"),
    moved("Policy", "executeModules()", "modules"),
    moved("Policy", "grantRole(bytes32,address)", "roles"),
    moved("Policy", "holdTargets()", "guardian"),
    moved("Policy", "pauseRebalance(uint256)", "guardian"),
    moved("Policy", "queueModules(address,address)", "modules"),
    moved("Policy", "renounceRole(bytes32,address)", "roles"),
    moved("Policy", "revokeRole(bytes32,address)", "roles"),
    moved("Policy", "setAssetBounds(address,uint256,uint256)", "mark an asset"),
    moved("Policy", "setLimit(uint256,uint256)", "governor"),
    moved("Policy", "setMode(address,uint256)", "mark an asset"),
    never("Policy", "setModules(address,address,address)", "once, before the sequences begin"),
    moved("Policy", "setTargets(address[],uint256[],uint256[],uint256,uint256,uint256)", "governor"),
    never("Policy", "settleTargets()", "the rebalancer's alone: settle and every rebalance that ends a change of targets call it"),
    moved("Policy", "transferOwnership(address)", "ownership"),
    moved("Policy", "unpauseRebalance()", "governor"),
    moved("Policy", "windDown()", "wind down"),
    moved("Oracle", "activate(address)", "another feed"),
    moved("Oracle", "cancelChange(address)", "another feed"),
    moved("Oracle", "observe(address[])", "observe"),
    moved("Oracle", "pinPhase(address)", "how it is priced"),
    moved("Oracle", "queueFeed(address,address[],uint256[],uint256)", "another feed"),
    moved("Oracle", "queueSecondSource(address,address,bytes32,uint256,uint256,uint256)", "another feed"),
    moved("Oracle", "removeFeed(address)", "how it is priced"),
    moved("Oracle", "reportFeed(address)", "how it is priced"),
    moved("Oracle", "setCompositeFeed(address,address[],uint256[],uint256)", "how it is priced"),
    moved("Oracle", "setFeed(address,address,uint256,uint256,uint256,uint256)", "how it is priced"),
    moved("Oracle", "setSecondSource(address,address,bytes32,uint256,uint256,uint256)", "how it is priced"),
    moved("Oracle", "setSequencerFeed(address,uint256)", "how it is priced"),
    moved("Oracle", "setVolatility(address,uint256,uint256)", "how it is priced"),
    moved("Rebalancer", "close()", "close"),
    moved("Rebalancer", "open()", "open"),
    moved("Rebalancer", "performUpkeep(bytes)", "upkeep"),
    moved("Rebalancer", "rebalance(address[],address[],uint256[],uint256[],uint256[],address,bytes,uint256,uint256)", "rebalance"),
    moved("Rebalancer", "settle()", "settle"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use alloy::json_abi::{JsonAbi, StateMutability};

    use super::*;
    use crate::invariants::moves::MOVES;

    fn in_interfaces() -> BTreeSet<(String, String)> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/abi");
        let mut all = BTreeSet::new();
        for program in ["Vault", "Policy", "Oracle", "Rebalancer", "Lens"] {
            let text = std::fs::read_to_string(format!("{folder}/{program}.json")).unwrap();
            let abi: JsonAbi = serde_json::from_str(&text).unwrap();
            for function in abi.functions() {
                let reads = [StateMutability::View, StateMutability::Pure];
                if !reads.contains(&function.state_mutability) {
                    all.insert((program.to_owned(), function.signature()));
                }
            }
        }
        all
    }

    #[test]
    fn every_function_that_changes_something_is_moved_or_excused() {
        let listed = ENTRY_POINTS
            .iter()
            .map(|e| (e.program.to_owned(), e.signature.to_owned()));
        assert_eq!(listed.collect::<BTreeSet<_>>(), in_interfaces());
    }

    #[test]
    fn every_function_names_a_move_or_a_reason() {
        let names: BTreeSet<_> = MOVES.iter().map(|(name, ..)| *name).collect();
        for entry in ENTRY_POINTS {
            match entry.why {
                Why::Moved(by) => assert!(names.contains(by), "{by} of {}", entry.signature),
                Why::NeverAgain(reason) => assert!(reason.len() > 10, "{}", entry.signature),
            }
        }
    }
}
