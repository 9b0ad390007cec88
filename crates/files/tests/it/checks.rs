//! `freehold files check`: rows and objects are compared both ways.

use std::fs;

use freehold_files::check::{Finding, files_check};

use crate::{
    on_both,
    world::{World, bytes},
};

on_both! {
    what_has_only_a_row_or_only_an_object_is_found
    many_files_are_compared
    the_store_is_probed
}

async fn what_has_only_a_row_or_only_an_object_is_found(world: World) {
    let ids = [world.uploaded(bytes(10)).await, world.uploaded(bytes(20)).await, world.uploaded(bytes(30)).await];
    let object = |id: &str| world.objects().into_iter().find(|path| path.ends_with(id)).unwrap();
    let path = |id: &str| format!("tenants/{}/{id}", world.owner.organization);
    fs::remove_file(object(&ids[0])).unwrap();
    fs::write(object(&ids[1]), "short").unwrap();
    let orphan = world.app.test.uuid().to_string();
    fs::write(object(&ids[2]).with_file_name(&orphan), "lost").unwrap();
    let orphan_found = |deleted| Finding::ObjectWithoutFile { path: path(&orphan), size: 4, deleted };
    let lost = Finding::FileWithoutObject { path: path(&ids[0]), name: "a.bin".to_owned() };
    let other = Finding::OtherSize { path: path(&ids[1]), expected: 20, found: 5 };

    let checked = world.check().await;
    assert_eq!((checked.files, checked.objects), (3, 3));
    assert_eq!(checked.findings, [orphan_found(false), lost.clone(), other.clone()]);
    assert!(checked.findings[0].to_string().contains("--repair deletes it"), "{}", checked.findings[0]);

    let repaired = files_check(&world.app.backbone.db, world.storage(), true).await.unwrap();
    assert_eq!(repaired.findings, [orphan_found(true), lost.clone(), other.clone()]);
    assert_eq!(world.check().await.findings, [lost, other], "the orphan is gone, the rest is left to the operator");
    // The content of a lost file is an error, not a broken answer.
    world.content(&ids[0]).send().await.refused(503, "unavailable");
    for id in &ids {
        world.delete(id).await.expect(204);
    }
    world.assert_sound(0).await;
}

async fn many_files_are_compared(world: World) {
    let ids = futures_util::future::join_all((0..30).map(|number| world.uploaded(bytes(number)))).await;
    world.assert_sound(30).await;
    for id in &ids {
        world.delete(id).await.expect(204);
    }
    world.assert_sound(0).await;
}

async fn the_store_is_probed(world: World) {
    world.storage().probe("one").await.unwrap();
    world.assert_sound(0).await;
    if let Some(bucket) = &world.bucket {
        bucket.set_full(true);
        let error = world.storage().probe("two").await.unwrap_err();
        assert_eq!(error.code().name, "file_store_full");
    }
}
