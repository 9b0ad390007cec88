//! Renders mails with the templates in `templates/`: plain text and HTML for each kind of mail.

use askama::Template as _;
use freehold_core::{Context, Result};

use super::{
    Brand, Mail,
    billing::Billing,
    brand::Palette,
    keys_suspended::KeysSuspended,
    organization_invitation::OrganizationInvitation,
    sign_in::{SignIn, SignInMail},
    web_address::site_name,
    webhook_disabled::WebhookDisabled,
    wording::Words,
    wrap::wrapped,
};

/// The parts that every mail has besides its data.
struct Frame<'a> {
    words: Words,
    brand: &'a Brand,
    colors: Palette,
    /// Target of the button; none for mails without one.
    link: Option<&'a str>,
    site_url: &'a str,
}

impl Frame<'_> {
    fn site(&self) -> &str {
        site_name(self.site_url)
    }

    fn preview(&self) -> &str {
        self.words.paragraphs.first().map_or("", String::as_str)
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

page!(SignInText(Coded<'a>) = "sign_in.txt");
page!(SignInHtml(Coded<'a>) = "sign_in.html");
page!(OrganizationInvitationText(OrganizationInvitation) = "organization_invitation.txt");
page!(OrganizationInvitationHtml(OrganizationInvitation) = "organization_invitation.html");
page!(KeysSuspendedText(KeysSuspended) = "keys_suspended.txt");
page!(KeysSuspendedHtml(KeysSuspended) = "keys_suspended.html");
page!(WebhookDisabledText(WebhookDisabled) = "webhook_disabled.txt");
page!(WebhookDisabledHtml(WebhookDisabled) = "webhook_disabled.html");
page!(BillingText(Billing) = "billing.txt");
page!(BillingHtml(Billing) = "billing.html");

/// A mail with a sign-in code.
struct Coded<'a> {
    kind: SignInMail,
    data: &'a SignIn,
}

impl Coded<'_> {
    fn code_lead(&self) -> &'static str {
        self.kind.code_lead()
    }

    fn note(&self) -> String {
        self.data.note(self.kind)
    }

    fn ending(&self) -> String {
        self.data.ending(self.kind)
    }
}

impl Mail {
    /// The plain text: the same sentences as the HTML, in lines of at most 72 characters.
    pub fn text(&self, brand: &Brand) -> Result<String> {
        let frame = self.frame(brand);
        let text = match self {
            Self::SignIn(kind, data) => SignInText { frame, mail: &Coded { kind: *kind, data } }.render(),
            Self::OrganizationInvitation(mail) => OrganizationInvitationText { frame, mail }.render(),
            Self::KeysSuspended(mail) => KeysSuspendedText { frame, mail }.render(),
            Self::WebhookDisabled(mail) => WebhookDisabledText { frame, mail }.render(),
            Self::Billing(_, mail) => BillingText { frame, mail }.render(),
        };
        text.map(|text| wrapped(&text)).context("writing the text of a mail")
    }

    /// The HTML: a complete document with inline styles, without images, scripts or anything to fetch.
    pub fn html(&self, brand: &Brand) -> Result<String> {
        let frame = self.frame(brand);
        match self {
            Self::SignIn(kind, data) => SignInHtml { frame, mail: &Coded { kind: *kind, data } }.render(),
            Self::OrganizationInvitation(mail) => OrganizationInvitationHtml { frame, mail }.render(),
            Self::KeysSuspended(mail) => KeysSuspendedHtml { frame, mail }.render(),
            Self::WebhookDisabled(mail) => WebhookDisabledHtml { frame, mail }.render(),
            Self::Billing(_, mail) => BillingHtml { frame, mail }.render(),
        }
        .context("writing the HTML of a mail")
    }

    fn frame<'a>(&'a self, brand: &'a Brand) -> Frame<'a> {
        Frame { words: self.words(brand), brand, colors: brand.palette(), link: self.link(), site_url: self.site_url() }
    }
}
