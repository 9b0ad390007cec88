//! The program ends in the midst of an upload or a deletion: after the sweep nothing is left of it. Kills of the real
//! process at random points are in `crates/freehold/tests/server/files_kills.rs`.

use std::{fs, io, sync::Arc};

use bytes::Bytes;
use freehold_core::{Caller, codes};
use freehold_files::{
    file::files_allowance,
    sweep::files_sweep,
    upload::{NewFile, Upload, file_store, upload_begin},
};
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use tokio::sync::oneshot;

use crate::{
    on_both,
    world::{World, bytes, chunks},
};

on_both! {
    an_upload_that_never_wrote_is_swept
    an_upload_that_ended_anywhere_is_swept
    an_upload_that_was_written_and_not_recorded_is_swept
    a_deletion_that_ended_anywhere_is_completed
    an_upload_that_is_under_way_is_left_alone
    an_upload_that_the_sweep_took_stores_nothing
    a_file_of_a_deleted_organization_is_swept
}

/// An upload of this length as the owner begins it.
async fn begun(world: &World, caller: &Arc<Caller>, length: Option<u64>) -> Upload {
    let house = &world.app.backbone;
    let allowance = files_allowance(&house.db, &house.entitlements, caller, None).await.unwrap();
    let new = NewFile::check("a.bin", None, length, 20_000_000).unwrap();
    upload_begin(&house.db, world.storage(), caller.clone(), allowance, new, 20_000_000).await.unwrap()
}

async fn an_upload_that_never_wrote_is_swept(world: World) {
    let caller = world.caller().await;
    drop(begun(&world, &caller, Some(1_000)).await);
    assert_eq!(world.used().await, (0, 1_000));
    // A process that was killed also leaves the file that it was writing.
    let row = world.app.test.admin().await.query_one("select id::text from freehold.files", &[]).await.unwrap();
    let id: String = row.get(0);
    if world.bucket.is_none() {
        let stored = world.uploaded("x").await;
        let written = world.objects().pop().unwrap();
        fs::write(written.with_file_name(format!("{id}#1")), "half").unwrap();
        world.delete(&stored).await.expect(204);
    }
    assert_eq!(world.sweep().await, 0, "it is not due yet");
    world.wait();
    assert_eq!(world.sweep().await, 1);
    world.assert_sound(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_whose_object_cannot_be_deleted_holds_up_no_other() {
    let world = World::in_folder().await;
    let caller = world.caller().await;
    drop(begun(&world, &caller, Some(1_000)).await);
    let row = world.app.test.admin().await.query_one("select tenant_id || '/' || id from freehold.files", &[]).await;
    let stuck: String = row.unwrap().get(0);
    // In place of what the upload was writing there is a folder, which is not deleted as a file is.
    fs::create_dir_all(world.folder.join(format!("tenants/{stuck}#1"))).unwrap();
    world.app.advance_seconds(1);
    drop(begun(&world, &caller, Some(500)).await);
    world.wait();
    let house = &world.app.backbone;
    assert_eq!(files_sweep(&house.db, &house.files.storage).await.unwrap_err().code().status, 503);
    assert_eq!(world.sweep().await, 1, "the other one");
    let left = world.app.count("select count(*) from freehold.files").await;
    assert_eq!((left, world.used().await), (1, (0, 0)));
    fs::remove_dir(world.folder.join(format!("tenants/{stuck}#1"))).unwrap();
    world.wait();
    assert_eq!(world.sweep().await, 1);
    world.assert_sound(0).await;
}

/// Ends an upload once it has taken this many chunks and waits for the next.
async fn cut(upload: Upload, content: Vec<u8>, after: usize) {
    let (reached, at) = oneshot::channel();
    let never = stream::once(async move {
        let _ = reached.send(());
        std::future::pending::<io::Result<Bytes>>().await
    });
    let body = chunks(content, 1_000_000).take(after).chain(never);
    tokio::select! {
        _ = upload.write(Box::pin(body)) => panic!("it ended by itself"),
        _ = at => {}
    }
}

async fn an_upload_that_ended_anywhere_is_swept(world: World) {
    let caller = world.caller().await;
    for (after, declared) in
        [(0, Some(3_000_000)), (1, None), (2, Some(3_000_000)), (9, None), (10, Some(12_000_000)), (18, None)]
    {
        let upload = begun(&world, &caller, declared).await;
        cut(upload, bytes(18_000_000), after).await;
    }
    assert_eq!(world.used().await, (0, 18_000_000));
    let kept = world.uploaded(bytes(5)).await;
    world.wait();
    assert_eq!(world.sweep().await, 6);
    world.assert_sound(1).await;
    assert_eq!(world.content(&kept).send().await.expect(200).bytes(), bytes(5));
}

async fn an_upload_that_was_written_and_not_recorded_is_swept(world: World) {
    let caller = world.caller().await;
    for length in [1_000, 17_000_000] {
        let upload = begun(&world, &caller, None).await;
        drop(upload.write(chunks(bytes(length), 1_000_000)).await.unwrap());
        assert_eq!(world.objects().len(), 1);
        world.wait();
        assert_eq!(world.sweep().await, 1);
        world.assert_sound(0).await;
    }
}

async fn a_deletion_that_ended_anywhere_is_completed(world: World) {
    // Committed, and the object is still there.
    let (one, other) = (world.uploaded(bytes(1_000)).await, world.uploaded(bytes(2_000)).await);
    let admin = world.app.test.admin().await;
    let mark = "update freehold.files set state = 'deleting', due_at = $1 where id::text = any($2)";
    let ids = vec![one.clone(), other.clone()];
    // The usage as the transaction of a deletion leaves it.
    let caller = world.caller().await;
    let usage = freehold_metering::usage::Allowance::of_server("storage", None, String::new(), &caller);
    let mut tx = world.app.backbone.db.tenant(&caller).begin().await.unwrap();
    freehold_metering::usage::usage_record(&mut tx, &usage, world.app.test.uuid(), -3_000).await.unwrap();
    tx.commit().await.unwrap();
    admin.execute(mark, &[&world.app.clock().now(), &ids]).await.unwrap();
    // The object of the other is gone already.
    let object = world.objects().into_iter().find(|path| path.ends_with(&other)).unwrap();
    fs::remove_file(object).unwrap();
    world.content(&one).send().await.refused(404, "not_found");
    assert_eq!(world.sweep().await, 2);
    world.assert_sound(0).await;
}

async fn an_upload_that_is_under_way_is_left_alone(world: World) {
    let caller = world.caller().await;
    let upload = begun(&world, &caller, Some(9_000_000)).await;
    let house = world.app.backbone.app.clone();
    // A chunk every two minutes. The first part is full with the seventeenth.
    let slow = chunks(bytes(9_000_000), 500_000).enumerate().then(move |(number, chunk)| {
        let house = house.clone();
        async move {
            house.clock.advance(SignedDuration::from_mins(2));
            if number == 17 {
                assert_eq!(files_sweep(&house.db, &house.files.storage).await.unwrap(), 0, "it was renewed");
            }
            chunk
        }
    });
    let uploaded = Box::pin(upload.write(slow)).await.unwrap();
    assert_eq!(world.sweep().await, 0);
    let mut tx = world.app.backbone.db.tenant(&caller).begin().await.unwrap();
    file_store(&mut tx, &uploaded).await.unwrap();
    tx.commit().await.unwrap();
    // What is recorded stays, whatever its upload does afterwards.
    uploaded.abandon().await;
    world.wait();
    assert_eq!(world.sweep().await, 0);
    world.assert_sound(1).await;
}

async fn an_upload_that_the_sweep_took_stores_nothing(world: World) {
    let caller = world.caller().await;
    let uploaded = begun(&world, &caller, Some(1_000)).await.write(chunks(bytes(1_000), 100)).await.unwrap();
    world.wait();
    assert_eq!(world.sweep().await, 1);
    let mut tx = world.app.backbone.db.tenant(&caller).begin().await.unwrap();
    assert!(file_store(&mut tx, &uploaded).await.unwrap_err().is(codes::CONFLICT));
    drop(tx);
    uploaded.abandon().await;
    world.assert_sound(0).await;
}

async fn a_file_of_a_deleted_organization_is_swept(world: World) {
    world.uploaded(bytes(1_000)).await;
    let admin = world.app.test.admin().await;
    // The time of the trigger is the machine's, which is later than the clock of the test.
    admin
        .execute("delete from freehold.tenants where tenant_id::text = $1", &[&world.owner.organization])
        .await
        .unwrap();
    admin.execute("update freehold.files set due_at = $1", &[&world.app.clock().now()]).await.unwrap();
    assert_eq!(world.sweep().await, 1);
    assert_eq!(world.objects(), Vec::<std::path::PathBuf>::new());
    assert_eq!(world.app.count("select count(*) from freehold.files").await, 0);
}
