//! A price per member: the quantity follows the members, up and down.

use freehold_core::Role;
use freehold_identity::admin::user_delete;
use freehold_tenancy::departure::person_depart;

use super::shop::Shop;
use crate::harness::app::Setup;

/// The voice product, with a price per member.
fn per_member() -> Setup {
    let toml = freehold_voice::PRODUCT.toml;
    let changed =
        toml.replace(r#"{ month = "$29", year = "$290" }"#, r#"{ month = "$29", year = "$290", per = "member" }"#);
    assert_ne!(toml, changed);
    crate::voice().with_text(changed)
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

    // The quantity is changed at Stripe: it follows the members again.
    let found = shop.stripe("/v1/subscriptions", None).await;
    let subscription = format!("/v1/subscriptions/{}", found["data"][0]["id"].as_str().unwrap());
    let item = found["data"][0]["items"]["data"][0]["id"].as_str().unwrap();
    shop.stripe(&subscription, Some(&[("items[0][id]", item), ("items[0][quantity]", "9")])).await;
    shop.settle().await;
    shop.settle().await;
    assert_eq!(paid(&shop).await, (3, 3));
}

/// A deleted user can no longer cancel, so the subscription ends with the paid period.
#[tokio::test]
async fn an_organization_without_members_is_not_charged_again() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", "4242424242424242").await;
    let ends = async || shop.stripe("/v1/subscriptions", None).await["data"][0]["cancel_at_period_end"].clone();
    shop.settle().await;
    assert_eq!(ends().await, false);

    let (backbone, person) = (&shop.app.backbone, owner.id.parse().unwrap());
    let mut tx = backbone.db.system("test: delete a person").begin().await.unwrap();
    person_depart(&mut tx, &backbone.vault, person).await.unwrap();
    user_delete(&mut tx, person).await.unwrap();
    tx.commit().await.unwrap();
    shop.settle().await;
    assert_eq!(ends().await, true);
    let kept = shop.app.count("select count(*) from freehold.subscriptions where cancel_at_period_end").await;
    assert_eq!(kept, 1);
    shop.advance_days(40).await;
    assert_eq!(shop.stripe("/v1/subscriptions?status=canceled", None).await["data"].as_array().unwrap().len(), 1);
}
