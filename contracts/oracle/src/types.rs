//! Events and errors of the oracle, as `docs/specification.md` lists them.

use alloy_sol_types::sol;
use ballast_interfaces::errors;

sol! {
    /// `token` is priced by `feed` from now on.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event FeedSet(address indexed token, address indexed feed, uint256 heartbeat, uint256 minAnswer, uint256 maxAnswer, uint256 lagBps, uint256 feedDecimals, uint256 tokenDecimals);
    /// `token` has no price any more.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event FeedRemoved(address indexed token, address indexed feed);
    /// The proxy's aggregator changed and its decimals did not.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event FeedPhasePinned(address indexed token, address indexed feed, uint256 phase);
    /// The sequencer's uptime feed, and for how long after a restart nothing is priced.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event SequencerFeedSet(address indexed feed, uint256 grace);
}

sol! {
    /// The caller lacks the role.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleUnauthorized(address caller, bytes32 role);
    /// The token has no feed.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleNoFeed(address token);
    /// The token has a feed, which must be removed first; token 0 is the sequencer's feed, which stays.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleFeedAlreadySet(address token, address feed);
    /// No code there.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleNotContract(address account);
    /// The feed reverted, ran out of its gas, or answered too little.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleFeedUnreadable(address feed);
    /// The token does not tell its decimals.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleTokenUnreadable(address token);
    /// The answer is not strictly between the bounds, both exclusive.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleAnswerOutOfBounds(address feed, int256 answer, uint256 min, uint256 max);
    /// The answer is too old.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleStale(address feed, uint256 updatedAt, uint256 maxAge);
    /// The answer, or the sequencer's start, is from the future.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleFuture(address feed, uint256 updatedAt, uint256 now);
    /// The feed's decimals are not those pinned at listing.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleDecimalsChanged(address feed, uint256 decimals, uint256 pinned);
    /// Feed and token decimals together are beyond what a price can hold.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleDecimalsTooMany(address token, uint256 sum, uint256 max);
    /// The sequencer is down.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleSequencerDown(address feed, int256 answer);
    /// The sequencer has not been up for longer than the grace period.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleSequencerGrace(address feed, uint256 startedAt, uint256 grace);
    /// The sequencer's feed has not been initialised.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleSequencerUnready(address feed, uint256 startedAt);
    /// A parameter is out of its range, both ends included.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleParameterOutOfRange(uint256 value, uint256 min, uint256 max);
    /// The policy gives the token a weight, or will.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleAssetInUse(address token, uint256 weightWad);
    /// As many tokens as may have a feed have one.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleTooManyFeeds(uint256 max);
    /// The chain refused to keep a table of so many bytes.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleTableNotStored(uint256 size);
    /// What the account keeps is no table.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleTableUnreadable(address account);
    /// The price does not fit in a word.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleMathOverflow();
}

errors! {
    /// Why the oracle refuses.
    pub enum Error {
        OracleUnauthorized { caller, role },
        OracleNoFeed { token },
        OracleFeedAlreadySet { token, feed },
        OracleNotContract { account },
        OracleFeedUnreadable { feed },
        OracleTokenUnreadable { token },
        OracleAnswerOutOfBounds { feed, answer, min, max },
        OracleStale { feed, updatedAt, maxAge },
        OracleFuture { feed, updatedAt, now },
        OracleDecimalsChanged { feed, decimals, pinned },
        OracleDecimalsTooMany { token, sum, max },
        OracleSequencerDown { feed, answer },
        OracleSequencerGrace { feed, startedAt, grace },
        OracleSequencerUnready { feed, startedAt },
        OracleParameterOutOfRange { value, min, max },
        OracleAssetInUse { token, weightWad },
        OracleTooManyFeeds { max },
        OracleTableNotStored { size },
        OracleTableUnreadable { account },
        OracleMathOverflow {},
    }
}

/// What a private function of the program answers.
pub(crate) type Answer<T> = Result<T, Error>;
