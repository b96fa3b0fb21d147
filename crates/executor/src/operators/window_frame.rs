//! Which rows of its partition a window function sees for a row: the frame.

use common::Oid;
use error::{Result, error};
use expression::FunctionDeclaration;
use nodes::plan::SortKey;
use nodes::query::{Frame, FrameBound, FrameExclusion, FrameMode};
use types::compare::compare_f64;
use types::interval::Interval;
use types::numeric::Numeric;
use types::{Column, PhysicalType, Value, oid};

use crate::compare::comparator;
use crate::evaluate::Evaluator;
use crate::runtime::Runtime;

/// The rows of one partition, and where its groups of peers begin.
pub(crate) struct Partition {
    pub start: usize,
    pub end: usize,
    pub groups: Vec<usize>,
}

impl Partition {
    pub fn group(&self, group: usize) -> std::ops::Range<usize> {
        self.groups[group]..self.groups.get(group + 1).copied().unwrap_or(self.end)
    }

    /// The first row of a group, or the end for groups beyond the last.
    fn group_start(&self, group: usize) -> usize {
        self.groups.get(group).copied().unwrap_or(self.end)
    }
}

/// Up to three stretches of rows; the first is the whole frame where nothing is excluded.
pub(crate) type Stretches = [(usize, usize); 3];

enum Bound {
    UnboundedPreceding,
    Preceding(Evaluator),
    CurrentRow,
    Following(Evaluator),
    UnboundedFollowing,
}

impl Bound {
    fn new(runtime: &Runtime<'_>, bound: &FrameBound) -> Result<Bound> {
        Ok(match bound {
            FrameBound::UnboundedPreceding => Bound::UnboundedPreceding,
            FrameBound::Preceding(offset) => Bound::Preceding(Evaluator::new(runtime, offset)?),
            FrameBound::CurrentRow => Bound::CurrentRow,
            FrameBound::Following(offset) => Bound::Following(Evaluator::new(runtime, offset)?),
            FrameBound::UnboundedFollowing => Bound::UnboundedFollowing,
        })
    }

    /// The offset, computed.
    fn fixed(&mut self, runtime: &mut Runtime<'_>, which: &str) -> Result<Edge> {
        let (evaluator, is_following) = match self {
            Bound::UnboundedPreceding => return Ok(Edge::First),
            Bound::CurrentRow => return Ok(Edge::Current),
            Bound::UnboundedFollowing => return Ok(Edge::Last),
            Bound::Preceding(offset) => (offset, false),
            Bound::Following(offset) => (offset, true),
        };
        let offset = evaluator.value(runtime, &[], 0)?;
        if offset.is_null() {
            return Err(error!(NULL_VALUE_NOT_ALLOWED, "frame {which} offset must not be null"));
        }
        Ok(Edge::Offset { offset, offset_type: evaluator.data_type(), is_following })
    }
}

enum Edge {
    First,
    Current,
    Last,
    Offset { offset: Value, offset_type: Oid, is_following: bool },
}

/// The values of the column that RANGE offsets count from, in a form that can be moved and compared.
enum Axis {
    Integers(Vec<i64>),
    Floats(Vec<f64>),
    /// Values of this type, moved by its operators.
    Others {
        column: Column,
        data_type: Oid,
    },
}

/// The frames of a window.
pub(crate) struct Frames {
    mode: FrameMode,
    bounds: (Bound, Bound),
    exclusion: FrameExclusion,
    /// The column of RANGE offsets.
    key: Option<(SortKey, Oid)>,
    fixed: Option<Fixed>,
}

/// What is the same for all partitions.
struct Fixed {
    start: Edge,
    end: Edge,
    axis: Option<Axis>,
}

impl Frames {
    pub fn new(runtime: &Runtime<'_>, frame: &Frame, key: Option<(SortKey, Oid)>) -> Result<Frames> {
        let bounds = (Bound::new(runtime, &frame.start)?, Bound::new(runtime, &frame.end)?);
        Ok(Frames { mode: frame.mode, bounds, exclusion: frame.exclusion, key, fixed: None })
    }

    /// Computes the offsets, for these rows.
    pub fn begin(&mut self, runtime: &mut Runtime<'_>, rows: &[Column]) -> Result<()> {
        let start = self.bounds.0.fixed(runtime, "starting")?;
        let end = self.bounds.1.fixed(runtime, "ending")?;
        let mut axis = None;
        for (edge, which) in [(&start, "starting"), (&end, "ending")] {
            let Edge::Offset { offset, .. } = edge else { continue };
            if self.mode != FrameMode::Range {
                if offset.as_i64().is_none_or(|offset| offset < 0) {
                    return Err(error!(
                        INVALID_PRECEDING_OR_FOLLOWING_SIZE,
                        "frame {which} offset must not be negative"
                    ));
                }
                continue;
            }
            if is_negative(offset) {
                return Err(error!(
                    INVALID_PRECEDING_OR_FOLLOWING_SIZE,
                    "invalid preceding or following size in window function"
                ));
            }
            if let (None, Some((key, data_type))) = (&axis, self.key) {
                axis = Some(axis_of(runtime, &rows[key.column], data_type)?);
            }
        }
        self.fixed = Some(Fixed { start, end, axis });
        Ok(())
    }

    /// The frame without regard to EXCLUDE depends on the row's group only.
    pub fn is_by_group(&self) -> bool {
        self.mode != FrameMode::Rows
    }

    /// The rows from and up to which the frame of `row` goes.
    pub fn frame(
        &self,
        runtime: &mut Runtime<'_>,
        rows: &[Column],
        partition: &Partition,
        row: usize,
        group: usize,
    ) -> Result<(usize, usize)> {
        let Some(fixed) = &self.fixed else { return Ok((partition.start, partition.start)) };
        let start = self.edge(runtime, rows, partition, (row, group), &fixed.start, false)?;
        let end = self.edge(runtime, rows, partition, (row, group), &fixed.end, true)?;
        Ok((start, end.max(start)))
    }

    /// The first row of the frame, or the first one behind it.
    fn edge(
        &self,
        runtime: &mut Runtime<'_>,
        rows: &[Column],
        partition: &Partition,
        (row, group): (usize, usize),
        edge: &Edge,
        is_end: bool,
    ) -> Result<usize> {
        let peers = partition.group(group);
        let (offset, offset_type, is_following) = match edge {
            Edge::First => return Ok(partition.start),
            Edge::Last => return Ok(partition.end),
            Edge::Current => {
                return Ok(match (self.mode, is_end) {
                    (FrameMode::Rows, _) => row + usize::from(is_end),
                    (_, false) => peers.start,
                    (_, true) => peers.end,
                });
            }
            Edge::Offset { offset, offset_type, is_following } => (offset, *offset_type, *is_following),
        };
        if self.mode == FrameMode::Range {
            return self.range_edge(
                runtime,
                rows,
                partition,
                (row, peers),
                (offset, offset_type),
                is_following,
                is_end,
            );
        }
        // Counting ends at the partition's borders, so that no sum can overflow.
        let offset = offset.as_i64().unwrap_or_default().unsigned_abs();
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let moved = |from: usize| {
            let from = from as i128;
            if is_following { from + offset as i128 } else { from - offset as i128 }
        };
        let within = |at: i128, first: usize, last: usize| {
            usize::try_from(at.clamp(first as i128, last as i128)).unwrap_or(last)
        };
        if self.mode == FrameMode::Rows {
            return Ok(within(moved(row) + i128::from(is_end), partition.start, partition.end));
        }
        let at = within(moved(group) + i128::from(is_end), 0, partition.groups.len());
        Ok(partition.group_start(at))
    }

    #[expect(clippy::too_many_arguments, reason = "the place of a row and the offset are each one thing")]
    fn range_edge(
        &self,
        runtime: &mut Runtime<'_>,
        rows: &[Column],
        partition: &Partition,
        (row, peers): (usize, std::ops::Range<usize>),
        (offset, offset_type): (&Value, Oid),
        is_following: bool,
        is_end: bool,
    ) -> Result<usize> {
        let (Some((key, _)), Some(axis)) =
            (&self.key, self.fixed.as_ref().and_then(|fixed| fixed.axis.as_ref()))
        else {
            return Ok(partition.start);
        };
        let nulls = &rows[key.column];
        if nulls.is_null(row) {
            return Ok(if is_end { peers.end } else { peers.start });
        }
        // Nulls are together at one end.
        let (mut first, mut last) = (partition.start, partition.end);
        if nulls.is_null(first) {
            first = partition.group(0).end;
        } else if nulls.is_null(last - 1) {
            last = partition.groups.last().copied().unwrap_or(last);
        }
        let adds = is_following != key.descending;
        let target = axis.moved(runtime, row, (offset, offset_type), adds)?;
        let (mut low, mut high) = (first, last);
        while low < high {
            let middle = low + (high - low) / 2;
            let order = target.compare(axis, middle);
            let order = if key.descending { order.reverse() } else { order };
            let is_before = if is_end { order.is_le() } else { order.is_lt() };
            if is_before { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    /// The frame without what EXCLUDE leaves out.
    pub fn stretches(
        &self,
        frame: (usize, usize),
        partition: &Partition,
        row: usize,
        group: usize,
    ) -> Stretches {
        let (start, end) = frame;
        let peers = partition.group(group);
        let before = |limit: usize| (start, end.min(limit).max(start));
        let after = |limit: usize| (start.max(limit).min(end), end);
        let none = (end, end);
        match self.exclusion {
            FrameExclusion::None => [frame, none, none],
            FrameExclusion::CurrentRow => [before(row), after(row + 1), none],
            FrameExclusion::Group => [before(peers.start), after(peers.end), none],
            FrameExclusion::Ties => {
                let itself = if (start..end).contains(&row) { (row, row + 1) } else { none };
                [before(peers.start), itself, after(peers.end)]
            }
        }
    }
}

fn is_negative(offset: &Value) -> bool {
    match offset {
        Value::Float4(offset) => offset.is_nan() || *offset < 0.0,
        Value::Float8(offset) => offset.is_nan() || *offset < 0.0,
        Value::Numeric(_) => below(offset, oid::NUMERIC, &Value::Numeric(Numeric::from_scaled_i128(0, 0))),
        Value::Interval(_) => {
            let zero = Interval { microseconds: 0, days: 0, months: 0 };
            below(offset, oid::INTERVAL, &Value::Interval(zero))
        }
        other => other.as_i64().is_some_and(|offset| offset < 0),
    }
}

fn below(value: &Value, data_type: Oid, limit: &Value) -> bool {
    let Some(physical) = value.physical_type() else { return false };
    let columns = [value, limit].map(|value| Column::from_values(physical, [value]));
    comparator(data_type, physical, physical)(&columns[0], 0, &columns[1], 0).is_lt()
}

fn axis_of(runtime: &Runtime<'_>, column: &Column, data_type: Oid) -> Result<Axis> {
    let rows = 0..column.len();
    let integer = |row: usize| column.value(row).as_i64().unwrap_or_default();
    let float = |row: usize| match column.value(row) {
        Value::Float4(value) => value.into(),
        Value::Float8(value) => value,
        _ => 0.0,
    };
    Ok(match data_type {
        oid::INT2 | oid::INT4 | oid::INT8 | oid::TIME => Axis::Integers(rows.map(integer).collect()),
        oid::FLOAT4 | oid::FLOAT8 => Axis::Floats(rows.map(float).collect()),
        oid::DATE => {
            let mut timestamps = Column::new(PhysicalType::Int8);
            for row in rows {
                timestamps.push_i64(match integer(row) {
                    day if day == i64::from(i32::MIN) => i64::MIN,
                    day if day == i64::from(i32::MAX) => i64::MAX,
                    day => day.saturating_mul(86_400_000_000),
                });
                if column.is_null(row) {
                    timestamps.set_null(row);
                }
            }
            Axis::Others { column: timestamps, data_type: oid::TIMESTAMP }
        }
        oid::NUMERIC | oid::TIMESTAMP | oid::TIMESTAMPTZ | oid::INTERVAL => {
            Axis::Others { column: column.clone(), data_type }
        }
        other => {
            let name = runtime.session.catalog().type_name(other);
            return Err(error!(
                FEATURE_NOT_SUPPORTED,
                "RANGE with offset PRECEDING/FOLLOWING is not supported for column type {name}"
            ));
        }
    })
}

/// A place on an axis.
enum Place {
    Integer(i128),
    Float(f64),
    Other(Column),
}

impl Axis {
    /// The value of a row plus or minus the offset.
    fn moved(
        &self,
        runtime: &mut Runtime<'_>,
        row: usize,
        (offset, offset_type): (&Value, Oid),
        adds: bool,
    ) -> Result<Place> {
        let sign = if adds { 1 } else { -1 };
        Ok(match self {
            Axis::Integers(values) => {
                let distance = match offset {
                    Value::Interval(interval) => interval.microseconds,
                    other => other.as_i64().unwrap_or_default(),
                };
                Place::Integer(i128::from(values[row]) + sign * i128::from(distance))
            }
            Axis::Floats(values) => {
                let distance = match offset {
                    Value::Float4(distance) => (*distance).into(),
                    Value::Float8(distance) => *distance,
                    _ => 0.0,
                };
                Place::Float(values[row] + sign as f64 * distance)
            }
            Axis::Others { column, data_type } => {
                let function = mover(runtime, if adds { "+" } else { "-" }, *data_type, offset_type)?;
                let types = [*data_type, offset_type];
                let physical = column.physical_type();
                let mut context = runtime.call(&types, *data_type, Oid::INVALID);
                let value = function.call(&mut context, physical, &[column.value(row), offset.clone()])?;
                Place::Other(Column::from_values(physical, [&value]))
            }
        })
    }
}

impl Place {
    /// How a row's value stands to this place.
    fn compare(&self, axis: &Axis, row: usize) -> std::cmp::Ordering {
        match (self, axis) {
            (Place::Integer(place), Axis::Integers(values)) => i128::from(values[row]).cmp(place),
            (Place::Float(place), Axis::Floats(values)) => compare_f64(values[row], *place),
            (Place::Other(place), Axis::Others { column, data_type }) => {
                let physical = column.physical_type();
                comparator(*data_type, physical, physical)(column, row, place, 0)
            }
            _ => std::cmp::Ordering::Equal,
        }
    }
}

fn mover(runtime: &Runtime<'_>, name: &str, left: Oid, right: Oid) -> Result<&'static FunctionDeclaration> {
    let found = runtime
        .registry
        .operators_named(name)
        .find(|operator| operator.left == left && operator.right == right)
        .ok_or_else(|| error!(UNDEFINED_FUNCTION, "operator does not exist: {left} {name} {right}"))?;
    runtime.function(found.function)
}
