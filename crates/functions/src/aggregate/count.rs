//! `count`.

use error::Result;
use expression::{Accumulator, AggregateCall, CallContext};
use types::{Column, Rows};

use super::Saved;

/// Counts rows, or those whose argument is not NULL.
#[derive(Default)]
struct Count {
    counts: Vec<i64>,
}

/// Makes the accumulator of `count(*)` and `count(x)`.
pub fn new(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Ok(Box::new(Count::default()))
}

impl Accumulator for Count {
    fn resize(&mut self, groups: usize) {
        if groups > self.counts.len() {
            self.counts.resize(groups, 0);
        }
    }

    fn update(
        &mut self,
        _: &mut CallContext<'_>,
        groups: &[u32],
        arguments: &[&Column],
        rows: Rows<'_>,
    ) -> Result<()> {
        let nullable = arguments.first().filter(|column| column.has_nulls());
        match nullable {
            None => groups[..rows.count()].iter().for_each(|group| self.counts[*group as usize] += 1),
            Some(column) => {
                let mut at = 0;
                rows.for_each(|row| {
                    self.counts[groups[at] as usize] += i64::from(!column.is_null(row));
                    at += 1;
                });
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut CallContext<'_>, group: usize, out: &mut Column) -> Result<()> {
        out.push_i64(self.counts[group]);
        Ok(())
    }

    fn save(&self, _: &mut CallContext<'_>, group: usize, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(&self.counts[group].to_le_bytes());
        Ok(())
    }

    fn merge(&mut self, _: &mut CallContext<'_>, group: usize, state: &[u8]) -> Result<()> {
        self.counts[group] += Saved(state).i64()?;
        Ok(())
    }

    fn memory(&self) -> usize {
        self.counts.capacity() * size_of::<i64>()
    }

    fn clear(&mut self) {
        self.counts.clear();
    }
}
