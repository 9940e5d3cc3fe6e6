//! The example of a keeper's own filler: paid from proceeds, paid from inventory, and of no use to strangers.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol,
    sol_types::SolCall,
};
use anyhow::Result;
use ballast::{
    abi::Rebalancer,
    keeper::{self, Plan},
    local::{self, stage::usd, uniswap},
};
use e2e::{assert_refused, four_assets, raise, Mode, Theatre};

sol! {
    #[allow(missing_docs)]
    interface IKeeperFiller {
        function run(address rebalancer, address vault, bytes calldata rebalance) external;
        function fill(address[] calldata sells, address[] calldata buys, uint256[] calldata amounts, uint256[] calldata leasts, bytes calldata data) external;
        function withdraw(address token) external;
    }
}

struct Shop {
    theatre: Theatre,
    filler: Address,
    plan: Plan,
}

impl Shop {
    async fn open() -> Result<Self> {
        let mut setting = four_assets();
        setting.depth_usd = Some(50_000_000);
        let theatre = raise(Mode::Uncached, setting).await?;
        let t = &theatre;
        t.set_targets(&[3_000, 3_500, 2_000, 1_500], 200).await?;
        t.publish().await?;
        let args = [local::address(t.uniswap.router)];
        let filler = local::deploy(
            &t.client,
            &t.artifacts,
            t.cast.keeper,
            "KeeperFiller",
            &args,
        )
        .await?;
        let plan = t.plan().await?;
        Ok(Self {
            theatre,
            filler,
            plan,
        })
    }

    /// The call that sells each trade in a pool, or keeps what is sold.
    async fn call(&self, fee: u32) -> Result<Rebalancer::rebalanceCall> {
        let t = &self.theatre;
        let fees = self
            .plan
            .sells
            .iter()
            .flat_map(|_| fee.to_be_bytes()[1..].to_vec());
        let data: Bytes = fees.collect::<Vec<u8>>().into();
        keeper::rebalance_call(&t.client, &t.suite, &self.plan, self.filler, data).await
    }

    fn run(&self, call: &Rebalancer::rebalanceCall) -> IKeeperFiller::runCall {
        IKeeperFiller::runCall {
            rebalancer: self.theatre.suite.rebalancer,
            vault: self.theatre.suite.vault,
            rebalance: call.abi_encode().into(),
        }
    }

    /// USD, WAD, of everything that `account` and the filler hold.
    async fn worth(&self, account: Address) -> Result<U256> {
        let mut worth = U256::ZERO;
        for m in &self.theatre.members {
            worth += m.value(self.theatre.balance(m, account).await?)?;
        }
        Ok(worth)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_without_funds_pays_from_the_proceeds_and_keeps_the_rest() -> Result<()> {
    let shop = Shop::open().await?;
    let (t, keeper) = (&shop.theatre, shop.theatre.cast.keeper);
    assert_eq!(shop.worth(shop.filler).await?, U256::ZERO);
    let (held, nav) = (t.held().await?, shop.worth(t.suite.vault).await?);
    let call = shop.call(uniswap::FEE).await?;
    t.client.send(keeper, shop.filler, shop.run(&call)).await?;
    let mut sold = U256::ZERO;
    for ((m, was), is) in t.members.iter().zip(held).zip(t.held().await?) {
        sold += m.value(was.saturating_sub(is))?;
    }
    // The vault gets what it must: 50 bps less than the oracle says. A pool takes 5 and its impact.
    let lost = nav - shop.worth(t.suite.vault).await?;
    let bps = |part: U256| f64::from(part) / f64::from(sold) * 1e4;
    assert!(bps(lost) <= 50.000_1, "inv_24: {} bps", bps(lost));
    assert!(
        bps(lost) > 49.9,
        "what is owed is paid, and no more: {} bps",
        bps(lost)
    );
    let earned = shop.worth(shop.filler).await?;
    assert!(
        bps(earned) > 35.0 && bps(earned) < 45.0,
        "{} bps",
        bps(earned)
    );
    for m in &t.members {
        let call = IKeeperFiller::withdrawCall { token: m.token };
        t.client.send(keeper, shop.filler, call).await?;
    }
    assert_eq!(shop.worth(keeper).await?, earned);
    t.assert_sound(shop.filler).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_with_inventory_pays_from_it_and_keeps_what_was_sold() -> Result<()> {
    let shop = Shop::open().await?;
    let (t, keeper) = (&shop.theatre, shop.theatre.cast.keeper);
    let call = shop.call(0).await?;
    // Without inventory there is nothing to pay with.
    let words = t.refusal(keeper, shop.filler, shop.run(&call)).await?;
    assert_refused(&words, "KeeperRebalanceFailed");
    for m in &t.members {
        if shop.plan.buys.contains(&m.token) {
            t.grant(m, shop.filler, m.amount(usd(200_000))?).await?;
        }
    }
    let (held, before) = (t.held().await?, shop.worth(shop.filler).await?);
    t.client.send(keeper, shop.filler, shop.run(&call)).await?;
    for ((m, was), is) in t.members.iter().zip(held).zip(t.held().await?) {
        if shop.plan.sells.contains(&m.token) {
            assert_eq!(t.balance(m, shop.filler).await?, was - is, "{}", m.symbol);
        }
    }
    assert!(shop.worth(shop.filler).await? > before);
    t.assert_sound(shop.filler).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_paid_from_a_keepers_inventory() -> Result<()> {
    let shop = Shop::open().await?;
    let (t, stranger) = (&shop.theatre, shop.theatre.cast.stranger);
    for m in &t.members {
        t.grant(m, shop.filler, m.amount(usd(200_000))?).await?;
    }
    let call = shop.call(0).await?;
    // In a rebalance of their own, through the owner's door, by themselves, and by withdrawing.
    let words = t
        .refusal(stranger, t.suite.rebalancer, call.clone())
        .await?;
    assert_refused(&words, "KeeperNotServed");
    let words = t.refusal(stranger, shop.filler, shop.run(&call)).await?;
    assert_refused(&words, "KeeperNotOwner");
    let direct = IKeeperFiller::fillCall {
        sells: vec![t.members[0].token],
        buys: vec![t.members[1].token],
        amounts: vec![U256::ZERO],
        leasts: vec![U256::ONE],
        data: vec![0; 3].into(),
    };
    let words = t.refusal(stranger, shop.filler, direct).await?;
    assert_refused(&words, "KeeperNotServed");
    let token = t.members[0].token;
    let words = t
        .refusal(stranger, shop.filler, IKeeperFiller::withdrawCall { token })
        .await?;
    assert_refused(&words, "KeeperNotOwner");
    Ok(())
}
