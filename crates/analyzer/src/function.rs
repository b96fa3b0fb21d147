//! Calls: plain functions, and the hand-over to aggregates and window functions.

use std::rc::Rc;

use catalog::tables::PgProc;
use common::Oid;
use error::{Error, Result, error};
use nodes::expression::{Display, Expression, FunctionCall};
use parser::ast::{self, CallForm, ExpressionKind, QualifiedName};
use types::oid;

use crate::Analyzer;
use crate::coerce::{CastContext, can_coerce};
use crate::polymorphic::resolve_polymorphic;
use crate::resolve::{Candidate, Choice, resolve_function};
use crate::type_name::array_type;

/// A call whose function is settled and whose arguments have the types that it wants.
pub(crate) struct ResolvedCall {
    pub row: Rc<PgProc>,
    pub arguments: Vec<Expression>,
    pub result: Oid,
    pub variadic: bool,
}

impl Analyzer<'_> {
    pub fn function_call(&mut self, call: &ast::FunctionCall, location: u32) -> Result<Expression> {
        let name_location = call.name.location;
        let (arguments, names, locations) = self.call_arguments(call)?;
        let is_plain = !call.is_star
            && !call.is_distinct
            && call.order_by.is_empty()
            && !call.is_within_group
            && call.filter.is_none()
            && call.over.is_none();
        if let ([column], [argument], true) =
            (call.name.parts.as_slice(), arguments.as_slice(), is_plain && names.iter().all(Option::is_none))
        {
            // `f(row)` may be another way to write `row.f`.
            if let Some(field) = self.field_of_row(column, argument)? {
                return Ok(field);
            }
        }
        let mut resolvable = arguments;
        let direct_count = resolvable.len();
        let mut sort_values = Vec::new();
        if call.is_within_group {
            for item in &call.order_by {
                let value = self.aggregate_argument(&item.value)?;
                sort_values.push(value.clone());
                resolvable.push(value);
            }
        }
        let mut names = names;
        names.resize(resolvable.len(), None);
        let inputs: Vec<Oid> = resolvable.iter().map(|argument| argument.data_type().oid).collect();
        let chosen = match resolve_function(&call.name, &inputs, &names, call.is_variadic, self.catalog) {
            Ok(chosen) => chosen,
            Err(error) => return self.fail(error, name_location),
        };
        let (row, candidate) = match chosen {
            Choice::One(found) => found,
            Choice::None => {
                if is_plain && resolvable.len() == 1 {
                    if let Some(cast) = self.function_as_cast(call, &resolvable[0], location)? {
                        return Ok(cast);
                    }
                }
                let error = self.no_function(call, &inputs, &names)?;
                return self.fail(error, name_location);
            }
            Choice::Ambiguous => {
                let signature = self.signature(&call.name, &inputs, &names)?;
                let error = error!(AMBIGUOUS_FUNCTION, "function {signature} is not unique").hint(
                    "Could not choose a best candidate function. You might need to add explicit type casts.",
                );
                return self.fail(error, name_location);
            }
        };
        let kind = row.prokind;
        let resolved =
            self.finish_arguments(row, candidate, resolvable, &locations, call.is_variadic, location)?;
        match kind {
            b'a' if call.over.is_none() => {
                let direct = if call.is_within_group { direct_count } else { 0 };
                self.aggregate_call(call, resolved, direct, location)
            }
            b'a' | b'w' => self.window_call(call, resolved, location),
            b'p' => {
                let signature = self.signature(&call.name, &inputs, &names)?;
                let error = error!(WRONG_OBJECT_TYPE, "{signature} is a procedure")
                    .hint("To call a procedure, use CALL.");
                self.fail(error, name_location)
            }
            _ => self.plain_call(call, resolved, location),
        }
    }

    fn plain_call(
        &mut self,
        call: &ast::FunctionCall,
        resolved: ResolvedCall,
        location: u32,
    ) -> Result<Expression> {
        let name = call.name.parts.join(".");
        let wrong = |what: &str| {
            error!(WRONG_OBJECT_TYPE, "{what}specified, but {name} is not an aggregate function")
        };
        let error = if call.is_star {
            Some(error!(WRONG_OBJECT_TYPE, "{name}(*) specified, but {name} is not an aggregate function"))
        } else if call.is_distinct {
            Some(wrong("DISTINCT "))
        } else if call.is_within_group {
            Some(wrong("WITHIN GROUP "))
        } else if !call.order_by.is_empty() {
            Some(wrong("ORDER BY "))
        } else if call.filter.is_some() {
            Some(wrong("FILTER "))
        } else if call.over.is_some() {
            Some(error!(
                WRONG_OBJECT_TYPE,
                "OVER specified, but {name} is not a window function nor an aggregate function"
            ))
        } else {
            None
        };
        if let Some(error) = error {
            return self.fail(error, location);
        }
        let returns_set = resolved.row.proretset;
        if returns_set {
            self.note_set_function(location)?;
        }
        let display = match call.form {
            CallForm::Explicit => Display::Call,
            CallForm::SqlSyntax => Display::SqlSyntax,
        };
        let input_collation = self.collation(&resolved.arguments)?;
        let data_type = self.result_type(resolved.result, input_collation)?;
        Ok(Expression::Function(FunctionCall {
            function: resolved.row.oid,
            arguments: resolved.arguments,
            data_type,
            returns_set,
            variadic: resolved.variadic,
            input_collation,
            display,
            location,
        }))
    }

    /// The type of a result, collated as the inputs are.
    pub fn result_type(&self, result: Oid, input_collation: Oid) -> Result<nodes::DataType> {
        let mut data_type = self.plain_type(result)?;
        if data_type.collation.is_valid() && input_collation.is_valid() {
            data_type.collation = input_collation;
        }
        Ok(data_type)
    }

    /// Notes a call that returns a set, where one is allowed.
    pub fn note_set_function(&mut self, location: u32) -> Result<()> {
        if let Some(place) = self.level().clause.set_place() {
            let error = error!(FEATURE_NOT_SUPPORTED, "set-returning functions are not allowed in {place}");
            return self.fail(error, location);
        }
        self.level().has_set_functions = true;
        Ok(())
    }

    /// The arguments, the names they were given, and where they stand.
    fn call_arguments(
        &mut self,
        call: &ast::FunctionCall,
    ) -> Result<(Vec<Expression>, Vec<Option<String>>, Vec<u32>)> {
        let mut arguments = Vec::new();
        let mut names: Vec<Option<String>> = Vec::new();
        let mut locations = Vec::new();
        for argument in &call.arguments {
            let (name, value) = match &argument.kind {
                ExpressionKind::NamedArgument { name, value } => (Some(name.clone()), value.as_ref()),
                _ => (None, argument),
            };
            if name.is_none() && names.iter().any(Option::is_some) {
                let error = error!(SYNTAX_ERROR, "positional argument cannot follow named argument");
                return self.fail(error, argument.location);
            }
            if let Some(name) = name.as_ref().filter(|name| names.contains(&Some((*name).clone()))) {
                let error = error!(SYNTAX_ERROR, "argument name \"{name}\" used more than once");
                return self.fail(error, argument.location);
            }
            locations.push(crate::expression::start(value));
            // `count(t.*)` takes the whole row.
            arguments.push(self.expression(value)?);
            names.push(name);
        }
        Ok((arguments, names, locations))
    }

    /// An argument of an ordered-set aggregate's sort.
    fn aggregate_argument(&mut self, value: &ast::Expression) -> Result<Expression> {
        self.expression(value)
    }

    fn finish_arguments(
        &mut self,
        row: Rc<PgProc>,
        candidate: Candidate,
        arguments: Vec<Expression>,
        locations: &[u32],
        says_variadic: bool,
        location: u32,
    ) -> Result<ResolvedCall> {
        let mut inputs: Vec<Oid> = arguments.iter().map(|argument| argument.data_type().oid).collect();
        let mut wanted = candidate.arguments.clone();
        let mut defaults = Vec::new();
        if candidate.defaults > 0 {
            defaults = self.default_arguments(&row, &candidate)?;
            for (parameter, value) in &defaults {
                inputs.push(value.data_type().oid);
                wanted.push(row.proargtypes[*parameter]);
            }
        }
        let concrete = match resolve_polymorphic(&inputs, &wanted, row.prorettype, self.catalog)? {
            Ok(concrete) => concrete,
            Err(error) => return self.fail(error, location),
        };
        let mut made = Vec::new();
        let given = arguments.len();
        let all = arguments.into_iter().chain(defaults.iter().map(|(_, value)| value.clone()));
        for (at, (argument, target)) in all.zip(&concrete.arguments).enumerate() {
            let place = locations.get(at).copied().unwrap_or(location);
            made.push(self.coerce(argument, *target, -1, CastContext::Implicit, place)?);
        }
        if let Some(order) = &candidate.order {
            let mut slots: Vec<(usize, Expression)> =
                order.iter().copied().chain(defaults.iter().map(|(at, _)| *at)).zip(made).collect();
            slots.sort_by_key(|(parameter, _)| *parameter);
            made = slots.into_iter().map(|(_, value)| value).collect();
        }
        let mut variadic = says_variadic;
        if candidate.variadic.is_some() {
            let first = row.proargtypes.len() - 1;
            let tail = made.split_off(first.min(given));
            let item = tail.first().map_or(oid::TEXT, |value| value.data_type().oid);
            let array = array_type(item, self.catalog)?;
            if !array.is_valid() {
                let item = self.type_text(item)?;
                let error = error!(UNDEFINED_OBJECT, "could not find array type for data type {item}");
                return self.fail(error, location);
            }
            let data_type = nodes::DataType { modifier: -1, ..self.array_data_type(array, &tail)? };
            made.push(Expression::Array { elements: tail, element_type: item, nested: false, data_type });
            variadic = true;
        }
        Ok(ResolvedCall { row, arguments: made, result: concrete.result, variadic })
    }

    pub fn array_data_type(&self, array: Oid, elements: &[Expression]) -> Result<nodes::DataType> {
        let mut data_type = self.plain_type(array)?;
        let collation = self.collation(elements)?;
        if data_type.collation.is_valid() && collation.is_valid() {
            data_type.collation = collation;
        }
        Ok(data_type)
    }

    /// The defaults that fill up a call: parameter and value.
    fn default_arguments(&self, row: &PgProc, candidate: &Candidate) -> Result<Vec<(usize, Expression)>> {
        let stored = row.proargdefaults.as_ref().map_or("()", |stored| stored);
        let all = nodes::text::read_expressions(stored)?;
        let declared = row.proargtypes.len();
        let first = declared - all.len().min(declared);
        let missing = |parameter: &usize| match &candidate.order {
            Some(order) => !order.contains(parameter),
            None => *parameter >= declared - candidate.defaults,
        };
        Ok((first..declared).zip(all).filter(|(parameter, _)| missing(parameter)).collect())
    }

    /// `typename(value)` is a cast when nothing else is meant.
    fn function_as_cast(
        &mut self,
        call: &ast::FunctionCall,
        argument: &Expression,
        location: u32,
    ) -> Result<Option<Expression>> {
        let path = match call.name.parts.as_slice() {
            [_] => self.catalog.search_path()?.to_vec(),
            [schema, _] => self.catalog.namespace_by_name(schema)?.into_iter().collect(),
            _ => return Ok(None),
        };
        let Some(name) = call.name.parts.last() else { return Ok(None) };
        for schema in path {
            let Some(row) = self.catalog.type_by_name(schema, name)? else { continue };
            let source = argument.data_type().oid;
            let is_cast = source == oid::UNKNOWN
                || source == row.oid
                || crate::coerce::is_binary_coercible(source, row.oid, self.catalog)?
                || (row.typtype != b'c' && can_coerce(source, row.oid, CastContext::Explicit, self.catalog)?);
            if !is_cast {
                return Ok(None);
            }
            let target = crate::type_name::plain(&row);
            return self.coerce_to_target(argument.clone(), target, CastContext::Explicit, location);
        }
        Ok(None)
    }

    /// `row.name` where no column has that name: perhaps a function of one argument.
    pub fn functional_column(
        &mut self,
        name: &str,
        row: Expression,
        location: u32,
    ) -> Result<Option<Expression>> {
        let name = QualifiedName { parts: vec![name.to_owned()], location };
        let inputs = [row.data_type().oid];
        if inputs[0] == oid::RECORD {
            return Ok(None);
        }
        match resolve_function(&name, &inputs, &[None], false, self.catalog)? {
            Choice::One((found, candidate)) if found.prokind == b'f' => {
                let resolved =
                    self.finish_arguments(found, candidate, vec![row], &[location], false, location)?;
                let call = ast::FunctionCall {
                    name,
                    arguments: Vec::new(),
                    form: CallForm::Explicit,
                    is_star: false,
                    is_distinct: false,
                    is_variadic: false,
                    order_by: Vec::new(),
                    is_within_group: false,
                    filter: None,
                    over: None,
                };
                self.plain_call(&call, resolved, location).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The field of a composite value.
    pub fn field_of_row(&self, name: &str, row: &Expression) -> Result<Option<Expression>> {
        if let Expression::Variable(variable) = row {
            if variable.attribute == common::AttributeNumber::WHOLE_ROW {
                let level = self.levels.len().checked_sub(variable.levels_up as usize + 1);
                let item = level.and_then(|level| {
                    self.levels[level]
                        .namespace
                        .iter()
                        .find(|item| item.range == variable.range && !item.is_join && !item.is_scalar)
                });
                if let Some(item) = item {
                    let found = item.live_names().find(|(_, column)| ***column == *name);
                    return Ok(
                        found.map(|(at, _)| crate::walk::raise(item.expression(at), variable.levels_up))
                    );
                }
            }
        }
        if let (Expression::Row { fields, data_type }, Some(number)) = (row, name.strip_prefix('f')) {
            if data_type.oid == oid::RECORD {
                let number = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                return Ok(number.and_then(|at| fields.get(at)).cloned());
            }
        }
        let base = crate::coerce::base_type(row.data_type().oid, self.catalog)?;
        let Some(found) = self.catalog.data_type(base)?.filter(|found| found.typrelid.is_valid()) else {
            return Ok(None);
        };
        let Some(relation) = self.catalog.relation(found.typrelid)? else { return Ok(None) };
        let Some(column) = relation.column(name) else { return Ok(None) };
        let data_type =
            nodes::DataType { oid: column.data_type, modifier: column.modifier, collation: column.collation };
        let field = column.number.index();
        Ok(Some(Expression::Field { argument: Box::new(row.clone()), field, data_type }))
    }

    fn no_function(
        &self,
        call: &ast::FunctionCall,
        inputs: &[Oid],
        names: &[Option<String>],
    ) -> Result<Error> {
        if call.is_within_group {
            let signature = self.signature(&call.name, inputs, names)?;
            return Ok(error!(UNDEFINED_FUNCTION, "aggregate {signature} does not exist").hint(
                "No aggregate function matches the given name and argument types. Perhaps you misplaced ORDER BY; ORDER BY must appear after all regular arguments of the aggregate.",
            ));
        }
        let signature = self.signature(&call.name, inputs, names)?;
        Ok(error!(UNDEFINED_FUNCTION, "function {signature} does not exist").hint(
            "No function matches the given name and argument types. You might need to add explicit type casts.",
        ))
    }

    pub fn signature(
        &self,
        name: &QualifiedName,
        inputs: &[Oid],
        names: &[Option<String>],
    ) -> Result<String> {
        let mut parts = Vec::new();
        for (at, input) in inputs.iter().enumerate() {
            let text = self.type_text(*input)?;
            parts.push(match names.get(at).and_then(Option::as_ref) {
                Some(name) => format!("{name} => {text}"),
                None => text,
            });
        }
        Ok(format!("{}({})", name.parts.join("."), parts.join(", ")))
    }
}
