//! Where the keeper stands: a connection, a treasury, its venues; and what it sees from there.

use alloy::{eips::BlockId, primitives::Address};
use anyhow::{anyhow, Result};
use ballast::{client::Client, suite::Suite};

use crate::{
    collect::{collect, Memory},
    config::Config,
    state::{Market, Offer, State, Watched},
    venues::{Question, Venues},
};

/// A keeper's place.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The connection.
    pub client: Client,
    /// The treasury.
    pub suite: Suite,
    /// What the keeper was told.
    pub config: Config,
    /// Where trades are quoted.
    pub venues: Venues,
    /// Who pays for gas.
    pub keeper: Address,
}

/// What is seen at one block.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The treasury, the auction, the purse.
    pub state: State,
    /// What the venues offer for what is due; none when nothing is.
    pub offers: Vec<Offer>,
}

impl Sight {
    /// The treasury at validated prices, if there are any.
    pub fn market(&self) -> Option<&Market> {
        self.state.market.as_ref().ok()
    }
}

impl Desk {
    /// Finds the venues.
    ///
    /// # Errors
    /// A chain that does not answer, a filler of something else than Uniswap V3.
    pub async fn new(
        client: Client,
        suite: Suite,
        config: Config,
        keeper: Address,
    ) -> Result<Self> {
        let venues = Venues::find(&client, suite.filler, config.venues.clone()).await?;
        Ok(Self {
            client,
            suite,
            config,
            venues,
            keeper,
        })
    }

    /// The watched assets, and when they were looked at.
    ///
    /// # Errors
    /// As [`Desk::look`].
    pub async fn watched(&self, memory: Memory) -> Result<Vec<Watched>> {
        let (client, weth) = (&self.client, self.venues.weth);
        let state = collect(client, &self.suite, &self.config, self.keeper, weth, memory).await?;
        Ok(state.watched)
    }

    /// Looks at the newest block, and asks the venues if something is due and may be made now.
    ///
    /// # Errors
    /// A chain that does not answer, or no sense.
    pub async fn look(&self, memory: Memory) -> Result<Sight> {
        let (client, weth) = (&self.client, self.venues.weth);
        let state = collect(client, &self.suite, &self.config, self.keeper, weth, memory).await?;
        let mut sight = Sight {
            state,
            offers: Vec::new(),
        };
        let state = &sight.state;
        let Ok(market) = &state.market else {
            return Ok(sight);
        };
        let is_free = state.now >= state.next_at && state.now >= state.paused_until;
        if market.reason == 0 || !is_free || state.in_flight {
            return Ok(sight);
        }
        let plan = state
            .plan(market)
            .map_err(|e| anyhow!("the plan cannot be computed: {e:?}"))?;
        let question = Question {
            client,
            block: BlockId::number(state.block),
            config: &self.config,
            market,
            plan: &plan,
        };
        sight.offers = self.venues.offers(&question).await?;
        Ok(sight)
    }
}
