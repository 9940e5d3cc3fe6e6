//! `ArbOwnerPublic`: what everybody may know of the owners.

use super::{
    super::arbos::{members::Members, Field},
    Answer, Call, Fault, Methods, Purity,
};
use crate::exec::pricing::activation;
use alloy::{
    primitives::{Address, U256},
    sol,
    sol_types::SolValue,
};

/// Which bit of the features says that calldata has a floor price (EIP-7623).
pub(crate) const CALLDATA_FLOOR: usize = 0;

sol! {
    #[allow(missing_docs)]
    interface ArbOwnerPublic {
        function isChainOwner(address addr) external view returns (bool);
        function rectifyChainOwner(address ownerToRectify) external;
        function getAllChainOwners() external view returns (address[] memory);
        function getNativeTokenManagementFrom() external view returns (uint64);
        function isNativeTokenOwner(address addr) external view returns (bool);
        function getAllNativeTokenOwners() external view returns (address[] memory);
        function getTransactionFilteringFrom() external view returns (uint64);
        function isTransactionFilterer(address filterer) external view returns (bool);
        function getAllTransactionFilterers() external view returns (address[] memory);
        function getFilteredFundsRecipient() external view returns (address);
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function getBrotliCompressionLevel() external view returns (uint64);
        function getParentGasFloorPerToken() external view returns (uint64);
        function getScheduledUpgrade() external view returns (uint64 arbosVersion, uint64 scheduledForTimestamp);
        function isCalldataPriceIncreaseEnabled() external view returns (bool);
        function getMaxStylusContractFragments() external view returns (uint8);
        function getCollectTips() external view returns (bool);
    }
}

impl Methods for ArbOwnerPublic::ArbOwnerPublicCalls {
    fn purity(&self) -> Purity {
        match self {
            Self::rectifyChainOwner(_) => Purity::Write,
            _ => Purity::View,
        }
    }

    fn run(self, call: &mut Call<'_>) -> Answer {
        let owners = Members::chain_owners();
        Ok(match self {
            Self::isChainOwner(a) => owners.contains(call, a.addr)?.abi_encode(),
            Self::getAllChainOwners(_) => owners.all(call)?.abi_encode(),
            Self::rectifyChainOwner(a) => return Err(rectify(call, a.ownerToRectify)),
            Self::getNativeTokenManagementFrom(_) => {
                call.field(Field::NATIVE_TOKEN_FROM)?.abi_encode()
            }
            Self::isNativeTokenOwner(a) => {
                let set = Members::native_token_owners();
                set.contains(call, a.addr)?.abi_encode()
            }
            Self::getAllNativeTokenOwners(_) => {
                Members::native_token_owners().all(call)?.abi_encode()
            }
            Self::getTransactionFilteringFrom(_) => call.field(Field::FILTERING_FROM)?.abi_encode(),
            Self::isTransactionFilterer(a) => Members::filterers()
                .contains(call, a.filterer)?
                .abi_encode(),
            Self::getAllTransactionFilterers(_) => Members::filterers().all(call)?.abi_encode(),
            Self::getFilteredFundsRecipient(_) => {
                call.field(Field::FILTERED_FUNDS_TO)?.abi_encode()
            }
            Self::getNetworkFeeAccount(_) => call.field(Field::NETWORK_FEE_ACCOUNT)?.abi_encode(),
            Self::getInfraFeeAccount(_) => call.field(Field::INFRA_FEE_ACCOUNT)?.abi_encode(),
            Self::getBrotliCompressionLevel(_) => call.field(Field::BROTLI_LEVEL)?.abi_encode(),
            Self::getParentGasFloorPerToken(_) => {
                call.field(Field::GAS_FLOOR_PER_TOKEN)?.abi_encode()
            }
            Self::getScheduledUpgrade(_) => scheduled_upgrade(call)?.abi_encode_params(),
            Self::isCalldataPriceIncreaseEnabled(_) => call
                .field(Field::FEATURES)?
                .bit(CALLDATA_FLOOR)
                .abi_encode(),
            Self::getMaxStylusContractFragments(_) => {
                call.burn(activation::PARAMS_READ)?;
                U256::from(call.ctx.chain.params().max_fragments).abi_encode()
            }
            Self::getCollectTips(_) => (!call.field(Field::COLLECT_TIPS)?.is_zero()).abi_encode(),
        })
    }
}

/// Version and time of the upgrade to come; zeros if there is none.
fn scheduled_upgrade(call: &mut Call<'_>) -> Result<(U256, U256), Fault> {
    let version = call.field(Field::UPGRADE_VERSION)?;
    let time = call.field(Field::UPGRADE_TIME)?;
    let now = super::super::arbos::peek(call.ctx, Field::VERSION.slot());
    Ok(if now >= version {
        (U256::ZERO, U256::ZERO)
    } else {
        (version, time)
    })
}

/// Repairs what an old version broke: there is nothing of the kind here, so it always fails.
fn rectify(call: &mut Call<'_>, owner: Address) -> Fault {
    let checked = Members::chain_owners()
        .contains(call, owner)
        .and_then(|member| {
            if member {
                // Its place, who is there, and how many there are.
                call.burn(3 * activation::ARBOS_READ)?;
            }
            Ok(member)
        });
    match checked {
        Ok(true) => Fault::Unnamed(format!("owner {owner} needs no repair")),
        Ok(false) => Fault::Unnamed(format!("{owner} is not a chain owner")),
        Err(fault) => fault,
    }
}
