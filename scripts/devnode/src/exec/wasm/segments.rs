//! Data and elements must lie within what they are written to.

use super::validate::{refuse, Refusal};
use wasmparser::{ConstExpr, Data, DataKind, Element, ElementItems, ElementKind, Operator};

/// Where active segments go, and how long they are.
#[derive(Default)]
pub(crate) struct Segments {
    datas: Vec<(i32, u64)>,
    elements: Vec<(usize, i32, u64)>,
}

impl Segments {
    pub(crate) fn data(&mut self, data: &Data<'_>) -> Result<(), Refusal> {
        if let DataKind::Active { offset_expr, .. } = &data.kind {
            let offset = constant(offset_expr)?;
            self.datas.push((offset, data.data.len() as u64));
        }
        Ok(())
    }

    pub(crate) fn element(&mut self, element: &Element<'_>) -> Result<(), Refusal> {
        let ElementKind::Active {
            table_index,
            offset_expr,
        } = &element.kind
        else {
            // Nothing that could use it is allowed.
            return Ok(());
        };
        let ElementItems::Functions(items) = &element.items else {
            refuse!("Non-constant element initializers are not supported");
        };
        let table = table_index.unwrap_or_default() as usize;
        let offset = constant(offset_expr)?;
        self.elements.push((table, offset, items.count().into()));
        Ok(())
    }

    /// Compares with the size of memory in bytes, and those of the tables in entries.
    pub(crate) fn check(&self, memory: u64, tables: &[u64]) -> Result<(), Refusal> {
        for (offset, length) in &self.datas {
            if !fits(*offset, *length, memory) {
                refuse!("Out-of-bounds data memory init with offset {offset} and size {length}: memory has {memory}");
            }
        }
        for (table, offset, length) in &self.elements {
            let entries = tables.get(*table).copied().unwrap_or_default();
            if !fits(*offset, *length, entries) {
                refuse!("Out of bounds element segment at offset {offset} and length {length} for table of length {entries}");
            }
        }
        Ok(())
    }
}

fn fits(offset: i32, length: u64, room: u64) -> bool {
    u64::try_from(offset)
        .ok()
        .and_then(|offset| offset.checked_add(length))
        .is_some_and(|end| end <= room)
}

fn constant(expression: &ConstExpr<'_>) -> Result<i32, Refusal> {
    let mut reader = expression.get_operators_reader();
    match (reader.read()?, reader.read()?) {
        (Operator::I32Const { value }, Operator::End) if reader.eof() => Ok(value),
        (other, _) => refuse!("Non-constant segment offset expression {other:?}"),
    }
}
