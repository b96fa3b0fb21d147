//! Syntax tree to query tree: names, scopes, types and coercions.
//!
//! Reads the catalog through [`CatalogView`] and changes nothing. Entry points: [`analyze`], [`analyze_expression`],
//! [`resolve_type_name`], [`resolve_relation_name`], [`rewrite`], [`deparse`].
#![forbid(unsafe_code)]

mod aggregate;
mod coerce;
mod column;
mod common_table;
mod common_type;
mod conflict;
mod delete;
pub mod deparse;
mod expression;
mod from;
mod function;
mod grouping;
mod insert;
mod join;
mod level;
mod operator;
mod parameters;
mod polymorphic;
mod resolve;
mod returning;
mod select;
mod set_operation;
mod sort;
mod standalone;
mod sublink;
mod target;
pub mod type_format;
mod type_name;
mod update;
mod view;
mod walk;
mod window;

use catalog::CatalogView;
use common::Oid;
use error::{Error, Result};
use nodes::Query;
use parser::ast;
use types::Value;

pub use level::Clause;
use level::Level;
pub use parameters::Parameters;
pub use resolve::{Candidate, Choice, resolve_function, resolve_operator, resolve_relation_name};
pub use standalone::{ExpressionKind, analyze_expression, read_default};
pub use type_name::resolve_type_name;
pub use view::rewrite;

/// Text to value and back: what literals and deparsed constants go through.
///
/// The server's implementation knows the session's formats, and the types that only the catalog knows.
pub trait ValueText {
    /// # Errors
    /// 22P02 and its kin for text that is no such value.
    fn input(&self, data_type: Oid, modifier: i32, text: &str) -> Result<Value>;

    fn output(&self, data_type: Oid, value: &Value) -> Result<String>;
}

/// What the analyzer depends on beside the catalog.
pub struct AnalyzerSettings<'a> {
    pub text: &'a dyn ValueText,
    /// The current database, which may qualify a name.
    pub database: &'a str,
    /// `x = NULL` means `x IS NULL`.
    pub transform_null_equals: bool,
}

/// Makes the query tree of a SELECT, VALUES, INSERT, UPDATE or DELETE.
///
/// # Errors
/// Whatever PostgreSQL's analysis reports, with the position in `source`.
pub fn analyze(
    statement: &ast::Statement,
    source: &str,
    catalog: &dyn CatalogView,
    parameters: &mut Parameters,
    settings: &AnalyzerSettings<'_>,
) -> Result<Query> {
    let mut analyzer = Analyzer { source, catalog, parameters, settings, levels: Vec::new() };
    let query = analyzer.statement(statement)?;
    analyzer.parameters.check_all_known()?;
    Ok(query)
}

/// The state of one analysis.
pub(crate) struct Analyzer<'a> {
    pub source: &'a str,
    pub catalog: &'a dyn CatalogView,
    pub parameters: &'a mut Parameters,
    pub settings: &'a AnalyzerSettings<'a>,
    /// Queries from the outermost to the one that is being read.
    pub levels: Vec<Level>,
}

impl Analyzer<'_> {
    pub fn statement(&mut self, statement: &ast::Statement) -> Result<Query> {
        match statement {
            ast::Statement::Select(select) => self.nested(|this| this.select_query(select, true)),
            ast::Statement::Insert(insert) => self.insert_statement(insert),
            ast::Statement::Update(update) => self.update_statement(update),
            ast::Statement::Delete(delete) => self.delete_statement(delete),
            ast::Statement::Merge(_) => Err(Error::unsupported("MERGE is not supported")),
            _ => Err(Error::internal("a utility statement has no query tree")),
        }
    }

    /// The level that is being read.
    pub fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    /// Character position, from 1, of a byte offset; 0 when there is none.
    pub fn position(&self, location: u32) -> usize {
        match self.source.get(..location as usize) {
            Some(before) if location != NO_LOCATION => before.chars().count() + 1,
            _ => 0,
        }
    }

    /// The error, pointing at a place in the source.
    pub fn place(&self, error: Error, location: u32) -> Error {
        let position = self.position(location);
        error.at(position)
    }

    pub fn fail<T>(&self, error: Error, location: u32) -> Result<T> {
        Err(self.place(error, location))
    }

    /// Reads a query one level further in.
    pub fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        // Views nest inside of what was written, so the parser's limit does not cover this.
        if self.levels.len() > parser::max_depth() as usize {
            return Err(parser::too_deep());
        }
        self.levels.push(Level::default());
        let result = read(self);
        self.levels.pop();
        result
    }

    /// Reads expressions on behalf of `clause`, which decides what they may contain.
    pub fn within<T>(&mut self, clause: Clause, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let outer = std::mem::replace(&mut self.level().clause, clause);
        let result = read(self);
        self.level().clause = outer;
        result
    }
}

pub(crate) const NO_LOCATION: u32 = u32::MAX;
