//! An application in any language that uses the backbone over the API, with the operator's service key.

mod events;
mod keys;
mod rights;
mod usage;

use freehold_identity::{
    service_key::{ServiceKeySet, service_keys_show},
    signing::keys_refresh,
};
use freehold_web::Product;
use serde_json::{Value, json};

use crate::harness::app::{Answer, Ask, Person, Setup, TestApp};

/// A product whose application runs elsewhere, with its server's service key.
struct Shop {
    app: TestApp,
    keys: ServiceKeySet,
}

impl Shop {
    async fn new() -> Self {
        let product = Product::from_toml("bookshop.toml", include_str!("application/product.toml"));
        let app = TestApp::with(Setup { product: Box::leak(Box::new(product)), ..crate::voice() }).await;
        let identity = &app.backbone.identity;
        let keys = service_keys_show(&identity.base.keeper(), &identity.settings().issuer()).await.unwrap();
        keys_refresh(&identity.tokens).await.unwrap();
        Self { app, keys }
    }

    /// A request of the application for the user's organization.
    fn service(&self, ask: Ask, person: &Person) -> Ask {
        ask.token(self.keys.secret_key.expose()).header("x-organization-id", &person.organization)
    }

    /// The application's request with this body.
    async fn post(&self, person: &Person, path: &str, body: Value) -> Answer {
        self.service(self.app.post(path), person).json(&body).send().await
    }

    /// Usage of a meter as the entitlements say: used, reserved and remaining.
    async fn meter(&self, person: &Person, meter: &str) -> (Value, Value, Value) {
        let answer = self.service(self.app.get("/api/v1/entitlements"), person).send().await.expect(200).json();
        let found = answer["meters"].as_array().unwrap().iter().find(|each| each["meter"] == meter).unwrap().clone();
        (found["used"].clone(), found["reserved"].clone(), found["remaining"].clone())
    }
}

/// The numbers of a meter, to compare.
fn numbers(used: i64, reserved: i64, remaining: i64) -> (Value, Value, Value) {
    (json!(used), json!(reserved), json!(remaining))
}
