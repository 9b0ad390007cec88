//! `PUT /auth/v1/user` with another address.

use serde_json::json;

use super::{ADA, NEW, another, auth, change, confirming, follow, newest_mail, type_code};
use crate::harness::app::{Setup, TestApp};

#[tokio::test]
async fn both_addresses_confirm_it() {
    let app = confirming().await;
    let ada = app.somebody(ADA).await;
    let user = change(&app, &ada.token, &json!({ "email": "Ada@Example.net" })).await.expect(200);
    assert_eq!((user.at("/email"), user.at("/new_email")), (ADA.to_owned(), NEW.to_owned()));
    assert_eq!(user.at("/email_change_sent_at"), "2026-03-15T12:00:00Z");
    assert_eq!(newest_mail(&app, ADA).await, "email_change_current");
    assert_eq!(newest_mail(&app, NEW).await, "email_change");

    let half = type_code(&app, "email_change", NEW, &app.code(NEW).await).await.expect(200);
    let told = "Confirmation link accepted. Please proceed to confirm link sent to the other email";
    assert_eq!(half.json(), json!({ "msg": told, "code": "200" }));
    let user = app.get("/auth/v1/user").token(&ada.token).send().await.expect(200);
    assert_eq!(user.at("/email"), ADA);
    type_code(&app, "email_change", NEW, &app.code(NEW).await).await.refused(403, "otp_expired");

    let session = type_code(&app, "email_change", ADA, &app.code(ADA).await).await.expect(200);
    assert_eq!(session.at("/user/email"), NEW);
    assert!(session.json()["user"].get("new_email").is_none());
    assert_eq!(session.at("/user/identities/0/identity_data/email"), NEW);
    assert_eq!(session.at("/user/identities/0/email"), NEW);
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
    app.sign_in(NEW).await.expect(200);
}

#[tokio::test]
async fn links_do_it_in_either_order() {
    for first in [ADA, NEW] {
        let app = confirming().await;
        let ada = app.somebody(ADA).await;
        change(&app, &ada.token, &json!({ "email": NEW })).await.expect(200);
        let second = if first == ADA { NEW } else { ADA };
        let (one, other) = (app.link_token(first).await, app.link_token(second).await);
        assert_eq!(follow(&app, "email_change", &one).await.expect(200).at("/code"), "200");
        assert_eq!(follow(&app, "email_change", &other).await.expect(200).at("/user/email"), NEW);
    }
}

#[tokio::test]
async fn two_who_confirm_at_once_make_one_change() {
    let app = confirming().await;
    let ada = app.somebody(ADA).await;
    change(&app, &ada.token, &json!({ "email": NEW })).await.expect(200);
    let (old, new) = (app.link_token(ADA).await, app.link_token(NEW).await);
    let (one, other) = tokio::join!(follow(&app, "email_change", &old), follow(&app, "email_change", &new));
    let halves =
        [one.expect(200), other.expect(200)].iter().filter(|answer| answer.json().get("msg").is_some()).count();
    assert_eq!(halves, 1);
    assert_eq!(app.count("select count(*) from auth.users where email = 'ada@example.net'").await, 1);
}

#[tokio::test]
async fn one_address_is_enough_where_the_settings_say_so() {
    let setup = Setup::default().confirming().with_auth(|auth| auth.email_change_both = false);
    let app = TestApp::with(setup).await;
    let ada = app.somebody(ADA).await;
    let mails = app.mails(ADA).await.len();
    change(&app, &ada.token, &json!({ "email": NEW })).await.expect(200);
    assert_eq!(app.mails(ADA).await.len(), mails);
    let session = type_code(&app, "email_change", NEW, &app.code(NEW).await).await.expect(200);
    assert_eq!(session.at("/user/email"), NEW);
}

#[tokio::test]
async fn an_address_that_is_taken_is_refused_and_one_taken_meanwhile_too() {
    let app = confirming().await;
    let ada = app.somebody(ADA).await;
    app.somebody("eve@example.org").await;
    let taken = change(&app, &ada.token, &json!({ "email": "eve@example.org" })).await.refused(422, "email_exists");
    assert_eq!(taken.at("/msg"), "A user with this email address has already been registered");
    change(&app, &ada.token, &json!({ "email": NEW })).await.expect(200);
    app.sign_up(NEW).await.expect(200);
    let (old, new) = (app.link_token(ADA).await, app.mails(NEW).await);
    follow(&app, "email_change", &old).await.expect(200);
    let link = new.iter().find(|mail| mail.mail.template().name == "email_change").unwrap().mail.link().unwrap();
    let token = link.split_once("token=").unwrap().1.split('&').next().unwrap();
    follow(&app, "email_change", token).await.refused(422, "email_exists");
}

#[tokio::test]
async fn a_newer_change_forgets_what_was_confirmed_of_the_older() {
    let app = confirming().await;
    let ada = app.somebody(ADA).await;
    change(&app, &ada.token, &json!({ "email": "other@example.net" })).await.expect(200);
    follow(&app, "email_change", &app.link_token(ADA).await).await.expect(200);
    let stale = app.link_token("other@example.net").await;
    change(&app, &ada.token, &json!({ "email": NEW })).await.refused(429, "over_email_send_rate_limit");
    app.advance_seconds(60);
    change(&app, &ada.token, &json!({ "email": NEW })).await.expect(200);
    follow(&app, "email_change", &stale).await.refused(403, "otp_expired");
    assert_eq!(follow(&app, "email_change", &app.link_token(NEW).await).await.expect(200).at("/code"), "200");
    follow(&app, "email_change", &app.link_token(ADA).await).await.expect(200);
    app.sign_in(NEW).await.expect(200);
}

#[tokio::test]
async fn links_that_went_to_the_old_address_end_with_it() {
    let setup = Setup::default().confirming().with_auth(|auth| auth.email_change_both = false);
    let app = TestApp::with(setup).await;
    let ada = app.somebody(ADA).await;
    auth(&app, "recover", &json!({ "email": ADA })).await.expect(200);
    let stale = app.link_token(ADA).await;
    change(&app, &ada.token, &json!({ "email": NEW })).await.expect(200);
    type_code(&app, "email_change", NEW, &app.code(NEW).await).await.expect(200);
    follow(&app, "recovery", &stale).await.refused(403, "otp_expired");
}

#[tokio::test]
async fn codes_of_the_two_addresses_are_not_good_for_each_other() {
    let app = confirming().await;
    let ada = app.somebody(ADA).await;
    change(&app, &ada.token, &json!({ "email": NEW })).await.expect(200);
    let (old, new) = (app.code(ADA).await, app.code(NEW).await);
    type_code(&app, "email_change", ADA, &new).await.refused(403, "otp_expired");
    type_code(&app, "email_change", NEW, &old).await.refused(403, "otp_expired");
    type_code(&app, "email", NEW, &new).await.refused(403, "otp_expired");
    for _ in 0..4 {
        type_code(&app, "email_change", NEW, &another(&new)).await.refused(403, "otp_expired");
    }
    type_code(&app, "email_change", NEW, &new).await.refused(403, "otp_expired");
    type_code(&app, "email_change", ADA, &old).await.expect(200);
}

#[tokio::test]
async fn the_address_one_has_is_no_change() {
    let app = confirming().await;
    let ada = app.somebody(ADA).await;
    let mails = app.mails(ADA).await.len();
    let user = change(&app, &ada.token, &json!({ "email": ADA })).await.expect(200);
    assert!(user.json().get("new_email").is_none());
    assert_eq!(app.mails(ADA).await.len(), mails);
}
