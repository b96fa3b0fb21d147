//! The configuration files of the cluster: read at start, read again at a reload.
//!
//! Rule: a fault in a file keeps a server from starting, but a running one keeps its old values and tells the log.

use config::file::{self, Contents};
use config::{Context, Id, Settings, Source, Value, find, value};
use error::{Error, Result, Severity, error};

use crate::log;

pub const MAIN_FILE: &str = "postgresql.conf";
/// What ALTER SYSTEM writes; it has the last word.
pub const AUTOMATIC_FILE: &str = "postgresql.auto.conf";

/// Default settings, overlaid with the command line and the files. The current directory is the data directory, whose full name
/// is `directory`.
/// # Errors
/// F0000 after the faults themselves were logged; 22023 and 42704 for the command line.
pub fn load(directory: &str, command_line: &[(String, String)]) -> Result<Settings> {
    let mut settings = Settings::new();
    for (name, text) in command_line {
        settings.set_from(name, text, Source::CommandLine)?;
    }
    let main = main_file(&settings);
    let contents = read_files(&main);
    let faults = apply(&mut settings, &contents, None);
    log::configure(&settings);
    if !faults.is_empty() {
        faults.iter().for_each(|fault| log::report(fault.report()));
        return Err(error!(CONFIG_FILE_ERROR, "configuration file \"{main}\" contains errors")
            .with_severity(Severity::Fatal));
    }
    settings.set_override(Id::DataDirectory, Value::Text(directory.into()));
    for (id, name) in
        [(Id::ConfigFile, MAIN_FILE), (Id::HbaFile, "pg_hba.conf"), (Id::IdentFile, "pg_ident.conf")]
    {
        if settings.text(id).is_empty() {
            settings.set_override(id, Value::Text(format!("{directory}/{name}").into()));
        }
    }
    Ok(settings)
}

/// Reads the files again. Values of a file with faults stay as they were; the faults go to the log.
pub fn reload(settings: &mut Settings) {
    let before = settings.clone();
    let main = main_file(settings);
    let contents = read_files(&main);
    if !contents.faults.is_empty() {
        for fault in &contents.faults {
            log::report(error!(CONFIG_FILE_ERROR, "{}", fault.message).with_severity(Severity::Log).report());
        }
        return log::message(format!(
            "configuration file \"{main}\" contains errors; no changes were applied"
        ));
    }
    settings.forget_files();
    let faults = apply(settings, &contents, Some(&before));
    keep_fixed(settings, &before);
    for fault in &faults {
        log::report(fault.report());
    }
    if !faults.is_empty() {
        let main = main_file(settings);
        let text = format!("configuration file \"{main}\" contains errors; unaffected changes were applied");
        log::report(error!(CONFIG_FILE_ERROR, "{text}").with_severity(Severity::Log).report());
    }
}

fn main_file(settings: &Settings) -> String {
    let named = settings.text(Id::ConfigFile);
    // The name relative to the data directory works also where a parent directory is closed to us.
    if named.is_empty() || settings.source(Id::ConfigFile) == &Source::Override {
        MAIN_FILE.to_string()
    } else {
        named.to_string()
    }
}

fn read_files(main: &str) -> Contents {
    let mut contents = file::read(main, false);
    let automatic = file::read(AUTOMATIC_FILE, true);
    contents.entries.extend(automatic.entries);
    contents.faults.extend(automatic.faults);
    contents
}

/// Sets what the files say; `before` is there at a reload.
fn apply(settings: &mut Settings, contents: &Contents, before: Option<&Settings>) -> Vec<Error> {
    let severity = if before.is_some() { Severity::Log } else { Severity::Fatal };
    let mut faults: Vec<Error> = contents
        .faults
        .iter()
        .map(|fault| error!(CONFIG_FILE_ERROR, "{}", fault.message).with_severity(severity))
        .collect();
    // Only the last of several entries for a name counts.
    let last_of = |at: usize| {
        let name = &contents.entries[at].name;
        !contents.entries[at + 1..].iter().any(|later| later.name.eq_ignore_ascii_case(name))
    };
    for (_, entry) in contents.entries.iter().enumerate().filter(|(at, _)| last_of(*at)) {
        let source = Source::File { file: entry.file.as_str().into(), line: entry.line };
        let place = format!("in file \"{}\" line {}", entry.file, entry.line);
        if find(&entry.name).is_some_and(|setting| setting.context == Context::Internal) {
            let text = format!("parameter \"{}\" cannot be changed", entry.name);
            faults.push(error!(CANT_CHANGE_RUNTIME_PARAM, "{text}").with_severity(severity).context(place));
        } else if let Err(error) = settings.set_from(&entry.name, &entry.value, source) {
            let text = match find(&entry.name) {
                None => format!("{} {place}", error.message()),
                Some(_) => error.message().to_string(),
            };
            // A value that cannot be used leaves the one before in force.
            if let (Some(setting), Some(before)) = (find(&entry.name), before) {
                let text = value::plain(before.value(setting.id));
                let _ = settings.set_from(setting.name, &text, before.source(setting.id).clone());
            }
            let mut fault = error.with_severity(severity);
            fault.report_mut().message = text.into();
            faults.push(fault);
        }
    }
    faults
}

/// Undoes changes of what only a restart can change, and says so.
fn keep_fixed(settings: &mut Settings, before: &Settings) {
    for setting in config::TABLE.iter().filter(|setting| setting.context == Context::Postmaster) {
        if settings.value(setting.id) == before.value(setting.id) {
            continue;
        }
        let text = value::plain(before.value(setting.id));
        let kept = match before.source(setting.id) {
            // Nothing in the files spoke for the old value; it stays as if the server had chosen it.
            Source::Default => {
                settings.set_override(setting.id, before.value(setting.id).clone());
                Ok(())
            }
            source => settings.set_from(setting.name, &text, source.clone()),
        };
        if kept.is_ok() {
            log::message(format!(
                "parameter \"{}\" cannot be changed without restarting the server",
                setting.name
            ));
        }
    }
}
