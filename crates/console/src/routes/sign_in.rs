//! Signing in: with a password, with a link or a code from a mail, or by another provider.
//!
//! Each file is one step. All of them end in `arrival`, which asks for a second factor where there is one, and hands the
//! session over. A link is only looked at when it is opened, and used up by the button behind it.

mod arrival;
mod at_project;
mod by_mail;
mod by_password;
mod factor;
mod link;
mod new_password;
mod provider;
mod sign_up;

use axum::{
    Router,
    extract::{FromRequest, RawForm, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::Response,
    routing::{get, post},
};
use freehold_core::{Error, Result, codes as core_codes};
use freehold_identity::{Realm, codes, session::Client};
use freehold_web::{Answer, Backbone, Query, client, length_check, read_form, realm};
use serde::{Deserialize, de::DeserializeOwned};

pub use at_project::project_pages;
pub(super) use at_project::{at_application, sign_in_page};

use super::{brand, html_with_status};
use crate::{Carried, ProviderButton, SignInPage, SignInStep, SignInWays};

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/sign-in", get(sign_in).post(by_mail::mail_send))
        .route("/sign-in/password", post(by_password::password_use))
        .route("/sign-in/code", post(by_mail::code_use))
        .route("/sign-in/confirm", post(link::link_press))
        .route("/sign-in/factor", post(factor::factor_show))
        .route("/sign-in/forgot", get(new_password::forgot).post(new_password::forgot_send))
        .route("/sign-in/new-password", get(new_password::ask_again).post(new_password::new_password_save))
        .route("/sign-in/with", get(provider::leave))
        .route("/sign-in/arrived", get(provider::arrived))
        .route("/sign-up", get(sign_up::sign_up).post(sign_up::sign_up_send))
        .route("/sign-up/again", post(sign_up::sign_up_again))
        .route("/auth/v1/verify", get(link::link_look))
}

/// What the address of a page says.
#[derive(Clone, Debug, Default, Deserialize)]
struct Wanted {
    redirect_to: Option<String>,
    organization: Option<String>,
    /// A way in that failed a moment ago.
    failed: Option<String>,
}

/// Who sends a form, from where.
struct Visit {
    client: Client,
    realm: Realm,
    organization: Option<String>,
    /// One of our pages sent it. Another site could sign somebody in as somebody else, who then pays for him.
    from_here: bool,
}

impl Visit {
    fn of(backbone: &Backbone, parts: &Parts) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        let organization = query.split('&').find_map(|pair| pair.strip_prefix("organization="));
        // What is no id is refused by `realm` where it matters, and means nothing where it does not.
        let organization = organization.filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'));
        Ok(Self {
            client: client(backbone, parts),
            realm: realm(backbone, parts)?,
            organization: organization.map(str::to_owned),
            from_here: from_here(&parts.headers),
        })
    }

    fn carried(&self, redirect_to: Option<String>) -> Carried {
        let redirect_to = redirect_to.filter(|to| !to.is_empty());
        Carried { redirect_to, organization: self.organization.clone() }
    }
}

fn from_here(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|from| from == "same-origin")
}

async fn sign_in(State(backbone): State<Backbone>, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let carried = Carried { redirect_to: wanted.redirect_to, organization: wanted.organization };
    let mut page = page(&backbone, carried);
    if wanted.failed.is_some() {
        page.error = Some("That did not work. Try again, or sign in another way.".to_owned());
    }
    show(&backbone, StatusCode::OK, &page)
}

/// The page that asks for an address.
pub(super) fn page(backbone: &Backbone, carried: Carried) -> SignInPage {
    SignInPage {
        brand: brand(backbone),
        ways: ways(backbone),
        step: SignInStep::AskAddress,
        email: String::new(),
        carried,
        error: None,
    }
}

fn show(backbone: &Backbone, status: StatusCode, page: &SignInPage) -> Answer<Response> {
    Ok(with_policy(html_with_status(status, page.render())?, &page.content_security_policy(&backbone.site_url)))
}

/// What is offered here.
fn ways(backbone: &Backbone) -> SignInWays {
    let settings = &backbone.identity.settings;
    let button = |provider: &freehold_identity::provider::Provider| ProviderButton {
        name: provider.name.clone(),
        label: provider.label.clone(),
    };
    SignInWays {
        password: settings.password,
        mail: settings.magic_link,
        sign_up: !settings.auth.signup_disabled,
        providers: backbone.identity.providers.all().map(button).collect(),
    }
}

/// The page under this policy instead of everybody's.
fn with_policy(mut page: Response, policy: &str) -> Response {
    if let Ok(policy) = HeaderValue::from_str(policy) {
        page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        // The address may hold what lets somebody in, which nobody else is to see.
        page.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    page
}

/// What went wrong, for people; the error itself when it is ours.
fn sentence(error: Error) -> Result<(StatusCode, String)> {
    let status = error.code().status;
    if status >= 500 {
        return Err(error);
    }
    let said = if error.is(codes::INVALID_CREDENTIALS) {
        "E-mail address or password is not right."
    } else if error.is(codes::EMAIL_NOT_CONFIRMED) {
        "Confirm your address first: the mail of your sign-up has a link and a code."
    } else if error.is(codes::USER_BANNED) {
        "This account is locked."
    } else if error.is(codes::OTP_EXPIRED) || error.is(codes::MFA_VERIFICATION_FAILED) {
        "That code is not right, or it is too old."
    } else if error.is(codes::OVER_REQUEST_RATE_LIMIT) {
        "Too many tries. Wait a few minutes, or sign in with a mail instead."
    } else if error.is(codes::SIGNUP_DISABLED) {
        "Nobody new may sign up here."
    } else if error.is(codes::USER_ALREADY_EXISTS) {
        "There is an account with this address. Sign in instead."
    } else if error.is(core_codes::VALIDATION_FAILED) && error.message().contains("email address") {
        "That does not look like an e-mail address."
    } else {
        error.message()
    };
    // What a person typed wrong is answered 422, as any form of ours.
    let status = if status == 429 { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, said.to_owned()))
}

/// The form that a request brings.
pub(super) async fn form<T: DeserializeOwned>(request: Request) -> Result<T> {
    let form = RawForm::from_request(length_check(request)?, &()).await;
    let RawForm(form) = form.map_err(|_| {
        let expected = "The form could not be read. Send its fields as application/x-www-form-urlencoded.";
        Error::new(core_codes::MALFORMED_REQUEST, expected)
    })?;
    read_form(&form)
}

/// Who sends a form, and the form.
async fn visit<T: DeserializeOwned>(backbone: &Backbone, request: Request) -> Result<(Visit, T)> {
    let (parts, body) = request.into_parts();
    let visit = Visit::of(backbone, &parts)?;
    Ok((visit, form(Request::from_parts(parts, body)).await?))
}
