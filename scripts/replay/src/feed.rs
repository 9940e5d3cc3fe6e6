//! A price feed as Chainlink runs them: it answers anew when the price has moved far enough, or after long enough.

/// Seconds between two prices of the market.
const HOUR: u64 = 3_600;

/// A feed and its last answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feed {
    /// By how much the price moves before an answer, bps.
    pub threshold_bps: u64,
    /// After how long there is one in any case, seconds.
    pub heartbeat_s: u64,
    /// USD with 8 decimals.
    pub answer: u64,
    /// When that was answered.
    pub updated_at: u64,
}

impl Feed {
    /// Looks at the market's price; says whether it answered anew. A heartbeat that falls into the hour that begins
    /// now answers now: the hour has one price.
    pub fn look(&mut self, price: u64, now: u64) -> bool {
        let moved = u128::from(price.abs_diff(self.answer)) * 10_000;
        let is_far = moved >= u128::from(self.threshold_bps) * u128::from(self.answer);
        let is_due = now + HOUR > self.updated_at + self.heartbeat_s;
        let answers = is_far && price != self.answer || is_due;
        if answers {
            (self.answer, self.updated_at) = (price, now);
        }
        answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_answers_on_its_threshold_or_its_heartbeat_and_lags_in_between() {
        let mut feed = Feed {
            threshold_bps: 50,
            heartbeat_s: 86_400,
            answer: 10_000,
            updated_at: 0,
        };
        assert!(!feed.look(10_049, HOUR));
        assert_eq!(feed.answer, 10_000);
        assert!(feed.look(9_950, 2 * HOUR));
        assert_eq!((feed.answer, feed.updated_at), (9_950, 2 * HOUR));
        assert!(!feed.look(9_950, 25 * HOUR));
        assert!(feed.look(9_950, 26 * HOUR));
        assert_eq!(feed.updated_at, 26 * HOUR);
    }

    #[test]
    fn law_an_answer_is_never_older_than_its_heartbeat_nor_further_off_than_its_threshold() {
        let mut feed = Feed {
            threshold_bps: 25,
            heartbeat_s: 10_000,
            answer: 1_000_000,
            updated_at: 0,
        };
        let mut price = 1_000_000u64;
        let mut seed = 7u64;
        for hour in 1..5_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            price = price * (9_960 + (seed >> 33) % 81) / 10_000;
            feed.look(price, hour * HOUR);
            assert!(hour * HOUR + HOUR <= feed.updated_at + 10_000);
            assert!(price.abs_diff(feed.answer) * 10_000 < 25 * feed.answer);
        }
    }
}
