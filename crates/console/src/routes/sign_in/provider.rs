//! Sign-in with an external identity provider: redirects there, and comes back with a code that only this browser can
//! exchange (RFC 7636).

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use freehold_core::Result;
use freehold_identity::verify::sign_in_with_code;
use freehold_web::{Answer, Backbone, Cookie, Query, SameSite, cookie_read, verifier_generate};
use serde::Deserialize;

use super::{
    Visit,
    arrival::{arrive, with_query},
    page, show,
};
use crate::{Carried, SignInPage};

/// The cookie that keeps the verifier while the browser is at the provider.
const COOKIE: &str = "freehold_verifier";
/// Life of the cookie, in seconds.
const LIFE: u32 = 900;

#[derive(Deserialize)]
pub(super) struct Leaving {
    provider: String,
    redirect_to: Option<String>,
    organization: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Arrived {
    code: Option<String>,
    redirect_to: Option<String>,
    organization: Option<String>,
}

pub(super) async fn leave(State(backbone): State<Backbone>, Query(leaving): Query<Leaving>) -> Answer<Response> {
    let Leaving { provider, redirect_to, organization } = leaving;
    let carried = Carried { redirect_to, organization: organization.clone() };
    if backbone.identity.providers.find(&provider).is_none() {
        // `/auth/v1/authorize` answers this with JSON, which a user cannot read.
        let error = "Sign-in with this provider is not available here. Sign in another way.".to_owned();
        let page = SignInPage { error: Some(error), ..page(&backbone, carried) };
        return show(&backbone, StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let (verifier, challenge) = verifier_generate(&backbone);
    let back = carried.link(&format!("{}/sign-in/arrived", backbone.site_url));
    let mut pairs = vec![
        ("provider", provider.as_str()),
        ("redirect_to", &back),
        ("code_challenge", &challenge),
        ("code_challenge_method", "s256"),
    ];
    pairs.extend(organization.as_deref().map(|id| ("organization", id)));
    let mut answer = Redirect::to(&with_query("/auth/v1/authorize", &pairs)).into_response();
    answer.headers_mut().append(header::SET_COOKIE, cookie(&backbone, verifier.expose(), LIFE)?);
    Ok(answer)
}

pub(super) async fn arrived(
    State(backbone): State<Backbone>,
    Query(arrived): Query<Arrived>,
    request: Request,
) -> Answer<Response> {
    let (parts, _) = request.into_parts();
    // The verifier in the cookie proves that this browser started the sign-in, whichever site it comes from now.
    let visit = Visit { from_here: true, ..Visit::of(&backbone, &parts)? };
    let Arrived { code, redirect_to, organization } = arrived;
    let signed_in = match (code, cookie_read(&parts.headers, COOKIE)) {
        (Some(code), Some(verifier)) => {
            match sign_in_with_code(&backbone.identity.sessions, &code, verifier, &visit.client).await {
                Ok((tokens, _)) => Some(tokens),
                Err(error) if error.code().status < 500 => None,
                Err(error) => return Err(error.into()),
            }
        }
        _ => None,
    };
    let mut answer = if let Some(tokens) = signed_in {
        arrive(&backbone, &visit, &tokens, "signin", redirect_to).await?
    } else {
        let carried = Carried { redirect_to, organization };
        Redirect::to(&carried.link("/sign-in?failed=provider")).into_response()
    };
    answer.headers_mut().append(header::SET_COOKIE, cookie(&backbone, "", 0)?);
    Ok(answer)
}

fn cookie(backbone: &Backbone, value: &str, seconds: u32) -> Result<HeaderValue> {
    Cookie { name: COOKIE, value, path: "/sign-in", same_site: SameSite::Lax, seconds: Some(seconds) }.header(backbone)
}
