//! What a key is for.

use std::fmt;

/// What a secret is for. Each purpose has keys of its own, derived from the master key, so that nothing made for one
/// is accepted for another. They are listed in one place because two purposes must never share a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Private keys that sign access tokens.
    SigningKey,
    /// The key of each session that authenticates its refresh tokens.
    SessionKey,
    /// The pepper of API key digests.
    ApiKey,
    /// The pepper of the digests of codes sent by mail.
    OneTimeCode,
    /// Secrets of authenticator apps.
    SecondFactor,
    /// Cookies of our own pages.
    Cookie,
    /// Secrets that sign outgoing webhooks.
    WebhookSecret,
    /// Answers kept for a retry with the same `Idempotency-Key`; some hold a key that is shown once.
    Answer,
    /// Passwords and keys of the outside world: tenant databases, sign-in providers, mail servers.
    Credential,
    /// The pepper of digests by which guesses are counted: of network addresses and accounts.
    Limit,
    /// Sign-in links, codes and invitation links of mails, from when a mail is queued until it ends.
    Mail,
    /// The pepper of digests of people and cards that had a trial.
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

    /// The label that goes into the derivation. Changing one makes everything sealed for it unreadable.
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
