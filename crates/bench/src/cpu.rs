//! Processor time, which is more precise than elapsed time when other processes use the machine.

use std::{fs, path::Path, time::Duration};

/// The unit in which the kernel counts (`USER_HZ`, 100 on every Linux).
const TICK_MICROSECONDS: u64 = 10_000;

/// The needed fields of one line of `/proc/*/stat`.
struct Stat {
    parent: u32,
    /// The process's own time and that of its children that have ended.
    ticks: u64,
}

/// How long the kernel takes to add the time of children that have just ended to their parents. Reading earlier would
/// miss it.
const SETTLED: Duration = Duration::from_millis(300);

/// The processor time that the process and all its descendants have used so far, in microseconds.
pub(crate) async fn tree(root: u32) -> u64 {
    tokio::time::sleep(SETTLED).await;
    family(root).iter().filter_map(|process| stat(*process)).map(|stat| stat.ticks * TICK_MICROSECONDS).sum()
}

/// The same for one process alone, with its children that have ended.
pub(crate) fn single(process: u32) -> u64 {
    stat(process).map_or(0, |stat| stat.ticks * TICK_MICROSECONDS)
}

/// The process and all its descendants.
pub(crate) fn family(root: u32) -> Vec<u32> {
    let mut family = vec![root];
    let Ok(entries) = Path::new("/proc").read_dir() else { return family };
    let names = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parents: Vec<(u32, u32)> = names.filter_map(|process| Some((process, stat(process)?.parent))).collect();
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(process, _)| *process));
        at += 1;
    }
    family
}

fn stat(process: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may contain any character; numbers follow it.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
    let ticks = (11..=14).filter_map(number).sum();
    Some(Stat { parent: fields.get(1)?.parse().ok()?, ticks })
}
