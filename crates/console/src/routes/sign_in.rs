//! Sign-in with a password, with a link or a code from a mail, or with an external identity provider.
//!
//! Each file is one step. All of them end in `arrival`, which asks for a second factor if the user has one, and hands
//! the session over. Opening a link only shows a page; the button on that page uses the link.

mod arrival;
mod at_project;
mod by_mail;
mod by_password;
mod factor;
mod link;
mod new_password;
mod provider;
mod sign_up;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use freehold_core::{Error, Result, codes as core_codes};
use freehold_identity::{Realm, codes, methods::sign_in_methods, provider::Provider, session::Client};
use freehold_pages::{Shell, Site, form_read};
use freehold_web::{Answer, Backbone, Query, client, realm};
use serde::{Deserialize, de::DeserializeOwned};

pub use at_project::project_pages;
pub(super) use at_project::{at_application, sign_in_page};

use super::{bare, html_with_status};
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

/// The query of a page's address.
#[derive(Clone, Debug, Default, Deserialize)]
struct Wanted {
    redirect_to: Option<String>,
    organization: Option<String>,
    /// Set when a sign-in method has just failed.
    failed: Option<String>,
}

/// The client that sends a form.
struct Visit {
    client: Client,
    realm: Realm,
    organization: Option<String>,
    /// Whether a page of this site sent the form. Another site could sign a user in to an account of the attacker, who
    /// would then see what the user does or pays.
    from_here: bool,
    /// The pages of the server and its product.
    site: Arc<Site>,
}

impl Visit {
    fn of(backbone: &Backbone, parts: &Parts) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        let organization = query.split('&').find_map(|pair| pair.strip_prefix("organization="));
        // `realm` refuses a text that is no id where the organization matters.
        let organization = organization.filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'));
        Ok(Self {
            client: client(backbone, parts),
            realm: realm(backbone, parts)?,
            organization: organization.map(str::to_owned),
            from_here: from_here(&parts.headers),
            site: Site::of(parts),
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

async fn sign_in(State(backbone): State<Backbone>, shell: Shell, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let idle = wanted.redirect_to.as_ref().is_none_or(String::is_empty) && wanted.failed.is_none();
    if shell.viewer.is_some() && idle {
        return Ok(Redirect::to("/home").into_response());
    }
    let carried = Carried { redirect_to: wanted.redirect_to, organization: wanted.organization };
    let mut page = SignInPage { shell, ..page(&backbone, carried) };
    if wanted.failed.is_some() {
        page.error = Some("Signing in did not work. Try again, or sign in another way.".to_owned());
    }
    show(&backbone, StatusCode::OK, &page)
}

/// The page that asks for the e-mail address.
pub(super) fn page(backbone: &Backbone, carried: Carried) -> SignInPage {
    SignInPage {
        shell: bare(backbone),
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

/// The sign-in methods offered.
fn ways(backbone: &Backbone) -> SignInWays {
    let methods = sign_in_methods(backbone.identity.settings(), &backbone.identity.providers);
    let button = |provider: &&Provider| ProviderButton { name: provider.name.clone(), label: provider.label.clone() };
    SignInWays {
        password: methods.password,
        mail: methods.mail,
        sign_up: methods.sign_up,
        providers: methods.providers.iter().map(button).collect(),
    }
}

/// Sets the content security policy of a page.
fn with_policy(mut page: Response, policy: &str) -> Response {
    if let Ok(policy) = HeaderValue::from_str(policy) {
        page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        // The address may hold a token that signs a user in, so other sites must not see it.
        page.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    page
}

/// The error as a sentence for the user; returns the error itself if it is an internal one.
fn sentence(error: Error) -> Result<(StatusCode, String)> {
    let status = error.code().status;
    if status >= 500 {
        return Err(error);
    }
    let said = if error.is(codes::INVALID_CREDENTIALS) {
        "Wrong e-mail address or password."
    } else if error.is(codes::EMAIL_NOT_CONFIRMED) {
        "Confirm your address first: the mail we sent when you signed up has a link and a code."
    } else if error.is(codes::USER_BANNED) {
        "This account is locked."
    } else if error.is(codes::OTP_EXPIRED) || error.is(codes::MFA_VERIFICATION_FAILED) {
        "The code is wrong or has expired."
    } else if error.is(codes::OVER_REQUEST_RATE_LIMIT) {
        "Too many attempts. Wait a few minutes, or sign in with a link by mail."
    } else if error.is(codes::EMAIL_PROVIDER_DISABLED) || error.is(codes::EMAIL_SIGNUPS_DISABLED) {
        "This sign-in method is not offered here."
    } else if error.is(codes::SIGNUP_DISABLED) {
        "Sign-up is closed."
    } else if error.is(codes::USER_ALREADY_EXISTS) {
        "There is an account with this address. Sign in instead."
    } else if error.is(core_codes::VALIDATION_FAILED) && error.message().contains("email address") {
        "Enter a valid e-mail address."
    } else {
        error.message()
    };
    // Invalid input of a user is answered with 422, as in all forms of this site.
    let status = if status == 429 { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, said.to_owned()))
}

/// Reads the client and the form of a request.
async fn visit<T: DeserializeOwned>(backbone: &Backbone, request: Request) -> Result<(Visit, T)> {
    let (parts, body) = request.into_parts();
    let visit = Visit::of(backbone, &parts)?;
    Ok((visit, form_read(Request::from_parts(parts, body)).await?))
}
