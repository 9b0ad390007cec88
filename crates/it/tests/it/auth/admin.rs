//! Administrators' calls on users, and imported users.

mod audit;
mod bans;
mod changes;
mod deletes;
mod factors;
mod hashes;
mod imports;
mod links;
mod lists;
mod makes;
mod who;

use crate::harness::app::{Answer, Ask, Served};
use freehold_identity::{
    service_key::{ServiceKeySet, service_keys_show},
    signing::keys_refresh,
};
use serde_json::Value;

const ADA: &str = "ada@example.org";
const PEOPLE: &str = "/auth/v1/admin/users";

/// The keys that an operator is shown.
async fn service_keys(app: &Served) -> ServiceKeySet {
    let identity = &app.backbone.identity;
    let keys = service_keys_show(&identity.keeper(), &identity.settings.issuer()).await.unwrap();
    keys_refresh(identity).await.unwrap();
    keys
}

/// Sends a request as an administrator.
trait AsAdministrator {
    async fn by(self, app: &Served) -> Answer;
}

impl AsAdministrator for Ask {
    async fn by(self, app: &Served) -> Answer {
        let key = service_keys(app).await.service_role_key;
        self.token(key.expose()).send().await
    }
}

/// Creates a user.
async fn make(app: &Served, body: Value) -> Answer {
    app.post(PEOPLE).json(&body).by(app).await
}

/// The path of a user.
fn at(person: &Answer) -> String {
    format!("{PEOPLE}/{}", person.at("/id"))
}
