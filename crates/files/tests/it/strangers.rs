//! Another organization's files are not there, and a viewer cannot write.

use freehold_core::{Role, Standing};
use serde_json::json;

use crate::{on_both, world::World};

on_both! {
    another_organizations_file_is_not_there
    a_viewer_reads_and_does_not_write
    a_suspended_organization_reads_and_does_not_write
}

async fn another_organizations_file_is_not_there(world: World) {
    let id = world.uploaded("of the owner").await;
    let stranger = world.app.stranger().await;
    let path = format!("/api/v1/files/{id}");
    for ask in [
        world.app.get(&path),
        world.app.get(&format!("{path}/content")),
        world.app.delete(&path),
        world.app.post(&format!("{path}/link")).json(&json!({})),
    ] {
        ask.clone().person(&stranger).send().await.refused(404, "not_found");
        ask.key(&stranger.key).header("x-organization-id", &world.owner.organization).send().await.expect(404);
    }
    let list = world.app.get("/api/v1/files").person(&stranger).send().await.expect(200);
    assert_eq!(list.ids(), Vec::<String>::new());
    assert_eq!(world.content(&id).send().await.expect(200).text(), "of the owner");
}

async fn a_viewer_reads_and_does_not_write(world: World) {
    let id = world.uploaded("content").await;
    let viewer = world.app.member(&world.owner, Role::Viewer).await;
    let path = format!("/api/v1/files/{id}");
    world.app.get(&format!("{path}/content")).person(&viewer).send().await.expect(200);
    world.app.delete(&path).person(&viewer).send().await.refused(403, "permission_denied");
    let upload = world.app.post("/api/v1/files?name=a").person(&viewer).bytes("x");
    upload.send().await.refused(403, "permission_denied");
    let member = world.app.member(&world.owner, Role::Member).await;
    world.app.delete(&path).person(&member).send().await.expect(204);
    world.assert_sound(0).await;
}

async fn a_suspended_organization_reads_and_does_not_write(world: World) {
    let id = world.uploaded("content").await;
    world.app.stand(&world.owner, Standing::Suspended).await;
    world.app.backbone.resolver.forget();
    world.content(&id).send().await.expect(200);
    world.upload("a", "x").send().await.refused(402, "subscription_suspended");
    world.delete(&id).await.refused(402, "subscription_suspended");
    world.app.stand(&world.owner, Standing::Archived).await;
    world.app.backbone.resolver.forget();
    world.content(&id).send().await.refused(402, "organization_archived");
}
