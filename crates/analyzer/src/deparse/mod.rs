//! Trees back to SQL, as PostgreSQL prints them: views, defaults, checks, index expressions, conditions in EXPLAIN.
//!
//! `expression.rs` prints expressions, `query.rs` whole queries. Entry points: [`deparse_query`],
//! [`deparse_expression`], [`deparse_over_relation`].

mod constant;
mod expression;
mod query;

use std::collections::HashMap;

use catalog::{CatalogView, Relation};
use common::{AttributeNumber, Oid};
use error::Result;
use nodes::expression::Expression;
use nodes::query::{Query, Target, Window};
use parser::quote_identifier;

use crate::ValueText;
use crate::type_format::format_type;

/// The names that variables of one range table have.
#[derive(Clone, Debug)]
pub struct RangeNames {
    pub name: String,
    pub columns: Vec<String>,
}

/// How to print.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Leave out parentheses that precedence makes superfluous.
    pub pretty: bool,
    /// Put the table's name before each column.
    pub prefix: bool,
}

/// A query as `pg_get_viewdef` prints it, without the semicolon. `columns` names the output, where it was renamed.
pub fn deparse_query(
    query: &Query,
    pretty: bool,
    columns: Option<&[String]>,
    catalog: &dyn CatalogView,
    text: &dyn ValueText,
) -> Result<String> {
    let style = Style { pretty, prefix: false };
    let mut printer = Printer::new(style, catalog, text);
    printer.query(query, columns, Place::Top)?;
    Ok(printer.out)
}

/// An expression over one relation (range 0), as `pg_get_expr` prints it.
pub fn deparse_over_relation(
    expression: &Expression,
    relation: &Relation,
    pretty: bool,
    catalog: &dyn CatalogView,
    text: &dyn ValueText,
) -> Result<String> {
    let columns = relation.columns.iter().map(|column| column.name.to_string()).collect();
    let names = vec![RangeNames { name: relation.name.to_string(), columns }];
    deparse_expression(expression, names, Style { pretty, prefix: false }, catalog, text)
}

/// An expression over the named range table.
pub fn deparse_expression(
    expression: &Expression,
    names: Vec<RangeNames>,
    style: Style,
    catalog: &dyn CatalogView,
    text: &dyn ValueText,
) -> Result<String> {
    let mut printer = Printer::new(style, catalog, text);
    printer.levels.push(PrintedLevel {
        names,
        windows: Vec::new(),
        targets: Vec::new(),
        prefix: style.prefix,
        is_named: true,
    });
    printer.expression(expression)?;
    Ok(printer.out)
}

/// What the expressions of a plan node refer to, as text.
#[derive(Clone, Copy, Debug)]
pub struct PlanNames<'a> {
    /// The columns of the node's input.
    pub columns: &'a [String],
    /// Execution parameters by number.
    pub parameters: &'a HashMap<usize, String>,
}

/// An expression of a plan node, as EXPLAIN prints it.
pub fn deparse_in_plan(
    expression: &Expression,
    names: PlanNames<'_>,
    catalog: &dyn CatalogView,
    text: &dyn ValueText,
) -> Result<String> {
    let mut printer = Printer::new(Style::default(), catalog, text);
    printer.plan = Some(names);
    printer.expression(expression)?;
    Ok(printer.out)
}

/// Where a query stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    /// In FROM or WITH.
    Named,
    /// Where nobody reads the names of its columns.
    Unnamed,
}

/// One level of a query that is being printed.
struct PrintedLevel {
    names: Vec<RangeNames>,
    windows: Vec<Window>,
    targets: Vec<Target>,
    prefix: bool,
    /// Somebody reads the names of its columns.
    is_named: bool,
}

struct Printer<'a> {
    out: String,
    style: Style,
    catalog: &'a dyn CatalogView,
    text: &'a dyn ValueText,
    levels: Vec<PrintedLevel>,
    indent: usize,
    /// The next expression shows its implicit casts: it is an operand or argument.
    shows_casts: bool,
    /// What [`Expression::CaseOperand`] stands for.
    operands: Vec<Expression>,
    plan: Option<PlanNames<'a>>,
}

impl<'a> Printer<'a> {
    fn new(style: Style, catalog: &'a dyn CatalogView, text: &'a dyn ValueText) -> Printer<'a> {
        Printer {
            out: String::new(),
            style,
            catalog,
            text,
            levels: Vec::new(),
            indent: 0,
            shows_casts: false,
            operands: Vec::new(),
            plan: None,
        }
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn identifier(&mut self, name: &str) {
        self.out.push_str(&quote_identifier(name));
    }

    /// Starts a line at this many columns from the current indentation.
    fn line(&mut self, columns: usize) {
        let kept = self.out.trim_end_matches(' ').len();
        self.out.truncate(kept);
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        let width = self.indent + columns;
        self.out.extend(std::iter::repeat_n(' ', width));
    }

    fn data_type(&self, data_type: Oid, modifier: i32) -> Result<String> {
        format_type(self.catalog, data_type, modifier)
    }

    fn column(&mut self, levels_up: u32, range: usize, attribute: AttributeNumber) {
        let at = self.levels.len().checked_sub(levels_up as usize + 1);
        let Some(level) = at.and_then(|at| self.levels.get(at)) else { return };
        let Some(names) = level.names.get(range) else { return };
        let column = match attribute {
            AttributeNumber::WHOLE_ROW => None,
            attribute if attribute.is_user() => names.columns.get(attribute.index()).cloned(),
            AttributeNumber::CTID => Some("ctid".into()),
            AttributeNumber::XMIN => Some("xmin".into()),
            AttributeNumber::CMIN => Some("cmin".into()),
            AttributeNumber::XMAX => Some("xmax".into()),
            AttributeNumber::CMAX => Some("cmax".into()),
            _ => Some("tableoid".into()),
        };
        let table = names.name.clone();
        let prefix = level.prefix || levels_up > 0;
        match column {
            Some(column) => {
                if prefix && !table.is_empty() {
                    self.identifier(&table);
                    self.put(".");
                }
                self.identifier(&column);
            }
            None => {
                self.identifier(&table);
                self.put(".*");
            }
        }
    }
}
