//! Users who have signed up.

use freehold_core::{Plan, Role, Standing};
use freehold_tenancy::{
    member::member_add,
    tenant::{tenant_change_plan, tenant_change_standing},
};
use serde_json::json;

use super::{Answer, Served};

/// Password of all users.
pub const PASSWORD: &str = "correct horse battery";

/// A user who has signed up, with an organization.
#[derive(Clone, Debug)]
pub struct Person {
    /// The id of the user.
    pub id: String,
    /// The address that they sign in with.
    pub email: String,
    /// Their access token.
    pub token: String,
    /// Their refresh token.
    pub refresh: String,
    /// The id of the organization that the test is about.
    pub organization: String,
    /// API key with all rights of the user. Empty for members of another user's organization.
    pub key: String,
}

impl Served {
    /// The owner of the organization that a test is about.
    pub async fn owner(&self) -> Person {
        self.somebody("owner@example.org").await
    }

    /// The owner of another organization.
    pub async fn stranger(&self) -> Person {
        self.somebody("stranger@example.net").await
    }

    /// Signs up a user who owns an organization and has a key.
    pub async fn somebody(&self, email: &str) -> Person {
        let mut person = self.person(email).await;
        let key = json!({ "name": "everything" });
        person.key = self.post("/api/v1/keys").person(&person).json(&key).send().await.expect(201).at("/key");
        person
    }

    /// A user with this role in the owner's organization.
    pub async fn member(&self, owner: &Person, role: Role) -> Person {
        let email = format!("{}.member@example.org", role.name());
        let person = Person { organization: owner.organization.clone(), ..self.person(&email).await };
        self.join(&person, role).await;
        person
    }

    /// A user with a custom role of these permissions, which is created with this name, in the owner's organization.
    pub async fn member_with(&self, owner: &Person, name: &str, permissions: &[&str]) -> Person {
        let role = json!({ "name": name, "permissions": permissions });
        let role = self.post("/api/v1/roles").person(owner).json(&role).send().await.expect(201).at("/id");
        let email = format!("{name}.member@example.org");
        let person = Person { organization: owner.organization.clone(), ..self.person(&email).await };
        self.join(&person, Role::Viewer).await;
        let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, person.id);
        self.patch(&path).person(owner).json(&json!({ "role_id": role })).send().await.expect(200);
        person
    }

    /// Makes the user a member of the organization that `person` names.
    pub async fn join(&self, person: &Person, role: Role) {
        let mut tx = self.backbone.db.system("test").begin().await.unwrap();
        let (tenant, user) = (person.organization.parse().unwrap(), person.id.parse().unwrap());
        member_add(&mut tx, tenant, user, role).await.unwrap();
        tx.commit().await.unwrap();
        self.backbone.resolver.forget();
    }

    async fn person(&self, email: &str) -> Person {
        let mut answer = self.sign_up(email).await.expect(200);
        if !self.backbone.identity.settings().auth.autoconfirm {
            let code = json!({ "type": "signup", "email": email, "token": self.code(email).await });
            answer = self.post("/auth/v1/verify").json(&code).send().await.expect(200);
        }
        let (token, refresh) = (answer.at("/access_token"), answer.at("/refresh_token"));
        let me = self.get("/api/v1/me").token(&token).send().await.expect(200);
        let (id, organization) = (me.at("/id"), me.at("/organizations/0/id"));
        Person { id, email: email.to_owned(), token, refresh, organization, key: String::new() }
    }

    /// `POST /auth/v1/signup` with the common password.
    pub async fn sign_up(&self, email: &str) -> Answer {
        self.post("/auth/v1/signup").json(&json!({ "email": email, "password": PASSWORD })).send().await
    }

    /// Signs in with the common password.
    pub async fn sign_in(&self, email: &str) -> Answer {
        let body = json!({ "email": email, "password": PASSWORD });
        self.post("/auth/v1/token?grant_type=password").json(&body).send().await
    }

    /// Exchanges a refresh token.
    pub async fn refresh(&self, token: &str) -> Answer {
        self.post("/auth/v1/token?grant_type=refresh_token").json(&json!({ "refresh_token": token })).send().await
    }

    /// What `freehold plan` does, on any server.
    pub async fn put_on_plan(&self, person: &Person, plan: &str, version: i32) {
        let mut tx = self.backbone.db.system("test").begin().await.unwrap();
        let plan = Plan { id: plan.to_owned(), version };
        let tenant = person.organization.parse().unwrap();
        tenant_change_plan(&mut tx, tenant, &plan).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Suspends the user's organization, or lifts the suspension.
    pub async fn suspend(&self, person: &Person, suspended: bool) {
        self.stand(person, if suspended { Standing::Suspended } else { Standing::Good }).await;
    }

    /// Sets the standing of the user's organization.
    pub async fn stand(&self, person: &Person, standing: Standing) {
        let mut tx = self.backbone.db.system("test").begin().await.unwrap();
        let tenant = person.organization.parse().unwrap();
        tenant_change_standing(&mut tx, tenant, standing).await.unwrap();
        tx.commit().await.unwrap();
        self.backbone.resolver.forget();
    }
}
