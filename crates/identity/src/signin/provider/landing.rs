//! The URL that a browser is redirected to after a sign-in, with its parameters.

use url::form_urlencoded::byte_serialize;

/// `target` with these parameters in its query, replacing those of the same names, and these in its fragment.
pub fn landing(target: &str, query: &[(&str, &str)], fragment: &[(&str, &str)]) -> String {
    let target = target.split('#').next().unwrap_or_default();
    let (place, own) = target.split_once('?').unwrap_or((target, ""));
    let replaced = |pair: &&str| query.iter().any(|(name, _)| pair.split('=').next() == Some(name));
    let own = own.split('&').filter(|pair| !pair.is_empty() && !replaced(pair)).map(str::to_owned);
    let query: Vec<String> = own.chain(query.iter().map(|(name, value)| pair(name, value))).collect();
    let fragment: Vec<String> = fragment.iter().map(|(name, value)| pair(name, value)).collect();
    let part = |mark: &str, pairs: Vec<String>| {
        if pairs.is_empty() { String::new() } else { format!("{mark}{}", pairs.join("&")) }
    };
    format!("{place}{}{}", part("?", query), part("#", fragment))
}

fn pair(name: &str, value: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("{}={}", encoded(name), encoded(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_that_is_taken_along_moves_the_place(value in ".*", name in "[a-z_]{1,12}") {
            let place = landing("https://a.example/x?own=1", &[(&name, &value)], &[(&name, &value)]);
            prop_assert!(place.starts_with("https://a.example/x?"));
            prop_assert!(place.bytes().all(|byte| byte.is_ascii_graphic()), "{}", place);
            prop_assert_eq!(place.matches('#').count(), 1);
            let read = url::Url::parse(&place).unwrap();
            let found = read.query_pairs().find(|(other, _)| *other == name).unwrap();
            prop_assert_eq!(found.1, value.as_str());
            prop_assert_eq!(read.host_str(), Some("a.example"));
        }
    }

    #[test]
    fn what_is_taken_along_stands_behind_the_place() {
        assert_eq!(landing("https://a.example/x", &[], &[("a", "b c"), ("sb", "")]), "https://a.example/x#a=b+c&sb=");
        assert_eq!(
            landing("https://a.example/x?code=old&y=1#z", &[("code", "n&w")], &[]),
            "https://a.example/x?y=1&code=n%26w"
        );
        assert_eq!(landing("com.example.app://callback", &[("code", "7")], &[]), "com.example.app://callback?code=7");
        assert_eq!(landing("https://a.example?", &[], &[]), "https://a.example");
    }
}
