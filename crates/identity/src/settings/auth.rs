//! `[auth]` in `freehold.toml`. That file also has the defaults and their explanations; a test compares the two.

use serde::Deserialize;

use super::{FactorSettings, LimitSettings, ProvidersSettings, SweepSettings, WebauthnSettings};
use crate::password::CharacterClass;

/// `[auth]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthSettings {
    /// The realm in which an address belongs to one user.
    pub identity: PeopleOf,
    /// Where sign-ins may redirect to, besides this site: globs whose `*` stops at `.` and `/`.
    pub redirect_urls: Vec<String>,
    /// Whether new users need not confirm their address.
    pub autoconfirm: bool,
    /// Whether sign-up is closed.
    pub signup_disabled: bool,
    /// Whether users may sign in without an address.
    pub anonymous_users: bool,
    /// Whether users may link further sign-in methods.
    pub manual_linking: bool,
    /// Whether a change of address must be confirmed at the old address, too.
    pub email_change_both: bool,
    /// Whether a new password needs a reauthentication code, unless the user signed in within a day.
    pub password_change_needs_code: bool,
    /// Whether a new password needs the current one.
    pub password_change_needs_current: bool,
    /// Fewest characters of a password.
    pub password_min_length: usize,
    /// Character classes of which a password needs at least one character each.
    pub password_required: Vec<CharacterClass>,
    /// Lifetime of an access token in seconds, at least 120 (clients refresh 90 s before the end).
    pub access_token_seconds: i64,
    /// Seconds in which a client that did not get the answer may send the token before the last again.
    pub refresh_reuse_seconds: i64,
    /// Lifetime of a link and its code in minutes.
    pub code_minutes: i64,
    /// Digits of a code, 6 to 10.
    pub code_digits: usize,
    /// Least seconds between two mails to one user.
    pub resend_seconds: i64,
    /// Whether users may sign in with passkeys.
    pub passkeys: bool,
    /// Lifetime of sessions.
    pub sessions: SessionSettings,
    /// Settings of second factors.
    pub factors: FactorSettings,
    /// Settings of passkeys.
    pub webauthn: WebauthnSettings,
    /// External identity providers.
    pub providers: ProvidersSettings,
    /// Rate limits.
    pub limits: LimitSettings,
    /// How long records are kept.
    pub sweep: SweepSettings,
}

/// `[auth.sessions]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionSettings {
    /// Hours after which a session ends, even when it is used; 0: never.
    pub lifetime_hours: i64,
    /// Hours without a refresh after which a session ends; 0: never.
    pub idle_hours: i64,
    /// Whether signing in ends the user's other sessions.
    pub one_per_person: bool,
}

/// The realm in which an address belongs to one user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeopleOf {
    /// The whole deployment: one user for each address, in any number of organizations.
    #[default]
    House,
    /// One tenant: the same address may belong to another user at another tenant.
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
