//! EXPLAIN: the plan of a statement, and what its nodes did, as text, XML, JSON or YAML.
//!
//! Never plans or runs: it gets a plan and, for ANALYZE, the reports of its nodes. Entry points: [`Options::of`], [`explain`].

mod document;
mod json;
mod label;
mod node;
mod text;
mod tree;
mod xml;
mod yaml;

use std::time::Duration;

use analyzer::ValueText;
use catalog::CatalogView;
use error::{Error, Result, error};
use executor::Instruments;
use nodes::plan::PlannedStatement;
use parser::ast::ExplainStatement;
use storage_buffer::BufferUse;
pub use storage_buffer::buffer_use;

use crate::new_relation::{option_boolean, option_text};
use document::Document;

/// The form of the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Text,
    Xml,
    Json,
    Yaml,
}

/// The format in which rows are made ready for a client that does not get them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Serialize {
    Text,
    Binary,
}

impl Serialize {
    fn name(self) -> &'static str {
        match self {
            Serialize::Text => "text",
            Serialize::Binary => "binary",
        }
    }
}

/// What is to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub analyze: bool,
    pub verbose: bool,
    pub costs: bool,
    pub buffers: bool,
    pub wal: bool,
    pub settings: bool,
    pub timing: bool,
    pub summary: bool,
    pub serialize: Option<Serialize>,
    pub form: Form,
}

impl Options {
    /// # Errors
    /// 42601 for unknown options, 22023 for values and combinations that make no sense.
    pub fn of(statement: &ExplainStatement) -> Result<Options> {
        let mut options = Options {
            analyze: false,
            verbose: false,
            costs: true,
            buffers: false,
            wal: false,
            settings: false,
            timing: false,
            summary: false,
            serialize: None,
            form: Form::Text,
        };
        let (mut buffers, mut timing, mut summary) = (None, None, None);
        let mut generic = false;
        for element in &statement.options {
            let at = |error: Error| match usize::try_from(element.location) {
                Ok(location) => error.at(location + 1),
                Err(_) => error,
            };
            match element.name.as_str() {
                "analyze" => options.analyze = option_boolean(element)?,
                "verbose" => options.verbose = option_boolean(element)?,
                "costs" => options.costs = option_boolean(element)?,
                "buffers" => buffers = Some(option_boolean(element)?),
                "timing" => timing = Some(option_boolean(element)?),
                "summary" => summary = Some(option_boolean(element)?),
                "wal" => options.wal = option_boolean(element)?,
                "settings" => options.settings = option_boolean(element)?,
                "memory" => {
                    if option_boolean(element)? {
                        return Err(Error::unsupported("EXPLAIN option MEMORY is not supported yet"));
                    }
                }
                "generic_plan" => generic = option_boolean(element)?,
                "serialize" => {
                    options.serialize = match element.value.as_ref().map(|_| option_text(element)).as_deref()
                    {
                        Some("none" | "off") => None,
                        None | Some("text") => Some(Serialize::Text),
                        Some("binary") => Some(Serialize::Binary),
                        Some(other) => {
                            return Err(at(error!(
                                INVALID_PARAMETER_VALUE,
                                "unrecognized value for EXPLAIN option \"serialize\": \"{other}\""
                            )));
                        }
                    }
                }
                "format" => {
                    options.form = match option_text(element).as_str() {
                        "text" => Form::Text,
                        "xml" => Form::Xml,
                        "json" => Form::Json,
                        "yaml" => Form::Yaml,
                        other => {
                            return Err(at(error!(
                                INVALID_PARAMETER_VALUE,
                                "unrecognized value for EXPLAIN option \"format\": \"{other}\""
                            )));
                        }
                    }
                }
                other => return Err(at(error!(SYNTAX_ERROR, "unrecognized EXPLAIN option \"{other}\""))),
            }
        }
        if options.wal && !options.analyze {
            return Err(requires_analyze("WAL"));
        }
        if timing == Some(true) && !options.analyze {
            return Err(requires_analyze("TIMING"));
        }
        if options.serialize.is_some() && !options.analyze {
            return Err(requires_analyze("SERIALIZE"));
        }
        if generic && options.analyze {
            return Err(error!(
                INVALID_PARAMETER_VALUE,
                "EXPLAIN options ANALYZE and GENERIC_PLAN cannot be used together"
            ));
        }
        options.buffers = buffers.unwrap_or(options.analyze);
        options.timing = timing.unwrap_or(options.analyze);
        options.summary = summary.unwrap_or(options.analyze);
        Ok(options)
    }
}

fn requires_analyze(option: &str) -> Error {
    error!(INVALID_PARAMETER_VALUE, "EXPLAIN option {option} requires ANALYZE")
}

/// What it took to make rows ready for a client.
#[derive(Clone, Copy, Default, Debug)]
pub struct Serialized {
    pub took: Duration,
    pub bytes: u64,
    pub buffers: BufferUse,
}

impl Serialized {
    fn kilobytes(&self) -> u64 {
        self.bytes.div_ceil(1024)
    }
}

/// What was measured around the plan.
#[derive(Clone, Default, Debug)]
pub struct Measured {
    /// For VERBOSE; 0 when there is none or it is not shown.
    pub query_id: i64,
    /// For SETTINGS: what bears on planning and is not as it is by default, with values.
    pub settings: Vec<(String, String)>,
    pub planning: Duration,
    /// `None` when planning is not shown.
    pub planning_buffers: Option<BufferUse>,
    /// SERIALIZE.
    pub serialized: Option<Serialized>,
    /// ANALYZE: how long the statement ran.
    pub execution: Option<Duration>,
}

/// The answer's rows.
/// # Errors
/// Those of reading the catalog.
pub fn explain(
    statement: &PlannedStatement,
    options: &Options,
    instruments: Option<&Instruments>,
    measured: &Measured,
    catalog: &dyn CatalogView,
    values: &dyn ValueText,
) -> Result<Vec<String>> {
    let root = tree::build(statement, options, instruments, catalog, values)?;
    Ok(match options.form {
        Form::Text => text::render(&root, options, measured),
        Form::Xml => vec![xml::render(&document::build(&root, options, measured))],
        Form::Json => vec![json::render(&document::build(&root, options, measured))],
        Form::Yaml => vec![yaml::render(&document::build(&root, options, measured))],
    })
}

/// A plan as the log tells of it, behind members that say what was run.
/// # Errors
/// Those of reading the catalog.
pub fn explain_for_log(
    statement: &PlannedStatement,
    options: &Options,
    instruments: Option<&Instruments>,
    measured: &Measured,
    header: Vec<(&'static str, String)>,
    catalog: &dyn CatalogView,
    values: &dyn ValueText,
) -> Result<String> {
    let root = tree::build(statement, options, instruments, catalog, values)?;
    if options.form == Form::Text {
        let header = header.into_iter().map(|(name, text)| format!("{name}: {text}"));
        let lines: Vec<String> = header.chain(text::render(&root, options, measured)).collect();
        return Ok(lines.join("\n"));
    }
    let header = header.into_iter().map(|(name, text)| (name.to_string(), Document::Text(text)));
    let members: Vec<(String, Document)> = header.chain(document::build(&root, options, measured)).collect();
    Ok(match options.form {
        Form::Xml => xml::render_alone(&members),
        Form::Yaml => yaml::render_alone(&members),
        _ => json::render_alone(&members),
    })
}
