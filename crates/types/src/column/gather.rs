//! Rows of columns by number, from one column or from several.

use super::{Column, Values, wrong_type};
use crate::batch::Rows;

impl Column {
    /// Appends rows of a column of the same form, which may be a constant, by their numbers.
    pub fn append_numbered(&mut self, from: &Column, rows: &[u32]) {
        if from.is_constant() {
            let start = self.len();
            self.grow_by(rows.len());
            return (0..rows.len()).for_each(|at| self.copy_row(from, 0, start + at));
        }
        let start = self.len();
        macro_rules! copy {
            ($to:ident, $from:ident) => {
                $to.extend(rows.iter().map(|row| $from[*row as usize].clone()))
            };
        }
        match (&mut self.values, &from.values) {
            (Values::Bool(to), Values::Bool(values)) => copy!(to, values),
            (Values::Char(to), Values::Char(values)) => copy!(to, values),
            (Values::Int2(to), Values::Int2(values)) => copy!(to, values),
            (Values::Int4(to), Values::Int4(values)) => copy!(to, values),
            (Values::Int8(to), Values::Int8(values)) => copy!(to, values),
            (Values::Oid(to), Values::Oid(values)) => copy!(to, values),
            (Values::Float4(to), Values::Float4(values)) => copy!(to, values),
            (Values::Float8(to), Values::Float8(values)) => copy!(to, values),
            (Values::Numeric(to), Values::Numeric(values)) => copy!(to, values),
            (Values::Text(to) | Values::Bytes(to), Values::Text(values) | Values::Bytes(values)) => {
                rows.iter().for_each(|row| to.push_from(values, *row as usize));
            }
            (Values::Interval(to), Values::Interval(values)) => copy!(to, values),
            (Values::Uuid(to), Values::Uuid(values)) => copy!(to, values),
            (Values::Tid(to), Values::Tid(values)) => copy!(to, values),
            (Values::Array(to), Values::Array(values)) => copy!(to, values),
            (Values::Record(to), Values::Record(values)) => copy!(to, values),
            _ => wrong_type(from, self.physical_type()),
        }
        if from.has_nulls() {
            for (at, row) in rows.iter().enumerate() {
                if from.nulls.get(*row as usize) {
                    self.nulls.set(start + at);
                }
            }
        }
    }

    /// Appends rows of several columns of the same form, none of them a constant: each pick is the number of a column and of its row.
    pub fn append_picked(&mut self, from: &[&Column], picks: &[(u32, u32)]) {
        let start = self.len();
        macro_rules! copy {
            ($to:ident, $form:ident) => {{
                let slices: Vec<_> = from
                    .iter()
                    .map(|column| match &column.values {
                        Values::$form(values) => &values[..],
                        _ => wrong_type(column, crate::PhysicalType::$form),
                    })
                    .collect();
                $to.extend(picks.iter().map(|(column, row)| slices[*column as usize][*row as usize].clone()));
            }};
        }
        match &mut self.values {
            Values::Bool(to) => copy!(to, Bool),
            Values::Char(to) => copy!(to, Char),
            Values::Int2(to) => copy!(to, Int2),
            Values::Int4(to) => copy!(to, Int4),
            Values::Int8(to) => copy!(to, Int8),
            Values::Oid(to) => copy!(to, Oid),
            Values::Float4(to) => copy!(to, Float4),
            Values::Float8(to) => copy!(to, Float8),
            Values::Numeric(to) => copy!(to, Numeric),
            Values::Text(to) | Values::Bytes(to) => {
                for (column, row) in picks {
                    to.push_from(from[*column as usize].views(), *row as usize);
                }
            }
            Values::Interval(to) => copy!(to, Interval),
            Values::Uuid(to) => copy!(to, Uuid),
            Values::Tid(to) => copy!(to, Tid),
            Values::Array(to) => copy!(to, Array),
            Values::Record(to) => copy!(to, Record),
        }
        if from.iter().any(|column| column.has_nulls()) {
            for (at, (column, row)) in picks.iter().enumerate() {
                if from[*column as usize].nulls.get(*row as usize) {
                    self.nulls.set(start + at);
                }
            }
        }
    }

    /// Bytes that these rows take up when they are kept.
    pub fn rows_memory(&self, rows: Rows<'_>) -> usize {
        let row = |row: usize| row & self.mask;
        let more = |of: &dyn Fn(usize) -> usize| rows.iter().map(|number| of(row(number))).sum::<usize>();
        match &self.values {
            Values::Bool(_) | Values::Char(_) => rows.count(),
            Values::Int2(_) => 2 * rows.count(),
            Values::Int4(_) | Values::Oid(_) | Values::Float4(_) => 4 * rows.count(),
            Values::Int8(_) | Values::Float8(_) | Values::Tid(_) => 8 * rows.count(),
            Values::Interval(_) | Values::Uuid(_) => 16 * rows.count(),
            Values::Numeric(values) => {
                size_of::<crate::Numeric>() * rows.count() + more(&|row| values[row].memory())
            }
            Values::Text(values) | Values::Bytes(values) => {
                let mut sum = 0;
                rows.for_each(|number| sum += values.row_memory(row(number)));
                sum
            }
            Values::Array(values) => {
                8 * rows.count() + more(&|row| values[row].as_ref().map_or(0, |array| array.memory()))
            }
            Values::Record(values) => {
                8 * rows.count() + more(&|row| values[row].as_ref().map_or(0, |record| record.memory()))
            }
        }
    }
}
