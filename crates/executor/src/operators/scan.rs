//! Reading tables: all of them, through an index, or by address.

use std::rc::Rc;

use access_api::{IndexDescription, ScanKey, ScanStrategy};
use access_btree::BtreeScan;
use access_heap::{ColumnReader, Fetcher, HeapScan};
use catalog::{CatalogView, Relation};
use common::{AttributeNumber, Counter, Oid, TupleId};
use error::{Result, error};
use nodes::plan::{self, IndexTest, Strategy};
use types::batch::BATCH_ROWS;
use types::{Batch, Value};

use crate::evaluate::{Evaluator, evaluators_memory};
use crate::instrument::Counts;
use crate::operators::Operator;
use crate::runtime::Runtime;
use crate::table::index_description;

/// Rows that the first batch of an index scan has at most: most such scans want few.
const FIRST_BATCH: usize = 16;
/// Rows for which an index scan makes room at first.
const FIRST_ROOM: usize = 4;

pub(crate) fn open(runtime: &Runtime<'_>, relation: Oid) -> Result<Rc<Relation>> {
    runtime
        .catalog
        .relation(relation)?
        .ok_or_else(|| error!(UNDEFINED_TABLE, "could not open relation with OID {relation}"))
}

/// What all three have in common: the reader of columns and the filter.
struct Reading {
    relation: Rc<Relation>,
    mark: usize,
    reader: ColumnReader,
    filter: Option<Evaluator>,
    /// Rows that the filter dropped.
    removed: u64,
    batch: Batch,
}

impl Reading {
    fn new(runtime: &Runtime<'_>, scan: &plan::Scan) -> Result<Reading> {
        let relation = open(runtime, scan.relation)?;
        let reader = ColumnReader::new(relation.oid, relation.layout(), &scan.attributes);
        let batch = Batch::new(reader.types().iter().copied());
        let filter = scan.filter.as_ref().map(|filter| Evaluator::new(runtime, filter)).transpose()?;
        Ok(Reading { relation, mark: scan.mark, reader, filter, removed: 0, batch })
    }

    /// While a row is put together again: the version of this table that is part of it, once.
    fn only_version(&mut self, runtime: &Runtime<'_>, is_done: &mut bool) -> Result<Option<bool>> {
        let Some(version) = self.version(runtime) else { return Ok(None) };
        let (false, Some(version)) = (std::mem::replace(is_done, true), version) else {
            return Ok(Some(false));
        };
        let Reading { relation, reader, batch, .. } = self;
        batch.selection = None;
        batch.columns.iter_mut().for_each(|column| column.resize(1));
        let columns = &mut batch.columns;
        let found = access_heap::fetch_any(runtime.access(), &relation.storage, version, |fetched, _| {
            reader.read(&fetched, columns, 0)
        })?;
        batch.rows = usize::from(found.is_some());
        Ok(Some(found.is_some()))
    }

    /// Whether only one version counts, and which; none for the empty side of an outer join.
    fn version(&self, runtime: &Runtime<'_>) -> Option<Option<TupleId>> {
        runtime.only_versions.iter().find(|(mark, _)| *mark == self.mark).map(|(_, version)| *version)
    }

    fn counts(&self) -> Counts {
        Counts { removed_by_filter: self.removed, ..Counts::default() }
    }

    fn memory(&self) -> usize {
        self.batch.memory() + self.filter.as_ref().map_or(0, Evaluator::memory)
    }

    fn apply_filter(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        runtime.catalog.fill_external(&mut self.reader, &mut self.batch.columns)?;
        if let Some(filter) = &mut self.filter {
            let batch = &mut self.batch;
            let before = batch.count();
            filter.filter(runtime, &batch.columns, batch.rows, &mut batch.selection)?;
            self.removed += (before - batch.count()) as u64;
        }
        Ok(())
    }
}

pub(crate) struct SequentialScan {
    reading: Reading,
    scan: Option<HeapScan>,
    is_rechecked: bool,
}

impl SequentialScan {
    pub fn new(runtime: &Runtime<'_>, scan: &plan::Scan) -> Result<SequentialScan> {
        Ok(SequentialScan { reading: Reading::new(runtime, scan)?, scan: None, is_rechecked: false })
    }
}

impl Operator for SequentialScan {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if let Some(found) = self.reading.only_version(runtime, &mut self.is_rechecked)? {
            if found {
                self.reading.apply_filter(runtime)?;
            }
            return Ok(found);
        }
        let access = runtime.access();
        let scan = match &mut self.scan {
            Some(scan) => scan,
            None => {
                let snapshot = runtime.snapshot.clone();
                runtime.catalog.count(&self.reading.relation.storage, Counter::Scans, 1);
                self.scan.insert(HeapScan::new(access, self.reading.relation.storage, snapshot)?)
            }
        };
        if !scan.next_batch(access, &mut self.reading.reader, &mut self.reading.batch)? {
            return Ok(false);
        }
        let found = self.reading.batch.count() as u64;
        runtime.catalog.count(&self.reading.relation.storage, Counter::Returned, found);
        self.reading.apply_filter(runtime)?;
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.reading.batch
    }

    fn counts(&self) -> Counts {
        self.reading.counts()
    }

    fn rewind(&mut self, _: &mut Runtime<'_>) -> Result<()> {
        self.scan = None;
        self.is_rechecked = false;
        Ok(())
    }

    fn settle(&mut self) -> Option<usize> {
        self.scan = None;
        Some(self.reading.memory())
    }
}

pub(crate) struct IndexScan {
    reading: Reading,
    index: IndexDescription,
    keys: Vec<(usize, Test)>,
    backward: bool,
    fetcher: Fetcher,
    /// Index-only: for each output column its place in the index; none for the row's address, which stands for no column.
    only: Option<Vec<Option<usize>>>,
    heap_fetches: u64,
    searches: u64,
    /// The scans still to be made: one, or one for each value of `= ANY`.
    scans: Option<std::vec::IntoIter<Vec<ScanKey>>>,
    current: Option<BtreeScan>,
    batch_size: usize,
    /// The conditions that are keys, as a filter for a version that the index did not give.
    recheck: Vec<Evaluator>,
    is_rechecked: bool,
}

enum Test {
    Compare(ScanStrategy, Evaluator),
    AnyOf(Evaluator),
    Null(ScanStrategy),
}

impl Test {
    fn memory(&self) -> usize {
        match self {
            Test::Compare(_, value) | Test::AnyOf(value) => value.memory(),
            Test::Null(_) => 0,
        }
    }
}

impl IndexScan {
    pub fn new(runtime: &Runtime<'_>, scan: &plan::IndexScan) -> Result<IndexScan> {
        let reading = Reading::new(runtime, &scan.scan)?;
        let index = reading.relation.indexes.iter().find(|index| index.oid == scan.index);
        let index =
            index.ok_or_else(|| error!(UNDEFINED_OBJECT, "could not open index with OID {}", scan.index))?;
        let only = scan.index_only.then(|| {
            let place =
                |attribute: &AttributeNumber| index.columns.iter().position(|column| column == attribute);
            scan.scan.attributes.iter().map(place).collect()
        });
        let index = index_description(index);
        let mut keys = Vec::new();
        for key in &scan.keys {
            let test = match &key.test {
                IndexTest::Compare { strategy, value, .. } => {
                    let strategy = match strategy {
                        Strategy::Less => ScanStrategy::Less,
                        Strategy::LessEqual => ScanStrategy::LessEqual,
                        Strategy::Equal => ScanStrategy::Equal,
                        Strategy::GreaterEqual => ScanStrategy::GreaterEqual,
                        Strategy::Greater => ScanStrategy::Greater,
                    };
                    Test::Compare(strategy, Evaluator::new(runtime, value)?)
                }
                IndexTest::AnyOf { array, .. } => Test::AnyOf(Evaluator::new(runtime, array)?),
                IndexTest::IsNull => Test::Null(ScanStrategy::IsNull),
                IndexTest::IsNotNull => Test::Null(ScanStrategy::IsNotNull),
            };
            keys.push((key.column, test));
        }
        let recheck =
            scan.recheck.iter().map(|condition| Evaluator::new(runtime, condition)).collect::<Result<_>>()?;
        let fetcher = Fetcher::new(reading.relation.storage);
        Ok(IndexScan {
            reading,
            index,
            keys,
            backward: scan.backward,
            fetcher,
            only,
            heap_fetches: 0,
            searches: 0,
            scans: None,
            current: None,
            batch_size: FIRST_BATCH,
            recheck,
            is_rechecked: false,
        })
    }

    /// The keys of each scan to be made.
    fn start(&mut self, runtime: &mut Runtime<'_>) -> Result<Vec<Vec<ScanKey>>> {
        let mut scans: Vec<Vec<ScanKey>> = vec![Vec::new()];
        for (column, test) in &mut self.keys {
            let compare = self.index.columns[*column].compare;
            let key = |strategy, value| ScanKey { column: *column, strategy, value, compare };
            match test {
                Test::Compare(strategy, value) => {
                    let value = value.value(runtime, &[], 0)?;
                    scans.iter_mut().for_each(|keys| keys.push(key(*strategy, value.clone())));
                }
                Test::Null(strategy) => {
                    scans.iter_mut().for_each(|keys| keys.push(key(*strategy, Value::Null)));
                }
                Test::AnyOf(array) => {
                    let mut values: Vec<Value> = match array.value(runtime, &[], 0)? {
                        Value::Array(array) => array.values().filter(|value| !value.is_null()).collect(),
                        _ => Vec::new(),
                    };
                    values.sort_by(compare);
                    values.dedup_by(|a, b| compare(a, b).is_eq());
                    scans = scans
                        .iter()
                        .flat_map(|keys| {
                            values.iter().map(|value| {
                                let mut keys = keys.clone();
                                keys.push(key(ScanStrategy::Equal, value.clone()));
                                keys
                            })
                        })
                        .collect();
                }
            }
        }
        Ok(scans)
    }
}

impl Operator for IndexScan {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if let Some(found) = self.reading.only_version(runtime, &mut self.is_rechecked)? {
            if found {
                let Reading { reader, batch, .. } = &mut self.reading;
                runtime.catalog.fill_external(reader, &mut batch.columns)?;
                for condition in &mut self.recheck {
                    condition.filter(runtime, &batch.columns, batch.rows, &mut batch.selection)?;
                }
                self.reading.apply_filter(runtime)?;
            }
            return Ok(found);
        }
        if self.scans.is_none() {
            self.scans = Some(self.start(runtime)?.into_iter());
        }
        let access = runtime.access();
        let Reading { reader, batch, .. } = &mut self.reading;
        batch.selection = None;
        batch.columns.iter_mut().for_each(|column| column.resize(0));
        // Most scans find few rows: the columns grow as they come.
        let (mut rows, mut room) = (0, 0);
        let (searches, heap_fetches, mut entries, mut fetched_rows) =
            (self.searches, self.heap_fetches, 0, 0);
        while rows < self.batch_size && !reader.has_enough() {
            let scan = match &mut self.current {
                Some(scan) => scan,
                None => match self.scans.as_mut().and_then(Iterator::next) {
                    Some(keys) => {
                        self.searches += 1;
                        let scan = match &self.only {
                            Some(places) => {
                                let columns = places.iter().flatten().copied().collect();
                                BtreeScan::index_only(keys, self.backward, columns, self.fetcher.file())
                            }
                            None => BtreeScan::new(keys, self.backward, false),
                        };
                        self.current.insert(scan)
                    }
                    None => break,
                },
            };
            let Some(found) = scan.next(access, &self.index)? else {
                self.current = None;
                continue;
            };
            entries += 1;
            let columns = &mut batch.columns;
            if rows == room {
                room = (4 * room).clamp(FIRST_ROOM, self.batch_size);
                columns.iter_mut().for_each(|column| column.grow_by(room - rows));
            }
            if let (true, Some(places)) = (found.is_all_visible, &self.only) {
                let mut values = found.values.iter().flatten();
                for (column, place) in columns.iter_mut().zip(places) {
                    match place.and_then(|_| values.next()) {
                        Some(value) => column.set_value(rows, value),
                        None => column.set_value(rows, &Value::Tid(found.address)),
                    }
                }
                rows += 1;
                continue;
            }
            self.heap_fetches += 1;
            let row = self.fetcher.fetch(access, &runtime.snapshot, found.address, |fetched| {
                reader.read(&fetched, columns, rows)
            })?;
            rows += usize::from(row.is_some());
            fetched_rows += u64::from(row.is_some());
        }
        debug_assert!(fetched_rows <= self.heap_fetches - heap_fetches);
        let counted = [
            (Counter::Scans, self.searches - searches),
            (Counter::Returned, entries),
            (Counter::Fetched, fetched_rows),
        ];
        for (counter, more) in counted.into_iter().filter(|(_, more)| *more > 0) {
            runtime.catalog.count(&self.index.relation, counter, more);
        }
        batch.columns.iter_mut().for_each(|column| column.truncate(rows));
        batch.rows = rows;
        self.batch_size = BATCH_ROWS;
        if rows == 0 {
            self.fetcher.release();
            return Ok(false);
        }
        self.reading.apply_filter(runtime)?;
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.reading.batch
    }

    fn counts(&self) -> Counts {
        Counts {
            index_searches: Some(self.searches),
            heap_fetches: self.only.as_ref().map(|_| self.heap_fetches),
            ..self.reading.counts()
        }
    }

    fn rewind(&mut self, _: &mut Runtime<'_>) -> Result<()> {
        self.scans = None;
        self.current = None;
        self.batch_size = FIRST_BATCH;
        self.is_rechecked = false;
        Ok(())
    }

    fn settle(&mut self) -> Option<usize> {
        (self.scans, self.current) = (None, None);
        self.fetcher.release();
        self.batch_size = FIRST_BATCH;
        let keys = self.keys.iter().map(|(_, test)| test.memory()).sum::<usize>();
        Some(self.reading.memory() + keys + evaluators_memory(&self.recheck))
    }
}

pub(crate) struct TidScan {
    reading: Reading,
    addresses: Vec<Evaluator>,
    is_done: bool,
}

impl TidScan {
    pub fn new(runtime: &Runtime<'_>, scan: &plan::Scan, addresses: Vec<Evaluator>) -> Result<TidScan> {
        Ok(TidScan { reading: Reading::new(runtime, scan)?, addresses, is_done: false })
    }
}

impl Operator for TidScan {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if std::mem::replace(&mut self.is_done, true) {
            return Ok(false);
        }
        let mut wanted: Vec<TupleId> = Vec::new();
        for address in &mut self.addresses {
            if let Value::Tid(address) = address.value(runtime, &[], 0)?
                && !wanted.contains(&address)
            {
                wanted.push(address);
            }
        }
        if let Some(version) = self.reading.version(runtime) {
            // A newer version lies elsewhere, so it is not what was asked for.
            if !version.is_some_and(|version| wanted.contains(&version)) {
                return Ok(false);
            }
            let found = self.reading.only_version(runtime, &mut false)?;
            self.reading.apply_filter(runtime)?;
            return Ok(found == Some(true));
        }
        let access = runtime.access();
        let Reading { relation, reader, batch, .. } = &mut self.reading;
        batch.selection = None;
        batch.columns.iter_mut().for_each(|column| column.resize(wanted.len()));
        let blocks = access.pool.blocks(relation.storage.file, common::ForkNumber::Main)?;
        let mut rows = 0;
        for address in wanted.into_iter().filter(|address| address.block.0 < blocks && address.is_valid()) {
            let columns = &mut batch.columns;
            let read =
                access_heap::fetch(access, &relation.storage, &runtime.snapshot, address, |fetched| {
                    // The version at this very address, not a newer one of its chain.
                    if fetched.address == address {
                        reader.read(&fetched, columns, rows).map(|()| true)
                    } else {
                        Ok(false)
                    }
                })?;
            rows += usize::from(read == Some(true));
        }
        batch.columns.iter_mut().for_each(|column| column.truncate(rows));
        batch.rows = rows;
        self.reading.apply_filter(runtime)?;
        Ok(rows > 0)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.reading.batch
    }

    fn counts(&self) -> Counts {
        self.reading.counts()
    }

    fn rewind(&mut self, _: &mut Runtime<'_>) -> Result<()> {
        self.is_done = false;
        Ok(())
    }

    fn settle(&mut self) -> Option<usize> {
        self.is_done = false;
        Some(self.reading.memory() + evaluators_memory(&self.addresses))
    }
}
