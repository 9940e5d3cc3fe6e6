//! `execute`: the rebalancer's trades, by what the balances say.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)] // tests may panic

mod common;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolEvent};
use ballast_interfaces::answers::Answers;
use ballast_mocks::{fillers::MockFiller, tokens::SilentToken};
use ballast_vault::{types::*, MAX_HELD};
use common::*;
use motsu::prelude::*;

alloy_sol_types::sol! {
    function mint(uint256 shares, address receiver, uint256[] maxAmounts);
    function redeem(uint256 shares, address receiver, address owner, uint256[] minAmounts);
    function collect(address token, address account);
    function redirectClaim(address token, address to, uint256 amount);
    function execute(address[] sells, address[] buys, uint256[] amounts, uint256[] leasts, address filler, bytes data);
    function holdings();
    function getReserve(address token);
    function isConstituent(address token);
    function totalConstituents();
    function previewMint(uint256 shares);
    function previewRedeem(uint256 shares);
    function pauseMint(uint256 until);
    function isLocked() returns (bool);
    function totalSupply() returns (uint256);
    function transfer(address to, uint256 amount);
    function burn(address from, uint256 amount);
}

type Outcome = Result<(Vec<U256>, Vec<U256>), Error>;

/// A seeded vault, and a filler that pays 2 of b or c for 1 of a, and 1 of c for 1 of b.
struct Market {
    world: World,
    filler: Contract<MockFiller>,
}

impl Market {
    fn new() -> Self {
        Self::of(World::seeded())
    }

    fn of(world: World) -> Self {
        let market = Self {
            world,
            filler: Contract::new(),
        };
        let world = &market.world;
        let filler = market.filler.address();
        for (token, price) in world.tokens().into_iter().zip([2, 1, 1]) {
            market.filler.sender(world.eve).set_price(token, n(price));
        }
        market
            .filler
            .sender(world.eve)
            .set_shares(n(10_000), U256::ZERO);
        for token in [&world.a, &world.b, &world.c] {
            token.sender(world.eve).mint(filler, n(1_000_000_000));
        }
        market
    }

    fn execute(&self, trades: &[(Address, Address, u64)]) -> Outcome {
        self.execute_through(self.filler.address(), trades)
    }

    fn execute_through(&self, filler: Address, trades: &[(Address, Address, u64)]) -> Outcome {
        self.world
            .vault
            .sender(self.world.rebalancer.address())
            .execute(
                trades.iter().map(|t| t.0).collect(),
                trades.iter().map(|t| t.1).collect(),
                trades.iter().map(|t| n(t.2)).collect(),
                vec![U256::ZERO; trades.len()],
                filler,
                vec![1, 2, 3].into(),
            )
            .map(|Answers(answers)| answers)
    }

    /// 1,000 of a for 2,000 of b.
    fn a_for_b(&self) -> [(Address, Address, u64); 1] {
        [(self.world.a.address(), self.world.b.address(), 1_000)]
    }
}

#[motsu::test]
fn execute_reverts_for_anybody_but_the_rebalancer() {
    let market = Market::new();
    let world = &market.world;
    let rebalancer = world.rebalancer.address();
    for caller in [world.governor, world.guardian, world.eve] {
        let error = refused(world.vault.sender(caller).execute(
            vec![world.a.address()],
            vec![world.b.address()],
            vec![n(1)],
            vec![n(0)],
            market.filler.address(),
            vec![].into(),
        ));
        assert_eq!(error, VaultNotRebalancer { caller, rebalancer }.into());
    }
}

#[motsu::test]
fn execute_reverts_for_nobody_before_the_rebalancer_is_named() {
    let world = World::bare();
    let error = refused(world.vault.sender(Address::ZERO).execute(
        vec![],
        vec![],
        vec![],
        vec![],
        world.eve,
        vec![].into(),
    ));
    // Address zero cannot call; were it able to, there would still be no trade to run.
    let (given, wanted) = (U256::ZERO, n(1));
    assert_eq!(error, VaultLengthMismatch { given, wanted }.into());
}

#[motsu::test]
fn execute_reverts_when_the_arrays_differ() {
    let market = Market::new();
    let world = &market.world;
    let (a, b) = (world.a.address(), world.b.address());
    let cases = [
        (vec![b, b], vec![n(1)], vec![n(0)], 2),
        (vec![b], vec![], vec![n(0)], 0),
        (vec![b], vec![n(1)], vec![n(0); 3], 3),
    ];
    for (buys, amounts, leasts, given) in cases {
        let error = refused(world.vault.sender(world.rebalancer.address()).execute(
            vec![a],
            buys,
            amounts,
            leasts,
            market.filler.address(),
            vec![].into(),
        ));
        let (given, wanted) = (n(given), n(1));
        assert_eq!(error, VaultLengthMismatch { given, wanted }.into());
    }
}

#[motsu::test]
fn execute_reverts_for_a_filler_that_is_part_of_ballast_or_listed() {
    let market = Market::new();
    let world = &market.world;
    for filler in [
        Address::ZERO,
        world.vault.address(),
        world.policy.address(),
        world.rebalancer.address(),
        world.c.address(),
    ] {
        let error = refused(market.execute_through(filler, &market.a_for_b()));
        assert_eq!(error, VaultFillerForbidden { filler }.into());
    }
}

#[motsu::test]
fn execute_reverts_for_a_filler_without_code() {
    let market = Market::new();
    let account = market.world.eve;
    let error = refused(market.execute_through(account, &market.a_for_b()));
    assert_eq!(error, VaultNotContract { account }.into());
}

#[motsu::test]
fn execute_reverts_for_a_token_that_is_not_listed() {
    let market = Market::new();
    let world = &market.world;
    let token = world.policy.address();
    for trade in [(token, world.b.address(), 1), (world.a.address(), token, 1)] {
        let error = refused(market.execute(&[trade]));
        assert_eq!(error, VaultAssetNotListed { token }.into());
    }
}

#[motsu::test]
fn execute_reverts_for_more_than_is_held() {
    let market = Market::new();
    let world = &market.world;
    // A donation does not make more of it: the sum over the trades counts, against the books.
    world
        .a
        .sender(world.eve)
        .mint(world.vault.address(), n(1_000_000));
    let (a, b, c) = (world.a.address(), world.b.address(), world.c.address());
    let error = refused(market.execute(&[(a, b, 5_000_000), (a, c, 1)]));
    assert_eq!(
        error,
        VaultHoldingTooSmall {
            token: a,
            amount: n(5_000_001),
            held: n(5_000_000)
        }
        .into()
    );
}

#[motsu::test]
fn execute_reverts_when_a_token_is_on_both_sides() {
    let market = Market::new();
    let world = &market.world;
    let (a, b, c) = (world.a.address(), world.b.address(), world.c.address());
    for trades in [vec![(a, a, 10)], vec![(a, b, 10), (b, c, 10)]] {
        let token = if trades.len() == 1 { a } else { b };
        let error = refused(market.execute(&trades));
        assert_eq!(error, VaultTokenBothSides { token }.into());
    }
}

#[motsu::test]
fn execute_reverts_while_a_token_of_the_trades_is_short() {
    for (i, owed) in SEEDED.map(n).into_iter().enumerate().take(2) {
        let market = Market::new();
        let world = &market.world;
        let token = world.token(i);
        token.sender(world.eve).burn(world.vault.address(), n(1));
        let error = refused(market.execute(&market.a_for_b()));
        assert_eq!(
            error,
            VaultShortfall {
                token: token.address(),
                balance: owed - n(1),
                owed
            }
            .into()
        );
    }
}

#[motsu::test]
fn execute_reverts_when_the_sell_token_does_not_move() {
    type Turn = fn(&World);
    let faults: [Turn; 2] = [
        |w| w.a.sender(w.eve).set_frozen(true),
        |w| w.a.sender(w.eve).set_refusing(true, false),
    ];
    for turn in faults {
        let market = Market::new();
        turn(&market.world);
        let error = refused(market.execute(&market.a_for_b()));
        assert_eq!(
            error,
            VaultTransferFailed {
                token: market.world.a.address(),
                to: market.filler.address(),
                amount: n(1_000)
            }
            .into()
        );
    }
}

#[motsu::test]
fn execute_reverts_when_a_balance_cannot_be_read() {
    for (i, now, later) in [(0, true, false), (0, false, true), (1, true, false)] {
        let market = Market::new();
        let world = &market.world;
        world.token(i).sender(world.eve).set_mute(now, later);
        let error = refused(market.execute(&market.a_for_b()));
        let token = world.tokens()[i];
        assert_eq!(error, VaultBalanceUnreadable { token }.into());
    }
}

#[motsu::test]
fn execute_reverts_with_the_fillers_reason() {
    let market = Market::new();
    let world = &market.world;
    let filler = market.filler.address();
    market
        .filler
        .sender(world.eve)
        .set_reason(b"no route".to_vec().into());
    let error = refused(market.execute(&market.a_for_b()));
    let reason = b"no route".to_vec().into();
    assert_eq!(error, VaultFillerFailed { filler, reason }.into());

    // Cut where it becomes a bomb.
    market
        .filler
        .sender(world.eve)
        .set_reason(vec![7; 10_000].into());
    let error = refused(market.execute(&market.a_for_b()));
    let reason = vec![7; 256].into();
    assert_eq!(error, VaultFillerFailed { filler, reason }.into());
}

#[motsu::test]
fn execute_reverts_when_a_sold_tokens_balance_rose() {
    let market = Market::new();
    let world = &market.world;
    market
        .filler
        .sender(world.eve)
        .set_gift(world.a.address(), n(1_001));
    let error = refused(market.execute(&market.a_for_b()));
    assert_eq!(
        error,
        VaultSoldRose {
            token: world.a.address(),
            before: n(SEEDED[0]),
            now: n(SEEDED[0]) + n(1)
        }
        .into()
    );
}

#[motsu::test]
fn execute_reverts_when_more_was_taken_than_sent() {
    let market = Market::new();
    let world = &market.world;
    world.a.sender(world.eve).set_fees(U256::ZERO, n(1));
    let error = refused(market.execute(&market.a_for_b()));
    assert_eq!(
        error,
        VaultSentTooMuch {
            token: world.a.address(),
            fell: n(1_001),
            wanted: n(1_000)
        }
        .into()
    );
}

#[motsu::test]
fn execute_reverts_when_a_bought_tokens_balance_fell() {
    let market = Market::new();
    let world = &market.world;
    // Whoever can burn b burns some of the vault's during the fill.
    let data = burnCall {
        from: world.vault.address(),
        amount: n(2_001),
    }
    .abi_encode();
    market
        .filler
        .sender(world.eve)
        .set_call(world.b.address(), data.into());
    let error = refused(market.execute(&market.a_for_b()));
    assert_eq!(
        error,
        VaultBoughtFell {
            token: world.b.address(),
            before: n(SEEDED[1]),
            now: n(SEEDED[1]) - n(1)
        }
        .into()
    );
}

#[motsu::test]
fn execute_reverts_when_more_would_be_held_than_the_books_record() {
    let world = World::listed();
    for who in [world.governor, world.alice] {
        world.enrich(who);
    }
    world.b.sender(world.eve).mint(world.governor, MAX_HELD);
    let before = MAX_HELD - n(1_999);
    world
        .vault
        .sender(world.governor)
        .seed(
            seed_shares(),
            world.governor,
            vec![n(SEEDED[0]), before, n(SEEDED[2])],
        )
        .motsu_unwrap();
    let market = Market::of(world);
    let token = market.world.b.address();
    // 1,000 of a buy 2,000 of b: one more than there is room for.
    assert_eq!(
        refused(market.execute(&market.a_for_b())),
        VaultHoldingTooLarge {
            token,
            held: MAX_HELD + n(1),
            max: MAX_HELD
        }
        .into()
    );
    let a = market.world.a.address();
    market.execute(&[(a, token, 999)]).motsu_unwrap();
    assert_eq!(market.world.held()[1], before + n(1_998));
}

#[motsu::test]
fn execute_changes_nothing_when_it_reverts() {
    let market = Market::new();
    let world = &market.world;
    let vault = world.vault.address();
    let before = (world.held(), world.balances(vault), world.supply());
    market
        .filler
        .sender(world.eve)
        .set_reason(b"no".to_vec().into());
    refused(market.execute(&market.a_for_b()));
    let after = (world.held(), world.balances(vault), world.supply());
    assert_eq!(before, after, "INV-14");
}

#[motsu::test]
fn execute_books_what_the_balances_say() {
    let market = Market::new();
    let world = &market.world;
    let supply = world.supply();
    let (sold, bought) = market.execute(&market.a_for_b()).motsu_unwrap();
    assert_eq!((sold, bought), (vec![n(1_000)], vec![n(2_000)]));
    let held = [SEEDED[0] - 1_000, SEEDED[1] + 2_000, SEEDED[2]].map(n);
    assert_eq!(world.held(), held);
    assert_eq!(world.balances(world.vault.address()), held);
    assert_eq!(world.supply(), supply, "INV-15");
    assert_eq!(market.filler.sender(world.eve).fills(), n(1));
    world.assert_sound(&world.people());
}

#[motsu::test]
fn execute_counts_what_came_back_as_unsold() {
    let market = Market::new();
    let world = &market.world;
    market
        .filler
        .sender(world.eve)
        .set_shares(n(10_000), n(2_500));
    let (sold, bought) = market.execute(&market.a_for_b()).motsu_unwrap();
    assert_eq!((sold, bought), (vec![n(750)], vec![n(1_500)]));
    assert_eq!(world.held()[0], n(SEEDED[0] - 750));
}

#[motsu::test]
fn execute_books_nothing_when_everything_came_back() {
    let market = Market::new();
    let world = &market.world;
    market
        .filler
        .sender(world.eve)
        .set_shares(n(10_000), n(10_000));
    let (sold, bought) = market.execute(&market.a_for_b()).motsu_unwrap();
    assert_eq!((sold, bought), (vec![U256::ZERO], vec![U256::ZERO]));
    assert_eq!(world.held(), SEEDED.map(n));
}

#[motsu::test]
fn execute_reports_each_token_once_at_the_first_trade_that_names_it() {
    let market = Market::new();
    let world = &market.world;
    let (a, b, c) = (world.a.address(), world.b.address(), world.c.address());
    let trades = [(a, c, 100), (b, c, 300), (a, c, 11)];
    let (sold, bought) = market.execute(&trades).motsu_unwrap();
    assert_eq!(sold, [n(111), n(300), U256::ZERO]);
    assert_eq!(bought, [n(522), U256::ZERO, U256::ZERO]);
    assert_eq!(
        world.held(),
        [SEEDED[0] - 111, SEEDED[1] - 300, SEEDED[2] + 522].map(n)
    );
    world.assert_sound(&world.people());
}

#[motsu::test]
fn execute_counts_a_fee_on_transfer_by_what_arrived() {
    let market = Market::new();
    let world = &market.world;
    world.b.sender(world.eve).set_fees(n(100), U256::ZERO);
    let (_, bought) = market.execute(&market.a_for_b()).motsu_unwrap();
    assert_eq!(bought, [n(1_980)], "INV-10");
}

#[motsu::test]
fn execute_works_with_a_token_that_answers_nothing() {
    let market = Market::new();
    let world = &market.world;
    let silent = Contract::<SilentToken>::new();
    world
        .vault
        .sender(world.governor)
        .list_asset(silent.address(), n(1))
        .motsu_unwrap();
    market
        .filler
        .sender(world.eve)
        .set_price(silent.address(), n(1));
    silent
        .sender(world.eve)
        .mint(market.filler.address(), n(2_000));
    let buy = [(world.a.address(), silent.address(), 1_000)];
    let (_, bought) = market.execute(&buy).motsu_unwrap();
    assert_eq!(bought, [n(2_000)]);
    let sell = [(silent.address(), world.b.address(), 2_000)];
    let (sold, bought) = market.execute(&sell).motsu_unwrap();
    assert_eq!((sold, bought), (vec![n(2_000)], vec![n(2_000)]));
}

#[motsu::test]
fn inv_15_tokens_outside_the_trades_stay() {
    let market = Market::new();
    let world = &market.world;
    // A gift of c during a trade of a for b is a donation.
    market
        .filler
        .sender(world.eve)
        .set_gift(world.c.address(), n(50));
    market.execute(&market.a_for_b()).motsu_unwrap();
    assert_eq!(world.held()[2], n(SEEDED[2]), "INV-15");
    assert_eq!(world.balances(world.vault.address())[2], n(SEEDED[2] + 50));
}

#[motsu::test]
fn inv_16_no_allowance_is_ever_granted() {
    let market = Market::new();
    let world = &market.world;
    let vault = world.vault.address();
    world.mint(world.alice, n(ONE));
    world.redeem(world.alice, n(ONE));
    market.execute(&market.a_for_b()).motsu_unwrap();
    for token in [&world.a, &world.b, &world.c] {
        for spender in [
            market.filler.address(),
            world.rebalancer.address(),
            world.policy.address(),
            world.alice,
        ] {
            let allowance = token.sender(world.eve).allowance(vault, spender);
            assert_eq!(allowance, U256::ZERO, "INV-16");
        }
    }
}

#[motsu::test]
fn inv_25_a_filler_finds_the_lock_closed() {
    let market = Market::new();
    let world = &market.world;
    let (a, b) = (world.a.address(), world.b.address());
    let calls: [(&str, Vec<u8>); 12] = [
        (
            "mint",
            mintCall {
                shares: n(1),
                receiver: world.eve,
                maxAmounts: vec![U256::MAX; 3],
            }
            .abi_encode(),
        ),
        (
            "redeem",
            redeemCall {
                shares: n(1),
                receiver: world.eve,
                owner: world.eve,
                minAmounts: vec![U256::ZERO; 3],
            }
            .abi_encode(),
        ),
        (
            "collect",
            collectCall {
                token: a,
                account: world.eve,
            }
            .abi_encode(),
        ),
        (
            "redirectClaim",
            redirectClaimCall {
                token: a,
                to: world.eve,
                amount: n(0),
            }
            .abi_encode(),
        ),
        (
            "execute",
            executeCall {
                sells: vec![a],
                buys: vec![b],
                amounts: vec![n(1)],
                leasts: vec![n(0)],
                filler: world.eve,
                data: vec![].into(),
            }
            .abi_encode(),
        ),
        ("holdings", holdingsCall {}.abi_encode()),
        ("getReserve", getReserveCall { token: a }.abi_encode()),
        ("isConstituent", isConstituentCall { token: a }.abi_encode()),
        ("totalConstituents", totalConstituentsCall {}.abi_encode()),
        ("previewMint", previewMintCall { shares: n(1) }.abi_encode()),
        (
            "previewRedeem",
            previewRedeemCall { shares: n(1) }.abi_encode(),
        ),
        ("pauseMint", pauseMintCall { until: n(1) }.abi_encode()),
    ];
    for (name, data) in calls {
        market
            .filler
            .sender(world.eve)
            .set_call(world.vault.address(), data.into());
        market.execute(&market.a_for_b()).motsu_unwrap();
        let (succeeded, answer) = market.filler.sender(world.eve).call_result();
        assert!(!succeeded, "INV-25: {name}");
        let locked: Vec<u8> = Error::from(VaultLocked {}).into();
        assert_eq!(answer.0, locked, "INV-25: {name}");
        assert!(!world.vault.sender(world.eve).is_locked(), "INV-25: {name}");
    }
}

#[motsu::test]
fn execute_tells_that_the_lock_is_closed() {
    let market = Market::new();
    let world = &market.world;
    let data = isLockedCall {}.abi_encode();
    market
        .filler
        .sender(world.eve)
        .set_call(world.vault.address(), data.into());
    market.execute(&market.a_for_b()).motsu_unwrap();
    let (succeeded, answer) = market.filler.sender(world.eve).call_result();
    assert!(succeeded);
    assert_eq!(U256::from_be_slice(&answer.0), n(1));
}

#[motsu::test]
fn execute_tells() {
    let market = Market::new();
    let world = &market.world;
    market.execute(&market.a_for_b()).motsu_unwrap();
    let event = Executed {
        filler: market.filler.address(),
        sells: vec![world.a.address()],
        buys: vec![world.b.address()],
        sold: vec![n(1_000)],
        bought: vec![n(2_000)],
    };
    world.vault.assert_emitted(&event);
    assert_eq!(
        world
            .vault
            .all_events()
            .iter()
            .filter(|log| log.topics().first() == Some(&Executed::SIGNATURE_HASH))
            .count(),
        1
    );
}
