//! How far long commands have come: `pg_stat_progress_*`.
//!
//! One record for each process slot, which its owner alone writes, with plain stores. What the numbers of a command mean is said by the
//! view that shows them; they are counted from 1 here as there.

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use common::Oid;

use crate::region::{Region, RegionBuilder, Segment};

/// Numbers of a command.
pub const PROGRESS_NUMBERS: usize = 20;

/// Commands that tell how far they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum ProgressCommand {
    Vacuum = 1,
    Analyze,
    CreateIndex,
    Copy,
}

crate::shared_struct! {
    #[repr(align(128))]
    struct Record {
        /// 0 is none.
        command: AtomicU32,
        relation: AtomicU32,
        numbers: [AtomicI64; PROGRESS_NUMBERS],
    }
}

thread_local! {
    static OWN: Cell<Option<&'static Record>> = const { Cell::new(None) };
}

/// A command that runs; it is over when this is dropped.
#[must_use]
pub struct Progress(());

impl Progress {
    /// The command begins, with all numbers zero.
    pub fn start(command: ProgressCommand, relation: Oid) -> Progress {
        if let Some(record) = OWN.get() {
            record.command.store(0, Ordering::Release);
            record.relation.store(relation.0, Ordering::Relaxed);
            record.numbers.iter().for_each(|number| number.store(0, Ordering::Relaxed));
            record.command.store(command as u32, Ordering::Release);
        }
        Progress(())
    }
}

/// One of a command's numbers, counted from 1. Without a command that runs, nobody sees them.
#[derive(Clone, Copy)]
pub struct ProgressNumber(pub usize);

impl ProgressNumber {
    pub fn set(self, value: u64) {
        if let Some(record) = OWN.get() {
            record.numbers[self.0 - 1].store(value as i64, Ordering::Relaxed);
        }
    }

    pub fn add(self, more: u64) {
        if let Some(record) = OWN.get() {
            let number = &record.numbers[self.0 - 1];
            number.store(number.load(Ordering::Relaxed) + more as i64, Ordering::Relaxed);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(record) = OWN.get() {
            record.command.store(0, Ordering::Release);
        }
    }
}

/// The records of all processes.
#[derive(Clone, Copy)]
pub struct ProgressTable(&'static [Record]);

/// Handed out by [`ProgressTable::reserve`].
#[derive(Clone, Copy)]
pub struct ProgressReservation(Segment<Record>);

impl ProgressTable {
    pub fn reserve(builder: &mut RegionBuilder, processes: usize) -> ProgressReservation {
        let purpose =
            "each written by its process, atomics only; a dead owner's is cleared when its slot is claimed";
        ProgressReservation(builder.reserve("Command Progress", processes, purpose))
    }

    pub fn attach(reservation: ProgressReservation, region: &Region) -> ProgressTable {
        ProgressTable(region.slice(reservation.0))
    }

    /// The calling process, which has just claimed the slot, tells of itself there from now on.
    pub fn begin(&self, slot: usize) {
        self.0[slot].command.store(0, Ordering::Relaxed);
        OWN.set(Some(&self.0[slot]));
    }

    /// The relation and the numbers of the process in a slot, if it runs such a command.
    pub fn read(&self, slot: usize, command: ProgressCommand) -> Option<(Oid, [i64; PROGRESS_NUMBERS])> {
        let record = &self.0[slot];
        let is_running = || record.command.load(Ordering::Acquire) == command as u32;
        if !is_running() {
            return None;
        }
        let relation = Oid(record.relation.load(Ordering::Relaxed));
        let numbers = std::array::from_fn(|at| record.numbers[at].load(Ordering::Relaxed));
        is_running().then_some((relation, numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers are seen while their command runs, and begin at zero for the next.
    #[test]
    fn commands_tell_of_themselves() {
        let mut builder = RegionBuilder::new();
        let reservation = ProgressTable::reserve(&mut builder, 2);
        let table = ProgressTable::attach(reservation, &builder.build().unwrap());
        table.begin(1);
        let running = Progress::start(ProgressCommand::Copy, Oid(7));
        ProgressNumber(2).set(5);
        ProgressNumber(2).add(3);
        let (relation, numbers) = table.read(1, ProgressCommand::Copy).unwrap();
        assert_eq!((relation, numbers[1]), (Oid(7), 8));
        assert_eq!(
            (table.read(1, ProgressCommand::Vacuum), table.read(0, ProgressCommand::Copy)),
            (None, None)
        );
        drop(running);
        assert_eq!(table.read(1, ProgressCommand::Copy), None);
        let _running = Progress::start(ProgressCommand::Vacuum, Oid(8));
        assert_eq!(table.read(1, ProgressCommand::Vacuum), Some((Oid(8), [0; PROGRESS_NUMBERS])));
        OWN.set(None);
    }
}
