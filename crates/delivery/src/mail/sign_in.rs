//! What the mails that let somebody in are made of.

use freehold_core::{Context, Error, Result};
use serde::Deserialize;
use serde_json::Value;

use super::{line::one_line, web_address::is_web_address};

/// The data of a mail with a link and a code: either of them, once, proves that its reader reads this mail.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SignIn {
    /// The product's name for people, on one line: `VoiceFX AI`.
    pub product_name: String,
    /// What to type instead of following the link: `123456`. ASCII letters and digits.
    pub code: String,
    /// What to follow: an `http` or `https` address.
    pub link: String,
    /// How long code and link hold.
    pub minutes_valid: u32,
    /// Where the product is: `https://app.example.org`.
    pub site_url: String,
}

impl SignIn {
    /// Reads the data of a queued mail. Fields it does not know are skipped: a newer server may have queued it.
    pub(super) fn read(data: Value) -> Result<Self> {
        let mut read: Self = serde_json::from_value(data).context("reading the data of a mail")?;
        read.product_name = one_line(&read.product_name);
        if read.code.is_empty() || !read.code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Error::internal("the code of a mail is not of letters and digits"));
        }
        for address in [&read.link, &read.site_url] {
            if !is_web_address(address) {
                return Err(Error::internal("a mail links to something that is no web address"));
            }
        }
        Ok(read)
    }

    /// How long it holds, for people: `15 minutes`, `1 hour`.
    pub(super) fn validity(&self) -> String {
        let (count, unit) = match self.minutes_valid {
            minutes if minutes >= 60 && minutes % 60 == 0 => (minutes / 60, "hour"),
            minutes => (minutes, "minute"),
        };
        if count == 1 { format!("{count} {unit}") } else { format!("{count} {unit}s") }
    }

    /// Data that looks like a real mail's.
    pub(super) fn sample(kind: &str) -> Self {
        Self {
            product_name: "VoiceFX AI".to_owned(),
            code: "428613".to_owned(),
            link: format!(
                "https://app.voicefx.example/auth/v1/verify?token=pM2vWb9oQ4nT7sYx1cKdLr&type={kind}\
                 &redirect_to=https%3A%2F%2Fapp.voicefx.example%2Fwelcome"
            ),
            minutes_valid: 60,
            site_url: "https://app.voicefx.example".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::web_address::site_name, *};

    fn data(field: &str, value: Value) -> Value {
        let mut data = json!({
            "product_name": "VoiceFX AI",
            "code": "123456",
            "link": "https://example.org/verify?token=x",
            "minutes_valid": 15,
            "site_url": "https://example.org/",
        });
        data[field] = value;
        data
    }

    #[test]
    fn a_code_or_link_of_another_form_is_refused() {
        for (field, value) in [
            ("code", json!("")),
            ("code", json!("12 34")),
            ("code", json!("<b>1</b>")),
            ("code", json!(123_456)),
            ("link", json!("javascript:alert(1)")),
            ("link", json!("https://")),
            ("link", json!("https://example.org/\r\nBcc: x")),
            ("link", json!("https://example.org/\"onclick=")),
            ("site_url", json!("example.org")),
            ("minutes_valid", json!(-1)),
        ] {
            assert!(SignIn::read(data(field, value.clone())).is_err(), "{field}: {value}");
        }
    }

    #[test]
    fn fields_of_a_newer_server_are_skipped() {
        assert!(SignIn::read(data("locale", json!("de"))).is_ok());
    }

    #[test]
    fn times_and_sites_are_written_as_people_write_them() {
        for (minutes, words) in
            [(1, "1 minute"), (15, "15 minutes"), (60, "1 hour"), (90, "90 minutes"), (120, "2 hours")]
        {
            let mail = SignIn::read(data("minutes_valid", json!(minutes))).unwrap();
            assert_eq!(mail.validity(), words);
            assert_eq!(site_name(&mail.site_url), "example.org");
        }
    }
}
