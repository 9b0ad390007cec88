//! The steps.

use freehold_core::Role;
use proptest::prelude::*;

/// Number of users: an owner, two admins, and two who belong to other organizations.
pub(super) const USERS: usize = 5;
/// Their initial roles.
pub(super) const ROLES: [Option<Role>; USERS] = [Some(Role::Owner), Some(Role::Admin), Some(Role::Admin), None, None];

/// The actor: a user, or one of the keys so far; numbers wrap around.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    User(usize),
    Key(usize),
}

/// The key to create.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// Index in [`SCOPES`].
    pub(super) scopes: usize,
    /// Live, test, or as the creator.
    pub(super) live: Option<bool>,
    /// Number of half hours until it expires.
    pub(super) ends: Option<u8>,
}

/// The scopes of the keys. Empty: everything.
pub(super) const SCOPES: [&[&str]; 5] = [
    &[],
    &["keys:write", "members:write", "usage:read"],
    &["keys", "usage"],
    &["members", "keys:read"],
    &["usage:read"],
];

/// A role to give: a built-in one, or the custom one with this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    BuiltIn(Role),
    Custom(usize),
}

/// Number of custom roles of the organization.
pub(super) const CUSTOM_ROLES: usize = 2;
/// The permissions that a custom role can have.
pub(super) const PERMISSIONS: [&[&str]; 5] = [
    &["members", "usage:read"],
    &["keys", "members", "usage"],
    &["usage:read"],
    &["members:read", "keys"],
    &["keys:read", "members:write"],
];

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    CreateKey {
        by: By,
        wanted: Wanted,
    },
    /// Creates a key with an `Idempotency-Key`, and sends the same request as another caller.
    Replay {
        by: By,
        again: By,
    },
    RevokeKey {
        by: By,
        key: usize,
    },
    Adopt {
        by: By,
        key: usize,
    },
    Invite {
        by: By,
        whom: usize,
        role: Given,
    },
    Accept {
        user: usize,
        invitation: usize,
    },
    ChangeRole {
        by: By,
        whom: usize,
        role: Given,
    },
    /// Gives a custom role other permissions: an index in [`PERMISSIONS`].
    Permit {
        by: By,
        role: usize,
        permissions: usize,
    },
    Remove {
        by: By,
        whom: usize,
    },
    Leave {
        user: usize,
    },
    Ban {
        user: usize,
    },
    Unban {
        user: usize,
    },
    Delete {
        user: usize,
    },
    Suspend,
    Restore,
    /// Half an hour goes by.
    Wait,
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![3 => (0..USERS).prop_map(By::User), 2 => (0..8usize).prop_map(By::Key)]
}

fn role() -> impl Strategy<Value = Given> {
    prop_oneof![
        3 => prop::sample::select(&Role::ALL[..]).prop_map(Given::BuiltIn),
        2 => (0..CUSTOM_ROLES).prop_map(Given::Custom),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let user = || 0..USERS;
    let wanted = (0..SCOPES.len(), prop::option::of(any::<bool>()), prop::option::weighted(0.3, 1..4u8))
        .prop_map(|(scopes, live, ends)| Wanted { scopes, live, ends });
    prop_oneof![
        6 => (by(), wanted).prop_map(|(by, wanted)| Step::CreateKey { by, wanted }),
        1 => (by(), by()).prop_map(|(by, again)| Step::Replay { by, again }),
        2 => (by(), 0..8usize).prop_map(|(by, key)| Step::RevokeKey { by, key }),
        2 => (by(), 0..8usize).prop_map(|(by, key)| Step::Adopt { by, key }),
        4 => (by(), user(), role()).prop_map(|(by, whom, role)| Step::Invite { by, whom, role }),
        4 => (user(), 0..4usize).prop_map(|(user, invitation)| Step::Accept { user, invitation }),
        3 => (by(), user(), role()).prop_map(|(by, whom, role)| Step::ChangeRole { by, whom, role }),
        2 => (by(), 0..CUSTOM_ROLES, 0..PERMISSIONS.len())
            .prop_map(|(by, role, permissions)| Step::Permit { by, role, permissions }),
        2 => (by(), user()).prop_map(|(by, whom)| Step::Remove { by, whom }),
        1 => user().prop_map(|user| Step::Leave { user }),
        1 => user().prop_map(|user| Step::Ban { user }),
        1 => user().prop_map(|user| Step::Unban { user }),
        1 => user().prop_map(|user| Step::Delete { user }),
        1 => Just(Step::Suspend),
        1 => Just(Step::Restore),
        1 => Just(Step::Wait),
    ]
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 3..16)
}
