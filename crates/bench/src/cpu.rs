//! Processor time, which says more than the clock where others work on the same machine.

use std::{fs, path::Path, time::Duration};

/// The kernel counts in these (`USER_HZ`, 100 on every Linux there is).
const TICK_MICROSECONDS: u64 = 10_000;

/// One line of `/proc/*/stat`, as far as it matters.
struct Stat {
    parent: u32,
    /// Its own time and that of its children that have ended.
    ticks: u64,
}

/// How long it takes until those that have just ended are counted with their parents. Read in between, theirs is missed.
const SETTLED: Duration = Duration::from_millis(300);

/// Microseconds of processor time that the process and everything below it has used so far.
pub(crate) async fn tree(root: u32) -> u64 {
    tokio::time::sleep(SETTLED).await;
    family(root).iter().filter_map(|process| stat(*process)).map(|stat| stat.ticks * TICK_MICROSECONDS).sum()
}

/// Of one process alone, with its children that have ended.
pub(crate) fn single(process: u32) -> u64 {
    stat(process).map_or(0, |stat| stat.ticks * TICK_MICROSECONDS)
}

/// The process and everything below it.
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
    // The name in parentheses may hold anything; what follows are numbers.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
    let ticks = (11..=14).filter_map(number).sum();
    Some(Stat { parent: fields.get(1)?.parse().ok()?, ticks })
}
