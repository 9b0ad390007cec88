//! The JSON of Supabase Auth: sessions and users.

use freehold_core::{Result, Secret};
use freehold_db::SystemTx;
use freehold_identity::{
    factor::Factor,
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

use super::names::{FactorStatus, FactorType, TokenType, WeakPasswordReason};

/// A session: an access token and the refresh token for the next one.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionBody {
    /// Access token for the `Authorization` header.
    access_token: String,
    /// Type of the access token; always `bearer`.
    token_type: TokenType,
    /// Lifetime of the access token, in seconds.
    expires_in: i64,
    /// When the access token expires, in seconds since 1970 (UTC).
    expires_at: i64,
    /// Refresh token for the next access token; works once.
    refresh_token: String,
    /// The user of the session.
    user: UserBody,
    /// Access token of the external identity provider for its own API; present only right after a sign-in with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_token: Option<String>,
    /// Refresh token of the external identity provider; present only right after a sign-in with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_refresh_token: Option<String>,
    /// Why the password is weak by today's rules; absent when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    weak_password: Option<WeakPasswordBody>,
}

/// Why a password is weak.
#[derive(Serialize, ToSchema)]
pub(crate) struct WeakPasswordBody {
    /// The reasons as a sentence.
    message: String,
    /// The reasons as codes: `length`, `characters`.
    #[schema(value_type = Vec<WeakPasswordReason>)]
    reasons: Vec<&'static str>,
}

/// A user, in the form of Supabase Auth.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserBody {
    /// The user's id.
    pub(crate) id: Uuid,
    /// Audience of the user's access tokens; `authenticated` unless an administrator set another.
    pub(crate) aud: String,
    /// Role in the user's access tokens: `authenticated`, or empty until the address is confirmed. Imported users keep
    /// theirs.
    pub(crate) role: String,
    /// E-mail address of the user; empty for users without one.
    pub(crate) email: String,
    /// When the e-mail address was confirmed, UTC; absent while it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) email_confirmed_at: Option<Timestamp>,
    /// Phone number of the user; empty for users without one. Freehold sends no text messages.
    pub(crate) phone: String,
    /// When the phone number was confirmed, UTC; absent while it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) phone_confirmed_at: Option<Timestamp>,
    /// When the user was invited, UTC; absent for users who signed up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) invited_at: Option<Timestamp>,
    /// When a confirmation mail was last sent, UTC; absent when none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) confirmation_sent_at: Option<Timestamp>,
    /// When the e-mail address was confirmed, UTC; same as `email_confirmed_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) confirmed_at: Option<Timestamp>,
    /// When a sign-in or recovery mail was last sent, UTC; absent when none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) recovery_sent_at: Option<Timestamp>,
    /// E-mail address that the user wants to change to; absent without a pending change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = IdnEmail)]
    pub(crate) new_email: Option<String>,
    /// When the mails for a change of address were sent, UTC; absent without a pending change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) email_change_sent_at: Option<Timestamp>,
    /// When a reauthentication code was last sent, UTC; absent when none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) reauthentication_sent_at: Option<Timestamp>,
    /// When the user last signed in, UTC; absent before the first sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_sign_in_at: Option<Timestamp>,
    /// Metadata that only administrators change, such as `provider`.
    #[schema(value_type = Object)]
    pub(crate) app_metadata: Value,
    /// Metadata that the user may change.
    #[schema(value_type = Object)]
    pub(crate) user_metadata: Value,
    /// The user's second factors; absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) factors: Vec<FactorBody>,
    /// The user's sign-in methods.
    pub(crate) identities: Vec<UserIdentityBody>,
    /// When the user was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    /// When the user was last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Timestamp,
    /// When the user's ban ends, UTC; absent when the user is not banned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) banned_until: Option<Timestamp>,
    /// When the user was deleted, UTC; absent for existing users.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) deleted_at: Option<Timestamp>,
    /// Whether the user has neither an e-mail address nor a password.
    pub(crate) is_anonymous: bool,
}

/// A second factor of a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorBody {
    /// Id of the second factor.
    id: Uuid,
    /// When the second factor was enrolled, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the second factor was last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// State of the second factor: `verified` after a correct code; `unverified` factors do not count.
    status: FactorStatus,
    /// The user's name for the second factor; absent without one.
    #[serde(skip_serializing_if = "String::is_empty")]
    friendly_name: String,
    /// `totp` or `recovery_code`; imported users may have `phone` and `webauthn`.
    #[schema(value_type = FactorType)]
    factor_type: String,
    /// Phone number of a factor of type `phone`; empty for other types.
    phone: String,
    /// When a code was last requested, UTC; null when none was.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_challenged_at: Option<Timestamp>,
}

impl From<Factor> for FactorBody {
    fn from(factor: Factor) -> Self {
        let status = if factor.verified { FactorStatus::Verified } else { FactorStatus::Unverified };
        let Factor { id, kind, friendly_name, phone, created_at, updated_at, last_challenged_at, .. } = factor;
        Self { id, created_at, updated_at, status, friendly_name, factor_type: kind, phone, last_challenged_at }
    }
}

/// A sign-in method of a user. `id` and `identity_id` are swapped, as in Supabase.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserIdentityBody {
    /// Id of the sign-in method, unique in Freehold.
    identity_id: Uuid,
    /// Id of the user at the provider.
    id: String,
    /// Id of the user in Freehold.
    user_id: Uuid,
    /// What the provider says about the user, such as `email` and `full_name`.
    #[schema(value_type = Object)]
    identity_data: Value,
    /// Name of the provider: `email`, `google`, `github`, …
    provider: String,
    /// When this method last signed in, UTC; absent before the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_sign_in_at: Option<Timestamp>,
    /// When the sign-in method was added, UTC; null when unknown.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Timestamp>,
    /// When the sign-in method was last changed, UTC; null when unknown.
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
    /// E-mail address that the provider names; null without one.
    #[schema(format = IdnEmail)]
    email: Option<String>,
}

impl UserBody {
    /// The user with their second factors and sign-in methods.
    pub(crate) async fn load(tx: &mut SystemTx, user: User) -> Result<Self> {
        let ways = ways(tx, user.id).await?;
        Ok(Self::with(user, ways))
    }

    /// The user with second factors and sign-in methods that are loaded already.
    pub(crate) fn with(user: User, ways: Ways) -> Self {
        let factors = ways.factors.0.into_iter().map(FactorBody::from).collect();
        Self { factors, ..Self::new(user, ways.identities.0) }
    }

    /// A new user with these sign-in methods and no second factors. For existing users use [`load`](Self::load).
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
            identities: identities.into_iter().map(|identity| UserIdentityBody::new(id, identity)).collect(),
            created_at: user.created_at,
            updated_at: user.updated_at,
            banned_until: user.banned_until,
            deleted_at: user.deleted_at,
            is_anonymous: user.is_anonymous,
        }
    }
}

impl UserIdentityBody {
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
            token_type: TokenType::Bearer,
            expires_in: tokens.expires_in,
            expires_at: tokens.expires_at,
            refresh_token: tokens.refresh_token.expose().to_owned(),
            user,
            provider_token: None,
            provider_refresh_token: None,
            weak_password: None,
        })
    }

    /// Adds the tokens of the external identity provider.
    pub(crate) fn with_provider_tokens(mut self, tokens: &ProviderTokens) -> Self {
        let text = |token: &Option<Secret>| token.as_ref().map(|token| token.expose().to_owned());
        (self.provider_token, self.provider_refresh_token) = (text(&tokens.access), text(&tokens.refresh));
        self
    }

    /// Adds why the password is weak.
    pub(crate) fn with_weak_password(mut self, weak: &WeakPassword) -> Self {
        let reasons = weak.reasons.iter().map(WeakReason::name).collect();
        self.weak_password = Some(WeakPasswordBody { message: weak.to_string(), reasons });
        self
    }
}
