//! What is counted of statements, by query identifier: `pg_stat_statements`.
//!
//! A table of fixed size in shared memory. A statement is found by atomics alone, in a set of a few entries that its key chooses, and
//! adds to its counters without a lock. New entries, texts and resets are made under one lock; when there are too many, those that
//! are used least give way. A count that meets an entry which gives way at that moment goes to its successor.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use common::Oid;
use shared_memory::{LwLock, LwWrite, Region, RegionBuilder, Segment, WaitEvent, shared_struct};
use storage_buffer::{BufferUse, buffer_use};
use storage_wal::{WalUse, wal_use};

/// Entries that a key may be found in.
const SET: usize = 16;
/// Words of a block of text: the number of the next block, from 1, and bytes.
const BLOCK_WORDS: usize = 32;
const BLOCK_BYTES: usize = (BLOCK_WORDS - 1) * 8;
/// Blocks of text for each statement; long texts use what short ones leave.
const BLOCKS_PER_STATEMENT: usize = 4;

macro_rules! counted {
    ($($name:ident),*) => {
        /// Numbers of a statement besides its times.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(usize)]
        pub enum Counted { $($name),* }

        impl Counted {
            pub const ALL: &[Counted] = &[$(Counted::$name),*];
            const COUNT: usize = Counted::ALL.len();
        }
    };
}

counted! { Rows, Hit, Read, Dirtied, Written, ReadTime, WriteTime, TempRead, TempWritten, LogRecords, LogImages, LogBytes }

shared_struct! {
    /// Times in nanoseconds.
    struct Times {
        count: AtomicU64,
        total: AtomicU64,
        /// The largest number when nothing was counted.
        least: AtomicU64,
        most: AtomicU64,
        /// The sum of squares of milliseconds, as the bits of a float.
        squares: AtomicU64,
    }

    struct Entry {
        user: AtomicU32,
        database: AtomicU32,
        query_id: AtomicI64,
        text_first: AtomicU32,
        text_length: AtomicU32,
        /// What was taken off the usage when others had to give way.
        decayed: AtomicU64,
        since_us: AtomicI64,
        extremes_since_us: AtomicI64,
        plans: Times,
        runs: Times,
        counted: [AtomicU64; Counted::COUNT],
    }

    struct Header {
        lock: LwLock,
        entries: AtomicU32,
        /// Blocks that were never used begin here.
        fresh_block: AtomicU32,
        /// The first of the blocks that are free again, from 1, and how many those are.
        free_block: AtomicU32,
        free_again: AtomicU32,
        given_way: AtomicU64,
        reset_us: AtomicI64,
    }

    struct Block {
        words: [AtomicU64; BLOCK_WORDS],
    }
}

/// Whose statement, and which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatementKey {
    pub user: Oid,
    pub database: Oid,
    pub query_id: i64,
}

/// What one run of a statement took.
#[derive(Clone, Copy, Default, Debug)]
pub struct StatementRun {
    pub time_ns: u64,
    pub rows: u64,
    pub buffers: BufferUse,
    pub log: WalUse,
}

/// What the process had used when a run began.
pub struct RunStart {
    at: Instant,
    buffers: BufferUse,
    log: WalUse,
}

impl RunStart {
    pub fn now() -> RunStart {
        RunStart { at: Instant::now(), buffers: buffer_use(), log: wal_use() }
    }

    /// What was used since, by a run that gave so many rows.
    pub fn run(&self, rows: u64) -> StatementRun {
        StatementRun {
            time_ns: self.at.elapsed().as_nanos() as u64,
            rows,
            buffers: buffer_use() - self.buffers,
            log: wal_use() - self.log,
        }
    }
}

/// Times in milliseconds.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct TimesView {
    pub count: u64,
    pub total: f64,
    pub least: f64,
    pub most: f64,
    pub mean: f64,
    pub deviation: f64,
}

/// A copy of what is known of a statement.
#[derive(Clone, PartialEq, Debug)]
pub struct StatementView {
    pub key: StatementKey,
    pub text: String,
    pub plans: TimesView,
    pub runs: TimesView,
    pub since_us: i64,
    pub extremes_since_us: i64,
    counted: [u64; Counted::COUNT],
}

impl StatementView {
    pub fn counted(&self, what: Counted) -> u64 {
        self.counted[what as usize]
    }
}

/// Numbers that are kept of a statement: whose it is, when and how it was counted, and the counters.
const KEPT_NUMBERS: usize = 5 + 2 * TIMES + Counted::COUNT;
const TIMES: usize = 5;

/// What is kept of a statement while the server is down.
pub struct KeptStatement {
    pub text: String,
    pub numbers: [u64; KEPT_NUMBERS],
}

/// Handed out by [`StatementStatistics::reserve`].
#[derive(Clone, Copy)]
pub struct StatementReservation {
    header: Segment<Header>,
    tags: Segment<AtomicU64>,
    entries: Segment<Entry>,
    blocks: Segment<Block>,
    most: usize,
}

/// The statements that are counted. A copy is as good as the original.
#[derive(Clone, Copy)]
pub struct StatementStatistics {
    header: &'static Header,
    /// By entry: a hash of its key, never 0; 0 is unused.
    tags: &'static [AtomicU64],
    entries: &'static [Entry],
    blocks: &'static [Block],
    most: usize,
}

fn hash_of(key: &StatementKey) -> u64 {
    let owner = u64::from(key.user.0) << 32 | u64::from(key.database.0);
    let product = u128::from(owner ^ 0x9E37_79B9_7F4A_7C15) * u128::from(key.query_id as u64 | 1);
    ((product as u64) ^ ((product >> 64) as u64)).wrapping_add(key.query_id as u64) | 1
}

impl StatementStatistics {
    /// Room for `most` statements.
    pub fn reserve(builder: &mut RegionBuilder, most: usize) -> StatementReservation {
        // Three times as many places as entries, so that a set is full before the table is only in theory.
        let places = (most * 3).next_multiple_of(SET);
        let purpose =
            "counters of statements; atomics, new entries under one lock; a dead holder of it leaves doubt";
        StatementReservation {
            header: builder.reserve("Statement Statistics", 1, purpose),
            tags: builder.reserve("Statement Statistics", places, purpose),
            entries: builder.reserve("Statement Statistics", places, purpose),
            blocks: builder.reserve("Statement Texts", most * BLOCKS_PER_STATEMENT, purpose),
            most,
        }
    }

    pub fn attach(reservation: StatementReservation, region: &Region) -> StatementStatistics {
        StatementStatistics {
            header: region.one(reservation.header),
            tags: region.slice(reservation.tags),
            entries: region.slice(reservation.entries),
            blocks: region.slice(reservation.blocks),
            most: reservation.most,
        }
    }

    pub fn initialize(&self, now_us: i64) {
        self.header.lock.initialize(WaitEvent::LwlockPgStatsHash);
        self.header.reset_us.store(now_us, Ordering::Relaxed);
    }

    fn set_of(&self, hash: u64) -> std::ops::Range<usize> {
        let sets = (self.tags.len() / SET) as u64;
        let first = ((hash >> 8) % sets) as usize * SET;
        first..first + SET
    }

    fn find(&self, key: &StatementKey) -> Option<&'static Entry> {
        let hash = hash_of(key);
        let entries = self.entries;
        let mut places = self.set_of(hash);
        let place = places.find(|place| self.tags[*place].load(Ordering::Acquire) == hash)?;
        let entry = &entries[place];
        (entry.query_id.load(Ordering::Relaxed) == key.query_id).then_some(entry)
    }

    /// Makes sure that a statement is there; `text` is asked for if it is new.
    pub fn remember(&self, key: &StatementKey, text: impl FnOnce() -> String) {
        if self.find(key).is_none() {
            self.add(key, &text());
        }
    }

    /// Counts a run. One that continues an earlier one adds to the sums only.
    pub fn count_run(
        &self,
        key: &StatementKey,
        run: &StatementRun,
        continues: bool,
        text: impl FnOnce() -> String,
    ) {
        let entry = match self.find(key) {
            Some(entry) => entry,
            None => {
                self.add(key, &text());
                let Some(entry) = self.find(key) else { return };
                entry
            }
        };
        if continues {
            entry.runs.total.fetch_add(run.time_ns, Ordering::Relaxed);
        } else {
            entry.runs.count(run.time_ns);
        }
        let more = [
            (Counted::Rows, run.rows),
            (Counted::Hit, run.buffers.hit),
            (Counted::Read, run.buffers.read),
            (Counted::Dirtied, run.buffers.dirtied),
            (Counted::Written, run.buffers.written),
            (Counted::ReadTime, run.buffers.read_ns),
            (Counted::WriteTime, run.buffers.write_ns),
            (Counted::TempRead, run.buffers.temporary_read),
            (Counted::TempWritten, run.buffers.temporary_written),
            (Counted::LogRecords, run.log.records),
            (Counted::LogImages, run.log.images),
            (Counted::LogBytes, run.log.bytes),
        ];
        for (counter, more) in more.into_iter().filter(|(_, more)| *more > 0) {
            entry.counted[counter as usize].fetch_add(more, Ordering::Relaxed);
        }
    }

    /// Counts how long a statement's planning took.
    pub fn count_plan(&self, key: &StatementKey, time_ns: u64) {
        if let Some(entry) = self.find(key) {
            entry.plans.count(time_ns);
        }
    }

    /// All statements that ran or were planned; texts only if wanted.
    pub fn read(&self, with_texts: bool) -> Vec<StatementView> {
        let _lock = with_texts.then(|| self.header.lock.read());
        let used = self.used().map(|place| &self.entries[place]);
        let views = used.map(|entry| {
            let view = StatementView {
                key: entry.key(),
                text: if with_texts { self.text(entry) } else { String::new() },
                plans: entry.plans.read(),
                runs: entry.runs.read(),
                since_us: entry.since_us.load(Ordering::Relaxed),
                extremes_since_us: entry.extremes_since_us.load(Ordering::Relaxed),
                counted: std::array::from_fn(|at| entry.counted[at].load(Ordering::Relaxed)),
            };
            (entry, view)
        });
        views.filter(|(entry, _)| !entry.is_new()).map(|(_, view)| view).collect()
    }

    /// Everything that is counted, to be kept while the server is down.
    pub fn kept(&self) -> Vec<KeptStatement> {
        let _lock = self.header.lock.read();
        let used = self.used().map(|place| &self.entries[place]).filter(|entry| !entry.is_new());
        used.map(|entry| {
            let key = entry.key();
            let own = [
                u64::from(key.user.0) << 32 | u64::from(key.database.0),
                key.query_id as u64,
                entry.decayed.load(Ordering::Relaxed),
                entry.since_us.load(Ordering::Relaxed) as u64,
                entry.extremes_since_us.load(Ordering::Relaxed) as u64,
            ];
            let others = entry.plans.all().into_iter().chain(entry.runs.all()).chain(&entry.counted);
            let others = others.map(|number| number.load(Ordering::Relaxed));
            let mut numbers = [0; KEPT_NUMBERS];
            numbers.iter_mut().zip(own.into_iter().chain(others)).for_each(|(to, from)| *to = from);
            KeptStatement { text: self.text(entry), numbers }
        })
        .collect()
    }

    /// Puts back what was kept.
    pub fn restore(&self, kept: &KeptStatement) {
        let [owner, query_id, decayed, since_us, extremes_since_us, others @ ..] = &kept.numbers;
        let key = StatementKey {
            user: Oid((owner >> 32) as u32),
            database: Oid(*owner as u32),
            query_id: *query_id as i64,
        };
        self.add(&key, &kept.text);
        let Some(entry) = self.find(&key) else { return };
        entry.decayed.store(*decayed, Ordering::Relaxed);
        entry.since_us.store(*since_us as i64, Ordering::Relaxed);
        entry.extremes_since_us.store(*extremes_since_us as i64, Ordering::Relaxed);
        let all = entry.plans.all().into_iter().chain(entry.runs.all()).chain(&entry.counted);
        all.zip(others).for_each(|(to, from)| to.store(*from, Ordering::Relaxed));
    }

    /// Puts back what [`StatementStatistics::information`] told.
    pub fn restore_information(&self, given_way: u64, reset_us: i64) {
        self.header.given_way.store(given_way, Ordering::Relaxed);
        self.header.reset_us.store(reset_us, Ordering::Relaxed);
    }

    /// How many statements gave way to others, and when all were reset last.
    pub fn information(&self) -> (u64, i64) {
        (self.header.given_way.load(Ordering::Relaxed), self.header.reset_us.load(Ordering::Relaxed))
    }

    /// Forgets statements: of a user, of a database, with an identifier; 0 stands for all. With `extremes_only` just their least and most.
    pub fn reset(&self, key: &StatementKey, extremes_only: bool, now_us: i64) {
        let _lock = self.header.lock.write();
        let is_meant = |entry: &Entry| {
            let own = entry.key();
            (!key.user.is_valid() || own.user == key.user)
                && (!key.database.is_valid() || own.database == key.database)
                && (key.query_id == 0 || own.query_id == key.query_id)
        };
        for place in self.used().filter(|place| is_meant(&self.entries[*place])) {
            if extremes_only {
                let entry = &self.entries[place];
                entry.runs.forget_extremes();
                entry.plans.forget_extremes();
                entry.extremes_since_us.store(now_us, Ordering::Relaxed);
            } else {
                self.remove(place);
            }
        }
        let is_all = !key.user.is_valid() && !key.database.is_valid() && key.query_id == 0;
        if is_all && !extremes_only {
            self.header.reset_us.store(now_us, Ordering::Relaxed);
            self.header.given_way.store(0, Ordering::Relaxed);
        }
    }

    fn used(&self) -> impl Iterator<Item = usize> {
        let tags = self.tags;
        (0..tags.len()).filter(|place| tags[*place].load(Ordering::Acquire) != 0)
    }

    /// A new entry that has counted nothing.
    fn add(&self, key: &StatementKey, text: &str) {
        let lock = self.header.lock.write();
        if self.find(key).is_some() {
            return;
        }
        let text = &text[..text.floor_char_boundary(self.blocks.len() / 8 * BLOCK_BYTES)];
        let wanted = text.len().div_ceil(BLOCK_BYTES);
        if self.header.entries.load(Ordering::Relaxed) as usize >= self.most {
            self.give_way(&lock);
        }
        while self.free_blocks() < wanted && self.header.entries.load(Ordering::Relaxed) > 0 {
            self.give_way(&lock);
        }
        let hash = hash_of(key);
        let mut set = self.set_of(hash);
        let unused = set.clone().find(|place| self.tags[*place].load(Ordering::Relaxed) == 0);
        let place = match unused.or_else(|| set.by_ref().min_by_key(|place| self.entries[*place].usage())) {
            Some(place) => place,
            None => return,
        };
        if self.tags[place].load(Ordering::Relaxed) != 0 {
            self.remove(place);
        }
        let now_us = system::clock::wall_us();
        let entry = &self.entries[place];
        entry.user.store(key.user.0, Ordering::Relaxed);
        entry.database.store(key.database.0, Ordering::Relaxed);
        entry.query_id.store(key.query_id, Ordering::Relaxed);
        entry.decayed.store(0, Ordering::Relaxed);
        entry.since_us.store(now_us, Ordering::Relaxed);
        entry.extremes_since_us.store(now_us, Ordering::Relaxed);
        entry.plans.clear();
        entry.runs.clear();
        entry.counted.iter().for_each(|counter| counter.store(0, Ordering::Relaxed));
        self.keep_text(entry, text.as_bytes());
        self.header.entries.fetch_add(1, Ordering::Relaxed);
        self.tags[place].store(hash, Ordering::Release);
    }

    /// Removes a twentieth of the entries, those that are used least, and lets the others' usage fade.
    fn give_way(&self, lock: &LwWrite<'_>) {
        // That the usage of some has faded and that of others has not is nothing to restart for.
        let gone = lock.unchanged(|| {
            let mut usages: Vec<(u64, usize)> =
                self.used().map(|place| (self.entries[place].usage(), place)).collect();
            usages.sort_unstable();
            let kept = usages.split_off((usages.len() / 20).max(10).min(usages.len()));
            for (usage, place) in kept {
                self.entries[place].decayed.fetch_add(usage / 100, Ordering::Relaxed);
            }
            usages
        });
        gone.iter().for_each(|(_, place)| self.remove(*place));
        self.header.given_way.fetch_add(1, Ordering::Relaxed);
    }

    /// The lock is held.
    fn remove(&self, place: usize) {
        self.tags[place].store(0, Ordering::Release);
        self.header.entries.fetch_sub(1, Ordering::Relaxed);
        let mut block = self.entries[place].text_first.swap(0, Ordering::Relaxed);
        while let Some(found) = (block as usize).checked_sub(1).and_then(|at| self.blocks.get(at)) {
            let free = self.header.free_block.swap(block, Ordering::Relaxed);
            self.header.free_again.fetch_add(1, Ordering::Relaxed);
            block = found.words[0].swap(free.into(), Ordering::Relaxed) as u32;
        }
    }

    fn free_blocks(&self) -> usize {
        let never_used = self.blocks.len() - self.header.fresh_block.load(Ordering::Relaxed) as usize;
        never_used + self.header.free_again.load(Ordering::Relaxed) as usize
    }

    fn take_block(&self) -> Option<u32> {
        let header = self.header;
        let free = header.free_block.load(Ordering::Relaxed);
        if let Some(found) = (free as usize).checked_sub(1).and_then(|at| self.blocks.get(at)) {
            header.free_block.store(found.words[0].load(Ordering::Relaxed) as u32, Ordering::Relaxed);
            header.free_again.fetch_sub(1, Ordering::Relaxed);
            return Some(free);
        }
        let fresh = header.fresh_block.load(Ordering::Relaxed);
        if fresh as usize >= self.blocks.len() {
            return None;
        }
        header.fresh_block.store(fresh + 1, Ordering::Relaxed);
        Some(fresh + 1)
    }

    fn keep_text(&self, entry: &Entry, text: &[u8]) {
        let (mut first, mut kept) = (0, 0);
        // From the last block to the first, so that each knows its successor.
        for chunk in text.chunks(BLOCK_BYTES).rev() {
            let Some(number) = self.take_block() else { break };
            let block = &self.blocks[number as usize - 1];
            block.words[0].store(first, Ordering::Relaxed);
            for (word, bytes) in block.words[1..].iter().zip(chunk.chunks(8)) {
                let mut padded = [0; 8];
                padded[..bytes.len()].copy_from_slice(bytes);
                word.store(u64::from_ne_bytes(padded), Ordering::Relaxed);
            }
            first = number.into();
            kept += chunk.len();
        }
        entry.text_first.store(first as u32, Ordering::Relaxed);
        entry.text_length.store(kept as u32, Ordering::Relaxed);
    }

    fn text(&self, entry: &Entry) -> String {
        let length = entry.text_length.load(Ordering::Relaxed) as usize;
        let mut bytes = Vec::with_capacity(length + BLOCK_BYTES);
        let mut next = entry.text_first.load(Ordering::Relaxed);
        while let Some(block) = (next as usize).checked_sub(1).and_then(|at| self.blocks.get(at))
            && bytes.len() < length
        {
            block.words[1..].iter().for_each(|word| bytes.extend(word.load(Ordering::Relaxed).to_ne_bytes()));
            next = block.words[0].load(Ordering::Relaxed) as u32;
        }
        bytes.truncate(length);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Entry {
    fn key(&self) -> StatementKey {
        StatementKey {
            user: Oid(self.user.load(Ordering::Relaxed)),
            database: Oid(self.database.load(Ordering::Relaxed)),
            query_id: self.query_id.load(Ordering::Relaxed),
        }
    }

    fn events(&self) -> u64 {
        self.runs.count.load(Ordering::Relaxed) + self.plans.count.load(Ordering::Relaxed)
    }

    fn is_new(&self) -> bool {
        self.events() == 0
    }

    /// How often it was used, with less weight for what is long ago.
    fn usage(&self) -> u64 {
        (self.events() * 100).saturating_sub(self.decayed.load(Ordering::Relaxed))
    }
}

impl Times {
    fn all(&self) -> [&AtomicU64; TIMES] {
        [&self.count, &self.total, &self.least, &self.most, &self.squares]
    }

    fn clear(&self) {
        for field in [&self.count, &self.total, &self.squares] {
            field.store(0, Ordering::Relaxed);
        }
        self.forget_extremes();
    }

    fn forget_extremes(&self) {
        self.least.store(u64::MAX, Ordering::Relaxed);
        self.most.store(0, Ordering::Relaxed);
    }

    fn count(&self, time_ns: u64) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(time_ns, Ordering::Relaxed);
        if time_ns < self.least.load(Ordering::Relaxed) {
            self.least.fetch_min(time_ns, Ordering::Relaxed);
        }
        if time_ns > self.most.load(Ordering::Relaxed) {
            self.most.fetch_max(time_ns, Ordering::Relaxed);
        }
        let more = milliseconds(time_ns) * milliseconds(time_ns);
        let mut old = self.squares.load(Ordering::Relaxed);
        loop {
            let new = (f64::from_bits(old) + more).to_bits();
            match self.squares.compare_exchange_weak(old, new, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => old = other,
            }
        }
    }

    fn read(&self) -> TimesView {
        let count = self.count.load(Ordering::Relaxed);
        let total = milliseconds(self.total.load(Ordering::Relaxed));
        let least = self.least.load(Ordering::Relaxed);
        if count == 0 {
            return TimesView::default();
        }
        let mean = total / count as f64;
        let squares = f64::from_bits(self.squares.load(Ordering::Relaxed));
        let variance = (squares / count as f64 - mean * mean).max(0.0);
        TimesView {
            count,
            total,
            least: if least == u64::MAX { 0.0 } else { milliseconds(least) },
            most: milliseconds(self.most.load(Ordering::Relaxed)),
            mean,
            deviation: if count > 1 { variance.sqrt() } else { 0.0 },
        }
    }
}

fn milliseconds(time_ns: u64) -> f64 {
    time_ns as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(most: usize) -> StatementStatistics {
        let mut builder = RegionBuilder::new();
        let reservation = StatementStatistics::reserve(&mut builder, most);
        let table = StatementStatistics::attach(reservation, &builder.build().unwrap());
        table.initialize(1);
        table
    }

    fn key(query_id: i64) -> StatementKey {
        StatementKey { user: Oid(10), database: Oid(5), query_id }
    }

    fn run(time_ms: u64) -> StatementRun {
        StatementRun { time_ns: time_ms * 1_000_000, rows: 2, ..StatementRun::default() }
    }

    /// Runs add up, a continued run counts once, and what was only looked at is not shown.
    #[test]
    fn runs_add_up() {
        let table = fresh(100);
        let text = "SELECT $1".repeat(100);
        table.remember(&key(3), || "SELECT $1 + $2".into());
        for time in [2, 4, 6] {
            table.count_run(&key(7), &run(time), false, || text.clone());
        }
        table.count_run(&key(7), &run(4), true, || unreachable!("the statement is known"));
        let found = table.read(true);
        let [only] = &found[..] else { panic!("{found:?}") };
        assert_eq!((only.key, &only.text, only.runs.count), (key(7), &text, 3));
        assert_eq!((only.runs.total, only.runs.least, only.runs.most), (16.0, 2.0, 6.0));
        assert_eq!(only.counted(Counted::Rows), 8);
        table.reset(&key(7), true, 9);
        let found = table.read(false);
        assert_eq!((found[0].runs.count, found[0].runs.most, found[0].extremes_since_us), (3, 0.0, 9));
        table.reset(&key(7), false, 10);
        assert!(table.read(true).is_empty());
        assert_eq!(table.information(), (0, 1));
    }

    /// However many statements come, room and texts suffice, and what is used often stays.
    #[test]
    fn rare_statements_give_way() {
        let table = fresh(100);
        for number in 1..5000i64 {
            table.count_run(&key(-1), &run(1), false, || "often".into());
            let text = format!("statement {number} ").repeat(1 + number as usize % 300);
            table.count_run(&key(number), &run(1), false, || text);
        }
        let found = table.read(true);
        assert!(found.len() <= 100, "{}", found.len());
        let often = found.iter().find(|view| view.key == key(-1)).unwrap();
        assert_eq!((often.runs.count, &*often.text), (4999, "often"));
        assert!(found.iter().any(|view| view.text.starts_with("statement 4999 ")));
        assert!(table.information().0 > 0);
    }
}
