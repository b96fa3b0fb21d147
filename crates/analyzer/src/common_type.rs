//! The common type of several expressions: UNION, CASE, COALESCE, VALUES, ARRAY and their kin.

use common::Oid;
use error::{Result, error};
use nodes::expression::{DataType, Expression};
use types::oid;

use crate::Analyzer;
use crate::coerce::{CastContext, base_type, can_coerce, category};

impl Analyzer<'_> {
    /// The type that all can become. `place` names the construct in the error; without one, no common type is
    /// `None`.
    pub fn common_type(
        &self,
        types: &[Oid],
        place: Option<&str>,
        location: impl Fn(usize) -> u32,
    ) -> Result<Option<Oid>> {
        let Some(&first) = types.first() else { return Ok(Some(oid::TEXT)) };
        if first != oid::UNKNOWN && types.iter().all(|other| *other == first) {
            return Ok(Some(first));
        }
        let mut common = base_type(first, self.catalog)?;
        let (mut found, mut is_preferred) = category(common, self.catalog)?;
        for (at, other) in types.iter().enumerate().skip(1) {
            let other = base_type(*other, self.catalog)?;
            if other == oid::UNKNOWN || other == common {
                continue;
            }
            let (other_category, other_preferred) = category(other, self.catalog)?;
            if common == oid::UNKNOWN {
                (common, found, is_preferred) = (other, other_category, other_preferred);
            } else if other_category != found {
                let Some(place) = place else { return Ok(None) };
                let (one, two) = (self.type_text(common)?, self.type_text(other)?);
                let error = error!(DATATYPE_MISMATCH, "{place} types {one} and {two} cannot be matched");
                return self.fail(error, location(at));
            } else if !is_preferred
                && can_coerce(common, other, CastContext::Implicit, self.catalog)?
                && !can_coerce(other, common, CastContext::Implicit, self.catalog)?
            {
                (common, is_preferred) = (other, other_preferred);
            }
        }
        Ok(Some(if common == oid::UNKNOWN { oid::TEXT } else { common }))
    }

    /// Converts one of the expressions to the common type.
    pub fn coerce_to_common(
        &mut self,
        value: Expression,
        target: Oid,
        place: &str,
        location: u32,
    ) -> Result<Expression> {
        let found = value.data_type().oid;
        // A NULL can have the type `anyarray`, which columns of `pg_statistic` have.
        if target == oid::ANYARRAY
            && matches!(&value, Expression::Constant(constant) if constant.value.is_null())
        {
            return Ok(Expression::constant(types::Value::Null, DataType::new(oid::ANYARRAY)));
        }
        if !can_coerce(found, target, CastContext::Implicit, self.catalog)? {
            let (from, to) = (self.type_text(found)?, self.type_text(target)?);
            let error = error!(CANNOT_COERCE, "{place} could not convert type {from} to {to}");
            return self.fail(error, location);
        }
        self.coerce(value, target, -1, CastContext::Implicit, location)
    }

    /// Brings expressions to one type; the result's type carries a modifier that they all share, and their collation.
    pub fn unify(
        &mut self,
        values: Vec<Expression>,
        place: &str,
        locations: &[u32],
    ) -> Result<(Vec<Expression>, DataType)> {
        let location = |at: usize| locations.get(at).copied().unwrap_or(crate::NO_LOCATION);
        let types: Vec<Oid> = values.iter().map(|value| value.data_type().oid).collect();
        let common = self.common_type(&types, Some(place), location)?.unwrap_or(oid::TEXT);
        let mut made = Vec::new();
        for (at, value) in values.into_iter().enumerate() {
            made.push(self.coerce_to_common(value, common, place, location(at))?);
        }
        let data_type = self.shared_type(common, &made)?;
        Ok((made, data_type))
    }

    pub fn shared_type(&self, common: Oid, values: &[Expression]) -> Result<DataType> {
        let mut data_type = self.plain_type(common)?;
        if let Some(first) = values.first() {
            let modifier = first.data_type().modifier;
            if values.iter().all(|value| value.data_type().modifier == modifier) {
                data_type.modifier = modifier;
            }
        }
        if data_type.collation.is_valid() {
            data_type.collation = self.collation(values)?;
        }
        Ok(data_type)
    }
}
