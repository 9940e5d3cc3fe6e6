//! Several values are answered as Solidity answers them, and read back whoever answered them.
use alloy_primitives::{Address, U256};
use alloy_sol_types::{sol, SolCall};
use ballast_interfaces::{answers::Answers, modules::IVault};
extern crate alloc;
use motsu::prelude::*;
use stylus_sdk::{abi::internal::EncodableReturnType, prelude::*};

sol! {
    function holdings() external view returns (address[] memory tokens, uint256[] memory held);
}

type Pair = (Vec<Address>, Vec<U256>);

fn pair() -> Pair {
    (
        vec![Address::repeat_byte(1), Address::repeat_byte(2)],
        vec![U256::from(7), U256::MAX],
    )
}

#[test]
fn answers_are_what_a_solidity_caller_decodes() {
    let encoded = EncodableReturnType::encode(Ok::<_, Vec<u8>>(Answers(pair()))).unwrap();
    let decoded = holdingsCall::abi_decode_returns(&encoded, true).unwrap();
    assert_eq!((decoded.tokens, decoded.held), pair());
}

#[test]
fn a_bare_tuple_is_not_what_a_solidity_caller_decodes() {
    let encoded = EncodableReturnType::encode(pair()).unwrap();
    assert!(holdingsCall::abi_decode_returns(&encoded, true).is_err());
}

#[storage]
struct Standard {}
// SAFETY: used as a top-level contract only.
unsafe impl TopLevelStorage for Standard {}
#[public]
impl Standard {
    fn holdings(&self) -> Answers<Pair> {
        Answers(pair())
    }
}

#[storage]
struct Bare {}
// SAFETY: used as a top-level contract only.
unsafe impl TopLevelStorage for Bare {}
#[public]
impl Bare {
    fn holdings(&self) -> Pair {
        pair()
    }
}

#[storage]
struct Asker {}
// SAFETY: used as a top-level contract only.
unsafe impl TopLevelStorage for Asker {}
#[public]
impl Asker {
    fn ask(&self, whom: Address) -> Result<(Vec<Address>, Vec<U256>), Vec<u8>> {
        Ok(IVault::new(whom).holdings(self)?)
    }
}

#[motsu::test]
fn the_interface_reads_both_encodings(
    asker: Contract<Asker>,
    standard: Contract<Standard>,
    bare: Contract<Bare>,
    alice: Address,
) {
    assert_eq!(asker.sender(alice).ask(standard.address()), Ok(pair()));
    assert_eq!(asker.sender(alice).ask(bare.address()), Ok(pair()));
}
