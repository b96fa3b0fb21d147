//! Text to syntax tree: the SQL grammar of PostgreSQL 18.
//!
//! Pure: no catalog, no settings but the depth that it is told, no input or output. Entry points: [`parse`], [`parse_with_notices`],
//! [`parse_expression`], [`parse_type_name`], [`quote_identifier`]; the tree is in [`ast`].
#![forbid(unsafe_code)]

pub mod ast;
mod escape;
mod keyword;
mod lexer;
mod limits;
pub mod normalize;
mod parser;
mod position;
mod quote;

use error::{Error, Result, error};

pub use keyword::{Keyword, KeywordClass};
pub use lexer::MAX_IDENTIFIER_BYTES;
pub use limits::{max_depth, set_stack_limit_kb, too_deep};
pub use quote::{quote_all_identifiers, quote_identifier};

use ast::{Expression, RawStatement, TypeName};
use parser::Parser;

/// Parses a text of any number of statements.
///
/// # Errors
/// 42601 and its kin with the position of the first offending token; 54001 for nesting beyond all measure.
pub fn parse(source: &str) -> Result<Vec<RawStatement>> {
    run(source, &mut Vec::new(), |parser| parser.statements())
}

/// Like [`parse`]; `notices` receives a NOTICE (42622) for each identifier that was cut to 63 bytes.
pub fn parse_with_notices(source: &str, notices: &mut Vec<Error>) -> Result<Vec<RawStatement>> {
    run(source, notices, |parser| parser.statements())
}

/// Parses a text that is one type name, as `regtype` input and stored definitions have it.
pub fn parse_type_name(source: &str) -> Result<TypeName> {
    run(source, &mut Vec::new(), |parser| parser.whole_type_name())
}

/// Parses a text that is one expression.
pub fn parse_expression(source: &str) -> Result<Expression> {
    run(source, &mut Vec::new(), |parser| parser.whole_expression())
}

fn run<T>(
    source: &str,
    notices: &mut Vec<Error>,
    rule: impl FnOnce(&mut Parser<'_>) -> Result<T>,
) -> Result<T> {
    if u32::try_from(source.len()).is_err() {
        return Err(error!(PROGRAM_LIMIT_EXCEEDED, "query text is too long"));
    }
    let mut tokens = lexer::tokenize(source);
    let result = rule(&mut Parser::new(source, &tokens));
    notices.append(&mut tokens.notices);
    result
}
