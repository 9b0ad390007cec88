//! The data folder of the servers of this process; it is deleted when the process ends.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

const PREFIX: &str = "freehold-it-";

/// Deletes the folder once its input is closed, however this process ends, and its servers have ended.
const REMOVE: &str = r#"
    read -r _
    tries=0
    while [ "$tries" -lt 100 ] && ls "$1"/*/cluster/postmaster.pid >/dev/null 2>&1; do
        tries=$((tries + 1)); sleep 0.1
    done
    rm -rf -- "$1"
"#;

struct Folder {
    path: PathBuf,
    /// Its input is closed when this process ends.
    _remover: Child,
}

/// Free memory that is needed to keep the data in memory.
const ROOM: u64 = 4 << 30;

/// The folder of this process, which the server's user may enter: in memory, if there is enough of it, because every
/// test creates and deletes a thousand files, which takes longer on a disk than the tests do; otherwise in the system's
/// temporary folder.
pub fn scratch() -> &'static Path {
    static FOLDER: OnceLock<Folder> = OnceLock::new();
    &FOLDER.get_or_init(make).path
}

fn make() -> Folder {
    let parent = in_memory().unwrap_or_else(std::env::temp_dir);
    sweep(&parent);
    let path = parent.join(format!("{PREFIX}{}", std::process::id()));
    // Left by an ended process with the same process id.
    let _ = fs::remove_dir_all(&path);
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", REMOVE, "sh"]).arg(&path).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // A process group of its own: an interrupt at the terminal is meant for the tests.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Folder { path, _remover: command.spawn().unwrap() }
}

fn in_memory() -> Option<PathBuf> {
    let memory = PathBuf::from("/dev/shm");
    let found = rustix::fs::statvfs(&memory).ok()?;
    (found.f_bavail.saturating_mul(found.f_frsize) >= ROOM).then_some(memory)
}

/// Deletes the folders of ended processes.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).unwrap().flatten() {
        let name = entry.file_name();
        let Some(process) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        if process.parse::<u32>().is_ok_and(|process| !Path::new("/proc").join(process.to_string()).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
