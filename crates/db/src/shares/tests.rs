//! Which party gets the next connection.

use freehold_core::Id;
use futures_util::FutureExt;

use super::*;

fn tenant(number: u128) -> Party {
    Party::Requests(Id::new(uuid::Uuid::from_u128(number)))
}

/// A connection for the party, if it gets one without waiting.
fn at_once(shares: &Arc<Shares>, party: Party) -> Option<Permit> {
    shares.acquire(party).now_or_never().map(|permit| permit.unwrap())
}

/// Takes connections for the party for as long as it gets them without waiting.
fn all_of(shares: &Arc<Shares>, party: Party) -> Vec<Permit> {
    std::iter::from_fn(|| at_once(shares, party)).collect()
}

#[test]
fn one_party_gets_half_and_a_newcomer_always_finds_a_connection() {
    let shares = Shares::new(16);
    let first = all_of(&shares, tenant(1));
    assert_eq!(first.len(), 6, "half of what is not reserved for system work");
    let second = all_of(&shares, tenant(2));
    assert_eq!(second.len(), 3);
    let others: Vec<Permit> = (3..6).filter_map(|number| at_once(&shares, tenant(number))).collect();
    assert_eq!(others.len(), 3, "tenants hold what they may together");
    assert!(at_once(&shares, tenant(6)).is_none());
    assert!(at_once(&shares, Party::System("sign in", 0)).is_some(), "the rest is for system work");
    let system = all_of(&shares, Party::System("sign in", 0));
    assert!(at_once(&shares, Party::System("look up a key", 0)).is_some(), "kinds of system work share, too");
    drop((first, second, others, system));
    assert_eq!(shares.state().held, 0);
    assert!(shares.state().lines.is_empty(), "nothing is kept of parties that hold and wait for nothing");
}

#[test]
fn a_tenants_background_work_has_a_share_of_its_own() {
    let shares = Shares::new(16);
    let id = Id::new(uuid::Uuid::from_u128(1));
    let requests = all_of(&shares, Party::Requests(id));
    assert!(at_once(&shares, Party::Work(id)).is_some());
    drop(requests);
}

#[tokio::test]
async fn a_flood_from_one_network_neither_refuses_nor_delays_the_look_up_of_another() {
    let shares = Shares::new(1);
    let look_up = |network: u64| Party::System("look up a key", network);
    let held = at_once(&shares, look_up(1)).unwrap();
    let mut flood: Vec<_> = (0..MOST_WAITING).map(|_| Box::pin(shares.acquire(look_up(1)))).collect();
    for waiter in &mut flood {
        assert!(waiter.now_or_never().is_none());
    }
    assert!(matches!(shares.acquire(look_up(1)).now_or_never(), Some(Err(Full))), "the line of the flood is full");
    let mut other = Box::pin(shares.acquire(look_up(2)));
    assert!((&mut other).now_or_never().is_none(), "it waits, and is not refused");
    drop(held);
    let turn = (&mut flood[0]).now_or_never().unwrap();
    assert!((&mut other).now_or_never().is_none());
    drop(turn);
    assert!((&mut other).now_or_never().is_some(), "it is next, before the thousand that came earlier");
}

#[tokio::test]
async fn parties_that_wait_take_turns() {
    let shares = Shares::new(1);
    let held = at_once(&shares, Party::System("test", 0)).unwrap();
    let names = [(1, "a1"), (1, "a2"), (1, "a3"), (2, "b1"), (2, "b2"), (3, "c1")];
    let mut waiting: Vec<_> =
        names.iter().map(|(number, name)| (*name, Box::pin(shares.acquire(tenant(*number))))).collect();
    for (_, future) in &mut waiting {
        assert!(future.now_or_never().is_none());
    }
    let mut order = Vec::new();
    drop(held);
    while let Some(place) = waiting.iter_mut().position(|(_, future)| {
        // The permit is dropped at once, so the next turn starts.
        future.now_or_never().is_some_and(|permit| permit.is_ok())
    }) {
        order.push(waiting.remove(place).0);
    }
    assert_eq!(order, ["a1", "b1", "c1", "a2", "b2", "a3"]);
}

#[test]
fn a_waiter_that_gives_up_takes_no_turn() {
    let shares = Shares::new(1);
    let held = at_once(&shares, tenant(1)).unwrap();
    let mut given_up = Box::pin(shares.acquire(tenant(2)));
    let mut patient = Box::pin(shares.acquire(tenant(3)));
    assert!(given_up.as_mut().now_or_never().is_none() && patient.as_mut().now_or_never().is_none());
    drop(given_up);
    drop(held);
    assert!(patient.as_mut().now_or_never().is_some());
    assert!(shares.state().lines.is_empty());
}

#[test]
fn a_grant_that_is_not_taken_goes_to_the_next() {
    let shares = Shares::new(1);
    let held = at_once(&shares, tenant(1)).unwrap();
    let mut given_up = Box::pin(shares.acquire(tenant(2)));
    let mut patient = Box::pin(shares.acquire(tenant(3)));
    assert!(given_up.as_mut().now_or_never().is_none() && patient.as_mut().now_or_never().is_none());
    drop(held);
    drop(given_up);
    assert!(patient.as_mut().now_or_never().is_some());
}

#[test]
fn a_flood_of_one_party_is_refused_where_it_would_cost_memory() {
    let shares = Shares::new(1);
    let held = at_once(&shares, tenant(1)).unwrap();
    let mut flood: Vec<_> = (0..MOST_WAITING).map(|_| Box::pin(shares.acquire(tenant(2)))).collect();
    assert!(flood.iter_mut().all(|future| future.as_mut().now_or_never().is_none()));
    assert!(matches!(shares.acquire(tenant(2)).now_or_never(), Some(Err(Full))));
    assert!(shares.acquire(tenant(3)).now_or_never().is_none(), "others may wait");
    flood.truncate(MOST_WAITING - 1);
    assert!(shares.acquire(tenant(2)).now_or_never().is_none(), "waiters that gave up make room");
    drop((flood, held));
}

#[tokio::test]
async fn a_task_that_holds_a_connection_gets_the_next_one_first() {
    let shares = Shares::new(4);
    let one = at_once(&shares, tenant(1)).unwrap();
    let (nested, inner) = {
        let shares = Arc::clone(&shares);
        tokio::spawn(async move {
            let outer = shares.acquire(tenant(2)).await.unwrap();
            let third = shares.acquire(Party::System("nested", 0)).await.unwrap();
            let fourth = shares.acquire(tenant(2)).await.unwrap();
            (outer, [third, fourth])
        })
        .await
        .unwrap()
    };
    assert_eq!(shares.state().held, 4, "the last connection is for nested use alone");
    drop((one, nested, inner));
    assert!(shares.state().holders.is_empty());
}
