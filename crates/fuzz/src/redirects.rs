//! Redirects of the browser after signing in.

use std::{str, sync::LazyLock};

use freehold_identity::{AuthSettings, Settings};

const SITE: &str = "https://app.example.org";

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings {
    site_url: SITE.to_owned(),
    product_name: "Product".to_owned(),
    password: true,
    magic_link: true,
    supabase: freehold_identity::SupabaseSettings::default(),
    auth: AuthSettings {
        redirect_urls: vec![
            "https://*.preview.example.org/**".to_owned(),
            "http://localhost:*/callback".to_owned(),
            "com.example.app://callback".to_owned(),
        ],
        ..AuthSettings::default()
    },
});

/// For any requested address, the browser is redirected to the site or to a place that the operator permits. The test
/// judges the response by rules of its own: by what a browser does with an address, not by how our check reads it.
pub fn redirects(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let target = SETTINGS.redirect_or_site(Some(text));
    assert!(!target.bytes().any(|byte| byte.is_ascii_control() || byte == b'\\' || byte == b' '), "{target:?}");
    // Schemes and hosts are case-insensitive.
    let read = target.to_ascii_lowercase();
    let allowed = match read.split_once("://") {
        Some(("com.example.app", rest)) => rest.starts_with("callback"),
        Some((scheme @ ("https" | "http"), rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = authority.split(':').next().unwrap_or_default();
            assert!(!authority.contains('@'), "{target:?} names somebody before its host");
            match scheme {
                "https" => authority == "app.example.org" || host.ends_with(".preview.example.org"),
                _ => host == "localhost",
            }
        }
        _ => false,
    };
    assert!(allowed, "{text:?} leads to {target:?}");
}
