//! Limits: of the plan, and of the server.

use crate::{
    on_both,
    world::{World, bytes, chunks},
};

on_both! {
    a_file_that_does_not_fit_into_the_plan_is_refused_before_it_is_sent
    a_file_of_unknown_length_is_cut_off_at_the_limit
    of_many_uploads_at_once_only_those_that_fit_are_stored
    a_file_larger_than_the_server_takes_is_refused
}

async fn a_file_that_does_not_fit_into_the_plan_is_refused_before_it_is_sent(world: World) {
    let first = world.uploaded(bytes(18_000_000)).await;
    let refused = world.upload("b.bin", bytes(12_000_001)).send().await.refused(402, "quota_exceeded");
    assert_eq!((refused.at("/meter"), refused.json()["limit"].clone()), ("storage".to_owned(), 30_000_000.into()));
    assert_eq!(refused.json()["used"], 18_000_000);
    world.assert_sound(1).await;
    // Exactly what is left fits, and nothing after it.
    world.uploaded(bytes(12_000_000)).await;
    world.upload("c.bin", "x").send().await.refused(402, "quota_exceeded");
    world.delete(&first).await.expect(204);
    world.uploaded(bytes(18_000_000)).await;
    world.assert_sound(2).await;
}

async fn a_file_of_unknown_length_is_cut_off_at_the_limit(world: World) {
    world.uploaded(bytes(18_000_000)).await;
    let (status, answer) = world.stream(chunks(bytes(12_000_001), 1_000_000)).await;
    assert_eq!(status, 402, "{answer}");
    assert!(answer.contains("quota_exceeded"), "{answer}");
    world.assert_sound(1).await;
    let (status, answer) = world.stream(chunks(bytes(12_000_000), 1_000_000)).await;
    assert_eq!(status, 201, "{answer}");
    let (status, answer) = world.stream(chunks(bytes(1), 1)).await;
    assert_eq!(status, 402, "{answer}");
    world.assert_sound(2).await;
}

async fn of_many_uploads_at_once_only_those_that_fit_are_stored(world: World) {
    // Six of them fit. Half of the uploads do not declare their length.
    const SIZE: usize = 4_500_000;
    let uploads = (0..10).map(async |number| {
        if number % 2 == 0 {
            world.upload("a.bin", bytes(SIZE)).send().await.status()
        } else {
            world.stream(chunks(bytes(SIZE), 1_000_000)).await.0
        }
    });
    let statuses = futures_util::future::join_all(uploads).await;
    let stored = statuses.iter().filter(|status| **status == 201).count();
    assert!(statuses.iter().all(|status| [201, 402].contains(status)), "{statuses:?}");
    assert!((1..=6).contains(&stored), "{statuses:?}");
    world.assert_sound(stored).await;
}

async fn a_file_larger_than_the_server_takes_is_refused(world: World) {
    world.upload("a.bin", bytes(20_000_001)).send().await.refused(413, "body_too_large");
    let (status, answer) = world.stream(chunks(bytes(20_000_001), 1_000_000)).await;
    assert_eq!(status, 413, "{answer}");
    world.assert_sound(0).await;
    world.uploaded(bytes(20_000_000)).await;
    world.assert_sound(1).await;
}
