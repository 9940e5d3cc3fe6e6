//! `ArbStatistics`: counts from before Nitro, all zero, and the block number.

use super::{Answer, Call, Methods, Purity};
use alloy::{primitives::U256, sol, sol_types::SolValue};

sol! {
    #[allow(missing_docs)]
    interface ArbStatistics {
        function getStats() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
    }
}

impl Methods for ArbStatistics::ArbStatisticsCalls {
    fn purity(&self) -> Purity {
        Purity::View
    }

    fn run(self, call: &mut Call<'_>) -> Answer {
        let mut stats = [U256::ZERO; 6];
        stats[0] = U256::from(call.ctx.chain.l2_number);
        Ok(stats.abi_encode())
    }
}
