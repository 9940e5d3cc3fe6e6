//! Everything that a treasury does with one token, and what must hold after each step.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use ballast::{
    abi::{Rebalancer, Vault, IERC20},
    local::{
        self, chain,
        stage::{usd, Listing, Member, Setting},
    },
};
use e2e::{
    assert_backed, assert_good, assert_no_allowance, assert_refused, at_once, raise, Mode, Theatre,
};

/// The place of the token in question among the three assets.
pub(crate) const WEIRD: usize = 1;

/// How long targets take to move, seconds; longer than a rebalance rests.
const DAY_S: u64 = 86_400;
/// Targets at the seed, and with a tenth of NAV sold of the token in question.
const EVEN: [u64; 3] = [4_000, 3_000, 3_000];
const LESS: [u64; 3] = [4_500, 2_000, 3_500];
/// More of it wanted than at the seed.
pub(crate) const MORE: [u64; 3] = [3_000, 4_000, 3_000];

/// A treasury of three assets, the second of which is weird, and a filler that pays what it is asked.
pub(crate) struct Circuit {
    pub(crate) theatre: Theatre,
    /// A `PlainFiller` with plenty of each asset.
    pub(crate) filler: Address,
    /// Who is paid instead of the owner of what is redeemed.
    pub(crate) payee: Option<Address>,
    /// Whether the token itself took from the vault: inv_01 answers for the vault's own actions only.
    pub(crate) holed: bool,
}

/// What became of the token in question when shares were redeemed: {tok}.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Redeemed {
    /// ⌊held · shares / supply⌋
    pub(crate) due: U256,
    /// By how much the receiver's balance rose.
    pub(crate) got: U256,
    /// By how much the receiver's claim rose.
    pub(crate) claimed: U256,
}

impl Redeemed {
    /// Panics unless all of it was paid.
    #[track_caller]
    pub(crate) fn assert_paid(self) {
        assert_eq!(
            (self.got, self.claimed),
            (self.due, U256::ZERO),
            "inv_22: not paid"
        );
    }

    /// Panics unless all of it is claimed.
    #[track_caller]
    pub(crate) fn assert_claimed(self) {
        assert_eq!(
            (self.got, self.claimed),
            (U256::ZERO, self.due),
            "inv_22: no claim"
        );
    }
}

impl Circuit {
    /// With a token of `contract` at 5 USD.
    pub(crate) async fn new(contract: &'static str, decimals: u8) -> Result<Self> {
        Self::priced(contract, decimals, "5").await
    }

    /// With a token of `contract` at `price`.
    pub(crate) async fn priced(contract: &'static str, decimals: u8, price: &str) -> Result<Self> {
        let setting = Setting {
            listings: vec![
                Listing::new("AAA", 6, "1", 400_000),
                Listing::new("BBB", decimals, price, 300_000).of(contract),
                Listing::new("CCC", 18, "2000", 300_000),
            ],
            depth_usd: None,
            limits: at_once(),
        };
        let theatre = raise(Mode::Uncached, setting).await?;
        let (client, artifacts) = (&theatre.client, &theatre.artifacts);
        let from = theatre.cast.stranger;
        let filler = local::deploy(client, artifacts, from, "PlainFiller", &[]).await?;
        for member in &theatre.members {
            let plenty = member.amount(usd(10_000_000))?;
            theatre.grant(member, filler, plenty).await?;
        }
        theatre.set_targets(&EVEN, 200).await?;
        Ok(Self {
            theatre,
            filler,
            payee: None,
            holed: false,
        })
    }

    /// The token in question.
    pub(crate) fn weird(&self) -> &Member {
        &self.theatre.members[WEIRD]
    }

    /// Calls the token in question, as nobody in particular.
    pub(crate) async fn tell<C: SolCall>(&self, call: C) -> Result<()> {
        let (client, from) = (&self.theatre.client, self.theatre.cast.stranger);
        client.send(from, self.weird().token, call).await.map(drop)
    }

    /// inv_01 and inv_16, towards everybody who was ever near.
    pub(crate) async fn check(&self) -> Result<()> {
        let (suite, cast) = (&self.theatre.suite, &self.theatre.cast);
        let spenders = [
            self.filler,
            suite.filler,
            suite.rebalancer,
            suite.policy,
            suite.oracle,
            suite.vault,
            self.weird().token,
            cast.alice,
            cast.bob,
            cast.keeper,
            cast.stranger,
        ];
        if !self.holed {
            assert_backed(&self.theatre).await?;
        }
        assert_no_allowance(&self.theatre, &spenders).await
    }

    /// Shares of an account.
    pub(crate) async fn shares(&self, account: Address) -> Result<U256> {
        let call = Vault::balanceOfCall { account };
        self.theatre
            .client
            .call(self.theatre.suite.vault, call)
            .await
    }

    /// Mints at exactly its part of everything, rounded up.
    pub(crate) async fn mint(&self, who: Address, shares: U256) -> Result<()> {
        let t = &self.theatre;
        let (held, supply, had) = (t.held().await?, t.supply().await?, self.shares(who).await?);
        t.mint(who, shares).await?;
        assert_eq!(self.shares(who).await?, had + shares);
        for (before, after) in held.iter().zip(t.held().await?) {
            let cost = (before * shares).div_ceil(supply);
            assert_eq!(after, before + cost, "inv_04, inv_05");
        }
        self.check().await
    }

    /// Minting is refused, and changes nothing.
    pub(crate) async fn mint_refused(&self, error: &str) -> Result<()> {
        let t = &self.theatre;
        let (who, vault, shares) = (t.cast.bob, t.suite.vault, usd(10_000));
        let preview = Vault::previewMintCall { shares };
        let amounts = t.client.call(vault, preview).await?;
        for (member, amount) in t.members.iter().zip(amounts) {
            t.grant(member, who, amount).await?;
            let call = IERC20::approveCall {
                spender: vault,
                amount,
            };
            t.client.send(who, member.token, call).await?;
        }
        let call = Vault::mintCall {
            shares,
            receiver: who,
            maxAmounts: vec![U256::MAX; t.members.len()],
        };
        let words = t.refusal(who, vault, call.clone()).await?;
        assert_refused(&words, error);
        let (held, supply) = (t.held().await?, t.supply().await?);
        let sent = t
            .client
            .send_raw(who, Some(vault), U256::ZERO, call.abi_encode())
            .await?;
        assert!(!sent.status());
        assert_eq!(
            (t.held().await?, t.supply().await?),
            (held, supply),
            "inv_14"
        );
        self.check().await
    }

    /// Redeems: the other two assets are paid to the unit, whatever this one does.
    pub(crate) async fn redeem(&self, who: Address, shares: U256) -> Result<Redeemed> {
        let t = &self.theatre;
        let payee = self.payee.unwrap_or(who);
        let (held, supply, had) = (t.held().await?, t.supply().await?, self.shares(who).await?);
        let (mut balances, mut claims) = (Vec::new(), Vec::new());
        for i in 0..t.members.len() {
            balances.push(self.balance(i, payee).await?);
            claims.push(self.claim(i, payee).await?);
        }
        let call = Vault::redeemCall {
            shares,
            receiver: payee,
            owner: who,
            minAmounts: vec![U256::ZERO; t.members.len()],
        };
        t.client.send(who, t.suite.vault, call).await?;
        assert_eq!(self.shares(who).await?, had - shares);
        assert_eq!(t.supply().await?, supply - shares, "inv_02");
        let after = t.held().await?;
        let mut weird = None;
        for (i, before) in held.iter().enumerate() {
            let redeemed = Redeemed {
                due: before * shares / supply,
                got: self.balance(i, payee).await? - balances[i],
                claimed: self.claim(i, payee).await? - claims[i],
            };
            assert_eq!(after[i], before - redeemed.due, "inv_04, inv_05: asset {i}");
            if i == WEIRD {
                weird = Some(redeemed);
            } else {
                redeemed.assert_paid();
            }
        }
        self.check().await?;
        weird.context("the token is not held")
    }

    async fn balance(&self, i: usize, who: Address) -> Result<U256> {
        self.theatre.balance(self.theatre.asset(i)?, who).await
    }

    /// What an account claims of the asset at a place.
    pub(crate) async fn claim(&self, i: usize, account: Address) -> Result<U256> {
        let token = self.theatre.asset(i)?.token;
        let call = Vault::claimOfCall { token, account };
        self.theatre
            .client
            .call(self.theatre.suite.vault, call)
            .await
    }

    /// A stranger collects for `account` all that it claims of the token in question.
    pub(crate) async fn collect(&self, account: Address) -> Result<()> {
        let (owed, got) = self.collected(account).await?;
        assert_eq!(got, owed, "inv_22");
        Ok(())
    }

    /// What was claimed and what arrived: nothing stays claimed.
    pub(crate) async fn collected(&self, account: Address) -> Result<(U256, U256)> {
        let t = &self.theatre;
        let (owed, had) = (
            self.claim(WEIRD, account).await?,
            self.balance(WEIRD, account).await?,
        );
        assert!(!owed.is_zero(), "nothing is claimed");
        let call = self.collect_call(account);
        t.client.send(t.cast.stranger, t.suite.vault, call).await?;
        let got = self.balance(WEIRD, account).await? - had;
        assert_eq!(self.claim(WEIRD, account).await?, U256::ZERO);
        self.check().await?;
        Ok((owed, got))
    }

    /// Collecting is refused, to a stranger.
    pub(crate) async fn collect_refused(&self, account: Address, error: &str) -> Result<()> {
        let stranger = self.theatre.cast.stranger;
        self.collect_refused_to(stranger, account, error).await
    }

    /// Collecting for `account` is refused to `caller`.
    pub(crate) async fn collect_refused_to(
        &self,
        caller: Address,
        account: Address,
        error: &str,
    ) -> Result<()> {
        let t = &self.theatre;
        let call = self.collect_call(account);
        let words = t.refusal(caller, t.suite.vault, call).await?;
        assert_refused(&words, error);
        Ok(())
    }

    fn collect_call(&self, account: Address) -> Vault::collectCall {
        let token = self.weird().token;
        Vault::collectCall { token, account }
    }

    /// A gift of every asset changes no share, no holding and no exit.
    pub(crate) async fn donate(&self) -> Result<()> {
        let t = &self.theatre;
        let preview = async || -> Result<_> {
            let shares = usd(1_000);
            let call = Vault::previewRedeemCall { shares };
            let amounts = t.client.call(t.suite.vault, call).await?;
            Ok((t.held().await?, t.supply().await?, amounts))
        };
        let before = preview().await?;
        for member in &t.members {
            let gift = member.amount(usd(7_777))?;
            t.grant(member, t.suite.vault, gift).await?;
        }
        assert_eq!(preview().await?, before, "inv_01");
        self.check().await
    }

    /// The call that sells a tenth of NAV of the token in question, or buys it back.
    pub(crate) async fn trade_call(&self, is_sale: bool) -> Result<Rebalancer::rebalanceCall> {
        let targets = if is_sale { LESS } else { EVEN };
        self.trade_call_to(&targets, is_sale).await
    }

    /// The call that trades towards these targets, and the token in question to this side.
    pub(crate) async fn trade_call_to(
        &self,
        targets: &[u64; 3],
        is_sale: bool,
    ) -> Result<Rebalancer::rebalanceCall> {
        let t = &self.theatre;
        let mut call = t.targets_call(targets, 200).await?;
        call.duration = U256::from(DAY_S);
        t.govern(t.suite.policy, call).await?;
        chain::advance_by(&t.client, DAY_S).await?;
        t.publish().await?;
        let plan = t.plan().await?;
        let token = &self.weird().token;
        let side = if is_sale { &plan.sells } else { &plan.buys };
        assert!(side.contains(token), "the token is not traded: {plan:?}");
        let call = t.call_of(&plan, self.filler).await?;
        // Told by what is refused later, not by the clock.
        Ok(Rebalancer::rebalanceCall {
            deadline: U256::MAX,
            ..call
        })
    }

    /// Makes the trade, judged as every rebalance is.
    pub(crate) async fn trade(&self, is_sale: bool) -> Result<()> {
        let call = self.trade_call(is_sale).await?;
        self.execute(call).await
    }

    /// Executes `call` and judges it.
    pub(crate) async fn execute(&self, call: Rebalancer::rebalanceCall) -> Result<()> {
        let t = &self.theatre;
        let (before, supply) = (t.held().await?, t.supply().await?);
        let done = t.rebalance(call).await?;
        assert_good(t, &done, &before, supply, self.filler).await?;
        self.check().await
    }

    /// The trade is refused, and changes nothing.
    pub(crate) async fn trade_refused(&self, is_sale: bool, error: &str) -> Result<()> {
        let call = self.trade_call(is_sale).await?;
        self.call_refused(call, error).await
    }

    /// `call` is refused, and changes nothing.
    pub(crate) async fn call_refused(
        &self,
        call: Rebalancer::rebalanceCall,
        error: &str,
    ) -> Result<()> {
        let t = &self.theatre;
        let before = (t.held().await?, t.supply().await?);
        let words = t.rebalance_refusal(call.clone()).await?;
        assert_refused(&words, error);
        let (keeper, rebalancer) = (t.cast.keeper, t.suite.rebalancer);
        let sent = t
            .client
            .send_raw(keeper, Some(rebalancer), U256::ZERO, call.abi_encode())
            .await?;
        assert!(!sent.status());
        assert_eq!((t.held().await?, t.supply().await?), before, "inv_14");
        self.check().await
    }

    /// Everything once, all of it paid: mint, redeem, sell, gift, buy, redeem.
    pub(crate) async fn run(&self) -> Result<()> {
        let alice = self.theatre.cast.alice;
        let had = self.shares(alice).await?;
        self.mint(alice, usd(60_000)).await?;
        self.redeem(alice, usd(20_000)).await?.assert_paid();
        self.trade(true).await?;
        self.donate().await?;
        self.trade(false).await?;
        self.redeem(alice, usd(40_000)).await?.assert_paid();
        assert_eq!(self.shares(alice).await?, had);
        self.collect_refused(alice, "VaultNothingToCollect").await
    }

    /// While the token does not move: nobody mints it, it is neither sold nor bought, and exits become claims.
    pub(crate) async fn assert_stuck(&self, mint: &str, sell: &str, buy: &str) -> Result<()> {
        let alice = self.theatre.cast.alice;
        self.mint_refused(mint).await?;
        self.trade_refused(true, sell).await?;
        // Nothing was sold: more than at the seed must be wanted to buy.
        let call = self.trade_call_to(&MORE, false).await?;
        self.call_refused(call, buy).await?;
        self.redeem(alice, usd(10_000)).await?.assert_claimed();
        self.collect_refused(alice, "VaultTransferFailed").await
    }
}

/// [`Circuit::run`] with a token of `contract`.
pub(crate) async fn whole(contract: &'static str, decimals: u8) -> Result<Circuit> {
    let circuit = Circuit::new(contract, decimals).await?;
    circuit.run().await?;
    Ok(circuit)
}
