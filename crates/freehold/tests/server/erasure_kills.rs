//! `kill -9` at random points of erasing organizations and users: what continues leaves no row and no object of them,
//! and takes nothing from others.

use std::time::{Duration, Instant};

use freehold_core::Random;
use freehold_testing::{bucket::files_below, size};
use reqwest::{Method, header};
use serde_json::{Value, json};
use tokio_postgres::Client as Admin;

use crate::{
    client::{Tenant, text},
    postgres::connect,
    server::{Home, Program},
};

/// How often the process is killed in `make test`, and in `make soak`.
const KILLS: [u32; 2] = [4, 50];
/// Files of each organization.
const FILES: usize = 8;
/// Rows of each organization beside what its owner created, which are deleted in several batches.
const ROWS: i32 = 3_000;

/// An organization and its owner, both of which are to be deleted.
struct Doomed {
    organization: String,
    user: String,
    email: String,
}

async fn ask(tenant: &Tenant, method: Method, url: String, body: Option<&Value>) -> Value {
    let request = tenant.client.request(method, url).bearer_auth(&tenant.access_token);
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    let answer = tenant.client.send(request).await.unwrap();
    assert!((200..300).contains(&answer.status), "{} {}", answer.status, answer.body);
    answer.body
}

async fn upload(tenant: &Tenant, site: &str, length: usize) {
    let upload = tenant.client.request(Method::POST, format!("{site}/api/v1/files?name=a.bin"));
    let upload = upload.header(header::AUTHORIZATION, &tenant.key).body(vec![7; length]);
    tenant.client.send(upload).await.unwrap().expect(201);
}

/// Signs up a user with an organization full of things, and requests the deletion of both; `alone` deletes the account
/// only, with which the organization goes. Both are due at once.
async fn doomed(admin: &Admin, site: &str, name: &str, alone: bool) -> Doomed {
    let tenant = Tenant::sign_up(site, name).await;
    for index in 0..FILES {
        upload(&tenant, site, 1_000 * (index + 1)).await;
    }
    let invite = json!({ "email": format!("guest-{name}@example.test"), "role": "viewer" });
    ask(&tenant, Method::POST, format!("{site}/api/v1/invitations"), Some(&invite)).await;
    let me = ask(&tenant, Method::GET, format!("{site}/api/v1/me"), None).await;
    let (organization, user, email) = (text(&me, "/organizations/0/id"), text(&me, "/id"), text(&me, "/email"));
    let rows = "insert into freehold.events (tenant_id, id, type, version, data, occurred_at)
                select $1::text::uuid, gen_random_uuid(), 'it.kept', 1, json_build_object('n', n), now()
                from generate_series(1, $2::int) as n";
    admin.execute(rows, &[&organization, &ROWS]).await.unwrap();
    if !alone {
        let body = json!({ "slug": tenant.slug });
        ask(&tenant, Method::POST, format!("{site}/api/v1/organizations/{organization}/deletion"), Some(&body)).await;
    }
    ask(&tenant, Method::POST, format!("{site}/api/v1/me/deletion"), Some(&json!({ "email": email }))).await;
    // The grace period is 30 days, for which this test does not wait.
    let due = "update freehold.tenant_deletions set due_at = now() - interval '1 minute' where tenant_id::text = $1";
    admin.execute(due, &[&organization]).await.unwrap();
    let due = "update freehold.user_deletions set due_at = now() - interval '1 minute' where user_id::text = $1";
    admin.execute(due, &[&user]).await.unwrap();
    Doomed { organization, user, email }
}

/// What a bystander has: files with their bytes, the bytes that are counted, and rows in all tables.
async fn belongings(admin: &Admin, organization: &str) -> Vec<(String, i64)> {
    let tables = admin.query("select t::text from freehold.tenant_tables() as t order by 1", &[]).await.unwrap();
    let mut found = Vec::new();
    // Jobs come and go by themselves, and the requests of keys are counted later.
    let settled = |table: &String| !["freehold.jobs", "freehold.api_key_days"].contains(&table.as_str());
    for table in tables.iter().map(|row| row.get::<_, String>(0)).filter(settled) {
        let count = format!("select count(*) from {table} where tenant_id::text = $1");
        found.push((table, admin.query_one(&count, &[&organization]).await.unwrap().get(0)));
    }
    let used = "select coalesce(sum(used), 0)::bigint from freehold.usage_totals where tenant_id::text = $1";
    found.push(("used".to_owned(), admin.query_one(used, &[&organization]).await.unwrap().get(0)));
    found
}

/// Completes all erasures.
async fn complete(program: &Program, admin: &Admin) {
    // The organizations of accounts that are deleted in one run follow in the same run or the next.
    for _ in 0..2 {
        let finished = program.run(&["erasure", "run"]).await;
        assert_eq!(finished.code, Some(0), "{}", finished.output);
    }
    // The second look is a quarter of an hour later, for which this test does not wait either.
    let calm = "update freehold.erasures set removed_at = removed_at - interval '1 hour'";
    admin.execute(calm, &[]).await.unwrap();
    for _ in 0..2 {
        assert_eq!(program.run(&["erasure", "run"]).await.code, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_is_killed_is_continued_and_leaves_nothing() {
    let (begun, random) = (Instant::now(), Random::system());
    let kills = size("FREEHOLD_ERASURE_KILLS", KILLS[0], KILLS[1]);
    let home = Home::begun().await;
    let program = Program::at(&home);
    let folder = home.data().join("files");
    let server = program.start().await;
    let admin = connect(&home.url()).await;
    let bystander = Tenant::sign_up(&server.site, "bystander").await;
    upload(&bystander, &server.site, 5_000).await;
    let me = ask(&bystander, Method::GET, format!("{}/api/v1/me", server.site), None).await;
    let kept = text(&me, "/organizations/0/id");
    // Entries of the audit are chained within seconds.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = belongings(&admin, &kept).await;

    let mut all = Vec::new();
    let (mut unfinished, mut interrupted) = (0, 0);
    // How long a run takes, which the first one shows.
    let mut longest = Duration::from_secs(4);
    for number in 0..kills {
        all.push(doomed(&admin, &server.site, &format!("doomed{number}"), number % 2 == 1).await);
        let mut run = program.begin_as(&["erasure", "run"]);
        let started = Instant::now();
        let wait = Duration::from_millis(u64::from(random.below(u32::try_from(longest.as_millis()).unwrap())));
        while started.elapsed() < wait && run.lives() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if run.lives() {
            run.kill();
            unfinished += 1;
        } else {
            longest = longest.min(started.elapsed());
        }
        let begun = "select count(*) from freehold.erasures where kind = 'organization' and removed_at is null";
        interrupted += u32::from(admin.query_one(begun, &[]).await.unwrap().get::<_, i64>(0) > 0);
    }
    complete(&program, &admin).await;
    for Doomed { organization, user, email } in &all {
        let of_tenant = program.run(&["erasure", "verify", "--tenant", organization, "--email", email]).await;
        assert_eq!(of_tenant.code, Some(0), "{}", of_tenant.output);
        assert!(of_tenant.output.contains("the erasure was completed at"), "{}", of_tenant.output);
        let of_user = program.run(&["erasure", "verify", "--user", user, "--email", email]).await;
        assert_eq!(of_user.code, Some(0), "{}", of_user.output);
    }
    let found = program.run(&["erasure", "verify", "--tenant", &kept]).await;
    assert_eq!(found.code, Some(1), "{}", found.output);
    assert!(found.output.contains("left   freehold.tenants.tenant_id"), "{}", found.output);
    assert_eq!(belongings(&admin, &kept).await, before, "what the bystander has");
    assert_eq!(files_below(&folder).len(), 1, "objects");
    let checked = program.run(&["files", "check"]).await;
    assert!(checked.output.contains(", 0 findings, 0 left"), "{}", checked.output);
    println!(
        "{kills} organizations and users erased in {:.1?}: {unfinished} runs killed, after {interrupted} of which an \
         organization was half erased; nothing of them is left",
        begun.elapsed()
    );
    server.stop().await;
}
