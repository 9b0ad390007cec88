//! The grant of a token that a program got from a provider by itself.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Request, header},
};
use freehold_core::{Error, FieldError, Secret};
use freehold_identity::{
    Realm, codes,
    provider::{GrantError, IdTokenGrant, id_token_sign_in},
    session::Client,
};
use freehold_web::{Answer, Backbone};
use serde::Deserialize;
use utoipa::ToSchema;

use super::identities::linking_allowed;
use crate::auth::{body::SessionBody, user::Bearer};

/// What the grant `id_token` brings.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = IdTokenSignIn)]
pub(crate) struct IdTokenBody {
    /// `id_token`: the provider's name.
    provider: Option<String>,
    /// `id_token`: instead of the name, who signed the token.
    issuer: Option<String>,
    /// `id_token`: with `issuer`, for whom the token is.
    client_id: Option<String>,
    /// `id_token`: the provider's token.
    #[schema(value_type = Option<String>)]
    id_token: Option<Secret>,
    /// `id_token`: what came with it.
    #[schema(value_type = Option<String>)]
    access_token: Option<Secret>,
    /// `id_token`: of what the token holds the SHA-256.
    nonce: Option<String>,
    /// `id_token`: add what the token names to the signed-in person, instead of signing in.
    link_identity: Option<bool>,
}

/// Signs in with the token of a provider, or adds what it names to the signed-in person.
pub(in crate::auth) async fn id_token(
    backbone: &Backbone,
    headers: HeaderMap,
    realm: Realm,
    body: IdTokenBody,
    client: &Client,
) -> Answer<SessionBody> {
    let linking = if body.link_identity.unwrap_or_default() {
        if !headers.contains_key(header::AUTHORIZATION) {
            let sentence = "Linking requires a valid user access token in Authorization";
            return Err(in_oauth("invalid request", sentence.to_owned()).into());
        }
        let mut parts = Request::new(()).into_parts().0;
        parts.headers = headers;
        let Bearer(claims) = Bearer::from_request_parts(&mut parts, backbone).await?;
        linking_allowed(backbone)?;
        Some(claims.holder())
    } else {
        None
    };
    let IdTokenBody { provider, issuer, client_id, id_token, access_token, nonce, .. } = body;
    let grant = IdTokenGrant { realm, provider, issuer, client_id, id_token, access_token, nonce, linking };
    let tokens = id_token_sign_in(&backbone.identity, grant, client).await.map_err(|error| match error {
        GrantError::OAuth(name, sentence) => in_oauth(name, sentence),
        GrantError::Other(error) => error,
    })?;
    Ok(SessionBody::load(backbone, tokens).await?)
}

/// An error that is answered in the shape of OAuth: its name is the message of the only field.
fn in_oauth(name: &str, sentence: String) -> Error {
    let field = FieldError { pointer: "/error".to_owned(), message: name.to_owned() };
    Error::new(codes::OAUTH_REQUEST_INVALID, sentence).with_fields(vec![field])
}
