//! The authority of API keys, invitations and replayed answers.
//!
//! Such a credential acts for the user or key that created it (its giver). The same rule applies to all kinds: at each
//! use it may do at most what its giver may do *now*, in every dimension. [`Bounds`] are the dimensions,
//! [`Bounds::within`] applies the rule at use, [`Bounds::check_within`] refuses at creation what the rule would forbid.

use jiff::Timestamp;

use crate::{Action, Area, Error, Permission, Result, Role, Scopes, codes};

/// The authority of a credential, in every dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Role in the organization.
    pub role: Role,
    /// Scopes that narrow the role's permissions.
    pub scopes: Scopes,
    /// Whether live data may be used; a test credential cannot create a live one.
    pub live: bool,
    /// When the authority ends, exclusive; none for no end.
    pub ends: Option<Timestamp>,
}

impl Bounds {
    /// The bounds as stored; without scopes, all permissions of the role.
    ///
    /// # Errors
    /// `internal` for an unknown role.
    pub fn stored(role: &str, scopes: &[String], live: bool, ends: Option<Timestamp>) -> Result<Self> {
        Ok(Self { role: role.parse()?, scopes: Scopes::stored(scopes.to_vec()), live, ends })
    }

    /// The authority of a member with this role.
    pub fn of_role(role: Role) -> Self {
        Self { role, scopes: Scopes::everything(), live: true, ends: None }
    }

    /// The authority of a member with this role, narrowed to the permissions of a custom role; without permissions, the
    /// role is a built-in one.
    pub fn of_member(role: Role, permissions: &[String]) -> Self {
        Self { scopes: Scopes::stored(permissions.to_vec()), ..Self::of_role(role) }
    }

    /// Whether role and scopes include the permission.
    pub fn allow(&self, permission: Permission) -> bool {
        self.role.allows(permission) && self.scopes.allow(permission)
    }

    /// Whether these bounds include everything that a member with the bounds `other` may do, so that a change from
    /// these to those grants nothing. `areas` are all areas.
    pub fn include(&self, other: &Self, areas: &[Area]) -> bool {
        other.role <= self.role && self.lacking(other, areas).is_none()
    }

    /// A permission that the bounds `other` include and these do not.
    fn lacking(&self, other: &Self, areas: &[Area]) -> Option<Permission> {
        let all =
            areas.iter().flat_map(|&area| [Action::Read, Action::Write].map(|action| Permission { area, action }));
        all.filter(|&each| other.allow(each)).find(|&each| !self.allow(each))
    }

    /// These bounds, limited to those of the giver: the narrower value of each dimension.
    #[must_use]
    pub fn within(&self, giver: &Self) -> Self {
        Self {
            role: self.role.min(giver.role),
            scopes: self.scopes.within(&giver.scopes),
            live: self.live && giver.live,
            ends: [self.ends, giver.ends].into_iter().flatten().min(),
        }
    }

    /// Whether the authority has ended.
    pub fn ended(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|end| end <= now)
    }

    /// Succeeds when nothing here exceeds the giver's bounds.
    ///
    /// # Errors
    /// `permission_denied`, naming the dimension that is exceeded.
    pub fn check_within(&self, giver: &Self) -> Result<()> {
        let refuse = |message: String| Err(Error::new(codes::PERMISSION_DENIED, message));
        giver.role.reach(self.role)?;
        if !giver.scopes.cover(&self.scopes) {
            let own = giver.scopes.names().join(", ");
            return refuse(format!("A key can get at most the scopes or permissions of its creator: {own}."));
        }
        if self.live && !giver.live {
            return refuse("A test key can create test keys only.".to_owned());
        }
        match (self.ends, giver.ends) {
            (_, None) => Ok(()),
            (Some(wanted), Some(end)) if wanted <= end => Ok(()),
            (_, Some(end)) => refuse(format!("A key can grant access at most until {end}, when it expires itself.")),
        }
    }

    /// Succeeds when these bounds include everything that a member with the bounds `wanted` may do. `areas` are all
    /// areas. Memberships use live data and do not end, so a test key grants none, and a key that expires grants none
    /// that could create keys without expiry.
    ///
    /// # Errors
    /// `permission_denied`, naming the role, or the permission that these bounds lack.
    pub fn check_member(&self, wanted: &Self, areas: &[Area]) -> Result<()> {
        let refuse = |message: String| Err(Error::new(codes::PERMISSION_DENIED, message));
        self.role.reach(wanted.role)?;
        let role = if wanted.scopes.are_everything() {
            format!("the role {}", wanted.role.name())
        } else {
            "this role".to_owned()
        };
        if !self.live {
            return refuse("A test key cannot grant a role, since members use live data.".to_owned());
        }
        if self.ends.is_some() && wanted.allow(Permission::write(Area::Keys)) {
            return refuse(format!(
                "A key that expires cannot grant {role}, which can create keys that do not expire."
            ));
        }
        let Some(permission) = self.lacking(wanted, areas) else { return Ok(()) };
        let own = self.scopes.names().join(", ");
        refuse(format!(
            "You cannot grant or manage {role}, because it includes {permission}, which is not among the key's scopes or \
             the permissions of your role: {own}."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREAS: [Area; 3] = [Area::Members, Area::Keys, Area::Product("workflows")];

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn scoped(role: Role, scopes: &[&str]) -> Bounds {
        let names = scopes.iter().map(|name| (*name).to_owned()).collect();
        Bounds { scopes: Scopes::stored(names), ..Bounds::of_role(role) }
    }

    #[test]
    fn each_dimension_is_the_narrower_one() {
        let key =
            Bounds { ends: Some(time("2026-05-01T00:00:00Z")), ..scoped(Role::Admin, &["keys", "workflows:read"]) };
        let giver = Bounds {
            live: false,
            ends: Some(time("2026-04-01T00:00:00Z")),
            ..scoped(Role::Member, &["keys:read", "workflows:write"])
        };
        let left = key.within(&giver);
        assert_eq!((left.role, left.live, left.ends), (Role::Member, false, Some(time("2026-04-01T00:00:00Z"))));
        assert_eq!(left.scopes.names(), ["keys:read", "workflows:read"]);
        assert!(left.ended(time("2026-04-01T00:00:00Z")));
        assert!(!left.ended(time("2026-03-31T23:59:59Z")));
    }

    #[test]
    fn scopes_that_share_nothing_leave_nothing_and_not_everything() {
        let left = scoped(Role::Owner, &["keys"]).within(&scoped(Role::Owner, &["workflows"]));
        let all = AREAS.iter().flat_map(|&area| [Permission::read(area), Permission::write(area)]);
        assert!(all.into_iter().all(|permission| !left.scopes.allow(permission)), "{left:?}");
    }

    #[test]
    fn what_exceeds_in_any_dimension_is_refused() {
        let giver =
            Bounds { ends: Some(time("2026-04-01T00:00:00Z")), live: false, ..scoped(Role::Admin, &["keys:write"]) };
        let fits = Bounds { role: Role::Viewer, scopes: Scopes::stored(vec!["keys:read".into()]), ..giver.clone() };
        fits.check_within(&giver).unwrap();
        giver.check_within(&giver).unwrap();
        for exceeding in [
            Bounds { role: Role::Owner, ..fits.clone() },
            Bounds { scopes: Scopes::everything(), ..fits.clone() },
            Bounds { scopes: Scopes::stored(vec!["workflows:read".into()]), ..fits.clone() },
            Bounds { live: true, ..fits.clone() },
            Bounds { ends: None, ..fits.clone() },
            Bounds { ends: Some(time("2026-04-01T00:00:01Z")), ..fits.clone() },
        ] {
            let refused = exceeding.check_within(&giver).unwrap_err();
            assert!(refused.is(codes::PERMISSION_DENIED), "{exceeding:?}");
        }
    }

    #[test]
    fn a_key_gives_only_roles_that_its_scopes_contain() {
        Bounds::of_role(Role::Admin).check_member(&Bounds::of_role(Role::Admin), &AREAS).unwrap();
        assert!(Bounds::of_role(Role::Admin).check_member(&Bounds::of_role(Role::Owner), &AREAS).is_err());
        let key = scoped(Role::Owner, &["members:write", "workflows:read"]);
        key.check_member(&Bounds::of_role(Role::Viewer), &AREAS).unwrap();
        Bounds { ends: Some(time("2026-04-01T00:00:00Z")), ..key.clone() }
            .check_member(&Bounds::of_role(Role::Viewer), &AREAS)
            .unwrap();
        let all = Bounds::of_role(Role::Owner);
        Bounds { ends: Some(time("2026-04-01T00:00:00Z")), ..all.clone() }
            .check_member(&Bounds::of_role(Role::Member), &AREAS)
            .unwrap();
        assert!(
            Bounds { ends: Some(time("2026-04-01T00:00:00Z")), ..all.clone() }
                .check_member(&Bounds::of_role(Role::Admin), &AREAS)
                .is_err()
        );
        assert!(Bounds { live: false, ..all }.check_member(&Bounds::of_role(Role::Viewer), &AREAS).is_err());
        let refused = key.check_member(&Bounds::of_role(Role::Member), &AREAS).unwrap_err();
        assert!(refused.message().contains("workflows:write"), "{}", refused.message());
    }

    #[test]
    fn a_member_with_a_custom_role_gives_what_it_contains() {
        let own = Bounds::of_member(Role::Admin, &["members".to_owned(), "workflows".to_owned()]);
        let custom = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            Bounds::of_member(Role::least_for(&Scopes::stored(names.clone()), &AREAS), &names)
        };
        own.check_member(&custom(&["workflows:read"]), &AREAS).unwrap();
        own.check_member(&own, &AREAS).unwrap();
        own.check_member(&Bounds::of_role(Role::Viewer), &AREAS).unwrap();
        assert!(own.check_member(&custom(&["keys:read"]), &AREAS).is_err());
        assert!(own.check_member(&Bounds::of_role(Role::Admin), &AREAS).is_err());
        assert!(own.include(&custom(&["members:read"]), &AREAS) && !custom(&["members:read"]).include(&own, &AREAS));
        // Owners have no permission that admins lack, and are above them.
        assert!(!Bounds::of_role(Role::Admin).include(&Bounds::of_role(Role::Owner), &AREAS));
        assert!(Bounds::of_role(Role::Owner).include(&Bounds::of_role(Role::Admin), &AREAS));
    }
}
