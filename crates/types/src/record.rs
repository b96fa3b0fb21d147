//! Row values: fields with their types.

use common::Oid;

use crate::value::Value;

/// A value of a composite type or an anonymous record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The composite type, or `oid::RECORD`.
    pub type_oid: Oid,
    pub field_types: Box<[Oid]>,
    pub fields: Box<[Value]>,
}

impl Record {
    pub fn memory(&self) -> usize {
        let fixed = self.fields.len() * (size_of::<Value>() + size_of::<Oid>()) + size_of::<Record>();
        fixed + self.fields.iter().map(Value::memory).sum::<usize>()
    }
}
