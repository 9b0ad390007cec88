//! Where sequences run: one server, on which every sequence has an organization of its own.

use freehold_core::{Action, Area, Permission, codes};
use freehold_identity::admin::user_delete;
use freehold_tenancy::departure::person_depart;
use freehold_web::Credential;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    may::{May, base},
    model::{CUSTOM, Model},
    step::{By, Given, PERMISSIONS, ROLES, SCOPES, Step, USERS, Wanted},
};
use crate::harness::app::{Answer, Ask, Person, TestApp};

const AREAS: [Area; 6] =
    [Area::Keys, Area::Members, Area::Usage, Area::Organization, Area::Billing, Area::Product("workflows")];

pub(super) struct Lane {
    app: TestApp,
    users: Vec<Person>,
    deleted: [bool; USERS],
    /// Number of users created, for unique addresses.
    made: usize,
    /// Number of sequences so far.
    number: usize,
    began: Timestamp,
    organization: String,
    keys: Vec<(String, String)>,
    /// Ids of the custom roles.
    roles: Vec<String>,
    /// Tokens of invitations.
    invitations: Vec<String>,
}

impl Lane {
    pub(super) async fn open() -> Self {
        let setup = crate::voice().with_auth(|auth| auth.access_token_seconds = 50 * 365 * 86_400);
        let app = TestApp::with(setup).await;
        let (began, organization) = (app.clock().now(), String::new());
        let (users, keys, roles, invitations) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let deleted = [false; USERS];
        let mut lane = Self { app, users, deleted, made: 0, number: 0, began, organization, keys, roles, invitations };
        for _ in 0..USERS {
            let user = lane.user().await;
            lane.users.push(user);
        }
        lane
    }

    async fn user(&mut self) -> Person {
        self.made += 1;
        self.app.somebody(&format!("user{}@example.org", self.made)).await
    }

    /// Creates a new organization, with all users in their initial roles.
    pub(super) async fn begin(&mut self) {
        for user in 0..USERS {
            if std::mem::take(&mut self.deleted[user]) {
                self.users[user] = self.user().await;
            }
        }
        // A user who still owns an earlier organization could not be deleted.
        let before = format!("delete from freehold.tenants where tenant_id = '{}';", self.organization);
        let before = if self.organization.is_empty() { String::new() } else { before };
        self.number += 1;
        self.began = self.app.clock().now();
        self.organization = self.app.test.uuid().to_string();
        let mut sql = format!(
            "{before}
             update auth.users set banned_until = null where banned_until is not null;
             insert into freehold.tenants (tenant_id, name, slug, plan, plan_version, created_at, updated_at)
             values ('{0}', 'Sequence', 'sequence-{1}', 'enterprise', 1, now(), now());",
            self.organization, self.number
        );
        let members = self.users.iter().zip(ROLES).filter_map(|(user, role)| Some((user, role?)));
        sql.extend(members.map(|(user, role)| {
            format!(
                "insert into freehold.members (tenant_id, user_id, role, joined_at, selected_at)
                 values ('{}', '{}', '{}', now(), now());",
                self.organization,
                user.id,
                role.name()
            )
        }));
        self.roles = CUSTOM.map(|_| self.app.test.uuid().to_string()).to_vec();
        sql.extend(self.roles.iter().zip(CUSTOM).map(|(id, permissions)| {
            let permissions = PERMISSIONS[permissions];
            format!(
                "insert into freehold.roles
                   (tenant_id, role_id, name, description, base, permissions, created_at, updated_at)
                 values ('{}', '{id}', '{id}', '', '{}', '{{{}}}', now(), now());",
                self.organization,
                base(permissions).name(),
                permissions.join(",")
            )
        }));
        self.app.test.admin().await.batch_execute(&sql).await.unwrap();
        self.app.backbone.resolver.forget();
        self.keys.clear();
        self.invitations.clear();
    }

    fn ask(&self, by: By, ask: Ask) -> Ask {
        match by {
            By::User(user) => ask.token(&self.users[user].token).header("x-organization-id", &self.organization),
            By::Key(number) if self.keys.is_empty() => ask.key(&format!("sk_live_none{number}")),
            By::Key(number) => ask.key(&self.keys[number % self.keys.len()].0),
        }
    }

    fn member(&self, whom: usize) -> String {
        format!("/api/v1/organizations/{}/members/{}", self.organization, self.users[whom].id)
    }

    fn key_id(&self, number: usize) -> String {
        let none = "0198a5b0-0000-7000-8000-000000000000";
        if self.keys.is_empty() { none.to_owned() } else { self.keys[number % self.keys.len()].1.clone() }
    }

    /// Runs the step; returns the status of the answer, 0 for an operator's action.
    pub(super) async fn take(&mut self, step: &Step) -> u16 {
        let answer = match *step {
            Step::CreateKey { by, wanted } => self.create_key(by, wanted).await,
            Step::Replay { by, again } => self.replay(by, again).await,
            Step::RevokeKey { by, key } => {
                self.ask(by, self.app.delete(&format!("/api/v1/keys/{}", self.key_id(key)))).send().await
            }
            Step::Adopt { by, key } => {
                self.ask(by, self.app.post(&format!("/api/v1/keys/{}/adopt", self.key_id(key)))).send().await
            }
            Step::Invite { by, whom, role } => self.invite(by, whom, role).await,
            Step::Accept { user, invitation } => self.accept(user, invitation).await,
            Step::ChangeRole { by, whom, role } => {
                let ask = self.app.patch(&self.member(whom)).json(&self.given(role));
                self.ask(by, ask).send().await
            }
            Step::Permit { by, role, permissions } => {
                let ask = self.app.patch(&format!("/api/v1/roles/{}", self.roles[role]));
                self.ask(by, ask.json(&json!({ "permissions": PERMISSIONS[permissions] }))).send().await
            }
            Step::Remove { by, whom } => self.ask(by, self.app.delete(&self.member(whom))).send().await,
            Step::Leave { user } => self.ask(By::User(user), self.app.delete(&self.member(user))).send().await,
            Step::Ban { .. }
            | Step::Unban { .. }
            | Step::Delete { .. }
            | Step::Suspend
            | Step::Restore
            | Step::Wait => {
                self.operate(step).await;
                self.app.backbone.resolver.forget();
                return 0;
            }
        };
        answer.status()
    }

    async fn operate(&mut self, step: &Step) {
        let admin = self.app.test.admin().await;
        let stand = |standing: &str| {
            format!("update freehold.tenants set standing = '{standing}' where tenant_id = '{}'", self.organization)
        };
        let ban = |user: usize, until: &str| {
            format!("update auth.users set banned_until = {until} where id = '{}'", self.users[user].id)
        };
        let sql = match *step {
            Step::Ban { user } => ban(user, "timestamptz '2999-01-01'"),
            Step::Unban { user } => ban(user, "null"),
            Step::Suspend => stand("suspended"),
            Step::Restore => stand("good"),
            Step::Delete { user } => return self.delete(user).await,
            _ => return self.app.clock().advance(SignedDuration::from_mins(30)),
        };
        admin.batch_execute(&sql).await.unwrap();
    }

    async fn delete(&mut self, user: usize) {
        if self.deleted[user] {
            return;
        }
        let backbone = &self.app.backbone;
        let id = self.users[user].id.parse().unwrap();
        let mut tx = backbone.db.system("test").begin().await.unwrap();
        if let Err(refused) = person_depart(&mut tx, &backbone.vault, id).await {
            assert!(refused.is(codes::CONFLICT), "{refused:?}");
            return;
        }
        user_delete(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
        self.deleted[user] = true;
    }

    async fn create_key(&mut self, by: By, wanted: Wanted) -> Answer {
        let mut body = json!({ "name": "k", "scopes": SCOPES[wanted.scopes] });
        if let Some(live) = wanted.live {
            body["mode"] = json!(if live { "live" } else { "test" });
        }
        if let Some(steps) = wanted.ends {
            let end = self.app.clock().now() + SignedDuration::from_mins(30 * i64::from(steps));
            body["expires_at"] = json!(end);
        }
        let answer = self.ask(by, self.app.post("/api/v1/keys")).json(&body).send().await;
        self.keep(&answer);
        answer
    }

    /// Stores a key that was created.
    fn keep(&mut self, answer: &Answer) {
        if answer.status() == 201 {
            self.keys.push((answer.at("/key"), answer.at("/id")));
        }
    }

    async fn replay(&mut self, by: By, again: By) -> Answer {
        let name = self.app.test.uuid().to_string();
        let ask = self.app.post("/api/v1/keys").idempotent(&name).json(&json!({ "name": "k", "scopes": SCOPES[4] }));
        let first = self.ask(by, ask.clone()).send().await;
        if first.status() != 201 {
            return first;
        }
        self.keep(&first);
        let second = self.ask(again, ask).send().await;
        assert!(!second.holds(&first.at("/key")), "a replay shows the key");
        second
    }

    /// The fields of a request that give this role.
    fn given(&self, role: Given) -> Value {
        match role {
            Given::BuiltIn(role) => json!({ "role": role.name() }),
            Given::Custom(number) => json!({ "role_id": self.roles[number] }),
        }
    }

    async fn invite(&mut self, by: By, whom: usize, role: Given) -> Answer {
        let mut body = self.given(role);
        body["email"] = json!(self.users[whom].email);
        let answer = self.ask(by, self.app.post("/api/v1/invitations")).json(&body).send().await;
        if answer.status() == 201 {
            let mails = self.app.mails(&self.users[whom].email).await;
            self.invitations.push(mails[0].mail.link().unwrap().split_once("token=").unwrap().1.to_owned());
        }
        answer
    }

    async fn accept(&self, user: usize, invitation: usize) -> Answer {
        let token = if self.invitations.is_empty() {
            "inv_nothing"
        } else {
            &self.invitations[invitation % self.invitations.len()]
        };
        let ask = self.app.post("/api/v1/invitations/accept").token(&self.users[user].token);
        ask.json(&json!({ "token": token })).send().await
    }

    /// The differences between the credentials' rights and the model's, a line each.
    pub(super) async fn differences(&self, model: &Model) -> Vec<String> {
        let mut lines = Vec::new();
        let credentials = (0..USERS).map(By::User).chain((0..model.keys()).map(By::Key));
        for by in credentials {
            let (expected, found) = (model.may(by), self.found(by).await);
            let same = match (&expected, &found) {
                (None, None) => true,
                (Some(may), Some(caller)) => self.same(may, caller),
                _ => false,
            };
            if !same {
                lines.push(format!("{by:?}: the rule says {expected:?}, the server {found:?}"));
            }
        }
        lines
    }

    async fn found(&self, by: By) -> Option<std::sync::Arc<freehold_core::Caller>> {
        let credential = match by {
            By::User(user) => Credential::Token(&self.users[user].token),
            By::Key(key) => Credential::Key(&self.keys[key].0),
        };
        self.app.backbone.caller(&credential, Some(self.organization.parse().unwrap())).await.ok()
    }

    fn same(&self, may: &May, caller: &freehold_core::Caller) -> bool {
        let bounds = caller.bounds();
        let ends = may.ends.map(|end| self.began + SignedDuration::from_mins(30 * i64::from(end)));
        let scopes = AREAS.iter().all(|&area| {
            [Action::Read, Action::Write].iter().all(|&action| {
                bounds.scopes.allow(Permission { area, action }) == may.lets(area.name(), action == Action::Write)
            })
        });
        (bounds.role, bounds.live, bounds.ends) == (may.role, may.live, ends) && scopes
    }
}
