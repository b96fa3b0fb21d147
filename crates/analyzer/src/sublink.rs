//! Subqueries inside expressions.

use error::{Result, error};
use nodes::expression::{Comparison, Expression, SubLink, SubLinkKind};
use nodes::{DataType, Query};
use parser::ast::{self, ExpressionKind, OperatorName, SublinkKind};
use types::oid;

use crate::Analyzer;
use crate::coerce::CastContext;
use crate::expression::equals;
use crate::type_name::array_type;

impl Analyzer<'_> {
    pub fn sublink(&mut self, link: &ast::Sublink, location: u32) -> Result<Expression> {
        if let Some(place) = self.level().clause.subquery_place() {
            let error = error!(FEATURE_NOT_SUPPORTED, "cannot use subquery in {place}");
            return self.fail(error, location);
        }
        self.level().has_sublinks = true;
        let query = self.nested(|this| this.select_query(&link.query, true))?;
        let made = |kind, query, data_type| {
            Expression::SubLink(Box::new(SubLink { kind, query, data_type, location }))
        };
        match link.kind {
            SublinkKind::Exists => Ok(made(SubLinkKind::Exists, query, DataType::new(oid::BOOL))),
            SublinkKind::Scalar | SublinkKind::Array => {
                let Some(column) = single_column(&query) else {
                    let error = error!(SYNTAX_ERROR, "subquery must return only one column");
                    return self.fail(error, location);
                };
                if link.kind == SublinkKind::Scalar {
                    return Ok(made(SubLinkKind::Scalar, query, column));
                }
                let row = self.catalog.data_type(column.oid)?;
                let is_array = row.is_some_and(|row| crate::type_name::is_array(&row));
                let array = if is_array { column.oid } else { array_type(column.oid, self.catalog)? };
                if !array.is_valid() {
                    let name = self.type_text(column.oid)?;
                    let error = error!(UNDEFINED_OBJECT, "could not find array type for data type {name}");
                    return self.fail(error, location);
                }
                let data_type = DataType { collation: column.collation, ..DataType::new(array) };
                Ok(made(SubLinkKind::Array, query, data_type))
            }
            SublinkKind::Any | SublinkKind::All => {
                let name = match &link.operator {
                    Some(name) => OperatorName { location, ..name.clone() },
                    None => equals(location),
                };
                let left = match &link.test {
                    Some(ast::Expression { kind: ExpressionKind::Row { fields, .. }, .. }) => {
                        self.expression_list(fields)?
                    }
                    Some(test) => vec![self.expression(test)?],
                    None => Vec::new(),
                };
                let comparison = self.compare_with_columns(&name, left, &query)?;
                let query = self.comparable_output(&comparison, query)?;
                let kind = match link.kind {
                    SublinkKind::All => SubLinkKind::All(comparison),
                    _ => SubLinkKind::Any(comparison),
                };
                Ok(made(kind, query, DataType::new(oid::BOOL)))
            }
        }
    }

    /// `(a, b) = (SELECT ...)`: true when the one row compares so; null without a row.
    pub fn row_against_subquery(
        &mut self,
        name: &OperatorName,
        fields: &[ast::Expression],
        link: &ast::Sublink,
        location: u32,
    ) -> Result<Expression> {
        let left = self.expression_list(fields)?;
        if left.len() == 1 {
            let right = self.sublink(link, location)?;
            return left.into_iter().next().map_or_else(
                || Err(error::Error::internal("a row lost its field")),
                |left| self.operator_call(name, Some(left), right),
            );
        }
        self.level().has_sublinks = true;
        // One scalar subquery for each column: the row that they read is the same.
        let query = self.nested(|this| this.select_query(&link.query, true))?;
        let width = query.output().count();
        if width < left.len() {
            return self.fail(error!(SYNTAX_ERROR, "subquery has too few columns"), name.location);
        }
        if width > left.len() {
            return self.fail(error!(SYNTAX_ERROR, "subquery has too many columns"), name.location);
        }
        let mut right = Vec::new();
        for at in 0..width {
            right.push(scalar_column(&query, at, location));
        }
        self.row_comparison(name, left, right)
    }

    fn compare_with_columns(
        &mut self,
        name: &OperatorName,
        left: Vec<Expression>,
        query: &Query,
    ) -> Result<Comparison> {
        let columns: Vec<DataType> = query.output().map(|target| target.expression.data_type()).collect();
        if columns.len() < left.len() {
            return self.fail(error!(SYNTAX_ERROR, "subquery has too few columns"), name.location);
        }
        if columns.len() > left.len() {
            return self.fail(error!(SYNTAX_ERROR, "subquery has too many columns"), name.location);
        }
        let row = left.len() > 1;
        let mut comparison = Comparison { left: Vec::new(), operators: Vec::new(), row };
        for (left, column) in left.into_iter().zip(columns) {
            let found = self.find_operator(name, Some(left.data_type().oid), column.oid)?;
            if found.result != oid::BOOL {
                let kind = self.type_text(found.result)?;
                let error = match row {
                    true => error!(
                        DATATYPE_MISMATCH,
                        "row comparison operator must yield type boolean, not type {kind}"
                    ),
                    false => error!(WRONG_OBJECT_TYPE, "operator {} must return type boolean", name.symbol),
                };
                return self.fail(error, name.location);
            }
            let wanted = found.left.unwrap_or(oid::UNKNOWN);
            comparison.left.push(self.coerce(left, wanted, -1, CastContext::Implicit, name.location)?);
            comparison.operators.push((found.operator, found.function));
        }
        Ok(comparison)
    }

    /// Makes the subquery deliver what the operators take on their right.
    fn comparable_output(&mut self, comparison: &Comparison, query: Query) -> Result<Query> {
        let mut wanted = Vec::new();
        for ((operator, _), column) in comparison.operators.iter().zip(query.output()) {
            let found = column.expression.data_type();
            let declared = self.catalog.operator(*operator)?.map_or(found.oid, |row| row.oprright);
            wanted.push(match crate::polymorphic::is_polymorphic(declared) || declared == oid::ANY {
                true => found,
                false => self.plain_type(declared)?,
            });
        }
        self.convert_output(query, &wanted)
    }
}

/// The type of the only column.
fn single_column(query: &Query) -> Option<DataType> {
    let mut output = query.output();
    let first = output.next()?;
    if output.next().is_some() { None } else { Some(first.expression.data_type()) }
}

/// A scalar subquery of one column of a wider one.
pub(crate) fn scalar_column(query: &Query, at: usize, location: u32) -> Expression {
    let mut query = query.clone();
    let mut data_type = DataType::new(oid::UNKNOWN);
    let visible = query.targets.iter_mut().filter(|target| !target.hidden);
    for (place, target) in visible.enumerate() {
        if place == at {
            data_type = target.expression.data_type();
        } else {
            target.hidden = true;
        }
    }
    Expression::SubLink(Box::new(SubLink { kind: SubLinkKind::Scalar, query, data_type, location }))
}
