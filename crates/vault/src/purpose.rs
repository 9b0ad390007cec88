//! The purposes of keys.

use std::fmt;

/// The purpose of a secret. Each purpose has its own keys, derived from the master key, so that a secret of one purpose
/// is never accepted for another. They are listed in one place because two purposes must never have the same label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Private keys that sign access tokens.
    SigningKey,
    /// The key of each session, which authenticates its refresh tokens.
    SessionKey,
    /// The pepper of API key digests.
    ApiKey,
    /// The pepper of the digests of codes sent by mail.
    OneTimeCode,
    /// The secrets of authenticator apps.
    SecondFactor,
    /// Cookies of the pages.
    Cookie,
    /// Secrets that sign outgoing webhooks.
    WebhookSecret,
    /// Responses that are stored for a retry with the same `Idempotency-Key`; some contain a key that is shown only
    /// once.
    Answer,
    /// Passwords and keys of other systems: tenant databases, sign-in providers, mail servers.
    Credential,
    /// The pepper of the digests by which attempts are counted: of network addresses and accounts.
    Limit,
    /// Sign-in links, codes and invitation links of mails, while a mail is queued.
    Mail,
    /// The pepper of the digests of users and cards that have had a trial.
    Trial,
}

impl Purpose {
    /// All purposes, in the order of their declaration.
    pub const ALL: [Self; 12] = [
        Self::SigningKey,
        Self::SessionKey,
        Self::ApiKey,
        Self::OneTimeCode,
        Self::SecondFactor,
        Self::Cookie,
        Self::WebhookSecret,
        Self::Answer,
        Self::Credential,
        Self::Limit,
        Self::Mail,
        Self::Trial,
    ];

    /// The label that is part of the derivation. After a change of a label, nothing sealed for it can be opened.
    pub const fn label(self) -> &'static str {
        match self {
            Self::SigningKey => "signing_key",
            Self::SessionKey => "session_key",
            Self::ApiKey => "api_key",
            Self::OneTimeCode => "one_time_code",
            Self::SecondFactor => "second_factor",
            Self::Cookie => "cookie",
            Self::WebhookSecret => "webhook_secret",
            Self::Answer => "answer",
            Self::Credential => "credential",
            Self::Limit => "limit",
            Self::Mail => "mail",
            Self::Trial => "trial",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_stands_at_its_own_place_with_its_own_label() {
        let labels: std::collections::HashSet<_> = Purpose::ALL.iter().map(|purpose| purpose.label()).collect();
        assert_eq!(labels.len(), Purpose::ALL.len());
        for (index, purpose) in Purpose::ALL.into_iter().enumerate() {
            assert_eq!(purpose as usize, index, "{purpose}");
        }
    }
}
