//! Providers' metadata are cached, and fetched again when necessary.

use super::{
    browser::{Browser, Place, ada, app, sign_in, visit},
    stand_in::{self, CLIENT, id_token},
};

#[tokio::test]
async fn a_provider_that_turns_its_keys_goes_on_working() {
    let app = app().await;
    let grant = |token: String| {
        let body = serde_json::json!({ "provider": "turning", "id_token": token });
        app.post("/auth/v1/token?grant_type=id_token").json(&body).send()
    };
    sign_in(&app, "turning", &ada()).await.token();
    sign_in(&app, "turning", &ada()).await.token();
    assert_eq!(stand_in::keys_read(), 1, "they are kept");

    let old = id_token("turning", &ada(), None, CLIENT);
    stand_in::rotate();
    let new = id_token("turning", &ada(), None, CLIENT);
    // An unknown key is looked up, but not every time: anyone can name keys that do not exist.
    for _ in 0..5 {
        grant(new.clone()).await.expect(400);
    }
    assert_eq!(stand_in::keys_read(), 1);
    app.advance_seconds(11);
    grant(new).await.expect(200);
    assert_eq!(stand_in::keys_read(), 2);
    grant(old).await.expect(400);
    assert_eq!(stand_in::keys_read(), 2);
}

#[tokio::test]
async fn a_provider_whose_directory_is_away_goes_on_working() {
    let app = app().await;
    let mut browser = Browser::default();
    let back = visit(&browser.begin(&app, "leaving", &ada(), "").await).await;
    sign_in(&app, "leaving", &ada()).await.token();
    stand_in::away(true);
    Place::of(&browser.get(&app, &back).await).token();
    // An hour later the cached metadata are old, and the provider still does not answer.
    app.advance_seconds(4000);
    let page = browser.begin(&app, "leaving", &ada(), "").await;
    assert!(page.starts_with(&format!("{}/leaving/authorize", stand_in::place())));

    // A server that never fetched them cannot continue.
    let fresh = self::app().await;
    let answer = fresh.get("/auth/v1/authorize?provider=leaving").send().await;
    answer.refused(503, "unexpected_failure");
    let body = serde_json::json!({ "provider": "leaving", "id_token": id_token("leaving", &ada(), None, CLIENT) });
    let answer = fresh.post("/auth/v1/token?grant_type=id_token").json(&body).send().await;
    answer.refused(503, "unexpected_failure");
    stand_in::away(false);
    fresh.advance_seconds(11);
    fresh.get("/auth/v1/authorize?provider=leaving").send().await.expect(302);
}
