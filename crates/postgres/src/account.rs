//! The user that Postgres runs as.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use crate::Error;

/// The user of the server's processes.
#[derive(Clone, Debug)]
pub(crate) struct Account(Option<Other>);

/// A user other than the one that Freehold runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Other {
    name: String,
    user: u32,
    group: u32,
}

impl Account {
    /// Freehold's own user, unless that is root, which Postgres refuses. Then it is the owner of the existing cluster,
    /// so that `sudo freehold` does not take over an ordinary user's data; without a cluster it is `postgres`, or else
    /// `nobody`.
    pub(crate) fn choose(cluster: &Path) -> Result<Self, Error> {
        if !is_root()? {
            return Ok(Self(None));
        }
        if let Ok(metadata) = fs::metadata(cluster)
            && metadata.uid() != 0
        {
            let (user, group) = (metadata.uid(), metadata.gid());
            return Ok(Self(Some(Other { name: format!("number {user}"), user, group })));
        }
        let passwd = fs::read_to_string("/etc/passwd").map_err(Error::io("read /etc/passwd"))?;
        let other = find(&passwd, "postgres").or_else(|| find(&passwd, "nobody"));
        Ok(Self(Some(other.ok_or(Error::NoAccount)?)))
    }

    /// Freehold's own user.
    pub(crate) fn own() -> Self {
        Self(None)
    }

    /// The user's name, for messages.
    pub(crate) fn name(&self) -> &str {
        self.0.as_ref().map_or("(your own)", |other| &other.name)
    }

    /// Whether the server's user is not the one that Freehold runs as.
    pub(crate) fn is_other(&self) -> bool {
        self.0.is_some()
    }

    /// A program that runs as this user, in a process group of its own: Ctrl-C in the terminal then reaches only
    /// Freehold, which drains before it stops the server. The environment holds only what is needed to find programs,
    /// because Freehold's own contains secrets and `PG*` variables that would change how the server behaves.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.process_group(0).env_clear().env("LC_ALL", "C").stdin(Stdio::null());
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some(other) = &self.0 {
            // The standard library also drops root's supplementary groups here.
            command.uid(other.user).gid(other.group);
        }
        command
    }

    /// A line of shell that runs as this user; `arguments` are its `$1`, `$2`.
    pub(crate) fn shell(&self, line: &str, arguments: &[&OsStr]) -> Command {
        let mut command = self.command("/bin/sh");
        command.current_dir("/").args(["-c", line, "sh"]).args(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Whether this user can enter `folder`. This is tried, not computed, so that access lists, mount options and
    /// security modules are taken into account.
    pub(crate) fn can_enter(&self, folder: &Path) -> bool {
        let status = self.shell(r#"cd "$1""#, &[folder.as_os_str()]).status();
        status.is_ok_and(|status| status.success())
    }

    /// Makes this user the owner of `path`.
    pub(crate) fn give(&self, path: &Path) -> Result<(), Error> {
        let Some(other) = &self.0 else { return Ok(()) };
        std::os::unix::fs::chown(path, Some(other.user), Some(other.group)).map_err(Error::io(format!(
            "give {} to user {}",
            path.display(),
            other.name
        )))
    }

    /// Whether `metadata` belongs to a file or folder that this user owns.
    pub(crate) fn owns(&self, metadata: &fs::Metadata) -> Result<bool, Error> {
        Ok(match &self.0 {
            Some(other) => metadata.uid() == other.user,
            None => metadata.uid() == own_user()?,
        })
    }
}

fn is_root() -> Result<bool, Error> {
    Ok(own_user()? == 0)
}

/// Freehold's effective user, from the program `id`: the standard library has no function for it, and root owns
/// `/proc/self` for some processes of other users.
fn own_user() -> Result<u32, Error> {
    let output = Command::new("id").arg("-u").output().map_err(Error::io("run `id -u`"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| Error::io("read `id -u`")(std::io::Error::other(text.trim().to_owned())))
}

fn find(passwd: &str, name: &str) -> Option<Other> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let user = fields.nth(1)?.parse().ok().filter(|&user| user != 0)?;
        let group = fields.next()?.parse().ok()?;
        Some(Other { name: name.to_owned(), user, group })
    })
}

#[cfg(test)]
mod tests {
    use super::{Other, find};

    #[test]
    fn an_account_is_read_from_passwd() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104:,,,:/var/lib:/bin/bash\n";
        let postgres = Other { name: "postgres".into(), user: 101, group: 104 };
        assert_eq!(find(passwd, "postgres"), Some(postgres));
        assert_eq!(find(passwd, "nobody"), None);
        assert_eq!(find(passwd, "root"), None, "root is never who Postgres runs as");
    }
}
