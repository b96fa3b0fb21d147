//! The layout of the shared region: segments reserved by name before it is mapped, typed views of them afterwards.
//!
//! ```text
//! | guard | segment 0 ... | guard | segment 1 ... | guard | ... | guard |
//! ```
//! Every segment starts on a memory page, one of at least a large page's size on a large page, and is followed by guard pages, so that
//! an overrun faults.

use std::io;
use std::marker::PhantomData;
use std::mem::{align_of, size_of};
use std::ops::Range;

use error::{Error, Result};
use system::memory::{LARGE_PAGE_SIZE, MEMORY_PAGE_SIZE, Protection, SharedMapping};

use crate::shared::Shared;

/// One structure in the region, as `pg_shmem_allocations` shows it.
#[derive(Clone, Copy, Debug)]
pub struct SegmentInformation {
    pub name: &'static str,
    /// A sentence: who owns it, which lock guards it, what a dead holder leaves behind.
    pub purpose: &'static str,
    pub offset: usize,
    pub size_bytes: usize,
    /// With the padding and the guard pages behind it.
    pub allocated_bytes: usize,
}

impl SegmentInformation {
    /// The memory pages that hold it.
    fn pages(&self) -> Range<usize> {
        self.offset..self.offset + self.size_bytes.next_multiple_of(MEMORY_PAGE_SIZE)
    }

    fn guards(&self) -> Range<usize> {
        self.pages().end..self.offset + self.allocated_bytes
    }

    /// The large pages that hold nothing else.
    fn large_pages(&self) -> Range<usize> {
        let pages = self.pages();
        pages.start.next_multiple_of(LARGE_PAGE_SIZE)..pages.end / LARGE_PAGE_SIZE * LARGE_PAGE_SIZE
    }
}

/// A promise of `count` values of `T` in the region to come.
pub struct Segment<T> {
    index: usize,
    count: usize,
    content: PhantomData<fn() -> T>,
}

impl<T> Clone for Segment<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Segment<T> {}

/// Collects what the region must hold.
pub struct RegionBuilder {
    segments: Vec<SegmentInformation>,
    end: usize,
}

impl RegionBuilder {
    pub fn new() -> RegionBuilder {
        RegionBuilder { segments: Vec::new(), end: MEMORY_PAGE_SIZE }
    }

    /// Reserves room for `count` values, all zero at first. `purpose` as in [`SegmentInformation`].
    pub fn reserve<T: Shared>(
        &mut self,
        name: &'static str,
        count: usize,
        purpose: &'static str,
    ) -> Segment<T> {
        const { assert!(align_of::<T>() <= MEMORY_PAGE_SIZE && size_of::<T>() > 0) };
        let size_bytes = count * size_of::<T>();
        if size_bytes >= LARGE_PAGE_SIZE {
            let start = self.end.next_multiple_of(LARGE_PAGE_SIZE);
            if let Some(before) = self.segments.last_mut() {
                before.allocated_bytes += start - self.end;
            }
            self.end = start;
        }
        let allocated_bytes = size_bytes.next_multiple_of(MEMORY_PAGE_SIZE) + MEMORY_PAGE_SIZE;
        self.segments.push(SegmentInformation {
            name,
            purpose,
            offset: self.end,
            size_bytes,
            allocated_bytes,
        });
        self.end += allocated_bytes;
        Segment { index: self.segments.len() - 1, count, content: PhantomData }
    }

    /// Bytes that [`RegionBuilder::build`] will map.
    pub fn size_bytes(&self) -> usize {
        self.end
    }

    /// Maps the region. Once per server, before the first fork; the mapping is never taken back.
    ///
    /// # Errors
    /// 53200 when the kernel refuses.
    pub fn build(self) -> Result<Region> {
        let failed = |cause| {
            let size = self.end;
            Error::io("could not map anonymous shared memory", &cause)
                .detail(format!("Failed system call was mmap({size})."))
        };
        let mapping = SharedMapping::new(self.end).map_err(failed)?;
        let guard = |range| mapping.protect(range, Protection::None).map_err(failed);
        guard(0..self.segments.first().map_or(MEMORY_PAGE_SIZE, |first| first.offset))?;
        for segment in &self.segments {
            guard(segment.guards())?;
        }
        Ok(Region { mapping, segments: self.segments.leak() })
    }
}

/// The mapped region. A copy is as good as the original.
#[derive(Clone, Copy)]
pub struct Region {
    mapping: SharedMapping,
    segments: &'static [SegmentInformation],
}

impl Region {
    /// The values of a segment that was reserved with this region's builder.
    pub fn slice<T: Shared>(&self, segment: Segment<T>) -> &'static [T] {
        let place = &self.segments[segment.index];
        assert_eq!(place.size_bytes, segment.count * size_of::<T>());
        // SAFETY: the range is mapped for ever, aligned to a memory page, disjoint from other segments, and holds zeros or
        // what was written through the same type, which `Shared` makes valid and free of data races.
        unsafe {
            let start = self.mapping.base().as_ptr().add(place.offset);
            std::slice::from_raw_parts(start.cast::<T>(), segment.count)
        }
    }

    /// The value of a segment reserved with a count of 1.
    pub fn one<T: Shared>(&self, segment: Segment<T>) -> &'static T {
        &self.slice(segment)[0]
    }

    /// All segments in their order.
    pub fn segments(&self) -> &'static [SegmentInformation] {
        self.segments
    }

    pub fn size_bytes(&self) -> usize {
        self.mapping.size_bytes()
    }

    /// Makes everything zero again. For the postmaster after a crash, when all other processes are gone; every structure must be
    /// initialised anew afterwards.
    pub fn clear(&self) -> Result<()> {
        assert_eq!(crate::process_slot::guards_of_thread(), 0, "the region is cleared under a lock guard");
        for segment in self.segments {
            // SAFETY: this process holds no guard, hence no reference to anything but `Shared` values, which are valid when
            // zeroed and may change at any time.
            unsafe { self.mapping.clear(segment.pages()) }
                .map_err(|cause| Error::io("could not clear shared memory", &cause))?;
        }
        Ok(())
    }

    /// For each segment that fills large pages, the places of these.
    pub fn large_pages(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        self.segments.iter().map(SegmentInformation::large_pages).filter(|places| places.start < places.end)
    }

    /// Puts the place that begins at `place` on a large page if a quarter of it is in use; whether it is now.
    ///
    /// With small pages each process takes a page fault for every few of them that it comes by, and the processor a look into the page
    /// tables for every other access to rows. Others may use the place all the while.
    /// # Errors
    /// Those of the kernel, which may not have such a page now or never.
    pub fn enlarge(&self, place: usize) -> io::Result<bool> {
        let range = place..place + LARGE_PAGE_SIZE;
        if self.mapping.count_present(range.clone())? < LARGE_PAGE_SIZE / MEMORY_PAGE_SIZE / 4 {
            return Ok(false);
        }
        self.mapping.enlarge_pages(range).map(|()| true)
    }

    /// Puts a place on a large page, used or not.
    /// # Errors
    /// As [`Region::enlarge`].
    pub fn enlarge_unused(&self, place: usize) -> io::Result<()> {
        self.mapping.touch(place);
        self.mapping.enlarge_pages(place..place + LARGE_PAGE_SIZE)
    }

    /// Takes this process's access to a segment away, wholly or for writing.
    pub fn restrict(&self, name: &str, protection: Protection) -> Result<()> {
        for segment in self.segments.iter().filter(|segment| segment.name == name) {
            self.mapping
                .protect(segment.pages(), protection)
                .map_err(|cause| Error::io("could not protect shared memory", &cause))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use system::process::{Exit, Fork, exit_immediately, fork, wait_for};

    /// Segments are separate, shared with children, and zero after clearing.
    #[test]
    fn layout_and_clearing() {
        let mut builder = RegionBuilder::new();
        let first = builder.reserve::<AtomicU64>("first", 3, "test");
        let second = builder.reserve::<AtomicU64>("second", 600, "test");
        let region = builder.build().unwrap();
        let (first, second) = (region.slice(first), region.slice(second));
        assert_eq!((first.len(), second.len()), (3, 600));
        let Fork::Parent(child) = fork().unwrap() else {
            second[599].store(7, Ordering::SeqCst);
            exit_immediately(0)
        };
        assert_eq!(wait_for(child).unwrap(), Exit::Code(0));
        assert_eq!(second[599].load(Ordering::SeqCst), 7);
        assert_eq!(first[2].load(Ordering::SeqCst), 0);
        region.clear().unwrap();
        assert_eq!(second[599].load(Ordering::SeqCst), 0);
        assert_eq!(region.segments()[1].name, "second");
    }

    /// Whoever runs over the edge of a segment, at either end, dies of it and reaches no other segment.
    #[test]
    fn guard_pages() {
        const BYTES: usize = 3 * MEMORY_PAGE_SIZE;
        let mut builder = RegionBuilder::new();
        let segments =
            ["one", "two", "three"].map(|name| builder.reserve::<AtomicU64>(name, BYTES / 8, "test"));
        let region = builder.build().unwrap();
        for segment in segments {
            let base = region.slice(segment).as_ptr().cast::<u8>().cast_mut();
            for (offset, expected) in [
                (0, Exit::Code(0)),
                (BYTES as isize - 1, Exit::Code(0)),
                (BYTES as isize, Exit::Signal(11)),
                (-1, Exit::Signal(11)),
            ] {
                let Fork::Parent(child) = fork().unwrap() else {
                    // SAFETY: inside of the segment, or faults, which is the test.
                    unsafe { base.offset(offset).write_volatile(1) };
                    exit_immediately(0)
                };
                assert_eq!(wait_for(child).unwrap(), expected, "at {offset}");
            }
        }
    }

    /// A segment that fills large pages is held by them alone, and guarded as others are.
    #[test]
    fn large_pages() {
        let mut builder = RegionBuilder::new();
        builder.reserve::<AtomicU64>("small", 1, "test");
        let large = builder.reserve::<AtomicU64>("large", 2 * LARGE_PAGE_SIZE / 8 + 1, "test");
        builder.reserve::<AtomicU64>("last", 1, "test");
        let region = builder.build().unwrap();
        let base = region.slice(large).as_ptr().addr() - region.segments()[1].offset;
        let start = region.segments()[1].offset;
        assert!(region.large_pages().eq(std::iter::once(start..start + 2 * LARGE_PAGE_SIZE)));
        assert!((base + start).is_multiple_of(LARGE_PAGE_SIZE));
        assert!(!region.enlarge(start).unwrap(), "nothing is there yet");
        let words = region.slice(large);
        words.iter().for_each(|word| word.store(7, Ordering::Relaxed));
        // What the kernel says to it is not the test's affair; that all stays in its place is.
        let _ = region.enlarge(start);
        let _ = region.enlarge_unused(start + LARGE_PAGE_SIZE);
        assert!(words.iter().all(|word| word.load(Ordering::Relaxed) == 7));
        let edge = words.as_ptr().cast::<u8>().cast_mut();
        for offset in [-1, 2 * LARGE_PAGE_SIZE as isize + MEMORY_PAGE_SIZE as isize] {
            let Fork::Parent(child) = fork().unwrap() else {
                // SAFETY: faults, which is the test.
                unsafe { edge.offset(offset).write_volatile(1) };
                exit_immediately(0)
            };
            assert_eq!(wait_for(child).unwrap(), Exit::Signal(11), "at {offset}");
        }
    }

    /// A restricted segment faults when written.
    #[test]
    fn restriction() {
        let mut builder = RegionBuilder::new();
        let segment = builder.reserve::<AtomicU64>("words", 1, "test");
        let region = builder.build().unwrap();
        let Fork::Parent(child) = fork().unwrap() else {
            region.restrict("words", Protection::ReadOnly).unwrap();
            if region.one(segment).load(Ordering::SeqCst) == 0 {
                region.one(segment).store(1, Ordering::SeqCst);
            }
            exit_immediately(0)
        };
        assert_eq!(wait_for(child).unwrap(), Exit::Signal(11));
    }
}
