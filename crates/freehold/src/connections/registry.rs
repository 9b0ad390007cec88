//! The registry of all connections. It closes some when there are too many.
//!
//! At a cap a new connection takes the place of one without a running request: first of one without a request yet, then
//! of an idle one, then of one whose client reads no answer; at the cap of all connections, of the address with most
//! connections. So a flood of idle or half-open connections replaces itself, and a health check gets through. A new
//! connection is refused only if all others have running requests.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::activity::{Activity, Doing};

/// How many connections are examined to find one to close, so that a flood costs the same at every size.
const LOOKED_AT: usize = 64;
/// The shortest time between two log lines about closed or refused connections.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// The caps on connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// The number of all connections.
    pub most: usize,
    /// The number of connections from one address; of IPv6, from one network of 64 bits.
    pub most_per_address: usize,
}

impl Caps {
    /// Places reserved for addresses that have no connection yet, such as that of a health check.
    fn reserve(self) -> usize {
        (self.most / 64).clamp(usize::from(self.most > 1), 64)
    }

    /// These caps, lowered to so many connections in all. No address gets all of them.
    pub(crate) fn within(self, room: usize) -> Self {
        let most = self.most.min(room).max(2);
        let per_address = if room < self.most { most - most / 4 } else { most };
        Self { most, most_per_address: self.most_per_address.min(per_address) }
    }
}

/// The part of an address that belongs to one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Origin {
    V4(u32),
    V6(u64),
}

impl Origin {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// One connection.
pub(super) struct Entry {
    id: u64,
    /// The origin; none: a proxy, which sends the requests of many clients.
    origin: Option<Origin>,
    pub(super) activity: Activity,
    /// Whether another connection took its place.
    pub(super) evicted: Notify,
}

/// The place of a connection in the registry; dropping it frees the place.
pub(super) struct Slot {
    registry: Arc<Registry>,
    entry: Arc<Entry>,
}

impl Slot {
    pub(super) fn activity(&self) -> &Activity {
        &self.entry.activity
    }

    pub(super) fn entry(&self) -> Arc<Entry> {
        Arc::clone(&self.entry)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.registry.state().remove(&self.entry);
    }
}

/// All connections.
pub(super) struct Registry {
    caps: Caps,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    all: BTreeMap<u64, Arc<Entry>>,
    origins: HashMap<Origin, BTreeMap<u64, Arc<Entry>>>,
    /// Where the search for a connection to close continues.
    cursor: u64,
    closed: u64,
    refused: u64,
    told: Option<Instant>,
}

impl Registry {
    pub(super) fn new(caps: Caps) -> Arc<Self> {
        Arc::new(Self { caps, state: Mutex::default() })
    }

    /// Takes a place for a connection from this address; none: all places have connections with running requests.
    /// `proxy`: it sends the requests of many clients, so the cap of one address does not apply.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr, proxy: bool) -> Option<Slot> {
        let now = Instant::now();
        let origin = (!proxy).then(|| Origin::of(address));
        let mut state = self.state();
        let admitted = state.make_room(origin, self.caps);
        if !admitted {
            state.refused += 1;
        }
        let told = state.report(now);
        let slot = admitted.then(|| {
            let entry =
                Arc::new(Entry { id: state.next, origin, activity: Activity::new(now), evicted: Notify::new() });
            state.insert(&entry);
            Slot { registry: Arc::clone(self), entry }
        });
        let open = state.all.len();
        drop(state);
        if let Some((closed, refused)) = told {
            let Caps { most, most_per_address } = self.caps;
            tracing::warn!(
                "too many connections: {open} are open, of at most {most} and {most_per_address} of one address; since the \
                 last such message {closed} that did nothing were closed for new ones, and {refused} new ones were refused"
            );
        }
        slot
    }

    /// Closes a connection without a running request, because no descriptor is left for a new one.
    pub(super) fn close_one(&self) {
        self.state().evict(None);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn insert(&mut self, entry: &Arc<Entry>) {
        self.next += 1;
        self.all.insert(entry.id, Arc::clone(entry));
        if let Some(origin) = entry.origin {
            self.origins.entry(origin).or_default().insert(entry.id, Arc::clone(entry));
        }
    }

    fn remove(&mut self, entry: &Entry) {
        self.all.remove(&entry.id);
        if let Some(origin) = entry.origin
            && let Some(of_origin) = self.origins.get_mut(&origin)
        {
            of_origin.remove(&entry.id);
            if of_origin.is_empty() {
                self.origins.remove(&origin);
            }
        }
    }

    /// Whether one more connection has a place, if necessary that of another.
    fn make_room(&mut self, origin: Option<Origin>, caps: Caps) -> bool {
        let of_origin = origin.and_then(|origin| self.origins.get(&origin)).map_or(0, BTreeMap::len);
        if of_origin >= caps.most_per_address && !self.evict(origin) {
            return false;
        }
        let new = origin.is_some() && of_origin == 0;
        let most = if new { caps.most } else { caps.most - caps.reserve() };
        self.all.len() < most || self.evict(None)
    }

    /// Closes a connection without a running request, of this origin or of all; false: all examined ones have running
    /// requests.
    fn evict(&mut self, origin: Option<Origin>) -> bool {
        let among = origin.and_then(|origin| self.origins.get(&origin)).unwrap_or(&self.all);
        let ahead = among.range(self.cursor..).chain(among.range(..self.cursor)).map(|(_, entry)| entry);
        let found = ahead
            .take(LOOKED_AT)
            .filter(|entry| entry.activity.doing() != Doing::Working)
            .min_by_key(|entry| {
                let crowd = entry.origin.and_then(|origin| self.origins.get(&origin)).map_or(0, BTreeMap::len);
                (entry.activity.doing(), std::cmp::Reverse(crowd), entry.id)
            })
            .cloned();
        let Some(entry) = found else {
            self.cursor = among.range(self.cursor..).nth(LOOKED_AT).map_or(0, |(id, _)| *id);
            return false;
        };
        self.cursor = entry.id + 1;
        self.remove(&entry);
        entry.evicted.notify_one();
        self.closed += 1;
        true
    }

    /// How many connections were closed and refused, if a log line is due now.
    fn report(&mut self, now: Instant) -> Option<(u64, u64)> {
        let due = self.told.is_none_or(|told| now.duration_since(told) >= TOLD_EVERY);
        if !due || (self.closed, self.refused) == (0, 0) {
            return None;
        }
        self.told = Some(now);
        Some((std::mem::take(&mut self.closed), std::mem::take(&mut self.refused)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(most: usize, most_per_address: usize) -> Arc<Registry> {
        Registry::new(Caps { most, most_per_address })
    }

    fn from(registry: &Arc<Registry>, address: &str) -> Option<Slot> {
        registry.admit(address.parse().unwrap(), false)
    }

    fn is_evicted(slot: &Slot) -> bool {
        !slot.registry.state().all.contains_key(&slot.entry.id)
    }

    fn working(slot: Slot) -> Slot {
        slot.activity().request_begin();
        slot
    }

    #[test]
    fn an_address_at_its_cap_replaces_its_own_connections() {
        let registry = registry(100, 3);
        let other = from(&registry, "192.0.2.1").unwrap();
        let own: Vec<Slot> = (0..5).map(|_| from(&registry, "192.0.2.2").unwrap()).collect();
        assert_eq!(own.iter().map(is_evicted).collect::<Vec<_>>(), [true, true, false, false, false]);
        assert!(!is_evicted(&other));
        assert_eq!(registry.state().all.len(), 4);
        drop((other, own));
        assert!(registry.state().all.is_empty() && registry.state().origins.is_empty());
    }

    #[test]
    fn connections_that_work_are_never_closed_and_a_new_one_is_refused() {
        let registry = registry(100, 2);
        let busy: Vec<Slot> = (0..2).map(|_| working(from(&registry, "192.0.2.1").unwrap())).collect();
        assert!(from(&registry, "192.0.2.1").is_none());
        assert!(from(&registry, "192.0.2.2").is_some(), "of another address");
        busy[1].activity().hand_over();
        assert!(from(&registry, "192.0.2.1").is_some(), "in the place of a client that takes no answer");
        assert!(!is_evicted(&busy[0]) && is_evicted(&busy[1]));
    }

    #[test]
    fn the_crowd_gives_way_to_a_newcomer_and_beginners_before_idle_ones() {
        let registry = registry(9, 9);
        let alone = from(&registry, "192.0.2.1").unwrap();
        let crowd: Vec<Slot> = (0..7).map(|_| from(&registry, "192.0.2.2").unwrap()).collect();
        crowd[0].activity().request_begin();
        crowd[0].activity().hand_over();
        crowd[0].activity().request_end();
        let newcomers = ["192.0.2.3", "192.0.2.4"].map(|address| from(&registry, address).unwrap());
        assert!(!is_evicted(&alone) && !newcomers.iter().any(is_evicted));
        assert_eq!(crowd.iter().map(is_evicted).collect::<Vec<_>>(), [false, true, false, false, false, false, false]);
        assert_eq!(registry.state().all.len(), 9);
    }

    #[test]
    fn places_are_kept_for_addresses_without_a_connection() {
        let registry = registry(8, 8);
        let busy: Vec<Slot> = (0..7).map(|_| working(from(&registry, "192.0.2.1").unwrap())).collect();
        assert!(from(&registry, "192.0.2.1").is_none());
        let newcomer = working(from(&registry, "192.0.2.2").unwrap());
        assert!(from(&registry, "192.0.2.3").is_none(), "all places are taken");
        drop((busy, newcomer));
    }

    #[test]
    fn a_proxy_has_no_cap_of_its_own_and_a_network_of_ipv6_has_one() {
        let registry = registry(100, 2);
        let proxied: Vec<_> = (0..10).map(|_| registry.admit("10.0.0.1".parse().unwrap(), true).unwrap()).collect();
        assert!(!proxied.iter().any(is_evicted));
        let network: Vec<Slot> = (1..4).map(|host| from(&registry, &format!("2001:db8::{host}")).unwrap()).collect();
        assert_eq!(network.iter().map(is_evicted).collect::<Vec<_>>(), [true, false, false]);
        assert!(!is_evicted(&from(&registry, "2001:db8:0:1::1").unwrap()));
    }

    #[test]
    fn the_operator_is_told_once_a_minute_with_counts() {
        let mut state = State { closed: 3, refused: 2, ..State::default() };
        let now = Instant::now();
        assert_eq!(state.report(now), Some((3, 2)));
        state.closed = 5;
        assert_eq!(state.report(now + Duration::from_secs(59)), None);
        assert_eq!(state.report(now + Duration::from_mins(1)), Some((5, 0)));
        assert_eq!(state.report(now + Duration::from_secs(500)), None, "nothing happened");
    }

    #[test]
    fn scarce_descriptors_lower_the_caps() {
        let caps = Caps { most: 20_000, most_per_address: 12_000 };
        assert_eq!(caps.within(usize::MAX), caps);
        assert_eq!(caps.within(19_884), Caps { most: 19_884, most_per_address: 12_000 });
        assert_eq!(caps.within(184), Caps { most: 184, most_per_address: 138 });
    }
}
