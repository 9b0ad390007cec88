//! Signing in at a provider.

use serde_json::json;

use super::{
    browser::{Browser, Place, ada, app, sign_in, visit},
    stand_in::{self, CLIENT},
};
use crate::harness::{app::Answer, secrets::Secrets};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[tokio::test]
async fn the_implicit_flow_ends_with_a_session_in_the_fragment() {
    let app = app().await;
    let place = sign_in(&app, "es", &ada()).await;
    assert_eq!((place.address.as_str(), place.query.len()), ("https://app.example.org/welcome", 0));
    let value = |name: &str| place.fragment[name].as_str();
    assert_eq!((value("token_type"), value("expires_in"), value("sb")), ("bearer", "3600", ""));
    assert!(value("provider_token").starts_with("access-") && value("provider_refresh_token").starts_with("refresh-"));
    app.refresh(value("refresh_token")).await.expect(200);

    let user = app.get("/auth/v1/user").token(place.token()).send().await.expect(200).json();
    assert_eq!((&user["email"], &user["is_anonymous"]), (&json!("ada@example.org"), &json!(false)));
    assert_eq!(user["app_metadata"], json!({ "provider": "es", "providers": ["es"] }));
    let said = json!({
        "iss": format!("{}/es", stand_in::place()), "sub": "1001", "provider_id": "1001", "name": "Ada Lovelace",
        "full_name": "Ada Lovelace", "picture": "https://img.example/ada.png", "avatar_url": "https://img.example/ada.png",
        "email": "ada@example.org", "email_verified": true, "phone_verified": false,
        "custom_claims": { "hd": "example.org" },
    });
    assert_eq!((&user["user_metadata"], &user["identities"][0]["identity_data"]), (&said, &said));
    assert_eq!((&user["identities"][0]["provider"], &user["identities"][0]["id"]), (&json!("es"), &json!("1001")));
    assert!(user["email_confirmed_at"].is_string() && user["last_sign_in_at"].is_string(), "{user}");

    // A new user gets an organization.
    let organizations = app.get("/api/v1/organizations").token(place.token()).send().await.expect(200);
    assert_eq!(organizations.ids().len(), 1);
    assert_eq!(app.count("select count(*) from auth.flow_state").await, 0);
}

#[tokio::test]
async fn no_column_holds_what_a_provider_gave() {
    let app = app().await;
    let mut secrets = Secrets::default();
    secrets.add("our secret at the provider", stand_in::SECRET);
    let place = sign_in(&app, "es", &ada()).await;
    for name in ["access_token", "refresh_token", "provider_token", "provider_refresh_token"] {
        secrets.add(name, &place.fragment[name]);
    }
    // A sign-in whose code is not redeemed yet.
    let more = format!("&code_challenge={CHALLENGE}&code_challenge_method=s256");
    let gone = Browser::default().sign_in(&app, "es", &ada(), &more).await.expect(302);
    let code = Place::of(&gone).query["code"].clone();
    secrets.add("the code", &code);
    assert_eq!(secrets.found(&app.test.admin().await).await.into_iter().collect::<Vec<_>>(), Vec::<String>::new());
    let body = json!({ "auth_code": code, "code_verifier": VERIFIER });
    let session = app.post("/auth/v1/token?grant_type=pkce").json(&body).send().await.expect(200);
    secrets.add_answer("the redeemed session", &session);
    secrets.add("the verifier", VERIFIER);
    assert_eq!(secrets.found(&app.test.admin().await).await.into_iter().collect::<Vec<_>>(), Vec::<String>::new());
}

#[tokio::test]
async fn the_pkce_flow_ends_with_a_code_that_its_beginner_redeems() {
    let app = app().await;
    let target = "https%3A%2F%2Fapp.example.org%2Fnext%3Fx%3D1%26sb_flow_id%3D2";
    let more = format!("&redirect_to={target}&code_challenge={CHALLENGE}&code_challenge_method=s256");
    let gone = Browser::default().sign_in(&app, "es", &ada(), &more).await.expect(302);
    let place = Place::of(&gone);
    assert_eq!((place.address.as_str(), place.fragment.len()), ("https://app.example.org/next", 0));
    assert_eq!((place.query["x"].as_str(), place.query["sb_flow_id"].as_str()), ("1", "2"));
    assert_eq!(app.count("select count(*) from auth.sessions").await, 0);
    let kept =
        "select count(*) from auth.flow_state where provider_access_token like '%access-%' or sealed is not null";
    assert_eq!(
        app.count(kept).await,
        0,
        "what the provider gave is sealed, and what was kept for the way back is gone"
    );

    let redeem = |verifier: &str| {
        let body = json!({ "auth_code": place.query["code"], "code_verifier": verifier });
        app.post("/auth/v1/token?grant_type=pkce").json(&body).send()
    };
    redeem(&VERIFIER.replace('d', "e")).await.refused(400, "bad_code_verifier");
    let session = redeem(VERIFIER).await.expect(200);
    assert!(session.at("/provider_token").starts_with("access-"), "{session}");
    assert!(session.at("/provider_refresh_token").starts_with("refresh-"), "{session}");
    assert_eq!(session.at("/user/email"), "ada@example.org");
    assert_eq!(methods(&session), json!(["oauth"]));
    redeem(VERIFIER).await.refused(404, "flow_state_not_found");
}

#[tokio::test]
async fn a_returning_user_is_the_same_user() {
    let app = app().await;
    let first = sign_in(&app, "rs", &ada()).await;
    app.advance_seconds(30);
    let again = sign_in(&app, "rs", &ada()).await;
    let [first, again] = [first, again].map(|place| app.get("/auth/v1/user").token(place.token()).send());
    let (first, again) = (first.await.expect(200), again.await.expect(200));
    assert_eq!(first.at("/id"), again.at("/id"));
    assert_eq!(again.at("/identities/0/last_sign_in_at"), "2026-03-15T12:00:30Z");
    assert_eq!(app.count("select count(*) from auth.users").await, 1);
}

#[tokio::test]
async fn tokens_of_three_algorithms_are_taken() {
    let app = app().await;
    for provider in ["es", "rs", "ed", "forms"] {
        sign_in(&app, provider, &ada()).await.token();
    }
}

#[tokio::test]
async fn an_address_that_the_token_leaves_out_is_asked_for() {
    let app = app().await;
    let place = sign_in(&app, "elsewhere", &ada()).await;
    let user = app.get("/auth/v1/user").token(place.token()).send().await.expect(200);
    assert_eq!(
        (user.at("/email"), user.at("/user_metadata/email_verified")),
        ("ada@example.org".into(), "true".into())
    );
}

#[tokio::test]
async fn what_is_not_ours_goes_on_to_the_provider() {
    let app = app().await;
    let more = "&prompt=consent&access_type=offline&scopes=calendar,drive%20photos&redirect_uri=https%3A%2F%2Fevil.example\
        &STATE=mine&response_mode=fragment&request_uri=x&client_id=evil&nonce=mine&skip_http_redirect=true&apikey=k";
    let page = Browser::default().begin(&app, "es", &ada(), more).await;
    for wanted in [
        "prompt=consent",
        "access_type=offline",
        "scope=openid+email+profile+calendar+drive+photos",
        "redirect_uri=https%3A%2F%2Fapp.example.org%2Fauth%2Fv1%2Fcallback",
        &format!("client_id={CLIENT}"),
    ] {
        assert_eq!(page.matches(wanted).count(), 1, "{wanted} in {page}");
    }
    for unwanted in ["evil", "mine", "fragment", "request_uri", "apikey", "skip_http"] {
        assert!(!page.contains(unwanted), "{unwanted} in {page}");
    }
}

#[tokio::test]
async fn the_browser_is_known_again_by_a_cookie_of_the_way_back() {
    let app = app().await;
    let begun = app.get("/auth/v1/authorize?provider=es").send().await.expect(302);
    let cookie = begun.header("set-cookie");
    assert!(cookie.starts_with("freehold_flow_"), "{cookie}");
    let attributes = cookie.split_once("; ").unwrap().1;
    assert_eq!(attributes, "Path=/auth/v1/callback; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
    assert_eq!(begun.header("cache-control"), "no-store");

    let mut browser = Browser::default();
    let (first, second) = (browser.begin(&app, "es", &ada(), "").await, browser.begin(&app, "rs", &ada(), "").await);
    assert_eq!(browser.cookie().matches("freehold_flow_").count(), 2, "two at once do not disturb each other");
    for page in [first, second] {
        let gone = browser.get(&app, &visit(&page).await).await;
        Place::of(&gone).token();
    }
    assert_eq!(browser.cookie(), "");
}

#[tokio::test]
async fn a_provider_may_send_a_form() {
    let app = app().await;
    let mut browser = Browser::default();
    let back = visit(&browser.begin(&app, "es", &ada(), "").await).await;
    let (path, form) = back.split_once('?').unwrap();
    let gone = app.post(path).header("cookie", browser.cookie()).form(form).send().await.expect(303);
    Place::of(&gone).token();
}

#[tokio::test]
async fn apple_sends_a_form_from_its_own_page_and_tells_the_name_in_it() {
    let app = app().await;
    let mut browser = Browser::default();
    let path = format!("/auth/v1/authorize?provider=apple&login_hint={}", ada().hint());
    let begun = browser.get(&app, &path).await.expect(302);
    assert!(begun.header("set-cookie").ends_with("SameSite=None; Secure"), "{}", begun.header("set-cookie"));
    let page = begun.header("location");
    assert!(page.contains("response_mode=form_post") && page.contains("scope=openid+email+name"), "{page}");
    let back = visit(page).await;
    let form = back.split_once('?').unwrap().1;
    let name = "%7B%22name%22%3A%7B%22firstName%22%3A%22Augusta%22%2C%22lastName%22%3A%22King%22%7D%7D";
    let gone = app.post("/auth/v1/callback").header("cookie", browser.cookie()).form(&format!("{form}&user={name}"));
    let place = Place::of(&gone.send().await.expect(303));
    let user = app.get("/auth/v1/user").token(place.token()).send().await.expect(200);
    assert_eq!(user.at("/user_metadata/full_name"), "Augusta King");
}

#[tokio::test]
async fn what_the_provider_refuses_is_told_where_the_browser_wanted_to_go() {
    let app = app().await;
    let more = "&prompt=deny&redirect_to=https%3A%2F%2Fapp.example.org%2Fnext%3Fx%3D1";
    let gone = Browser::default().sign_in(&app, "es", &ada(), more).await.expect(302);
    let place = Place::of(&gone);
    assert_eq!((place.address.as_str(), place.query["x"].as_str()), ("https://app.example.org/next", "1"));
    assert_eq!((place.error(), place.description()), (("access_denied", ""), "The person said <no>"));
}

#[tokio::test]
async fn providers_that_are_not_there_are_answered_as_supabase_does() {
    let app = app().await;
    for (provider, why) in [
        ("spotify", "Unsupported provider: provider is not enabled"),
        ("nothing", "Unsupported provider: Provider nothing could not be found"),
        ("", "Unsupported provider: Provider  could not be found"),
    ] {
        let answer = app.get(&format!("/auth/v1/authorize?provider={provider}")).supabase().send().await;
        assert_eq!(answer.refused(400, "validation_failed").at("/message"), why);
    }
    let half = app.get(&format!("/auth/v1/authorize?provider=es&code_challenge={CHALLENGE}")).send().await;
    half.refused(400, "validation_failed");
    app.get("/auth/v1/authorize?provider=es&scopes=a%22b").send().await.refused(400, "validation_failed");
    app.get("/auth/v1/authorize?provider=es&invite_token=x").send().await.refused(404, "user_not_found");
}

#[tokio::test]
async fn the_settings_list_the_providers() {
    let app = app().await;
    let external = app.get("/auth/v1/settings").send().await.expect(200).json()["external"].clone();
    for (name, expected) in
        [("google", true), ("github", true), ("es", true), ("azure", false), ("spotify", false), ("phone", false)]
    {
        assert_eq!(external[name], json!(expected), "{name}");
    }
    assert_eq!((&external["email"], &external["anonymous_users"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn what_this_house_does_not_offer_says_so() {
    let app = app().await;
    let id = "0198cf1a-7000-7000-8000-000000000000";
    app.post("/auth/v1/sso")
        .json(&json!({ "domain": "example.org" }))
        .send()
        .await
        .refused(404, "saml_provider_disabled");
    app.get("/auth/v1/sso/saml/metadata").send().await.refused(404, "saml_provider_disabled");
    app.post("/auth/v1/sso/saml/acs").form("x=y").send().await.refused(404, "saml_provider_disabled");
    app.get("/auth/v1/oauth/authorize").send().await.refused(404, "feature_disabled");
    app.post("/auth/v1/oauth/token").form("x=y").send().await.refused(404, "feature_disabled");
    app.get("/auth/v1/oauth/userinfo").send().await.refused(404, "feature_disabled");
    app.post("/auth/v1/oauth/clients/register").json(&json!({})).send().await.refused(404, "feature_disabled");
    app.get(&format!("/auth/v1/oauth/authorizations/{id}")).send().await.refused(404, "feature_disabled");
    let consent = app.post(&format!("/auth/v1/oauth/authorizations/{id}/consent")).json(&json!({}));
    consent.send().await.refused(404, "feature_disabled");
    app.get("/auth/v1/user/oauth/grants").send().await.refused(404, "feature_disabled");
    app.delete("/auth/v1/user/oauth/grants").send().await.refused(404, "feature_disabled");
    app.post("/auth/v1/token?grant_type=web3").json(&json!({})).send().await.refused(422, "web3_provider_disabled");
}

/// The authentication methods in a session's access token.
fn methods(session: &Answer) -> serde_json::Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let token = session.at("/access_token");
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims["amr"].as_array().unwrap().iter().map(|entry| entry["method"].clone()).collect()
}
