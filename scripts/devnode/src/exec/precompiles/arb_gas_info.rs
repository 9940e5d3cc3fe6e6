//! `ArbGasInfo`: prices, and what they are made of.

use super::{
    super::{
        arbos::Field,
        pricing::{activation, posting},
    },
    Answer, Call, Fault, Methods, Purity,
};
use alloy::{
    primitives::{I256, U256},
    sol,
    sol_types::SolValue,
};

/// Kinds of resources that gas is counted by.
const RESOURCES: usize = 9;

sol! {
    #[allow(missing_docs)]
    interface ArbGasInfo {
        struct WeightedResource { uint8 resource; uint64 weight; }
        struct ResourceConstraint { WeightedResource[] resources; uint32 adjustmentWindowSecs; uint64 targetPerSec; uint64 backlog; }

        function getPricesInWeiWithAggregator(address aggregator) external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInArbGasWithAggregator(address aggregator) external view returns (uint256, uint256, uint256);
        function getPricesInArbGas() external view returns (uint256, uint256, uint256);
        function getGasAccountingParams() external view returns (uint256, uint256, uint256);
        function getMaxTxGasLimit() external view returns (uint256);
        function getMinimumGasPrice() external view returns (uint256);
        function getL1BaseFeeEstimate() external view returns (uint256);
        function getL1BaseFeeEstimateInertia() external view returns (uint64);
        function getL1RewardRate() external view returns (uint64);
        function getL1RewardRecipient() external view returns (address);
        function getL1GasPriceEstimate() external view returns (uint256);
        function getCurrentTxL1GasFees() external view returns (uint256);
        function getGasBacklog() external view returns (uint64);
        function getPricingInertia() external view returns (uint64);
        function getGasBacklogTolerance() external view returns (uint64);
        function getL1PricingSurplus() external view returns (int256);
        function getPerBatchGasCharge() external view returns (int64);
        function getAmortizedCostCapBips() external view returns (uint64);
        function getL1FeesAvailable() external view returns (uint256);
        function getL1PricingEquilibrationUnits() external view returns (uint256);
        function getLastL1PricingUpdateTime() external view returns (uint64);
        function getL1PricingFundsDueForRewards() external view returns (uint256);
        function getL1PricingUnitsSinceUpdate() external view returns (uint64);
        function getLastL1PricingSurplus() external view returns (int256);
        function getMaxBlockGasLimit() external view returns (uint64);
        function getGasPricingConstraints() external view returns (uint64[3][] memory constraints);
        function getMultiGasPricingConstraints() external view returns (ResourceConstraint[] memory constraints);
        function getMultiGasBaseFee() external view returns (uint256[] memory baseFees);
    }
}

impl Methods for ArbGasInfo::ArbGasInfoCalls {
    fn purity(&self) -> Purity {
        Purity::View
    }

    fn run(self, call: &mut Call<'_>) -> Answer {
        let field = match self {
            Self::getPricesInWei(_) | Self::getPricesInWeiWithAggregator(_) => {
                return Ok(prices_in_wei(call)?.abi_encode());
            }
            Self::getPricesInArbGas(_) | Self::getPricesInArbGasWithAggregator(_) => {
                return Ok(prices_in_gas(call)?.abi_encode());
            }
            Self::getGasAccountingParams(_) => {
                let speed = call.field(Field::SPEED_LIMIT)?;
                let block = call.field(Field::BLOCK_GAS_LIMIT)?;
                return Ok([speed, block, block].abi_encode());
            }
            Self::getCurrentTxL1GasFees(_) => return Ok(call.ctx.chain.poster_fee.abi_encode()),
            Self::getL1PricingSurplus(_) => {
                let due = call.field(Field::REFUNDS_DUE)?;
                let rewards = call.field(Field::REWARDS_DUE)?;
                let have = call.field(Field::L1_FEES_AVAILABLE)?;
                let surplus = I256::from_raw(have.wrapping_sub(due.wrapping_add(rewards)));
                return Ok(surplus.abi_encode());
            }
            // Constraints cannot be set on this chain, so there are none.
            Self::getGasPricingConstraints(_) => {
                call.field(Field::GAS_CONSTRAINTS)?;
                return Ok(Vec::<[u64; 3]>::new().abi_encode());
            }
            Self::getMultiGasPricingConstraints(_) => {
                call.field(Field::MULTI_GAS_CONSTRAINTS)?;
                return Ok(Vec::<ArbGasInfo::ResourceConstraint>::new().abi_encode());
            }
            Self::getMultiGasBaseFee(_) => {
                // The base fee, and each resource's own, none of which is set.
                call.field(Field::BASE_FEE)?;
                call.burn(RESOURCES as u64 * activation::ARBOS_READ)?;
                let base = U256::from(call.ctx.block.basefee);
                return Ok(vec![base; RESOURCES].abi_encode());
            }
            Self::getMaxTxGasLimit(_) => Field::TX_GAS_LIMIT,
            Self::getMinimumGasPrice(_) => Field::MIN_BASE_FEE,
            Self::getL1BaseFeeEstimate(_) | Self::getL1GasPriceEstimate(_) => Field::L1_PRICE,
            Self::getL1BaseFeeEstimateInertia(_) => Field::L1_INERTIA,
            Self::getL1RewardRate(_) => Field::REWARD_RATE,
            Self::getL1RewardRecipient(_) => Field::REWARDS_TO,
            Self::getGasBacklog(_) => Field::GAS_BACKLOG,
            Self::getPricingInertia(_) => Field::L2_INERTIA,
            Self::getGasBacklogTolerance(_) => Field::BACKLOG_TOLERANCE,
            Self::getPerBatchGasCharge(_) => Field::PER_BATCH_GAS,
            Self::getAmortizedCostCapBips(_) => Field::AMORTIZED_CAP,
            Self::getL1FeesAvailable(_) => Field::L1_FEES_AVAILABLE,
            Self::getL1PricingEquilibrationUnits(_) => Field::EQUILIBRATION_UNITS,
            Self::getLastL1PricingUpdateTime(_) => Field::L1_UPDATE_TIME,
            Self::getL1PricingFundsDueForRewards(_) => Field::REWARDS_DUE,
            Self::getL1PricingUnitsSinceUpdate(_) => Field::UNITS_SINCE_UPDATE,
            Self::getLastL1PricingSurplus(_) => Field::LAST_SURPLUS,
            Self::getMaxBlockGasLimit(_) => Field::BLOCK_GAS_LIMIT,
        };
        Ok(call.field(field)?.abi_encode())
    }
}

/// What a byte of calldata costs on the parent chain, and a simple transaction: wei.
fn l1_prices(call: &mut Call<'_>) -> Result<(U256, U256), Fault> {
    let price = call.field(Field::L1_PRICE)?;
    let byte = price.saturating_mul(U256::from(posting::UNITS_PER_BYTE));
    let simple = byte.saturating_mul(U256::from(posting::SIMPLE_TRANSACTION_BYTES));
    Ok((byte, simple))
}

/// A simple transaction, a byte of calldata, a slot of storage; gas at its base price, the
/// congestion's part, and both: wei.
fn prices_in_wei(call: &mut Call<'_>) -> Result<[U256; 6], Fault> {
    let (byte, simple) = l1_prices(call)?;
    let gas = U256::from(call.ctx.block.basefee);
    let base = call.field(Field::MIN_BASE_FEE)?.min(gas);
    let slot = gas.saturating_mul(U256::from(activation::ARBOS_WRITE));
    Ok([simple, byte, slot, base, gas - base, gas])
}

/// A simple transaction, a byte of calldata, a slot of storage: gas.
fn prices_in_gas(call: &mut Call<'_>) -> Result<[U256; 3], Fault> {
    let (byte, simple) = l1_prices(call)?;
    let gas = U256::from(call.ctx.block.basefee);
    let in_gas = |wei: U256| wei.checked_div(gas).unwrap_or_default();
    let slot = U256::from(activation::ARBOS_WRITE);
    Ok([in_gas(simple), in_gas(byte), slot])
}
