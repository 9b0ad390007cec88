//! Where a mail goes.

use std::fmt;

use freehold_core::{Error, Result};

/// One address that a mail can be sent to: `ada@example.org`. There is no other way to a recipient, so a recipient
/// never holds a line break, a second address or a display name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address(String);

impl Address {
    /// The longest address SMTP carries (RFC 5321, 4.5.3.1.3, without its brackets).
    pub const LONGEST: usize = 254;

    /// Reads an address. Whether anybody reads mail there is found out by sending some.
    ///
    /// `validation_failed` if it cannot be put into a header as it stands: no `@`, too long, or with spaces, control
    /// characters, brackets, commas or quotes.
    pub fn parse(text: &str) -> Result<Self> {
        let forbidden = |c: char| c.is_whitespace() || c.is_control() || r#"<>()[],;:"\"#.contains(c);
        let parts = text.split_once('@').filter(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@') && text.len() <= Self::LONGEST
        });
        match parts {
            Some(_) if !text.contains(forbidden) => Ok(Self(text.to_owned())),
            _ => Err(Error::invalid("/recipient", "expected one mail address, such as ada@example.org")),
        }
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_addresses_are_taken_as_they_are() {
        for text in ["ada@example.org", "ada+test@mail.example.org", "o'brien@example.ie", "jürgen@exämple.de"] {
            assert_eq!(Address::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn an_address_cannot_smuggle_a_header_or_a_second_recipient() {
        let long = format!("{}@example.org", "a".repeat(Address::LONGEST));
        let hostile = [
            "",
            "@",
            "ada",
            "ada@",
            "@example.org",
            "a@b@c",
            "ada@example.org\r\nBcc: all@example.org",
            "ada@example.org\nSubject: x",
            "ada@example.org, eve@example.org",
            "Ada <ada@example.org>",
            "ada@example.org\u{2028}",
            "ada@example.org\0",
            &long,
        ];
        for text in hostile {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
    }
}
