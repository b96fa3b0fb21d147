//! Processes: fork, reap, kill, title, account.
//!
//! Rule 4: `fork` is for single-threaded processes.

use std::cell::Cell;
use std::ffi::CString;
use std::io;
use std::sync::OnceLock;

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::signal::{self, Signal};

/// What the stack of a process may grow to.
const STACK_BYTES: u64 = 120 << 20;

/// Lets the stack of this process and its children grow, as far as the machine's own limit allows. The kernel keeps 128 MiB of
/// addresses free for it, whatever the limit was at the start.
pub fn widen_stack() -> io::Result<()> {
    let mut limit = getrlimit(Resource::Stack);
    if limit.current.is_none_or(|current| current >= STACK_BYTES) {
        return Ok(());
    }
    limit.current = Some(limit.maximum.map_or(STACK_BYTES, |maximum| maximum.min(STACK_BYTES)));
    Ok(setrlimit(Resource::Stack, limit)?)
}

/// What the stack of this process may grow to, in bytes; `None` for no limit.
pub fn stack_limit() -> Option<u64> {
    getrlimit(Resource::Stack).current
}

/// Whether this process and its children may leave core dumps, which also decides whether processes of the same account may read
/// their memory.
pub fn allow_core_dumps(are_allowed: bool) -> io::Result<()> {
    // SAFETY: a call without pointers.
    match unsafe { libc::prctl(libc::PR_SET_DUMPABLE, libc::c_ulong::from(are_allowed), 0, 0, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// A process's number.
pub type ProcessId = i32;

/// Which side of the fork we are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fork {
    Parent(ProcessId),
    Child,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// A signal of this number killed it.
    Signal(i32),
}

/// Splits the process in two. What was noted of signals stays with the parent; what is sent to the child from its first moment on
/// is the child's.
pub fn fork() -> io::Result<Fork> {
    let _all = signal::hold_all()?;
    // SAFETY: Rule 4: there is no other thread that could hold a lock the child needs.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            signal::forget_all();
            Ok(Fork::Child)
        }
        child => Ok(Fork::Parent(child)),
    }
}

/// Reaps one ended child if there is one; does not wait.
pub fn reap() -> io::Result<Option<(ProcessId, Exit)>> {
    wait_for_status(-1, libc::WNOHANG)
}

/// Waits for one child to end.
pub fn wait_for(child: ProcessId) -> io::Result<Exit> {
    wait_for_status(child, 0)?.map(|(_, exit)| exit).ok_or_else(|| io::ErrorKind::NotFound.into())
}

fn wait_for_status(child: ProcessId, flags: i32) -> io::Result<Option<(ProcessId, Exit)>> {
    loop {
        let mut status = 0;
        // SAFETY: the pointer is to a live integer.
        match unsafe { libc::waitpid(child, &mut status, flags) } {
            -1 => {
                let error = io::Error::last_os_error();
                match error.raw_os_error() {
                    Some(libc::EINTR) => {}
                    Some(libc::ECHILD) if child == -1 => return Ok(None),
                    _ => return Err(error),
                }
            }
            0 => return Ok(None),
            ended if libc::WIFEXITED(status) => {
                return Ok(Some((ended, Exit::Code(libc::WEXITSTATUS(status)))));
            }
            ended => return Ok(Some((ended, Exit::Signal(libc::WTERMSIG(status))))),
        }
    }
}

/// Sends a signal. A negative number addresses a process group.
pub fn kill(process: ProcessId, signal: Signal) -> io::Result<()> {
    // SAFETY: plain numbers.
    if unsafe { libc::kill(process, signal as i32) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Whether a process of this number exists, ours or not.
pub fn exists(process: ProcessId) -> bool {
    // SAFETY: signal 0 only asks.
    unsafe { libc::kill(process, 0) == 0 || *libc::__errno_location() == libc::EPERM }
}

pub fn current() -> ProcessId {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::getpid() }
}

pub fn parent() -> ProcessId {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::getppid() }
}

/// Ends the process without running destructors or exit handlers.
pub fn exit_immediately(code: i32) -> ! {
    // SAFETY: never returns.
    unsafe { libc::_exit(code) }
}

/// Makes this process the leader of a new session, out of reach of the terminal and of signals to its former group.
pub fn start_session() -> io::Result<()> {
    // SAFETY: takes nothing.
    if unsafe { libc::setsid() } == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Has the kernel send `signal` to this process when its parent ends, even if it just has.
pub fn die_with_parent(signal: Signal, expected_parent: ProcessId) -> io::Result<()> {
    // SAFETY: plain numbers.
    if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal as libc::c_ulong, 0, 0, 0) } != 0 {
        return Err(io::Error::last_os_error());
    }
    if parent() != expected_parent { kill(current(), signal) } else { Ok(()) }
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// User and group of an account, named or numeric (`1000` or `1000:1000`).
pub fn account(name: &str) -> io::Result<(u32, u32)> {
    if let Some((user, group)) = name.split_once(':')
        && let (Ok(user), Ok(group)) = (user.parse(), group.parse())
    {
        return Ok((user, group));
    }
    if let Ok(number) = name.parse() {
        return Ok((number, number));
    }
    let name = CString::new(name).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the name is NUL-terminated; the answer is read before the next call, in a single-threaded process.
    unsafe {
        let entry = libc::getpwnam(name.as_ptr());
        if entry.is_null() {
            Err(io::ErrorKind::NotFound.into())
        } else {
            Ok(((*entry).pw_uid, (*entry).pw_gid))
        }
    }
}

/// The user this process acts as.
pub fn user() -> u32 {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}

/// The name of a user's account.
pub fn account_name(user: u32) -> Option<String> {
    // SAFETY: the answer is read before the next call, in a single-threaded process.
    unsafe {
        let entry = libc::getpwuid(user);
        if entry.is_null() {
            return None;
        }
        std::ffi::CStr::from_ptr((*entry).pw_name).to_str().ok().map(str::to_string)
    }
}

/// The permissions that new files do not get; gives the former mask.
pub fn set_file_mask(mask: u32) -> u32 {
    // SAFETY: a plain number.
    unsafe { libc::umask(mask) }
}

/// Gives up root for good and becomes this user and group, with no supplementary groups.
pub fn become_account(user: u32, group: u32) -> io::Result<()> {
    // SAFETY: plain numbers; an empty group list may have any pointer.
    let done = unsafe {
        libc::setgroups(0, std::ptr::null()) == 0
            && libc::setresgid(group, group, group) == 0
            && libc::setresuid(user, user, user) == 0
    };
    if done { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Where the kernel shows the process's arguments, as address and length.
static TITLE_AREA: OnceLock<Option<(usize, usize)>> = OnceLock::new();

thread_local! {
    /// The length of the title; before the first, everything is to be cleared.
    static TITLE_END: Cell<usize> = const { Cell::new(usize::MAX) };
    /// What the kernel was last told.
    static KERNEL_NAME: Cell<[u8; 16]> = const { Cell::new([0; 16]) };
}

unsafe extern "C" {
    static mut environ: *mut *mut libc::c_char;
}

/// Shows `title` as the process's name in `ps`, as long as the original arguments and environment leave room.
///
/// The first call moves the environment out of the way; make it while single-threaded, and read the arguments
/// before it, as they are overwritten.
pub fn set_title(title: &str) {
    put_title(0, title.as_bytes());
    let mut name = [0; 16];
    let length = title.len().min(name.len() - 1);
    name[..length].copy_from_slice(&title.as_bytes()[..length]);
    if KERNEL_NAME.replace(name) != name {
        // SAFETY: a NUL-terminated string of at most 16 bytes.
        unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr(), 0, 0, 0) };
    }
}

/// Replaces what follows the first `start` bytes of the title, which are more than the 15 that the kernel has of it elsewhere.
pub fn set_title_end(start: usize, end: &str) {
    put_title(start, end.as_bytes());
}

fn put_title(start: usize, text: &[u8]) {
    let Some((address, length)) = *TITLE_AREA.get_or_init(claim_title_area) else { return };
    let start = start.min(length - 1);
    let shown = &text[..text.len().min(length - 1 - start)];
    let end = start + shown.len();
    let old_end = TITLE_END.replace(end).clamp(end, length);
    // SAFETY: the area was claimed for this purpose: nothing of ours points into it any more; all is within its length.
    unsafe {
        let area = address as *mut u8;
        std::ptr::copy_nonoverlapping(shown.as_ptr(), area.add(start), shown.len());
        std::ptr::write_bytes(area.add(end), 0, old_end - end);
    }
}

fn claim_title_area() -> Option<(usize, usize)> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Fields are counted from 3 behind the parenthesis: 48 is the start of the arguments, 49 their end.
    let fields: Vec<usize> =
        stat.rsplit_once(')')?.1.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    let (start, arguments_end) = (*fields.get(45)?, *fields.get(46)?);
    let (environment_start, environment_end) = (*fields.get(47)?, *fields.get(48)?);
    if start == 0 || arguments_end <= start {
        return None;
    }
    if environment_start != arguments_end || environment_end < environment_start {
        return Some((start, arguments_end - start));
    }
    // SAFETY: environ is a NULL-terminated array of NUL-terminated strings; each moves to a copy that is never freed.
    unsafe {
        let mut entry = environ;
        while !entry.is_null() && !(*entry).is_null() {
            let text = *entry as usize;
            if (environment_start..environment_end).contains(&text) {
                *entry = libc::strdup(*entry);
            }
            entry = entry.add(1);
        }
    }
    Some((start, environment_end - start))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The way a child ends is told apart, and reaping reports nothing when there is nothing.
    #[test]
    fn exits_are_typed() {
        match fork().unwrap() {
            Fork::Child => exit_immediately(3),
            Fork::Parent(child) => assert_eq!(wait_for(child).unwrap(), Exit::Code(3)),
        }
        match fork().unwrap() {
            Fork::Child => {
                let _ = kill(current(), Signal::Kill);
                exit_immediately(0)
            }
            Fork::Parent(child) => assert_eq!(wait_for(child).unwrap(), Exit::Signal(9)),
        }
    }

    /// The title must show in the kernel's view and the environment must survive it.
    #[test]
    fn title_is_seen() {
        let path = std::env::var("PATH");
        let Fork::Parent(child) = fork().unwrap() else {
            set_title("ferrodon: tester");
            let shown = std::fs::read("/proc/self/cmdline").unwrap_or_default();
            let right = shown.starts_with(b"ferrodon: tester") && std::env::var("PATH") == path;
            exit_immediately(if right { 0 } else { 1 })
        };
        assert_eq!(wait_for(child).unwrap(), Exit::Code(0));
    }

    #[test]
    fn accounts() {
        assert_eq!(account("12:34").unwrap(), (12, 34));
        assert_eq!(account("77").unwrap(), (77, 77));
        assert_eq!(account("root").unwrap(), (0, 0));
        assert!(account("no such account").is_err());
    }
}
