//! `POST /auth/v1/verify`: which type fits which mail.

use serde_json::json;

use super::{ADA, auth, confirming, follow, type_code};

const TYPES: [&str; 6] = ["signup", "invite", "magiclink", "recovery", "email_change", "email"];

#[tokio::test]
async fn each_mail_is_good_for_its_own_types() {
    for (mail, good) in [
        ("signup", ["signup", "invite", "email"]),
        ("magiclink", ["magiclink", "recovery", "email"]),
        ("recovery", ["magiclink", "recovery", "email"]),
    ] {
        let app = confirming().await;
        for (number, kind) in TYPES.into_iter().enumerate() {
            for by_code in [false, true] {
                let email = format!("ada{number}{by_code}@example.org");
                app.sign_up(&email).await.expect(200);
                if mail != "signup" {
                    type_code(&app, "signup", &email, &app.code(&email).await).await.expect(200);
                    let path = if mail == "recovery" { "recover" } else { "otp" };
                    auth(&app, path, &json!({ "email": email })).await.expect(200);
                }
                let answer = if by_code {
                    type_code(&app, kind, &email, &app.code(&email).await).await
                } else {
                    follow(&app, kind, &app.link_token(&email).await).await
                };
                let expected = if good.contains(&kind) { 200 } else { 403 };
                assert_eq!(answer.status(), expected, "{mail} as {kind}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn who_is_locked_out_is_told_so_by_who_reads_the_mail_only() {
    let app = confirming().await;
    app.somebody(ADA).await;
    auth(&app, "otp", &json!({ "email": ADA })).await.expect(200);
    let ban = "update auth.users set banned_until = '2030-01-01T00:00:00Z'";
    app.test.admin().await.batch_execute(ban).await.unwrap();
    let refused = type_code(&app, "email", ADA, &app.code(ADA).await).await.refused(403, "user_banned");
    assert_eq!(refused.at("/msg"), "User is banned");
    type_code(&app, "email", ADA, "000000").await.refused(403, "otp_expired");
}

#[tokio::test]
async fn what_happened_is_written_down() {
    let app = confirming().await;
    app.sign_up(ADA).await.expect(200);
    app.advance_seconds(60);
    type_code(&app, "signup", ADA, &app.code(ADA).await).await.expect(200);
    app.sign_up(ADA).await.expect(200);
    auth(&app, "recover", &json!({ "email": ADA })).await.expect(200);
    let rows = app
        .test
        .admin()
        .await
        .query("select payload ->> 'action' from auth.audit_log_entries order by id", &[])
        .await
        .unwrap();
    let actions: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(
        actions,
        ["user_confirmation_requested", "user_signedup", "login", "user_repeated_signup", "user_recovery_requested"]
    );
}
