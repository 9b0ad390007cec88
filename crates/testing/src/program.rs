//! Programs and packages that a test starts.

use std::path::{Path, PathBuf};

/// The program with this name, of this Debian package. Some of them are not in the path of ordinary users.
pub fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file()).unwrap_or_else(|| {
        panic!("{name} is missing: `apt-get install {package}`, or run the tests with `make test`, which installs it")
    })
}

/// The folder of a set of packages of npm and PyPI, as `scripts/test-programs.sh` unpacks it: `supabase-client`.
pub fn packages(set: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.freehold").join(set);
    assert!(folder.join("versions").is_file(), "{} is missing: run `make test`", folder.display());
    folder.canonicalize().unwrap()
}
