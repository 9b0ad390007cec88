//! The content security policy of pages whose forms redirect to another site.

use crate::CONTENT_SECURITY_POLICY;

/// The policy of a page whose forms redirect to `target`. Browsers apply `form-action` to redirects of a form, too, so
/// it must name the target. The caller has checked that the target is allowed. This site is always named.
pub(crate) fn form_policy(target: Option<&str>, site_url: &str) -> String {
    match target.and_then(form_target).filter(|place| form_target(site_url).as_ref() != Some(place)) {
        Some(place) => CONTENT_SECURITY_POLICY.replace("form-action 'self'", &format!("form-action 'self' {place}")),
        None => CONTENT_SECURITY_POLICY.to_owned(),
    }
}

/// The source of an address in a policy: `https://app.example.org`, or `myapp:` for an app with its own scheme.
fn form_target(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once(':')?;
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.bytes().all(letter) {
        return None;
    }
    if scheme != "https" && scheme != "http" {
        return Some(format!("{scheme}:"));
    }
    let host = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    (!host.is_empty() && host.bytes().all(allowed)).then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_where_the_form_leads() {
        for (address, target) in [
            ("https://app.example.org/welcome?a=b", Some("https://app.example.org")),
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("com.example.app://callback", Some("com.example.app:")),
            ("/welcome", None),
            ("https://a; script-src *", None),
            ("https://user@a", None),
            ("java script:x", None),
            ("https:///", None),
        ] {
            assert_eq!(form_target(address).as_deref(), target, "{address}");
        }
        let site = "https://app.example.org";
        assert_eq!(form_policy(Some("https://app.example.org/welcome"), site), CONTENT_SECURITY_POLICY);
        assert_eq!(form_policy(None, site), CONTENT_SECURITY_POLICY);
        assert!(form_policy(Some("https://other.example/x"), site).contains("'self' https://other.example;"));
    }
}
