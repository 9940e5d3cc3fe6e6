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
    /// The price of `token` is `ratioFeed`'s answer times `baseFeed`'s from now on; the ratio was `ratio` at `since`, seconds, and may grow by `maxGrowthBps` a year.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event CompositeFeedSet(address indexed token, address indexed ratioFeed, address indexed baseFeed, uint256 ratio, uint256 since, uint256 maxGrowthBps);
    /// The second source of `token`, zero for none; `id` is Pyth's, or the pool's other token.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event SecondSourceSet(address indexed token, address indexed source, bytes32 id, uint256 window, uint256 maxConfidenceBps, uint256 limitBps);
    /// What volatility of `token` is usual, and at which nothing is traded, bps a year; 0 for none.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event VolatilitySet(address indexed token, uint256 referenceBps, uint256 maxBps);
    /// Somebody looked at the price of `token`: its volatility a year is that from now on.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event VolatilityObserved(address indexed token, uint256 priceD36, uint256 volatilityWad);
    /// The volatility of `token` was above its maximum: it has not been calm before now.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event BreakerTripped(address indexed token, uint256 volatilityWad, uint256 maxWad);
    /// From `readyAt` on anybody may make `feed` the feed of `token`, or `source` its second source where `isSecond`; `pendingOf` tells all of it.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event ChangeQueued(address indexed token, address indexed source, uint256 isSecond, uint256 readyAt);
    /// The change of `token` will not be made.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event ChangeCancelled(address indexed token, address indexed by);
    /// Since when the price of `token` is refused, seconds; 0 when it is not.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    event FeedReported(address indexed token, uint256 refusedSince);
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
    /// The ratio has grown faster than it may.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleRatioAboveCap(address feed, uint256 ratio, uint256 cap);
    /// The ratio is computed as it is asked for, by whatever state the chain is in: it has no time of its own.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleSpotRatio(address feed, uint256 updatedAt);
    /// A token is priced by one feed or by two, and each has one of every parameter.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleLengthMismatch(uint256 given, uint256 wanted);
    /// The two sources of the token are further apart than they may be, bps of the less.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleSourcesDiffer(address token, uint256 firstD36, uint256 secondD36, uint256 limitBps);
    /// The second source reverted, ran out of its gas, or answered too little.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleSecondUnreadable(address source);
    /// The pool does not tell what it was at so many seconds ago.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OraclePoolUnobservable(address pool, uint256 window);
    /// The token is neither of the pool's two, or an id was given, which only Pyth's prices have.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OraclePoolMismatch(address pool, address token);
    /// Pyth's price is not positive, or its exponent is not between -255 and 0.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OraclePythOutOfRange(address pyth, int256 price, int256 exponent);
    /// Pyth is less sure of its price than it must be.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OraclePythUnsure(address pyth, uint256 confidence, uint256 max);
    /// The token prices a pool that is the second source of another.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleFeedQuoted(address token, address by);
    /// Nobody has looked at the price for too long to know how much it moves: `observe` looks.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleVolatilityStale(address token, uint256 observedAt, uint256 maxAge);
    /// The price moves more than the breaker allows, WAD a year.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleVolatilityTooHigh(address token, uint256 volatility, uint256 max);
    /// The token's volatility is not watched.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleNoReference(address token);
    /// A change of the token is queued already.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleChangePending(address token, uint256 readyAt);
    /// No change of the token is queued.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleNoChange(address token);
    /// The change's delay is not over.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleChangeEarly(address token, uint256 readyAt);
    /// The change was not made while it could be.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleChangeExpired(address token, uint256 expiredAt);
    /// The code there is not what it was when the change was queued.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleCodeChanged(address account);
    /// Old and new feed do not agree: the change waits until they do.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleFeedsDiffer(address token, uint256 oldD36, uint256 newD36, uint256 limitBps);
    /// The old price is refused now, but has not been reported so for long enough (0: not at all) to be given up.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleFeedNotDead(address token, uint256 refusedSince, uint256 deadAfter);
    /// The guardian cancelled a change not long ago.
    #[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq, Eq))]
    error OracleGuardianTooSoon(address token, uint256 now, uint256 allowedFrom);
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
        OracleRatioAboveCap { feed, ratio, cap },
        OracleSpotRatio { feed, updatedAt },
        OracleLengthMismatch { given, wanted },
        OracleSourcesDiffer { token, firstD36, secondD36, limitBps },
        OracleSecondUnreadable { source },
        OraclePoolUnobservable { pool, window },
        OraclePoolMismatch { pool, token },
        OraclePythOutOfRange { pyth, price, exponent },
        OraclePythUnsure { pyth, confidence, max },
        OracleFeedQuoted { token, by },
        OracleVolatilityStale { token, observedAt, maxAge },
        OracleVolatilityTooHigh { token, volatility, max },
        OracleNoReference { token },
        OracleChangePending { token, readyAt },
        OracleNoChange { token },
        OracleChangeEarly { token, readyAt },
        OracleChangeExpired { token, expiredAt },
        OracleCodeChanged { account },
        OracleFeedsDiffer { token, oldD36, newD36, limitBps },
        OracleFeedNotDead { token, refusedSince, deadAfter },
        OracleGuardianTooSoon { token, now, allowedFrom },
        OracleMathOverflow {},
    }
}

/// What a private function of the program answers.
pub(crate) type Answer<T> = Result<T, Error>;
