//! `ArbInfo`: balances and code, for callers that have no opcode for them.

use super::{
    super::{
        arbos,
        pricing::{activation, gas},
    },
    Answer, Call, Methods, Purity,
};
use alloy::{sol, sol_types::SolValue};

/// Gas of a balance, as before EIP-2929.
const BALANCE: u64 = 700;

sol! {
    #[allow(missing_docs)]
    interface ArbInfo {
        function getBalance(address account) external view returns (uint256);
        function getCode(address account) external view returns (bytes memory);
    }
}

impl Methods for ArbInfo::ArbInfoCalls {
    fn purity(&self) -> Purity {
        Purity::View
    }

    fn run(self, call: &mut Call<'_>) -> Answer {
        Ok(match self {
            Self::getBalance(a) => {
                call.burn(BALANCE)?;
                arbos::account(call.ctx, a.account).balance.abi_encode()
            }
            Self::getCode(a) => {
                call.burn(gas::COLD_SLOAD)?;
                let (code, _) = call.code(a.account);
                call.burn(code.len().div_ceil(32) as u64 * activation::COPY_WORD)?;
                code.abi_encode()
            }
        })
    }
}
