//! `ArbInfo`: balances and code, for callers that have no opcode for them.

use super::{super::pricing::gas, Answer, Call, Methods, Purity};
use alloy::{sol, sol_types::SolValue};
use revm::context_interface::{ContextTr, JournalTr};

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
                call.burn(700)?;
                call.ctx
                    .journal_mut()
                    .load_account(a.account)?
                    .info
                    .balance
                    .abi_encode()
            }
            Self::getCode(a) => {
                call.burn(gas::COLD_ACCOUNT)?;
                let code = call.code(a.account)?;
                call.burn(code.len().div_ceil(32) as u64 * 3)?;
                code.abi_encode()
            }
        })
    }
}
