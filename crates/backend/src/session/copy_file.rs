//! COPY from and to files of the server's machine, and programs there.
//!
//! Files are named as the server sees them: relative to the data directory for reading, absolute for writing.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use commands::Environment;
use commands::bootstrap::{EXECUTE_SERVER_PROGRAM, READ_SERVER_FILES, WRITE_SERVER_FILES};
use commands::copy::{CopyIn, CopySink, copy_out, show_total_bytes};
use common::Oid;
use error::{Error, Result, error};
use parser::ast::CopyStatement;

/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;

/// # Errors
/// 42501 unless the user may read files, 58P01 and its like when it cannot be opened, and those of the rows.
pub(super) fn from_file(
    environment: &mut Environment<'_>,
    statement: &CopyStatement,
    name: &str,
) -> Result<u64> {
    check_role(environment, READ_SERVER_FILES, "from a file", "pg_read_server_files", "COPY from a file")?;
    let mut copy = CopyIn::new(environment, statement)?;
    let mut file = File::open(name).map_err(|cause| {
        let error = Error::io(format_args!("could not open file \"{name}\" for reading"), &cause);
        with_hint(error, &cause, "COPY FROM instructs the PostgreSQL server process to read a file.")
    })?;
    check_no_directory(&file, name)?;
    show_total_bytes(file.metadata().map_or(0, |data| data.len()));
    read_all(environment, &mut copy, &mut file)?;
    copy.finish(environment)
}

/// # Errors
/// 42501 unless the user may run programs, 38000 when the program fails, and those of the rows.
pub(super) fn from_program(
    environment: &mut Environment<'_>,
    statement: &CopyStatement,
    text: &str,
) -> Result<u64> {
    check_program_role(environment, "from")?;
    let mut copy = CopyIn::new(environment, statement)?;
    let mut child = start(Command::new("/bin/sh").args(["-c", text]).stdout(Stdio::piped()), text)?;
    let read = match &mut child.stdout {
        Some(output) => read_all(environment, &mut copy, output),
        None => Ok(()),
    };
    // A reader that gives up ends the program by closing its output.
    drop(child.stdout.take());
    let ended = finish(child, text);
    read?;
    ended?;
    copy.finish(environment)
}

/// # Errors
/// 42501 unless the user may write files, 42602 for a relative name, and those of writing and of the rows.
pub(super) fn to_file(
    environment: &mut Environment<'_>,
    statement: &CopyStatement,
    name: &str,
) -> Result<u64> {
    check_role(environment, WRITE_SERVER_FILES, "to a file", "pg_write_server_files", "COPY to a file")?;
    if !Path::new(name).is_absolute() {
        return Err(error!(INVALID_NAME, "relative path not allowed for COPY to file"));
    }
    let opened = OpenOptions::new().write(true).create(true).truncate(true).open(name);
    let file = opened.map_err(|cause| {
        if cause.kind() == ErrorKind::IsADirectory {
            return is_directory(name);
        }
        let error = Error::io(format_args!("could not open file \"{name}\" for writing"), &cause);
        with_hint(error, &cause, "COPY TO instructs the PostgreSQL server process to write a file.")
    })?;
    check_no_directory(&file, name)?;
    // Others may read what was written for them, unlike the server's own files.
    file.set_permissions(Permissions::from_mode(0o644)).map_err(|cause| not_written(&cause))?;
    write_all(environment, statement, file)
}

/// # Errors
/// 42501 unless the user may run programs, 38000 when the program fails, and those of the rows.
pub(super) fn to_program(
    environment: &mut Environment<'_>,
    statement: &CopyStatement,
    text: &str,
) -> Result<u64> {
    check_program_role(environment, "to")?;
    let mut child = start(Command::new("/bin/sh").args(["-c", text]).stdin(Stdio::piped()), text)?;
    let written = match child.stdin.take() {
        Some(input) => write_all(environment, statement, input),
        None => Ok(0),
    };
    // What the program says of itself explains more than the broken pipe that it leaves.
    finish(child, text)?;
    written
}

fn check_program_role(environment: &Environment<'_>, direction: &str) -> Result<()> {
    let (what, action) =
        (format!("{direction} an external program"), format!("COPY {direction} an external program"));
    check_role(environment, EXECUTE_SERVER_PROGRAM, &what, "pg_execute_server_program", &action)
}

fn check_role(environment: &Environment<'_>, role: Oid, what: &str, name: &str, action: &str) -> Result<()> {
    if commands::privilege::has_role(environment.catalog, environment.user, role)? {
        return Ok(());
    }
    Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to COPY {what}")
        .detail(format!("Only roles with privileges of the \"{name}\" role may {action}."))
        .hint("Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone."))
}

fn with_hint(error: Error, cause: &std::io::Error, hint: &str) -> Error {
    match cause.kind() {
        ErrorKind::NotFound | ErrorKind::PermissionDenied => {
            error.hint(format!("{hint} You may want a client-side facility such as psql's \\copy."))
        }
        _ => error,
    }
}

fn is_directory(name: &str) -> Error {
    error!(WRONG_OBJECT_TYPE, "\"{name}\" is a directory")
}

fn check_no_directory(file: &File, name: &str) -> Result<()> {
    match file.metadata() {
        Ok(data) if data.is_dir() => Err(is_directory(name)),
        _ => Ok(()),
    }
}

fn read_all(environment: &mut Environment<'_>, copy: &mut CopyIn, source: &mut impl Read) -> Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        system::interrupt::check()?;
        match source.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => copy.feed(environment, &chunk[..count])?,
            Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
            Err(cause) => return Err(Error::io("could not read from COPY file", &cause)),
        }
    }
}

/// Lines into a file or a pipe.
struct WriterSink<W: Write>(BufWriter<W>);

impl<W: Write> CopySink for WriterSink<W> {
    fn begin(&mut self, _: usize) -> Result<()> {
        Ok(())
    }

    fn line(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.write_all(bytes).map_err(|cause| not_written(&cause))
    }
}

fn not_written(cause: &std::io::Error) -> Error {
    Error::io("could not write to COPY file", cause)
}

fn write_all(
    environment: &mut Environment<'_>,
    statement: &CopyStatement,
    target: impl Write,
) -> Result<u64> {
    let mut sink = WriterSink(BufWriter::with_capacity(CHUNK, target));
    let rows = copy_out(environment, statement, &mut sink)?;
    sink.0.flush().map_err(|cause| not_written(&cause))?;
    Ok(rows)
}

fn start(command: &mut Command, text: &str) -> Result<Child> {
    command.spawn().map_err(|cause| Error::io(format_args!("could not execute command \"{text}\""), &cause))
}

fn finish(mut child: Child, text: &str) -> Result<()> {
    let status =
        child.wait().map_err(|cause| Error::io(format_args!("could not wait for \"{text}\""), &cause))?;
    if status.success() {
        return Ok(());
    }
    let detail = match status.code() {
        Some(127) => "command not found".to_string(),
        Some(126) => "command was found but could not be executed".to_string(),
        Some(code) => format!("child process exited with exit code {code}"),
        None => "child process was terminated by a signal".to_string(),
    };
    Err(error!(EXTERNAL_ROUTINE_EXCEPTION, "program \"{text}\" failed").detail(detail))
}
