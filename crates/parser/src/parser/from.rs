//! FROM: tables, functions, subqueries and joins.

use error::Result;

use super::Parser;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

/// What came out of parentheses in FROM.
enum Inner {
    Query(SelectStatement),
    Join(TableReference),
}

impl Parser<'_> {
    pub(super) fn table_reference(&mut self) -> Result<TableReference> {
        let first = self.descend(Self::table_primary)?;
        self.joins_after(first)
    }

    fn joins_after(&mut self, mut left: TableReference) -> Result<TableReference> {
        let mut joins = 0;
        while self.is_join() {
            left = self.one_join_after(left)?;
            joins += 1;
            self.grow(joins)?;
        }
        Ok(left)
    }

    fn is_join(&self) -> bool {
        matches!(
            self.peek_keyword(),
            Some(K::Join | K::Inner | K::Left | K::Right | K::Full | K::Cross | K::Natural)
        )
    }

    /// The right side of a join that needs a condition: in `a JOIN b JOIN c ON x ON y` it is itself a join.
    fn join_operand(&mut self) -> Result<TableReference> {
        let mut operand = self.table_primary()?;
        while !matches!(self.peek_keyword(), Some(K::On | K::Using)) {
            if !self.is_join() {
                return Err(self.unexpected());
            }
            operand = self.one_join_after(operand)?;
        }
        Ok(operand)
    }

    /// Exactly one join on top of `left`.
    fn one_join_after(&mut self, left: TableReference) -> Result<TableReference> {
        let location = self.location();
        let is_natural = self.eat_keyword(K::Natural);
        let kind = match self.peek_keyword() {
            Some(K::Left) => JoinKind::Left,
            Some(K::Right) => JoinKind::Right,
            Some(K::Full) => JoinKind::Full,
            Some(K::Cross) if !is_natural => JoinKind::Cross,
            Some(K::Inner | K::Join) => JoinKind::Inner,
            _ => return Err(self.unexpected()),
        };
        if !self.is_keyword(K::Join) {
            self.advance();
            if matches!(kind, JoinKind::Left | JoinKind::Right | JoinKind::Full) {
                self.eat_keyword(K::Outer);
            }
        }
        self.expect_keyword(K::Join)?;
        let (right, condition) = if is_natural || kind == JoinKind::Cross {
            let right = self.descend(Self::table_primary)?;
            (right, if is_natural { JoinCondition::Natural } else { JoinCondition::None })
        } else {
            let right = self.descend(Self::join_operand)?;
            (right, self.join_condition()?)
        };
        self.grow(0)?;
        Ok(TableReference::Join(Box::new(JoinExpression {
            kind,
            left,
            right,
            condition,
            alias: None,
            location,
        })))
    }

    fn join_condition(&mut self) -> Result<JoinCondition> {
        if self.eat_keyword(K::Using) {
            let columns = self.column_list()?;
            let alias = if self.eat_keyword(K::As) {
                Some(Alias { name: self.name()?, columns: Vec::new() })
            } else {
                None
            };
            return Ok(JoinCondition::Using { columns, alias });
        }
        self.expect_keyword(K::On)?;
        Ok(JoinCondition::On(Box::new(self.expression()?)))
    }

    fn table_primary(&mut self) -> Result<TableReference> {
        let location = self.location();
        let is_lateral = self.eat_keyword(K::Lateral);
        match self.peek_keyword() {
            Some(K::Xmltable) if self.peek_at(1) == T::LeftParenthesis => {
                let mut table = self.xml_table(is_lateral)?;
                table.alias = self.alias()?;
                return Ok(TableReference::XmlTable(Box::new(table)));
            }
            Some(K::JsonTable) if self.peek_at(1) == T::LeftParenthesis => {
                let mut table = self.json_table(is_lateral)?;
                table.alias = self.alias()?;
                return Ok(TableReference::JsonTable(Box::new(table), location));
            }
            Some(K::Rows) if self.is_keyword_at(1, K::From) => return self.rows_from(is_lateral),
            _ => {}
        }
        if self.is(T::LeftParenthesis) {
            if is_lateral {
                let query = self.query_in_parentheses()?;
                return self.subquery(query, true, location);
            }
            return match self.parenthesized_table()? {
                Inner::Query(query) => self.subquery(query, false, location),
                Inner::Join(TableReference::Join(mut join)) => {
                    join.alias = self.alias()?;
                    Ok(TableReference::Join(join))
                }
                // Parentheses are for joins and queries only.
                Inner::Join(_) => Err(self.unexpected()),
            };
        }
        if self.starts_function() {
            return self.table_function(is_lateral);
        }
        if is_lateral {
            // A table cannot be LATERAL; the error names what follows its name.
            self.qualified_name()?;
            return Err(self.unexpected());
        }
        let mut relation = self.relation_expression()?;
        relation.alias = self.alias()?;
        relation.sample = self.table_sample()?.map(Box::new);
        Ok(TableReference::Relation(relation))
    }

    /// `( ... )` that holds a query or a join, with the cursor on the parenthesis.
    fn parenthesized_table(&mut self) -> Result<Inner> {
        self.descend(|this| {
            this.expect(T::LeftParenthesis)?;
            let inner = if this.is_query_start() {
                Inner::Query(this.select_statement()?)
            } else if this.is(T::LeftParenthesis) {
                let inner_at = this.location();
                match this.parenthesized_table()? {
                    Inner::Query(query) if this.is(T::RightParenthesis) => Inner::Query(query),
                    Inner::Query(query) if this.continues_query() => {
                        Inner::Query(this.select_after(None, query)?)
                    }
                    Inner::Query(query) => {
                        let first = this.subquery(query, false, inner_at)?;
                        Inner::Join(this.joins_after(first)?)
                    }
                    Inner::Join(mut first) => {
                        if let TableReference::Join(join) = &mut first {
                            join.alias = this.alias()?;
                        }
                        Inner::Join(this.joins_after(first)?)
                    }
                }
            } else {
                Inner::Join(this.table_reference()?)
            };
            if let Inner::Join(reference) = &inner {
                if !matches!(reference, TableReference::Join(_)) {
                    return Err(this.unexpected());
                }
            }
            this.expect(T::RightParenthesis)?;
            Ok(inner)
        })
    }

    fn subquery(
        &mut self,
        query: SelectStatement,
        is_lateral: bool,
        location: u32,
    ) -> Result<TableReference> {
        let alias = self.alias()?;
        Ok(TableReference::Subquery(Box::new(SubqueryReference { is_lateral, query, alias, location })))
    }

    /// `[ONLY] name [*]` or `ONLY (name)`.
    pub(super) fn relation_expression(&mut self) -> Result<RelationReference> {
        if self.eat_keyword(K::Only) {
            let has_parentheses = self.eat(T::LeftParenthesis);
            let name = self.relation_name()?;
            if has_parentheses {
                self.expect(T::RightParenthesis)?;
            }
            return Ok(RelationReference { name, with_children: false, alias: None, sample: None });
        }
        let name = self.relation_name()?;
        self.eat(T::Star);
        Ok(RelationReference { name, with_children: true, alias: None, sample: None })
    }

    /// The target of UPDATE, DELETE or MERGE with its alias, which needs no AS unless it is called SET.
    pub(super) fn target_relation(&mut self) -> Result<RelationReference> {
        let mut relation = self.relation_expression()?;
        let has_alias = self.eat_keyword(K::As) || (self.is_name() && !self.is_keyword(K::Set));
        if has_alias {
            relation.alias = Some(Alias { name: self.name()?, columns: Vec::new() });
        }
        Ok(relation)
    }

    fn alias(&mut self) -> Result<Option<Alias>> {
        if !self.eat_keyword(K::As) && !self.is_name() {
            return Ok(None);
        }
        let name = self.name()?;
        let columns = self.optional_column_list()?;
        Ok(Some(Alias { name, columns }))
    }

    fn table_sample(&mut self) -> Result<Option<TableSample>> {
        if !self.eat_keyword(K::Tablesample) {
            return Ok(None);
        }
        let location = self.location();
        let method = self.function_name()?;
        let arguments = self.parenthesized_list(Self::expression)?;
        let mut repeatable = None;
        if self.eat_keyword(K::Repeatable) {
            self.expect(T::LeftParenthesis)?;
            repeatable = Some(self.expression()?);
            self.expect(T::RightParenthesis)?;
        }
        Ok(Some(TableSample { method, arguments, repeatable, location }))
    }

    /// Whether a function stands here rather than a table.
    fn starts_function(&self) -> bool {
        match self.peek() {
            T::Keyword(keyword) if !self.is_name() && !self.is_type_or_function_name_at(0) => matches!(
                keyword,
                K::CurrentDate
                    | K::CurrentTime
                    | K::CurrentTimestamp
                    | K::Localtime
                    | K::Localtimestamp
                    | K::CurrentRole
                    | K::CurrentUser
                    | K::SessionUser
                    | K::SystemUser
                    | K::User
                    | K::CurrentCatalog
                    | K::Cast
            ),
            T::Keyword(_) if !self.is_name() => true,
            T::Identifier | T::Keyword(_) => {
                let mut ahead = 1;
                while self.peek_at(ahead) == T::Dot
                    && matches!(self.peek_at(ahead + 1), T::Identifier | T::Keyword(_))
                {
                    ahead += 2;
                }
                self.peek_at(ahead) == T::LeftParenthesis
            }
            _ => false,
        }
    }

    /// A function without the clauses that only an expression can have.
    pub(super) fn windowless_function(&mut self) -> Result<Expression> {
        let location = self.location();
        if let Some(keyword) = self.peek_keyword() {
            if let Some(call) = self.special_function(keyword)? {
                return Ok(call);
            }
        }
        let name = self.function_name()?;
        let call = self.call(name)?;
        Ok(Expression { kind: ExpressionKind::FunctionCall(Box::new(call)), location })
    }

    fn table_function(&mut self, is_lateral: bool) -> Result<TableReference> {
        let location = self.location();
        let function = self.windowless_function()?;
        let functions = vec![RowsFromItem { function, column_definitions: Vec::new() }];
        let with_ordinality = self.with_ordinality()?;
        let alias = self.function_alias()?;
        Ok(TableReference::Function(Box::new(FunctionReference {
            is_lateral,
            is_rows_from: false,
            functions,
            with_ordinality,
            alias,
            location,
        })))
    }

    fn rows_from(&mut self, is_lateral: bool) -> Result<TableReference> {
        let location = self.location();
        self.at += 2;
        let functions = self.parenthesized_list(|this| {
            let function = this.windowless_function()?;
            let column_definitions = if this.eat_keyword(K::As) {
                this.parenthesized_list(Self::function_column)?
            } else {
                Vec::new()
            };
            Ok(RowsFromItem { function, column_definitions })
        })?;
        let with_ordinality = self.with_ordinality()?;
        let alias = self.function_alias()?;
        Ok(TableReference::Function(Box::new(FunctionReference {
            is_lateral,
            is_rows_from: true,
            functions,
            with_ordinality,
            alias,
            location,
        })))
    }

    fn with_ordinality(&mut self) -> Result<bool> {
        Ok(self.eat_keywords(&[K::With, K::Ordinality]))
    }

    /// `AS name (columns)`, `AS (definitions)`, `[AS] name (definitions)`.
    fn function_alias(&mut self) -> Result<FunctionAlias> {
        let mut result = FunctionAlias { alias: None, column_definitions: Vec::new() };
        let has_as = self.eat_keyword(K::As);
        if has_as && self.is(T::LeftParenthesis) {
            result.column_definitions = self.parenthesized_list(Self::function_column)?;
            return Ok(result);
        }
        if !has_as && !self.is_name() {
            return Ok(result);
        }
        let name = self.name()?;
        let mut columns = Vec::new();
        if self.is(T::LeftParenthesis) {
            // A second token that is no comma or parenthesis begins a type.
            if self.is_name_at(1) && !matches!(self.peek_at(2), T::Comma | T::RightParenthesis) {
                result.column_definitions = self.parenthesized_list(Self::function_column)?;
            } else {
                columns = self.column_list()?;
            }
        }
        result.alias = Some(Alias { name, columns });
        Ok(result)
    }

    /// `name type [COLLATE collation]`.
    fn function_column(&mut self) -> Result<ColumnDefinition> {
        let location = self.location();
        let name = self.name()?;
        let type_name = Some(self.type_name()?);
        let collation = if self.eat_keyword(K::Collate) { Some(self.qualified_name()?) } else { None };
        Ok(super::create_table::bare_column(name, type_name, collation, location))
    }
}
