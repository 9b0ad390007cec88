//! Signing up.

use axum::{
    extract::{FromRequest, Request, State},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use freehold_core::{Error, FieldError, Result, Secret, codes as core_codes};
use freehold_identity::{
    codes,
    password::PasswordProblem,
    session::session_open,
    sign_up::{SignUp, SignedUp, password_known, sign_up},
    user::{email_normalize, user_identities},
};
use freehold_web::{Answer, Backbone, Json, client, realm};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    body::{SessionBody, UserBody},
    otp::redirect_to,
};

/// Somebody who wants to sign up. Unknown fields are ignored, as Supabase does.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignupBody {
    /// The address.
    email: Option<String>,
    /// Not known here.
    phone: Option<String>,
    /// At least 6 characters.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
    /// What the person says of himself; kept as `user_metadata`.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
}

/// Sign up
///
/// Makes a person with an organization. Where addresses are to be confirmed, the answer is the person and a mail with a
/// link and a code is on its way; where not, the answer is a session. An address that is taken gets the same answer.
#[utoipa::path(post, path = "/signup", tag = "Sign-in", security(()), request_body = SignupBody,
    params(("redirect_to" = Option<String>, Query, description = "Where the link of the mail leads")),
    responses((status = 200, body = SessionBody)))]
pub(crate) async fn signup(State(backbone): State<Backbone>, request: Request) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let redirect_to = redirect_to(&backbone, &parts.uri);
    let client = client(&backbone, &parts);
    let realm = realm(&backbone, &parts)?;
    let body: SignupBody = read(parts, body).await?;
    let (email, password) = credentials(&backbone, body.email, body.phone, body.password)?;
    let data = metadata(body.data)?;
    let identity = &backbone.identity;
    // Both take long, and neither may happen inside a transaction.
    let hash = identity.passwords.hash(&password).await?;
    let same_password = password_known(identity, realm, &email, &password).await?;

    let mut tx = backbone.db.system("sign up").begin().await?;
    let new = SignUp {
        realm,
        email: email.clone(),
        password_hash: Some(hash),
        same_password,
        data: data.clone(),
        redirect_to,
    };
    match sign_up(identity, &mut tx, new).await? {
        SignedUp::New(user) => {
            if user.confirmed() {
                let tokens = session_open(identity, &mut tx, user, "password", &client).await?;
                tx.commit().await?;
                return Ok(Json(SessionBody::load(&backbone, tokens).await?).into_response());
            }
            let identities = user_identities(&mut tx, user.id).await?;
            tx.commit().await?;
            Ok(Json(UserBody::new(user, identities)).into_response())
        }
        SignedUp::Unconfirmed(user) => {
            let identities = user_identities(&mut tx, user.id).await?;
            tx.commit().await?;
            Ok(Json(UserBody::new(user, identities)).into_response())
        }
        SignedUp::Taken => Ok(Json(disguised(&backbone, email, data)).into_response()),
    }
}

/// What somebody gets who signs up with an address that is taken: somebody who does not exist. Only whoever reads the
/// address's mail learns the difference.
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
        identities: Vec::new(),
        created_at: now,
        updated_at: now,
        banned_until: None,
        deleted_at: None,
        is_anonymous: false,
    }
}

fn credentials(
    backbone: &Backbone,
    email: Option<String>,
    phone: Option<String>,
    password: Option<Secret>,
) -> Result<(String, Secret)> {
    if phone.is_some_and(|phone| !phone.is_empty()) {
        return Err(Error::new(codes::PROVIDER_DISABLED, "Phone signups are disabled"));
    }
    let Some(email) = email.filter(|email| !email.trim().is_empty()) else {
        return Err(Error::new(codes::ANONYMOUS_PROVIDER_DISABLED, "Anonymous sign-ins are disabled"));
    };
    if !backbone.identity.settings.password {
        return Err(Error::new(codes::EMAIL_PROVIDER_DISABLED, "Sign-in with a password is switched off; use a link"));
    }
    let password = password.filter(|password| !password.expose().is_empty());
    let password =
        password.ok_or_else(|| Error::new(core_codes::VALIDATION_FAILED, "Signup requires a valid password"))?;
    password_check(backbone, &password)?;
    Ok((email_normalize(&email)?, password))
}

/// Nothing, when the password may be set.
pub(super) fn password_check(backbone: &Backbone, password: &Secret) -> Result<()> {
    backbone.identity.policy.check(password).map_err(|problem| match problem {
        PasswordProblem::TooLong => Error::new(core_codes::VALIDATION_FAILED, problem.to_string()),
        PasswordProblem::Weak(weak) => {
            let reason = |name: &str| FieldError { pointer: "/password".to_owned(), message: name.to_owned() };
            let fields = weak.reasons.iter().map(|weak| reason(weak.name())).collect();
            Error::new(codes::WEAK_PASSWORD, weak.to_string()).with_fields(fields)
        }
    })
}

/// What people say of themselves goes into every access token, so there is a limit to it.
pub(super) fn metadata(data: Option<Value>) -> Result<Value> {
    let data = data.filter(|data| !data.is_null()).unwrap_or_else(|| json!({}));
    if !data.is_object() {
        return Err(Error::new(core_codes::VALIDATION_FAILED, "data has to be an object"));
    }
    if data.to_string().len() > 2048 {
        return Err(Error::new(
            core_codes::VALIDATION_FAILED,
            "data is larger than 2,048 bytes; it goes into every token",
        ));
    }
    Ok(data)
}

/// Reads the body of a request that was taken apart.
pub(super) async fn read<T: serde::de::DeserializeOwned>(parts: Parts, body: axum::body::Body) -> Answer<T> {
    let request = Request::from_parts(parts, body);
    <Json<T> as FromRequest<()>>::from_request(request, &()).await.map(|Json(body)| body)
}
