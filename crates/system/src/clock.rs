//! Wall and monotonic time in microseconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Microseconds since 1970-01-01 00:00 UTC by the wall clock; may jump.
pub fn wall_us() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_micros() as i64,
        Err(before) => -(before.duration().as_micros() as i64),
    }
}

/// Microseconds since an arbitrary point, the same for all processes of this machine; never goes back.
pub fn monotonic_us() -> u64 {
    monotonic().as_micros() as u64
}

/// Nanoseconds of the same clock as [`monotonic_us`].
pub fn monotonic_ns() -> u64 {
    monotonic().as_nanos() as u64
}

fn monotonic() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live timespec; CLOCK_MONOTONIC always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
