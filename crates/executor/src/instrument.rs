//! What the operators of a statement do, for EXPLAIN ANALYZE.
//!
//! A watched operator stands before each operator and counts its calls; without [`Instruments`] there is none.
//! Nodes are known by where they lie, so the plan must be the one that is run.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use error::Result;
use nodes::plan::Plan;
use storage_buffer::{BufferUse, buffer_use};
use storage_wal::{WalUse, wal_use};
use types::Batch;

use crate::operators::{Input, Operator};
use crate::runtime::Runtime;

/// What an operator says of its own work.
#[derive(Clone, Copy, Default, Debug)]
pub struct Counts {
    pub removed_by_filter: u64,
    pub removed_by_join: u64,
    /// Row versions that an index-only scan looked up in the table after all.
    pub heap_fetches: Option<u64>,
    pub index_searches: Option<u64>,
    pub sort: Option<SortUse>,
    pub hash: Option<HashUse>,
    pub storage: Option<StorageUse>,
    /// INSERT: rows that met another, and what was inserted, when it has ON CONFLICT.
    pub conflicts: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug)]
pub struct SortUse {
    pub method: &'static str,
    pub on_disk: bool,
    pub kilobytes: u64,
}

/// Of kept rows.
#[derive(Clone, Copy, Debug)]
pub struct StorageUse {
    pub on_disk: bool,
    pub kilobytes: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct HashUse {
    pub buckets: u64,
    pub batches: u64,
    pub kilobytes: u64,
    pub disk_kilobytes: u64,
}

/// What a node did in all its runs.
#[derive(Clone, Copy, Default, Debug)]
pub struct NodeReport {
    pub loops: u64,
    pub rows: u64,
    /// Until the first row of each run.
    pub startup: Duration,
    pub total: Duration,
    pub buffers: BufferUse,
    pub log: WalUse,
    pub counts: Counts,
}

/// Reports of all nodes of a statement.
pub struct Instruments {
    times: bool,
    nodes: RefCell<HashMap<usize, Rc<RefCell<NodeReport>>>>,
}

impl Instruments {
    /// `times`: look at the clock.
    pub fn new(times: bool) -> Instruments {
        Instruments { times, nodes: RefCell::default() }
    }

    /// What a node did; `None` if it was never made.
    pub fn report(&self, plan: &Plan) -> Option<NodeReport> {
        self.nodes.borrow().get(&address(plan)).map(|report| *report.borrow())
    }

    pub(crate) fn node(&self, plan: &Plan) -> Slot {
        let report = self.nodes.borrow_mut().entry(address(plan)).or_default().clone();
        Slot { times: self.times, report }
    }
}

fn address(plan: &Plan) -> usize {
    std::ptr::from_ref(plan) as usize
}

/// Where a watched operator reports to.
pub(crate) struct Slot {
    times: bool,
    report: Rc<RefCell<NodeReport>>,
}

pub(crate) struct Watched {
    inner: Input,
    slot: Slot,
    is_running: bool,
    has_rows: bool,
}

impl Watched {
    pub fn new(inner: Input, slot: Slot) -> Watched {
        Watched { inner, slot, is_running: false, has_rows: false }
    }
}

impl Operator for Watched {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        let before = (buffer_use(), wal_use());
        let start = self.slot.times.then(Instant::now);
        let result = self.inner.next(runtime);
        let elapsed = start.map_or(Duration::ZERO, |start| start.elapsed());
        let mut report = self.slot.report.borrow_mut();
        report.buffers += buffer_use() - before.0;
        report.log += wal_use() - before.1;
        report.loops += u64::from(!self.is_running);
        self.is_running = true;
        report.total += elapsed;
        if !self.has_rows {
            report.startup += elapsed;
        }
        if matches!(result, Ok(true)) {
            let rows = self.inner.batch().count() as u64;
            report.rows += rows;
            self.has_rows |= rows > 0;
        }
        result
    }

    fn batch(&mut self) -> &mut Batch {
        self.inner.batch()
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        (self.is_running, self.has_rows) = (false, false);
        self.inner.rewind(runtime)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.slot.report.borrow_mut().counts = self.inner.counts();
    }
}
