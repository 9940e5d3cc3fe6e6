//! `ArbSys`: facts of the chain and the message.

use super::{super::pricing::ARBOS_VERSION, Answer, Call, Fault, Methods, Purity};
use alloy::{
    primitives::{keccak256, U256},
    sol,
    sol_types::SolValue,
};

sol! {
    #[allow(missing_docs)]
    interface ArbSys {
        function arbBlockNumber() external view returns (uint256);
        function arbBlockHash(uint256 arbBlockNum) external view returns (bytes32);
        function arbChainID() external view returns (uint256);
        function arbOSVersion() external view returns (uint256);
        function getStorageGasAvailable() external view returns (uint256);
        function isTopLevelCall() external view returns (bool);
        function wasMyCallersAddressAliased() external view returns (bool);

        error InvalidBlockNumber(uint256 requested, uint256 current);
    }
}

impl Methods for ArbSys::ArbSysCalls {
    fn purity(&self) -> Purity {
        Purity::View
    }

    fn run(self, call: &mut Call<'_>) -> Answer {
        let number = call.ctx.chain.l2_number;
        Ok(match self {
            Self::arbBlockNumber(_) => U256::from(number).abi_encode(),
            Self::arbBlockHash(a) => {
                let asked = a.arbBlockNum.saturating_to::<u64>();
                if asked >= number || asked + 256 < number {
                    return Err(Fault::error(&ArbSys::InvalidBlockNumber {
                        requested: a.arbBlockNum,
                        current: U256::from(number),
                    }));
                }
                keccak256(asked.to_be_bytes()).abi_encode()
            }
            Self::arbChainID(_) => U256::from(call.ctx.cfg.chain_id).abi_encode(),
            // Nitro counts its own versions on from Classic's last, 55.
            Self::arbOSVersion(_) => U256::from(55 + ARBOS_VERSION).abi_encode(),
            Self::getStorageGasAvailable(_) => U256::ZERO.abi_encode(),
            Self::isTopLevelCall(_) => (call.ctx.chain.open.len() <= 1).abi_encode(),
            Self::wasMyCallersAddressAliased(_) => false.abi_encode(),
        })
    }
}
