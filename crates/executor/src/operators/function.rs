//! Functions in FROM.

use common::Oid;
use error::Result;
use expression::{Implementation, RowSource, SetFunction};
use nodes::Expression;
use nodes::expression::DataType;
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType, Value};

use crate::evaluate::Evaluator;
use crate::operators::Operator;
use crate::rows::physical_types;
use crate::runtime::Runtime;

/// Rows of one or several functions side by side; shorter ones are filled up with nulls.
pub(crate) struct FunctionScan {
    members: Vec<Member>,
    ordinality: bool,
    batch: Batch,
    is_started: bool,
    delivered: i64,
}

struct Member {
    call: Call,
    columns: Vec<Column>,
    is_done: bool,
}

enum Call {
    Set {
        start: SetFunction,
        arguments: Vec<Evaluator>,
        types: Vec<Oid>,
        result: Oid,
        source: Option<Box<dyn RowSource>>,
    },
    /// A function that gives one value, as one row.
    Scalar(Evaluator),
}

impl FunctionScan {
    pub fn new(
        runtime: &Runtime<'_>,
        functions: &[Expression],
        column_counts: &[usize],
        ordinality: bool,
        output: &[DataType],
    ) -> Result<FunctionScan> {
        let types = physical_types(runtime, output);
        let mut members = Vec::new();
        let mut first = 0;
        for (function, count) in functions.iter().zip(column_counts) {
            let columns: Vec<Column> = types[first..first + count]
                .iter()
                .map(|physical: &PhysicalType| Column::new(*physical))
                .collect();
            first += count;
            members.push(Member { call: Call::new(runtime, function)?, columns, is_done: false });
        }
        Ok(FunctionScan { members, ordinality, batch: Batch::new(types), is_started: false, delivered: 0 })
    }
}

impl Call {
    fn new(runtime: &Runtime<'_>, function: &Expression) -> Result<Call> {
        if let Expression::Function(call) = function
            && let Implementation::Set(start) = runtime.function(call.function)?.implementation
        {
            let arguments = call
                .arguments
                .iter()
                .map(|argument| Evaluator::new(runtime, argument))
                .collect::<Result<_>>()?;
            let types = call.arguments.iter().map(|argument| argument.data_type().oid).collect();
            return Ok(Call::Set { start, arguments, types, result: call.data_type.oid, source: None });
        }
        Ok(Call::Scalar(Evaluator::new(runtime, function)?))
    }
}

impl Member {
    fn start(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.is_done = false;
        if let Call::Set { start, arguments, types, result, source } = &mut self.call {
            let mut values = Vec::new();
            for argument in arguments {
                values.push(argument.value(runtime, &[], 0)?);
            }
            let mut context = runtime.call(types, *result, Oid::INVALID);
            *source = Some(start(&mut context, &values)?);
        }
        Ok(())
    }

    /// Fills the columns with the next rows; gives how many.
    fn fill(&mut self, runtime: &mut Runtime<'_>) -> Result<usize> {
        self.columns.iter_mut().for_each(Column::clear);
        if self.is_done {
            return Ok(0);
        }
        match &mut self.call {
            Call::Set { types, result, source, .. } => {
                let Some(source) = source else { return Ok(0) };
                let mut context = runtime.call(types, *result, Oid::INVALID);
                let mut rows = 0;
                while rows < BATCH_ROWS {
                    let more = source.next(&mut context, &mut self.columns, BATCH_ROWS - rows)?;
                    if more == 0 {
                        self.is_done = true;
                        break;
                    }
                    rows += more;
                }
                Ok(rows)
            }
            Call::Scalar(evaluator) => {
                self.is_done = true;
                let value = evaluator.value(runtime, &[], 0)?;
                match (value, &mut self.columns[..]) {
                    (Value::Record(record), columns) if columns.len() > 1 => {
                        columns
                            .iter_mut()
                            .zip(record.fields)
                            .for_each(|(column, field)| column.push_value(&field));
                    }
                    (value, columns) => columns.iter_mut().for_each(|column| column.push_value(&value)),
                }
                Ok(1)
            }
        }
    }
}

impl Operator for FunctionScan {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if !std::mem::replace(&mut self.is_started, true) {
            self.delivered = 0;
            self.members.iter_mut().try_for_each(|member| member.start(runtime))?;
        }
        let mut longest = 0;
        let mut counts = Vec::with_capacity(self.members.len());
        for member in &mut self.members {
            counts.push(member.fill(runtime)?);
            longest = longest.max(counts[counts.len() - 1]);
        }
        if longest == 0 {
            return Ok(false);
        }
        let mut out = self.batch.columns.iter_mut();
        for (member, count) in self.members.iter_mut().zip(counts) {
            for column in &mut member.columns {
                (count..longest).for_each(|_| column.push_null());
                if let Some(out) = out.next() {
                    std::mem::swap(out, column);
                }
            }
        }
        if self.ordinality
            && let Some(column) = out.next()
        {
            column.clear();
            (1..=longest as i64).for_each(|at| column.push_i64(self.delivered + at));
        }
        self.delivered += longest as i64;
        self.batch.rows = longest;
        self.batch.selection = None;
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, _: &mut Runtime<'_>) -> Result<()> {
        self.is_started = false;
        Ok(())
    }
}
