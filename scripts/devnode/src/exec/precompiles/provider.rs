//! Where the EVM asks for precompiles.

use super::{
    super::{arbos, handler::Context},
    dispatch, Call, Fault, ADDRESSES,
};
use revm::{
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult},
    primitives::{hardfork::SpecId, AddressSet},
};

/// Ethereum's precompiles and ArbOS's.
#[derive(Debug, Clone)]
pub struct Precompiles {
    ethereum: EthPrecompiles,
    warm: AddressSet,
}

impl Precompiles {
    /// The precompiles of a fork.
    pub fn new(spec: SpecId) -> Self {
        let ethereum = EthPrecompiles::new(spec);
        let warm = with_arbos(&ethereum);
        Self { ethereum, warm }
    }
}

fn with_arbos(ethereum: &EthPrecompiles) -> AddressSet {
    let mut warm = ethereum.warm_addresses().clone();
    warm.extend(ADDRESSES.map(|(address, _)| address));
    warm
}

impl PrecompileProvider<Context> for Precompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: SpecId) -> bool {
        let changed = PrecompileProvider::<Context>::set_spec(&mut self.ethereum, spec);
        self.warm = with_arbos(&self.ethereum);
        changed
    }

    fn run(
        &mut self,
        ctx: &mut Context,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let address = inputs.bytecode_address;
        if !ADDRESSES.iter().any(|(known, _)| *known == address) {
            return self.ethereum.run(ctx, inputs);
        }
        let input = inputs.input.bytes(ctx);
        ctx.chain.params = Some(arbos::params(ctx));
        let mut call = Call {
            ctx,
            caller: inputs.caller,
            value: inputs.value.get(),
            address,
            acting: inputs.target_address == address,
            is_static: inputs.is_static,
            gas_limit: inputs.gas_limit,
            gas_left: inputs.gas_limit,
        };
        let result = dispatch(&mut call, &input);
        let left = call.gas_left;
        use InstructionResult as End;
        let (result, output, gas_left, failure) = match result {
            Ok(output) => (End::Return, output, left, None),
            Err(Fault::Error(data)) => (End::Revert, data, left, None),
            Err(Fault::Unnamed(why)) => (End::Revert, Vec::new(), left, Some(why)),
            Err(Fault::Unknown(why)) => (End::Revert, Vec::new(), 0, Some(why)),
            Err(Fault::Fatal(why)) => (End::PrecompileError, Vec::new(), 0, Some(why)),
            // Running out of gas inside a precompile of ArbOS is a revert that took everything.
            Err(Fault::OutOfGas) => (End::Revert, Vec::new(), 0, Some("out of gas".to_owned())),
        };
        ctx.chain.failure = failure;
        let mut gas = Gas::new(inputs.gas_limit);
        gas.set_remaining(gas_left);
        Ok(Some(InterpreterResult {
            result,
            output: output.into(),
            gas,
        }))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }
}
