//! Supabase's own client, unmodified, while the database is away for 20 seconds: no user is signed out.

use std::{path::PathBuf, process::Stdio, time::Duration};

use freehold_testing::packages;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use crate::{
    outage::server,
    postgres::Postgres,
    server::{CEILING, Home},
};

const OUTAGE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_user_is_signed_out_while_postgres_is_away() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let migration = postgres.database("freehold").await;
    let (_, server) = server(&home, &postgres.url("freehold_server", "freehold"), &migration).await;

    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut node = Command::new("node")
        .arg(root.join("tests/server/supabase_client.cjs"))
        .env("NODE_PATH", packages("supabase-client").join("node_modules"))
        .env("FREEHOLD_URL", &server.site)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(node.stdout.take().unwrap()).lines();
    let mut next = async || tokio::time::timeout(CEILING, lines.next_line()).await.unwrap().unwrap();

    assert_eq!(next().await.as_deref(), Some("signed in"));
    postgres.stop().await;
    tokio::time::sleep(OUTAGE).await;
    let _postgres = Postgres::start(&home).await;
    assert_eq!(next().await.as_deref(), Some("all of it"));
    assert!(node.wait().await.unwrap().success());
    server.stop().await;
}
