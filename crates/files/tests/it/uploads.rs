//! Uploading, listing and deleting.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use futures_util::{StreamExt, stream};
use serde_json::json;

use crate::{
    on_both,
    world::{World, bytes, chunks},
};

on_both! {
    a_file_comes_back_as_it_was_sent
    a_large_file_is_written_in_parts
    an_empty_file_is_a_file
    a_file_without_a_declared_length_is_stored
    a_retry_stores_one_file
    an_upload_that_is_cut_off_leaves_nothing
    a_deleted_file_is_gone
    names_and_types_are_checked
    files_are_listed_in_pages
}

fn sha256(content: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, content).as_ref())
}

async fn a_file_comes_back_as_it_was_sent(world: World) {
    let content = b"<script>alert(1)</script>".to_vec();
    let file = world.upload("P%C3%A4ge%20%221%22.html", content.clone()).header("content-type", "text/html");
    let file = file.send().await.expect(201);
    assert_eq!(file.at("/name"), "Päge \"1\".html");
    assert_eq!(file.at("/content_type"), "text/html");
    assert_eq!(file.json()["size"], 25);
    assert_eq!(file.at("/sha256"), sha256(&content));
    let answer = world.content(&file.at("/id")).send().await.expect(200);
    assert_eq!(answer.bytes(), content);
    assert_eq!(answer.header("content-type"), "text/html");
    assert_eq!(answer.header("content-length"), "25");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"P_ge _1_.html\"; filename*=UTF-8''P%C3%A4ge%20%221%22.html"
    );
    assert_eq!(answer.header("etag"), format!("\"{}\"", sha256(&content)));
    let same = world.content(&file.at("/id")).header("if-none-match", answer.header("etag")).send().await;
    assert!(same.expect(304).bytes().is_empty());
    world.app.dispatch().await;
    let created = world.app.get("/api/v1/events?type=file.created").person(&world.owner).send();
    let created = created.await.expect(200).json();
    assert_eq!(created["data"][0]["type"], "file.created");
    assert_eq!(created["data"][0]["data"]["sha256"], sha256(&content));
    world.assert_sound(1).await;
}

async fn a_large_file_is_written_in_parts(world: World) {
    // Two parts of 8 MiB and the rest.
    let content = bytes(19_000_001);
    let file = world.upload("large.bin", content.clone()).send().await.expect(201);
    assert_eq!(file.at("/sha256"), sha256(&content));
    assert!(world.content(&file.at("/id")).send().await.expect(200).bytes() == content, "other bytes came back");
    world.assert_sound(1).await;
}

async fn an_empty_file_is_a_file(world: World) {
    let id = world.uploaded(Vec::new()).await;
    assert!(world.content(&id).send().await.expect(200).bytes().is_empty());
    world.assert_sound(1).await;
}

async fn a_file_without_a_declared_length_is_stored(world: World) {
    let content = bytes(8 * 1024 * 1024 + 3);
    let (status, file) = world.stream(chunks(content.clone(), 100_003)).await;
    assert_eq!(status, 201, "{file}");
    assert!(file.contains(&sha256(&content)), "{file}");
    world.assert_sound(1).await;
}

async fn a_retry_stores_one_file(world: World) {
    let first = world.upload("a.bin", "one").idempotent("k").send().await.expect(201);
    let again = world.upload("a.bin", "one").idempotent("k").send().await.expect(201);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(first.json(), again.json());
    world.upload("a.bin", "two").idempotent("k").send().await.refused(409, "idempotency_key_reused");
    world.upload("b.bin", "one").idempotent("k").send().await.refused(409, "idempotency_key_reused");
    world.assert_sound(1).await;
}

async fn an_upload_that_is_cut_off_leaves_nothing(world: World) {
    for length in [1_000, 17_000_000] {
        let broken = stream::once(async { Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)) });
        let (status, answer) = world.stream(chunks(bytes(length), 100_000).chain(broken)).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer.contains("malformed_request"), "{answer}");
        world.assert_sound(0).await;
    }
}

async fn a_deleted_file_is_gone(world: World) {
    let id = world.uploaded(bytes(1_000)).await;
    assert_eq!(world.used().await, (1_000, 0));
    world.delete(&id).await.expect(204);
    world.assert_sound(0).await;
    world.content(&id).send().await.refused(404, "not_found");
    world.app.get(&format!("/api/v1/files/{id}")).person(&world.owner).send().await.refused(404, "not_found");
    world.delete(&id).await.refused(404, "not_found");
    world.app.dispatch().await;
    let deleted = world.app.get("/api/v1/events?type=file.deleted").person(&world.owner).send();
    let deleted = deleted.await.expect(200).json();
    assert_eq!(deleted["data"][0]["data"], json!({ "file_id": id, "name": "a.bin", "size": 1_000 }));
}

async fn names_and_types_are_checked(world: World) {
    for name in ["", "%20", "a%2Fb", "..%5Cb", "a%0Ab", &"x".repeat(256)] {
        let answer = world.upload(name, "x").send().await.refused(422, "validation_failed");
        assert_eq!(answer.at("/errors/0/pointer"), "?name", "{name:?}");
    }
    world.upload("a", "x").header("content-type", "pdf").send().await.refused(400, "malformed_request");
    world.app.post("/api/v1/files").person(&world.owner).bytes("x").send().await.refused(400, "malformed_request");
    world.upload(&"x".repeat(255), "x").send().await.expect(201);
    world.assert_sound(1).await;
}

async fn files_are_listed_in_pages(world: World) {
    let mut ids = Vec::new();
    for content in ["one", "two", "three"] {
        ids.insert(0, world.uploaded(content).await);
    }
    let list = |query: &str| world.app.get("/api/v1/files").query(query).person(&world.owner).send();
    let first = list("limit=2").await.expect(200);
    assert_eq!(first.ids(), ids[..2]);
    let second = list(&format!("limit=2&cursor={}", first.at("/next_cursor"))).await.expect(200);
    assert_eq!(second.ids(), ids[2..]);
    assert!(second.json()["next_cursor"].is_null());
}
