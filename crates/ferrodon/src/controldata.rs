//! `ferrodon controldata`: the control file, in the words of PostgreSQL's tool.

use background::log::format_time;
use clap::ArgMatches;
use error::{Error, Result};
use storage_wal::ControlFile;

use crate::arguments;

pub fn run(matches: &ArgMatches) -> Result<i32> {
    let path = arguments::data_directory(matches).join("global/pg_control");
    let bytes = std::fs::read(&path)
        .map_err(|cause| Error::io(format_args!("could not open file \"{}\"", path.display()), &cause))?;
    let control = ControlFile::from_bytes(&bytes)?;
    let data = control.checkpoint_data;
    let wal_level = ["minimal", "replica", "logical"].get(control.wal_level as usize).unwrap_or(&"unknown");
    let on = |is_on: bool| if is_on { "on" } else { "off" }.to_string();
    let lines: [(&str, String); 31] = [
        ("Database system identifier:", control.system_identifier.to_string()),
        ("Database cluster state:", control.state.name().to_string()),
        ("pg_control last modified:", format_time(control.time_us)),
        ("Latest checkpoint location:", control.checkpoint.to_string()),
        ("Latest checkpoint's REDO location:", data.redo.to_string()),
        ("Latest checkpoint's TimeLineID:", data.timeline.to_string()),
        ("Latest checkpoint's PrevTimeLineID:", data.previous_timeline.to_string()),
        ("Latest checkpoint's full_page_writes:", on(data.full_page_writes)),
        ("Latest checkpoint's NextXID:", data.next_xid.to_string()),
        ("Latest checkpoint's NextOID:", data.next_oid.to_string()),
        ("Latest checkpoint's NextMultiXactId:", data.next_multixact.to_string()),
        ("Latest checkpoint's NextMultiOffset:", data.next_multixact_member.to_string()),
        ("Latest checkpoint's oldestXID:", data.oldest_xid.to_string()),
        ("Latest checkpoint's oldestActiveXID:", data.oldest_active_xid.to_string()),
        ("Latest checkpoint's oldestMultiXid:", data.oldest_multixact.to_string()),
        ("Latest checkpoint's oldestCommitTsXid:", data.oldest_commit_timestamp_xid.to_string()),
        ("Latest checkpoint's newestCommitTsXid:", data.newest_commit_timestamp_xid.to_string()),
        ("Time of latest checkpoint:", format_time(data.time_us)),
        ("Minimum recovery ending location:", control.minimum_recovery_point.to_string()),
        ("Min recovery ending loc's timeline:", control.minimum_recovery_timeline.to_string()),
        ("Backup start location:", control.backup_start.to_string()),
        ("Backup end location:", control.backup_end.to_string()),
        ("wal_level setting:", wal_level.to_string()),
        ("max_connections setting:", control.max_connections.to_string()),
        ("max_worker_processes setting:", control.max_worker_processes.to_string()),
        ("max_wal_senders setting:", control.max_wal_senders.to_string()),
        ("max_prepared_xacts setting:", control.max_prepared_transactions.to_string()),
        ("max_locks_per_xact setting:", control.max_locks_per_transaction.to_string()),
        ("Database block size:", common::PAGE_SIZE.to_string()),
        ("Bytes per WAL segment:", storage_wal::SEGMENT_SIZE.to_string()),
        ("Data page checksum version:", "1".to_string()),
    ];
    for (label, value) in lines {
        println!("{label:<38}{value}");
    }
    Ok(0)
}
