//! What a role or a caller may do, as the rule alone says it.

use freehold_core::Role;

use super::step::{CUSTOM_ROLES, Given, PERMISSIONS};

/// The areas that scopes and permissions of the sequences name.
const AREAS: [&str; 3] = ["keys", "members", "usage"];

/// What a role includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rights {
    /// The built-in role, or the base of a custom one.
    pub(super) role: Role,
    /// The permissions of a custom role. Empty: all of the built-in role.
    pub(super) permissions: &'static [&'static str],
}

/// The rights of a caller at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct May {
    pub(super) role: Role,
    /// The permissions of the user's custom role, and the scopes of each key in the chain from the user; all of them must
    /// allow an action.
    pub(super) scopes: Vec<&'static [&'static str]>,
    pub(super) live: bool,
    /// The half hour in which the rights end.
    pub(super) ends: Option<u32>,
}

/// Whether scopes allow an action in an area.
pub(super) fn lets(scopes: &[&str], area: &str, write: bool) -> bool {
    let own = |action: &str| scopes.contains(&format!("{area}:{action}").as_str());
    scopes.is_empty() || scopes.contains(&area) || own("write") || (!write && own("read"))
}

/// The least built-in role that includes these permissions.
pub(super) fn base(permissions: &[&str]) -> Role {
    let administers = lets(permissions, "keys", false) || AREAS.iter().any(|area| lets(permissions, area, true));
    if administers { Role::Admin } else { Role::Viewer }
}

impl Rights {
    /// The rights of a role, where the custom roles have these permissions.
    pub(super) fn of(given: Given, custom: &[usize; CUSTOM_ROLES]) -> Self {
        match given {
            Given::BuiltIn(role) => Self { role, permissions: &[] },
            Given::Custom(number) => {
                let permissions = PERMISSIONS[custom[number]];
                Self { role: base(permissions), permissions }
            }
        }
    }

    /// The rights of a member with this role.
    pub(super) fn may(self) -> May {
        May { role: self.role, scopes: vec![self.permissions], live: true, ends: None }
    }

    fn writes_keys(self) -> bool {
        self.role >= Role::Admin && lets(self.permissions, "keys", true)
    }
}

impl May {
    pub(super) fn lets(&self, area: &str, write: bool) -> bool {
        self.scopes.iter().all(|scopes| lets(scopes, area, write))
    }

    pub(super) fn unscoped(&self) -> bool {
        self.scopes.iter().all(|scopes| scopes.is_empty())
    }

    /// Whether a member with this role would have no more rights: members use live data, without expiry.
    pub(super) fn gives(&self, rights: Rights) -> bool {
        self.includes(rights) && self.live && (self.ends.is_none() || !rights.writes_keys())
    }

    /// Whether everything that the role includes is allowed. A built-in role includes more areas than these.
    pub(super) fn includes(&self, rights: Rights) -> bool {
        rights.role <= self.role && self.covers(&[rights.permissions])
    }

    /// Whether everything that all of these scopes allow is allowed.
    pub(super) fn covers(&self, scopes: &[&[&str]]) -> bool {
        if scopes.iter().all(|each| each.is_empty()) {
            return self.unscoped();
        }
        let all = |area: &str, write: bool| scopes.iter().all(|each| lets(each, area, write));
        AREAS.iter().all(|area| [true, false].iter().all(|&write| !all(area, write) || self.lets(area, write)))
    }
}
