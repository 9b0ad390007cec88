//! Parts of a file.

use crate::{
    on_both,
    world::{World, bytes},
};

on_both! {
    a_part_of_a_file_is_returned
    what_a_file_does_not_have_is_refused
    a_part_continues_the_same_content_only
}

/// More than a reader fetches at once, of both kinds of storage.
const LENGTH: usize = 9_000_000;

async fn a_part_of_a_file_is_returned(world: World) {
    let content = bytes(LENGTH);
    let id = world.uploaded(content.clone()).await;
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=1000-1999", 1_000, 2_000),
        ("bytes=8999990-", 8_999_990, LENGTH),
        ("bytes=-5", LENGTH - 5, LENGTH),
        ("bytes=100-99999999", 100, LENGTH),
    ] {
        let answer = world.content(&id).header("range", range).send().await.expect(206);
        assert!(answer.bytes() == &content[from..to], "{range}: other bytes");
        assert_eq!(answer.header("content-range"), format!("bytes {from}-{}/{LENGTH}", to - 1), "{range}");
        assert_eq!(answer.header("content-length"), (to - from).to_string(), "{range}");
    }
    for ignored in ["bytes=0-1,5-6", "bytes=5-4", "lines=1-2", "bytes=x"] {
        let answer = world.content(&id).header("range", ignored).send().await.expect(200);
        assert_eq!((answer.bytes().len(), answer.header("accept-ranges")), (LENGTH, "bytes"), "{ignored}");
    }
}

async fn what_a_file_does_not_have_is_refused(world: World) {
    let id = world.uploaded("0123456789").await;
    for range in ["bytes=10-", "bytes=10-20", "bytes=-0"] {
        let answer = world.content(&id).header("range", range).send().await.refused(416, "range_not_satisfiable");
        assert_eq!(answer.header("content-range"), "bytes */10", "{range}");
    }
    let empty = world.uploaded("").await;
    world.content(&empty).header("range", "bytes=0-").send().await.refused(416, "range_not_satisfiable");
}

async fn a_part_continues_the_same_content_only(world: World) {
    let id = world.uploaded("0123456789").await;
    let etag = world.content(&id).send().await.expect(200).header("etag").to_owned();
    let part = world.content(&id).header("range", "bytes=5-").header("if-range", &etag).send().await.expect(206);
    assert_eq!(part.text(), "56789");
    for other in ["\"another\"", &format!("W/{etag}"), "Sun, 15 Mar 2026 12:00:00 GMT"] {
        let whole = world.content(&id).header("range", "bytes=5-").header("if-range", other).send().await.expect(200);
        assert_eq!(whole.text(), "0123456789", "{other}");
    }
}
