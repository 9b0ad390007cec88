//! Two servers on one database are one service.

use std::time::Instant;

use reqwest::Method;

use crate::{
    client::Tenant,
    load::runs_at_once,
    postgres::Postgres,
    server::{Home, Program, eventually},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_start_at_once_on_an_empty_database_serve_the_same_tenant() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let migration = postgres.database("freehold").await;
    let program = Program::at(&home)
        .with("DATABASE_URL", &postgres.url("freehold_server", "freehold"))
        .with("DATABASE_MIGRATION_URL", &migration)
        .with("FREEHOLD_SECRET_KEY", &"5eed".repeat(16))
        .with("FREEHOLD_SITE_URL", "http://one.test");
    let (one, other) = tokio::join!(program.start(), program.start());

    // Created at one server and known at the other: the key, the session, the workflow, the limit.
    let mut tenant = Tenant::sign_up(&one.site, "shared").await;
    assert_eq!(runs_at_once(&tenant, &[&one.site, &other.site], 200).await, [(201, 50), (402, 150)].into());
    assert_eq!(tenant.calls(&other.site).await, (50, 0));
    let me = tenant.client.request(Method::GET, format!("{}/api/v1/me", other.site)).bearer_auth(&tenant.access_token);
    tenant.client.send(me).await.unwrap().expect(200);
    tenant.refresh(&other.site).await.unwrap().expect(200);

    let url = format!("{}/api/v1/keys/{}", one.site, tenant.key_id);
    let revoke = tenant.client.request(Method::DELETE, url).bearer_auth(&tenant.access_token);
    tenant.client.send(revoke).await.unwrap().expect(200);
    let revoked = Instant::now();
    eventually("the other server refuses the key", async || {
        let status = tenant.get(&other.site, "/api/v1/usage").await.unwrap().status;
        assert!(matches!(status, 200 | 401), "{status}");
        status == 401
    })
    .await;
    println!("a key revoked on one server was refused by the other {:?} later", revoked.elapsed());

    one.kill();
    tenant.refresh(&other.site).await.unwrap().expect(200);
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_start_at_once_keep_one_secret_key_in_a_shared_folder() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let url = postgres.database("freehold").await;
    let program = Program::at(&home).with("DATABASE_URL", &url);
    let (one, other) = tokio::join!(program.start(), program.start());
    let tenant = Tenant::sign_up(&one.site, "shared-folder").await;
    tenant.get(&other.site, "/api/v1/usage").await.unwrap().expect(200);
    one.stop().await;
    other.stop().await;
}
