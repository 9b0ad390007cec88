//! A full file store: 507, and nothing is left behind.
//!
//! For a folder, a test runs as a process of its own that may not write files larger than 17.9 MB (`ulimit -f`), so the
//! operating system itself refuses to write the end of a larger one. For an S3, the server answers as MinIO does.

use std::process::Command;

use crate::world::{World, bytes, chunks};

/// The limit, in blocks of 512 bytes.
const BLOCKS: u32 = 35_000;

#[test]
fn a_full_folder_takes_nothing() {
    let limited = format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$0\" \"$@\"");
    let test = std::env::current_exe().unwrap();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &limited]).arg(test).args(["--exact", "full::in_a_process_with_a_limit", "--ignored"]);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a_full_folder_takes_nothing runs it in a process with a limit"]
async fn in_a_process_with_a_limit() {
    let world = World::in_folder().await;
    world.upload("a.bin", bytes(19_000_000)).send().await.refused(507, "file_store_full");
    world.assert_sound(0).await;
    let (status, answer) = world.stream(chunks(bytes(19_000_000), 1_000_000)).await;
    assert_eq!(status, 507, "{answer}");
    world.assert_sound(0).await;
    world.uploaded(bytes(1_000_000)).await;
    world.assert_sound(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_s3_takes_nothing() {
    let world = World::in_s3().await;
    let bucket = world.bucket.as_ref().unwrap();
    for length in [1_000, 17_000_000] {
        bucket.set_full(true);
        world.upload("a.bin", bytes(length)).send().await.refused(507, "file_store_full");
        let (status, answer) = world.stream(chunks(bytes(length), 1_000_000)).await;
        assert_eq!(status, 507, "{answer}");
        bucket.set_full(false);
        world.assert_sound(0).await;
    }
    world.uploaded(bytes(17_000_000)).await;
    world.assert_sound(1).await;
}
