//! Where the planner is: the statement as a whole, and the query level that is being planned.

use std::cell::{Cell, RefCell};

use catalog::CatalogView;
use error::{Error, Result};
use nodes::Expression;
use nodes::expression::{Parameter, ParameterKind, Variable};
use nodes::plan::{InitialPlan, Plan, SubPlan, SubPlanTest};

use crate::PlannerSettings;
use crate::walk;

/// What belongs to the statement as a whole.
pub(crate) struct Global<'a> {
    pub catalog: &'a dyn CatalogView,
    pub settings: &'a PlannerSettings,
    subplans: RefCell<Vec<Plan>>,
    initial: RefCell<Vec<InitialPlan>>,
    parameters: Cell<usize>,
    unions: Cell<usize>,
    marks: Cell<usize>,
    /// See [`nodes::plan::PlannedStatement::guesses_values`].
    pub guesses_values: Cell<bool>,
}

impl<'a> Global<'a> {
    pub fn new(catalog: &'a dyn CatalogView, settings: &'a PlannerSettings) -> Global<'a> {
        Global {
            catalog,
            settings,
            subplans: RefCell::default(),
            initial: RefCell::default(),
            parameters: Cell::new(0),
            unions: Cell::new(0),
            marks: Cell::new(0),
            guesses_values: Cell::new(false),
        }
    }

    pub fn add_subplan(&self, plan: Plan) -> usize {
        self.subplans.borrow_mut().push(plan);
        self.subplans.borrow().len() - 1
    }

    pub fn add_initial(&self, initial: InitialPlan) {
        self.initial.borrow_mut().push(initial);
    }

    /// How many subplans and initial plans there are.
    pub fn mark(&self) -> (usize, usize) {
        (self.subplans.borrow().len(), self.initial.borrow().len())
    }

    /// Forgets the plans made since a mark, which nothing refers to.
    pub fn forget_from(&self, (subplans, initial): (usize, usize)) {
        self.subplans.borrow_mut().truncate(subplans);
        self.initial.borrow_mut().truncate(initial);
    }

    /// Forgets that plans made between two marks are to be run.
    pub fn forget_initial(&self, first: (usize, usize), second: (usize, usize)) {
        self.initial.borrow_mut().drain(first.1..second.1);
    }

    /// What a subplan costs each time.
    pub fn subplan_cost(&self, plan: &SubPlan) -> f64 {
        let estimate = self.subplans.borrow()[plan.plan].estimate;
        let run = estimate.total_cost - estimate.startup_cost;
        match plan.test {
            // One row is enough.
            SubPlanTest::Exists => estimate.startup_cost + run / estimate.rows.max(1.0),
            _ => estimate.total_cost,
        }
    }

    pub fn new_parameter(&self) -> usize {
        self.parameters.replace(self.parameters.get() + 1)
    }

    pub fn new_union(&self) -> usize {
        self.unions.replace(self.unions.get() + 1)
    }

    /// Numbers for the entries of a range table; the first of them.
    pub fn new_marks(&self, count: usize) -> usize {
        self.marks.replace(self.marks.get() + count)
    }

    pub fn parameter_count(&self) -> usize {
        self.parameters.get()
    }

    pub fn take_subplans(&self) -> Vec<Plan> {
        self.subplans.take()
    }

    pub fn take_initial(&self) -> Vec<InitialPlan> {
        self.initial.take()
    }
}

/// A WITH query that can be referred to.
#[derive(Clone, Debug)]
pub(crate) enum KnownTable {
    /// Its plan.
    Subplan { plan: usize, rows: f64 },
    /// The recursive reference to the union of this number.
    WorkTable { union: usize, rows: f64 },
}

/// A query level, as the levels below it see it.
pub(crate) struct Level<'a> {
    pub up: Option<&'a Level<'a>>,
    /// The mark of the first entry of its range table.
    first_mark: usize,
    /// Variables of this level that a subquery asked for, with the parameters that bring them.
    requested: RefCell<Vec<(Variable, usize)>>,
    /// WITH queries by name.
    pub tables: RefCell<Vec<(String, KnownTable)>>,
}

impl<'a> Level<'a> {
    /// `first_mark` is from [`Global::new_marks`].
    pub fn new(up: Option<&'a Level<'a>>, first_mark: usize) -> Level<'a> {
        Level { up, first_mark, requested: RefCell::default(), tables: RefCell::default() }
    }

    /// The number by which scans of an entry are known in the whole statement.
    pub fn mark(&self, range: usize) -> usize {
        self.first_mark + range
    }

    fn ancestor(&self, levels: u32) -> Option<&Level<'a>> {
        let mut level = self;
        for _ in 0..levels {
            level = level.up?;
        }
        Some(level)
    }

    /// Replaces variables of outer levels by parameters. Not in subqueries, which do it for themselves.
    pub fn replace_outer(&self, global: &Global<'_>, expression: &mut Expression) -> Result<()> {
        walk::replace(expression, &mut |part| {
            let Expression::Variable(variable) = part else { return Ok(false) };
            if variable.levels_up == 0 {
                return Ok(false);
            }
            let level = self
                .ancestor(variable.levels_up)
                .ok_or_else(|| Error::internal("variable of a query level that is not there"))?;
            let index = level.request(global, Variable { levels_up: 0, ..*variable });
            *part = Expression::Parameter(Parameter {
                kind: ParameterKind::Execution,
                index,
                data_type: variable.data_type,
            });
            Ok(true)
        })
    }

    fn request(&self, global: &Global<'_>, variable: Variable) -> usize {
        let same = |known: &Variable| known.range == variable.range && known.attribute == variable.attribute;
        let mut requested = self.requested.borrow_mut();
        if let Some((_, parameter)) = requested.iter().find(|(known, _)| same(known)) {
            return *parameter;
        }
        let parameter = global.new_parameter();
        requested.push((variable, parameter));
        parameter
    }

    /// Runs `work` and gives the variables of this level that it asked for.
    pub fn collecting<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<(T, Vec<(Variable, usize)>)> {
        let before = self.requested.take();
        let result = work();
        let requested = self.requested.replace(before);
        Ok((result?, requested))
    }

    /// A parameter for a variable of this level that a plan node takes from its left side.
    pub fn parameter_for(&self, global: &Global<'_>, variable: Variable) -> (Expression, usize) {
        let index = global.new_parameter();
        let kind = ParameterKind::Execution;
        (Expression::Parameter(Parameter { kind, index, data_type: variable.data_type }), index)
    }

    pub fn known_table(&self, name: &str, levels_up: u32) -> Option<KnownTable> {
        let level = self.ancestor(levels_up)?;
        let tables = level.tables.borrow();
        tables.iter().rev().find(|(known, _)| known == name).map(|(_, table)| table.clone())
    }
}
