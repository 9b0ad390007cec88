//! Signed links: they work until they expire, as they were signed, and as long as their maker may read files. A link
//! leads to an address of the S3, which checks a signature of its own.

use freehold_core::Role;
use serde_json::json;

use crate::{
    harness::app::{Answer, Person},
    on_both,
    world::World,
};

on_both! {
    a_link_gives_the_file_to_anyone
    an_expired_link_gives_nothing
    a_link_that_was_changed_gives_nothing
    a_link_ends_with_the_rights_of_its_maker
    a_link_ends_with_its_file
    an_s3s_own_address_that_was_changed_gives_nothing
}

/// Path and query of a link to the file, made by this user.
async fn link(world: &World, id: &str, maker: &Person, seconds: i64) -> String {
    let ask = world.app.post(&format!("/api/v1/files/{id}/link")).person(maker);
    let url = ask.json(&json!({ "expires_in": seconds })).send().await.expect(200).at("/url");
    url.strip_prefix("https://app.example.org").unwrap().to_owned()
}

/// The status and the content behind a link, wherever it leads.
async fn follow(world: &World, link: &str) -> (u16, Vec<u8>) {
    let answer = world.app.get(link).send().await;
    if answer.status() == 307 { fetch(answer.header("location")).await } else { (answer.status(), content(&answer)) }
}

fn content(answer: &Answer) -> Vec<u8> {
    answer.bytes().to_vec()
}

async fn fetch(url: &str) -> (u16, Vec<u8>) {
    let answer = reqwest::get(url).await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

async fn a_link_gives_the_file_to_anyone(world: World) {
    let id = world.uploaded("0123456789").await;
    let link = link(&world, &id, &world.owner, 60).await;
    assert_eq!(follow(&world, &link).await, (200, b"0123456789".to_vec()));
    let first = world.app.get(&link).send().await;
    assert_eq!(first.status() == 307, world.bucket.is_some(), "{first}");
    assert_eq!(first.header("cache-control"), "no-store");
    // A part of it, and the headers by which a browser saves it.
    let saved_as = "attachment; filename=\"a.bin\"";
    let part = if first.status() == 307 {
        let client = reqwest::Client::new();
        let part = client.get(first.header("location")).header("range", "bytes=2-4").send().await.unwrap();
        assert!(part.headers()["content-disposition"].to_str().unwrap().starts_with(saved_as));
        assert_eq!(part.status(), 206);
        part.bytes().await.unwrap().to_vec()
    } else {
        let part = world.app.get(&link).header("range", "bytes=2-4").send().await.expect(206);
        assert!(part.header("content-disposition").starts_with(saved_as));
        content(&part)
    };
    assert_eq!(part, b"234");
    for seconds in [0, 604_801] {
        let ask = world.app.post(&format!("/api/v1/files/{id}/link")).person(&world.owner);
        let refused = ask.json(&json!({ "expires_in": seconds })).send().await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), "/expires_in");
    }
}

async fn an_expired_link_gives_nothing(world: World) {
    let id = world.uploaded("content").await;
    let link = link(&world, &id, &world.owner, 60).await;
    world.app.advance_seconds(59);
    assert_eq!(follow(&world, &link).await.0, 200);
    world.app.advance_seconds(1);
    world.app.get(&link).send().await.refused(403, "file_link_expired");
}

async fn a_link_that_was_changed_gives_nothing(world: World) {
    let (id, other) = (world.uploaded("content").await, world.uploaded("other").await);
    let link = link(&world, &id, &world.owner, 60).await;
    let stranger = world.app.stranger().await;
    let owner = &world.owner;
    for changed in [
        link.replace(&id, &other),
        link.replace(&format!("/{}/", owner.organization), &format!("/{}/", stranger.organization)),
        link.replace("expires=", "expires=9"),
        link.replace("by=user", "by=key"),
        link.replace("signature=", "signature=x"),
        link.split("&signature").next().unwrap().to_owned(),
        link.split('?').next().unwrap().to_owned(),
    ] {
        assert_ne!(changed, link);
        world.app.get(&changed).send().await.refused(403, "file_link_invalid");
    }
    for nowhere in [link.replace(&id, "..%2F..%2Fetc"), link.replace(&id, &format!("{id}%2F.."))] {
        world.app.get(&nowhere).send().await.refused(404, "not_found");
    }
    assert_eq!(follow(&world, &link).await.0, 200);
}

async fn a_link_ends_with_the_rights_of_its_maker(world: World) {
    let id = world.uploaded("content").await;
    let member = world.app.member(&world.owner, Role::Viewer).await;
    let of_member = link(&world, &id, &member, 3600).await;
    let key = json!({ "name": "reader", "scopes": ["files:read"] });
    let key = world.app.post("/api/v1/keys").key(&world.owner.key).json(&key).send().await.expect(201);
    let ask = world.app.post(&format!("/api/v1/files/{id}/link")).key(&key.at("/key"));
    let of_key = ask.json(&json!({})).send().await.expect(200).at("/url");
    let of_key = of_key.strip_prefix("https://app.example.org").unwrap();
    assert_eq!(follow(&world, &of_member).await.0, 200);
    assert_eq!(follow(&world, of_key).await.0, 200);

    let path = format!("/api/v1/organizations/{}/members/{}", world.owner.organization, member.id);
    world.app.delete(&path).person(&world.owner).send().await.expect(204);
    world.app.get(&of_member).send().await.refused(403, "file_link_invalid");
    world.app.delete(&format!("/api/v1/keys/{}", key.at("/id"))).person(&world.owner).send().await.expect(200);
    world.app.get(of_key).send().await.refused(403, "file_link_invalid");

    let blind = json!({ "name": "blind", "scopes": ["usage:read"] });
    let blind = world.app.post("/api/v1/keys").key(&world.owner.key).json(&blind).send().await.expect(201);
    let ask = world.app.post(&format!("/api/v1/files/{id}/link")).key(&blind.at("/key"));
    ask.json(&json!({})).send().await.refused(403, "permission_denied");
}

async fn a_link_ends_with_its_file(world: World) {
    let id = world.uploaded("content").await;
    let link = link(&world, &id, &world.owner, 3600).await;
    world.delete(&id).await.expect(204);
    world.app.get(&link).send().await.refused(404, "not_found");
}

async fn an_s3s_own_address_that_was_changed_gives_nothing(world: World) {
    let (id, other) = (world.uploaded("content").await, world.uploaded("other").await);
    let link = link(&world, &id, &world.owner, 60).await;
    let answer = world.app.get(&link).send().await;
    if world.bucket.is_none() {
        // There is no address besides the link.
        assert_eq!(answer.status(), 200);
        return;
    }
    let url = answer.header("location").to_owned();
    assert_eq!(fetch(&url).await.0, 200);
    for changed in [
        url.replace(&id, &other),
        url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
        url.replace("X-Amz-Signature=", "X-Amz-Signature=0"),
        url.split("&X-Amz-Signature").next().unwrap().to_owned(),
        url.split('?').next().unwrap().to_owned(),
    ] {
        assert_ne!(changed, url);
        let (status, content) = fetch(&changed).await;
        assert!((400..=404).contains(&status), "{changed}: {status}");
        assert!(content != b"content" && content != b"other", "{changed}");
    }
}
