//! The branding of the product's mails.

use freehold_core::{EmailAddress, EmailAddressError};

use crate::{
    color::Color,
    read::{Section, Value},
};

/// The branding of the product's mails: `[brand]`.
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
}

impl Brand {
    /// Color of a product without one.
    pub const COLOR: Color = Color::of(0x1d, 0x6b, 0x48);
    const KEYS: &[&str] = &["sender", "color", "support", "footer"];

    /// Reads `[brand]`; missing keys keep their default.
    pub(crate) fn read(file: &Section<'_>, name: &str) -> Self {
        let default = Self { sender: name.to_owned(), color: Self::COLOR, support: None, footer: None };
        let section = file.get("brand").and_then(|value| value.section("brand".to_owned(), Self::KEYS));
        let Some(section) = section else { return default };
        Self {
            sender: read_sender(&section).unwrap_or(default.sender),
            color: section.get("color").and_then(|value| read_color(&value)).unwrap_or(default.color),
            support: section.get("support").and_then(|value| read_address(&value)),
            footer: section.text_optional("footer"),
        }
    }
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
