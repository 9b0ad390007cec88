//! Setting up accounts, signing in and out, and what ends a session.

use freehold_operators::{
    OperatorRole,
    operator::{TokenSource, operator_disable, operator_enable, operator_reset_factor},
};
use serde_json::json;

use super::{PASSWORD, admin, invited, operator, set_up, sign_in};
use crate::harness::app::{Setup, TestApp};

#[tokio::test]
async fn a_new_operator_sets_a_password_and_a_second_factor_and_signs_in() {
    let app = TestApp::new().await;
    let token = invited(&app, "root@example.org", OperatorRole::Admin).await;
    sign_in(&app, "root@example.org", PASSWORD, "000000").await.refused(401, "unauthenticated");
    let short = json!({ "token": token, "password": "too short" });
    app.post("/operator/v1/set-up").json(&short).send().await.refused(422, "weak_password");
    let early = json!({ "token": token, "code": "000000" });
    app.post("/operator/v1/set-up/confirm").json(&early).send().await.refused(409, "conflict");
    let root = set_up(&app, "root@example.org", &token).await;
    let me = app.get("/operator/v1/me").token(&root.token).send().await.expect(200);
    assert_eq!((me.at("/operator/email"), me.at("/operator/role")), ("root@example.org".into(), "admin".into()));

    let again = json!({ "token": token, "password": PASSWORD });
    app.post("/operator/v1/set-up").json(&again).send().await.refused(401, "unauthenticated");
    let signed_in = sign_in(&app, " ROOT@example.org", PASSWORD, &root.phone.code(app.clock())).await.expect(200);
    app.get("/operator/v1/me").token(&signed_in.at("/token")).send().await.expect(200);
}

#[tokio::test]
async fn a_wrong_first_code_and_a_day_without_set_up_leave_the_account_closed() {
    let app = TestApp::new().await;
    let token = invited(&app, "root@example.org", OperatorRole::Admin).await;
    let body = json!({ "token": token, "password": PASSWORD });
    app.post("/operator/v1/set-up").json(&body).send().await.expect(200);
    let wrong = json!({ "token": token, "code": "12345x" });
    app.post("/operator/v1/set-up/confirm").json(&wrong).send().await.refused(401, "unauthenticated");
    app.advance_seconds(24 * 3600);
    app.post("/operator/v1/set-up").json(&body).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn address_password_and_code_all_have_to_be_right_and_no_answer_says_which_is_wrong() {
    let app = TestApp::new().await;
    let root = admin(&app).await;
    let code = root.phone.code(app.clock());
    let mut answers = Vec::new();
    for (email, password, code) in [
        ("else@example.org", PASSWORD, code.clone()),
        (root.email, "another password", code.clone()),
        (root.email, PASSWORD, root.phone.wrong_code(app.clock())),
        (root.email, PASSWORD, String::new()),
        ("", "", String::new()),
    ] {
        let answer = sign_in(&app, email, password, &code).await.refused(401, "unauthenticated");
        answers.push(answer.at("/detail"));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    sign_in(&app, root.email, PASSWORD, &code).await.expect(200);
    sign_in(&app, root.email, PASSWORD, &code).await.refused(401, "unauthenticated");
    let failures = "select count(*) from freehold.operator_entries where action = 'operator.sign_in_failed'";
    assert_eq!(app.count(failures).await, 4, "of a known address, each is recorded");
}

#[tokio::test]
async fn a_session_ends_after_eight_hours_and_with_the_sign_out() {
    let app = TestApp::new().await;
    let root = admin(&app).await;
    let other = sign_in(&app, root.email, PASSWORD, &root.phone.code(app.clock())).await.expect(200).at("/token");
    app.post("/operator/v1/sign-out").token(&other).send().await.expect(204);
    app.get("/operator/v1/me").token(&other).send().await.refused(401, "unauthenticated");
    app.get("/operator/v1/me").token(&root.token).send().await.expect(200);
    app.advance_seconds(8 * 3600);
    app.get("/operator/v1/me").token(&root.token).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_disabled_operator_is_out_at_once_and_comes_back_with_a_new_set_up() {
    let app = TestApp::new().await;
    let root = admin(&app).await;
    let help = operator(&app, "help@example.org", OperatorRole::Support).await;
    let source = TokenSource { vault: &app.backbone.vault, random: &app.backbone.random };
    let mut tx = app.backbone.db.system("test").begin().await.unwrap();
    operator_disable(&mut tx, help.email).await.unwrap();
    assert!(operator_reset_factor(&mut tx, source, help.email).await.is_err(), "a reset would enable them");
    tx.commit().await.unwrap();
    app.get("/operator/v1/me").token(&help.token).send().await.refused(401, "unauthenticated");
    let code = help.phone.code(app.clock());
    sign_in(&app, help.email, PASSWORD, &code).await.refused(401, "unauthenticated");

    let mut tx = app.backbone.db.system("test").begin().await.unwrap();
    let token = operator_enable(&mut tx, source, help.email).await.unwrap().expose().to_owned();
    tx.commit().await.unwrap();
    sign_in(&app, help.email, PASSWORD, &code).await.refused(401, "unauthenticated");
    let help = set_up(&app, help.email, &token).await;
    app.get("/operator/v1/me").token(&help.token).send().await.expect(200);

    let mut tx = app.backbone.db.system("test").begin().await.unwrap();
    operator_reset_factor(&mut tx, source, root.email).await.unwrap();
    tx.commit().await.unwrap();
    app.get("/operator/v1/me").token(&root.token).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn guesses_are_limited_and_do_not_keep_the_operator_out_of_a_known_network() {
    let setup = Setup::default().with_auth(|auth| {
        auth.limits.enabled = true;
        auth.limits.wrong_passwords_per_hour = 3;
    });
    let app = TestApp::with(setup).await;
    let root = admin(&app).await;
    let guess = async |from: &str, email: &str| {
        let body = json!({ "email": email, "password": "a guess", "code": "000000" });
        app.post("/operator/v1/sign-in").from(from).json(&body).send().await
    };
    for _ in 0..3 {
        guess("198.51.100.7:1", root.email).await.refused(401, "unauthenticated");
    }
    guess("198.51.100.8:1", root.email).await.refused(429, "over_request_rate_limit");
    for _ in 0..3 {
        guess("198.51.100.8:1", "nobody@example.org").await.refused(401, "unauthenticated");
    }
    guess("198.51.100.8:1", "nobody@example.org").await.refused(429, "over_request_rate_limit");
    sign_in(&app, root.email, PASSWORD, &root.phone.code(app.clock())).await.expect(200);
}

#[tokio::test]
async fn the_requests_of_an_operator_are_limited() {
    let setup = Setup::default().with_auth(|auth| {
        auth.limits.enabled = true;
        auth.limits.user_requests = 3;
    });
    let app = TestApp::with(setup).await;
    let root = admin(&app).await;
    for _ in 0..3 {
        app.get("/operator/v1/me").token(&root.token).send().await.expect(200);
    }
    let refused = app.get("/operator/v1/me").token(&root.token).send().await.refused(429, "rate_limited");
    assert!(refused.at("/detail").starts_with("An operator may send 3"), "{refused}");
}

#[tokio::test]
async fn tokens_of_operators_and_of_users_never_open_each_others_doors() {
    let app = TestApp::new().await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    for path in ["/api/v1/me", "/api/v1/organizations", "/api/v1/keys"] {
        app.get(path).token(&root.token).send().await.refused(401, "unauthenticated");
    }
    app.get("/auth/v1/user").token(&root.token).send().await.refused(403, "bad_jwt");
    for token in [&owner.token, &owner.key] {
        app.get("/operator/v1/me").token(token).send().await.refused(401, "unauthenticated");
    }
    app.get("/operator/v1/me").key(&owner.key).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn the_database_has_no_secret_of_an_operator_in_clear() {
    let app = TestApp::new().await;
    let token = invited(&app, "root@example.org", OperatorRole::Admin).await;
    let body = json!({ "token": token, "password": PASSWORD });
    let key = app.post("/operator/v1/set-up").json(&body).send().await.expect(200).at("/secret");
    let held = app.test.admin().await;
    let query = "select string_agg(o::text, ' ') || coalesce((select string_agg(e::text, ' ') from \
                 freehold.operator_entries as e), '') from freehold.operators as o";
    let text: String = held.query_one(query, &[]).await.unwrap().get(0);
    for secret in [token.as_str(), PASSWORD, &key] {
        assert!(!text.contains(secret), "{text}");
    }
}
