//! Functions, procedures, aggregates, operators and their classes, casts, triggers, rules.

use error::Result;

use super::Parser;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    /// `(parameters)`, which may be empty.
    pub(super) fn routine_parameters(&mut self, with_defaults: bool) -> Result<Vec<RoutineParameter>> {
        self.expect(T::LeftParenthesis)?;
        if self.eat(T::RightParenthesis) {
            return Ok(Vec::new());
        }
        let parameters = self.comma_list(|this| this.routine_parameter(with_defaults))?;
        self.expect(T::RightParenthesis)?;
        Ok(parameters)
    }

    /// `[mode] [name] type [DEFAULT x]`; the mode may also follow the name.
    pub(super) fn routine_parameter(&mut self, with_default: bool) -> Result<RoutineParameter> {
        let location = self.location();
        let mut mode = self.parameter_mode();
        let mut name = None;
        if self.is_parameter_name() {
            name = Some(self.type_or_function_name()?);
            if mode == ParameterMode::Default {
                mode = self.parameter_mode();
            }
        }
        let type_name = self.function_type()?;
        let mut default = None;
        if with_default && (self.eat_keyword(K::Default) || self.eat(T::Equal)) {
            default = Some(self.expression()?);
        }
        Ok(RoutineParameter { name, mode, type_name, default, location })
    }

    fn parameter_mode(&mut self) -> ParameterMode {
        let mode = match self.peek_keyword() {
            Some(K::In) if self.is_keyword_at(1, K::Out) => {
                self.advance();
                ParameterMode::InOut
            }
            Some(K::In) => ParameterMode::In,
            Some(K::Out) => ParameterMode::Out,
            Some(K::Inout) => ParameterMode::InOut,
            Some(K::Variadic) => ParameterMode::Variadic,
            _ => return ParameterMode::Default,
        };
        self.advance();
        mode
    }

    /// Whether the word at the cursor is a parameter's name, which a type must follow.
    fn is_parameter_name(&self) -> bool {
        if !self.is_type_or_function_name_at(0) {
            return false;
        }
        // DOUBLE PRECISION is one type.
        if self.is_keyword(K::Double) && self.is_keyword_at(1, K::Precision) {
            return false;
        }
        self.is_name_at(1)
            || self.is_type_or_function_name_at(1)
            || matches!(self.keyword_at(1), Some(K::In | K::Out | K::Inout | K::Variadic | K::Setof))
    }

    /// CREATE [OR REPLACE] FUNCTION or PROCEDURE, with the cursor after that word.
    pub(super) fn create_function(&mut self, is_procedure: bool, or_replace: bool) -> Result<Statement> {
        let name = self.function_name()?;
        let parameters = self.routine_parameters(true)?;
        let mut returns = FunctionReturns::Unspecified;
        if !is_procedure && self.eat_keyword(K::Returns) {
            let location = self.location();
            returns = if self.eat_keyword(K::Table) {
                let columns = self.parenthesized_list(|this| {
                    let location = this.location();
                    let name = Some(this.type_or_function_name()?);
                    let type_name = this.function_type()?;
                    Ok(RoutineParameter {
                        name,
                        mode: ParameterMode::Table,
                        type_name,
                        default: None,
                        location,
                    })
                })?;
                FunctionReturns::Table { columns, location }
            } else {
                FunctionReturns::Type(self.function_type()?)
            };
        }
        let mut options = Vec::new();
        while let Some(made) = self.function_option(true)? {
            options.push(made);
        }
        let body = self.function_body()?;
        Ok(Statement::CreateFunction(Box::new(CreateFunctionStatement {
            name,
            is_procedure,
            or_replace,
            parameters,
            returns,
            options,
            body,
        })))
    }

    fn function_body(&mut self) -> Result<Option<FunctionBody>> {
        let location = self.location();
        if self.eat_keyword(K::Return) {
            let value = Box::new(self.expression()?);
            return Ok(Some(FunctionBody::Return { value, location }));
        }
        if !self.eat_phrase(K::Begin, &[K::Atomic])? {
            return Ok(None);
        }
        let mut statements = Vec::new();
        loop {
            while self.eat(T::Semicolon) {}
            if self.eat_keyword(K::End) {
                return Ok(Some(FunctionBody::Atomic(statements)));
            }
            let location = self.location();
            if self.eat_keyword(K::Return) {
                let value = Box::new(self.expression()?);
                statements.push(Statement::Return { value, location });
            } else {
                statements.push(self.statement()?);
            }
            self.expect(T::Semicolon)?;
        }
    }

    /// One option of CREATE (`is_create`) or ALTER FUNCTION.
    pub(super) fn function_option(&mut self, is_create: bool) -> Result<Option<FunctionOption>> {
        use FunctionOptionKind as O;
        let location = self.location();
        let Some(keyword) = self.peek_keyword() else { return Ok(None) };
        let simple = match keyword {
            K::Strict => Some(O::Strict(true)),
            K::Immutable => Some(O::Volatility(Volatility::Immutable)),
            K::Stable => Some(O::Volatility(Volatility::Stable)),
            K::Volatile => Some(O::Volatility(Volatility::Volatile)),
            K::Leakproof => Some(O::Leakproof(true)),
            K::Window if is_create => Some(O::Window),
            _ => None,
        };
        if let Some(kind) = simple {
            self.advance();
            return Ok(Some(FunctionOption { kind, location }));
        }
        let is_option = match keyword {
            K::As | K::Language | K::Transform => is_create,
            K::Called
            | K::Returns
            | K::Not
            | K::External
            | K::Security
            | K::Cost
            | K::Rows
            | K::Support
            | K::Set
            | K::Reset
            | K::Parallel => true,
            _ => false,
        };
        if !is_option {
            return Ok(None);
        }
        if matches!(keyword, K::Set | K::Reset) {
            let kind = if self.eat_keyword(K::Reset) {
                self.reset_rest()?
            } else {
                self.advance();
                self.set_rest_more()?
            };
            let set = Box::new(SetStatement { kind, is_local: false, location });
            return Ok(Some(FunctionOption { kind: O::Set(set), location }));
        }
        self.advance();
        let kind = match keyword {
            K::As => O::As(self.function_definition()?),
            K::Language => O::Language(self.word_or_string()?),
            K::Transform => O::Transform(self.comma_list(|this| {
                this.expect_keywords(&[K::For, K::Type])?;
                this.type_name()
            })?),
            K::Called => {
                self.expect_keywords(&[K::On, K::Null, K::Input])?;
                O::Strict(false)
            }
            K::Returns => {
                self.expect_keywords(&[K::Null, K::On, K::Null, K::Input])?;
                O::Strict(true)
            }
            K::Not => {
                self.expect_keyword(K::Leakproof)?;
                O::Leakproof(false)
            }
            K::External | K::Security => {
                if keyword == K::External {
                    self.expect_keyword(K::Security)?;
                }
                let is_definer = self.eat_keyword(K::Definer);
                if !is_definer {
                    self.expect_keyword(K::Invoker)?;
                }
                O::SecurityDefiner(is_definer)
            }
            K::Cost => O::Cost(self.number_text()?),
            K::Rows => O::Rows(self.number_text()?),
            K::Support => O::Support(self.qualified_name()?),
            _ => O::Parallel(self.name()?),
        };
        Ok(Some(FunctionOption { kind, location }))
    }

    fn function_definition(&mut self) -> Result<Vec<String>> {
        let mut parts = vec![self.string()?];
        if self.eat(T::Comma) {
            parts.push(self.string()?);
        }
        Ok(parts)
    }

    /// ALTER FUNCTION ... options, after the signature.
    pub(super) fn alter_function_options(&mut self, object: ObjectReference) -> Result<Statement> {
        let mut options = Vec::new();
        while let Some(made) = self.function_option(false)? {
            options.push(made);
        }
        if options.is_empty() {
            return Err(self.unexpected());
        }
        self.eat_keyword(K::Restrict);
        Ok(Statement::AlterFunction(Box::new(AlterFunctionStatement { object, options })))
    }

    /// CREATE CAST, with the cursor after CAST.
    pub(super) fn create_cast(&mut self) -> Result<Statement> {
        self.expect(T::LeftParenthesis)?;
        let source = self.type_name()?;
        self.expect_keyword(K::As)?;
        let target = self.type_name()?;
        self.expect(T::RightParenthesis)?;
        let method = if self.eat_phrase(K::Without, &[K::Function])? {
            CastMethod::WithoutFunction
        } else {
            self.expect_keyword(K::With)?;
            if self.eat_keyword(K::Inout) {
                CastMethod::InOut
            } else {
                self.expect_keyword(K::Function)?;
                CastMethod::Function(self.routine_signature()?)
            }
        };
        let mut context = CastContext::Explicit;
        if self.eat_keyword(K::As) {
            context = if self.eat_keyword(K::Implicit) {
                CastContext::Implicit
            } else {
                self.expect_keyword(K::Assignment)?;
                CastContext::Assignment
            };
        }
        Ok(Statement::CreateCast(Box::new(CreateCastStatement { source, target, method, context })))
    }

    /// CREATE TRANSFORM, with the cursor after TRANSFORM.
    pub(super) fn create_transform(&mut self, or_replace: bool) -> Result<Statement> {
        self.expect_keyword(K::For)?;
        let type_name = self.type_name()?;
        self.expect_keyword(K::Language)?;
        let language = self.name()?;
        self.expect(T::LeftParenthesis)?;
        let (mut from_sql, mut to_sql) = (None, None);
        loop {
            let is_from = self.is_keyword(K::From);
            let slot_is_free =
                if is_from { from_sql.is_none() } else { to_sql.is_none() && self.is_keyword(K::To) };
            if !slot_is_free {
                return Err(self.unexpected());
            }
            self.advance();
            self.expect_keywords(&[K::Sql, K::With, K::Function])?;
            let signature = Some(self.routine_signature()?);
            if is_from {
                from_sql = signature;
            } else {
                to_sql = signature;
            }
            if !self.eat(T::Comma) {
                break;
            }
        }
        self.expect(T::RightParenthesis)?;
        let transform = CreateTransformStatement { or_replace, type_name, language, from_sql, to_sql };
        Ok(Statement::CreateTransform(Box::new(transform)))
    }

    /// CREATE OPERATOR CLASS, with the cursor after CLASS.
    pub(super) fn create_operator_class(&mut self) -> Result<Statement> {
        let name = self.qualified_name()?;
        let is_default = self.eat_keyword(K::Default);
        self.expect_keywords(&[K::For, K::Type])?;
        let type_name = self.type_name()?;
        self.expect_keyword(K::Using)?;
        let access_method = self.name()?;
        let family = if self.eat_keyword(K::Family) { Some(self.qualified_name()?) } else { None };
        self.expect_keyword(K::As)?;
        let items = self.comma_list(Self::operator_class_item)?;
        Ok(Statement::CreateOperatorClass(Box::new(CreateOperatorClassStatement {
            name,
            is_default,
            type_name,
            access_method,
            family,
            items,
        })))
    }

    fn operator_class_item(&mut self) -> Result<OperatorClassItem> {
        match self.peek_keyword() {
            Some(K::Operator) => {
                self.advance();
                let number = self.integer()?;
                let name = self.any_operator()?;
                let types = if self.is(T::LeftParenthesis) { Some(self.operator_arguments()?) } else { None };
                let mut order_family = None;
                if self.eat_keyword(K::For) {
                    if !self.eat_keyword(K::Search) {
                        self.expect_keywords(&[K::Order, K::By])?;
                        order_family = Some(self.qualified_name()?);
                    }
                }
                Ok(OperatorClassItem::Operator { number, name, types, order_family })
            }
            Some(K::Function) => {
                self.advance();
                let number = self.integer()?;
                let types = if self.is(T::LeftParenthesis) {
                    self.parenthesized_list(Self::type_name)?
                } else {
                    Vec::new()
                };
                Ok(OperatorClassItem::Function { number, types, function: self.routine_signature()? })
            }
            Some(K::Storage) => {
                self.advance();
                self.type_name().map(OperatorClassItem::Storage)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// `ADD items` or `DROP items` of ALTER OPERATOR FAMILY.
    pub(super) fn alter_operator_family(
        &mut self,
        name: QualifiedName,
        access_method: String,
    ) -> Result<Statement> {
        let is_drop = self.is_keyword(K::Drop);
        self.advance();
        let items = if is_drop {
            self.comma_list(|this| {
                let is_operator = this.eat_keyword(K::Operator);
                if !is_operator {
                    this.expect_keyword(K::Function)?;
                }
                let number = this.integer()?;
                let types = this.parenthesized_list(Self::type_name)?;
                Ok(match is_operator {
                    true => OperatorClassItem::DropOperator { number, types },
                    false => OperatorClassItem::DropFunction { number, types },
                })
            })?
        } else {
            self.comma_list(Self::operator_class_item)?
        };
        let alter = AlterOperatorFamilyStatement { name, access_method, is_drop, items };
        Ok(Statement::AlterOperatorFamily(Box::new(alter)))
    }

    /// CREATE [TRUSTED] [PROCEDURAL] LANGUAGE, with the cursor after LANGUAGE.
    pub(super) fn create_language(&mut self, or_replace: bool, is_trusted: bool) -> Result<Statement> {
        let name = self.name()?;
        let (mut handler, mut inline, mut validator) = (None, None, None);
        if self.eat_keyword(K::Handler) {
            handler = Some(self.qualified_name()?);
            if self.eat_keyword(K::Inline) {
                inline = Some(self.qualified_name()?);
            }
            if self.eat_keyword(K::Validator) {
                validator = Some(self.qualified_name()?);
            } else if self.is_keyword(K::No) {
                self.advance();
                self.expect_keyword(K::Validator)?;
            }
        }
        let language = CreateLanguageStatement { or_replace, name, is_trusted, handler, inline, validator };
        Ok(Statement::CreateLanguage(Box::new(language)))
    }

    /// CREATE [CONSTRAINT] TRIGGER, with the cursor after TRIGGER.
    pub(super) fn create_trigger(&mut self, or_replace: bool, is_constraint: bool) -> Result<Statement> {
        let location = self.location();
        let name = self.name()?;
        let timing = match self.peek_keyword() {
            Some(K::After) => TriggerTiming::After,
            Some(K::Before) if !is_constraint => TriggerTiming::Before,
            Some(K::Instead) if !is_constraint => {
                self.advance();
                if !self.is_keyword(K::Of) {
                    return Err(self.unexpected());
                }
                TriggerTiming::InsteadOf
            }
            _ => return Err(self.unexpected()),
        };
        self.advance();
        let mut events = vec![self.trigger_event()?];
        while self.eat_keyword(K::Or) {
            let event_at = self.at;
            let event = self.trigger_event()?;
            let is_repeated =
                events.iter().any(|old| std::mem::discriminant(old) == std::mem::discriminant(&event));
            if is_repeated {
                self.at = event_at;
                return Err(self.syntax_error("duplicate trigger events specified"));
            }
            events.push(event);
        }
        self.expect_keyword(K::On)?;
        let table = self.relation_name()?;
        let mut trigger = CreateTriggerStatement {
            or_replace,
            is_constraint,
            name,
            timing,
            events,
            table,
            constraint_table: None,
            attributes: ConstraintAttributes::default(),
            transitions: Vec::new(),
            for_each_row: is_constraint,
            condition: None,
            function: QualifiedName { parts: Vec::new(), location: 0 },
            arguments: Vec::new(),
            location,
        };
        if is_constraint {
            if self.eat_keyword(K::From) {
                trigger.constraint_table = Some(self.relation_name()?);
            }
            trigger.attributes = self.constraint_attributes()?;
            self.expect_keywords(&[K::For, K::Each, K::Row])?;
        } else {
            self.trigger_rows(&mut trigger)?;
        }
        if self.is_keyword(K::When) {
            trigger.condition = Some(self.inside(Self::expression)?);
        }
        self.expect_keyword(K::Execute)?;
        if !self.eat_keyword(K::Function) {
            self.expect_keyword(K::Procedure)?;
        }
        trigger.function = self.function_name()?;
        self.expect(T::LeftParenthesis)?;
        if !self.is(T::RightParenthesis) {
            trigger.arguments = self.comma_list(|this| match this.peek() {
                T::Integer | T::Number => this.number_text(),
                T::String => this.string(),
                _ => this.label(),
            })?;
        }
        self.expect(T::RightParenthesis)?;
        Ok(Statement::CreateTrigger(Box::new(trigger)))
    }

    /// REFERENCING and FOR EACH.
    fn trigger_rows(&mut self, trigger: &mut CreateTriggerStatement) -> Result<()> {
        if self.eat_keyword(K::Referencing) {
            loop {
                let is_new = self.is_keyword(K::New);
                if !is_new && !self.is_keyword(K::Old) {
                    if trigger.transitions.is_empty() {
                        return Err(self.unexpected());
                    }
                    break;
                }
                self.advance();
                let is_table = self.eat_keyword(K::Table);
                if !is_table {
                    self.expect_keyword(K::Row)?;
                }
                self.eat_keyword(K::As);
                trigger.transitions.push(TriggerTransition { is_new, is_table, name: self.name()? });
            }
        }
        if self.eat_keyword(K::For) {
            self.eat_keyword(K::Each);
            trigger.for_each_row = self.eat_keyword(K::Row);
            if !trigger.for_each_row {
                self.expect_keyword(K::Statement)?;
            }
        }
        Ok(())
    }

    fn trigger_event(&mut self) -> Result<TriggerEvent> {
        let event = match self.peek_keyword() {
            Some(K::Insert) => TriggerEvent::Insert,
            Some(K::Delete) => TriggerEvent::Delete,
            Some(K::Truncate) => TriggerEvent::Truncate,
            Some(K::Update) => {
                self.advance();
                let columns = if self.eat_keyword(K::Of) { self.name_list()? } else { Vec::new() };
                return Ok(TriggerEvent::Update(columns));
            }
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(event)
    }

    /// CREATE EVENT TRIGGER, with the cursor after TRIGGER.
    pub(super) fn create_event_trigger(&mut self) -> Result<Statement> {
        let name = self.name()?;
        self.expect_keyword(K::On)?;
        let event = self.label()?;
        let mut filters = Vec::new();
        if self.eat_keyword(K::When) {
            loop {
                let variable = self.name()?;
                self.expect_keyword(K::In)?;
                filters.push((variable, self.parenthesized_list(Self::string)?));
                if !self.eat_keyword(K::And) {
                    break;
                }
            }
        }
        self.expect_keyword(K::Execute)?;
        if !self.eat_keyword(K::Function) {
            self.expect_keyword(K::Procedure)?;
        }
        let function = self.function_name()?;
        self.expect(T::LeftParenthesis)?;
        self.expect(T::RightParenthesis)?;
        let trigger = CreateEventTriggerStatement { name, event, filters, function };
        Ok(Statement::CreateEventTrigger(Box::new(trigger)))
    }

    /// CREATE RULE, with the cursor after RULE.
    pub(super) fn create_rule(&mut self, or_replace: bool) -> Result<Statement> {
        let location = self.location();
        let name = self.name()?;
        self.expect_keywords(&[K::As, K::On])?;
        let event = match self.peek_keyword() {
            Some(K::Select) => RuleEvent::Select,
            Some(K::Insert) => RuleEvent::Insert,
            Some(K::Update) => RuleEvent::Update,
            Some(K::Delete) => RuleEvent::Delete,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        self.expect_keyword(K::To)?;
        let table = self.relation_name()?;
        let condition = self.where_clause()?;
        self.expect_keyword(K::Do)?;
        let is_instead = self.eat_keyword(K::Instead);
        if !is_instead {
            self.eat_keyword(K::Also);
        }
        let mut actions = Vec::new();
        if self.is(T::LeftParenthesis) {
            self.advance();
            loop {
                while self.eat(T::Semicolon) {}
                if self.eat(T::RightParenthesis) {
                    break;
                }
                actions.push(self.rule_action()?);
                if !self.is(T::Semicolon) {
                    self.expect(T::RightParenthesis)?;
                    break;
                }
            }
        } else if !self.eat_keyword(K::Nothing) {
            actions.push(self.rule_action()?);
        }
        let rule = RuleStatement { or_replace, name, table, event, is_instead, condition, actions, location };
        Ok(Statement::CreateRule(Box::new(rule)))
    }

    fn rule_action(&mut self) -> Result<Statement> {
        if self.is_keyword(K::Notify) { self.notification() } else { self.preparable_statement() }
    }
}
