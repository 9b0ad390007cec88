//! Typed ids: a [`TenantId`] cannot be passed where a [`UserId`] is expected.

use std::{
    cmp, fmt, hash,
    marker::PhantomData,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::{Clock, Random};

/// The kind of resource that an [`Id`] identifies. Implemented by empty types.
pub trait Kind: 'static {
    /// Name of the resource in messages, lower case, such as `workflow`.
    const NAME: &'static str;
}

/// The id of a resource of kind `K`: a UUID (version 7 when Freehold creates it) in hyphenated form.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

/// Id of a tenant, which the API calls an organization.
pub type TenantId = Id<TenantKind>;
/// Id of a user (`auth.users.id`).
pub type UserId = Id<UserKind>;
/// Id of a session of a user (`auth.sessions.id`).
pub type SessionId = Id<SessionKind>;
/// Id of an API key.
pub type ApiKeyId = Id<ApiKeyKind>;
/// Id of the operator's service keys; the keys that are created together share it.
pub type ServiceKeyId = Id<ServiceKeyKind>;

/// Id of an operator of the server.
pub type OperatorId = Id<OperatorKind>;
/// Id of an operator's session in an organization.
pub type ImpersonationId = Id<ImpersonationKind>;

/// The kind of [`TenantId`].
pub enum TenantKind {}
impl Kind for TenantKind {
    const NAME: &'static str = "organization";
}

/// The kind of [`UserId`].
pub enum UserKind {}
impl Kind for UserKind {
    const NAME: &'static str = "user";
}

/// The kind of [`SessionId`].
pub enum SessionKind {}
impl Kind for SessionKind {
    const NAME: &'static str = "session";
}

/// The kind of [`ApiKeyId`].
pub enum ApiKeyKind {}
impl Kind for ApiKeyKind {
    const NAME: &'static str = "key";
}

/// The kind of [`ServiceKeyId`].
pub enum ServiceKeyKind {}
impl Kind for ServiceKeyKind {
    const NAME: &'static str = "service key";
}

/// The kind of [`OperatorId`].
pub enum OperatorKind {}
impl Kind for OperatorKind {
    const NAME: &'static str = "operator";
}

/// The kind of [`ImpersonationId`].
pub enum ImpersonationKind {}
impl Kind for ImpersonationKind {
    const NAME: &'static str = "impersonation";
}

impl<K> Id<K> {
    /// The id with this UUID.
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The bare UUID, for the driver.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", K::NAME, self.0)
    }
}

impl<K> FromStr for Id<K> {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self::new)
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::new)
    }
}

/// Creates ids: UUID version 7 (RFC 9562) from the injected clock and random source. The ids of one source sort in the
/// order of creation, also within a millisecond.
#[derive(Clone, Debug)]
pub struct Ids {
    clock: Clock,
    random: Random,
    /// The start of the last id: milliseconds since 1970, and 12 bits that count within a millisecond.
    last: Arc<AtomicU64>,
}

impl Ids {
    /// A source of ids with this clock and random source.
    pub fn new(clock: Clock, random: Random) -> Self {
        Self { clock, random, last: Arc::default() }
    }

    /// The clock that gives the ids their time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A new id.
    pub fn next<K>(&self) -> Id<K> {
        let millis = u64::try_from(self.clock.now().as_millisecond()).unwrap_or_default();
        let begin = |last: u64| (last + 1).max(millis << 12);
        let before = self.last.update(Ordering::Relaxed, Ordering::Relaxed, begin);
        let [.., high, low] = begin(before).to_be_bytes();
        let mut bytes: [u8; 10] = self.random.bytes();
        // The version takes the upper half of the byte.
        bytes[..2].copy_from_slice(&[high & 0x0F, low]);
        Id::new(uuid::Builder::from_unix_timestamp_millis(begin(before) >> 12, &bytes).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_carry_version_seven() {
        let clock = Clock::fixed("2026-01-01T00:00:00Z".parse().unwrap());
        let ids = Ids::new(clock.clone(), Random::seeded(1));
        let first: UserId = ids.next();
        clock.advance(jiff::SignedDuration::from_millis(1));
        let second: UserId = ids.next();
        assert!(first < second);
        assert_eq!(first.uuid().get_version_num(), 7);
    }

    #[test]
    fn ids_of_one_millisecond_sort_in_the_order_of_making() {
        let ids = Ids::new(Clock::fixed("2026-01-01T00:00:00Z".parse().unwrap()), Random::system());
        let made: Vec<UserId> = (0..10_000).map(|_| ids.next()).collect();
        assert!(made.is_sorted_by(|first, second| first < second));
    }

    #[test]
    fn an_id_survives_json() {
        let id: TenantId = "018f0000-0000-7000-8000-000000000001".parse().unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"018f0000-0000-7000-8000-000000000001\"");
        assert_eq!(serde_json::from_str::<TenantId>(&json).unwrap(), id);
    }
}
