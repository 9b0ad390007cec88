//! The watcher process, which stops the server when Freehold ends.

use std::{path::Path, process::Stdio};

use tokio::process::{Child, ChildStdin, Command};

use crate::{Error, account::Account};

/// Waits until its standard input closes, whose other end only Freehold holds, and then shuts the server down: first
/// with a checkpoint, and after half a minute without one. The kernel closes our end when Freehold ends for any reason.
/// A Freehold that was killed cannot send a signal, and asking the kernel to send one (`PR_SET_PDEATHSIG`) needs unsafe
/// code and works only on Linux.
///
/// Before each signal it checks that the process id still belongs to the server: on Linux by its working directory, on
/// other systems by its command line. It reads with the shell's built-in `read`, so that it is a single process, which
/// we kill once the server has ended.
const SCRIPT: &str = r#"
read -r _
server() {
    if [ -e /proc/self/cwd ]; then
        [ "$(readlink "/proc/$1/cwd")" = "$2" ]
    else
        ps -ww -o command= -p "$1" | grep -qF -- "-D $2 "
    fi
}
server "$1" "$2" && kill -s INT "$1"
seconds=0
while server "$1" "$2" && [ "$seconds" -lt 30 ]; do
    sleep 1
    seconds=$((seconds + 1))
done
server "$1" "$2" && kill -s QUIT "$1"
"#;

/// The watcher of one server process.
#[derive(Debug)]
pub(crate) struct Watcher {
    child: Child,
    /// The pipe whose closing the watcher waits for. It is kept apart from the child, because waiting for a child
    /// closes its standard input.
    _pipe: Option<ChildStdin>,
}

impl Watcher {
    /// Starts a watcher for the server `process` on `cluster`. Dropping the watcher stops the server.
    pub(crate) fn start(account: &Account, process: u32, cluster: &Path) -> Result<Self, Error> {
        let process = process.to_string();
        let mut command = account.shell(SCRIPT, &[process.as_ref(), cluster.as_os_str()]);
        command.stdin(Stdio::piped());
        let child = Command::from(command).spawn();
        let mut child = child.map_err(Error::io("run /bin/sh as the server's watcher"))?;
        Ok(Self { _pipe: child.stdin.take(), child })
    }

    /// Waits until the watcher ends, which should not happen while Freehold runs.
    pub(crate) async fn ended(&mut self) {
        let _ = self.child.wait().await;
    }

    /// Ends the watcher without stopping the server. The pipe closes after the watcher is dead.
    pub(crate) async fn release(mut self) {
        let _ = self.child.kill().await;
    }
}
