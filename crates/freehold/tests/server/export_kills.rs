//! `kill -9` at random points of exports: after the restart every export becomes ready, once, with an archive that can
//! be unpacked, and no object is left over.

use std::{
    io::{Cursor, Read},
    time::{Duration, Instant},
};

use freehold_core::Random;
use freehold_testing::{
    bucket::{Bucket, files_below},
    size,
};
use reqwest::{Method, header};
use serde_json::Value;
use tokio_postgres::Client;

use crate::{
    client::{Tenant, text},
    postgres::connect,
    server::{Home, Program, eventually},
};

/// How often the server is killed in `make test`, and in `make soak`.
const KILLS: [u32; 2] = [4, 50];
/// The files of the organization, and their size in bytes.
const FILES: [usize; 2] = [4, 9_000_000];

/// Gives the job of the worker that was killed to the next one, which otherwise waits until the lease has expired.
async fn job_resume(admin: &Client) {
    let resume = "update freehold.jobs set state = 'waiting', run_at = now(), worker = null
                  where kind = 'privacy.export' and state in ('running', 'scheduled')";
    admin.batch_execute(resume).await.unwrap();
}

async fn upload(tenant: &Tenant, site: &str) {
    for number in 0..FILES[0] {
        let request = tenant.client.request(Method::POST, format!("{site}/api/v1/files?name={number}.bin"));
        let content = vec![u8::try_from(number).unwrap(); FILES[1]];
        let request = request.header(header::AUTHORIZATION, &tenant.key).body(content);
        tenant.client.send(request).await.unwrap().expect(201);
    }
}

/// Requests an export, or gets the one that is open; its id.
async fn request(tenant: &Tenant, site: &str) -> String {
    let request = tenant.client.request(Method::POST, format!("{site}/api/v1/export"));
    let answer = tenant.client.send(request.header(header::AUTHORIZATION, &tenant.key)).await.unwrap();
    text(&answer.expect(202), "/id")
}

/// All exports of the organization.
async fn exports(tenant: &Tenant, site: &str) -> Vec<Value> {
    let page = tenant.get(site, "/api/v1/export?limit=200").await.unwrap().expect(200);
    page["data"].as_array().unwrap().clone()
}

/// Asserts that an archive is whole: every file in it unpacks, and has the content that was uploaded.
async fn unpack(tenant: &Tenant, url: &str) {
    let archive = tenant.client.request(Method::GET, url.to_owned()).send().await.unwrap().bytes().await.unwrap();
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let (mut contents, mut listed) = (0, 0);
    for index in 0..zip.len() {
        let (mut file, mut content) = (zip.by_index(index).unwrap(), Vec::new());
        file.read_to_end(&mut content).unwrap();
        let name = file.name().unwrap().into_owned();
        if name.starts_with("files/content/") {
            assert_eq!(content.len(), FILES[1]);
            assert!(content.iter().all(|byte| *byte == content[0]));
            contents += 1;
        } else if name == "manifest.json" {
            let manifest: Value = serde_json::from_slice(&content).unwrap();
            listed = manifest["entries"].as_array().unwrap().len();
        }
    }
    assert_eq!((contents, listed), (FILES[0], zip.len() - 1));
}

async fn kills(home: &Home, program: Program, stored: impl Fn() -> usize) {
    let (begun, random) = (Instant::now(), Random::system());
    let kills = size("FREEHOLD_EXPORT_KILLS", KILLS[0], KILLS[1]);
    let mut server = program.start().await;
    let tenant = Tenant::sign_up(&server.site, "exports").await;
    let plan = program.run(&["plan", &tenant.slug, "enterprise"]).await;
    assert_eq!(plan.code, Some(0), "{}", plan.output);
    upload(&tenant, &server.site).await;
    for _ in 0..kills {
        let id = request(&tenant, &server.site).await;
        let admin = connect(&home.url()).await;
        let written = format!(
            "select count(*) from freehold.exports as e
             where id = '{id}' and (state = 'ready' or exists (select from freehold.jobs where id = e.job_id and state = 'running'))"
        );
        eventually("a worker writes the archive", async || {
            admin.query_one(&written, &[]).await.unwrap().get::<_, i64>(0) == 1
        })
        .await;
        tokio::time::sleep(Duration::from_millis(u64::from(random.below(900)))).await;
        server.unharmed();
        server.kill();
        server = program.start().await;
        job_resume(&connect(&home.url()).await).await;
    }
    let site = server.site.clone();
    eventually("every export is ready", async || {
        exports(&tenant, &site).await.iter().all(|export| export["state"] == "ready")
    })
    .await;
    let exports = exports(&tenant, &site).await;
    for export in exports.iter().take(5) {
        unpack(&tenant, &text(export, "/url")).await;
    }

    let admin = connect(&home.url()).await;
    let count = async |query: &str| admin.query_one(query, &[]).await.unwrap().get::<_, i64>(0);
    let ready = i64::try_from(exports.len()).unwrap();
    eventually("every job has ended", async || {
        count("select count(*) from freehold.jobs where kind = 'privacy.export'").await == 0
    })
    .await;
    assert_eq!(count("select count(*) from freehold.events where type = 'export.ready'").await, ready);
    assert_eq!(count("select count(*) from freehold.audit_entries where action = 'export.ready'").await, ready);
    assert_eq!(count("select count(*) from freehold.mails where template = 'export_ready'").await, ready);

    // An upload that was killed is due after a quarter of an hour, for which this test does not wait.
    let due = "update freehold.files set due_at = now() - interval '1 minute' where state <> 'stored'";
    let interrupted = admin.execute(due, &[]).await.unwrap();
    let repaired = program.run(&["files", "check", "--repair"]).await;
    assert_eq!(repaired.code, Some(0), "{}", repaired.output);
    let checked = program.run(&["files", "check"]).await;
    assert!(checked.output.contains(", 0 findings, 0 left"), "{}", checked.output);
    assert_eq!(stored(), exports.len() + FILES[0], "an object for each archive and each file");
    assert_eq!(count("select count(*) from freehold.files where not listed").await, ready);
    let took = begun.elapsed();
    println!(
        "{kills} kills in {took:.1?}: {ready} exports, all ready, announced once; {interrupted} archives were interrupted, \
         and nothing is left of them"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_it_exports_to_a_folder_finishes_every_export_once() {
    let home = Home::begun().await;
    let program = Program::at(&home).with("FREEHOLD_FILES_ORGANIZATION_MEGABYTES", "0");
    let folder = home.data().join("files");
    kills(&home, program, || files_below(&folder).len()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_it_exports_to_an_s3_finishes_every_export_once() {
    let (home, bucket) = (Home::begun().await, Bucket::start().await);
    let program = Program::at(&home).with("FREEHOLD_FILES_ORGANIZATION_MEGABYTES", "0").storing_in(&bucket);
    kills(&home, program, || files_below(&bucket.objects()).len()).await;
}
