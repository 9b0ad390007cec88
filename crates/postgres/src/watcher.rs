//! The promise that no server outlives its Freehold.

use std::{path::Path, process::Stdio};

use tokio::process::{Child, ChildStdin, Command};

use crate::{Error, account::Account};

/// Waits for the end of its standard input, whose other end only we hold, and then shuts the server
/// down, first fast, after half a minute immediately. The kernel closes our end when we die, whatever
/// of; a Freehold that was killed cannot send a signal any more, and asking the kernel for one
/// (`PR_SET_PDEATHSIG`) takes unsafe code and works on Linux only.
///
/// Before each signal it makes sure that the number still belongs to the server: on Linux by the
/// folder it works in, elsewhere by its command line. It reads with the shell's own `read`, so that it
/// is a single process, and is killed by us once the server has ended.
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
    /// Closing this is what the watcher waits for. Kept apart from the child, because waiting for a
    /// child closes its input.
    _pipe: Option<ChildStdin>,
}

impl Watcher {
    /// Starts watching the server `process` on `cluster`. Dropping the watcher stops the server.
    pub(crate) fn start(account: &Account, process: u32, cluster: &Path) -> Result<Self, Error> {
        let process = process.to_string();
        let mut command = account.shell(SCRIPT, &[process.as_ref(), cluster.as_os_str()]);
        command.stdin(Stdio::piped());
        let child = Command::from(command).spawn();
        let mut child = child.map_err(Error::io("run /bin/sh as the server's watcher"))?;
        Ok(Self { _pipe: child.stdin.take(), child })
    }

    /// Waits until the watcher ends, which it should not while we live.
    pub(crate) async fn ended(&mut self) {
        let _ = self.child.wait().await;
    }

    /// Ends the watcher without it doing anything. The pipe closes after it is dead.
    pub(crate) async fn release(mut self) {
        let _ = self.child.kill().await;
    }
}
