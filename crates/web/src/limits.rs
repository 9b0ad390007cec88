//! Rate limits by network address for sign-in requests. The middleware wraps the whole router, so no sign-in path can
//! be forgotten: one table lists what is limited.

use axum::{
    extract::{Request, State},
    http::{Method, Uri, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use freehold_core::Result;
use freehold_identity::limit::{Way, address_take, mails_check};

use crate::{Backbone, Problem};

/// The middleware itself.
pub async fn limits(State(backbone): State<Backbone>, request: Request, next: Next) -> Response {
    let Some(way) = way_of(request.method(), request.uri()) else { return next.run(request).await };
    let (parts, body) = request.into_parts();
    if let Err(error) = check(&backbone, way, &parts).await {
        return Problem(error).into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

async fn check(backbone: &Backbone, way: Way, parts: &Parts) -> Result<()> {
    address_take(&backbone.identity.limits, way, backbone.trusted_proxies.client_address(parts)).await?;
    // Changing a password, or signing up without confirmation, sends no mail.
    let confirmed = backbone.identity.settings().auth.autoconfirm && parts.uri.path().ends_with("/signup");
    let mails = way == Way::Mails && parts.method == Method::POST && !confirmed;
    if mails { mails_check(&backbone.identity.base).await } else { Ok(()) }
}

/// The limit that applies to a request; none for no limit. Refreshing is never limited, since a refused client signs
/// its user out.
fn way_of(method: &Method, uri: &Uri) -> Option<Way> {
    let path = uri.path();
    if let Some(page) = path.strip_prefix("/sign-in").or_else(|| path.strip_prefix("/sign-up")) {
        let inside = page.is_empty() || page.starts_with('/');
        // Leaving for a provider and returning from it begin and end a sign-in, too.
        let provider = matches!(path, "/sign-in/with" | "/sign-in/arrived");
        return (inside && (method == Method::POST || provider)).then(|| page_way(path));
    }
    if path == "/impersonation" {
        return (method == Method::POST).then_some(Way::Tokens);
    }
    if let Some(rest) = path.strip_prefix("/auth/v1/") {
        return protocol_way(method, rest, uri.query().unwrap_or_default());
    }
    if let Some(rest) = path.strip_prefix("/operator/v1/") {
        let guesses = matches!(rest, "sign-in" | "set-up" | "set-up/confirm") && method == Method::POST;
        return guesses.then_some(Way::Tokens);
    }
    let own = path.strip_prefix("/api/v1/auth/").or_else(|| path.strip_prefix("/api/auth/"))?;
    match own {
        "magic-link/request" => Some(Way::Mails),
        "magic-link/verify" => Some(Way::Verifications),
        _ => None,
    }
}

/// Our own pages: those that can create a session count as attempts, others send mails.
fn page_way(path: &str) -> Way {
    match path {
        "/sign-in/code" | "/sign-in/confirm" => Way::Verifications,
        "/sign-in/factor" => Way::Factors,
        "/sign-in/password" | "/sign-in/new-password" | "/sign-in/with" | "/sign-in/arrived" => Way::Tokens,
        _ => Way::Mails,
    }
}

/// The paths of Supabase Auth.
fn protocol_way(method: &Method, path: &str, query: &str) -> Option<Way> {
    let post = method == Method::POST;
    match path {
        "token" if post => {
            let refresh = query.split('&').any(|pair| pair == "grant_type=refresh_token");
            (!refresh).then_some(Way::Tokens)
        }
        "signup" | "otp" | "magiclink" | "recover" | "resend" if post => Some(Way::Mails),
        "user" if method == Method::PUT => Some(Way::Mails),
        "reauthenticate" if method == Method::GET => Some(Way::Mails),
        "authorize" | "callback" => Some(Way::Tokens),
        "verify" | "sso" if post => Some(Way::Verifications),
        _ if post && path.starts_with("passkeys/authentication/") => Some(Way::Verifications),
        _ if post && path.starts_with("factors/") => Some(Way::Factors),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_in_is_counted_and_a_refresh_is_not() {
        for (method, uri, expected) in [
            ("POST", "/auth/v1/token?grant_type=password", Some(Way::Tokens)),
            ("POST", "/auth/v1/token", Some(Way::Tokens)),
            ("POST", "/auth/v1/token?x=grant_type=refresh_token", Some(Way::Tokens)),
            ("POST", "/auth/v1/token?grant_type=refresh_token", None),
            ("POST", "/api/v1/auth/refresh", None),
            ("POST", "/auth/v1/otp?redirect_to=x", Some(Way::Mails)),
            ("PUT", "/auth/v1/user", Some(Way::Mails)),
            ("GET", "/auth/v1/user", None),
            ("GET", "/auth/v1/verify?token=x", None),
            ("POST", "/auth/v1/verify", Some(Way::Verifications)),
            ("POST", "/auth/v1/factors", None),
            ("POST", "/auth/v1/factors/1/verify", Some(Way::Factors)),
            ("DELETE", "/auth/v1/factors/1", None),
            ("POST", "/auth/v1/admin/users", None),
            ("POST", "/api/auth/magic-link/request", Some(Way::Mails)),
            ("GET", "/sign-in", None),
            ("POST", "/sign-in", Some(Way::Mails)),
            ("POST", "/sign-in/password", Some(Way::Tokens)),
            ("POST", "/sign-in/confirm", Some(Way::Verifications)),
            ("GET", "/sign-in/with?provider=github", Some(Way::Tokens)),
            ("GET", "/auth/v1/authorize?provider=github", Some(Way::Tokens)),
            ("GET", "/auth/v1/callback?code=x", Some(Way::Tokens)),
            ("POST", "/sign-in/forgot", Some(Way::Mails)),
            ("POST", "/operator/v1/sign-in", Some(Way::Tokens)),
            ("POST", "/operator/v1/set-up", Some(Way::Tokens)),
            ("POST", "/operator/v1/set-up/confirm", Some(Way::Tokens)),
            ("GET", "/operator/v1/tenants", None),
            ("POST", "/impersonation", Some(Way::Tokens)),
            ("POST", "/sign-incident", None),
            ("POST", "/api/v1/keys", None),
        ] {
            assert_eq!(way_of(&method.parse().unwrap(), &uri.parse().unwrap()), expected, "{method} {uri}");
        }
    }
}
