//! Sizes on disk, and how they are written for people.

use error::{Error, Result, error};
use expression::sql::*;
use types::Numeric;

const UNITS: [&str; 6] = ["bytes", "kB", "MB", "GB", "TB", "PB"];
/// A unit is used up to this many of it; the last one beyond.
const LIMIT: i128 = 10 * 1024;

/// Halves away from zero.
fn half(value: i128) -> i128 {
    (value + value.signum()) / 2
}

/// The size in the unit in which it has up to five digits.
fn pretty(bytes: i128) -> String {
    if bytes.abs() < LIMIT {
        return format!("{bytes} bytes");
    }
    // One extra bit is kept for rounding.
    let mut size = bytes >> 9;
    if bytes < 0 {
        size = -(bytes.abs() >> 9);
    }
    for unit in &UNITS[1..UNITS.len() - 1] {
        if size.abs() < LIMIT * 2 - 1 {
            return format!("{} {unit}", half(size));
        }
        size /= 1024;
    }
    format!("{} PB", half(size))
}

fn pretty_numeric(bytes: &Numeric) -> Result<String> {
    let kilo = Numeric::from(1024);
    let limit = Numeric::from(LIMIT as i64);
    let mut size = bytes.clone();
    if size.absolute() < limit {
        return Ok(format!("{size} bytes"));
    }
    for (at, unit) in UNITS.iter().enumerate().skip(1) {
        size = size.divide(&kilo)?;
        let rounded = size.round(0)?;
        if rounded.absolute() < limit || at == UNITS.len() - 1 {
            return Ok(format!("{rounded} {unit}"));
        }
    }
    Ok(format!("{size} bytes"))
}

fn parse_size(text: &str) -> Result<i64> {
    let invalid = || -> Error { error!(INVALID_PARAMETER_VALUE, "invalid size: \"{text}\"") };
    let trimmed = text.trim();
    let end = trimmed
        .char_indices()
        .find(|(at, letter)| {
            let exponent = matches!(letter, 'e' | 'E')
                && trimmed[at + 1..].starts_with(|next: char| next.is_ascii_digit() || "+-".contains(next));
            !(letter.is_ascii_digit() || "+-.".contains(*letter) || exponent)
        })
        .map_or(trimmed.len(), |(at, _)| at);
    let (number, unit) = trimmed.split_at(end);
    let number = Numeric::parse(number).map_err(|_| invalid())?;
    let unit = unit.trim();
    let power = match unit.to_ascii_lowercase().as_str() {
        "" | "b" | "bytes" => 0,
        "kb" => 1,
        "mb" => 2,
        "gb" => 3,
        "tb" => 4,
        "pb" => 5,
        _ => {
            return Err(invalid()
                .detail(format!("Invalid size unit: \"{unit}\"."))
                .hint("Valid units are \"bytes\", \"B\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\"."));
        }
    };
    number.multiply(&Numeric::from(1i64 << (10 * power)))?.to_integer::<i64>("bigint")
}

expression::builtins! {
    pub static FUNCTIONS:
    2325 "pg_relation_size" (relation: regclass) using context -> int8, strict volatile {
        context.session.relation_size(relation, "main")
    }
    2332 "pg_relation_size" (relation: regclass, fork: text) using context -> int8, strict volatile {
        context.session.relation_size(relation, fork)
    }
    2997 "pg_table_size" (relation: regclass) using context -> int8, strict volatile {
        context.session.relation_total_size(relation, false)
    }
    2286 "pg_total_relation_size" (relation: regclass) using context -> int8, strict volatile {
        context.session.relation_total_size(relation, true)
    }
    2998 "pg_indexes_size" (relation: regclass) using context -> int8, strict volatile {
        let total = context.session.relation_total_size(relation, true)?;
        let table = context.session.relation_total_size(relation, false)?;
        Ok(total.zip(table).map(|(total, table)| total - table))
    }
    2324 "pg_database_size" (database: oid_) using context -> int8, strict volatile { context.session.database_size(database) }
    2168 "pg_database_size" (database: name) using context -> int8, strict volatile {
        let database = context.session.object_of_name(expression::context::ObjectKind::Database, database)?;
        context.session.database_size(database)
    }
    2288 "pg_size_pretty" (bytes: int8) -> text, strict immutable { Ok(pretty(bytes.into())) }
    3166 "pg_size_pretty" (bytes: numeric) -> text, strict immutable { pretty_numeric(bytes) }
    3334 "pg_size_bytes" (size: text) -> int8, strict immutable { parse_size(size) }
}
