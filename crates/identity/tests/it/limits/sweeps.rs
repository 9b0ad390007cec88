//! Expired rows are swept.

use freehold_identity::sweep::{Swept, sweep};
use serde_json::json;

use super::{ADA, ELSEWHERE, limited, machine, sign_in_from};
use crate::harness::app::{Setup, TestApp};

const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn what_is_alive_is_left_alone() {
    let app = limited().await;
    let token = app.sign_up(ADA).await.expect(200);
    sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.expect(400);
    let otp = json!({ "email": ADA, "code_challenge": "c".repeat(43), "code_challenge_method": "s256" });
    app.post("/auth/v1/otp").json(&otp).send().await.expect(200);
    assert_eq!(sweep(&app.backbone.identity.base).await.unwrap(), Swept::default());
    app.refresh(&token.at("/refresh_token")).await.expect(200);
    assert_eq!(app.count("select count(*) from auth.flow_state").await, 1);
    assert_eq!(app.count("select count(*) from auth.one_time_tokens").await, 1);
}

#[tokio::test]
async fn what_has_ended_goes() {
    let app = TestApp::with(Setup::default().with_auth(|auth| {
        auth.limits.enabled = true;
        auth.sessions.idle_hours = 24;
        auth.sweep.audit_days = 30;
    }))
    .await;
    app.sign_up(ADA).await.expect(200);
    sign_in_from(&app, ELSEWHERE, ADA, "wrong").await.expect(400);
    let otp = json!({ "email": ADA, "code_challenge": "c".repeat(43), "code_challenge_method": "s256" });
    app.post("/auth/v1/otp").json(&otp).send().await.expect(200);
    app.advance_seconds(3 * DAY);
    let swept = sweep(&app.backbone.identity.base).await.unwrap();
    assert_eq!((swept.flows, swept.tokens, swept.sessions, swept.audit_entries), (1, 1, 1, 0));
    assert!(swept.limits >= 2, "{swept:?}");
    assert_eq!(app.count("select count(*) from freehold.rate_buckets").await, 0);
    assert_eq!(app.count("select count(*) from freehold.known_places").await, 1);
    app.advance_seconds(200 * DAY);
    let swept = sweep(&app.backbone.identity.base).await.unwrap();
    assert!(swept.audit_entries > 0, "{swept:?}");
    assert_eq!(app.count("select count(*) from auth.audit_log_entries").await, 0);
    assert_eq!(app.count("select count(*) from freehold.known_places").await, 0);
    assert_eq!(app.count("select count(*) from auth.users").await, 1);
    assert_eq!(sweep(&app.backbone.identity.base).await.unwrap(), Swept::default());
}

#[tokio::test]
async fn who_never_came_in_goes_where_the_operator_says_so() {
    let app = TestApp::with(Setup::default().confirming().with_auth(|auth| auth.sweep.unconfirmed_days = 30)).await;
    app.somebody(ADA).await;
    app.sign_up("eve@example.org").await.expect(200);
    app.advance_seconds(29 * DAY);
    sweep(&app.backbone.identity.base).await.unwrap();
    assert_eq!(app.count("select count(*) from auth.users").await, 2);
    app.advance_seconds(2 * DAY);
    assert_eq!(sweep(&app.backbone.identity.base).await.unwrap().people, 1);
    let left = "select count(*) from auth.users where email = 'ada@example.org'";
    assert_eq!((app.count(left).await, app.count("select count(*) from auth.users").await), (1, 1));
}

#[tokio::test]
async fn thousands_are_deleted_in_small_steps_without_locked_rows() {
    let app = limited().await;
    app.sign_up(ADA).await.expect(200);
    let admin = app.test.admin().await;
    let fill = "insert into auth.flow_state
                  (id, provider_type, authentication_method, created_at, updated_at)
                select gen_random_uuid(), 'email', 'magiclink', now() - interval '100 years', now() from generate_series(1, 3500)";
    admin.batch_execute(fill).await.unwrap();
    let mut other = app.test.admin().await;
    let held = other.transaction().await.unwrap();
    held.execute("select from auth.flow_state limit 10 for update", &[]).await.unwrap();
    assert_eq!(sweep(&app.backbone.identity.base).await.unwrap().flows, 3_490);
    held.rollback().await.unwrap();
    assert_eq!(sweep(&app.backbone.identity.base).await.unwrap().flows, 10);
}

#[tokio::test]
async fn the_house_does_it_regularly() {
    let app = limited().await;
    let names: Vec<_> = freehold_compose::schedules(&app.backbone).iter().map(|schedule| schedule.name).collect();
    assert!(names.contains(&"house.sweep_sign_ins"), "{names:?}");
    // A thousand machines leave a thousand counts behind, and all of them are deleted.
    for number in 0..50 {
        sign_in_from(&app, &machine(number), "nobody@example.org", "wrong").await;
    }
    assert!(app.count("select count(*) from freehold.rate_buckets").await >= 50);
    app.advance_seconds(2 * 3600);
    sweep(&app.backbone.identity.base).await.unwrap();
    assert_eq!(app.count("select count(*) from freehold.rate_buckets").await, 0);
}
