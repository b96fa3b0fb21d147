//! The real binary in temporary directories: start, stop, crash, and what it says when it cannot.
//!
//! The tests run as root and as an ordinary user; clients are sockets of the test's own and, where it is installed, psql.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// A directory for one cluster and its socket, with a port of its own.
struct Site {
    root: tempfile::TempDir,
    port: u16,
}

impl Site {
    fn new() -> Site {
        let root = tempfile::Builder::new().prefix("ferrodon").tempdir_in("/tmp").unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Site { root, port }
    }

    fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferrodon"));
        command.arg(words[0]).arg("-D").arg(self.data()).args(&words[1..]).output().unwrap()
    }

    fn start(&self, more: &[&str]) -> Output {
        let port = self.port.to_string();
        let sockets = self.root.path().to_str().unwrap();
        let mut words = vec!["start", "--background", "-p", &port, "-k", sockets];
        words.extend(more);
        self.run(&words)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.data().join("server.log")).unwrap_or_default()
    }

    fn wait_for_log(&self, text: &str, count: usize) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.log().matches(text).count() < count {
            assert!(Instant::now() < deadline, "no {count} times {text:?} in:\n{}", self.log());
            std::thread::yield_now();
        }
    }

    fn connect(&self) -> UnixStream {
        UnixStream::connect(self.root.path().join(format!(".s.PGSQL.{}", self.port))).unwrap()
    }

    /// The process with this title that the server started.
    fn child(&self, title: &str) -> String {
        let pid_file = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let postmaster = pid_file.lines().next().unwrap();
        let has_title = |child: &&str| {
            std::fs::read(format!("/proc/{child}/cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(title))
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let list = format!("/proc/{postmaster}/task/{postmaster}/children");
            let children = std::fs::read_to_string(list).unwrap();
            if let Some(child) = children.split_whitespace().find(has_title) {
                return child.to_string();
            }
            assert!(Instant::now() < deadline, "no {title}");
            std::thread::yield_now();
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.run(&["stop", "-m", "immediate"]);
    }
}

#[track_caller]
fn check_success(output: &Output) {
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn send_startup(stream: &mut UnixStream, version: u32, user: &str) {
    let mut body = version.to_be_bytes().to_vec();
    body.extend_from_slice(format!("user\0{user}\0\0").as_bytes());
    stream.write_all(&(body.len() as u32 + 4).to_be_bytes()).unwrap();
    stream.write_all(&body).unwrap();
}

/// Messages up to and with one of kind `last`, or the end of the stream.
fn read_until(stream: &mut UnixStream, last: u8) -> Vec<(u8, Vec<u8>)> {
    let mut messages = Vec::new();
    loop {
        let mut head = [0; 5];
        if stream.read_exact(&mut head).is_err() {
            return messages;
        }
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize - 4;
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        messages.push((head[0], body));
        if head[0] == last {
            return messages;
        }
    }
}

/// Supervisors signal the whole process group: it is the postmaster that ends its children, in order.
#[test]
fn a_signal_to_the_group_is_a_shutdown_in_order() {
    let site = Site::new();
    check_success(&site.start(&[]));
    let mut client = site.connect();
    send_startup(&mut client, 3 << 16, "postgres");
    read_until(&mut client, b'Z');
    let pid_file = std::fs::read_to_string(site.data().join("postmaster.pid")).unwrap();
    let group = format!("-{}", pid_file.lines().next().unwrap());
    assert!(Command::new("kill").args(["-TERM", "--", &group]).status().unwrap().success());
    site.wait_for_log("received smart shutdown request", 1);
    // Its session is not disturbed.
    client.write_all(b"Q\0\0\0\x0dselect 1\0").unwrap();
    assert!(read_until(&mut client, b'Z').iter().any(|(kind, _)| *kind == b'D'));
    drop(client);
    site.wait_for_log("database system is shut down", 1);
    assert!(!site.log().contains("abnormal"), "{}", site.log());
}

/// A whole life: made at the first start, stopped, known as stopped, restarted with its options.
#[test]
fn start_stop_restart_status() {
    let site = Site::new();
    check_success(&site.start(&[]));
    check_success(&site.run(&["status"]));
    let second = site.start(&[]);
    assert!(!second.status.success());
    assert!(text(&second.stderr).contains("lock file \"postmaster.pid\" already exists"));
    check_success(&site.run(&["reload"]));
    site.wait_for_log("received SIGHUP, reloading configuration files", 1);
    // A fault in a file does not hurt a running server; a restart with it would fail.
    let configuration = site.data().join("postgresql.conf");
    let good = std::fs::read_to_string(&configuration).unwrap();
    std::fs::write(&configuration, "work_mem = many\nmax_connections = 7\n").unwrap();
    check_success(&site.run(&["reload"]));
    site.wait_for_log("contains errors; unaffected changes were applied", 1);
    site.wait_for_log("parameter \"max_connections\" cannot be changed without restarting the server", 1);
    std::fs::write(&configuration, good).unwrap();
    check_success(&site.run(&["restart"]));
    let pid_file = std::fs::read_to_string(site.data().join("postmaster.pid")).unwrap();
    let lines: Vec<&str> = pid_file.lines().collect();
    assert_eq!(lines[3], site.port.to_string());
    assert_eq!(lines[7], "ready   ");
    check_success(&site.run(&["stop", "-m", "smart"]));
    assert_eq!(site.run(&["status"]).status.code(), Some(3));
    assert!(!site.data().join("postmaster.pid").exists());
    assert!(!site.root.path().join(format!(".s.PGSQL.{}", site.port)).exists());
    check_success(&site.run(&["checksums"]));
    assert!(text(&site.run(&["controldata"]).stdout).contains("shut down"));
    assert!(text(&site.run(&["waldump"]).stdout).contains("CHECKPOINT_SHUTDOWN"));
    assert!(!site.log().contains("PANIC"), "{}", site.log());
}

/// When a process dies badly the others are stopped, the log is replayed, and clients are let in again; the ready session is gone.
#[test]
fn crash_of_a_child() {
    let site = Site::new();
    check_success(&site.start(&[]));
    let mut session = site.connect();
    send_startup(&mut session, 3 << 16, "postgres");
    assert_eq!(read_until(&mut session, b'Z').last().unwrap().1, b"I");
    let victim = site.child("background writer");
    check_success(&Command::new("kill").args(["-SEGV", &victim]).output().unwrap());
    site.wait_for_log("database system is ready to accept connections", 2);
    assert!(site.log().contains("was terminated by signal 11: Segmentation fault"));
    assert!(site.log().contains("all server processes terminated; reinitializing"));
    assert!(read_until(&mut session, b'Z').is_empty());
    let mut session = site.connect();
    send_startup(&mut session, 3 << 16, "postgres");
    assert_eq!(read_until(&mut session, b'Z').last().unwrap().1, b"I");
    drop(session);
    check_success(&site.run(&["stop"]));
}

/// A postmaster that is killed takes its children with it, and the next one is not hindered by what it left.
#[test]
fn killed_postmaster() {
    let site = Site::new();
    check_success(&site.start(&[]));
    let pid_file = std::fs::read_to_string(site.data().join("postmaster.pid")).unwrap();
    let postmaster = pid_file.lines().next().unwrap();
    check_success(&Command::new("kill").args(["-KILL", postmaster]).output().unwrap());
    check_success(&site.start(&[]));
    assert!(site.log().contains("was not properly shut down; automatic recovery in progress"));
    check_success(&site.run(&["stop"]));
}

/// The words of the protocol before a session: key lengths by version, a newer minor version, unknown roles, garbage.
#[test]
fn startup_packets() {
    let site = Site::new();
    check_success(&site.start(&["-c", "authentication_timeout=1"]));
    for (version, key_length) in [(3 << 16, 4), (3 << 16 | 2, 32)] {
        let mut session = site.connect();
        send_startup(&mut session, version, "postgres");
        let messages = read_until(&mut session, b'Z');
        let key = messages.iter().find(|(kind, _)| *kind == b'K').unwrap();
        assert_eq!(key.1.len(), 4 + key_length);
        assert_eq!(messages[0], (b'R', vec![0, 0, 0, 0]));
        assert!(messages.contains(&(b'S', b"server_version\x0018.4\0".to_vec())));
        session.write_all(b"Q\0\0\0\x0dSELECT 1\0").unwrap();
        assert_eq!(read_until(&mut session, b'Z')[0].0, b'T');
    }
    let mut newer = site.connect();
    send_startup(&mut newer, 3 << 16 | 9, "postgres");
    assert_eq!(read_until(&mut newer, b'Z')[0].0, b'v');
    let mut stranger = site.connect();
    send_startup(&mut stranger, 3 << 16, "eve");
    let messages = read_until(&mut stranger, b'E');
    assert!(text(&messages.last().unwrap().1).contains("role \"eve\" does not exist"));
    let mut garbage = site.connect();
    garbage.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    assert!(read_until(&mut garbage, b'Z').is_empty());
    site.wait_for_log("invalid length of startup packet", 1);
    // A client that says nothing is dropped when its time is over.
    let mut silent = site.connect();
    assert!(read_until(&mut silent, b'Z').is_empty());
    check_success(&site.run(&["stop"]));
}

/// A cancel request with the right key leaves an idle session alone; one with a wrong key is only logged.
#[test]
fn cancel_requests() {
    let site = Site::new();
    check_success(&site.start(&[]));
    let mut session = site.connect();
    send_startup(&mut session, 3 << 16 | 2, "postgres");
    let messages = read_until(&mut session, b'Z');
    let right = messages.iter().find(|(kind, _)| *kind == b'K').unwrap().1.clone();
    let mut wrong = right.clone();
    wrong[20] ^= 1;
    for key in [right, wrong] {
        let mut canceller = site.connect();
        let code: u32 = 1234 << 16 | 5678;
        let packet = [&(8 + key.len() as u32).to_be_bytes()[..], &code.to_be_bytes(), &key].concat();
        canceller.write_all(&packet).unwrap();
        assert!(read_until(&mut canceller, b'Z').is_empty());
    }
    site.wait_for_log("wrong key in cancel request for process", 1);
    session.write_all(b"Q\0\0\0\x0dSELECT 1\0").unwrap();
    let kinds: Vec<u8> = read_until(&mut session, b'Z').iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, b"TDCZ");
    check_success(&site.run(&["stop"]));
}

/// A cluster with a certificate; none where there is no program to make one.
fn encrypted_site() -> Option<Site> {
    let site = Site::new();
    check_success(&site.run(&["init"]));
    let (key, certificate) = (site.data().join("server.key"), site.data().join("server.crt"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=localhost"])
        .args(["-keyout", key.to_str().unwrap(), "-out", certificate.to_str().unwrap()])
        .output();
    check_success(&made.ok()?);
    Some(site)
}

/// An encrypted connection carries the protocol, asked for or at once.
#[test]
fn encryption() {
    let Some(site) = encrypted_site() else { return };
    check_success(&site.start(&["-c", "ssl=on"]));
    let address = format!("127.0.0.1:{}", site.port);
    for more in [&["-starttls", "postgres"][..], &["-alpn", "postgresql"]] {
        let mut client = Command::new("openssl")
            .args(["s_client", "-quiet", "-connect", &address])
            .args(more)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut input = client.stdin.take().unwrap();
        input.write_all(b"\0\0\0\x17\0\x03\0\0user\0postgres\0\0").unwrap();
        let mut first = [0; 9];
        client.stdout.take().unwrap().read_exact(&mut first).unwrap();
        assert_eq!(first, *b"R\0\0\0\x08\0\0\0\0");
        drop(input);
        client.kill().unwrap();
        client.wait().unwrap();
    }
    check_success(&site.run(&["stop"]));
}

/// What TLS is spoken is what the settings allow, also after a reload; a setting that allows nothing keeps a server from starting.
#[test]
fn encryption_is_chosen() {
    let Some(site) = encrypted_site() else { return };
    for (setting, fault) in [
        ("ssl_max_protocol_version=TLSv1.1", "could not set maximum SSL protocol version"),
        (
            "ssl_tls13_ciphers=nonsense",
            "could not set the TLSv1.3 cipher suites (no valid ciphers available)",
        ),
        ("ssl_groups=nonsense", "could not set group names specified in ssl_groups"),
    ] {
        let more = ["-c", "ssl=on", "-c", "ssl_min_protocol_version=TLSv1", "-c", setting];
        assert!(!site.start(&more).status.success(), "{setting}");
        assert!(site.log().contains(fault), "{}", site.log());
    }
    check_success(&site.start(&["-c", "ssl=on"]));
    let address = format!("127.0.0.1:{}", site.port);
    // What a client with these options gets: protocol and cipher.
    let speak = |options: &str| {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &address, "-starttls", "postgres"]).args(options.split(' '));
        let output = text(&command.stdin(std::process::Stdio::null()).output().unwrap().stdout).to_string();
        let line = output.lines().find(|line| line.starts_with("New, ")).unwrap_or_default();
        line.trim_start_matches("New, ").replace(", Cipher is ", " ")
    };
    let nothing = "(NONE) (NONE)";
    assert_eq!(speak("-tls1_2"), "TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384");
    assert_eq!(speak("-tls1_3"), "TLSv1.3 TLS_AES_256_GCM_SHA384");
    assert_eq!(speak("-tls1_1"), nothing);
    assert_eq!(speak("-groups P-384"), nothing);
    let configuration = site.data().join("postgresql.conf");
    let good = std::fs::read_to_string(&configuration).unwrap();
    // Once the postmaster has read the files, the processes that it forks have.
    let mut reloads = 0;
    let mut set = |lines: &str| {
        std::fs::write(&configuration, format!("{good}\nready_backends = 0\n{lines}\n")).unwrap();
        check_success(&site.run(&["reload"]));
        reloads += 1;
        site.wait_for_log("received SIGHUP, reloading configuration files", reloads);
    };
    let speaks = |options: &str, expected: &str| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while speak(options) != expected {
            assert!(Instant::now() < deadline, "{options}: {}, not {expected}", speak(options));
        }
    };
    set("ssl_min_protocol_version = 'TLSv1.3'");
    speaks("-tls1_2", nothing);
    speaks("-tls1_3", "TLSv1.3 TLS_AES_256_GCM_SHA384");
    set("ssl_max_protocol_version = 'TLSv1.2'\nssl_ciphers = 'AES128:CHACHA20'");
    speaks("-tls1_3", nothing);
    speaks("-tls1_2", "TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256");
    speaks("-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384", nothing);
    set("ssl_ciphers = 'RSA'\nssl_tls13_ciphers = 'TLS_AES_128_GCM_SHA256'\nssl_groups = 'P-384'");
    speaks("-tls1_2", nothing);
    speaks("-tls1_3 -groups P-384", "TLSv1.3 TLS_AES_128_GCM_SHA256");
    speaks("-groups X25519", nothing);
    check_success(&site.run(&["stop"]));
}

/// A session ends with its reason when the server stops under it.
#[test]
fn fast_stop_tells_sessions() {
    let site = Site::new();
    check_success(&site.start(&["-c", "log_disconnections=on"]));
    let mut session = site.connect();
    send_startup(&mut session, 3 << 16, "postgres");
    read_until(&mut session, b'Z');
    check_success(&site.run(&["stop"]));
    assert!(site.log().contains("disconnection: session time: 0:00:00."));
    let messages = read_until(&mut session, b'E');
    let reason = text(&messages[0].1);
    assert!(reason.contains("57P01") && reason.contains("due to administrator command"), "{reason}");
}

/// Faults that keep a server from starting are told in PostgreSQL's words.
#[test]
fn what_hinders_a_start() {
    let site = Site::new();
    std::fs::create_dir(site.data()).unwrap();
    std::fs::write(site.data().join("x"), "").unwrap();
    assert!(!site.start(&[]).status.success());
    std::fs::remove_file(site.data().join("x")).unwrap();
    std::fs::remove_dir_all(site.data()).unwrap();
    check_success(&site.run(&["init"]));

    let hba = site.data().join("pg_hba.conf");
    let good = std::fs::read_to_string(&hba).unwrap();
    std::fs::write(&hba, "local all all sesame\n").unwrap();
    assert!(!site.start(&[]).status.success());
    let log = site.log();
    assert!(log.contains("invalid authentication method \"sesame\""), "{log}");
    assert!(log.contains("CONTEXT:  line 1 of configuration file \"pg_hba.conf\""), "{log}");
    std::fs::write(&hba, good).unwrap();

    let taken = TcpListener::bind(("127.0.0.1", site.port)).unwrap();
    assert!(!site.start(&[]).status.success());
    assert!(site.log().contains("could not bind IPv4 address \"127.0.0.1\": Address already in use"));
    drop(taken);

    let failed = site.start(&["-c", "work_mem=many"]);
    assert!(text(&failed.stderr).contains("invalid value for parameter \"work_mem\": \"many\""));
    std::fs::write(site.data().join("PG_VERSION"), "17\n").unwrap();
    let failed = site.start(&[]);
    assert!(text(&failed.stderr).contains("database files are incompatible with server"));
}

/// The logger collects what all processes write.
#[test]
fn logging_collector() {
    let site = Site::new();
    check_success(&site.start(&["-c", "logging_collector=on", "-c", "log_filename=all.log"]));
    check_success(&site.run(&["stop"]));
    let path = site.data().join("log/all.log");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let log = std::fs::read_to_string(&path).unwrap_or_default();
        if log.contains("shutting down") && log.contains("database system is shut down") {
            break;
        }
        assert!(Instant::now() < deadline, "{log}");
        std::thread::yield_now();
    }
}

/// Where there is a psql it proves itself with SCRAM, and fails with a wrong password.
#[test]
fn psql_with_scram() {
    let Some(psql) = psql() else { return };
    let site = Site::new();
    let password = site.root.path().join("password");
    std::fs::write(&password, "pencil\n").unwrap();
    check_success(&site.run(&["init", "-A", "scram-sha-256", "--password-file", password.to_str().unwrap()]));
    check_success(&site.start(&[]));
    let connect = |password: &str| {
        let port = site.port.to_string();
        let words = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-c", "checkpoint"];
        Command::new(&psql).args(words).env("PGPASSWORD", password).output().unwrap()
    };
    check_success(&connect("pencil"));
    let refused = connect("pen");
    assert!(text(&refused.stderr).contains("password authentication failed for user \"postgres\""));
    site.wait_for_log("Password does not match for user \"postgres\".", 1);
    check_success(&site.run(&["stop"]));
}

/// The program that `PATH` knows as psql.
fn psql() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join("psql")).find(|file| file.exists())
}

/// An ordinary user runs a server in its own directory; root's server does not run as root.
#[test]
fn accounts() {
    use std::os::unix::fs::MetadataExt;
    let site = Site::new();
    check_success(&site.start(&[]));
    let own = std::fs::metadata("/proc/self").unwrap().uid();
    let child = site.child("checkpointer");
    let server = std::fs::metadata(Path::new("/proc").join(child)).unwrap().uid();
    if own != 0 {
        assert_eq!(server, own);
        check_success(&site.run(&["stop"]));
        return;
    }
    assert_ne!(server, 0);
    check_success(&site.run(&["stop"]));
    let ordinary = Site::new();
    let port = ordinary.port.to_string();
    let as_nobody = |words: &[&str]| {
        Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_ferrodon")])
            .arg(words[0])
            .arg("-D")
            .arg(ordinary.data())
            .args(&words[1..])
            .output()
            .unwrap()
    };
    let sockets = ordinary.root.path().to_str().unwrap();
    check_success(&as_nobody(&["start", "--background", "-p", &port, "-k", sockets]));
    check_success(&as_nobody(&["status"]));
    check_success(&as_nobody(&["stop"]));
}
