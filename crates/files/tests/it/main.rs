//! Files in a folder and in an S3, with the same results: each test of [`on_both`] runs on both.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod checks;
mod full;
mod kills;
mod links;
mod quotas;
mod ranges;
mod strangers;
mod uploads;
mod world;

use freehold_testing as harness;

/// Runs a test on a folder and on an S3.
macro_rules! on_both {
    ($($test:ident)*) => {$(
        mod $test {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_a_folder() {
                super::$test(crate::world::World::in_folder().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_an_s3() {
                super::$test(crate::world::World::in_s3().await).await;
            }
        }
    )*};
}
pub(crate) use on_both;
