//! URLs that Stripe's pages redirect back to: this site, or one that the operator allows. Any other URL would be an
//! open redirect, which helps phishing.

use freehold_core::{Error, Result};
use url::Url;

use crate::Billing;

/// Stripe replaces it by the id of the checkout.
const SESSION: (&str, &str) = ("%7BCHECKOUT_SESSION_ID%7D", "{CHECKOUT_SESSION_ID}");

/// Longest URL, in bytes.
const LONGEST: usize = 2_000;

/// Checks a URL and returns it; without one, returns `path` of this site. A path is relative to this site.
///
/// # Errors
/// `validation_failed` at `pointer`.
pub(crate) fn return_url(billing: &Billing, pointer: &str, asked: Option<&str>, path: &str) -> Result<String> {
    checked(&billing.site_url, &billing.return_origins, asked, path).map_err(|message| Error::invalid(pointer, message))
}

fn checked(site: &str, origins: &[String], asked: Option<&str>, path: &str) -> Result<String, String> {
    let Some(asked) = asked else { return Ok(format!("{site}{path}")) };
    if asked.len() > LONGEST || asked.chars().any(char::is_control) {
        return Err(format!("expected an address of at most {LONGEST} bytes, without control characters"));
    }
    let base = Url::parse(site).map_err(|_| "this site does not know its own address".to_owned())?;
    let url = base.join(asked).map_err(|_| format!("{asked:?} is not an address"))?;
    let web = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    let mut allowed = origins.iter().filter_map(|text| Url::parse(text).ok()).map(|url| url.origin());
    if !web || (url.origin() != base.origin() && !allowed.any(|origin| origin == url.origin())) {
        let mut known = vec![base.origin().ascii_serialization()];
        known.extend(origins.iter().cloned());
        return Err(format!("expected an address of {}", known.join(" or ")));
    }
    // Returns the parsed form, so that no other program can read it differently.
    Ok(String::from(url).replace(SESSION.0, SESSION.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "https://voice.example.com";

    fn check(asked: &str) -> Result<String, String> {
        checked(SITE, &["https://app.example.com".to_owned()], Some(asked), "/billing")
    }

    #[test]
    fn addresses_of_this_site_and_of_named_ones_are_kept() {
        assert_eq!(checked(SITE, &[], None, "/billing"), Ok("https://voice.example.com/billing".to_owned()));
        for (asked, kept) in [
            ("/paid?x=1", "https://voice.example.com/paid?x=1"),
            ("https://voice.example.com", "https://voice.example.com/"),
            ("https://VOICE.example.com:443/a", "https://voice.example.com/a"),
            (
                "https://app.example.com/done?id={CHECKOUT_SESSION_ID}",
                "https://app.example.com/done?id={CHECKOUT_SESSION_ID}",
            ),
            ("/done/{CHECKOUT_SESSION_ID}", "https://voice.example.com/done/{CHECKOUT_SESSION_ID}"),
        ] {
            assert_eq!(check(asked).as_deref(), Ok(kept), "{asked}");
        }
    }

    #[test]
    fn other_sites_are_rejected() {
        for asked in [
            "https://evil.example",
            "//evil.example/billing",
            "\\\\evil.example",
            "/\\evil.example",
            "\t//evil.example",
            "http://voice.example.com/",
            "https://voice.example.com:8443/",
            "https://voice.example.com@evil.example/",
            "https://app.example.com@voice.example.com/",
            "https://voice.example.com.evil.example/",
            "javascript:alert(1)",
            "data:text/html,hi",
            "https://",
            "/a\nb",
            &"/x".repeat(1_001),
        ] {
            assert!(check(asked).is_err(), "{asked}");
        }
    }
}
