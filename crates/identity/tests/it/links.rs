//! The link of a mail: mail scanners open it, users press the button on its page.

use serde_json::json;

use super::{ADA, auth, confirming};
use crate::harness::app::{Answer, Served};

/// Presses the button of the page.
async fn press(app: &Served, token: &str, redirect_to: &str) -> Answer {
    let form = format!("token={token}&type=signup&redirect_to={redirect_to}");
    app.post("/sign-in/confirm").browser().form(&form).send().await
}

#[tokio::test]
async fn opening_the_link_uses_nothing_up() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    let (link, token) = (app.link(ADA).await, app.link_token(ADA).await);
    assert!(link.starts_with("/auth/v1/verify?token="), "{link}");
    for _ in 0..3 {
        let page = app.get(&link).browser().send().await.expect(200);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.text().contains("Confirm") && page.text().contains(&token));
        assert!(!page.text().contains(ADA), "whoever holds a forwarded mail learns the address");
    }
    assert_eq!(app.count("select count(*) from auth.sessions").await, 0);

    let gone = press(&app, &token, "").await.expect(303);
    let place = gone.header("location");
    let fragment = place.strip_prefix("https://app.example.org/welcome#").unwrap_or_else(|| panic!("{place}"));
    let value = |name: &str| {
        let found = fragment.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.unwrap_or_else(|| panic!("no {name} in {place}")).to_owned()
    };
    app.get("/auth/v1/user").token(&value("access_token")).send().await.expect(200);
    app.refresh(&value("refresh_token")).await.expect(200);
    assert_eq!(
        (value("token_type"), value("type"), value("expires_in")),
        ("bearer".into(), "signup".into(), "3600".into())
    );

    let page = press(&app, &token, "").await.expect(403);
    assert!(page.header("content-type").starts_with("text/html") && page.text().contains("no longer works"), "{page}");
    let program = auth(&app, "verify", &json!({ "type": "signup", "token_hash": token })).await;
    assert_eq!(program.refused(403, "otp_expired").at("/msg"), "Email link is invalid or has expired");
    app.get(&link).browser().send().await.expect(403);
}

#[tokio::test]
async fn a_link_that_is_none_shows_the_same_page() {
    let app = confirming().await;
    let unknown = format!("/auth/v1/verify?token={}&type=signup", "A".repeat(43));
    let page = app.get(&unknown).browser().send().await.expect(403);
    for path in ["/auth/v1/verify", "/auth/v1/verify?token=", "/auth/v1/verify?token=x&type=y"] {
        let other = app.get(path).browser().send().await.expect(403);
        assert_eq!(other.text(), page.text(), "{path}");
    }
}

#[tokio::test]
async fn the_way_on_never_leaves_the_site() {
    let app = confirming().await;
    let home = "https://app.example.org/welcome";
    let table = [
        ("", home),
        ("https%3A%2F%2Fapp.example.org", "https://app.example.org"),
        (
            "https%3A%2F%2Fapp.example.org%2Fnext%3Fx%3D1%26sb_flow_id%3D2",
            "https://app.example.org/next?x=1&sb_flow_id=2",
        ),
        ("https%3A%2F%2Fapp.example.org%2Fnext%23access_token%3Dmine", "https://app.example.org/next"),
        ("https%3A%2F%2Fevil.example", home),
        ("https%3A%2F%2Fevil.example%2Fhttps%3A%2F%2Fapp.example.org", home),
        ("http%3A%2F%2Fapp.example.org%2F", home),
        ("https%3A%2F%2Fapp.example.org.evil.example%2F", home),
        ("https%3A%2F%2Fapp.example.org%3A8443%2F", home),
        ("https%3A%2F%2Fapp.example.org%40evil.example%2F", home),
        ("https%3A%2F%2Fapp.example.org%5C%40evil.example", home),
        ("https%3A%2F%2Fapp.example.orgevil.example", home),
        ("%2F%2Fevil.example", home),
        ("%2Fnext", home),
        ("%5C%5Cevil.example", home),
        ("https%3Aevil.example", home),
        ("javascript%3Aalert(1)", home),
        ("data%3Atext%2Fhtml%2Cx", home),
        ("%20https%3A%2F%2Fapp.example.org", home),
        ("https%3A%2F%2Fapp.example.org%2F%0D%0ASet-Cookie%3A%20x%3Dy", home),
        ("HTTPS%3A%2F%2FEVIL.EXAMPLE", home),
    ];
    for (number, (wanted, expected)) in table.into_iter().enumerate() {
        let email = format!("ada{number}@example.org");
        let body = json!({ "email": email, "password": crate::harness::app::PASSWORD });
        auth(&app, &format!("signup?redirect_to={wanted}"), &body).await.expect(200);
        // As the mail contains it, and as another person may have changed it on the way.
        let link = app.link(&email).await;
        let carried = link.split_once("redirect_to=").unwrap().1;
        let in_mail = app.get(&link).browser().send().await.expect(200);
        assert!(in_mail.text().contains(&expected.replace('&', "&#38;")), "{wanted}: {in_mail}");
        let token = app.link_token(&email).await;
        let changed = app.get(&format!("/auth/v1/verify?token={token}&type=signup&redirect_to={wanted}")).browser();
        let page = changed.send().await.expect(200);
        assert!(!page.text().contains("evil"), "{wanted}: {page}");
        let target = if number % 2 == 0 { wanted } else { carried };
        let gone = press(&app, &token, target).await.expect(303);
        assert_eq!(gone.header("location").split('#').next(), Some(expected), "{wanted}");
    }
}

#[tokio::test]
async fn a_link_signs_in_an_existing_user() {
    let app = confirming().await;
    app.somebody(ADA).await;
    app.advance_seconds(60);
    auth(&app, "otp", &json!({ "email": ADA, "create_user": false })).await.expect(200);
    assert_eq!(app.mails(ADA).await[0].mail.template().name, "magic_link");
    let page = app.get(&app.link(ADA).await).browser().send().await.expect(200);
    assert!(page.text().contains("Continue signing in"), "{page}");
    let body = json!({ "type": "magiclink", "token_hash": app.link_token(ADA).await });
    auth(&app, "verify", &body).await.expect(200);
}
