//! Texts of users that others read in mails: names of organizations and senders, footers.
//!
//! Mails are sent in the product's name, and mail programs turn everything that looks like an address into a link. So a
//! user's text never becomes a link, contains no characters that hide or reorder the rest, and is short.

use icu_properties::props::{EnumeratedProperty, GeneralCategory};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::{EmailAddress, visible_line};

/// Longest name in a mail, in characters.
const NAME_LONGEST: usize = 60;

/// The name for a mail: at most 60 characters (Unicode code points, cut at grapheme boundaries) on one line. None when
/// it is empty or contains a web or mail address; the mail then uses a neutral text.
///
/// Dots of a name that is a domain are removed, so that it does not become a link: `Booking.com` becomes `Booking com`.
pub fn mail_name(name: &str) -> Option<String> {
    let line = visible_line(name);
    let shown = shortened(&without_domains(&line), NAME_LONGEST);
    (!shown.is_empty() && !line.split(' ').any(is_link)).then_some(shown)
}

/// The text for a mail: at most `longest` characters on one line, without words that are web or mail addresses, and
/// without the dots of bare domains.
pub fn mail_text(text: &str, longest: usize) -> String {
    let line = visible_line(text);
    let words: Vec<&str> = line.split(' ').filter(|word| !is_link(word)).collect();
    shortened(&without_domains(&words.join(" ")), longest)
}

/// A user's own e-mail address for a mail to others; none when it is invalid, longer than a name may be, or contains a
/// part of a web address.
pub fn mail_address(address: &str) -> Option<String> {
    let address = EmailAddress::parse(address).ok()?.into_string();
    let plain = address.chars().count() <= NAME_LONGEST && !address.contains(['/', '?', '#', '=', '%']);
    (plain && !address.contains("www.")).then_some(address)
}

/// The character for which mail programs may take this one.
fn folded(letter: char) -> char {
    let mut forms = std::iter::once(letter).nfkc();
    match (forms.next(), forms.next()) {
        (Some('。'), None) => '.',
        (Some(form), None) => form,
        _ => letter,
    }
}

/// Whether a word is or contains a web or mail address: `https://…`, `www.…`, `example.org/…`, `ada@example.org`.
fn is_link(word: &str) -> bool {
    let word: String = word.chars().map(folded).flat_map(char::to_lowercase).collect();
    let scheme = |name: &str| {
        word.match_indices(name).any(|(at, _)| {
            let before = word[..at].chars().next_back();
            before.is_none_or(|letter| !letter.is_alphanumeric()) && word.len() > at + name.len()
        })
    };
    if word.contains("://")
        || word.contains("www.")
        || ["http:", "https:", "ftp:", "file:", "mailto:", "tel:", "sms:", "javascript:", "data:"]
            .into_iter()
            .any(scheme)
    {
        return true;
    }
    let letters: Vec<char> = word.chars().collect();
    domains(&letters).into_iter().any(|(begin, end)| {
        let behind = letters.get(end).zip(letters.get(end + 1));
        let path = matches!(letters.get(end), Some('/' | '?' | '#' | '\\'));
        let port = behind.is_some_and(|(sign, digit)| *sign == ':' && digit.is_ascii_digit());
        let mailbox = begin > 1 && letters[begin - 1] == '@' && !letters[begin - 2].is_whitespace();
        path || port || mailbox
    })
}

/// The text without the dots of what looks like a domain.
fn without_domains(text: &str) -> String {
    let original: Vec<char> = text.chars().collect();
    let letters: Vec<char> = original.iter().copied().map(folded).collect();
    let domains = domains(&letters);
    let dot =
        |index: usize| letters[index] == '.' && domains.iter().any(|(begin, end)| (*begin..*end).contains(&index));
    original.iter().enumerate().map(|(index, letter)| if dot(index) { ' ' } else { *letter }).collect()
}

/// The places of domains: labels of letters, digits and hyphens joined by dots, the last of at least two letters (so
/// `Co.KG` counts), or four numbers. `e.V.`, `3.14` and `U.S.A` are none.
fn domains(letters: &[char]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    // Emoji are letters of domains, too.
    let label = |letter: &char| !letter.is_whitespace() && !letter.is_ascii_punctuation() && !is_punctuation(*letter);
    let part = |letter: &char| label(letter) || matches!(letter, '-' | '_' | '.' | '\u{200c}' | '\u{200d}');
    let mut index = 0;
    while index < letters.len() {
        let length = letters[index..].iter().take_while(|letter| part(letter)).count();
        let (begin, end) = (index, index + length);
        index = end + 1;
        // Dots at the end or beginning of a sentence belong to no domain.
        let Some(first) = letters[begin..end].iter().position(&label) else { continue };
        let last = letters[begin..end].iter().rposition(&label).unwrap_or(first);
        let (begin, end) = (begin + first, begin + last + 1);
        let labels: Vec<&[char]> = letters[begin..end].split(|letter| *letter == '.').collect();
        let several = labels.len() > 1 && labels.iter().filter(|label| !label.is_empty()).count() > 1;
        let number = |label: &&[char]| !label.is_empty() && label.len() <= 3 && label.iter().all(char::is_ascii_digit);
        let numbers = labels.len() == 4 && labels.iter().all(number);
        // Any label may be a top-level domain: `evil.example...` and `x.evil.example_y` have one in the middle.
        let top = |label: &&[char]| label.len() >= 2 && !label.iter().all(char::is_ascii_digit);
        if several && (numbers || labels[1..].iter().any(top)) {
            found.push((begin, end));
        }
    }
    found
}

/// Characters that separate words and are not part of a domain.
fn is_punctuation(letter: char) -> bool {
    matches!(
        GeneralCategory::for_char(letter),
        GeneralCategory::ConnectorPunctuation
            | GeneralCategory::DashPunctuation
            | GeneralCategory::OpenPunctuation
            | GeneralCategory::ClosePunctuation
            | GeneralCategory::InitialPunctuation
            | GeneralCategory::FinalPunctuation
            | GeneralCategory::OtherPunctuation
            | GeneralCategory::Format
            | GeneralCategory::Control
    )
}

/// The text, shortened to this many characters with a final `…` if it is longer.
fn shortened(text: &str, longest: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= longest {
        return text;
    }
    let mut kept = String::new();
    let mut room = longest.saturating_sub(1);
    for seen in text.graphemes(true) {
        let size = seen.chars().count();
        if size > room {
            break;
        }
        room -= size;
        kept.push_str(seen);
    }
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::HiddenCharacter;

    #[test]
    fn a_name_with_an_address_is_not_shown() {
        for name in [
            "URGENT: your account is locked. Unlock at https://evil.example/login now",
            "HTTP://EVIL.EXAMPLE",
            "ftp://evil.example",
            "www.evil.example",
            "WWW.evil.example",
            "see(www.evil.example)",
            "evil.example/login",
            "evil.example:8080",
            "evil.example?x=1",
            "ev\u{200b}il.example/login",
            "https:/\u{2060}/evil.example",
            "ｈｔｔｐｓ：／／evil.example",
            "evil。example/login",
            "evil．example／login",
            "security@bank.example",
            "<security@bank.example>",
            "💩.la/login",
            "i❤.ws/x",
            "http:evil",
            "mailto:eve@x",
            "tel:+49123",
            "10.0.0.1/login",
            "\u{202e}\u{2066}",
            "",
        ] {
            assert_eq!(mail_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_domain_in_a_name_does_not_become_a_link() {
        for (name, shown) in [
            ("Booking.com", "Booking com"),
            ("evil.example", "evil example"),
            ("Go to evil.example.", "Go to evil example."),
            ("(evil.example)", "(evil example)"),
            ("evil．example", "evil example"),
            ("evil。example", "evil example"),
            ("evil․example", "evil example"),
            ("ev\u{200b}il.exam\u{ad}ple", "evil example"),
            ("sub.evil.xn--p1ai", "sub evil xn--p1ai"),
            ("привет.рф", "привет рф"),
            ("203.0.113.7", "203 0 113 7"),
            ("Müller GmbH & Co.KG", "Müller GmbH & Co KG"),
            ("evil.example_x", "evil example_x"),
        ] {
            assert_eq!(mail_name(name).as_deref(), Some(shown), "{name:?}");
        }
    }

    #[test]
    fn ordinary_names_are_shown_as_they_are() {
        for name in [
            "Bright Dental",
            "Müller & Co. KG",
            "Ada's Voice",
            "Verein e.V.",
            "A.B.C. Ltd.",
            "3.14 Labs",
            "24/7 Support",
            "Fire @ Ice",
            "Re: Union",
            "Attorneys-at-Law (NY)",
            "株式会社山田",
            "نرم\u{200c}افزار",
            "Family 👨\u{200d}👩\u{200d}👧",
            "wwwonderful",
        ] {
            assert_eq!(mail_name(name).as_deref(), Some(name));
        }
        assert_eq!(mail_name(" Bright\r\n\u{202e}Dental\u{2028}x\u{3000} y ").as_deref(), Some("Bright Dental x y"));
    }

    #[test]
    fn a_name_has_at_most_60_characters_and_is_not_cut_inside_of_one() {
        assert_eq!(mail_name(&"x".repeat(60)).unwrap(), "x".repeat(60));
        assert_eq!(mail_name(&"x".repeat(61)).unwrap(), format!("{}…", "x".repeat(59)));
        let families = mail_name(&"👨\u{200d}👩\u{200d}👧".repeat(20)).unwrap();
        assert_eq!(families, format!("{}…", "👨\u{200d}👩\u{200d}👧".repeat(11)));
    }

    #[test]
    fn a_footer_loses_its_addresses_and_keeps_the_rest() {
        let footer = "Hauptstraße 1, 10115 Berlin · www.evil.example · mail@evil.example · evil.example\r\nUSt-ID DE1";
        assert_eq!(mail_text(footer, 300), "Hauptstraße 1, 10115 Berlin · · · evil example USt-ID DE1");
        assert_eq!(mail_text("503 Service Unavailable", 120), "503 Service Unavailable");
    }

    #[test]
    fn an_inviters_address_is_shown_if_it_is_a_plain_one() {
        assert_eq!(mail_address("Grace@Example.org").as_deref(), Some("grace@example.org"));
        for address in
            ["grace", "a/https://x@example.org", "www.evil.example@x.org", &format!("{}@example.org", "a".repeat(60))]
        {
            assert_eq!(mail_address(address), None, "{address}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_user_writes_nothing_of_it_becomes_a_link(text in "([a-zA-Zä./:@ \u{200b}\u{202e}\u{ff0e}。]|www\\.|https://){0,80}") {
            if let Some(shown) = mail_name(&text) {
                prop_assert!(shown.chars().count() <= 60);
                let lower = shown.to_lowercase();
                prop_assert!(!lower.contains("://") && !lower.contains("www."), "{shown:?}");
                prop_assert!(HiddenCharacter::in_name(&shown).is_none(), "{shown:?}");
                prop_assert!(domains(&shown.chars().map(folded).collect::<Vec<_>>()).is_empty(), "{shown:?}");
            }
        }
    }
}
