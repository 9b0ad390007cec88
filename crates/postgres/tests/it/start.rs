use std::fs;

use freehold_postgres::{Durability, Server, Settings};

use crate::{
    client::ask,
    workshop::{bounded, folder, runs, start, volatile},
};

#[tokio::test]
async fn a_restart_keeps_the_data() {
    let folder = folder();
    let data = folder.path().join("a/b/postgres");
    let server = start(&data).await.unwrap();
    ask(&server, "create table kept as select 42 as answer").await.unwrap();
    let first = server.pid().unwrap();
    bounded(server.stop()).await.unwrap();
    assert!(!runs(first));

    let server = start(&data).await.unwrap();
    assert_eq!(ask(&server, "select answer from kept").await.unwrap(), "42");
    assert!(data.join("postgres.previous.log").exists());
    bounded(server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_durable_server_flushes_and_a_volatile_one_does_not() {
    let folder = folder();
    let durable = || Settings::new(folder.path().join("durable"));
    let flushing = "select string_agg(setting, ',' order by name) from pg_settings \
                    where name in ('fsync', 'full_page_writes', 'synchronous_commit')";
    let server = start(durable().data).await.unwrap();
    assert_eq!(ask(&server, flushing).await.unwrap(), "off,off,off");
    assert!(durable().data.join("unsynced").exists());
    bounded(server.stop()).await.unwrap();

    assert_eq!(durable().durability, Durability::Durable);
    let server = bounded(Server::start(durable())).await.unwrap();
    assert_eq!(ask(&server, flushing).await.unwrap(), "on,on,on");
    assert!(!durable().data.join("unsynced").exists(), "flushed before the durable start");
    bounded(server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_new_durable_cluster_comes_up() {
    let folder = folder();
    let server = bounded(Server::start(Settings::new(folder.path().join("pg")))).await.unwrap();
    let locale = "select pg_encoding_to_char(encoding) || ' ' || datcollate || ' ' || \
                  current_setting('timezone') from pg_database where datname = 'postgres'";
    assert_eq!(ask(&server, locale).await.unwrap(), "UTF8 C.UTF-8 UTC");
    bounded(server.stop()).await.unwrap();
}

#[tokio::test]
async fn an_interrupted_initdb_does_no_harm() {
    let folder = folder();
    let data = folder.path().join("pg");
    let unfinished = data.join("unfinished-1");
    fs::create_dir_all(unfinished.join("base")).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    let server = start(&data).await.unwrap();
    assert_eq!(ask(&server, "select 1").await.unwrap(), "1");
    assert!(!unfinished.exists());
    bounded(server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_server_is_on_tcp_only_when_asked() {
    let folder = folder();
    let server = start(folder.path().join("socket")).await.unwrap();
    assert_eq!(ask(&server, "show listen_addresses").await.unwrap(), "");
    bounded(server.stop()).await.unwrap();

    let settings = Settings { tcp: true, ..volatile(folder.path().join("tcp")) };
    let server = bounded(Server::start(settings)).await.unwrap();
    assert_eq!(ask(&server, "show listen_addresses").await.unwrap(), "127.0.0.1");
    tokio::net::TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    bounded(server.stop()).await.unwrap();
}

#[tokio::test]
async fn a_dropped_server_stops_by_itself() {
    let folder = folder();
    let data = folder.path().join("pg");
    let server = start(&data).await.unwrap();
    let process = server.pid().unwrap();
    drop(server);
    crate::workshop::eventually("the server stops", async || !runs(process)).await;
}
