//! Functions that tell the program a fact.

use crate::{price::*, scene::ink};

#[test]
fn numbers_cost_the_base() {
    for function in ["evm_gas_left", "evm_ink_left", "chainid"] {
        assert_eq!(
            ink(&format!("(drop (call ${function}))")),
            CALL + BASE + DROP,
            "{function}"
        );
    }
}
