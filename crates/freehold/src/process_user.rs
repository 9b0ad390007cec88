//! The user that this process runs as.

use std::fs;

use rustix::process::geteuid;

/// The user of this process, by name if there is one.
pub(crate) fn process_user() -> String {
    let number = geteuid().as_raw();
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("number {number}"))
}
