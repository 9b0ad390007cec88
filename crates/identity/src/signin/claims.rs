//! The claims of the access token that a request brings.

use std::sync::Arc;

use freehold_core::Result;

use crate::{
    access_token::{Claims, TokenError},
    hooks::Hooks,
    signing::TokenKeys,
};

/// Returns a token's claims, if the token is valid now. Where users sign in at a project, its keys are fetched when the
/// token names an unknown one, and the user of the token is created or updated here.
///
/// # Errors
/// A [`TokenError`] is the source of the rejection. `unavailable` when the token's key is unknown and the project,
/// which knows it, does not answer: a client must not sign its user out for that.
pub async fn token_claims(tokens: &TokenKeys, hooks: &Hooks, token: &str) -> Result<Result<Arc<Claims>, TokenError>> {
    let Some(project) = &tokens.project else { return own_claims(tokens, token).await };
    project.keys_keep(&tokens.verifier);
    let known = tokens.verifier.ring();
    let claims = match tokens.verifier.verify(token) {
        Err(TokenError::UnknownKey) => {
            if !project.keys_ask(&tokens.verifier, &known).await? {
                return Ok(Err(TokenError::UnknownKey));
            }
            tokens.verifier.verify(token)
        }
        verified => verified,
    };
    match claims {
        Ok(claims) if claims.role == "authenticated" => {
            project.person_settle(&tokens.base.db, &*hooks.newcomer, &claims).await?;
            let refused = project.standing_check(&claims, token).await?;
            Ok(refused.map_or(Ok(claims), Err))
        }
        other => Ok(other),
    }
}

/// The same for a token that this deployment signed. Another server may have started to sign with a key that is unknown
/// here.
async fn own_claims(tokens: &TokenKeys, token: &str) -> Result<Result<Arc<Claims>, TokenError>> {
    match tokens.verifier.verify(token) {
        Err(TokenError::UnknownKey) => {
            let verify = || match tokens.verifier.verify(token) {
                Err(TokenError::UnknownKey) => None,
                verified => Some(verified),
            };
            // The header names the key, so one look-up serves all tokens of an unknown key.
            let header = token.split_once('.').map_or(token, |(header, _)| header);
            let found = tokens.looks.again(tokens, header, verify).await?;
            Ok(found.unwrap_or(Err(TokenError::UnknownKey)))
        }
        verified => Ok(verified),
    }
}
