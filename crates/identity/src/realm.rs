//! Within what an address is one person: everywhere, or within one tenant (`identity = "per_tenant"`).

use freehold_core::{Id, Kind, TenantId, UserId};
use uuid::Uuid;

use crate::{Identity, PeopleOf};

/// Names a realm: all zeros for everybody's, else the tenant's id. Supabase's column for it is `instance_id`.
pub type Realm = Id<RealmKind>;

/// The kind of [`Realm`].
pub enum RealmKind {}
impl Kind for RealmKind {
    const NAME: &'static str = "realm";
}

/// Where people are everybody's: one person for each address, in any number of organizations.
pub const HOUSE: Realm = Realm::new(Uuid::nil());

/// Where people are one tenant's.
pub fn realm_of(tenant: TenantId) -> Realm {
    Realm::new(tenant.uuid())
}

/// The tenant whose people these are; none: everybody's.
pub fn realm_tenant(realm: Realm) -> Option<TenantId> {
    (realm != HOUSE).then(|| TenantId::new(realm.uuid()))
}

/// The realm of somebody new who asked to come in by himself. Everybody's, or, where each tenant has people of its own, that
/// of the tenant he founds, which then has his id. None: he names a tenant, and nobody lets himself into that.
pub fn realm_of_newcomer(identity: &Identity, wanted: Realm, id: UserId) -> Option<Realm> {
    match identity.settings.auth.identity {
        PeopleOf::House => Some(HOUSE),
        PeopleOf::PerTenant => (wanted == HOUSE).then(|| Realm::new(id.uuid())),
    }
}

/// Whether the person founded the tenant whose people these are.
pub fn realm_is_founders(realm: Realm, id: UserId) -> bool {
    realm.uuid() == id.uuid()
}
