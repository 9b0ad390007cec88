//! GitHub, which supports OAuth but not OpenID Connect.

use freehold_core::{Context, Error, Result, Secret};
use freehold_outbound::{Outbound, Url};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Provider, fetch,
    profile::{Email, Profile},
};

#[derive(Deserialize)]
struct Person {
    id: u64,
    login: Option<String>,
    name: Option<String>,
    avatar_url: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

/// URL of GitHub's authorization page.
pub(super) fn authorization(url: &str) -> Result<Url> {
    Url::parse(&format!("{url}/login/oauth/authorize")).context("reading GitHub's address")
}

/// Exchanges a code for a token.
pub(super) async fn token(
    outbound: &Outbound,
    provider: &Provider,
    url: &str,
    code: &str,
    verifier: &str,
    redirect_uri: &str,
) -> Result<Secret> {
    #[derive(Deserialize)]
    struct Token {
        access_token: Secret,
    }
    let place = Url::parse(&format!("{url}/login/oauth/access_token")).context("reading GitHub's address")?;
    let fields = [
        ("client_id", provider.client_id.as_str()),
        ("client_secret", provider.client_secret.expose()),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ];
    let token: Token = fetch::post(outbound, &place, None, &fields).await?;
    Ok(token.access_token)
}

/// The profile of the token's user.
pub(super) async fn profile(outbound: &Outbound, api: &str, token: &Secret) -> Result<Profile> {
    let place = |path: &str| Url::parse(&format!("{api}{path}")).context("reading GitHub's address");
    let person: Person = fetch::get(outbound, &place("/user")?, Some(token)).await?;
    let addresses: Vec<Address> = fetch::get(outbound, &place("/user/emails")?, Some(token)).await?;
    if person.id == 0 {
        return Err(Error::internal("GitHub named no user"));
    }
    let said: Map<String, Value> =
        [("name", &person.name), ("preferred_username", &person.login), ("picture", &person.avatar_url)]
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), Value::from(text.as_deref()?))))
            .collect();
    let emails = addresses.iter().filter_map(|one| Email::read(&one.email, one.verified, one.primary)).collect();
    let mut profile = Profile::new(api, person.id.to_string(), emails, &said);
    profile.keep("user_name", person.login.as_deref());
    Ok(profile)
}
