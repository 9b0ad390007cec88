//! Suggestions for misspelt names.

/// The known name that is most similar, if it is similar enough to be meant.
pub(super) fn nearest<'n>(wrong: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let wrong = wrong.to_lowercase();
    let far = |name: &str| strsim::damerau_levenshtein(&wrong, &name.to_lowercase());
    let (distance, name) = known.map(|name| (far(name), name)).min()?;
    // At most two letters differ, or one in six.
    (distance <= 2.max(name.len() / 6) && distance * 2 < name.len()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_a_near_name_is_meant() {
        let known = || ["listen", "site_url", "product", "data"].into_iter();
        for (wrong, meant) in [
            ("lisen", Some("listen")),
            ("listne", Some("listen")),
            ("siteurl", Some("site_url")),
            ("dta", Some("data")),
            ("PRODUCT", Some("product")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(wrong, known()), meant, "{wrong}");
        }
    }
}
