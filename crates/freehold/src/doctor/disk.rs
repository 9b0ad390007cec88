//! Checks the free space on the disk of the data folder.

use std::path::Path;

use tokio::process::Command;

use super::finding::Finding;

/// Less free space causes a warning, in KiB: 1 GiB.
const LITTLE: u64 = 1024 * 1024;

pub(super) async fn examine(data: &Path) -> Vec<Finding> {
    let data = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    // Before the first start the folder does not exist; its disk is that of the nearest existing parent folder.
    let Some(folder) = data.ancestors().find(|folder| folder.exists()) else { return Vec::new() };
    let output = Command::new("df").arg("-Pk").arg(folder).env("LC_ALL", "C").output().await;
    let free = output.ok().and_then(|output| free_kib(&String::from_utf8_lossy(&output.stdout)));
    let name = data.display();
    vec![match free {
        None => Finding::warn(format!("the free space for {name} is unknown"), "look with df -h"),
        Some(free) if free < LITTLE => Finding::warn(
            format!("only {} MiB are free for {name}", free / 1024),
            "free some space: when the disk is full, the database stops writing",
        ),
        Some(free) => Finding::ok(format!("{} GiB are free for {name}", free / LITTLE)),
    }]
}

/// The free space: the column before the percentage. The first and last columns may contain spaces.
fn free_kib(text: &str) -> Option<u64> {
    let line = text.lines().nth(1)?;
    let columns: Vec<&str> = line.split_whitespace().collect();
    let percentage = columns.iter().position(|column| column.ends_with('%') && column.len() > 1)?;
    columns.get(percentage.checked_sub(1)?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_room_is_read_from_df() {
        let head = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n";
        for (line, expected) in [
            ("overlay          515928320 91234000 403456789      19% /\n", Some(403_456_789)),
            ("map of me 1 2 3 40% /Volumes/My disk 7%\n", Some(3)),
            ("tmpfs - - - - /run\n", None),
            ("", None),
        ] {
            assert_eq!(free_kib(&format!("{head}{line}")), expected, "{line}");
        }
    }
}
