//! The share against OpenZeppelin's ERC-20 and permit: the same calls, the same answers, errors and events.
//!
//! They differ on purpose in two things. The vault refuses shares sent to itself. And a signature that is
//! none, or the malleated twin of one, is `ERC2612InvalidSigner(0, owner)` here, where OpenZeppelin has two
//! errors of its ECDSA library that ERC-2612 does not know.

extern crate alloc;

use std::cell::Cell;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{sol, Eip712Domain, SolStruct};
use ballast_interfaces::{clock, constants::DEFAULT_ADMIN_ROLE};
use ballast_mocks::{modules::MockPolicy, tokens::MockToken};
use ballast_vault::{
    types::{ERC20InvalidReceiver, ERC2612InvalidSigner, Error},
    Vault, LOCKED_SHARES,
};
use motsu::prelude::*;
use openzeppelin_stylus::{
    token::erc20::{
        self,
        extensions::{permit, Erc20Permit},
        Erc20, IErc20,
    },
    utils::{
        cryptography::{ecdsa, eip712::IEip712},
        nonces::{INonces, Nonces},
    },
};
use proptest::prelude::*;
use stylus_sdk::prelude::*;

/// The native VM's clock, which OpenZeppelin reads.
const NOW: u64 = 1_735_689_600;
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

#[storage]
struct Domain {}

impl IEip712 for Domain {
    const NAME: &'static str = "Ballast";
    const VERSION: &'static str = "1";
}

/// OpenZeppelin's, as a contract of its own.
#[storage]
struct Reference {
    erc20: Erc20,
    nonces: Nonces,
    permit: Erc20Permit<Domain>,
}

// SAFETY: only ever used as a top-level contract.
unsafe impl TopLevelStorage for Reference {}

#[public]
impl Reference {
    fn seed(&mut self, to: Address, value: U256) -> Result<(), erc20::Error> {
        self.erc20._mint(to, value)
    }
    fn total_supply(&self) -> U256 {
        self.erc20.total_supply()
    }
    fn balance_of(&self, account: Address) -> U256 {
        self.erc20.balance_of(account)
    }
    fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.erc20.allowance(owner, spender)
    }
    fn nonces(&self, owner: Address) -> U256 {
        self.nonces.nonces(owner)
    }
    fn domain_separator(&self) -> B256 {
        self.permit.domain_separator()
    }
    fn transfer(&mut self, to: Address, value: U256) -> Result<bool, erc20::Error> {
        self.erc20.transfer(to, value)
    }
    fn approve(&mut self, spender: Address, value: U256) -> Result<bool, erc20::Error> {
        self.erc20.approve(spender, value)
    }
    fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
    ) -> Result<bool, erc20::Error> {
        self.erc20.transfer_from(from, to, value)
    }
    #[allow(clippy::too_many_arguments)]
    fn permit(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
        deadline: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), permit::Error> {
        self.permit.permit(
            owner,
            spender,
            value,
            deadline,
            v,
            r,
            s,
            &mut self.erc20,
            &mut self.nonces,
        )
    }
}

/// Signs for one of the two contracts.
fn sign(signer: &Account, permit: &Permit, contract: Address) -> (u8, B256, B256) {
    let domain = Eip712Domain {
        name: Some(Domain::NAME.into()),
        version: Some(Domain::VERSION.into()),
        chain_id: Some(U256::from(CHAIN)),
        verifying_contract: Some(contract),
        salt: None,
    };
    let hash = permit.eip712_signing_hash(&domain);
    let (signature, parity) = signer
        .signer()
        .credential()
        .sign_prehash_recoverable(hash.as_slice())
        .unwrap();
    let (r, s) = signature.split_bytes();
    (
        27 + u8::from(parity.is_y_odd()),
        B256::from_slice(&r),
        B256::from_slice(&s),
    )
}

/// What is wrong with a permit's signature.
fn spoil(kind: usize, (v, r, s): (u8, B256, B256)) -> (u8, B256, B256) {
    let order = "115792089237316195423570985008687907852837564279074904382605163141518161494337"
        .parse::<U256>()
        .unwrap();
    match kind {
        0 => (55 - v, r, B256::from(order - U256::from_be_bytes(s.0))),
        1 => (v - 27, r, s),
        2 => (55 - v, r, s),
        _ => (v, r, s),
    }
}

type Call = (usize, usize, usize, usize, U256, usize);

/// Operation, three people, an amount, what is wrong with a signature.
fn calls() -> impl Strategy<Value = Vec<Call>> {
    let amount = prop_oneof![
        4 => (0u64..2_000).prop_map(|x| U256::from(x) * U256::from(1_000_000_000_000_000_000u64)),
        1 => Just(U256::ZERO),
        1 => Just(U256::MAX),
        1 => any::<u64>().prop_map(U256::from),
    ];
    prop::collection::vec(
        (
            0usize..5,
            0usize..3,
            0usize..5,
            0usize..5,
            amount,
            0usize..8,
        ),
        1..40,
    )
}

#[test]
fn prop_the_share_behaves_as_openzeppelins() {
    let _precompiles = deploy_precompiles();
    clock::set(NOW);
    let (agreed, refused, differed) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let config = ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(calls in calls())| {
        let accounts = ["alice", "bob", "carol"].map(Account::from_tag);
        let [alice, bob, carol] = accounts.map(|a| a.address());
        let policy = Contract::<MockPolicy>::new();
        let token = Contract::<MockToken>::new();
        let vault = Contract::<Vault>::new();
        let reference = Contract::<Reference>::new();
        let supply = U256::from(1_000) * U256::from(1_000_000_000_000_000_000u64);

        policy.sender(alice).set_role(DEFAULT_ADMIN_ROLE, alice, true);
        token.sender(alice).mint(alice, U256::from(10_000));
        token.sender(alice).approve(vault.address(), U256::MAX);
        vault
            .sender(alice)
            .constructor(Domain::NAME.into(), "B".into(), policy.address())
            .motsu_unwrap();
        vault.sender(alice).list_asset(token.address(), U256::from(1)).motsu_unwrap();
        vault
            .sender(alice)
            .seed(supply, alice, vec![U256::from(10_000)])
            .motsu_unwrap();
        let dead = ballast_interfaces::constants::DEAD;
        reference.sender(alice).seed(dead, LOCKED_SHARES).motsu_unwrap();
        reference.sender(alice).seed(alice, supply - LOCKED_SHARES).motsu_unwrap();

        // The fourth is nobody, the fifth the contract itself.
        let ours_of = [alice, bob, carol, Address::ZERO, vault.address()];
        let theirs_of = [alice, bob, carol, Address::ZERO, reference.address()];

        for (operation, caller, first, second, value, fault) in calls {
            let sender = ours_of[caller];
            let before = (vault.all_events().len(), reference.all_events().len());
            let (ours, theirs) = match operation {
                0 => (
                    vault.sender(sender).transfer(ours_of[first], value).motsu_res().map_err(Vec::from),
                    reference.sender(sender).transfer(theirs_of[first], value).motsu_res().map_err(Vec::from),
                ),
                1 | 2 => (
                    vault.sender(sender).approve(ours_of[first], value).motsu_res().map_err(Vec::from),
                    reference.sender(sender).approve(theirs_of[first], value).motsu_res().map_err(Vec::from),
                ),
                3 => (
                    vault
                        .sender(sender)
                        .transfer_from(ours_of[first], ours_of[second], value)
                        .motsu_res()
                        .map_err(Vec::from),
                    reference
                        .sender(sender)
                        .transfer_from(theirs_of[first], theirs_of[second], value)
                        .motsu_res()
                        .map_err(Vec::from),
                ),
                _ => {
                    // The caller signs for itself, or for another; the deadline may have passed.
                    let owner = ours_of[if fault == 3 { first } else { caller }];
                    let deadline = U256::from(if fault == 4 { NOW - 1 } else { NOW });
                    let nonce = vault.sender(sender).nonces(owner);
                    let [mine, yours] = [(ours_of, vault.address()), (theirs_of, reference.address())]
                        .map(|(people, contract)| {
                            let permit = Permit { owner, spender: people[second], value, nonce, deadline };
                            (people[second], spoil(fault, sign(&accounts[caller], &permit, contract)))
                        });
                    let (spender, (v, r, s)) = mine;
                    let ours = vault
                        .sender(sender)
                        .permit(owner, spender, value, deadline, v, r, s)
                        .motsu_res();
                    let (spender, (v, r, s)) = yours;
                    let theirs = reference
                        .sender(sender)
                        .permit(owner, spender, value, deadline, v, r, s)
                        .motsu_res();
                    let theirs = theirs.map_err(|e| match e {
                        permit::Error::InvalidSignature(ecdsa::ECDSAInvalidSignature {})
                        | permit::Error::InvalidSignatureS(_) => {
                            differed.set(differed.get() + 1);
                            let signer = Address::ZERO;
                            Vec::from(Error::from(ERC2612InvalidSigner { signer, owner }))
                        }
                        // A wrong signer is somebody else under each domain.
                        permit::Error::InvalidSigner(_) => match &ours {
                            Err(Error::ERC2612InvalidSigner(e)) if e.owner == owner && !e.signer.is_zero() => {
                                Vec::from(Error::from(e.clone()))
                            }
                            _ => Vec::new(),
                        },
                        e => Vec::from(e),
                    });
                    (ours.map(|()| true).map_err(Vec::from), theirs.map(|()| true))
                }
            };
            let receiver = vault.address();
            if ours == Err(Vec::from(Error::from(ERC20InvalidReceiver { receiver }))) {
                prop_assert!(matches!(operation, 0 | 3));
                differed.set(differed.get() + 1);
                // The two have parted: what OpenZeppelin moved into itself ends the comparison.
                if theirs.is_ok() {
                    break;
                }
                continue;
            }
            match ours {
                Ok(_) => agreed.set(agreed.get() + 1),
                Err(_) => refused.set(refused.get() + 1),
            }
            prop_assert_eq!(&ours, &theirs);
            let logs = (vault.all_events(), reference.all_events());
            prop_assert_eq!(logs.0.len() - before.0, logs.1.len() - before.1);
            for (mine, yours) in logs.0[before.0..].iter().zip(&logs.1[before.1..]) {
                // The same but for an approval of the contract itself.
                let own = |address: Address| address.into_word();
                prop_assert_eq!(&mine.data, &yours.data);
                for (m, y) in mine.topics().iter().zip(yours.topics()) {
                    let both_own = *m == own(vault.address()) && *y == own(reference.address());
                    prop_assert!(m == y || both_own);
                }
            }
            for (i, account) in ours_of.iter().enumerate() {
                prop_assert_eq!(
                    vault.sender(sender).balance_of(*account),
                    reference.sender(sender).balance_of(theirs_of[i])
                );
                prop_assert_eq!(
                    vault.sender(sender).nonces(*account),
                    reference.sender(sender).nonces(theirs_of[i])
                );
                for (j, spender) in ours_of.iter().enumerate() {
                    prop_assert_eq!(
                        vault.sender(sender).allowance(*account, *spender),
                        reference.sender(sender).allowance(theirs_of[i], theirs_of[j])
                    );
                }
            }
            prop_assert_eq!(
                vault.sender(sender).total_supply().motsu_unwrap(),
                reference.sender(sender).total_supply()
            );
        }
    });
    // The comparison was really exercised.
    assert!(agreed.get() > 500, "agreed {}", agreed.get());
    assert!(refused.get() > 500, "refused {}", refused.get());
    assert!(differed.get() > 20, "differed {}", differed.get());
}

#[motsu::test]
fn the_domain_separator_is_openzeppelins(
    vault: Contract<Vault>,
    reference: Contract<Reference>,
    policy: Contract<MockPolicy>,
    alice: Address,
) {
    vault
        .sender(alice)
        .constructor(Domain::NAME.into(), "B".into(), policy.address())
        .motsu_unwrap();
    // Bound to each contract's own address, so they differ, each as alloy computes it.
    let separator = |contract| {
        Eip712Domain {
            name: Some(Domain::NAME.into()),
            version: Some(Domain::VERSION.into()),
            chain_id: Some(U256::from(CHAIN)),
            verifying_contract: Some(contract),
            salt: None,
        }
        .separator()
    };
    assert_eq!(
        vault.sender(alice).domain_separator(),
        separator(vault.address())
    );
    assert_eq!(
        reference.sender(alice).domain_separator(),
        separator(reference.address())
    );
}
