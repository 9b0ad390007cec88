//! The mail about API keys that were suspended: its data and its text.

use freehold_core::{Context, Error, Result, mail_name};
use serde::Deserialize;
use serde_json::Value;

use super::{
    line::one_line,
    web_address::is_web_address,
    wording::{Facts, NAMELESS, Words},
};

/// The name of a key whose own name may not stand in a mail.
const UNNAMED: &str = "a key";

/// The data of the mail about API keys whose creator left the organization.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KeysSuspended {
    /// The product's name, on one line.
    pub product_name: String,
    /// The organization that the keys belong to.
    pub organization: String,
    /// The names of the keys, as their creator wrote them; at least one.
    pub keys: Vec<String>,
    /// Number of further suspended keys that `keys` does not list.
    pub more: u32,
    /// Page that says how to adopt or revoke the keys: an `http` or `https` address.
    pub link: String,
    /// Address of the product: `https://app.example.org`.
    pub site_url: String,
}

impl KeysSuspended {
    /// Reads the data of a queued mail. Ignores unknown fields, because a newer server may have queued the mail.
    pub(super) fn read(data: Value) -> Result<Self> {
        let mut read: Self = serde_json::from_value(data).context("reading the data of a mail")?;
        read.product_name = one_line(&read.product_name);
        read.organization = mail_name(&read.organization).unwrap_or_else(|| NAMELESS.to_owned());
        read.keys = read.keys.iter().map(|name| mail_name(name).unwrap_or_else(|| UNNAMED.to_owned())).collect();
        if ![&read.link, &read.site_url].into_iter().all(|address| is_web_address(address)) {
            return Err(Error::internal("a mail links to something that is no web address"));
        }
        Ok(read)
    }

    /// The words of the mail above the names of the keys.
    pub(super) fn words(&self) -> Words {
        let Self { product_name, organization, .. } = self;
        Words {
            subject: format!("API keys of {organization} are suspended"),
            heading: "API keys suspended".to_owned(),
            paragraphs: vec![format!(
                "A member who created API keys left {organization}. {product_name} refuses these keys until an owner adopts them:"
            )],
            button: "How to adopt or revoke them".to_owned(),
        }
    }

    /// The values that `{name}` in a product's own text stands for.
    pub(super) fn facts(&self) -> Facts {
        Facts(vec![("product_name", self.product_name.clone()), ("organization", self.organization.clone())])
    }

    /// The names of the keys on one line, and the number of further keys.
    pub(super) fn names(&self) -> String {
        let names = self.keys.join(", ");
        if self.more == 0 { names } else { format!("{names} and {} more", self.more) }
    }

    /// Sample data for previews and tests.
    pub(super) fn sample() -> Self {
        Self {
            product_name: "VoiceFX AI".to_owned(),
            organization: "Bright Dental".to_owned(),
            keys: vec!["nightly import".to_owned(), "CRM sync".to_owned()],
            more: 0,
            link: "https://app.voicefx.example/docs".to_owned(),
            site_url: "https://app.voicefx.example".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_of_another_form_is_refused() {
        let data = |field: &str, value: Value| {
            let mut data = json!({
                "product_name": "VoiceFX AI", "organization": "Bright Dental", "keys": ["ci"], "more": 3,
                "link": "https://example.org/docs", "site_url": "https://example.org",
            });
            data[field] = value;
            data
        };
        for (field, value) in [("keys", json!("ci")), ("more", json!(-1)), ("link", json!("javascript:alert(1)"))] {
            assert!(KeysSuspended::read(data(field, value.clone())).is_err(), "{field}: {value}");
        }
        let read = KeysSuspended::read(data("keys", json!(["ci", "two\nlines"]))).unwrap();
        assert_eq!(read.names(), "ci, two lines and 3 more");
    }
}
