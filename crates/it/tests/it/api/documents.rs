//! The format of errors and answers that the whole API shares.

use serde_json::json;

use crate::harness::app::TestApp;

#[tokio::test]
async fn an_error_is_a_problem_document() {
    let app = TestApp::with(crate::voice()).await;
    let answer = app.get("/api/v1/workflows").send().await.expect(401);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let mut problem = answer.json();
    assert_eq!(problem["trace_id"], answer.header("x-request-id"));
    problem["trace_id"] = json!("[32 hexadecimal digits]");
    insta::assert_json_snapshot!(problem, @r#"
    {
      "code": "unauthenticated",
      "detail": "Send an access token or an API key: Authorization: Bearer ….",
      "status": 401,
      "title": "A valid access token or API key is required",
      "trace_id": "[32 hexadecimal digits]",
      "type": "/docs/errors#unauthenticated"
    }
    "#);
}

#[tokio::test]
async fn the_callers_trace_is_kept() {
    let app = TestApp::with(crate::voice()).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let ask = |value: &str| app.get("/api/v1/workflows").header("traceparent", value).send();
    let answer = ask(&format!("00-{trace}-00f067aa0ba902b7-01")).await;
    assert_eq!((answer.header("x-request-id"), answer.at("/trace_id")), (trace, trace.to_owned()));
    for bad in ["", "00", "00-x-y-01", "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", "00-<script>-1-01"] {
        let answer = ask(bad).await;
        assert_eq!(answer.header("x-request-id").len(), 32);
        assert_eq!(answer.at("/trace_id"), answer.header("x-request-id"));
    }
}

#[tokio::test]
async fn applications_of_other_origins_may_call() {
    let app = TestApp::with(crate::voice()).await;
    let preflight = app.ask(axum::http::Method::OPTIONS, "/auth/v1/token").header("origin", "https://shop.example");
    let preflight = preflight.header("access-control-request-method", "POST").header(
        "access-control-request-headers",
        "apikey,authorization,content-type,x-client-info,x-supabase-api-version",
    );
    let answer = preflight.send().await.expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(answer.header("access-control-allow-methods").contains("POST"));
    let answer = app.get("/api/v1/workflows").header("origin", "https://shop.example").send().await.expect(401);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "", "a cookie must never come from elsewhere");
    for name in ["ratelimit", "retry-after", "etag", "x-request-id", "x-supabase-api-version"] {
        assert!(answer.header("access-control-expose-headers").contains(name), "{name}");
    }
}

#[tokio::test]
async fn applications_of_other_origins_may_call_nothing_else() {
    let app = TestApp::with(crate::voice()).await;
    for path in
        ["/", "/plans", "/sign-in", "/billing", "/docs", "/healthz", "/dev/mail", "/nowhere", "/apis", "/authority"]
    {
        let answer = app.get(path).header("origin", "https://shop.example").send().await;
        for name in ["access-control-allow-origin", "access-control-expose-headers", "access-control-allow-methods"] {
            assert_eq!(answer.header(name), "", "{path}: {name}");
        }
    }
}

#[tokio::test]
async fn the_server_says_that_it_lives() {
    let app = TestApp::with(crate::voice()).await;
    assert_eq!(app.get("/healthz").send().await.expect(200).text(), "ok\n");
    assert_eq!(app.get("/readyz").send().await.expect(200).text(), "ready\n");
}
