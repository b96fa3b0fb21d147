//! `min` and `max` of every type with an order, and `any_value`.

use std::cmp::Ordering;

use common::Oid;
use error::{Error, Result, error};
use expression::{Accumulator, AggregateCall, CallContext};
use types::compare::{RowComparator, row_comparator};
use types::io::{self, physical_type};
use types::{Column, Rows};

/// Arenas smaller than this are not compacted.
const COMPACT_AT_BYTES: usize = 1 << 20;

/// The best row so far of each group.
struct Extreme {
    type_oid: Oid,
    comparator: RowComparator,
    /// How a row must compare with the best one to replace it.
    wanted: Ordering,
    /// NULL while a group is empty. Made with the first batch, which knows the form.
    best: Option<Column>,
    groups: usize,
    compact_at: usize,
}

fn new(call: AggregateCall<'_>, wanted: Ordering) -> Result<Box<dyn Accumulator>> {
    let type_oid = call.argument_types.first().copied().unwrap_or(call.result_type);
    let physical = physical_type(type_oid, &io::BuiltInCatalog);
    let comparator = match physical {
        // For `any_value` no row is better than the first.
        _ if wanted == Ordering::Equal => |_: &Column, _: usize, _: &Column, _: usize| Ordering::Less,
        Some(physical) => row_comparator(type_oid, physical).ok_or_else(|| no_order(type_oid))?,
        None => |a: &Column, i: usize, b: &Column, j: usize| {
            row_comparator(Oid::INVALID, a.physical_type()).map_or(Ordering::Equal, |order| order(a, i, b, j))
        },
    };
    Ok(Box::new(Extreme {
        type_oid,
        comparator,
        wanted,
        best: None,
        groups: 0,
        compact_at: COMPACT_AT_BYTES,
    }))
}

fn no_order(type_oid: Oid) -> Error {
    error!(UNDEFINED_FUNCTION, "could not identify a comparison function for type {type_oid}")
}

/// `min`.
pub fn min(call: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    new(call, Ordering::Less)
}

/// `max`.
pub fn max(call: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    new(call, Ordering::Greater)
}

/// `any_value`: the first that is not NULL.
pub fn any_value(call: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    new(call, Ordering::Equal)
}

impl Extreme {
    fn best_of(&mut self, like: &Column) -> &mut Column {
        let best = self.best.get_or_insert_with(|| Column::new(like.physical_type()));
        while best.len() < self.groups {
            best.push_null();
        }
        best
    }

    fn offer(&mut self, group: usize, column: &Column, row: usize) {
        let (comparator, wanted) = (self.comparator, self.wanted);
        let best = self.best_of(column);
        if best.is_null(group) || comparator(column, row, best, group) == wanted {
            best.copy_row(column, row, group);
        }
    }

    /// Drops overwritten text.
    fn compact(&mut self) {
        let Some(best) = &mut self.best else { return };
        if best.memory() > self.compact_at {
            let mut packed = Column::new(best.physical_type());
            packed.append_selected(best, Rows::all(best.len()));
            self.compact_at = (packed.memory() * 2).max(COMPACT_AT_BYTES);
            *best = packed;
        }
    }
}

impl Accumulator for Extreme {
    fn resize(&mut self, groups: usize) {
        self.groups = self.groups.max(groups);
    }

    fn update(
        &mut self,
        _: &mut CallContext<'_>,
        groups: &[u32],
        arguments: &[&Column],
        rows: Rows<'_>,
    ) -> Result<()> {
        let column = arguments.first().ok_or_else(|| Error::internal("aggregate without argument"))?;
        let mut at = 0;
        rows.for_each(|row| {
            let group = groups[at] as usize;
            at += 1;
            if !column.is_null(row) {
                self.offer(group, column, row);
            }
        });
        self.compact();
        Ok(())
    }

    fn finish(&mut self, _: &mut CallContext<'_>, group: usize, out: &mut Column) -> Result<()> {
        match &self.best {
            Some(best) if group < best.len() => out.push_row(best, group),
            _ => out.push_null(),
        }
        Ok(())
    }

    fn save(&self, context: &mut CallContext<'_>, group: usize, out: &mut Vec<u8>) -> Result<()> {
        match &self.best {
            Some(best) if group < best.len() && !best.is_null(group) => {
                out.push(1);
                io::send_row(self.type_oid, best, group, &context.io(), out)
            }
            _ => Ok(()),
        }
    }

    fn merge(&mut self, context: &mut CallContext<'_>, group: usize, state: &[u8]) -> Result<()> {
        // A leading byte keeps the empty string apart from no value.
        if let [_, bytes @ ..] = state {
            let value = io::receive(self.type_oid, -1, bytes, &context.io())?;
            if let Some(physical) = value.physical_type() {
                self.offer(group, &Column::constant(physical, &value), 0);
            }
        }
        Ok(())
    }

    fn memory(&self) -> usize {
        self.best.as_ref().map_or(0, Column::memory)
    }

    fn clear(&mut self) {
        self.groups = 0;
        if let Some(best) = &mut self.best {
            best.clear();
        }
    }
}
