//! Permissions: a permission is an area and an action; a role is a set of permissions; a key's scopes narrow it.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Error, Result, codes};

/// The right to an action in an area, written `workflows:write`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Permission {
    /// The area of the action.
    pub area: Area,
    /// The action: reading or writing.
    pub action: Action,
}

/// The areas that permissions distinguish. Products add their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Area {
    /// The organization's name and settings.
    Organization,
    /// The organization's members and invitations.
    Members,
    /// API keys.
    Keys,
    /// The usage of the plan.
    Usage,
    /// Plan, invoices, payment.
    Billing,
    /// Background jobs and their progress.
    Jobs,
    /// The events of the last 30 days.
    Events,
    /// Webhook endpoints and their deliveries.
    Webhooks,
    /// Files.
    Files,
    /// Exports of all of the organization's data.
    Exports,
    /// An area of the product, such as `workflows`.
    Product(&'static str),
}

/// The kinds of actions in an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Reading and listing.
    Read,
    /// Creating, updating and deleting.
    Write,
}

impl Permission {
    /// The permission to read `area`.
    pub const fn read(area: Area) -> Self {
        Self { area, action: Action::Read }
    }

    /// The permission to write `area`.
    pub const fn write(area: Area) -> Self {
        Self { area, action: Action::Write }
    }
}

impl Area {
    /// The area's name in scopes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Members => "members",
            Self::Keys => "keys",
            Self::Usage => "usage",
            Self::Billing => "billing",
            Self::Jobs => "jobs",
            Self::Events => "events",
            Self::Webhooks => "webhooks",
            Self::Files => "files",
            Self::Exports => "exports",
            Self::Product(name) => name,
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = match self.action {
            Action::Read => "read",
            Action::Write => "write",
        };
        write!(f, "{}:{action}", self.area.name())
    }
}

/// The role of a member. Each role includes the permissions of the previous one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads the product and its usage.
    Viewer,
    /// Works with the product.
    Member,
    /// Manages members, keys, settings and billing, too.
    Admin,
    /// Does what cannot be undone, too. An organization always has an owner.
    Owner,
}

impl Role {
    /// All roles, the least powerful first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Admin, Self::Owner];

    /// The role's name in the database and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Succeeds when the other role is not above this one.
    ///
    /// # Errors
    /// `permission_denied`.
    pub fn reach(self, other: Self) -> Result<()> {
        if other <= self {
            return Ok(());
        }
        let (own, other) = (self.name(), other.name());
        Err(Error::new(
            codes::PERMISSION_DENIED,
            format!("The role {own} cannot grant or manage the role {other}, which is above it."),
        ))
    }

    /// The least role that includes all of these scopes. `areas` are all areas; scopes of other areas count as nothing.
    /// Never [`Role::Owner`], since no scope is for owners alone.
    pub fn least_for(scopes: &Scopes, areas: &[Area]) -> Self {
        let all = areas.iter().flat_map(|&area| [Permission::read(area), Permission::write(area)]);
        let wanted: Vec<_> = all.filter(|&permission| scopes.allow(permission)).collect();
        let roles = [Self::Viewer, Self::Member];
        roles.into_iter().find(|role| wanted.iter().all(|&each| role.allows(each))).unwrap_or(Self::Admin)
    }

    /// Whether the role includes the permission. This is the whole table.
    pub fn allows(self, permission: Permission) -> bool {
        use Action::{Read, Write};
        use Area::{Billing, Events, Exports, Files, Jobs, Keys, Members, Organization, Product, Usage, Webhooks};
        let least = match (permission.area, permission.action) {
            (Product(_) | Files | Jobs | Usage | Organization | Members, Read) => Self::Viewer,
            (Product(_) | Files | Jobs, Write) => Self::Member,
            // Events contain facts about keys and payments, and exports contain everything.
            (Usage | Organization | Members, Write) | (Keys | Billing | Events | Webhooks | Exports, Read | Write) => {
                Self::Admin
            }
        };
        self >= least
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == name)
            .ok_or_else(|| Error::internal(format!("unknown role {name:?}")))
    }
}

/// Most scopes of a key, far more than there are areas.
const SCOPES_MOST: usize = 64;

/// The scopes of an API key: everything that its role allows, or the named permissions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(
    /// None: everything. An empty list: nothing, which is the intersection of disjoint scopes.
    Option<Vec<String>>,
);

impl Scopes {
    /// All permissions of the role.
    pub const fn everything() -> Self {
        Self(None)
    }

    /// The scopes with these names: `workflows:read`, or `workflows` for both actions; without names, everything. An
    /// unknown area is refused, so that a typing error does not create a key without permissions. Repeated names count
    /// once.
    ///
    /// # Errors
    /// `validation_failed` with the place of an unknown scope, or for more than 64 scopes.
    pub fn parse(names: Vec<String>, areas: &[Area]) -> Result<Self> {
        Self::parse_at("/scopes", names, areas)
    }

    /// The same for names that are in the field `pointer` of the request: `/permissions`.
    ///
    /// # Errors
    /// As [`Scopes::parse`].
    pub fn parse_at(pointer: &str, mut names: Vec<String>, areas: &[Area]) -> Result<Self> {
        let kind = pointer.trim_start_matches('/').trim_end_matches('s');
        if names.len() > SCOPES_MOST {
            return Err(Error::invalid(pointer.to_owned(), format!("expected at most {SCOPES_MOST} {kind}s")));
        }
        for (index, name) in names.iter().enumerate() {
            let (area, action) = name.split_once(':').unwrap_or((name, "read"));
            if !matches!(action, "read" | "write") || !areas.iter().any(|known| known.name() == area) {
                let known: Vec<_> = areas.iter().map(|area| area.name()).collect();
                return Err(Error::invalid(
                    format!("{pointer}/{index}"),
                    format!(
                        "unknown {kind} {name:?}; expected area, area:read or area:write, with one of these areas: {}",
                        known.join(", ")
                    ),
                ));
            }
        }
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Ok(Self::stored(names))
    }

    /// The scopes as stored; without names, everything.
    pub fn stored(names: Vec<String>) -> Self {
        Self((!names.is_empty()).then_some(names))
    }

    /// The names of the scopes; none for everything.
    pub fn names(&self) -> &[String] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether the scopes narrow nothing.
    pub const fn are_everything(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the scopes include the permission. Writing includes reading.
    pub fn allow(&self, permission: Permission) -> bool {
        self.0.as_ref().is_none_or(|names| {
            names
                .iter()
                .map(|name| split(name))
                .any(|(area, writes)| area == permission.area.name() && (writes || permission.action == Action::Read))
        })
    }

    /// Whether these scopes include everything that the others include.
    pub fn cover(&self, others: &Self) -> bool {
        match (&self.0, &others.0) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(others)) => others.iter().map(|name| split(name)).all(|(area, writes)| {
                own.iter().map(|name| split(name)).any(|(known, may_write)| known == area && (may_write || !writes))
            }),
        }
    }

    /// The intersection of both scopes.
    #[must_use]
    pub fn within(&self, others: &Self) -> Self {
        let (Some(own), Some(theirs)) = (&self.0, &others.0) else {
            return Self(self.0.clone().or_else(|| others.0.clone()));
        };
        let mut shared = Vec::new();
        for name in own {
            let (area, writes) = split(name);
            let Some(may_write) =
                theirs.iter().map(|name| split(name)).filter(|(known, _)| *known == area).map(|(_, may)| may).max()
            else {
                continue;
            };
            shared.push(if writes && !may_write { format!("{area}:read") } else { name.clone() });
        }
        Self(Some(shared))
    }
}

/// A scope's area, and whether it includes writing, as `workflows` and `workflows:write` do.
fn split(name: &str) -> (&str, bool) {
    match name.split_once(':') {
        None => (name, true),
        Some((area, action)) => (area, action == "write"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREAS: [Area; 6] =
        [Area::Organization, Area::Members, Area::Keys, Area::Usage, Area::Billing, Area::Product("workflows")];

    #[test]
    fn the_table_of_roles() {
        let allowed = |role: Role| {
            let all = AREAS.iter().flat_map(|&area| [Permission::read(area), Permission::write(area)]);
            all.filter(|&permission| role.allows(permission))
                .map(|permission| permission.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(allowed(Role::Viewer), ["organization:read", "members:read", "usage:read", "workflows:read"]);
        assert_eq!(
            allowed(Role::Member),
            ["organization:read", "members:read", "usage:read", "workflows:read", "workflows:write"]
        );
        assert_eq!(allowed(Role::Admin).len(), 12);
        assert_eq!(allowed(Role::Owner).len(), 12);
    }

    #[test]
    fn an_admin_has_every_permission() {
        for area in AREAS.into_iter().chain([Area::Jobs, Area::Events, Area::Webhooks, Area::Files]) {
            assert!(Role::Admin.allows(Permission::read(area)) && Role::Admin.allows(Permission::write(area)));
        }
    }

    #[test]
    fn scopes_narrow_and_never_widen() {
        let none = Scopes::everything();
        let read = Scopes::stored(vec!["workflows:read".into()]);
        let both = Scopes::stored(vec!["workflows".into()]);
        let workflows = Area::Product("workflows");
        assert!(none.allow(Permission::write(Area::Keys)));
        assert!(read.allow(Permission::read(workflows)) && !read.allow(Permission::write(workflows)));
        assert!(both.allow(Permission::write(workflows)) && !both.allow(Permission::read(Area::Keys)));
    }

    #[test]
    fn a_scope_without_an_action_covers_both() {
        let of = |names: &[&str]| Scopes::stored(names.iter().map(|name| (*name).to_owned()).collect());
        assert!(of(&["keys"]).cover(&of(&["keys:write", "keys:read"])));
        assert!(of(&["keys:write"]).cover(&of(&["keys"])));
        assert!(!of(&["keys:read"]).cover(&of(&["keys"])));
        assert!(Scopes::everything().cover(&of(&["keys"])) && !of(&["keys"]).cover(&Scopes::everything()));
    }

    #[test]
    fn scopes_are_few_and_each_counts_once() {
        let many = |count: usize| vec!["keys:read".to_owned(); count];
        assert_eq!(Scopes::parse(many(SCOPES_MOST), &AREAS).unwrap().names(), ["keys:read"]);
        assert_eq!(Scopes::parse(many(SCOPES_MOST + 1), &AREAS).unwrap_err().fields()[0].pointer, "/scopes");
    }

    #[test]
    fn a_misspelt_scope_is_refused_with_its_place() {
        let error = Scopes::parse(vec!["workflows:read".into(), "workflow:read".into()], &AREAS).unwrap_err();
        assert_eq!(error.fields()[0].pointer, "/scopes/1");
    }
}
