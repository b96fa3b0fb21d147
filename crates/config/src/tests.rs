//! Values with units, transactional SET, and the file syntax, seen from outside.

use crate::file::parse_line;
use crate::*;

fn set(settings: &mut Settings, name: &str, text: &str) -> Result<String, String> {
    settings
        .set(name, Some(text), Scope::Session, 1, true)
        .map_err(|error| error.message().to_string())
        .and_then(|()| settings.show(name).map_err(|error| error.to_string()))
}

#[test]
fn the_table_is_consistent() {
    for (index, setting) in TABLE.iter().enumerate() {
        assert_eq!(setting.id as usize, index);
        let default = value::plain(&value::default_value(setting));
        if matches!(setting.kind, Kind::Integer { .. })
            && (setting.name.ends_with("_mode") || setting.name.ends_with("_permissions"))
        {
            continue;
        }
        assert!(value::parse(setting, &default).is_ok(), "{} = {default}", setting.name);
    }
}

#[test]
fn units_are_read_and_shown() {
    let mut settings = Settings::new();
    for (name, text, shown) in [
        ("work_mem", "64MB", "64MB"),
        ("work_mem", "4096", "4MB"),
        ("work_mem", "1025kB", "1025kB"),
        ("statement_timeout", "1.5s", "1500ms"),
        ("statement_timeout", "2min", "2min"),
        ("statement_timeout", "0", "0"),
        ("seq_page_cost", "0.5", "0.5"),
        ("enable_seqscan", "f", "off"),
        ("synchronous_commit", "TRUE", "on"),
    ] {
        assert_eq!(set(&mut settings, name, text).as_deref(), Ok(shown), "{name} = {text}");
    }
}

#[test]
fn wrong_values_are_told_as_postgresql_tells_them() {
    let mut settings = Settings::new();
    for (name, text, message) in [
        (
            "work_mem",
            "1",
            "1 kB is outside the valid range for parameter \"work_mem\" (64 kB .. 2147483647 kB)",
        ),
        ("work_mem", "4 apples", "invalid value for parameter \"work_mem\": \"4 apples\""),
        ("enable_seqscan", "maybe", "parameter \"enable_seqscan\" requires a Boolean value"),
        (
            "shared_buffers",
            "1GB",
            "parameter \"shared_buffers\" cannot be changed without restarting the server",
        ),
        ("nonsense", "1", "unrecognized configuration parameter \"nonsense\""),
    ] {
        assert_eq!(set(&mut settings, name, text), Err(message.to_string()));
    }
}

/// What ROLLBACK, COMMIT and savepoints make of SET and SET LOCAL.
#[test]
fn transactions_undo_and_keep() {
    let mut settings = Settings::new();
    let show = |settings: &Settings| settings.show("work_mem").unwrap();
    let change = |settings: &mut Settings, text: &str, scope, level| {
        settings.set("work_mem", Some(text), scope, level, false).unwrap();
    };
    change(&mut settings, "1MB", Scope::Session, 1);
    settings.rollback(1);
    assert_eq!(show(&settings), "4MB");

    change(&mut settings, "1MB", Scope::Session, 1);
    change(&mut settings, "2MB", Scope::Transaction, 1);
    assert_eq!(show(&settings), "2MB");
    settings.commit(1);
    assert_eq!(show(&settings), "1MB");

    change(&mut settings, "3MB", Scope::Session, 2);
    change(&mut settings, "5MB", Scope::Session, 3);
    settings.rollback(3);
    assert_eq!(show(&settings), "3MB");
    settings.commit(2);
    assert_eq!(show(&settings), "3MB");
    settings.commit(1);
    assert_eq!(show(&settings), "3MB");

    settings.set("app.tenant", Some("7"), Scope::Transaction, 1, false).unwrap();
    assert_eq!(settings.show("app.tenant").unwrap(), "7");
    settings.commit(1);
    assert!(settings.show("app.tenant").is_err());
}

#[test]
fn stronger_sources_win() {
    let mut settings = Settings::new();
    let file = || Source::File { file: "postgresql.conf".into(), line: 3 };
    settings.set_from("work_mem", "1MB", Source::CommandLine).unwrap();
    settings.set_from("work_mem", "2MB", file()).unwrap();
    assert_eq!(settings.show("work_mem").unwrap(), "1MB");
    settings.set_from("port", "5433", file()).unwrap();
    settings.forget_files();
    assert_eq!(settings.integer(Id::Port), 5432);
}

#[test]
fn file_lines() {
    let pair = |name: &str, value: &str| Ok(Some((name.to_string(), value.to_string())));
    assert_eq!(parse_line("work_mem = 4MB # more"), pair("work_mem", "4MB"));
    assert_eq!(parse_line("  search_path '\"$user\", it''s'"), pair("search_path", "\"$user\", it's"));
    assert_eq!(parse_line("a.b=on"), pair("a.b", "on"));
    assert_eq!(parse_line("# nothing"), Ok(None));
    assert_eq!(parse_line("work_mem"), Err(None));
    assert_eq!(parse_line("work_mem = 1 2"), Err(Some("2".into())));
    assert_eq!(parse_line("x = 'open"), Err(Some("'open".into())));
    let quoted = file::quote("a'b\\c");
    assert_eq!(parse_line(&format!("x = {quoted}")), pair("x", "a'b\\c"));
}
