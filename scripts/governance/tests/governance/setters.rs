//! Laws of the setters: all of the programs' are here, and calldata reads back as what it was written from.

use alloy::{
    dyn_abi::{DynSolType, DynSolValue, Specifier},
    json_abi::StateMutability,
    primitives::{Address, U256},
};
use ballast_governance::{
    change::Change,
    interfaces::{Interfaces, Module},
    setters::{self, SETTERS},
};

/// Functions that change a program and are nobody's setting: what depositors, keepers and programs call.
const NO_SETTINGS: &[(Module, &str)] = &[
    (Module::Policy, "settleTargets"),
    (Module::Vault, "approve"),
    (Module::Vault, "collect"),
    (Module::Vault, "collectPocket"),
    (Module::Vault, "execute"),
    (Module::Vault, "mint"),
    (Module::Vault, "permit"),
    (Module::Vault, "redeem"),
    (Module::Vault, "redirectClaim"),
    (Module::Vault, "transfer"),
    (Module::Vault, "transferFrom"),
];

/// A stream of numbers that differs from run to run; a failure names where it began.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        Self(std::process::id().into())
    }

    fn word(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        // Few bits, or many: both ends of a type matter.
        let empty = self.word().is_multiple_of(4);
        std::array::from_fn(|_| {
            if empty {
                0
            } else {
                self.word().to_be_bytes()[0]
            }
        })
    }

    fn any_of(&mut self, kind: &DynSolType) -> DynSolValue {
        match kind {
            DynSolType::Address => DynSolValue::Address(Address::from(self.bytes::<20>())),
            DynSolType::FixedBytes(32) => DynSolValue::FixedBytes(self.bytes::<32>().into(), 32),
            DynSolType::Uint(256) => {
                DynSolValue::Uint(U256::from_be_bytes(self.bytes::<32>()), 256)
            }
            DynSolType::Array(item) => {
                let length = self.word() % 9;
                DynSolValue::Array((0..length).map(|_| self.any_of(item)).collect())
            }
            other => panic!("no setter takes {other}"),
        }
    }
}

#[test]
fn prop_every_setter_reads_back_as_it_was_written() {
    let interfaces = Interfaces::committed().unwrap();
    let mut dice = Dice::new();
    for setter in SETTERS {
        let function = interfaces.function(setter.module, setter.function).unwrap();
        let inputs = function.inputs.iter();
        let kinds: Vec<_> = inputs.map(|input| input.resolve().unwrap()).collect();
        for _ in 0..200 {
            let began = dice.0;
            let change = Change {
                setter,
                arguments: kinds.iter().map(|kind| dice.any_of(kind)).collect(),
                value: U256::from(dice.word()),
            };
            let data = change.encode(&interfaces).unwrap();
            let read = Change::decode(setter.module, &data, change.value, &interfaces);
            assert_eq!(read, Some((change.clone(), true)), "{began}");
            // One byte more is seen.
            let longer = [&data[..], &[0]].concat();
            let read = Change::decode(setter.module, &longer, change.value, &interfaces);
            assert!(!matches!(read, Some((_, true))), "{} {began}", setter.name);
        }
    }
}

#[test]
fn every_function_that_changes_a_program_is_a_setter_or_nobodys_setting() {
    let committed = ballast::abi::committed().unwrap();
    for (module, abi) in Module::ALL.into_iter().zip(&committed) {
        for function in abi.functions() {
            let reads = matches!(
                function.state_mutability,
                StateMutability::View | StateMutability::Pure
            );
            let setting = setters::of(module, &function.name).is_some();
            let excused = NO_SETTINGS.contains(&(module, function.name.as_str()));
            assert!(
                [reads, setting, excused].iter().filter(|is| **is).count() == 1,
                "{}.{}: view {reads}, setter {setting}, nobody's setting {excused}",
                module.name(),
                function.name
            );
        }
    }
}

#[test]
fn names_are_unique_and_every_watched_view_can_be_asked() {
    let interfaces = Interfaces::committed().unwrap();
    for (index, setter) in SETTERS.iter().enumerate() {
        assert!(SETTERS[index + 1..]
            .iter()
            .all(|other| other.name != setter.name));
        let function = interfaces.function(setter.module, setter.function).unwrap();
        for view in setter.watched {
            let asked = interfaces.function(view.module, view.function).unwrap();
            let given = view.inputs.iter().map(|i| function.inputs[*i].ty.as_str());
            let wanted = asked.inputs.iter().map(|input| input.ty.as_str());
            assert!(given.eq(wanted), "{} asks {}", setter.name, view.function);
        }
    }
}
