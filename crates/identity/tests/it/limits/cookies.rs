//! Sign-in with a cookie: no script can read the refresh token, and no other site can use it.

use serde_json::json;

use super::ADA;
use crate::harness::app::{Answer, Served, Setup, TestApp};

const SITE: &str = "https://app.example.org";
const SHOP: &str = "https://shop.example.com";

async fn app() -> TestApp {
    TestApp::with(
        Setup::default()
            .confirming()
            .with_auth(|auth| auth.redirect_urls = vec!["https://shop.example.com/**".to_owned()]),
    )
    .await
}

/// The cookies that a browser would send back after this answer.
fn kept(answer: &Answer) -> String {
    let set = answer.header("set-cookie");
    set.split(';').next().unwrap().to_owned()
}

async fn sign_in(app: &Served, base: &str) -> Answer {
    let body = json!({ "email": ADA });
    let sent = app.post(&format!("{base}/auth/magic-link/request")).json(&body).header("origin", SITE).send().await;
    assert_eq!(sent.expect(202).text(), "{}");
    let link = json!({ "token": app.link_token(ADA).await });
    app.post(&format!("{base}/auth/magic-link/verify")).json(&link).header("origin", SITE).send().await.expect(200)
}

#[tokio::test]
async fn a_link_a_cookie_the_next_token_and_good_bye() {
    let app = app().await;
    for base in ["/api/v1", "/api"] {
        let first = sign_in(&app, base).await;
        assert!(!first.holds("refresh_token"), "{first}");
        let set = first.header("set-cookie").to_owned();
        let path = format!("Path={base}/auth;");
        for part in ["HttpOnly", "SameSite=Strict", "Secure", &path] {
            assert!(format!("{set};").contains(part), "{part} is not in {set}");
        }
        let me = app.get(&format!("{base}/auth/me")).token(&first.at("/access_token")).send().await.expect(200);
        assert_eq!(me.at("/email"), ADA);
        // A cookie alone does not authorize other requests.
        app.get(&format!("{base}/auth/me")).header("cookie", kept(&first)).send().await.refused(401, "unauthenticated");

        let refresh = |cookie: String| {
            app.post(&format!("{base}/auth/refresh")).header("cookie", cookie).header("origin", SITE).send()
        };
        let second = refresh(kept(&first)).await.expect(200);
        assert_ne!(kept(&second), kept(&first));
        app.get("/api/v1/me").token(&second.at("/access_token")).send().await.expect(200);

        let leave = app.post(&format!("{base}/auth/logout")).header("cookie", kept(&second)).header("origin", SITE);
        let left = leave.clone().send().await.expect(204);
        assert!(left.header("set-cookie").contains("Max-Age=0"), "{}", left.header("set-cookie"));
        let ended = refresh(kept(&second)).await.refused(401, "unauthenticated");
        assert!(ended.header("set-cookie").contains("Max-Age=0"));
        app.get("/api/v1/me").token(&second.at("/access_token")).send().await.refused(401, "unauthenticated");
        leave.send().await.expect(204);
        app.advance_seconds(60);
    }
}

#[tokio::test]
async fn the_code_of_the_mail_works_too() {
    let app = app().await;
    let sent = app.post("/api/v1/auth/magic-link/request").json(&json!({ "email": ADA })).send().await;
    sent.expect(202);
    let code = json!({ "token": app.code(ADA).await, "email": ADA });
    app.post("/api/v1/auth/magic-link/verify").json(&code).send().await.expect(200);
    let again = app.post("/api/v1/auth/magic-link/verify").json(&code).send().await.refused(403, "otp_expired");
    assert_eq!(again.header("set-cookie"), "");
}

#[tokio::test]
async fn no_other_site_uses_the_cookie() {
    let app = app().await;
    let first = sign_in(&app, "/api/v1").await;
    let sessions = "select count(*) from auth.sessions where refresh_token_counter = 0";
    for path in ["refresh", "logout", "magic-link/verify", "magic-link/request"] {
        let ask = app.post(&format!("/api/v1/auth/{path}")).header("cookie", kept(&first));
        let ask = if path.starts_with('m') { ask.json(&json!({ "email": ADA, "token": "x" })) } else { ask };
        for origin in [
            "https://evil.example",
            "null",
            "",
            "http://app.example.org",
            "https://app.example.org:8443",
            "https://app.example.org.evil.example",
            "https://other.example.com",
            "https://app.example.org, https://evil.example",
        ] {
            ask.clone().header("origin", origin).send().await.refused(403, "permission_denied");
        }
        for site in ["cross-site", "same-site"] {
            ask.clone().header("sec-fetch-site", site).send().await.refused(403, "permission_denied");
        }
        // What another site's form can send, as from browsers that send no Origin.
        ask.clone().header("origin", "https://evil.example").form("a=b").send().await.refused(403, "permission_denied");
    }
    assert_eq!(app.count(sessions).await, 1, "somebody used the cookie");
    app.post("/api/v1/auth/refresh").header("cookie", kept(&first)).header("origin", SHOP).send().await.expect(200);
}

#[tokio::test]
async fn browsers_are_told_which_pages_may_send_it_along() {
    let app = app().await;
    let first = sign_in(&app, "/api/v1").await;
    let preflight = |path: &str, origin: &str| {
        let ask = app.ask(http::Method::OPTIONS, path).header("origin", origin);
        let ask = ask.header("access-control-request-method", "POST");
        ask.header("access-control-request-headers", "authorization,content-type,x-client-info").send()
    };
    for origin in [SITE, SHOP] {
        let allowed = preflight("/api/v1/auth/refresh", origin).await.expect(200);
        assert_eq!(allowed.header("access-control-allow-origin"), origin);
        assert_eq!(allowed.header("access-control-allow-credentials"), "true");
        assert!(allowed.header("access-control-allow-headers").contains("authorization"));
        let ask = app.post("/api/v1/auth/refresh").header("cookie", kept(&first)).header("origin", origin);
        let answer = ask.send().await.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
    }
    for (path, origin) in [
        ("/api/v1/auth/refresh", "https://evil.example"),
        ("/api/v1/me", SHOP),
        ("/auth/v1/token", SHOP),
        ("/api/v1/authentic", SHOP),
    ] {
        let answer = preflight(path, origin).await;
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{path} for {origin}");
        assert_ne!(answer.header("access-control-allow-origin"), origin, "{path}");
    }
}

#[tokio::test]
async fn an_application_takes_over_the_session_of_a_link() {
    let app = app().await;
    let person = app.somebody(ADA).await;
    let body = json!({ "refresh_token": person.refresh });
    let adopted = app.post("/api/v1/auth/refresh").json(&body).header("origin", SITE).send().await.expect(200);
    let ask = app.post("/api/v1/auth/refresh").header("cookie", kept(&adopted)).header("origin", SITE);
    ask.send().await.expect(200);
}

#[tokio::test]
async fn without_a_cookie_no_user_is_signed_in() {
    let app = app().await;
    app.post("/api/v1/auth/refresh").send().await.refused(401, "unauthenticated");
    let nonsense = app.post("/api/v1/auth/refresh").header("cookie", "freehold_refresh=nonsense").send().await;
    assert!(nonsense.refused(401, "unauthenticated").header("set-cookie").contains("Max-Age=0"));
    app.post("/api/v1/auth/logout").send().await.expect(204);
    // Without a cookie nothing is checked, and an unknown field is rejected.
    let typo = json!({ "mail": ADA });
    app.post("/api/v1/auth/magic-link/request").json(&typo).send().await.refused(422, "validation_failed");
}
