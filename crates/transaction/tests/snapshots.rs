//! Snapshots against a history: a snapshot sees exactly what had committed when it was taken, whatever happens afterwards, with
//! subtransactions beyond what a process's entry lists; and the horizon never passes a snapshot in use.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};

use common::TransactionId;
use proptest::prelude::*;
use test_kit::{Client, Storage};
use transaction::Snapshot;

const SESSIONS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Begin(bool),
    Write,
    Look,
    Savepoint,
    Release,
    RollBackTo,
    /// Many short subtransactions.
    Flood(u8),
    Commit,
    RollBack,
}

fn step() -> impl Strategy<Value = (usize, Step)> {
    let step = prop_oneof![
        3 => any::<bool>().prop_map(Step::Begin),
        4 => Just(Step::Write),
        4 => Just(Step::Look),
        2 => Just(Step::Savepoint),
        1 => Just(Step::Release),
        1 => Just(Step::RollBackTo),
        1 => (1..90u8).prop_map(Step::Flood),
        2 => Just(Step::Commit),
        1 => Just(Step::RollBack),
    ];
    (0..SESSIONS, step)
}

/// A process's part: its session, and the snapshots that its transaction took.
struct Own {
    client: Client,
    snapshots: Vec<Rc<Snapshot>>,
}

type Order = Box<dyn FnOnce(&mut Own) -> Vec<u64> + Send>;

struct Process {
    orders: Sender<Order>,
    answers: Receiver<Vec<u64>>,
}

impl Process {
    fn start(storage: &Storage) -> Process {
        let seed = storage.client();
        let (orders, inbox) = channel::<Order>();
        let (outbox, answers) = channel();
        std::thread::spawn(move || {
            let mut own = Own { client: seed.start(), snapshots: Vec::new() };
            for order in inbox {
                if outbox.send(order(&mut own)).is_err() {
                    return;
                }
            }
        });
        Process { orders, answers }
    }

    fn run(&self, order: impl FnOnce(&mut Own) -> Vec<u64> + Send + 'static) -> Vec<u64> {
        self.orders.send(Box::new(order)).unwrap();
        self.answers.recv().unwrap()
    }
}

/// What the history knows of a process: numbers by level of its transaction, and the times of its snapshots.
#[derive(Default)]
struct Running {
    is_repeatable: bool,
    levels: Vec<Vec<u64>>,
    looked_at: Vec<u32>,
}

#[derive(Default)]
struct History {
    /// Moves with every commit.
    now: u32,
    /// All numbers given out, and when they committed.
    committed: HashMap<u64, Option<u32>>,
    running: [Running; SESSIONS],
}

impl History {
    fn end(&mut self, process: usize, commits: bool) {
        self.now += u32::from(commits);
        let levels = std::mem::take(&mut self.running[process]).levels;
        if commits {
            for xid in levels.into_iter().flatten() {
                self.committed.insert(xid, Some(self.now));
            }
        }
    }

    /// Whether a snapshot of this time sees each of these.
    fn seen(&self, xids: &[u64], time: u32) -> Vec<u64> {
        let is_seen = |xid: &&u64| self.committed[*xid].is_some_and(|at| at <= time);
        xids.iter().filter(is_seen).copied().collect()
    }
}

fn act(history: &mut History, process: &Process, number: usize, step: &Step) {
    let running = &mut history.running[number];
    let depth = running.levels.len();
    match step {
        Step::Begin(is_repeatable) if depth == 0 => {
            let is_repeatable = *is_repeatable;
            *running = Running { is_repeatable, levels: vec![Vec::new()], looked_at: Vec::new() };
            process.run(move |own| {
                if is_repeatable {
                    own.client.begin_repeatable()
                } else {
                    own.client.begin()
                }
                Vec::new()
            });
        }
        Step::Write if depth > 0 => {
            // Levels above without a number get theirs first.
            let fresh = process.run(|own| {
                let before = own.client.session.system().next_xid().0;
                own.client.session.xid().unwrap();
                (before..own.client.session.system().next_xid().0).collect()
            });
            let missing: Vec<usize> = (0..depth).filter(|level| running.levels[*level].is_empty()).collect();
            for (xid, level) in fresh.iter().rev().zip(missing.into_iter().rev()) {
                running.levels[level].push(*xid);
            }
            history.committed.extend(fresh.into_iter().map(|xid| (xid, None)));
        }
        Step::Look if depth > 0 => {
            let time = match running.looked_at.first() {
                Some(first) if running.is_repeatable => *first,
                _ => history.now,
            };
            running.looked_at.push(time);
            process.run(|own| {
                let snapshot = own.client.snapshot();
                own.snapshots.push(snapshot);
                Vec::new()
            });
        }
        Step::Savepoint if depth > 0 => {
            running.levels.push(Vec::new());
            process.run(|own| {
                own.client.session.begin_subtransaction();
                Vec::new()
            });
        }
        Step::Release if depth > 1 => {
            let ended = running.levels.pop().unwrap();
            running.levels.last_mut().unwrap().extend(ended);
            process.run(|own| {
                own.client.session.commit_subtransaction();
                Vec::new()
            });
        }
        Step::RollBackTo if depth > 1 => {
            running.levels.pop();
            process.run(|own| {
                own.client.session.rollback_subtransaction();
                Vec::new()
            });
        }
        Step::Flood(count) if depth > 0 => {
            act(history, process, number, &Step::Write);
            for _ in 0..*count {
                for part in [Step::Savepoint, Step::Write, Step::Release] {
                    act(history, process, number, &part);
                }
            }
        }
        Step::Commit | Step::RollBack if depth > 0 => {
            let commits = matches!(step, Step::Commit);
            process.run(move |own| {
                own.snapshots.clear();
                let session = &own.client.session;
                while session.level() > 1 {
                    if commits {
                        session.commit_subtransaction();
                    } else {
                        session.rollback_subtransaction();
                    }
                }
                if commits {
                    own.client.commit();
                } else {
                    own.client.rollback();
                }
                Vec::new()
            });
            history.end(number, commits);
        }
        _ => {}
    }
}

/// Every snapshot in use sees what it should of the numbers given out lately, those of its own transaction aside.
fn check(history: &History, processes: &[Process]) -> Result<(), TestCaseError> {
    let mut recent: Vec<u64> = history.committed.keys().copied().collect();
    recent.sort_unstable();
    let recent = recent.split_off(recent.len().saturating_sub(150));
    for (number, process) in processes.iter().enumerate() {
        let own: Vec<u64> = history.running[number].levels.iter().flatten().copied().collect();
        let others: Vec<u64> = recent.iter().filter(|xid| !own.contains(xid)).copied().collect();
        for (at, time) in history.running[number].looked_at.iter().enumerate() {
            let asked = others.clone();
            let seen = process.run(move |own| {
                let (session, snapshot) = (&own.client.session, &own.snapshots[at]);
                assert!(
                    session.system().oldest_visible(None) <= snapshot.xmin,
                    "the horizon passed a snapshot"
                );
                let is_seen = |xid: &u64| session.is_visible_in(TransactionId(*xid), snapshot).unwrap();
                asked.into_iter().filter(is_seen).collect()
            });
            prop_assert_eq!(seen, history.seen(&others, *time), "process {} snapshot {}", number, at);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn agree_with_history(steps in prop::collection::vec(step(), 1..250)) {
        let storage = Storage::new(64);
        let processes: Vec<Process> = (0..SESSIONS).map(|_| Process::start(&storage)).collect();
        let mut history = History::default();
        for (count, (number, step)) in steps.iter().enumerate() {
            act(&mut history, &processes[*number], *number, step);
            if count % 5 == 0 {
                check(&history, &processes)?;
            }
        }
        check(&history, &processes)?;
    }
}
