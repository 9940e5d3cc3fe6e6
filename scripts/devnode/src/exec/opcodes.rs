//! Opcodes of the EVM that differ on Arbitrum.

use super::{activation, handler::Context};
use revm::{
    bytecode::opcode::SELFDESTRUCT,
    context_interface::{ContextTr, JournalTr},
    handler::instructions::EthInstructions,
    interpreter::{
        instructions::host, interpreter::EthInterpreter, Host, Instruction, InstructionContext,
        InstructionExecResult, InstructionResult,
    },
    primitives::hardfork::SpecId,
};

/// Gas of `SELFDESTRUCT` before its beneficiary is looked at (EIP-150).
const SELFDESTRUCT_GAS: u16 = 5_000;

/// The opcodes of a fork, as Arbitrum has them.
pub(crate) fn table(spec: SpecId) -> EthInstructions<EthInterpreter, Context> {
    let mut table = EthInstructions::new_mainnet_with_spec(spec);
    table.insert_instruction(
        SELFDESTRUCT,
        Instruction::new(self_destruct),
        SELFDESTRUCT_GAS,
    );
    table
}

/// Reverts in the account of a program, which borrowed code could otherwise destroy; the beneficiary
/// is paid for and warmed as ever.
fn self_destruct(
    context: InstructionContext<'_, Context, EthInterpreter>,
) -> InstructionExecResult {
    let InstructionContext { interpreter, host } = context;
    let acting = interpreter.input.target_address;
    let journal = host.journal_mut();
    let Ok(code) = journal.code(acting);
    if !activation::is_deployable(&code.data) || interpreter.runtime_flag.is_static {
        return host::selfdestruct(InstructionContext { interpreter, host });
    }
    let beneficiary = revm::primitives::Address::from_word(interpreter.stack.peek(0)?.into());
    let Ok(own) = journal.load_account(acting);
    let has_value = !own.info.balance.is_zero();
    let Ok(loaded) = journal.load_account(beneficiary);
    let (is_cold, is_empty) = (loaded.is_cold, loaded.info.is_empty());
    let cost = host
        .gas_params()
        .selfdestruct_cost(has_value && is_empty, is_cold);
    if !interpreter.gas.record_regular_cost(cost) {
        return Err(InstructionResult::OutOfGas);
    }
    Err(InstructionResult::Revert)
}
