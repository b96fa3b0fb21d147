//! The operators: one file a kind.

pub(crate) mod aggregate;
mod aggregate_call;
pub(crate) mod function;
mod group_table;
pub(crate) mod hash_join;
mod hash_table;
pub(crate) mod join;
pub(crate) mod lock;
pub(crate) mod modify;
pub(crate) mod scan;
pub(crate) mod set;
pub(crate) mod set_operation;
pub(crate) mod simple;
pub(crate) mod sort;
pub(crate) mod window;
mod window_frame;

use error::Result;
use types::Batch;

use crate::instrument::Counts;
use crate::runtime::Runtime;

/// Something that delivers rows, batch by batch.
pub(crate) trait Operator {
    /// Fills the batch with the next rows; false at the end. A batch may have no row that counts.
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool>;

    /// What [`Operator::next`] delivered last. The reader may change the selection.
    fn batch(&mut self) -> &mut Batch;

    /// What there is to say of its work in EXPLAIN ANALYZE.
    fn counts(&self) -> Counts {
        Counts::default()
    }

    /// Begins again, with the execution parameters as they are now.
    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()>;

    /// Lets go of all that belongs to one run, its pages above all, so that the same plan can be run again with other
    /// parameters and another snapshot. Gives the bytes that it and its inputs go on holding; `None` where it cannot: the operators
    /// are then built anew.
    fn settle(&mut self) -> Option<usize> {
        None
    }
}

pub(crate) type Input = Box<dyn Operator>;
