//! Rate limit of one signed-in user.

use serde_json::json;

use crate::harness::app::{Person, Setup, TestApp};

/// A limit of six requests a minute.
async fn few_requests() -> (TestApp, Person) {
    let app = TestApp::with(Setup::default().with_auth(|auth| {
        auth.limits.enabled = true;
        auth.limits.user_requests = 6;
    }))
    .await;
    let user = app.somebody("ada@example.org").await;
    app.advance_seconds(60);
    (app, user)
}

#[tokio::test]
async fn every_endpoint_of_a_signed_in_user_counts_and_says_what_is_left() {
    let (app, user) = few_requests().await;
    for (path, left) in
        [("/api/v1/me", 5), ("/api/v1/organizations", 4), ("/auth/v1/user", 3), ("/api/v1/me/sessions", 2)]
    {
        let answer = app.get(path).person(&user).send().await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"user_requests\";q=6;w=60", "{path}");
        assert_eq!(answer.header("ratelimit"), format!("\"user_requests\";r={left};t={}", (6 - left) * 10), "{path}");
    }
    // A user's requests for an organization count for the user; those of its keys do not.
    app.get("/api/v1/usage").person(&user).send().await.expect(200);
    app.get("/api/v1/usage").key(&user.key).send().await.expect(200);
    app.get("/api/v1/me").person(&user).send().await.expect(200);
    let refused = app.get("/api/v1/me").person(&user).send().await.refused(429, "rate_limited");
    assert_eq!((refused.header("retry-after"), refused.at("/retry_after")), ("10", "10".into()));
    assert_eq!(refused.header("ratelimit"), "\"user_requests\";r=0;t=60");
    assert!(refused.at("/detail").contains("6 requests in 60 seconds"), "{refused}");
    let refused = app.get("/auth/v1/user").person(&user).send().await.refused(429, "over_request_rate_limit");
    assert_eq!(refused.header("retry-after"), "10");
    app.get("/api/v1/usage").person(&user).send().await.refused(429, "rate_limited");
    app.get("/api/v1/usage").key(&user.key).send().await.expect(200);
    // One request was refilled.
    app.advance_seconds(10);
    app.get("/api/v1/me").person(&user).send().await.expect(200);
    app.get("/api/v1/me").person(&user).send().await.refused(429, "rate_limited");
}

#[tokio::test]
async fn a_user_cannot_make_organizations_without_end() {
    let (app, user) = few_requests().await;
    let other = app.stranger().await;
    let make = |number: usize| {
        let body = json!({ "name": format!("Acme {number}") });
        app.post("/api/v1/organizations").person(&user).json(&body).send()
    };
    let answers = futures_util::future::join_all((0..30).map(make)).await;
    let refused = answers.iter().filter(|answer| answer.status() == 429).count();
    assert_eq!(refused, 24, "six got through");
    app.get("/api/v1/me").person(&other).send().await.expect(200);
}
