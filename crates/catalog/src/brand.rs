//! The branding of the product's mails and pages.

use freehold_core::{EmailAddress, EmailAddressError};

use crate::{
    color::Color,
    read::{Section, Value, Words},
};

/// The branding of the product's mails and pages: `[brand]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// Name of the sender, such as `VoiceFX AI`; the product's name by default.
    pub sender: String,
    /// Color of buttons and links; a green by default.
    pub color: Color,
    /// E-mail address for questions, such as `help@example.org`.
    pub support: Option<String>,
    /// Line at the end of every mail: the sender's legal details, which some countries require.
    pub footer: Option<String>,
    /// Logo on the pages, the text of an SVG image; none: the first letter of the product's name on its color.
    pub logo: Option<String>,
    /// Address of the terms of service, `https://…`; none: the pages link to none.
    pub terms: Option<String>,
    /// Address of the privacy notice, `https://…`; none: the pages link to none.
    pub privacy: Option<String>,
    /// Address of the contact page, `https://…`; none: the pages link to `support`, if it is set.
    pub contact: Option<String>,
    /// Whether the pages say that the product is powered by Freehold; no by default.
    pub credit: bool,
}

impl Brand {
    /// Color of a product without one.
    pub const COLOR: Color = Color::of(0x1d, 0x6b, 0x48);
    const KEYS: &[&str] = &["sender", "color", "support", "footer", "logo", "terms", "privacy", "contact", "credit"];

    /// Reads `[brand]`; missing keys keep their default.
    pub(crate) fn read(file: &Section<'_>, name: &str) -> Self {
        let default = Self::of(name);
        let section = file.get("brand").and_then(|value| Section::of(&value, "brand".to_owned(), Self::KEYS));
        let Some(section) = section else { return default };
        Self {
            sender: read_sender(&section).unwrap_or(default.sender),
            color: section.get("color").and_then(|value| read_color(&value)).unwrap_or(default.color),
            support: section.get("support").and_then(|value| read_address(&value)),
            footer: section.text_optional("footer"),
            logo: section.get("logo").and_then(|value| read_logo(&value)),
            terms: section.get("terms").and_then(|value| read_page(&value)),
            privacy: section.get("privacy").and_then(|value| read_page(&value)),
            contact: section.get("contact").and_then(|value| read_page(&value)),
            credit: section.word_optional::<Shown>("credit") == Some(Shown::Yes),
        }
    }

    /// The branding of a product that sets nothing.
    fn of(name: &str) -> Self {
        Self {
            sender: name.to_owned(),
            color: Self::COLOR,
            support: None,
            footer: None,
            logo: None,
            terms: None,
            privacy: None,
            contact: None,
            credit: false,
        }
    }
}

/// Whether something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Yes,
    No,
}

impl Words for Shown {
    const WORDS: &'static [(&'static str, Self)] = &[("yes", Self::Yes), ("no", Self::No)];
}

/// Longest logo, in bytes.
const LOGO_MAX: usize = 64 * 1024;

fn read_logo(value: &Value<'_>) -> Option<String> {
    let text = value.as_text().unwrap_or_default().trim();
    let lower = text.to_ascii_lowercase();
    // Browsers run no script of an image; this refuses one that a user opens by its address.
    let runs = ["<script", "javascript:", "<foreignobject", " on"].iter().any(|word| lower.contains(word));
    if !lower.starts_with("<svg") || !lower.ends_with("</svg>") || text.len() > LOGO_MAX || runs {
        value
            .refuse("expected an SVG image of at most 64 KiB, from <svg to </svg>, without scripts and event handlers");
        return None;
    }
    Some(text.to_owned())
}

fn read_page(value: &Value<'_>) -> Option<String> {
    let text = value.as_text().unwrap_or_default();
    let host = text.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\'));
    if !plain || host.is_none_or(|host| host.is_empty() || host.contains('@')) {
        value.refuse("expected the address of a page such as \"https://example.org/terms\"");
        return None;
    }
    Some(text.to_owned())
}

fn read_sender(section: &Section<'_>) -> Option<String> {
    const EXPECTED: &str =
        "expected a name such as \"VoiceFX AI\", without an address: that is the operator's [mail] from";
    let value = section.get("sender")?;
    let name = value.text(EXPECTED)?;
    // Mail programs show a name that looks like an address as an address.
    if name.contains(['@', '<', '>', '"']) {
        value.refuse(EXPECTED);
        return None;
    }
    Some(name.to_owned())
}

fn read_color(value: &Value<'_>) -> Option<Color> {
    let color = value.as_text().and_then(Color::parse);
    if color.is_none() {
        value.refuse("expected a colour of six hexadecimal digits such as \"#1d6b48\"");
    }
    color
}

fn read_address(value: &Value<'_>) -> Option<String> {
    let text = value.as_text().unwrap_or_default();
    match EmailAddress::parse(text) {
        Ok(_) if !text.contains(char::is_whitespace) => Some(text.to_owned()),
        Err(EmailAddressError::Hidden(hidden)) => {
            value.refuse(&format!("expected one mail address such as \"help@example.org\", without {hidden}"));
            None
        }
        _ => {
            value.refuse("expected one mail address such as \"help@example.org\"");
            None
        }
    }
}
