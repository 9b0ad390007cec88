//! Supabase Auth's protocol, under `/auth/v1`: its paths, bodies and errors, so that its clients work unchanged.

mod admin;
mod body;
mod face;
mod factors;
mod keys;
mod logout;
mod names;
mod otp;
mod passkeys;
mod providers;
mod recover;
mod recovery_codes;
mod request;
mod signup;
mod token;
mod user;
mod verify;
mod well_known;

use freehold_web::Backbone;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use face::face;
pub(crate) use names::TokenType;
pub(crate) use request::{metadata, read};

/// The endpoints under `/auth/v1`. The middleware `face` writes their errors. It wraps the whole router, so it also
/// writes the errors of unknown paths and methods.
pub fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(signup::user_sign_up))
        .routes(routes!(token::session_create))
        .routes(routes!(otp::otp_send))
        .routes(routes!(otp::magiclink_send))
        .routes(routes!(otp::mail_resend))
        .routes(routes!(verify::otp_verify))
        .routes(routes!(user::user_get, user::user_update))
        .routes(routes!(logout::user_sign_out))
        .routes(routes!(well_known::jwks_get))
        .routes(routes!(well_known::settings_get))
        .routes(routes!(well_known::health_get))
        .merge(recover::routes())
        .merge(factors::routes())
        .merge(recovery_codes::routes())
        .merge(passkeys::routes())
        .merge(providers::routes())
        .merge(admin::routes())
        .merge(keys::routes())
}
