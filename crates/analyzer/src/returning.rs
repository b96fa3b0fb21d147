//! RETURNING.

use error::{Error, Result, error};
use nodes::query::Target;
use parser::ast;

use crate::{Analyzer, Clause};

impl Analyzer<'_> {
    pub fn returning(&mut self, returning: Option<&ast::Returning>) -> Result<Vec<Target>> {
        let Some(returning) = returning else { return Ok(Vec::new()) };
        if let Some(option) = returning.options.first() {
            let error = Error::unsupported("OLD and NEW in RETURNING are not supported");
            return self.fail(error, option.location);
        }
        let mut targets = self.target_list(&returning.targets, Clause::Returning)?;
        if targets.is_empty() {
            return Err(error!(SYNTAX_ERROR, "RETURNING must have at least one column"));
        }
        for target in &mut targets {
            let value = target.expression.clone();
            target.expression = self.resolve_unknown(value)?;
        }
        Ok(targets)
    }
}
