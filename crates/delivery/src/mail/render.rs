//! Writing a mail out: the templates in `templates/`, a text and an HTML for each mail.

use askama::Template as _;
use freehold_core::{Context, Result};

use super::{
    Brand, Mail,
    billing::{Billing, Words},
    brand::Palette,
    sign_in::SignIn,
    web_address::site_name,
    webhook_disabled::WebhookDisabled,
    wrap::wrapped,
};

/// What every mail has around its words.
struct Frame<'a> {
    subject: String,
    brand: &'a Brand,
    colors: Palette,
    /// Where its button leads.
    link: &'a str,
    site_url: &'a str,
}

impl Frame<'_> {
    fn site(&self) -> &str {
        site_name(self.site_url)
    }
}

macro_rules! page {
    ($name:ident($mail:ty) = $path:literal) => {
        #[derive(askama::Template)]
        #[template(path = $path)]
        struct $name<'a> {
            frame: Frame<'a>,
            mail: &'a $mail,
        }
    };
}

page!(ConfirmSignupText(SignIn) = "confirm_signup.txt");
page!(ConfirmSignupHtml(SignIn) = "confirm_signup.html");
page!(MagicLinkText(SignIn) = "magic_link.txt");
page!(MagicLinkHtml(SignIn) = "magic_link.html");
page!(WebhookDisabledText(WebhookDisabled) = "webhook_disabled.txt");
page!(WebhookDisabledHtml(WebhookDisabled) = "webhook_disabled.html");
page!(BillingText(Said<'a>) = "billing.txt");
page!(BillingHtml(Said<'a>) = "billing.html");

/// A mail whose words are the same in text and HTML.
struct Said<'a> {
    words: Words,
    data: &'a Billing,
}

impl Mail {
    /// The plain text, equal in content to the HTML, in lines of at most 72 characters.
    pub fn text(&self, brand: &Brand) -> Result<String> {
        let frame = self.frame(brand);
        let text = match self {
            Self::ConfirmSignup(mail) => ConfirmSignupText { frame, mail }.render(),
            Self::MagicLink(mail) => MagicLinkText { frame, mail }.render(),
            Self::WebhookDisabled(mail) => WebhookDisabledText { frame, mail }.render(),
            Self::Billing(kind, data) => BillingText { frame, mail: &Said { words: data.words(*kind), data } }.render(),
        };
        text.map(|text| wrapped(&text)).context("writing the text of a mail")
    }

    /// The HTML: a whole document with inline styles, without images, scripts or anything fetched from elsewhere.
    pub fn html(&self, brand: &Brand) -> Result<String> {
        let frame = self.frame(brand);
        match self {
            Self::ConfirmSignup(mail) => ConfirmSignupHtml { frame, mail }.render(),
            Self::MagicLink(mail) => MagicLinkHtml { frame, mail }.render(),
            Self::WebhookDisabled(mail) => WebhookDisabledHtml { frame, mail }.render(),
            Self::Billing(kind, data) => BillingHtml { frame, mail: &Said { words: data.words(*kind), data } }.render(),
        }
        .context("writing the HTML of a mail")
    }

    fn frame<'a>(&'a self, brand: &'a Brand) -> Frame<'a> {
        let (link, site_url) = match self {
            Self::ConfirmSignup(mail) | Self::MagicLink(mail) => (&mail.link, &mail.site_url),
            Self::WebhookDisabled(mail) => (&mail.link, &mail.site_url),
            Self::Billing(_, mail) => (&mail.link, &mail.site_url),
        };
        Frame { subject: self.subject(), brand, colors: brand.palette(), link, site_url }
    }
}
