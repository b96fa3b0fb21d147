//! Signals: handlers that only note what came, and the wake-up signal.
//!
//! Entry points: [`prepare_thread`] once per process, [`note`] and its siblings per signal, [`take`] to ask.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{futex, interrupt};

/// The signals the server knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Signal {
    HangUp = libc::SIGHUP,
    Interrupt = libc::SIGINT,
    Quit = libc::SIGQUIT,
    Abort = libc::SIGABRT,
    Kill = libc::SIGKILL,
    User1 = libc::SIGUSR1,
    Segmentation = libc::SIGSEGV,
    Bus = libc::SIGBUS,
    User2 = libc::SIGUSR2,
    Pipe = libc::SIGPIPE,
    Alarm = libc::SIGALRM,
    Terminate = libc::SIGTERM,
    Child = libc::SIGCHLD,
    Continue = libc::SIGCONT,
    Stop = libc::SIGSTOP,
    /// SIGURG: ends a sleep and means nothing else.
    WakeUp = libc::SIGURG,
}

/// Bit `n`: signal `n` came and was not taken yet.
static NOTED: AtomicU32 = AtomicU32::new(0);
/// Bit `n`: signal `n` is also an interrupt.
static INTERRUPTING: AtomicU32 = AtomicU32::new(0);

/// Blocks the wake-up signal outside of `poll::wait` and ignores SIGPIPE.
///
/// Called at the start of the server, and by each thread that stands for a process.
pub fn prepare_thread() -> io::Result<()> {
    set_handler(Signal::WakeUp, Handler::Nothing)?;
    set_handler(Signal::Pipe, Handler::Ignore)?;
    change_mask(libc::SIG_BLOCK, &[Signal::WakeUp])
}

/// From now on the signal is noted for [`take`].
pub fn note(signal: Signal) -> io::Result<()> {
    INTERRUPTING.fetch_and(!bit(signal), Ordering::SeqCst);
    set_handler(signal, Handler::Note)
}

/// From now on the signal is noted for [`take`] and `interrupt::check` calls its hook.
pub fn note_and_interrupt(signal: Signal) -> io::Result<()> {
    INTERRUPTING.fetch_or(bit(signal), Ordering::SeqCst);
    set_handler(signal, Handler::Note)
}

/// From now on the signal ends the process at once with this exit code, without cleaning up.
pub fn exit_at_once(signal: Signal) -> io::Result<()> {
    set_handler(signal, Handler::Exit)
}

pub fn ignore(signal: Signal) -> io::Result<()> {
    set_handler(signal, Handler::Ignore)
}

/// Back to the kernel's default.
pub fn restore_default(signal: Signal) -> io::Result<()> {
    set_handler(signal, Handler::Default)
}

/// Whether the signal came since it was last taken.
pub fn take(signal: Signal) -> bool {
    NOTED.load(Ordering::Relaxed) & bit(signal) != 0
        && NOTED.fetch_and(!bit(signal), Ordering::SeqCst) & bit(signal) != 0
}

/// Whether the signal came, without taking it.
pub fn is_noted(signal: Signal) -> bool {
    NOTED.load(Ordering::SeqCst) & bit(signal) != 0
}

/// Forgets everything noted; for a new child.
pub fn forget_all() {
    NOTED.store(0, Ordering::SeqCst);
    interrupt::clear();
}

pub fn block(signals: &[Signal]) -> io::Result<()> {
    change_mask(libc::SIG_BLOCK, signals)
}

pub fn unblock(signals: &[Signal]) -> io::Result<()> {
    change_mask(libc::SIG_UNBLOCK, signals)
}

/// Holds all signals back until the returned value is dropped; then they come.
pub(crate) fn hold_all() -> io::Result<HoldAll> {
    // SAFETY: both sets are plain bits and live across the calls; all zeros is a valid one.
    unsafe {
        let (mut all, mut before) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigfillset(&mut all);
        match libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before) {
            0 => Ok(HoldAll(before)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

pub(crate) struct HoldAll(libc::sigset_t);

impl Drop for HoldAll {
    fn drop(&mut self) {
        // SAFETY: a set that the kernel gave; setting it back cannot fail.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, std::ptr::null_mut()) };
    }
}

/// The kernel's number of this thread; equals the process's number in a single-threaded process.
pub fn current_thread() -> i32 {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::gettid() }
}

/// Ends the sleep, or the next sleep, of a thread that waits in `poll::wait`. A thread that is gone is no error.
pub fn wake_thread(process: i32, thread: i32) {
    // SAFETY: plain numbers; a wrong one yields an error code, and SIGURG is ignored by those who do not expect it.
    unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGURG) };
}

/// The kernel's words for a signal, as `Segmentation fault`.
pub fn describe(number: i32) -> String {
    // SAFETY: the answer is a NUL-terminated string that is valid until the next call, and there is one thread.
    unsafe {
        let text = libc::strsignal(number);
        if text.is_null() {
            format!("unrecognized signal {number}")
        } else {
            std::ffi::CStr::from_ptr(text).to_string_lossy().into_owned()
        }
    }
}

/// What [`exit_at_once`] exits with, as PostgreSQL's children do on SIGQUIT.
pub const QUICK_EXIT_CODE: i32 = 2;

enum Handler {
    Default,
    Ignore,
    Nothing,
    Note,
    Exit,
}

fn bit(signal: Signal) -> u32 {
    1 << signal as i32
}

extern "C" fn do_nothing(_: i32) {}

extern "C" fn exit_now(_: i32) {
    // SAFETY: async-signal-safe by POSIX.
    unsafe { libc::_exit(QUICK_EXIT_CODE) }
}

/// Rule 1: atomics, then the wake-ups of Rule 2.
extern "C" fn note_signal(number: i32) {
    // SAFETY: the location of errno is valid for the life of the thread.
    let saved = unsafe { *libc::__errno_location() };
    NOTED.fetch_or(1 << number, Ordering::SeqCst);
    if INTERRUPTING.load(Ordering::SeqCst) & (1 << number) != 0 {
        interrupt::raise();
    }
    futex::disturb_own_sleep();
    // SAFETY: getpid and gettid take nothing.
    let (process, thread) = unsafe { (libc::getpid(), libc::gettid()) };
    wake_thread(process, thread);
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = saved };
}

fn set_handler(signal: Signal, handler: Handler) -> io::Result<()> {
    // SAFETY: the structure is zeroed and then filled in; the handlers are async-signal-safe.
    let result = unsafe {
        let mut action = std::mem::zeroed::<libc::sigaction>();
        libc::sigemptyset(&mut action.sa_mask);
        action.sa_flags = libc::SA_RESTART;
        action.sa_sigaction = match handler {
            Handler::Default => libc::SIG_DFL,
            Handler::Ignore => libc::SIG_IGN,
            Handler::Nothing => do_nothing as *const () as usize,
            Handler::Note => note_signal as *const () as usize,
            Handler::Exit => exit_now as *const () as usize,
        };
        libc::sigaction(signal as i32, &action, std::ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn change_mask(how: i32, signals: &[Signal]) -> io::Result<()> {
    // SAFETY: the set is initialised by sigemptyset before use.
    let result = unsafe {
        let mut set = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&mut set);
        for signal in signals {
            libc::sigaddset(&mut set, *signal as i32);
        }
        libc::pthread_sigmask(how, &set, std::ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{self, Fork};

    /// A signal is noted once, interrupts when asked to, and ends the next sleep.
    #[test]
    fn noted_in_a_child() {
        let Fork::Parent(child) = process::fork().unwrap() else {
            prepare_thread().unwrap();
            note_and_interrupt(Signal::Terminate).unwrap();
            process::kill(process::current(), Signal::Terminate).unwrap();
            let woken = crate::poll::wait(&mut [], None).unwrap() == crate::poll::Outcome::Signal;
            let right =
                woken && interrupt::is_pending() && take(Signal::Terminate) && !take(Signal::Terminate);
            process::exit_immediately(if right { 0 } else { 1 })
        };
        assert_eq!(process::wait_for(child).unwrap(), process::Exit::Code(0));
    }
}
