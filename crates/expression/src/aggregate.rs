//! Aggregates: accumulators that take batches and keep one state a group.

use common::Oid;
use error::Result;
use types::{Column, Rows};

use crate::context::CallContext;

/// The states of one aggregate for all groups.
pub trait Accumulator {
    /// Makes room for groups up to `groups`; new ones start empty.
    fn resize(&mut self, groups: usize);

    /// Adds rows: `groups[i]` is the group of the `i`-th of `rows`.
    ///
    /// # Errors
    /// For instance 22003 when a sum overflows.
    fn update(
        &mut self,
        context: &mut CallContext<'_>,
        groups: &[u32],
        arguments: &[&Column],
        rows: Rows<'_>,
    ) -> Result<()>;

    /// Appends the result of a group to `out`.
    fn finish(&mut self, context: &mut CallContext<'_>, group: usize, out: &mut Column) -> Result<()>;

    /// Writes a group's partial state as bytes, for spilling and parallel plans.
    fn save(&self, context: &mut CallContext<'_>, group: usize, out: &mut Vec<u8>) -> Result<()>;

    /// Merges a partial state that [`Accumulator::save`] wrote into a group.
    fn merge(&mut self, context: &mut CallContext<'_>, group: usize, state: &[u8]) -> Result<()>;

    /// Bytes held.
    fn memory(&self) -> usize;

    /// Forgets all groups, keeps the memory.
    fn clear(&mut self);
}

/// The actual types of a call.
#[derive(Clone, Copy, Debug)]
pub struct AggregateCall<'a> {
    pub argument_types: &'a [Oid],
    pub result_type: Oid,
}

/// Makes the accumulator of a call.
pub type NewAccumulator = fn(AggregateCall<'_>) -> Result<Box<dyn Accumulator>>;

/// An aggregate's code and its row in `pg_aggregate`. Its `pg_proc` row is a function declaration.
#[derive(Clone, Copy)]
pub struct AggregateDeclaration {
    pub function: Oid,
    pub new: NewAccumulator,
    /// `n` normal, `o` ordered-set, `h` hypothetical-set.
    pub kind: u8,
    /// Sort operator that gives the same answer as the first row (min, max); invalid for none.
    pub sort_operator: Oid,
    pub transition_type: Oid,
    pub initial_value: Option<&'static str>,
}
