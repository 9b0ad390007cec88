//! Operations that only remove rights work whatever the standing of the organization.

use freehold_core::{Role, Standing};
use serde_json::json;

use super::{By, key_create, key_of, member_path};
use crate::harness::app::TestApp;

#[tokio::test]
async fn a_suspended_or_archived_organization_takes_rights_away_and_gives_none() {
    for (standing, refusal) in
        [(Standing::Suspended, "subscription_suspended"), (Standing::Archived, "organization_archived")]
    {
        let app = TestApp::with(crate::voice()).await;
        let owner = app.owner().await;
        app.put_on_plan(&owner, "pro", 1).await;
        app.backbone.resolver.forget();
        let (admin, member) = (app.member(&owner, Role::Admin).await, app.member(&owner, Role::Member).await);
        let (leaked, leaked_id) = key_of(key_create(&app, By::Person(&admin), &json!({ "name": "leaked" })).await);
        let invite = json!({ "email": "eve@example.org", "role": "viewer" });
        let invitation =
            app.post("/api/v1/invitations").person(&owner).json(&invite).send().await.expect(201).at("/id");
        app.stand(&owner, standing).await;

        let role = async |whom, role: Role| {
            let body = json!({ "role": role.name() });
            app.patch(&member_path(&owner, whom)).person(&owner).json(&body).send().await
        };
        role(&member, Role::Admin).await.refused(402, refusal);
        key_create(&app, By::Person(&owner), &json!({ "name": "k" })).await.refused(402, refusal);
        app.post("/api/v1/invitations")
            .person(&owner)
            .json(&json!({ "email": "joe@example.org" }))
            .send()
            .await
            .refused(402, refusal);
        let adopt = app.post(&format!("/api/v1/keys/{leaked_id}/adopt")).person(&owner).send().await;
        adopt.refused(402, refusal);

        app.delete(&format!("/api/v1/keys/{leaked_id}")).person(&owner).send().await.expect(200);
        app.get("/api/v1/billing/invoices").key(&leaked).send().await.refused(401, "unauthenticated");
        assert_eq!(role(&admin, Role::Viewer).await.expect(200).at("/role"), "viewer");
        assert_eq!(role(&admin, Role::Viewer).await.expect(200).at("/role"), "viewer");
        app.delete(&member_path(&owner, &member)).person(&owner).send().await.expect(204);
        let withdrawn = app.delete(&format!("/api/v1/invitations/{invitation}")).person(&owner).send().await;
        assert_eq!(withdrawn.expect(200).at("/state"), "revoked");
        // The usual permissions apply: a viewer may remove nothing.
        app.delete(&member_path(&owner, &owner)).person(&admin).send().await.refused(403, "permission_denied");
    }
}
