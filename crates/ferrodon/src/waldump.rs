//! `ferrodon waldump`: the records of the log, one a line.

use std::io::Write;

use background::resource_managers;
use clap::ArgMatches;
use common::Lsn;
use error::{Error, Result, error};
use recovery::describe_record;
use shared_memory::RegionBuilder;
use storage_file::{FileSettings, Files};
use storage_wal::{ControlFile, Reader};

use crate::arguments;

pub fn run(matches: &ArgMatches) -> Result<i32> {
    let directory = arguments::data_directory(matches);
    let mut builder = RegionBuilder::new();
    let files = Files::reserve(&mut builder, &FileSettings { sync_requests: 1, open_files: 16 });
    let files = Files::attach_at(files, &builder.build()?, &directory);
    files.initialize();
    let control = ControlFile::read(files)?;
    let start = position(matches, "start")?.unwrap_or(control.checkpoint_data.redo);
    let end = position(matches, "end")?.unwrap_or(Lsn::MAX);
    let limit = matches.get_one::<u64>("limit").copied().unwrap_or(u64::MAX);
    let wanted = matches.get_one::<String>("rmgr");
    let managers = resource_managers()?;
    let mut reader = Reader::new(files, control.checkpoint_data.timeline, start);
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    let mut printed = 0;
    while printed < limit && reader.position() < end {
        let Some(record) = reader.next()? else {
            let _ = output.flush();
            eprintln!("ferrodon: end of log at {}: {}", reader.position(), reader.end_reason());
            return Ok(0);
        };
        let name = managers.get(record.manager()).map_or("", |manager| manager.name());
        if wanted.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(name)) {
            continue;
        }
        printed += 1;
        match writeln!(output, "{}", describe_record(&managers, record)) {
            // The reader of a pipe has seen enough.
            Err(cause) if cause.kind() == std::io::ErrorKind::BrokenPipe => return Ok(0),
            other => other.map_err(|cause| Error::io("could not write output", &cause))?,
        }
    }
    Ok(0)
}

fn position(matches: &ArgMatches, name: &str) -> Result<Option<Lsn>> {
    match matches.get_one::<String>(name) {
        None => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|()| error!(INVALID_PARAMETER_VALUE, "invalid WAL location: \"{text}\"")),
    }
}
