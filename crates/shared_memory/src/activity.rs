//! What each process is doing, for everybody to see: `pg_stat_activity`.
//!
//! One record for each process slot, with room for the text of a statement. Only the owner writes; a version that is odd while a
//! record is written tells readers to look again. Nothing here makes a system call or takes a lock.

use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering, fence};

use crate::region::{Region, RegionBuilder, Segment};

/// Bytes kept of an application's name; a name of the server's has at most 63.
const APPLICATION_BYTES: usize = 64;
/// Looks at a record before the reader takes what it has: a torn text is better than none.
const READ_ATTEMPTS: usize = 1000;

macro_rules! states {
    ($($variant:ident = $name:literal;)*) => {
        /// `pg_stat_activity.state`.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u32)]
        pub enum ActivityState {
            /// Of processes that serve no client.
            None = 0,
            $($variant,)*
        }

        impl ActivityState {
            const ALL: &[ActivityState] = &[ActivityState::None, $(ActivityState::$variant,)*];

            pub fn name(self) -> Option<&'static str> {
                match self {
                    ActivityState::None => None,
                    $(ActivityState::$variant => Some($name),)*
                }
            }
        }
    };
}

states! {
    Starting = "starting";
    Idle = "idle";
    Active = "active";
    IdleInTransaction = "idle in transaction";
    IdleInFailedTransaction = "idle in transaction (aborted)";
    Disabled = "disabled";
}

crate::shared_struct! {
    /// What one process does. Times are microseconds since 1970, 0 for none.
    #[repr(align(128))]
    struct Entry {
        /// Odd while the owner writes.
        version: AtomicU32,
        state: AtomicU32,
        transaction_start_us: AtomicI64,
        statement_start_us: AtomicI64,
        state_change_us: AtomicI64,
        /// The owner's count of transactions.
        virtual_number: AtomicU64,
        /// The identifier of the running statement, or the last one; 0 for none. Written by itself.
        query_id: AtomicI64,
        /// 0 none, 1 a socket of this machine, 4 and 6 a host.
        client_kind: AtomicU32,
        client_port: AtomicU32,
        client_address: [AtomicU64; 2],
        application_length: AtomicU32,
        text_length: AtomicU32,
        application: [AtomicU64; APPLICATION_BYTES / 8],
    }
}

/// Where a client is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientPlace {
    /// There is no client.
    None,
    Local,
    Host {
        address: IpAddr,
        port: u16,
    },
}

/// A copy of a process's record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActivityView {
    pub state: ActivityState,
    pub transaction_start_us: i64,
    pub statement_start_us: i64,
    pub state_change_us: i64,
    pub virtual_number: u64,
    pub query_id: i64,
    pub client: ClientPlace,
    pub application: String,
    /// The running statement, or the last one; cut off where its room ends.
    pub text: String,
}

/// Handed out by [`ActivityTable::reserve`].
#[derive(Clone, Copy)]
pub struct ActivityReservation {
    entries: Segment<Entry>,
    texts: Segment<AtomicU64>,
    words: usize,
}

/// The records of all processes.
#[derive(Clone, Copy)]
pub struct ActivityTable {
    entries: &'static [Entry],
    texts: &'static [AtomicU64],
    words: usize,
}

/// One process's record; its owner writes to it.
#[derive(Clone, Copy)]
pub struct ActivityRecord {
    entry: &'static Entry,
    text: &'static [AtomicU64],
}

impl ActivityTable {
    /// Room for so many processes, with `text_bytes` for each one's statement.
    pub fn reserve(builder: &mut RegionBuilder, processes: usize, text_bytes: usize) -> ActivityReservation {
        let words = text_bytes.div_ceil(8);
        let purpose =
            "each written by its process, atomics only; a dead owner's is cleared when its slot is claimed";
        ActivityReservation {
            entries: builder.reserve("Backend Status Array", processes, purpose),
            texts: builder.reserve("Backend Activity Buffer", processes * words, purpose),
            words,
        }
    }

    pub fn attach(reservation: ActivityReservation, region: &Region) -> ActivityTable {
        ActivityTable {
            entries: region.slice(reservation.entries),
            texts: region.slice(reservation.texts),
            words: reservation.words,
        }
    }

    /// The record of the process in a slot.
    pub fn record(&self, slot: usize) -> ActivityRecord {
        let first = slot * self.words;
        ActivityRecord { entry: &self.entries[slot], text: &self.texts[first..first + self.words] }
    }
}

impl ActivityRecord {
    fn write(&self, change: impl FnOnce(&Entry)) {
        let version = self.entry.version.load(Ordering::Relaxed);
        self.entry.version.store(version.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        change(self.entry);
        self.entry.version.store(version.wrapping_add(2), Ordering::Release);
    }

    /// A new owner begins with an empty record.
    pub fn begin(&self, state: ActivityState, client: ClientPlace, application: &str, now_us: i64) {
        // An owner that died while it wrote left an odd version.
        let version = self.entry.version.load(Ordering::Relaxed) & !1;
        self.entry.version.store(version, Ordering::Relaxed);
        self.write(|entry| {
            entry.state.store(state as u32, Ordering::Relaxed);
            entry.transaction_start_us.store(0, Ordering::Relaxed);
            entry.statement_start_us.store(0, Ordering::Relaxed);
            entry.state_change_us.store(now_us, Ordering::Relaxed);
            entry.virtual_number.store(0, Ordering::Relaxed);
            entry.query_id.store(0, Ordering::Relaxed);
            entry.text_length.store(0, Ordering::Relaxed);
            let (kind, port, bits) = match client {
                ClientPlace::None => (0, 0, 0),
                ClientPlace::Local => (1, 0, 0),
                ClientPlace::Host { address: IpAddr::V4(address), port } => {
                    (4, port, address.to_bits().into())
                }
                ClientPlace::Host { address: IpAddr::V6(address), port } => (6, port, address.to_bits()),
            };
            entry.client_kind.store(kind, Ordering::Relaxed);
            entry.client_port.store(port.into(), Ordering::Relaxed);
            entry.client_address[0].store(bits as u64, Ordering::Relaxed);
            entry.client_address[1].store((bits >> 64) as u64, Ordering::Relaxed);
            set_application(entry, application);
        });
    }

    /// A statement begins; the owner is active.
    pub fn begin_statement(&self, text: &str, now_us: i64) {
        let kept = text.floor_char_boundary(text.len().min((self.text.len() * 8).saturating_sub(1)));
        self.write(|entry| {
            entry.state.store(ActivityState::Active as u32, Ordering::Relaxed);
            entry.statement_start_us.store(now_us, Ordering::Relaxed);
            entry.state_change_us.store(now_us, Ordering::Relaxed);
            entry.query_id.store(0, Ordering::Relaxed);
            entry.text_length.store(kept as u32, Ordering::Relaxed);
            store_bytes(self.text, &text.as_bytes()[..kept]);
        });
    }

    /// The identifier of the statement that runs now.
    pub fn set_query_id(&self, query_id: i64) {
        self.entry.query_id.store(query_id, Ordering::Relaxed);
    }

    pub fn query_id(&self) -> i64 {
        self.entry.query_id.load(Ordering::Relaxed)
    }

    pub fn set_state(&self, state: ActivityState, now_us: i64) {
        self.write(|entry| {
            entry.state.store(state as u32, Ordering::Relaxed);
            entry.state_change_us.store(now_us, Ordering::Relaxed);
        });
    }

    pub fn begin_transaction(&self, start_us: i64, virtual_number: u64) {
        self.write(|entry| {
            entry.transaction_start_us.store(start_us, Ordering::Relaxed);
            entry.virtual_number.store(virtual_number, Ordering::Relaxed);
        });
    }

    pub fn end_transaction(&self) {
        self.write(|entry| entry.transaction_start_us.store(0, Ordering::Relaxed));
    }

    pub fn set_application(&self, name: &str) {
        self.write(|entry| set_application(entry, name));
    }

    /// When the owner's statement began; for the owner itself.
    pub fn statement_start_us(&self) -> i64 {
        self.entry.statement_start_us.load(Ordering::Relaxed)
    }

    /// What the record says; a copy that was not written to meanwhile.
    pub fn read(&self) -> ActivityView {
        let mut view = self.copy();
        for _ in 0..READ_ATTEMPTS {
            let before = self.entry.version.load(Ordering::Acquire);
            view = self.copy();
            fence(Ordering::Acquire);
            if before & 1 == 0 && self.entry.version.load(Ordering::Relaxed) == before {
                break;
            }
            std::hint::spin_loop();
        }
        view
    }

    fn copy(&self) -> ActivityView {
        let entry = self.entry;
        let low = entry.client_address[0].load(Ordering::Relaxed);
        let high = entry.client_address[1].load(Ordering::Relaxed);
        let port = entry.client_port.load(Ordering::Relaxed) as u16;
        let client = match entry.client_kind.load(Ordering::Relaxed) {
            0 => ClientPlace::None,
            1 => ClientPlace::Local,
            4 => ClientPlace::Host { address: IpAddr::V4((low as u32).into()), port },
            _ => ClientPlace::Host {
                address: IpAddr::V6((u128::from(high) << 64 | u128::from(low)).into()),
                port,
            },
        };
        let state = entry.state.load(Ordering::Relaxed) as usize;
        ActivityView {
            state: ActivityState::ALL.get(state).copied().unwrap_or(ActivityState::None),
            transaction_start_us: entry.transaction_start_us.load(Ordering::Relaxed),
            statement_start_us: entry.statement_start_us.load(Ordering::Relaxed),
            state_change_us: entry.state_change_us.load(Ordering::Relaxed),
            virtual_number: entry.virtual_number.load(Ordering::Relaxed),
            query_id: entry.query_id.load(Ordering::Relaxed),
            client,
            application: load_text(&entry.application, &entry.application_length),
            text: load_text(self.text, &entry.text_length),
        }
    }
}

fn set_application(entry: &Entry, name: &str) {
    let kept = name.floor_char_boundary(name.len().min(APPLICATION_BYTES - 1));
    entry.application_length.store(kept as u32, Ordering::Relaxed);
    store_bytes(&entry.application, &name.as_bytes()[..kept]);
}

fn store_bytes(words: &[AtomicU64], bytes: &[u8]) {
    let (whole, rest) = bytes.as_chunks::<8>();
    for (word, chunk) in words.iter().zip(whole) {
        word.store(u64::from_ne_bytes(*chunk), Ordering::Relaxed);
    }
    if let Some(word) = words.get(whole.len()) {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        word.store(u64::from_ne_bytes(last), Ordering::Relaxed);
    }
}

fn load_text(words: &[AtomicU64], length: &AtomicU32) -> String {
    let length = (length.load(Ordering::Relaxed) as usize).min(words.len() * 8);
    let mut bytes: Vec<u8> = Vec::with_capacity(length + 8);
    for word in &words[..length.div_ceil(8)] {
        bytes.extend(word.load(Ordering::Relaxed).to_ne_bytes());
    }
    bytes.truncate(length);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(text_bytes: usize) -> ActivityTable {
        let mut builder = RegionBuilder::new();
        let reservation = ActivityTable::reserve(&mut builder, 2, text_bytes);
        ActivityTable::attach(reservation, &builder.build().unwrap())
    }

    /// What an owner wrote is read back, and texts are cut between characters.
    #[test]
    fn records_are_read_back() {
        let table = fresh(16);
        let record = table.record(1);
        let client = ClientPlace::Host { address: "2001:db8::7".parse().unwrap(), port: 7 };
        record.begin(ActivityState::Idle, client, "psql", 5);
        record.begin_transaction(6, 3);
        record.begin_statement("SELECT 1 + ééé", 7);
        let view = record.read();
        assert_eq!((view.client, &*view.application, &*view.text), (client, "psql", "SELECT 1 + éé"));
        assert_eq!((view.state.name(), view.transaction_start_us), (Some("active"), 6));
        record.end_transaction();
        record.set_state(ActivityState::Idle, 9);
        let view = record.read();
        assert_eq!((view.transaction_start_us, view.statement_start_us, view.state_change_us), (0, 7, 9));
        assert_eq!(table.record(0).read().state, ActivityState::None);
    }
}
