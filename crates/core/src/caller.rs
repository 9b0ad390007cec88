//! Who acts.

use std::str::FromStr;

use uuid::Uuid;

use crate::{ApiKeyId, Area, Bounds, Error, Permission, Result, Role, Scopes, SessionId, TenantId, UserId, codes};

/// Who acts, for one tenant, with what rights. A tenant's rows cannot be reached without one: it is what
/// `Db::tenant` asks for. The constructors are called where a credential has been checked and nowhere else
/// (`crates/it/tests/it/house/callers.rs` holds the list).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    tenant: TenantId,
    actor: Actor,
    behind: Option<UserId>,
    bounds: Bounds,
    plan: Plan,
    standing: Standing,
}

/// The person, key or part of ourselves that acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person who signed in.
    User {
        /// Who.
        user: UserId,
        /// In which session.
        session: SessionId,
    },
    /// A program with an API key.
    Key {
        /// Which key.
        key: ApiKeyId,
        /// Its name's test or live half: a test key (`sk_test_…`) says so.
        live: bool,
    },
    /// Freehold itself, for this reason.
    System {
        /// Why, in a few words.
        reason: &'static str,
    },
}

/// The plan a tenant bought: plans have versions, and a tenant keeps the version it bought.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// The plan's id in `product.toml`: `free`.
    pub id: String,
    /// Its version there, from 1.
    pub version: i32,
}

/// What a tenant may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Reads and writes.
    Good,
    /// Reads and exports; writes fail in the database itself.
    Suspended,
    /// Its data is kept, and that is all: it can pay and be left. The database lets it read, and [`Caller::allow`] does not.
    Archived,
}

impl Actor {
    /// Of which kind: `user`, `key` or `system`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Key { .. } => "key",
            Self::System { .. } => "system",
        }
    }

    /// The person's or the key's id; none for the system.
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::User { user, .. } => Some(user.uuid()),
            Self::Key { key, .. } => Some(key.uuid()),
            Self::System { .. } => None,
        }
    }
}

impl Standing {
    /// What members of a suspended organization are told.
    pub const SUSPENDED_MESSAGE: &str = "The organization is suspended: reading and exporting work, changing does not.";

    /// What members of an archived organization are told.
    pub const ARCHIVED_MESSAGE: &str =
        "The organization is in the archive. Its data is kept; whoever pays for a plan brings it back.";

    /// The name in the database and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Suspended => "suspended",
            Self::Archived => "archived",
        }
    }
}

impl FromStr for Standing {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = [Self::Good, Self::Suspended, Self::Archived].into_iter().find(|standing| standing.name() == name);
        found.ok_or_else(|| Error::internal(format!("unknown standing {name:?}")))
    }
}

impl Caller {
    /// A signed-in person acting as a member.
    pub fn member(
        tenant: TenantId,
        user: UserId,
        session: SessionId,
        role: Role,
        plan: Plan,
        standing: Standing,
    ) -> Self {
        let actor = Actor::User { user, session };
        Self { tenant, actor, behind: Some(user), bounds: Bounds::of_role(role), plan, standing }
    }

    /// A program with a key, for which the user `behind` it answers. `bounds` are what is left of the key's own within those
    /// of everything it derives from.
    pub fn key(
        tenant: TenantId,
        key: ApiKeyId,
        behind: UserId,
        bounds: Bounds,
        plan: Plan,
        standing: Standing,
    ) -> Self {
        let actor = Actor::Key { key, live: bounds.live };
        Self { tenant, actor, behind: Some(behind), bounds, plan, standing }
    }

    /// Freehold itself, working for a tenant. For a suspended one it can read and not write, like everybody.
    pub fn system(tenant: TenantId, reason: &'static str, plan: Plan, standing: Standing) -> Self {
        let actor = Actor::System { reason };
        Self { tenant, actor, behind: None, bounds: Bounds::of_role(Role::Owner), plan, standing }
    }

    /// For which tenant.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Who.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// The person, when it is one.
    pub fn user(&self) -> Option<UserId> {
        match self.actor {
            Actor::User { user, .. } => Some(user),
            Actor::Key { .. } | Actor::System { .. } => None,
        }
    }

    /// The key, when it is one.
    pub fn api_key(&self) -> Option<ApiKeyId> {
        match self.actor {
            Actor::Key { key, .. } => Some(key),
            Actor::User { .. } | Actor::System { .. } => None,
        }
    }

    /// The user who answers for what is done: the member, or the user behind the key; none for the system.
    pub fn behind(&self) -> Option<UserId> {
        self.behind
    }

    /// What may be done, in every dimension. What the caller gives to others stays within it.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// The role that bounds what may be done.
    pub fn role(&self) -> Role {
        self.bounds.role
    }

    /// The scopes that narrow it; everything for people.
    pub fn scopes(&self) -> &Scopes {
        &self.bounds.scopes
    }

    /// The plan the tenant is on.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether the tenant may write.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Nothing, when the caller may; `permission_denied`, when not. Of an archived organization everybody is answered
    /// `organization_archived`, except about payment, by which it comes back.
    #[track_caller]
    pub fn allow(&self, permission: Permission) -> Result<()> {
        if self.standing == Standing::Archived && permission.area != Area::Billing {
            return Err(Error::new(codes::ORGANIZATION_ARCHIVED, Standing::ARCHIVED_MESSAGE));
        }
        self.permits(permission)
    }

    /// Nothing, when the caller may look at what can be taken away, such as keys, members and invitations: also in an archived
    /// organization, where their ids are needed to take them away.
    ///
    /// # Errors
    /// `permission_denied`.
    #[track_caller]
    pub fn allow_looking_at(&self, area: Area) -> Result<()> {
        self.permits(Permission::read(area))
    }

    /// The caller for an action that only takes rights away, such as revoking a key or removing a member: role and scopes
    /// count as ever, but it also works where nothing else can be changed, because the organization is suspended or archived.
    ///
    /// # Errors
    /// `permission_denied`.
    #[track_caller]
    pub fn allow_taking_away(&self, permission: Permission) -> Result<Self> {
        self.permits(permission)?;
        Ok(Self { standing: Standing::Good, ..self.clone() })
    }

    /// Nothing, when the role that the caller's user has now is not below the one that the caller was let in with. None: the user
    /// is no member any more.
    ///
    /// # Errors
    /// `permission_denied`.
    #[track_caller]
    pub fn still_has(&self, role_now: Option<Role>) -> Result<()> {
        if role_now.is_some_and(|role| role >= self.role()) {
            return Ok(());
        }
        Err(Error::new(codes::PERMISSION_DENIED, "The role in this organization has changed. Send the request again."))
    }

    /// Nothing, when the organization may be changed.
    ///
    /// # Errors
    /// `subscription_suspended` or `organization_archived`.
    #[track_caller]
    pub fn allow_change(&self) -> Result<()> {
        match self.standing {
            Standing::Good => Ok(()),
            Standing::Suspended => Err(Error::new(codes::SUBSCRIPTION_SUSPENDED, Standing::SUSPENDED_MESSAGE)),
            Standing::Archived => Err(Error::new(codes::ORGANIZATION_ARCHIVED, Standing::ARCHIVED_MESSAGE)),
        }
    }

    #[track_caller]
    fn permits(&self, permission: Permission) -> Result<()> {
        if !self.role().allows(permission) {
            let role = self.role().name();
            return Err(Error::new(
                codes::PERMISSION_DENIED,
                format!("The role {role} does not include {permission}."),
            ));
        }
        if !self.scopes().allow(permission) {
            let scopes = self.scopes().names().join(", ");
            return Err(Error::new(
                codes::PERMISSION_DENIED,
                format!("The key's scopes do not include {permission}; they are: {scopes}."),
            ));
        }
        Ok(())
    }
}
