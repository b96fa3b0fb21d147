//! One shared anonymous mapping, the protection of its ranges and large pages for them; giving back memory of the process's own.
//!
//! The mapping is inherited by every forked child at the same address and never unmapped. What lies in it is `shared_memory`'s business.

use std::io;
use std::ops::Range;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU8, Ordering};

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect};

/// Granularity of protection.
pub const MEMORY_PAGE_SIZE: usize = 4096;
/// Bytes of a large page.
pub const LARGE_PAGE_SIZE: usize = 2 << 20;
/// `MADV_COLLAPSE` of the kernel's `mman-common.h`, since Linux 6.1.
const COLLAPSE: libc::c_int = 25;

/// Has the allocator return to the system what it keeps of freed memory for the next who asks.
///
/// Costs a look through all of its pages, and page faults afterwards: for a process that rests.
pub fn give_back() {
    // SAFETY: may be called at any time; it moves nothing that is in use.
    unsafe { libmimalloc_sys::mi_collect(true) };
}

/// What a process may do with a range of the mapping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protection {
    None,
    ReadOnly,
    ReadWrite,
}

/// A shared mapping, zeroed, readable and writable, never executable nor part of a core dump; it stays until the process ends.
#[derive(Clone, Copy)]
pub struct SharedMapping {
    base: NonNull<u8>,
    size_bytes: usize,
}

// SAFETY: the address is the same for all threads and never becomes invalid; access rules are the user's.
unsafe impl Send for SharedMapping {}
// SAFETY: as above.
unsafe impl Sync for SharedMapping {}

impl SharedMapping {
    /// `size_bytes` is rounded up to whole memory pages; the mapping begins where a large page can.
    pub fn new(size_bytes: usize) -> io::Result<SharedMapping> {
        let size_bytes = size_bytes.next_multiple_of(MEMORY_PAGE_SIZE);
        let room = size_bytes + LARGE_PAGE_SIZE;
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing.
        let reserved =
            unsafe { mmap_anonymous(ptr::null_mut(), room, ProtFlags::empty(), MapFlags::PRIVATE) }?;
        let lead = reserved.addr().next_multiple_of(LARGE_PAGE_SIZE) - reserved.addr();
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: the new mapping lies within the reserved one, which nobody uses.
        let address = unsafe {
            let start = reserved.byte_add(lead);
            mmap_anonymous(start, size_bytes, ProtFlags::READ | ProtFlags::WRITE, flags)
        }?;
        // It holds everybody's rows. A kernel that does not know the advice has no better one.
        // SAFETY: the range was mapped just now, and the advice changes no content.
        let _ = unsafe { madvise(address, size_bytes, Advice::LinuxDontDump) };
        let base = NonNull::new(address.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(SharedMapping { base, size_bytes })
    }

    pub fn base(&self) -> NonNull<u8> {
        self.base
    }

    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Changes what *this process* (and its later children) may do with a range of whole memory pages.
    ///
    /// A forbidden access afterwards is a SIGSEGV.
    pub fn protect(&self, range: Range<usize>, protection: Protection) -> io::Result<()> {
        let flags = match protection {
            Protection::None => MprotectFlags::empty(),
            Protection::ReadOnly => MprotectFlags::READ,
            Protection::ReadWrite => MprotectFlags::READ | MprotectFlags::WRITE,
        };
        let (address, length) = self.check(range);
        // SAFETY: the range lies in our mapping; losing access faults, it does not corrupt.
        unsafe { mprotect(address.cast(), length, flags) }?;
        Ok(())
    }

    /// Gives the range's memory back; it reads as zeros from now on, in all processes.
    ///
    /// # Safety
    /// Nobody holds a reference to data in the range that may not turn to zeros under it.
    pub unsafe fn clear(&self, range: Range<usize>) -> io::Result<()> {
        let (address, length) = self.check(range);
        // SAFETY: the range lies in our mapping; the caller vouches for what lies there.
        unsafe { madvise(address.cast(), length, Advice::LinuxRemove) }?;
        Ok(())
    }

    /// How many of the range's memory pages are there, whichever process brought them.
    pub fn count_present(&self, range: Range<usize>) -> io::Result<usize> {
        let (address, length) = self.check(range);
        let mut present = vec![0; length / MEMORY_PAGE_SIZE];
        // SAFETY: the range lies in our mapping, and there is a byte for each of its pages.
        match unsafe { libc::mincore(address.cast(), length, present.as_mut_ptr()) } {
            0 => Ok(present.iter().filter(|page| **page & 1 != 0).count()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Moves what the range holds to large pages, which it must consist of. All processes may go on using it meanwhile.
    /// # Errors
    /// EINVAL from a kernel that cannot and where nothing is there yet; ENOMEM and EAGAIN when there is no large page to be had now.
    pub fn enlarge_pages(&self, range: Range<usize>) -> io::Result<()> {
        let (address, length) = self.check(range);
        // SAFETY: the range lies in our mapping, and its content stays.
        match unsafe { libc::madvise(address.cast(), length, COLLAPSE) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Has the kernel provide a page of memory where there is none yet.
    pub fn touch(&self, at: usize) {
        let (address, _) = self.check(at..at + MEMORY_PAGE_SIZE);
        // SAFETY: the byte lies in our mapping; as an atomic it may be read while others write.
        unsafe { AtomicU8::from_ptr(address) }.load(Ordering::Relaxed);
    }

    fn check(&self, range: Range<usize>) -> (*mut u8, usize) {
        assert!(range.start.is_multiple_of(MEMORY_PAGE_SIZE) && range.end.is_multiple_of(MEMORY_PAGE_SIZE));
        assert!(range.start <= range.end && range.end <= self.size_bytes);
        // SAFETY: checked to lie within the mapping.
        (unsafe { self.base.as_ptr().add(range.start) }, range.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{self, Fork};

    /// Both sides of a fork see the same memory, and clearing it returns zeros.
    #[test]
    fn shared_with_child_and_clearable() {
        let mapping = SharedMapping::new(100).unwrap();
        assert_eq!(mapping.size_bytes(), MEMORY_PAGE_SIZE);
        match process::fork().unwrap() {
            Fork::Child => {
                // SAFETY: within the mapping; the parent reads only after the child has ended.
                unsafe { mapping.base().as_ptr().write(7) };
                process::exit_immediately(0)
            }
            Fork::Parent(child) => assert_eq!(process::wait_for(child).unwrap(), process::Exit::Code(0)),
        }
        // SAFETY: within the mapping, nobody writes.
        assert_eq!(unsafe { mapping.base().as_ptr().read_volatile() }, 7);
        // SAFETY: no references exist.
        unsafe { mapping.clear(0..MEMORY_PAGE_SIZE) }.unwrap();
        // SAFETY: within the mapping, nobody writes.
        assert_eq!(unsafe { mapping.base().as_ptr().read_volatile() }, 0);
    }

    /// A guard range must stop a stray write.
    #[test]
    fn guard_faults() {
        let mapping = SharedMapping::new(MEMORY_PAGE_SIZE).unwrap();
        mapping.protect(0..MEMORY_PAGE_SIZE, Protection::None).unwrap();
        match process::fork().unwrap() {
            Fork::Child => {
                // SAFETY: faults, which is the test.
                unsafe { mapping.base().as_ptr().write_volatile(7) };
                process::exit_immediately(0)
            }
            Fork::Parent(child) => {
                assert!(matches!(process::wait_for(child).unwrap(), process::Exit::Signal(11)))
            }
        }
    }
}
