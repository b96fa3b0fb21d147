//! Wall and monotonic time in microseconds.

use std::ffi::OsString;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Microseconds since 1970-01-01 00:00 UTC by the wall clock; may jump. Only what people read may depend on it: deadlines and
/// durations go by the monotonic clock.
///
/// In builds for development the environment variable FERRODON_CLOCK can name a file with the seconds by which a test sets it forward
/// or, negative, back.
pub fn wall_us() -> i64 {
    let true_us = true_wall_us();
    if cfg!(debug_assertions) { true_us + shift_us() } else { true_us }
}

fn shift_us() -> i64 {
    static FILE: OnceLock<Option<OsString>> = OnceLock::new();
    let Some(file) = FILE.get_or_init(|| std::env::var_os("FERRODON_CLOCK")) else { return 0 };
    let seconds = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse::<i64>().ok());
    seconds.unwrap_or(0) * 1_000_000
}

fn true_wall_us() -> i64 {
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
