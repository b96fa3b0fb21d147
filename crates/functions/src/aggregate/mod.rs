//! Aggregates: accumulators, and the frame that keeps one state a group for them.

pub mod collect;
pub mod count;
pub mod extreme;
pub mod logical;
pub mod statistics;
pub mod sum;
pub mod table;

use error::{Error, Result};
use expression::{Accumulator, CallContext};
use types::{Column, Rows};

/// What one aggregate does with one group's state.
pub trait Fold {
    type State: Default;

    /// Adds one row. Arguments may be NULL.
    fn add(
        &self,
        context: &mut CallContext<'_>,
        state: &mut Self::State,
        arguments: &[&Column],
        row: usize,
    ) -> Result<()>;

    /// Appends the result.
    fn finish(&self, context: &mut CallContext<'_>, state: &Self::State, out: &mut Column) -> Result<()>;

    fn save(&self, context: &mut CallContext<'_>, state: &Self::State, out: &mut Vec<u8>) -> Result<()>;

    fn merge(
        &self,
        context: &mut CallContext<'_>,
        state: &mut Self::State,
        saved: &mut Saved<'_>,
    ) -> Result<()>;

    /// Bytes on the heap of one state.
    fn memory(&self, _: &Self::State) -> usize {
        0
    }
}

/// The states of all groups of a [`Fold`].
pub struct Groups<F: Fold> {
    fold: F,
    states: Vec<F::State>,
}

impl<F: Fold> Groups<F> {
    pub fn new(fold: F) -> Groups<F> {
        Groups { fold, states: Vec::new() }
    }

    pub fn boxed(fold: F) -> Result<Box<dyn Accumulator>>
    where
        F: 'static,
    {
        Ok(Box::new(Groups::new(fold)))
    }
}

impl<F: Fold> Accumulator for Groups<F> {
    fn resize(&mut self, groups: usize) {
        if groups > self.states.len() {
            self.states.resize_with(groups, F::State::default);
        }
    }

    fn update(
        &mut self,
        context: &mut CallContext<'_>,
        groups: &[u32],
        arguments: &[&Column],
        rows: Rows<'_>,
    ) -> Result<()> {
        let mut at = 0;
        rows.try_for_each(|row| {
            let group = groups[at] as usize;
            at += 1;
            self.fold.add(context, &mut self.states[group], arguments, row)
        })
    }

    fn finish(&mut self, context: &mut CallContext<'_>, group: usize, out: &mut Column) -> Result<()> {
        self.fold.finish(context, &self.states[group], out)
    }

    fn save(&self, context: &mut CallContext<'_>, group: usize, out: &mut Vec<u8>) -> Result<()> {
        self.fold.save(context, &self.states[group], out)
    }

    fn merge(&mut self, context: &mut CallContext<'_>, group: usize, state: &[u8]) -> Result<()> {
        self.fold.merge(context, &mut self.states[group], &mut Saved(state))
    }

    fn memory(&self) -> usize {
        let fixed = self.states.capacity() * size_of::<F::State>();
        fixed + self.states.iter().map(|state| self.fold.memory(state)).sum::<usize>()
    }

    fn clear(&mut self) {
        self.states.clear();
    }
}

/// Reads what was saved of a state.
pub struct Saved<'a>(&'a [u8]);

impl<'a> Saved<'a> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        let (head, rest) =
            self.0.split_at_checked(length).ok_or_else(|| Error::internal("truncated aggregate state"))?;
        self.0 = rest;
        Ok(head)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.bytes(N)?.try_into().map_err(|_| Error::internal("truncated aggregate state"))
    }

    pub fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub fn i128(&mut self) -> Result<i128> {
        Ok(i128::from_le_bytes(self.array()?))
    }

    pub fn f64(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    /// What [`save_bytes`] wrote.
    pub fn block(&mut self) -> Result<&'a [u8]> {
        let length = u32::from_le_bytes(self.array()?);
        self.bytes(length as usize)
    }
}

/// Writes bytes with their length.
pub fn save_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}
