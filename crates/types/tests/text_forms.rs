//! Text forms against answers recorded from PostgreSQL 18: value or error, byte for byte.

use common::Oid;
use types::io::{BuiltInCatalog, Context, input, output_text, receive, send};
use types::settings::{ByteaOutput, DateFormat, DateOrder, FormatSettings, IntervalStyle};
use types::{datetime::TimeZone, interval_text, numeric, oid};

fn type_of(name: &str) -> (Oid, i32) {
    let (base, argument) = name.split_once('(').unwrap_or((name, ""));
    let number = |text: &str| text.trim_end_matches(')').parse::<i32>().unwrap();
    match base {
        "numeric" if !argument.is_empty() => {
            let (precision, scale) = argument.split_once(',').unwrap();
            (oid::NUMERIC, numeric::modifier_of(number(precision), number(scale)))
        }
        "varchar" => (oid::VARCHAR, number(argument) + 4),
        "char" => (oid::BPCHAR, number(argument) + 4),
        "time" | "timestamp" if !argument.is_empty() => {
            (if base == "time" { oid::TIME } else { oid::TIMESTAMP }, number(argument))
        }
        "interval" if !argument.is_empty() => {
            (oid::INTERVAL, interval_text::modifier_of(None, Some(number(argument))))
        }
        "interval day to minute" => {
            (oid::INTERVAL, interval_text::modifier_of(Some(1 << 3 | 1 << 10 | 1 << 11), None))
        }
        "interval minute" => (oid::INTERVAL, interval_text::modifier_of(Some(1 << 11), None)),
        "interval year" => (oid::INTERVAL, interval_text::modifier_of(Some(1 << 2), None)),
        "interval second" => {
            (oid::INTERVAL, interval_text::modifier_of(Some(1 << 12), Some(number(argument))))
        }
        "\"char\"" => (oid::CHAR, -1),
        "int4[]" => (oid::INT4_ARRAY, -1),
        "text[]" => (oid::TEXT_ARRAY, -1),
        _ => (oid::type_by_name(base).unwrap().oid, -1),
    }
}

fn settings_of(text: &str) -> FormatSettings {
    let mut settings = FormatSettings::default();
    let Some((name, value)) = text.split_once('=') else { return settings };
    match name {
        "DateStyle" => {
            let (format, order) = value.split_once(", ").unwrap_or((value, "DMY"));
            settings.date_format = match format {
                "ISO" => DateFormat::Iso,
                "SQL" => DateFormat::Sql,
                "German" => DateFormat::German,
                _ => DateFormat::Postgres,
            };
            settings.date_order = match order {
                "MDY" => DateOrder::MonthDayYear,
                "DMY" => DateOrder::DayMonthYear,
                _ => DateOrder::YearMonthDay,
            };
        }
        "TimeZone" => settings.time_zone = TimeZone::named(value).unwrap(),
        "IntervalStyle" => {
            settings.interval_style = match value {
                "postgres_verbose" => IntervalStyle::PostgresVerbose,
                "sql_standard" => IntervalStyle::SqlStandard,
                _ => IntervalStyle::Iso8601,
            }
        }
        "extra_float_digits" => settings.extra_float_digits = value.parse().unwrap(),
        "bytea_output" => settings.bytea_output = ByteaOutput::Escape,
        _ => panic!("{name}"),
    }
    settings
}

#[test]
fn recorded_answers() {
    let mut wrong = Vec::new();
    for line in include_str!("text_forms.txt").lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.splitn(4, " | ").collect();
        let [settings, type_name, text, expected] = fields[..] else { panic!("{line}") };
        let settings = settings_of(settings);
        let context = Context { settings: &settings, catalog: &BuiltInCatalog };
        let (type_oid, modifier) = type_of(type_name);
        let text = text.replace("\\\\", "\\");
        let answer = match input(type_oid, modifier, &text, &context) {
            Ok(value) => {
                let shown = output_text(type_oid, &value, &context).unwrap();
                // The binary form must bring the same value back.
                let mut bytes = Vec::new();
                send(type_oid, &value, &context, &mut bytes).unwrap();
                let back = receive(type_oid, modifier, &bytes, &context).unwrap();
                assert_eq!(output_text(type_oid, &back, &context).unwrap(), shown, "{line}");
                shown
            }
            Err(error) => format!("! {} {}", error.sqlstate(), error.message()),
        };
        if answer != expected {
            wrong.push(format!("{line}\n    we say: {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
