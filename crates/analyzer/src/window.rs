//! Window function calls and window definitions.

use error::{Result, error};
use nodes::expression::{DataType, Expression, WindowCall};
use nodes::query::{Frame, FrameBound, FrameExclusion, FrameMode, Target, Window};
use parser::ast;
use types::oid;

use crate::coerce::CastContext;
use crate::function::ResolvedCall;
use crate::walk::contains;
use crate::{Analyzer, Clause};

impl Analyzer<'_> {
    pub fn window_call(
        &mut self,
        call: &ast::FunctionCall,
        resolved: ResolvedCall,
        location: u32,
    ) -> Result<Expression> {
        let name = call.name.parts.join(".");
        let is_aggregate = resolved.row.prokind == b'a';
        let Some(over) = &call.over else {
            let error = error!(WRONG_OBJECT_TYPE, "window function {name} requires an OVER clause");
            return self.fail(error, location);
        };
        let refuse = |what: &str| error!(FEATURE_NOT_SUPPORTED, "{what}");
        if call.is_distinct {
            return self.fail(refuse("DISTINCT is not implemented for window functions"), location);
        }
        if !call.order_by.is_empty() {
            return self.fail(refuse("aggregate ORDER BY is not implemented for window functions"), location);
        }
        if call.filter.is_some() && !is_aggregate {
            return self
                .fail(refuse("FILTER is not implemented for non-aggregate window functions"), location);
        }
        if is_aggregate && resolved.arguments.is_empty() && !call.is_star {
            let error = error!(
                WRONG_OBJECT_TYPE,
                "{name}(*) must be used to call a parameterless aggregate function"
            );
            return self.fail(error, location);
        }
        let nested = resolved.arguments.iter().any(|argument| {
            contains(argument, &mut |part, depth| depth == 0 && matches!(part, Expression::Window(_)))
        });
        if nested {
            return self.fail(error!(WINDOWING_ERROR, "window function calls cannot be nested"), location);
        }
        let clause = self.level().clause;
        if matches!(
            clause,
            Clause::WindowPartition
                | Clause::WindowOrder
                | Clause::WindowRange
                | Clause::WindowRows
                | Clause::WindowGroups
        ) {
            let error = error!(WINDOWING_ERROR, "window functions are not allowed in window definitions");
            return self.fail(error, location);
        }
        if let Some(place) = clause.window_place() {
            let error = error!(WINDOWING_ERROR, "window functions are not allowed in {place}");
            return self.fail(error, location);
        }
        let filter = match &call.filter {
            Some(filter) => Some(self.within(Clause::Filter, |this| this.condition(filter, "FILTER"))?),
            None => None,
        };
        let window = self.window_position(over)?;
        self.level().has_windows = true;
        let input_collation = self.collation(&resolved.arguments)?;
        let data_type = self.result_type(resolved.result, input_collation)?;
        Ok(Expression::Window(Box::new(WindowCall {
            function: resolved.row.oid,
            is_aggregate,
            star: call.is_star,
            arguments: resolved.arguments,
            filter,
            window,
            data_type,
            input_collation,
            location,
        })))
    }

    /// The place of the window that an OVER clause means: the WINDOW clause's come first, then the others.
    fn window_position(&mut self, over: &ast::WindowDefinition) -> Result<usize> {
        let named = self.level().window_definitions.len();
        if let (true, Some(name)) = (over.is_plain_reference, &over.reference) {
            let definitions = &self.level().window_definitions;
            return match definitions.iter().position(|found| found.name.as_ref() == Some(name)) {
                Some(at) => Ok(at),
                None => {
                    self.fail(error!(UNDEFINED_OBJECT, "window \"{name}\" does not exist"), over.location)
                }
            };
        }
        let level = self.level();
        level.over.push(over.clone());
        Ok(named + level.over.len() - 1)
    }

    /// Reads all windows of the level; what they sort and partition by joins the targets.
    pub fn windows(&mut self, targets: &mut Vec<Target>) -> Result<Vec<Window>> {
        let level = self.level();
        let named = level.window_definitions.clone();
        let all: Vec<_> = named.iter().cloned().chain(std::mem::take(&mut level.over)).collect();
        let mut windows: Vec<Window> = Vec::new();
        for (at, definition) in all.iter().enumerate() {
            if let Some(name) = &definition.name {
                if all[..at].iter().any(|other| other.name.as_ref() == Some(name)) {
                    let error = error!(WINDOWING_ERROR, "window \"{name}\" is already defined");
                    return self.fail(error, definition.location);
                }
            }
            let base = match &definition.reference {
                Some(name) => {
                    let found = all[..at.min(named.len())]
                        .iter()
                        .position(|other| other.name.as_ref() == Some(name))
                        .and_then(|found| Some((all.get(found)?, windows.get(found)?.clone())));
                    match found {
                        Some((written, window)) => Some((name, written.frame.is_some(), window)),
                        None => {
                            let error = error!(UNDEFINED_OBJECT, "window \"{name}\" does not exist");
                            return self.fail(error, definition.location);
                        }
                    }
                }
                None => None,
            };
            windows.push(self.window(definition, base, targets)?);
        }
        self.merge_windows(&mut windows, named.len(), targets);
        Ok(windows)
    }

    fn window(
        &mut self,
        definition: &ast::WindowDefinition,
        base: Option<(&String, bool, Window)>,
        targets: &mut Vec<Target>,
    ) -> Result<Window> {
        let location = definition.location;
        let mut partition_by = Vec::new();
        for value in &definition.partition_by {
            let at = self.find_target(value, targets, Clause::WindowPartition)?;
            let found = targets[at].expression.data_type().oid;
            let clause = self.equality_clause(at, found, crate::expression::start(value))?;
            if !partition_by.contains(&clause) {
                partition_by.push(clause);
            }
        }
        let mut order_by = Vec::new();
        for item in &definition.order_by {
            let at = self.find_target(&item.value, targets, Clause::WindowOrder)?;
            let found = targets[at].expression.data_type().oid;
            order_by.push(self.sort_clause(at, found, item)?);
        }
        if let Some((name, has_frame, base)) = base {
            let refuse = |message: String| error!(WINDOWING_ERROR, "{message}");
            if !partition_by.is_empty() {
                let error = refuse(format!("cannot override PARTITION BY clause of window \"{name}\""));
                return self.fail(error, location);
            }
            if !order_by.is_empty() && !base.order_by.is_empty() {
                let error = refuse(format!("cannot override ORDER BY clause of window \"{name}\""));
                return self.fail(error, location);
            }
            if has_frame {
                let error = refuse(format!("cannot copy window \"{name}\" because it has a frame clause"));
                return self.fail(error, location);
            }
            partition_by = base.partition_by;
            if order_by.is_empty() {
                order_by = base.order_by;
            }
        }
        let frame = self.frame(definition.frame.as_ref(), &order_by, targets, location)?;
        Ok(Window { name: definition.name.clone(), partition_by, order_by, frame })
    }

    fn frame(
        &mut self,
        written: Option<&ast::WindowFrame>,
        order_by: &[nodes::query::SortClause],
        targets: &[Target],
        location: u32,
    ) -> Result<Frame> {
        let Some(written) = written else {
            return Ok(Frame {
                mode: FrameMode::Range,
                start: FrameBound::UnboundedPreceding,
                end: FrameBound::CurrentRow,
                exclusion: FrameExclusion::None,
            });
        };
        let (mode, clause) = match written.mode {
            ast::FrameMode::Rows => (FrameMode::Rows, Clause::WindowRows),
            ast::FrameMode::Range => (FrameMode::Range, Clause::WindowRange),
            ast::FrameMode::Groups => (FrameMode::Groups, Clause::WindowGroups),
        };
        let has_offset = |bound: &ast::FrameBound| {
            matches!(bound, ast::FrameBound::Preceding(_) | ast::FrameBound::Following(_))
        };
        let uses_offset = has_offset(&written.start) || written.end.as_ref().is_some_and(has_offset);
        if mode == FrameMode::Range && uses_offset && order_by.len() != 1 {
            let error = error!(
                WINDOWING_ERROR,
                "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column"
            );
            return self.fail(error, location);
        }
        if mode == FrameMode::Groups && order_by.is_empty() {
            let error = error!(WINDOWING_ERROR, "GROUPS mode requires an ORDER BY clause");
            return self.fail(error, location);
        }
        let sorted = order_by.first().map(|clause| targets[clause.target].expression.data_type());
        let bound = |this: &mut Self, bound: &ast::FrameBound| -> Result<FrameBound> {
            Ok(match bound {
                ast::FrameBound::UnboundedPreceding => FrameBound::UnboundedPreceding,
                ast::FrameBound::CurrentRow => FrameBound::CurrentRow,
                ast::FrameBound::UnboundedFollowing => FrameBound::UnboundedFollowing,
                ast::FrameBound::Preceding(offset) => {
                    FrameBound::Preceding(this.frame_offset(offset, clause, sorted)?)
                }
                ast::FrameBound::Following(offset) => {
                    FrameBound::Following(this.frame_offset(offset, clause, sorted)?)
                }
            })
        };
        let start = bound(self, &written.start)?;
        let end = match &written.end {
            Some(end) => bound(self, end)?,
            None => FrameBound::CurrentRow,
        };
        let exclusion = match written.exclusion {
            ast::FrameExclusion::NoOthers => FrameExclusion::None,
            ast::FrameExclusion::CurrentRow => FrameExclusion::CurrentRow,
            ast::FrameExclusion::Group => FrameExclusion::Group,
            ast::FrameExclusion::Ties => FrameExclusion::Ties,
        };
        Ok(Frame { mode, start, end, exclusion })
    }

    fn frame_offset(
        &mut self,
        offset: &ast::Expression,
        clause: Clause,
        sorted: Option<DataType>,
    ) -> Result<Expression> {
        let location = crate::expression::start(offset);
        let value = self.within(clause, |this| this.expression(offset))?;
        let place = match clause {
            Clause::WindowRange => "RANGE",
            Clause::WindowRows => "ROWS",
            _ => "GROUPS",
        };
        let has_column = contains(
            &value,
            &mut |part, depth| matches!(part, Expression::Variable(variable) if variable.levels_up == depth),
        );
        if has_column {
            let error = error!(INVALID_COLUMN_REFERENCE, "argument of {place} must not contain variables");
            return self.fail(error, location);
        }
        let target = match (clause, sorted) {
            (Clause::WindowRange, Some(sorted)) => match sorted.oid {
                oid::DATE | oid::TIME | oid::TIMESTAMP | oid::TIMESTAMPTZ | oid::INTERVAL => oid::INTERVAL,
                crate::type_format::TIMETZ => oid::INTERVAL,
                oid::INT2 | oid::INT4 | oid::INT8 => match value.data_type().oid {
                    oid::UNKNOWN => sorted.oid,
                    found @ (oid::INT2 | oid::INT4 | oid::INT8) => found,
                    _ => oid::INT8,
                },
                found => found,
            },
            _ => oid::INT8,
        };
        let found = value.data_type().oid;
        let target = DataType::new(target);
        match self.coerce_to_target(value, target, CastContext::Assignment, location)? {
            Some(value) => Ok(value),
            None => {
                let (found, wanted) = (self.type_text(found)?, self.type_text(target.oid)?);
                let error =
                    error!(DATATYPE_MISMATCH, "argument of {place} must be type {wanted}, not type {found}");
                self.fail(error, location)
            }
        }
    }

    /// Windows written alike are one.
    fn merge_windows(&mut self, windows: &mut Vec<Window>, named: usize, targets: &mut [Target]) {
        let mut kept: Vec<Window> = Vec::new();
        let mut places = Vec::new();
        for (at, window) in windows.drain(..).enumerate() {
            let alike = |other: &Window| {
                other.partition_by == window.partition_by
                    && other.order_by == window.order_by
                    && other.frame == window.frame
            };
            match kept.iter().position(alike).filter(|_| at >= named) {
                Some(found) => places.push(found),
                None => {
                    places.push(kept.len());
                    kept.push(window);
                }
            }
        }
        *windows = kept;
        for target in targets {
            crate::walk::change(&mut target.expression, 0, &mut |part, depth| {
                if let (Expression::Window(call), 0) = (part, depth) {
                    call.window = places.get(call.window).copied().unwrap_or(call.window);
                }
            });
        }
    }
}
