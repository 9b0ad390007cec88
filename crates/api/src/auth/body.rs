//! The JSON of Supabase Auth: sessions and people.

use freehold_core::{Result, Secret};
use freehold_db::SystemTx;
use freehold_identity::{
    password::{WeakPassword, WeakReason},
    provider::ProviderTokens,
    session::Tokens,
    user::{User, UserIdentity},
    ways::{Ways, ways, ways_now},
};
use freehold_web::Backbone;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::factors::FactorBody;

/// A session.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionBody {
    /// For the `Authorization` header.
    access_token: String,
    /// `bearer`.
    token_type: &'static str,
    /// Life of the access token in seconds.
    expires_in: i64,
    /// When the access token ends, seconds since 1970.
    expires_at: i64,
    /// For the next pair; good once.
    refresh_token: String,
    /// Whose.
    user: UserBody,
    /// What the provider gave for its own interface, when it was asked just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_token: Option<String>,
    /// With what that is renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_refresh_token: Option<String>,
    /// In what the password falls short of what a new one must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    weak_password: Option<WeakPasswordBody>,
}

/// In what a password falls short.
#[derive(Serialize, ToSchema)]
pub(crate) struct WeakPasswordBody {
    /// In words.
    message: String,
    /// `length`, `characters`.
    reasons: Vec<&'static str>,
}

/// A person.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserBody {
    /// Who.
    pub(crate) id: Uuid,
    /// `authenticated`.
    pub(crate) aud: String,
    /// `authenticated`.
    pub(crate) role: String,
    /// The address.
    pub(crate) email: String,
    /// When the address was confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) email_confirmed_at: Option<Timestamp>,
    /// The number; mostly the empty text, because nothing is sent to numbers here.
    pub(crate) phone: String,
    /// When the number was confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) phone_confirmed_at: Option<Timestamp>,
    /// When somebody invited them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) invited_at: Option<Timestamp>,
    /// When a confirmation was last sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) confirmation_sent_at: Option<Timestamp>,
    /// As `email_confirmed_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) confirmed_at: Option<Timestamp>,
    /// When a sign-in mail was last sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) recovery_sent_at: Option<Timestamp>,
    /// The address they want to change to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) new_email: Option<String>,
    /// When the mails about that were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) email_change_sent_at: Option<Timestamp>,
    /// When a code for reauthentication was last sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) reauthentication_sent_at: Option<Timestamp>,
    /// When the person last signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_sign_in_at: Option<Timestamp>,
    /// What the system knows.
    #[schema(value_type = Object)]
    pub(crate) app_metadata: Value,
    /// What the person says of himself.
    #[schema(value_type = Object)]
    pub(crate) user_metadata: Value,
    /// The second factors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) factors: Vec<FactorBody>,
    /// The ways in which the person signs in.
    pub(crate) identities: Vec<IdentityBody>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    /// Last change.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Timestamp,
    /// Locked out until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) banned_until: Option<Timestamp>,
    /// Deleted, and kept for the records.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) deleted_at: Option<Timestamp>,
    /// Without address or password.
    pub(crate) is_anonymous: bool,
}

/// A way in which a person signs in. `id` and `identity_id` are swapped as Supabase has them.
#[derive(Serialize, ToSchema)]
pub(crate) struct IdentityBody {
    identity_id: Uuid,
    id: String,
    user_id: Uuid,
    #[schema(value_type = Object)]
    identity_data: Value,
    provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_sign_in_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
    email: Option<String>,
}

impl UserBody {
    /// The person with what belongs to him.
    pub(crate) async fn load(tx: &mut SystemTx, user: User) -> Result<Self> {
        let ways = ways(tx, user.id).await?;
        Ok(Self::with(user, ways))
    }

    /// The same, when that is known.
    pub(crate) fn with(user: User, ways: Ways) -> Self {
        let factors = ways.factors.0.into_iter().map(FactorBody::from).collect();
        Self { factors, ..Self::new(user, ways.identities.0) }
    }

    /// The person with these ways in, and without second factors: somebody who was made just now. Everybody else is
    /// [`load`](Self::load)ed.
    pub(crate) fn new(user: User, identities: Vec<UserIdentity>) -> Self {
        let id = user.id.uuid();
        Self {
            id,
            aud: user.aud,
            role: user.role,
            email: user.email,
            email_confirmed_at: user.email_confirmed_at,
            phone: user.phone,
            phone_confirmed_at: user.phone_confirmed_at,
            invited_at: user.invited_at,
            confirmation_sent_at: user.confirmation_sent_at,
            confirmed_at: [user.email_confirmed_at, user.phone_confirmed_at].into_iter().flatten().min(),
            recovery_sent_at: user.recovery_sent_at,
            new_email: Some(user.new_email).filter(|email| !email.is_empty()),
            email_change_sent_at: user.email_change_sent_at,
            reauthentication_sent_at: user.reauthentication_sent_at,
            last_sign_in_at: user.last_sign_in_at,
            app_metadata: user.app_metadata,
            user_metadata: user.user_metadata,
            factors: Vec::new(),
            identities: identities.into_iter().map(|identity| IdentityBody::new(id, identity)).collect(),
            created_at: user.created_at,
            updated_at: user.updated_at,
            banned_until: user.banned_until,
            deleted_at: user.deleted_at,
            is_anonymous: user.is_anonymous,
        }
    }
}

impl IdentityBody {
    fn new(user_id: Uuid, identity: UserIdentity) -> Self {
        let email = identity.identity_data.get("email").and_then(Value::as_str).map(str::to_lowercase);
        Self {
            identity_id: identity.id,
            id: identity.provider_id,
            user_id,
            identity_data: identity.identity_data,
            provider: identity.provider,
            last_sign_in_at: identity.last_sign_in_at,
            created_at: identity.created_at,
            updated_at: identity.updated_at,
            email,
        }
    }
}

impl SessionBody {
    /// The session of these tokens.
    pub(crate) async fn load(backbone: &Backbone, tokens: Tokens) -> Result<Self> {
        let ways = match tokens.ways {
            Some(ways) => ways,
            None => ways_now(&backbone.db, tokens.user.id).await?,
        };
        let user = UserBody::with(tokens.user, ways);
        Ok(Self {
            access_token: tokens.access_token.expose().to_owned(),
            token_type: "bearer",
            expires_in: tokens.expires_in,
            expires_at: tokens.expires_at,
            refresh_token: tokens.refresh_token.expose().to_owned(),
            user,
            provider_token: None,
            provider_refresh_token: None,
            weak_password: None,
        })
    }

    /// Hands on what the provider gave.
    pub(crate) fn with_provider_tokens(mut self, tokens: &ProviderTokens) -> Self {
        let text = |token: &Option<Secret>| token.as_ref().map(|token| token.expose().to_owned());
        (self.provider_token, self.provider_refresh_token) = (text(&tokens.access), text(&tokens.refresh));
        self
    }

    /// Says in what the password falls short.
    pub(crate) fn with_weak_password(mut self, weak: &WeakPassword) -> Self {
        let reasons = weak.reasons.iter().map(WeakReason::name).collect();
        self.weak_password = Some(WeakPasswordBody { message: weak.to_string(), reasons });
        self
    }
}
