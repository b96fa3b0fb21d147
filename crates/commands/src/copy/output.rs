//! COPY TO: rows become lines.

use analyzer::Parameters;
use catalog::RelationKind;
use common::Oid;
use error::{Result, error};
use executor::Execution;
use parser::ast::{CopySource, CopyStatement, Statement};
use storage_lock::LockMode;
use types::io::Context;
use types::{Batch, Column};

use super::input::chosen;
use super::options::{CopyOptions, Header, read};
use super::{BYTES, ROWS, progress};
use crate::environment::Environment;

/// Where the lines go.
pub trait CopySink {
    /// Comes first: how many columns each line has.
    fn begin(&mut self, columns: usize) -> Result<()>;

    /// A line with its end.
    fn line(&mut self, bytes: &[u8]) -> Result<()>;
}

/// Runs COPY TO and gives the number of rows.
/// # Errors
/// What PostgreSQL reports of the table or query and the options, and what the sink meets.
pub fn copy_out(
    environment: &mut Environment<'_>,
    statement: &CopyStatement,
    sink: &mut dyn CopySink,
) -> Result<u64> {
    let options = read(&statement.options, false)?;
    match &statement.source {
        CopySource::Query(query) => {
            let source = environment.source;
            let _progress = progress(statement, Oid::INVALID);
            run_query(environment, query, source, &options, sink)
        }
        CopySource::Table { name, columns } => {
            let relation = environment.relation(name, LockMode::AccessShare)?;
            match relation.kind {
                RelationKind::Table => {}
                RelationKind::View => {
                    return Err(error!(WRONG_OBJECT_TYPE, "cannot copy from view \"{}\"", relation.name)
                        .hint("Try the COPY (SELECT ...) TO variant."));
                }
                RelationKind::Sequence => {
                    return Err(error!(WRONG_OBJECT_TYPE, "cannot copy from sequence \"{}\"", relation.name));
                }
                _ => {
                    return Err(error!(
                        WRONG_OBJECT_TYPE,
                        "cannot copy from non-table relation \"{}\"", relation.name
                    ));
                }
            }
            let quote = parser::quote_identifier;
            let names: Vec<String> = chosen(&relation, columns)?
                .into_iter()
                .map(|at| quote(&relation.columns[at].name).into_owned())
                .collect();
            let schema = environment.schema_name(relation.namespace)?;
            let text =
                format!("SELECT {} FROM ONLY {}.{}", names.join(", "), quote(&schema), quote(&relation.name));
            let query = parser::parse(&text)?;
            let Some(query) = query.into_iter().next() else { return Ok(0) };
            let _progress = progress(statement, relation.oid);
            run_query(environment, &query.statement, &text, &options, sink)
        }
    }
}

fn run_query(
    environment: &mut Environment<'_>,
    query: &Statement,
    source: &str,
    options: &CopyOptions,
    sink: &mut dyn CopySink,
) -> Result<u64> {
    let catalog = environment.catalog;
    let settings = environment.analyzer_settings();
    let planned = environment
        .plan_query(|| analyzer::analyze(query, source, catalog, &mut Parameters::none(), &settings))?;
    let names: Vec<&str> = planned.columns.iter().map(|column| &*column.name).collect();
    let types: Vec<Oid> = planned.columns.iter().map(|column| column.data_type.oid).collect();
    let forced: Vec<bool> = names.iter().map(|name| options.force_quote.contains(name)).collect();
    sink.begin(names.len())?;
    let mut line = Vec::new();
    if options.header == Header::Yes {
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                line.push(options.delimiter);
            }
            write_field(&mut line, name.as_bytes(), options, false, names.len() == 1);
        }
        line.push(b'\n');
        sink.line(&line)?;
    }
    environment.with_runtime(|runtime| {
        let mut execution = Execution::new(runtime, &planned)?;
        let mut count = 0;
        let mut lines = LineWriter { options, types: &types, forced: &forced, field: Vec::new() };
        while execution.next(runtime)?.is_some() {
            let batch = execution.current();
            let context = Context { settings: runtime.settings, catalog: runtime.session.catalog() };
            for row in batch.selected().iter() {
                line.clear();
                lines.write(batch, row, &context, &mut line)?;
                sink.line(&line)?;
                BYTES.add(line.len() as u64);
                count += 1;
            }
            ROWS.set(count);
        }
        Ok(count)
    })
}

/// Writes rows as lines.
struct LineWriter<'a> {
    options: &'a CopyOptions,
    types: &'a [Oid],
    forced: &'a [bool],
    field: Vec<u8>,
}

impl LineWriter<'_> {
    fn write(&mut self, batch: &Batch, row: usize, context: &Context<'_>, line: &mut Vec<u8>) -> Result<()> {
        let columns: &[Column] = &batch.columns;
        for (at, data_type) in self.types.iter().enumerate() {
            if at > 0 {
                line.push(self.options.delimiter);
            }
            if columns[at].is_null(row) {
                line.extend_from_slice(self.options.null.as_bytes());
                continue;
            }
            self.field.clear();
            types::io::output_row(*data_type, &columns[at], row, context, &mut self.field)?;
            write_field(line, &self.field, self.options, self.forced[at], self.types.len() == 1);
        }
        line.push(b'\n');
        Ok(())
    }
}

/// A value as the format has it: escaped, or quoted where it must be.
fn write_field(line: &mut Vec<u8>, field: &[u8], options: &CopyOptions, forced: bool, is_only: bool) {
    if !options.csv {
        for byte in field {
            let letter = match byte {
                8 => b'b',
                12 => b'f',
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                11 => b'v',
                b'\\' => b'\\',
                other if *other == options.delimiter => *other,
                other => {
                    line.push(*other);
                    continue;
                }
            };
            line.extend_from_slice(&[b'\\', letter]);
        }
        return;
    }
    let is_special =
        |byte: &u8| *byte == options.delimiter || *byte == options.quote || matches!(byte, b'\n' | b'\r');
    let needs_quotes = forced
        || field == options.null.as_bytes()
        || field.iter().any(is_special)
        || is_only && field == b"\\.";
    if !needs_quotes {
        line.extend_from_slice(field);
        return;
    }
    line.push(options.quote);
    for byte in field {
        if *byte == options.quote || *byte == options.escape {
            line.push(options.escape);
        }
        line.push(*byte);
    }
    line.push(options.quote);
}
