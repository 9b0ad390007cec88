use std::{fs, time::Duration};

use freehold_postgres::{Server, Settings};

use crate::{
    client::{ask, ask_at},
    workshop::{Freehold, bounded, eventually, folder, runs, signal, start},
};

#[tokio::test]
async fn a_killed_server_comes_back_on_the_same_socket() {
    let folder = folder();
    // Durable, because a volatile server may lose the last half second.
    let settings = Settings::new(folder.path().join("pg"));
    let server = bounded(Server::start(settings)).await.unwrap();
    ask(&server, "create table kept as select 7 as answer").await.unwrap();
    let (url, first) = (server.url("postgres", "postgres"), server.pid().unwrap());
    // A client with an open connection keeps a backend running, and with it the shared memory.
    let socket = server.socket_dir().join(format!(".s.PGSQL.{}", server.port()));
    let busy = tokio::spawn(ask_at(socket, "select count(*) from generate_series(1, 100000000)"));
    let running = "select count(*) from pg_stat_activity where query like '%generate_series%' \
                   and pid <> pg_backend_pid() and state = 'active'";
    eventually("busy", async || ask(&server, running).await.is_ok_and(|n| n == "1")).await;

    for _ in 0..2 {
        let before = server.pid().unwrap();
        signal("KILL", before);
        eventually("back", async || server.pid().is_some_and(|process| process != before)).await;
        assert_eq!(ask(&server, "select answer from kept").await.unwrap(), "7");
        assert_eq!(server.url("postgres", "postgres"), url);
    }
    assert!(!runs(first));
    assert!(busy.await.unwrap().is_err(), "its server died");
    bounded(server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_server_can_be_stopped_while_it_is_down() {
    let folder = folder();
    let data = folder.path().join("pg");
    let server = start(&data).await.unwrap();
    fs::rename(data.join("cluster/global"), data.join("cluster/gone")).unwrap();
    signal("KILL", server.pid().unwrap());
    eventually("down", async || server.pid().is_none()).await;
    let log = data.join("postgres.log");
    let complaint = || fs::read_to_string(&log).unwrap_or_default().matches("global").count();
    eventually("tries again and again", async || complaint() > 3).await;
    assert_eq!(server.pid(), None);
    bounded(server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_killed_freehold_leaves_no_server_and_its_data_is_whole() {
    let folder = folder();
    let data = folder.path().join("pg");
    let freehold = Freehold::spawn(&data);
    let postgres = freehold.postgres;
    let socket = data.join("socket/.s.PGSQL.5432");
    ask_at(socket, "create table kept as select 9 as answer").await.unwrap();
    freehold.kill();
    eventually("the server is gone", async || !runs(postgres)).await;

    let server = start(&data).await.unwrap();
    assert_eq!(ask(&server, "select answer from kept").await.unwrap(), "9");
    bounded(server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_start_right_after_the_kill_waits_for_the_old_server() {
    let folder = folder();
    let data = folder.path().join("pg");
    for _ in 0..3 {
        Freehold::spawn(&data).kill();
        let server = start(&data).await.unwrap();
        assert_eq!(ask(&server, "select 1").await.unwrap(), "1");
        bounded(server.stop()).await.unwrap();
    }
}

/// The kills happen at moments from before the folder is created through `initdb` to the server's own start.
#[tokio::test]
async fn a_freehold_killed_in_its_first_start_does_no_harm() {
    for milliseconds in [30, 60, 160, 300, 500, 700] {
        let folder = folder();
        let data = folder.path().join("pg");
        let mut freehold = Freehold::begin(&data);
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        freehold.kill().unwrap();
        freehold.wait().unwrap();
        let server = start(&data).await.unwrap_or_else(|error| panic!("{milliseconds} ms: {error}"));
        assert_eq!(ask(&server, "select 1").await.unwrap(), "1", "{milliseconds} ms");
        let left = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name());
        let unfinished = left.filter(|name| name.to_string_lossy().starts_with("unfinished")).count();
        assert_eq!(unfinished, 0, "{milliseconds} ms");
        bounded(server.stop()).await.unwrap();
    }
}

#[tokio::test]
async fn an_orphan_without_a_watcher_is_stopped_by_the_next_start() {
    let folder = folder();
    let data = folder.path().join("pg");
    let freehold = Freehold::spawn(&data);
    let postgres = freehold.postgres;
    // The watcher is a child process of that Freehold and is not Postgres. A stopped watcher can neither act nor be
    // replaced; one that is being started still looks like another process.
    let mut stopped = Vec::new();
    eventually("every watcher is stopped", async || {
        let watchers: Vec<u32> = children(freehold.child.id()).into_iter().filter(|&child| child != postgres).collect();
        for &watcher in &watchers {
            signal("STOP", watcher);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now: Vec<u32> = children(freehold.child.id()).into_iter().filter(|&child| child != postgres).collect();
        stopped.extend(watchers.iter().copied());
        !now.is_empty() && now == watchers
    })
    .await;
    freehold.kill();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(runs(postgres), "an orphan");

    let server = start(&data).await.unwrap();
    assert!(!runs(postgres));
    assert_eq!(ask(&server, "select 1").await.unwrap(), "1");
    // When it continues, it finds that its server has ended, and signals no other process.
    // Other children of that Freehold, which ended by themselves, may have been stopped too.
    for process in stopped.into_iter().filter(|&process| runs(process)) {
        signal("CONT", process);
        eventually("the watcher ends", async || !runs(process)).await;
    }
    assert_eq!(ask(&server, "select 1").await.unwrap(), "1");
    bounded(server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_killed_watcher_is_replaced() {
    let folder = folder();
    let data = folder.path().join("pg");
    let freehold = Freehold::spawn(&data);
    let postgres = freehold.postgres;
    let watcher = || children(freehold.child.id()).into_iter().find(|&process| process != postgres);
    let first = watcher().unwrap();
    signal("KILL", first);
    eventually("another", async || watcher().is_some_and(|next| next != first && runs(next))).await;
    assert!(runs(postgres));
    freehold.kill();
    eventually("the server is gone", async || !runs(postgres)).await;
}

#[tokio::test]
async fn a_stale_pid_file_of_a_living_process_does_no_harm() {
    let folder = folder();
    let data = folder.path().join("pg");
    bounded(start(&data).await.unwrap().stop()).await.unwrap();
    let own = std::process::id().to_string();
    for content in ["1", &own, "", "nonsense", "999999999"] {
        let file = data.join("cluster/postmaster.pid");
        fs::write(&file, format!("{content}\n/elsewhere\n0\n5432\n")).unwrap();
        let server = start(&data).await.unwrap_or_else(|error| panic!("{content:?}: {error}"));
        assert_eq!(ask(&server, "select 1").await.unwrap(), "1", "{content:?}");
        bounded(server.stop()).await.unwrap();
    }
}

/// Postgres itself cannot distinguish a process of the server's own user from a server.
#[tokio::test]
async fn a_stale_pid_file_of_the_servers_user_does_no_harm() {
    let folder = folder();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let other = start(&one).await.unwrap();
    bounded(start(&two).await.unwrap().stop()).await.unwrap();
    let stale = format!("{}\n{}\n0\n5432\n", other.pid().unwrap(), two.display());
    fs::write(two.join("cluster/postmaster.pid"), stale).unwrap();
    let server = start(&two).await.unwrap();
    assert_eq!(ask(&other, "select 1").await.unwrap(), "1", "the other server was left alone");
    bounded(server.stop()).await.unwrap();
    bounded(other.stop()).await.unwrap();
}

fn children(process: u32) -> Vec<u32> {
    let output = std::process::Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().filter_map(|line| {
        let mut numbers = line.split_whitespace().map(|number| number.parse::<u32>().unwrap());
        Some((numbers.next()?, numbers.next()?))
    });
    pairs.filter(|&(_, parent)| parent == process).map(|(child, _)| child).collect()
}
