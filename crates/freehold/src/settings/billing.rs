//! `[billing]`, and the secrets of Stripe.

use std::{collections::BTreeMap, net::SocketAddr};

use anyhow::{Result, bail};
use clap::Args;
use freehold_billing::CheckoutTerms;
use freehold_core::Secret;
use serde::Deserialize;

/// The options and variables of billing.
#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_field_names, reason = "they are named as their options")]
pub struct BillingOptions {
    /// URL of Stripe, or of a compatible server
    #[arg(long, env = "STRIPE_API_URL", global = true, value_name = "URL", hide = true)]
    stripe_url: Option<String>,

    /// Secret key of Stripe; without it a sandbox is started
    #[arg(long, env = "STRIPE_SECRET_KEY", global = true, value_name = "KEY", hide_env_values = true, hide = true)]
    stripe_secret_key: Option<String>,

    /// Signing secrets of Stripe's webhooks, separated by commas while one replaces another
    #[arg(
        long,
        env = "STRIPE_WEBHOOK_SECRET",
        global = true,
        value_name = "SECRETS",
        hide_env_values = true,
        hide = true
    )]
    stripe_webhook_secret: Option<String>,
}

/// `[billing]` in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BillingSection {
    enabled: bool,
    stripe_url: String,
    sandbox: SocketAddr,
    return_urls: Vec<String>,
    unpaid_organizations: u32,
    prices: BTreeMap<String, String>,
    promotion_codes: bool,
    tax_rates: Vec<String>,
}

/// The settings of billing.
#[derive(Clone, Debug)]
pub struct BillingSettings {
    /// Whether plans are sold; false: no plan is sold and no limit applies.
    pub enabled: bool,
    /// The Stripe account to use; none: a sandbox.
    pub stripe: Option<StripeSettings>,
    /// Secrets that webhooks are signed with; none: all webhooks are refused, except a sandbox's.
    pub webhook_secrets: Vec<Secret>,
    /// Address on which a sandbox listens; if it is in use, any free port.
    pub sandbox: SocketAddr,
    /// Origins to which checkout and portal may lead back besides the site, without a slash at the end.
    pub return_urls: Vec<String>,
    /// How many organizations without a payment a user may own; 0: any number.
    pub unpaid_organizations: u32,
    /// The plans of custom prices: `price_1Abc = "enterprise/year"`.
    pub prices: BTreeMap<String, String>,
    /// Promotion codes and tax rates at checkout.
    pub checkout: CheckoutTerms,
}

/// A Stripe account.
#[derive(Clone, Debug)]
pub struct StripeSettings {
    /// The API's address, without a slash at the end.
    pub url: String,
    /// The key: `sk_live_…`, `sk_test_…`, or a restricted `rk_…`.
    pub key: Secret,
}

impl StripeSettings {
    /// Whether the key is of live mode, with real money; none if it does not have the form of a Stripe key.
    pub fn is_live(&self) -> Option<bool> {
        let (kind, rest) = self.key.expose().split_once('_')?;
        let (mode, rest) = rest.split_once('_')?;
        match (kind, mode) {
            ("sk" | "rk", "live") if !rest.is_empty() => Some(true),
            ("sk" | "rk", "test") if !rest.is_empty() => Some(false),
            _ => None,
        }
    }
}

impl BillingOptions {
    pub(super) fn resolve(self, file: BillingSection) -> Result<BillingSettings> {
        let url = self.stripe_url.filter(|url| !url.trim().is_empty()).unwrap_or(file.stripe_url);
        let url = url.trim().trim_end_matches('/');
        if !(url.is_empty() || url.starts_with("https://") || url.starts_with("http://")) {
            bail!("stripe_url in [billing] (STRIPE_API_URL) has to begin with http:// or https://");
        }
        let key = self.stripe_secret_key.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty());
        if key.is_none() && !url.is_empty() {
            bail!(
                "stripe_url in [billing] (STRIPE_API_URL) names a Stripe, but STRIPE_SECRET_KEY does not say who we are"
            );
        }
        let url = if url.is_empty() { freehold_billing::stripe::URL } else { url };
        let secrets = self.stripe_webhook_secret.unwrap_or_default();
        let secrets = secrets.split(',').map(str::trim).filter(|secret| !secret.is_empty());
        Ok(BillingSettings {
            enabled: file.enabled,
            stripe: key.map(|key| StripeSettings { url: url.to_owned(), key: Secret::new(key) }),
            webhook_secrets: secrets.map(|secret| Secret::new(secret.to_owned())).collect(),
            sandbox: file.sandbox,
            checkout: CheckoutTerms { promotion_codes: file.promotion_codes, tax_rates: tax_rates(file.tax_rates)? },
            return_urls: file.return_urls.iter().map(|url| origin(url)).collect::<Result<_>>()?,
            unpaid_organizations: file.unpaid_organizations,
            prices: file.prices,
        })
    }
}

/// Checks the ids of tax rates at Stripe: a subscription has at most five.
fn tax_rates(ids: Vec<String>) -> Result<Vec<String>> {
    if let Some(wrong) = ids.iter().find(|id| !id.starts_with("txr_")) {
        bail!("{wrong:?} in tax_rates of [billing] is no tax rate of Stripe's, such as txr_1AbC");
    }
    if ids.len() > 5 {
        bail!("tax_rates of [billing] names {} tax rates; Stripe takes 5 at most", ids.len());
    }
    Ok(ids)
}

/// Checks an origin: `https://app.example.com:8443`, without a path.
fn origin(url: &str) -> Result<String> {
    let url = url.trim().trim_end_matches('/');
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    if host.is_empty() || host.contains(['/', '?', '#', '@', '*']) {
        bail!("{url:?} in return_urls of [billing] is no origin, such as https://app.example.com");
    }
    Ok(url.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section() -> BillingSection {
        let sandbox = "127.0.0.1:12111".parse().unwrap();
        BillingSection {
            enabled: true,
            stripe_url: String::new(),
            sandbox,
            return_urls: Vec::new(),
            unpaid_organizations: 5,
            prices: BTreeMap::new(),
            promotion_codes: true,
            tax_rates: Vec::new(),
        }
    }

    fn options(url: &str, key: &str, secrets: &str) -> BillingOptions {
        BillingOptions {
            stripe_url: Some(url.to_owned()),
            stripe_secret_key: Some(key.to_owned()),
            stripe_webhook_secret: Some(secrets.to_owned()),
        }
    }

    #[test]
    fn a_key_names_stripe_and_without_one_there_is_a_sandbox() {
        let read = |url, key, secrets| options(url, key, secrets).resolve(section());
        assert!(read("", " ", "").unwrap().stripe.is_none());
        let settings = read("", "sk_live_abc", "whsec_new, whsec_old,").unwrap();
        let stripe = settings.stripe.clone().unwrap();
        assert_eq!((stripe.url.as_str(), stripe.is_live()), ("https://api.stripe.com", Some(true)));
        assert_eq!(settings.webhook_secrets.len(), 2);
        assert!(!format!("{settings:?}").contains("abc") && !format!("{settings:?}").contains("whsec"));
        let near = read("http://127.0.0.1:12111/", "sk_test_x", "").unwrap().stripe.unwrap();
        assert_eq!((near.url.as_str(), near.is_live()), ("http://127.0.0.1:12111", Some(false)));
        assert_eq!(read("", "pk_live_abc", "").unwrap().stripe.unwrap().is_live(), None);
        assert!(read("http://127.0.0.1:12111", "", "").is_err() && read("ftp://stripe", "sk_test_x", "").is_err());
    }

    #[test]
    fn checkout_terms_come_from_the_file_and_name_tax_rates() {
        let read = |tax_rates: &[&str]| {
            let tax_rates = tax_rates.iter().map(|&id| id.to_owned()).collect();
            let file = BillingSection { promotion_codes: false, tax_rates, ..section() };
            options("", "sk_test_x", "").resolve(file).map(|settings| settings.checkout)
        };
        let expected = CheckoutTerms { promotion_codes: false, tax_rates: vec!["txr_1".to_owned()] };
        assert_eq!(read(&["txr_1"]).unwrap(), expected);
        assert!(read(&["19%"]).unwrap_err().to_string().contains("is no tax rate"));
        assert!(read(&["txr_1", "txr_2", "txr_3", "txr_4", "txr_5", "txr_6"]).is_err());
    }

    #[test]
    fn people_come_back_to_origins() {
        for (url, expected) in [
            ("https://App.example.com/", Some("https://app.example.com")),
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("https://app.example.com/billing", None),
            ("https://*.example.com", None),
            ("https://app@example.com", None),
            ("app.example.com", None),
            ("https://", None),
        ] {
            assert_eq!(origin(url).ok().as_deref(), expected, "{url}");
        }
    }
}
