//! Finds cycles of processes that wait for each other.
//!
//! Runs in a process that has waited for `deadlock_timeout`, with all partitions locked, so what it sees stands still.

use error::{Error, error};
use shared_memory::hash_of;

use crate::manager::LockManager;
use crate::mode::LockMode;
use crate::tag::LockTag;

/// A process that waits, and the one that is in its way.
struct Edge {
    waiter: u32,
    blocker: u32,
    tag: LockTag,
    mode: LockMode,
}

impl LockManager {
    /// Looks for a cycle through `slot`. If there is one, the process leaves its queue and gets the error to return.
    pub(crate) fn find_deadlock(&self, slot: u32) -> Option<Error> {
        let mut partitions: Vec<_> = (0..self.locks.partition_count())
            .map(|partition| self.locks.write_partition(partition))
            .collect();
        let mut path = Vec::new();
        let mut visited = vec![false; self.waits.len()];
        let lock_of = |tag: &LockTag| {
            let hash = hash_of(tag);
            partitions[self.locks.partition_of(hash)].get(hash, tag).copied()
        };
        if !self.reaches(slot, slot, &lock_of, &mut visited, &mut path) {
            return None;
        }
        let lines: Vec<String> = path.iter().map(|edge| self.describe(edge)).collect();
        let tag = path.first()?.tag;
        let hash = hash_of(&tag);
        let partition = self.locks.partition_of(hash);
        self.leave_queue(&mut partitions[partition], hash, slot, &tag);
        Some(
            error!(T_R_DEADLOCK_DETECTED, "deadlock detected")
                .detail(lines.join("\n"))
                .hint("See server log for query details."),
        )
    }

    /// Whether following "waits for" from `from` comes to `goal`; `path` gets the edges in order.
    fn reaches(
        &self,
        from: u32,
        goal: u32,
        lock_of: &dyn Fn(&LockTag) -> Option<crate::wait_queue::Lock>,
        visited: &mut [bool],
        path: &mut Vec<Edge>,
    ) -> bool {
        let Some((tag, mode)) = self.waits[from as usize].wanted() else { return false };
        let Some(lock) = lock_of(&tag) else { return false };
        let holders = (0..self.waits.len() as u32)
            .filter(|other| *other != from && self.modes_of(*other, &tag) & mode.conflicts() != 0);
        let ahead = lock
            .waiters(self.waits)
            .take_while(|other| *other != from)
            .filter(|other| self.waits[*other as usize].mode().conflicts_with(mode));
        for blocker in holders.chain(ahead) {
            path.push(Edge { waiter: from, blocker, tag, mode });
            if blocker == goal {
                return true;
            }
            if !std::mem::replace(&mut visited[blocker as usize], true)
                && self.reaches(blocker, goal, lock_of, visited, path)
            {
                return true;
            }
            path.pop();
        }
        false
    }

    fn describe(&self, edge: &Edge) -> String {
        let process = |slot: u32| self.slots.get(slot as usize).map_or(0, |slot| slot.process());
        format!(
            "Process {} waits for {} on {}; blocked by process {}.",
            process(edge.waiter),
            edge.mode.name(),
            edge.tag,
            process(edge.blocker)
        )
    }
}
