//! Verifying customers' API keys.

use serde_json::{Value, json};

use super::Shop;
use crate::harness::app::Person;

const VERIFY: &str = "/api/v1/keys/verify";

impl Shop {
    /// The answer about a key, for any organization.
    async fn verify(&self, key: &str) -> Value {
        let ask = self.app.post(VERIFY).token(self.keys.secret_key.expose()).json(&json!({ "key": key }));
        ask.send().await.expect(200).json()
    }

    async fn key(&self, owner: &Person, body: Value) -> (String, String) {
        let made = self.app.post("/api/v1/keys").person(owner).json(&body).send().await.expect(201);
        (made.at("/id"), made.at("/key"))
    }
}

/// What the answer says of a key that does not work.
fn invalid(reason: &str) -> Value {
    json!({
        "valid": false, "reason": reason, "key_id": null, "organization_id": null, "role": null, "scopes": null, "mode": null,
        "plan": null, "plan_version": null, "standing": null, "rate_limit": null,
    })
}

#[tokio::test]
async fn a_key_that_works_says_whose_it_is_and_what_it_may_do() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let (id, key) = shop.key(&owner, json!({ "name": "shop", "mode": "test", "scopes": ["usage:read"] })).await;
    let said = shop.verify(&key).await;
    let expected = json!({
        "valid": true, "reason": null, "key_id": id, "organization_id": owner.organization, "role": "owner",
        "scopes": ["usage:read"], "mode": "test", "plan": "free", "plan_version": 1, "standing": "good",
        "rate_limit": {
            "meter": "requests", "limit": 30, "window_seconds": 60, "remaining": 29, "exceeded": false,
            "reset_seconds": said["rate_limit"]["reset_seconds"],
        },
    });
    assert_eq!(said, expected);
    assert_eq!(shop.verify(&owner.key).await["scopes"], Value::Null);
}

#[tokio::test]
async fn a_secret_that_was_replaced_is_named_as_such() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let (id, old) = shop.key(&owner, json!({ "name": "shop" })).await;
    let rotate = shop.app.post(&format!("/api/v1/keys/{id}/rotate")).person(&owner);
    let new = rotate.json(&json!({ "overlap_seconds": 60 })).send().await.expect(201).at("/key");
    for key in [&old, &new] {
        assert_eq!(shop.verify(key).await["key_id"], json!(id));
    }
    shop.app.advance_seconds(60);
    assert_eq!(shop.verify(&old).await, invalid("rotated"));
    assert_eq!(shop.verify(&new).await["key_id"], json!(id));
}

#[tokio::test]
async fn each_verification_counts_as_a_request_of_the_key() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    for left in (0..30).rev() {
        let rate = shop.verify(&owner.key).await["rate_limit"].clone();
        assert_eq!((&rate["remaining"], &rate["exceeded"]), (&json!(left), &json!(false)));
    }
    let rate = shop.verify(&owner.key).await["rate_limit"].clone();
    assert_eq!((&rate["remaining"], &rate["exceeded"]), (&json!(0), &json!(true)));
    // The key's own requests are the same count.
    shop.app.get("/api/v1/usage").key(&owner.key).send().await.refused(429, "rate_limited");
    shop.app.advance_seconds(60);
    assert_eq!(shop.verify(&owner.key).await["rate_limit"]["exceeded"], false);
}

#[tokio::test]
async fn a_key_that_does_not_work_says_no_more_than_why() {
    let shop = Shop::new().await;
    let owner = shop.app.owner().await;
    let forged = format!("{}{}", &owner.key[..owner.key.len() - 1], if owner.key.ends_with('0') { "1" } else { "0" });
    for text in ["nothing", "sk_live_nothing", shop.keys.secret_key.expose(), &owner.token[..100], &forged] {
        assert_eq!(shop.verify(text).await, invalid("invalid"), "{text}");
    }
    let (id, revoked) = shop.key(&owner, json!({ "name": "revoked" })).await;
    shop.app.delete(&format!("/api/v1/keys/{id}")).person(&owner).send().await.expect(200);
    assert_eq!(shop.verify(&revoked).await, invalid("revoked"));
    let (_, expired) = shop.key(&owner, json!({ "name": "expires", "expires_at": "2026-12-01T00:00:00Z" })).await;
    let (id, suspended) = shop.key(&owner, json!({ "name": "suspended" })).await;
    let suspend = format!("update freehold.api_keys set suspended_at = now() where id = '{id}'");
    shop.app.test.admin().await.batch_execute(&suspend).await.unwrap();
    shop.app.backbone.resolver.forget();
    assert_eq!(shop.verify(&suspended).await, invalid("suspended"));
    shop.app.advance_seconds(400 * 86_400);
    shop.app.backbone.resolver.forget();
    assert_eq!(shop.verify(&expired).await, invalid("expired"));
}

#[tokio::test]
async fn an_application_that_names_an_organization_learns_nothing_of_other_keys() {
    let shop = Shop::new().await;
    let (owner, stranger) = (shop.app.owner().await, shop.app.stranger().await);
    let (id, revoked) = shop.key(&owner, json!({ "name": "revoked" })).await;
    shop.app.delete(&format!("/api/v1/keys/{id}")).person(&owner).send().await.expect(200);
    for key in [&owner.key, &revoked] {
        let said = shop.post(&stranger, VERIFY, json!({ "key": key })).await.expect(200).json();
        assert_eq!(said, invalid("invalid"));
    }
    assert_eq!(shop.post(&owner, VERIFY, json!({ "key": owner.key })).await.expect(200).json()["valid"], true);
}

#[tokio::test]
async fn a_text_that_is_no_key_is_refused_without_repeating_it() {
    let shop = Shop::new().await;
    for text in ["", "sk_live_with space", "sk_live_\u{0}", &"x".repeat(201)] {
        let ask = shop.app.post(VERIFY).token(shop.keys.secret_key.expose()).json(&json!({ "key": text }));
        let refused = ask.send().await.refused(422, "validation_failed");
        assert!(refused.at("/errors/0/pointer") == "/key" && !refused.holds("sk_live"), "{refused}");
    }
}
