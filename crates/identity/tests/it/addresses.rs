//! One e-mail address is one user, however it is spelled, and no part of it is invisible.

use freehold_core::percent_encode;
use serde_json::{Value, json};

use super::{ADA, auth, confirming};
use crate::harness::app::{PASSWORD, Served, Setup, TestApp};

const CANONICAL: &str = "ada@xn--bcher-kva.example";
const SPELLINGS: [&str; 6] = [
    CANONICAL,
    "ada@bücher.example",
    "ADA@BÜCHER.example",
    " ada@bu\u{308}cher.example\n",
    "ada@ｂücher。example",
    "Ada@XN--BCHER-KVA.Example",
];
/// An invisible character of each kind, and its name in the error message.
const HIDDEN: [(char, &str); 14] = [
    ('\u{200b}', "U+200B ZERO WIDTH SPACE"),
    ('\u{feff}', "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
    ('\u{2060}', "U+2060 WORD JOINER"),
    ('\u{ad}', "U+00AD SOFT HYPHEN"),
    ('\u{200e}', "U+200E LEFT-TO-RIGHT MARK"),
    ('\u{200f}', "U+200F RIGHT-TO-LEFT MARK"),
    ('\u{202e}', "U+202E RIGHT-TO-LEFT OVERRIDE"),
    ('\u{2068}', "U+2068 FIRST STRONG ISOLATE"),
    ('\u{200d}', "U+200D ZERO WIDTH JOINER"),
    ('\u{fe0f}', "U+FE0F"),
    ('\u{e0061}', "U+E0061"),
    ('\u{3164}', "U+3164 HANGUL FILLER"),
    ('\u{a0}', "U+00A0 NO-BREAK SPACE"),
    ('\u{8}', "U+0008"),
];

async fn sign_in(app: &Served, email: &str) -> u16 {
    auth(app, "token?grant_type=password", &json!({ "email": email, "password": PASSWORD })).await.status()
}

#[tokio::test]
async fn an_address_is_one_user_however_it_is_typed() {
    let app = TestApp::new().await;
    let made = auth(&app, "signup", &json!({ "email": SPELLINGS[2], "password": PASSWORD })).await.expect(200);
    assert_eq!(made.at("/user/email"), CANONICAL);
    for spelling in SPELLINGS {
        let again = auth(&app, "signup", &json!({ "email": spelling, "password": PASSWORD })).await;
        again.refused(422, "user_already_exists");
        assert_eq!(sign_in(&app, spelling).await, 200, "{spelling}");
    }
    assert_eq!(app.count("select count(*) from auth.users").await, 1);
}

#[tokio::test]
async fn an_organization_invites_an_address_once_however_it_is_typed() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let invite = |email: &str| app.post("/api/v1/invitations").person(&owner).json(&json!({ "email": email })).send();
    assert_eq!(invite(SPELLINGS[1]).await.expect(201).at("/email"), CANONICAL);
    for spelling in SPELLINGS {
        invite(spelling).await.refused(409, "conflict");
    }
    let refused = invite("ada\u{200b}@example.org").await.refused(422, "validation_failed");
    assert_eq!(refused.at("/errors/0/pointer"), "/email");
    assert!(refused.at("/detail").contains("U+200B ZERO WIDTH SPACE at position 4"), "{refused}");
    assert_eq!(app.count("select count(*) from freehold.invitations").await, 1);
}

#[tokio::test]
async fn a_character_that_cannot_be_seen_is_refused_at_every_entrance_and_named() {
    let app = TestApp::new().await;
    let ada = app.somebody(ADA).await;
    for (hidden, name) in HIDDEN {
        let email = format!("ad{hidden}a@example.org");
        let check = |what: &str, message: String| {
            assert!(message.contains(name) && message.contains("at position 3"), "{what} {name}: {message}");
        };
        for (path, body) in [
            ("signup", json!({ "email": email, "password": PASSWORD })),
            ("otp", json!({ "email": email })),
            ("magiclink", json!({ "email": email })),
            ("recover", json!({ "email": email })),
            ("resend", json!({ "email": email, "type": "signup" })),
            ("verify", json!({ "email": email, "type": "email", "token": "123456" })),
            ("token?grant_type=password", json!({ "email": email, "password": PASSWORD })),
        ] {
            let refused = auth(&app, path, &body).await.refused(400, "validation_failed");
            check(path, refused.at("/msg"));
        }
        let change = app.put("/auth/v1/user").person(&ada).json(&json!({ "email": email })).send().await;
        check("user", change.refused(400, "validation_failed").at("/msg"));
        let link = json!({ "email": email });
        let asked =
            app.post("/api/v1/auth/magic-link/request").json(&link).send().await.refused(422, "validation_failed");
        check("magic-link", asked.at("/detail"));
    }
    assert_eq!(app.count("select count(*) from auth.users").await, 1);
    assert_eq!(app.count("select count(*) from auth.users where email_change <> ''").await, 0);
}

/// A user as an earlier version stored them.
async fn stored_as(app: &TestApp, email: &str) {
    let rows = app
        .test
        .admin()
        .await
        .execute("update auth.users set email = $1 where email = $2", &[&email, &CANONICAL])
        .await;
    assert_eq!(rows.unwrap(), 1);
}

#[tokio::test]
async fn a_user_stored_with_the_domain_as_it_was_typed_is_still_found() {
    let app = confirming().await;
    app.somebody(CANONICAL).await;
    stored_as(&app, "ada@bücher.example").await;
    for spelling in SPELLINGS {
        assert_eq!(sign_in(&app, spelling).await, 200, "{spelling}");
    }
    app.advance_seconds(3_600);
    // A link and its code, requested and used with another spelling.
    auth(&app, "otp", &json!({ "email": SPELLINGS[0], "create_user": false })).await.expect(200);
    let code = app.code("ada@bücher.example").await;
    let verify: Value = json!({ "type": "email", "email": SPELLINGS[2], "token": code });
    auth(&app, "verify", &verify).await.expect(200);
    app.advance_seconds(3_600);
    let taken = auth(&app, "signup", &json!({ "email": SPELLINGS[0], "password": "another horse" })).await.expect(200);
    assert_eq!(taken.json()["identities"], json!([]), "nobody signs up a second time");
    assert_eq!(app.count("select count(*) from auth.users").await, 1);
    // Wrong passwords with both spellings count for one account.
    let app = TestApp::with(Setup::default().with_auth(|auth| auth.limits.enabled = true)).await;
    app.sign_up(CANONICAL).await.expect(200);
    stored_as(&app, "ada@bücher.example").await;
    for number in 0..20 {
        let body = json!({ "email": SPELLINGS[number % 2], "password": "wrong" });
        let peer = super::limits::machine(number);
        let wrong = app.post("/auth/v1/token?grant_type=password").json(&body).from(&peer).send().await;
        wrong.refused(400, "invalid_credentials");
    }
    let body = json!({ "email": SPELLINGS[1], "password": "wrong" });
    let held = app.post("/auth/v1/token?grant_type=password").json(&body).from("198.51.100.7:1").send().await;
    held.refused(429, "over_request_rate_limit");
}

#[tokio::test]
async fn an_invitation_is_accepted_by_the_user_of_the_address_in_another_spelling() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let ada = app.somebody(CANONICAL).await;
    stored_as(&app, "ada@bücher.example").await;
    let body = json!({ "email": SPELLINGS[4] });
    app.post("/api/v1/invitations").person(&owner).json(&body).send().await.expect(201);
    let mails = app.mails(CANONICAL).await;
    let token = mails[0].mail.link().unwrap().split_once("token=").unwrap().1.to_owned();
    app.post("/api/v1/invitations/accept").person(&ada).json(&json!({ "token": token })).send().await.expect(200);
    let again = app.post("/api/v1/invitations").person(&owner).json(&body).send().await.refused(409, "conflict");
    assert!(again.at("/detail").contains("member already"), "{again}");
}

/// Addresses that earlier versions stored and that are rejected today.
const REFUSED_TODAY: [&str; 3] = ["ju\u{308}rgen@example.org", "a..b@example.org", "ad\u{200b}a@example.org"];

/// A user whose address is stored in this form.
async fn stored_today(app: &TestApp, number: usize, email: &str) {
    let plain = format!("user{number}@example.org");
    app.sign_up(&plain).await.expect(200);
    let admin = app.test.admin().await;
    let rows = admin.execute("update auth.users set email = $1 where email = $2", &[&email, &plain]).await;
    assert_eq!(rows.unwrap(), 1);
}

#[tokio::test]
async fn a_user_with_an_address_that_is_refused_today_signs_in_by_its_stored_form() {
    let app = TestApp::new().await;
    for (number, email) in REFUSED_TODAY.into_iter().enumerate() {
        stored_today(&app, number, email).await;
        for typed in [email.to_owned(), format!(" {}\n", email.to_uppercase())] {
            assert_eq!(sign_in(&app, &typed).await, 200, "{typed:?}");
            // The page signs in, too: it redirects, but shows the form again for a wrong password.
            let form = format!("email={}&password={}", percent_encode(&typed), percent_encode(PASSWORD));
            let page = app.post("/sign-in/password").browser().form(&form).send().await;
            assert_eq!(page.status(), 303, "{typed:?}: {page}");
        }
        let body = json!({ "email": email, "password": "wrong" });
        let wrong = auth(&app, "token?grant_type=password", &body).await;
        // No answer reveals that there is such a user.
        let nobody = json!({ "email": email.replace("org", "net"), "password": "wrong" });
        let unknown = auth(&app, "token?grant_type=password", &nobody).await;
        assert_eq!(
            (wrong.status(), wrong.at("/error_code"), wrong.at("/msg")),
            (unknown.status(), unknown.at("/error_code"), unknown.at("/msg")),
            "{email:?}"
        );
    }
    assert_eq!(freehold_identity::user::email_refused_count(&app.backbone.db, 100).await.unwrap(), 3);
}

#[tokio::test]
async fn a_user_whose_address_is_stored_decomposed_gets_mails_when_it_is_typed_so() {
    let app = TestApp::new().await;
    stored_today(&app, 0, REFUSED_TODAY[0]).await;
    app.advance_seconds(3_600);
    auth(&app, "otp", &json!({ "email": REFUSED_TODAY[0], "create_user": false })).await.expect(200);
    let code = app.code(REFUSED_TODAY[0]).await;
    let verify = json!({ "type": "email", "email": REFUSED_TODAY[0], "token": code });
    auth(&app, "verify", &verify).await.expect(200);
    // Another user has the composed form, and that one has priority.
    app.sign_up("jürgen@example.org").await.expect(200);
    let other = json!({ "email": REFUSED_TODAY[0], "password": PASSWORD });
    let session = auth(&app, "token?grant_type=password", &other).await.expect(200);
    assert_eq!(session.at("/user/email"), "jürgen@example.org");
}
