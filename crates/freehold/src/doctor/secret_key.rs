//! Checks the master key, which encrypts all secrets.

use std::{fs, io::ErrorKind, os::unix::fs::PermissionsExt, path::Path};

use freehold_core::{Clock, Ids, Random, Secret};
use freehold_db::Db;
use freehold_identity::signing::{Keeper, keys_check};
use freehold_vault::Vault;

use super::{finding::Finding, reason};
use crate::settings::Settings;

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    if let Some(key) = &settings.secret_key {
        return vec![match Vault::from_text(key.expose()) {
            Ok(_) => Finding::ok("the secret key is that of FREEHOLD_SECRET_KEY"),
            Err(error) => Finding::fail(
                format!("FREEHOLD_SECRET_KEY is not a key: {error}"),
                "set the key that this database was used with",
            ),
        }];
    }
    let local = settings.database_url.is_none();
    let mut findings = file(&settings.data.join("secret_key"), has_data(settings));
    if !local && !findings.iter().any(Finding::failed) {
        findings.push(Finding::warn(
            "the secret key is kept on this machine's disk, the data is on another machine",
            "set FREEHOLD_SECRET_KEY: another server needs the same key, and without it a backup cannot be read",
        ));
    }
    findings
}

/// Checks that the master key decrypts the secrets in the database; otherwise the server does not start.
pub(super) async fn opens(settings: &Settings, db: &Db) -> Finding {
    let place = match &settings.secret_key {
        Some(_) => "FREEHOLD_SECRET_KEY".to_owned(),
        None => settings.data.join("secret_key").display().to_string(),
    };
    let text = match &settings.secret_key {
        Some(key) => key.clone(),
        None => match fs::read_to_string(settings.data.join("secret_key")) {
            Ok(text) => Secret::new(text.trim()),
            Err(_) => return Finding::warn("there is no secret key to open the database's keys with", "see above"),
        },
    };
    // An invalid key is reported above.
    let Ok(vault) = Vault::from_text(text.expose()) else {
        return Finding::warn("there is no secret key to open the database's keys with", "see above");
    };
    let (clock, random) = (Clock::system(), Random::system());
    let ids = Ids::new(clock.clone(), random.clone());
    match keys_check(&Keeper { db: db.clone(), vault, clock, ids, random }).await {
        Ok(()) => Finding::ok(format!("the signing keys in the database open with {place}")),
        Err(error) => Finding::fail(
            format!("the signing keys in the database do not open with {place}: {}", reason(&error)),
            "set the key that this database was begun with; the server does not start before",
        ),
    }
}

/// Whether the database may contain encrypted secrets already.
fn has_data(settings: &Settings) -> bool {
    settings.database_url.is_some() || settings.data.join("postgres/cluster").exists()
}

fn file(file: &Path, has_data: bool) -> Vec<Finding> {
    let name = file.display();
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && has_data => {
            return vec![Finding::warn(
                format!("there is no secret key in {name}"),
                "if this database was used before, bring its key back; otherwise the first start makes one",
            )];
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return vec![Finding::ok(format!("the secret key will be made in {name} at the first start"))];
        }
        Err(error) => {
            let advice = "let the user that runs freehold read it";
            return vec![Finding::fail(format!("the secret key in {name} cannot be read: {error}"), advice)];
        }
    };
    if let Err(error) = Vault::from_text(text.trim()) {
        return vec![Finding::fail(format!("{name} holds no key: {error}"), "bring the key back from your backup")];
    }
    match fs::metadata(file).map(|metadata| metadata.permissions().mode() & 0o777) {
        Ok(0o600 | 0o400) => vec![Finding::ok(format!("the secret key is kept in {name}, for its owner only"))],
        Ok(mode) => vec![Finding::fail(
            format!("{name} has the mode {mode:03o}: others than its owner may read or replace the secret key"),
            format!("chmod 600 {name}"),
        )],
        Err(error) => vec![Finding::fail(format!("{name} cannot be looked at: {error}"), "look at its folder")],
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn a_key_is_good_when_it_is_one_and_nobody_else_reads_it() {
        let folder = std::env::temp_dir().join(format!("freehold-doctor-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("secret_key");
        assert_eq!(file(&path, false)[0].level, Level::Ok);
        assert_eq!(file(&path, true)[0].level, Level::Warn);
        let good = "0123456789abcdef".repeat(4);
        for (text, mode, expected) in [
            (format!("{good}\n"), 0o600, Level::Ok),
            (good.clone(), 0o400, Level::Ok),
            (good, 0o644, Level::Fail),
            ("hunter2".to_owned(), 0o600, Level::Fail),
        ] {
            let _ = fs::remove_file(&path);
            fs::write(&path, &text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let found = file(&path, true);
            assert_eq!(found[0].level, expected, "{found:?}");
            assert!(!format!("{found:?}").contains(text.trim()));
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
