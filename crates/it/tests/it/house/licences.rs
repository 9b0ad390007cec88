//! Whose work this stands on, under which licence.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use super::{refuse, root};

/// Licences that ask for no more than to be named.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages we do without.
const BANNED: &[(&str, &str)] = &[
    ("openssl", "TLS is rustls"),
    ("openssl-sys", "TLS is rustls"),
    ("native-tls", "TLS is rustls"),
    ("ring", "the one cryptography is aws-lc-rs"),
    ("chrono", "time is jiff"),
];

/// Two of one of these are two worlds whose types do not fit.
const ONCE: &[&str] = &[
    "axum",
    "axum-core",
    "http",
    "hyper",
    "rustls",
    "tokio",
    "tokio-postgres",
    "postgres-types",
    "jiff",
    "uuid",
    "serde",
    "tracing-core",
];

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 100, "the packages were not found");
    packages
}

#[test]
fn licences_versions_and_bans() {
    let mut broken = Vec::new();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages() {
        let (name, version) = (package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        versions.entry(name.to_owned()).or_default().insert(version.to_owned());
        if let Some((_, why)) = BANNED.iter().find(|(banned, _)| *banned == name) {
            broken.push(format!("{name} {version}: is banned, because {why}; see `cargo tree -i {name}`"));
        }
        match package["license"].as_str() {
            Some(licence) if satisfied(licence) => {}
            licence => broken.push(format!("{name} {version}: its licence is {licence:?}")),
        }
    }
    for name in ONCE {
        if let Some(several) = versions.get(*name).filter(|versions| versions.len() > 1) {
            broken.push(format!("{name}: there are {several:?}; see `cargo tree -d`"));
        }
    }
    refuse("What we stand on:", &broken);
}

/// Whether a licence expression (SPDX) can be satisfied with what is allowed: one side of every `OR`, all of every
/// `AND`. `OR` binds weaker; an old `/` means `OR`.
fn satisfied(expression: &str) -> bool {
    let expression = expression.trim().replace('/', " OR ");
    let split = |word: &str| {
        let (mut depth, mut from, mut parts) = (0_i32, 0, Vec::new());
        for (at, letter) in expression.char_indices() {
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ if depth == 0 && at >= from && expression[at..].starts_with(word) => {
                    parts.push(expression[from..at].to_owned());
                    from = at + word.len();
                }
                _ => {}
            }
        }
        parts.push(expression[from..].to_owned());
        parts
    };
    let (any, all) = (split(" OR "), split(" AND "));
    if any.len() > 1 {
        any.iter().any(|part| satisfied(part))
    } else if all.len() > 1 {
        all.iter().all(|part| satisfied(part))
    } else if let Some(inner) = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        satisfied(inner)
    } else {
        ALLOWED.contains(&expression.trim())
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    for good in [
        "MIT",
        "MIT OR GPL-3.0",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "MIT/Apache-2.0",
        "ISC AND (Apache-2.0 OR ISC)",
    ] {
        assert!(satisfied(good), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND GPL-3.0", "", "AGPL-3.0-only"] {
        assert!(!satisfied(bad), "{bad}");
    }
}
