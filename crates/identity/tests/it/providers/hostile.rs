//! Providers that lie, and browsers that send another browser's values.

use serde_json::json;

use super::{
    browser::{Browser, Place, ada, app, sign_in, visit},
    stand_in::Somebody,
};

#[tokio::test]
async fn a_provider_that_lies_signs_no_one_in() {
    let app = app().await;
    for provider in [
        "bent",
        "by-public-key",
        "critical",
        "expired",
        "future",
        "mixed",
        "no-nonce",
        "nobody",
        "other-algorithm",
        "other-key",
        "two-audiences",
        "unknown-key",
        "unsigned",
        "wrong-access",
        "wrong-audience",
        "wrong-issuer",
        "wrong-nonce",
        "wrong-party",
    ] {
        let place = sign_in(&app, provider, &ada()).await;
        assert_eq!(place.error(), ("server_error", "unexpected_failure"), "{provider}");
        assert_eq!(place.description(), "Error getting user profile from external provider", "{provider}");
    }
    let nothing = "select (select count(*) from auth.users) + (select count(*) from auth.sessions)";
    assert_eq!(app.count(nothing).await, 0);
}

#[tokio::test]
async fn a_provider_that_says_to_be_another_is_not_gone_to() {
    let app = app().await;
    app.get("/auth/v1/authorize?provider=imposter").send().await.refused(500, "unexpected_failure");
}

#[tokio::test]
async fn a_sign_in_ends_in_the_browser_in_which_it_began() {
    let app = app().await;
    let mut attacker = Browser::default();
    let back = visit(&attacker.begin(&app, "es", &ada(), "").await).await;

    let mut victim = Browser::default();
    victim.begin(&app, "es", &ada(), "").await;
    for browser in [&mut victim, &mut Browser::default()] {
        let gone = Place::of(&browser.get(&app, &back).await.expect(302));
        assert_eq!(gone.error(), ("invalid_request", "bad_oauth_state"));
        assert_eq!(
            (gone.address.as_str(), gone.description()),
            ("https://app.example.org/welcome", "OAuth state belongs to another browser")
        );
    }
    // The cookie of the right name with another's value.
    let (name, _) = attacker.cookie().split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let value = victim.cookie().split_once('=').unwrap().1.to_owned();
    let forged = app.get(&back).header("cookie", format!("{name}={value}")).send().await.expect(302);
    assert_eq!(Place::of(&forged).error(), ("invalid_request", "bad_oauth_state"));

    // None of these attempts has used it up.
    Place::of(&attacker.get(&app, &back).await.expect(302)).token();
}

#[tokio::test]
async fn no_browser_returns_twice() {
    let app = app().await;
    let mut browser = Browser::default();
    let back = visit(&browser.begin(&app, "es", &ada(), "").await).await;
    let cookie = browser.cookie();
    let again = || app.get(&back).header("cookie", &cookie).send();
    Place::of(&again().await.expect(302)).token();
    assert_eq!(Place::of(&again().await.expect(302)).error(), ("invalid_request", "bad_oauth_state"));

    // With PKCE the sign-in is kept until the code is redeemed.
    let more = "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=s256";
    let back = visit(&browser.begin(&app, "es", &ada(), more).await).await;
    let cookie = browser.cookie();
    let first = app.get(&back).header("cookie", &cookie).send().await.expect(302);
    assert!(Place::of(&first).query.contains_key("code"));
    let second = app.get(&back).header("cookie", &cookie).send().await.expect(302);
    assert_eq!(Place::of(&second).error(), ("invalid_request", "flow_state_already_used"));
}

#[tokio::test]
async fn of_many_at_once_one_comes_back() {
    let app = app().await;
    let mut browser = Browser::default();
    let back = visit(&browser.begin(&app, "es", &ada(), "").await).await;
    let cookie = browser.cookie();
    let tries = (0..12).map(|_| app.get(&back).header("cookie", &cookie).send());
    let answers = futures_util::future::join_all(tries).await;
    let came_in = answers.iter().filter(|answer| answer.header("location").contains("access_token=")).count();
    assert_eq!(came_in, 1);
    assert_eq!(app.count("select count(*) from auth.sessions").await, 1);
}

#[tokio::test]
async fn a_new_user_who_returns_twice_at_once_is_one_user() {
    let app = app().await;
    let tries = (0..6).map(|_| async { sign_in(&app, "es", &ada()).await.token().to_owned() });
    let tokens = futures_util::future::join_all(tries).await;
    assert_eq!(tokens.len(), 6);
    let counts = "select (select count(*) from auth.users) * 100 + (select count(*) from auth.identities) * 10
        + (select count(*) from freehold.tenants)";
    assert_eq!(app.count(counts).await, 111);
}

#[tokio::test]
async fn a_state_that_is_none_leads_to_the_site_and_nowhere_else() {
    let app = app().await;
    let evil = "&redirect_to=https%3A%2F%2Fevil.example";
    for (query, code, description) in [
        ("", "bad_oauth_callback", "OAuth state parameter missing"),
        ("state=", "bad_oauth_callback", "OAuth state parameter missing"),
        ("state=x", "bad_oauth_state", "OAuth state parameter is invalid"),
        ("state=a&state=b", "bad_oauth_callback", "OAuth state parameter missing"),
        ("state=0198cf1a-7000-7000-8000-000000000000&code=x", "bad_oauth_state", "OAuth state not found or expired"),
    ] {
        let gone = app.get(&format!("/auth/v1/callback?{query}{evil}")).send().await.expect(302);
        let place = Place::of(&gone);
        assert_eq!(place.address, "https://app.example.org/welcome", "{query}");
        assert_eq!((place.error(), place.description()), (("invalid_request", code), description), "{query}");
    }
    let form = app.post("/auth/v1/callback").form("state=x").send().await.expect(303);
    assert_eq!(Place::of(&form).error().1, "bad_oauth_state");
    app.post("/auth/v1/callback").json(&json!({ "state": "x" })).send().await.expect(303);
}

#[tokio::test]
async fn the_state_of_a_mail_is_none_of_a_provider() {
    let app = app().await;
    let body = json!({
        "email": "ada@example.org", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "s256",
    });
    app.post("/auth/v1/otp").json(&body).send().await.expect(200);
    let state: uuid::Uuid =
        app.test.admin().await.query_one("select id from auth.flow_state", &[]).await.unwrap().get(0);
    let gone = app.get(&format!("/auth/v1/callback?state={state}&code=x")).send().await.expect(302);
    assert_eq!(Place::of(&gone).error(), ("invalid_request", "bad_oauth_state"));
}

#[tokio::test]
async fn a_sign_in_has_its_time() {
    let app = app().await;
    let mut browser = Browser::default();
    let back = visit(&browser.begin(&app, "es", &ada(), "").await).await;
    app.advance_seconds(601);
    let place = Place::of(&browser.get(&app, &back).await.expect(302));
    assert_eq!(place.error(), ("invalid_request", "bad_oauth_state"));
    assert_eq!(place.description(), "OAuth state has expired");
}

#[tokio::test]
async fn a_code_that_is_wrong_is_worth_nothing() {
    let app = app().await;
    let mut browser = Browser::default();
    let back = visit(&browser.begin(&app, "es", &ada(), "").await).await;
    let (head, rest) = back.split_once("code=").unwrap();
    let (_, tail) = rest.split_once('&').unwrap();
    let place = Place::of(&browser.get(&app, &format!("{head}code=wrong&{tail}")).await.expect(302));
    assert_eq!(place.error(), ("server_error", "unexpected_failure"));
    assert_eq!(place.description(), "Unable to exchange external code");

    let back = visit(&browser.begin(&app, "es", &ada(), "").await).await;
    let state = back.split_once("state=").unwrap().1;
    let place = Place::of(&browser.get(&app, &format!("/auth/v1/callback?state={state}")).await.expect(302));
    assert_eq!(place.error(), ("invalid_request", "bad_oauth_callback"));
}

#[tokio::test]
async fn an_answer_of_another_provider_is_none() {
    let app = app().await;
    let mut browser = Browser::default();
    let back = visit(&browser.begin(&app, "es", &ada(), "").await).await;
    let place = Place::of(&browser.get(&app, &format!("{back}&iss=https%3A%2F%2Fevil.example")).await.expect(302));
    assert_eq!(place.error(), ("invalid_request", "bad_oauth_callback"));
}

#[tokio::test]
async fn the_way_on_never_leaves_the_site() {
    let app = app().await;
    for wanted in [
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "https%3A%2F%2Fapp.example.org%40evil.example",
        "javascript%3Aalert(1)",
        "https%3A%2F%2Fapp.example.org.evil.example%2F",
    ] {
        let more = format!("&redirect_to={wanted}");
        let gone = Browser::default().sign_in(&app, "es", &ada(), &more).await.expect(302);
        assert_eq!(Place::of(&gone).address, "https://app.example.org/welcome", "{wanted}");
    }
}

#[tokio::test]
async fn what_a_provider_says_is_text() {
    let app = app().await;
    let who = Somebody::new("a'%3B--", "%22%3E%3Cscript%3E%40example.org", true);
    // No mail can be sent to such an address.
    let place = sign_in(&app, "es", &who).await;
    assert_eq!(place.error(), ("server_error", "unexpected_failure"));
    assert_eq!(place.description(), "Error getting user email from external provider");
}
