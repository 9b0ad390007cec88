//! Processes that are not our children: those that an earlier Freehold left behind.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{Error, account::Account};

/// How long each way of ending a server may take before a harsher one follows.
const FAST: Duration = Duration::from_mins(1);
const ALONE: Duration = Duration::from_secs(2);
const IMMEDIATE: Duration = Duration::from_secs(10);

/// Ends every process of Postgres that works in `cluster`, and deletes a stale `postmaster.pid` that would prevent the
/// next start.
///
/// There may be a server whose Freehold was killed (its watcher may be shutting it down right now), backends of a
/// killed server, which hold its shared memory until they notice, and a `postmaster.pid` whose process id now belongs
/// to another process. The caller holds the lock, so no other Freehold starts a server meanwhile. Blocks, for about a
/// minute at worst.
pub(crate) fn clear(cluster: &Path, account: &Account) -> Result<(), Error> {
    let recorded = recorded(cluster);
    let found = working_in(cluster);
    if !found.is_empty() {
        match recorded.filter(|process| found.contains(process)) {
            Some(postmaster) => {
                tracing::warn!(postmaster, "an earlier Postgres still runs on this data; stopping it");
                signal(account, "INT", postmaster);
                wait_until_none(cluster, FAST);
            }
            // Backends without their server end by themselves, unless they are busy.
            None => wait_until_none(cluster, ALONE),
        }
    }
    for harsher in ["QUIT", "KILL"] {
        let found = working_in(cluster);
        if !found.is_empty() {
            tracing::warn!(processes = ?found, signal = harsher, "ending an earlier Postgres");
            for process in found {
                signal(account, harsher, process);
            }
            wait_until_none(cluster, IMMEDIATE);
        }
    }
    let processes = working_in(cluster);
    if !processes.is_empty() {
        return Err(Error::Leftover { data: cluster.into(), processes });
    }
    remove_stale(cluster, recorded)
}

/// Kills every process that works in `folder`, which holds no data: an `initdb` that outlived its Freehold.
pub(crate) fn kill(folder: &Path, account: &Account) {
    for process in working_in(folder) {
        signal(account, "KILL", process);
    }
    wait_until_none(folder, IMMEDIATE);
}

/// Deletes `postmaster.pid` when Postgres would take it for the file of a running server, or for a damaged one.
/// Otherwise the file stays, because Postgres makes checks of its own with it.
fn remove_stale(cluster: &Path, recorded: Option<u32>) -> Result<(), Error> {
    let file = pid_file(cluster);
    if !file.exists() || recorded.is_some_and(|process| !is_alive(process)) {
        return Ok(());
    }
    tracing::info!(file = %file.display(), ?recorded, "removing a stale postmaster.pid");
    fs::remove_file(&file).map_err(Error::io(format!("remove {}", file.display())))
}

fn pid_file(cluster: &Path) -> PathBuf {
    cluster.join("postmaster.pid")
}

/// The process id in `postmaster.pid`.
fn recorded(cluster: &Path) -> Option<u32> {
    let text = fs::read_to_string(pid_file(cluster)).ok()?;
    // A server in single-user mode writes its process id negated.
    Some(text.lines().next()?.trim().parse::<i32>().ok()?.unsigned_abs())
}

/// The processes of Postgres and `initdb` that work in `cluster`.
///
/// On Linux these are the processes whose working directory it is: the server from its first moment, because we start
/// it there, and all its backends. On other systems they are those that name it on their command line, which only the
/// server does.
fn working_in(cluster: &Path) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc/self/..") else {
        return naming(cluster);
    };
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|process: &u32| {
            let process = Path::new("/proc").join(process.to_string());
            // A user's shell may be in the same folder.
            fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == cluster)
                && fs::read_to_string(process.join("comm"))
                    .is_ok_and(|name| ["postgres", "initdb"].contains(&name.trim_end()))
        })
        .collect()
}

fn naming(cluster: &Path) -> Vec<u32> {
    let Ok(output) = Command::new("ps").args(["-A", "-ww", "-o", "pid=,command="]).output() else {
        return Vec::new();
    };
    let argument = format!("postgres -D {} ", cluster.display());
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains(&argument))
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect()
}

fn is_alive(process: u32) -> bool {
    if Path::new("/proc/self").exists() {
        return Path::new("/proc").join(process.to_string()).exists();
    }
    let status = Command::new("ps").args(["-o", "pid=", "-p", &process.to_string()]).output();
    status.is_ok_and(|output| output.status.success())
}

/// Errors are ignored: the caller sees whether the process ends.
fn signal(account: &Account, name: &str, process: u32) {
    let _ = signal_command(account, name, process).status();
}

/// The command that sends a signal, as the server's user: if the process id belongs to another process by now, the
/// signal can reach only processes of that user.
pub(crate) fn signal_command(account: &Account, name: &str, process: u32) -> Command {
    let process = process.to_string();
    account.shell(r#"kill -s "$1" "$2""#, &[name.as_ref(), process.as_ref()])
}

fn wait_until_none(cluster: &Path, limit: Duration) {
    let since = Instant::now();
    while since.elapsed() < limit && !working_in(cluster).is_empty() {
        thread::sleep(Duration::from_millis(20));
    }
}
