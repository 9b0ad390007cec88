//! E-mail addresses: the only place that parses them.

use std::{error, fmt};

use email_address::{EmailAddress as Syntax, Options};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;

use crate::{HiddenCharacter, hidden::hidden_in_address};

/// Characters that only special addresses contain: quotes, comments, lists and domains that are IP addresses in
/// brackets.
const SPECIAL: &[char] = &['<', '>', '(', ')', '[', ']', ',', ';', ':', '\\', '"', ' '];

/// An e-mail address in its canonical form: lower case, compatibility forms folded (Unicode's NFKC), the domain in
/// Punycode as mail servers use it.
///
/// ```
/// # use freehold_core::EmailAddress;
/// for text in ["Ada@BÜCHER.example", " ada@bücher.example ", "ada@xn--bcher-kva.example"] {
///     assert_eq!(EmailAddress::parse(text).unwrap().as_str(), "ada@xn--bcher-kva.example");
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// Why a text is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailAddressError {
    /// The text contains an invisible character, or one that looks like an ordinary space.
    Hidden(HiddenCharacter),
    /// The text does not have the form of an address, or is longer than mail servers accept.
    Invalid,
}

impl EmailAddress {
    /// Most bytes before the `@` (RFC 5321, 4.5.3.1.1).
    pub const LOCAL_LONGEST: usize = 64;
    /// Most bytes of an address (RFC 5321, 4.5.3.1.3, without its brackets).
    pub const LONGEST: usize = 254;

    /// Parses an address. Spaces, tabs and line breaks around it are skipped.
    pub fn parse(text: &str) -> Result<Self, EmailAddressError> {
        const AROUND: [char; 4] = [' ', '\t', '\r', '\n'];
        let skipped = text.chars().take_while(|letter| AROUND.contains(letter)).count();
        let trimmed = text.trim_matches(AROUND);
        if let Some(hidden) = hidden_in_address(trimmed) {
            let position = hidden.position + skipped;
            return Err(EmailAddressError::Hidden(HiddenCharacter { position, ..hidden }));
        }
        // Folding makes a text at most 18 times as long, so texts much longer than an address are not folded.
        if trimmed.len() > 4 * Self::LONGEST {
            return Err(EmailAddressError::Invalid);
        }
        let folded: String = trimmed.nfkc().collect::<String>().to_lowercase().nfkc().collect();
        let (local, domain) = folded.split_once('@').ok_or(EmailAddressError::Invalid)?;
        let domain = domain_in_ascii(domain).ok_or(EmailAddressError::Invalid)?;
        let address = format!("{local}@{domain}");
        let special = |text: &str| text.contains(SPECIAL) || text.contains('@');
        let options = Options::default().without_display_text().without_domain_literal();
        let good = address.len() <= Self::LONGEST
            && local.len() <= Self::LOCAL_LONGEST
            && !special(local)
            && !special(&domain)
            && Syntax::parse_with_options(&address, options).is_ok();
        if good { Ok(Self(address)) } else { Err(EmailAddressError::Invalid) }
    }

    /// The address in its canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address in its canonical form, as a text.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The domain behind the `@`, in Punycode.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Every form in which the address may be stored, that of [`parse`](Self::parse) first, since earlier versions
    /// stored domains as they were typed. Rows are looked up by all of them. `address` was parsed or stored before.
    pub fn spellings(address: &str) -> Vec<String> {
        let mut spellings = vec![address.to_owned()];
        let Some((local, domain)) = address.rsplit_once('@') else { return spellings };
        if domain.is_ascii() && !domain.contains("xn--") {
            return spellings;
        }
        let Some(ascii) = domain_in_ascii(domain) else { return spellings };
        let (unicode, _) = Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::URL, Hyphens::Allow);
        for domain in [&unicode, ascii.as_str()] {
            let spelling = format!("{local}@{domain}");
            spellings.retain(|other| *other != spelling);
            spellings.insert(0, spelling);
        }
        spellings
    }

    /// Whether two stored addresses are the same. Only domains are compared by meaning: before the `@` an earlier
    /// version may have confirmed a mailbox whose name only looks the same.
    pub fn same(one: &str, other: &str) -> bool {
        one == other || Self::spellings(one)[0] == Self::spellings(other)[0]
    }
}

/// The domain in Punycode, if it is valid and no label contains an invisible character.
fn domain_in_ascii(domain: &str) -> Option<String> {
    let ascii = Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::Verify).ok()?;
    let (unicode, valid) = Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::URL, Hyphens::Allow);
    (valid.is_ok() && hidden_in_address(&unicode).is_none()).then(|| ascii.into_owned())
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for EmailAddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hidden(hidden) => write!(f, "the address contains {hidden}, which cannot be seen. Remove it"),
            Self::Invalid => f.write_str("expected one e-mail address, such as ada@example.org"),
        }
    }
}

impl error::Error for EmailAddressError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> String {
        EmailAddress::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}")).into_string()
    }

    #[test]
    fn one_address_has_one_spelling() {
        for (text, canonical) in [
            ("ada@example.org", "ada@example.org"),
            (" Ada@Example.ORG\n", "ada@example.org"),
            ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
            ("ada@bu\u{308}cher.example", "ada@xn--bcher-kva.example"),
            ("ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
            ("ada@ｅｘａｍｐｌｅ.org", "ada@example.org"),
            ("ada@example。org", "ada@example.org"),
            ("ａｄａ＠example.org", "ada@example.org"),
            ("jürgen@example.org", "jürgen@example.org"),
            ("ju\u{308}rgen@example.org", "jürgen@example.org"),
            ("ada+news@example.org", "ada+news@example.org"),
            ("o'brien@example.ie", "o'brien@example.ie"),
            ("ada@localhost", "ada@localhost"),
            ("用户@例子.example", "用户@xn--fsqu00a.example"),
        ] {
            assert_eq!(read(text), canonical);
        }
    }

    #[test]
    fn a_character_nobody_sees_is_named_with_its_position() {
        for (text, named) in [
            ("ada\u{200b}@example.org", "U+200B ZERO WIDTH SPACE at position 4"),
            ("\u{feff}ada@example.org", "U+FEFF ZERO WIDTH NO-BREAK SPACE at position 1"),
            ("  \u{feff}ada@example.org", "U+FEFF ZERO WIDTH NO-BREAK SPACE at position 3"),
            ("ada@exa\u{2060}mple.org", "U+2060 WORD JOINER at position 8"),
            ("ad\u{ad}a@example.org", "U+00AD SOFT HYPHEN at position 3"),
            ("ada\u{200e}@example.org", "U+200E LEFT-TO-RIGHT MARK at position 4"),
            ("ada\u{202e}@example.org", "U+202E RIGHT-TO-LEFT OVERRIDE at position 4"),
            ("ada\u{2066}@example.org", "U+2066 LEFT-TO-RIGHT ISOLATE at position 4"),
            ("ada\u{61c}@example.org", "U+061C ARABIC LETTER MARK at position 4"),
            ("ada\u{34f}@example.org", "U+034F COMBINING GRAPHEME JOINER at position 4"),
            ("ada\u{fe0f}@example.org", "U+FE0F (a variation selector) at position 4"),
            ("ada\u{e0061}@example.org", "U+E0061 (a tag character) at position 4"),
            ("ada\u{e0100}@example.org", "U+E0100 (a variation selector) at position 4"),
            ("ada\u{180e}@example.org", "U+180E MONGOLIAN VOWEL SEPARATOR at position 4"),
            ("ada\u{3164}@example.org", "U+3164 HANGUL FILLER at position 4"),
            ("ada\u{2800}@example.org", "U+2800 BRAILLE PATTERN BLANK at position 4"),
            ("ada\u{a0}@example.org", "U+00A0 NO-BREAK SPACE at position 4"),
            ("ada@example.org\u{3000}", "U+3000 IDEOGRAPHIC SPACE at position 16"),
            ("ada@example.org\u{2028}", "U+2028 LINE SEPARATOR at position 16"),
            ("ada\n@example.org", "U+000A LINE FEED at position 4"),
            ("ada\0@example.org", "U+0000 NULL at position 4"),
            ("ada\u{7f}@example.org", "U+007F DELETE at position 4"),
            ("ada\u{9b}@example.org", "U+009B (a control character) at position 4"),
            ("ada\u{e000}@example.org", "U+E000 (a private-use character) at position 4"),
            ("ada\u{1d173}@example.org", "U+1D173 (an invisible character) at position 4"),
        ] {
            let error = EmailAddress::parse(text).unwrap_err();
            assert!(error.to_string().contains(named), "{text:?}: {error}");
        }
    }

    #[test]
    fn what_no_mail_server_takes_is_refused() {
        let (long, longer) = (format!("{}@x.org", "a".repeat(65)), format!("a@{}.org", "b.".repeat(130)));
        for text in [
            "",
            "@",
            "ada",
            "@x.org",
            "ada@",
            "a b@x.org",
            "a@b@c",
            "a＠b@c",
            "a@x..org",
            "a@.org",
            "a@org.",
            "<a@x.org>",
            "Ada <a@x.org>",
            "a@x.org, b@x.org",
            "\"a\"@x.org",
            "a@[127.0.0.1]",
            "a@x.org/y",
            "a@-x.org",
            "a@xn--a.org",
            "a..b@x.org",
            "a\\@x.org",
            &long,
            &longer,
        ] {
            assert_eq!(EmailAddress::parse(text), Err(EmailAddressError::Invalid), "{text:?}");
        }
        assert_eq!(read(&format!("{}@x.org", "a".repeat(64))).len(), 70);
    }

    #[test]
    fn addresses_of_earlier_versions_are_found() {
        assert_eq!(EmailAddress::spellings("ada@example.org"), ["ada@example.org"]);
        let both = ["ada@xn--bcher-kva.example", "ada@bücher.example"];
        assert_eq!(
            (EmailAddress::spellings(both[0]), EmailAddress::spellings(both[1])),
            (both.map(String::from).to_vec(), both.map(String::from).to_vec())
        );
        let typed = "ada@ｂücher.example";
        assert_eq!(EmailAddress::spellings(typed), [both[0], both[1], typed]);
        assert_eq!(EmailAddress::spellings("odd one"), ["odd one"]);
        assert!(EmailAddress::same(both[0], both[1]) && !EmailAddress::same("ａda@example.org", "ada@example.org"));
        assert!(!EmailAddress::same("ada@example.org", "eve@example.org"));
    }

    proptest! {
        #[test]
        fn reading_an_address_twice_changes_nothing(text in "\\PC{1,12}@[a-zäßς\u{130}０-９。.-]{1,12}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address.clone()));
                prop_assert!(hidden_in_address(address.as_str()).is_none());
            }
        }
    }
}
