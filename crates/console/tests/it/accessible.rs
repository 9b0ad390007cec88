//! Every page in a browser: axe-core finds nothing serious, in light and dark, at 390 and 1280 px, and no page scrolls
//! sideways.

use std::{path::Path, process::Command};

use crate::write::write_all;

#[test]
fn no_page_has_a_serious_accessibility_fault() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let packages = root.join(".freehold/page-checks");
    assert!(packages.join("versions").is_file(), "{} is missing: run `make test`", packages.display());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gallery");
    write_all(&folder).unwrap();
    let mut node = Command::new("node");
    let node = node.arg(root.join("scripts/walk-pages.mjs")).args([&folder, &packages]).arg("check");
    let output = node.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(" pages opened, 0 findings"), "{said}");
}
