//! Users created with a password hash from another system.

use serde_json::json;

use super::{ADA, make};
use crate::harness::app::{Answer, TestApp};

async fn sign_in(app: &TestApp, password: &str) -> Answer {
    let body = json!({ "email": ADA, "password": password });
    app.post("/auth/v1/token?grant_type=password").json(&body).send().await
}

#[tokio::test]
async fn the_old_password_signs_in_and_is_then_kept_in_our_way() {
    for (password, hash) in [
        ("abcdefghijklmnopqrstuvwxyz", "$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz."),
        ("password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
        (
            "mytestpassword",
            "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3MjKj\
             1b2g6AUCAlFwMw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQ\
             aJP84+hfTw==",
        ),
    ] {
        let app = TestApp::new().await;
        make(&app, json!({ "email": ADA, "password_hash": hash, "email_confirm": true })).await.expect(200);
        sign_in(&app, &format!("{password}x")).await.refused(400, "invalid_credentials");
        let ours = "select count(*) from auth.users where encrypted_password like '$argon2id$v=19$m=19456,t=2,p=1$%'";
        assert_eq!(app.count(ours).await, 0);
        sign_in(&app, password).await.expect(200);
        assert_eq!(app.count(ours).await, 1, "{hash}");
        sign_in(&app, password).await.expect(200);
        sign_in(&app, &format!("{password}x")).await.refused(400, "invalid_credentials");
    }
}

#[tokio::test]
async fn a_hash_that_cannot_be_checked_is_refused_and_never_repeated() {
    let app = TestApp::new().await;
    for hash in [
        "plain",
        "$1$abc$def",
        "$2a$10$short",
        "$argon2id$",
        "$2a$31$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.",
    ] {
        let refused =
            make(&app, json!({ "email": ADA, "password_hash": hash })).await.refused(400, "validation_failed");
        assert!(!refused.holds(hash), "{refused}");
    }
    assert_eq!(app.count("select count(*) from auth.users").await, 0);
}
