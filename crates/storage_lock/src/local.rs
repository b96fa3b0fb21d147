//! What this process holds, so that taking a lock again touches nothing shared, and ROLLBACK TO knows what to give back.

use hashbrown::HashMap;

use crate::mode::LockMode;
use crate::tag::LockTag;

/// Until when a lock is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Until the transaction ends, or the subtransaction of this nesting level (from 1) is rolled back.
    Transaction { level: u32 },
    /// Until it is released, or the session ends.
    Session,
}

/// How a lock is recorded in shared memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    FastPath,
    Table,
    /// In the table, and counted among the strong locks that keep others from the fast path.
    Strong,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub place: Place,
    pub transaction_count: u32,
    pub session_count: u32,
}

type Key = (LockTag, LockMode);

#[derive(Default)]
pub(crate) struct LocalLocks {
    held: HashMap<Key, Held, foldhash::fast::FixedState>,
    /// Each acquisition for the transaction, in order of nesting level.
    acquisitions: Vec<(u32, LockTag, LockMode)>,
}

impl LocalLocks {
    /// Counts one more acquisition if the lock is held already.
    pub fn take_again(&mut self, tag: LockTag, mode: LockMode, scope: Scope) -> bool {
        let Some(held) = self.held.get_mut(&(tag, mode)) else { return false };
        match scope {
            Scope::Transaction { level } => {
                held.transaction_count += 1;
                self.acquisitions.push((level, tag, mode));
            }
            Scope::Session => held.session_count += 1,
        }
        true
    }

    /// Notes a lock that was just granted.
    pub fn add(&mut self, tag: LockTag, mode: LockMode, scope: Scope, place: Place) {
        self.held.insert((tag, mode), Held { place, transaction_count: 0, session_count: 0 });
        self.take_again(tag, mode, scope);
    }

    pub fn holds(&self, tag: LockTag, mode: LockMode) -> bool {
        self.held.contains_key(&(tag, mode))
    }

    /// Counts one release. `None`: not held so. `Some(place)` when that was the last hold.
    pub fn give_back(&mut self, tag: LockTag, mode: LockMode, session: bool) -> Option<Option<Place>> {
        let held = self.held.get_mut(&(tag, mode))?;
        let count = if session { &mut held.session_count } else { &mut held.transaction_count };
        *count = count.checked_sub(1)?;
        if !session {
            let position = self.acquisitions.iter().rposition(|(_, t, m)| *t == tag && *m == mode);
            position.map(|position| self.acquisitions.remove(position));
        }
        let last = held.transaction_count + held.session_count == 0;
        let place = held.place;
        if last {
            self.held.remove(&(tag, mode));
        }
        Some(last.then_some(place))
    }

    /// Forgets the acquisitions of transaction levels from `level` on; gives the locks that are to be released.
    pub fn end_levels(&mut self, level: u32) -> Vec<(LockTag, LockMode, Place)> {
        let mut released = Vec::new();
        while let Some((_, tag, mode)) = self.acquisitions.pop_if(|(at, ..)| *at >= level) {
            if let Some(held) = self.held.get_mut(&(tag, mode)) {
                held.transaction_count = held.transaction_count.saturating_sub(1);
                if held.transaction_count + held.session_count == 0 {
                    released.push((tag, mode, held.place));
                    self.held.remove(&(tag, mode));
                }
            }
        }
        released
    }

    /// A subtransaction committed: what it took belongs to its parent.
    pub fn hand_up(&mut self, level: u32) {
        for (at, ..) in self.acquisitions.iter_mut().rev().take_while(|(at, ..)| *at >= level) {
            *at = level - 1;
        }
    }

    /// Forgets the session's holds that `which` selects; gives the locks that are to be released.
    pub fn end_session(&mut self, which: impl Fn(&LockTag) -> bool) -> Vec<(LockTag, LockMode, Place)> {
        let mut released = Vec::new();
        self.held.retain(|(tag, mode), held| {
            if !which(tag) || held.session_count == 0 {
                return true;
            }
            held.session_count = 0;
            if held.transaction_count == 0 {
                released.push((*tag, *mode, held.place));
            }
            held.transaction_count > 0
        });
        released
    }
}
