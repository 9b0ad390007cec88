//! A price for each member: what is paid follows who is there, up and down.

use freehold_core::Role;

use super::shop::Shop;
use crate::harness::app::Setup;

/// The voice product, with a price for each member.
fn per_member() -> Setup {
    let toml = freehold_voice::PRODUCT.toml;
    let changed =
        toml.replace(r#"{ month = "$29", year = "$290" }"#, r#"{ month = "$29", year = "$290", per = "member" }"#);
    assert_ne!(toml, changed);
    Setup::of_text(changed)
}

async fn paid(shop: &Shop) -> (i64, i64) {
    let at_stripe = shop.stripe("/v1/subscriptions", None).await["data"][0]["items"]["data"][0]["quantity"].as_i64();
    (at_stripe.unwrap(), shop.app.count("select seats from freehold.subscriptions").await)
}

#[tokio::test]
async fn seats_follow_members_both_ways() {
    let shop = Shop::open(per_member()).await;
    let owner = shop.app.owner().await;
    let first = shop.app.member(&owner, Role::Member).await;
    shop.subscribe(&owner, "starter", "4242424242424242").await;
    assert_eq!(paid(&shop).await, (2, 2), "whoever is there is paid for from the first day");

    shop.app.member(&owner, Role::Viewer).await;
    shop.app.member(&owner, Role::Admin).await;
    shop.settle().await;
    assert_eq!(paid(&shop).await, (4, 4));

    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, first.id);
    shop.app.delete(&path).person(&owner).send().await.expect(204);
    shop.settle().await;
    assert_eq!(paid(&shop).await, (3, 3));

    // Somebody changes the number at Stripe: it follows the members again.
    let found = shop.stripe("/v1/subscriptions", None).await;
    let subscription = format!("/v1/subscriptions/{}", found["data"][0]["id"].as_str().unwrap());
    let item = found["data"][0]["items"]["data"][0]["id"].as_str().unwrap();
    shop.stripe(&subscription, Some(&[("items[0][id]", item), ("items[0][quantity]", "9")])).await;
    shop.settle().await;
    shop.settle().await;
    assert_eq!(paid(&shop).await, (3, 3));
}
