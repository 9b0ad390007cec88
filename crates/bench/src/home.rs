//! The folder of one run, below `target/`.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// A folder with the server's data and the scripts of the load generators. It is deleted when dropped.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Result<Self> {
        let own = std::env::current_exe().context("asking where this program is")?;
        // The program is `target/release/freehold-bench`, so the target folder is two levels up.
        let target = own.ancestors().nth(2).context("this program is in no folder")?;
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(target).context("making a folder")?;
        // When root runs this, Postgres runs as another user, who needs access to the folder.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).context("opening the folder")?;
        Ok(Self(folder))
    }

    /// The server's data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// The folder with the socket of the local Postgres.
    pub(crate) fn socket(&self) -> Result<PathBuf> {
        fs::canonicalize(self.data().join("postgres/socket")).context("looking for the socket of Postgres")
    }

    /// Writes a script for a load generator.
    pub(crate) fn script(&self, name: &str, text: &str) -> Result<PathBuf> {
        let file = self.0.path().join(name);
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        Ok(file)
    }

    /// Runs a statement as the database's superuser.
    pub(crate) async fn execute(&self, statement: &str) -> Result<()> {
        self.connected(async |client| client.batch_execute(statement).await).await.with_context(|| statement.to_owned())
    }

    /// Returns the number that a query selects.
    pub(crate) async fn count(&self, query: &str) -> Result<i64> {
        let row = self.connected(async |client| client.query_one(query, &[]).await).await;
        Ok(row.with_context(|| query.to_owned())?.get(0))
    }

    async fn connected<T>(&self, work: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>) -> Result<T> {
        let address = format!("host={} user=postgres dbname=freehold", self.socket()?.display());
        let (client, connection) = tokio_postgres::connect(&address, NoTls).await.context("connecting to Postgres")?;
        let connection = tokio::spawn(connection);
        let done = work(&client).await?;
        drop(client);
        connection.await??;
        Ok(done)
    }

    /// The id of the postmaster's process, while it runs.
    pub(crate) fn postmaster(&self) -> Option<u32> {
        let text = fs::read_to_string(self.data().join("postgres/cluster/postmaster.pid")).ok()?;
        let process = text.lines().next()?.trim().parse().ok()?;
        Path::new("/proc").join(u32::to_string(&process)).exists().then_some(process)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // If the user of Postgres cannot reach `target/`, its folder is in another place and only linked from here.
        let cluster = self.data().join("postgres");
        if let (Ok(link), Ok(real)) = (fs::symlink_metadata(&cluster), fs::canonicalize(&cluster))
            && link.is_symlink()
        {
            // Errors are ignored: what cannot be deleted stays.
            let _ = fs::remove_dir_all(real);
        }
    }
}
