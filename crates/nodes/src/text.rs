//! The stored text of trees: what the `pg_node_tree` columns hold for defaults, checks, index expressions and views.
//!
//! Lists in parentheses, each led by the name of its node; numbers, names and quoted strings inside. Values are written
//! by their form in memory, so that no session's settings enter. Reading back gives an equal tree.
//! Entry points: [`write_expression`], [`write_query`], [`read_expression`], [`read_query`].

use std::rc::Rc;

use common::{AttributeNumber, BlockNumber, OffsetNumber, Oid, TupleId};
use error::{Error, Result};
use types::{Array, Column as Values, Dimension, Interval, Numeric, PhysicalType, Record, Text, Value};

use crate::expression::*;
use crate::query::*;

pub fn write_expression(expression: &Expression) -> String {
    write(expression)
}

pub fn write_expressions(expressions: &Vec<Expression>) -> String {
    write(expressions)
}

pub fn write_query(query: &Query) -> String {
    write(query)
}

/// # Errors
/// XX001 for a text that was not written here.
pub fn read_expression(text: &str) -> Result<Expression> {
    read(text)
}

/// # Errors
/// XX001 for a text that was not written here.
pub fn read_expressions(text: &str) -> Result<Vec<Expression>> {
    read(text)
}

/// # Errors
/// XX001 for a text that was not written here.
pub fn read_query(text: &str) -> Result<Query> {
    read(text)
}

fn write<T: Stored>(tree: &T) -> String {
    let mut out = String::new();
    tree.write(&mut out);
    out
}

fn read<T: Stored>(text: &str) -> Result<T> {
    let mut reader = Reader { rest: text, depth: 0 };
    let tree = T::read(&mut reader)?;
    if reader.rest.trim_start().is_empty() { Ok(tree) } else { Err(reader.wrong()) }
}

/// Something with a stored text. Every text begins with a space or a parenthesis, so that texts can follow each other.
trait Stored: Sized {
    fn write(&self, out: &mut String);
    fn read(reader: &mut Reader<'_>) -> Result<Self>;
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn wrong(&self) -> Error {
        let near: String = self.rest.chars().take(20).collect();
        Error::corrupted(format!("stored tree cannot be read at \"{near}\""))
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start_matches(' ');
        self.rest.chars().next()
    }

    fn open(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.wrong()) } else { self.expect('(') }
    }

    fn close(&mut self) -> Result<()> {
        self.depth = self.depth.saturating_sub(1);
        self.expect(')')
    }

    fn expect(&mut self, wanted: char) -> Result<()> {
        if self.peek() != Some(wanted) {
            return Err(self.wrong());
        }
        self.rest = &self.rest[wanted.len_utf8()..];
        Ok(())
    }

    /// A name or number.
    fn word(&mut self) -> Result<&'a str> {
        self.peek();
        let end = self.rest.find([' ', '(', ')', '"']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if word.is_empty() {
            return Err(self.wrong());
        }
        self.rest = rest;
        Ok(word)
    }

    fn parse<T: std::str::FromStr>(&mut self) -> Result<T> {
        let word = self.word()?;
        word.parse().map_err(|_| self.wrong())
    }

    fn string(&mut self) -> Result<String> {
        self.expect('"')?;
        let mut text = String::new();
        let mut letters = self.rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                '\\' => match letters.next() {
                    Some((_, escaped)) => text.push(escaped),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(self.wrong())
    }
}

/// Trees nest no deeper than queries may.
const MAX_DEPTH: usize = 30_000;

fn write_string(text: &str, out: &mut String) {
    out.push_str(" \"");
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
}

fn write_word(word: impl std::fmt::Display, out: &mut String) {
    out.push(' ');
    out.push_str(&word.to_string());
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Stored for $type {
            fn write(&self, out: &mut String) { write_word(self, out); }
            fn read(reader: &mut Reader<'_>) -> Result<Self> { reader.parse() }
        }
    )*};
}
numbers!(bool, u8, i16, i32, u32, i64, usize);

macro_rules! newtypes {
    ($($type:ident($inner:ty)),* $(,)?) => {$(
        impl Stored for $type {
            fn write(&self, out: &mut String) { self.0.write(out); }
            fn read(reader: &mut Reader<'_>) -> Result<Self> { <$inner>::read(reader).map($type) }
        }
    )*};
}
newtypes!(Oid(u32), AttributeNumber(i16));

impl Stored for String {
    fn write(&self, out: &mut String) {
        write_string(self, out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<String> {
        reader.string()
    }
}

impl<T: Stored> Stored for Box<T> {
    fn write(&self, out: &mut String) {
        self.as_ref().write(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Box<T>> {
        T::read(reader).map(Box::new)
    }
}

impl Stored for Rc<str> {
    fn write(&self, out: &mut String) {
        write_string(self, out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Rc<str>> {
        reader.string().map(Rc::from)
    }
}

fn write_list<T: Stored>(items: &[T], out: &mut String) {
    out.push('(');
    items.iter().for_each(|item| item.write(out));
    out.push(')');
}

impl<T: Stored> Stored for Rc<[T]> {
    fn write(&self, out: &mut String) {
        write_list(self, out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Rc<[T]>> {
        Vec::read(reader).map(Rc::from)
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn write(&self, out: &mut String) {
        write_list(self, out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Vec<T>> {
        reader.open()?;
        let mut items = Vec::new();
        while reader.peek() != Some(')') {
            items.push(T::read(reader)?);
        }
        reader.close()?;
        Ok(items)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self, out: &mut String) {
        match self {
            Some(value) => {
                out.push('(');
                value.write(out);
                out.push(')');
            }
            None => out.push_str(" -"),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Option<T>> {
        if reader.peek() == Some('-') {
            reader.expect('-')?;
            return Ok(None);
        }
        reader.open()?;
        let value = T::read(reader)?;
        reader.close()?;
        Ok(Some(value))
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write(&self, out: &mut String) {
        out.push('(');
        self.0.write(out);
        self.1.write(out);
        out.push(')');
    }

    fn read(reader: &mut Reader<'_>) -> Result<(A, B)> {
        reader.open()?;
        let pair = (A::read(reader)?, B::read(reader)?);
        reader.close()?;
        Ok(pair)
    }
}

/// Structs are written as their fields in order; new fields go to the end.
macro_rules! structs {
    ($($type:ident { $($field:ident),* $(,)? })*) => {$(
        impl Stored for $type {
            fn write(&self, out: &mut String) {
                out.push_str(concat!("(", stringify!($type)));
                $(self.$field.write(out);)*
                out.push(')');
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self> {
                reader.open()?;
                if reader.word()? != stringify!($type) {
                    return Err(reader.wrong());
                }
                $(let $field = Stored::read(reader)?;)*
                reader.close()?;
                Ok($type { $($field),* })
            }
        }
    )*};
}

/// Enums are written as the variant's name with its fields.
macro_rules! enums {
    ($($type:ident {
        $($unit:ident),* ;
        $($tuple:ident($($item:ident),*)),* ;
        $($record:ident { $($field:ident),* }),* $(;
        $($never:ident),*)?
    })*) => {$(
        impl Stored for $type {
            fn write(&self, out: &mut String) {
                out.push('(');
                match self {
                    $($type::$unit => out.push_str(stringify!($unit)),)*
                    $($type::$tuple($($item),*) => {
                        out.push_str(stringify!($tuple));
                        $(Stored::write($item, out);)*
                    })*
                    $($type::$record { $($field),* } => {
                        out.push_str(stringify!($record));
                        $(Stored::write($field, out);)*
                    })*
                    // Parts of plans are never stored; what is written cannot be read.
                    $($($type::$never(_) => out.push_str(stringify!($never)),)*)?
                }
                out.push(')');
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self> {
                reader.open()?;
                let name = reader.word()?;
                let node = match name {
                    $(stringify!($unit) => $type::$unit,)*
                    $(stringify!($tuple) => {
                        $(let $item = Stored::read(reader)?;)*
                        $type::$tuple($($item),*)
                    })*
                    $(stringify!($record) => {
                        $(let $field = Stored::read(reader)?;)*
                        $type::$record { $($field),* }
                    })*
                    _ => return Err(reader.wrong()),
                };
                reader.close()?;
                Ok(node)
            }
        }
    )*};
}

structs! {
    DataType { oid, modifier, collation }
    Constant { value, data_type, location }
    Variable { range, attribute, levels_up, data_type, location }
    Column { index, data_type }
    Parameter { kind, index, data_type }
    FunctionCall { function, arguments, data_type, returns_set, variadic, input_collation, display, location }
    AggregateCall {
        function, star, direct_arguments, arguments, distinct, order_by, argument_count, filter, data_type,
        input_collation, levels_up, location,
    }
    WindowCall {
        function, is_aggregate, star, arguments, filter, window, data_type, input_collation, location,
    }
    Case { operand, branches, otherwise, data_type }
    ScalarArray { operator, function, any, left, right, input_collation }
    SubLink { kind, query, data_type, location }
    Comparison { left, operators, row }
    Query {
        command, range_table, from, filter, targets, result_relation, on_conflict, returning, common_tables,
        recursive, group_by, grouping_sets, having, windows, distinct, order_by, limit, limit_with_ties, offset,
        row_locks, set_operation, has_aggregates, has_windows, has_sublinks, has_set_functions,
    }
    Target { expression, name, attribute, hidden, origin }
    RangeTableEntry { kind, name, columns, lateral, required, check_as }
    RangeColumn { name, data_type, dropped }
    RangeFunction { expression, column_count, columns }
    Privileges { select, insert, update, delete, selected_columns, inserted_columns, updated_columns }
    Join { kind, left, right, condition, range }
    CommonTable { name, query, columns, materialized, recursive, reference_count }
    SortClause { target, operator, equal, descending, nulls_first }
    GroupItem { target, equal }
    Window { name, partition_by, order_by, frame }
    Frame { mode, start, end, exclusion }
    RowLock { range, strength, wait }
    OnConflict { arbiters, update, excluded }
    ConflictUpdate { targets, filter }
    Dimension { length, lower_bound }
    Interval { microseconds, days, months }
}

enums! {
    Expression {
        ;
        Constant(a), Variable(a), Column(a), Parameter(a), Function(a), Aggregate(a), Window(a), And(a), Or(a), Not(a),
        Case(a), CaseOperand(a), ScalarArray(a), SubLink(a), SetToDefault(a);
        Coalesce { arguments, data_type },
        Extreme { greatest, arguments, data_type },
        NullIf { equal, left, right, data_type },
        IsNull { argument, negated },
        BooleanTest { argument, test },
        IsDistinct { equal, left, right, negated },
        Array { elements, element_type, nested, data_type },
        Row { fields, data_type },
        Subscript { argument, subscripts, data_type },
        Field { argument, field, data_type },
        Relabel { argument, data_type, display },
        CoerceViaText { argument, data_type, display },
        ArrayCoerce { argument, element, data_type, display },
        SessionValue { kind, data_type },
        NextValue { sequence, data_type },
        NamedArgument { name, argument };
        SubPlan
    }
    ParameterKind { External, Execution; ; }
    Display { Call, ExplicitCast, ImplicitCast, SqlSyntax; Operator(a); }
    BooleanTest { IsTrue, IsNotTrue, IsFalse, IsNotFalse, IsUnknown, IsNotUnknown; ; }
    Subscript { ; Index(a); Slice { lower, upper } }
    SubLinkKind { Exists, Scalar, Array; Any(a), All(a); }
    SessionValue {
        CurrentDate, CurrentTime, CurrentTimestamp, LocalTime, LocalTimestamp, CurrentUser, SessionUser,
        CurrentCatalog, CurrentSchema; ;
    }
    Command { Select, Insert, Update, Delete; ; }
    RangeKind {
        Empty;
        ;
        Relation { relation, only },
        Subquery { query, view },
        Function { functions, ordinality },
        Values { rows },
        CommonTable { name, levels_up, recursive_reference },
        Join { columns }
    }
    FromItem { ; Range(a), Join(a); }
    JoinKind { Inner, Left, Right, Full, Semi, Anti; ; }
    Distinct { No; All(a), On(a); }
    FrameMode { Rows, Range, Groups; ; }
    FrameBound { UnboundedPreceding, CurrentRow, UnboundedFollowing; Preceding(a), Following(a); }
    FrameExclusion { None, CurrentRow, Group, Ties; ; }
    RowLockStrength { KeyShare, Share, NoKeyUpdate, Update; ; }
    LockWait { Block, SkipLocked, Error; ; }
    SetOperation { ; Leaf(a); Node { kind, all, left, right, columns, sort } }
    SetOperationKind { Union, Intersect, Except; ; }
    PhysicalType {
        Bool, Char, Int2, Int4, Int8, Oid, Float4, Float8, Numeric, Text, Bytes, Interval, Uuid, Tid, Array, Record; ;
    }
    Value {
        Null;
        Bool(a), Char(a), Int2(a), Int4(a), Int8(a), Oid(a), Float4(a), Float8(a), Numeric(a), Text(a), Bytes(a),
        Interval(a), Uuid(a), Tid(a), Array(a), Record(a);
    }
}

/// Floating-point numbers as their bits: nothing is lost, not even the payload of a NaN.
impl Stored for f32 {
    fn write(&self, out: &mut String) {
        self.to_bits().write(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<f32> {
        reader.parse().map(f32::from_bits)
    }
}

impl Stored for f64 {
    fn write(&self, out: &mut String) {
        write_word(self.to_bits(), out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<f64> {
        reader.parse().map(f64::from_bits)
    }
}

impl Stored for Numeric {
    fn write(&self, out: &mut String) {
        let mut digits = Vec::new();
        self.write(&mut digits);
        write_string(&String::from_utf8_lossy(&digits), out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Numeric> {
        let text = reader.string()?;
        Numeric::parse(&text).map_err(|_| reader.wrong())
    }
}

impl Stored for Text {
    fn write(&self, out: &mut String) {
        write_string(self, out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Text> {
        reader.string().map(|text| Text::new(&text))
    }
}

impl Stored for Box<[u8]> {
    fn write(&self, out: &mut String) {
        let digits: String = self.iter().map(|byte| format!("{byte:02x}")).collect();
        write_string(&digits, out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Box<[u8]>> {
        let digits = reader.string()?;
        let byte = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
        bytes.map(Vec::into_boxed_slice).ok_or_else(|| reader.wrong())
    }
}

impl Stored for [u8; 16] {
    fn write(&self, out: &mut String) {
        self.to_vec().into_boxed_slice().write(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<[u8; 16]> {
        let bytes = <Box<[u8]>>::read(reader)?;
        bytes.as_ref().try_into().map_err(|_| reader.wrong())
    }
}

impl Stored for TupleId {
    fn write(&self, out: &mut String) {
        self.block.0.write(out);
        write_word(self.offset.0, out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<TupleId> {
        let block = BlockNumber(reader.parse()?);
        Ok(TupleId::new(block, OffsetNumber(reader.parse()?)))
    }
}

impl Stored for Array {
    fn write(&self, out: &mut String) {
        self.element_type.write(out);
        self.dimensions.write(out);
        self.elements.physical_type().write(out);
        self.values().collect::<Vec<Value>>().write(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Array> {
        let element_type = Oid::read(reader)?;
        let dimensions = Vec::read(reader)?;
        let physical = PhysicalType::read(reader)?;
        let values: Vec<Value> = Vec::read(reader)?;
        if values.iter().any(|value| value.physical_type().is_some_and(|found| found != physical)) {
            return Err(reader.wrong());
        }
        let elements = Values::from_values(physical, &values);
        Ok(Array { element_type, dimensions, elements })
    }
}

impl Stored for Record {
    fn write(&self, out: &mut String) {
        self.type_oid.write(out);
        self.field_types.to_vec().write(out);
        self.fields.to_vec().write(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Record> {
        let type_oid = Oid::read(reader)?;
        let field_types: Vec<Oid> = Vec::read(reader)?;
        let fields: Vec<Value> = Vec::read(reader)?;
        Ok(Record { type_oid, field_types: field_types.into(), fields: fields.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written must come back, whatever stands in it; what was not written must be refused, not misread.
    #[test]
    fn values_survive() {
        let texts = ["", "a b", "quote \" and \\ and ) (", "äöü\n"];
        let numbers = ["0", "1.50", "-12345678901234567890.123", "NaN", "Infinity"];
        let mut values: Vec<Value> = texts.iter().map(|text| Value::text(text)).collect();
        values.extend(numbers.iter().map(|text| Value::Numeric(Numeric::parse(text).unwrap())));
        values.extend([
            Value::Null,
            Value::Bool(true),
            Value::Char(200),
            Value::Int2(-1),
            Value::Int8(i64::MIN),
            Value::Float8(-0.1),
            Value::Float4(f32::INFINITY),
            Value::Bytes(vec![0, 255, 16].into()),
            Value::Interval(Interval::new(1, -2, 3)),
            Value::Uuid([7; 16]),
            Value::Tid(TupleId::new(BlockNumber(4), OffsetNumber(2))),
        ]);
        let elements = Values::from_values(PhysicalType::Int4, &[Value::Int4(1), Value::Null]);
        values.push(Value::Array(Box::new(Array::new(types::oid::INT4, elements))));
        for value in values {
            let tree = Expression::constant(value, DataType::new(types::oid::TEXT));
            let text = write_expression(&tree);
            assert_eq!(read_expression(&text).unwrap(), tree, "{text}");
            for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
                assert!(read_expression(&text[..cut]).is_err(), "{}", &text[..cut]);
            }
        }
    }
}
