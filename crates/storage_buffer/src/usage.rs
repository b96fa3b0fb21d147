//! What this process did with pages: asked the cache for, had read, made dirty, and wrote - in all, by relation,
//! and for `pg_stat_io` -, and what went through its temporary files.

use std::cell::{Cell, RefCell};
use std::ops::{AddAssign, Sub};

use common::{Oid, PAGE_SIZE, RelationFile};
use shared_memory::{IoCounter, IoPlace, count_io};

/// Pages since the process began, or between two moments. Times are nanoseconds, if they are taken.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct BufferUse {
    pub hit: u64,
    pub read: u64,
    /// Pages that were clean before.
    pub dirtied: u64,
    pub written: u64,
    pub read_ns: u64,
    pub write_ns: u64,
    /// Blocks of temporary files.
    pub temporary_read: u64,
    pub temporary_written: u64,
}

/// Relations that a process remembers its use of, until somebody takes it.
const RELATIONS: usize = 32;
/// Relations beyond those that are remembered.
const MORE_RELATIONS: usize = 1024;

/// Pages of a relation that were found in the cache, and that were not.
#[derive(Clone, Copy)]
pub struct RelationUse {
    pub file: RelationFile,
    pub hit: u64,
    pub read: u64,
}

const UNUSED: RelationUse = RelationUse {
    file: RelationFile { tablespace: Oid(0), database: Oid(0), relation: Oid(0) },
    hit: 0,
    read: 0,
};

struct Relations {
    places: [RelationUse; RELATIONS],
    /// A bit for each place that is used.
    used: u32,
    more: Vec<RelationUse>,
}

thread_local! {
    /// Without what the temporary files count themselves.
    static USED: Cell<BufferUse> = const {
        Cell::new(BufferUse {
            hit: 0,
            read: 0,
            dirtied: 0,
            written: 0,
            read_ns: 0,
            write_ns: 0,
            temporary_read: 0,
            temporary_written: 0,
        })
    };
    static BY_RELATION: RefCell<Relations> =
        const { RefCell::new(Relations { places: [UNUSED; RELATIONS], used: 0, more: Vec::new() }) };
}

/// What this process has used so far.
pub fn buffer_use() -> BufferUse {
    let temporary = storage_file::temporary_use();
    BufferUse {
        temporary_read: temporary.blocks_read,
        temporary_written: temporary.blocks_written,
        ..USED.get()
    }
}

/// Gives what was used of each relation since the last call; one may come twice.
pub fn take_relation_use(mut visit: impl FnMut(&RelationUse)) {
    BY_RELATION.with_borrow_mut(|relations| {
        while relations.used != 0 {
            let place = relations.used.trailing_zeros();
            relations.used &= relations.used - 1;
            visit(&relations.places[place as usize]);
        }
        relations.more.drain(..).for_each(|relation| visit(&relation));
    });
}

#[inline]
pub(crate) fn count_hit(file: RelationFile, place: IoPlace) {
    let used = USED.get();
    USED.set(BufferUse { hit: used.hit + 1, ..used });
    count_io(place, IoCounter::Hits, 1);
    count_relation(file, 1, 0);
}

/// Pages that were read by one call.
pub(crate) fn count_read(file: RelationFile, place: IoPlace, pages: usize, time_ns: u64) {
    let (used, pages) = (USED.get(), pages as u64);
    USED.set(BufferUse { read: used.read + pages, read_ns: used.read_ns + time_ns, ..used });
    count_io(place, IoCounter::Reads, 1);
    count_io(place, IoCounter::ReadBytes, pages * PAGE_SIZE as u64);
    count_relation(file, 0, pages);
}

pub(crate) fn count_dirtied() {
    let used = USED.get();
    USED.set(BufferUse { dirtied: used.dirtied + 1, ..used });
}

/// Pages that were written by one call.
pub(crate) fn count_written(place: IoPlace, pages: usize, time_ns: u64) {
    let (used, pages) = (USED.get(), pages as u64);
    USED.set(BufferUse { written: used.written + pages, write_ns: used.write_ns + time_ns, ..used });
    count_io(place, IoCounter::Writes, 1);
    count_io(place, IoCounter::WriteBytes, pages * PAGE_SIZE as u64);
}

pub(crate) fn count_extended(place: IoPlace, pages: u32) {
    let used = USED.get();
    USED.set(BufferUse { written: used.written + u64::from(pages), ..used });
    count_io(place, IoCounter::Extends, 1);
    count_io(place, IoCounter::ExtendBytes, u64::from(pages) * PAGE_SIZE as u64);
}

#[inline]
fn count_relation(file: RelationFile, hit: u64, read: u64) {
    BY_RELATION.with_borrow_mut(|relations| {
        let place = (file.relation.0.wrapping_mul(0x9E37_79B9) >> 27) as usize;
        let entry = &mut relations.places[place];
        if relations.used & 1 << place != 0 {
            if entry.file == file {
                entry.hit += hit;
                entry.read += read;
                return;
            }
            // Two that share a place give way to each other. A process of which nobody takes it remembers only so much.
            if relations.more.len() < MORE_RELATIONS {
                relations.more.push(*entry);
            }
        }
        relations.used |= 1 << place;
        *entry = RelationUse { file, hit, read };
    });
}

impl Sub for BufferUse {
    type Output = BufferUse;

    fn sub(self, earlier: BufferUse) -> BufferUse {
        BufferUse {
            hit: self.hit - earlier.hit,
            read: self.read - earlier.read,
            dirtied: self.dirtied - earlier.dirtied,
            written: self.written - earlier.written,
            read_ns: self.read_ns - earlier.read_ns,
            write_ns: self.write_ns - earlier.write_ns,
            temporary_read: self.temporary_read - earlier.temporary_read,
            temporary_written: self.temporary_written - earlier.temporary_written,
        }
    }
}

impl AddAssign for BufferUse {
    fn add_assign(&mut self, other: BufferUse) {
        self.hit += other.hit;
        self.read += other.read;
        self.dirtied += other.dirtied;
        self.written += other.written;
        self.read_ns += other.read_ns;
        self.write_ns += other.write_ns;
        self.temporary_read += other.temporary_read;
        self.temporary_written += other.temporary_written;
    }
}
