//! The rule alone, without database, clock or server: the rights of a giver limit at each moment what they gave.

use freehold_core::Role;

use super::{
    may::{May, Rights},
    step::{By, CUSTOM_ROLES, Given, ROLES, SCOPES, Step, USERS, Wanted},
};

struct Key {
    role: Role,
    scopes: &'static [&'static str],
    live: bool,
    ends: Option<u32>,
    behind: usize,
    parent: Option<usize>,
    suspended: bool,
    revoked: bool,
}

struct Invitation {
    whom: usize,
    role: Given,
    by: By,
    ends: Option<u32>,
    accepted: bool,
    revoked: bool,
}

const OWNER: Given = Given::BuiltIn(Role::Owner);

/// The initial permissions of the custom roles.
pub(super) const CUSTOM: [usize; CUSTOM_ROLES] = [0, 3];

pub(super) struct Model {
    now: u32,
    suspended: bool,
    roles: [Option<Given>; USERS],
    /// The permissions of the custom roles: indices in `PERMISSIONS`.
    custom: [usize; CUSTOM_ROLES],
    banned: [bool; USERS],
    deleted: [bool; USERS],
    keys: Vec<Key>,
    invitations: Vec<Invitation>,
}

impl Default for Model {
    fn default() -> Self {
        let (banned, deleted) = ([false; USERS], [false; USERS]);
        let roles = ROLES.map(|role| role.map(Given::BuiltIn));
        let (keys, invitations) = (Vec::new(), Vec::new());
        Self { now: 0, suspended: false, roles, custom: CUSTOM, banned, deleted, keys, invitations }
    }
}

impl Model {
    fn rights(&self, role: Given) -> Rights {
        Rights::of(role, &self.custom)
    }

    fn user_may(&self, user: usize) -> Option<May> {
        self.roles[user].filter(|_| !self.banned[user] && !self.deleted[user]).map(|role| self.rights(role).may())
    }

    /// The rights of a caller; none: the credential is invalid.
    pub(super) fn may(&self, by: By) -> Option<May> {
        match by {
            By::User(user) => self.user_may(user),
            By::Key(number) => self.key_may(self.key(number)?),
        }
    }

    /// The key with this number.
    fn key(&self, number: usize) -> Option<usize> {
        (!self.keys.is_empty()).then(|| number % self.keys.len())
    }

    fn key_may(&self, index: usize) -> Option<May> {
        let key = &self.keys[index];
        let user = self.user_may(key.behind)?;
        let mut may = May { role: user.role.min(key.role), scopes: user.scopes, live: key.live, ends: key.ends };
        may.scopes.push(key.scopes);
        if let Some(parent) = key.parent {
            let giver = self.key_may(parent)?;
            may.role = may.role.min(giver.role);
            may.scopes.extend(giver.scopes);
            may.live &= giver.live;
            may.ends = may.ends.into_iter().chain(giver.ends).min();
        }
        let works = !key.suspended && !key.revoked && may.ends.is_none_or(|end| end > self.now);
        works.then_some(may)
    }

    /// Runs the step; returns the expected status.
    pub(super) fn take(&mut self, step: &Step) -> u16 {
        match *step {
            Step::CreateKey { by, wanted } => self.create_key(by, wanted),
            Step::Replay { by, again } => self.replay(by, again),
            Step::RevokeKey { by, key } => self.revoke(by, key),
            Step::Adopt { by, key } => self.adopt(by, key),
            Step::Invite { by, whom, role } => self.invite(by, whom, role),
            Step::Accept { user, invitation } => self.accept(user, invitation),
            Step::ChangeRole { by, whom, role } => self.change_role(by, whom, role),
            Step::Permit { by, role, permissions } => self.permit(by, role, permissions),
            Step::Remove { by, whom } => self.remove(by, whom),
            Step::Leave { user } => self.leave(user),
            Step::Ban { user } => self.operator(|model| model.banned[user] = true),
            Step::Unban { user } => self.operator(|model| model.banned[user] = false),
            Step::Delete { user } => self.delete(user),
            Step::Suspend => self.operator(|model| model.suspended = true),
            Step::Restore => self.operator(|model| model.suspended = false),
            Step::Wait => self.operator(|model| model.now += 1),
        }
    }

    fn operator(&mut self, change: impl FnOnce(&mut Self)) -> u16 {
        change(self);
        0
    }

    /// The caller's rights, if they may write in this area; otherwise the rejection. A user who is not a member is told
    /// that there is no such organization.
    fn writer(&self, by: By, area: &str) -> Result<May, u16> {
        let Some(may) = self.may(by) else {
            let known = matches!(by, By::User(user) if !self.banned[user] && !self.deleted[user]);
            return Err(if known { 404 } else { 401 });
        };
        if may.role >= Role::Admin && may.lets(area, true) { Ok(may) } else { Err(403) }
    }

    fn create_key(&mut self, by: By, wanted: Wanted) -> u16 {
        self.created(by, wanted).map_or_else(
            |refused| refused,
            |key| {
                self.keys.push(key);
                201
            },
        )
    }

    fn created(&self, by: By, wanted: Wanted) -> Result<Key, u16> {
        let may = self.writer(by, "keys")?;
        if self.suspended {
            return Err(402);
        }
        let (mut scopes, live) = (SCOPES[wanted.scopes], wanted.live.unwrap_or(may.live));
        if scopes.is_empty() && matches!(by, By::User(_)) {
            // Everything that the user may do now.
            scopes = may.scopes[0];
        }
        let ends = wanted.ends.map(|steps| self.now + u32::from(steps)).or(may.ends);
        let outlives = may.ends.is_some_and(|end| ends.is_none_or(|own| own > end));
        if !may.covers(&[scopes]) || (live && !may.live) || outlives {
            return Err(403);
        }
        let (behind, parent) = match by {
            By::User(user) => (user, None),
            By::Key(number) => {
                let parent = self.key(number).unwrap();
                (self.keys[parent].behind, Some(parent))
            }
        };
        if self.line(parent) >= 8 {
            return Err(409);
        }
        Ok(Key { role: may.role, scopes, live, ends, behind, parent, suspended: false, revoked: false })
    }

    fn line(&self, key: Option<usize>) -> usize {
        key.map_or(0, |key| 1 + self.line(self.keys[key].parent))
    }

    /// A retry of the same sender is answered again, that of another sender is not.
    fn replay(&mut self, by: By, again: By) -> u16 {
        let wanted = Wanted { scopes: 4, live: None, ends: None };
        let first = self.create_key(by, wanted);
        if first != 201 {
            return first;
        }
        if let Err(refused) = self.writer(again, "keys") {
            return refused;
        }
        // Key numbers wrap around, and there is one key more now.
        let before = self.keys.len() - 1;
        let same = match (by, again) {
            (By::User(one), By::User(other)) => one == other,
            (By::Key(one), By::Key(other)) => one % before == other % (before + 1),
            _ => false,
        };
        if same { 201 } else { 409 }
    }

    fn revoke(&mut self, by: By, key: usize) -> u16 {
        let may = match self.writer(by, "keys") {
            Ok(may) => may,
            Err(refused) => return refused,
        };
        let Some(index) = self.key(key) else { return 404 };
        let own = matches!(by, By::Key(number) if self.descends(index, self.key(number).unwrap()));
        let key = &self.keys[index];
        let user = self.roles[key.behind].filter(|_| !self.deleted[key.behind]).map(|role| self.rights(role));
        let role = user.map_or(key.role, |user| user.role.min(key.role));
        let scopes = [key.scopes, user.map_or(&[], |user| user.permissions)];
        if !own && (role > may.role || !may.covers(&scopes) || (key.live && !may.live)) {
            return 403;
        }
        for other in 0..self.keys.len() {
            if self.descends(other, index) {
                self.keys[other].revoked = true;
                self.close_invitations(By::Key(other));
            }
        }
        200
    }

    fn descends(&self, key: usize, from: usize) -> bool {
        key == from || self.keys[key].parent.is_some_and(|parent| self.descends(parent, from))
    }

    fn adopt(&mut self, by: By, key: usize) -> u16 {
        if let Err(refused) = self.writer(by, "keys") {
            return refused;
        }
        if self.suspended {
            return 402;
        }
        let Some(index) = self.key(key) else { return 404 };
        let By::User(owner) = by else { return 403 };
        if self.roles[owner] != Some(Given::BuiltIn(Role::Owner)) {
            return 403;
        }
        let now = self.now;
        let key = &mut self.keys[index];
        if key.revoked || key.ends.is_some_and(|end| end <= now) {
            return 409;
        }
        (key.behind, key.parent, key.suspended) = (owner, None, false);
        200
    }

    fn close_invitations(&mut self, sender: By) {
        for invitation in &mut self.invitations {
            let sent = match (invitation.by, sender) {
                (By::User(one), By::User(other)) | (By::Key(one), By::Key(other)) => one == other,
                _ => false,
            };
            invitation.revoked |= sent && !invitation.accepted;
        }
    }

    fn open(&self, invitation: &Invitation) -> bool {
        !invitation.accepted && !invitation.revoked && invitation.ends.is_none_or(|end| end > self.now)
    }

    fn invite(&mut self, by: By, whom: usize, role: Given) -> u16 {
        let may = match self.writer(by, "members") {
            Ok(may) => may,
            Err(refused) => return refused,
        };
        if self.roles[whom].is_some() {
            return 409;
        }
        if self.suspended {
            return 402;
        }
        if !may.gives(self.rights(role)) {
            return 403;
        }
        if self.invitations.iter().any(|each| each.whom == whom && self.open(each)) {
            return 409;
        }
        let by = match by {
            By::Key(number) => By::Key(self.key(number).unwrap()),
            user @ By::User(_) => user,
        };
        self.invitations.push(Invitation { whom, role, by, ends: may.ends, accepted: false, revoked: false });
        201
    }

    fn accept(&mut self, user: usize, invitation: usize) -> u16 {
        if self.banned[user] || self.deleted[user] {
            return 401;
        }
        if self.invitations.is_empty() {
            return 404;
        }
        let index = invitation % self.invitations.len();
        let found = &self.invitations[index];
        let sender = match found.by {
            By::User(sender) => self.user_may(sender),
            By::Key(key) => self.key_may(key).filter(|may| may.lets("members", true)),
        };
        let role = sender.and_then(|sender| self.within(found.role, &sender));
        let open = self.open(found);
        if open && role.is_none() {
            return 404;
        }
        if self.suspended {
            return 402;
        }
        if found.whom != user {
            return 403;
        }
        if !open {
            return if found.accepted { self.accepted_before(user) } else { 404 };
        }
        self.invitations[index].accepted = true;
        self.roles[user] = self.roles[user].or(role);
        200
    }

    /// The role that an invitation gives, as far as its sender may: a built-in one becomes a lower one.
    fn within(&self, offered: Given, sender: &May) -> Option<Given> {
        if sender.includes(self.rights(offered)) {
            return Some(offered);
        }
        match offered {
            Given::BuiltIn(role) if sender.unscoped() => Some(Given::BuiltIn(role.min(sender.role))),
            _ => None,
        }
    }

    /// Accepting again gets the same answer, unless the membership has ended since.
    fn accepted_before(&self, user: usize) -> u16 {
        if self.roles[user].is_some() { 200 } else { 404 }
    }

    fn last_owner(&self, whom: usize) -> bool {
        let owners = self.roles.iter().filter(|role| **role == Some(OWNER)).count();
        self.roles[whom] == Some(OWNER) && owners == 1
    }

    fn change_role(&mut self, by: By, whom: usize, role: Given) -> u16 {
        let own = matches!(by, By::User(user) if user == whom);
        let wanted = self.rights(role);
        let lowers = self.roles[whom].is_some_and(|current| self.rights(current).may().includes(wanted));
        let may = match self.writer(by, "members") {
            Ok(may) => may,
            // Users may lower their own role without any right.
            Err(403) if own && lowers => self.may(by).unwrap(),
            Err(refused) => return refused,
        };
        let Some(current) = self.roles[whom] else { return 404 };
        if !own && !Self::reaches(by, &may, self.rights(current)) {
            return 403;
        }
        if !lowers {
            if self.suspended {
                return 402;
            }
            if !may.gives(wanted) {
                return 403;
            }
        }
        if role != OWNER && self.last_owner(whom) {
            return 409;
        }
        self.roles[whom] = Some(role);
        200
    }

    /// Whether a caller may act on another member with this role. Administrators and owners take their keys with them, so
    /// a key and a member with a custom role need all the rights that they have.
    fn reaches(by: By, may: &May, current: Rights) -> bool {
        let unlimited = matches!(by, By::User(_)) && may.unscoped();
        current.role <= may.role && (unlimited || current.role < Role::Admin || may.gives(current))
    }

    fn permit(&mut self, by: By, role: usize, permissions: usize) -> u16 {
        let may = match self.writer(by, "members") {
            Ok(may) => may,
            Err(refused) => return refused,
        };
        if self.suspended {
            return 402;
        }
        let before = self.rights(Given::Custom(role));
        let former = std::mem::replace(&mut self.custom[role], permissions);
        if may.gives(before) && may.gives(self.rights(Given::Custom(role))) {
            return 200;
        }
        self.custom[role] = former;
        403
    }

    fn remove(&mut self, by: By, whom: usize) -> u16 {
        if matches!(by, By::User(user) if user == whom) {
            return self.leave(whom);
        }
        let may = match self.writer(by, "members") {
            Ok(may) => may,
            Err(refused) => return refused,
        };
        match self.roles[whom] {
            None => 404,
            Some(current) if !Self::reaches(by, &may, self.rights(current)) => 403,
            Some(_) if self.last_owner(whom) => 409,
            Some(_) => self.gone(whom),
        }
    }

    fn leave(&mut self, user: usize) -> u16 {
        if self.banned[user] || self.deleted[user] {
            return 401;
        }
        match self.roles[user] {
            None => 404,
            Some(_) if self.last_owner(user) => 409,
            Some(_) => self.gone(user),
        }
    }

    /// The membership ends, and with it everything that the member gave.
    fn gone(&mut self, user: usize) -> u16 {
        self.roles[user] = None;
        self.close_invitations(By::User(user));
        for index in 0..self.keys.len() {
            let key = &mut self.keys[index];
            if key.behind == user && !key.revoked && !key.suspended {
                key.suspended = true;
                self.close_invitations(By::Key(index));
            }
        }
        204
    }

    fn delete(&mut self, user: usize) -> u16 {
        let others = self.roles.iter().enumerate().any(|(other, role)| other != user && role.is_some());
        if self.deleted[user] || (self.last_owner(user) && others) {
            return 0;
        }
        if self.roles[user].is_some() {
            self.gone(user);
        }
        self.deleted[user] = true;
        0
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// Number of keys.
    pub(super) fn keys(&self) -> usize {
        self.keys.len()
    }
}
