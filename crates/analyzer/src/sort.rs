//! ORDER BY, DISTINCT and the operators that sorting and grouping use; finding what they name in the target list.

use common::{AttributeNumber, Oid};
use error::{Result, error};
use nodes::expression::{Expression, SubLink};
use nodes::query::{Distinct, SortClause, Target};
use parser::ast::{self, ExpressionKind, NullsOrder, SortDirection};

use crate::resolve::ordering;
use crate::walk::change;
use crate::{Analyzer, Clause, NO_LOCATION};

/// Whether two expressions are the same, wherever they were written.
pub(crate) fn same(one: &Expression, other: &Expression) -> bool {
    one == other || without_locations(one) == without_locations(other)
}

pub(crate) fn without_locations(expression: &Expression) -> Expression {
    let mut copy = expression.clone();
    change(&mut copy, 0, &mut |part, _| match part {
        Expression::Constant(constant) => constant.location = NO_LOCATION,
        Expression::Variable(variable) => variable.location = NO_LOCATION,
        Expression::Function(call) => call.location = NO_LOCATION,
        Expression::Aggregate(call) => call.location = NO_LOCATION,
        Expression::Window(call) => call.location = NO_LOCATION,
        Expression::SubLink(link) => {
            let SubLink { location, .. } = link.as_mut();
            *location = NO_LOCATION;
        }
        _ => {}
    });
    copy
}

impl Analyzer<'_> {
    /// How one item of ORDER BY sorts the target at `at`.
    pub fn sort_clause(&mut self, at: usize, data_type: Oid, item: &ast::SortBy) -> Result<SortClause> {
        let location = item.location.min(crate::expression::start(&item.value));
        if let SortDirection::Using(name) = &item.direction {
            let found = self.find_operator(name, Some(data_type), data_type)?;
            let families = self.catalog.operator_families(found.operator)?;
            let member =
                families.iter().find(|row| row.amopmethod == Oid(403) && matches!(row.amopstrategy, 1 | 5));
            let Some(member) = member else {
                let error =
                    error!(WRONG_OBJECT_TYPE, "operator {} is not a valid ordering operator", name.symbol)
                        .hint(
                            "Ordering operators must be \"<\" or \">\" members of btree operator families.",
                        );
                return self.fail(error, name.location);
            };
            let descending = member.amopstrategy == 5;
            let family = self.catalog.family_operators(member.amopfamily)?;
            let equal = family.iter().find(|row| {
                row.amoplefttype == member.amoplefttype
                    && row.amoprighttype == member.amoprighttype
                    && row.amopstrategy == 3
            });
            let equal = equal.map_or(Oid::INVALID, |row| row.amopopr);
            let nulls_first = nulls_first(item.nulls, descending);
            return Ok(SortClause { target: at, operator: found.operator, equal, descending, nulls_first });
        }
        let descending = item.direction == SortDirection::Descending;
        let found = match ordering(data_type, self.catalog)? {
            Some(found) => found,
            None => return self.no_ordering(data_type, location),
        };
        let operator = if descending { found.greater } else { found.less };
        let nulls_first = nulls_first(item.nulls, descending);
        Ok(SortClause { target: at, operator, equal: found.equal, descending, nulls_first })
    }

    pub fn no_ordering<T>(&self, data_type: Oid, location: u32) -> Result<T> {
        let name = self.type_text(data_type)?;
        let error = error!(UNDEFINED_FUNCTION, "could not identify an ordering operator for type {name}")
            .hint("Use an explicit ordering operator or modify the query.");
        self.fail(error, location)
    }

    /// Grouping and DISTINCT: ascending, by the default ordering.
    pub fn equality_clause(&mut self, at: usize, data_type: Oid, location: u32) -> Result<SortClause> {
        let found = self.require_equality(data_type, location)?;
        Ok(SortClause {
            target: at,
            operator: found.less,
            equal: found.equal,
            descending: false,
            nulls_first: false,
        })
    }

    pub fn require_equality(&self, data_type: Oid, location: u32) -> Result<crate::resolve::Ordering> {
        match ordering(data_type, self.catalog)? {
            Some(found) => Ok(found),
            None => {
                // Types with a hash class only can be grouped but not sorted.
                if let Some(class) = self.catalog.default_operator_class(HASH, data_type)? {
                    let members = self.catalog.family_operators(class.opcfamily)?;
                    if let Some(member) = members.iter().find(|row| row.amoplefttype == class.opcintype) {
                        let equal = member.amopopr;
                        let none = Oid::INVALID;
                        return Ok(crate::resolve::Ordering { less: none, equal, greater: none });
                    }
                }
                let name = self.type_text(data_type)?;
                let error =
                    error!(UNDEFINED_FUNCTION, "could not identify an equality operator for type {name}");
                self.fail(error, location)
            }
        }
    }

    /// The place in the target list of what a clause names: an output column's name or number, or an expression, which
    /// joins the list when it is not there yet.
    pub fn find_target(
        &mut self,
        value: &ast::Expression,
        targets: &mut Vec<Target>,
        clause: Clause,
    ) -> Result<usize> {
        let by_name = matches!(clause, Clause::OrderBy | Clause::GroupBy | Clause::DistinctOn);
        match &value.kind {
            ExpressionKind::ColumnRef(reference)
                if by_name && reference.fields.len() == 1 && !reference.has_star =>
            {
                if let Some(at) = self.target_by_name(&reference.fields[0], targets, clause, value)? {
                    return Ok(at);
                }
            }
            ExpressionKind::Constant(constant) if by_name => {
                let place = clause.name();
                let ast::Constant::Integer(number) = constant else {
                    let error = error!(SYNTAX_ERROR, "non-integer constant in {place}");
                    return self.fail(error, value.location);
                };
                let mut visible = targets.iter().enumerate().filter(|(_, target)| !target.hidden);
                let at = usize::try_from(*number).ok().and_then(|number| number.checked_sub(1));
                return match at.and_then(|at| visible.nth(at)) {
                    Some((at, _)) => Ok(at),
                    None => {
                        let error = error!(
                            INVALID_COLUMN_REFERENCE,
                            "{place} position {number} is not in select list"
                        );
                        self.fail(error, value.location)
                    }
                };
            }
            _ => {}
        }
        let made = self.within(clause, |this| this.expression(value))?;
        let made = self.resolve_unknown(made)?;
        Ok(add_target(targets, made))
    }

    fn target_by_name(
        &mut self,
        name: &str,
        targets: &[Target],
        clause: Clause,
        value: &ast::Expression,
    ) -> Result<Option<usize>> {
        // GROUP BY prefers the input's columns over the output's.
        if clause == Clause::GroupBy {
            let has_input = self
                .level()
                .namespace
                .iter()
                .filter(|item| item.are_columns_visible)
                .any(|item| item.live_names().any(|(_, column)| **column == *name));
            if has_input {
                return Ok(None);
            }
        }
        let mut found: Option<usize> = None;
        for (at, target) in targets.iter().enumerate() {
            if target.hidden || *target.name != *name {
                continue;
            }
            match found {
                None => found = Some(at),
                Some(first) if same(&targets[first].expression, &target.expression) => {}
                Some(_) => {
                    let error = error!(AMBIGUOUS_COLUMN, "{} \"{name}\" is ambiguous", clause.name());
                    return self.fail(error, value.location);
                }
            }
        }
        Ok(found)
    }

    pub fn order_by(&mut self, items: &[ast::SortBy], targets: &mut Vec<Target>) -> Result<Vec<SortClause>> {
        let mut clauses: Vec<SortClause> = Vec::new();
        for item in items {
            let at = self.find_target(&item.value, targets, Clause::OrderBy)?;
            let found = targets[at].expression.data_type().oid;
            let clause = self.sort_clause(at, found, item)?;
            if !clauses.iter().any(|other| other.target == at) {
                clauses.push(clause);
            }
        }
        Ok(clauses)
    }

    pub fn distinct(
        &mut self,
        distinct: &ast::Distinct,
        order_by: &[SortClause],
        targets: &mut Vec<Target>,
    ) -> Result<Distinct> {
        match distinct {
            ast::Distinct::No => Ok(Distinct::No),
            ast::Distinct::Yes => {
                let mut clauses = Vec::new();
                for clause in order_by {
                    if targets[clause.target].hidden {
                        let error = error!(
                            INVALID_COLUMN_REFERENCE,
                            "for SELECT DISTINCT, ORDER BY expressions must appear in select list"
                        );
                        let place = leftmost(&targets[clause.target].expression);
                        return self.fail(error, place);
                    }
                    clauses.push(*clause);
                }
                for (at, target) in targets.iter().enumerate() {
                    if target.hidden || clauses.iter().any(|clause| clause.target == at) {
                        continue;
                    }
                    let found = target.expression.data_type().oid;
                    let place = leftmost(&target.expression);
                    clauses.push(self.equality_clause(at, found, place)?);
                }
                Ok(Distinct::All(clauses))
            }
            ast::Distinct::On(items) => {
                let mut wanted = Vec::new();
                for item in items {
                    let at = self.find_target(item, targets, Clause::DistinctOn)?;
                    if !wanted.iter().any(|(other, _)| *other == at) {
                        wanted.push((at, crate::expression::start(item)));
                    }
                }
                let mut clauses: Vec<SortClause> = Vec::new();
                let mut skipped = false;
                for clause in order_by {
                    if let Some((_, place)) = wanted.iter().find(|(at, _)| *at == clause.target) {
                        if skipped {
                            let error = error!(
                                INVALID_COLUMN_REFERENCE,
                                "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"
                            );
                            return self.fail(error, *place);
                        }
                        clauses.push(*clause);
                    } else {
                        skipped = true;
                    }
                }
                for (at, place) in wanted {
                    if clauses.iter().any(|clause| clause.target == at) {
                        continue;
                    }
                    if skipped {
                        let error = error!(
                            INVALID_COLUMN_REFERENCE,
                            "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"
                        );
                        return self.fail(error, place);
                    }
                    let found = targets[at].expression.data_type().oid;
                    clauses.push(self.equality_clause(at, found, place)?);
                }
                Ok(Distinct::On(clauses))
            }
        }
    }
}

/// Finds the expression among the targets or adds it, hidden.
pub(crate) fn add_target(targets: &mut Vec<Target>, expression: Expression) -> usize {
    if let Some(at) = targets.iter().position(|target| same(&target.expression, &expression)) {
        return at;
    }
    targets.push(Target {
        expression,
        name: "?column?".into(),
        attribute: AttributeNumber::WHOLE_ROW,
        hidden: true,
        origin: None,
    });
    targets.len() - 1
}

/// The first place in the source that an expression comes from.
pub(crate) fn leftmost(expression: &Expression) -> u32 {
    let mut first = NO_LOCATION;
    crate::walk::walk(expression, 0, &mut |part, _| {
        let place = match part {
            Expression::Constant(constant) => constant.location,
            Expression::Variable(variable) => variable.location,
            Expression::Function(call) => call.location,
            Expression::Aggregate(call) => call.location,
            Expression::Window(call) => call.location,
            Expression::SubLink(link) => link.location,
            _ => NO_LOCATION,
        };
        first = first.min(place);
    });
    first
}

fn nulls_first(nulls: NullsOrder, descending: bool) -> bool {
    match nulls {
        NullsOrder::Default => descending,
        NullsOrder::First => true,
        NullsOrder::Last => false,
    }
}

const HASH: Oid = Oid(405);
