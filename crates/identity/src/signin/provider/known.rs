//! Defaults of providers, by name.

/// The defaults of one provider.
pub(super) struct Known {
    pub(super) name: &'static str,
    /// Name on pages.
    pub(super) label: &'static str,
    /// Issuer of its tokens; empty: each customer of the provider has an issuer of their own.
    pub(super) issuer: &'static str,
    /// Scopes that sign-in needs.
    pub(super) scopes: &'static [&'static str],
    /// Whether it sends the browser back with a form, as Apple does whenever it is asked for a name or an address.
    pub(super) form_post: bool,
}

const USUAL: &[&str] = &["openid", "email", "profile"];

const KNOWN: &[Known] = &[
    known("apple", "Apple", "https://appleid.apple.com", &["openid", "email", "name"], true),
    known("azure", "Microsoft", "https://login.microsoftonline.com/common/v2.0", USUAL, false),
    known("facebook", "Facebook", "https://www.facebook.com", &["openid", "email"], false),
    known("github", "GitHub", "", USUAL, false),
    known("gitlab", "GitLab", "https://gitlab.com", USUAL, false),
    known("google", "Google", "https://accounts.google.com", USUAL, false),
    known("kakao", "Kakao", "https://kauth.kakao.com", &["openid", "account_email"], false),
    known("keycloak", "Keycloak", "", USUAL, false),
    known("linkedin_oidc", "LinkedIn", "https://www.linkedin.com/oauth", USUAL, false),
    known("slack_oidc", "Slack", "https://slack.com", USUAL, false),
    known("twitch", "Twitch", "https://id.twitch.tv/oauth2", &["openid", "user:read:email"], false),
];

/// The providers that Supabase Auth lists in its settings.
pub const SUPABASE_NAMES: &[&str] = &[
    "apple",
    "azure",
    "bitbucket",
    "discord",
    "facebook",
    "figma",
    "fly",
    "github",
    "gitlab",
    "google",
    "kakao",
    "keycloak",
    "linkedin",
    "linkedin_oidc",
    "notion",
    "slack",
    "slack_oidc",
    "snapchat",
    "spotify",
    "twitch",
    "twitter",
    "vercel_marketplace",
    "workos",
    "x",
    "zoom",
];

const fn known(
    name: &'static str,
    label: &'static str,
    issuer: &'static str,
    scopes: &'static [&'static str],
    form_post: bool,
) -> Known {
    Known { name, label, issuer, scopes, form_post }
}

/// The defaults of the provider with this name.
pub(super) fn by_name(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

/// Makes a name for pages from a name for programs: `Acme login`.
pub(super) fn label(name: &str) -> String {
    let words = name.strip_prefix("custom:").unwrap_or(name).replace(['_', '-', ':'], " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
