//! `array_agg` and `string_agg`.

use common::Oid;
use error::{Result, error};
use expression::{Accumulator, AggregateCall, CallContext};
use types::io::{self};
use types::{Array, Column, Dimension, Value, oid};

use super::{Fold, Groups, Saved, save_bytes};

/// Collects rows into an array.
struct Collect {
    element: Oid,
}

impl Fold for Collect {
    type State = Option<Column>;

    fn add(
        &self,
        _: &mut CallContext<'_>,
        state: &mut Option<Column>,
        arguments: &[&Column],
        row: usize,
    ) -> Result<()> {
        state.get_or_insert_with(|| Column::new(arguments[0].physical_type())).push_row(arguments[0], row);
        Ok(())
    }

    fn finish(&self, _: &mut CallContext<'_>, state: &Option<Column>, out: &mut Column) -> Result<()> {
        match state {
            Some(elements) => {
                let array = Array::new(self.element, elements.clone());
                out.push_value(&Value::Array(Box::new(array)));
            }
            None => out.push_null(),
        }
        Ok(())
    }

    fn save(&self, context: &mut CallContext<'_>, state: &Option<Column>, out: &mut Vec<u8>) -> Result<()> {
        let Some(elements) = state else { return Ok(()) };
        let context = context.io();
        let mut bytes = Vec::new();
        for row in 0..elements.len() {
            out.push((!elements.is_null(row)).into());
            if !elements.is_null(row) {
                bytes.clear();
                io::send_row(self.element, elements, row, &context, &mut bytes)?;
                save_bytes(&bytes, out);
            }
        }
        Ok(())
    }

    fn merge(
        &self,
        context: &mut CallContext<'_>,
        state: &mut Option<Column>,
        saved: &mut Saved<'_>,
    ) -> Result<()> {
        let context = context.io();
        while !saved.is_empty() {
            let value = match saved.byte()? {
                0 => Value::Null,
                _ => io::receive(self.element, -1, saved.block()?, &context)?,
            };
            let physical = io::physical_type(self.element, context.catalog)
                .ok_or_else(|| error!(UNDEFINED_OBJECT, "type with OID {} does not exist", self.element))?;
            state.get_or_insert_with(|| Column::new(physical)).push_value(&value);
        }
        Ok(())
    }

    fn memory(&self, state: &Option<Column>) -> usize {
        state.as_ref().map_or(0, Column::memory)
    }
}

/// Collects arrays of one shape into an array with one more dimension.
struct CollectArrays;

impl Fold for CollectArrays {
    type State = Option<Array>;

    fn add(
        &self,
        _: &mut CallContext<'_>,
        state: &mut Option<Array>,
        arguments: &[&Column],
        row: usize,
    ) -> Result<()> {
        if arguments[0].is_null(row) {
            return Err(error!(NULL_VALUE_NOT_ALLOWED, "cannot accumulate null arrays"));
        }
        append(state, arguments[0].array(row))
    }

    fn finish(&self, _: &mut CallContext<'_>, state: &Option<Array>, out: &mut Column) -> Result<()> {
        match state {
            Some(array) => out.push_value(&Value::Array(Box::new(array.clone()))),
            None => out.push_null(),
        }
        Ok(())
    }

    fn save(&self, context: &mut CallContext<'_>, state: &Option<Array>, out: &mut Vec<u8>) -> Result<()> {
        let Some(array) = state else { return Ok(()) };
        let value = Value::Array(Box::new(array.clone()));
        let mut bytes = Vec::new();
        io::send(oid::array_of(array.element_type), &value, &context.io(), &mut bytes)?;
        out.extend_from_slice(&array.element_type.0.to_le_bytes());
        save_bytes(&bytes, out);
        Ok(())
    }

    fn merge(
        &self,
        context: &mut CallContext<'_>,
        state: &mut Option<Array>,
        saved: &mut Saved<'_>,
    ) -> Result<()> {
        if saved.is_empty() {
            return Ok(());
        }
        let element = Oid(u32::from_le_bytes(saved.array()?));
        let value = io::receive(oid::array_of(element), -1, saved.block()?, &context.io())?;
        if let Value::Array(other) = value {
            // The outer dimension of a saved state counts inputs, which are appended one by one.
            let outer = other.dimensions.first().map_or(0, |dimension| dimension.length) as usize;
            let inner_length = other.len().checked_div(outer).unwrap_or(0);
            for at in 0..outer {
                let mut elements = Column::new(other.elements.physical_type());
                for row in at * inner_length..(at + 1) * inner_length {
                    elements.push_row(&other.elements, row);
                }
                let dimensions = other.dimensions[1..].to_vec();
                append(state, &Array { element_type: other.element_type, dimensions, elements })?;
            }
        }
        Ok(())
    }

    fn memory(&self, state: &Option<Array>) -> usize {
        state.as_ref().map_or(0, Array::memory)
    }
}

fn append(state: &mut Option<Array>, array: &Array) -> Result<()> {
    match state {
        None if array.is_empty() => {
            return Err(error!(ARRAY_SUBSCRIPT_ERROR, "cannot accumulate empty arrays"));
        }
        None => {
            let mut dimensions = vec![Dimension { length: 1, lower_bound: 1 }];
            dimensions.extend(&array.dimensions);
            *state = Some(Array {
                element_type: array.element_type,
                dimensions,
                elements: array.elements.clone(),
            });
        }
        Some(so_far) => {
            if so_far.dimensions[1..] != array.dimensions {
                return Err(error!(
                    ARRAY_SUBSCRIPT_ERROR,
                    "cannot accumulate arrays of different dimensionality"
                ));
            }
            so_far.dimensions[0].length += 1;
            for row in 0..array.len() {
                so_far.elements.push_row(&array.elements, row);
            }
        }
    }
    Ok(())
}

/// `array_agg` of elements.
pub fn array_agg(call: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    let element = call.argument_types.first().copied().unwrap_or(oid::TEXT);
    Groups::boxed(Collect { element })
}

/// `array_agg` of arrays.
pub fn array_agg_array(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Groups::boxed(CollectArrays)
}

/// Joins texts or byteas, each after the first behind the delimiter of its row.
struct JoinStrings;

/// The text so far; the delimiter of the first row is kept for a merge behind other rows.
#[derive(Default)]
pub struct Joined {
    bytes: Vec<u8>,
    first_delimiter: usize,
    is_some: bool,
}

impl Fold for JoinStrings {
    type State = Joined;

    fn add(
        &self,
        _: &mut CallContext<'_>,
        state: &mut Joined,
        arguments: &[&Column],
        row: usize,
    ) -> Result<()> {
        if arguments[0].is_null(row) {
            return Ok(());
        }
        let delimiter = if arguments[1].is_null(row) { &[][..] } else { arguments[1].bytes(row) };
        if !state.is_some {
            state.first_delimiter = delimiter.len();
            state.is_some = true;
        }
        state.bytes.extend_from_slice(delimiter);
        state.bytes.extend_from_slice(arguments[0].bytes(row));
        Ok(())
    }

    fn finish(&self, _: &mut CallContext<'_>, state: &Joined, out: &mut Column) -> Result<()> {
        if state.is_some {
            out.push_bytes(&state.bytes[state.first_delimiter..])
        } else {
            out.push_null()
        }
        Ok(())
    }

    fn save(&self, _: &mut CallContext<'_>, state: &Joined, out: &mut Vec<u8>) -> Result<()> {
        if state.is_some {
            out.extend_from_slice(&(state.first_delimiter as i64).to_le_bytes());
            save_bytes(&state.bytes, out);
        }
        Ok(())
    }

    fn merge(&self, _: &mut CallContext<'_>, state: &mut Joined, saved: &mut Saved<'_>) -> Result<()> {
        if saved.is_empty() {
            return Ok(());
        }
        let first_delimiter = saved.i64()? as usize;
        if !state.is_some {
            state.first_delimiter = first_delimiter;
            state.is_some = true;
        }
        state.bytes.extend_from_slice(saved.block()?);
        Ok(())
    }

    fn memory(&self, state: &Joined) -> usize {
        state.bytes.capacity()
    }
}

/// `string_agg`.
pub fn string_agg(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Groups::boxed(JoinStrings)
}
