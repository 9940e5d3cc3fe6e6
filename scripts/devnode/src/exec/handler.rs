//! Where the EVM hands a frame over to a program, and how frames are followed.

use super::{
    activation, opcodes,
    precompiles::Precompiles,
    pricing::Params,
    profile::{Profile, ProgramProfile},
    program,
    state::State,
    transact::with_stack,
    Emitted, Frame, FrameKind,
};
use alloy::primitives::{Address, Bytes, Log, B256, U256};
use revm::{
    context::{BlockEnv, CfgEnv, Evm, Journal, TxEnv},
    context_interface::{context::ContextError, CreateScheme, FrameStack},
    handler::{
        evm::{ContextDbError, EvmTr, FrameInitResult},
        instructions::EthInstructions,
        EthFrame, FrameData, FrameInitOrResult, FrameResult, ItemOrResult, MainnetHandler,
    },
    interpreter::{
        interpreter::EthInterpreter, interpreter_action::FrameInit, CallScheme, FrameInput,
        InstructionResult, InterpreterAction,
    },
};
use std::convert::Infallible;

/// What execution happens in.
pub(crate) type Context = revm::Context<BlockEnv, TxEnv, CfgEnv, State, Journal<State>, Session>;
type Inner = Evm<
    Context,
    (),
    EthInstructions<EthInterpreter, Context>,
    Precompiles,
    EthFrame<EthInterpreter>,
>;
/// What can go wrong outside any frame.
pub(crate) type Fatal = ContextError<Infallible>;
/// What runs frames.
pub(crate) type Handler =
    MainnetHandler<StylusEvm, revm::context::result::EVMError<Infallible>, EthFrame>;

/// A frame that is running.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenFrame {
    /// Whose storage and balance it works on.
    pub(crate) acting: Address,
    /// Whether its code is another account's.
    pub(crate) borrowed: bool,
    /// Its caller.
    pub(crate) caller: Address,
}

/// What a transaction carries besides the state: it ends with the transaction.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// Prices and limits.
    pub(crate) params: Option<Params>,
    /// The chain's own block number.
    pub(crate) l2_number: u64,
    /// Pages in use by the programs that are running.
    pub(crate) pages_open: u16,
    /// The most that ever were.
    pub(crate) pages_ever: u16,
    /// Wei that this transaction pays for being posted to the parent chain.
    pub(crate) poster_fee: U256,
    /// Frames that are running.
    pub(crate) open: Vec<OpenFrame>,
    /// Programs entered lately, the latest last.
    pub(crate) recent: Vec<B256>,
    /// Why the frame that is about to end fails, where its result does not tell.
    pub(crate) failure: Option<String>,
    /// The same for the outermost frame.
    pub(crate) outcome: Option<String>,
    /// Frames recorded, if asked for.
    pub(crate) trace: Option<Vec<Frame>>,
    /// Indices of recorded frames that have not ended.
    pub(crate) tracing: Vec<usize>,
    /// How many of the journal's logs have been given to the frames that emitted them.
    pub(crate) logged: usize,
    pub(crate) depth: usize,
}

impl Session {
    /// Prices and limits.
    pub(crate) fn params(&self) -> Params {
        self.params.unwrap_or(super::pricing::PARAMS)
    }

    /// True if the program that runs was entered again while it was running.
    pub(crate) fn is_reentrant(&self, acting: Address) -> bool {
        self.open
            .iter()
            .filter(|frame| frame.acting == acting && !frame.borrowed)
            .count()
            > 1
    }

    /// Notes that a program is entered, and tells whether it was lately.
    pub(crate) fn visit(&mut self, code_hash: B256) -> bool {
        let known = self.recent.iter().position(|hash| *hash == code_hash);
        if let Some(index) = known {
            self.recent.remove(index);
        }
        self.recent.push(code_hash);
        // A list of no length holds one all the same.
        if self.recent.len() > usize::from(self.params().block_cache_size).max(1) {
            self.recent.remove(0);
        }
        known.is_some()
    }

    /// How many frames have been recorded.
    pub(crate) fn frames(&self) -> usize {
        self.trace.as_ref().map_or(0, Vec::len)
    }

    /// The record of the frame that runs.
    pub(crate) fn record(&mut self) -> Option<&mut Frame> {
        let index = self.tracing.last()?;
        self.trace.as_mut()?.get_mut(*index)
    }

    /// Gives the frame that runs the logs that the journal has got since the last time.
    fn take_logs(&mut self, journal: &[Log]) {
        let new = journal.get(self.logged..).unwrap_or_default();
        self.logged = journal.len();
        if let Some(frame) = self.record() {
            let calls = frame.calls;
            let emitted = new.iter().map(|log| Emitted {
                log: log.clone(),
                calls,
            });
            frame.logs.extend(emitted);
        }
    }

    fn enter(&mut self, init: &FrameInit, journal: &[Log], input: impl FnOnce() -> Bytes) {
        self.depth += 1;
        self.take_logs(journal);
        if let Some(parent) = self.record() {
            parent.calls += 1;
        }
        let Some(trace) = &mut self.trace else { return };
        self.tracing.push(trace.len());
        let frame = match &init.frame_input {
            FrameInput::Call(call) => Frame {
                from: call.caller,
                to: call.bytecode_address,
                kind: match call.scheme {
                    CallScheme::Call => FrameKind::Call,
                    CallScheme::CallCode => FrameKind::CallCode,
                    CallScheme::DelegateCall => FrameKind::DelegateCall,
                    CallScheme::StaticCall => FrameKind::StaticCall,
                },
                depth: init.depth,
                value: call.value.get(),
                gas_limit: call.gas_limit,
                gas_used: 0,
                is_stylus: runs_program(init),
                input: input(),
                output: Bytes::new(),
                error: None,
                profile: Profile {
                    program: runs_program(init).then(ProgramProfile::default),
                    ..Profile::default()
                },
                host_calls: Vec::new(),
                calls: 0,
                logs: Vec::new(),
            },
            FrameInput::Create(create) => Frame {
                from: create.caller(),
                to: Address::ZERO,
                kind: match create.scheme() {
                    CreateScheme::Create2 { .. } => FrameKind::Create2,
                    _ => FrameKind::Create,
                },
                depth: init.depth,
                value: create.value(),
                gas_limit: create.gas_limit(),
                gas_used: 0,
                is_stylus: false,
                input: create.init_code().clone(),
                output: Bytes::new(),
                error: None,
                profile: Profile::default(),
                host_calls: Vec::new(),
                calls: 0,
                logs: Vec::new(),
            },
            FrameInput::Empty => Frame {
                from: Address::ZERO,
                to: Address::ZERO,
                kind: FrameKind::Call,
                depth: init.depth,
                value: U256::ZERO,
                gas_limit: 0,
                gas_used: 0,
                is_stylus: false,
                input: Bytes::new(),
                output: Bytes::new(),
                error: None,
                profile: Profile::default(),
                host_calls: Vec::new(),
                calls: 0,
                logs: Vec::new(),
            },
        };
        trace.push(frame);
    }

    fn leave(&mut self, result: &FrameResult, journal: &[Log]) {
        self.depth = self.depth.saturating_sub(1);
        let end = result.instruction_result();
        self.take_logs(journal);
        let failure = self.failure.take().filter(|_| !end.is_ok());
        if self.depth == 0 {
            self.outcome.clone_from(&failure);
        }
        let Some(trace) = &mut self.trace else { return };
        let Some(frame) = self.tracing.pop().and_then(|index| trace.get_mut(index)) else {
            return;
        };
        frame.gas_used = if end.is_halt() {
            frame.gas_limit
        } else {
            frame.gas_limit.saturating_sub(result.gas().remaining())
        };
        let used = frame.gas_used;
        let profile = &mut frame.profile;
        let rest = used.saturating_sub(profile.own() + profile.children);
        match &mut profile.program {
            // All that was left, if it failed so.
            Some(program) if end.is_halt() => program.forfeited = rest,
            Some(_) => {}
            None => profile.evm = rest,
        }
        frame.output = result.output().data().clone();
        if !end.is_ok() {
            frame.logs.clear();
            frame.error = Some(failure.unwrap_or_else(|| match end {
                InstructionResult::Revert => "execution reverted".to_owned(),
                other => format!("{other:?}"),
            }));
        }
        if let FrameResult::Create(outcome) = result {
            if end.is_ok() {
                frame.to = outcome.address.unwrap_or_default();
            }
        }
        if let Some(parent) = self.record() {
            parent.profile.children += used;
        }
    }
}

/// True if the frame is a program's.
fn runs_program(init: &FrameInit) -> bool {
    match &init.frame_input {
        FrameInput::Call(call) => {
            activation::is_program(call.known_bytecode.1.original_byte_slice())
        }
        _ => false,
    }
}

/// The EVM with programs. The machine moves into a running program's host and back, so that host
/// functions reach the state without sharing it.
pub(crate) struct StylusEvm {
    pub(crate) inner: Option<Box<Inner>>,
}

impl StylusEvm {
    pub(crate) fn new(context: Context, precompiles: Precompiles) -> Self {
        let spec = context.cfg.spec;
        let instructions = opcodes::table(spec);
        Self {
            inner: Some(Box::new(Evm::new(context, instructions, precompiles))),
        }
    }

    /// Takes the machine away; nothing can be done without it until it is put back.
    pub(crate) fn take(&mut self) -> Self {
        Self {
            inner: self.inner.take(),
        }
    }

    fn machine(&mut self) -> &mut Inner {
        self.inner
            .as_mut()
            .expect("the machine is where the running program is")
    }

    /// The context.
    pub(crate) fn context(&mut self) -> &mut Context {
        &mut self.machine().ctx
    }

    fn leave(&mut self, result: &FrameResult) {
        let ctx = self.context();
        ctx.chain.leave(result, &ctx.journaled_state.inner.logs);
    }

    /// Runs one frame and whatever it calls, beside the frames that are waiting.
    pub(crate) fn run_nested(&mut self, init: FrameInit) -> Result<FrameResult, Fatal> {
        use revm::handler::Handler as _;
        let waiting =
            std::mem::replace(&mut self.machine().frame_stack, FrameStack::new_prealloc(1));
        let result = with_stack(|| Handler::default().run_exec_loop(self, init));
        self.machine().frame_stack = waiting;
        result.map_err(|error| ContextError::Custom(error.to_string()))
    }
}

impl EvmTr for StylusEvm {
    type Context = Context;
    type Instructions = EthInstructions<EthInterpreter, Context>;
    type Precompiles = Precompiles;
    type Frame = EthFrame<EthInterpreter>;

    fn all(
        &self,
    ) -> (
        &Self::Context,
        &Self::Instructions,
        &Self::Precompiles,
        &FrameStack<Self::Frame>,
    ) {
        let inner = self
            .inner
            .as_ref()
            .expect("the machine is where the running program is");
        (
            &inner.ctx,
            &inner.instruction,
            &inner.precompiles,
            &inner.frame_stack,
        )
    }

    fn all_mut(
        &mut self,
    ) -> (
        &mut Self::Context,
        &mut Self::Instructions,
        &mut Self::Precompiles,
        &mut FrameStack<Self::Frame>,
    ) {
        let inner = self.machine();
        (
            &mut inner.ctx,
            &mut inner.instruction,
            &mut inner.precompiles,
            &mut inner.frame_stack,
        )
    }

    fn frame_init(
        &mut self,
        init: FrameInit,
    ) -> Result<FrameInitResult<'_, Self::Frame>, ContextDbError<Self::Context>> {
        let machine = self.machine();
        let input = match &init.frame_input {
            FrameInput::Call(call) if machine.ctx.chain.trace.is_some() => {
                call.input.bytes(&machine.ctx)
            }
            _ => Bytes::new(),
        };
        let ctx = &mut machine.ctx;
        ctx.chain
            .enter(&init, &ctx.journaled_state.inner.logs, || input);
        if runs_program(&init) {
            let result = program::run(self, init)?;
            self.leave(&result);
            return Ok(ItemOrResult::Result(result));
        }
        let borrowed = match &init.frame_input {
            FrameInput::Call(call) => {
                matches!(call.scheme, CallScheme::CallCode | CallScheme::DelegateCall)
            }
            _ => false,
        };
        let machine = self.machine();
        if let ItemOrResult::Result(result) = machine.frame_init(init)? {
            self.leave(&result);
            return Ok(ItemOrResult::Result(result));
        }
        let machine = self.machine();
        let frame = machine.frame_stack.get();
        machine.ctx.chain.open.push(OpenFrame {
            acting: frame.interpreter.input.target_address,
            borrowed,
            caller: frame.interpreter.input.caller_address,
        });
        Ok(ItemOrResult::Item(frame))
    }

    fn frame_run(
        &mut self,
    ) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        let machine = self.machine();
        let frame = machine.frame_stack.get();
        let mut action = frame.interpreter.run_plain(
            machine.instruction.instruction_table(),
            machine.instruction.gas_table(),
            &mut machine.ctx,
        );
        // EIP-3541, but for programs.
        if let (FrameData::Create(_), InterpreterAction::Return(result)) =
            (&frame.data, &mut action)
        {
            let refused =
                result.output.first() == Some(&0xEF) && !activation::is_deployable(&result.output);
            if result.result.is_ok() && refused {
                result.result = InstructionResult::CreateContractStartingWithEF;
            }
        }
        let next = frame
            .process_next_action::<_, ContextDbError<Self::Context>>(&mut machine.ctx, action)?;
        if let ItemOrResult::Result(result) = &next {
            frame.set_finished(true);
            machine.ctx.chain.open.pop();
            let ctx = &mut machine.ctx;
            ctx.chain.leave(result, &ctx.journaled_state.inner.logs);
        }
        Ok(next)
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, ContextDbError<Self::Context>> {
        self.machine().frame_return_result(result)
    }
}
