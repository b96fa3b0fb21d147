//! Text and binary forms of every type: what clients, literals and COPY see.
//!
//! Entry points: [`input`], [`output`], [`output_row`] (the hot path: no allocation), [`receive`], [`send_row`].
//! What only the catalog knows - enum labels, fields of composites, names behind reg* values - is asked through
//! [`TypeCatalog`].

use common::{BlockNumber, Lsn, OffsetNumber, Oid, TupleId};
use error::{Error, Result, error};

use crate::array::{Array, Dimension, MAX_DIMENSIONS};
use crate::array_text::{self, Item};
use crate::batch::Rows;
use crate::bytea;
use crate::character;
use crate::column::Column;
use crate::datetime::{format, parse};
use crate::float;
use crate::integer;
use crate::interval::Interval;
use crate::interval_text;
use crate::numeric::Numeric;
use crate::oid::{self, type_description};
use crate::physical_type::PhysicalType;
use crate::record::Record;
use crate::settings::FormatSettings;
use crate::value::Value;

/// What the catalog says about a type that is not built in.
#[derive(Clone, Debug)]
pub enum UserType {
    /// Members are kept as the identifiers of their `pg_enum` rows.
    Enum,
    /// Field types and modifiers.
    Composite(Vec<(Oid, i32)>),
    /// Base type and modifier; constraints are checked by the caller.
    Domain(Oid, i32),
    /// Element type and delimiter.
    Array(Oid, u8),
}

/// What text forms need from the catalog.
pub trait TypeCatalog {
    /// `None` for types that do not exist.
    fn user_type(&self, type_oid: Oid) -> Option<UserType>;
    /// The name of a type for messages, as `format_type` gives it.
    fn type_name(&self, type_oid: Oid) -> String;
    fn enum_label(&self, member: Oid) -> Option<String>;
    fn enum_member(&self, type_oid: Oid, label: &str) -> Option<Oid>;
    /// The text of a reg* value; `None` when nothing has that identifier.
    fn object_name(&self, reg_type: Oid, object: Oid) -> Option<String>;
    /// The object that a reg* literal names.
    fn object_of_name(&self, reg_type: Oid, name: &str) -> Result<Oid>;
}

/// A catalog without anything beyond the built-in types.
#[derive(Debug)]
pub struct BuiltInCatalog;

impl TypeCatalog for BuiltInCatalog {
    fn user_type(&self, _: Oid) -> Option<UserType> {
        None
    }

    fn type_name(&self, type_oid: Oid) -> String {
        type_description(type_oid).map_or_else(|| type_oid.to_string(), |found| found.name.to_owned())
    }

    fn enum_label(&self, _: Oid) -> Option<String> {
        None
    }

    fn enum_member(&self, _: Oid, _: &str) -> Option<Oid> {
        None
    }

    fn object_name(&self, reg_type: Oid, object: Oid) -> Option<String> {
        (reg_type == oid::REGTYPE).then(|| type_description(object).map(|found| found.name.to_owned()))?
    }

    fn object_of_name(&self, _: Oid, name: &str) -> Result<Oid> {
        Err(error!(UNDEFINED_OBJECT, "\"{name}\" does not exist"))
    }
}

/// What text and binary forms depend on.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub settings: &'a FormatSettings,
    pub catalog: &'a dyn TypeCatalog,
}

fn invalid(type_name: &str, text: &str) -> Error {
    error!(INVALID_TEXT_REPRESENTATION, "invalid input syntax for type {type_name}: \"{text}\"")
}

fn no_input(type_name: &str) -> Error {
    error!(FEATURE_NOT_SUPPORTED, "cannot accept a value of type {type_name}")
}

fn is_registered(type_oid: Oid) -> bool {
    matches!(
        type_oid,
        oid::REGPROC
            | oid::REGPROCEDURE
            | oid::REGOPER
            | oid::REGOPERATOR
            | oid::REGCLASS
            | oid::REGTYPE
            | oid::REGROLE
            | oid::REGNAMESPACE
            | oid::REGCOLLATION
    )
}

/// The form in memory of any type; `None` for types that do not exist.
pub fn physical_type(type_oid: Oid, catalog: &dyn TypeCatalog) -> Option<PhysicalType> {
    if let Some(description) = type_description(type_oid) {
        return Some(description.physical);
    }
    Some(match catalog.user_type(type_oid)? {
        UserType::Enum => PhysicalType::Oid,
        UserType::Composite(_) => PhysicalType::Record,
        UserType::Domain(base, _) => return physical_type(base, catalog),
        UserType::Array(..) => PhysicalType::Array,
    })
}

/// Element type and delimiter of an array type of either kind.
fn array_element(type_oid: Oid, catalog: &dyn TypeCatalog) -> Option<(Oid, u8)> {
    match type_description(type_oid) {
        Some(found) if found.is_array() => Some((found.element, found.delimiter)),
        Some(_) => None,
        None => match catalog.user_type(type_oid)? {
            UserType::Array(element, delimiter) => Some((element, delimiter)),
            _ => None,
        },
    }
}

// Text in.

/// Reads a value from its text form; `modifier` is the type modifier, -1 for none.
///
/// # Errors
/// What PostgreSQL's input function of the type reports, mostly 22P02, 22003, 22007, 22008.
pub fn input(type_oid: Oid, modifier: i32, text: &str, context: &Context<'_>) -> Result<Value> {
    let settings = context.settings;
    Ok(match type_oid {
        oid::BOOL => Value::Bool(parse_bool(text).ok_or_else(|| invalid("boolean", text))?),
        oid::BYTEA => Value::Bytes(bytea::parse(text)?.into()),
        oid::CHAR => Value::Char(parse_char(text)),
        oid::NAME => Value::text(character::truncate_name(text)),
        oid::INT2 => Value::Int2(integer::parse(text, "smallint")?),
        oid::INT4 => Value::Int4(integer::parse(text, "integer")?),
        oid::INT8 => Value::Int8(integer::parse(text, "bigint")?),
        oid::TEXT | oid::UNKNOWN | oid::CSTRING | oid::REFCURSOR | oid::ACLITEM | oid::JSON => {
            Value::text(text)
        }
        oid::VARCHAR => Value::text(character::fit(text, modifier, false, "character varying")?),
        oid::BPCHAR => {
            let fitted = character::fit(text, modifier, false, "character")?;
            match character::padding(fitted, modifier) {
                0 => Value::text(fitted),
                blanks => Value::Text(character::padded(fitted, blanks).into()),
            }
        }
        oid::OID => Value::Oid(parse_oid(text, "oid")?),
        oid::XID => Value::Oid(parse_oid(text, "xid")?),
        oid::CID => Value::Oid(parse_oid(text, "cid")?),
        oid::XID8 => Value::Int8(integer::parse::<u64>(text, "xid8")? as i64),
        oid::TID => Value::Tid(parse_tid(text).ok_or_else(|| invalid("tid", text))?),
        oid::FLOAT4 => Value::Float4(float::parse_f32(text)?),
        oid::FLOAT8 => Value::Float8(float::parse_f64(text)?),
        oid::NUMERIC => Value::Numeric(Numeric::parse(text)?.apply_modifier(modifier)?),
        oid::DATE => Value::Int4(parse::parse_date(text, settings)?),
        oid::TIME => Value::Int8(parse::parse_time(text, modifier, settings)?),
        oid::TIMESTAMP => Value::Int8(parse::parse_timestamp(text, modifier, settings)?),
        oid::TIMESTAMPTZ => Value::Int8(parse::parse_timestamptz(text, modifier, settings)?),
        oid::INTERVAL => Value::Interval(interval_text::parse_interval(text, modifier, settings)?),
        oid::UUID => Value::Uuid(parse_uuid(text).ok_or_else(|| invalid("uuid", text))?),
        oid::PG_LSN => {
            let lsn: Lsn = text.parse().map_err(|()| invalid("pg_lsn", text))?;
            Value::Int8(lsn.0 as i64)
        }
        oid::INT2VECTOR | oid::OIDVECTOR => parse_vector(type_oid, text)?,
        oid::VOID => Value::text(""),
        _ if is_registered(type_oid) => Value::Oid(parse_registered(type_oid, text, context)?),
        _ => return input_composed(type_oid, modifier, text, context),
    })
}

fn input_composed(type_oid: Oid, modifier: i32, text: &str, context: &Context<'_>) -> Result<Value> {
    if let Some((element, delimiter)) = array_element(type_oid, context.catalog) {
        return Ok(Value::Array(Box::new(parse_array(element, delimiter, modifier, text, context)?)));
    }
    match context.catalog.user_type(type_oid) {
        Some(UserType::Enum) => match context.catalog.enum_member(type_oid, text) {
            Some(member) => Ok(Value::Oid(member)),
            None => {
                let name = context.catalog.type_name(type_oid);
                Err(error!(INVALID_TEXT_REPRESENTATION, "invalid input value for enum {name}: \"{text}\""))
            }
        },
        Some(UserType::Composite(fields)) => parse_record(type_oid, &fields, text, context),
        Some(UserType::Domain(base, base_modifier)) => input(base, base_modifier, text, context),
        _ if type_oid == oid::RECORD => {
            Err(error!(FEATURE_NOT_SUPPORTED, "input of anonymous composite types is not implemented"))
        }
        _ => Err(no_input(&context.catalog.type_name(type_oid))),
    }
}

/// `true`, `yes`, `on`, `1` and their beginnings and opposites.
pub fn parse_bool(text: &str) -> Option<bool> {
    let lower = text.trim_matches(|c: char| c.is_ascii_whitespace()).to_ascii_lowercase();
    let begins = |word: &str| !lower.is_empty() && word.starts_with(&lower);
    match lower.as_str() {
        "1" | "on" => Some(true),
        "0" | "of" | "off" => Some(false),
        _ if begins("true") || begins("yes") => Some(true),
        _ if begins("false") || begins("no") => Some(false),
        _ => None,
    }
}

fn parse_char(text: &str) -> u8 {
    match text.as_bytes() {
        [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7'] => {
            (a - b'0') << 6 | (b - b'0') << 3 | (c - b'0')
        }
        bytes => bytes.first().copied().unwrap_or(0),
    }
}

fn parse_oid(text: &str, type_name: &str) -> Result<Oid> {
    let value: i64 = integer::parse(text, type_name)?;
    // Negative numbers wrap, as they always did.
    match u32::try_from(value) {
        Ok(value) => Ok(Oid(value)),
        Err(_) if value >= i64::from(i32::MIN) && value < 0 => Ok(Oid(value as u32)),
        Err(_) => {
            Err(error!(NUMERIC_VALUE_OUT_OF_RANGE, "value \"{text}\" is out of range for type {type_name}"))
        }
    }
}

fn parse_registered(type_oid: Oid, text: &str, context: &Context<'_>) -> Result<Oid> {
    match text {
        "-" => Ok(Oid::INVALID),
        _ if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => parse_oid(text, "oid"),
        _ => context.catalog.object_of_name(type_oid, text),
    }
}

fn parse_tid(text: &str) -> Option<TupleId> {
    let (block, offset) = text.trim().strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    let block = block.trim().parse::<i64>().ok()?;
    let block = u32::try_from(block).ok().or_else(|| i32::try_from(block).ok().map(|block| block as u32))?;
    Some(TupleId::new(BlockNumber(block), OffsetNumber(offset.trim().parse().ok()?)))
}

/// 32 hexadecimal digits, in groups of four that may be joined by hyphens, with or without braces.
fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let body = match text.strip_prefix('{') {
        Some(inner) => inner.strip_suffix('}')?,
        None => text,
    };
    let mut bytes = body.bytes().peekable();
    let mut uuid = [0; 16];
    for (at, byte) in uuid.iter_mut().enumerate() {
        let high = (bytes.next()? as char).to_digit(16)?;
        let low = (bytes.next()? as char).to_digit(16)?;
        *byte = (high << 4 | low) as u8;
        if at % 2 == 1 && at < 15 && bytes.peek() == Some(&b'-') {
            bytes.next();
        }
    }
    bytes.next().is_none().then_some(uuid)
}

fn parse_vector(type_oid: Oid, text: &str) -> Result<Value> {
    let is_oids = type_oid == oid::OIDVECTOR;
    let mut elements = Column::new(if is_oids { PhysicalType::Oid } else { PhysicalType::Int2 });
    for word in text.split_ascii_whitespace() {
        if is_oids {
            elements.push_oid(parse_oid(word, "oid")?);
        } else {
            elements.push_i16(integer::parse(word, "smallint")?);
        }
    }
    let element_type = if is_oids { oid::OID } else { oid::INT2 };
    let length = elements.len() as i32;
    let dimensions = vec![Dimension { length, lower_bound: 0 }];
    Ok(Value::Array(Box::new(Array { element_type, dimensions, elements })))
}

fn element_column(element: Oid, context: &Context<'_>) -> Result<Column> {
    physical_type(element, context.catalog)
        .map(Column::new)
        .ok_or_else(|| error!(UNDEFINED_OBJECT, "type with OID {element} does not exist"))
}

fn parse_array(
    element: Oid,
    delimiter: u8,
    modifier: i32,
    text: &str,
    context: &Context<'_>,
) -> Result<Array> {
    let mut elements = element_column(element, context)?;
    let dimensions = array_text::parse(text, delimiter, |item| {
        match item {
            Item::Null => elements.push_null(),
            Item::Text(text) => elements.push_value(&input(element, modifier, text, context)?),
        }
        Ok(())
    })?;
    Ok(Array { element_type: element, dimensions, elements })
}

fn parse_record(type_oid: Oid, types: &[(Oid, i32)], text: &str, context: &Context<'_>) -> Result<Value> {
    let malformed = |detail: &str| {
        error!(INVALID_TEXT_REPRESENTATION, "malformed record literal: \"{text}\"").detail(detail)
    };
    let bytes = text.as_bytes();
    let mut at = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    if bytes.get(at) != Some(&b'(') {
        return Err(malformed("Missing left parenthesis."));
    }
    at += 1;
    let mut fields = Vec::with_capacity(types.len());
    for (number, (field_type, modifier)) in types.iter().enumerate() {
        if number > 0 {
            if bytes.get(at) != Some(&b',') {
                return Err(malformed("Too few columns."));
            }
            at += 1;
        }
        if matches!(bytes.get(at), Some(b',' | b')')) {
            fields.push(Value::Null);
            continue;
        }
        let (mut item, mut quoted) = (Vec::new(), false);
        loop {
            match bytes.get(at) {
                None => return Err(malformed("Unexpected end of input.")),
                Some(b',' | b')') if !quoted => break,
                Some(b'\\') => {
                    let next = bytes.get(at + 1).ok_or_else(|| malformed("Unexpected end of input."))?;
                    item.push(*next);
                    at += 1;
                }
                Some(b'"') if quoted && bytes.get(at + 1) == Some(&b'"') => {
                    item.push(b'"');
                    at += 1;
                }
                Some(b'"') => quoted = !quoted,
                Some(byte) => item.push(*byte),
            }
            at += 1;
        }
        let item = String::from_utf8_lossy(&item);
        fields.push(input(*field_type, *modifier, &item, context)?);
    }
    match bytes.get(at) {
        Some(b')') if bytes[at + 1..].iter().all(u8::is_ascii_whitespace) => {}
        Some(b')') => return Err(malformed("Junk after right parenthesis.")),
        _ => return Err(malformed("Too many columns.")),
    }
    let field_types = types.iter().map(|(field_type, _)| *field_type).collect();
    Ok(Value::Record(Box::new(Record { type_oid, field_types, fields: fields.into() })))
}

// Text out.

/// Appends the text form of a value that is not NULL.
pub fn output(type_oid: Oid, value: &Value, context: &Context<'_>, out: &mut Vec<u8>) -> Result<()> {
    match value.physical_type() {
        None => Ok(()),
        Some(physical) => output_row(type_oid, &Column::constant(physical, value), 0, context, out),
    }
}

/// The text form of a value that is not NULL.
pub fn output_text(type_oid: Oid, value: &Value, context: &Context<'_>) -> Result<String> {
    let mut out = Vec::new();
    output(type_oid, value, context, &mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn integer_text(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends the text form of a row that is not NULL.
///
/// # Errors
/// For values that the catalog no longer knows.
pub fn output_row(
    type_oid: Oid,
    column: &Column,
    row: usize,
    context: &Context<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    let settings = context.settings;
    match column.physical_type() {
        PhysicalType::Bool => out.push(if column.get::<bool>(row) { b't' } else { b'f' }),
        PhysicalType::Char => write_char(column.get(row), out),
        PhysicalType::Int2 => integer_text(column.get::<i16>(row), out),
        PhysicalType::Int4 => match type_oid {
            oid::DATE => format::write_date(column.get(row), settings, out),
            oid::VOID => {}
            _ => integer_text(column.get::<i32>(row), out),
        },
        PhysicalType::Int8 => {
            let value: i64 = column.get(row);
            match type_oid {
                oid::TIMESTAMP => format::write_timestamp(value, settings, out),
                oid::TIMESTAMPTZ => format::write_timestamptz(value, settings, out),
                oid::TIME => format::write_time(value, out),
                oid::PG_LSN => out.extend_from_slice(Lsn(value as u64).to_string().as_bytes()),
                oid::XID8 => integer_text(value as u64, out),
                _ => integer_text(value, out),
            }
        }
        PhysicalType::Oid => return write_oid(type_oid, column.get(row), context, out),
        PhysicalType::Float4 => float::write_f32(column.get(row), settings.extra_float_digits, out),
        PhysicalType::Float8 => float::write_f64(column.get(row), settings.extra_float_digits, out),
        PhysicalType::Numeric => column.numeric(row).write(out),
        PhysicalType::Text => out.extend_from_slice(column.bytes(row)),
        PhysicalType::Bytes => bytea::write(column.bytes(row), settings.bytea_output, out),
        PhysicalType::Interval => interval_text::write_interval(&column.get(row), settings, out),
        PhysicalType::Uuid => write_uuid(&column.get(row), out),
        PhysicalType::Tid => out.extend_from_slice(column.get::<TupleId>(row).to_string().as_bytes()),
        PhysicalType::Array => return write_array(type_oid, column.array(row), context, out),
        PhysicalType::Record => return write_record(column.record(row), context, out),
    }
    Ok(())
}

fn write_char(byte: u8, out: &mut Vec<u8>) {
    match byte {
        0 => {}
        1..=0x7f => out.push(byte),
        _ => out.extend_from_slice(&[b'\\', b'0' + (byte >> 6), b'0' + (byte >> 3 & 7), b'0' + (byte & 7)]),
    }
}

fn write_oid(type_oid: Oid, value: Oid, context: &Context<'_>, out: &mut Vec<u8>) -> Result<()> {
    if is_registered(type_oid) {
        if !value.is_valid() {
            out.push(b'-');
            return Ok(());
        }
        if let Some(name) = context.catalog.object_name(type_oid, value) {
            out.extend_from_slice(name.as_bytes());
            return Ok(());
        }
    } else if type_description(type_oid).is_none() {
        let label = context.catalog.enum_label(value).ok_or_else(|| {
            error!(INVALID_BINARY_REPRESENTATION, "invalid internal value for enum: {value}")
        })?;
        out.extend_from_slice(label.as_bytes());
        return Ok(());
    }
    integer_text(value.0, out);
    Ok(())
}

pub fn write_uuid(uuid: &[u8; 16], out: &mut Vec<u8>) {
    for (at, part) in
        [&uuid[..4], &uuid[4..6], &uuid[6..8], &uuid[8..10], &uuid[10..]].into_iter().enumerate()
    {
        if at > 0 {
            out.push(b'-');
        }
        bytea::write_hex(part, out);
    }
}

fn write_array(type_oid: Oid, array: &Array, context: &Context<'_>, out: &mut Vec<u8>) -> Result<()> {
    let element = array.element_type;
    if matches!(type_oid, oid::INT2VECTOR | oid::OIDVECTOR) {
        for row in 0..array.len() {
            if row > 0 {
                out.push(b' ');
            }
            output_row(element, &array.elements, row, context, out)?;
        }
        return Ok(());
    }
    let delimiter = match type_description(element) {
        Some(found) => found.delimiter,
        None => array_element(type_oid, context.catalog).map_or(b',', |(_, delimiter)| delimiter),
    };
    array_text::write(array, delimiter, out, |row, out| {
        output_row(element, &array.elements, row, context, out)
    })
}

fn write_record(record: &Record, context: &Context<'_>, out: &mut Vec<u8>) -> Result<()> {
    out.push(b'(');
    for (number, (field_type, value)) in record.field_types.iter().zip(&record.fields).enumerate() {
        if number > 0 {
            out.push(b',');
        }
        if value.is_null() {
            continue;
        }
        let start = out.len();
        output(*field_type, value, context, out)?;
        let special =
            |byte: &u8| matches!(byte, b'"' | b'\\' | b'(' | b')' | b',') || byte.is_ascii_whitespace();
        if out.len() == start || out[start..].iter().any(special) {
            let text = out.split_off(start);
            out.push(b'"');
            for byte in text {
                if matches!(byte, b'"' | b'\\') {
                    out.push(byte);
                }
                out.push(byte);
            }
            out.push(b'"');
        }
    }
    out.push(b')');
    Ok(())
}

// Binary out.

/// Appends the protocol's binary form of a row that is not NULL.
pub fn send_row(
    type_oid: Oid,
    column: &Column,
    row: usize,
    context: &Context<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    match column.physical_type() {
        PhysicalType::Bool => out.push(column.get::<bool>(row).into()),
        PhysicalType::Char => out.push(column.get(row)),
        PhysicalType::Int2 => out.extend_from_slice(&column.get::<i16>(row).to_be_bytes()),
        PhysicalType::Int4 if type_oid == oid::VOID => {}
        PhysicalType::Int4 => out.extend_from_slice(&column.get::<i32>(row).to_be_bytes()),
        PhysicalType::Int8 => out.extend_from_slice(&column.get::<i64>(row).to_be_bytes()),
        PhysicalType::Oid if type_description(type_oid).is_none() => {
            return write_oid(type_oid, column.get(row), context, out);
        }
        PhysicalType::Oid => out.extend_from_slice(&column.get::<Oid>(row).0.to_be_bytes()),
        PhysicalType::Float4 => out.extend_from_slice(&column.get::<f32>(row).to_be_bytes()),
        PhysicalType::Float8 => out.extend_from_slice(&column.get::<f64>(row).to_be_bytes()),
        PhysicalType::Numeric => column.numeric(row).send(out),
        PhysicalType::Text | PhysicalType::Bytes => out.extend_from_slice(column.bytes(row)),
        PhysicalType::Interval => {
            let interval: Interval = column.get(row);
            out.extend_from_slice(&interval.microseconds.to_be_bytes());
            out.extend_from_slice(&interval.days.to_be_bytes());
            out.extend_from_slice(&interval.months.to_be_bytes());
        }
        PhysicalType::Uuid => out.extend_from_slice(&column.get::<[u8; 16]>(row)),
        PhysicalType::Tid => {
            let tid: TupleId = column.get(row);
            out.extend_from_slice(&tid.block.0.to_be_bytes());
            out.extend_from_slice(&tid.offset.0.to_be_bytes());
        }
        PhysicalType::Array => {
            let array = column.array(row);
            let mut word = |value: i32| out.extend_from_slice(&value.to_be_bytes());
            word(array.dimensions.len() as i32);
            word((0..array.len()).any(|row| array.elements.is_null(row)).into());
            word(array.element_type.0 as i32);
            for dimension in &array.dimensions {
                word(dimension.length);
                word(dimension.lower_bound);
            }
            for row in 0..array.len() {
                send_item(array.element_type, &array.elements, row, context, out)?;
            }
        }
        PhysicalType::Record => {
            let record = column.record(row);
            out.extend_from_slice(&(record.fields.len() as i32).to_be_bytes());
            for (field_type, value) in record.field_types.iter().zip(&record.fields) {
                out.extend_from_slice(&field_type.0.to_be_bytes());
                let physical = value.physical_type().unwrap_or(PhysicalType::Text);
                send_item(*field_type, &Column::constant(physical, value), 0, context, out)?;
            }
        }
    }
    Ok(())
}

/// Appends the binary form of a value that is not NULL.
pub fn send(type_oid: Oid, value: &Value, context: &Context<'_>, out: &mut Vec<u8>) -> Result<()> {
    match value.physical_type() {
        None => Ok(()),
        Some(physical) => send_row(type_oid, &Column::constant(physical, value), 0, context, out),
    }
}

/// A length word and the binary form; -1 for NULL.
fn send_item(
    type_oid: Oid,
    column: &Column,
    row: usize,
    context: &Context<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    if column.is_null(row) {
        out.extend_from_slice(&(-1i32).to_be_bytes());
        return Ok(());
    }
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    send_row(type_oid, column, row, context, out)?;
    let length = (out.len() - start - 4) as i32;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

// Binary in.

/// Reads words from the front of a message.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (head, tail) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| error!(PROTOCOL_VIOLATION, "insufficient data left in message"))?;
        self.0 = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N)?);
        Ok(bytes)
    }

    fn word(&mut self) -> Result<i32> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    /// A length word and that many bytes; `None` for NULL.
    fn item(&mut self) -> Result<Option<&'a [u8]>> {
        match self.word()? {
            -1 => Ok(None),
            length => {
                let length = usize::try_from(length).map_err(|_| {
                    error!(INVALID_BINARY_REPRESENTATION, "insufficient data left in message")
                })?;
                self.take(length).map(Some)
            }
        }
    }
}

/// Reads a value from the protocol's binary form.
///
/// # Errors
/// 22P03 for wrong forms, 08P01 when bytes are missing, 22021 for text that is not UTF-8.
pub fn receive(type_oid: Oid, modifier: i32, bytes: &[u8], context: &Context<'_>) -> Result<Value> {
    let Some(physical) = physical_type(type_oid, context.catalog) else {
        return Err(no_input(&context.catalog.type_name(type_oid)));
    };
    let mut reader = Reader(bytes);
    let value = match physical {
        PhysicalType::Bool => Value::Bool(reader.array::<1>()?[0] != 0),
        PhysicalType::Char => Value::Char(reader.array::<1>()?[0]),
        PhysicalType::Int2 => Value::Int2(i16::from_be_bytes(reader.array()?)),
        PhysicalType::Int4 => receive_i32(type_oid, reader.word()?)?,
        PhysicalType::Int8 => receive_i64(type_oid, modifier, i64::from_be_bytes(reader.array()?))?,
        PhysicalType::Oid if matches!(context.catalog.user_type(type_oid), Some(UserType::Enum)) => {
            return input(type_oid, modifier, utf8(bytes)?, context);
        }
        PhysicalType::Oid => Value::Oid(Oid(u32::from_be_bytes(reader.array()?))),
        PhysicalType::Float4 => Value::Float4(f32::from_be_bytes(reader.array()?)),
        PhysicalType::Float8 => Value::Float8(f64::from_be_bytes(reader.array()?)),
        PhysicalType::Numeric => {
            return Ok(Value::Numeric(Numeric::receive(bytes)?.apply_modifier(modifier)?));
        }
        PhysicalType::Text => return input(type_oid, modifier, utf8(bytes)?, context),
        PhysicalType::Bytes => return Ok(Value::Bytes(bytes.into())),
        PhysicalType::Interval => {
            let microseconds = i64::from_be_bytes(reader.array()?);
            let (days, months) = (reader.word()?, reader.word()?);
            Value::Interval(interval_text::apply_modifier(Interval { microseconds, days, months }, modifier))
        }
        PhysicalType::Uuid => Value::Uuid(reader.array()?),
        PhysicalType::Tid => Value::Tid(TupleId::new(
            BlockNumber(u32::from_be_bytes(reader.array()?)),
            OffsetNumber(u16::from_be_bytes(reader.array()?)),
        )),
        PhysicalType::Array => receive_array(type_oid, modifier, &mut reader, context)?,
        PhysicalType::Record => receive_record(type_oid, &mut reader, context)?,
    };
    if !reader.0.is_empty() {
        return Err(error!(INVALID_BINARY_REPRESENTATION, "incorrect binary data format"));
    }
    Ok(value)
}

fn utf8(bytes: &[u8]) -> Result<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text),
        Ok(_) => {
            Err(error!(CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"UTF8\": 0x00"))
        }
        Err(wrong) => {
            let rest = &bytes[wrong.valid_up_to()..];
            let shown: Vec<String> = rest[..wrong.error_len().unwrap_or(rest.len()).max(1)]
                .iter()
                .map(|byte| format!("0x{byte:02x}"))
                .collect();
            Err(error!(
                CHARACTER_NOT_IN_REPERTOIRE,
                "invalid byte sequence for encoding \"UTF8\": {}",
                shown.join(" ")
            ))
        }
    }
}

fn receive_i32(type_oid: Oid, value: i32) -> Result<Value> {
    use crate::datetime::calendar::{is_finite_date, is_valid_date};
    if type_oid == oid::DATE && is_finite_date(value) && !is_valid_date(value.into()) {
        return Err(error!(DATETIME_VALUE_OUT_OF_RANGE, "date out of range"));
    }
    Ok(Value::Int4(value))
}

fn receive_i64(type_oid: Oid, modifier: i32, value: i64) -> Result<Value> {
    use crate::datetime::calendar::{MICROSECONDS_PER_DAY, is_finite_timestamp, is_valid_timestamp};
    match type_oid {
        oid::TIME if !(0..=MICROSECONDS_PER_DAY).contains(&value) => {
            Err(error!(DATETIME_VALUE_OUT_OF_RANGE, "time out of range"))
        }
        oid::TIME => Ok(Value::Int8(parse::round_time(value, modifier))),
        oid::TIMESTAMP | oid::TIMESTAMPTZ => {
            if is_finite_timestamp(value) && !is_valid_timestamp(value) {
                return Err(error!(DATETIME_VALUE_OUT_OF_RANGE, "timestamp out of range"));
            }
            Ok(Value::Int8(parse::round_timestamp(value, modifier)))
        }
        _ => Ok(Value::Int8(value)),
    }
}

fn receive_array(
    type_oid: Oid,
    modifier: i32,
    reader: &mut Reader<'_>,
    context: &Context<'_>,
) -> Result<Value> {
    let bad = |what: &str| error!(INVALID_BINARY_REPRESENTATION, "{what}");
    let count = reader.word()?;
    if !(0..=MAX_DIMENSIONS as i32).contains(&count) {
        return Err(bad(&format!("invalid number of dimensions: {count}")));
    }
    let flags = reader.word()?;
    if !(0..=1).contains(&flags) {
        return Err(bad("invalid array flags"));
    }
    let element = Oid(reader.word()? as u32);
    if let Some((expected, _)) = array_element(type_oid, context.catalog)
        && expected != element
    {
        let (got, wanted) = (context.catalog.type_name(element), context.catalog.type_name(expected));
        return Err(error!(
            DATATYPE_MISMATCH,
            "binary data has array element type {element} ({got}) instead of expected {expected} ({wanted})"
        ));
    }
    let mut dimensions = Vec::new();
    let mut total = 1i64;
    for _ in 0..count {
        let (length, lower_bound) = (reader.word()?, reader.word()?);
        if length < 0 || lower_bound.checked_add(length).is_none() {
            return Err(bad("invalid array dimensions"));
        }
        total = total.saturating_mul(length.into());
        dimensions.push(Dimension { length, lower_bound });
    }
    if count == 0 || total == 0 {
        let empty = Array {
            element_type: element,
            dimensions: Vec::new(),
            elements: element_column(element, context)?,
        };
        return Ok(Value::Array(Box::new(empty)));
    }
    // Every element has at least a length word, so a wrong count ends the message early.
    let mut elements = element_column(element, context)?;
    for _ in 0..total {
        match reader.item()? {
            None => elements.push_null(),
            Some(bytes) => elements.push_value(&receive(element, modifier, bytes, context)?),
        }
    }
    Ok(Value::Array(Box::new(Array { element_type: element, dimensions, elements })))
}

fn receive_record(type_oid: Oid, reader: &mut Reader<'_>, context: &Context<'_>) -> Result<Value> {
    let count = reader.word()?;
    let (mut field_types, mut fields) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let field_type = Oid(reader.word()? as u32);
        fields.push(match reader.item()? {
            None => Value::Null,
            Some(bytes) => receive(field_type, -1, bytes, context)?,
        });
        field_types.push(field_type);
    }
    if let Some(UserType::Composite(expected)) = context.catalog.user_type(type_oid)
        && !expected.iter().map(|(field_type, _)| field_type).eq(&field_types)
    {
        return Err(error!(
            DATATYPE_MISMATCH,
            "wrong number of columns: {count}, expected {}",
            expected.len()
        ));
    }
    Ok(Value::Record(Box::new(Record { type_oid, field_types: field_types.into(), fields: fields.into() })))
}

/// Writes the text of the given rows, for callers that need all of a column: `each` gets the row and its text.
pub fn output_rows(
    type_oid: Oid,
    column: &Column,
    rows: Rows<'_>,
    context: &Context<'_>,
    mut each: impl FnMut(usize, Option<&[u8]>),
) -> Result<()> {
    let mut buffer = Vec::new();
    rows.try_for_each(|row| {
        if column.is_null(row) {
            each(row, None);
            return Ok(());
        }
        buffer.clear();
        output_row(type_oid, column, row, context, &mut buffer)?;
        each(row, Some(&buffer));
        Ok(())
    })
}
