//! Stripe's own packages work with the sandbox without any change.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

use std::{net::TcpListener, path::PathBuf, process::Stdio};

use stripe_sandbox::{Sandbox, Settings};
use tokio::process::Command;

/// The folder into which `scripts/test-programs.sh` unpacks them.
fn packages() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join(".freehold/stripe-packages");
    assert!(folder.join("versions").is_file(), "{} is missing: run `make test`", folder.display());
    folder
}

async fn drive(mut program: Command, script: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let sandbox = Sandbox::start(listener, Settings::default()).unwrap();
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sdk").join(script);
    program.arg(script).arg(sandbox.address().port().to_string());
    let output = program.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    sandbox.stop().await;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("all of it"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_package_of_npm_drives_it_from_price_to_webhook() {
    let mut node = Command::new("node");
    node.env("NODE_PATH", packages().join("node_modules"));
    drive(node, "drive.cjs").await;
}

#[test]
fn the_words_that_stripe_knows_are_those_of_its_package() {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/stripe_words.py");
    let output = std::process::Command::new(packages().join("python/bin/python")).arg(&script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let kept = include_str!("../src/stripe_words.txt");
    let hint = "run `.freehold/stripe-packages/python/bin/python tests/sdk/stripe_words.py > src/stripe_words.txt`";
    assert!(String::from_utf8_lossy(&output.stdout) == kept, "src/stripe_words.txt is not the package's: {hint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_package_of_pypi_drives_it_from_price_to_webhook() {
    drive(Command::new(packages().join("python/bin/python")), "drive.py").await;
}
