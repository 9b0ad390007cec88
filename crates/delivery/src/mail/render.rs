//! Renders mails with the templates in `templates/`: plain text and HTML, the same for every mail.

use askama::Template as _;
use freehold_core::{Context, Result};
use freehold_module::mail::{MailContent, MailText};

use super::{Brand, Mail, brand::Palette, wrap::wrapped};

/// Every mail as text.
#[derive(askama::Template)]
#[template(path = "mail.txt")]
struct Text<'a> {
    page: Page<'a>,
}

/// Every mail as HTML.
#[derive(askama::Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    page: Page<'a>,
}

/// What the templates show.
struct Page<'a> {
    words: MailText,
    mail: &'a MailContent,
    brand: &'a Brand,
    colors: Palette,
}

impl Page<'_> {
    /// Address of the site without the scheme: `app.example.org`.
    fn site(&self) -> &str {
        let url = self.mail.site_url.as_str();
        let address = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        address.unwrap_or(url).trim_end_matches('/')
    }

    fn preview(&self) -> &str {
        self.words.paragraphs.first().map_or("", String::as_str)
    }
}

impl Mail {
    /// The plain text: the same sentences as the HTML, in lines of at most 72 characters.
    pub fn text(&self, brand: &Brand) -> Result<String> {
        Text { page: self.page(brand) }.render().map(|text| wrapped(&text)).context("writing the text of a mail")
    }

    /// The HTML: a complete document with inline styles, without images, scripts or anything to fetch.
    pub fn html(&self, brand: &Brand) -> Result<String> {
        Html { page: self.page(brand) }.render().context("writing the HTML of a mail")
    }

    fn page<'a>(&'a self, brand: &'a Brand) -> Page<'a> {
        Page { words: self.words(brand), mail: &self.content, brand, colors: brand.palette() }
    }
}
