//! Expressions at work: a tree whose nodes own the columns that they compute, so that buffers live as long as the plan.
//!
//! A node is computed for the selected rows of a batch, then read. Nodes whose operands are the same for all rows are computed
//! for one row and give a constant column.

use std::rc::Rc;

use catalog::CatalogView;
use common::Oid;
use error::{Error, Result, bail, error};
use expression::{BatchFunction, Implementation};
use nodes::Expression;
use nodes::expression::{BooleanTest, ParameterKind, SessionValue, Subscript};
use nodes::plan::{SubPlan, SubPlanTest};
use types::array::Array;
use types::record::Record;
use types::{Column, PhysicalType, Rows, Selection, Value};

use crate::compare::{RowIndex, equal_rows, hash_row};
use crate::rows::RowStore;
use crate::runtime::Runtime;

/// An expression ready to be computed.
pub struct Evaluator {
    kind: Kind,
    out: Column,
    data_type: Oid,
}

struct Call {
    function: BatchFunction,
    arguments: Vec<Evaluator>,
    argument_types: Vec<Oid>,
    result_type: Oid,
    collation: Oid,
    is_volatile: bool,
}

enum Kind {
    Constant,
    Input(usize),
    Parameter {
        kind: ParameterKind,
        index: usize,
    },
    Call(Call),
    And(Vec<Evaluator>),
    Or(Vec<Evaluator>),
    Not(Box<Evaluator>),
    /// Conditions with results, and what holds otherwise.
    Case {
        branches: Vec<(Evaluator, Evaluator)>,
        otherwise: Box<Evaluator>,
    },
    Coalesce(Vec<Evaluator>),
    Extreme {
        greatest: bool,
        arguments: Vec<Evaluator>,
    },
    NullIf {
        equal: Box<Evaluator>,
        left: Box<Evaluator>,
    },
    IsNull {
        argument: Box<Evaluator>,
        negated: bool,
    },
    BooleanTest {
        argument: Box<Evaluator>,
        test: BooleanTest,
    },
    IsDistinct {
        equal: Box<Evaluator>,
        negated: bool,
    },
    ScalarArray {
        any: bool,
        left: Box<Evaluator>,
        right: Box<Evaluator>,
        call: Call,
    },
    Array {
        elements: Vec<Evaluator>,
        element_type: Oid,
        nested: bool,
    },
    Row {
        fields: Vec<Evaluator>,
        types: Vec<Oid>,
        row_type: Oid,
    },
    Subscript {
        argument: Box<Evaluator>,
        subscripts: Vec<(bool, Option<Evaluator>, Option<Evaluator>)>,
    },
    Field {
        argument: Box<Evaluator>,
        field: usize,
    },
    /// The same column under another type.
    Relabel(Box<Evaluator>),
    /// The same bits under a type that is kept in another kind of column: integer and oid.
    Reinterpret(Box<Evaluator>),
    ThroughText {
        argument: Box<Evaluator>,
        from: Oid,
        to: Oid,
        modifier: i32,
    },
    ArrayCoerce {
        argument: Box<Evaluator>,
        element: Box<Evaluator>,
        element_type: Oid,
    },
    SubPlan(Box<RunningSubPlan>),
    SessionValue(SessionValue, i32),
    NextValue(Oid),
}

struct RunningSubPlan {
    plan: SubPlan,
    parameters: Vec<(usize, Evaluator)>,
    tests: Vec<Test>,
    /// Rows that do not change, by their values.
    hashed: Option<HashedRows>,
}

/// What several evaluators hold, in bytes.
pub(crate) fn evaluators_memory(evaluators: &[Evaluator]) -> usize {
    evaluators.iter().map(Evaluator::memory).sum()
}

/// The rows of `= ANY (subquery)`, to be looked up.
struct HashedRows {
    index: RowIndex,
    types: Vec<Oid>,
    has_rows: bool,
    has_nulls: bool,
}

impl HashedRows {
    fn new(store: &RowStore, types: Vec<Oid>) -> HashedRows {
        let columns: Vec<&Column> = store.columns[..types.len()].iter().collect();
        let mut hashed =
            HashedRows { index: RowIndex::default(), types, has_rows: store.rows > 0, has_nulls: false };
        for row in 0..store.rows {
            if columns.iter().any(|column| column.is_null(row)) {
                hashed.has_nulls = true;
                continue;
            }
            let hash = hash_row(&columns, &hashed.types, row);
            let same = |other: usize| equal_rows(&columns, row, &columns, other, &hashed.types);
            if hashed.index.find(hash, same).is_none() {
                hashed.index.insert(hash, row);
            }
        }
        hashed
    }

    /// Whether a row has these values; `None` if only a look at every row can tell.
    fn answer(&self, store: &RowStore, lefts: &[&Column], row: usize) -> Option<Value> {
        if !self.has_rows {
            return Some(Value::Bool(false));
        }
        let is_null = lefts.iter().any(|left| left.is_null(row));
        if !is_null {
            let stored: Vec<&Column> = store.columns[..self.types.len()].iter().collect();
            let hash = hash_row(lefts, &self.types, row);
            let same = |other: usize| equal_rows(lefts, row, &stored, other, &self.types);
            if self.index.find(hash, same).is_some() {
                return Some(Value::Bool(true));
            }
            if !self.has_nulls {
                return Some(Value::Bool(false));
            }
        }
        (self.types.len() == 1).then_some(Value::Null)
    }
}

/// `left OPERATOR column` of a subplan: the left side, and the operator over two columns.
struct Test {
    left: Evaluator,
    call: Evaluator,
}

impl Evaluator {
    /// Prepares an expression over an input row.
    /// # Errors
    /// 0A000 for what cannot be evaluated.
    pub fn new(runtime: &Runtime<'_>, expression: &Expression) -> Result<Evaluator> {
        let data_type = expression.data_type().oid;
        let mut out = Column::new(runtime.physical(data_type));
        let child = |expression: &Expression| Evaluator::new(runtime, expression);
        let boxed = |expression: &Expression| child(expression).map(Box::new);
        let all = |list: &[Expression]| list.iter().map(child).collect::<Result<Vec<_>>>();
        let equality = |function: Oid, left: &Expression, right: &Expression| -> Result<Box<Evaluator>> {
            let arguments = vec![child(left)?, child(right)?];
            let types = vec![left.data_type().oid, right.data_type().oid];
            let collation = left.data_type().collation;
            let call = call(runtime, function, arguments, types, types::oid::BOOL, collation)?;
            Ok(Box::new(Evaluator {
                kind: Kind::Call(call),
                out: Column::new(PhysicalType::Bool),
                data_type: types::oid::BOOL,
            }))
        };
        let kind = match expression {
            Expression::Constant(constant) => {
                out.push_value(&constant.value);
                out.set_constant(true);
                Kind::Constant
            }
            Expression::Column(column) => Kind::Input(column.index),
            Expression::Parameter(parameter) => {
                Kind::Parameter { kind: parameter.kind, index: parameter.index }
            }
            Expression::Function(function) => Kind::Call(call(
                runtime,
                function.function,
                all(&function.arguments)?,
                function.arguments.iter().map(|argument| argument.data_type().oid).collect(),
                data_type,
                function.input_collation,
            )?),
            Expression::And(parts) => Kind::And(all(parts)?),
            Expression::Or(parts) => Kind::Or(all(parts)?),
            Expression::Not(part) => Kind::Not(boxed(part)?),
            Expression::Case(case) => {
                let mut branches = Vec::with_capacity(case.branches.len());
                for (condition, result) in &case.branches {
                    let condition = match &case.operand {
                        Some(operand) => child(&with_operand(condition, operand))?,
                        None => child(condition)?,
                    };
                    branches.push((condition, child(result)?));
                }
                Kind::Case { branches, otherwise: boxed(&case.otherwise)? }
            }
            Expression::Coalesce { arguments, .. } => Kind::Coalesce(all(arguments)?),
            Expression::Extreme { greatest, arguments, .. } => {
                Kind::Extreme { greatest: *greatest, arguments: all(arguments)? }
            }
            Expression::NullIf { equal, left, right, .. } => {
                Kind::NullIf { equal: equality(*equal, left, right)?, left: boxed(left)? }
            }
            Expression::IsNull { argument, negated } => {
                Kind::IsNull { argument: boxed(argument)?, negated: *negated }
            }
            Expression::BooleanTest { argument, test } => {
                Kind::BooleanTest { argument: boxed(argument)?, test: *test }
            }
            Expression::IsDistinct { equal, left, right, negated } => {
                Kind::IsDistinct { equal: equality(*equal, left, right)?, negated: *negated }
            }
            Expression::ScalarArray(test) => {
                let element = types::oid::element_of(test.right.data_type().oid);
                let types = vec![test.left.data_type().oid, element];
                let call =
                    call(runtime, test.function, Vec::new(), types, types::oid::BOOL, test.input_collation)?;
                Kind::ScalarArray {
                    any: test.any,
                    left: boxed(&test.left)?,
                    right: boxed(&test.right)?,
                    call,
                }
            }
            Expression::Array { elements, element_type, nested, .. } => {
                Kind::Array { elements: all(elements)?, element_type: *element_type, nested: *nested }
            }
            Expression::Row { fields, data_type } => Kind::Row {
                types: fields.iter().map(|field| field.data_type().oid).collect(),
                fields: all(fields)?,
                row_type: data_type.oid,
            },
            Expression::Subscript { argument, subscripts, .. } => {
                let mut prepared = Vec::new();
                for subscript in subscripts {
                    prepared.push(match subscript {
                        Subscript::Index(index) => (false, Some(child(index)?), None),
                        Subscript::Slice { lower, upper } => (
                            true,
                            lower.as_ref().map(child).transpose()?,
                            upper.as_ref().map(child).transpose()?,
                        ),
                    });
                }
                Kind::Subscript { argument: boxed(argument)?, subscripts: prepared }
            }
            Expression::Field { argument, field, .. } => {
                let field = live_position(runtime, argument.data_type().oid, *field)?;
                Kind::Field { argument: boxed(argument)?, field }
            }
            Expression::Relabel { argument, .. } => {
                let argument = boxed(argument)?;
                match (argument.out_type(), out.physical_type()) {
                    (PhysicalType::Int4, PhysicalType::Oid) | (PhysicalType::Oid, PhysicalType::Int4) => {
                        Kind::Reinterpret(argument)
                    }
                    _ => Kind::Relabel(argument),
                }
            }
            Expression::CoerceViaText { argument, data_type, .. } => Kind::ThroughText {
                from: argument.data_type().oid,
                argument: boxed(argument)?,
                to: data_type.oid,
                modifier: data_type.modifier,
            },
            Expression::ArrayCoerce { argument, element, data_type, .. } => {
                let element_type = types::oid::element_of(argument.data_type().oid);
                let input = Expression::column(0, nodes::DataType::new(element_type));
                Kind::ArrayCoerce {
                    argument: boxed(argument)?,
                    element: Box::new(child(&with_operand(element, &input))?),
                    element_type: types::oid::element_of(data_type.oid),
                }
            }
            Expression::SubPlan(plan) => Kind::SubPlan(Box::new(RunningSubPlan::new(runtime, plan)?)),
            Expression::SessionValue { kind, data_type } => Kind::SessionValue(*kind, data_type.modifier),
            Expression::NextValue { sequence, .. } => Kind::NextValue(*sequence),
            Expression::NamedArgument { argument, .. } => return child(argument),
            Expression::Variable(_)
            | Expression::Aggregate(_)
            | Expression::Window(_)
            | Expression::CaseOperand(_)
            | Expression::SubLink(_)
            | Expression::SetToDefault(_) => {
                return Err(Error::internal("expression was not planned"));
            }
        };
        Ok(Evaluator { kind, out, data_type })
    }

    pub fn data_type(&self) -> Oid {
        self.data_type
    }

    /// Bytes that it and its operands hold, of the rows computed last.
    pub fn memory(&self) -> usize {
        let operands = match &self.kind {
            Kind::Constant
            | Kind::Input(_)
            | Kind::Parameter { .. }
            | Kind::SubPlan(_)
            | Kind::SessionValue(..)
            | Kind::NextValue(_) => 0,
            Kind::Call(call) => evaluators_memory(&call.arguments),
            Kind::And(list)
            | Kind::Or(list)
            | Kind::Coalesce(list)
            | Kind::Extreme { arguments: list, .. }
            | Kind::Array { elements: list, .. }
            | Kind::Row { fields: list, .. } => evaluators_memory(list),
            Kind::Not(one)
            | Kind::Relabel(one)
            | Kind::Reinterpret(one)
            | Kind::IsNull { argument: one, .. }
            | Kind::BooleanTest { argument: one, .. }
            | Kind::IsDistinct { equal: one, .. }
            | Kind::Field { argument: one, .. }
            | Kind::ThroughText { argument: one, .. } => one.memory(),
            Kind::NullIf { equal: one, left: other }
            | Kind::ScalarArray { left: one, right: other, .. }
            | Kind::ArrayCoerce { argument: one, element: other, .. } => one.memory() + other.memory(),
            Kind::Case { branches, otherwise } => {
                let branches =
                    branches.iter().map(|(condition, result)| condition.memory() + result.memory());
                branches.sum::<usize>() + otherwise.memory()
            }
            Kind::Subscript { argument, subscripts } => {
                let bounds = subscripts.iter().flat_map(|(_, lower, upper)| lower.iter().chain(upper));
                argument.memory() + bounds.map(Evaluator::memory).sum::<usize>()
            }
        };
        self.out.memory() + operands
    }

    /// Computes the selected rows. [`Evaluator::result`] then gives the column.
    /// # Errors
    /// Those of the functions called, 57014.
    pub fn compute(&mut self, runtime: &mut Runtime<'_>, input: &[Column], rows: Rows<'_>) -> Result<()> {
        match &mut self.kind {
            Kind::Constant | Kind::Input(_) => Ok(()),
            Kind::Parameter { kind, index } => {
                let value = match kind {
                    ParameterKind::External => {
                        runtime.external.values.get(*index).cloned().ok_or_else(|| {
                            error!(UNDEFINED_PARAMETER, "there is no parameter ${}", *index + 1)
                        })?
                    }
                    ParameterKind::Execution => runtime.execution_value(*index)?,
                };
                self.out.clear();
                self.out.push_value(&value);
                self.out.set_constant(true);
                Ok(())
            }
            Kind::Call(call) => {
                for argument in &mut call.arguments {
                    argument.compute(runtime, input, rows)?;
                }
                let columns: Vec<&Column> =
                    call.arguments.iter().map(|argument| argument.result(input)).collect();
                let same_for_all = !call.is_volatile
                    && columns.iter().all(|column| column.is_constant())
                    && !rows.is_empty();
                let rows = if same_for_all { Rows::all(1) } else { rows };
                let mut context = runtime.call(&call.argument_types, call.result_type, call.collation);
                (call.function)(&mut context, &columns, rows, &mut self.out)?;
                if same_for_all {
                    self.out.set_constant(true);
                }
                Ok(())
            }
            Kind::And(parts) => connect(runtime, input, rows, parts, &mut self.out, false),
            Kind::Or(parts) => connect(runtime, input, rows, parts, &mut self.out, true),
            Kind::Not(part) => {
                part.compute(runtime, input, rows)?;
                let column = part.result(input);
                self.out.resize(rows.length());
                rows.for_each(|row| match truth(column, row) {
                    Some(value) => self.out.set_bool(row, !value),
                    None => self.out.set_null(row),
                });
                Ok(())
            }
            Kind::Case { branches, otherwise } => {
                self.out.resize(rows.length());
                let mut left: Selection = rows.iter().map(|row| row as u16).collect();
                for (condition, result) in branches {
                    if left.is_empty() {
                        break;
                    }
                    condition.compute(runtime, input, Rows::selected(rows.length(), &left))?;
                    let column = condition.result(input);
                    let taken: Selection = left
                        .iter()
                        .copied()
                        .filter(|row| truth(column, usize::from(*row)) == Some(true))
                        .collect();
                    left.retain(|row| truth(column, row) != Some(true));
                    copy_branch(runtime, input, rows.length(), result, &taken, &mut self.out)?;
                }
                copy_branch(runtime, input, rows.length(), otherwise, &left, &mut self.out)
            }
            Kind::Coalesce(arguments) => {
                self.out.resize(rows.length());
                let mut left: Selection = rows.iter().map(|row| row as u16).collect();
                for argument in arguments {
                    if left.is_empty() {
                        break;
                    }
                    argument.compute(runtime, input, Rows::selected(rows.length(), &left))?;
                    let column = argument.result(input);
                    for row in left.iter().map(|row| usize::from(*row)) {
                        self.out.copy_row(column, row, row);
                    }
                    left.retain(|row| column.is_null(row));
                }
                Ok(())
            }
            Kind::Extreme { greatest, arguments } => {
                for argument in arguments.iter_mut() {
                    argument.compute(runtime, input, rows)?;
                }
                self.out.resize(rows.length());
                let compare = crate::compare::comparator(
                    self.data_type,
                    self.out.physical_type(),
                    self.out.physical_type(),
                );
                rows.for_each(|row| {
                    let columns = arguments.iter().map(|argument| argument.result(input));
                    let best = columns.filter(|column| !column.is_null(row)).reduce(|best, other| {
                        let order = compare(other, row, best, row);
                        let better = if *greatest { order.is_gt() } else { order.is_lt() };
                        if better { other } else { best }
                    });
                    match best {
                        Some(column) => self.out.copy_row(column, row, row),
                        None => self.out.set_null(row),
                    }
                });
                Ok(())
            }
            Kind::NullIf { equal, left } => {
                equal.compute(runtime, input, rows)?;
                left.compute(runtime, input, rows)?;
                self.out.resize(rows.length());
                let (equal, left) = (equal.result(input), left.result(input));
                rows.for_each(|row| match truth(equal, row) {
                    Some(true) => self.out.set_null(row),
                    _ => self.out.copy_row(left, row, row),
                });
                Ok(())
            }
            Kind::IsNull { argument, negated } => {
                argument.compute(runtime, input, rows)?;
                let column = argument.result(input);
                self.out.resize(rows.length());
                let is_record = column.physical_type() == PhysicalType::Record;
                rows.for_each(|row| {
                    let answer = if column.is_null(row) {
                        !*negated
                    } else if is_record {
                        column.record(row).fields.iter().all(|field| field.is_null() != *negated)
                    } else {
                        *negated
                    };
                    self.out.set_bool(row, answer);
                });
                Ok(())
            }
            Kind::BooleanTest { argument, test } => {
                argument.compute(runtime, input, rows)?;
                let column = argument.result(input);
                self.out.resize(rows.length());
                rows.for_each(|row| {
                    let value = truth(column, row);
                    let answer = match test {
                        BooleanTest::IsTrue => value == Some(true),
                        BooleanTest::IsNotTrue => value != Some(true),
                        BooleanTest::IsFalse => value == Some(false),
                        BooleanTest::IsNotFalse => value != Some(false),
                        BooleanTest::IsUnknown => value.is_none(),
                        BooleanTest::IsNotUnknown => value.is_some(),
                    };
                    self.out.set_bool(row, answer);
                });
                Ok(())
            }
            Kind::IsDistinct { equal, negated } => {
                equal.compute(runtime, input, rows)?;
                let Kind::Call(call) = &equal.kind else { bail!(INTERNAL_ERROR, "equality is no call") };
                let [left, right] = &call.arguments[..] else {
                    bail!(INTERNAL_ERROR, "equality has no sides")
                };
                let (left, right, equal) = (left.result(input), right.result(input), equal.result(input));
                self.out.resize(rows.length());
                rows.for_each(|row| {
                    let distinct = match (left.is_null(row), right.is_null(row)) {
                        (true, true) => false,
                        (false, false) => truth(equal, row) != Some(true),
                        _ => true,
                    };
                    self.out.set_bool(row, distinct != *negated);
                });
                Ok(())
            }
            Kind::ScalarArray { any, left, right, call } => {
                left.compute(runtime, input, rows)?;
                right.compute(runtime, input, rows)?;
                scalar_array(
                    runtime,
                    *any,
                    left.result(input),
                    right.result(input),
                    call,
                    rows,
                    &mut self.out,
                )
            }
            Kind::Array { elements, element_type, nested } => {
                for element in elements.iter_mut() {
                    element.compute(runtime, input, rows)?;
                }
                self.out.resize(rows.length());
                let columns: Vec<&Column> = elements.iter().map(|element| element.result(input)).collect();
                let physical = runtime.physical(*element_type);
                rows.try_for_each(|row| {
                    let array = if *nested {
                        nested_array(&columns, row, *element_type, physical)?
                    } else {
                        let mut values = Column::new(physical);
                        columns.iter().for_each(|column| values.push_value(&column.value(row)));
                        Array::new(*element_type, values)
                    };
                    self.out.set_array(row, array);
                    Ok(())
                })
            }
            Kind::Row { fields, types, row_type } => {
                for field in fields.iter_mut() {
                    field.compute(runtime, input, rows)?;
                }
                self.out.resize(rows.length());
                rows.for_each(|row| {
                    let record = Record {
                        type_oid: *row_type,
                        field_types: types.as_slice().into(),
                        fields: fields.iter().map(|field| field.result(input).value(row)).collect(),
                    };
                    self.out.set_value(row, &Value::Record(Box::new(record)));
                });
                Ok(())
            }
            Kind::Subscript { argument, subscripts } => {
                argument.compute(runtime, input, rows)?;
                for bound in subscripts.iter_mut().flat_map(|(_, lower, upper)| [lower, upper]).flatten() {
                    bound.compute(runtime, input, rows)?;
                }
                self.out.resize(rows.length());
                let column = argument.result(input);
                rows.for_each(|row| {
                    let value = if column.is_null(row) {
                        Value::Null
                    } else {
                        match column.physical_type() {
                            PhysicalType::Text => letter(column.text(row), subscripts, input, row),
                            _ => subscript(column.array(row), subscripts, input, row),
                        }
                    };
                    self.out.set_value(row, &value);
                });
                Ok(())
            }
            Kind::Field { argument, field } => {
                argument.compute(runtime, input, rows)?;
                let column = argument.result(input);
                self.out.resize(rows.length());
                rows.for_each(|row| {
                    let value = if column.is_null(row) {
                        Value::Null
                    } else {
                        column.record(row).fields.get(*field).cloned().unwrap_or_default()
                    };
                    self.out.set_value(row, &value);
                });
                Ok(())
            }
            Kind::Relabel(argument) => argument.compute(runtime, input, rows),
            Kind::Reinterpret(argument) => {
                argument.compute(runtime, input, rows)?;
                let column = argument.result(input);
                let is_constant = column.is_constant() && !rows.is_empty();
                let rows = if is_constant { Rows::all(1) } else { rows };
                self.out.resize(rows.length());
                rows.for_each(|row| {
                    let value = match column.value(row) {
                        Value::Int4(number) => Value::Oid(Oid(number as u32)),
                        Value::Oid(number) => Value::Int4(number.0 as i32),
                        other => other,
                    };
                    self.out.set_value(row, &value);
                });
                self.out.set_constant(is_constant);
                Ok(())
            }
            Kind::ThroughText { argument, from, to, modifier } => {
                argument.compute(runtime, input, rows)?;
                let column = argument.result(input);
                let same_for_all = column.is_constant() && !rows.is_empty();
                let rows = if same_for_all { Rows::all(1) } else { rows };
                self.out.resize(rows.length());
                let context =
                    types::io::Context { settings: runtime.settings, catalog: runtime.session.catalog() };
                rows.try_for_each(|row| {
                    if column.is_null(row) {
                        self.out.set_null(row);
                        return Ok(());
                    }
                    let text = types::io::output_text(*from, &column.value(row), &context)?;
                    self.out.set_value(row, &types::io::input(*to, *modifier, &text, &context)?);
                    Ok::<(), Error>(())
                })?;
                if same_for_all {
                    self.out.set_constant(true);
                }
                Ok(())
            }
            Kind::ArrayCoerce { argument, element, element_type } => {
                argument.compute(runtime, input, rows)?;
                self.out.resize(rows.length());
                for row in rows.iter() {
                    let column = argument.result(input);
                    if column.is_null(row) {
                        self.out.set_null(row);
                        continue;
                    }
                    let array = column.array(row).clone();
                    let elements = std::slice::from_ref(&array.elements);
                    element.compute(runtime, elements, Rows::all(array.len()))?;
                    let computed = element.result(elements);
                    let mut values = Column::new(computed.physical_type());
                    (0..array.len()).for_each(|at| values.push_value(&computed.value(at)));
                    let coerced = Array {
                        element_type: *element_type,
                        dimensions: array.dimensions.clone(),
                        elements: values,
                    };
                    self.out.set_array(row, coerced);
                }
                Ok(())
            }
            Kind::SubPlan(plan) => plan.compute(runtime, input, rows, &mut self.out),
            Kind::SessionValue(kind, modifier) => {
                let value = session_value(runtime, *kind, *modifier)?;
                self.out.clear();
                self.out.push_value(&value);
                self.out.set_constant(true);
                Ok(())
            }
            Kind::NextValue(sequence) => {
                self.out.resize(rows.length());
                let out = &mut self.out;
                rows.try_for_each(|row| {
                    let value = runtime.session.next_value(*sequence)?;
                    let value = match out.physical_type() {
                        PhysicalType::Int2 => i16::try_from(value).map(Value::Int2).ok(),
                        PhysicalType::Int4 => i32::try_from(value).map(Value::Int4).ok(),
                        _ => Some(Value::Int8(value)),
                    };
                    let value =
                        value.ok_or_else(|| error!(NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range"))?;
                    out.set_value(row, &value);
                    Ok(())
                })
            }
        }
    }

    /// How the result is kept.
    fn out_type(&self) -> PhysicalType {
        match &self.kind {
            Kind::Relabel(argument) => argument.out_type(),
            _ => self.out.physical_type(),
        }
    }

    /// The column that was computed last. `input` is what it was computed from.
    pub fn result<'b>(&'b self, input: &'b [Column]) -> &'b Column {
        match &self.kind {
            Kind::Input(index) => &input[*index],
            Kind::Relabel(argument) => argument.result(input),
            _ => &self.out,
        }
    }

    /// Keeps of the selection only rows for which the condition is true.
    pub fn filter(
        &mut self,
        runtime: &mut Runtime<'_>,
        input: &[Column],
        rows: usize,
        selection: &mut Option<Selection>,
    ) -> Result<()> {
        let selected = match selection {
            Some(selection) => Rows::selected(rows, selection),
            None => Rows::all(rows),
        };
        self.compute(runtime, input, selected)?;
        let column = self.result(input);
        match selection {
            Some(selection) => selection.retain(|row| truth(column, row) == Some(true)),
            None => {
                let kept: Selection =
                    (0..rows as u16).filter(|row| truth(column, usize::from(*row)) == Some(true)).collect();
                if kept.len() < rows {
                    *selection = Some(kept);
                }
            }
        }
        Ok(())
    }

    /// The value for a single row.
    pub fn value(&mut self, runtime: &mut Runtime<'_>, input: &[Column], row: usize) -> Result<Value> {
        let selection = [row as u16];
        let rows = if input.is_empty() { Rows::all(1) } else { Rows::selected(row + 1, &selection) };
        self.compute(runtime, input, rows)?;
        Ok(self.result(input).value(row))
    }
}

fn call(
    runtime: &Runtime<'_>,
    function: Oid,
    arguments: Vec<Evaluator>,
    argument_types: Vec<Oid>,
    result_type: Oid,
    collation: Oid,
) -> Result<Call> {
    let declaration = runtime.function(function)?;
    let Implementation::Scalar(batch) = declaration.implementation else {
        return Err(error!(
            FEATURE_NOT_SUPPORTED,
            "set-valued function called in context that cannot accept a set"
        ));
    };
    let is_volatile = declaration.volatility == expression::function::Volatility::Volatile;
    Ok(Call { function: batch, arguments, argument_types, result_type, collation, is_volatile })
}

/// The condition of a CASE branch with its operand put in.
fn with_operand(condition: &Expression, operand: &Expression) -> Expression {
    let mut copy = condition.clone();
    fn put(part: &mut Expression, operand: &Expression) {
        match part {
            Expression::CaseOperand(_) => *part = operand.clone(),
            // An inner CASE with an operand of its own means that one.
            Expression::Case(case) if case.operand.is_some() => {
                if let Some(inner) = &mut case.operand {
                    put(inner, operand);
                }
            }
            other => other.for_each_child_mut(&mut |child| put(child, operand)),
        }
    }
    put(&mut copy, operand);
    copy
}

/// A Boolean; `None` for null.
#[inline]
pub(crate) fn truth(column: &Column, row: usize) -> Option<bool> {
    (!column.is_null(row)).then(|| column.get::<bool>(row))
}

/// AND (`stop` false) and OR (`stop` true): an operand is computed only for rows that the ones before did not decide.
fn connect(
    runtime: &mut Runtime<'_>,
    input: &[Column],
    rows: Rows<'_>,
    parts: &mut [Evaluator],
    out: &mut Column,
    stop: bool,
) -> Result<()> {
    out.resize(rows.length());
    rows.for_each(|row| out.set_bool(row, !stop));
    let mut left: Selection = rows.iter().map(|row| row as u16).collect();
    for part in parts {
        if left.is_empty() {
            break;
        }
        part.compute(runtime, input, Rows::selected(rows.length(), &left))?;
        let column = part.result(input);
        left.retain(|row| match truth(column, row) {
            Some(value) if value == stop => {
                out.set_bool(row, stop);
                false
            }
            Some(_) => true,
            None => {
                out.set_null(row);
                true
            }
        });
    }
    Ok(())
}

fn copy_branch(
    runtime: &mut Runtime<'_>,
    input: &[Column],
    length: usize,
    branch: &mut Evaluator,
    taken: &Selection,
    out: &mut Column,
) -> Result<()> {
    if taken.is_empty() {
        return Ok(());
    }
    branch.compute(runtime, input, Rows::selected(length, taken))?;
    let column = branch.result(input);
    taken.iter().for_each(|row| out.copy_row(column, usize::from(*row), usize::from(*row)));
    Ok(())
}

fn scalar_array(
    runtime: &mut Runtime<'_>,
    any: bool,
    left: &Column,
    right: &Column,
    call: &Call,
    rows: Rows<'_>,
    out: &mut Column,
) -> Result<()> {
    out.resize(rows.length());
    let mut found = Column::new(PhysicalType::Bool);
    for row in rows.iter() {
        if right.is_null(row) {
            out.set_null(row);
            continue;
        }
        let array = right.array(row);
        let mut answer = Some(!any);
        if !array.is_empty() {
            let value = Column::constant(left.physical_type(), &left.value(row));
            let mut context = runtime.call(&call.argument_types, call.result_type, call.collation);
            (call.function)(&mut context, &[&value, &array.elements], Rows::all(array.len()), &mut found)?;
            for at in 0..array.len() {
                match truth(&found, at) {
                    Some(truth) if truth == any => {
                        answer = Some(any);
                        break;
                    }
                    Some(_) => {}
                    None => answer = None,
                }
            }
        }
        match answer {
            Some(answer) => out.set_bool(row, answer),
            None => out.set_null(row),
        }
    }
    Ok(())
}

fn nested_array(columns: &[&Column], row: usize, element_type: Oid, physical: PhysicalType) -> Result<Array> {
    let mut elements = Column::new(physical);
    let mut inner = None;
    for column in columns {
        if column.is_null(row) {
            continue;
        }
        let array = column.array(row);
        if *inner.get_or_insert_with(|| array.dimensions.clone()) != array.dimensions {
            bail!(
                ARRAY_SUBSCRIPT_ERROR,
                "multidimensional arrays must have array expressions with matching dimensions"
            );
        }
        elements.append_selected(&array.elements, Rows::all(array.len()));
    }
    let inner = inner.unwrap_or_default();
    if inner.is_empty() {
        return Ok(Array::new(element_type, Column::new(physical)));
    }
    let mut dimensions = vec![types::array::Dimension { length: columns.len() as i32, lower_bound: 1 }];
    dimensions.extend(inner);
    Ok(Array { element_type, dimensions, elements })
}

/// A byte of a value of type `name`, which has 64 of them.
fn letter(
    name: &str,
    subscripts: &[(bool, Option<Evaluator>, Option<Evaluator>)],
    input: &[Column],
    row: usize,
) -> Value {
    const NAME_BYTES: usize = 64;
    let [(false, Some(index), _)] = subscripts else { return Value::Null };
    match index.result(input).value(row).as_i64().and_then(|at| usize::try_from(at).ok()) {
        Some(at) if at < NAME_BYTES => Value::Char(name.as_bytes().get(at).copied().unwrap_or(0)),
        _ => Value::Null,
    }
}

fn subscript(
    array: &Array,
    subscripts: &[(bool, Option<Evaluator>, Option<Evaluator>)],
    input: &[Column],
    row: usize,
) -> Value {
    let bound =
        |evaluator: &Option<Evaluator>| evaluator.as_ref().map(|e| e.result(input).value(row).as_i64());
    if subscripts.iter().all(|(is_slice, ..)| !is_slice) {
        let mut positions = Vec::with_capacity(subscripts.len());
        for (_, index, _) in subscripts {
            match bound(index).flatten().and_then(|value| i32::try_from(value).ok()) {
                Some(position) => positions.push(position),
                None => return Value::Null,
            }
        }
        return array.get(&positions);
    }
    // A slice of one dimension.
    let [(_, lower, upper)] = subscripts else { return Value::Null };
    let Some(dimension) = array.dimensions.first().copied() else {
        return Value::Array(Box::new(array.clone()));
    };
    let limits = |evaluator: &Option<Evaluator>, default: i32| match bound(evaluator) {
        None => Some(default),
        Some(value) => value.map(|value| value.clamp(i32::MIN.into(), i32::MAX.into()) as i32),
    };
    let (Some(lower), Some(upper)) =
        (limits(lower, dimension.lower_bound), limits(upper, dimension.upper_bound()))
    else {
        return Value::Null;
    };
    let (lower, upper) = (lower.max(dimension.lower_bound), upper.min(dimension.upper_bound()));
    let mut values = Column::new(array.elements.physical_type());
    (lower..=upper).for_each(|at| values.push_value(&array.get(&[at])));
    Value::Array(Box::new(Array::new(array.element_type, values)))
}

fn session_value(runtime: &mut Runtime<'_>, kind: SessionValue, modifier: i32) -> Result<Value> {
    let settings = runtime.settings;
    let text = |text: String| Value::text(&text);
    let function = |runtime: &mut Runtime<'_>, oid: u32| -> Result<Value> {
        let declaration = runtime.function(Oid(oid))?;
        let physical = runtime.physical(declaration.result);
        let mut context = runtime.call(&[], declaration.result, Oid::INVALID);
        declaration.call(&mut context, physical, &[])
    };
    let through = |runtime: &mut Runtime<'_>, to: Oid| -> Result<Value> {
        // The transaction's start, in the session's time zone, cut to what is wanted.
        let now = function(runtime, 1299)?;
        let context = types::io::Context { settings, catalog: runtime.session.catalog() };
        let text = types::io::output_text(types::oid::TIMESTAMPTZ, &now, &context)?;
        types::io::input(to, modifier, &text, &context)
    };
    match kind {
        SessionValue::CurrentDate => through(runtime, types::oid::DATE),
        SessionValue::CurrentTimestamp if modifier < 0 => function(runtime, 1299),
        SessionValue::CurrentTimestamp => through(runtime, types::oid::TIMESTAMPTZ),
        SessionValue::LocalTimestamp => through(runtime, types::oid::TIMESTAMP),
        SessionValue::LocalTime => {
            let local = through(runtime, types::oid::TIMESTAMP)?;
            Ok(local.as_i64().map_or(Value::Null, |us| Value::Int8(us.rem_euclid(86_400_000_000))))
        }
        SessionValue::CurrentTime => Err(Error::unsupported("type time with time zone is not supported yet")),
        SessionValue::CurrentUser => runtime.session.current_user().map(text),
        SessionValue::SessionUser => runtime.session.session_user().map(text),
        SessionValue::CurrentCatalog => runtime.session.current_database().map(text),
        SessionValue::CurrentSchema => {
            let schemas = runtime.session.current_schemas(false)?;
            Ok(schemas.into_iter().next().map_or(Value::Null, text))
        }
    }
}

impl RunningSubPlan {
    fn new(runtime: &Runtime<'_>, plan: &SubPlan) -> Result<RunningSubPlan> {
        let mut parameters = Vec::new();
        for (index, outer) in &plan.parameters {
            parameters.push((*index, Evaluator::new(runtime, outer)?));
        }
        let mut tests = Vec::new();
        if let SubPlanTest::Any(list) | SubPlanTest::All(list) = &plan.test {
            let output = &runtime.subplans[plan.plan].plan.output;
            for (column, test) in list.iter().enumerate() {
                let left_type = test.left.data_type();
                let arguments = vec![
                    Evaluator::new(runtime, &Expression::column(0, left_type))?,
                    Evaluator::new(runtime, &Expression::column(1, output[column]))?,
                ];
                let types = vec![left_type.oid, output[column].oid];
                let call =
                    call(runtime, test.function, arguments, types, types::oid::BOOL, test.input_collation)?;
                tests.push(Test {
                    left: Evaluator::new(runtime, &test.left)?,
                    call: Evaluator {
                        kind: Kind::Call(call),
                        out: Column::new(PhysicalType::Bool),
                        data_type: types::oid::BOOL,
                    },
                });
            }
        }
        Ok(RunningSubPlan { plan: plan.clone(), parameters, tests, hashed: None })
    }

    fn compute(
        &mut self,
        runtime: &mut Runtime<'_>,
        input: &[Column],
        rows: Rows<'_>,
        out: &mut Column,
    ) -> Result<()> {
        for (_, outer) in &mut self.parameters {
            outer.compute(runtime, input, rows)?;
        }
        for test in &mut self.tests {
            test.left.compute(runtime, input, rows)?;
        }
        out.resize(rows.length());
        for row in rows.iter() {
            system::interrupt::check()?;
            for (index, outer) in &self.parameters {
                let value = outer.result(input).value(row);
                runtime.set_execution(*index, value);
            }
            let value = self.run(runtime, input, row, out.physical_type())?;
            out.set_value(row, &value);
        }
        Ok(())
    }

    fn run(
        &mut self,
        runtime: &mut Runtime<'_>,
        input: &[Column],
        row: usize,
        physical: PhysicalType,
    ) -> Result<Value> {
        let lefts: Vec<Value> = self.tests.iter().map(|test| test.left.result(input).value(row)).collect();
        let (tests, plan) = (&mut self.tests, &self.plan);
        match &plan.test {
            SubPlanTest::Exists => crate::execution::exists(runtime, plan.plan).map(Value::Bool),
            SubPlanTest::Scalar => crate::execution::scalar(runtime, plan.plan),
            SubPlanTest::Array => {
                debug_assert_eq!(physical, PhysicalType::Array);
                crate::execution::array(runtime, plan.plan)
            }
            SubPlanTest::Any(_) | SubPlanTest::All(_) => {
                let any = matches!(plan.test, SubPlanTest::Any(_));
                let store = if plan.is_fixed {
                    crate::execution::kept_rows(runtime, plan.plan)?
                } else {
                    Rc::new(crate::execution::all_rows(runtime, plan.plan)?)
                };
                if let (true, SubPlanTest::Any(declared)) = (plan.is_fixed, &plan.test)
                    && declared.iter().all(|test| test.hashable)
                {
                    let output = &runtime.subplans[plan.plan].plan.output;
                    let types = output[..tests.len()].iter().map(|data_type| data_type.oid).collect();
                    let hashed = self.hashed.get_or_insert_with(|| HashedRows::new(&store, types));
                    let columns: Vec<&Column> = tests.iter().map(|test| test.left.result(input)).collect();
                    // A constant column has one row.
                    let place = |column: &Column| if column.is_constant() { 0 } else { row };
                    let values: Vec<Column> = columns
                        .iter()
                        .map(|column| {
                            Column::from_values(column.physical_type(), [&column.value(place(column))])
                        })
                        .collect();
                    let values: Vec<&Column> = values.iter().collect();
                    if let Some(answer) = hashed.answer(&store, &values, 0) {
                        return Ok(answer);
                    }
                }
                let mut answer = Some(!any);
                for start in (0..store.rows).step_by(types::batch::BATCH_ROWS) {
                    let end = (start + types::batch::BATCH_ROWS).min(store.rows);
                    let mut matches: Vec<Option<bool>> = vec![Some(true); end - start];
                    for (column, (test, left)) in tests.iter_mut().zip(&lefts).enumerate() {
                        let from = &store.columns[column];
                        let left_type = runtime.physical(test.left.data_type());
                        let mut slice = Column::new(from.physical_type());
                        slice.resize(end - start);
                        (start..end).for_each(|at| slice.copy_row(from, at, at - start));
                        let pair = [Column::constant(left_type, left), slice];
                        test.call.compute(runtime, &pair, Rows::all(end - start))?;
                        let found = test.call.result(&pair);
                        for (at, known) in matches.iter_mut().enumerate() {
                            *known = match (*known, truth(found, at)) {
                                (Some(false), _) | (_, Some(false)) => Some(false),
                                (Some(true), Some(true)) => Some(true),
                                _ => None,
                            };
                        }
                    }
                    for found in matches {
                        match found {
                            Some(found) if found == any => return Ok(Value::Bool(any)),
                            Some(_) => {}
                            None => answer = None,
                        }
                    }
                }
                Ok(answer.map_or(Value::Null, Value::Bool))
            }
        }
    }
}
/// Where a field is in a composite value: values have no place for columns that were dropped.
fn live_position(runtime: &Runtime<'_>, row_type: Oid, field: usize) -> Result<usize> {
    let mut found = runtime.catalog.data_type(row_type)?;
    while let Some(domain) = found.as_ref().filter(|row| row.typtype == b'd') {
        found = runtime.catalog.data_type(domain.typbasetype)?;
    }
    let Some(row) = found.filter(|row| row.typrelid.is_valid()) else { return Ok(field) };
    let Some(relation) = runtime.catalog.relation(row.typrelid)? else { return Ok(field) };
    Ok(relation.columns.iter().take(field).filter(|column| !column.dropped).count())
}
