//! A PgBouncer in transaction mode between the tests and their Postgres.

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    process::{Child, Command, Stdio},
};

use super::{Cluster, eventually, program, url_of};

const PORT: u16 = 6432;

/// A running PgBouncer, stopped when dropped. It has four connections to each database for each login.
pub struct Pooler {
    folder: tempfile::TempDir,
    process: Child,
}

impl Pooler {
    /// Starts one for this server.
    pub async fn start(cluster: &Cluster) -> Self {
        let folder = tempfile::Builder::new().prefix("freehold-pooler-").tempdir().unwrap();
        let place = folder.path().display();
        let config = format!(
            "[databases]\n* = host={server} port={port}\n[pgbouncer]\nunix_socket_dir = {place}\nlisten_port = {PORT}\n\
             auth_type = trust\nauth_file = {place}/logins\npool_mode = transaction\ndefault_pool_size = 4\n\
             max_client_conn = 400\nlogfile = {place}/log\n",
            server = cluster.socket().display(),
            port = cluster.port(),
        );
        fs::write(folder.path().join("config.ini"), config).unwrap();
        fs::write(folder.path().join("logins"), "\"postgres\" \"\"\n\"freehold_server\" \"\"\n").unwrap();

        // Runs as the server's user: PgBouncer refuses to run as root, and no other user may open the socket.
        let owner = fs::metadata(cluster.socket()).unwrap();
        let (user, group) = (owner.uid(), owner.gid());
        let mut command = Command::new(program("pgbouncer", "pgbouncer"));
        command.arg("-q").arg(folder.path().join("config.ini")).stdout(Stdio::null()).stderr(Stdio::null());
        if fs::metadata(folder.path()).unwrap().uid() != user {
            for path in [folder.path().to_owned(), folder.path().join("config.ini"), folder.path().join("logins")] {
                std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
            }
            command.uid(user).gid(group);
        }
        let pooler = Self { process: command.spawn().unwrap(), folder };
        let url = pooler.url("postgres", "postgres");
        eventually("PgBouncer serves", async || tokio_postgres::connect(&url, tokio_postgres::NoTls).await.is_ok())
            .await;
        pooler
    }

    /// The URL of a database behind it.
    pub fn url(&self, user: &str, database: &str) -> String {
        url_of(self.folder.path(), PORT, user, database)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
