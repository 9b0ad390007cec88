//! Programs of the system that a test starts.

use std::path::PathBuf;

/// The program with this name, of this Debian package. Some of them are not in the path of ordinary users.
pub fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file()).unwrap_or_else(|| {
        panic!("{name} is missing: `apt-get install {package}`, or run the tests with `make test`, which installs it")
    })
}
