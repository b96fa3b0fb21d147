//! Rows as DataRow messages.

use error::Result;
use nodes::plan::OutputColumn;
use protocol::Format;
use protocol::backend::{FieldDescription, Output, put_i16, put_i32};
use types::io::Context;
use types::oid::type_description;
use types::{Batch, io};

/// What RowDescription says of the columns.
pub(crate) fn describe(columns: &[OutputColumn]) -> impl ExactSizeIterator<Item = FieldDescription<'_>> {
    columns.iter().map(|column| {
        let (table, number) = column.origin.unwrap_or_default();
        FieldDescription {
            name: &column.name,
            table: table.0,
            column: number.0,
            data_type: column.data_type.oid.0,
            type_length: type_description(column.data_type.oid).map_or(-1, |found| found.length),
            type_modifier: column.data_type.modifier,
        }
    })
}

/// Appends the selected rows of a batch, from the `skip`-th on and at most `limit`; gives how many.
pub(crate) fn send_rows(
    output: &mut Output,
    batch: &Batch,
    columns: &[OutputColumn],
    formats: &[Format],
    context: &Context<'_>,
    skip: usize,
    limit: usize,
) -> Result<usize> {
    let mut sent = 0;
    for row in batch.selected().iter().skip(skip).take(limit) {
        output.try_message(b'D', |out| {
            put_i16(out, columns.len() as i16);
            for (at, column) in columns.iter().enumerate() {
                let values = &batch.columns[at];
                if values.is_null(row) {
                    put_i32(out, -1);
                    continue;
                }
                let start = out.len();
                put_i32(out, 0);
                // A constant column holds its value in row 0.
                let stored = row & values.mask();
                match format_of(formats, at) {
                    Format::Text => io::output_row(column.data_type.oid, values, stored, context, out)?,
                    Format::Binary => io::send_row(column.data_type.oid, values, stored, context, out)?,
                }
                let length = (out.len() - start - 4) as i32;
                out[start..start + 4].copy_from_slice(&length.to_be_bytes());
            }
            Ok::<(), error::Error>(())
        })?;
        sent += 1;
    }
    Ok(sent)
}

/// The format of a column: none given means text, one is for all.
pub(crate) fn format_of(formats: &[Format], column: usize) -> Format {
    match formats {
        [] => Format::Text,
        [one] => *one,
        several => several.get(column).copied().unwrap_or_default(),
    }
}
