//! Creating the cluster.

use std::{
    fs::{self, File},
    path::Path,
};

use crate::{
    Durability, Error,
    account::Account,
    binaries::Binaries,
    place::{self, Place},
    process,
};

/// The prefix of the names of unfinished clusters.
const UNFINISHED: &str = "unfinished";

/// The major version that created the cluster; `None` when there is no cluster yet.
pub(crate) fn made_by(place: &Place) -> Result<Option<u32>, Error> {
    let cluster = place.cluster();
    if !cluster.exists() {
        return Ok(None);
    }
    // A cluster gets its name only when it is complete, so one without a version is damaged, not new.
    let file = cluster.join("PG_VERSION");
    let doing = || format!("read {}, which every cluster has", file.display());
    let text = fs::read_to_string(&file).map_err(Error::io(doing()))?;
    let major = text.trim().parse().map_err(std::io::Error::other).map_err(Error::io(doing()))?;
    Ok(Some(major))
}

/// Ensures that a complete cluster exists, flushed to the disk as `durability` requires.
pub(crate) fn ensure(
    place: &Place,
    binaries: &Binaries,
    account: &Account,
    durability: Durability,
) -> Result<(), Error> {
    remove_unfinished(place, account);
    let unsynced = place.unsynced();
    if durability == Durability::Volatile {
        // Written before anything else, so that a later durable start knows that the data may not be on the disk.
        File::create(&unsynced).map_err(Error::io(format!("write {}", unsynced.display())))?;
    }
    if !place.cluster().exists() {
        create(place, binaries, account, durability)?;
    }
    if durability == Durability::Durable && unsynced.exists() {
        sync(&place.cluster(), binaries, account)?;
        fs::remove_file(&unsynced).map_err(Error::io(format!("remove {}", unsynced.display())))?;
    }
    Ok(())
}

/// Creates the cluster under a temporary name and renames it when it is complete: an `initdb` that is killed leaves
/// nothing that looks like data.
///
/// `initdb` itself flushes nothing (`--no-sync`: on a busy machine flushing took four seconds, and tests do not need
/// it). For a durable server everything is flushed before the rename, because later checkpoints flush only what has
/// changed since. Otherwise a power failure could take the catalogs that never change, which would still be only in
/// memory.
fn create(place: &Place, binaries: &Binaries, account: &Account, durability: Durability) -> Result<(), Error> {
    // The name contains our process id, because a failing `initdb` of an earlier Freehold deletes its folder by name.
    let name = format!("{UNFINISHED}-{}", std::process::id());
    let folder = place::numbered(place.folder(), name.as_ref())?;
    account.give(&folder)?;
    // Other systems have no such locale; plain C sorts the same there.
    let locale = if cfg!(target_os = "linux") { "--locale=C.UTF-8" } else { "--locale=C" };
    initdb(
        binaries,
        account,
        &folder,
        &[
            "--username=postgres",
            "--encoding=UTF8",
            locale,
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--no-instructions",
            "--no-sync",
        ],
    )?;
    if durability == Durability::Durable {
        sync(&folder, binaries, account)?;
    }
    let doing = || format!("rename {} to {}", folder.display(), place.cluster().display());
    fs::rename(&folder, place.cluster()).map_err(Error::io(doing()))?;
    if durability == Durability::Durable {
        // The rename is on the disk only once its parent folder has been flushed.
        let synced = File::open(place.folder()).and_then(|folder| folder.sync_all());
        synced.map_err(Error::io(doing()))?;
    }
    Ok(())
}

/// Flushes every file of a cluster whose server does not run.
fn sync(cluster: &Path, binaries: &Binaries, account: &Account) -> Result<(), Error> {
    initdb(binaries, account, cluster, &["--sync-only"])
}

fn initdb(binaries: &Binaries, account: &Account, folder: &Path, arguments: &[&str]) -> Result<(), Error> {
    let program = binaries.initdb();
    let output = account
        .command(&program)
        .current_dir(folder)
        .arg("-D")
        .arg(folder)
        .args(arguments)
        .output()
        .map_err(Error::io(format!("run {}", program.display())))?;
    if output.status.success() {
        return Ok(());
    }
    let printed = [output.stdout, output.stderr].concat();
    Err(Error::Initdb { output: String::from_utf8_lossy(&printed).trim().to_owned() })
}

/// Deletes what interrupted starts left behind, and ends an `initdb` that still works there. A failure does no harm:
/// the leftovers are never used, and the next start tries again.
fn remove_unfinished(place: &Place, account: &Account) {
    for entry in fs::read_dir(place.folder()).into_iter().flatten().flatten() {
        let folder = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            continue;
        }
        process::kill(&folder, account);
        if let Err(error) = fs::remove_dir_all(&folder) {
            tracing::info!(folder = %folder.display(), %error, "an unfinished cluster stays");
        }
    }
}
