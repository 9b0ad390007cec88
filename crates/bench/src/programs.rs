//! The programs that are needed, found before anything is started.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};

/// The paths of the programs.
pub(crate) struct Programs {
    pub(crate) freehold: PathBuf,
    pub(crate) pgbench: PathBuf,
    pub(crate) wrk: PathBuf,
}

impl Programs {
    pub(crate) fn find() -> Result<Self> {
        let own = env::current_exe().context("asking where this program is")?;
        let freehold = own.with_file_name("freehold");
        if !freehold.is_file() {
            return Err(anyhow!(
                "there is no {}: build both with cargo build --release -p freehold -p freehold-bench",
                freehold.display()
            ));
        }
        Ok(Self {
            freehold,
            pgbench: in_path("pgbench")
                .or_else(|| of_debian("pgbench"))
                .ok_or_else(|| anyhow!("pgbench is missing (Debian: apt-get install postgresql-contrib)"))?,
            wrk: in_path("wrk").ok_or_else(|| anyhow!("wrk is missing (Debian: apt-get install wrk)"))?,
        })
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Debian installs Postgres' programs by version, outside of `PATH`. The newest works with every server.
fn of_debian(name: &str) -> Option<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql").read_dir().ok()?;
    let found = versions.flatten().map(|version| version.path().join("bin").join(name)).filter(|file| file.is_file());
    found.max_by_key(|file| version_of(file))
}

fn version_of(file: &Path) -> u32 {
    let folder = file.ancestors().nth(2).and_then(Path::file_name).and_then(|name| name.to_str());
    folder.and_then(|name| name.parse().ok()).unwrap_or_default()
}
