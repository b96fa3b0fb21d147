//! Text to syntax tree: the SQL grammar of PostgreSQL 18.
//!
//! Pure: no catalog, no settings but the depth that it is told, no input or output. Entry points: [`parse`], [`parse_tokens`],
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
pub mod skeleton;

use error::{Error, Result, error};

pub use keyword::{Keyword, KeywordClass};
pub use lexer::{MAX_IDENTIFIER_BYTES, Tokens};
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

/// Cuts a text into tokens, for [`parse_tokens`].
/// # Errors
/// 54000 for more than four GiB. An error in a token is raised when the parser gets there.
pub fn tokenize(source: &str) -> Result<Tokens> {
    if u32::try_from(source.len()).is_err() {
        return Err(error!(PROGRAM_LIMIT_EXCEEDED, "query text is too long"));
    }
    Ok(lexer::tokenize(source))
}

/// Like [`parse`], from the text's tokens; `notices` receives a NOTICE (42622) for each identifier that was cut to 63 bytes.
/// # Errors
/// Those of [`parse`].
pub fn parse_tokens(source: &str, tokens: Tokens, notices: &mut Vec<Error>) -> Result<Vec<RawStatement>> {
    run_tokens(source, tokens, notices, |parser| parser.statements())
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
    run_tokens(source, tokenize(source)?, notices, rule)
}

fn run_tokens<T>(
    source: &str,
    mut tokens: Tokens,
    notices: &mut Vec<Error>,
    rule: impl FnOnce(&mut Parser<'_>) -> Result<T>,
) -> Result<T> {
    let result = rule(&mut Parser::new(source, &tokens));
    notices.append(&mut tokens.notices);
    result
}
