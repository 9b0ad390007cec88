//! What modules declare is declared once, and nothing is sealed for a purpose that no module declares.

use std::collections::BTreeSet;

use freehold::{compose, products::PRODUCTS};
use freehold_module::SettingKind;

use super::{refuse, sources};

#[test]
fn no_two_modules_declare_the_same() {
    let broken: Vec<String> = PRODUCTS
        .iter()
        .filter_map(|(name, product)| {
            let error = compose::declarations_check(product).err()?;
            Some(format!("{name}: {error}"))
        })
        .collect();
    refuse("Names that modules declare:", &broken);
}

#[test]
fn every_purpose_of_sealing_is_declared_by_its_module() {
    let declared: BTreeSet<&str> = PRODUCTS
        .iter()
        .flat_map(|(_, product)| compose::seal_purposes(product))
        .map(freehold_vault::Purpose::label)
        .collect();
    let (mut broken, mut found) = (Vec::new(), BTreeSet::new());
    let sources = sources();
    for (file, text) in sources.iter().filter(|(file, _)| file.contains("/src/") && !file.ends_with("/tests.rs")) {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for after in ["Purpose::new(", "Self::new("].iter().flat_map(|call| code.split(call).skip(1)) {
            // Other types have a `new` with a text, too, but not in the file of purposes.
            let Some((label, _)) = after.strip_prefix('"').and_then(|rest| rest.split_once("\")")) else { continue };
            if !(code.contains("Purpose::new(") || file.ends_with("vault/src/purpose.rs")) {
                continue;
            }
            if !declared.contains(label) {
                broken.push(format!(
                    "{file}: seals for {label:?}, which no module declares; add it to seal_purposes of its module"
                ));
            }
            found.insert(label);
        }
    }
    for label in declared.iter().filter(|label| !found.contains(*label)) {
        broken.push(format!("{label:?} is declared, but nothing is sealed for it"));
    }
    refuse("Purposes of sealing:", &broken);
}

#[test]
fn every_setting_of_a_module_has_a_key_a_sentence_and_a_default_that_fits() {
    let mut broken = Vec::new();
    for setting in PRODUCTS.iter().flat_map(|(_, product)| compose::module_settings(product)) {
        let name = setting.name;
        if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            broken.push(format!("{name:?} is no key: write lower case letters, digits and underscores"));
        }
        if !setting.about.ends_with('.') || setting.about.split(' ').count() < 3 {
            broken.push(format!("{name}: say in a whole sentence what it is for"));
        }
        let fits = match setting.kind {
            SettingKind::Number { default, low, high } => (low..=high).contains(&default),
            SettingKind::Choice { default, words } => words.contains(&default),
            _ => true,
        };
        if !fits {
            broken.push(format!("{name}: the default is none of the values that it may have"));
        }
    }
    refuse("Settings of modules:", &broken);
}
