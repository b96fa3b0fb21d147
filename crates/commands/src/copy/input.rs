//! COPY FROM: lines become columns, and columns rows of the table, a batch at a time.

use std::rc::Rc;

use access_heap::BulkInsert;
use catalog::{Relation, RelationColumn, RelationKind};
use error::{Error, Result, error};
use executor::TableWriter;
use parser::ast::{CopySource, CopyStatement};
use shared_memory::Progress;
use storage_lock::LockMode;
use types::{BATCH_ROWS, Column, PhysicalType, Rows, Value, oid};

use super::options::{CopyOptions, Header, read};
use super::split::{Fields, Lines};
use super::{BYTES, EXCLUDED_ROWS, ROWS, progress};
use crate::constraint::column_of;
use crate::environment::Environment;

/// Characters of a line that an error quotes.
const QUOTED: usize = 100;

/// A running COPY FROM.
pub struct CopyIn {
    _progress: Progress,
    relation: Rc<Relation>,
    options: CopyOptions,
    /// Positions in the table of the columns that come, in the order in which they come.
    targets: Vec<usize>,
    filter: Option<String>,
    lines: Lines,
    fields: Fields,
    line_number: u64,
    /// The line that is being read, for errors.
    current: Vec<u8>,
    columns: Vec<Column>,
    rows: usize,
    /// Line number of each row of the batch.
    numbers: Vec<u64>,
    bulk: Option<BulkInsert>,
    inserted: u64,
}

/// The columns that COPY names, or all of them.
pub(crate) fn chosen(relation: &Relation, names: &[String]) -> Result<Vec<usize>> {
    if names.is_empty() {
        return Ok(relation.live_columns().map(|column| column.number.index()).collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let at = column_of(relation, name)?.number.index();
        if chosen.contains(&at) {
            return Err(error!(DUPLICATE_COLUMN, "column \"{name}\" specified more than once"));
        }
        chosen.push(at);
    }
    Ok(chosen)
}

impl CopyIn {
    /// Checks the statement and locks the table.
    /// # Errors
    /// What PostgreSQL reports of the table, its columns and the options.
    pub fn new(environment: &mut Environment<'_>, statement: &CopyStatement) -> Result<CopyIn> {
        let CopySource::Table { name, columns } = &statement.source else {
            return Err(error!(SYNTAX_ERROR, "COPY query INTO or FROM is not possible"));
        };
        let relation = environment.relation(name, LockMode::RowExclusive)?;
        match relation.kind {
            RelationKind::Table => {}
            RelationKind::View => {
                return Err(error!(WRONG_OBJECT_TYPE, "cannot copy to view \"{}\"", relation.name)
                    .hint("To enable copying to a view, provide an INSTEAD OF INSERT trigger."));
            }
            RelationKind::Sequence => {
                return Err(error!(WRONG_OBJECT_TYPE, "cannot copy to sequence \"{}\"", relation.name));
            }
            _ => {
                return Err(error!(
                    WRONG_OBJECT_TYPE,
                    "cannot copy to non-table relation \"{}\"", relation.name
                ));
            }
        }
        crate::privilege::check_letter(environment.catalog, &relation, environment.user, 'a')?;
        let options = read(&statement.options, true)?;
        if options.freeze && !environment.catalog.session().made_file(relation.storage.file) {
            return Err(error!(
                OBJECT_NOT_IN_PREREQUISITE_STATE,
                "cannot perform COPY FREEZE because the table was not created or truncated in the current subtransaction"
            ));
        }
        let targets = chosen(&relation, columns)?;
        for at in &targets {
            if relation.columns[*at].generated != 0 {
                let column = &relation.columns[*at].name;
                return Err(error!(INVALID_COLUMN_REFERENCE, "column \"{column}\" is a generated column")
                    .detail("Generated columns cannot be used in COPY."));
            }
        }
        let filter = match &statement.filter {
            None => None,
            Some(condition) => {
                let settings = environment.analyzer_settings();
                let kind = analyzer::ExpressionKind::IndexPredicate;
                let (source, catalog) = (environment.source, environment.catalog);
                let value = analyzer::analyze_expression(
                    condition, source, &relation, kind, None, catalog, &settings,
                )?;
                Some(nodes::text::write_expression(&value))
            }
        };
        let columns = relation.columns.iter().map(|column| Column::new(column.physical)).collect();
        let progress = progress(statement, relation.oid);
        Ok(CopyIn {
            _progress: progress,
            relation,
            options,
            targets,
            filter,
            lines: Lines::default(),
            fields: Fields::default(),
            line_number: 0,
            current: Vec::new(),
            columns,
            rows: 0,
            numbers: Vec::new(),
            bulk: None,
            inserted: 0,
        })
    }

    /// How many columns come.
    pub fn column_count(&self) -> usize {
        self.targets.len()
    }

    /// The line that is to come, as errors name their place.
    pub fn next_line(&self) -> String {
        format!("COPY {}, line {}", self.relation.name, self.line_number + 1)
    }

    /// Takes in the next bytes, however they are cut.
    /// # Errors
    /// 22P04 and whatever input functions and constraints report, with the line as context.
    pub fn feed(&mut self, environment: &mut Environment<'_>, bytes: &[u8]) -> Result<()> {
        BYTES.add(bytes.len() as u64);
        self.lines.feed(bytes);
        self.take_lines(environment, false)
    }

    /// The stream is at its end; gives the number of rows.
    /// # Errors
    /// As [`CopyIn::feed`].
    pub fn finish(&mut self, environment: &mut Environment<'_>) -> Result<u64> {
        if self.lines.in_quotes() && self.options.csv {
            self.line_number += 1;
            let bytes = self.lines.bytes().to_vec();
            return Err(error!(BAD_COPY_FILE_FORMAT, "unterminated CSV quoted field")
                .context(self.line_context(Some(&bytes))));
        }
        self.take_lines(environment, true)?;
        self.flush(environment)?;
        Ok(self.inserted)
    }

    fn take_lines(&mut self, environment: &mut Environment<'_>, is_last: bool) -> Result<()> {
        while let Some((start, end)) = self.lines.next(&self.options, is_last) {
            self.line_number += 1;
            let line = &self.lines.bytes()[start..end];
            self.current.clear();
            self.current.extend_from_slice(line);
            if std::str::from_utf8(&self.current).is_err() {
                let context = self.line_context(None);
                return Err(invalid_utf8(&self.current).context(context));
            }
            let split = self.fields.split(&self.current, &self.options, self.lines.end());
            split.map_err(|error| error.context(self.line_context(Some(&self.current))))?;
            if self.line_number == 1 && self.options.header != Header::No {
                self.check_header()?;
                continue;
            }
            self.row(environment)?;
            if self.rows == BATCH_ROWS {
                system::interrupt::check()?;
                self.flush(environment)?;
            }
        }
        Ok(())
    }

    fn line_context(&self, line: Option<&[u8]>) -> String {
        let place = format!("COPY {}, line {}", self.relation.name, self.line_number);
        match line {
            None => place,
            Some(line) => format!("{place}: \"{}\"", shortened(line)),
        }
    }

    fn check_header(&self) -> Result<()> {
        if self.options.header != Header::Match {
            return Ok(());
        }
        let fail = |error: Error| Err(error.context(self.line_context(Some(&self.current))));
        if self.fields.len() != self.targets.len() {
            return fail(error!(
                BAD_COPY_FILE_FORMAT,
                "wrong number of fields in header line: got {}, expected {}",
                self.fields.len(),
                self.targets.len()
            ));
        }
        for (at, target) in self.targets.iter().enumerate() {
            let wanted = &self.relation.columns[*target].name;
            let found = String::from_utf8_lossy(self.fields.raw(at));
            if self.fields.get(at).is_none() {
                return fail(error!(
                    BAD_COPY_FILE_FORMAT,
                    "column name mismatch in header line field {}: got null value (\"{}\"), expected \"{wanted}\"",
                    at + 1,
                    self.options.null
                ));
            }
            if found != **wanted {
                return fail(error!(
                    BAD_COPY_FILE_FORMAT,
                    "column name mismatch in header line field {}: got \"{found}\", expected \"{wanted}\"",
                    at + 1
                ));
            }
        }
        Ok(())
    }

    /// The fields of the line become a row of the batch.
    fn row(&mut self, environment: &Environment<'_>) -> Result<()> {
        let count = self.fields.len();
        if count > self.targets.len() {
            return Err(error!(BAD_COPY_FILE_FORMAT, "extra data after last expected column")
                .context(self.line_context(Some(&self.current))));
        }
        if count < self.targets.len() {
            let missing = &self.relation.columns[self.targets[count]].name;
            return Err(error!(BAD_COPY_FILE_FORMAT, "missing data for column \"{missing}\"")
                .context(self.line_context(Some(&self.current))));
        }
        for (at, target) in self.targets.iter().enumerate() {
            let column = &self.relation.columns[*target];
            let text = match self.fields.get(at) {
                None if self.options.csv && self.options.force_not_null.contains(&column.name) => {
                    Some(self.fields.raw(at))
                }
                Some(text)
                    if self.fields.is_quoted(at)
                        && text == self.options.null.as_bytes()
                        && self.options.force_null.contains(&column.name) =>
                {
                    None
                }
                other => other,
            };
            let Some(text) = text else {
                self.columns[*target].push_null();
                continue;
            };
            if let Err(error) = value(environment, column, text, &mut self.columns[*target]) {
                if self.current.contains(&0) {
                    let text = "invalid byte sequence for encoding \"UTF8\": 0x00";
                    return Err(
                        error!(CHARACTER_NOT_IN_REPERTOIRE, "{text}").context(self.line_context(None))
                    );
                }
                let quoted = shortened(text);
                return Err(error.context(format!(
                    "COPY {}, line {}, column {}: \"{quoted}\"",
                    self.relation.name, self.line_number, column.name
                )));
            }
        }
        self.rows += 1;
        self.numbers.push(self.line_number);
        Ok(())
    }

    /// Gives the batch its defaults, checks it and stores it.
    fn flush(&mut self, environment: &mut Environment<'_>) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let rows = self.rows;
        let relation = self.relation.clone();
        let catalog = environment.catalog;
        let is_frozen = self.options.freeze;
        let bulk = self.bulk.get_or_insert_with(|| match is_frozen {
            true => BulkInsert::frozen(catalog.access()),
            false => BulkInsert::new(catalog.access()),
        });
        let (columns, targets, numbers) = (&mut self.columns, &self.targets, &self.numbers);
        let place = |row: usize| format!("COPY {}, line {}", relation.name, numbers[row]);
        let filter = &self.filter;
        let inserted = environment.with_runtime(|runtime| {
            for (at, column) in relation.columns.iter().enumerate() {
                if targets.contains(&at) {
                    continue;
                }
                let default = match &column.default {
                    Some(stored) if !column.dropped => Some(executor::stored_expression(runtime, stored)?),
                    _ => None,
                };
                match default {
                    None => (0..rows).for_each(|_| columns[at].push_null()),
                    Some(mut default) => {
                        default
                            .compute(runtime, &[], Rows::all(rows))
                            .map_err(|error| error.context(place(0)))?;
                        let values = default.result(&[]);
                        for row in 0..rows {
                            columns[at].push_value(&values.value(row));
                        }
                    }
                }
            }
            if let Some(filter) = filter {
                keep_wanted(runtime, filter, columns, rows)?;
            }
            let rows = columns.first().map_or(rows, Column::len);
            let mut writer = TableWriter::new(runtime, relation.clone())?;
            if let Err(error) = writer.check(runtime, columns, rows) {
                return Err(blame(&mut writer, runtime, columns, rows, &place).unwrap_or(error));
            }
            writer.insert_many(runtime, columns, 0..rows, bulk).map_err(|(row, error)| match row {
                Some(row) => error.context(place(row)),
                None => error,
            })?;
            Ok(rows as u64)
        })?;
        self.inserted += inserted;
        ROWS.set(self.inserted);
        EXCLUDED_ROWS.add(rows as u64 - inserted);
        self.columns.iter_mut().for_each(Column::clear);
        self.rows = 0;
        self.numbers.clear();
        Ok(())
    }
}

/// Leaves only the rows that satisfy WHERE.
fn keep_wanted(
    runtime: &mut executor::Runtime<'_>,
    filter: &str,
    columns: &mut [Column],
    rows: usize,
) -> Result<()> {
    let mut condition = executor::stored_expression(runtime, filter)?;
    condition.compute(runtime, columns, Rows::all(rows))?;
    let answers = condition.result(columns);
    let wanted: Vec<usize> = (0..rows).filter(|row| answers.value(*row) == Value::Bool(true)).collect();
    if wanted.len() == rows {
        return Ok(());
    }
    for column in columns.iter_mut() {
        let mut kept = Column::new(column.physical_type());
        wanted.iter().for_each(|row| kept.push_row(column, *row));
        *column = kept;
    }
    Ok(())
}

/// Finds the row that breaks a constraint, for the error's context.
fn blame(
    writer: &mut TableWriter,
    runtime: &mut executor::Runtime<'_>,
    columns: &[Column],
    rows: usize,
    place: &impl Fn(usize) -> String,
) -> Option<Error> {
    (0..rows).find_map(|row| {
        let single = |column: &Column| {
            let mut one = Column::new(column.physical_type());
            one.push_row(column, row);
            one
        };
        let one: Vec<Column> = columns.iter().map(single).collect();
        writer.check(runtime, &one, 1).err().map(|error| error.context(place(row)))
    })
}

/// Reads a value; the commonest types without a detour.
fn value(
    environment: &Environment<'_>,
    description: &RelationColumn,
    text: &[u8],
    column: &mut Column,
) -> Result<()> {
    // The line was checked; only an escaped byte can have broken it.
    let text = std::str::from_utf8(text).map_err(|_| invalid_utf8(text))?;
    match description.physical {
        PhysicalType::Int4 if description.data_type == oid::INT4 => {
            if let Ok(number) = text.parse::<i32>() {
                column.push(number);
                return Ok(());
            }
        }
        PhysicalType::Int8 if description.data_type == oid::INT8 => {
            if let Ok(number) = text.parse::<i64>() {
                column.push(number);
                return Ok(());
            }
        }
        PhysicalType::Text if description.data_type == oid::TEXT => {
            check_zero(text)?;
            column.push_text(text);
            return Ok(());
        }
        _ => {}
    }
    check_zero(text)?;
    let value = environment.text.input(description.data_type, description.modifier, text)?;
    column.push_value(&value);
    Ok(())
}

fn check_zero(text: &str) -> Result<()> {
    if memchr::memchr(0, text.as_bytes()).is_some() {
        return Err(error!(CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"UTF8\": 0x00"));
    }
    Ok(())
}

fn invalid_utf8(bytes: &[u8]) -> Error {
    let wrong = match std::str::from_utf8(bytes) {
        Ok(_) => &[],
        Err(error) => {
            let rest = &bytes[error.valid_up_to()..];
            let length = match rest.first() {
                Some(0xC2..=0xDF) => 2,
                Some(0xE0..=0xEF) => 3,
                Some(0xF0..=0xF4) => 4,
                _ => 1,
            };
            &rest[..length.min(rest.len())]
        }
    };
    let shown: Vec<String> = wrong.iter().map(|byte| format!("0x{byte:02x}")).collect();
    error!(CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"UTF8\": {}", shown.join(" "))
}

/// The beginning of a text, for errors.
fn shortened(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    if text.len() <= QUOTED {
        return text.into_owned();
    }
    let mut end = QUOTED;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...", &text[..end])
}
