//! Expressions.

use common::Oid;
use error::Result;
use nodes::expression::*;
use nodes::plan::{SubPlan, SubPlanTest};
use nodes::query::{FrameBound, FrameExclusion, FrameMode, SortClause, Window};
use parser::quote_identifier;
use types::{Value, oid};

use super::{Place, Printer};

impl Printer<'_> {
    pub fn expression(&mut self, expression: &Expression) -> Result<()> {
        let shows_casts = std::mem::take(&mut self.shows_casts);
        match expression {
            Expression::Constant(constant) => self.constant(constant, true)?,
            Expression::Variable(found) => self.column(found.levels_up, found.range, found.attribute),
            Expression::Column(found) => match self.plan.and_then(|plan| plan.columns.get(found.index)) {
                Some(name) => self.put(name),
                None => self.put(&format!("${}", found.index)),
            },
            Expression::Parameter(found) => {
                let known = match found.kind {
                    ParameterKind::External => None,
                    ParameterKind::Execution => self.plan.and_then(|plan| plan.parameters.get(&found.index)),
                };
                match known {
                    Some(name) => self.put(name),
                    None => self.put(&format!("${}", found.index + 1)),
                }
            }
            Expression::Function(call) => self.function(call, shows_casts)?,
            Expression::Aggregate(call) => self.aggregate(call)?,
            Expression::Window(call) => self.window_call(call)?,
            Expression::And(items) => self.connective(items, " AND ")?,
            Expression::Or(items) => self.connective(items, " OR ")?,
            Expression::Not(argument) => self.parenthesized(|this| {
                this.put("NOT ");
                this.condition(argument)
            })?,
            Expression::Case(case) => self.case(case)?,
            Expression::CaseOperand(_) => match self.operands.last().cloned() {
                Some(operand) => self.expression(&operand)?,
                None => self.put("CASE_TEST_EXPR"),
            },
            Expression::Coalesce { arguments, .. } => self.call("COALESCE", arguments)?,
            Expression::Extreme { greatest, arguments, .. } => {
                self.call(if *greatest { "GREATEST" } else { "LEAST" }, arguments)?;
            }
            Expression::NullIf { left, right, .. } => {
                self.put("NULLIF(");
                self.shown(left)?;
                self.put(", ");
                self.shown(right)?;
                self.put(")");
            }
            Expression::IsNull { argument, negated } => self.parenthesized(|this| {
                this.operand(argument, None)?;
                this.put(if *negated { " IS NOT NULL" } else { " IS NULL" });
                Ok(())
            })?,
            Expression::BooleanTest { argument, test } => self.parenthesized(|this| {
                this.operand(argument, None)?;
                this.put(match test {
                    BooleanTest::IsTrue => " IS TRUE",
                    BooleanTest::IsNotTrue => " IS NOT TRUE",
                    BooleanTest::IsFalse => " IS FALSE",
                    BooleanTest::IsNotFalse => " IS NOT FALSE",
                    BooleanTest::IsUnknown => " IS UNKNOWN",
                    BooleanTest::IsNotUnknown => " IS NOT UNKNOWN",
                });
                Ok(())
            })?,
            Expression::IsDistinct { left, right, negated, .. } => self.parenthesized(|this| {
                this.operand(left, None)?;
                this.put(if *negated { " IS NOT DISTINCT FROM " } else { " IS DISTINCT FROM " });
                this.operand(right, None)
            })?,
            Expression::ScalarArray(test) => self.scalar_array(test)?,
            Expression::Array { elements, data_type, .. } => {
                self.put("ARRAY[");
                self.list(elements)?;
                self.put("]");
                if elements.is_empty() {
                    let name = self.data_type(data_type.oid, data_type.modifier)?;
                    self.put(&format!("::{name}"));
                }
            }
            Expression::Row { fields, data_type } => {
                self.call("ROW", fields)?;
                if data_type.oid != oid::RECORD {
                    let name = self.data_type(data_type.oid, -1)?;
                    self.put(&format!("::{name}"));
                }
            }
            Expression::Subscript { argument, subscripts, .. } => self.subscript(argument, subscripts)?,
            Expression::Field { argument, field, .. } => {
                self.put("(");
                self.expression(argument)?;
                self.put(").");
                let name = self.field_name(argument.data_type().oid, *field)?;
                self.identifier(&name);
            }
            Expression::Relabel { argument, data_type, display: Display::SqlSyntax } => {
                let name = self.collation_name(data_type.collation);
                self.parenthesized(|this| {
                    this.operand(argument, None)?;
                    this.put(&format!(" COLLATE {name}"));
                    Ok(())
                })?;
            }
            Expression::Relabel { argument, data_type, display }
            | Expression::CoerceViaText { argument, data_type, display }
            | Expression::ArrayCoerce { argument, data_type, display, .. } => match display {
                Display::ImplicitCast if !shows_casts => self.expression(argument)?,
                _ => self.cast(argument, *data_type)?,
            },
            Expression::SubLink(link) => self.sublink(link)?,
            Expression::SubPlan(plan) => self.subplan(plan)?,
            Expression::SessionValue { kind, data_type } => {
                self.put(match kind {
                    SessionValue::CurrentDate => "CURRENT_DATE",
                    SessionValue::CurrentTime => "CURRENT_TIME",
                    SessionValue::CurrentTimestamp => "CURRENT_TIMESTAMP",
                    SessionValue::LocalTime => "LOCALTIME",
                    SessionValue::LocalTimestamp => "LOCALTIMESTAMP",
                    SessionValue::CurrentUser => "CURRENT_USER",
                    SessionValue::SessionUser => "SESSION_USER",
                    SessionValue::CurrentCatalog => "CURRENT_CATALOG",
                    SessionValue::CurrentSchema => "CURRENT_SCHEMA",
                });
                if data_type.modifier >= 0 {
                    self.put(&format!("({})", data_type.modifier));
                }
            }
            Expression::SetToDefault(_) => self.put("DEFAULT"),
            Expression::NextValue { sequence, .. } => {
                let name =
                    self.catalog.relation(*sequence)?.map_or(String::new(), |found| found.name.to_string());
                self.put("nextval(");
                self.literal(&quote_identifier(&name));
                self.put("::regclass)");
            }
            Expression::NamedArgument { name, argument } => {
                self.identifier(name);
                self.put(" => ");
                self.expression(argument)?;
            }
        }
        Ok(())
    }

    /// A top-level condition or operand of NOT, AND, OR: in pretty style without parentheses where they say nothing.
    fn condition(&mut self, expression: &Expression) -> Result<()> {
        let is_open = matches!(
            expression,
            Expression::And(_) | Expression::Or(_) | Expression::ScalarArray(_) | Expression::SubLink(_)
        );
        match self.style.pretty && is_open && !matches!(expression, Expression::SubLink(_)) {
            true => self.enclosed(|this| this.expression(expression)),
            false => self.expression(expression),
        }
    }

    fn connective(&mut self, items: &[Expression], word: &str) -> Result<()> {
        self.parenthesized(|this| {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    this.put(word);
                }
                this.condition(item)?;
            }
            Ok(())
        })
    }

    /// Parentheses, unless the style is pretty.
    fn parenthesized(&mut self, print: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        match self.style.pretty {
            true => print(self),
            false => self.enclosed(print),
        }
    }

    fn enclosed(&mut self, print: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.put("(");
        print(self)?;
        self.put(")");
        Ok(())
    }

    /// An operand; `parent` is the arithmetic level above and whether this is its right side.
    /// An operand or argument, whose implicit casts are shown.
    fn shown(&mut self, expression: &Expression) -> Result<()> {
        self.shows_casts = true;
        self.expression(expression)
    }

    fn operand(&mut self, expression: &Expression, parent: Option<(u8, bool)>) -> Result<()> {
        if !self.style.pretty || self.is_closed(expression) {
            return self.shown(expression);
        }
        if let (Some((above, is_right)), Some(level)) = (parent, self.arithmetic_level(expression)?) {
            if level > above || (level == above && !is_right) {
                return self.shown(expression);
            }
        }
        self.enclosed(|this| this.shown(expression))
    }

    /// Whether the text holds together by itself.
    fn is_closed(&self, expression: &Expression) -> bool {
        match expression {
            Expression::Function(call) => match call.display {
                Display::Operator(_) => false,
                Display::ImplicitCast => {
                    call.arguments.first().is_none_or(|argument| self.is_closed(argument))
                }
                _ => true,
            },
            Expression::Relabel { display, .. }
            | Expression::CoerceViaText { display, .. }
            | Expression::ArrayCoerce { display, .. } => *display != Display::SqlSyntax,
            Expression::And(_)
            | Expression::Or(_)
            | Expression::Not(_)
            | Expression::IsNull { .. }
            | Expression::BooleanTest { .. }
            | Expression::IsDistinct { .. }
            | Expression::ScalarArray(_) => false,
            _ => true,
        }
    }

    fn arithmetic_level(&self, expression: &Expression) -> Result<Option<u8>> {
        let Expression::Function(call) = expression else { return Ok(None) };
        let (Display::Operator(operator), 2) = (call.display, call.arguments.len()) else { return Ok(None) };
        Ok(match self.operator_symbol(operator)?.as_str() {
            "+" | "-" => Some(1),
            "*" | "/" | "%" => Some(2),
            _ => None,
        })
    }

    pub fn list(&mut self, items: &[Expression]) -> Result<()> {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.put(", ");
            }
            self.shown(item)?;
        }
        Ok(())
    }

    fn call(&mut self, name: &str, arguments: &[Expression]) -> Result<()> {
        self.put(name);
        self.put("(");
        self.list(arguments)?;
        self.put(")");
        Ok(())
    }

    fn cast(&mut self, argument: &Expression, target: DataType) -> Result<()> {
        match argument {
            Expression::Constant(constant)
                if constant.data_type.oid == target.oid && constant.data_type.modifier == -1 =>
            {
                self.constant(constant, false)?;
            }
            _ if self.style.pretty => self.operand(super::query::without_implicit_casts(argument), None)?,
            _ => self.enclosed(|this| this.expression(argument))?,
        }
        let name = self.data_type(target.oid, target.modifier)?;
        self.put(&format!("::{name}"));
        Ok(())
    }

    fn function(&mut self, call: &FunctionCall, shows_casts: bool) -> Result<()> {
        match (call.display, call.arguments.as_slice()) {
            (Display::Operator(operator), arguments) => self.operator(operator, arguments),
            (Display::ImplicitCast, [argument, ..]) if !shows_casts => self.expression(argument),
            (Display::ExplicitCast | Display::ImplicitCast, [argument, ..]) => {
                self.cast(argument, call.data_type)
            }
            (Display::SqlSyntax, arguments) => {
                let name = self.function_name(call.function)?;
                match self.special_form(&name, arguments)? {
                    true => Ok(()),
                    false => self.plain_function(call),
                }
            }
            _ => self.plain_function(call),
        }
    }

    fn plain_function(&mut self, call: &FunctionCall) -> Result<()> {
        let name = self.function_name(call.function)?;
        let name = quote_identifier(&name).into_owned();
        self.put(&name);
        self.put("(");
        self.arguments(&call.arguments, call.variadic, call.function)?;
        self.put(")");
        Ok(())
    }

    /// Arguments; an array that gathers variadic ones is written out again.
    fn arguments(&mut self, arguments: &[Expression], variadic: bool, function: Oid) -> Result<()> {
        let gathers = self.catalog.function(function)?.is_some_and(|row| row.provariadic.is_valid());
        match arguments {
            [first @ .., Expression::Array { elements, .. }] if variadic && gathers => {
                self.list(first)?;
                if !first.is_empty() && !elements.is_empty() {
                    self.put(", ");
                }
                self.list(elements)
            }
            [first @ .., last] if variadic => {
                self.list(first)?;
                self.put(if first.is_empty() { "VARIADIC " } else { ", VARIADIC " });
                self.expression(last)
            }
            all => self.list(all),
        }
    }

    /// EXTRACT and its kin; false for a function without such a form.
    fn special_form(&mut self, name: &str, arguments: &[Expression]) -> Result<bool> {
        let words: &[&str] = match (name, arguments.len()) {
            ("timezone", 2) => {
                // The zone comes first in the call and last in the text. These parentheses stay in any style.
                self.put("(");
                self.expression(&arguments[1])?;
                self.put(" AT TIME ZONE ");
                self.expression(&arguments[0])?;
                self.put(")");
                return Ok(true);
            }
            ("timezone", 1) => {
                self.put("(");
                self.expression(&arguments[0])?;
                self.put(" AT LOCAL)");
                return Ok(true);
            }
            ("extract", 2) => {
                self.put("EXTRACT(");
                match &arguments[0] {
                    Expression::Constant(Constant { value: Value::Text(field), .. }) => self.put(field),
                    other => self.expression(other)?,
                }
                self.put(" FROM ");
                self.expression(&arguments[1])?;
                self.put(")");
                return Ok(true);
            }
            ("position", 2) => {
                self.put("POSITION((");
                self.expression(&arguments[1])?;
                self.put(") IN (");
                self.expression(&arguments[0])?;
                self.put("))");
                return Ok(true);
            }
            ("btrim" | "ltrim" | "rtrim", 1 | 2) => {
                self.put(match name {
                    "btrim" => "TRIM(BOTH",
                    "ltrim" => "TRIM(LEADING",
                    _ => "TRIM(TRAILING",
                });
                if let Some(letters) = arguments.get(1) {
                    self.put(" ");
                    self.expression(letters)?;
                }
                self.put(" FROM ");
                self.expression(&arguments[0])?;
                self.put(")");
                return Ok(true);
            }
            ("substring", 2) => &["SUBSTRING(", " FROM "],
            ("substring", 3) => &["SUBSTRING(", " FROM ", " FOR "],
            ("overlay", 3) => &["OVERLAY(", " PLACING ", " FROM "],
            ("overlay", 4) => &["OVERLAY(", " PLACING ", " FROM ", " FOR "],
            ("overlaps", 4) => {
                self.put("((");
                self.list(&arguments[..2])?;
                self.put(") OVERLAPS (");
                self.list(&arguments[2..])?;
                self.put("))");
                return Ok(true);
            }
            _ => return Ok(false),
        };
        for (word, argument) in words.iter().zip(arguments) {
            self.put(word);
            self.expression(argument)?;
        }
        self.put(")");
        Ok(true)
    }

    fn operator(&mut self, operator: Oid, arguments: &[Expression]) -> Result<()> {
        let symbol = self.operator_symbol(operator)?;
        let level = match symbol.as_str() {
            "+" | "-" => Some(1),
            "*" | "/" | "%" => Some(2),
            _ => None,
        };
        self.parenthesized(|this| match arguments {
            [left, right] => {
                this.operand(left, level.map(|level| (level, false)))?;
                this.put(&format!(" {symbol} "));
                this.operand(right, level.map(|level| (level, true)))
            }
            [only] => {
                this.put(&format!("{symbol} "));
                this.operand(only, None)
            }
            _ => Ok(()),
        })
    }

    fn scalar_array(&mut self, test: &ScalarArray) -> Result<()> {
        let symbol = self.operator_symbol(test.operator)?;
        self.parenthesized(|this| {
            this.operand(&test.left, None)?;
            this.put(&format!(" {symbol} {} (", if test.any { "ANY" } else { "ALL" }));
            this.shown(&test.right)?;
            this.put(")");
            Ok(())
        })
    }

    fn subscript(&mut self, argument: &Expression, subscripts: &[Subscript]) -> Result<()> {
        match argument {
            Expression::Variable(_) | Expression::Parameter(_) | Expression::Field { .. } => {
                self.expression(argument)?;
            }
            other => self.enclosed(|this| this.expression(other))?,
        }
        for subscript in subscripts {
            self.put("[");
            match subscript {
                Subscript::Index(index) => self.expression(index)?,
                Subscript::Slice { lower, upper } => {
                    if let Some(lower) = lower {
                        self.expression(lower)?;
                    }
                    self.put(":");
                    if let Some(upper) = upper {
                        self.expression(upper)?;
                    }
                }
            }
            self.put("]");
        }
        Ok(())
    }

    fn case(&mut self, case: &Case) -> Result<()> {
        self.indent += 8;
        let is_inline = self.levels.last().is_none_or(|level| level.targets.is_empty());
        if !is_inline && !self.out.ends_with(['\n']) {
            self.line(0);
        }
        self.put("CASE");
        if let Some(operand) = &case.operand {
            self.put(" ");
            self.expression(operand)?;
        }
        for (condition, result) in &case.branches {
            self.line(4);
            self.put("WHEN ");
            // `CASE x WHEN y` compares x with y; only y is written.
            match (&case.operand, condition) {
                (Some(_), Expression::Function(call)) if call.arguments.len() == 2 => {
                    self.shown(&call.arguments[1])?;
                }
                _ => self.expression(condition)?,
            }
            self.put(" THEN ");
            self.shown(result)?;
        }
        self.line(4);
        self.put("ELSE ");
        self.shown(&case.otherwise)?;
        self.line(0);
        self.put("END");
        self.indent -= 8;
        Ok(())
    }

    fn aggregate(&mut self, call: &AggregateCall) -> Result<()> {
        let name = self.function_name(call.function)?;
        self.identifier(&name);
        self.put("(");
        if call.distinct {
            self.put("DISTINCT ");
        }
        if !call.direct_arguments.is_empty() {
            self.list(&call.direct_arguments)?;
            self.put(") WITHIN GROUP (ORDER BY ");
            self.sort_list(&call.order_by, &call.arguments)?;
        } else {
            if call.star {
                self.put("*");
            }
            self.list(&call.arguments[..call.argument_count.min(call.arguments.len())])?;
            if !call.order_by.is_empty() {
                self.put(" ORDER BY ");
                self.sort_list(&call.order_by, &call.arguments)?;
            }
        }
        self.put(")");
        self.filter(call.filter.as_ref())
    }

    fn filter(&mut self, filter: Option<&Expression>) -> Result<()> {
        if let Some(filter) = filter {
            self.put(" FILTER (WHERE ");
            self.expression(filter)?;
            self.put(")");
        }
        Ok(())
    }

    pub fn sort_list(&mut self, clauses: &[SortClause], over: &[Expression]) -> Result<()> {
        for (at, clause) in clauses.iter().enumerate() {
            if at > 0 {
                self.put(", ");
            }
            if let Some(value) = over.get(clause.target) {
                self.expression(value)?;
            }
            self.direction(clause);
        }
        Ok(())
    }

    pub fn direction(&mut self, clause: &SortClause) {
        if clause.descending {
            self.put(" DESC");
        }
        if clause.nulls_first != clause.descending {
            self.put(if clause.nulls_first { " NULLS FIRST" } else { " NULLS LAST" });
        }
    }

    fn window_call(&mut self, call: &WindowCall) -> Result<()> {
        let name = self.function_name(call.function)?;
        self.identifier(&name);
        self.put("(");
        if call.star {
            self.put("*");
        }
        self.list(&call.arguments)?;
        self.put(")");
        self.filter(call.filter.as_ref())?;
        self.put(" OVER ");
        let window = self.levels.last().and_then(|level| level.windows.get(call.window)).cloned();
        match window {
            Some(Window { name: Some(name), .. }) => self.identifier(&name),
            Some(window) => self.window(&window)?,
            None => self.put("(?)"),
        }
        Ok(())
    }

    pub fn window(&mut self, window: &Window) -> Result<()> {
        let over: Vec<Expression> = match self.levels.last() {
            Some(level) => level.targets.iter().map(|target| target.expression.clone()).collect(),
            None => Vec::new(),
        };
        let mut separator = "";
        self.put("(");
        if !window.partition_by.is_empty() {
            self.put("PARTITION BY ");
            for (at, clause) in window.partition_by.iter().enumerate() {
                if at > 0 {
                    self.put(", ");
                }
                if let Some(value) = over.get(clause.target) {
                    self.expression(value)?;
                }
            }
            separator = " ";
        }
        if !window.order_by.is_empty() {
            self.put(separator);
            self.put("ORDER BY ");
            self.sort_list(&window.order_by, &over)?;
            separator = " ";
        }
        let frame = &window.frame;
        let is_default = frame.mode == FrameMode::Range
            && frame.start == FrameBound::UnboundedPreceding
            && frame.end == FrameBound::CurrentRow
            && frame.exclusion == FrameExclusion::None;
        if !is_default {
            self.put(separator);
            self.put(match frame.mode {
                FrameMode::Rows => "ROWS BETWEEN ",
                FrameMode::Range => "RANGE BETWEEN ",
                FrameMode::Groups => "GROUPS BETWEEN ",
            });
            self.frame_bound(&frame.start)?;
            self.put(" AND ");
            self.frame_bound(&frame.end)?;
            self.put(match frame.exclusion {
                FrameExclusion::None => "",
                FrameExclusion::CurrentRow => " EXCLUDE CURRENT ROW",
                FrameExclusion::Group => " EXCLUDE GROUP",
                FrameExclusion::Ties => " EXCLUDE TIES",
            });
        }
        self.put(")");
        Ok(())
    }

    fn frame_bound(&mut self, bound: &FrameBound) -> Result<()> {
        match bound {
            FrameBound::UnboundedPreceding => self.put("UNBOUNDED PRECEDING"),
            FrameBound::CurrentRow => self.put("CURRENT ROW"),
            FrameBound::UnboundedFollowing => self.put("UNBOUNDED FOLLOWING"),
            FrameBound::Preceding(offset) => {
                self.expression(offset)?;
                self.put(" PRECEDING");
            }
            FrameBound::Following(offset) => {
                self.expression(offset)?;
                self.put(" FOLLOWING");
            }
        }
        Ok(())
    }

    fn sublink(&mut self, link: &SubLink) -> Result<()> {
        let (test, quantifier) = match &link.kind {
            SubLinkKind::Exists => {
                self.put("(EXISTS ");
                self.subquery(&link.query, Place::Unnamed)?;
                self.put(")");
                return Ok(());
            }
            SubLinkKind::Scalar => return self.subquery(&link.query, Place::Unnamed),
            SubLinkKind::Array => {
                self.put("ARRAY");
                return self.subquery(&link.query, Place::Unnamed);
            }
            SubLinkKind::Any(test) => (test, "ANY"),
            SubLinkKind::All(test) => (test, "ALL"),
        };
        self.put("(");
        match test.left.as_slice() {
            [only] => self.shown(only)?,
            many => {
                self.put("(");
                self.list(many)?;
                self.put(")");
            }
        }
        let symbol = match test.operators.first() {
            Some((operator, _)) => self.operator_symbol(*operator)?,
            None => String::new(),
        };
        match (symbol.as_str(), quantifier) {
            ("=", "ANY") => self.put(" IN "),
            _ => self.put(&format!(" {symbol} {quantifier} ")),
        }
        self.subquery(&link.query, Place::Unnamed)?;
        self.put(")");
        Ok(())
    }

    /// A planned subquery, by its number.
    fn subplan(&mut self, plan: &SubPlan) -> Result<()> {
        let number = plan.plan + 1;
        let (tests, word) = match &plan.test {
            SubPlanTest::Exists => {
                self.put(&format!("EXISTS(SubPlan {number})"));
                return Ok(());
            }
            SubPlanTest::Scalar => {
                self.put(&format!("(SubPlan {number})"));
                return Ok(());
            }
            SubPlanTest::Array => {
                self.put(&format!("ARRAY(SubPlan {number})"));
                return Ok(());
            }
            SubPlanTest::Any(tests) => (tests, "ANY"),
            SubPlanTest::All(tests) => (tests, "ALL"),
        };
        self.put(&format!("({word} "));
        let several = tests.len() > 1;
        let is_hashed = plan.is_fixed && word == "ANY" && tests.iter().all(|test| test.hashable);
        let hashed = if is_hashed { "hashed " } else { "" };
        if several {
            self.put("(");
        }
        for (at, test) in tests.iter().enumerate() {
            if at > 0 {
                self.put(" AND ");
            }
            let symbol = self.operator_symbol(test.operator)?;
            self.put("(");
            self.shown(&test.left)?;
            self.put(&format!(" {symbol} ({hashed}SubPlan {number}).col{})", at + 1));
        }
        self.put(if several { "))" } else { ")" });
        Ok(())
    }

    fn operator_symbol(&self, operator: Oid) -> Result<String> {
        Ok(self.catalog.operator(operator)?.map_or_else(|| "?".into(), |row| row.oprname.to_string()))
    }

    fn function_name(&self, function: Oid) -> Result<String> {
        Ok(self
            .catalog
            .function(function)?
            .map_or_else(|| function.to_string(), |row| row.proname.to_string()))
    }

    fn field_name(&self, data_type: Oid, field: usize) -> Result<String> {
        let row = self.catalog.data_type(data_type)?;
        let relation = match row.filter(|row| row.typrelid.is_valid()) {
            Some(row) => self.catalog.relation(row.typrelid)?,
            None => None,
        };
        let column = relation.as_ref().and_then(|relation| relation.columns.get(field));
        Ok(column.map_or_else(|| format!("f{}", field + 1), |column| column.name.to_string()))
    }

    fn collation_name(&self, collation: Oid) -> String {
        match collation {
            Oid(950) => "\"C\"".into(),
            Oid(951) => "\"POSIX\"".into(),
            Oid(100) => "\"default\"".into(),
            other => other.to_string(),
        }
    }
}
