use std::{fs, os::unix::fs::PermissionsExt};

use crate::{
    client::ask,
    workshop::{bounded, folder, start},
};

#[tokio::test]
async fn a_long_path_gets_its_socket_in_the_temporary_folder() {
    let folder = folder();
    let data = folder.path().join("long".repeat(30));
    let server = start(&data).await.unwrap();
    let socket = server.socket_dir().to_path_buf();
    assert!(socket.starts_with(std::env::temp_dir()), "{}", socket.display());
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(ask(&server, "select 1").await.unwrap(), "1");
    bounded(server.stop()).await.unwrap();
    assert!(!socket.exists());
}

#[tokio::test]
async fn odd_characters_in_the_path_do_no_harm() {
    let folder = folder();
    let data = folder.path().join("a b,\"c'%ü");
    let server = start(&data).await.unwrap();
    assert_eq!(ask(&server, "select 1").await.unwrap(), "1");
    bounded(server.stop()).await.unwrap();
}

/// This happens only to root: for any other user the server runs as that user.
#[tokio::test]
async fn a_folder_that_the_servers_user_cannot_reach_is_placed_elsewhere() {
    let folder = folder();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, PermissionsExt::from_mode(0o700)).unwrap();
    let data = closed.join("postgres");
    let server = start(&data).await.unwrap();
    ask(&server, "create table kept as select 3 as answer").await.unwrap();
    let placed = fs::read_link(&data).ok();
    bounded(server.stop()).await.unwrap();

    let server = start(&data).await.unwrap();
    assert_eq!(ask(&server, "select answer from kept").await.unwrap(), "3");
    bounded(server.stop()).await.unwrap();
    if let Some(placed) = placed {
        assert!(placed.starts_with("/var/lib/freehold"), "{}", placed.display());
        fs::remove_dir_all(placed).unwrap();
    }
}
