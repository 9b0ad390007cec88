//! The mails there are.

use std::fmt;

use askama::Template as _;
use freehold_core::{Context, Error, Result};
use serde_json::Value;

use super::sign_in::SignIn;

/// Which mail. Its name is what `freehold.mails.template` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Template {
    /// To somebody new: confirms that the address is theirs.
    ConfirmSignup,
    /// To somebody known: lets them in without a password.
    MagicLink,
}

impl Template {
    /// All of them, in the order people meet them.
    pub const ALL: [Self; 2] = [Self::ConfirmSignup, Self::MagicLink];

    /// What the queue names: `confirm_signup`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfirmSignup => "confirm_signup",
            Self::MagicLink => "magic_link",
        }
    }

    /// A queued mail, ready to be written out.
    ///
    /// `internal` if no template has this name, or the data lacks something it needs or holds something no mail may
    /// carry: the recipient can do nothing about that.
    pub fn parse(name: &str, data: Value) -> Result<Mail> {
        let template = Self::ALL.into_iter().find(|template| template.name() == name);
        match template {
            Some(Self::ConfirmSignup) => Ok(Mail::ConfirmSignup(SignIn::read(data)?)),
            Some(Self::MagicLink) => Ok(Mail::MagicLink(SignIn::read(data)?)),
            None => Err(Error::internal(format!("there is no mail template named {name:?}"))),
        }
    }

    /// Every mail with data that looks real, for previews and tests.
    pub fn samples() -> [Mail; 2] {
        [Mail::ConfirmSignup(SignIn::sample("signup")), Mail::MagicLink(SignIn::sample("magiclink"))]
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One mail with its data. Made by [`Template::parse`], which has looked at the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mail {
    /// See [`Template::ConfirmSignup`].
    ConfirmSignup(SignIn),
    /// See [`Template::MagicLink`].
    MagicLink(SignIn),
}

#[derive(askama::Template)]
#[template(path = "confirm_signup.txt")]
struct ConfirmSignupText<'a> {
    mail: &'a SignIn,
}

#[derive(askama::Template)]
#[template(path = "confirm_signup.html")]
struct ConfirmSignupHtml<'a> {
    subject: String,
    mail: &'a SignIn,
}

#[derive(askama::Template)]
#[template(path = "magic_link.txt")]
struct MagicLinkText<'a> {
    mail: &'a SignIn,
}

#[derive(askama::Template)]
#[template(path = "magic_link.html")]
struct MagicLinkHtml<'a> {
    subject: String,
    mail: &'a SignIn,
}

impl Mail {
    /// Which mail it is.
    pub const fn template(&self) -> Template {
        match self {
            Self::ConfirmSignup(_) => Template::ConfirmSignup,
            Self::MagicLink(_) => Template::MagicLink,
        }
    }

    /// The subject: one line, without the code, because locked screens show it.
    pub fn subject(&self) -> String {
        match self {
            Self::ConfirmSignup(mail) => format!("Confirm your e-mail address for {}", mail.product_name),
            Self::MagicLink(mail) => format!("Sign in to {}", mail.product_name),
        }
    }

    /// The plain text, equal in content to the HTML.
    pub fn text(&self) -> Result<String> {
        match self {
            Self::ConfirmSignup(mail) => ConfirmSignupText { mail }.render(),
            Self::MagicLink(mail) => MagicLinkText { mail }.render(),
        }
        .context("writing the text of a mail")
    }

    /// The HTML: a whole document with inline styles, without images, scripts or anything fetched from elsewhere.
    pub fn html(&self) -> Result<String> {
        let subject = self.subject();
        match self {
            Self::ConfirmSignup(mail) => ConfirmSignupHtml { subject, mail }.render(),
            Self::MagicLink(mail) => MagicLinkHtml { subject, mail }.render(),
        }
        .context("writing the HTML of a mail")
    }

    /// The code in it, if it carries one, so that the local mailbox can show it large.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::ConfirmSignup(mail) | Self::MagicLink(mail) => Some(&mail.code),
        }
    }

    /// The link in it, if it carries one.
    pub fn link(&self) -> Option<&str> {
        match self {
            Self::ConfirmSignup(mail) | Self::MagicLink(mail) => Some(&mail.link),
        }
    }
}

#[cfg(test)]
mod tests;
