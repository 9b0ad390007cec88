//! A million codes cannot be tried.

use super::{elsewhere, protected, show};
use crate::harness::app::TestApp;

#[tokio::test]
async fn after_five_wrong_codes_each_one_costs_a_wait() {
    let app = TestApp::new().await;
    let (_, phone) = protected(&app).await;
    let thief = elsewhere(&app).await;
    for _ in 0..5 {
        let wrong = phone.wrong_code(app.clock());
        show(&app, &thief, &phone.factor, &wrong).await.refused(422, "mfa_verification_failed");
    }
    // Now even the right code is rejected, from any session.
    for session in [&thief, &elsewhere(&app).await] {
        let refused = show(&app, session, &phone.factor, &phone.code(app.clock())).await;
        let refused = refused.refused(429, "over_request_rate_limit");
        assert_eq!(refused.header("retry-after"), "30");
    }
    for wait in [30, 60, 120, 240, 480, 900, 900] {
        app.advance_seconds(wait - 1);
        let wrong = phone.wrong_code(app.clock());
        show(&app, &thief, &phone.factor, &wrong).await.refused(429, "over_request_rate_limit");
        app.advance_seconds(1);
        let wrong = phone.wrong_code(app.clock());
        show(&app, &thief, &phone.factor, &wrong).await.refused(422, "mfa_verification_failed");
    }
    app.advance_seconds(900);
    let thief = elsewhere(&app).await;
    show(&app, &thief, &phone.factor, &phone.code(app.clock())).await.expect(200);
    assert_eq!(app.count("select failed_attempts::bigint from auth.mfa_factors").await, 0);
}

#[tokio::test]
async fn who_is_in_already_is_not_held_off() {
    let app = TestApp::new().await;
    let (lifted, phone) = protected(&app).await;
    let thief = elsewhere(&app).await;
    for _ in 0..5 {
        show(&app, &thief, &phone.factor, &phone.wrong_code(app.clock())).await.expect(422);
    }
    app.refresh(&lifted.refresh).await.expect(200);
    app.delete(&format!("/auth/v1/factors/{}", phone.factor)).token(&lifted.token).send().await.expect(200);
}
