//! Third-party packages and their licences.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use super::{refuse, root};

/// Licences that only require attribution.
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

/// Packages that must not be used.
const BANNED: &[(&str, &str)] = &[
    ("openssl", "TLS is rustls"),
    ("openssl-sys", "TLS is rustls"),
    ("native-tls", "TLS is rustls"),
    ("ring", "the one cryptography is aws-lc-rs"),
];

/// Packages of which two versions would have incompatible types.
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

/// Name, version and licence of every package of the workspace, for any platform, including tests. From `cargo tree`:
/// `cargo metadata` and Cargo.lock also contain the packages of features that are not enabled.
fn packages() -> BTreeSet<(String, String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--workspace", "--target", "all", "--edges", "all"])
        .args(["--prefix", "none", "--format", "{p}|{l}|"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "after `cargo fetch`: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let packages: BTreeSet<_> = text
        .lines()
        .filter_map(|line| {
            let (package, rest) = line.split_once('|')?;
            let (licence, _) = rest.split_once('|')?;
            let mut words = package.split(' ');
            Some((words.next()?.to_owned(), words.next()?.to_owned(), licence.to_owned()))
        })
        .collect();
    assert!(packages.len() > 100, "the packages were not found");
    packages
}

#[test]
fn licences_versions_and_bans() {
    let mut broken = Vec::new();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version, licence) in packages() {
        if let Some((_, why)) = BANNED.iter().find(|(banned, _)| *banned == name) {
            broken.push(format!("{name} {version}: is banned, because {why}; see `cargo tree -i {name}`"));
        }
        if !satisfied(&licence) {
            broken.push(format!("{name} {version}: its licence is {licence:?}"));
        }
        versions.entry(name).or_default().insert(version);
    }
    for name in ONCE {
        if let Some(several) = versions.get(*name).filter(|versions| versions.len() > 1) {
            broken.push(format!("{name}: there are {several:?}; see `cargo tree -d`"));
        }
    }
    refuse("What we stand on:", &broken);
}

/// Whether a licence expression (SPDX) can be satisfied with the allowed licences: one side of every `OR`, all of every
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
