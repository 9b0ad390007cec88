//! Processing accounts that are due.

use freehold_billing::settle::sweep::{Swept, sweep};
use jiff::SignedDuration;

use super::super::shop::Shop;

#[tokio::test]
async fn each_account_is_looked_at_once_when_its_time_has_come() {
    let shop = Shop::of("pharmacy").await;
    for name in ["ada", "ben", "cleo"] {
        shop.app.sign_up(&format!("{name}@example.org")).await.expect(200);
    }
    let billing = shop.app.backbone.billing.as_ref().unwrap();
    assert_eq!(sweep(billing).await.unwrap(), Swept::default());
    shop.app.clock().advance(SignedDuration::from_hours(24 * 14));
    let (one, other) = tokio::join!(sweep(billing), sweep(billing));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.settled + other.settled <= 3, "{one:?} {other:?}");
    sweep(billing).await.unwrap();
    // The worker of the shop sweeps, too.
    let suspended = "select count(*) from freehold.tenants where standing = 'suspended'";
    assert_eq!(shop.app.count(suspended).await, 3);
    for told in [
        "select count(*) from freehold.events where type = 'billing.state_changed' and data->>'to' = 'suspended'",
        "select count(*) from freehold.audit_entries where action = 'billing.state_changed' and detail->>'to' = 'suspended'",
        "select count(*) from freehold.mails where template = 'trial_ended'",
    ] {
        assert_eq!(shop.app.count(told).await, 3, "{told}");
    }
    assert_eq!(sweep(billing).await.unwrap(), Swept::default());
}

#[tokio::test]
async fn one_that_fails_holds_up_no_other() {
    let shop = Shop::of("pharmacy").await;
    let owner = shop.app.owner().await;
    shop.app.sign_up("ada@example.org").await.expect(200);
    let admin = shop.app.test.admin().await;
    let broken = format!(
        "create function pg_temp_fail() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
         create trigger broken before update on freehold.billing_accounts for each row
         when (new.tenant_id = '{}') execute function pg_temp_fail()",
        owner.organization
    );
    admin.batch_execute(&broken).await.unwrap();
    shop.app.clock().advance(SignedDuration::from_hours(24 * 14));
    let billing = shop.app.backbone.billing.as_ref().unwrap();
    let swept = sweep(billing).await.unwrap();
    assert_eq!(swept.failed, 1, "{swept:?}");
    let suspended = "select count(*) from freehold.tenants where standing = 'suspended'";
    assert_eq!(shop.app.count(suspended).await, 1);
    admin.batch_execute("drop trigger broken on freehold.billing_accounts").await.unwrap();
    sweep(billing).await.unwrap();
    assert_eq!(shop.app.count(suspended).await, 2);
}

#[tokio::test]
async fn a_locked_account_is_skipped() {
    let shop = Shop::of("pharmacy").await;
    let owner = shop.app.owner().await;
    let mut holder = shop.app.test.admin().await;
    let holding = holder.transaction().await.unwrap();
    let lock = "select from freehold.billing_accounts where tenant_id::text = $1 for update";
    holding.query(lock, &[&owner.organization]).await.unwrap();
    shop.app.clock().advance(SignedDuration::from_hours(24 * 14));
    let billing = shop.app.backbone.billing.as_ref().unwrap();
    assert_eq!(sweep(billing).await.unwrap(), Swept::default());
    holding.commit().await.unwrap();
    sweep(billing).await.unwrap();
    assert_eq!(shop.standing(&owner).await.1, "suspended");
}
