//! Administrators' calls on users, and imported users.

mod audit;
mod bans;
mod changes;
mod deletes;
mod factors;
mod hashes;
mod links;
mod lists;
mod makes;
mod who;

use serde_json::Value;

use crate::harness::{
    administrator::{AsAdministrator, service_keys},
    app::{Answer, Served},
};

const ADA: &str = "ada@example.org";
const PEOPLE: &str = "/auth/v1/admin/users";

/// Creates a user.
async fn make(app: &Served, body: Value) -> Answer {
    app.post(PEOPLE).json(&body).by(app).await
}

/// The path of a user.
fn at(person: &Answer) -> String {
    format!("{PEOPLE}/{}", person.at("/id"))
}
