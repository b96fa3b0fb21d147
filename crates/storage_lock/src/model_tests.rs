//! The lock manager against a list of holders and a queue: who gets what, who waits, and in which order waiters are served.
//!
//! Each session holds at most one mode of a relation and takes relations in ascending order, so nobody overtakes by Rule 4's
//! exception and no cycle can arise.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::tests::{Session, World, commit, relation, take};
use crate::*;

const SESSIONS: usize = 4;
const RELATIONS: u32 = 2;

#[derive(Clone, Debug)]
enum Step {
    Take(usize, u32, LockMode),
    Try(usize, u32, LockMode),
    Commit(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let session = 0..SESSIONS;
    let mode = prop::sample::select(LockMode::ALL.to_vec());
    prop_oneof![
        4 => (session.clone(), 0..RELATIONS, mode.clone()).prop_map(|(s, r, m)| Step::Take(s, r, m)),
        1 => (session.clone(), 0..RELATIONS, mode).prop_map(|(s, r, m)| Step::Try(s, r, m)),
        2 => session.prop_map(Step::Commit),
    ]
}

#[derive(Default)]
struct Model {
    /// Session, relation, mode.
    held: Vec<(usize, u32, LockMode)>,
    /// First come first.
    waiting: Vec<(usize, u32, LockMode)>,
}

impl Model {
    fn is_waiting(&self, session: usize) -> bool {
        self.waiting.iter().any(|(other, ..)| *other == session)
    }

    /// Whether a request must wait, for holders or for the first `ahead` waiters.
    fn must_wait(&self, relation: u32, mode: LockMode, ahead: usize) -> bool {
        self.held
            .iter()
            .chain(&self.waiting[..ahead])
            .any(|(_, other, held)| *other == relation && held.conflicts_with(mode))
    }

    /// Drops what a session holds and serves the waiters in their order; gives who was served.
    fn commit(&mut self, session: usize) -> Vec<usize> {
        self.held.retain(|(holder, ..)| *holder != session);
        let mut served = Vec::new();
        let mut at = 0;
        while at < self.waiting.len() {
            let (session, relation, mode) = self.waiting[at];
            if self.must_wait(relation, mode, at) {
                at += 1;
            } else {
                self.held.push(self.waiting.remove(at));
                served.push(session);
            }
        }
        served
    }

    fn report(&self) -> BTreeSet<(i32, u32, u8, bool)> {
        let entry = |granted: bool| {
            move |(session, relation, mode): &(usize, u32, LockMode)| {
                (*session as i32, *relation, *mode as u8, granted)
            }
        };
        self.held.iter().map(entry(true)).chain(self.waiting.iter().map(entry(false))).collect()
    }
}

/// What the manager shows, once as many wait as should.
fn shown(world: &World, waiting: usize) -> BTreeSet<(i32, u32, u8, bool)> {
    world.wait_until_waiting(waiting);
    let entry = |lock: LockInformation| {
        let tag = (0..RELATIONS).find(|number| lock.tag == relation(*number + 1)).unwrap();
        (lock.slot as i32, tag, lock.mode as u8, lock.is_granted)
    };
    world.manager.report().into_iter().map(entry).collect()
}

fn check(steps: Vec<Step>) {
    let world = World::new();
    world.manager.set_deadlock_timeout_ms(60_000);
    let sessions: Vec<Session> = (0..SESSIONS).map(|_| world.session_in_turn()).collect();
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Take(session, relation_number, mode) | Step::Try(session, relation_number, mode) => {
                let is_blocked = model.is_waiting(session)
                    || model
                        .held
                        .iter()
                        .any(|(holder, held, _)| *holder == session && *held >= relation_number);
                if is_blocked {
                    continue;
                }
                let must_wait = model.must_wait(relation_number, mode, model.waiting.len());
                let tag = relation(relation_number + 1);
                let request = (session, relation_number, mode);
                if matches!(step, Step::Try(..)) {
                    let expected = if must_wait { "NotAvailable" } else { "Granted" };
                    assert_eq!(sessions[session].run(take(tag, mode, Wait::No)), expected, "{step:?}");
                    if !must_wait {
                        model.held.push(request);
                    }
                } else if must_wait {
                    sessions[session].begin(take(tag, mode, Wait::Block));
                    model.waiting.push(request);
                } else {
                    assert_eq!(sessions[session].run(take(tag, mode, Wait::Block)), "Granted", "{step:?}");
                    model.held.push(request);
                }
            }
            Step::Commit(session) => {
                if model.is_waiting(session) {
                    continue;
                }
                sessions[session].run(commit);
                for served in model.commit(session) {
                    assert_eq!(sessions[served].answer(), "Granted");
                }
            }
        }
        assert_eq!(shown(&world, model.waiting.len()), model.report(), "{step:?}");
    }
    // Everybody's turn comes.
    while let Some((holder, ..)) = model.held.first().copied() {
        let ready =
            model.held.iter().map(|(session, ..)| *session).find(|session| !model.is_waiting(*session));
        let holder = ready.unwrap_or(holder);
        sessions[holder].run(commit);
        for served in model.commit(holder) {
            assert_eq!(sessions[served].answer(), "Granted");
        }
    }
    assert!(model.waiting.is_empty() && world.manager.report().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn agrees_with_holders_and_a_queue(steps in prop::collection::vec(step(), 1..120)) {
        check(steps);
    }
}
