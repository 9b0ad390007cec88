//! GitHub, which supports OAuth only.

use serde_json::json;

use super::{
    browser::{Browser, Place, app, sign_in, visit},
    people::user,
    stand_in::{self, Somebody},
};

#[tokio::test]
async fn people_come_by_github() {
    let app = app().await;
    let octo = Somebody::new("583231", "ada@example.org", true);
    let place = sign_in(&app, "github", &octo).await;
    assert!(place.fragment["provider_token"].starts_with("gho_"));
    assert!(!place.fragment.contains_key("provider_refresh_token"));
    let person = user(&app, &place).await;
    assert_eq!(person["app_metadata"], json!({ "provider": "github", "providers": ["github"] }));
    assert_eq!(
        person["user_metadata"],
        json!({
            "iss": format!("{}/github/api", stand_in::place()), "sub": "583231", "provider_id": "583231",
            "name": "Ada Lovelace", "full_name": "Ada Lovelace", "preferred_username": "ada", "user_name": "ada",
            "picture": "https://avatars.example/7", "avatar_url": "https://avatars.example/7", "email": "ada@example.org",
            "email_verified": true, "phone_verified": false,
        })
    );
    // The same verified address is the same user.
    let other = sign_in(&app, "es", &Somebody::new("9", "ada@example.org", true)).await;
    assert_eq!(user(&app, &other).await["id"], person["id"]);
}

#[tokio::test]
async fn an_address_that_github_did_not_verify_leads_to_no_existing_user() {
    let app = app().await;
    sign_in(&app, "es", &Somebody::new("9", "ada@example.org", true)).await.token();
    let place = sign_in(&app, "github", &Somebody::new("7", "ada@example.org", false)).await;
    assert_eq!(place.error(), ("access_denied", "provider_email_needs_verification"));
}

#[tokio::test]
async fn a_code_that_github_refuses_is_worth_nothing() {
    let app = app().await;
    let mut browser = Browser::default();
    let page = browser.begin(&app, "github", &Somebody::new("7", "ada@example.org", true), "").await;
    let back = visit(&page).await;
    let (head, rest) = back.split_once("code=").unwrap();
    let place = Place::of(&browser.get(&app, &format!("{head}code=x&{}", rest.split_once('&').unwrap().1)).await);
    assert_eq!(
        (place.error(), place.description()),
        (("server_error", "unexpected_failure"), "Unable to exchange external code")
    );
}
