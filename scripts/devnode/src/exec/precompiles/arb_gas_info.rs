//! `ArbGasInfo`: prices. Posting to the parent chain is free here.

use super::{Answer, Call, Methods, Purity};
use alloy::{primitives::U256, sol, sol_types::SolValue};

sol! {
    #[allow(missing_docs)]
    interface ArbGasInfo {
        function getMinimumGasPrice() external view returns (uint256);
        function getL1BaseFeeEstimate() external view returns (uint256);
        function getL1GasPriceEstimate() external view returns (uint256);
        function getCurrentTxL1GasFees() external view returns (uint256);
        function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
    }
}

impl Methods for ArbGasInfo::ArbGasInfoCalls {
    fn purity(&self) -> Purity {
        Purity::View
    }

    fn run(self, call: &mut Call<'_>) -> Answer {
        let base = U256::from(call.ctx.block.basefee);
        Ok(match self {
            Self::getMinimumGasPrice(_) => base.abi_encode(),
            Self::getL1BaseFeeEstimate(_)
            | Self::getL1GasPriceEstimate(_)
            | Self::getCurrentTxL1GasFees(_) => U256::ZERO.abi_encode(),
            Self::getPricesInWei(_) => {
                let storage = base * U256::from(20_000);
                (U256::ZERO, U256::ZERO, storage, base, U256::ZERO, base).abi_encode_params()
            }
        })
    }
}
