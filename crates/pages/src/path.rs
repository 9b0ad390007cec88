//! Paths of this site.

/// The text if it is a path of this site; none for another site's address, which browsers read from `//` and `/\` too.
pub fn own_path(text: &str) -> Option<&str> {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (text.starts_with('/') && !text.starts_with("//") && plain).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_own() {
        for path in ["/", "/home", "/keys?a=b#c"] {
            assert_eq!(own_path(path), Some(path));
        }
        for other in ["", "//evil.example", "/\\evil.example", "https://evil.example/", "home", "/a b", "/a\r\nb", "/ä"]
        {
            assert_eq!(own_path(other), None, "{other:?}");
        }
    }
}
