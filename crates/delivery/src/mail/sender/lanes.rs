//! Limits of mails under way: mails that users wait for go first, and no receiving domain takes all senders of a
//! process.
//!
//! Every process applies these limits to its own senders, so they work with any number of processes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// Most mails that a process has under way at once, without slow ones.
pub(super) const AT_ONCE: usize = 8;
/// Slots of these that are reserved for mails that users wait for.
const KEPT: usize = 3;
/// Most mails under way to one domain, slow ones included.
const OF_DOMAIN: usize = 3;
/// Most mails under way to one domain that no user waits for.
const OF_DOMAIN_ORDINARY: usize = 2;
/// A mail under way for this long is slow: it only waits for the other side, so another mail may use its slot.
const SLOW: SignedDuration = SignedDuration::from_secs(10);
/// Most mails under way, slow ones included.
const MOST: usize = 24;

/// The mails under way, by a serial number.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes(Arc<Mutex<BTreeMap<u64, Mail>>>);

/// A mail that is under way.
#[derive(Clone, Debug)]
struct Mail {
    domain: String,
    urgent: bool,
    since: Timestamp,
}

/// Number of mails under way to a domain.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    urgent: usize,
    ordinary: usize,
}

impl Held {
    /// How many more mails of this kind may go to the domain.
    fn room(self, urgent: bool) -> usize {
        let of_kind = if urgent { OF_DOMAIN } else { OF_DOMAIN_ORDINARY.saturating_sub(self.ordinary) };
        of_kind.min(OF_DOMAIN.saturating_sub(self.urgent + self.ordinary))
    }
}

/// What may be claimed next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// Most mails to claim.
    pub(super) most: usize,
    /// Most mails of a domain without mails under way.
    pub(super) share: usize,
    /// Domains with mails under way, and how many more each may have, possibly 0.
    pub(super) domains: Vec<(String, usize)>,
}

/// The slot of a mail under way. Dropping this value frees the slot, however the attempt ended.
#[derive(Debug)]
pub(super) struct UnderWay {
    lanes: Lanes,
    number: u64,
}

impl Lanes {
    /// What may be claimed of this kind while at most `most` mails are under way at once; none when nothing may be.
    pub(super) fn claim(&self, urgent: bool, most: usize, now: Timestamp) -> Option<Claim> {
        let mails = self.mails();
        // While the mail server is away, one mail of any kind and speed finds out whether it is back.
        let is_away = most < AT_ONCE;
        let counts = |mail: &&Mail| is_away || now.duration_since(mail.since) < SLOW;
        let total = mails.values().filter(counts).count();
        let ordinary = mails.values().filter(counts).filter(|mail| !mail.urgent).count();
        let of_kind = if urgent || is_away { most } else { most.saturating_sub(KEPT).saturating_sub(ordinary) };
        let room = of_kind.min(most.saturating_sub(total)).min(MOST.saturating_sub(mails.len()));
        if room == 0 {
            return None;
        }
        let mut held: BTreeMap<&str, Held> = BTreeMap::new();
        for mail in mails.values() {
            let held = held.entry(&mail.domain).or_default();
            *(if mail.urgent { &mut held.urgent } else { &mut held.ordinary }) += 1;
        }
        let domains = held.into_iter().map(|(domain, held)| (domain.to_owned(), held.room(urgent))).collect();
        Some(Claim { most: room, share: Held::default().room(urgent), domains })
    }

    /// Takes a slot for a claimed mail.
    pub(super) fn enter(&self, domain: String, urgent: bool, now: Timestamp) -> UnderWay {
        let mut mails = self.mails();
        let number = mails.last_key_value().map_or(0, |(last, _)| last + 1);
        mails.insert(number, Mail { domain, urgent, since: now });
        UnderWay { lanes: self.clone(), number }
    }

    fn mails(&self) -> MutexGuard<'_, BTreeMap<u64, Mail>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.lanes.mails().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_773_576_000 + seconds).unwrap()
    }

    /// Claims and enters as many mails to a domain as there may be.
    fn fill(lanes: &Lanes, domain: &str, urgent: bool, now: Timestamp) -> Vec<UnderWay> {
        let mut all = Vec::new();
        while let Some(claim) = lanes.claim(urgent, AT_ONCE, now) {
            let room = claim.domains.iter().find(|(name, _)| name == domain).map_or(claim.share, |(_, room)| *room);
            if room == 0 {
                break;
            }
            all.push(lanes.enter(domain.to_owned(), urgent, now));
        }
        all
    }

    #[test]
    fn one_domain_takes_no_more_than_its_share() {
        let lanes = Lanes::default();
        let ordinary = fill(&lanes, "slow.example", false, at(0));
        assert_eq!(ordinary.len(), 2);
        let urgent = fill(&lanes, "slow.example", true, at(0));
        assert_eq!(urgent.len(), 1, "a user who waits at a slow domain gets a sender there");
        assert_eq!(fill(&lanes, "quick.example", true, at(0)).len(), 3);
        assert_eq!(fill(&lanes, "slow.example", true, at(60)).len(), 0, "slow mails count as the domain's for ever");
    }

    #[test]
    fn senders_are_kept_for_mails_that_users_wait_for() {
        let lanes = Lanes::default();
        let held: Vec<_> =
            (0..9).flat_map(|number| fill(&lanes, &format!("slow{number}.example"), false, at(0))).collect();
        assert_eq!(held.len(), 5, "of eight, three are kept");
        assert_eq!(lanes.claim(false, AT_ONCE, at(0)), None);
        let urgent: Vec<_> =
            (0..9).flat_map(|number| fill(&lanes, &format!("quick{number}.example"), true, at(0))).collect();
        assert_eq!(urgent.len(), 3);
        assert_eq!(lanes.claim(true, AT_ONCE, at(0)), None);
    }

    #[test]
    fn slow_mails_make_room_for_others_up_to_a_bound() {
        let lanes = Lanes::default();
        let mut held = Vec::new();
        for round in 0..5 {
            for number in 0..9 {
                held.extend(fill(&lanes, &format!("slow{round}{number}.example"), true, at(round * 10)));
            }
            let expected = usize::try_from(round + 1).unwrap() * 8;
            assert_eq!(held.len(), expected.min(24), "eight more after ten seconds, 24 at most");
        }
    }

    #[test]
    fn what_ends_gives_its_sender_back() {
        let lanes = Lanes::default();
        let mut held = fill(&lanes, "slow.example", true, at(0));
        assert_eq!(held.len(), 3);
        held.pop();
        assert_eq!(lanes.claim(true, AT_ONCE, at(0)).unwrap().domains, [("slow.example".to_owned(), 1)]);
        drop(held);
        assert_eq!(lanes.claim(true, AT_ONCE, at(0)), Some(Claim { most: 8, share: 3, domains: Vec::new() }));
    }

    #[test]
    fn while_the_mail_server_is_away_one_mail_of_any_kind_asks() {
        let lanes = Lanes::default();
        assert_eq!(lanes.claim(false, 1, at(0)).unwrap().most, 1);
        assert_eq!(lanes.claim(true, 0, at(0)), None);
        let asking = lanes.enter("x.example".to_owned(), false, at(0));
        assert_eq!((lanes.claim(false, 1, at(60)), lanes.claim(true, 1, at(60))), (None, None));
        drop(asking);
    }
}
