//! Starting, stopping, and the commands beside a running server.

use crate::{
    client::{Client, Tenant},
    postgres::{Postgres, connect, waiting},
    server::{Home, Program, eventually, signal},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_starts_on_an_empty_folder_and_goes_on_where_it_was() {
    let home = Home::new();
    let program = Program::at(&home);
    let server = program.start().await;
    let screen = server.output.holding("Ctrl-C stops it").await;
    for said in ["Freehold runs VoiceFX AI at http://127.0.0.1:", "local Postgres in ", "/dev/mail", "Ctrl-C stops it"]
    {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    let mut tenant = Tenant::sign_up(&server.site, "life").await;
    tenant.run(&server.site, "first", &tenant.sample).await.unwrap().expect(201);
    server.stop().await;
    assert_eq!(home.postmaster(), None, "its Postgres went with it");

    let server = program.start().await;
    assert_eq!(tenant.calls(&server.site).await, (1, 0));
    let again = tenant.run(&server.site, "first", &tenant.sample).await.unwrap();
    assert!(again.replayed, "the answer was kept, and so was the key that sealed it: {again:?}");
    tenant.refresh(&server.site).await.unwrap().expect(200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_server_on_the_folder_or_the_port_of_the_first_is_told_so() {
    let home = Home::new();
    let program = Program::at(&home);
    let server = program.start().await;

    let folder = program.refused().await.output;
    let process = server.process();
    assert!(folder.contains(&format!("another freehold (process {process}) is using")), "{folder}");

    let address = server.site.trim_start_matches("http://");
    let elsewhere = home.path().join("elsewhere");
    let port = program.clone().with("FREEHOLD_DATA", elsewhere.to_str().unwrap()).with("FREEHOLD_LISTEN", address);
    let port = port.refused().await.output;
    assert!(
        port.contains(&format!("cannot listen on {address}: another program listens there"))
            && port.contains("--listen"),
        "{port}"
    );
    assert!(!elsewhere.exists(), "it did nothing before it knew");

    Client::new().get(format!("{}/readyz", server.site)).await.unwrap().expect(200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_told_to_stop_first_finishes_what_is_under_way() {
    stopped_in_a_request("TERM").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_server_first_finishes_what_is_under_way() {
    stopped_in_a_request("INT").await;
}

async fn stopped_in_a_request(name: &str) {
    let home = Home::begun().await;
    let mut server = Program::at(&home).start().await;
    let tenant = Tenant::sign_up(&server.site, "slow").await;
    tenant.run(&server.site, "before", &tenant.sample).await.unwrap().expect(201);

    // Another transaction locks what the run needs.
    let holder = connect(&home.url()).await;
    holder.batch_execute("begin; select * from freehold.usage_totals for update").await.unwrap();
    let (client, site) = (tenant.clone(), server.site.clone());
    let slow = tokio::spawn(async move { client.run(&site, "slow", &client.sample).await });
    eventually("the run waits", async || waiting(&holder).await).await;

    signal(name, server.process());
    eventually("nobody new is let in", async || Client::new().get(format!("{}/healthz", server.site)).await.is_err())
        .await;
    assert!(server.lives(), "it waits for the run");
    assert!(home.postmaster().is_some(), "and so does its Postgres");
    holder.batch_execute("rollback").await.unwrap();
    slow.await.unwrap().unwrap().expect(201);
    drop(holder);
    let status = server.ended().await;
    assert_eq!(status.code(), Some(0), "{}", server.output.text());
    server.unharmed();
    assert_eq!(home.postmaster(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_are_applied_once() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let program = Program::at(&home).with("DATABASE_URL", &postgres.database("freehold").await);
    let first = program.run(&["migrate"]).await;
    assert_eq!(first.code, Some(0), "{}", first.output);
    assert!(first.output.contains("applied db/0001_tenant_context"), "{}", first.output);
    assert!(first.output.contains(" applied, 0 were there before"), "{}", first.output);
    let second = program.run(&["migrate"]).await;
    assert_eq!(second.code, Some(0), "{}", second.output);
    assert!(second.output.contains("0 applied, "), "{}", second.output);
    program.start().await.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_work_beside_a_running_server_and_without_one() {
    let home = Home::new();
    let program = Program::at(&home);
    let server = program.start().await;
    let tenant = Tenant::sign_up(&server.site, "plans").await;
    let plan = async || {
        let usage = tenant.get(&server.site, "/api/v1/usage").await.unwrap().expect(200);
        usage["plan"].as_str().unwrap().to_owned()
    };
    assert_eq!(plan().await, "free");
    let changed = program.run(&["plan", &tenant.slug, "pro"]).await;
    assert_eq!(changed.code, Some(0), "{}", changed.output);
    assert!(changed.output.contains(&format!("{} has the plan Pro", tenant.slug)), "{}", changed.output);
    eventually("the server knows", async || plan().await == "pro").await;

    for (arguments, said) in [
        (
            ["plan", tenant.slug.as_str(), "gold"],
            "there is no plan \"gold\"; there are: free, starter, pro, enterprise",
        ),
        (["plan", "nobody", "pro"], "organization"),
    ] {
        let refused = program.run(&arguments).await;
        assert_eq!(refused.code, Some(1), "{}", refused.output);
        assert!(refused.output.contains(said), "{}", refused.output);
    }
    let migrated = program.run(&["migrate"]).await;
    assert_eq!(migrated.code, Some(0), "{}", migrated.output);
    server.stop().await;

    let changed = program.run(&["plan", &tenant.slug, "starter"]).await;
    assert_eq!(changed.code, Some(0), "{}", changed.output);
    assert_eq!(home.postmaster(), None, "the command stopped the Postgres that it had started");
}
