//! One tenant's slow writes must not delay another tenant.

use std::fs;

use reqwest::Method;
use serde_json::json;

use crate::{
    client::Tenant,
    postgres::connect,
    server::{Home, Program, eventually},
};

/// Concurrent writes of one row.
const WRITES: usize = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_is_served_while_another_one_waits_for_its_own_row() {
    let home = Home::begun().await;
    // Long limits for a busy machine: a request waits 20 s for a connection and 15 s for a row.
    fs::write(home.path().join("freehold.toml"), "[database]\nwait_seconds = 20\n").unwrap();
    let program = Program::at(&home);
    let server = program.start().await;
    let (noisy, quiet) = (Tenant::sign_up(&server.site, "noisy").await, Tenant::sign_up(&server.site, "quiet").await);
    for tenant in [&noisy, &quiet] {
        // A plan without a rate limit, so that no request is refused for another reason.
        let changed = program.run(&["plan", &tenant.slug, "enterprise"]).await;
        assert_eq!(changed.code, Some(0), "{}", changed.output);
    }

    let mut holder = connect(&home.url()).await;
    let lock = holder.transaction().await.unwrap();
    let row = "select from voice.workflows where id = $1::text::uuid for update";
    lock.execute(row, &[&noisy.workflow]).await.unwrap();
    let writes: Vec<_> = (0..WRITES)
        .map(|_| {
            let (noisy, site) = (noisy.clone(), server.site.clone());
            tokio::spawn(async move {
                let request =
                    noisy.client.request(Method::PATCH, format!("{site}/api/v1/workflows/{}", noisy.workflow));
                let request = request.bearer_auth(&noisy.key).json(&json!({ "name": "Contended" }));
                noisy.client.send(request).await.unwrap().status
            })
        })
        .collect();
    let watcher = connect(&home.url()).await;
    let waiting =
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and usename = 'freehold_server'";
    let waiting = async || watcher.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0);
    eventually("the writes hold their share of 16 connections", async || waiting().await == 6).await;

    // Each of these would wait for the row if it had to wait for one of the writes.
    for number in 0..50 {
        let url = format!("{}/api/v1/workflows/{}", server.site, quiet.workflow);
        let read = quiet.client.request(Method::GET, url.clone()).bearer_auth(&quiet.key);
        assert_eq!(quiet.client.send(read).await.unwrap().status, 200);
        let write = quiet.client.request(Method::PATCH, url).bearer_auth(&quiet.key);
        let write = write.json(&json!({ "name": format!("Name {number}") }));
        assert_eq!(quiet.client.send(write).await.unwrap().status, 200);
    }
    let later = Tenant::sign_up(&server.site, "later").await;
    assert!(!later.workflow.is_empty(), "sign-in works, too");
    assert!(waiting().await <= 6, "the share has not grown");

    lock.rollback().await.unwrap();
    let mut done = 0;
    for write in writes {
        let status = write.await.unwrap();
        assert!(matches!(status, 200 | 408 | 503), "{status}");
        done += usize::from(status == 200);
    }
    assert!(done > 0, "and in the end the writes are done");
    println!("{done} of {WRITES} writes were done");
    server.stop().await;
}
