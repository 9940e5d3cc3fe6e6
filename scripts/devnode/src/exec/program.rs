//! One call of a program: what it pays to start, how it runs, and what becomes of its end.

use super::{
    activation::{self, Program},
    arbos::{self, Record},
    handler::{Fatal, OpenFrame, StylusEvm},
    hostio::{Escape, Host},
    pricing::gas,
    profile::Recorder,
    wasm::{instrument, module, validate},
};
use alloy::primitives::{Bytes, B256};
use revm::{
    context_interface::{ContextTr, JournalTr},
    handler::FrameResult,
    interpreter::{
        interpreter_action::FrameInit, CallInputs, CallOutcome, CallScheme, CallValue, FrameInput,
        Gas, InstructionResult, InterpreterResult,
    },
    primitives::constants::CALL_STACK_LIMIT,
};
use std::sync::Arc;
use wasmi::{Store, Val};

/// How a program ended.
#[derive(Debug)]
struct End {
    result: InstructionResult,
    output: Bytes,
    gas_left: u64,
    refund: i64,
    /// Why it failed, where the result does not tell.
    failure: Option<String>,
}

impl End {
    fn halt(result: InstructionResult, failure: impl Into<Option<String>>) -> Self {
        Self {
            result,
            output: Bytes::new(),
            gas_left: 0,
            refund: 0,
            failure: failure.into(),
        }
    }
}

/// Runs the frame of a program: value transfer, execution, and roll-back if it fails.
pub(crate) fn run(evm: &mut StylusEvm, init: FrameInit) -> Result<FrameResult, Fatal> {
    let FrameInput::Call(inputs) = &init.frame_input else {
        return Err(Fatal::Custom("only calls run programs".into()));
    };
    let inputs = inputs.clone();
    let end = if init.depth > CALL_STACK_LIMIT as usize {
        End {
            gas_left: inputs.gas_limit,
            ..End::halt(InstructionResult::CallTooDeep, None)
        }
    } else {
        let checkpoint = evm.context().journal_mut().checkpoint();
        let refused = match inputs.value {
            CallValue::Transfer(value) => evm.context().journal_mut().transfer_loaded(
                inputs.caller,
                inputs.target_address,
                value,
            ),
            CallValue::Apparent(_) => None,
        };
        let end = match refused {
            Some(error) => End {
                gas_left: inputs.gas_limit,
                ..End::halt(error.into(), None)
            },
            None => enter(evm, init, &inputs)?,
        };
        if end.result.is_ok() {
            evm.context().journal_mut().checkpoint_commit();
        } else {
            evm.context().journal_mut().checkpoint_revert(checkpoint);
        }
        end
    };
    evm.context().chain.failure = end.failure;
    let mut gas = Gas::new(inputs.gas_limit);
    gas.set_remaining(end.gas_left);
    gas.set_refund(end.refund);
    let result = InterpreterResult {
        result: end.result,
        output: end.output,
        gas,
    };
    let mut outcome = CallOutcome::new(result, inputs.return_memory_offset.clone());
    outcome.charged_new_account_state_gas = inputs.charged_new_account_state_gas;
    Ok(FrameResult::Call(outcome))
}

/// Checks that the program may run, and makes it pay for starting.
fn enter(evm: &mut StylusEvm, init: FrameInit, inputs: &CallInputs) -> Result<End, Fatal> {
    let code_hash = inputs.known_bytecode.0;
    let ctx = evm.context();
    let params = arbos::params(ctx);
    ctx.chain.params = Some(params);
    let now = ctx.block.timestamp.saturating_to();
    let program = Program::load(ctx, code_hash)?;
    if let Err(inactive) = program.check(&params, now) {
        return Ok(End::halt(
            InstructionResult::PrecompileError,
            inactive.to_string(),
        ));
    }
    let Some(compiled) = compiled(evm, inputs)? else {
        return Ok(End::halt(
            InstructionResult::PrecompileError,
            "module lost".to_owned(),
        ));
    };

    let session = &mut evm.context().chain;
    let (open, ever) = (session.pages_open, session.pages_ever);
    let memory = params.page_gas(program.footprint, open, ever);
    let recent = session.visit(code_hash);
    let mut start = params.cached_gas(program.cached_cost);
    if !program.cached && !recent {
        start = start.saturating_add(params.init_gas(program.init_cost));
    }
    let cost = memory.saturating_add(start);
    let Some(gas) = inputs.gas_limit.checked_sub(cost) else {
        return Ok(End::halt(InstructionResult::OutOfGas, None));
    };
    let record = session.record().and_then(|it| it.profile.program.as_mut());
    if let Some(program) = record {
        (program.init, program.memory) = (start, memory);
    }

    let borrowed = matches!(
        inputs.scheme,
        CallScheme::CallCode | CallScheme::DelegateCall
    );
    session.pages_open = open.saturating_add(program.footprint);
    session.pages_ever = ever.max(session.pages_open);
    session.open.push(OpenFrame {
        acting: inputs.target_address,
        borrowed,
        caller: inputs.caller,
    });
    let end = execute(evm, init, inputs, &compiled, gas);
    let session = &mut evm.context().chain;
    session.open.pop();
    session.pages_open = open;

    let mut end = end?;
    // Return data costs at least what it would in the EVM.
    if !end.output.is_empty() {
        let least = gas::evm_memory(end.output.len());
        match inputs.gas_limit.checked_sub(least) {
            Some(most) => {
                let record = evm.context().chain.record();
                if let Some(program) = record.and_then(|it| it.profile.program.as_mut()) {
                    program.output = end.gas_left.saturating_sub(most);
                }
                end.gas_left = end.gas_left.min(most);
            }
            None => end = End::halt(InstructionResult::OutOfGas, None),
        }
    }
    Ok(end)
}

/// The compiled module, from the cache or from the code.
fn compiled(
    evm: &mut StylusEvm,
    inputs: &CallInputs,
) -> Result<Option<Arc<module::Compiled>>, Fatal> {
    let ctx = evm.context();
    let hash = arbos::read(ctx, Record::Module, inputs.known_bytecode.0)?;
    if let Some(known) = module::cached(B256::from(hash)) {
        return Ok(Some(known));
    }
    let params = ctx.chain.params();
    let code = inputs.known_bytecode.1.original_bytes();
    let wasm = activation::wasm_of(ctx, &code, &params, |_, _| Ok(()));
    Ok(wasm
        .ok()
        .and_then(|wasm| module::compile(&wasm, params.version, params.page_limit).ok()))
}

/// Runs the program on the gas it has left.
fn execute(
    evm: &mut StylusEvm,
    init: FrameInit,
    inputs: &CallInputs,
    compiled: &module::Compiled,
    gas: u64,
) -> Result<End, Fatal> {
    let params = evm.context().chain.params();
    let price = u64::from(params.ink_price);
    let args = inputs.input.bytes(evm.context());
    let length = u32::try_from(args.len()).unwrap_or(u32::MAX);
    let reentrant = evm.context().chain.is_reentrant(inputs.target_address);
    let traced = evm.context().chain.trace.is_some();
    let mut host = Host::new(
        evm.take(),
        init.depth,
        init.memory,
        inputs,
        args,
        price,
        reentrant,
    );
    if traced {
        let ink = gas.saturating_mul(price);
        host.recorder = Some(Box::new(Recorder::new(price, ink, length)));
    }
    let mut store = Store::new(module::engine(), host);

    let run = || -> Result<u32, wasmi::Error> {
        let instance = module::linker().instantiate_and_start(&mut store, &compiled.module)?;
        let missing = |what: &str| wasmi::Error::new(format!("missing export {what}"));
        let ink = instance.get_global(&store, instrument::INK_LEFT);
        let ink = ink.ok_or_else(|| missing(instrument::INK_LEFT))?;
        let status = instance.get_global(&store, instrument::INK_STATUS);
        let status = status.ok_or_else(|| missing(instrument::INK_STATUS))?;
        let stack = instance.get_global(&store, instrument::STACK_LEFT);
        let stack = stack.ok_or_else(|| missing(instrument::STACK_LEFT))?;
        let memory = instance.get_memory(&store, validate::MEMORY);
        let memory = memory.ok_or_else(|| missing(validate::MEMORY))?;
        let set = |error: wasmi::errors::GlobalError| wasmi::Error::new(error.to_string());
        ink.set(&mut store, Val::I64(gas.saturating_mul(price) as i64))
            .map_err(set)?;
        stack
            .set(&mut store, Val::I32(params.max_stack_depth as i32))
            .map_err(set)?;
        store.data_mut().bind(ink, status, stack, memory);
        let main = instance.get_typed_func::<u32, u32>(&store, validate::ENTRYPOINT)?;
        main.call(&mut store, length)
    };
    let mut run = run;
    let outcome = run();
    let meters = Host::meters(&store);
    let mut host = store.into_data();
    evm.inner = host.evm.inner.take();
    if let Some(fatal) = host.fatal.take() {
        return Err(fatal);
    }
    if let Some(recorder) = host.recorder.take() {
        let status = match &outcome {
            Ok(status) => Some(*status),
            Err(error) => match error.downcast_ref::<Escape>() {
                Some(Escape::Exit(status)) => Some(*status),
                _ => None,
            },
        };
        if let Some(frame) = evm.context().chain.record() {
            let started = frame.profile.program.take().unwrap_or_default();
            let (profile, calls) = recorder.finish(started, meters.ink, status);
            frame.profile.program = Some(profile);
            frame.host_calls = calls;
        }
    }

    let gas_left = meters.ink / price;
    let finish = |status: u32, outs: Vec<u8>| End {
        result: if status == 0 {
            InstructionResult::Return
        } else {
            InstructionResult::Revert
        },
        output: outs.into(),
        gas_left,
        refund: if status == 0 { host.refund } else { 0 },
        failure: None,
    };
    let error = match outcome {
        Ok(status) => return Ok(finish(status, host.outs)),
        Err(error) => error,
    };
    if meters.stack == 0 {
        return Ok(End::halt(
            InstructionResult::StackOverflow,
            "out of stack".to_owned(),
        ));
    }
    if meters.exhausted {
        return Ok(End::halt(InstructionResult::OutOfGas, None));
    }
    match error.downcast_ref::<Escape>() {
        Some(Escape::OutOfInk) => Ok(End::halt(InstructionResult::OutOfGas, None)),
        Some(Escape::Exit(status)) => Ok(finish(*status, host.outs)),
        _ => Ok(End {
            gas_left,
            ..End::halt(
                InstructionResult::Revert,
                format!("program failed: {error}"),
            )
        }),
    }
}
