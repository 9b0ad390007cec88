//! The users' audit log, as administrators read it.

use serde_json::json;

use super::{ADA, AsAdministrator, at, make};
use crate::harness::app::{PASSWORD, TestApp};

#[tokio::test]
async fn what_administrators_and_people_do_is_written_down() {
    let app = TestApp::new().await;
    let ada = make(&app, json!({ "email": ADA, "password": PASSWORD, "email_confirm": true })).await.expect(200);
    app.advance_seconds(1);
    app.sign_in(ADA).await.expect(200);
    app.advance_seconds(1);
    app.put(&at(&ada))
        .json(&json!({ "ban_duration": "1h", "password": "another good horse" }))
        .by(&app)
        .await
        .expect(200);
    app.advance_seconds(1);
    app.delete(&at(&ada)).by(&app).await.expect(200);
    let all = app.get("/auth/v1/admin/audit").by(&app).await.expect(200);
    let entries = all.json();
    let actions: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["payload"]["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["user_deleted", "user_modified", "login", "user_signedup"]);
    let deleted = &entries[0]["payload"];
    assert_eq!((&deleted["actor_username"], &deleted["log_type"]), (&json!("service_role"), &json!("team")));
    assert_eq!(deleted["traits"]["user_email"], ADA);
    assert_eq!(entries[0]["ip_address"], "127.0.0.1");
    assert_eq!(all.header("x-total-count"), "4");
    assert!(!all.holds("horse"), "no secret is written down");
    let page = app.get("/auth/v1/admin/audit?page=2&per_page=3").by(&app).await.expect(200);
    assert_eq!(page.json().as_array().unwrap().len(), 1);
    for (query, count) in
        [("action:delet", 1), ("author:ADA", 1), ("author:service", 3), ("type:team", 2), ("type:x", 0)]
    {
        let some = app.get(&format!("/auth/v1/admin/audit?query={query}")).by(&app).await.expect(200);
        assert_eq!(some.json().as_array().unwrap().len(), count, "{query}");
    }
    for bad in ["ada", "who:ada"] {
        let bad =
            app.get(&format!("/auth/v1/admin/audit?query={bad}")).by(&app).await.refused(400, "validation_failed");
        assert!(bad.at("/msg").starts_with("Invalid query scope: "), "{bad}");
    }
}
