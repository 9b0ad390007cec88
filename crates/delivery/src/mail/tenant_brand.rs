//! A tenant's brand for its mails.

mod store;

use freehold_catalog::Color;
use freehold_core::{Caller, Error, FieldError, HiddenCharacter, Result, TenantId, mail_name};
use freehold_db::{
    Db, TenantTx,
    audit::{NewEntry, audit_append},
    row,
};
use jiff::Timestamp;
use serde_json::{Value, json};

pub use store::STATEMENTS;

use super::{Address, TenantBrand, brand::FOOTER_LONGEST};

/// The most characters of a sender's name.
const NAME_LONGEST: usize = 60;

const NAME: &str = "expected 1 to 60 characters on one line, without @, <, >, quotes, backslashes and web addresses";
const ADDRESS: &str = "expected one mail address, such as reception@example.org, with only ASCII before the @";
const COLOR: &str = "expected a colour of six hexadecimal digits, such as #1d6b48";
const FOOTER: &str = "expected 1 to 300 characters on one line";

row! {
    /// A tenant's mail brand as it is stored. Fields that are none are the product's.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct MailBrand {
        /// Sender name of the mails, 1 to 60 characters.
        pub sender_name: Option<String>,
        /// E-mail address for replies.
        pub reply_to: Option<String>,
        /// Colour of buttons and links: `#1d6b48`.
        pub color: Option<String>,
        /// Line below every mail, 1 to 300 characters.
        pub footer: Option<String>,
        /// When the brand was last changed, UTC; none when it never was.
        pub updated_at: Option<Timestamp>,
    }
}

impl MailBrand {
    /// What the tenant sets, for the audit.
    fn facts(&self) -> Value {
        json!({
            "sender_name": self.sender_name,
            "reply_to": self.reply_to,
            "color": self.color,
            "footer": self.footer,
        })
    }
}

/// A new mail brand, not yet checked. Fields that are none become the product's.
#[derive(Clone, Debug, Default)]
pub struct MailBrandNew {
    /// Sender name of the mails, 1 to 60 characters.
    pub sender_name: Option<String>,
    /// E-mail address for replies.
    pub reply_to: Option<String>,
    /// Colour of buttons and links: `#1d6b48`.
    pub color: Option<String>,
    /// Line below every mail, 1 to 300 characters.
    pub footer: Option<String>,
}

row! {
    struct NamedRow {
        tenant_id: TenantId,
        name: String,
        sender_name: Option<String>,
        reply_to: Option<String>,
        color: Option<String>,
        footer: Option<String>,
    }
}

/// A tenant's brand, for operators.
#[derive(Clone, Debug)]
pub struct NamedBrand {
    /// The tenant whose mails have this look.
    pub tenant: TenantId,
    /// Name of the tenant.
    pub organization: String,
    /// The tenant's brand.
    pub brand: TenantBrand,
}

/// The brands of tenants that have one, the latest first, at most 50.
pub async fn mail_brand_list(db: &Db) -> Result<Vec<NamedBrand>> {
    let rows = db.system("list brands for operators").fetch_all(store::mail_brand_list()).await?;
    let named = |row: NamedRow| {
        let NamedRow { tenant_id: tenant, name: organization, sender_name, reply_to, color, footer } = row;
        let brand = brand_of(MailBrand { sender_name, reply_to, color, footer, updated_at: None });
        NamedBrand { tenant, organization, brand }
    };
    Ok(rows.into_iter().map(named).collect())
}

/// The mail brand of the caller's tenant.
pub async fn mail_brand_get(db: &Db, caller: &Caller) -> Result<MailBrand> {
    Ok(db.tenant(caller).fetch_optional(store::mail_brand_find(caller.tenant())).await?.unwrap_or_default())
}

/// Replaces the tenant's whole mail brand if `check` accepts the current one.
///
/// Fails with `validation_failed`, which points at each value that is not allowed.
pub async fn mail_brand_replace(
    tx: &mut TenantTx,
    tenant: TenantId,
    new: MailBrandNew,
    check: impl FnOnce(&MailBrand) -> Result<()>,
) -> Result<MailBrand> {
    let TenantBrand { sender_name, reply_to, color, footer } = brand_check(new)?;
    // Makes sure that there is a row to lock, also when two requests set the first brand at once.
    tx.execute(store::mail_brand_ensure(tenant, Timestamp::UNIX_EPOCH)).await?;
    let current = tx.fetch_one(store::mail_brand_lock(tenant)).await?;
    let current = MailBrand { updated_at: current.updated_at.filter(|at| *at != Timestamp::UNIX_EPOCH), ..current };
    check(&current)?;
    let (reply_to, color) = (reply_to.map(|to| to.to_string()), color.map(|color| color.to_string()));
    let before = current.facts();
    let changed = tx.fetch_one(store::mail_brand_update(tenant, sender_name, reply_to, color, footer)).await?;
    let entry = NewEntry::of_organization(tx.id(), "mail.brand_changed").differing(before, changed.facts());
    audit_append(tx, entry).await?;
    Ok(changed)
}

/// The brand of a row. Stored values that are no longer valid count as none.
pub(crate) fn brand_of(row: MailBrand) -> TenantBrand {
    TenantBrand {
        sender_name: row.sender_name,
        reply_to: row.reply_to.and_then(|address| Address::parse(&address).ok()),
        color: row.color.and_then(|color| Color::parse(&color)),
        footer: row.footer,
    }
}

fn brand_check(new: MailBrandNew) -> Result<TenantBrand> {
    let mut wrong: Vec<FieldError> = Vec::new();
    let brand = TenantBrand {
        sender_name: read(new.sender_name, "/sender_name", NAME, name, &mut wrong),
        reply_to: read(new.reply_to, "/reply_to", ADDRESS, address, &mut wrong),
        color: read(new.color, "/color", COLOR, Color::parse, &mut wrong),
        footer: read(new.footer, "/footer", FOOTER, |text| line(text, FOOTER_LONGEST), &mut wrong),
    };
    if wrong.is_empty() { Ok(brand) } else { Err(Error::invalid_fields(wrong)) }
}

fn read<T>(
    text: Option<String>,
    pointer: &str,
    expected: &str,
    parse: impl FnOnce(&str) -> Option<T>,
    wrong: &mut Vec<FieldError>,
) -> Option<T> {
    let text = text?;
    let value = parse(text.trim());
    if value.is_none() {
        let message = match HiddenCharacter::in_name(&text) {
            Some(hidden) => format!("contains {hidden}, which cannot be seen. Remove it"),
            None => expected.to_owned(),
        };
        wrong.push(FieldError { pointer: pointer.to_owned(), message });
    }
    value
}

/// A valid sender name. Mail programs show a name that looks like an address as an address, so such names are refused.
fn name(text: &str) -> Option<String> {
    line(text, NAME_LONGEST).filter(|name| !name.contains(['@', '<', '>', '"', '\\']) && mail_name(name).is_some())
}

/// A valid reply address. Not every mail server accepts letters outside ASCII before the @ in a header.
fn address(text: &str) -> Option<Address> {
    Address::parse(text).ok().filter(Address::is_plain)
}

/// One line of text without hidden or reordering characters, which would make one name look like another.
fn line(text: &str, longest: usize) -> Option<String> {
    ((1..=longest).contains(&text.chars().count()) && HiddenCharacter::in_name(text).is_none()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> MailBrandNew {
        MailBrandNew { sender_name: Some(name.to_owned()), ..MailBrandNew::default() }
    }

    #[test]
    fn nothing_said_is_the_products_brand() {
        assert_eq!(brand_check(MailBrandNew::default()).unwrap(), TenantBrand::default());
        assert_eq!(brand_of(MailBrand::default()), TenantBrand::default());
    }

    #[test]
    fn what_is_said_is_kept() {
        let brand = brand_check(MailBrandNew {
            sender_name: Some(" Zahnärzte Müller & Söhne ".to_owned()),
            reply_to: Some("empfang@müller.example".to_owned()),
            color: Some("#FFCC00".to_owned()),
            footer: Some("Hauptstraße 1, 10115 Berlin".to_owned()),
        })
        .unwrap();
        assert_eq!(brand.sender_name.as_deref(), Some("Zahnärzte Müller & Söhne"));
        assert_eq!(brand.color.unwrap().to_string(), "#ffcc00");
        assert_eq!(brand.reply_to.unwrap().as_str(), "empfang@müller.example");
    }

    #[test]
    fn nothing_begins_a_header_or_pretends_to_be_an_address() {
        for name in [
            "",
            "  ",
            "Bright\r\nBcc: all@example.org",
            "Bright\nDental",
            "security@bank.example",
            "Bright <x>",
            "\"Bright\"",
            "Bright\u{202e}latneD",
            "Bright\u{200b}Dental",
            "Bright\u{2028}Dental",
            &"x".repeat(61),
        ] {
            let error = brand_check(named(name)).unwrap_err();
            assert_eq!(error.fields()[0].pointer, "/sender_name", "{name:?}");
        }
        let all = MailBrandNew {
            sender_name: Some("a\rb".to_owned()),
            reply_to: Some("a@b.example\r\nBcc: c@d.example".to_owned()),
            color: Some("red".to_owned()),
            footer: Some("a\nb".to_owned()),
        };
        let error = brand_check(all).unwrap_err();
        let pointers: Vec<&str> = error.fields().iter().map(|field| field.pointer.as_str()).collect();
        assert_eq!(pointers, ["/sender_name", "/reply_to", "/color", "/footer"]);
        for address in ["jürgen@example.org", "a@b.example, c@d.example", "@", "", "a@b@c.example", "a b@c.example"] {
            let new = MailBrandNew { reply_to: Some(address.to_owned()), ..MailBrandNew::default() };
            assert_eq!(brand_check(new).unwrap_err().fields()[0].pointer, "/reply_to", "{address:?}");
        }
    }
}
