//! The official verifiers, in processes of their own: `standardwebhooks` and `svix` of npm and of PyPI. None of the
//! four supports `v1a` so far; those signatures are verified with OpenSSL (by node) and libsodium (by Python).

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use freehold_core::Secret;
use serde_json::{Value, json};

use crate::root;

/// A message as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: String,
}

/// One verifier's result for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// `npm svix`.
    pub(crate) verifier: String,
    pub(crate) accepted: bool,
    /// Its error message.
    pub(crate) why: String,
}

/// A message and the key that its receiver has.
pub(crate) type Case<'a> = (&'a Secret, Received);

/// The results of the four official verifiers for each message, with the receiver's `whsec_…`.
pub(crate) fn official(cases: &[Case<'_>]) -> Vec<Vec<Verdict>> {
    both(&["standardwebhooks", "svix"], cases)
}

/// The results of OpenSSL and libsodium for each message's `v1a`, with the receiver's `whpk_…`.
pub(crate) fn ed25519(cases: &[Case<'_>]) -> Vec<Vec<Verdict>> {
    both(&["ed25519"], cases)
}

/// Fails unless all verifiers accept all messages.
pub(crate) fn all_accept(said: &[Vec<Verdict>]) {
    for verdicts in said {
        assert!(verdicts.len() >= 2 && verdicts.iter().all(|verdict| verdict.accepted), "{verdicts:#?}");
    }
}

/// Fails unless all verifiers reject all messages because of the signature or the time; any other error would mean that
/// the verifier could not read the message at all.
pub(crate) fn all_refuse(said: &[Vec<Verdict>]) {
    let reasons = ["No matching signature found", "timestamp too old", "timestamp too new", "BadSignatureError"];
    for verdicts in said {
        let known = |verdict: &Verdict| reasons.iter().any(|reason| verdict.why.contains(reason));
        let refused = verdicts.iter().all(|verdict| !verdict.accepted && known(verdict));
        assert!(verdicts.len() >= 2 && refused, "{verdicts:#?}");
    }
}

/// One process for each language, because the libraries take longer to load than to verify.
fn both(libraries: &[&str], cases: &[Case<'_>]) -> Vec<Vec<Verdict>> {
    let message = |library: &str, (key, message): &Case<'_>| {
        let headers = json!({
            "webhook-id": message.id,
            "webhook-timestamp": message.timestamp,
            "webhook-signature": message.signature,
        });
        json!({ "library": library, "key": key.expose(), "headers": headers, "body": message.body })
    };
    let messages: Value =
        cases.iter().flat_map(|case| libraries.iter().map(move |library| message(library, case))).collect();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/outbound");
    let unpacked = unpacked();
    let mut node = Command::new("node");
    node.arg(scripts.join("verify.cjs")).env("NODE_PATH", unpacked.join("node_modules"));
    let mut python = Command::new(unpacked.join("python/bin/python"));
    python.arg(scripts.join("verify.py"));
    let (npm, pypi) = (ask(node, &messages), ask(python, &messages));
    assert_eq!((npm.len(), pypi.len()), (cases.len() * libraries.len(), cases.len() * libraries.len()));
    let of_one = |(npm, pypi): (&[Value], &[Value])| {
        let named = [("npm", npm), ("PyPI", pypi)].into_iter().flat_map(|(registry, outcomes)| {
            libraries.iter().zip(outcomes).map(move |(library, outcome)| Verdict {
                verifier: format!("{registry} {library}"),
                accepted: outcome["accepted"].as_bool().unwrap(),
                why: outcome["why"].as_str().unwrap().to_owned(),
            })
        });
        named.collect()
    };
    npm.chunks(libraries.len()).zip(pypi.chunks(libraries.len())).map(of_one).collect()
}

fn ask(mut command: Command, messages: &Value) -> Vec<Value> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("node and python3 are needed: run make test");
    process.stdin.take().unwrap().write_all(messages.to_string().as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Where `scripts/test-programs.sh` unpacks them.
fn unpacked() -> PathBuf {
    let folder = root().join(".freehold/webhook-verifiers");
    assert!(folder.join("versions").exists(), "the official verifiers are not in {}: run make test", folder.display());
    folder
}
