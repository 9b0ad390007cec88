//! Signing up.

use axum::extract::{Request, State};
use freehold_core::{Error, Result, Secret, codes as core_codes};
use freehold_identity::{
    anonymous::anonymous_sign_in,
    codes,
    flow::Challenge,
    limit::{Way, address_take},
    password::AcceptedPassword,
    sign_up::{SignUp, SignedUp, sign_up},
    user::email_normalize,
};
use freehold_web::{Answer, Backbone, Json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    body::{SessionBody, UserBody},
    names::CodeChallengeMethod,
    otp::{Asked, given},
    request::{metadata, read},
};

/// A user who signs up. Unknown fields are ignored, as in Supabase.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignUpBody {
    /// E-mail address of the user.
    #[schema(format = IdnEmail)]
    email: Option<String>,
    /// Phone number; not supported, since Freehold sends no text messages.
    phone: Option<String>,
    /// Password of the user: at least 6 characters.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
    /// The user's `user_metadata`: at most 2,048 bytes as JSON, because every access token contains it.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// PKCE code challenge, derived from the verifier: 43 to 128 characters.
    #[schema(min_length = 43, max_length = 128)]
    code_challenge: Option<String>,
    /// Method of the PKCE code challenge: `s256` or `plain`.
    #[schema(value_type = Option<CodeChallengeMethod>)]
    code_challenge_method: Option<String>,
}

/// The answer to a sign-up.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SignUpAnswer {
    /// The user is signed in.
    Session(Box<SessionBody>),
    /// The user has to confirm the address first.
    User(Box<UserBody>),
}

/// Sign up
///
/// Creates a user with an organization. Where addresses must be confirmed, the answer is the user, and a mail with a
/// link and a code is sent; otherwise the answer is a session. A registered address gets the same answer. Without an
/// address it creates an anonymous user, where that is enabled, and the answer is a session.
#[utoipa::path(post, path = "/signup", tag = "Sign-in", security(()), request_body = SignUpBody,
    params(("redirect_to" = Option<String>, Query, format = "uri", description = "URL to which the mail's link leads")),
    responses((status = 200, body = SignUpAnswer)))]
pub(crate) async fn user_sign_up(State(backbone): State<Backbone>, request: Request) -> Answer<Json<SignUpAnswer>> {
    let (parts, body) = request.into_parts();
    let Asked { realm, redirect_to, client } = Asked::of(&backbone, &parts)?;
    let body: SignUpBody = read(parts, body).await?;
    let challenge = Challenge::parse(body.code_challenge.as_deref(), body.code_challenge_method.as_deref())?;
    let data = metadata(body.data)?;
    let identity = &backbone.identity;
    let Some((email, password)) = credentials(&backbone, body.email, body.phone, body.password)? else {
        address_take(&identity.limits, Way::Anonymous, client.ip).await?;
        let tokens = anonymous_sign_in(&identity.sessions, realm, data, &client).await?;
        return Ok(Json(SignUpAnswer::Session(Box::new(SessionBody::load(&backbone, tokens).await?))));
    };
    let (address, said) = (email.clone(), data.clone());
    let new = SignUp { realm, email, password, data, redirect_to, challenge };
    let user = match sign_up(identity, new, &client).await? {
        SignedUp::SignedIn(tokens) => {
            return Ok(Json(SignUpAnswer::Session(Box::new(SessionBody::load(&backbone, *tokens).await?))));
        }
        SignedUp::Mailed(user, ways) => UserBody::with(*user, ways),
        SignedUp::Taken => disguised(&backbone, address, said),
    };
    Ok(Json(SignUpAnswer::User(Box::new(user))))
}

/// The answer to a sign-up with a registered address: a user that does not exist. Only a reader of the address's mail
/// learns the difference.
fn disguised(backbone: &Backbone, email: String, data: Value) -> UserBody {
    let now = backbone.clock.now();
    UserBody {
        id: backbone.ids.next::<()>().uuid(),
        aud: "authenticated".to_owned(),
        role: String::new(),
        email,
        email_confirmed_at: None,
        phone: String::new(),
        phone_confirmed_at: None,
        invited_at: None,
        confirmation_sent_at: Some(now),
        confirmed_at: None,
        recovery_sent_at: None,
        new_email: None,
        email_change_sent_at: None,
        reauthentication_sent_at: None,
        last_sign_in_at: None,
        app_metadata: json!({ "provider": "email", "providers": ["email"] }),
        user_metadata: data,
        factors: Vec::new(),
        identities: Vec::new(),
        created_at: now,
        updated_at: now,
        banned_until: None,
        deleted_at: None,
        is_anonymous: false,
    }
}

/// E-mail address and password; none for an anonymous user.
fn credentials(
    backbone: &Backbone,
    email: Option<String>,
    phone: Option<String>,
    password: Option<Secret>,
) -> Result<Option<(String, AcceptedPassword)>> {
    let invalid = |message: &'static str| Error::new(core_codes::VALIDATION_FAILED, message);
    let (email, phone) = (email.filter(|email| !email.trim().is_empty()), given(phone));
    if email.is_none() && phone.is_none() {
        return Ok(None);
    }
    let password = password.filter(|password| !password.expose().is_empty());
    let password = password.ok_or_else(|| invalid("Signup requires a valid password"))?;
    let password = backbone.identity.settings().password_policy().accept(password)?;
    let Some(email) = email else {
        return Err(Error::new(codes::PHONE_PROVIDER_DISABLED, "Phone signups are disabled"));
    };
    if phone.is_some() {
        return Err(invalid("Only an email address or phone number should be provided on signup."));
    }
    backbone.identity.settings().password_sign_up_check()?;
    Ok(Some((email_normalize(&email)?, password)))
}
