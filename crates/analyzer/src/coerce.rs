//! Conversions between types: which exist, and the expressions that perform them.

use catalog::CatalogView;
use common::Oid;
use error::{Result, error};
use nodes::expression::{DataType, Display, Expression, FunctionCall, ParameterKind};
use types::{Value, oid};

use crate::polymorphic::{is_polymorphic, resolve_polymorphic};
use crate::type_format::format_type;
use crate::type_name::is_array;
use crate::{Analyzer, NO_LOCATION};

/// How much a conversion is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum CastContext {
    Implicit,
    Assignment,
    Explicit,
}

impl CastContext {
    fn display(self) -> Display {
        if self == CastContext::Explicit { Display::ExplicitCast } else { Display::ImplicitCast }
    }
}

/// How a value of one type becomes one of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pathway {
    None,
    Function(Oid),
    Relabel,
    ViaText,
    Array,
}

/// The type under a domain; other types as they are.
pub(crate) fn base_type(data_type: Oid, catalog: &dyn CatalogView) -> Result<Oid> {
    base_type_and_modifier(data_type, -1, catalog).map(|(base, _)| base)
}

pub(crate) fn base_type_and_modifier(
    mut data_type: Oid,
    mut modifier: i32,
    catalog: &dyn CatalogView,
) -> Result<(Oid, i32)> {
    while let Some(row) = catalog.data_type(data_type)?.filter(|row| row.typtype == b'd') {
        data_type = row.typbasetype;
        modifier = row.typtypmod;
    }
    Ok((data_type, modifier))
}

/// The category letter and whether the type is its preferred one.
pub(crate) fn category(data_type: Oid, catalog: &dyn CatalogView) -> Result<(u8, bool)> {
    let row = catalog.data_type(data_type)?;
    Ok(row.map_or((b'X', false), |row| (row.typcategory, row.typispreferred)))
}

fn element(data_type: Oid, catalog: &dyn CatalogView) -> Result<Oid> {
    let row = catalog.data_type(data_type)?.filter(|row| is_array(row));
    Ok(row.map_or(Oid::INVALID, |row| row.typelem))
}

fn is_composite(data_type: Oid, catalog: &dyn CatalogView) -> Result<bool> {
    Ok(catalog.data_type(data_type)?.is_some_and(|row| row.typtype == b'c'))
}

fn pathway(source: Oid, target: Oid, context: CastContext, catalog: &dyn CatalogView) -> Result<Pathway> {
    let (source, target) = (base_type(source, catalog)?, base_type(target, catalog)?);
    if source == target {
        return Ok(Pathway::Relabel);
    }
    if let Some(cast) = catalog.cast(source, target)? {
        let needed = match cast.castcontext {
            b'i' => CastContext::Implicit,
            b'a' => CastContext::Assignment,
            _ => CastContext::Explicit,
        };
        if context < needed {
            return Ok(Pathway::None);
        }
        return Ok(match cast.castmethod {
            b'f' => Pathway::Function(cast.castfunc),
            b'i' => Pathway::ViaText,
            _ => Pathway::Relabel,
        });
    }
    let (from, to) = (element(source, catalog)?, element(target, catalog)?);
    if from.is_valid() && to.is_valid() && target != oid::OIDVECTOR && target != oid::INT2VECTOR {
        let inner = pathway(from, to, context, catalog)?;
        match inner {
            Pathway::None => {}
            _ => return Ok(Pathway::Array),
        }
    }
    // Any type can be written out as a string on assignment, and read from one on explicit request.
    if context >= CastContext::Assignment && category(target, catalog)?.0 == b'S' {
        return Ok(Pathway::ViaText);
    }
    if context >= CastContext::Explicit && category(source, catalog)?.0 == b'S' {
        return Ok(Pathway::ViaText);
    }
    Ok(Pathway::None)
}

pub(crate) fn is_binary_coercible(source: Oid, target: Oid, catalog: &dyn CatalogView) -> Result<bool> {
    let source = base_type(source, catalog)?;
    if source == target || target == oid::ANY {
        return Ok(true);
    }
    let cast = catalog.cast(source, target)?;
    Ok(cast.is_some_and(|cast| cast.castmethod == b'b' && cast.castcontext == b'i'))
}

pub(crate) fn can_coerce(
    source: Oid,
    target: Oid,
    context: CastContext,
    catalog: &dyn CatalogView,
) -> Result<bool> {
    can_coerce_all(&[source], &[target], context, catalog)
}

/// Whether each input can become its target; polymorphic targets must fit together.
pub(crate) fn can_coerce_all(
    inputs: &[Oid],
    targets: &[Oid],
    context: CastContext,
    catalog: &dyn CatalogView,
) -> Result<bool> {
    let mut has_polymorphic = false;
    for (&input, &target) in inputs.iter().zip(targets) {
        if input == target || target == oid::ANY {
            continue;
        }
        if is_polymorphic(target) {
            has_polymorphic = true;
            continue;
        }
        if input == oid::UNKNOWN {
            continue;
        }
        if pathway(input, target, context, catalog)? != Pathway::None {
            continue;
        }
        let composite = is_composite(input, catalog)?;
        if (input == oid::RECORD && is_composite(target, catalog)?) || (composite && target == oid::RECORD) {
            continue;
        }
        if target == oid::RECORD_ARRAY && is_composite(element(input, catalog)?, catalog)? {
            continue;
        }
        return Ok(false);
    }
    Ok(!has_polymorphic || resolve_polymorphic(inputs, targets, Oid::INVALID, catalog)?.is_ok())
}

impl Analyzer<'_> {
    pub fn type_text(&self, data_type: Oid) -> Result<String> {
        format_type(self.catalog, data_type, -1)
    }

    /// The type with its own collation and no modifier.
    pub fn plain_type(&self, data_type: Oid) -> Result<DataType> {
        let row = self.catalog.data_type(data_type)?;
        Ok(row.map_or(DataType::new(data_type), |row| crate::type_name::plain(&row)))
    }

    /// Converts to the target with its modifier, or `None` when there is no such conversion.
    pub fn coerce_to_target(
        &mut self,
        value: Expression,
        target: DataType,
        context: CastContext,
        location: u32,
    ) -> Result<Option<Expression>> {
        let source = value.data_type().oid;
        if !can_coerce(source, target.oid, context, self.catalog)? {
            return Ok(None);
        }
        let is_converted = source != target.oid;
        let value = self.coerce(value, target.oid, target.modifier, context, location)?;
        if target.modifier < 0 || value.data_type().modifier == target.modifier {
            return Ok(Some(value));
        }
        // One cast in the text makes two conversions; only the outer one is printed.
        let value = if is_converted { printed_as_implicit(value) } else { value };
        let value = self.apply_modifier(value, target, context, context.display())?;
        Ok(Some(value))
    }

    /// Converts without a modifier. The caller has asked [`can_coerce`].
    pub fn coerce(
        &mut self,
        value: Expression,
        target: Oid,
        modifier: i32,
        context: CastContext,
        location: u32,
    ) -> Result<Expression> {
        let source = value.data_type();
        if source.oid == target || target == oid::ANY || is_polymorphic(target) {
            if is_polymorphic(target) && source.oid == oid::UNKNOWN {
                return self.coerce(value, oid::TEXT, -1, context, location);
            }
            return Ok(value);
        }
        let display = context.display();
        match &value {
            Expression::Constant(constant) if source.oid == oid::UNKNOWN => {
                let (base, base_modifier) = base_type_and_modifier(target, modifier, self.catalog)?;
                // Interval reads its text by its fields; other types are cut to length afterwards.
                let read_as = if base == oid::INTERVAL { base_modifier } else { -1 };
                let result = match constant.value.as_str() {
                    Some(text) => match self.settings.text.input(base, read_as, text) {
                        Ok(value) => value,
                        Err(error) => return self.fail(error, constant.location),
                    },
                    None => Value::Null,
                };
                let mut data_type = self.plain_type(base)?;
                data_type.modifier = read_as;
                let location = constant.location;
                let constant = nodes::expression::Constant { value: result, data_type, location };
                let literal = Expression::Constant(constant);
                if base == target {
                    return Ok(literal);
                }
                let literal = self.apply_modifier(
                    literal,
                    DataType { modifier: base_modifier, ..data_type },
                    CastContext::Implicit,
                    Display::ImplicitCast,
                )?;
                return self.relabel(literal, target, display);
            }
            Expression::Parameter(parameter)
                if source.oid == oid::UNKNOWN && parameter.kind == ParameterKind::External =>
            {
                let mut parameter = *parameter;
                if let Err(other) = self.parameters.deduce(parameter.index, target) {
                    let (first, second) = (self.type_text(other)?, self.type_text(target)?);
                    let error = error!(
                        AMBIGUOUS_PARAMETER,
                        "inconsistent types deduced for parameter ${}",
                        parameter.index + 1
                    );
                    return self.fail(error.detail(format!("{first} versus {second}")), location);
                }
                parameter.data_type = self.plain_type(target)?;
                return Ok(Expression::Parameter(parameter));
            }
            _ => {}
        }
        if source.oid == oid::UNKNOWN {
            let data_type = self.plain_type(target)?;
            return Ok(Expression::CoerceViaText { argument: Box::new(value), data_type, display });
        }
        let (base, base_modifier) = base_type_and_modifier(target, modifier, self.catalog)?;
        match pathway(source.oid, target, context, self.catalog)? {
            Pathway::Relabel if base_type(source.oid, self.catalog)? == source.oid || base == target => {
                let value = match base == target {
                    true => return self.relabel(value, target, display),
                    false => value,
                };
                let inner = DataType { modifier: base_modifier, ..self.plain_type(base)? };
                let value = if source.oid == base {
                    value
                } else {
                    self.relabel(value, base, Display::ImplicitCast)?
                };
                let value = self.apply_modifier(value, inner, context, Display::ImplicitCast)?;
                self.relabel(value, target, display)
            }
            Pathway::Relabel => self.relabel(value, target, display),
            Pathway::None => self.coerce_row(value, target, context, display, location),
            path => {
                let inner = if base == target { display } else { Display::ImplicitCast };
                let value = self.convert(value, path, base, base_modifier, context, inner, location)?;
                if base == target {
                    return Ok(value);
                }
                let inner = DataType { modifier: base_modifier, ..self.plain_type(base)? };
                let value = self.apply_modifier(value, inner, context, Display::ImplicitCast)?;
                self.relabel(value, target, display)
            }
        }
    }

    fn convert(
        &mut self,
        value: Expression,
        path: Pathway,
        target: Oid,
        modifier: i32,
        context: CastContext,
        display: Display,
        location: u32,
    ) -> Result<Expression> {
        let data_type = self.plain_type(target)?;
        match path {
            Pathway::Function(function) => {
                // An identifier of 16 bits becomes one of 32 by the function for integers.
                let result = self.catalog.function(function)?.map_or(target, |row| row.prorettype);
                if result == oid::INT4 && target != oid::INT4 {
                    let integer = self.plain_type(result)?;
                    let inner = Display::ImplicitCast;
                    let value =
                        self.conversion_call(value, function, integer, modifier, context, inner, location)?;
                    return self.relabel(value, target, display);
                }
                self.conversion_call(value, function, data_type, modifier, context, display, location)
            }
            Pathway::ViaText => {
                let data_type = self.keep_collation(data_type, &value);
                Ok(Expression::CoerceViaText { argument: Box::new(value), data_type, display })
            }
            Pathway::Array => {
                let from = element(base_type(value.data_type().oid, self.catalog)?, self.catalog)?;
                let to = element(target, self.catalog)?;
                let item = Expression::CaseOperand(self.plain_type(from)?);
                let item = self.coerce(item, to, modifier, context, location)?;
                let item_type = DataType { modifier, ..self.plain_type(to)? };
                let item = self.apply_modifier(item, item_type, context, Display::ImplicitCast)?;
                // Integers and identifiers lie in memory as different types.
                let form = |data_type| types::type_description(data_type).map(|known| known.physical);
                if is_only_relabeled(&item) && form(from) == form(to) {
                    return self.relabel(value, target, display);
                }
                let data_type = DataType { modifier, ..data_type };
                let (argument, element) = (Box::new(value), Box::new(item));
                Ok(Expression::ArrayCoerce { argument, element, data_type, display })
            }
            Pathway::Relabel | Pathway::None => self.relabel(value, target, display),
        }
    }

    fn conversion_call(
        &mut self,
        value: Expression,
        function: Oid,
        data_type: DataType,
        modifier: i32,
        context: CastContext,
        display: Display,
        location: u32,
    ) -> Result<Expression> {
        let count = self.catalog.function(function)?.map_or(1, |row| row.pronargs);
        let data_type = self.keep_collation(data_type, &value);
        let input_collation = value.data_type().collation;
        let mut arguments = vec![value];
        let mut result_modifier = -1;
        if count >= 2 {
            arguments.push(Expression::constant(Value::Int4(modifier), DataType::new(oid::INT4)));
            result_modifier = modifier;
        }
        if count >= 3 {
            let is_explicit = Value::Bool(context == CastContext::Explicit);
            arguments.push(Expression::constant(is_explicit, DataType::new(oid::BOOL)));
        }
        Ok(Expression::Function(FunctionCall {
            function,
            arguments,
            data_type: DataType { modifier: result_modifier, ..data_type },
            returns_set: false,
            variadic: false,
            input_collation,
            display,
            location,
        }))
    }

    /// Cuts, pads or rounds a value of the target's type to the target's modifier.
    fn apply_modifier(
        &mut self,
        value: Expression,
        target: DataType,
        context: CastContext,
        display: Display,
    ) -> Result<Expression> {
        let source = value.data_type();
        if target.modifier < 0 || source.modifier == target.modifier {
            return Ok(value);
        }
        let item_type = element(target.oid, self.catalog)?;
        if item_type.is_valid() {
            let item = Expression::CaseOperand(self.plain_type(item_type)?);
            let wanted = DataType { modifier: target.modifier, ..self.plain_type(item_type)? };
            let item = self.apply_modifier(item, wanted, context, Display::ImplicitCast)?;
            if matches!(item, Expression::CaseOperand(_)) {
                return Ok(value);
            }
            let data_type = DataType { collation: source.collation, ..target };
            let (argument, element) = (Box::new(value), Box::new(item));
            return Ok(Expression::ArrayCoerce { argument, element, data_type, display });
        }
        match self.catalog.cast(target.oid, target.oid)? {
            Some(cast) if cast.castfunc.is_valid() => {
                let data_type = DataType { collation: source.collation, ..target };
                let modifier = target.modifier;
                self.conversion_call(value, cast.castfunc, data_type, modifier, context, display, NO_LOCATION)
            }
            _ => Ok(value),
        }
    }

    /// The same bits under another type.
    pub fn relabel(&self, value: Expression, target: Oid, display: Display) -> Result<Expression> {
        let data_type = self.plain_type(target)?;
        let data_type = self.keep_collation(data_type, &value);
        Ok(Expression::Relabel { argument: Box::new(value), data_type, display })
    }

    /// A collatable result has the collation of its collatable source.
    fn keep_collation(&self, data_type: DataType, value: &Expression) -> DataType {
        let source = value.data_type().collation;
        match data_type.collation.is_valid() && source.is_valid() {
            true => DataType { collation: source, ..data_type },
            false => data_type,
        }
    }

    /// Rows: an anonymous one becomes a composite value field by field.
    fn coerce_row(
        &mut self,
        value: Expression,
        target: Oid,
        context: CastContext,
        display: Display,
        location: u32,
    ) -> Result<Expression> {
        let base = base_type(target, self.catalog)?;
        let relation = match self.catalog.data_type(base)? {
            Some(row) if row.typrelid.is_valid() => self.catalog.relation(row.typrelid)?,
            _ => None,
        };
        let (Expression::Row { fields, .. }, Some(relation)) = (&value, relation) else {
            return self.relabel(value, target, display);
        };
        let (from, to) = (self.type_text(oid::RECORD)?, self.type_text(target)?);
        let refuse =
            |detail: &str| error!(CANNOT_COERCE, "cannot cast type {from} to {to}").detail(detail.to_owned());
        let mut given = fields.clone().into_iter();
        let mut made = Vec::new();
        for column in &relation.columns {
            let wanted =
                DataType { oid: column.data_type, modifier: column.modifier, collation: column.collation };
            if column.dropped {
                made.push(Expression::constant(Value::Null, DataType::new(oid::INT4)));
                continue;
            }
            let Some(field) = given.next() else {
                return self.fail(refuse("Input has too few columns."), location);
            };
            let found = self.type_text(field.data_type().oid)?;
            match self.coerce_to_target(field, wanted, context, location)? {
                Some(field) => made.push(field),
                None => {
                    let wanted = self.type_text(wanted.oid)?;
                    let at = made.len() + 1;
                    let detail = format!("Cannot cast type {found} to {wanted} in column {at}.");
                    return self.fail(refuse(&detail), location);
                }
            }
        }
        if given.next().is_some() {
            return self.fail(refuse("Input has too many columns."), location);
        }
        let row = Expression::Row { fields: made, data_type: self.plain_type(base)? };
        if base == target { Ok(row) } else { self.relabel(row, target, display) }
    }

    /// A condition: boolean or an error that names the clause.
    pub fn coerce_to_boolean(&mut self, value: Expression, place: &str, location: u32) -> Result<Expression> {
        let found = value.data_type().oid;
        if found == oid::BOOL {
            return Ok(value);
        }
        let target = DataType::new(oid::BOOL);
        match self.coerce_to_target(value, target, CastContext::Assignment, location)? {
            Some(value) => Ok(value),
            None => {
                let found = self.type_text(found)?;
                let error =
                    error!(DATATYPE_MISMATCH, "argument of {place} must be type boolean, not type {found}");
                self.fail(error, location)
            }
        }
    }

    /// A literal whose type nothing decides is text.
    pub fn resolve_unknown(&mut self, value: Expression) -> Result<Expression> {
        match value.data_type().oid == oid::UNKNOWN {
            true => self.coerce(value, oid::TEXT, -1, CastContext::Implicit, NO_LOCATION),
            false => Ok(value),
        }
    }
}

fn is_only_relabeled(item: &Expression) -> bool {
    match item {
        Expression::CaseOperand(_) => true,
        Expression::Relabel { argument, .. } => is_only_relabeled(argument),
        _ => false,
    }
}

fn printed_as_implicit(mut value: Expression) -> Expression {
    match &mut value {
        Expression::Relabel { display, .. }
        | Expression::CoerceViaText { display, .. }
        | Expression::ArrayCoerce { display, .. } => *display = Display::ImplicitCast,
        Expression::Function(call) => call.display = Display::ImplicitCast,
        _ => {}
    }
    value
}
