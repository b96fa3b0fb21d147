//! `ferrodon checksums`: reads every page of a stopped cluster and verifies it.
//!
//! A free space map is not logged, so a power cut may tear its pages. The server takes a torn one for empty and fills it again; it is
//! told of, and is no damage.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use common::{BlockNumber, ForkNumber, Oid, PAGE_SIZE, RelationFile};
use error::{Error, Result, error};
use postmaster::pid_file::PidFile;
use storage_file::BLOCKS_PER_SEGMENT;
use storage_page::{PageAddress, PageBytes, PageRef, verify_checksum};

use crate::arguments;

#[derive(Default)]
struct Totals {
    files: u64,
    blocks: u64,
    bad: u64,
    torn_maps: u64,
}

pub fn run(matches: &ArgMatches) -> Result<i32> {
    let directory = arguments::data_directory(matches);
    if !directory.join("PG_VERSION").exists() {
        return Err(error!(UNDEFINED_FILE, "directory \"{}\" is not a cluster", directory.display()));
    }
    if PidFile::read_live(&directory).is_some() {
        return Err(error!(OBJECT_IN_USE, "cluster must be shut down"));
    }
    let mut totals = Totals::default();
    for place in ["global", "base", "pg_tblspc"] {
        scan(&directory.join(place), &mut totals)?;
    }
    println!("Checksum operation completed");
    println!("Files scanned:   {}", totals.files);
    println!("Blocks scanned:  {}", totals.blocks);
    println!("Bad checksums:   {}", totals.bad);
    if totals.torn_maps > 0 {
        println!("Torn pages of free space maps, which mend themselves: {}", totals.torn_maps);
    }
    Ok(i32::from(totals.bad > 0))
}

fn scan(directory: &Path, totals: &mut Totals) -> Result<()> {
    let failed = |cause: std::io::Error| {
        Error::io(format_args!("could not open directory \"{}\"", directory.display()), &cause)
    };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(failed(cause)),
    };
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        // Links to tablespaces are followed.
        if path.is_dir() {
            scan(&path, totals)?;
        } else if let Some((relation, fork, segment)) = path.file_name().and_then(|n| parse(n.to_str()?)) {
            verify(&path, relation, fork, segment, totals)?;
        }
    }
    Ok(())
}

/// Relation, fork and segment of a file's name, as `16384_vm.2`.
fn parse(name: &str) -> Option<(Oid, ForkNumber, u32)> {
    let (stem, segment) = match name.split_once('.') {
        Some((stem, segment)) => (stem, segment.parse().ok()?),
        None => (name, 0),
    };
    let end = stem.find(|c: char| !c.is_ascii_digit()).unwrap_or(stem.len());
    let fork = ForkNumber::ALL.into_iter().find(|fork| fork.suffix() == &stem[end..])?;
    Some((Oid(stem[..end].parse().ok()?), fork, segment))
}

fn verify(path: &PathBuf, relation: Oid, fork: ForkNumber, segment: u32, totals: &mut Totals) -> Result<()> {
    let shown = path.display();
    let failed = |cause: std::io::Error| Error::io(format_args!("could not read file \"{shown}\""), &cause);
    let mut file = File::open(path).map_err(failed)?;
    totals.files += 1;
    let blocks = file.metadata().map_err(failed)?.len() / PAGE_SIZE as u64;
    let mut page: PageBytes = [0; PAGE_SIZE];
    for at in 0..blocks {
        file.read_exact(&mut page).map_err(failed)?;
        totals.blocks += 1;
        // The checksum leaves tablespace and database out.
        let file = RelationFile { tablespace: Oid::INVALID, database: Oid::INVALID, relation };
        let block = BlockNumber(segment * BLOCKS_PER_SEGMENT + at as u32);
        if !PageRef::new(&page).is_new() && !verify_checksum(&page, PageAddress { file, fork, block }) {
            if fork == ForkNumber::FreeSpaceMap {
                totals.torn_maps += 1;
                continue;
            }
            totals.bad += 1;
            eprintln!("ferrodon: checksum verification failed in file \"{shown}\", block {block}");
        }
    }
    Ok(())
}
