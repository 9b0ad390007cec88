//! A `Caller` gives access to a tenant, so it is created only where a credential has been checked.

use super::{refuse, sources};

/// Which files may create which callers, and why.
const MAY: &[(&str, &str, &str)] = &[
    ("Caller::member(", "crates/web/src/resolve.rs", "the access token was checked, and the member looked up"),
    ("Caller::key(", "crates/web/src/resolve.rs", "the key was checked, and its tenant looked up"),
    (
        "Caller::service(",
        "crates/web/src/resolve.rs",
        "the service key was checked, and the tenant that it named looked up",
    ),
    (
        "Caller::operator(",
        "crates/web/src/impersonation.rs",
        "the token of the operator's session was checked, and it runs",
    ),
    (
        "Caller::system(",
        "crates/app/src/authority.rs",
        "a job of the tenant was in the queue, and the tenant looked up",
    ),
    ("Caller::system(", "crates/db/src/canary.rs", "two synthetic tenants, before the first request"),
];

const MADE: [&str; 5] = ["Caller::member(", "Caller::key(", "Caller::service(", "Caller::operator(", "Caller::system("];

#[test]
fn callers_are_made_where_credentials_are_checked() {
    let mut broken = Vec::new();
    let mut used = vec![false; MAY.len()];
    for (file, text) in sources() {
        // Unit tests are at the end of a file, and create their own callers.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for made in MADE.iter().filter(|made| code.contains(**made)) {
            match MAY.iter().position(|(what, place, _)| what == made && *place == file) {
                Some(index) => used[index] = true,
                None if is_test(&file) => {}
                None => broken.push(format!("{file}: makes a {made}…) and does not stand in MAY")),
            }
        }
    }
    for ((what, file, _), used) in MAY.iter().zip(used) {
        if !used {
            broken.push(format!("{file}: makes no {what}…) any more; take it out of MAY"));
        }
    }
    refuse("Who makes a Caller:", &broken);
}

fn is_test(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.contains("/tests/")
}
