//! The mail about API keys that were suspended: its data and its text.

use freehold_core::{Result, mail_name};
use freehold_module::{
    MailTemplate,
    mail::{MailContent, MailText, NAMELESS, mail_data_read, one_line},
};
use serde::Deserialize;
use serde_json::Value;

/// The mail about API keys whose creator left the organization.
pub const SUSPENSION_MAIL: MailTemplate = MailTemplate {
    name: "keys_suspended",
    about: "To an organization's owners, when a member who created API keys leaves and the keys are suspended.",
    variables: &["product_name", "organization"],
    sealed: &[],
    read: |data| Ok(KeysSuspended::read(data)?.content()),
    sample: || KeysSuspended::sample().content(),
};

/// The name of a key whose own name may not stand in a mail.
const UNNAMED: &str = "a key";

/// The data of the mail about API keys whose creator left the organization.
#[derive(Deserialize)]
struct KeysSuspended {
    /// The product's name, on one line.
    product_name: String,
    /// The organization that the keys belong to.
    organization: String,
    /// The names of the keys, as their creator wrote them; at least one.
    keys: Vec<String>,
    /// Number of further suspended keys that `keys` does not list.
    more: u32,
    /// Page that says how to adopt or revoke the keys: an `http` or `https` address.
    link: String,
    /// Address of the product: `https://app.example.org`.
    site_url: String,
}

impl KeysSuspended {
    fn read(data: Value) -> Result<Self> {
        let mut read: Self = mail_data_read(data)?;
        read.product_name = one_line(&read.product_name);
        read.organization = mail_name(&read.organization).unwrap_or_else(|| NAMELESS.to_owned());
        read.keys = read.keys.iter().map(|name| mail_name(name).unwrap_or_else(|| UNNAMED.to_owned())).collect();
        Ok(read)
    }

    fn content(&self) -> MailContent {
        let Self { product_name, organization, .. } = self;
        MailContent {
            text: MailText {
                subject: format!("API keys of {organization} are suspended"),
                heading: "API keys suspended".to_owned(),
                paragraphs: vec![format!(
                    "A member who created API keys left {organization}. {product_name} refuses these keys until an \
                     owner adopts them:"
                )],
                button: "How to adopt or revoke them".to_owned(),
            },
            variables: vec![("product_name", product_name.clone()), ("organization", organization.clone())],
            value: Some(self.names()),
            remarks: vec![
                "A key that you adopt is yours from then on: it can do what its scopes allow, and at most what you can do. \
                 Revoke the keys that are no longer needed."
                    .to_owned(),
            ],
            link: Some(self.link.clone()),
            reason: format!("You get this mail because you are an owner of {organization}."),
            site_url: self.site_url.clone(),
            ..MailContent::default()
        }
    }

    /// The names of the keys on one line, and the number of further keys.
    fn names(&self) -> String {
        let names = self.keys.join(", ");
        if self.more == 0 { names } else { format!("{names} and {} more", self.more) }
    }

    /// Sample data for previews and tests.
    fn sample() -> Self {
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
            assert!(SUSPENSION_MAIL.content(data(field, value.clone())).is_err(), "{field}: {value}");
        }
        let read = SUSPENSION_MAIL.content(data("keys", json!(["ci", "two\nlines"]))).unwrap();
        assert_eq!(read.value.unwrap(), "ci, two lines and 3 more");
    }
}
