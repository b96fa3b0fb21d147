//! Threads stand for processes; they talk over channels and wait for conditions, never for time.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use common::{Oid, TransactionId};
use shared_memory::{ProcessKind, ProcessSlots, RegionBuilder, current_slot};

use crate::*;

pub(crate) struct World {
    slots: ProcessSlots,
    pub(crate) manager: LockManager,
}

impl World {
    pub(crate) fn new() -> World {
        let mut builder = RegionBuilder::new();
        let slots = ProcessSlots::reserve(&mut builder, 8);
        let sizes = LockSizes { processes: 8, locks_per_process: 16 };
        let reservation = LockManager::reserve(&mut builder, sizes);
        let region = builder.build().unwrap();
        let slots = ProcessSlots::attach(slots, &region);
        slots.initialize();
        let manager = LockManager::attach(reservation, &region, slots);
        manager.initialize();
        manager.set_deadlock_timeout_ms(20);
        World { slots, manager }
    }

    /// A "process" that carries out orders; each answers before the next begins.
    pub(crate) fn session(&self) -> Session {
        let (slots, manager) = (self.slots, self.manager.another_view());
        let (orders, inbox): (Sender<Order>, Receiver<Order>) = channel();
        let (outbox, answers) = channel();
        thread::spawn(move || {
            let claim = slots.claim(ProcessKind::Backend, 0..8).unwrap();
            current_slot().unwrap().latch.own().unwrap();
            for order in inbox {
                outbox.send(order(&manager)).unwrap();
            }
            drop(claim);
        });
        Session { orders, answers }
    }

    /// A session whose slot's number is that of sessions made before it.
    pub(crate) fn session_in_turn(&self) -> Session {
        let session = self.session();
        session.run(|_| String::new());
        session
    }

    pub(crate) fn wait_until_waiting(&self, count: usize) {
        while self.manager.report().iter().filter(|lock| !lock.is_granted).count() != count {
            thread::yield_now();
        }
    }
}

type Order = Box<dyn FnOnce(&LockManager) -> String + Send>;

pub(crate) struct Session {
    orders: Sender<Order>,
    answers: Receiver<String>,
}

impl Session {
    pub(crate) fn begin(&self, order: impl FnOnce(&LockManager) -> String + Send + 'static) {
        self.orders.send(Box::new(order)).unwrap();
    }

    pub(crate) fn answer(&self) -> String {
        self.answers.recv().unwrap()
    }

    pub(crate) fn run(&self, order: impl FnOnce(&LockManager) -> String + Send + 'static) -> String {
        self.begin(order);
        self.answer()
    }
}

const T: Scope = Scope::Transaction { level: 1 };

pub(crate) fn relation(number: u32) -> LockTag {
    LockTag::relation(Oid(5), Oid(number))
}

pub(crate) fn take(
    tag: LockTag,
    mode: LockMode,
    wait: Wait,
) -> impl FnOnce(&LockManager) -> String + Send + 'static {
    move |manager| match manager.acquire(tag, mode, T, wait) {
        Ok(outcome) => format!("{outcome:?}"),
        Err(error) => error.sqlstate().to_string(),
    }
}

pub(crate) fn commit(manager: &LockManager) -> String {
    manager.unlock_own_transaction();
    manager.release_levels(1);
    "done".into()
}

/// Every pair of modes must exclude each other exactly as the manual's table says, fast path or not.
#[test]
fn conflict_table() {
    const TABLE: [&str; 8] =
        ["00000001", "00000011", "00001111", "00011111", "00110111", "00111111", "01111111", "11111111"];
    let world = World::new();
    let (a, b) = (world.session(), world.session());
    for (row, held) in LockMode::ALL.into_iter().enumerate() {
        for (column, wanted) in LockMode::ALL.into_iter().enumerate() {
            assert_eq!(a.run(take(relation(9), held, Wait::No)), "Granted");
            let conflict = TABLE[row].as_bytes()[column] == b'1';
            let expected = if conflict { "NotAvailable" } else { "Granted" };
            assert_eq!(b.run(take(relation(9), wanted, Wait::No)), expected, "{held:?} {wanted:?}");
            assert_eq!((a.run(commit), b.run(commit)), ("done".into(), "done".into()));
        }
    }
    assert!(world.manager.report().is_empty());
}

#[test]
fn waiters_are_served_in_order() {
    let world = World::new();
    let (a, b, c) = (world.session(), world.session(), world.session());
    a.run(take(relation(1), LockMode::AccessShare, Wait::Block));
    b.begin(take(relation(1), LockMode::AccessExclusive, Wait::Block));
    world.wait_until_waiting(1);
    c.begin(take(relation(1), LockMode::AccessShare, Wait::Block));
    world.wait_until_waiting(2);
    a.run(commit);
    assert_eq!(b.answer(), "Granted");
    world.wait_until_waiting(1);
    b.run(commit);
    assert_eq!(c.answer(), "Granted");
}

/// Cycles of two and of three: exactly one loses, and the others go on.
#[test]
fn deadlocks_are_broken() {
    for size in [2usize, 3] {
        let world = World::new();
        let sessions: Vec<Session> = (0..size).map(|_| world.session()).collect();
        for (number, session) in sessions.iter().enumerate() {
            session.run(take(relation(number as u32 + 1), LockMode::Exclusive, Wait::Block));
        }
        for (number, session) in sessions.iter().enumerate() {
            let next = (number + 1) % size;
            session.begin(take(relation(next as u32 + 1), LockMode::Exclusive, Wait::Block));
        }
        let mut answers = Vec::new();
        let mut waiting: Vec<&Session> = sessions.iter().collect();
        while !waiting.is_empty() {
            waiting.retain(|session| match session.answers.try_recv() {
                Ok(answer) => {
                    answers.push(answer);
                    session.run(commit);
                    false
                }
                Err(_) => true,
            });
            thread::yield_now();
        }
        let lost = answers.iter().filter(|answer| *answer == "40P01").count();
        assert_eq!((lost, answers.len()), (1, size), "{answers:?}");
        assert!(world.manager.report().is_empty());
    }
}

#[test]
fn transactions_are_waited_for() {
    let world = World::new();
    let (a, b) = (world.session(), world.session());
    a.run(|manager| {
        manager.lock_own_transaction(TransactionId(77));
        String::new()
    });
    let wait = |manager: &LockManager| match manager.wait_for_transaction(TransactionId(77), Wait::Block) {
        Ok(()) => "over".into(),
        Err(error) => error.to_string(),
    };
    b.begin(wait);
    world.wait_until_waiting(1);
    a.run(commit);
    assert_eq!(b.answer(), "over");
    assert_eq!(b.run(wait), "over");
}

#[test]
fn savepoints_give_back_what_they_took() {
    let world = World::new();
    let (a, b) = (world.session(), world.session());
    a.run(take(relation(1), LockMode::Share, Wait::Block));
    a.run(|manager| {
        let scope = Scope::Transaction { level: 2 };
        manager.acquire(relation(1), LockMode::Share, scope, Wait::Block).unwrap();
        manager.acquire(relation(2), LockMode::Share, scope, Wait::Block).unwrap();
        manager.release_levels(2);
        String::new()
    });
    assert_eq!(b.run(take(relation(2), LockMode::Exclusive, Wait::No)), "Granted");
    assert_eq!(b.run(take(relation(1), LockMode::Exclusive, Wait::No)), "NotAvailable");
}

#[test]
fn lock_timeout_and_session_locks() {
    let world = World::new();
    let (a, b) = (world.session(), world.session());
    let key = LockTag::advisory_one(Oid(5), -3);
    a.run(move |manager| {
        manager.acquire(key, LockMode::Exclusive, Scope::Session, Wait::Block).unwrap();
        manager.release_levels(1);
        String::new()
    });
    b.run(|manager| {
        manager.set_lock_timeout_ms(5);
        String::new()
    });
    assert_eq!(b.run(take(key, LockMode::Share, Wait::Block)), "55P03");
    assert_eq!(a.run(move |manager| manager.release(key, LockMode::Exclusive, true).to_string()), "true");
    assert_eq!(a.run(move |manager| manager.release(key, LockMode::Exclusive, true).to_string()), "false");
    assert_eq!(b.run(take(key, LockMode::Share, Wait::Block)), "Granted");
}

#[test]
fn a_full_table_is_an_error_and_recovers() {
    let world = World::new();
    let a = world.session();
    let answer = a.run(|manager| {
        let mut number = 0;
        loop {
            number += 1;
            if let Err(error) = manager.acquire(relation(number), LockMode::Exclusive, T, Wait::Block) {
                manager.release_levels(1);
                return format!("{} after {number}", error.sqlstate());
            }
        }
    });
    assert_eq!(answer, "53200 after 129");
    assert!(world.manager.report().is_empty());
}
