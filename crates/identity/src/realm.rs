//! Realms. An address belongs to one user per realm: the realm of the whole deployment, or that of one tenant
//! (`identity = "per_tenant"`).

use freehold_core::{Id, Kind, TenantId, UserId};
use uuid::Uuid;

use crate::{PeopleOf, Settings};

/// Id of a realm: all zeros for the whole deployment, else the tenant's id. Supabase's column for it is `instance_id`.
pub type Realm = Id<RealmKind>;

/// The id kind of [`Realm`].
pub enum RealmKind {}
impl Kind for RealmKind {
    const NAME: &'static str = "realm";
}

/// The realm of the whole deployment: one user for each address, in any number of organizations.
pub const HOUSE: Realm = Realm::new(Uuid::nil());

/// The realm of a tenant with users of its own.
pub fn realm_of(tenant: TenantId) -> Realm {
    Realm::new(tenant.uuid())
}

/// The tenant of the realm; none: the realm of the whole deployment.
pub fn realm_tenant(realm: Realm) -> Option<TenantId> {
    (realm != HOUSE).then(|| TenantId::new(realm.uuid()))
}

/// The realm of a new user who signs up without an invitation: that of the deployment, or, where each tenant has users
/// of its own, that of the tenant that the user creates, which gets the user's id. None: the request names a tenant,
/// which only invited users can join.
pub fn realm_of_newcomer(settings: &Settings, wanted: Realm, id: UserId) -> Option<Realm> {
    match settings.auth.identity {
        PeopleOf::House => Some(HOUSE),
        PeopleOf::PerTenant => (wanted == HOUSE).then(|| Realm::new(id.uuid())),
    }
}

/// Whether the user created the tenant of this realm.
pub fn realm_is_founders(realm: Realm, id: UserId) -> bool {
    realm.uuid() == id.uuid()
}
