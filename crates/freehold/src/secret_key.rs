//! The key that seals everything secret: from the environment, or one made at the first start and kept in the data folder.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
};

use anyhow::{Context, Result};
use freehold_core::{Random, Secret};
use freehold_vault::Vault;

use crate::settings::Settings;

/// The vault with that key.
pub fn vault(settings: &Settings, random: &Random) -> Result<Vault> {
    if let Some(key) = &settings.secret_key {
        return Vault::from_text(key.expose()).context("reading FREEHOLD_SECRET_KEY");
    }
    let file = settings.data.join("secret_key");
    let key = match fs::read_to_string(&file) {
        Ok(text) => Secret::new(text.trim()),
        Err(error) if error.kind() == ErrorKind::NotFound => make(&file, random)?,
        Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
    };
    Vault::from_text(key.expose()).with_context(|| format!("reading {}", file.display()))
}

fn make(file: &Path, random: &Random) -> Result<Secret> {
    let half = || u128::from_be_bytes(random.bytes());
    let key = format!("{:032x}{:032x}", half(), half());
    let written = || -> std::io::Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut open = options.open(file)?;
        writeln!(open, "{key}")?;
        open.sync_all()
    };
    written().with_context(|| format!("keeping a new secret key in {}", file.display()))?;
    Ok(Secret::new(key))
}
