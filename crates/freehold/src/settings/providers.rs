//! External identity providers: their settings from the file, with their secrets from the environment.

use anyhow::{Result, bail};
use freehold_core::Secret;
use freehold_identity::{ProvidersSettings, provider::Provider, secret_variable};

use super::variables::{Environment, secrets_without_provider};

/// The providers with their secrets; a mistake is recorded for each incomplete one.
pub(super) fn with_secrets(providers: ProvidersSettings, environment: &Environment) -> Result<ProvidersSettings> {
    if let Some(problem) = secrets_without_provider(environment, providers.keys()).first() {
        bail!("{problem}");
    }
    fill(providers, &|name| environment.get(name).map(str::to_owned))
}

fn fill(mut providers: ProvidersSettings, environment: &dyn Fn(&str) -> Option<String>) -> Result<ProvidersSettings> {
    for (name, settings) in &mut providers {
        settings.client_secret = environment(&secret_variable(name)).map(Secret::new).unwrap_or_default();
        if let Err(what) = Provider::read(name, settings) {
            bail!("[auth.providers.{name}] {what}");
        }
    }
    Ok(providers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ProvidersSettings {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn secrets_come_from_the_environment() {
        let environment = |name: &str| (name == "FREEHOLD_PROVIDER_GOOGLE_SECRET").then(|| "s3cret".to_owned());
        let text = "[google]\nclient_id = \"us\"\n[acme]\nclient_id = \"us\"\nissuer = \"https://login.acme.example\"";
        let providers = fill(read(text), &environment).unwrap();
        assert_eq!(providers["google"].client_secret.expose(), "s3cret");
        assert_eq!(providers["acme"].client_secret.expose(), "");
        assert!(!format!("{providers:?}").contains("s3cret"));
    }

    #[test]
    fn a_provider_that_lacks_something_is_named() {
        let error = fill(read("[acme]\nclient_id = \"us\""), &|_| None).unwrap_err().to_string();
        assert_eq!(error, "[auth.providers.acme] lacks issuer");
        assert!(toml::from_str::<ProvidersSettings>("[google]\nclient_secret = \"x\"").is_err(), "none in the file");
    }
}
