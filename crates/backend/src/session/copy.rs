//! COPY over the protocol: CopyData messages in and out; files and programs are in `copy_file`.

use commands::Environment;
use commands::copy::{CopyIn, CopySink, copy_out};
use error::{Result, Severity, error};
use parser::ast::{CopyEndpoint, CopyStatement};
use protocol::Format;
use protocol::frontend::Message;

use super::{Session, copy_file};
use crate::connection::{Connection, InputMessage};

/// Lines as CopyData messages.
struct ClientSink<'a>(&'a mut Connection);

impl CopySink for ClientSink<'_> {
    fn begin(&mut self, columns: usize) -> Result<()> {
        self.0.output.copy_response(b'H', Format::Text, columns);
        Ok(())
    }

    fn line(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.output.message(b'd', |out| out.extend_from_slice(bytes));
        self.0.flush_if_full()
    }
}

impl Session {
    /// Runs COPY and gives its command tag.
    /// # Errors
    /// Those of the file or program; 57014 if the client gives up; those of the rows.
    pub fn copy(&mut self, statement: &CopyStatement, source: &str) -> Result<String> {
        if statement.is_from {
            self.prevent_read_only("COPY FROM")?;
        }
        self.catalog.next_command()?;
        let rows = self.with_environment(source, |environment, connection| {
            match (&statement.endpoint, statement.is_from) {
                (CopyEndpoint::Client, true) => copy_in(environment, connection, statement),
                (CopyEndpoint::Client, false) => {
                    let rows = copy_out(environment, statement, &mut ClientSink(connection))?;
                    connection.output.copy_done();
                    Ok(rows)
                }
                (CopyEndpoint::File(name), true) => copy_file::from_file(environment, statement, name),
                (CopyEndpoint::File(name), false) => copy_file::to_file(environment, statement, name),
                (CopyEndpoint::Program(text), true) => copy_file::from_program(environment, statement, text),
                (CopyEndpoint::Program(text), false) => copy_file::to_program(environment, statement, text),
            }
        })?;
        Ok(format!("COPY {rows}"))
    }
}

fn copy_in(
    environment: &mut Environment<'_>,
    connection: &mut Connection,
    statement: &CopyStatement,
) -> Result<u64> {
    let mut copy = CopyIn::new(environment, statement)?;
    connection.output.copy_response(b'G', Format::Text, copy.column_count());
    connection.flush()?;
    loop {
        let message = next_message(connection).map_err(|error| match error.severity() {
            Severity::Error => error.context(copy.next_line()),
            _ => error,
        })?;
        match message.parse().map_err(|error| error.context(copy.next_line()))? {
            Message::CopyData(bytes) => copy.feed(environment, bytes)?,
            Message::CopyDone => return copy.finish(environment),
            Message::CopyFail(reason) => {
                let error = error!(QUERY_CANCELED, "COPY from stdin failed: {reason}");
                return Err(error.context(copy.next_line()));
            }
            // Sync and Flush have no meaning here; clients of the extended protocol send them all the same.
            Message::Sync | Message::Flush => {}
            _ => {
                connection.note_out_of_step();
                let kind = message.kind;
                let text = format!("unexpected message type 0x{kind:02X} during COPY from stdin");
                return Err(error!(PROTOCOL_VIOLATION, "{text}").context(copy.next_line()));
            }
        }
    }
}

fn next_message(connection: &mut Connection) -> Result<InputMessage> {
    connection.read_message()?.ok_or_else(|| {
        error!(CONNECTION_FAILURE, "unexpected EOF on client connection with an open transaction")
    })
}
