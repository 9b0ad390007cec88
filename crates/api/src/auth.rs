//! Supabase Auth's protocol, under `/auth/v1`: its paths, bodies and errors, so that its clients work unchanged.

mod admin;
mod body;
mod face;
mod factors;
mod keys;
mod logout;
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
pub(crate) use request::{metadata, read};

/// The endpoints under `/auth/v1`. The middleware `face` writes their errors. It wraps the whole router, so it also
/// writes the errors of unknown paths and methods.
pub fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(signup::signup))
        .routes(routes!(token::token))
        .routes(routes!(otp::otp))
        .routes(routes!(otp::magiclink))
        .routes(routes!(otp::resend))
        .routes(routes!(verify::verify))
        .routes(routes!(user::user_get, user::user_update))
        .routes(routes!(logout::logout))
        .routes(routes!(well_known::jwks))
        .routes(routes!(well_known::settings))
        .routes(routes!(well_known::health))
        .merge(recover::routes())
        .merge(factors::routes())
        .merge(recovery_codes::routes())
        .merge(passkeys::routes())
        .merge(providers::routes())
        .merge(admin::routes())
        .merge(keys::routes())
}
