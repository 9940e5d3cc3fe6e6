//! The share: ERC-20, ERC-2612, ERC-5267 and ERC-165.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)] // tests may panic

mod common;

use alloy_primitives::{b256, keccak256, Address, FixedBytes, B256, U256};
use alloy_sol_types::{eip712_domain, sol, SolStruct};
use ballast_interfaces::clock;
use ballast_vault::types::*;
use common::*;
use motsu::prelude::*;

const CHAIN: u64 = 42_161;

sol! {
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }
}

#[motsu::test]
fn transfer_reverts_for_more_than_one_has() {
    let world = World::seeded();
    let balance = world.shares(world.governor);
    let needed = balance + n(1);
    let error = refused(
        world
            .vault
            .sender(world.governor)
            .transfer(world.alice, needed),
    );
    assert_eq!(
        error,
        ERC20InsufficientBalance {
            sender: world.governor,
            balance,
            needed
        }
        .into()
    );
}

#[motsu::test]
fn transfer_reverts_for_nobody_and_for_the_vault() {
    let world = World::seeded();
    for receiver in [Address::ZERO, world.vault.address()] {
        let error = refused(world.vault.sender(world.governor).transfer(receiver, n(1)));
        assert_eq!(error, ERC20InvalidReceiver { receiver }.into());
    }
}

#[motsu::test]
fn transfer_moves_shares_and_tells() {
    let world = World::seeded();
    let before = world.shares(world.governor);
    let moved = world
        .vault
        .sender(world.governor)
        .transfer(world.alice, n(5))
        .motsu_unwrap();
    assert!(moved);
    assert_eq!(world.shares(world.governor), before - n(5));
    assert_eq!(world.shares(world.alice), n(5));
    world.vault.assert_emitted(&Transfer {
        from: world.governor,
        to: world.alice,
        value: n(5),
    });
    world.assert_sound(&world.people());
}

#[motsu::test]
fn transfer_to_oneself_changes_nothing() {
    let world = World::seeded();
    let before = world.shares(world.governor);
    world
        .vault
        .sender(world.governor)
        .transfer(world.governor, before)
        .motsu_unwrap();
    assert_eq!(world.shares(world.governor), before);
}

#[motsu::test]
fn approve_reverts_for_nobody() {
    let world = World::seeded();
    let spender = Address::ZERO;
    let error = refused(world.vault.sender(world.alice).approve(spender, n(1)));
    assert_eq!(error, ERC20InvalidSpender { spender }.into());
}

#[motsu::test]
fn approve_replaces_and_tells() {
    let world = World::seeded();
    for value in [n(5), n(3), U256::MAX, U256::ZERO] {
        world
            .vault
            .sender(world.alice)
            .approve(world.bob, value)
            .motsu_unwrap();
        let allowance = world
            .vault
            .sender(world.eve)
            .allowance(world.alice, world.bob);
        assert_eq!(allowance, value);
        world.vault.assert_emitted(&Approval {
            owner: world.alice,
            spender: world.bob,
            value,
        });
    }
}

#[motsu::test]
fn transfer_from_reverts_without_allowance() {
    let world = World::seeded();
    world
        .vault
        .sender(world.governor)
        .approve(world.eve, n(4))
        .motsu_unwrap();
    let error = refused(world.vault.sender(world.eve).transfer_from(
        world.governor,
        world.eve,
        n(5),
    ));
    assert_eq!(
        error,
        ERC20InsufficientAllowance {
            spender: world.eve,
            allowance: n(4),
            needed: n(5)
        }
        .into()
    );
}

#[motsu::test]
fn transfer_from_reverts_for_shares_of_nobody() {
    let world = World::seeded();
    let approver = Address::ZERO;
    let error = refused(world.vault.sender(world.eve).transfer_from(
        approver,
        world.eve,
        U256::ZERO,
    ));
    assert_eq!(error, ERC20InvalidApprover { approver }.into());
}

#[motsu::test]
fn transfer_from_uses_up_the_allowance_unless_it_is_infinite() {
    let world = World::seeded();
    for (given, rest) in [(n(7), n(2)), (U256::MAX, U256::MAX)] {
        world
            .vault
            .sender(world.governor)
            .approve(world.eve, given)
            .motsu_unwrap();
        world
            .vault
            .sender(world.eve)
            .transfer_from(world.governor, world.bob, n(5))
            .motsu_unwrap();
        let allowance = world
            .vault
            .sender(world.eve)
            .allowance(world.governor, world.eve);
        assert_eq!(allowance, rest);
    }
    assert_eq!(world.shares(world.bob), n(10));
}

/// The signature of `owner` under a permit, as a wallet makes it, by alloy's EIP-712.
fn sign(world: &World, owner: &Account, permit: &Permit) -> (u8, B256, B256) {
    let domain = eip712_domain! {
        name: "Ballast",
        version: "1",
        chain_id: CHAIN,
        verifying_contract: world.vault.address(),
    };
    let hash = permit.eip712_signing_hash(&domain);
    let (signature, parity) = owner
        .signer()
        .credential()
        .sign_prehash_recoverable(hash.as_slice())
        .unwrap();
    let (r, s) = signature.split_bytes();
    let v = 27 + u8::from(parity.is_y_odd());
    (v, B256::from_slice(&r), B256::from_slice(&s))
}

fn use_permit(world: &World, permit: &Permit, (v, r, s): (u8, B256, B256)) -> Result<(), Error> {
    world.vault.sender(world.eve).permit(
        permit.owner,
        permit.spender,
        permit.value,
        permit.deadline,
        v,
        r,
        s,
    )
}

fn permit_of(owner: &Account) -> Permit {
    Permit {
        owner: owner.address(),
        spender: Address::repeat_byte(5),
        value: n(99),
        nonce: U256::ZERO,
        deadline: n(START),
    }
}

#[motsu::test]
fn permit_reverts_after_its_deadline() {
    let (world, owner) = (World::bare(), Account::random());
    let permit = permit_of(&owner);
    let signature = sign(&world, &owner, &permit);
    clock::set(START + 1);
    let deadline = n(START);
    assert_eq!(
        refused(use_permit(&world, &permit, signature)),
        ERC2612ExpiredSignature { deadline }.into()
    );
}

#[motsu::test]
fn permit_reverts_for_another_signer() {
    let (world, owner) = (World::bare(), Account::random());
    let forger = Account::random();
    let permit = permit_of(&owner);
    let signature = sign(&world, &forger, &permit);
    assert_eq!(
        refused(use_permit(&world, &permit, signature)),
        ERC2612InvalidSigner {
            signer: forger.address(),
            owner: owner.address()
        }
        .into()
    );
}

#[motsu::test]
fn permit_reverts_when_any_field_was_changed() {
    let (world, owner) = (World::bare(), Account::random());
    let signed = permit_of(&owner);
    let signature = sign(&world, &owner, &signed);
    let changes: [fn(&mut Permit); 3] = [
        |p| p.spender = Address::repeat_byte(6),
        |p| p.value += n(1),
        |p| p.deadline += n(1),
    ];
    for change in changes {
        let mut permit = permit_of(&owner);
        change(&mut permit);
        let error = refused(use_permit(&world, &permit, signature));
        assert!(matches!(error, Error::ERC2612InvalidSigner(_)), "{error:?}");
    }
    use_permit(&world, &signed, signature).motsu_unwrap();
}

#[motsu::test]
fn permit_reverts_for_what_is_no_signature() {
    let (world, owner) = (World::bare(), Account::random());
    let permit = permit_of(&owner);
    let (v, r, s) = sign(&world, &owner, &permit);
    let order = b256!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    let twin = B256::from(U256::from_be_bytes(order.0) - U256::from_be_bytes(s.0));
    let nobody = ERC2612InvalidSigner {
        signer: Address::ZERO,
        owner: owner.address(),
    };
    for (v, r, s) in [
        (55 - v, r, twin), // malleated
        (v - 27, r, s),
        (29, r, s),
        (v, B256::ZERO, s),
    ] {
        let error = refused(use_permit(&world, &permit, (v, r, s)));
        assert_eq!(error, nobody.clone().into());
    }
}

#[motsu::test]
fn permit_reverts_for_an_owner_that_is_nobody() {
    let (world, owner) = (World::bare(), Account::random());
    let mut permit = permit_of(&owner);
    permit.owner = Address::ZERO;
    let error = refused(use_permit(&world, &permit, (27, B256::ZERO, B256::ZERO)));
    let (signer, owner) = (Address::ZERO, Address::ZERO);
    assert_eq!(error, ERC2612InvalidSigner { signer, owner }.into());
}

#[motsu::test]
fn permit_reverts_the_second_time() {
    let (world, owner) = (World::bare(), Account::random());
    let permit = permit_of(&owner);
    let signature = sign(&world, &owner, &permit);
    use_permit(&world, &permit, signature).motsu_unwrap();
    let error = refused(use_permit(&world, &permit, signature));
    assert!(matches!(error, Error::ERC2612InvalidSigner(_)), "{error:?}");
}

#[motsu::test]
fn permit_sets_the_allowance_until_the_deadline() {
    let (world, owner) = (World::bare(), Account::random());
    for nonce in 0..3 {
        let mut permit = permit_of(&owner);
        permit.nonce = n(nonce);
        permit.value = n(100 + nonce);
        let signature = sign(&world, &owner, &permit);
        use_permit(&world, &permit, signature).motsu_unwrap();
        let vault = world.vault.sender(world.eve);
        assert_eq!(vault.allowance(permit.owner, permit.spender), permit.value);
        assert_eq!(vault.nonces(permit.owner), n(nonce + 1));
        drop(vault);
        world.vault.assert_emitted(&Approval {
            owner: permit.owner,
            spender: permit.spender,
            value: permit.value,
        });
    }
}

#[motsu::test]
fn domain_is_bound_to_the_vault_and_the_chain() {
    let world = World::bare();
    let expected = eip712_domain! {
        name: "Ballast",
        version: "1",
        chain_id: CHAIN,
        verifying_contract: world.vault.address(),
    };
    let vault = world.vault.sender(world.eve);
    assert_eq!(vault.domain_separator(), expected.separator());
    assert_eq!(
        vault.eip712_domain().0,
        (
            FixedBytes([0x0f]),
            "Ballast".to_owned(),
            "1".to_owned(),
            n(CHAIN),
            world.vault.address(),
            B256::ZERO,
            vec![]
        )
    );
    drop(vault);
    VM::context().set_chain_id(CHAIN + 1);
    assert_ne!(
        world.vault.sender(world.eve).domain_separator(),
        expected.separator()
    );
}

#[motsu::test]
fn domain_covers_names_longer_than_a_slot() {
    let world = World::bare();
    let name = "A treasury whose name is longer than thirty-two bytes".to_owned();
    let vault = Contract::<ballast_vault::Vault>::new();
    vault
        .sender(world.eve)
        .constructor(name.clone(), "L".into(), world.policy.address())
        .motsu_unwrap();
    assert_eq!(vault.sender(world.eve).name(), name);
    let expected = alloy_sol_types::Eip712Domain {
        name: Some(name.into()),
        version: Some("1".into()),
        chain_id: Some(n(CHAIN)),
        verifying_contract: Some(vault.address()),
        salt: None,
    };
    let separator = vault.sender(world.eve).domain_separator();
    assert_eq!(separator, expected.separator());
}

#[motsu::test]
fn supports_interface_names_what_is_there() {
    let world = World::bare();
    let vault = world.vault.sender(world.eve);
    let selector =
        |signature: &str| u32::from_be_bytes(keccak256(signature)[..4].try_into().unwrap());
    let id = |signatures: &[&str]| {
        FixedBytes(
            signatures
                .iter()
                .fold(0, |id, s| id ^ selector(s))
                .to_be_bytes(),
        )
    };
    let erc20 = [
        "totalSupply()",
        "balanceOf(address)",
        "transfer(address,uint256)",
        "allowance(address,address)",
        "approve(address,uint256)",
        "transferFrom(address,address,uint256)",
    ];
    let permit = [
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
        "nonces(address)",
        "DOMAIN_SEPARATOR()",
    ];
    assert!(vault.supports_interface(id(&["supportsInterface(bytes4)"])));
    assert!(vault.supports_interface(id(&erc20)));
    assert!(vault.supports_interface(id(&["name()", "symbol()", "decimals()"])));
    assert!(vault.supports_interface(id(&permit)));
    assert!(vault.supports_interface(id(&["eip712Domain()"])));
    assert!(!vault.supports_interface(FixedBytes([0xff; 4])));
    assert!(!vault.supports_interface(FixedBytes([0; 4])));
    assert_eq!(vault.decimals(), 18);
}
