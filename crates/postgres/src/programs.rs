//! Detects that the programs of a running server were replaced, as a package manager does when it upgrades Postgres.
//!
//! The server still runs its old program from memory, but every new connection loads the libraries from the disk, which
//! are of the new version and fail with `undefined symbol`. Only a restart helps.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// How often the files are checked.
pub(crate) const LOOKED_EVERY: Duration = Duration::from_secs(2);

/// The state of a file: device, inode, size, and modification time.
type Stamp = (u64, u64, u64, i64, i64);

/// The files of a running server, and their states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Programs(Vec<(PathBuf, Option<Stamp>)>);

impl Programs {
    /// Reads the state of the server's program in this folder and of the libraries that it loads. Libraries that are
    /// loaded later, such as those of another extension, are not included.
    pub(crate) fn look(folder: &Path) -> Self {
        let lib = folder.join("../lib");
        let libraries = [lib.clone(), lib.join("postgresql")].into_iter().flat_map(|folder| {
            let entries = fs::read_dir(folder).into_iter().flatten();
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_library(path))
        });
        let mut files: Vec<PathBuf> = std::iter::once(folder.join("postgres")).chain(libraries).collect();
        files.sort();
        Self(files.into_iter().map(with_stamp).collect())
    }

    /// The same files with their present states.
    pub(crate) fn again(&self) -> Self {
        Self(self.0.iter().map(|(path, _)| with_stamp(path.clone())).collect())
    }

    /// Whether all of them exist: while a package is being unpacked, some are missing.
    pub(crate) fn whole(&self) -> bool {
        self.0.iter().all(|(_, stamp)| stamp.is_some())
    }
}

fn is_library(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains(".so"))
}

fn with_stamp(path: PathBuf) -> (PathBuf, Option<Stamp>) {
    let stamp = fs::metadata(&path).ok().map(|m| (m.dev(), m.ino(), m.size(), m.mtime(), m.mtime_nsec()));
    (path, stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_program_or_library_is_noticed_and_a_new_one_is_not() {
        let root = std::env::temp_dir().join(format!("freehold-programs-{}", std::process::id()));
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::create_dir_all(root.join("lib")).unwrap();
        let write = |path: &str, text: &str| fs::write(root.join(path), text).unwrap();
        write("bin/postgres", "15.18");
        write("lib/plpgsql.so", "15.18");
        let programs = Programs::look(&root.join("bin"));
        write("lib/vector.so", "0.8");
        write("lib/README", "text");
        assert_eq!(programs.again(), programs, "another extension is no upgrade");
        write("lib/new.so", "15.20 is longer");
        fs::rename(root.join("lib/new.so"), root.join("lib/plpgsql.so")).unwrap();
        assert_ne!(programs.again(), programs);
        assert!(programs.again().whole());
        fs::remove_file(root.join("bin/postgres")).unwrap();
        assert!(!programs.again().whole(), "a package manager is at work");
        fs::remove_dir_all(root).unwrap();
    }
}
