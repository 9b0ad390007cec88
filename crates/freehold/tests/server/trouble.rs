//! A Postgres in trouble: a full disk, programs that were upgraded while it runs, and clocks that differ.

use std::{
    fs,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use reqwest::Method;
use serde_json::json;

use crate::{
    client::{Answer, Client, Tenant},
    installed::home_copy,
    postgres::{Postgres, connect},
    server::{Home, Program, Server, eventually},
};

/// Returns the response of `/readyz`.
async fn readiness(site: &str) -> Answer {
    Client::new().get(format!("{site}/readyz")).await.unwrap()
}

/// Signs up, from a client that the server does not know.
async fn sign_up(site: &str, name: &str) -> Answer {
    let client = Client::new();
    let person = json!({ "email": format!("{name}@example.test"), "password": "correct horse battery" });
    client.send(client.request(Method::POST, format!("{site}/auth/v1/signup")).json(&person)).await.unwrap()
}

async fn sign_in(site: &str, name: &str) -> Answer {
    let client = Client::new();
    let person = json!({ "email": format!("{name}@example.test"), "password": "correct horse battery" });
    let url = format!("{site}/auth/v1/token?grant_type=password");
    client.send(client.request(Method::POST, url).json(&person)).await.unwrap()
}

/// Asserts what a caller and an operator are told while nothing can be written.
async fn told_of_the_full_disk(server: &Server, tenant: &Tenant, program: &Program) {
    eventually("the server is not ready", async || readiness(&server.site).await.status == 503).await;
    let ready = readiness(&server.site).await;
    assert_eq!((ready.body["code"].as_str(), ready.retry_after), (Some("storage_full"), Some(60)), "{ready:?}");
    assert!(ready.body["detail"].as_str().unwrap().contains("disk is full"), "{ready:?}");
    let run = tenant.run(&server.site, "refused", &tenant.sample).await.unwrap();
    assert_eq!(
        (run.status, run.body["code"].as_str(), run.retry_after),
        (503, Some("storage_full"), Some(60)),
        "{run:?}"
    );
    let refused = sign_up(&server.site, "late").await;
    assert_eq!((refused.status, refused.body["error_code"].as_str()), (503, Some("storage_full")), "{refused:?}");
    tenant.get(&server.site, "/api/v1/usage").await.unwrap().expect(200);
    let doctor = program.run(&["doctor"]).await;
    assert_eq!(doctor.code, Some(1), "{}", doctor.output);
    assert!(doctor.output.contains("free space on the disk of the database"), "{}", doctor.output);
    let full = "the database's disk is full: nothing can be written";
    let log = server.output.holding(full).await;
    assert_eq!(log.matches(full).count(), 1, "one line: {log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_refuses_to_write_makes_the_server_unready_until_it_writes_again() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let url = postgres.database("freehold").await;
    let program = Program::at(&home).with("DATABASE_URL", &url);
    let server = program.start().await;
    let tenant = Tenant::sign_up(&server.site, "full").await;
    tenant.run(&server.site, "first", &tenant.sample).await.unwrap().expect(201);

    // The message of Postgres for every write.
    let admin = connect(&url).await;
    let tables = ["freehold.heartbeats", "voice.runs", "auth.users"];
    admin
        .batch_execute(
            "create function public.full() returns trigger language plpgsql as
             $$ begin raise 'could not extend file: No space left on device' using errcode = '53100'; end $$",
        )
        .await
        .unwrap();
    for table in tables {
        let trigger = format!("create trigger full_disk before insert on {table} execute function public.full()");
        admin.batch_execute(&trigger).await.unwrap();
    }
    told_of_the_full_disk(&server, &tenant, &program).await;
    for table in tables {
        admin.batch_execute(&format!("drop trigger full_disk on {table}")).await.unwrap();
    }
    eventually("the server is ready again", async || readiness(&server.site).await.status == 200).await;
    tenant.run(&server.site, "refused", &tenant.sample).await.unwrap().expect(201);
    assert_eq!(tenant.calls(&server.site).await, (2, 0), "what was refused was not counted");
    server.output.holding("the database can be written again").await;
    drop(server);
    postgres.stop().await;
}

/// A file system of this many MiB, unmounted when dropped.
struct Small(PathBuf);

impl Small {
    /// Mounts it; none if the tests may not mount file systems.
    fn mount(place: &Path, mebibytes: u32) -> Option<Self> {
        fs::create_dir_all(place).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m,mode=755"), "tmpfs"]).arg(place);
        mount.status().is_ok_and(|status| status.success()).then(|| Self(place.to_owned()))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// The write-ahead log is on another disk, so Postgres continues to run: only its data cannot grow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_is_told_and_nothing_acknowledged_is_lost() {
    let home = Home::new();
    let place = home.path().join("postgres");
    let Some(small) = Small::mount(&place, 120) else {
        println!("skipped: this process may not mount a file system");
        return;
    };
    Postgres::start(&home).await.stop().await;
    let (log, elsewhere) = (place.join("cluster/pg_wal"), home.path().join("log"));
    let owner = fs::metadata(place.join("cluster")).unwrap();
    assert!(Command::new("cp").arg("-a").arg(&log).arg(&elsewhere).status().unwrap().success());
    fs::remove_dir_all(&log).unwrap();
    symlink(&elsewhere, &log).unwrap();
    std::os::unix::fs::lchown(&log, Some(owner.uid()), Some(owner.gid())).unwrap();
    let postgres = Postgres::start(&home).await;
    let program = Program::at(&home).with("DATABASE_URL", &postgres.database("freehold").await);
    let server = program.start().await;
    let tenant = Tenant::sign_up(&server.site, "full").await;

    let ballast = place.join("ballast");
    let fill = || Command::new("dd").args(["if=/dev/zero", "bs=64k"]).arg(format!("of={}", ballast.display())).output();
    fill().unwrap();
    // Free space in existing pages is used up first.
    let mut acknowledged = 0;
    for number in 0..100_000 {
        let run = tenant.run(&server.site, &format!("run-{number}"), &tenant.sample).await.unwrap();
        match run.status {
            201 => acknowledged += 1,
            402 => break,
            503 => {
                assert_eq!(run.body["code"], "storage_full", "{run:?}");
                break;
            }
            _ => panic!("{run:?}"),
        }
    }
    eventually("the server is not ready", async || readiness(&server.site).await.status == 503).await;
    let ready = readiness(&server.site).await;
    assert_eq!(ready.body["code"], "storage_full", "{ready:?}");
    tenant.get(&server.site, "/api/v1/usage").await.unwrap().expect(200);
    let doctor = program.run(&["doctor"]).await.output;
    assert!(doctor.contains("free space on the disk of the database"), "{doctor}");

    fs::remove_file(&ballast).unwrap();
    eventually("the server is ready again", async || readiness(&server.site).await.status == 200).await;
    assert_eq!(tenant.calls(&server.site).await.0, acknowledged);
    assert_eq!(i64::try_from(tenant.runs(&server.site).await.len()).unwrap(), acknowledged);
    drop(server);
    postgres.stop().await;
    drop(small);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_whose_programs_were_upgraded_is_restarted_and_serves_on() {
    let home = Home::new();
    let bin = home_copy(&home);
    let program = Program::at(&home).with("FREEHOLD_POSTGRES_BIN", bin.to_str().unwrap());
    let server = program.start().await;
    let mut tenant = Tenant::sign_up(&server.site, "upgraded").await;
    let library = ["../lib/postgresql/plpgsql.so", "../lib/plpgsql.so"].map(|path| bin.join(path));
    let library = library.into_iter().find(|path| path.exists()).unwrap();

    for (number, file) in [bin.join("postgres"), library].into_iter().enumerate() {
        let before = home.postmaster().unwrap();
        // As a package manager does it: the new file is written beside the old one and renamed over it.
        let unpacked = file.with_extension("dpkg-new");
        fs::copy(&file, &unpacked).unwrap();
        fs::rename(&unpacked, &file).unwrap();
        eventually("another Postgres runs", async || home.postmaster().is_some_and(|process| process != before)).await;
        eventually("the server is ready", async || readiness(&server.site).await.status == 200).await;
        tenant.refresh(&server.site).await.unwrap().expect(200);
        tenant.run(&server.site, &format!("run-{number}"), &tenant.sample).await.unwrap().expect(201);
        let replaced = || server.output.text().matches("the programs of Postgres were replaced while it runs").count();
        eventually("the replacement is logged", async || replaced() > number).await;
        assert_eq!(replaced(), number + 1, "{}", server.output.text());
        eventually("its return is logged", async || {
            server.output.text().matches("Postgres serves again").count() == number + 1
        })
        .await;
    }
    server.stop().await;
}

/// The program with a clock of its own, which is controlled by a file.
fn under_another_clock(program: &Program, clock: &Path) -> Program {
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    let others = ["/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1"];
    let library = std::iter::once(library).chain(others).find(|path| Path::new(path).exists()).expect(
        "libfaketime is missing: `apt-get install faketime`, or run the tests with `make test`, which installs it",
    );
    program
        .clone()
        .with("LD_PRELOAD", library)
        .with("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap())
        .with("FAKETIME_NO_CACHE", "1")
        .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .with("DONT_FAKE_MONOTONIC", "1")
}

/// Finds rows with a time in the future.
async fn written_ahead(url: &str) -> Vec<String> {
    let database = connect(url).await;
    let ahead = "select 'bucket ' || name from freehold.rate_buckets where full_at > now() + interval '2 hours'
                 union all select 'window ' || meter from freehold.rate_windows where window_start > now() + interval '2 hours'
                 union all select 'usage ' || meter from freehold.usage_events where occurred_at > now() + interval '1 minute'
                 union all select 'user ' || email from auth.users where created_at > now() + interval '1 minute'
                 union all select 'session ' || user_id from auth.sessions where created_at > now() + interval '1 minute'
                 union all select 'run ' || id from voice.runs where started_at > now() + interval '1 minute'";
    database.query(ahead, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_clock_was_a_day_ahead_has_locked_no_user_out() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let url = postgres.database("freehold").await;
    let clock = home.path().join("clock");
    let set = |text: &str| {
        let unfinished = home.path().join("clock-unfinished");
        fs::write(&unfinished, text).unwrap();
        fs::rename(unfinished, &clock).unwrap();
    };
    set("+0\n");
    let program = Program::at(&home)
        .with("DATABASE_URL", &url)
        .with("FREEHOLD_SECRET_KEY", "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed");
    let right = program.start().await;
    let wrong = under_another_clock(&program, &clock).start().await;
    let tenant = Tenant::sign_up(&right.site, "before").await;

    // A clock can be wrong in two ways: it changes while the server runs, or before the server starts.
    set("+1d\n");
    let started = {
        let mut server = under_another_clock(&program, &clock).begin();
        server.output.holding("Freehold runs").await;
        assert!(server.lives());
        server
    };
    let site = started.output.text();
    let site = site
        .lines()
        .find(|line| line.contains("Freehold runs"))
        .unwrap()
        .rsplit_once(" at ")
        .unwrap()
        .1
        .trim()
        .to_owned();
    for (number, site) in [wrong.site.clone(), site].into_iter().enumerate() {
        eventually("it says that its clock is off", async || readiness(&site).await.status == 503).await;
        let ready = readiness(&site).await;
        assert!(ready.body["detail"].as_str().unwrap().contains("clock is 8"), "{ready:?}");
        sign_up(&site, &format!("ahead{number}")).await.expect(200);
        sign_in(&site, &format!("ahead{number}")).await.expect(200);
        sign_in(&site, "before").await.expect(200);
        tenant.get(&site, "/api/v1/usage").await.unwrap().expect(200);
        tenant.run(&site, &format!("ahead-{number}"), &tenant.sample).await.unwrap().expect(201);
    }
    let ours = "this server works by the database's clock";
    let log = wrong.output.holding(ours).await;
    assert_eq!(log.matches(ours).count(), 1, "one line: {log}");

    assert_eq!(written_ahead(&url).await, Vec::<String>::new());

    set("+0\n");
    eventually("its clock is right again", async || readiness(&wrong.site).await.status == 200).await;
    for (number, site) in [&right.site, &wrong.site].into_iter().enumerate() {
        sign_up(site, &format!("after{number}")).await.expect(200);
        sign_in(site, "before").await.expect(200);
        sign_in(site, "ahead0").await.expect(200);
    }
    right.stop().await;
    drop((wrong, started));
    postgres.stop().await;
}
