//! CREATE TABLE: columns, constraints, partitions; CREATE TABLE AS.

use error::{Result, error};

use super::Parser;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

pub(super) fn bare_column(
    name: String,
    type_name: Option<TypeName>,
    collation: Option<QualifiedName>,
    location: u32,
) -> ColumnDefinition {
    ColumnDefinition {
        name,
        type_name,
        collation,
        storage: None,
        compression: None,
        foreign_options: Vec::new(),
        constraints: Vec::new(),
        location,
    }
}

/// Which kind of constraint attributes follow; each place allows some of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AttributePlace {
    Column,
    Table,
}

impl Parser<'_> {
    /// CREATE [TEMP | UNLOGGED] TABLE, with the cursor after TABLE.
    pub(super) fn create_table(&mut self, persistence: Persistence) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.relation_name()?;
        let mut table = empty_table(name, persistence, if_not_exists);
        match self.peek_keyword() {
            Some(K::Of) => {
                self.advance();
                let location = self.location();
                let name = self.qualified_name()?;
                table.of_type = Some(super::type_name::plain(name.parts, Vec::new(), location));
                table.elements = self.typed_elements()?;
            }
            Some(K::Partition) => self.partition_of(&mut table)?,
            _ if self.is(T::LeftParenthesis) => {
                // A plain list of names belongs to CREATE TABLE AS.
                let is_name_list =
                    self.is_name_at(1) && matches!(self.peek_at(2), T::Comma | T::RightParenthesis);
                if is_name_list {
                    let columns = self.column_list()?;
                    return self.create_table_as(table, columns);
                }
                table.elements = self.table_elements()?;
                if self.eat_keyword(K::Inherits) {
                    table.inherits = self.parenthesized_list(Self::relation_name)?;
                }
            }
            Some(K::Using | K::With | K::Without | K::On | K::Tablespace | K::As) => {
                return self.create_table_as(table, Vec::new());
            }
            _ => return Err(self.unexpected()),
        }
        table.partition_by = self.partition_by()?;
        table.access_method = self.access_method_clause()?;
        table.options = self.table_with_options()?;
        table.on_commit = self.on_commit()?;
        table.tablespace = self.tablespace_clause()?;
        Ok(Statement::CreateTable(Box::new(table)))
    }

    fn create_table_as(&mut self, table: CreateTableStatement, columns: Vec<String>) -> Result<Statement> {
        let target = self.table_as_target(table.name, table.persistence, columns)?;
        self.expect_keyword(K::As)?;
        let source = if self.is_keyword(K::Execute) {
            CreateTableAsSource::Execute(self.execute()?)
        } else {
            CreateTableAsSource::Select(Box::new(self.any_query()?))
        };
        let with_data = self.with_data()?;
        Ok(Statement::CreateTableAs(Box::new(CreateTableAsStatement {
            target,
            source,
            if_not_exists: table.if_not_exists,
            is_materialized_view: false,
            with_data,
        })))
    }

    fn table_as_target(
        &mut self,
        name: RelationName,
        persistence: Persistence,
        columns: Vec<String>,
    ) -> Result<IntoTarget> {
        let access_method = self.access_method_clause()?;
        let options = self.table_with_options()?;
        let on_commit = self.on_commit()?;
        let tablespace = self.tablespace_clause()?;
        Ok(IntoTarget { name, persistence, columns, access_method, options, on_commit, tablespace })
    }

    /// CREATE MATERIALIZED VIEW, with the cursor after VIEW.
    pub(super) fn create_materialized_view(&mut self, persistence: Persistence) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.relation_name()?;
        let columns = self.optional_column_list()?;
        let access_method = self.access_method_clause()?;
        let options = self.with_storage_options()?;
        let tablespace = self.tablespace_clause()?;
        self.expect_keyword(K::As)?;
        let source = CreateTableAsSource::Select(Box::new(self.any_query()?));
        let with_data = self.with_data()?;
        let on_commit = OnCommit::Unspecified;
        let target = IntoTarget { name, persistence, columns, access_method, options, on_commit, tablespace };
        Ok(Statement::CreateTableAs(Box::new(CreateTableAsStatement {
            target,
            source,
            if_not_exists,
            is_materialized_view: true,
            with_data,
        })))
    }

    /// CREATE FOREIGN TABLE, with the cursor after TABLE.
    pub(super) fn create_foreign_table(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.relation_name()?;
        let mut table = empty_table(name, Persistence::Permanent, if_not_exists);
        if self.is_keyword(K::Partition) {
            self.partition_of(&mut table)?;
        } else {
            table.elements = self.table_elements()?;
            if self.eat_keyword(K::Inherits) {
                table.inherits = self.parenthesized_list(Self::relation_name)?;
            }
        }
        self.expect_keyword(K::Server)?;
        let server = self.name()?;
        table.foreign = Some(ForeignTableOptions { server, options: self.foreign_options()? });
        Ok(Statement::CreateTable(Box::new(table)))
    }

    fn partition_of(&mut self, table: &mut CreateTableStatement) -> Result<()> {
        self.advance();
        self.expect_keyword(K::Of)?;
        let parent = self.relation_name()?;
        table.elements = self.typed_elements()?;
        let bound = self.partition_bound()?;
        table.partition_of = Some(PartitionOf { parent, bound });
        Ok(())
    }

    pub(super) fn partition_bound(&mut self) -> Result<PartitionBound> {
        let location = self.location();
        if self.eat_keyword(K::Default) {
            return Ok(PartitionBound { kind: PartitionBoundKind::Default, location });
        }
        self.expect_keyword(K::For)?;
        self.expect_keyword(K::Values)?;
        let location = self.location();
        let kind = match self.peek_keyword() {
            Some(K::With) => {
                self.advance();
                self.hash_bound()?
            }
            Some(K::In) => {
                self.advance();
                PartitionBoundKind::In(self.parenthesized_list(Self::expression)?)
            }
            Some(K::From) => {
                self.advance();
                let from = self.parenthesized_list(Self::expression)?;
                self.expect_keyword(K::To)?;
                PartitionBoundKind::FromTo { from, to: self.parenthesized_list(Self::expression)? }
            }
            _ => return Err(self.unexpected()),
        };
        Ok(PartitionBound { kind, location })
    }

    fn hash_bound(&mut self) -> Result<PartitionBoundKind> {
        let (mut modulus, mut remainder) = (None, None);
        self.parenthesized_list(|this| {
            let location = this.location();
            let name = this.non_reserved_word()?;
            let value = this.integer()?;
            let (slot, message) = match name.as_str() {
                "modulus" => (&mut modulus, "modulus for hash partition provided more than once"),
                "remainder" => (&mut remainder, "remainder for hash partition provided more than once"),
                _ => {
                    let message = format!("unrecognized hash partition bound specification \"{name}\"");
                    return Err(this.error_at(message, location));
                }
            };
            if slot.replace(value).is_some() {
                let error = error!(DUPLICATE_OBJECT, "{message}");
                return Err(error.at(this.position(location)));
            }
            Ok(())
        })?;
        let Some(modulus) = modulus else {
            return Err(error!(SYNTAX_ERROR, "modulus for hash partition must be specified"));
        };
        let Some(remainder) = remainder else {
            return Err(error!(SYNTAX_ERROR, "remainder for hash partition must be specified"));
        };
        Ok(PartitionBoundKind::Hash { modulus, remainder })
    }

    fn partition_by(&mut self) -> Result<Option<PartitionSpecification>> {
        let location = self.location();
        if !self.eat_phrase(K::Partition, &[K::By])? {
            return Ok(None);
        }
        let at = self.location();
        let strategy = self.name()?;
        let keys = self.parenthesized_list(|this| {
            let location = this.location();
            let value = this.index_value()?;
            let collation = if this.eat_keyword(K::Collate) { Some(this.qualified_name()?) } else { None };
            let operator_class = if this.is_name() { Some(this.qualified_name()?) } else { None };
            Ok(PartitionKey { value, collation, operator_class, location })
        })?;
        let strategy = match strategy.to_ascii_lowercase().as_str() {
            "list" => PartitionStrategy::List,
            "range" => PartitionStrategy::Range,
            "hash" => PartitionStrategy::Hash,
            _ => {
                let error =
                    error!(INVALID_PARAMETER_VALUE, "unrecognized partitioning strategy \"{strategy}\"");
                return Err(error.at(self.position(at)));
            }
        };
        Ok(Some(PartitionSpecification { strategy, keys, location }))
    }

    pub(super) fn access_method_clause(&mut self) -> Result<Option<String>> {
        if self.eat_keyword(K::Using) { self.name().map(Some) } else { Ok(None) }
    }

    pub(super) fn tablespace_clause(&mut self) -> Result<Option<String>> {
        if self.eat_keyword(K::Tablespace) { self.name().map(Some) } else { Ok(None) }
    }

    fn table_with_options(&mut self) -> Result<Vec<DefinitionElement>> {
        if self.eat_phrase(K::Without, &[K::Oids])? {
            return Ok(Vec::new());
        }
        if self.eat_keyword(K::With) { self.storage_options() } else { Ok(Vec::new()) }
    }

    fn on_commit(&mut self) -> Result<OnCommit> {
        if !self.eat_phrase(K::On, &[K::Commit])? {
            return Ok(OnCommit::Unspecified);
        }
        if self.eat_keyword(K::Drop) {
            return Ok(OnCommit::Drop);
        }
        let is_delete = self.eat_keyword(K::Delete);
        if !is_delete {
            self.expect_keyword(K::Preserve)?;
        }
        self.expect_keyword(K::Rows)?;
        Ok(if is_delete { OnCommit::DeleteRows } else { OnCommit::PreserveRows })
    }

    fn table_elements(&mut self) -> Result<Vec<TableElement>> {
        self.expect(T::LeftParenthesis)?;
        if self.eat(T::RightParenthesis) {
            return Ok(Vec::new());
        }
        let elements = self.comma_list(|this| match this.peek_keyword() {
            Some(K::Like) => this.like_clause().map(TableElement::Like),
            _ if this.is_table_constraint() => this.table_constraint().map(TableElement::Constraint),
            _ => this.column_definition().map(TableElement::Column),
        })?;
        self.expect(T::RightParenthesis)?;
        Ok(elements)
    }

    /// The elements of a typed table or a partition: columns without types.
    fn typed_elements(&mut self) -> Result<Vec<TableElement>> {
        if !self.is(T::LeftParenthesis) {
            return Ok(Vec::new());
        }
        self.parenthesized_list(|this| {
            if this.is_table_constraint() {
                return this.table_constraint().map(TableElement::Constraint);
            }
            let location = this.location();
            let name = this.name()?;
            if this.eat_keyword(K::With) {
                this.expect_keyword(K::Options)?;
            }
            let mut column = bare_column(name, None, None, location);
            this.column_constraints(&mut column)?;
            Ok(TableElement::Column(column))
        })
    }

    fn is_table_constraint(&self) -> bool {
        match self.peek_keyword() {
            Some(K::Constraint | K::Check | K::Unique | K::Primary | K::Foreign | K::Not) => true,
            Some(K::Exclude) => matches!(self.peek_at(1), T::LeftParenthesis | T::Keyword(K::Using)),
            _ => false,
        }
    }

    pub(super) fn column_definition(&mut self) -> Result<ColumnDefinition> {
        let location = self.location();
        let name = self.name()?;
        let type_name = Some(self.type_name()?);
        let mut column = bare_column(name, type_name, None, location);
        if self.eat_keyword(K::Storage) {
            column.storage = Some(self.storage_word()?);
        }
        if self.eat_keyword(K::Compression) {
            column.compression = Some(self.compression_word()?);
        }
        column.foreign_options = self.foreign_options()?;
        self.column_constraints(&mut column)?;
        Ok(column)
    }

    pub(super) fn storage_word(&mut self) -> Result<String> {
        if self.eat_keyword(K::Default) { Ok("default".into()) } else { self.name() }
    }

    pub(super) fn compression_word(&mut self) -> Result<String> {
        self.storage_word()
    }

    /// Constraints, COLLATE and constraint attributes, in any order.
    pub(super) fn column_constraints(&mut self, column: &mut ColumnDefinition) -> Result<()> {
        loop {
            let location = self.location();
            if self.eat_keyword(K::Collate) {
                if column.collation.replace(self.qualified_name()?).is_some() {
                    return Err(self.error_at("multiple COLLATE clauses not allowed", location));
                }
                continue;
            }
            if self.constraint_attribute_here() {
                let Some(last) = column.constraints.last_mut() else {
                    return Err(self.misplaced_attribute());
                };
                self.constraint_attribute(&mut last.attributes, AttributePlace::Column)?;
                continue;
            }
            match self.column_constraint()? {
                Some(constraint) => column.constraints.push(constraint),
                None => return Ok(()),
            }
        }
    }

    /// An attribute that follows no constraint.
    fn misplaced_attribute(&self) -> error::Error {
        let location = self.location();
        let message = match (self.peek_keyword(), self.keyword_at(1)) {
            (Some(K::Deferrable), _) => "misplaced DEFERRABLE clause",
            (Some(K::Enforced), _) => "misplaced ENFORCED clause",
            (Some(K::Not), Some(K::Enforced)) => "misplaced NOT ENFORCED clause",
            (Some(K::Not), _) => "misplaced NOT DEFERRABLE clause",
            (_, Some(K::Deferred)) => "misplaced INITIALLY DEFERRED clause",
            _ => "misplaced INITIALLY IMMEDIATE clause",
        };
        self.error_at(message, location)
    }

    fn column_constraint(&mut self) -> Result<Option<Constraint>> {
        let location = self.location();
        let name = if self.eat_keyword(K::Constraint) { Some(self.name()?) } else { None };
        let mut attributes = ConstraintAttributes::default();
        let kind = match self.peek_keyword() {
            Some(K::Not) => {
                self.advance();
                self.expect_keyword(K::Null)?;
                attributes.is_no_inherit = self.no_inherit()?;
                ConstraintKind::NotNull { column: None }
            }
            Some(K::Null) => {
                self.advance();
                ConstraintKind::Null
            }
            Some(K::Unique) => {
                self.advance();
                let nulls_not_distinct = self.nulls_distinct()?;
                let options = self.with_definition()?;
                let tablespace = self.index_tablespace()?;
                let index = IndexConstraint { nulls_not_distinct, options, tablespace, ..Default::default() };
                ConstraintKind::Unique(Box::new(index))
            }
            Some(K::Primary) => {
                self.advance();
                self.expect_keyword(K::Key)?;
                let options = self.with_definition()?;
                let tablespace = self.index_tablespace()?;
                ConstraintKind::PrimaryKey(Box::new(IndexConstraint {
                    options,
                    tablespace,
                    ..Default::default()
                }))
            }
            Some(K::Check) => {
                let expression = self.inside(Self::expression)?;
                attributes.is_no_inherit = self.no_inherit()?;
                ConstraintKind::Check(Box::new(expression))
            }
            Some(K::Default) => {
                self.advance();
                ConstraintKind::Default(Box::new(self.restricted_expression()?))
            }
            Some(K::Generated) => self.generated()?,
            Some(K::References) => ConstraintKind::ForeignKey(Box::new(self.references(Vec::new(), false)?)),
            _ if name.is_some() => return Err(self.unexpected()),
            _ => return Ok(None),
        };
        Ok(Some(Constraint { name, kind, attributes, location }))
    }

    fn no_inherit(&mut self) -> Result<bool> {
        self.eat_phrase(K::No, &[K::Inherit])
    }

    /// `NULLS [NOT] DISTINCT`; true with NOT.
    pub(super) fn nulls_distinct(&mut self) -> Result<bool> {
        if !self.eat_keyword(K::Nulls) {
            return Ok(false);
        }
        let has_not = self.eat_keyword(K::Not);
        self.expect_keyword(K::Distinct)?;
        Ok(has_not)
    }

    fn index_tablespace(&mut self) -> Result<Option<String>> {
        if self.eat_phrase(K::Using, &[K::Index, K::Tablespace])? { self.name().map(Some) } else { Ok(None) }
    }

    fn generated(&mut self) -> Result<ConstraintKind> {
        self.advance();
        let when_at = self.location();
        let is_always = self.eat_keyword(K::Always);
        if !is_always {
            self.expect_keywords(&[K::By, K::Default])?;
        }
        self.expect_keyword(K::As)?;
        if self.eat_keyword(K::Identity) {
            let options = if self.is(T::LeftParenthesis) {
                self.sequence_options_in_parentheses()?
            } else {
                Vec::new()
            };
            return Ok(ConstraintKind::Identity { is_always, options });
        }
        self.expect(T::LeftParenthesis)?;
        let expression = Box::new(self.expression()?);
        self.expect(T::RightParenthesis)?;
        let is_stored = self.eat_keyword(K::Stored);
        if !is_stored {
            self.eat_keyword(K::Virtual);
        }
        if !is_always {
            return Err(self.error_at("for a generated column, GENERATED ALWAYS must be specified", when_at));
        }
        Ok(ConstraintKind::GeneratedExpression { expression, is_stored })
    }

    /// REFERENCES and what follows it.
    fn references(&mut self, columns: Vec<String>, has_period: bool) -> Result<ForeignKey> {
        self.expect_keyword(K::References)?;
        let table = self.relation_name()?;
        let (referenced_columns, referenced_has_period) =
            if self.is(T::LeftParenthesis) { self.period_columns()? } else { (Vec::new(), false) };
        let mut match_type = ForeignKeyMatch::Simple;
        let match_at = self.location();
        if self.eat_keyword(K::Match) {
            match self.peek_keyword() {
                Some(K::Full) => match_type = ForeignKeyMatch::Full,
                Some(K::Simple) => {}
                Some(K::Partial) => {
                    let error = error!(FEATURE_NOT_SUPPORTED, "MATCH PARTIAL not yet implemented");
                    return Err(error.at(self.position(match_at)));
                }
                _ => return Err(self.unexpected()),
            }
            self.advance();
        }
        let mut key = ForeignKey {
            columns,
            has_period,
            table,
            referenced_columns,
            referenced_has_period,
            match_type,
            on_update: ForeignKeyAction::NoAction,
            on_delete: ForeignKeyAction::NoAction,
            on_delete_columns: Vec::new(),
        };
        let (mut has_update, mut has_delete) = (false, false);
        while self.is_keyword(K::On) {
            match self.keyword_at(1) {
                Some(K::Update) if !has_update => has_update = true,
                Some(K::Delete) if !has_delete => has_delete = true,
                _ => {
                    self.advance();
                    return Err(self.unexpected());
                }
            }
            let is_update = self.is_keyword_at(1, K::Update);
            let at = self.location();
            self.at += 2;
            let (action, columns) = self.key_action()?;
            if is_update {
                if !columns.is_empty() {
                    let word = if action == ForeignKeyAction::SetNull { "SET NULL" } else { "SET DEFAULT" };
                    let message =
                        format!("a column list with {word} is only supported for ON DELETE actions");
                    return Err(error!(FEATURE_NOT_SUPPORTED, "{message}").at(self.position(at)));
                }
                key.on_update = action;
            } else {
                (key.on_delete, key.on_delete_columns) = (action, columns);
            }
        }
        Ok(key)
    }

    fn key_action(&mut self) -> Result<(ForeignKeyAction, Vec<String>)> {
        let keyword = self.peek_keyword();
        if !matches!(keyword, Some(K::No | K::Restrict | K::Cascade | K::Set)) {
            return Err(self.unexpected());
        }
        self.advance();
        match keyword {
            Some(K::No) => {
                self.expect_keyword(K::Action)?;
                Ok((ForeignKeyAction::NoAction, Vec::new()))
            }
            Some(K::Restrict) => Ok((ForeignKeyAction::Restrict, Vec::new())),
            Some(K::Cascade) => Ok((ForeignKeyAction::Cascade, Vec::new())),
            _ => {
                let is_null = self.eat_keyword(K::Null);
                if !is_null {
                    self.expect_keyword(K::Default)?;
                }
                let action = if is_null { ForeignKeyAction::SetNull } else { ForeignKeyAction::SetDefault };
                Ok((action, self.optional_column_list()?))
            }
        }
    }

    /// `(a, b, PERIOD c)`; also tells whether PERIOD was there.
    fn period_columns(&mut self) -> Result<(Vec<String>, bool)> {
        self.expect(T::LeftParenthesis)?;
        let (mut columns, mut has_period) = (vec![self.name()?], false);
        while !has_period && self.eat(T::Comma) {
            has_period = self.is_keyword(K::Period) && self.is_name_at(1);
            if has_period {
                self.advance();
            }
            columns.push(self.name()?);
        }
        self.expect(T::RightParenthesis)?;
        Ok((columns, has_period))
    }

    pub(super) fn table_constraint(&mut self) -> Result<Constraint> {
        let location = self.location();
        let name = if self.eat_keyword(K::Constraint) { Some(self.name()?) } else { None };
        let kind = match self.peek_keyword() {
            Some(K::Check) => ConstraintKind::Check(Box::new(self.inside(Self::expression)?)),
            Some(K::Not) => {
                self.advance();
                self.expect_keyword(K::Null)?;
                ConstraintKind::NotNull { column: Some(self.name()?) }
            }
            Some(K::Unique) => {
                self.advance();
                ConstraintKind::Unique(Box::new(self.index_constraint(true)?))
            }
            Some(K::Primary) => {
                self.advance();
                self.expect_keyword(K::Key)?;
                ConstraintKind::PrimaryKey(Box::new(self.index_constraint(false)?))
            }
            Some(K::Exclude) => self.exclude()?,
            Some(K::Foreign) => {
                self.advance();
                self.expect_keyword(K::Key)?;
                let (columns, has_period) = self.period_columns()?;
                ConstraintKind::ForeignKey(Box::new(self.references(columns, has_period)?))
            }
            _ => return Err(self.unexpected()),
        };
        let attributes = self.table_constraint_attributes(&kind)?;
        Ok(Constraint { name, kind, attributes, location })
    }

    fn table_constraint_attributes(&mut self, kind: &ConstraintKind) -> Result<ConstraintAttributes> {
        let start = self.location();
        let attributes = self.constraint_attributes()?;
        let is_index = matches!(
            kind,
            ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_) | ConstraintKind::Exclude { .. }
        );
        let is_check = matches!(kind, ConstraintKind::Check(_));
        let is_not_null = matches!(kind, ConstraintKind::NotNull { .. });
        let word = match kind {
            ConstraintKind::Check(_) => "CHECK",
            ConstraintKind::NotNull { .. } => "NOT NULL",
            ConstraintKind::Unique(_) => "UNIQUE",
            ConstraintKind::PrimaryKey(_) => "PRIMARY KEY",
            ConstraintKind::Exclude { .. } => "EXCLUDE",
            _ => "FOREIGN KEY",
        };
        let refused = if (is_check || is_not_null)
            && (attributes.deferrable == Some(true) || attributes.initially_deferred == Some(true))
        {
            "DEFERRABLE"
        } else if is_index && attributes.is_not_valid {
            "NOT VALID"
        } else if !is_check && !is_not_null && attributes.is_no_inherit {
            "NO INHERIT"
        } else if (is_index || is_not_null) && attributes.enforced == Some(false) {
            "NOT ENFORCED"
        } else if (is_index || is_not_null) && attributes.enforced == Some(true) {
            "ENFORCED"
        } else {
            return Ok(attributes);
        };
        let error = error!(FEATURE_NOT_SUPPORTED, "{word} constraints cannot be marked {refused}");
        Err(error.at(self.position(start)))
    }

    fn index_constraint(&mut self, is_unique: bool) -> Result<IndexConstraint> {
        let nulls_not_distinct = is_unique && self.nulls_distinct()?;
        let mut index = IndexConstraint { nulls_not_distinct, ..Default::default() };
        if !self.is(T::LeftParenthesis) {
            self.expect_keywords(&[K::Using, K::Index])?;
            index.using_index = Some(self.name()?);
            return Ok(index);
        }
        self.expect(T::LeftParenthesis)?;
        index.columns = self.name_list()?;
        if self.eat_phrase(K::Without, &[K::Overlaps])? {
            index.without_overlaps = true;
        }
        self.expect(T::RightParenthesis)?;
        if self.eat_keyword(K::Include) {
            index.include = self.column_list()?;
        }
        index.options = self.with_definition()?;
        index.tablespace = self.index_tablespace()?;
        Ok(index)
    }

    fn exclude(&mut self) -> Result<ConstraintKind> {
        self.advance();
        let access_method = self.access_method_clause()?;
        let elements = self.parenthesized_list(|this| {
            let element = this.index_element()?;
            this.expect_keyword(K::With)?;
            let operator =
                if this.is_keyword(K::Operator) { this.qualified_operator()? } else { this.any_operator()? };
            Ok(ExclusionElement { element, operator })
        })?;
        let mut index = IndexConstraint::default();
        if self.eat_keyword(K::Include) {
            index.include = self.column_list()?;
        }
        index.options = self.with_definition()?;
        index.tablespace = self.index_tablespace()?;
        let mut filter = None;
        if self.is_keyword(K::Where) {
            filter = Some(Box::new(self.inside(Self::expression)?));
        }
        Ok(ConstraintKind::Exclude { index: Box::new(index), access_method, elements, filter })
    }

    fn constraint_attribute_here(&self) -> bool {
        match self.peek_keyword() {
            Some(K::Deferrable | K::Initially | K::Enforced) => true,
            Some(K::Not) => {
                matches!(self.keyword_at(1), Some(K::Deferrable | K::Enforced))
            }
            _ => false,
        }
    }

    /// DEFERRABLE, INITIALLY ..., ENFORCED, NOT VALID, NO INHERIT, as far as they go.
    pub(super) fn constraint_attributes(&mut self) -> Result<ConstraintAttributes> {
        let mut attributes = ConstraintAttributes::default();
        while matches!(self.peek_keyword(), Some(K::Deferrable | K::Initially | K::Enforced | K::Not))
            || (self.is_keyword(K::No) && self.is_keyword_at(1, K::Inherit))
        {
            self.constraint_attribute(&mut attributes, AttributePlace::Table)?;
        }
        Ok(attributes)
    }

    fn constraint_attribute(
        &mut self,
        attributes: &mut ConstraintAttributes,
        place: AttributePlace,
    ) -> Result<()> {
        let location = self.location();
        let keyword = self.peek_keyword();
        self.advance();
        let before = *attributes;
        match keyword {
            Some(K::Deferrable) => attributes.deferrable = Some(true),
            Some(K::Enforced) => attributes.enforced = Some(true),
            Some(K::Initially) => {
                let is_deferred = self.eat_keyword(K::Deferred);
                if !is_deferred {
                    self.expect_keyword(K::Immediate)?;
                }
                attributes.initially_deferred = Some(is_deferred);
            }
            Some(K::No) => {
                self.expect_keyword(K::Inherit)?;
                attributes.is_no_inherit = true;
            }
            _ => match self.peek_keyword() {
                Some(K::Deferrable) => {
                    self.advance();
                    attributes.deferrable = Some(false);
                }
                Some(K::Enforced) => {
                    self.advance();
                    attributes.enforced = Some(false);
                }
                Some(K::Valid) if place == AttributePlace::Table => {
                    self.advance();
                    attributes.is_not_valid = true;
                }
                _ => return Err(self.unexpected()),
            },
        }
        let clashes = |old: Option<bool>, new: Option<bool>| old.is_some() && old != new;
        let is_contradiction = clashes(before.deferrable, attributes.deferrable)
            || clashes(before.initially_deferred, attributes.initially_deferred)
            || clashes(before.enforced, attributes.enforced);
        if place == AttributePlace::Table {
            if attributes.deferrable == Some(false) && attributes.initially_deferred == Some(true) {
                let message = "constraint declared INITIALLY DEFERRED must be DEFERRABLE";
                return Err(self.error_at(message, location));
            }
            if is_contradiction {
                return Err(self.error_at("conflicting constraint properties", location));
            }
        }
        Ok(())
    }

    fn like_clause(&mut self) -> Result<LikeClause> {
        self.advance();
        let table = self.relation_name()?;
        let mut options = Vec::new();
        while matches!(self.peek_keyword(), Some(K::Including | K::Excluding)) {
            let is_included = self.is_keyword(K::Including);
            self.advance();
            let option = match self.peek_keyword() {
                Some(K::All) => LikeOption::All,
                Some(K::Comments) => LikeOption::Comments,
                Some(K::Compression) => LikeOption::Compression,
                Some(K::Constraints) => LikeOption::Constraints,
                Some(K::Defaults) => LikeOption::Defaults,
                Some(K::Generated) => LikeOption::Generated,
                Some(K::Identity) => LikeOption::Identity,
                Some(K::Indexes) => LikeOption::Indexes,
                Some(K::Statistics) => LikeOption::Statistics,
                Some(K::Storage) => LikeOption::Storage,
                _ => return Err(self.unexpected()),
            };
            self.advance();
            options.push((option, is_included));
        }
        Ok(LikeClause { table, options })
    }

    pub(super) fn sequence_options_in_parentheses(&mut self) -> Result<Vec<SequenceOption>> {
        self.expect(T::LeftParenthesis)?;
        let options = self.sequence_options()?;
        if options.is_empty() {
            return Err(self.unexpected());
        }
        self.expect(T::RightParenthesis)?;
        Ok(options)
    }

    /// As many sequence options as stand here.
    pub(super) fn sequence_options(&mut self) -> Result<Vec<SequenceOption>> {
        let mut options = Vec::new();
        while let Some(option) = self.sequence_option()? {
            options.push(option);
        }
        Ok(options)
    }

    pub(super) fn sequence_option(&mut self) -> Result<Option<SequenceOption>> {
        let location = self.location();
        let keyword = self.peek_keyword();
        if keyword == Some(K::No) && !matches!(self.keyword_at(1), Some(K::Maxvalue | K::Minvalue | K::Cycle))
        {
            return Ok(None);
        }
        let is_option = matches!(
            keyword,
            Some(
                K::As
                    | K::Cache
                    | K::Cycle
                    | K::Increment
                    | K::Logged
                    | K::Unlogged
                    | K::Maxvalue
                    | K::Minvalue
                    | K::No
                    | K::Owned
                    | K::Restart
                    | K::Sequence
                    | K::Start
            )
        );
        if !is_option {
            return Ok(None);
        }
        self.advance();
        Ok(Some(match keyword {
            Some(K::As) => SequenceOption::As { type_name: self.type_name()?, location },
            Some(K::Cache) => SequenceOption::Cache { value: self.number_text()?, location },
            Some(K::Cycle) => SequenceOption::Cycle { is_cycled: true, location },
            Some(K::Increment) => {
                self.eat_keyword(K::By);
                SequenceOption::Increment { value: self.number_text()?, location }
            }
            Some(K::Logged) => SequenceOption::Logged { is_logged: true, location },
            Some(K::Unlogged) => SequenceOption::Logged { is_logged: false, location },
            Some(K::Maxvalue) => SequenceOption::MaxValue { value: Some(self.number_text()?), location },
            Some(K::Minvalue) => SequenceOption::MinValue { value: Some(self.number_text()?), location },
            Some(K::Owned) => {
                self.expect_keyword(K::By)?;
                SequenceOption::OwnedBy { column: self.qualified_name()?, location }
            }
            Some(K::Restart) => {
                let has_with = self.eat_keyword(K::With);
                let value = if has_with || self.is_number() { Some(self.number_text()?) } else { None };
                SequenceOption::Restart { value, location }
            }
            Some(K::Sequence) => {
                self.expect_keyword(K::Name)?;
                SequenceOption::SequenceName { name: self.qualified_name()?, location }
            }
            Some(K::Start) => {
                self.eat_keyword(K::With);
                SequenceOption::Start { value: self.number_text()?, location }
            }
            _ => {
                let what = self.peek_keyword();
                self.advance();
                match what {
                    Some(K::Maxvalue) => SequenceOption::MaxValue { value: None, location },
                    Some(K::Minvalue) => SequenceOption::MinValue { value: None, location },
                    _ => SequenceOption::Cycle { is_cycled: false, location },
                }
            }
        }))
    }
}

fn empty_table(name: RelationName, persistence: Persistence, if_not_exists: bool) -> CreateTableStatement {
    CreateTableStatement {
        name,
        persistence,
        if_not_exists,
        elements: Vec::new(),
        inherits: Vec::new(),
        partition_of: None,
        of_type: None,
        partition_by: None,
        access_method: None,
        options: Vec::new(),
        on_commit: OnCommit::Unspecified,
        tablespace: None,
        foreign: None,
    }
}
