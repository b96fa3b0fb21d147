//! DELETE.

use error::Result;
use nodes::Query;
use nodes::query::Command;
use parser::ast;

use crate::{Analyzer, Clause};

impl Analyzer<'_> {
    pub fn delete_statement(&mut self, delete: &ast::DeleteStatement) -> Result<Query> {
        self.nested(|this| this.delete(delete))
    }

    fn delete(&mut self, delete: &ast::DeleteStatement) -> Result<Query> {
        let mut query = Query::new(Command::Delete);
        if let Some(with) = &delete.with {
            self.with_clause(with)?;
            query.recursive = with.is_recursive;
        }
        let relation = self.target_relation(&delete.table, "delete from")?;
        let range = self.changed_relation(&relation, &delete.table)?;
        self.level().range_table[range].required.delete = true;
        query.result_relation = Some(range);
        query.from = self.items_beside_target(range, &delete.using)?;
        query.filter = match &delete.filter {
            Some(filter) => Some(self.within(Clause::Where, |this| this.condition(filter, "WHERE"))?),
            None => None,
        };
        query.returning = self.returning(delete.returning.as_ref())?;
        self.finish(&mut query)?;
        Ok(query)
    }
}
