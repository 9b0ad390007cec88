//! The master key, which encrypts all secrets: from the environment, or created at the first start in the data folder.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
};

use anyhow::{Context, Result};
use freehold_core::{Random, Secret};
use freehold_vault::Vault;

use crate::{data_folder, settings::Settings};

/// The vault with the master key.
pub fn vault(settings: &Settings, random: &Random) -> Result<Vault> {
    if let Some(key) = &settings.secret_key {
        return Vault::from_text(key.expose()).context("reading FREEHOLD_SECRET_KEY");
    }
    data_folder::check(settings)?;
    let file = settings.data.join("secret_key");
    let key = match fs::read_to_string(&file) {
        Ok(text) => Secret::new(text.trim()),
        Err(error) if error.kind() == ErrorKind::NotFound => make(&file, random)?,
        Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
    };
    Vault::from_text(key.expose()).with_context(|| format!("reading {}", file.display()))
}

/// Creates a key, or reads the one that another server created at the same moment. After a power cut the file contains
/// the whole key or does not exist.
fn make(file: &Path, random: &Random) -> Result<Secret> {
    let key = random.bytes::<32>().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let kept = || -> std::io::Result<String> {
        let folder = file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let unfinished = file.with_extension(format!("unfinished-{:016x}", u64::from_le_bytes(random.bytes())));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut open = options.open(&unfinished)?;
        writeln!(open, "{key}")?;
        open.sync_all()?;
        let linked = fs::hard_link(&unfinished, file);
        fs::remove_file(&unfinished)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => File::open(folder)?.sync_all()?,
        }
        fs::read_to_string(file)
    };
    let kept = kept().with_context(|| format!("keeping a new secret key in {}", file.display()))?;
    Ok(Secret::new(kept.trim()))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn servers_that_start_at_once_keep_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data/secret_key");
        let together = Barrier::new(8);
        let keys: Vec<String> = std::thread::scope(|scope| {
            let one = || {
                together.wait();
                make(&file, &Random::system()).unwrap().expose().to_owned()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0] && key.len() == 64));
        assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 1, "nothing else is left there");
    }
}
