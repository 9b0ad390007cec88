//! Setting up an operator's account, and signing in.

use axum::{
    extract::State,
    http::{StatusCode, request::Parts},
};
use freehold_core::{OperatorId, Secret};
use freehold_operators::{
    OperatorRole, Operators,
    operator::{
        set_up::{self, NewFactor},
        sign_in::{self, SignIn},
    },
    session::{SignedIn, session_end},
};
use freehold_web::{Answer, Backbone, Json, SignedInOperator, client};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The first step of setting up an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUpAccount {
    /// The one-time token that `freehold operator create` printed: `fhs_…`.
    #[schema(value_type = String)]
    token: Secret,
    /// The new password: 12 to 256 characters.
    #[schema(value_type = String, min_length = 12, max_length = 256)]
    password: Secret,
}

/// The key of an authenticator app, which is shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct OperatorFactorBody {
    /// E-mail address with which the operator signs in.
    email: String,
    /// Key in base32, to type into the app.
    secret: String,
    /// Address that an app reads: `otpauth://totp/…`.
    uri: String,
    /// The same address as a QR code, in SVG.
    qr_code: String,
}

/// The last step of setting up an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmAccount {
    /// The one-time token of the first step. It is used up.
    #[schema(value_type = String)]
    token: Secret,
    /// Present code of the authenticator app: six digits.
    #[schema(min_length = 6, max_length = 6)]
    code: String,
}

/// The credentials of an operator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInOperator {
    /// E-mail address of the operator.
    #[schema(max_length = 254)]
    email: String,
    /// Password of the operator.
    #[schema(value_type = String, max_length = 256)]
    password: Secret,
    /// Present code of the authenticator app: six digits. Each code works once.
    #[schema(min_length = 6, max_length = 6)]
    code: String,
}

/// A new session of an operator.
#[derive(Serialize, ToSchema)]
pub(crate) struct OperatorSessionBody {
    /// Token of the session, for `Authorization: Bearer …`. It is shown once.
    token: String,
    /// When the session ends, UTC. It is not renewed.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// The signed-in operator.
    operator: OperatorBody,
}

/// An operator of the server, without secrets.
#[derive(Serialize, ToSchema)]
pub(crate) struct OperatorBody {
    /// Id of the operator.
    #[schema(value_type = Uuid)]
    id: OperatorId,
    /// E-mail address of the operator.
    email: String,
    /// What the operator may do: `admin` everything, `support` no changes of organizations and plans.
    role: OperatorRole,
}

/// The signed-in operator, with their session.
#[derive(Serialize, ToSchema)]
pub(crate) struct CurrentOperatorBody {
    /// The signed-in operator.
    operator: OperatorBody,
    /// When the session ends, UTC.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl From<SignedIn> for OperatorSessionBody {
    fn from(signed_in: SignedIn) -> Self {
        let SignedIn { token, expires_at, operator: id, email, role } = signed_in;
        Self { token: token.expose().to_owned(), expires_at, operator: OperatorBody { id, email, role } }
    }
}

/// Set the password of a new account
///
/// Sets the password, and returns the key for an authenticator app. The account works once its first code is confirmed.
#[utoipa::path(
    post, path = "/set-up", tag = "Operator sign-in", security(()), request_body = SetUpAccount,
    responses((status = 200, body = OperatorFactorBody)),
)]
pub(crate) async fn account_set_up(
    State(backbone): State<Backbone>,
    Json(body): Json<SetUpAccount>,
) -> Answer<Json<OperatorFactorBody>> {
    let operators = Operators::from(&backbone.identity);
    let new = set_up::account_set_up(&operators, body.token.expose(), body.password).await?;
    let NewFactor { email, secret, uri, qr_code } = new;
    let shown = |secret: Secret| secret.expose().to_owned();
    Ok(Json(OperatorFactorBody { email, secret: shown(secret), uri: shown(uri), qr_code: shown(qr_code) }))
}

/// Confirm the second factor of a new account
///
/// Ends the set-up with the first code of the authenticator app, and signs the operator in.
#[utoipa::path(
    post, path = "/set-up/confirm", tag = "Operator sign-in", security(()), request_body = ConfirmAccount,
    responses((status = 200, body = OperatorSessionBody)),
)]
pub(crate) async fn account_confirm(
    State(backbone): State<Backbone>,
    parts: Parts,
    Json(body): Json<ConfirmAccount>,
) -> Answer<Json<OperatorSessionBody>> {
    let operators = Operators::from(&backbone.identity);
    let client = client(&backbone, &parts);
    Ok(Json(set_up::account_confirm(&operators, body.token.expose(), &body.code, &client).await?.into()))
}

/// Sign in as an operator
///
/// Opens a session of eight hours. An answer does not say whether the address, the password or the code was wrong.
#[utoipa::path(
    post, path = "/sign-in", tag = "Operator sign-in", security(()), request_body = SignInOperator,
    responses((status = 200, body = OperatorSessionBody)),
)]
pub(crate) async fn operator_sign_in(
    State(backbone): State<Backbone>,
    parts: Parts,
    Json(body): Json<SignInOperator>,
) -> Answer<Json<OperatorSessionBody>> {
    let operators = Operators::from(&backbone.identity);
    let SignInOperator { email, password, code } = body;
    let client = client(&backbone, &parts);
    Ok(Json(sign_in::operator_sign_in(&operators, SignIn { email, password, code }, &client).await?.into()))
}

/// Sign out
///
/// Ends the session of the request. Sessions in organizations go on until they expire or are ended.
#[utoipa::path(
    post, path = "/sign-out", tag = "Operator sign-in", security(("operator" = [])),
    responses((status = 204)),
)]
pub(crate) async fn operator_sign_out(State(backbone): State<Backbone>, by: SignedInOperator) -> Answer<StatusCode> {
    session_end(&backbone.db, &by.operator, &by.client).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get the signed-in operator
///
/// Returns the operator whose session the request has.
#[utoipa::path(
    get, path = "/me", tag = "Operator sign-in", security(("operator" = [])),
    responses((status = 200, body = CurrentOperatorBody)),
)]
pub(crate) async fn operator_get(by: SignedInOperator) -> Json<CurrentOperatorBody> {
    let operator = by.operator;
    let body = OperatorBody { id: operator.id, email: operator.email, role: operator.role };
    Json(CurrentOperatorBody { operator: body, expires_at: operator.expires_at })
}
