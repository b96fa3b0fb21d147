//! Setting a setting: what SET and set_config() check, and where the value goes.

use std::cell::RefCell;

use catalog::Catalog;
use catalog::tables::PgTablespace;
use config::{Id, Scope, Settings};
use error::{Error, Result, error};
use types::Value;
use types::datetime::TimeZone;
use types::settings::{DateFormat, DateOrder};

/// What a session sets its settings with.
pub(crate) struct Assignment<'a> {
    pub catalog: &'a Catalog,
    pub settings: &'a RefCell<Settings>,
    pub is_superuser: bool,
}

impl Assignment<'_> {
    /// The text under which a value is kept, for settings whose values have a form of their own; others are as they are.
    /// # Errors
    /// 22023 for a value that the setting cannot have.
    pub fn checked_text(&self, name: &str, text: &str) -> Result<Option<String>> {
        let invalid =
            || error!(INVALID_PARAMETER_VALUE, "invalid value for parameter \"{name}\": \"{text}\"");
        Ok(match name.to_ascii_lowercase().as_str() {
            "timezone" => {
                let zone = TimeZone::named(text).or_else(|| {
                    text.parse::<f64>().ok().map(|hours| TimeZone::fixed((hours * 3600.0) as i32))
                });
                Some(zone.ok_or_else(invalid)?.name().to_string())
            }
            "datestyle" => {
                let now = date_style(self.settings.borrow().text(Id::DateStyle));
                let (format, order) = parse_date_style(text, now).ok_or_else(|| {
                    invalid().detail(format!("Unrecognized key word: \"{}\".", text.to_lowercase()))
                })?;
                Some(date_style_text(format, order))
            }
            "client_encoding" | "names" => match text.replace(['-', '_'], "").to_ascii_uppercase().as_str() {
                "UTF8" | "UNICODE" => Some("UTF8".to_string()),
                "SQLASCII" => Some("SQL_ASCII".to_string()),
                _ => {
                    return Err(Error::unsupported("client encodings other than UTF8 are not supported yet"));
                }
            },
            "default_table_access_method" if text.is_empty() => {
                return Err(invalid().detail(format!("\"{name}\" cannot be empty.")));
            }
            "default_table_access_method" if text != "heap" => {
                return Err(invalid().detail(format!("Table access method \"{text}\" does not exist.")));
            }
            "default_tablespace" if !text.is_empty() && !self.has_tablespace(text)? => {
                return Err(invalid().detail(format!("Tablespace \"{text}\" does not exist.")));
            }
            "standard_conforming_strings" if config::value::parse_bool(text) == Some(false) => {
                return Err(Error::unsupported("nonstandard string literals are not supported"));
            }
            _ => None,
        })
    }

    fn has_tablespace(&self, name: &str) -> Result<bool> {
        Ok(self.catalog.row::<PgTablespace>(PgTablespace::BY_SPCNAME, &[Value::text(name)])?.is_some())
    }

    /// Sets one setting; `None` is DEFAULT.
    pub fn assign(&self, name: &str, text: Option<&str>, scope: Scope) -> Result<()> {
        let lower = name.to_ascii_lowercase();
        let invalid = |text: &str| {
            error!(INVALID_PARAMETER_VALUE, "invalid value for parameter \"{name}\": \"{text}\"")
        };
        let checked = match (lower.as_str(), text) {
            ("transaction_isolation", Some(text)) => {
                let isolation = match text.to_ascii_lowercase().as_str() {
                    "read committed" | "read uncommitted" => transaction::Isolation::ReadCommitted,
                    "repeatable read" => transaction::Isolation::RepeatableRead,
                    "serializable" => return Err(super::blocks::serializable_unsupported()),
                    _ => return Err(invalid(text)),
                };
                return self.catalog.session().set_isolation(isolation);
            }
            ("transaction_read_only", Some(text)) => {
                let value = config::value::parse_bool(text).ok_or_else(|| invalid(text))?;
                self.catalog.session().set_read_only(value);
                return Ok(());
            }
            ("role" | "session_authorization", _) => {
                return Err(Error::unsupported("SET ROLE is not supported yet"));
            }
            (_, Some(text)) => self.checked_text(name, text)?,
            (_, None) => None,
        };
        let level = self.catalog.session().level().max(1);
        let text = checked.as_deref().or(text);
        self.settings.borrow_mut().set(name, text, scope, level, self.is_superuser)
    }
}

/// The formats that the value of DateStyle means.
pub(crate) fn date_style(text: &str) -> (DateFormat, DateOrder) {
    let default = (DateFormat::Iso, DateOrder::MonthDayYear);
    parse_date_style(text, default).unwrap_or(default)
}

/// The formats that a DateStyle means, beginning from those of now.
fn parse_date_style(text: &str, now: (DateFormat, DateOrder)) -> Option<(DateFormat, DateOrder)> {
    let (mut format, mut order) = now;
    for word in text.split(',').map(|word| word.trim().to_ascii_lowercase()) {
        match word.as_str() {
            "iso" => format = DateFormat::Iso,
            "sql" => format = DateFormat::Sql,
            "postgres" | "postgresql" => format = DateFormat::Postgres,
            "german" => {
                format = DateFormat::German;
                order = DateOrder::DayMonthYear;
            }
            "mdy" | "us" | "noneuro" | "noneuropean" => order = DateOrder::MonthDayYear,
            "dmy" | "euro" | "european" => order = DateOrder::DayMonthYear,
            "ymd" => order = DateOrder::YearMonthDay,
            "default" => (format, order) = (DateFormat::Iso, DateOrder::MonthDayYear),
            _ => return None,
        }
    }
    Some((format, order))
}

fn date_style_text(format: DateFormat, order: DateOrder) -> String {
    let format = match format {
        DateFormat::Iso => "ISO",
        DateFormat::Sql => "SQL",
        DateFormat::Postgres => "Postgres",
        DateFormat::German => "German",
    };
    let order = match order {
        DateOrder::MonthDayYear => "MDY",
        DateOrder::DayMonthYear => "DMY",
        DateOrder::YearMonthDay => "YMD",
    };
    format!("{format}, {order}")
}
