//! Which request gets the next connection of the pool.
//!
//! Without a rule, one tenant whose transactions wait for each other could hold every connection, and all other tenants
//! would have to wait. So connections are shared between *parties*: the requests of one tenant, the background work of
//! one tenant, and each kind of system work. A party may take another connection only while more connections are free
//! than it already holds: a party alone gets half of them, two busy parties get a third each, and one connection always
//! stays free for a party that arrives later. Waiting parties take turns, and each party's requests are served in the
//! order of their arrival.
//!
//! A task that already holds a connection and asks for a second one is served first, and one connection is reserved for
//! such tasks. It never waits for its own party, which might be waiting for the connection that the task holds.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use freehold_core::{Actor, Caller, TenantId};
use tokio::{sync::oneshot, task};

/// Most requests of one party that may wait at once. Further ones are refused, so that a flood of one tenant's requests
/// takes no memory.
const MOST_WAITING: usize = 1024;

/// What a connection is requested for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Party {
    /// Requests of a tenant's members and API keys.
    Requests(TenantId),
    /// Background work of a tenant, which the tenant's own requests do not delay.
    Work(TenantId),
    /// Work for no tenant, by its reason and its origin. Slow sign-ins do not delay look-ups of keys, and look-ups for
    /// one network do not delay those for another.
    System(&'static str, u64),
}

impl Party {
    pub(crate) fn of(caller: &Caller) -> Self {
        match caller.actor() {
            Actor::System { .. } => Self::Work(caller.tenant()),
            Actor::User { .. } | Actor::Key { .. } | Actor::Service { .. } | Actor::Operator(_) => {
                Self::Requests(caller.tenant())
            }
        }
    }

    fn class(self) -> usize {
        match self {
            Self::Requests(_) | Self::Work(_) => TENANTS,
            Self::System(..) => SYSTEM,
        }
    }
}

const TENANTS: usize = 0;
const SYSTEM: usize = 1;

/// The right to use one connection. Dropping it passes the right to the next waiter.
pub(crate) struct Permit {
    shares: Arc<Shares>,
    party: Party,
    task: Option<task::Id>,
}

impl Permit {
    /// Called when the task that asked for the connection has dropped it and another task returns it to the pool.
    pub(crate) fn leave_task(&mut self) {
        if let Some(task) = self.task.take() {
            self.shares.state().forget_holder(task);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shares.release(self.party, self.task);
    }
}

/// The limit of waiting requests of this party is reached.
#[derive(Debug)]
pub(crate) struct Full;

/// How many connections a party holds and waits for, for the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    /// Connections that the party holds.
    pub(crate) held: usize,
    /// Requests of the party that wait for a connection.
    pub(crate) waiting: usize,
    /// Connections that all parties hold together.
    pub(crate) all_held: usize,
}

/// The connections of one pool, and the requests that wait for them.
pub(crate) struct Shares {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
struct Limits {
    /// Size of the pool.
    connections: usize,
    /// Most connections that tasks may hold as their first one; the rest is for tasks that need a second one.
    first: usize,
    /// Most connections that all tenants together, or all system work together, may hold; the rest is for the other
    /// class.
    class: usize,
}

#[derive(Default)]
struct State {
    held: usize,
    classes: [Class; 2],
    lines: HashMap<Party, Line>,
    /// Waiters that already hold a connection.
    nested: VecDeque<Waiter>,
    /// How many connections each task holds.
    holders: HashMap<task::Id, usize>,
    /// The class that comes first at the next turn.
    turn: usize,
}

#[derive(Default)]
struct Class {
    held: usize,
    /// Parties with waiters, in the order of their turns. Each party is listed once.
    ring: VecDeque<Party>,
}

#[derive(Default)]
struct Line {
    held: usize,
    waiting: VecDeque<Waiter>,
}

struct Waiter {
    party: Party,
    task: Option<task::Id>,
    sender: oneshot::Sender<Permit>,
}

impl Shares {
    pub(crate) fn new(connections: usize) -> Arc<Self> {
        // A pool of three connections is too small to reserve any.
        let limits = Limits {
            connections,
            first: if connections < 4 { connections } else { connections - 1 },
            class: connections - connections / 4,
        };
        Arc::new(Self { limits, state: Mutex::default() })
    }

    /// Waits until the party may use a connection.
    pub(crate) async fn acquire(self: &Arc<Self>, party: Party) -> Result<Permit, Full> {
        let task = task::try_id();
        let receiver = {
            let mut state = self.state();
            let nested = task.is_some_and(|task| state.holders.contains_key(&task));
            let at_once = if nested { state.held < self.limits.connections } else { state.admits(party, self.limits) };
            if at_once {
                state.take(party, task);
                drop(state);
                return Ok(Permit { shares: Arc::clone(self), party, task });
            }
            let (sender, receiver) = oneshot::channel();
            let waiter = Waiter { party, task, sender };
            if nested {
                state.nested.push_back(waiter);
            } else {
                state.enqueue(waiter)?;
            }
            receiver
        };
        // The sender is dropped only together with the pool.
        receiver.await.map_err(|_| Full)
    }

    /// How many connections this party holds and waits for.
    pub(crate) fn load(&self, party: Party) -> Load {
        let state = self.state();
        let line = state.lines.get(&party);
        Load {
            held: line.map_or(0, |line| line.held),
            waiting: line.map_or(0, |line| line.waiting.iter().filter(|waiter| !waiter.sender.is_closed()).count()),
            all_held: state.held,
        }
    }

    fn release(self: &Arc<Self>, party: Party, task: Option<task::Id>) {
        let mut granted = Vec::new();
        {
            let mut state = self.state();
            state.give_back(party, task);
            while let Some(waiter) = state.next(self.limits) {
                state.take(waiter.party, waiter.task);
                granted.push(waiter);
            }
        }
        for Waiter { party, task, sender } in granted {
            // If the waiter has given up at this moment, it drops the permit, which passes it on.
            let _ = sender.send(Permit { shares: Arc::clone(self), party, task });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether the party may take a connection now, if it is its turn.
    fn admits(&self, party: Party, limits: Limits) -> bool {
        let free = self.free(party.class(), limits);
        let held = self.lines.get(&party).map_or(0, |line| line.held);
        free > 0 && (held == 0 || held < free)
    }

    /// How many more connections a class may take.
    fn free(&self, class: usize, limits: Limits) -> usize {
        let all = limits.first.saturating_sub(self.held);
        all.min(limits.class.saturating_sub(self.classes[class].held))
    }

    fn take(&mut self, party: Party, task: Option<task::Id>) {
        self.held += 1;
        self.classes[party.class()].held += 1;
        self.lines.entry(party).or_default().held += 1;
        if let Some(task) = task {
            *self.holders.entry(task).or_default() += 1;
        }
    }

    fn give_back(&mut self, party: Party, task: Option<task::Id>) {
        self.held -= 1;
        self.classes[party.class()].held -= 1;
        if let Some(line) = self.lines.get_mut(&party) {
            line.held -= 1;
            if line.held == 0 && line.waiting.is_empty() {
                self.lines.remove(&party);
            }
        }
        if let Some(task) = task {
            self.forget_holder(task);
        }
    }

    fn forget_holder(&mut self, task: task::Id) {
        if let Some(count) = self.holders.get_mut(&task) {
            *count -= 1;
            if *count == 0 {
                self.holders.remove(&task);
            }
        }
    }

    fn enqueue(&mut self, waiter: Waiter) -> Result<(), Full> {
        let party = waiter.party;
        let line = self.lines.entry(party).or_default();
        // A party is in the ring as long as requests of it wait.
        let first = line.waiting.is_empty();
        if line.waiting.len() >= MOST_WAITING {
            line.waiting.retain(|waiter| !waiter.sender.is_closed());
            if line.waiting.len() >= MOST_WAITING {
                return Err(Full);
            }
        }
        line.waiting.push_back(waiter);
        if first {
            self.classes[party.class()].ring.push_back(party);
        }
        Ok(())
    }

    /// The waiter whose turn it is, if a connection is free for it.
    fn next(&mut self, limits: Limits) -> Option<Waiter> {
        while self.held < limits.connections
            && let Some(waiter) = self.nested.pop_front()
        {
            if !waiter.sender.is_closed() {
                return Some(waiter);
            }
        }
        for class in [self.turn, 1 - self.turn] {
            if let Some(waiter) = self.next_of(class, limits) {
                self.turn = 1 - class;
                return Some(waiter);
            }
        }
        None
    }

    /// The next waiter of one class. If a connection is free, only parties that already hold some are skipped, so this
    /// looks at few.
    fn next_of(&mut self, class: usize, limits: Limits) -> Option<Waiter> {
        if self.free(class, limits) == 0 {
            return None;
        }
        for _ in 0..self.classes[class].ring.len() {
            let party = self.classes[class].ring.pop_front()?;
            let admitted = self.admits(party, limits);
            let Some(line) = self.lines.get_mut(&party) else { continue };
            while line.waiting.front().is_some_and(|waiter| waiter.sender.is_closed()) {
                line.waiting.pop_front();
            }
            let waiter = if admitted { line.waiting.pop_front() } else { None };
            if line.waiting.is_empty() {
                if line.held == 0 && waiter.is_none() {
                    self.lines.remove(&party);
                }
            } else {
                self.classes[class].ring.push_back(party);
            }
            if waiter.is_some() {
                return waiter;
            }
        }
        None
    }
}
