//! Scalar expressions.

use common::Oid;
use error::{Error, Result, error};
use nodes::expression::{
    BooleanTest, Case, Constant, DataType, Display, Expression, Parameter, ParameterKind, SessionValue,
    Subscript,
};
use parser::ast::{self, ExpressionKind, IndirectionStep, LikeKind, OperatorName, SqlValueFunction};
use types::{Numeric, Value, oid};

use crate::Analyzer;
use crate::coerce::{CastContext, base_type};
use crate::operator::plain_operator;
use crate::type_name::{array_type, is_array, resolve_type_name};

/// Where an expression begins in the source.
pub(crate) fn start(expression: &ast::Expression) -> u32 {
    let inner = match &expression.kind {
        ExpressionKind::Operator { left: Some(left), .. }
        | ExpressionKind::OperatorArray { left, .. }
        | ExpressionKind::IsDistinctFrom { left, .. } => start(left),
        ExpressionKind::Indirection { operand, .. }
        | ExpressionKind::IsNull { operand, .. }
        | ExpressionKind::BooleanTest { operand, .. }
        | ExpressionKind::In { operand, .. }
        | ExpressionKind::Cast { operand, .. }
        | ExpressionKind::Collate { operand, .. } => start(operand),
        ExpressionKind::And(items) | ExpressionKind::Or(items) => items.first().map_or(u32::MAX, start),
        ExpressionKind::Like(like) => start(&like.operand),
        ExpressionKind::Between(between) => start(&between.operand),
        _ => u32::MAX,
    };
    expression.location.min(inner)
}

impl Analyzer<'_> {
    /// An expression of any type; a literal may still be of type `unknown`.
    pub fn expression(&mut self, expression: &ast::Expression) -> Result<Expression> {
        let location = expression.location;
        match &expression.kind {
            ExpressionKind::Constant(constant) => self.constant(constant, location),
            ExpressionKind::ColumnRef(reference) if reference.has_star => {
                let error = error!(SYNTAX_ERROR, "row expansion via \"*\" is not supported here");
                match reference.fields.last() {
                    // `f(t.*)` means the whole row.
                    Some(table) if reference.fields.len() == 1 => {
                        match self.find_item(None, table, location)? {
                            Some((item, levels_up)) => self.whole_row(&item, levels_up, location),
                            None => self.missing_table(None, table, location),
                        }
                    }
                    _ => self.fail(error, location),
                }
            }
            ExpressionKind::ColumnRef(reference) => self.column_reference(reference, location),
            ExpressionKind::Parameter(number) => self.parameter(*number, location),
            ExpressionKind::Default => {
                self.fail(error!(SYNTAX_ERROR, "DEFAULT is not allowed in this context"), location)
            }
            ExpressionKind::Indirection { operand, steps } => self.indirection(operand, steps, location),
            ExpressionKind::Operator { name, left, right } => {
                self.operator(name, left.as_deref(), right, location)
            }
            ExpressionKind::OperatorArray { name, left, right, is_all } => {
                let left = self.expression(left)?;
                let right = self.expression(right)?;
                self.array_operator_call(name, left, right, !is_all)
            }
            ExpressionKind::And(items) => Ok(Expression::And(self.conditions(items, "AND")?)),
            ExpressionKind::Or(items) => Ok(Expression::Or(self.conditions(items, "OR")?)),
            ExpressionKind::Not(operand) => Ok(Expression::Not(Box::new(self.condition(operand, "NOT")?))),
            ExpressionKind::IsNull { operand, is_negated } => {
                let argument = self.expression(operand)?;
                let argument = Box::new(self.resolve_unknown(argument)?);
                Ok(Expression::IsNull { argument, negated: *is_negated })
            }
            ExpressionKind::BooleanTest { operand, test } => {
                let (test, place) = match test {
                    ast::BooleanTest::IsTrue => (BooleanTest::IsTrue, "IS TRUE"),
                    ast::BooleanTest::IsNotTrue => (BooleanTest::IsNotTrue, "IS NOT TRUE"),
                    ast::BooleanTest::IsFalse => (BooleanTest::IsFalse, "IS FALSE"),
                    ast::BooleanTest::IsNotFalse => (BooleanTest::IsNotFalse, "IS NOT FALSE"),
                    ast::BooleanTest::IsUnknown => (BooleanTest::IsUnknown, "IS UNKNOWN"),
                    ast::BooleanTest::IsNotUnknown => (BooleanTest::IsNotUnknown, "IS NOT UNKNOWN"),
                };
                let argument = Box::new(self.condition(operand, place)?);
                Ok(Expression::BooleanTest { argument, test })
            }
            ExpressionKind::IsDistinctFrom { left, right, is_negated } => {
                self.is_distinct(left, right, *is_negated, location)
            }
            ExpressionKind::In { operand, list, is_negated } => {
                self.in_list(operand, list, *is_negated, location)
            }
            ExpressionKind::Like(like) => self.like(like, location),
            ExpressionKind::Between(between) => self.between(between, location),
            ExpressionKind::NullIf { left, right } => {
                let (left, right) = (self.expression(left)?, self.expression(right)?);
                let (equal, left, right, result) = self.equality(left, right, location)?;
                if result.oid != oid::BOOL {
                    let error = error!(DATATYPE_MISMATCH, "NULLIF requires = operator to yield boolean");
                    return self.fail(error, location);
                }
                let data_type = left.data_type();
                Ok(Expression::NullIf { equal, left: Box::new(left), right: Box::new(right), data_type })
            }
            ExpressionKind::Coalesce(items) => {
                let (arguments, data_type) = self.unified(items, "COALESCE")?;
                Ok(Expression::Coalesce { arguments, data_type })
            }
            ExpressionKind::Greatest(items) | ExpressionKind::Least(items) => {
                let greatest = matches!(expression.kind, ExpressionKind::Greatest(_));
                let (arguments, data_type) =
                    self.unified(items, if greatest { "GREATEST" } else { "LEAST" })?;
                if crate::resolve::ordering(data_type.oid, self.catalog)?.is_none() {
                    let name = self.type_text(data_type.oid)?;
                    let error = error!(
                        UNDEFINED_FUNCTION,
                        "could not identify a comparison function for type {name}"
                    );
                    return self.fail(error, location);
                }
                Ok(Expression::Extreme { greatest, arguments, data_type })
            }
            ExpressionKind::Case(case) => self.case(case),
            ExpressionKind::Cast { operand, type_name } => self.cast(operand, type_name, location),
            ExpressionKind::Collate { operand, collation } => self.collate(operand, collation, location),
            ExpressionKind::FunctionCall(call) => self.function_call(call, location),
            ExpressionKind::NamedArgument { .. } => {
                self.fail(error!(SYNTAX_ERROR, "a named argument is not allowed here"), location)
            }
            ExpressionKind::Row { fields, .. } => {
                let mut made = Vec::new();
                for field in self.expression_list(fields)? {
                    made.push(self.resolve_unknown(field)?);
                }
                if made.len() > MAX_ROW_FIELDS {
                    let error = error!(TOO_MANY_COLUMNS, "ROW expressions can have at most 1664 entries");
                    return self.fail(error, location);
                }
                Ok(Expression::Row { fields: made, data_type: DataType::new(oid::RECORD) })
            }
            ExpressionKind::Array(elements) => self.array(elements, None, location),
            ExpressionKind::Sublink(link) => self.sublink(link, location),
            ExpressionKind::SqlValueFunction { function, precision } => {
                self.session_value(*function, *precision, location)
            }
            ExpressionKind::Grouping(_) => {
                self.fail(Error::unsupported("GROUPING is not supported"), location)
            }
            ExpressionKind::MergeAction => {
                let error = error!(
                    SYNTAX_ERROR,
                    "MERGE_ACTION() can only be used in the RETURNING list of a MERGE command"
                );
                self.fail(error, location)
            }
            ExpressionKind::CurrentOf(_) => {
                self.fail(Error::unsupported("WHERE CURRENT OF is not supported"), location)
            }
            ExpressionKind::Xml(_) => {
                let error = error!(FEATURE_NOT_SUPPORTED, "unsupported XML feature")
                    .detail("This functionality requires the server to be built with libxml support.");
                self.fail(error, location)
            }
            ExpressionKind::JsonPredicate(_)
            | ExpressionKind::JsonFunction(_)
            | ExpressionKind::JsonAggregate(_)
            | ExpressionKind::JsonTable(_) => {
                self.fail(Error::unsupported("SQL/JSON functions are not supported"), location)
            }
        }
    }

    /// A boolean expression, `place` naming what needs it.
    pub fn condition(&mut self, expression: &ast::Expression, place: &str) -> Result<Expression> {
        let value = self.expression(expression)?;
        self.coerce_to_boolean(value, place, start(expression))
    }

    fn conditions(&mut self, items: &[ast::Expression], place: &str) -> Result<Vec<Expression>> {
        items.iter().map(|item| self.condition(item, place)).collect()
    }

    /// Several expressions, in which `t.*` and `(row).*` stand for their columns.
    pub fn expression_list(&mut self, items: &[ast::Expression]) -> Result<Vec<Expression>> {
        let mut made = Vec::new();
        for item in items {
            match self.star_columns(item)? {
                Some(columns) => made.extend(columns.into_iter().map(|(_, value)| value)),
                None => made.push(self.expression(item)?),
            }
        }
        Ok(made)
    }

    fn unified(&mut self, items: &[ast::Expression], place: &str) -> Result<(Vec<Expression>, DataType)> {
        let values = items.iter().map(|item| self.expression(item)).collect::<Result<Vec<_>>>()?;
        let locations: Vec<u32> = items.iter().map(start).collect();
        self.unify(values, place, &locations)
    }

    fn constant(&mut self, constant: &ast::Constant, location: u32) -> Result<Expression> {
        let (value, data_type) = match constant {
            ast::Constant::Null => (Value::Null, oid::UNKNOWN),
            ast::Constant::Boolean(value) => (Value::Bool(*value), oid::BOOL),
            ast::Constant::Integer(value) => (Value::Int4(*value), oid::INT4),
            ast::Constant::Number(text) => self.number(text, location)?,
            ast::Constant::String(text) => (Value::text(text), oid::UNKNOWN),
            ast::Constant::BitString(text) => {
                let read = self.settings.text.input(crate::type_format::BIT, -1, text);
                match read {
                    Ok(value) => (value, crate::type_format::BIT),
                    Err(error) => return self.fail(error, location),
                }
            }
        };
        Ok(Expression::Constant(Constant { value, data_type: DataType::new(data_type), location }))
    }

    /// A number that is no `int4`: `int8` when it fits, else `numeric`.
    fn number(&self, text: &str, location: u32) -> Result<(Value, Oid)> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", text),
        };
        let radix = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("0x") => 16,
            Some("0o") => 8,
            Some("0b") => 2,
            _ => 10,
        };
        let parsed = match radix {
            10 => text.parse::<i64>(),
            _ => i64::from_str_radix(&format!("{sign}{}", &digits[2..]), radix),
        };
        if let Ok(value) = parsed {
            return Ok((Value::Int8(value), oid::INT8));
        }
        match Numeric::parse(text) {
            Ok(value) => Ok((Value::Numeric(value), oid::NUMERIC)),
            Err(error) => self.fail(error, location),
        }
    }

    fn parameter(&mut self, number: i32, location: u32) -> Result<Expression> {
        let found = match self.parameters.reference(number) {
            Ok(found) => found,
            Err(error) => return self.fail(error, location),
        };
        let data_type = self.plain_type(found)?;
        let index = number as usize - 1;
        Ok(Expression::Parameter(Parameter { kind: ParameterKind::External, index, data_type }))
    }

    fn operator(
        &mut self,
        name: &OperatorName,
        left: Option<&ast::Expression>,
        right: &ast::Expression,
        location: u32,
    ) -> Result<Expression> {
        let is_null =
            |side: &ast::Expression| matches!(side.kind, ExpressionKind::Constant(ast::Constant::Null));
        if let (Some(left), true) = (left, self.settings.transform_null_equals && name.symbol == "=") {
            if is_null(left) || is_null(right) {
                let operand = if is_null(right) { left } else { right };
                let argument = Box::new(self.expression(operand)?);
                return Ok(Expression::IsNull { argument, negated: false });
            }
        }
        let name = OperatorName { location, ..name.clone() };
        if let Some(left) = left {
            if let (ExpressionKind::Row { fields, .. }, ExpressionKind::Sublink(link)) =
                (&left.kind, &right.kind)
            {
                if link.kind == ast::SublinkKind::Scalar {
                    return self.row_against_subquery(&name, fields, link, location);
                }
            }
            if let (ExpressionKind::Row { fields: one, .. }, ExpressionKind::Row { fields: other, .. }) =
                (&left.kind, &right.kind)
            {
                let one = self.expression_list(one)?;
                let other = self.expression_list(other)?;
                return self.row_comparison(&name, one, other);
            }
            let left = self.expression(left)?;
            let right = self.expression(right)?;
            return self.operator_call(&name, Some(left), right);
        }
        let right = self.expression(right)?;
        self.operator_call(&name, None, right)
    }

    fn is_distinct(
        &mut self,
        left: &ast::Expression,
        right: &ast::Expression,
        negated: bool,
        location: u32,
    ) -> Result<Expression> {
        let is_null =
            |side: &ast::Expression| matches!(side.kind, ExpressionKind::Constant(ast::Constant::Null));
        if is_null(right) || is_null(left) {
            let operand = self.expression(if is_null(right) { left } else { right })?;
            let argument = Box::new(self.resolve_unknown(operand)?);
            // A row of nulls is not the null that IS NULL would find, but PostgreSQL tests it so.
            return Ok(Expression::IsNull { argument, negated: !negated });
        }
        if let (ExpressionKind::Row { fields: one, .. }, ExpressionKind::Row { fields: other, .. }) =
            (&left.kind, &right.kind)
        {
            let (one, other) = (self.expression_list(one)?, self.expression_list(other)?);
            if one.len() != other.len() {
                let error = error!(SYNTAX_ERROR, "unequal number of entries in row expressions");
                return self.fail(error, location);
            }
            let mut parts = Vec::new();
            for (left, right) in one.into_iter().zip(other) {
                let (equal, left, right, _) = self.equality(left, right, location)?;
                let (left, right) = (Box::new(left), Box::new(right));
                parts.push(Expression::IsDistinct { equal, left, right, negated });
            }
            return Ok(match parts.len() {
                1 => parts.remove(0),
                _ if negated => Expression::And(parts),
                _ => Expression::Or(parts),
            });
        }
        let (left, right) = (self.expression(left)?, self.expression(right)?);
        let (equal, left, right, result) = self.equality(left, right, location)?;
        if result.oid != oid::BOOL {
            let error = error!(DATATYPE_MISMATCH, "IS DISTINCT FROM requires = operator to yield boolean");
            return self.fail(error, location);
        }
        Ok(Expression::IsDistinct { equal, left: Box::new(left), right: Box::new(right), negated })
    }

    /// `= ANY (ARRAY[...])` for the items without columns when there are several, `=` or `<>` for the others.
    fn in_list(
        &mut self,
        operand: &ast::Expression,
        list: &[ast::Expression],
        negated: bool,
        location: u32,
    ) -> Result<Expression> {
        let name =
            OperatorName { qualifier: Vec::new(), symbol: if negated { "<>" } else { "=" }.into(), location };
        let is_row = |item: &ast::Expression| matches!(item.kind, ExpressionKind::Row { .. });
        if is_row(operand) || list.iter().any(is_row) {
            let mut parts = Vec::new();
            for item in list {
                parts.push(self.operator(&name, Some(operand), item, location)?);
            }
            return Ok(joined(parts, negated));
        }
        let left = self.expression(operand)?;
        let mut plain = Vec::new();
        let mut others = Vec::new();
        for item in list {
            let value = self.expression(item)?;
            let has_column =
                crate::walk::contains(&value, &mut |part, _| matches!(part, Expression::Variable(_)));
            if has_column { others.push(value) } else { plain.push((value, start(item))) }
        }
        let mut parts = Vec::new();
        if plain.len() > 1 {
            let types: Vec<Oid> = [left.data_type().oid]
                .into_iter()
                .chain(plain.iter().map(|(value, _)| value.data_type().oid))
                .collect();
            let common = self.common_type(&types, None, |_| crate::NO_LOCATION)?;
            let array = match common {
                Some(common) if common != oid::RECORD => {
                    Some((common, array_type(common, self.catalog)?)).filter(|(_, array)| array.is_valid())
                }
                _ => None,
            };
            if let Some((element_type, array)) = array {
                let mut elements = Vec::new();
                for (value, place) in std::mem::take(&mut plain) {
                    elements.push(self.coerce_to_common(value, element_type, "IN", place)?);
                }
                let data_type = self.array_data_type(array, &elements)?;
                let right = Expression::Array { elements, element_type, nested: false, data_type };
                parts.push(self.array_operator_call(&name, left.clone(), right, !negated)?);
            }
        }
        for value in plain.into_iter().map(|(value, _)| value).chain(others) {
            let part = self.operator_call(&name, Some(left.clone()), value)?;
            parts.push(self.coerce_to_boolean(part, "IN", location)?);
        }
        Ok(joined(parts, negated))
    }

    fn like(&mut self, like: &ast::Like, location: u32) -> Result<Expression> {
        let symbol = match (like.kind, like.is_negated) {
            (LikeKind::Like, false) => "~~",
            (LikeKind::Like, true) => "!~~",
            (LikeKind::Ilike, false) => "~~*",
            (LikeKind::Ilike, true) => "!~~*",
            (LikeKind::SimilarTo, false) => "~",
            (LikeKind::SimilarTo, true) => "!~",
        };
        let name = OperatorName { qualifier: Vec::new(), symbol: symbol.into(), location };
        let left = self.expression(&like.operand)?;
        let function = match like.kind {
            LikeKind::SimilarTo => Some("similar_to_escape"),
            _ if like.escape.is_some() => Some("like_escape"),
            _ => None,
        };
        let right = match function {
            None => self.expression(&like.pattern)?,
            Some(function) => {
                let parts = vec!["pg_catalog".to_owned(), function.to_owned()];
                let call = ast::FunctionCall {
                    name: ast::QualifiedName { parts, location },
                    arguments: [&like.pattern].into_iter().chain(&like.escape).cloned().collect(),
                    form: ast::CallForm::Explicit,
                    is_star: false,
                    is_distinct: false,
                    is_variadic: false,
                    order_by: Vec::new(),
                    is_within_group: false,
                    filter: None,
                    over: None,
                };
                self.function_call(&call, location)?
            }
        };
        self.operator_call(&name, Some(left), right)
    }

    fn between(&mut self, between: &ast::Between, location: u32) -> Result<Expression> {
        let compare = |this: &mut Self, symbol: &'static str, bound: &ast::Expression| {
            let name = OperatorName { qualifier: Vec::new(), symbol: symbol.into(), location };
            this.operator(&name, Some(&between.operand), bound, location)
        };
        let range = |this: &mut Self, lower: &ast::Expression, upper: &ast::Expression| -> Result<_> {
            let (low, high) = if between.is_negated { ("<", ">") } else { (">=", "<=") };
            let parts = vec![compare(this, low, lower)?, compare(this, high, upper)?];
            Ok(if between.is_negated { Expression::Or(parts) } else { Expression::And(parts) })
        };
        let first = range(self, &between.lower, &between.upper)?;
        if !between.is_symmetric {
            return Ok(first);
        }
        let second = range(self, &between.upper, &between.lower)?;
        let both = vec![first, second];
        Ok(if between.is_negated { Expression::And(both) } else { Expression::Or(both) })
    }

    fn case(&mut self, case: &ast::Case) -> Result<Expression> {
        let operand = match &case.operand {
            Some(operand) => {
                let value = self.expression(operand)?;
                Some(self.resolve_unknown(value)?)
            }
            None => None,
        };
        let mut conditions = Vec::new();
        let mut results = Vec::new();
        let mut locations = Vec::new();
        for branch in &case.branches {
            let condition = match &operand {
                Some(operand) => {
                    let left = Expression::CaseOperand(operand.data_type());
                    let right = self.expression(&branch.condition)?;
                    let name = OperatorName {
                        qualifier: Vec::new(),
                        symbol: "=".into(),
                        location: branch.condition.location,
                    };
                    self.operator_call(&name, Some(left), right)?
                }
                None => self.expression(&branch.condition)?,
            };
            conditions.push(self.coerce_to_boolean(condition, "CASE/WHEN", start(&branch.condition))?);
            results.push(self.expression(&branch.result)?);
            locations.push(start(&branch.result));
        }
        let otherwise = match &case.otherwise {
            Some(otherwise) => {
                locations.insert(0, start(otherwise));
                self.expression(otherwise)?
            }
            None => {
                locations.insert(0, crate::NO_LOCATION);
                Expression::constant(Value::Null, DataType::new(oid::UNKNOWN))
            }
        };
        // ELSE comes first when the common type is sought.
        results.insert(0, otherwise);
        let (mut results, data_type) = self.unify(results, "CASE", &locations)?;
        let otherwise = results.remove(0);
        let branches = conditions.into_iter().zip(results).collect();
        Ok(Expression::Case(Box::new(Case { operand, branches, otherwise, data_type })))
    }

    fn cast(
        &mut self,
        operand: &ast::Expression,
        type_name: &ast::TypeName,
        location: u32,
    ) -> Result<Expression> {
        let target = resolve_type_name(type_name, self.source, self.catalog)?;
        if let ExpressionKind::Array(elements) = &operand.kind {
            let base = base_type(target.oid, self.catalog)?;
            let row = self.catalog.data_type(base)?.filter(|row| is_array(row));
            if let Some(row) = row {
                let wanted = DataType { modifier: target.modifier, ..self.plain_type(row.typelem)? };
                let array = self.array(elements, Some((wanted, base)), operand.location)?;
                return self.cast_value(array, target, location, start(operand));
            }
        }
        let value = self.expression(operand)?;
        self.cast_value(value, target, location, start(operand))
    }

    fn cast_value(
        &mut self,
        value: Expression,
        target: DataType,
        location: u32,
        start: u32,
    ) -> Result<Expression> {
        let source = value.data_type().oid;
        match self.coerce_to_target(value, target, CastContext::Explicit, start)? {
            Some(value) => Ok(value),
            None => {
                let (from, to) = (self.type_text(source)?, self.type_text(target.oid)?);
                self.fail(error!(CANNOT_COERCE, "cannot cast type {from} to {to}"), location)
            }
        }
    }

    fn collate(
        &mut self,
        operand: &ast::Expression,
        name: &ast::QualifiedName,
        location: u32,
    ) -> Result<Expression> {
        let value = self.expression(operand)?;
        let value = self.resolve_unknown(value)?;
        let found = value.data_type();
        let row = self.catalog.data_type(found.oid)?;
        if row.is_none_or(|row| !row.typcollation.is_valid()) {
            let name = self.type_text(found.oid)?;
            let error = error!(DATATYPE_MISMATCH, "collations are not supported by type {name}");
            return self.fail(error, location);
        }
        let collation = self.find_collation(name)?;
        let data_type = DataType { collation, ..found };
        Ok(Expression::Relabel { argument: Box::new(value), data_type, display: Display::SqlSyntax })
    }

    pub fn find_collation(&self, name: &ast::QualifiedName) -> Result<Oid> {
        let path = match name.parts.as_slice() {
            [_] => self.catalog.search_path()?.to_vec(),
            [.., schema, _] => vec![crate::resolve::schema_of(schema, self.catalog)?],
            [] => Vec::new(),
        };
        let last = name.parts.last().map_or("", String::as_str);
        for schema in path {
            if let Some(found) = self.catalog.collation_by_name(schema, last)? {
                return Ok(found);
            }
        }
        let full = name.parts.join(".");
        let error = error!(UNDEFINED_OBJECT, "collation \"{full}\" for encoding \"UTF8\" does not exist");
        self.fail(error, name.location)
    }

    /// `ARRAY[...]`; `wanted` is the element and array type of a cast around it.
    fn array(
        &mut self,
        items: &[ast::Expression],
        wanted: Option<(DataType, Oid)>,
        location: u32,
    ) -> Result<Expression> {
        let mut elements = Vec::new();
        let mut nested = false;
        for item in items {
            let value = match &item.kind {
                ExpressionKind::Array(inner) => {
                    nested = true;
                    self.array(inner, wanted, item.location)?
                }
                _ => {
                    let value = self.expression(item)?;
                    let found = self.catalog.data_type(value.data_type().oid)?;
                    nested |= found.is_some_and(|row| {
                        is_array(&row) && row.typarray.is_valid() && row.typname.starts_with('_')
                    });
                    value
                }
            };
            elements.push(value);
        }
        let locations: Vec<u32> = items.iter().map(start).collect();
        if let Some((element, array)) = wanted {
            let target = if nested {
                DataType { modifier: element.modifier, ..self.plain_type(array)? }
            } else {
                element
            };
            let mut made = Vec::new();
            for (value, place) in elements.into_iter().zip(&locations) {
                made.push(self.cast_value(value, target, *place, *place)?);
            }
            let data_type = DataType { modifier: element.modifier, ..self.array_data_type(array, &made)? };
            return Ok(Expression::Array { elements: made, element_type: element.oid, nested, data_type });
        }
        if elements.is_empty() {
            let error = error!(INDETERMINATE_DATATYPE, "cannot determine type of empty array")
                .hint("Explicitly cast to the desired type, for example ARRAY[]::integer[].");
            return self.fail(error, location);
        }
        let (elements, element) = self.unify(elements, "ARRAY", &locations)?;
        let row = self.catalog.data_type(element.oid)?;
        let (array, element_type) = match row.filter(|row| nested && is_array(row)) {
            Some(row) => (element.oid, row.typelem),
            None => (array_type(element.oid, self.catalog)?, element.oid),
        };
        if !array.is_valid() {
            let name = self.type_text(element.oid)?;
            let error = error!(UNDEFINED_OBJECT, "could not find array type for data type {name}");
            return self.fail(error, location);
        }
        let data_type = self.array_data_type(array, &elements)?;
        Ok(Expression::Array { elements, element_type, nested: array == element.oid, data_type })
    }

    fn session_value(
        &mut self,
        function: SqlValueFunction,
        precision: Option<i32>,
        location: u32,
    ) -> Result<Expression> {
        let (kind, found) = match function {
            SqlValueFunction::CurrentDate => (SessionValue::CurrentDate, oid::DATE),
            SqlValueFunction::CurrentTime => (SessionValue::CurrentTime, crate::type_format::TIMETZ),
            SqlValueFunction::CurrentTimestamp => (SessionValue::CurrentTimestamp, oid::TIMESTAMPTZ),
            SqlValueFunction::LocalTime => (SessionValue::LocalTime, oid::TIME),
            SqlValueFunction::LocalTimestamp => (SessionValue::LocalTimestamp, oid::TIMESTAMP),
            SqlValueFunction::CurrentRole | SqlValueFunction::CurrentUser | SqlValueFunction::User => {
                (SessionValue::CurrentUser, oid::NAME)
            }
            SqlValueFunction::SessionUser => (SessionValue::SessionUser, oid::NAME),
            SqlValueFunction::CurrentCatalog => (SessionValue::CurrentCatalog, oid::NAME),
            SqlValueFunction::CurrentSchema => (SessionValue::CurrentSchema, oid::NAME),
            SqlValueFunction::SystemUser => {
                return self.fail(Error::unsupported("SYSTEM_USER is not supported"), location);
            }
        };
        let mut data_type = self.plain_type(found)?;
        data_type.modifier = precision.map_or(-1, |precision| precision.min(6));
        Ok(Expression::SessionValue { kind, data_type })
    }

    fn indirection(
        &mut self,
        operand: &ast::Expression,
        steps: &[IndirectionStep],
        location: u32,
    ) -> Result<Expression> {
        let mut value = self.expression(operand)?;
        let mut subscripts: Vec<&IndirectionStep> = Vec::new();
        for step in steps {
            match step {
                IndirectionStep::Index(_) | IndirectionStep::Slice { .. } => subscripts.push(step),
                IndirectionStep::Star => {
                    let error = error!(SYNTAX_ERROR, "row expansion via \"*\" is not supported here");
                    return self.fail(error, location);
                }
                IndirectionStep::Field(name) => {
                    value = self.subscripts(value, &std::mem::take(&mut subscripts), location)?;
                    value = self.select_field(value, name, location)?;
                }
            }
        }
        self.subscripts(value, &subscripts, location)
    }

    fn select_field(&mut self, value: Expression, name: &str, location: u32) -> Result<Expression> {
        if let Some(field) = self.field_of_row(name, &value)? {
            self.mark_selected(&field);
            return Ok(field);
        }
        if let Some(call) = self.functional_column(name, value.clone(), location)? {
            return Ok(call);
        }
        let found = value.data_type().oid;
        let text = self.type_text(found)?;
        let row = self.catalog.data_type(base_type(found, self.catalog)?)?;
        let error = match row {
            _ if found == oid::RECORD => {
                error!(UNDEFINED_COLUMN, "could not identify column \"{name}\" in record data type")
            }
            Some(row) if row.typtype == b'c' => {
                error!(UNDEFINED_COLUMN, "column \"{name}\" not found in data type {text}")
            }
            _ => error!(
                WRONG_OBJECT_TYPE,
                "column notation .{name} applied to type {text}, which is not a composite type"
            ),
        };
        self.fail(error, location)
    }

    pub fn subscripts(
        &mut self,
        value: Expression,
        steps: &[&IndirectionStep],
        location: u32,
    ) -> Result<Expression> {
        if steps.is_empty() {
            return Ok(value);
        }
        let container = base_type(value.data_type().oid, self.catalog)?;
        let row = self.catalog.data_type(container)?;
        let Some(row) = row.filter(|row| row.typelem.is_valid() && row.typsubscript.0.is_valid()) else {
            let name = self.type_text(container)?;
            let error = error!(
                DATATYPE_MISMATCH,
                "cannot subscript type {name} because it does not support subscripting"
            );
            return self.fail(error, location);
        };
        let is_slice = steps.iter().any(|step| matches!(step, IndirectionStep::Slice { .. }));
        let mut subscripts = Vec::new();
        for step in steps {
            subscripts.push(match step {
                IndirectionStep::Slice { lower, upper } => {
                    let lower = lower.as_ref().map(|bound| self.subscript(bound)).transpose()?;
                    let upper = upper.as_ref().map(|bound| self.subscript(bound)).transpose()?;
                    Subscript::Slice { lower, upper }
                }
                // Beside a slice, a plain subscript is the upper bound of one that begins at 1.
                IndirectionStep::Index(index) if is_slice => {
                    let one = Expression::constant(Value::Int4(1), DataType::new(oid::INT4));
                    Subscript::Slice { lower: Some(one), upper: Some(self.subscript(index)?) }
                }
                IndirectionStep::Index(index) => Subscript::Index(self.subscript(index)?),
                IndirectionStep::Field(_) | IndirectionStep::Star => continue,
            });
        }
        let mut data_type = self.plain_type(if is_slice { container } else { row.typelem })?;
        let source = value.data_type();
        data_type.modifier = source.modifier;
        if data_type.collation.is_valid() && source.collation.is_valid() {
            data_type.collation = source.collation;
        }
        Ok(Expression::Subscript { argument: Box::new(value), subscripts, data_type })
    }

    fn subscript(&mut self, bound: &ast::Expression) -> Result<Expression> {
        let value = self.expression(bound)?;
        let target = DataType::new(oid::INT4);
        match self.coerce_to_target(value, target, CastContext::Assignment, start(bound))? {
            Some(value) => Ok(value),
            None => {
                let error = error!(DATATYPE_MISMATCH, "array subscript must have type integer");
                self.fail(error, start(bound))
            }
        }
    }
}

fn joined(mut parts: Vec<Expression>, negated: bool) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ if negated => Expression::And(parts),
        _ => Expression::Or(parts),
    }
}

/// The operator `=` as it is found by the search path.
pub(crate) fn equals(location: u32) -> OperatorName {
    OperatorName { qualifier: Vec::new(), ..plain_operator("=", location) }
}

const MAX_ROW_FIELDS: usize = 1664;
