//! The data folder with the local Postgres, the secret key and the Stripe sandbox's data.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use rustix::{
    fs::{Access, access},
    io::Errno,
};

use crate::{process_user::process_user, settings::Settings};

/// Why the folder cannot be used; none: it can, even if it does not exist yet. Changes nothing, so `freehold doctor`
/// calls it, too.
pub fn check(settings: &Settings) -> Result<()> {
    match problem(&settings.data) {
        None => Ok(()),
        Some(problem) => bail!("{problem}"),
    }
}

fn problem(data: &Path) -> Option<String> {
    let name = data.display();
    let other = "Name another folder with --data (FREEHOLD_DATA).";
    let data = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    // The folder, or the nearest existing parent, in which it will be created.
    let there = data.ancestors().find(|path| fs::symlink_metadata(path).is_ok())?;
    if let Err(error) = fs::metadata(there) {
        return Some(format!("the data folder {name} cannot be used: {}: {error}. {other}", there.display()));
    }
    if !there.is_dir() {
        return Some(format!(
            "the data folder {name} cannot be used: {} is a file, not a folder. {other}",
            there.display()
        ));
    }
    let errno = access(there, Access::WRITE_OK | Access::EXEC_OK).err()?;
    let user = process_user();
    Some(match errno {
        Errno::ACCESS | Errno::PERM => format!(
            "the data folder {name} cannot be used: the user {user}, as whom freehold runs, may not write in {}. Let this \
             user write there, or name another folder with --data (FREEHOLD_DATA).",
            there.display()
        ),
        Errno::ROFS => {
            format!("the data folder {name} cannot be used: {} cannot be written (read-only). {other}", there.display())
        }
        other_error => format!("the data folder {name} cannot be used: {}: {other_error}. {other}", there.display()),
    })
}

/// The real, absolute path of a folder in the data folder, with links resolved.
pub fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_data_folder_that_is_no_folder_is_named_with_what_to_do() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        assert_eq!(problem(home.path()), None);
        assert_eq!(problem(&at("new/deep/folder")), None, "it will be made");
        fs::write(at("file"), "").unwrap();
        symlink(at("nowhere"), at("link")).unwrap();
        for wrong in ["file", "file/below", "link"] {
            let said = problem(&at(wrong)).unwrap();
            assert!(said.contains(&at(wrong).display().to_string()) && said.contains("--data"), "{said}");
        }
        assert!(problem(Path::new("/proc/freehold")).is_none_or(|said| said.contains("--data")));
    }
}
