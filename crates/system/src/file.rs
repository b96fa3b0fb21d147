//! Files: what the standard library does not offer.

use std::os::fd::{AsRawFd, BorrowedFd};

/// Has the kernel begin to write a file's dirty pages to the disk, without waiting. Nothing is durable by it.
pub fn start_writing(file: BorrowedFd<'_>) {
    // SAFETY: takes numbers only, and the descriptor is open as long as it is borrowed. Its outcome is of no interest: the sync that
    // follows writes what was not written, and reports what could not be.
    let _ = unsafe { libc::sync_file_range(file.as_raw_fd(), 0, 0, libc::SYNC_FILE_RANGE_WRITE) };
}
