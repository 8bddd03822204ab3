//! A model of leases: servers, revokers and PostgreSQL take their steps in any order, are paused between any two, and no
//! answer from memory outlives a revocation that has returned. Without one of the protocol's rules, the model finds an
//! answer that does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};

/// In tenths of a second, as all times here.
const LEASE: u32 = 20;
const DRIFT: u32 = 1;
const SERVERS: usize = 2;
const REVOKERS: usize = 2;

/// A rule that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Without {
    Nothing,
    /// The lease is reckoned from before the renewal was sent.
    Reckoning,
    /// A server shows what it knew before the renewal, not what the renewal reads.
    Knowing,
    /// Whoever found no row has no lease.
    Row,
    /// A server is removed when it renewed nothing for as long as a lease lasts.
    Patience,
    /// A change is told from another one of the same number.
    Mark,
    /// A revocation waits for the servers.
    Waiting,
    /// One that finds nothing to do waits like the one that did it.
    Repeating,
}

/// A change's number, and its mark.
type Change = (usize, u64);

#[derive(Debug, Clone, Default)]
struct Database {
    /// The marks of the changes, the first of which has number 1.
    changes: Vec<u64>,
    rows: BTreeMap<usize, Row>,
}

#[derive(Debug, Clone)]
struct Row {
    /// Tells it from one that was removed.
    number: u64,
    /// Another one at each renewal.
    renewal: u64,
    shows: Change,
}

#[derive(Debug, Default)]
struct Server {
    held: Option<Held>,
    statement: Statement,
    is_paused: bool,
}

#[derive(Debug, Clone)]
struct Held {
    knows: Vec<u64>,
    until: u32,
}

/// Where a renewal is.
#[derive(Debug, Clone, Default)]
enum Statement {
    #[default]
    None,
    Sent {
        at: u32,
        shows: Change,
    },
    /// PostgreSQL has taken its snapshot.
    Read {
        at: u32,
        shows: Change,
        knows: Vec<u64>,
        row: Option<u64>,
    },
    /// It is committed; the answer is on its way.
    Answered {
        at: u32,
        knows: Vec<u64>,
        found: bool,
    },
    Register,
}

#[derive(Debug, Clone, Default)]
enum Revoker {
    #[default]
    Idle,
    Committed {
        change: Change,
        at: u32,
    },
    /// The answer to the first look is on its way.
    Looked {
        change: Change,
        at: u32,
        behind: BTreeMap<usize, u64>,
    },
    Waits {
        change: Change,
        at: u32,
        behind: BTreeMap<usize, u64>,
        since: u32,
    },
}

#[derive(Debug, Clone)]
enum Step {
    Pass(u32),
    Server(usize),
    Pause(usize),
    Revoker(usize),
    /// A revocation of what was revoked already, perhaps by one that still waits.
    Repeat(usize),
    /// A standby has everything that was committed until now.
    Replicate,
    /// The standby takes over. It may lack changes and renewals, but no row: that was written long before.
    FailOver,
}

struct World {
    without: Without,
    now: u32,
    next: u64,
    db: Database,
    standby: Database,
    servers: [Server; SERVERS],
    revokers: [Revoker; REVOKERS],
    /// Changes whose revocation has returned.
    returned: BTreeSet<u64>,
}

impl Database {
    fn newest(&self) -> Change {
        newest(&self.changes)
    }

    fn behind(&self, (change, _): Change, without: Without) -> BTreeMap<usize, u64> {
        let knows = |(shown, mark): Change| {
            let is_same = || self.changes.get(shown.wrapping_sub(1)) == Some(&mark);
            shown >= change && (without == Without::Mark || is_same())
        };
        let behind = self.rows.iter().filter(|(_, row)| !knows(row.shows));
        behind.map(|(server, row)| (*server, row.renewal)).collect()
    }
}

fn newest(changes: &[u64]) -> Change {
    (changes.len(), changes.last().copied().unwrap_or_default())
}

impl World {
    fn new(without: Without) -> Self {
        Self {
            without,
            now: 0,
            next: 1,
            db: Database::default(),
            standby: Database::default(),
            servers: Default::default(),
            revokers: Default::default(),
            returned: BTreeSet::new(),
        }
    }

    fn unique(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Pass(time) => self.now += time,
            Step::Server(server) => self.renews(server),
            Step::Pause(server) => self.servers[server].is_paused ^= true,
            Step::Revoker(revoker) => self.revokes(revoker),
            Step::Repeat(revoker) => self.repeats(revoker),
            Step::Replicate => self.standby = self.db.clone(),
            Step::FailOver => self.fails_over(),
        }
    }

    /// One step on the way of a server's renewal.
    fn renews(&mut self, server: usize) {
        let unique = self.unique();
        let Server { held, statement, is_paused } = &mut self.servers[server];
        let valid = held.as_ref().filter(|held| self.now < held.until);
        let next = match std::mem::take(statement) {
            // Only what PostgreSQL does goes on.
            halted @ (Statement::None | Statement::Answered { .. } | Statement::Register) if *is_paused => halted,
            Statement::None => {
                Statement::Sent { at: self.now, shows: valid.map(|held| newest(&held.knows)).unwrap_or_default() }
            }
            Statement::Sent { at, shows } => {
                let row = self.db.rows.get(&server).map(|row| row.number);
                Statement::Read { at, shows, knows: self.db.changes.clone(), row }
            }
            Statement::Read { at, shows, knows, row } => {
                let found = self.db.rows.get_mut(&server).filter(|found| Some(found.number) == row);
                let is_found = found.is_some();
                if let Some(row) = found {
                    row.renewal = unique;
                    row.shows = if self.without == Without::Knowing { newest(&knows) } else { shows };
                }
                Statement::Answered { at, knows, found: is_found }
            }
            Statement::Answered { at, knows, found } => {
                let from = if self.without == Without::Reckoning { self.now } else { at };
                if found || self.without == Without::Row {
                    *held = Some(Held { knows, until: from + LEASE - DRIFT });
                }
                if found { Statement::None } else { Statement::Register }
            }
            Statement::Register => {
                self.db.rows.entry(server).or_insert(Row { number: unique, renewal: unique, shows: (0, 0) });
                Statement::None
            }
        };
        self.servers[server].statement = next;
    }

    /// One step on the way of a revocation.
    fn revokes(&mut self, revoker: usize) {
        let next = match std::mem::take(&mut self.revokers[revoker]) {
            Revoker::Idle => {
                let mark = self.unique();
                self.db.changes.push(mark);
                Revoker::Committed { change: self.db.newest(), at: self.now }
            }
            Revoker::Committed { change, .. } if self.without == Without::Waiting => self.returns(change),
            // PostgreSQL did not answer meanwhile.
            Revoker::Committed { change, at } if self.now - at >= LEASE => self.returns(change),
            Revoker::Committed { change, at } => match self.db.behind(change, self.without) {
                behind if behind.is_empty() => self.returns(change),
                behind => Revoker::Looked { change, at, behind },
            },
            Revoker::Looked { change, at, behind } => Revoker::Waits { change, at, behind, since: self.now },
            Revoker::Waits { change, .. } if self.db.behind(change, self.without).is_empty() => self.returns(change),
            Revoker::Waits { change, behind, since, .. }
                if self.now - since >= LEASE || self.without == Without::Patience =>
            {
                self.db.rows.retain(|server, row| behind.get(server) != Some(&row.renewal));
                self.returns(change)
            }
            waits @ Revoker::Waits { .. } => waits,
        };
        self.revokers[revoker] = next;
    }

    fn repeats(&mut self, revoker: usize) {
        let change = self.db.newest();
        if change.0 > 0 && matches!(self.revokers[revoker], Revoker::Idle) {
            self.revokers[revoker] = match self.without {
                Without::Repeating => self.returns(change),
                _ => Revoker::Committed { change, at: self.now },
            };
        }
    }

    fn returns(&mut self, (_, mark): Change) -> Revoker {
        self.returned.insert(mark);
        Revoker::Idle
    }

    fn fails_over(&mut self) {
        let mut standby = self.standby.clone();
        for (server, row) in std::mem::take(&mut self.db.rows) {
            standby.rows.entry(server).or_insert(row);
        }
        self.db = standby;
        for server in &mut self.servers {
            if matches!(server.statement, Statement::Sent { .. } | Statement::Read { .. }) {
                server.statement = Statement::None;
            }
        }
        // What was lost was never revoked.
        self.returned.retain(|mark| self.db.changes.contains(mark));
        for revoker in &mut self.revokers {
            *revoker = match std::mem::take(revoker) {
                Revoker::Committed { change, at }
                | Revoker::Looked { change, at, .. }
                | Revoker::Waits { change, at, .. }
                    if self.db.changes.contains(&change.1) =>
                {
                    // It looks again: what it saw came from the old primary.
                    Revoker::Committed { change, at }
                }
                _ => Revoker::Idle,
            }
        }
    }

    /// Whether any server would answer from memory without knowing a revocation that has returned.
    fn is_late(&self) -> bool {
        self.servers.iter().filter(|server| !server.is_paused).any(|server| {
            let held = server.held.as_ref().filter(|held| self.now < held.until);
            held.is_some_and(|held| self.returned.iter().any(|mark| !held.knows.contains(mark)))
        })
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..SERVERS).prop_map(Step::Server),
        6 => (0..REVOKERS).prop_map(Step::Revoker),
        1 => (0..REVOKERS).prop_map(Step::Repeat),
        2 => (1_u32..=8).prop_map(Step::Pass),
        1 => Just(Step::Pass(LEASE)),
        1 => (0..SERVERS).prop_map(Step::Pause),
        1 => Just(Step::Replicate),
        1 => Just(Step::FailOver),
    ];
    vec(step, 0..120)
}

/// The shortest way to a late answer that is found.
fn late(without: Without, cases: u32) -> Option<Vec<Step>> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let found = TestRunner::new_with_rng(config, rng).run(&steps(), |steps| {
        let mut world = World::new(without);
        for step in &steps {
            world.take(step);
            prop_assert!(!world.is_late());
        }
        Ok(())
    });
    match found {
        Ok(()) => None,
        Err(TestError::Fail(_, steps)) => Some(steps),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

#[test]
fn no_answer_from_memory_outlives_a_revocation_that_has_returned() {
    assert!(late(Without::Nothing, 5_000).is_none_or(|steps| panic!("{steps:?}")));
}

#[test]
fn each_rule_is_needed() {
    use Without::{Knowing, Mark, Patience, Reckoning, Repeating, Row, Waiting};
    for rule in [Reckoning, Knowing, Row, Patience, Mark, Waiting, Repeating] {
        let steps = late(rule, 20_000);
        assert!(steps.is_some(), "without {rule:?} no late answer is found");
    }
}
