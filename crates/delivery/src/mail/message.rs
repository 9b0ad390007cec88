//! Writes a mail in the format of RFC 5322 and MIME.

use std::time::SystemTime;

use freehold_core::{Context, Error, HiddenCharacter, Result};
use freehold_module::mail::one_line;
use jiff::Timestamp;
use lettre::{
    Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use uuid::Uuid;

use super::{Address, Brand, Mail};

/// The sender of mails: `from` in `[mail]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Name before the address; none for the brand's sender name.
    pub name: Option<String>,
    /// Address of the sender; bounces go there, too.
    pub address: Address,
}

impl Origin {
    /// Reads `no-reply@example.org` or `VoiceFX AI <no-reply@example.org>`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
            Some((name, address)) => (one_line(name.trim().trim_matches('"')), address),
            None => (String::new(), text),
        };
        let address =
            Address::parse(address).ok().filter(|address| address.is_plain() && !name.contains(['@', '<', '>']));
        let address = address.ok_or_else(|| {
            let expected = "expected an address such as \"VoiceFX AI <no-reply@example.org>\"";
            match HiddenCharacter::in_name(text) {
                Some(hidden) => Error::invalid("from", format!("{expected}, without {hidden}, which cannot be seen")),
                None => Error::invalid("from", expected),
            }
        })?;
        Ok(Self { name: Some(name).filter(|name| !name.is_empty()), address })
    }
}

/// A mail in its final form for a mail server.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) from: lettre::Address,
    pub(super) to: lettre::Address,
    /// Headers and parts.
    pub(super) content: Vec<u8>,
}

impl Outgoing {
    /// Writes the mail with this id. Every attempt writes the same bytes with the same Message-ID, so that mail
    /// programs recognize a mail that was sent twice because the server stopped before it stored the first success.
    pub(super) fn write(
        id: Uuid,
        asked: Timestamp,
        from: &Origin,
        to: &Address,
        mail: &Mail,
        brand: &Brand,
    ) -> Result<Self> {
        let sender = from.address.for_smtp().ok_or_else(|| Error::internal("the sender's address is none"))?;
        let recipient = to
            .for_smtp()
            .ok_or_else(|| Error::invalid("/recipient", "no mail server could take a mail to that address"))?;
        let name = from.name.as_ref().filter(|_| brand.speaks_for.is_none()).unwrap_or(&brand.sender_name);
        let parts = MultiPart::alternative()
            .boundary(format!("=_{}", id.simple()))
            .singlepart(SinglePart::plain(mail.text(brand)?))
            .singlepart(SinglePart::html(mail.html(brand)?));
        let mut message = Message::builder()
            .envelope(Envelope::new(Some(sender.clone()), vec![recipient.clone()]).context("addressing a mail")?)
            .from(Mailbox::new(Some(name.clone()), sender.clone()))
            .to(Mailbox::new(None, recipient.clone()))
            .subject(one_line(&mail.subject(brand)))
            .date(SystemTime::from(asked))
            .message_id(Some(message_id(id, &from.address)))
            // RFC 3834: so that no holiday notice replies to it.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        if let Some(reply_to) = brand.reply_to.as_ref().and_then(Address::for_smtp) {
            message = message.reply_to(Mailbox::new(None, reply_to));
        }
        let message = message.multipart(parts).context("writing a mail")?;
        Ok(Self { from: sender, to: recipient, content: message.formatted() })
    }

    /// Whether sender or recipient has letters outside ASCII.
    pub(super) fn needs_utf8_addresses(&self) -> bool {
        let is_ascii = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
        !is_ascii(&self.from) || !is_ascii(&self.to)
    }
}

/// The Message-ID, the same for every attempt.
pub(super) fn message_id(id: Uuid, from: &Address) -> String {
    format!("<{id}@{}>", from.domain())
}

#[cfg(test)]
mod tests;
