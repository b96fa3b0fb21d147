//! Arrays: elements of one type in up to six dimensions, row-major.

use common::Oid;

use crate::column::Column;
use crate::value::Value;

/// The most dimensions an array can have.
pub const MAX_DIMENSIONS: usize = 6;
/// The most elements an array can have.
pub const MAX_ELEMENTS: usize = (i32::MAX / 8) as usize;

/// One dimension: how many elements and the subscript of the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dimension {
    pub length: i32,
    pub lower_bound: i32,
}

impl Dimension {
    pub fn upper_bound(self) -> i32 {
        self.lower_bound + self.length - 1
    }
}

/// An array value. An empty array has no dimensions and no elements.
#[derive(Clone, Debug)]
pub struct Array {
    pub element_type: Oid,
    pub dimensions: Vec<Dimension>,
    /// All elements, last subscript fastest.
    pub elements: Column,
}

impl Array {
    /// A one-dimensional array with lower bound 1 (no dimension when empty).
    pub fn new(element_type: Oid, elements: Column) -> Array {
        Array::with_lower_bound(element_type, elements, 1)
    }

    /// A one-dimensional array; int2vector and oidvector start at 0.
    pub fn with_lower_bound(element_type: Oid, elements: Column, lower_bound: i32) -> Array {
        let length = elements.len() as i32;
        let dimensions = if length == 0 { Vec::new() } else { vec![Dimension { length, lower_bound }] };
        Array { element_type, dimensions, elements }
    }

    pub fn len(&self) -> usize {
        self.elements.len()
    }

    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        (0..self.len()).map(|row| self.elements.value(row))
    }

    /// The element's position for full subscripts, `None` when out of bounds.
    pub fn position(&self, subscripts: &[i32]) -> Option<usize> {
        if subscripts.len() != self.dimensions.len() || subscripts.is_empty() {
            return None;
        }
        let mut position = 0usize;
        for (dimension, &subscript) in self.dimensions.iter().zip(subscripts) {
            let offset = i64::from(subscript) - i64::from(dimension.lower_bound);
            if offset < 0 || offset >= i64::from(dimension.length) {
                return None;
            }
            position = position * dimension.length as usize + offset as usize;
        }
        Some(position)
    }

    /// The element at full subscripts; NULL when out of bounds.
    pub fn get(&self, subscripts: &[i32]) -> Value {
        self.position(subscripts).map_or(Value::Null, |position| self.elements.value(position))
    }

    pub fn memory(&self) -> usize {
        size_of::<Array>() + self.elements.memory() + self.dimensions.len() * size_of::<Dimension>()
    }
}

impl PartialEq for Array {
    fn eq(&self, other: &Array) -> bool {
        self.element_type == other.element_type
            && self.dimensions == other.dimensions
            && self.values().eq(other.values())
    }
}
