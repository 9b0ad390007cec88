//! `/organization`: the profile of an organization.

use askama::Template;
use freehold_pages::Shell;

/// The page of the organization's profile.
#[derive(Clone, Debug, Template)]
#[template(path = "organization.html")]
pub struct OrganizationPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The values of the profile, as the form has them.
    pub profile: ProfileFields,
    /// Path of the logo; empty: there is none.
    pub logo: String,
    /// Whether the user may change the profile.
    pub writable: bool,
    /// Why the last try failed; empty before the first.
    pub error: String,
    /// Why the last logo was refused; empty before the first.
    pub logo_error: String,
}

/// The values of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileFields {
    /// Name of the organization.
    pub name: String,
    /// Name of the organization for URLs.
    pub slug: String,
    /// Address of the website; empty: none.
    pub website: String,
    /// E-mail address for others; empty: none.
    pub contact_email: String,
    /// Time zone: `Europe/Vilnius`.
    pub time_zone: String,
    /// Language tag: `de-AT`.
    pub locale: String,
}

impl OrganizationPage {
    /// The values as a list, for users who may not change them.
    fn values(&self) -> [(&'static str, &str); 6] {
        let ProfileFields { name, slug, website, contact_email, time_zone, locale } = &self.profile;
        [
            ("Name", name),
            ("Name in addresses", slug),
            ("Website", website),
            ("Contact address", contact_email),
            ("Time zone", time_zone),
            ("Language", locale),
        ]
    }
}
