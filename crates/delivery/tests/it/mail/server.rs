//! A third-party mail server, as a process.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use serde_json::Value;

use crate::{harness::eventually, root};

/// A mail server. It stops when this value is dropped.
pub(crate) struct MailServer {
    process: Child,
    input: Mutex<ChildStdin>,
    port: u16,
    events: Arc<Mutex<Vec<Value>>>,
}

impl MailServer {
    /// A server that accepts all mails.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// With these options of `server.py`.
    pub(crate) fn with(options: &[&str]) -> Self {
        let folder = root().join(".freehold/mail-server");
        assert!(folder.join("versions").exists(), "the mail server is not in {}: run make test", folder.display());
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/mail/server.py");
        let mut command = Command::new(folder.join("python/bin/python"));
        command.args(["-u", "-W", "ignore"]).arg(script).args(options).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("python3 is needed: run make test");
        let input = Mutex::new(process.stdin.take().unwrap());
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let port = ready["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap();
        let events: Arc<Mutex<Vec<Value>>> = Arc::default();
        let told = events.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                told.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self { process, input, port, events }
    }

    /// A server on the port of an earlier one.
    pub(crate) fn at(port: u16) -> Self {
        Self::with(&["--port", &port.to_string()])
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Lets it confirm the mails that it is holding back.
    pub(crate) fn release(&self) {
        self.tell("release");
    }

    /// The mails accepted so far.
    pub(crate) async fn mails(&self) -> Vec<Value> {
        self.events("mail").await
    }

    /// The events so far, including everything that a client has seen.
    pub(crate) async fn events(&self, kind: &str) -> Vec<Value> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let sync = format!("sync {}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.tell(&sync);
        eventually("the mail server answered", async || !self.told(&sync).is_empty()).await;
        self.told(kind)
    }

    fn told(&self, kind: &str) -> Vec<Value> {
        self.events.lock().unwrap().iter().filter(|event| event["event"] == kind).cloned().collect()
    }

    fn tell(&self, line: &str) {
        let mut input = self.input.lock().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The value of a mail's header.
#[track_caller]
pub(crate) fn header<'m>(mail: &'m Value, name: &str) -> &'m str {
    let headers = mail["headers"].as_array().unwrap();
    let found: Vec<&Value> = headers.iter().filter(|header| header[0] == name).collect();
    assert_eq!(found.len(), 1, "{name} in {headers:?}");
    found[0][1].as_str().unwrap()
}
