//! How a built-in function is declared: its `pg_proc` row and its code, in one constant.

use common::Oid;
use error::{Error, Result};
use types::{Column, PhysicalType, Rows, Value};

use crate::context::CallContext;

/// Computes a function for the given rows into an aligned column: `out` is resized here, and set for each row.
pub type BatchFunction = fn(&mut CallContext<'_>, &[&Column], Rows<'_>, &mut Column) -> Result<()>;

/// Starts a set-returning function.
pub type SetFunction = fn(&mut CallContext<'_>, &[Value]) -> Result<Box<dyn RowSource>>;

/// The rows of a set-returning function, produced on demand.
pub trait RowSource {
    /// Appends up to `limit` rows to the columns (one for each result column) and returns how many; 0 at the end.
    fn next(&mut self, context: &mut CallContext<'_>, columns: &mut [Column], limit: usize) -> Result<usize>;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Volatility {
    Immutable,
    Stable,
    Volatile,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParallelSafety {
    Safe,
    Restricted,
    Unsafe,
}

/// What kind of function, and its code.
#[derive(Clone, Copy)]
pub enum Implementation {
    Scalar(BatchFunction),
    Set(SetFunction),
    /// See [`crate::aggregate`].
    Aggregate,
    /// Run by the window operator, which knows it by its identifier.
    Window,
}

/// A built-in function.
#[derive(Clone, Copy)]
pub struct FunctionDeclaration {
    pub oid: Oid,
    pub name: &'static str,
    /// `prosrc`; equals the name unless several functions share one.
    pub symbol: &'static str,
    pub arguments: &'static [Oid],
    pub result: Oid,
    /// Names and types of the result's columns, for functions with OUT arguments.
    pub columns: &'static [(&'static str, Oid)],
    /// Names of the arguments; empty when they have none.
    pub argument_names: &'static [&'static str],
    /// Element type of the variadic last argument; invalid for none.
    pub variadic: Oid,
    /// How many of the last arguments have defaults, and those as SQL text.
    pub defaults: &'static [&'static str],
    pub is_strict: bool,
    pub volatility: Volatility,
    pub is_leakproof: bool,
    pub parallel: ParallelSafety,
    pub cost: f32,
    pub rows: f32,
    pub implementation: Implementation,
    /// The first line of documentation.
    pub description: &'static str,
}

impl FunctionDeclaration {
    pub const fn new(
        oid: u32,
        name: &'static str,
        arguments: &'static [Oid],
        result: Oid,
        implementation: Implementation,
    ) -> FunctionDeclaration {
        FunctionDeclaration {
            oid: Oid(oid),
            name,
            symbol: name,
            arguments,
            result,
            columns: &[],
            argument_names: &[],
            variadic: Oid::INVALID,
            defaults: &[],
            is_strict: false,
            volatility: Volatility::Volatile,
            is_leakproof: false,
            parallel: ParallelSafety::Safe,
            cost: 1.0,
            rows: 0.0,
            implementation,
            description: "",
        }
    }

    pub const fn strict(mut self) -> Self {
        self.is_strict = true;
        self
    }

    /// NULL arguments reach the code.
    pub const fn nullable(self) -> Self {
        self
    }

    pub const fn immutable(mut self) -> Self {
        self.volatility = Volatility::Immutable;
        self
    }

    pub const fn stable(mut self) -> Self {
        self.volatility = Volatility::Stable;
        self
    }

    pub const fn volatile(mut self) -> Self {
        self.volatility = Volatility::Volatile;
        self
    }

    pub const fn leakproof(mut self) -> Self {
        self.is_leakproof = true;
        self
    }

    pub const fn parallel_restricted(mut self) -> Self {
        self.parallel = ParallelSafety::Restricted;
        self
    }

    pub const fn parallel_unsafe(mut self) -> Self {
        self.parallel = ParallelSafety::Unsafe;
        self
    }

    pub const fn cost(mut self, cost: f32) -> Self {
        self.cost = cost;
        self
    }

    pub const fn rows(mut self, rows: f32) -> Self {
        self.rows = rows;
        self
    }

    pub const fn variadic(mut self, element: Oid) -> Self {
        self.variadic = element;
        self
    }

    pub const fn symbol(mut self, symbol: &'static str) -> Self {
        self.symbol = symbol;
        self
    }

    pub const fn defaults(mut self, defaults: &'static [&'static str]) -> Self {
        self.defaults = defaults;
        self
    }

    pub const fn argument_names(mut self, names: &'static [&'static str]) -> Self {
        self.argument_names = names;
        self
    }

    pub const fn columns(mut self, columns: &'static [(&'static str, Oid)]) -> Self {
        self.columns = columns;
        self
    }

    pub const fn description(mut self, lines: &[&'static str]) -> Self {
        if !lines.is_empty() {
            self.description = lines[0];
        }
        self
    }

    pub fn returns_set(&self) -> bool {
        matches!(self.implementation, Implementation::Set(_))
    }

    /// `prokind`.
    pub fn kind(&self) -> u8 {
        match self.implementation {
            Implementation::Scalar(_) | Implementation::Set(_) => b'f',
            Implementation::Aggregate => b'a',
            Implementation::Window => b'w',
        }
    }

    /// Calls a scalar function for one row. `physical` is the form of the result.
    ///
    /// # Errors
    /// The function's own; XX000 for functions that are not scalar.
    pub fn call(
        &self,
        context: &mut CallContext<'_>,
        physical: PhysicalType,
        values: &[Value],
    ) -> Result<Value> {
        let Implementation::Scalar(batch) = self.implementation else {
            return Err(Error::internal(format!("function {} is not scalar", self.oid)));
        };
        if self.is_strict && values.iter().any(Value::is_null) {
            return Ok(Value::Null);
        }
        let columns: Vec<Column> = values
            .iter()
            .map(|value| Column::constant(value.physical_type().unwrap_or(PhysicalType::Text), value))
            .collect();
        let arguments: Vec<&Column> = columns.iter().collect();
        let mut out = Column::new(physical);
        batch(context, &arguments, Rows::all(1), &mut out)?;
        Ok(out.value(0))
    }
}
