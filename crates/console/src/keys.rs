//! `/keys`: the API keys of an organization.

use askama::Template;
use freehold_pages::{Choice, Empty, Pager, Tone, chart::Chart};

use crate::Shell;

/// The page of API keys.
#[derive(Clone, Debug, Template)]
#[template(path = "keys.html")]
pub struct KeysPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The keys, newest first, without their secrets.
    pub keys: Vec<KeyLine>,
    /// The pages of the list.
    pub pager: Pager,
    /// Whether the user may create keys.
    pub may_create: bool,
    /// What is shown in place of an empty list.
    pub empty: Empty,
}

/// An API key.
#[derive(Clone, Debug, Default)]
pub struct KeyLine {
    /// Id of the key.
    pub id: String,
    /// Name of the key.
    pub name: String,
    /// First characters of the key: `sk_live_abcd1234`.
    pub prefix: String,
    /// `active`, `suspended`, `expired` or `revoked`.
    pub state: &'static str,
    /// Whether the key is for test data.
    pub test: bool,
    /// The largest role of the key.
    pub role: String,
    /// Scopes of the key, separated by commas; `everything the role allows` without scopes.
    pub scopes: String,
    /// Networks from which it can be used, separated by commas; empty: everywhere.
    pub networks: String,
    /// Who is responsible for it: an e-mail address, or `a former member`.
    pub made_by: String,
    /// The day on which it was created.
    pub created: String,
    /// When it was last used; `never` before its first use.
    pub last_used: String,
    /// When it expires; `never` for a key that does not.
    pub expires: String,
    /// First characters of the previous secret and its end; empty when there is none that works.
    pub previous: String,
    /// Whether the user may revoke it.
    pub revocable: bool,
    /// Whether the user may update it.
    pub editable: bool,
    /// Whether the user may rotate it.
    pub rotatable: bool,
    /// Whether the user may adopt it.
    pub adoptable: bool,
}

impl KeyLine {
    /// Severity of the state.
    pub fn tone(&self) -> Tone {
        match self.state {
            "active" => Tone::Good,
            "suspended" => Tone::Warn,
            _ => Tone::Plain,
        }
    }

    /// Path of the page that asks before the key is revoked.
    pub fn revocation(&self) -> String {
        format!("/keys/{}/revoke", self.id)
    }

    /// Path of the page with the usage of the key.
    pub fn usage(&self) -> String {
        format!("/keys/{}/usage", self.id)
    }

    /// Path of the page that updates the key.
    pub fn edition(&self) -> String {
        format!("/keys/{}/edit", self.id)
    }

    /// Path of the page that asks before the key is rotated.
    pub fn rotation(&self) -> String {
        format!("/keys/{}/rotate", self.id)
    }

    /// Path of the page that asks before the key is adopted.
    pub fn adoption(&self) -> String {
        format!("/keys/{}/adopt", self.id)
    }
}

/// The page with the usage of an API key.
#[derive(Clone, Debug, Template)]
#[template(path = "key_usage.html")]
pub struct KeyUsagePage {
    /// The frame of the page.
    pub shell: Shell,
    /// Name of the key.
    pub name: String,
    /// Number of requests on all days of the chart, with separators.
    pub total: String,
    /// Requests by day.
    pub chart: Chart,
}

/// The page that updates an API key.
#[derive(Clone, Debug, Template)]
#[template(path = "key_edit.html")]
pub struct KeyEditPage {
    /// The frame of the page.
    pub shell: Shell,
    /// Id of the key.
    pub id: String,
    /// Name of the key.
    pub name: String,
    /// Networks from which it can be used, separated by commas; empty: everywhere.
    pub networks: String,
    /// Why the last try failed; empty before the first.
    pub error: String,
}

/// The page that asks before an API key is rotated.
#[derive(Clone, Debug, Template)]
#[template(path = "key_rotate.html")]
pub struct KeyRotatePage {
    /// The frame of the page.
    pub shell: Shell,
    /// Id of the key.
    pub id: String,
    /// Name of the key.
    pub name: String,
    /// How long the previous secret still works.
    pub overlaps: Vec<Choice>,
    /// Random value of the form.
    pub attempt: String,
}

/// The page that creates an API key.
#[derive(Clone, Debug, Template)]
#[template(path = "key_new.html")]
pub struct KeyNewPage {
    /// The frame of the page.
    pub shell: Shell,
    /// Name entered so far.
    pub name: String,
    /// Live or test.
    pub modes: Vec<Choice>,
    /// Everything, or the chosen scopes.
    pub access: Vec<Choice>,
    /// The areas, each with its scopes.
    pub areas: Vec<KeyArea>,
    /// When the key expires.
    pub expiries: Vec<Choice>,
    /// Networks entered so far, separated by commas.
    pub networks: String,
    /// Random value of the form.
    pub attempt: String,
    /// Why the last try failed; empty before the first.
    pub error: String,
}

/// The scopes of an area.
#[derive(Clone, Debug, Default)]
pub struct KeyArea {
    /// Name of the area in scopes: `usage`.
    pub name: String,
    /// Whether reading is chosen.
    pub read: bool,
    /// Whether writing is chosen.
    pub write: bool,
}
