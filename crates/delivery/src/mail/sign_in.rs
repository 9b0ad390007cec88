//! What the mails that let somebody in are made of, and what they say.

use freehold_core::{Context, Error, Result, mail_name};
use serde::Deserialize;
use serde_json::Value;

use super::{
    line::one_line,
    web_address::is_web_address,
    wording::{Facts, Words},
};

/// Which mail with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInMail {
    /// To somebody new: confirms that the address is theirs.
    ConfirmSignup,
    /// To somebody known: lets them in without a password.
    MagicLink,
    /// To somebody known: lets them in to choose a new password.
    Recovery,
    /// To somebody whom an administrator invited.
    Invite,
    /// To the new address of somebody who wants to change it.
    EmailChange,
    /// To the old address of somebody who wants to change it.
    EmailChangeCurrent,
    /// To somebody signed in, who changes something that needs proof. The only one without a link.
    Reauthentication,
}

/// The data of a mail with a code, and but for [`SignInMail::Reauthentication`] a link: either of them, once, proves that
/// its reader reads this mail.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SignIn {
    /// The product's name for people, on one line: `VoiceFX AI`.
    pub product_name: String,
    /// What to type instead of following the link: `123456`. ASCII letters and digits.
    pub code: String,
    /// What to follow: an `http` or `https` address.
    pub link: Option<String>,
    /// How long code and link hold.
    pub minutes_valid: u32,
    /// Where the product is: `https://app.example.org`.
    pub site_url: String,
    /// The address that somebody wants to change to; for the mails about that.
    pub new_email: Option<String>,
    /// Where somebody is invited to, where that is one organization.
    pub organization_name: Option<String>,
}

impl SignInMail {
    /// All of them, in the order people meet them.
    pub const ALL: [Self; 7] = [
        Self::ConfirmSignup,
        Self::MagicLink,
        Self::Recovery,
        Self::Invite,
        Self::EmailChange,
        Self::EmailChangeCurrent,
        Self::Reauthentication,
    ];

    /// What the queue names: `magic_link`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfirmSignup => "confirm_signup",
            Self::MagicLink => "magic_link",
            Self::Recovery => "recovery",
            Self::Invite => "invite",
            Self::EmailChange => "email_change",
            Self::EmailChangeCurrent => "email_change_current",
            Self::Reauthentication => "reauthentication",
        }
    }

    /// Whom it goes to and when, for operators.
    pub const fn about(self) -> &'static str {
        match self {
            Self::ConfirmSignup => "To somebody new, who has to confirm the address.",
            Self::MagicLink => "To somebody known, who asked for a link to sign in with.",
            Self::Recovery => "To somebody known, who forgot the password.",
            Self::Invite => "To somebody new, whom an administrator of the product invited.",
            Self::EmailChange => "To the new address of somebody who wants to change it.",
            Self::EmailChangeCurrent => "To the old address of somebody who wants to change it.",
            Self::Reauthentication => "To somebody signed in, who has to show once more that it is them.",
        }
    }

    const fn has_link(self) -> bool {
        !matches!(self, Self::Reauthentication)
    }

    /// What stands above the code.
    pub(super) const fn code_lead(self) -> &'static str {
        match self {
            Self::ConfirmSignup => "Or type this code where you signed up:",
            Self::MagicLink | Self::Recovery => "Or type this code where you asked for it:",
            Self::Invite => "Or type this code where you are asked for it:",
            Self::EmailChange | Self::EmailChangeCurrent => "Or type this code where you asked for the change:",
            Self::Reauthentication => "Type this code where you are asked for it:",
        }
    }
}

impl SignIn {
    /// Reads the data of a queued mail. Fields it does not know are skipped: a newer server may have queued it.
    pub(super) fn read(kind: SignInMail, data: Value) -> Result<Self> {
        let mut read: Self = serde_json::from_value(data).context("reading the data of a mail")?;
        read.product_name = one_line(&read.product_name);
        read.new_email = read.new_email.map(|email| one_line(&email));
        read.organization_name = read.organization_name.and_then(|name| mail_name(&name));
        if read.code.is_empty() || !read.code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Error::internal("the code of a mail is not of letters and digits"));
        }
        if read.link.is_some() != kind.has_link() {
            return Err(Error::internal("a mail lacks its link, or has one that it should not have"));
        }
        let changes = matches!(kind, SignInMail::EmailChange | SignInMail::EmailChangeCurrent);
        if changes && read.new_email.is_none() {
            return Err(Error::internal("a mail about a new address does not name it"));
        }
        for address in read.link.iter().chain([&read.site_url]) {
            if !is_web_address(address) {
                return Err(Error::internal("a mail links to something that is no web address"));
            }
        }
        Ok(read)
    }

    /// What the mail says.
    pub(super) fn words(&self, kind: SignInMail) -> Words {
        let Self { product_name, .. } = self;
        let new_email = self.new_email.as_deref().unwrap_or_default();
        let (subject, heading, paragraph, button) = match kind {
            SignInMail::ConfirmSignup => (
                format!("Confirm your e-mail address for {product_name}"),
                format!("Welcome to {product_name}"),
                "One step is left: confirm that this address is yours.".to_owned(),
                "Confirm my address",
            ),
            SignInMail::MagicLink => (
                format!("Sign in to {product_name}"),
                format!("Sign in to {product_name}"),
                "Here is the link you asked for.".to_owned(),
                "Sign in",
            ),
            SignInMail::Recovery => (
                format!("Choose a new password for {product_name}"),
                "Choose a new password".to_owned(),
                format!("Somebody, probably you, forgot the password of this address at {product_name}."),
                "Choose a new password",
            ),
            SignInMail::Invite => {
                let (title, paragraph) = self.invited();
                (title.clone(), title, paragraph, "Accept the invitation")
            }
            SignInMail::EmailChange => (
                format!("Confirm your new e-mail address for {product_name}"),
                "Confirm your new address".to_owned(),
                format!(
                    "You want to sign in to {product_name} with {new_email} from now on. Confirm that it is yours."
                ),
                "Confirm my new address",
            ),
            SignInMail::EmailChangeCurrent => (
                format!("Confirm the change of your e-mail address for {product_name}"),
                "Confirm the change of your address".to_owned(),
                format!("You want to sign in to {product_name} with {new_email} instead of this address from now on."),
                "Confirm the change",
            ),
            SignInMail::Reauthentication => (
                format!("Confirm that it is you at {product_name}"),
                "Confirm that it is you".to_owned(),
                format!("You are about to change something at {product_name} that needs proof that it is you."),
                "",
            ),
        };
        Words { subject, heading, paragraphs: vec![paragraph], button: button.to_owned() }
    }

    fn invited(&self) -> (String, String) {
        let Self { product_name, .. } = self;
        match &self.organization_name {
            Some(organization) => (
                format!("You are invited to {organization} at {product_name}"),
                format!("Come in and work with {organization} at {product_name}."),
            ),
            None => (
                format!("You are invited to {product_name}"),
                format!("Somebody made an account for this address at {product_name}."),
            ),
        }
    }

    /// What stands below the code: how long it holds, and what else there is to know.
    pub(super) fn note(&self, kind: SignInMail) -> String {
        let validity = self.validity();
        let Self { product_name, .. } = self;
        match kind {
            SignInMail::MagicLink | SignInMail::Recovery => format!(
                "The link and the code work once, within {validity}. Do not pass them on: whoever has one of them can sign \
                 in as you."
            ),
            SignInMail::EmailChange => format!(
                "The link and the code work once, within {validity}. You may have to confirm the change at your old address, \
                 too."
            ),
            SignInMail::Reauthentication => format!(
                "The code works once, within {validity}. Do not tell it to anybody: nobody at {product_name} asks for it."
            ),
            _ => format!("The link and the code work once, within {validity}."),
        }
    }

    /// Why somebody gets it, and what to do who did not ask for it.
    pub(super) fn ending(&self, kind: SignInMail) -> String {
        let Self { product_name, .. } = self;
        match kind {
            SignInMail::ConfirmSignup => format!(
                "If you did not sign up for {product_name}, ignore this mail: nothing happens unless the address is \
                 confirmed."
            ),
            SignInMail::MagicLink => {
                "If you did not ask for this, ignore this mail: nobody gets in without it.".to_owned()
            }
            SignInMail::Recovery => {
                "If you did not ask for this, ignore this mail: your password stays as it is.".to_owned()
            }
            SignInMail::Invite => format!(
                "If you did not expect this from {product_name}, ignore this mail: nothing happens unless the invitation is \
                 accepted."
            ),
            SignInMail::EmailChange => {
                "If you did not ask for this, ignore this mail: nothing happens unless the address is confirmed."
                    .to_owned()
            }
            SignInMail::EmailChangeCurrent | SignInMail::Reauthentication => {
                "If that was not you, ignore this mail and choose a new password: somebody may be signed in as you."
                    .to_owned()
            }
        }
    }

    /// What a product's own words may name.
    pub(super) fn facts(&self, kind: SignInMail) -> Facts {
        let mut facts = vec![("product_name", self.product_name.clone()), ("validity", self.validity())];
        match kind {
            SignInMail::Invite => {
                let organization = self.organization_name.as_ref().unwrap_or(&self.product_name);
                facts.push(("organization", organization.clone()));
            }
            SignInMail::EmailChange | SignInMail::EmailChangeCurrent => {
                facts.push(("new_email", self.new_email.clone().unwrap_or_default()));
            }
            _ => {}
        }
        Facts(facts)
    }

    /// How long it holds, for people: `15 minutes`, `1 hour`.
    fn validity(&self) -> String {
        let (count, unit) = match self.minutes_valid {
            minutes if minutes >= 60 && minutes % 60 == 0 => (minutes / 60, "hour"),
            minutes => (minutes, "minute"),
        };
        if count == 1 { format!("{count} {unit}") } else { format!("{count} {unit}s") }
    }

    /// Data that looks like a real mail's.
    pub(super) fn sample(kind: SignInMail) -> Self {
        let named = match kind {
            SignInMail::ConfirmSignup => "signup",
            SignInMail::MagicLink => "magiclink",
            SignInMail::Recovery => "recovery",
            SignInMail::Invite => "invite",
            SignInMail::EmailChange | SignInMail::EmailChangeCurrent | SignInMail::Reauthentication => "email_change",
        };
        let link = format!(
            "https://app.voicefx.example/auth/v1/verify?token=pM2vWb9oQ4nT7sYx1cKdLr&type={named}\
             &redirect_to=https%3A%2F%2Fapp.voicefx.example%2Fwelcome"
        );
        let changes = matches!(kind, SignInMail::EmailChange | SignInMail::EmailChangeCurrent);
        Self {
            product_name: "VoiceFX AI".to_owned(),
            code: "428613".to_owned(),
            link: kind.has_link().then_some(link),
            minutes_valid: 60,
            site_url: "https://app.voicefx.example".to_owned(),
            new_email: changes.then(|| "ada@lovelace.example".to_owned()),
            organization_name: None,
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
            ("link", json!(null)),
            ("link", json!("javascript:alert(1)")),
            ("link", json!("https://")),
            ("link", json!("https://example.org/\r\nBcc: x")),
            ("link", json!("https://example.org/\"onclick=")),
            ("site_url", json!("example.org")),
            ("minutes_valid", json!(-1)),
        ] {
            assert!(SignIn::read(SignInMail::MagicLink, data(field, value.clone())).is_err(), "{field}: {value}");
        }
        assert!(SignIn::read(SignInMail::EmailChange, data("locale", json!("de"))).is_err(), "it names no new address");
        assert!(SignIn::read(SignInMail::EmailChange, data("new_email", json!("ada@example.org"))).is_ok());
        assert!(SignIn::read(SignInMail::Reauthentication, data("link", json!(null))).is_ok());
        assert!(SignIn::read(SignInMail::Reauthentication, data("locale", json!("de"))).is_err(), "it has no link");
    }

    #[test]
    fn fields_of_a_newer_server_are_skipped() {
        assert!(SignIn::read(SignInMail::MagicLink, data("locale", json!("de"))).is_ok());
    }

    #[test]
    fn times_and_sites_are_written_as_people_write_them() {
        for (minutes, words) in
            [(1, "1 minute"), (15, "15 minutes"), (60, "1 hour"), (90, "90 minutes"), (120, "2 hours")]
        {
            let mail = SignIn::read(SignInMail::MagicLink, data("minutes_valid", json!(minutes))).unwrap();
            assert_eq!(mail.validity(), words);
            assert_eq!(site_name(&mail.site_url), "example.org");
        }
    }

    #[test]
    fn an_invitation_names_the_organization_where_there_is_one() {
        let said = |name: Value| {
            SignIn::read(SignInMail::Invite, data("organization_name", name)).unwrap().words(SignInMail::Invite).subject
        };
        assert_eq!(said(json!("Bright\r\nDental")), "You are invited to Bright Dental at VoiceFX AI");
        assert_eq!(said(json!(null)), "You are invited to VoiceFX AI");
    }
}
