//! What a fenced process cannot do any more, each tried in a process of its own.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use system::process::{self, Exit, Fork};

/// Whether `attempt` holds in a fenced process whose cluster is a directory of its own.
fn holds(attempt: fn(&Path) -> bool) -> bool {
    let cluster = tempfile::tempdir().unwrap();
    let Fork::Parent(child) = process::fork().unwrap() else {
        let entered = sandbox::enter(cluster.path(), &[]).is_ok();
        process::exit_immediately(if entered && attempt(cluster.path()) { 0 } else { 1 })
    };
    process::wait_for(child).unwrap() == Exit::Code(0)
}

fn is_refused<T>(outcome: std::io::Result<T>) -> bool {
    outcome.is_err_and(|cause| cause.kind() == std::io::ErrorKind::PermissionDenied)
}

#[test]
fn no_program_is_run() {
    assert!(holds(|_| is_refused(std::process::Command::new("/bin/true").status())));
}

#[test]
fn no_socket_is_opened() {
    assert!(holds(|_| is_refused(TcpListener::bind("127.0.0.1:0"))));
    assert!(holds(|_| is_refused(TcpStream::connect("127.0.0.1:1"))));
    assert!(holds(|cluster| is_refused(UnixListener::bind(cluster.join("socket")))));
    assert!(holds(|cluster| is_refused(UnixStream::connect(cluster.join("socket")))));
}

#[test]
fn no_file_elsewhere_is_opened() {
    assert!(holds(|_| is_refused(std::fs::read("/etc/passwd"))));
    assert!(holds(|_| is_refused(std::fs::write("/tmp/ferrodon-sandbox", "x"))));
    assert!(holds(|_| is_refused(std::fs::read_dir("/"))));
    assert!(holds(|cluster| is_refused(std::os::unix::fs::symlink("/etc/passwd", cluster.join("link")))));
}

#[test]
fn no_other_process_is_traced_and_no_code_is_made() {
    assert!(holds(|_| is_refused(std::fs::read("/proc/1/mem"))));
    assert!(holds(|_| is_refused(std::thread::Builder::new().spawn(|| ()))));
}

/// What the server does all the time goes on.
#[test]
fn its_own_files_stay_in_reach() {
    assert!(holds(|cluster| {
        let (from, to) = (cluster.join("a"), cluster.join("b"));
        let made = std::fs::create_dir(cluster.join("d")).is_ok()
            && std::fs::File::create(&from)
                .is_ok_and(|mut file| file.write_all(b"x").and(file.sync_all()).is_ok())
            && std::fs::rename(&from, &to).is_ok()
            && std::fs::read(&to).is_ok_and(|bytes| bytes == b"x");
        let memory = vec![1u8; 64 << 20];
        made && std::fs::remove_file(to).is_ok() && memory.iter().all(|byte| *byte == 1)
    }));
}
