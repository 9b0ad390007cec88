//! Requests of an administrator of users.

use freehold_identity::{
    service_key::{ServiceKeySet, service_keys_show},
    signing::keys_refresh,
};

use crate::app::{Answer, Ask, Served};

/// The keys that an operator is shown.
pub async fn service_keys(app: &Served) -> ServiceKeySet {
    let identity = &app.backbone.identity;
    let keys = service_keys_show(&identity.base.keeper(), &identity.settings().issuer()).await.unwrap();
    keys_refresh(&identity.tokens).await.unwrap();
    keys
}

/// Sends a request as an administrator.
pub trait AsAdministrator {
    /// Sends it with the key of the role `service_role`.
    fn by(self, app: &Served) -> impl Future<Output = Answer>;
}

impl AsAdministrator for Ask {
    async fn by(self, app: &Served) -> Answer {
        let key = service_keys(app).await.service_role_key;
        self.token(key.expose()).send().await
    }
}
