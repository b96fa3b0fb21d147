//! Operators: single, between rows, over arrays, and the collation that a call works with.

use common::Oid;
use error::{Result, error};
use nodes::expression::{DataType, Display, Expression, FunctionCall, ScalarArray};
use parser::ast::OperatorName;
use types::oid;

use crate::Analyzer;
use crate::coerce::{CastContext, base_type};
use crate::polymorphic::resolve_polymorphic;
use crate::resolve::{Choice, resolve_operator};
use crate::type_name::{array_type, is_array};

/// An operator with everything settled.
pub(crate) struct Resolved {
    pub operator: Oid,
    pub function: Oid,
    pub left: Option<Oid>,
    pub right: Oid,
    pub result: Oid,
    pub returns_set: bool,
}

pub(crate) fn plain_operator(symbol: &'static str, location: u32) -> OperatorName {
    OperatorName { qualifier: vec!["pg_catalog".into()], symbol: symbol.into(), location }
}

impl Analyzer<'_> {
    pub fn find_operator(&self, name: &OperatorName, left: Option<Oid>, right: Oid) -> Result<Resolved> {
        let chosen = match resolve_operator(name, left, right, self.catalog) {
            Ok(chosen) => chosen,
            Err(error) => return self.fail(error, name.location),
        };
        let signature = || -> Result<String> {
            let right = self.type_text(right)?;
            let symbol = name.qualifier.iter().map(|part| format!("{part}.")).collect::<String>();
            let symbol = format!("{symbol}{}", name.symbol);
            Ok(match left {
                Some(left) => format!("{} {symbol} {right}", self.type_text(left)?),
                None => format!("{symbol} {right}"),
            })
        };
        match chosen {
            Choice::One(row) => {
                let (inputs, declared) = ([left.unwrap_or(right), right], [row.oprleft, row.oprright]);
                let from = usize::from(left.is_none());
                let (inputs, declared) = (&inputs[from..], &declared[from..]);
                let concrete = match resolve_polymorphic(inputs, declared, row.oprresult, self.catalog)? {
                    Ok(concrete) => concrete,
                    Err(error) => return self.fail(error, name.location),
                };
                let returns_set = self.catalog.function(row.oprcode.0)?.is_some_and(|row| row.proretset);
                Ok(Resolved {
                    operator: row.oid,
                    function: row.oprcode.0,
                    left: left.map(|_| concrete.arguments[0]),
                    right: concrete.arguments[concrete.arguments.len() - 1],
                    result: concrete.result,
                    returns_set,
                })
            }
            Choice::None => {
                let error = error!(UNDEFINED_FUNCTION, "operator does not exist: {}", signature()?);
                let hint = match left {
                    Some(_) => {
                        "No operator matches the given name and argument types. You might need to add explicit type casts."
                    }
                    None => {
                        "No operator matches the given name and argument type. You might need to add an explicit type cast."
                    }
                };
                self.fail(error.hint(hint), name.location)
            }
            Choice::Ambiguous => {
                let error = error!(AMBIGUOUS_FUNCTION, "operator is not unique: {}", signature()?);
                let hint =
                    "Could not choose a best candidate operator. You might need to add explicit type casts.";
                self.fail(error.hint(hint), name.location)
            }
        }
    }

    pub fn operator_call(
        &mut self,
        name: &OperatorName,
        left: Option<Expression>,
        right: Expression,
    ) -> Result<Expression> {
        let left_type = left.as_ref().map(|left| left.data_type().oid);
        let found = self.find_operator(name, left_type, right.data_type().oid)?;
        let mut arguments = Vec::new();
        if let (Some(left), Some(wanted)) = (left, found.left) {
            arguments.push(self.coerce(left, wanted, -1, CastContext::Implicit, name.location)?);
        }
        arguments.push(self.coerce(right, found.right, -1, CastContext::Implicit, name.location)?);
        if found.returns_set {
            self.note_set_function(name.location)?;
        }
        let input_collation = self.collation(&arguments)?;
        let mut data_type = self.plain_type(found.result)?;
        if data_type.collation.is_valid() && input_collation.is_valid() {
            data_type.collation = input_collation;
        }
        Ok(Expression::Function(FunctionCall {
            function: found.function,
            arguments,
            data_type,
            returns_set: found.returns_set,
            variadic: false,
            input_collation,
            display: Display::Operator(found.operator),
            location: name.location,
        }))
    }

    /// `left OPERATOR ANY (array)` and ALL.
    pub fn array_operator_call(
        &mut self,
        name: &OperatorName,
        left: Expression,
        right: Expression,
        any: bool,
    ) -> Result<Expression> {
        let array = right.data_type().oid;
        let item = match array {
            oid::UNKNOWN => oid::UNKNOWN,
            array => {
                let row = self.catalog.data_type(base_type(array, self.catalog)?)?;
                match row.filter(|row| is_array(row)) {
                    Some(row) => row.typelem,
                    None => {
                        let error =
                            error!(WRONG_OBJECT_TYPE, "op ANY/ALL (array) requires array on right side");
                        return self.fail(error, name.location);
                    }
                }
            }
        };
        let found = self.find_operator(name, Some(left.data_type().oid), item)?;
        if found.result != oid::BOOL {
            let error = error!(WRONG_OBJECT_TYPE, "op ANY/ALL (array) requires operator to yield boolean");
            return self.fail(error, name.location);
        }
        if found.returns_set {
            let error = error!(WRONG_OBJECT_TYPE, "op ANY/ALL (array) requires operator not to return a set");
            return self.fail(error, name.location);
        }
        let wanted = found.left.unwrap_or(oid::UNKNOWN);
        let left = self.coerce(left, wanted, -1, CastContext::Implicit, name.location)?;
        let wanted = array_type(found.right, self.catalog)?;
        if !wanted.is_valid() {
            let item = self.type_text(found.right)?;
            let error = error!(UNDEFINED_OBJECT, "could not find array type for data type {item}");
            return self.fail(error, name.location);
        }
        let right = self.coerce(right, wanted, -1, CastContext::Implicit, name.location)?;
        let input_collation = self.collation(&[left.clone(), right.clone()])?;
        Ok(Expression::ScalarArray(Box::new(ScalarArray {
            operator: found.operator,
            function: found.function,
            any,
            left,
            right,
            input_collation,
        })))
    }

    /// `(a, b) OPERATOR (c, d)`, written out over the fields.
    pub fn row_comparison(
        &mut self,
        name: &OperatorName,
        left: Vec<Expression>,
        right: Vec<Expression>,
    ) -> Result<Expression> {
        if left.len() != right.len() {
            return self
                .fail(error!(SYNTAX_ERROR, "unequal number of entries in row expressions"), name.location);
        }
        if left.is_empty() {
            let error = error!(FEATURE_NOT_SUPPORTED, "cannot compare rows of zero length");
            return self.fail(error, name.location);
        }
        let with = |symbol: &'static str| OperatorName { symbol: symbol.into(), ..name.clone() };
        let strict = match &*name.symbol {
            "=" | "<>" => None,
            "<" | "<=" => Some("<"),
            ">" | ">=" => Some(">"),
            _ if left.len() == 1 => None,
            symbol => {
                let error = error!(
                    FEATURE_NOT_SUPPORTED,
                    "could not determine interpretation of row comparison operator {symbol}"
                )
                .hint("Row comparison operators must be associated with btree operator families.");
                return self.fail(error, name.location);
            }
        };
        let mut pairs = left.into_iter().zip(right);
        let Some(strict) = strict else {
            let mut parts = Vec::new();
            for (left, right) in pairs {
                let part = self.operator_call(name, Some(left), right)?;
                parts.push(self.require_boolean_operator(part, name)?);
            }
            return Ok(match (parts.len(), &*name.symbol) {
                (1, _) => parts.remove(0),
                (_, "<>") => Expression::Or(parts),
                _ => Expression::And(parts),
            });
        };
        // Lexicographic: the first pair that differs decides; the last one carries the equality.
        let mut branches = Vec::new();
        let mut equal: Vec<Expression> = Vec::new();
        let count = pairs.len();
        for (at, (left, right)) in pairs.by_ref().enumerate() {
            let deciding = if at + 1 == count { name.clone() } else { with(strict) };
            let part = self.operator_call(&deciding, Some(left.clone()), right.clone())?;
            let part = self.require_boolean_operator(part, name)?;
            let mut branch = equal.clone();
            branch.push(part);
            branches.push(if branch.len() == 1 { branch.remove(0) } else { Expression::And(branch) });
            if at + 1 < count {
                equal.push(self.operator_call(&with("="), Some(left), right)?);
            }
        }
        Ok(if branches.len() == 1 { branches.remove(0) } else { Expression::Or(branches) })
    }

    fn require_boolean_operator(&self, call: Expression, name: &OperatorName) -> Result<Expression> {
        let found = call.data_type().oid;
        if found == oid::BOOL {
            return Ok(call);
        }
        let found = self.type_text(found)?;
        let error =
            error!(DATATYPE_MISMATCH, "row comparison operator must yield type boolean, not type {found}");
        self.fail(error, name.location)
    }

    /// The collation of something computed from these values: an explicit one, else the one that is not the default,
    /// else the default; none when two disagree or nothing is collatable.
    pub fn collation(&self, values: &[Expression]) -> Result<Oid> {
        let (mut found, mut explicit) = (Oid::INVALID, Oid::INVALID);
        let mut conflict = false;
        for value in values {
            let collation = value.data_type().collation;
            if !collation.is_valid() {
                continue;
            }
            if is_collate(value) {
                if explicit.is_valid() && explicit != collation {
                    return Err(error!(COLLATION_MISMATCH, "collation mismatch between explicit collations"));
                }
                explicit = collation;
            } else if !found.is_valid() || found == DEFAULT_COLLATION {
                found = collation;
            } else if collation != DEFAULT_COLLATION && collation != found {
                conflict = true;
            }
        }
        Ok(match (explicit.is_valid(), conflict) {
            (true, _) => explicit,
            (false, true) => Oid::INVALID,
            (false, false) => found,
        })
    }

    /// The equality function for a pair of types, by way of the operator `=`.
    pub fn equality(
        &mut self,
        left: Expression,
        right: Expression,
        location: u32,
    ) -> Result<(Oid, Expression, Expression, DataType)> {
        let name = plain_operator("=", location);
        let name = OperatorName { qualifier: Vec::new(), ..name };
        match self.operator_call(&name, Some(left), right)? {
            Expression::Function(mut call) if call.arguments.len() == 2 => {
                let data_type = call.data_type;
                match (call.arguments.pop(), call.arguments.pop()) {
                    (Some(right), Some(left)) => Ok((call.function, left, right, data_type)),
                    _ => Err(error::Error::internal("an operator lost its operands")),
                }
            }
            _ => Err(error::Error::internal("an operator is not a call")),
        }
    }
}

/// `value COLLATE name` is a relabeling that changes nothing but the collation.
pub(crate) fn is_collate(value: &Expression) -> bool {
    match value {
        Expression::Relabel { argument, data_type, display: Display::SqlSyntax } => {
            argument.data_type().oid == data_type.oid
        }
        _ => false,
    }
}

pub(crate) const DEFAULT_COLLATION: Oid = Oid(100);
