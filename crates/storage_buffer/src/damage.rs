//! What becomes of a page that was read and is not what was written there.
//!
//! As a rule it is an error. A session may ask for more lenience, to save what can be saved: `ignore_checksum_failure` takes a page
//! whose header is sane, `zero_damaged_pages` makes an empty one of it, in memory only until somebody changes it.

use std::cell::Cell;

use error::{Error, Severity, sqlstate};
use storage_file::relation_path;
use storage_page::{PageBytes, PageRef, compute_checksum, stored_checksum, verify_checksum};

use crate::descriptor::BufferTag;
use crate::pool::BufferPool;

#[derive(Clone, Copy)]
struct Lenience {
    zero_pages: bool,
    ignore_checksums: bool,
    /// Receives LOG and WARNING reports.
    observer: Option<fn(Error)>,
}

thread_local! {
    static LENIENCE: Cell<Lenience> =
        const { Cell::new(Lenience { zero_pages: false, ignore_checksums: false, observer: None }) };
}

impl BufferPool {
    /// How this process deals with damaged pages from now on, and who is told of them.
    pub fn set_lenience(&self, zero_pages: bool, ignore_checksums: bool, observer: fn(Error)) {
        LENIENCE.set(Lenience { zero_pages, ignore_checksums, observer: Some(observer) });
    }
}

/// Looks at a page that was just read and that nobody else can see yet.
///
/// # Errors
/// XX001 for a damaged page, unless the process is lenient.
pub(crate) fn check(page: &mut PageBytes, tag: BufferTag) -> Result<(), Error> {
    let fits = verify_checksum(page, tag.address());
    let is_sane = PageRef::new(page).check_header().is_ok();
    if fits && is_sane {
        return Ok(());
    }
    let lenience = LENIENCE.get();
    let tell = |error: Error, severity| {
        if let Some(observer) = lenience.observer {
            observer(error.with_severity(severity));
        }
    };
    let place = || format!("block {} of relation \"{}\"", tag.block, relation_path(tag.file, tag.fork));
    if !fits {
        let message = format!(
            "page verification failed, calculated checksum {} but expected {}",
            compute_checksum(page, tag.address()),
            stored_checksum(page)
        );
        tell(Error::corrupted(message), Severity::Log);
    }
    if is_sane && lenience.ignore_checksums {
        tell(Error::corrupted(format!("ignoring checksum failure in {}", place())), Severity::Warning);
        return Ok(());
    }
    if lenience.zero_pages {
        page.fill(0);
        tell(Error::corrupted(format!("invalid page in {}; zeroing out page", place())), Severity::Warning);
        return Ok(());
    }
    Err(Error::new(sqlstate::DATA_CORRUPTED, format!("invalid page in {}", place())))
}
