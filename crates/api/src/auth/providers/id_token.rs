//! The grant `id_token`: a program has obtained a token from a provider on its own.

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

/// The fields of the grant `id_token`.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = IdTokenSignIn)]
pub(crate) struct IdTokenBody {
    /// `id_token`: name of the provider, such as `google`.
    provider: Option<String>,
    /// `id_token`: issuer of the token, instead of `provider`.
    issuer: Option<String>,
    /// `id_token`: audience of the token; together with `issuer`.
    client_id: Option<String>,
    /// `id_token`: ID token of the provider.
    #[schema(value_type = Option<String>)]
    id_token: Option<Secret>,
    /// `id_token`: access token that the provider issued with the ID token.
    #[schema(value_type = Option<String>)]
    access_token: Option<Secret>,
    /// `id_token`: nonce, whose SHA-256 is in the ID token.
    nonce: Option<String>,
    /// `id_token`: whether to add the identity to the signed-in user instead of signing in. Default false.
    link_identity: Option<bool>,
}

/// Signs in with a provider's ID token, or adds its identity to the signed-in user.
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
    let tokens = id_token_sign_in(&backbone.identity.providers, &backbone.identity.sessions, grant, client)
        .await
        .map_err(|error| match error {
            GrantError::OAuth(name, sentence) => in_oauth(name, sentence),
            GrantError::Other(error) => error,
        })?;
    Ok(SessionBody::load(backbone, tokens).await?)
}

/// An error in the shape of OAuth; the message of its only field is the error's name.
fn in_oauth(name: &str, sentence: String) -> Error {
    let field = FieldError { pointer: "/error".to_owned(), message: name.to_owned() };
    Error::new(codes::OAUTH_REQUEST_INVALID, sentence).with_fields(vec![field])
}
