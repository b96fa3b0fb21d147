//! The form of a row of the settings table.

use crate::table::Id;

#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub id: Id,
    pub name: &'static str,
    pub category: &'static str,
    pub context: Context,
    pub kind: Kind,
    pub description: &'static str,
}

/// When, and by whom, a setting can be changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Context {
    /// Never: it tells how the server was built or made.
    Internal,
    /// At server start.
    Postmaster,
    /// By the files, at reload.
    Sighup,
    /// At the start of a session, by a superuser.
    SuperuserBackend,
    /// At the start of a session.
    Backend,
    /// At any time, by a superuser.
    Superuser,
    /// At any time, by anybody.
    User,
}

impl Context {
    /// As `pg_settings.context` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Context::Internal => "internal",
            Context::Postmaster => "postmaster",
            Context::Sighup => "sighup",
            Context::SuperuserBackend => "superuser-backend",
            Context::Backend => "backend",
            Context::Superuser => "superuser",
            Context::User => "user",
        }
    }
}

/// A setting's type, default and limits.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    Bool(bool),
    Integer { default: i64, min: i64, max: i64, unit: Unit },
    Real { default: f64, min: f64, max: f64, unit: Unit },
    Text(&'static str),
    Choice { default: &'static str, values: &'static [&'static str] },
}

impl Kind {
    /// As `pg_settings.vartype` has it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Kind::Bool(_) => "bool",
            Kind::Integer { .. } => "integer",
            Kind::Real { .. } => "real",
            Kind::Text(_) => "string",
            Kind::Choice { .. } => "enum",
        }
    }

    pub fn unit(&self) -> Unit {
        match self {
            Kind::Integer { unit, .. } | Kind::Real { unit, .. } => *unit,
            _ => Unit::None,
        }
    }
}

/// What a bare number of a setting counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    None,
    Byte,
    Kilobyte,
    /// Pages of 8 KiB.
    Page,
    Megabyte,
    Millisecond,
    Second,
    Minute,
}

impl Unit {
    /// As `pg_settings.unit` has it; empty for none.
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::None => "",
            Unit::Byte => "B",
            Unit::Kilobyte => "kB",
            Unit::Page => "8kB",
            Unit::Megabyte => "MB",
            Unit::Millisecond => "ms",
            Unit::Second => "s",
            Unit::Minute => "min",
        }
    }

    /// The suffixes that a value may have, with the factor to this unit, largest first.
    pub(crate) fn suffixes(self) -> &'static [(&'static str, f64)] {
        const KB: f64 = 1024.0;
        match self {
            Unit::None => &[],
            Unit::Byte => {
                &[("TB", KB * KB * KB * KB), ("GB", KB * KB * KB), ("MB", KB * KB), ("kB", KB), ("B", 1.0)]
            }
            Unit::Kilobyte => {
                &[("TB", KB * KB * KB), ("GB", KB * KB), ("MB", KB), ("kB", 1.0), ("B", 1.0 / KB)]
            }
            Unit::Page => &[
                ("TB", KB * KB * KB / 8.0),
                ("GB", KB * KB / 8.0),
                ("MB", KB / 8.0),
                ("kB", 1.0 / 8.0),
                ("B", 1.0 / 8.0 / KB),
            ],
            Unit::Megabyte => {
                &[("TB", KB * KB), ("GB", KB), ("MB", 1.0), ("kB", 1.0 / KB), ("B", 1.0 / KB / KB)]
            }
            Unit::Millisecond => &[
                ("d", 86_400_000.0),
                ("h", 3_600_000.0),
                ("min", 60_000.0),
                ("s", 1000.0),
                ("ms", 1.0),
                ("us", 0.001),
            ],
            Unit::Second => {
                &[("d", 86_400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 0.001), ("us", 0.000_001)]
            }
            Unit::Minute => &[
                ("d", 1440.0),
                ("h", 60.0),
                ("min", 1.0),
                ("s", 1.0 / 60.0),
                ("ms", 1.0 / 60_000.0),
                ("us", 1.0 / 60_000_000.0),
            ],
        }
    }

    /// The hint that goes with a suffix that is not known.
    pub(crate) fn hint(self) -> Option<&'static str> {
        match self {
            Unit::None => None,
            Unit::Byte | Unit::Kilobyte | Unit::Page | Unit::Megabyte => {
                Some("Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".")
            }
            Unit::Millisecond | Unit::Second | Unit::Minute => {
                Some("Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".")
            }
        }
    }
}
