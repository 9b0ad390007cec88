//! `[auth.limits]` and `[auth.sweep]` in `freehold.toml`.

use serde::Deserialize;

/// `[auth.limits]`: rate limits. 0 for a limit: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Whether the limits apply.
    pub enabled: bool,
    /// Sign-ins of one network address in five minutes, at most 30 at once. Refreshing is not limited.
    pub tokens: u32,
    /// Requests that may send a mail, of one network address in five minutes, at most 30 at once.
    pub mails: u32,
    /// Links and codes redeemed by one network address in five minutes, at most 30 at once.
    pub verifications: u32,
    /// Attempts at second factors by one network address in five minutes, at most 30 at once.
    pub factors: u32,
    /// Requests of one signed-in user in a minute, across all sessions and organizations.
    pub user_requests: u32,
    /// Anonymous users created by one network address in an hour.
    pub anonymous_per_hour: u32,
    /// Sign-in mails that the whole server sends in an hour.
    pub mails_per_hour: u32,
    /// Percentage of these that is reserved for users who confirmed their address.
    pub mails_confirmed_percent: u32,
    /// Mails to unconfirmed addresses, requested by one network (24 bits of IPv4, 48 of IPv6) in an hour.
    pub mails_unconfirmed_per_network: u32,
    /// Mails of invitations to organizations that one user sends in a day, in all organizations together.
    pub invitations_per_user: u32,
    /// Invitations in a day of one organization that pays and is older than a week.
    pub invitations_per_organization: u32,
    /// Invitations in a day of any other organization.
    pub invitations_per_new_organization: u32,
    /// Invitations in a day of the whole server.
    pub invitations_per_server: u32,
    /// Wrong passwords for one account in an hour, from all network addresses that its owner has not signed in from;
    /// and as many from each one that they have.
    pub wrong_passwords_per_hour: u32,
    /// Wrong codes for one account in an hour.
    pub wrong_codes_per_hour: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            tokens: 150,
            mails: 30,
            verifications: 30,
            factors: 75,
            user_requests: 300,
            anonymous_per_hour: 30,
            mails_per_hour: 1000,
            mails_confirmed_percent: 50,
            mails_unconfirmed_per_network: 100,
            invitations_per_user: 100,
            invitations_per_organization: 200,
            invitations_per_new_organization: 20,
            invitations_per_server: 2000,
            wrong_passwords_per_hour: 20,
            wrong_codes_per_hour: 30,
        }
    }
}

/// `[auth.sweep]`: how long records are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SweepSettings {
    /// Days after which entries of the users' audit log are deleted; 0: never.
    pub audit_days: u32,
    /// Days after which a user is deleted who signed up and never signed in; 0: never.
    pub unconfirmed_days: u32,
}

impl Default for SweepSettings {
    fn default() -> Self {
        Self { audit_days: 365, unconfirmed_days: 0 }
    }
}
