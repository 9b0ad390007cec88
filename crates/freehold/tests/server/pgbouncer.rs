//! A PgBouncer in transaction mode in front of a Postgres.

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::{Child, Command, Stdio},
};

use freehold_testing::program;

use crate::{
    certificates::Authority,
    nginx::free_address,
    postgres::Postgres,
    server::{eventually, url_of},
};

const PORT: u16 = 6432;

/// A running PgBouncer, ended when dropped. It has four connections to each database for each login.
pub(crate) struct PgBouncer {
    folder: tempfile::TempDir,
    process: Child,
    port: u16,
}

impl PgBouncer {
    /// Starts a PgBouncer in front of this Postgres.
    pub(crate) async fn before(postgres: &Postgres) -> Self {
        Self::before_socket(postgres.socket_folder(), postgres.port(), &["postgres", "freehold_server"], None).await
    }

    /// Starts a PgBouncer in front of the Postgres with its socket there, for these logins. With an authority it also listens on
    /// `localhost` with a certificate, and refuses connections there without TLS.
    pub(crate) async fn before_socket(
        socket_folder: &Path,
        server_port: u16,
        logins: &[&str],
        authority: Option<&Authority>,
    ) -> Self {
        let folder = tempfile::Builder::new().prefix("freehold-pgbouncer-").tempdir_in("/tmp").unwrap();
        let place = folder.path().display();
        let mut files = vec!["config.ini", "logins"];
        let (mut port, mut over_tls) = (PORT, String::new());
        if let Some(authority) = authority {
            let (certificate, key) = authority.certificate("localhost");
            fs::write(folder.path().join("certificate"), certificate).unwrap();
            fs::write(folder.path().join("key"), key).unwrap();
            files.extend(["certificate", "key"]);
            port = free_address().port();
            over_tls = format!(
                "listen_addr = 127.0.0.1\nclient_tls_sslmode = require\nclient_tls_cert_file = {place}/certificate\n\
                 client_tls_key_file = {place}/key\n"
            );
        }
        let config = format!(
            "[databases]\n* = host={server} port={server_port}\n[pgbouncer]\nunix_socket_dir = {place}\nlisten_port = {port}\n\
             auth_type = trust\nauth_file = {place}/logins\npool_mode = transaction\ndefault_pool_size = 4\n\
             max_client_conn = 400\nserver_login_retry = 1\nlogfile = {place}/log\n{over_tls}",
            server = socket_folder.display(),
        );
        fs::write(folder.path().join("config.ini"), config).unwrap();
        let logins: Vec<String> = logins.iter().map(|login| format!("\"{login}\" \"\"\n")).collect();
        fs::write(folder.path().join("logins"), logins.concat()).unwrap();

        // As the user of Postgres: PgBouncer refuses to run as root, and other users cannot reach the socket.
        let owner = fs::metadata(socket_folder).unwrap();
        let (user, group) = (owner.uid(), owner.gid());
        let mut command = Command::new(program("pgbouncer", "pgbouncer"));
        command.arg("-q").arg(folder.path().join("config.ini")).stdout(Stdio::null()).stderr(Stdio::null());
        if fs::metadata(folder.path()).unwrap().uid() != user {
            for path in files.into_iter().map(|name| folder.path().join(name)).chain([folder.path().to_owned()]) {
                std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
            }
            command.uid(user).gid(group);
        }
        let pooler = Self { process: command.spawn().unwrap(), folder, port };
        let url = pooler.url("postgres", "postgres");
        eventually("PgBouncer serves", async || tokio_postgres::connect(&url, tokio_postgres::NoTls).await.is_ok())
            .await;
        pooler
    }

    /// The URL of a database behind it.
    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        url_of(self.folder.path(), self.port, user, database)
    }

    /// The URL of a database behind it, over TLS with every check; `root` is the file with the authority's certificate.
    pub(crate) fn url_over_tls(&self, user: &str, database: &str, root: &Path) -> String {
        let (port, root) = (self.port, root.display());
        format!("postgres://{user}:secret@localhost:{port}/{database}?sslmode=verify-full&sslrootcert={root}")
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
