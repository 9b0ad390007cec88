//! Recipient addresses.

use std::fmt;

use freehold_core::{EmailAddress, EmailAddressError, Error, Result};

/// One address that a mail can be sent to: `ada@example.org`. Every recipient is made by this type, so a recipient
/// never holds a line break, a second address or a display name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address(String);

impl Address {
    /// Reads an address. It checks only the form, not whether the mailbox exists.
    ///
    /// # Errors
    /// `validation_failed` for what [`EmailAddress`] refuses, and for anything around the address.
    pub fn parse(text: &str) -> Result<Self> {
        let refusal = |error: EmailAddressError| Error::invalid("/recipient", error.to_string());
        EmailAddress::parse(text).map_err(refusal)?;
        if text.contains(char::is_whitespace) {
            return Err(refusal(EmailAddressError::Invalid));
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spelling of the address that lists store: lower case, the domain in Punycode (`ada@xn--exmple-cua.de`). A
    /// part such as `+news` stays, because only the server knows whether it means another mailbox.
    pub fn canonical(&self) -> String {
        EmailAddress::parse(&self.0).map_or_else(|_| self.0.to_lowercase(), EmailAddress::into_string)
    }

    /// The domain in Punycode.
    pub fn domain(&self) -> String {
        server_name(self.0.split_once('@').map_or("", |(_, domain)| domain))
    }

    /// Whether every mail server accepts the address: it is ASCII.
    pub(super) fn is_plain(&self) -> bool {
        self.for_smtp().is_some_and(|address| AsRef::<str>::as_ref(&address).is_ascii())
    }

    /// The address for SMTP; none when no mail server could accept it.
    pub(super) fn for_smtp(&self) -> Option<lettre::Address> {
        let (name, domain) = self.0.split_once('@')?;
        lettre::Address::new(name, server_name(domain)).ok()
    }
}

/// The domain in Punycode. A domain without such a form stays as it is, and no server accepts it.
fn server_name(domain: &str) -> String {
    idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned())
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
    fn an_address_has_one_spelling_in_lists() {
        for (text, canonical) in [
            ("Ada@Example.ORG", "ada@example.org"),
            ("JÜRGEN@Exämple.de", "jürgen@xn--exmple-cua.de"),
            ("ada@XN--EXMPLE-CUA.de", "ada@xn--exmple-cua.de"),
            ("ada+news@example.org", "ada+news@example.org"),
        ] {
            assert_eq!(Address::parse(text).unwrap().canonical(), canonical);
        }
        assert_eq!(Address::parse("ada@Exämple.de").unwrap().domain(), "xn--exmple-cua.de");
    }

    #[test]
    fn an_address_cannot_smuggle_a_header_or_a_second_recipient() {
        let long = format!("{}@example.org", "a".repeat(254));
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
