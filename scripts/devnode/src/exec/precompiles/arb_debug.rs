//! `ArbDebug`: shortcuts on a development chain; elsewhere it takes all gas.

use super::{
    super::{arbos::members::Members, DEFAULT_CHAIN_ID},
    answer, Answer, Call, Fault, Methods, Purity,
};
use alloy::sol;

sol! {
    #[allow(missing_docs)]
    interface ArbDebug {
        function becomeChainOwner() external;
        function customRevert(uint64 number) external pure;

        error Custom(uint64 number, string message, bool flag);
    }
}

/// Nitro allows it on chains that are configured so: its own development chain is.
pub(crate) fn guarded(call: &mut Call<'_>, input: &[u8]) -> Answer {
    if call.ctx.cfg.chain_id != DEFAULT_CHAIN_ID {
        return Err(Fault::Fatal("debug precompiles are disabled".to_owned()));
    }
    answer::<ArbDebug::ArbDebugCalls>(call, input)
}

impl Methods for ArbDebug::ArbDebugCalls {
    fn purity(&self) -> Purity {
        match self {
            Self::becomeChainOwner(_) => Purity::Write,
            Self::customRevert(_) => Purity::Pure,
        }
    }

    fn run(self, call: &mut Call<'_>) -> Answer {
        match self {
            Self::becomeChainOwner(_) => {
                let caller = call.caller;
                Members::chain_owners().add(call, caller)?;
                Ok(Vec::new())
            }
            Self::customRevert(a) => Err(Fault::error(&ArbDebug::Custom {
                number: a.number,
                message: "This spider family wards off bugs: /\\oo/\\ //\\(oo)//\\ /\\oo/\\".into(),
                flag: true,
            })),
        }
    }
}
