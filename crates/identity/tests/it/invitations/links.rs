//! The link of a mail, on the site's page: where it leads.

use freehold_identity::ProviderSettings;
use serde_json::json;

use super::{ADA, encoded};
use crate::harness::app::{Answer, PASSWORD, Served, Setup, TestApp};

/// URL of an application that uses Freehold.
const APP: &str = "https://shop.example.net/after?x=1";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn app() -> TestApp {
    let setup = Setup::default().confirming();
    TestApp::with(setup.with_auth(|auth| auth.redirect_urls = vec!["https://shop.example.net/**".to_owned()])).await
}

/// Requests a sign-in link.
async fn ask(app: &Served, redirect_to: &str, challenge: Option<&str>) {
    let body = json!({ "email": ADA, "code_challenge": challenge, "code_challenge_method": challenge.map(|_| "s256") });
    app.post(&format!("/auth/v1/otp?redirect_to={}", encoded(redirect_to))).json(&body).send().await.expect(200);
}

/// Opens the link, sees the page, presses its button.
async fn follow(app: &Served, link: &str) -> Answer {
    let page = app.get(link).browser().send().await.expect(200);
    let field = |name: &str| {
        let value = page.text().split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        value.split('"').next().unwrap().replace("&#38;", "&")
    };
    let (token, kind, to) = (field("token"), field("type"), field("redirect_to"));
    let form = format!("token={}&type={}&redirect_to={}", encoded(&token), encoded(&kind), encoded(&to));
    app.post("/sign-in/confirm").browser().form(&form).send().await
}

#[tokio::test]
async fn an_application_gets_a_session_in_the_fragment() {
    let app = app().await;
    ask(&app, APP, None).await;
    let link = app.link(ADA).await;
    let page = app.get(&link).browser().send().await.expect(200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https://shop.example.net;"), "{policy}");
    let gone = follow(&app, &link).await.expect(303);
    let place = gone.header("location");
    let fragment = place.strip_prefix("https://shop.example.net/after?x=1#access_token=");
    let token = fragment.unwrap_or_else(|| panic!("{place}")).split('&').next().unwrap();
    app.get("/auth/v1/user").token(token).send().await.expect(200);
}

#[tokio::test]
async fn who_began_it_with_a_challenge_gets_a_code() {
    let app = app().await;
    ask(&app, APP, Some(CHALLENGE)).await;
    let gone = follow(&app, &app.link(ADA).await).await.expect(303);
    let place = gone.header("location");
    assert!(!place.contains("access_token"), "{place}");
    let code = place.strip_prefix("https://shop.example.net/after?x=1&code=").unwrap_or_else(|| panic!("{place}"));
    let body = json!({ "auth_code": code, "code_verifier": VERIFIER });
    app.post("/auth/v1/token?grant_type=pkce").json(&body).send().await.expect(200);
}

#[tokio::test]
async fn our_own_pages_end_a_sign_in_with_the_verifier_in_a_cookie() {
    let setup = Setup::default().confirming().with_auth(|auth| {
        let google = ProviderSettings { client_id: "us".to_owned(), ..ProviderSettings::default() };
        auth.providers.insert("google".to_owned(), google);
    });
    let app = TestApp::with(setup).await;
    let leaving = app.get("/sign-in/with?provider=google&redirect_to=https%3A%2F%2Fapp.example.org%2Fbilling");
    let leaving = leaving.browser().send().await.expect(303);
    let place = leaving.header("location");
    assert!(
        place.starts_with("/auth/v1/authorize?provider=google&redirect_to=https%3A%2F%2Fapp.example.org%2Fsign-in")
    );
    assert!(place.contains("&code_challenge_method=s256"), "{place}");
    let cookie = leaving.header("set-cookie");
    assert!(cookie.ends_with("; Path=/sign-in; Max-Age=900; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    // A mail replaces the provider here.
    ask(
        &app,
        "https://app.example.org/sign-in/arrived?redirect_to=https%3A%2F%2Fapp.example.org%2Fbilling",
        Some(CHALLENGE),
    )
    .await;
    let gone = follow(&app, &app.link(ADA).await).await.expect(303);
    let back = gone.header("location").strip_prefix("https://app.example.org").unwrap().to_owned();
    // Another browser has no verifier, or another one.
    for cookie in ["", "freehold_verifier=", &format!("freehold_verifier={}", "a".repeat(64))] {
        let other = app.get(&back).browser().header("cookie", cookie).send().await.expect(303);
        assert!(other.header("location").starts_with("/sign-in?failed=provider"), "{other}");
        assert!(!other.header("set-cookie").contains("freehold_session"));
    }
    let cookie = format!("a=b; freehold_verifier={VERIFIER}");
    let in_ = app.get(&back).browser().header("cookie", &cookie).header("sec-fetch-site", "cross-site");
    let in_ = in_.send().await.expect(303);
    assert_eq!(in_.header("location"), "https://app.example.org/billing");
    let page = app.get("/sign-in?failed=provider").browser().send().await.expect(200);
    assert!(page.text().contains("Signing in did not work."), "{page}");
}

#[tokio::test]
async fn a_provider_that_is_not_configured_is_a_page_with_a_sentence() {
    let app = app().await;
    for provider in ["google", "nothing", "", "%3Cscript%3E"] {
        let page = app.get(&format!("/sign-in/with?provider={provider}")).browser().send().await.expect(422);
        assert!(page.header("content-type").starts_with("text/html"), "{page}");
        assert!(page.text().contains("Sign-in with this provider is not available here."), "{page}");
        assert!(page.cookies().is_empty(), "{page}");
    }
}

#[tokio::test]
async fn a_link_that_does_not_work_leads_back_to_the_application_with_a_reason() {
    let app = app().await;
    let reason =
        "error=access_denied&error_code=otp_expired&error_description=Email%20link%20is%20invalid%20or%20has%20expired";
    for (token, expected) in [
        ("A".repeat(43), format!("{APP}#{reason}&sb=")),
        (format!("pkce_{}", "A".repeat(43)), format!("{APP}&{reason}#{reason}&sb=")),
        ("x".to_owned(), format!("{APP}#{reason}&sb=")),
    ] {
        let link = format!("/auth/v1/verify?token={token}&type=magiclink&redirect_to={}", encoded(APP));
        let gone = app.get(&link).browser().send().await.expect(303);
        assert_eq!(gone.header("location"), expected);
        let form = format!("token={token}&type=magiclink&redirect_to={}", encoded(APP));
        let gone = app.post("/sign-in/confirm").browser().form(&form).send().await.expect(303);
        assert_eq!(gone.header("location"), expected);
    }
    for redirect_to in ["", "https%3A%2F%2Fevil.example", "https%3A%2F%2Fapp.example.org%2Fbilling"] {
        let link = format!("/auth/v1/verify?token={}&type=magiclink&redirect_to={redirect_to}", "A".repeat(43));
        let page = app.get(&link).browser().send().await.expect(403);
        assert!(page.text().contains("no longer works"), "{page}");
    }
}

#[tokio::test]
async fn a_link_is_of_one_kind() {
    let app = app().await;
    app.somebody(ADA).await;
    app.advance_seconds(60);
    ask(&app, APP, None).await;
    let link = app.link(ADA).await;
    assert!(link.contains("type=magiclink"), "{link}");
    for other in ["signup", "email_change", "invite", "nonsense"] {
        app.get(&link.replace("type=magiclink", &format!("type={other}"))).browser().send().await.expect(303);
    }
    follow(&app, &link).await.expect(303);
}

#[tokio::test]
async fn of_a_change_of_address_both_links_are_followed() {
    let app = app().await;
    let ada = app.somebody(ADA).await;
    app.advance_seconds(60);
    let body = json!({ "email": "ada@lovelace.example" });
    let path = format!("/auth/v1/user?redirect_to={}", encoded(APP));
    app.put(&path).token(&ada.token).json(&body).send().await.expect(200);
    let gone = follow(&app, &app.link(ADA).await).await.expect(303);
    let message = "message=Confirmation%20link%20accepted.%20Please%20proceed%20to%20confirm%20link%20sent%20to%20the%20other%20email";
    assert_eq!(gone.header("location"), format!("{APP}#{message}&sb="));
    let gone = follow(&app, &app.link("ada@lovelace.example").await).await.expect(303);
    let place = gone.header("location");
    assert!(place.starts_with(&format!("{APP}#access_token=")) && place.ends_with("&type=email_change"), "{place}");

    // The site's own page says the same in words.
    app.advance_seconds(60);
    let body = json!({ "email": "countess@lovelace.example" });
    let signed_in = json!({ "email": "ada@lovelace.example", "password": PASSWORD });
    let session = app.post("/auth/v1/token?grant_type=password").json(&signed_in).send().await.expect(200);
    app.put("/auth/v1/user").token(&session.at("/access_token")).json(&body).send().await.expect(200);
    let page = follow(&app, &app.link("countess@lovelace.example").await).await.expect(200);
    assert!(page.text().contains("One address is confirmed"), "{page}");
}
