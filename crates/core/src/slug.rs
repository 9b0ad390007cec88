//! Names in URLs.

use deunicode::deunicode;
use unicode_normalization::UnicodeNormalization;

/// Longest slug, in characters.
const LONGEST: usize = 48;

/// Shortest part of a word that is kept when a slug is cut; a shorter part is dropped.
const SHORTEST_CUT: usize = 24;

/// Slugs that URLs of the product need, or that readers would take for a part of the product.
const RESERVED: &[&str] = &[
    "account",
    "admin",
    "api",
    "app",
    "assets",
    "auth",
    "billing",
    "callback",
    "console",
    "dashboard",
    "dev",
    "docs",
    "events",
    "favicon",
    "healthz",
    "help",
    "internal",
    "invitation",
    "invitations",
    "jobs",
    "keys",
    "legal",
    "login",
    "logout",
    "mail",
    "me",
    "members",
    "metrics",
    "new",
    "null",
    "organizations",
    "plans",
    "pricing",
    "privacy",
    "public",
    "readyz",
    "robots",
    "root",
    "search",
    "security",
    "select",
    "settings",
    "sign-in",
    "sign-out",
    "sign-up",
    "static",
    "status",
    "support",
    "system",
    "terms",
    "undefined",
    "usage",
    "user",
    "users",
    "webhooks",
    "welcome",
    "well-known",
    "www",
];

/// The name as a part of a URL: lower-case ASCII letters and digits with single dashes between words, at most 48
/// characters, cut between words. Other scripts are transliterated. None when no letter or digit remains.
///
/// ```
/// # use freehold_core::slug;
/// assert_eq!(slug("Ünïcode GmbH").as_deref(), Some("unicode-gmbh"));
/// assert_eq!(slug("★ ☆"), None);
/// ```
pub fn slug(name: &str) -> Option<String> {
    // Composed first, so that a letter and its accent are one character; compatibility forms become their letters.
    let composed: String = name.nfkc().collect();
    let plain = deunicode(&composed).to_ascii_lowercase();
    // Text without transliteration becomes `[?]`; symbols such as stars become punctuation, which makes no words.
    let words = plain.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = String::new();
    for word in words {
        let dash = usize::from(!slug.is_empty());
        let room = LONGEST.saturating_sub(slug.len() + dash);
        if word.len() > room && slug.len() >= SHORTEST_CUT {
            break;
        }
        if room == 0 {
            break;
        }
        if dash == 1 {
            slug.push('-');
        }
        slug.push_str(&word[..word.len().min(room)]);
        if word.len() > room {
            break;
        }
    }
    (!slug.is_empty()).then_some(slug)
}

/// Whether the slug is needed by URLs of the product or looks like an id.
pub fn slug_is_reserved(slug: &str) -> bool {
    RESERVED.contains(&slug) || uuid::Uuid::try_parse(slug).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_every_script_become_readable() {
        for (name, expected) in [
            ("Ünïcode GmbH", "unicode-gmbh"),
            ("U\u{308}ni\u{308}code GmbH", "unicode-gmbh"),
            ("Größe", "grosse"),
            ("STRASSE ẞ", "strasse-ss"),
            ("Ada's Voice & Co.", "ada-s-voice-co"),
            ("Æther Ørsted Łódź", "aether-orsted-lodz"),
            ("Žemės ūkis", "zemes-ukis"),
            ("Nhắc lịch hẹn", "nhac-lich-hen"),
            ("Привет, мир", "privet-mir"),
            ("日本", "ri-ben"),
            ("Αθήνα", "athena"),
            ("ＡＣＭＥ１", "acme1"),
            ("ﬁnance", "finance"),
            ("ÄB", "ab"),
            ("--a--", "a"),
            ("a_b.c/d", "a-b-c-d"),
        ] {
            assert_eq!(slug(name).as_deref(), Some(expected), "{name}");
        }
        assert!(slug("🚀 Labs").unwrap().ends_with("labs"));
    }

    #[test]
    fn a_name_of_signs_has_no_slug() {
        for name in ["", "  ", "---", "!!! ???", "\u{200b}\u{202e}"] {
            assert_eq!(slug(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_between_words() {
        let name = "The International Society for the Preservation of Barbershop Quartets";
        assert_eq!(slug(name).unwrap(), "the-international-society-for-the-preservation");
        assert_eq!(slug(&"x".repeat(60)).unwrap(), "x".repeat(48));
        assert_eq!(slug(&format!("a {}", "x".repeat(60))).unwrap(), format!("a-{}", "x".repeat(46)));
        assert_eq!(slug(&format!("{} y", "x".repeat(48))).unwrap(), "x".repeat(48));
        assert_eq!(slug(&format!("{} y", "x".repeat(47))).unwrap(), "x".repeat(47));
    }

    #[test]
    fn a_slug_that_reads_as_a_path_or_an_id_is_reserved() {
        for reserved in ["api", "sign-in", "new", "019cf1a0-7000-7000-8000-000000000000"] {
            assert!(slug_is_reserved(reserved), "{reserved}");
        }
        assert!(!slug_is_reserved("unicode-gmbh"));
        for word in RESERVED {
            assert_eq!(slug(word).as_deref(), Some(*word), "a reserved word that no name becomes");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_name_the_slug_is_a_clean_part_of_a_url(name in "\\PC{0,80}") {
            if let Some(slug) = slug(&name) {
                prop_assert!(slug.len() <= LONGEST);
                prop_assert!(slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{slug}");
                prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"), "{slug}");
            }
        }
    }
}
