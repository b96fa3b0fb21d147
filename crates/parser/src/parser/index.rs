//! CREATE INDEX and the elements of an index.

use error::Result;

use super::Parser;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    /// CREATE [UNIQUE] INDEX, with the cursor after INDEX.
    pub(super) fn create_index(&mut self, is_unique: bool) -> Result<Statement> {
        let location = self.location();
        let concurrently = self.eat_keyword(K::Concurrently);
        let if_not_exists = self.if_not_exists()?;
        let name = if if_not_exists || !self.is_keyword(K::On) { Some(self.name()?) } else { None };
        self.expect_keyword(K::On)?;
        let relation = self.relation_expression()?;
        let access_method = self.access_method_clause()?;
        let elements = self.index_elements()?;
        let include = if self.eat_keyword(K::Include) { self.index_elements()? } else { Vec::new() };
        let nulls_not_distinct = self.nulls_distinct()?;
        let options = if self.eat_keyword(K::With) { self.storage_options()? } else { Vec::new() };
        let tablespace = self.tablespace_clause()?;
        let filter = self.where_clause()?;
        Ok(Statement::CreateIndex(Box::new(IndexStatement {
            name,
            is_unique,
            concurrently,
            if_not_exists,
            table: relation.name,
            with_children: relation.with_children,
            access_method,
            elements,
            include,
            nulls_not_distinct,
            options,
            tablespace,
            filter,
            location,
        })))
    }

    pub(super) fn index_elements(&mut self) -> Result<Vec<IndexElement>> {
        self.parenthesized_list(Self::index_element)
    }

    /// A column, a function call without parentheses around it, or an expression in parentheses.
    pub(super) fn index_value(&mut self) -> Result<IndexValue> {
        if self.is(T::LeftParenthesis) {
            self.advance();
            let value = Box::new(self.expression()?);
            self.expect(T::RightParenthesis)?;
            return Ok(IndexValue::Expression(value));
        }
        let is_column = self.is_name() && !matches!(self.peek_at(1), T::LeftParenthesis | T::Dot);
        if is_column {
            return self.name().map(IndexValue::Column);
        }
        Ok(IndexValue::Expression(Box::new(self.windowless_function()?)))
    }

    pub(super) fn index_element(&mut self) -> Result<IndexElement> {
        let location = self.location();
        let value = self.index_value()?;
        let collation = if self.eat_keyword(K::Collate) { Some(self.qualified_name()?) } else { None };
        let (mut operator_class, mut operator_class_options) = (None, Vec::new());
        // NULLS FIRST belongs to the element, any other NULLS is a name.
        let is_nulls = self.is_keyword(K::Nulls) && matches!(self.keyword_at(1), Some(K::First | K::Last));
        if self.is_name() && !is_nulls {
            operator_class = Some(self.qualified_name()?);
            if self.is(T::LeftParenthesis) {
                operator_class_options = self.storage_options()?;
            }
        }
        let direction = if self.eat_keyword(K::Asc) {
            SortDirection::Ascending
        } else if self.eat_keyword(K::Desc) {
            SortDirection::Descending
        } else {
            SortDirection::Default
        };
        let nulls = self.nulls_order()?;
        Ok(IndexElement {
            value,
            collation,
            operator_class,
            operator_class_options,
            direction,
            nulls,
            location,
        })
    }
}
