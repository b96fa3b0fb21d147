//! Large memory pages: for the program's own code, and for other memory only where it asks for them.
//!
//! A forked process finds none of the pages of a program's file in its page tables: it takes a fault for each 64 kB of code that
//! it comes by, and gives all of them back when it ends. Anonymous memory is there from the start, and in pages of 2 MB it
//! takes one entry of a table each, and one of the processor's translation cache. Data that parent and child go on writing is better
//! kept in small ones: a large page that both have has to be taken apart by each child that writes to it.

use std::fs;
use std::io;
use std::ops::Range;
use std::ptr;

use rustix::mm::{
    Advice, MapFlags, MprotectFlags, MremapFlags, ProtFlags, madvise, mmap_anonymous, mprotect, mremap_fixed,
    munmap,
};

use crate::memory::LARGE_PAGE_SIZE;

/// Replaces the program's code, as far as it fills large pages, by a copy on such pages; gives its bytes, 0 where there are no
/// large pages to be had.
///
/// At no time is memory writable and executable. Tools that name functions by a mapping's file do not know those of the copy.
/// # Errors
/// Those of the kernel, which may let nobody make code; all is as before then.
pub fn use_large_pages() -> io::Result<usize> {
    let offer = offer();
    if !offer.contains("[madvise]") && !offer.contains("[always]") {
        return Ok(0);
    }
    let Some(code) = own_code()? else { return Ok(0) };
    let start = code.start.next_multiple_of(LARGE_PAGE_SIZE);
    let end = code.end / LARGE_PAGE_SIZE * LARGE_PAGE_SIZE;
    if start >= end {
        return Ok(0);
    }
    let size = end - start;
    let spare = size + LARGE_PAGE_SIZE;
    // SAFETY: a new mapping at an address of the kernel's choice aliases nothing.
    let mapped = unsafe {
        mmap_anonymous(ptr::null_mut(), spare, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
    }?;
    let lead = mapped.addr().next_multiple_of(LARGE_PAGE_SIZE) - mapped.addr();
    // SAFETY: the mapping is larger than what is wanted by a large page.
    let (copy, rest) = unsafe { (mapped.byte_add(lead), mapped.byte_add(lead + size)) };
    let moved = (|| {
        // SAFETY: the range is of the new mapping, and the advice changes no content.
        unsafe { madvise(copy, size, Advice::LinuxHugepage) }?;
        // SAFETY: the code is readable, nobody writes it, and the copy is ours alone.
        unsafe { ptr::copy_nonoverlapping(ptr::with_exposed_provenance::<u8>(start), copy.cast(), size) };
        // SAFETY: nobody else knows the copy.
        unsafe { mprotect(copy, size, MprotectFlags::READ | MprotectFlags::EXEC) }?;
        // SAFETY: the very bytes that lie there take the place of the code, in one step of the kernel's.
        unsafe {
            mremap_fixed(copy, size, size, MremapFlags::MAYMOVE, ptr::with_exposed_provenance_mut(start))
        }
    })();
    // SAFETY: these parts of the mapping are used by nobody.
    unsafe {
        if lead > 0 {
            let _ = munmap(mapped, lead);
        }
        if lead < LARGE_PAGE_SIZE {
            let _ = munmap(rest, LARGE_PAGE_SIZE - lead);
        }
        if moved.is_err() {
            let _ = munmap(copy, size);
        }
    }
    moved.map(|_| size).map_err(io::Error::from)
}

/// Which memory of this process and its later children the kernel may put on large pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LargePages {
    Nowhere,
    /// Where they are asked for.
    Asked,
    /// As the system's administrator wants it.
    Everywhere,
}

/// Chooses that.
/// # Errors
/// On a kernel that cannot choose like that.
pub fn allow_large_pages(allowed: LargePages) -> io::Result<()> {
    /// `PR_THP_DISABLE_EXCEPT_ADVISED` of the kernel's `prctl.h`, since Linux 6.18.
    const EXCEPT_ADVISED: libc::c_ulong = 1 << 1;
    let disable = |is_disabled: bool, flags: libc::c_ulong| {
        // SAFETY: changes how pages are given out from now on, not what lies in memory.
        match unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, libc::c_ulong::from(is_disabled), flags, 0, 0) }
        {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    };
    match allowed {
        LargePages::Nowhere => disable(true, 0),
        LargePages::Everywhere => disable(false, 0),
        LargePages::Asked => disable(true, EXCEPT_ADVISED).or_else(|cause| {
            // An older kernel gives them to all or to none, unless the administrator wants them asked for anyway.
            if offer().contains("[always]") { Err(cause) } else { disable(false, 0) }
        }),
    }
}

/// The administrator's choice, the one in brackets.
fn offer() -> String {
    fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default()
}

/// Where the program's code lies: its one executable mapping.
fn own_code() -> io::Result<Option<Range<usize>>> {
    let program = fs::read_link("/proc/self/exe")?;
    let maps = fs::read_to_string("/proc/self/maps")?;
    let code = maps.lines().find(|line| {
        line.contains(" r-xp ") && program.to_str().is_some_and(|program| line.ends_with(program))
    });
    Ok(code.and_then(|line| {
        let (start, end) = line.split(' ').next()?.split_once('-')?;
        let address = |text| usize::from_str_radix(text, 16).ok();
        Some(address(start)?..address(end)?)
    }))
}
