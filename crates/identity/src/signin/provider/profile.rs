//! What a provider says about a user.

use freehold_core::EmailAddress;
use serde_json::{Map, Value, json};

use super::{Provider, id_token::IdToken};
use crate::user::email_normalize;

/// Claims that are stored unchanged, the most useful first, because the total size is limited.
const KEPT: &[&str] = &[
    "name",
    "picture",
    "preferred_username",
    "given_name",
    "family_name",
    "nickname",
    "middle_name",
    "locale",
    "zoneinfo",
    "profile",
    "website",
];
/// Most bytes of one claim, and of all claims: they go into every access token.
const LONGEST: usize = 512;
const LARGEST: usize = 1024;

/// What a provider says about a user.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    /// Id of the user at the provider.
    pub(super) subject: String,
    /// Addresses of the user.
    pub(super) emails: Vec<Email>,
    /// The stored claims.
    data: Map<String, Value>,
}

/// An address in its stored spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Email {
    pub(super) address: String,
    /// Whether the provider has verified that the address is the user's.
    pub(super) verified: bool,
    pub(super) primary: bool,
}

impl Email {
    /// Reads the address, if mail can be sent to it. The provider verified the mailbox in its own spelling, so an
    /// address that normalization turns into another mailbox does not count as verified.
    pub(super) fn read(text: &str, verified: bool, primary: bool) -> Option<Self> {
        let address = email_normalize(text).ok()?;
        let verified = verified && EmailAddress::same(&text.trim().to_lowercase(), &address);
        Some(Self { address, verified, primary })
    }
}

impl Profile {
    /// A profile with these claims from `issuer`.
    pub(super) fn new(issuer: &str, subject: String, emails: Vec<Email>, said: &Map<String, Value>) -> Self {
        let mut profile = Self { subject, emails, data: Map::new() };
        let subject = profile.subject.clone();
        profile.keep("iss", Some(issuer));
        profile.keep("sub", Some(&subject));
        profile.keep("provider_id", Some(&subject));
        for name in KEPT {
            profile.keep(name, said.get(*name).and_then(Value::as_str));
            // Supabase's applications know these two claims by other names.
            match *name {
                "name" => profile.keep("full_name", said.get(*name).and_then(Value::as_str)),
                "picture" => profile.keep("avatar_url", said.get(*name).and_then(Value::as_str)),
                _ => {}
            }
        }
        profile
    }

    /// The profile from a token's claims and the provider's further claims.
    pub(super) fn of_token(provider: &Provider, token: &IdToken, said: &Map<String, Value>) -> Self {
        let text = |name: &str| said.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let verified = provider.trust_email || truth(said.get("email_verified")) || truth(said.get("xms_edov"));
        let email = text("email").and_then(|address| Email::read(address, verified, true));
        let issuer = token.text("iss").unwrap_or_default();
        let mut profile = Self::new(issuer, token.subject.clone(), email.into_iter().collect(), said);
        if let Some(domain) = text("hd").filter(|domain| domain.len() <= 100) {
            profile.data.insert("custom_claims".to_owned(), json!({ "hd": domain }));
        }
        profile
    }

    /// Stores one more claim, unless there is no room for it.
    pub(super) fn keep(&mut self, name: &str, text: Option<&str>) {
        let Some(text) = text.filter(|text| !text.is_empty() && text.len() <= LONGEST && !text.contains('\0')) else {
            return;
        };
        let taken: usize = self.data.iter().map(|(name, value)| name.len() + value.as_str().map_or(0, str::len)).sum();
        if taken + name.len() + text.len() <= LARGEST {
            self.data.insert(name.to_owned(), Value::from(text));
        }
    }

    /// Stores the name from a form of Apple's: `{"name":{"firstName":"Ada","lastName":"Lovelace"}}`. The browser sends
    /// the form, so only the name is read from it.
    pub(super) fn keep_name(&mut self, form: &str) {
        let form: Value = serde_json::from_str(form).unwrap_or_default();
        let part = |name: &str| form["name"][name].as_str().unwrap_or_default().to_owned();
        let (given, family) = (part("firstName"), part("lastName"));
        let whole = format!("{given} {family}");
        for (name, text) in [
            ("name", whole.trim()),
            ("full_name", whole.trim()),
            ("given_name", given.trim()),
            ("family_name", family.trim()),
        ] {
            self.keep(name, Some(text));
        }
    }

    /// The user's main address: the primary one, or the last where none is primary.
    pub(super) fn email(&self) -> Option<&Email> {
        self.emails.iter().find(|email| email.primary).or(self.emails.last())
    }

    /// The addresses that the provider has verified.
    pub(super) fn verified(&self) -> Vec<String> {
        self.emails.iter().filter(|email| email.verified).map(|email| email.address.clone()).collect()
    }

    /// The data stored with the sign-in method and as the user's metadata.
    pub(super) fn data(&self) -> Value {
        let mut data = self.data.clone();
        if let Some(email) = self.email() {
            data.insert("email".to_owned(), Value::from(email.address.as_str()));
        }
        data.insert("email_verified".to_owned(), Value::from(self.email().is_some_and(|email| email.verified)));
        data.insert("phone_verified".to_owned(), Value::from(false));
        Value::Object(data)
    }
}

/// Reads a boolean, which some providers send as a text.
fn truth(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(truth)) => *truth,
        Some(Value::String(text)) => text == "true" || text == "1",
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_address_stands_for_the_person() {
        let email = |address, primary| Email::read(address, true, primary);
        let emails = [email("A@x.org", false), email("b@x.org", true), email("c d", true)].into_iter().flatten();
        let profile = Profile::new("https://i", "1".into(), emails.collect(), &Map::new());
        assert_eq!(profile.email().unwrap().address, "b@x.org");
        assert_eq!(profile.verified(), ["a@x.org", "b@x.org"]);
    }

    #[test]
    fn a_verified_address_is_the_one_that_the_provider_spells() {
        let read = |text| Email::read(text, true, true).map(|email| (email.address, email.verified));
        assert_eq!(read("Ada@BÜCHER.example"), Some(("ada@xn--bcher-kva.example".to_owned(), true)));
        assert_eq!(read("ａda@example.org"), Some(("ada@example.org".to_owned(), false)));
        assert_eq!(read("ada\u{200b}@example.org"), None);
    }

    #[test]
    fn apple_tells_a_name_in_a_form() {
        let mut profile = Profile::new("https://i", "1".into(), Vec::new(), &Map::new());
        profile.keep_name("no JSON");
        profile
            .keep_name(r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"other@example.org","sub":"2"}"#);
        let data = profile.data();
        assert_eq!((&data["full_name"], &data["given_name"]), (&json!("Ada Lovelace"), &json!("Ada")));
        assert_eq!((&data["sub"], data.get("email")), (&json!("1"), None));
    }

    #[test]
    fn what_is_kept_has_a_limit() {
        let long = "x".repeat(500);
        let said =
            json!({ "name": "Ada", "picture": long, "profile": long, "website": long, "nickname": "y".repeat(600) });
        let profile = Profile::new("https://i", "1".into(), Vec::new(), said.as_object().unwrap());
        let data = profile.data();
        assert_eq!((&data["name"], &data["full_name"]), (&json!("Ada"), &json!("Ada")));
        assert!(data.get("nickname").is_none());
        assert!(data.to_string().len() < 2048, "{data}");
    }

    #[test]
    fn truth_is_written_in_many_ways() {
        for yes in [json!(true), json!("true"), json!("1"), json!(1)] {
            assert!(truth(Some(&yes)), "{yes}");
        }
        for no in [json!(false), json!("false"), json!("True?"), json!(null), json!(2), json!([true])] {
            assert!(!truth(Some(&no)), "{no}");
        }
    }
}
