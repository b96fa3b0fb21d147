//! The options of COPY.

use error::{Error, Result, error};
use parser::ast::{DefinitionElement, DefinitionValue};

use crate::new_relation::{option_boolean, option_text};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Header {
    #[default]
    No,
    Yes,
    /// Its names must be those of the columns.
    Match,
}

/// Which columns an option is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Columns {
    All,
    Some(Vec<String>),
}

impl Columns {
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Columns::All => true,
            Columns::Some(names) => names.iter().any(|known| known == name),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CopyOptions {
    pub csv: bool,
    pub delimiter: u8,
    pub null: String,
    pub header: Header,
    pub quote: u8,
    pub escape: u8,
    pub force_quote: Columns,
    pub force_null: Columns,
    pub force_not_null: Columns,
    pub freeze: bool,
}

/// # Errors
/// 42601, 22023 and 0A000 as PostgreSQL has them.
pub(crate) fn read(elements: &[DefinitionElement], is_from: bool) -> Result<CopyOptions> {
    let mut seen: Vec<&str> = Vec::new();
    let mut format = String::from("text");
    let (mut delimiter, mut null, mut quote, mut escape) = (None, None, None, None);
    let mut options = CopyOptions {
        csv: false,
        delimiter: b'\t',
        null: "\\N".into(),
        header: Header::No,
        quote: b'"',
        escape: b'"',
        force_quote: Columns::Some(Vec::new()),
        force_null: Columns::Some(Vec::new()),
        force_not_null: Columns::Some(Vec::new()),
        freeze: false,
    };
    for element in elements {
        let name = element.name.as_str();
        if seen.contains(&name) {
            return Err(error!(SYNTAX_ERROR, "conflicting or redundant options"));
        }
        seen.push(name);
        match name {
            "format" => format = option_text(element),
            "delimiter" => delimiter = Some(option_text(element)),
            "null" => null = Some(option_text(element)),
            "quote" => quote = Some(option_text(element)),
            "escape" => escape = Some(option_text(element)),
            "header" => options.header = header(element)?,
            "force_quote" => options.force_quote = columns(element),
            "force_null" => options.force_null = columns(element),
            "force_not_null" => options.force_not_null = columns(element),
            "freeze" => options.freeze = option_boolean(element)?,
            "encoding" => {
                let wanted = option_text(element).to_ascii_lowercase().replace(['-', '_'], "");
                if !matches!(wanted.as_str(), "utf8" | "unicode" | "sqlascii") {
                    return Err(Error::unsupported(
                        "COPY in another encoding than UTF8 is not supported yet",
                    ));
                }
            }
            "on_error" => {
                let wanted = option_text(element);
                if wanted == "ignore" {
                    return Err(Error::unsupported("COPY ON_ERROR ignore is not supported yet"));
                }
                if wanted != "stop" {
                    return Err(error!(INVALID_PARAMETER_VALUE, "COPY ON_ERROR \"{wanted}\" not recognized"));
                }
            }
            "log_verbosity" => {}
            other => return Err(error!(SYNTAX_ERROR, "option \"{other}\" not recognized")),
        }
    }
    options.csv = match format.as_str() {
        "text" => false,
        "csv" => true,
        "binary" => return Err(Error::unsupported("COPY in binary format is not supported yet")),
        other => return Err(error!(INVALID_PARAMETER_VALUE, "COPY format \"{other}\" not recognized")),
    };
    if options.csv {
        options.delimiter = b',';
        options.null = String::new();
    }
    let single = |label: &str, text: &str| match text.as_bytes() {
        [only] => Ok(*only),
        _ => Err(Error::unsupported(format!("COPY {label} must be a single one-byte character"))),
    };
    if let Some(text) = &delimiter {
        options.delimiter = single("delimiter", text)?;
    }
    if let Some(text) = null {
        options.null = text;
    }
    if !options.csv {
        let needy = [("quote", "QUOTE"), ("escape", "ESCAPE"), ("force_quote", "FORCE_QUOTE")];
        let others = [("force_not_null", "FORCE_NOT_NULL"), ("force_null", "FORCE_NULL")];
        for (name, label) in needy.into_iter().chain(others) {
            if seen.contains(&name) {
                return Err(Error::unsupported(format!("COPY {label} requires CSV mode")));
            }
        }
    }
    if let Some(text) = &quote {
        options.quote = single("quote", text)?;
        options.escape = options.quote;
    }
    if let Some(text) = &escape {
        options.escape = single("escape", text)?;
    }
    check(&options, &seen, is_from)?;
    Ok(options)
}

fn check(options: &CopyOptions, seen: &[&str], is_from: bool) -> Result<()> {
    if matches!(options.delimiter, b'\r' | b'\n') {
        return Err(error!(INVALID_PARAMETER_VALUE, "COPY delimiter cannot be newline or carriage return"));
    }
    if options.null.contains(['\r', '\n']) {
        return Err(error!(
            INVALID_PARAMETER_VALUE,
            "COPY null representation cannot use newline or carriage return"
        ));
    }
    let reserved = b"\\.abcdefghijklmnopqrstuvwxyz0123456789";
    if !options.csv && reserved.contains(&options.delimiter) {
        let delimiter = char::from(options.delimiter);
        return Err(error!(INVALID_PARAMETER_VALUE, "COPY delimiter cannot be \"{delimiter}\""));
    }
    if options.csv && options.delimiter == options.quote {
        return Err(error!(INVALID_PARAMETER_VALUE, "COPY delimiter and quote must be different"));
    }
    if options.null.as_bytes().contains(&options.delimiter) {
        return Err(error!(
            INVALID_PARAMETER_VALUE,
            "COPY delimiter character must not appear in the NULL specification"
        ));
    }
    if options.csv && options.null.as_bytes().contains(&options.quote) {
        return Err(error!(
            INVALID_PARAMETER_VALUE,
            "CSV quote character must not appear in the NULL specification"
        ));
    }
    let wrong_way: &[(&str, &str)] = if is_from {
        &[("force_quote", "FORCE_QUOTE")]
    } else {
        &[("force_null", "FORCE_NULL"), ("force_not_null", "FORCE_NOT_NULL"), ("freeze", "FREEZE")]
    };
    for (name, label) in wrong_way {
        if seen.contains(name) {
            let way = if is_from { "COPY FROM" } else { "COPY TO" };
            return Err(error!(INVALID_PARAMETER_VALUE, "COPY {label} cannot be used with {way}"));
        }
    }
    if !is_from && options.header == Header::Match {
        return Err(Error::unsupported("cannot use \"match\" with HEADER in COPY TO"));
    }
    Ok(())
}

fn header(element: &DefinitionElement) -> Result<Header> {
    match option_text(element).to_ascii_lowercase().as_str() {
        "match" => Ok(Header::Match),
        "true" | "on" | "1" => Ok(Header::Yes),
        "false" | "off" | "0" => Ok(Header::No),
        _ => Err(error!(SYNTAX_ERROR, "header requires a Boolean value or \"match\"")),
    }
}

fn columns(element: &DefinitionElement) -> Columns {
    match &element.value {
        Some(DefinitionValue::Star) | None => Columns::All,
        Some(DefinitionValue::Names(names) | DefinitionValue::Name(names)) => Columns::Some(names.clone()),
        Some(_) => Columns::Some(vec![option_text(element)]),
    }
}
