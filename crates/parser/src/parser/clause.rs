//! Clauses that several statements share: WITH, ORDER BY, windows, RETURNING.

use error::Result;

use super::Parser;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    /// `ORDER BY item, ...`, with the cursor on ORDER.
    pub(super) fn order_by(&mut self) -> Result<Vec<SortBy>> {
        self.expect_keyword(K::Order)?;
        self.expect_keyword(K::By)?;
        self.comma_list(|this| {
            let value = this.expression()?;
            let mut location = u32::MAX;
            let direction = match this.peek_keyword() {
                Some(K::Asc) => {
                    this.advance();
                    SortDirection::Ascending
                }
                Some(K::Desc) => {
                    this.advance();
                    SortDirection::Descending
                }
                Some(K::Using) => {
                    this.advance();
                    location = this.location();
                    SortDirection::Using(this.qualified_operator()?)
                }
                _ => SortDirection::Default,
            };
            let nulls = this.nulls_order()?;
            Ok(SortBy { value, direction, nulls, location })
        })
    }

    /// `NULLS FIRST` or `NULLS LAST`.
    pub(super) fn nulls_order(&mut self) -> Result<NullsOrder> {
        if !self.eat_keyword(K::Nulls) {
            return Ok(NullsOrder::Default);
        }
        if self.eat_keyword(K::First) {
            return Ok(NullsOrder::First);
        }
        self.expect_keyword(K::Last)?;
        Ok(NullsOrder::Last)
    }

    /// `( [name] [PARTITION BY ...] [ORDER BY ...] [frame] )`.
    pub(super) fn window_specification(&mut self, name: Option<String>) -> Result<WindowDefinition> {
        let location = self.location();
        self.expect(T::LeftParenthesis)?;
        let starts_clause =
            matches!(self.peek_keyword(), Some(K::Partition | K::Range | K::Rows | K::Groups));
        let reference = if self.is_name() && !starts_clause { Some(self.name()?) } else { None };
        let partition_by =
            if self.eat_phrase(K::Partition, &[K::By])? { self.expression_list()? } else { Vec::new() };
        let order_by = if self.is_keyword(K::Order) { self.order_by()? } else { Vec::new() };
        let frame = self.window_frame()?;
        self.expect(T::RightParenthesis)?;
        Ok(WindowDefinition {
            name,
            reference,
            is_plain_reference: false,
            partition_by,
            order_by,
            frame,
            location,
        })
    }

    fn window_frame(&mut self) -> Result<Option<WindowFrame>> {
        let location = self.location();
        let mode = match self.peek_keyword() {
            Some(K::Rows) => FrameMode::Rows,
            Some(K::Range) => FrameMode::Range,
            Some(K::Groups) => FrameMode::Groups,
            _ => return Ok(None),
        };
        self.advance();
        let has_between = self.eat_keyword(K::Between);
        let start_at = self.location();
        let start = self.frame_bound()?;
        let (mut end, mut end_at) = (None, start_at);
        if has_between {
            self.expect_keyword(K::And)?;
            end_at = self.location();
            end = Some(self.frame_bound()?);
        }
        let is_start_wrong = matches!(start, FrameBound::UnboundedFollowing);
        self.check_frame(&start, end.as_ref(), if is_start_wrong { start_at } else { end_at })?;
        let mut exclusion = FrameExclusion::NoOthers;
        if self.eat_keyword(K::Exclude) {
            exclusion = match self.peek_keyword() {
                Some(K::Current) => {
                    self.advance();
                    if !self.is_keyword(K::Row) {
                        return Err(self.unexpected());
                    }
                    FrameExclusion::CurrentRow
                }
                Some(K::Group) => FrameExclusion::Group,
                Some(K::Ties) => FrameExclusion::Ties,
                Some(K::No) => {
                    self.advance();
                    if !self.is_keyword(K::Others) {
                        return Err(self.unexpected());
                    }
                    FrameExclusion::NoOthers
                }
                _ => return Err(self.unexpected()),
            };
            self.advance();
        }
        Ok(Some(WindowFrame { mode, start, end, exclusion, location }))
    }

    fn frame_bound(&mut self) -> Result<FrameBound> {
        match (self.peek_keyword(), self.keyword_at(1)) {
            (Some(K::Unbounded), Some(K::Preceding)) => {
                self.at += 2;
                Ok(FrameBound::UnboundedPreceding)
            }
            (Some(K::Unbounded), Some(K::Following)) => {
                self.at += 2;
                Ok(FrameBound::UnboundedFollowing)
            }
            (Some(K::Current), Some(K::Row)) => {
                self.at += 2;
                Ok(FrameBound::CurrentRow)
            }
            _ => {
                let offset = Box::new(self.expression()?);
                if self.eat_keyword(K::Preceding) {
                    return Ok(FrameBound::Preceding(offset));
                }
                self.expect_keyword(K::Following)?;
                Ok(FrameBound::Following(offset))
            }
        }
    }

    fn check_frame(&self, start: &FrameBound, end: Option<&FrameBound>, at: u32) -> Result<()> {
        use FrameBound::*;
        let message = match (start, end) {
            (UnboundedFollowing, _) => "frame start cannot be UNBOUNDED FOLLOWING",
            (_, Some(UnboundedPreceding)) => "frame end cannot be UNBOUNDED PRECEDING",
            (Following(_), None) => "frame starting from following row cannot end with current row",
            (CurrentRow, Some(Preceding(_))) => "frame starting from current row cannot have preceding rows",
            (Following(_), Some(Preceding(_) | CurrentRow)) => {
                "frame starting from following row cannot have preceding rows"
            }
            _ => return Ok(()),
        };
        Err(error::error!(WINDOWING_ERROR, "{message}").at(self.position(at)))
    }

    /// WITH and its queries, with the cursor on WITH.
    pub(super) fn with_clause(&mut self) -> Result<WithClause> {
        let location = self.location();
        self.advance();
        let is_recursive =
            self.is_keyword(K::Recursive) && self.is_name_at(1) && !self.is_keyword_at(1, K::As);
        if is_recursive {
            self.advance();
        }
        let queries = self.comma_list(Self::common_table_expression)?;
        Ok(WithClause { is_recursive, queries, location })
    }

    fn common_table_expression(&mut self) -> Result<CommonTableExpression> {
        let location = self.location();
        let name = self.name()?;
        let columns = self.optional_column_list()?;
        self.expect_keyword(K::As)?;
        let materialized = if self.eat_keyword(K::Materialized) {
            Some(true)
        } else if self.eat_phrase(K::Not, &[K::Materialized])? {
            Some(false)
        } else {
            None
        };
        self.expect(T::LeftParenthesis)?;
        let statement = Box::new(self.descend(Self::preparable_statement)?);
        self.expect(T::RightParenthesis)?;
        let search = self.search_clause()?;
        let cycle = self.cycle_clause()?;
        Ok(CommonTableExpression { name, columns, materialized, statement, search, cycle, location })
    }

    fn search_clause(&mut self) -> Result<Option<SearchClause>> {
        let location = self.location();
        if !self.eat_keyword(K::Search) {
            return Ok(None);
        }
        let is_breadth_first = self.eat_keyword(K::Breadth);
        if !is_breadth_first {
            self.expect_keyword(K::Depth)?;
        }
        self.expect_keywords(&[K::First, K::By])?;
        let columns = self.name_list()?;
        self.expect_keyword(K::Set)?;
        let sequence_column = self.name()?;
        Ok(Some(SearchClause { is_breadth_first, columns, sequence_column, location }))
    }

    fn cycle_clause(&mut self) -> Result<Option<CycleClause>> {
        let location = self.location();
        if !self.eat_keyword(K::Cycle) {
            return Ok(None);
        }
        let columns = self.name_list()?;
        self.expect_keyword(K::Set)?;
        let mark_column = self.name()?;
        let mut mark_values = None;
        if self.eat_keyword(K::To) {
            let marked = self.constant_literal()?;
            self.expect_keyword(K::Default)?;
            mark_values = Some(Box::new((marked, self.constant_literal()?)));
        }
        self.expect_keyword(K::Using)?;
        let path_column = self.name()?;
        Ok(Some(CycleClause { columns, mark_column, mark_values, path_column, location }))
    }

    /// A literal, perhaps of a named type.
    fn constant_literal(&mut self) -> Result<Expression> {
        let literal = self.primary()?;
        match &literal.kind {
            ExpressionKind::Constant(_) | ExpressionKind::Cast { .. } => Ok(literal),
            _ => Err(self.error_at("syntax error", literal.location)),
        }
    }

    /// `RETURNING [WITH (OLD AS a, NEW AS b)] list`.
    pub(super) fn returning_clause(&mut self) -> Result<Option<Returning>> {
        if !self.eat_keyword(K::Returning) {
            return Ok(None);
        }
        let mut options = Vec::new();
        if self.eat_keyword(K::With) {
            options = self.parenthesized_list(|this| {
                let location = this.location();
                let is_new = this.is_keyword(K::New);
                if !is_new && !this.is_keyword(K::Old) {
                    return Err(this.unexpected());
                }
                this.advance();
                this.expect_keyword(K::As)?;
                let name = this.name()?;
                Ok(ReturningOption { is_new, name, location })
            })?;
        }
        let targets = self.target_list()?;
        Ok(Some(Returning { options, targets }))
    }
}
