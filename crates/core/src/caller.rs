//! The caller: who acts, for which tenant, with what rights.

use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    ApiKeyId, Area, Bounds, Error, Impersonator, Permission, Result, Role, Scopes, ServiceKeyId, SessionId, TenantId,
    UserId, codes,
};

/// Who acts, for one tenant, with what rights. `Db::tenant` requires a caller, so a tenant's rows cannot be reached
/// without one. Only code that has checked a credential calls the constructors (`crates/it/tests/it/house/callers.rs`
/// lists it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    tenant: TenantId,
    actor: Actor,
    behind: Option<UserId>,
    bounds: Bounds,
    plan: Plan,
    standing: Standing,
}

/// The user, key or part of Freehold that acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A signed-in user.
    User {
        /// Id of the user.
        user: UserId,
        /// Id of the session.
        session: SessionId,
    },
    /// A program with an API key.
    Key {
        /// Id of the API key.
        key: ApiKeyId,
        /// Whether the key is a live key; test keys begin with `sk_test_`.
        live: bool,
    },
    /// The operator's application, with a service key.
    Service {
        /// Id of the service key.
        key: ServiceKeyId,
    },
    /// An operator who works in an organization as one of its members.
    Operator(Impersonator),
    /// Freehold itself, for a reason.
    System {
        /// The reason, in a few words.
        reason: &'static str,
    },
}

/// The plan of a tenant. Plans have versions, and a tenant keeps the version it bought.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// Id of the plan in `product.toml`, such as `free`.
    pub id: String,
    /// Version of the plan, from 1.
    pub version: i32,
}

/// Which actions a tenant's state allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = OrganizationStanding)]
pub enum Standing {
    /// Reading and writing.
    Good,
    /// Reading and exporting; the database refuses writes.
    Suspended,
    /// Only paying and leaving; the data is kept. The database allows reading, [`Caller::allow`] does not.
    Archived,
    /// Its deletion was requested: reading and exporting until it is deleted; the database refuses writes.
    Closing,
}

impl Actor {
    /// The kind of actor: `user`, `key`, `service`, `operator` or `system`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Key { .. } => "key",
            Self::Service { .. } => "service",
            Self::Operator(_) => "operator",
            Self::System { .. } => "system",
        }
    }

    /// Id of the user, API key, service key or operator; none for the system.
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::User { user, .. } => Some(user.uuid()),
            Self::Key { key, .. } => Some(key.uuid()),
            Self::Service { key } => Some(key.uuid()),
            Self::Operator(impersonator) => Some(impersonator.operator.uuid()),
            Self::System { .. } => None,
        }
    }
}

impl Standing {
    /// The message for members of a suspended organization.
    pub const SUSPENDED_MESSAGE: &str = "The organization is suspended and read-only. A payment for a plan makes it writable again, unless an operator \
         suspended it: then ask the operator.";

    /// The message for members of an archived organization.
    pub const ARCHIVED_MESSAGE: &str =
        "The organization is archived and its data is kept. Pay for a plan to restore it.";

    /// The message for members of an organization that is being deleted.
    pub const CLOSING_MESSAGE: &str = "The organization is being deleted and is read-only. An owner can cancel this: \
                                       DELETE /api/v1/organizations/{id}/deletion.";

    /// The name in the database and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Suspended => "suspended",
            Self::Archived => "archived",
            Self::Closing => "closing",
        }
    }

    /// The error for a caller who would change an organization in this state; none: it may be changed.
    #[track_caller]
    pub fn refusal(self) -> Option<Error> {
        match self {
            Self::Good => None,
            Self::Suspended => Some(Error::new(codes::SUBSCRIPTION_SUSPENDED, Self::SUSPENDED_MESSAGE)),
            Self::Archived => Some(Error::new(codes::ORGANIZATION_ARCHIVED, Self::ARCHIVED_MESSAGE)),
            Self::Closing => Some(Error::new(codes::ORGANIZATION_CLOSING, Self::CLOSING_MESSAGE)),
        }
    }
}

impl FromStr for Standing {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let all = [Self::Good, Self::Suspended, Self::Archived, Self::Closing];
        let found = all.into_iter().find(|standing| standing.name() == name);
        found.ok_or_else(|| Error::internal(format!("unknown standing {name:?}")))
    }
}

impl Caller {
    /// A signed-in user as a member with these bounds.
    pub fn member(
        tenant: TenantId,
        user: UserId,
        session: SessionId,
        bounds: Bounds,
        plan: Plan,
        standing: Standing,
    ) -> Self {
        let actor = Actor::User { user, session };
        Self { tenant, actor, behind: Some(user), bounds, plan, standing }
    }

    /// A program with a key, for which the user `behind` it is responsible. `bounds` are the key's own, limited to
    /// those of everything it derives from.
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

    /// The operator's application, which named the tenant. It can do what [`SERVICE_SCOPES`](Self::SERVICE_SCOPES)
    /// say, and no user is responsible for it, so it can grant nothing to anyone.
    pub fn service(tenant: TenantId, key: ServiceKeyId, plan: Plan, standing: Standing) -> Self {
        let scopes = Scopes::stored(Self::SERVICE_SCOPES.map(str::to_owned).to_vec());
        // Recording usage and publishing events are the tasks of an admin; nothing here needs an owner.
        let bounds = Bounds { scopes, ..Bounds::of_role(Role::Admin) };
        Self { tenant, actor: Actor::Service { key }, behind: None, bounds, plan, standing }
    }

    /// What a service key may do in an organization: record usage and publish events.
    pub const SERVICE_SCOPES: [&str; 2] = ["usage", "events"];

    /// An operator who works in the organization as a member with these bounds, which end with the operator's session.
    /// No user is responsible for what they do, so they can grant nothing to anyone; they never act as an owner.
    pub fn operator(
        tenant: TenantId,
        impersonator: Impersonator,
        bounds: Bounds,
        plan: Plan,
        standing: Standing,
    ) -> Self {
        let bounds = Bounds { role: bounds.role.min(Role::Admin), ..bounds };
        Self { tenant, actor: Actor::Operator(impersonator), behind: None, bounds, plan, standing }
    }

    /// Freehold itself, working for a tenant. For a suspended tenant it can read and not write.
    pub fn system(tenant: TenantId, reason: &'static str, plan: Plan, standing: Standing) -> Self {
        let actor = Actor::System { reason };
        Self { tenant, actor, behind: None, bounds: Bounds::of_role(Role::Owner), plan, standing }
    }

    /// The tenant for which the caller acts.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The user, key or part of Freehold that acts.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// Id of the user, if a user acts.
    pub fn user(&self) -> Option<UserId> {
        match self.actor {
            Actor::User { user, .. } => Some(user),
            Actor::Key { .. } | Actor::Service { .. } | Actor::Operator(_) | Actor::System { .. } => None,
        }
    }

    /// Id of the API key, if a key acts.
    pub fn api_key(&self) -> Option<ApiKeyId> {
        match self.actor {
            Actor::Key { key, .. } => Some(key),
            Actor::User { .. } | Actor::Service { .. } | Actor::Operator(_) | Actor::System { .. } => None,
        }
    }

    /// The operator, if an operator works in the organization as one of its members.
    pub fn impersonator(&self) -> Option<Impersonator> {
        match self.actor {
            Actor::Operator(impersonator) => Some(impersonator),
            _ => None,
        }
    }

    /// Whether the database refuses every change of the caller: in a suspended or archived organization, and for an
    /// operator with a read-only session.
    pub fn is_read_only(&self) -> bool {
        self.standing != Standing::Good || self.impersonator().is_some_and(|impersonator| !impersonator.writes)
    }

    /// Id of the responsible user: the member, or the key's user; none for the system.
    pub fn behind(&self) -> Option<UserId> {
        self.behind
    }

    /// The caller's authority in every dimension, which limits what the caller can grant.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// The caller's role.
    pub fn role(&self) -> Role {
        self.bounds.role
    }

    /// The scopes that narrow the role: those of a key, or the permissions of a custom role; everything for other users.
    pub fn scopes(&self) -> &Scopes {
        &self.bounds.scopes
    }

    /// The tenant's plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The tenant's state.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Succeeds when the caller has the permission. In an archived organization every permission but those of billing
    /// fails with `organization_archived`.
    #[track_caller]
    pub fn allow(&self, permission: Permission) -> Result<()> {
        if self.standing == Standing::Archived && permission.area != Area::Billing {
            return Err(Error::new(codes::ORGANIZATION_ARCHIVED, Standing::ARCHIVED_MESSAGE));
        }
        self.permits(permission)
    }

    /// Succeeds when the caller may list keys, members or invitations. This also works in an archived organization,
    /// where their ids are needed to revoke or remove them.
    ///
    /// # Errors
    /// `permission_denied`.
    #[track_caller]
    pub fn allow_looking_at(&self, area: Area) -> Result<()> {
        self.permits(Permission::read(area))
    }

    /// The caller for exporting the organization's data, or looking for exports of it. This also works in a suspended or
    /// archived organization: an organization that cannot pay takes its data along.
    ///
    /// # Errors
    /// `permission_denied`.
    #[track_caller]
    pub fn allow_exporting(&self, permission: Permission) -> Result<Self> {
        self.permits(permission)?;
        Ok(Self { standing: Standing::Good, ..self.clone() })
    }

    /// The caller for an action that only reduces rights, such as revoking a key or removing a member. Role and scopes
    /// are checked as usual, but the action also works in a suspended or archived organization.
    ///
    /// # Errors
    /// `permission_denied`.
    #[track_caller]
    pub fn allow_taking_away(&self, permission: Permission) -> Result<Self> {
        self.permits(permission)?;
        Ok(Self { standing: Standing::Good, ..self.clone() })
    }

    /// As [`Caller::allow_taking_away`], for reducing the rights of `user`. Users need no permission to reduce their own.
    ///
    /// # Errors
    /// `permission_denied`; `unauthenticated` when the rights of the caller have ended.
    #[track_caller]
    pub fn allow_taking_away_from(&self, user: UserId, permission: Permission) -> Result<Self> {
        if self.user() == Some(user) {
            return Ok(Self { standing: Standing::Good, ..self.clone() });
        }
        self.allow_taking_away(permission)
    }

    /// Succeeds when the operator's application acts. What customers pay for is recorded by the application, never by
    /// the customers.
    ///
    /// # Errors
    /// `permission_denied`.
    #[track_caller]
    pub fn allow_service(&self) -> Result<()> {
        match self.actor {
            Actor::Service { .. } => Ok(()),
            _ => Err(Error::new(codes::PERMISSION_DENIED, Self::SERVICE_ONLY)),
        }
    }

    /// The message for members and API keys where only a service key may act.
    pub const SERVICE_ONLY: &str = "Only the application's server may do this, with its service key (`freehold keys \
                                    supabase` shows it) and X-Organization-Id.";

    /// Succeeds when the current bounds of the caller's user include those with which the caller was authenticated. None:
    /// the user is no longer a member.
    ///
    /// # Errors
    /// `permission_denied`.
    #[track_caller]
    pub fn still_has(&self, now: Option<&Bounds>) -> Result<()> {
        if now.is_some_and(|now| now.role >= self.role() && now.scopes.cover(self.scopes())) {
            return Ok(());
        }
        Err(Error::new(codes::PERMISSION_DENIED, "The role in this organization has changed. Send the request again."))
    }

    /// Succeeds when the organization may be changed.
    ///
    /// # Errors
    /// `subscription_suspended`, `organization_archived` or `organization_closing`.
    #[track_caller]
    pub fn allow_change(&self) -> Result<()> {
        self.standing.refusal().map_or(Ok(()), Err)
    }

    #[track_caller]
    fn permits(&self, permission: Permission) -> Result<()> {
        // Says more than the role does, which is that of a member.
        if let Some(impersonator) = self.impersonator() {
            impersonator.permits(permission)?;
        }
        if !self.role().allows(permission) {
            let role = self.role().name();
            return Err(Error::new(
                codes::PERMISSION_DENIED,
                format!("The role {role} does not include {permission}."),
            ));
        }
        if !self.scopes().allow(permission) {
            let scopes = self.scopes().names().join(", ");
            let message = match self.actor {
                Actor::User { .. } | Actor::Operator(_) => {
                    format!("Your role in the organization does not include {permission}; it includes: {scopes}.")
                }
                _ => format!("The key's scopes do not include {permission}; they are: {scopes}."),
            };
            return Err(Error::new(codes::PERMISSION_DENIED, message));
        }
        Ok(())
    }
}
