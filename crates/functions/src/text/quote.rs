//! Quoting, and functions that take any number of values of any type: `concat`, `format` and their kin.

use common::Oid;
use error::{Error, Result, error};
use expression::sql::*;
use expression::{CallContext, FunctionDeclaration, Implementation};
use types::{Array, Column, PhysicalType, Rows, Value, io, oid};

/// Words that an identifier may not be without quotes.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "between",
    "bigint", "binary", "bit", "boolean", "both", "case", "cast", "char", "character", "check", "coalesce",
    "collate", "collation", "column", "concurrently", "constraint", "create", "cross", "current_catalog",
    "current_date", "current_role", "current_schema", "current_time", "current_timestamp", "current_user",
    "dec", "decimal", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "exists",
    "extract", "false", "fetch", "float", "for", "foreign", "freeze", "from", "full", "grant", "greatest",
    "group", "grouping", "having", "ilike", "in", "initially", "inner", "inout", "int", "integer", "intersect",
    "interval", "into", "is", "isnull", "join", "json", "json_array", "json_arrayagg", "json_exists",
    "json_object", "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_table", "json_value",
    "lateral", "leading", "least", "left", "like", "limit", "localtime", "localtimestamp", "merge_action",
    "national", "natural", "nchar", "none", "normalize", "not", "notnull", "null", "nullif", "numeric",
    "offset", "on", "only", "or", "order", "out", "outer", "overlaps", "overlay", "placing", "position",
    "precision", "primary", "real", "references", "returning", "right", "row", "select", "session_user",
    "setof", "similar", "smallint", "some", "substring", "symmetric", "system_user", "table", "tablesample",
    "then", "time", "timestamp", "to", "trailing", "treat", "trim", "true", "union", "unique", "user", "using",
    "values", "varchar", "variadic", "verbose", "when", "where", "window", "with", "xmlattributes",
    "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot",
    "xmlserialize", "xmltable",
];

/// An identifier as SQL wants it, quoted where it must be.
pub fn quote_identifier(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && RESERVED.binary_search(&name).is_err();
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A literal as SQL wants it; one with backslashes has the form `E'...'`.
pub fn quote_literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// The text of one argument of a call; `None` for NULL.
fn text_of(context: &CallContext<'_>, type_oid: Oid, column: &Column, row: usize) -> Result<Option<String>> {
    if column.is_null(row) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    io::output_row(type_oid, column, row, &context.io(), &mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn type_of(context: &CallContext<'_>, argument: usize) -> Oid {
    context.argument_types.get(argument).copied().unwrap_or(oid::TEXT)
}

fn any_text(context: &CallContext<'_>, argument: usize, value: AnyValue<'_>) -> Result<String> {
    let text = text_of(context, type_of(context, argument), value.column, value.row)?;
    Ok(text.unwrap_or_default())
}

expression::builtins! {
    pub static FUNCTIONS:
    1282 "quote_ident" (name: text) -> text, strict immutable { Ok(quote_identifier(name)) }
    1283 "quote_literal" (value: text) -> text, strict immutable { Ok(quote_literal(value)) }
    1289 "quote_nullable" (value: text) -> text, nullable immutable { Ok(value.map_or_else(|| "NULL".to_owned(), quote_literal)) }
    1285 "quote_literal" (value: anyelement) using context -> text, strict stable {
        Ok(quote_literal(&any_text(context, 0, value)?))
    }
    1290 "quote_nullable" (value: anyelement) using context -> text, nullable stable {
        match value {
            None => Ok("NULL".to_owned()),
            Some(value) => Ok(quote_literal(&any_text(context, 0, value)?)),
        }
    }
    2004 "anytextcat" (value: anynonarray, other: text) using context -> text, strict stable {
        Ok(any_text(context, 0, value)? + other)
    }
    2003 "textanycat" (value: text, other: anynonarray) using context -> text, strict stable {
        Ok(value.to_owned() + &any_text(context, 1, other)?)
    }
}

/// The values of a call with any number of arguments.
pub(crate) struct Values {
    pub types: Vec<Oid>,
    pub values: Vec<Value>,
}

impl Values {
    /// Those of one row, without the first `skip`.
    pub fn of(context: &CallContext<'_>, arguments: &[&Column], skip: usize, row: usize) -> Values {
        let types = (skip..arguments.len()).map(|at| type_of(context, at)).collect();
        let values = arguments[skip..].iter().map(|column| column.value(row)).collect();
        Values { types, values }
    }

    fn text(&self, context: &CallContext<'_>, at: usize) -> Result<Option<String>> {
        match &self.values[at] {
            Value::Null => Ok(None),
            value => io::output_text(self.types[at], value, &context.io()).map(Some),
        }
    }

    /// The text of all values that are not NULL.
    fn texts(&self, context: &CallContext<'_>) -> Result<Vec<String>> {
        let texts = (0..self.values.len()).map(|at| self.text(context, at));
        texts.filter_map(Result::transpose).collect()
    }
}

/// Fills `out` with the text that `make` gives for each row; `None` is NULL.
pub(crate) fn fill_texts(
    rows: Rows<'_>,
    out: &mut Column,
    mut make: impl FnMut(usize) -> Result<Option<String>>,
) -> Result<()> {
    out.resize(rows.length());
    rows.try_for_each(|row| {
        match make(row)? {
            Some(text) => out.set_text(row, &text),
            None => out.set_null(row),
        }
        Ok(())
    })
}

fn concat(
    context: &mut CallContext<'_>,
    arguments: &[&Column],
    rows: Rows<'_>,
    out: &mut Column,
) -> Result<()> {
    fill_texts(rows, out, |row| {
        let texts = Values::of(context, arguments, 0, row).texts(context)?;
        Ok(Some(texts.concat()))
    })
}

fn concat_ws(
    context: &mut CallContext<'_>,
    arguments: &[&Column],
    rows: Rows<'_>,
    out: &mut Column,
) -> Result<()> {
    fill_texts(rows, out, |row| {
        if arguments[0].is_null(row) {
            return Ok(None);
        }
        let texts = Values::of(context, arguments, 1, row).texts(context)?;
        Ok(Some(texts.join(arguments[0].text(row))))
    })
}

/// `format(...)`.
fn format_values(
    context: &mut CallContext<'_>,
    arguments: &[&Column],
    rows: Rows<'_>,
    out: &mut Column,
) -> Result<()> {
    fill_texts(rows, out, |row| {
        if arguments[0].is_null(row) {
            return Ok(None);
        }
        let values = Values::of(context, arguments, 1, row);
        Format { context, values: &values, next: 0 }.run(arguments[0].text(row)).map(Some)
    })
}

#[cold]
fn unterminated() -> Error {
    error!(INVALID_PARAMETER_VALUE, "unterminated format() type specifier")
        .hint("For a single \"%\" use \"%%\".")
}

/// Fills in a format string: `%[position$][flags][width]type`.
struct Format<'a, 'b> {
    context: &'a CallContext<'b>,
    values: &'a Values,
    next: usize,
}

impl Format<'_, '_> {
    fn run(mut self, format: &str) -> Result<String> {
        let mut out = String::new();
        let mut letters = format.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter != '%' {
                out.push(letter);
                continue;
            }
            if letters.next_if_eq(&'%').is_some() {
                out.push('%');
                continue;
            }
            let mut position = None;
            let mut width = None;
            let mut to_the_left = false;
            let number = read_number(&mut letters)?;
            if number.is_some() && letters.next_if_eq(&'$').is_some() {
                position = number;
            } else {
                width = number;
            }
            if width.is_none() {
                while letters.next_if_eq(&'-').is_some() {
                    to_the_left = true;
                }
                if letters.next_if_eq(&'*').is_some() {
                    let at = read_number(&mut letters)?;
                    if at.is_some() && letters.next_if_eq(&'$').is_none() {
                        return Err(error!(
                            INVALID_PARAMETER_VALUE,
                            "width argument position must be ended by \"$\""
                        ));
                    }
                    let value = self.take(at)?;
                    let given = self.values.text(self.context, value)?;
                    let given = given.map_or(Ok(0), |text| types::integer::parse::<i32>(&text, "integer"))?;
                    to_the_left |= given < 0;
                    width = Some(given.unsigned_abs() as usize);
                } else {
                    width = read_number(&mut letters)?;
                }
            }
            let kind = letters.next().ok_or_else(unterminated)?;
            if !matches!(kind, 's' | 'I' | 'L') {
                return Err(error!(
                    INVALID_PARAMETER_VALUE,
                    "unrecognized format() type specifier \"{kind}\""
                )
                .hint("For a single \"%\" use \"%%\"."));
            }
            let value = self.take(position)?;
            let text = match (kind, self.values.text(self.context, value)?) {
                ('I', None) => {
                    return Err(error!(
                        NULL_VALUE_NOT_ALLOWED,
                        "null values cannot be formatted as an SQL identifier"
                    ));
                }
                ('I', Some(text)) => quote_identifier(&text),
                ('L', None) => "NULL".to_owned(),
                ('L', Some(text)) => quote_literal(&text),
                (_, text) => text.unwrap_or_default(),
            };
            let blanks = width.unwrap_or(0).saturating_sub(text.chars().count());
            if !to_the_left {
                out.extend(std::iter::repeat_n(' ', blanks));
            }
            out.push_str(&text);
            if to_the_left {
                out.extend(std::iter::repeat_n(' ', blanks));
            }
        }
        Ok(out)
    }

    /// The index of the value to use: a given position, or the one behind the last.
    fn take(&mut self, position: Option<usize>) -> Result<usize> {
        let at = match position {
            Some(0) => {
                return Err(error!(
                    INVALID_PARAMETER_VALUE,
                    "format specifies argument 0, but arguments are numbered from 1"
                ));
            }
            Some(position) => position - 1,
            None => self.next,
        };
        self.next = at + 1;
        if at >= self.values.values.len() {
            return Err(error!(INVALID_PARAMETER_VALUE, "too few arguments for format()"));
        }
        Ok(at)
    }
}

fn read_number(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Option<usize>> {
    let mut number = None;
    while let Some(digit) = letters.peek().and_then(|letter| letter.to_digit(10)) {
        letters.next();
        let value = number.unwrap_or(0usize) * 10 + digit as usize;
        if value > i32::MAX as usize {
            return Err(error!(NUMERIC_VALUE_OUT_OF_RANGE, "number is out of range"));
        }
        number = Some(value);
    }
    Ok(number)
}

/// How many of the arguments are NULL, or are not.
fn count_nulls<const NULLS: bool>(
    _: &mut CallContext<'_>,
    arguments: &[&Column],
    rows: Rows<'_>,
    out: &mut Column,
) -> Result<()> {
    out.resize(rows.length());
    rows.for_each(|row| {
        let count = arguments.iter().filter(|column| column.is_null(row) == NULLS).count();
        out.set_i32(row, count as i32);
    });
    Ok(())
}

/// The functions with any number of arguments of any type.
pub static VARIADIC: &[FunctionDeclaration] = &[
    FunctionDeclaration::new(3058, "concat", &[oid::ANY], oid::TEXT, Implementation::Scalar(concat))
        .stable()
        .variadic(oid::ANY)
        .description(&[" Joins the text of all arguments, NULLs left out."]),
    FunctionDeclaration::new(
        3059,
        "concat_ws",
        &[oid::TEXT, oid::ANY],
        oid::TEXT,
        Implementation::Scalar(concat_ws),
    )
    .stable()
    .variadic(oid::ANY),
    FunctionDeclaration::new(
        3539,
        "format",
        &[oid::TEXT, oid::ANY],
        oid::TEXT,
        Implementation::Scalar(format_values),
    )
    .stable()
    .variadic(oid::ANY),
    FunctionDeclaration::new(3540, "format", &[oid::TEXT], oid::TEXT, Implementation::Scalar(format_values))
        .stable(),
    FunctionDeclaration::new(
        438,
        "num_nulls",
        &[oid::ANY],
        oid::INT4,
        Implementation::Scalar(count_nulls::<true>),
    )
    .immutable()
    .variadic(oid::ANY),
    FunctionDeclaration::new(
        440,
        "num_nonnulls",
        &[oid::ANY],
        oid::INT4,
        Implementation::Scalar(count_nulls::<false>),
    )
    .immutable()
    .variadic(oid::ANY),
];

/// Words as an array of texts.
pub fn text_array(words: impl IntoIterator<Item = Option<String>>) -> Array {
    let mut column = Column::new(PhysicalType::Text);
    for word in words {
        match word {
            Some(word) => column.push_text(&word),
            None => column.push_null(),
        }
    }
    Array::new(oid::TEXT, column)
}
