//! What a first screen shows, in every state of the treasury.

use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, U256};
use ballast_interfaces::{
    clock,
    constants::{limit, mode},
};
use ballast_math::{mul_div::mul_div_up, price, BPS, WAD, WAD_PER_BPS};
use stylus_sdk::{abi::Bytes, function_selector, prelude::*};

use crate::{
    asking::{Asking, Question, Words},
    encoded::Encoded,
    or_zero,
    types::*,
    Lens,
};

/// What [`Lens::screen`] answers.
pub type Screen = Encoded<(
    Vec<Address>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<U256>,
    Vec<Bytes>,
)>;

/// `pausedUntil` of a treasury that is wound down, as the specification says it: 2^40 - 1.
const WOUND_DOWN: u64 = 0xff_ffff_ffff;

const HOLDINGS: [u8; 4] = function_selector!("holdings");
const RULES: [u8; 4] = function_selector!("rules", Vec<Address>);
const LATEST: [u8; 4] = function_selector!("latest", Address);
const TOTAL_BASKET_VALUE: [u8; 4] = function_selector!("totalBasketValue");

/// One column a field, one row an asset.
#[derive(Default)]
struct Table {
    claims: Vec<U256>,
    prices: Vec<U256>,
    priced_at: Vec<U256>,
    values: Vec<U256>,
    governed: Vec<U256>,
    finals: Vec<U256>,
    bands: Vec<U256>,
    modes: Vec<U256>,
    floors: Vec<U256>,
    caps: Vec<U256>,
    sell_only_until: Vec<U256>,
    quarantined_until: Vec<U256>,
}

/// {bps} = {wad} / {wad/bps}, rounded down.
fn bps(wad: U256) -> U256 {
    wad.checked_div(WAD_PER_BPS).unwrap_or_default()
}

/// The entry of `wanted` in a column beside the tokens that it is of; 0 for one that is not among them.
fn of(wanted: U256, tokens: &[U256], column: &[U256]) -> U256 {
    let mut rows = tokens.iter().zip(column);
    let row = rows.find(|(token, _)| **token == wanted);
    row.map(|(_, value)| *value).unwrap_or_default()
}

impl Lens {
    /// Asks everybody.
    #[inline(never)]
    pub(crate) fn screen_of(&self) -> Screen {
        let (vault, policy) = (self.vault.get(), self.policy.get());
        let rebalancer = self.rebalancer.get();
        let mut asking = Asking::new(self);

        let holdings = asking.holdings(vault, HOLDINGS);
        let listed = holdings.is_some();
        let (tokens, held) = holdings.unwrap_or_default();
        let rules = asking.rules(policy, &tokens);
        let targets = asking.targets(policy);
        let (table, nav) = self.table(
            &mut asking,
            &tokens,
            &held,
            rules.as_ref(),
            targets.as_ref(),
        );
        // Without rules nobody says what is counted, without holdings what there is.
        let nav = nav.filter(|_| listed && rules.is_some());
        let mut weights = Vec::with_capacity(tokens.len());
        if let Some(nav) = nav {
            for value in &table.values {
                // {bps} = {value} * BPS / {value}
                weights.push(or_zero(*value, BPS, nav).unwrap_or_default());
            }
        }
        let aimed = rules.as_ref().map(|rules| rules.list(0));
        let aimed = aimed.unwrap_or_default().iter().map(|wad| bps(*wad));
        let aimed: Vec<U256> = aimed.collect();
        let limits = match &rules {
            Some(rules) => rules.list(4).to_vec(),
            None => asking.limits(policy),
        };

        let assessed = asking.ask(&Question {
            to: rebalancer,
            selector: function_selector!("assess"),
            arguments: &[],
            lists: &[0; 5],
            numbers: 3,
        });
        let mut effective = Vec::with_capacity(tokens.len());
        if let Some(words) = &assessed {
            for token in &tokens {
                effective.push(of(*token, words.list(0), words.list(4)));
            }
        }
        let numbers = self.numbers(&mut asking, nav, assessed.as_ref(), targets.as_ref());
        let columns: [&[U256]; 20] = [
            &tokens,
            &held,
            &table.claims,
            &table.prices,
            &table.priced_at,
            &table.values,
            &weights,
            &aimed,
            &table.governed,
            &table.finals,
            &table.bands,
            &effective,
            &table.modes,
            &table.floors,
            &table.caps,
            &table.sell_only_until,
            &table.quarantined_until,
            &limits,
            &numbers,
            &asking.parts,
        ];
        Encoded::new(&columns, &asking.refusals)
    }

    /// Everything that is asked asset by asset, and the NAV if nothing that counts is without a price.
    #[inline(never)]
    fn table(
        &self,
        asking: &mut Asking<'_>,
        tokens: &[U256],
        held: &[U256],
        rules: Option<&Words>,
        targets: Option<&Words>,
    ) -> (Table, Option<U256>) {
        let (vault, policy, oracle) = (self.vault.get(), self.policy.get(), self.oracle.get());
        let mut table = Table::default();
        let mut nav = Some(U256::ZERO);
        for (place, (token, held)) in tokens.iter().zip(held).enumerate() {
            let token = *token;
            let claims = function_selector!("totalClaims", Address);
            let claims = asking.numbers_of(vault, claims, token, 1);
            table.claims.push(first(claims));

            let rule = function_selector!("assetRule", Address);
            let rule = asking.numbers_of(policy, rule, token, 6);
            let of_rule = |place| rule.as_ref().map_or(U256::ZERO, |rule| rule.number(place));
            let counted = rule.is_some() && of_rule(0) != U256::from(mode::QUARANTINED);
            table.modes.push(of_rule(0));
            table.sell_only_until.push(of_rule(2));
            table.quarantined_until.push(of_rule(3));
            table.caps.push(of_rule(4));
            table.floors.push(of_rule(5));

            let weight = function_selector!("weightOf", Address);
            let weight = asking.numbers_of(policy, weight, token, 2);
            let of_weight = |place| weight.as_ref().map_or(U256::ZERO, |w| w.number(place));
            table.governed.push(bps(of_weight(0)));
            table.finals.push(bps(of_weight(1)));
            table.bands.push(match (rules, targets) {
                (Some(rules), _) => rules.list(1).get(place).copied().unwrap_or_default(),
                (None, Some(set)) => of(token, set.list(0), set.list(2)),
                (None, None) => U256::ZERO,
            });

            let priced = if counted {
                asking.numbers_of(oracle, LATEST, token, 2)
            } else {
                None
            };
            let of_price = |place| priced.as_ref().map_or(U256::ZERO, |p| p.number(place));
            let price = of_price(0);
            table.prices.push(price);
            table.priced_at.push(of_price(1));
            let value = price::value_down(*held, price);
            table.values.push(value.unwrap_or_default());
            if rule.is_some() && !counted {
                continue;
            }
            // {value} = {value} + {value}
            let sum = nav.zip(value.ok()).and_then(|(a, b)| a.checked_add(b));
            if priced.is_some() && nav.is_some() && sum.is_none() {
                let question = Question {
                    to: Address::ZERO,
                    selector: TOTAL_BASKET_VALUE,
                    arguments: &[],
                    lists: &[],
                    numbers: 0,
                };
                asking.refuse(&question, LensMathOverflow {}.into());
            }
            nav = sum.filter(|_| priced.is_some());
        }
        (table, nav)
    }

    /// The numbers, in the order of the specification.
    #[inline(never)]
    fn numbers(
        &self,
        asking: &mut Asking<'_>,
        nav: Option<U256>,
        assessed: Option<&Words>,
        targets: Option<&Words>,
    ) -> Vec<U256> {
        let (vault, policy) = (self.vault.get(), self.policy.get());
        let (oracle, rebalancer) = (self.oracle.get(), self.rebalancer.get());
        let value = nav.unwrap_or_default();
        let supply = asking.number(vault, function_selector!("totalSupply"));
        let assessed = |place| assessed.map_or(U256::ZERO, |words| words.number(place));
        let paused_until = asking.number(policy, function_selector!("pausedUntil"));
        let modules = asking.numbers(policy, function_selector!("modules"), 3);
        let seen = modules.is_some_and(|named| {
            [0, 1, 2].map(|place| named.address(place)) == [vault, oracle, rebalancer]
        });

        let mut numbers = vec![
            U256::from(clock::now(self.vm())),
            U256::from(nav.is_some()),
            value,
            supply,
            // {value/share} · WAD = {value} * WAD / {share}
            or_zero(value, WAD, supply).unwrap_or_default(),
            // {bps} = {wad} / {wad/bps}
            mul_div_up(assessed(6), U256::ONE, WAD_PER_BPS).unwrap_or_default(),
            assessed(7),
            asking.number(policy, function_selector!("policyNonce")),
            asking.number(policy, function_selector!("governanceNonce")),
            paused_until,
            U256::from(paused_until == U256::from(WOUND_DOWN)),
            asking.number(vault, function_selector!("mintPausedUntil")),
            asking.number(vault, function_selector!("isLocked")),
            asking.number(vault, function_selector!("seeded")),
        ];
        let mut add = |answer: Option<Words>, places: core::ops::Range<usize>| {
            for place in places {
                let number = answer.as_ref().map(|words| words.number(place));
                numbers.push(number.unwrap_or_default());
            }
        };
        // Nonce, last and next time, opening. What is left of the budgets is told more exactly below.
        let state = function_selector!("state");
        add(asking.numbers(rebalancer, state, 6), 0..4);
        let budgets = function_selector!("budgetsLeft");
        add(asking.numbers(rebalancer, budgets, 3), 0..3);
        let auction = function_selector!("auction");
        add(asking.numbers(rebalancer, auction, 5), 0..5);
        let fees = function_selector!("fees");
        add(asking.numbers(vault, fees, 4), 1..4);
        for selector in [
            function_selector!("accruedFees"),
            function_selector!("supplyCap"),
            function_selector!("pocketCount"),
        ] {
            add(asking.numbers(vault, selector, 1), 0..1);
        }
        for place in 3..6 {
            numbers.push(targets.map_or(U256::ZERO, |words| words.number(place)));
        }
        numbers.push(U256::from(seen));
        numbers
    }
}

/// The first number of an answer.
fn first(answer: Option<Words>) -> U256 {
    answer.map(|words| words.number(0)).unwrap_or_default()
}

impl Asking<'_> {
    /// What the policy says of these tokens; nothing when refused.
    fn rules(&mut self, policy: Address, tokens: &[U256]) -> Option<Words> {
        let n = tokens.len();
        let mut arguments = Vec::with_capacity(n.saturating_add(2));
        // Where the array lies, and how long it is.
        arguments.extend([U256::from(32), U256::from(n)]);
        arguments.extend_from_slice(tokens);
        self.ask(&Question {
            to: policy,
            selector: RULES,
            arguments: &arguments,
            lists: &[n, n, n, n, limit::LIMIT_COUNT],
            numbers: 3,
        })
    }

    /// The limits one by one.
    fn limits(&mut self, policy: Address) -> Vec<U256> {
        let selector = function_selector!("limit", U256);
        let mut limits = Vec::with_capacity(limit::LIMIT_COUNT);
        for id in 0..limit::LIMIT_COUNT {
            limits.push(first(self.numbers_of(policy, selector, U256::from(id), 4)));
        }
        limits
    }
}
