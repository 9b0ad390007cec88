//! `[auth]` in `freehold.toml`. The defaults stand there too, with what they mean; a test compares the two.

use serde::Deserialize;

use super::{FactorSettings, LimitSettings, ProvidersSettings, SweepSettings, WebauthnSettings};
use crate::password::CharacterClass;

/// `[auth]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthSettings {
    /// Within what an address is one person.
    pub identity: PeopleOf,
    /// Where sign-ins may lead, besides this site: globs whose `*` stops at `.` and `/`.
    pub redirect_urls: Vec<String>,
    /// New people need not confirm their address.
    pub autoconfirm: bool,
    /// Nobody new may sign up.
    pub signup_disabled: bool,
    /// People may come in without an address.
    pub anonymous_users: bool,
    /// People may add ways of signing in to themselves.
    pub manual_linking: bool,
    /// A new address is confirmed at the old one, too.
    pub email_change_both: bool,
    /// A new password needs a code sent just now, unless the person signed in within a day.
    pub password_change_needs_code: bool,
    /// A new password needs the present one.
    pub password_change_needs_current: bool,
    /// Fewest characters of a password.
    pub password_min_length: usize,
    /// Of each of these, at least one in a password.
    pub password_required: Vec<CharacterClass>,
    /// Life of an access token in seconds, at least 120 (clients refresh 90 s before the end).
    pub access_token_seconds: i64,
    /// For how many seconds the token before the last may be sent again, by a client that did not get the answer.
    pub refresh_reuse_seconds: i64,
    /// Life of a link and its code in minutes.
    pub code_minutes: i64,
    /// Digits of a code, 6 to 10.
    pub code_digits: usize,
    /// Least seconds between two mails to one person.
    pub resend_seconds: i64,
    /// People may sign in with passkeys.
    pub passkeys: bool,
    /// How long sessions live.
    pub sessions: SessionSettings,
    /// Second factors.
    pub factors: FactorSettings,
    /// What passkeys are bound to.
    pub webauthn: WebauthnSettings,
    /// Where else people may show who they are.
    pub providers: ProvidersSettings,
    /// How fast requests may come.
    pub limits: LimitSettings,
    /// What is forgotten in time.
    pub sweep: SweepSettings,
}

/// `[auth.sessions]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionSettings {
    /// Hours after which a session ends, whatever is done in it; 0: never.
    pub lifetime_hours: i64,
    /// Hours without a refresh after which a session ends; 0: never.
    pub idle_hours: i64,
    /// Signing in ends the person's other sessions.
    pub one_per_person: bool,
}

/// Within what an address is one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeopleOf {
    /// Everywhere: one person, in any number of organizations.
    #[default]
    House,
    /// Within one tenant: the same address may be another person at another tenant.
    PerTenant,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            identity: PeopleOf::House,
            redirect_urls: Vec::new(),
            autoconfirm: false,
            signup_disabled: false,
            anonymous_users: false,
            manual_linking: false,
            email_change_both: true,
            password_change_needs_code: false,
            password_change_needs_current: false,
            password_min_length: 6,
            password_required: Vec::new(),
            access_token_seconds: 3600,
            refresh_reuse_seconds: 10,
            code_minutes: 60,
            code_digits: 6,
            resend_seconds: 60,
            passkeys: false,
            sessions: SessionSettings::default(),
            limits: LimitSettings::default(),
            sweep: SweepSettings::default(),
            factors: FactorSettings::default(),
            webauthn: WebauthnSettings::default(),
            providers: ProvidersSettings::new(),
        }
    }
}
