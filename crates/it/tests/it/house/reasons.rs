//! All reasons for transactions outside a tenant, in one list, so that a reviewer sees each change.

use super::sources;

/// `cargo insta review`, or `INSTA_UPDATE=always cargo test`, accepts a change of this list.
#[test]
fn the_reasons_for_working_outside_of_a_tenant() {
    let mut reasons = Vec::new();
    for (file, text) in sources() {
        for (number, piece) in text.split(".system(").enumerate().skip(1) {
            let reason = piece.trim_start();
            let reason = reason.strip_prefix('"').and_then(|rest| rest.split_once('"'));
            match reason {
                Some((reason, _)) => reasons.push(format!("{file}: {reason}")),
                None => panic!("{file}: the reason of its .system( number {number} is not a text in place"),
            }
        }
    }
    reasons.sort();
    insta::assert_snapshot!("system_reasons", reasons.join("\n"));
}
