//! The activity feed ([`activity`]). The audit: what an entry says ([`entries`]), who may change one ([`guards`]), the chain under concurrency
//! ([`concurrency`]), exports after every kind of edit ([`edits`]), erasure ([`erasure`]), and the age at which plans
//! delete entries ([`retention`]).

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod activity;
mod concurrency;
mod edits;
mod entries;
mod erasure;
mod guards;
mod retention;

use freehold_core::Role;
use freehold_tenancy::audit::{Broken, Expected, Verified, verify};
use freehold_testing as harness;
use serde_json::{Value, json};

use crate::harness::app::{Person, TestApp};

/// The entries that a user reads, the newest first.
async fn audit(app: &TestApp, person: &Person, query: &str) -> Vec<Value> {
    let list = app.get(&format!("/api/v1/audit{query}")).person(person).send().await.expect(200).json();
    list["data"].as_array().unwrap().clone()
}

/// An export of the organization's audit, by the owner's key.
async fn export(app: &TestApp, person: &Person, query: &str) -> Vec<u8> {
    app.get(&format!("/api/v1/audit/export{query}")).key(&person.key).send().await.expect(200).bytes().to_vec()
}

fn verified(file: &[u8]) -> Result<Verified, Broken> {
    verify(file, &Expected::default()).unwrap()
}

/// An organization in which some things happened: keys, roles, invitations.
async fn busy(app: &TestApp) -> Person {
    let owner = app.owner().await;
    let member = app.member(&owner, Role::Member).await;
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, member.id);
    for number in 0..8 {
        let name = json!({ "name": format!("key, \"{number}\"") });
        let key = app.post("/api/v1/keys").person(&owner).header("user-agent", "Firefox, \"new\"").json(&name);
        let key = key.send().await.expect(201).at("/id");
        app.advance_seconds(1);
        app.delete(&format!("/api/v1/keys/{key}")).key(&owner.key).send().await.expect(200);
        let role = if number % 2 == 0 { "viewer" } else { "admin" };
        app.patch(&path).person(&owner).json(&json!({ "role": role })).send().await.expect(200);
        let invited = json!({ "email": format!("guest{number}@example.com"), "role": "viewer" });
        app.post("/api/v1/invitations").person(&owner).json(&invited).send().await.expect(201);
    }
    owner
}
