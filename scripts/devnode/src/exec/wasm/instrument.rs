//! Metering: rewrites a module so that it pays for itself.
//!
//! Four steps, in the order that decides what pays for what: ink for each basic block, ink for bulk
//! memory by the byte, words of stack for each frame, and a call of `pay_for_memory_grow` before
//! memory grows. Opcodes that a step adds cost nothing, but those of the first two count as values
//! on the stack, and all of them as opcodes of the function.

use super::super::pricing::{self, limits, Shape};
use super::validate::{self, refuse, Body, Parsed, Refusal};
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{BlockType, Operator};

/// Export that holds the ink left.
pub const INK_LEFT: &str = "stylus_ink_left";
/// Export that is one once ink has run out.
pub const INK_STATUS: &str = "stylus_ink_status";
/// Export that holds the words of stack left, zero once they have run out.
pub const STACK_LEFT: &str = "stylus_stack_left";

/// A module ready to run, and what it costs.
#[derive(Debug, Clone)]
pub struct Instrumented {
    /// The metered module.
    pub wasm: Vec<u8>,
    /// What decides its price.
    pub shape: Shape,
    /// Initial pages.
    pub footprint: u16,
}

/// Validates and meters a module.
///
/// # Errors
/// A [`Refusal`] that names why the module may not be activated.
pub fn instrument(wasm: &[u8], version: u16, page_limit: u16) -> Result<Instrumented, Refusal> {
    let mut parsed = validate::parse(wasm, version, page_limit)?;
    let globals = Globals::after(parsed.globals);
    let bodies = std::mem::take(&mut parsed.bodies);
    let mut metered = Vec::with_capacity(bodies.len());
    for (index, body) in bodies.into_iter().enumerate() {
        let ops = meter(&parsed, globals, body.ops)?;
        let ops = charge_bulk_memory(globals, ops);
        let ops = limit_depth(&parsed, globals, Body { ops, ..body }, index)?;
        let ops = charge_growth(&parsed, globals, ops);
        if ops.len() as u64 > limits::OPS {
            refuse!(
                "too many wasm opcodes in func body: {} > {}",
                ops.len(),
                limits::OPS
            );
        }
        parsed.shape.ops += ops.len() as u64;
        metered.push(ops);
    }
    let mut writer = Writer {
        globals,
        metered: metered.into_iter(),
        globals_written: false,
    };
    let mut module = wasm_encoder::Module::new();
    writer
        .parse_core_module(&mut module, wasmparser::Parser::new(0), wasm)
        .map_err(|error| Refusal(format!("failed to build user module: {error}")))?;
    Ok(Instrumented {
        wasm: module.finish(),
        shape: parsed.shape,
        footprint: parsed.footprint,
    })
}

/// Indices of the globals that metering adds.
#[derive(Debug, Clone, Copy)]
struct Globals {
    ink: u32,
    status: u32,
    scratch: u32,
    stack: u32,
}

impl Globals {
    fn after(count: u32) -> Self {
        Self {
            ink: count,
            status: count + 1,
            scratch: count + 2,
            stack: count + 3,
        }
    }
}

fn get(global_index: u32) -> Operator<'static> {
    Operator::GlobalGet { global_index }
}

fn set(global_index: u32) -> Operator<'static> {
    Operator::GlobalSet { global_index }
}

const IF: Operator<'static> = Operator::If {
    blockty: BlockType::Empty,
};

/// Takes the price of each basic block before the block runs.
fn meter<'a>(
    module: &Parsed<'a>,
    globals: Globals,
    ops: Vec<Operator<'a>>,
) -> Result<Vec<Operator<'a>>, Refusal> {
    let params = |ty: u32| {
        module
            .types
            .get(ty as usize)
            .map_or(0, |ty| ty.params().len())
    };
    let mut out = Vec::with_capacity(ops.len() * 3);
    let mut block = Vec::new();
    let mut price = pricing::BLOCK_HEADER;
    for op in ops {
        let Some(ink) = pricing::opcode(&op, params) else {
            return Err(unsupported(&op));
        };
        let ends = pricing::ends_block(&op);
        price = price.saturating_add(ink);
        block.push(op);
        if ends {
            let ink = Operator::I64Const {
                value: price as i64,
            };
            out.extend([get(globals.ink), ink.clone(), Operator::I64LtU, IF]);
            out.extend([Operator::I32Const { value: 1 }, set(globals.status)]);
            out.extend([Operator::Unreachable, Operator::End]);
            out.extend([get(globals.ink), ink, Operator::I64Sub, set(globals.ink)]);
            out.append(&mut block);
            price = pricing::BLOCK_HEADER;
        }
    }
    Ok(out)
}

/// Why there is no price for an opcode that parsing let pass.
fn unsupported(op: &Operator<'_>) -> Refusal {
    use Operator as O;
    Refusal(match op {
        O::MemoryInit { .. }
        | O::DataDrop { .. }
        | O::TableInit { .. }
        | O::ElemDrop { .. }
        | O::TableCopy { .. } => format!("opcode not supported: {op:?}"),
        _ => format!("No implementation for floating point operation {op:?}"),
    })
}

/// Takes the price of the bytes copied or filled, the number of which is on top of the stack.
fn charge_bulk_memory(globals: Globals, ops: Vec<Operator<'_>>) -> Vec<Operator<'_>> {
    let mut out = Vec::with_capacity(ops.len());
    for op in ops {
        if matches!(
            op,
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. }
        ) {
            out.extend([set(globals.scratch), get(globals.ink), get(globals.ink)]);
            out.extend([get(globals.scratch), Operator::I64ExtendI32U]);
            out.extend([
                Operator::I64Const {
                    value: pricing::BULK_BYTE,
                },
                Operator::I64Mul,
            ]);
            // A price above what is left shows as ink that grew by wrapping around.
            out.extend([
                Operator::I64Sub,
                set(globals.ink),
                get(globals.ink),
                Operator::I64LtU,
            ]);
            out.extend([IF, Operator::I32Const { value: 1 }, set(globals.status)]);
            out.extend([Operator::Unreachable, Operator::End, get(globals.scratch)]);
        }
        out.push(op);
    }
    out
}

/// Takes the words of a frame on entry and gives them back on return.
fn limit_depth<'a>(
    module: &Parsed<'a>,
    globals: Globals,
    body: Body<'a>,
    index: usize,
) -> Result<Vec<Operator<'a>>, Refusal> {
    let values = most_values(module, &body.ops)?;
    if values > limits::FRAME_VALUES {
        refuse!(
            "too many values on the stack at once in func {index}: {values} > {}",
            limits::FRAME_VALUES
        );
    }
    // 4,448 at most, which is why Nitro's limit of 10,240 words needs no check.
    let words = u64::from(values) + body.locals + 4;
    let words = Operator::I32Const {
        value: i32::try_from(words).unwrap_or(i32::MAX),
    };
    let mut out = Vec::with_capacity(body.ops.len() + 16);
    out.extend([get(globals.stack), words.clone(), Operator::I32LeU, IF]);
    out.extend([
        Operator::I32Const { value: 0 },
        set(globals.stack),
        Operator::Unreachable,
    ]);
    out.extend([
        Operator::End,
        get(globals.stack),
        words.clone(),
        Operator::I32Sub,
    ]);
    out.push(set(globals.stack));
    let give_back = [
        get(globals.stack),
        words,
        Operator::I32Add,
        set(globals.stack),
    ];
    let last = body.ops.len().saturating_sub(1);
    for (position, op) in body.ops.into_iter().enumerate() {
        if position == last {
            // Falling off the end returns as well.
            out.extend(give_back.iter().cloned());
            out.push(Operator::Return);
        } else if matches!(op, Operator::Return) {
            out.extend(give_back.iter().cloned());
        }
        out.push(op);
    }
    Ok(out)
}

/// Pays for memory that is about to be asked for.
fn charge_growth<'a>(
    module: &Parsed<'a>,
    globals: Globals,
    ops: Vec<Operator<'a>>,
) -> Vec<Operator<'a>> {
    let Some(function_index) = module.pay_for_memory_grow else {
        return ops;
    };
    let mut out = Vec::with_capacity(ops.len());
    for op in ops {
        if matches!(op, Operator::MemoryGrow { .. }) {
            out.extend([
                set(globals.scratch),
                get(globals.scratch),
                get(globals.scratch),
            ]);
            out.push(Operator::Call { function_index });
        }
        out.push(op);
    }
    out
}

/// The most values that a body, metering included, may have on its stack at once.
fn most_values(module: &Parsed<'_>, ops: &[Operator<'_>]) -> Result<u32, Refusal> {
    let mut stack = Stack::default();
    let ty = |index: u32| match module.types.get(index as usize) {
        Some(ty) => Ok((ty.params().len() as u32, ty.results().len() as u32)),
        None => Err(Refusal(format!("missing type {index}"))),
    };
    let mut scopes = vec![0];
    for op in ops {
        use Operator as O;
        match op {
            O::Block { blockty } | O::Loop { blockty } | O::If { blockty } => {
                if matches!(op, O::If { .. }) {
                    stack.pop(1);
                }
                match blockty {
                    BlockType::Empty => {}
                    BlockType::Type(_) => stack.push(1),
                    BlockType::FuncType(index) => stack.call(ty(*index)?),
                }
                scopes.push(stack.now);
            }
            O::Else => stack.now = scopes.last().copied().unwrap_or_default(),
            O::End => stack.now = scopes.pop().unwrap_or_default(),
            O::Call { function_index } => match module.funcs.get(*function_index as usize) {
                Some(index) => stack.call(ty(*index)?),
                None => refuse!("missing type for func {function_index}"),
            },
            O::CallIndirect { type_index, .. } => {
                stack.call(ty(*type_index)?);
                stack.pop(1);
            }
            O::MemoryFill { .. } | O::MemoryCopy { .. } => stack.pop(3),
            O::LocalGet { .. }
            | O::GlobalGet { .. }
            | O::MemorySize { .. }
            | O::I32Const { .. }
            | O::I64Const { .. }
            | O::F32Const { .. }
            | O::F64Const { .. } => stack.push(1),
            O::Select
            | O::I32Store { .. }
            | O::I64Store { .. }
            | O::F32Store { .. }
            | O::F64Store { .. }
            | O::I32Store8 { .. }
            | O::I32Store16 { .. }
            | O::I64Store8 { .. }
            | O::I64Store16 { .. }
            | O::I64Store32 { .. } => stack.pop(2),
            O::Drop
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::LocalSet { .. }
            | O::GlobalSet { .. } => stack.pop(1),
            other if takes_two(other) => stack.pop(1),
            // Loads, conversions and whatever else replaces one value by one.
            _ => {}
        }
    }
    Ok(stack.most)
}

#[derive(Default)]
struct Stack {
    now: u32,
    most: u32,
}

impl Stack {
    fn push(&mut self, count: u32) {
        self.now += count;
        self.most = self.most.max(self.now);
    }

    fn pop(&mut self, count: u32) {
        self.now = self.now.saturating_sub(count);
    }

    fn call(&mut self, (ins, outs): (u32, u32)) {
        self.push(outs);
        self.pop(ins);
    }
}

fn takes_two(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::I32Eq
            | O::I32Ne
            | O::I32LtS
            | O::I32LtU
            | O::I32GtS
            | O::I32GtU
            | O::I32LeS
            | O::I32LeU
            | O::I32GeS
            | O::I32GeU
            | O::I64Eq
            | O::I64Ne
            | O::I64LtS
            | O::I64LtU
            | O::I64GtS
            | O::I64GtU
            | O::I64LeS
            | O::I64LeU
            | O::I64GeS
            | O::I64GeU
            | O::I32Add
            | O::I32Sub
            | O::I32Mul
            | O::I32DivS
            | O::I32DivU
            | O::I32RemS
            | O::I32RemU
            | O::I64Add
            | O::I64Sub
            | O::I64Mul
            | O::I64DivS
            | O::I64DivU
            | O::I64RemS
            | O::I64RemU
            | O::I32And
            | O::I32Or
            | O::I32Xor
            | O::I32Shl
            | O::I32ShrS
            | O::I32ShrU
            | O::I32Rotl
            | O::I32Rotr
            | O::I64And
            | O::I64Or
            | O::I64Xor
            | O::I64Shl
            | O::I64ShrS
            | O::I64ShrU
            | O::I64Rotl
            | O::I64Rotr
    )
}

/// Writes the module anew, with metered bodies, four more globals, and only the exports needed.
struct Writer<'a> {
    globals: Globals,
    metered: std::vec::IntoIter<Vec<Operator<'a>>>,
    globals_written: bool,
}

impl Writer<'_> {
    fn add_globals(&mut self, section: &mut wasm_encoder::GlobalSection) {
        use wasm_encoder::{ConstExpr, GlobalType, ValType};
        let mutable = |val_type| GlobalType {
            val_type,
            mutable: true,
            shared: false,
        };
        section.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
        for _ in [
            self.globals.status,
            self.globals.scratch,
            self.globals.stack,
        ] {
            section.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
        }
        self.globals_written = true;
    }
}

impl Reencode for Writer<'_> {
    type Error = std::convert::Infallible;

    fn parse_global_section(
        &mut self,
        globals: &mut wasm_encoder::GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        reencode::utils::parse_global_section(self, globals, section)?;
        self.add_globals(globals);
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut wasm_encoder::Module,
        _after: Option<wasm_encoder::SectionId>,
        before: Option<wasm_encoder::SectionId>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        // Every module accepted has exports, which follow the globals immediately.
        if before == Some(wasm_encoder::SectionId::Export) && !self.globals_written {
            let mut globals = wasm_encoder::GlobalSection::new();
            self.add_globals(&mut globals);
            module.section(&globals);
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut wasm_encoder::ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        use wasm_encoder::ExportKind::Global;
        for export in section {
            let export = export?;
            if [validate::ENTRYPOINT, validate::MEMORY].contains(&export.name) {
                exports.export(export.name, self.export_kind(export.kind)?, export.index);
            }
        }
        exports.export(INK_LEFT, Global, self.globals.ink);
        exports.export(INK_STATUS, Global, self.globals.status);
        exports.export(STACK_LEFT, Global, self.globals.stack);
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut wasm_encoder::CodeSection,
        body: wasmparser::FunctionBody<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        for op in self.metered.next().unwrap_or_default() {
            function.instruction(&self.instruction(op)?);
        }
        code.function(&function);
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        _module: &mut wasm_encoder::Module,
        _section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        Ok(())
    }
}
