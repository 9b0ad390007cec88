//! The error codes: every one is documented, and none changes once it is published.

use std::collections::BTreeSet;

use freehold_compose::error_codes;

use super::{refuse, snapshot, sources};
use crate::harness::app::TestApp;

#[test]
fn the_list_of_error_codes_is_the_one_in_the_repository() {
    let mut codes = error_codes(&freehold_voice::PRODUCT);
    codes.sort_by_key(|code| (code.status, code.name));
    let head = "# Error codes\n\nEvery error has a stable `code` to branch on. Made from the code by `make snapshots`; \
        do not edit.\n\n| status | code | what it means |\n|---|---|---|";
    let rows = codes.iter().map(|code| format!("| {} | `{}` | {} |", code.status, code.name, code.title));
    let text: Vec<String> = std::iter::once(head.to_owned()).chain(rows).collect();
    snapshot::same_as("docs/errors.md", &format!("{}\n", text.join("\n")));
}

#[test]
fn no_two_error_codes_have_one_name_and_status() {
    let mut names = BTreeSet::new();
    for code in error_codes(&freehold_voice::PRODUCT) {
        // Supabase answers a few of its codes with two statuses.
        assert!(names.insert((code.name, code.status)), "{} is there twice", code.name);
        assert!(
            code.name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit()),
            "{}",
            code.name
        );
        assert!((400..600).contains(&code.status) && !code.title.is_empty() && !code.title.ends_with('.'));
    }
}

#[test]
fn every_error_code_of_the_source_tree_is_listed() {
    let listed: BTreeSet<&str> = error_codes(&freehold_voice::PRODUCT).iter().map(|code| code.name).collect();
    let mut found = 0;
    let mut broken = Vec::new();
    for (file, text) in sources() {
        // A constructor without a text declares or copies a code.
        for name in text.split("Code::new(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')) {
            let name = name.split('"').next().unwrap();
            found += 1;
            if !listed.contains(name) {
                broken.push(format!("{file}: {name} is in no list of `freehold_compose::error_codes`"));
            }
        }
    }
    assert!(found >= listed.len(), "the codes were not found");
    // Supabase's names for Freehold's codes are codes, too.
    let face = sources().into_iter().find(|(file, _)| file.ends_with("api/src/auth/face.rs")).unwrap().1;
    let answered = face.split("fn status_and_code").nth(1).unwrap();
    broken.extend(
        answered.split(", \"").skip(1).map(|rest| format!("face.rs: {:?} is no `Code`", rest.split('"').next())),
    );
    refuse("Every error code is documented:", &broken);
}

#[tokio::test]
async fn the_page_of_error_codes_has_a_place_for_every_code() {
    let app = TestApp::with(crate::voice()).await;
    let page = app.get("/docs/errors").send().await.expect(200);
    for code in error_codes(&freehold_voice::PRODUCT) {
        assert!(page.text().contains(&format!("id=\"{}\"", code.name)), "{} has no place to link to", code.name);
    }
}
