//! Checks billing: the Stripe account, its prices, its webhook endpoint, and its events.

use std::collections::BTreeSet;

use freehold_billing::{
    Billing, catalog_sync,
    inbox::inbox_list,
    stripe::{Client, Kind, object::WebhookEndpoint},
};
use freehold_core::Secret;
use freehold_db::Db;
use freehold_web::Product;

use super::finding::Finding;
use crate::{
    billing::{self, EVENTS, INBOX},
    compose,
    database::Sources,
    products,
    settings::{BillingSettings, Settings, StripeSettings, site_is_near},
};

/// How many customers the doctor looks up at Stripe.
const SAMPLE: usize = 3;

/// Checks the settings of billing, and whether Stripe accepts them.
pub(super) async fn examine(settings: &Settings) -> Vec<Finding> {
    let billing = &settings.billing;
    if !billing.enabled {
        return vec![Finding::ok("billing is switched off: nothing is sold, and nothing is limited")];
    }
    let far = settings.site_url.as_deref().is_some_and(|url| !site_is_near(url));
    let wrong = custom_prices(settings);
    let Some(stripe) = &billing.stripe else { return wrong.into_iter().chain([without(billing, far)]).collect() };
    let mut findings: Vec<Finding> = wrong.into_iter().chain(keys(stripe, billing, far)).collect();
    if findings.iter().any(Finding::failed) {
        return findings;
    }
    if let Ok(Some(money)) = billing::beside(settings, &Sources::system()) {
        findings.extend(ask(&money.stripe, settings).await);
    }
    findings
}

/// Checks the plans of custom prices.
fn custom_prices(settings: &Settings) -> Option<Finding> {
    // Mistakes in the product's file are reported by another check.
    let product = products::product(&settings.product).and_then(|product| compose::specification(&product)).ok()?;
    let wrong = catalog_sync::CustomPrices::of(&settings.billing.prices, &product).err()?;
    Some(Finding::fail(wrong, "correct [billing.prices]; the server does not start before"))
}

fn without(billing: &BillingSettings, far: bool) -> Finding {
    let advice = "set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET; docs/billing.md says where from";
    if far {
        return Finding::warn(
            "payments go to a sandbox on this machine, which customers on other machines cannot reach",
            advice,
        );
    }
    if !billing.webhook_secrets.is_empty() {
        return Finding::warn("STRIPE_WEBHOOK_SECRET is set, but no Stripe: a sandbox stands in for it", advice);
    }
    Finding::ok("no Stripe is connected: the server starts a sandbox that stands in for it")
}

fn keys(stripe: &StripeSettings, billing: &BillingSettings, far: bool) -> Vec<Finding> {
    let mut findings = vec![match stripe.is_live() {
        None => Finding::fail(
            "STRIPE_SECRET_KEY is no secret key of Stripe's",
            "take the one that begins with sk_ or rk_ from Developers > API keys; pk_ is the publishable one",
        ),
        Some(false) if far => Finding::warn(
            "STRIPE_SECRET_KEY is a test key: customers get plans without paying",
            "set the one that begins with sk_live_ or rk_live_, and the secret of the webhook in live mode",
        ),
        Some(live) => Finding::ok(format!("Stripe is connected, {} mode", if live { "live" } else { "test" })),
    }];
    let shaped = |secret: &Secret| secret.expose().starts_with("whsec_");
    if billing.webhook_secrets.is_empty() {
        findings.push(Finding::warn(
            "webhooks of Stripe are refused: what people pay is seen up to a day late",
            "set STRIPE_WEBHOOK_SECRET to the signing secret of the endpoint (whsec_…)",
        ));
    } else if !billing.webhook_secrets.iter().all(shaped) {
        findings.push(Finding::fail(
            "STRIPE_WEBHOOK_SECRET is no signing secret of Stripe's",
            "take the one that begins with whsec_ from the endpoint's page",
        ));
    }
    findings
}

async fn ask(stripe: &Client, settings: &Settings) -> Vec<Finding> {
    let product = products::product(&settings.product).and_then(|product| compose::specification(&product));
    // Mistakes in the product's file are reported by another check.
    let Ok(product) = product else { return Vec::new() };
    let steps = match catalog_sync::plan(stripe, &product).await {
        Ok(steps) => steps.len(),
        Err(error) => {
            let why = error.message().trim_end_matches('.');
            return vec![match error.kind() {
                Kind::Auth => Finding::fail(
                    format!("Stripe does not let us in: {why}"),
                    "set STRIPE_SECRET_KEY anew; a restricted key needs the rights in docs/billing.md",
                ),
                _ => Finding::fail(
                    format!("Stripe cannot be asked: {why}"),
                    "mend the way to Stripe; payments wait, and everything else works on",
                ),
            }];
        }
    };
    let shelf = match steps {
        0 => Finding::ok(format!("Stripe sells what {} sells", product.name)),
        1 => Finding::fail("1 plan or price is not at Stripe as product.toml has it", "freehold billing sync"),
        _ => Finding::fail(
            format!("{steps} plans and prices are not at Stripe as product.toml has them"),
            "freehold billing sync",
        ),
    };
    let mut findings = vec![shelf];
    // A restricted key may lack the permission, and Stripe cannot reach this machine's loopback address.
    if let (Some(site), Ok(endpoints)) = (&settings.site_url, stripe.webhook_endpoint_list().await)
        && !site_is_near(site)
    {
        findings.push(told(site, &endpoints));
    }
    findings
}

/// Checks that the endpoint at Stripe sends all required types of events.
fn told(site: &str, endpoints: &[WebhookEndpoint]) -> Finding {
    let url = format!("{site}{INBOX}");
    let ours =
        endpoints.iter().filter(|endpoint| endpoint.url == url && endpoint.status.as_deref() != Some("disabled"));
    let told: BTreeSet<&str> = ours.flat_map(|endpoint| &endpoint.enabled_events).map(String::as_str).collect();
    if told.is_empty() {
        return Finding::fail(
            format!("no endpoint at Stripe sends webhooks to {url}"),
            "add one under Developers > Webhooks with the events in docs/billing.md",
        );
    }
    let missing: Vec<&str> = EVENTS.iter().copied().filter(|event| !told.contains(event)).collect();
    if told.contains("*") || missing.is_empty() {
        return Finding::ok(format!("Stripe sends webhooks to {url}"));
    }
    Finding::warn(format!("the endpoint at Stripe does not send {}", missing.join(", ")), "add these events to it")
}

/// Checks the events in the database, and whether its customers exist at this Stripe.
pub(super) async fn queue(settings: &Settings, db: &Db, product: &Product) -> Vec<Finding> {
    // A missing schema is reported by another check.
    let Ok(Some(billing)) = billing::of_command(settings, db, product).await else { return Vec::new() };
    let Ok(failed) = inbox_list(&billing, Some("failed"), None, 1).await else { return Vec::new() };
    let mut findings = Vec::new();
    if !failed.is_empty() {
        findings.push(Finding::warn(
            "events of Stripe could not be dealt with",
            "freehold billing events --state failed says why, freehold billing replay --failed does it again",
        ));
    }
    if settings.billing.stripe.is_some() {
        findings.extend(strangers(&billing).await);
    }
    findings
}

/// Checks whether customers are of a sandbox or of test mode, which this Stripe does not know.
async fn strangers(billing: &Billing) -> Option<Finding> {
    let events = inbox_list(billing, None, None, 1_000).await.ok()?;
    let known = events.into_iter().filter(|event| event.tenant_id.is_some()).filter_map(|event| event.customer_id);
    let known: BTreeSet<String> = known.collect();
    for customer in known.into_iter().take(SAMPLE) {
        if billing.stripe.customer_get(&customer).await.ok()?.is_none() {
            return Some(Finding::fail(
                format!(
                    "{customer} in the database is no customer at this Stripe, but of a sandbox, test mode or another"
                ),
                "give each Stripe a database of its own, or go back to the key that this one was used with",
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    fn settings(key: &str, secrets: &[&str]) -> (StripeSettings, BillingSettings) {
        let stripe = StripeSettings { url: "https://stripe.test".to_owned(), key: Secret::new(key) };
        let billing = BillingSettings {
            unpaid_organizations: 5,
            prices: std::collections::BTreeMap::new(),
            enabled: true,
            stripe: Some(stripe.clone()),
            webhook_secrets: secrets.iter().map(|&secret| Secret::new(secret)).collect(),
            sandbox: "127.0.0.1:12111".parse().unwrap(),
            return_urls: Vec::new(),
            checkout: freehold_billing::CheckoutTerms::default(),
        };
        (stripe, billing)
    }

    #[test]
    fn keys_are_looked_at_without_being_told() {
        for (key, secrets, far, expected) in [
            ("sk_live_a", &["whsec_a"][..], true, &[Level::Ok][..]),
            ("rk_test_a", &["whsec_a", "whsec_b"], false, &[Level::Ok]),
            ("sk_test_a", &["whsec_a"], true, &[Level::Warn]),
            ("pk_live_a", &["whsec_a"], true, &[Level::Fail]),
            ("sk_live_a", &[], true, &[Level::Ok, Level::Warn]),
            ("sk_live_a", &["we_a"], true, &[Level::Ok, Level::Fail]),
        ] {
            let (stripe, billing) = settings(key, secrets);
            let findings = keys(&stripe, &billing, far);
            assert_eq!(findings.iter().map(|finding| finding.level).collect::<Vec<_>>(), expected, "{key}");
            assert!(!findings.iter().any(|finding| finding.what.contains(key)));
        }
        let (_, billing) = settings("sk_live_a", &[]);
        assert_eq!((without(&billing, false).level, without(&billing, true).level), (Level::Ok, Level::Warn));
    }

    #[test]
    fn stripe_has_to_tell_everything() {
        let endpoint = |url: &str, events: &[&str]| WebhookEndpoint {
            url: url.to_owned(),
            enabled_events: events.iter().map(|&event| event.to_owned()).collect(),
            ..serde_json::from_str(r#"{ "id": "we_1", "status": "enabled" }"#).unwrap()
        };
        let level = |endpoints: &[WebhookEndpoint]| told("https://app.test", endpoints).level;
        let here = "https://app.test/webhooks/stripe";
        assert_eq!(level(&[]), Level::Fail);
        assert_eq!(level(&[endpoint("https://other.test/webhooks/stripe", &["*"])]), Level::Fail);
        assert_eq!(level(&[endpoint(here, &["*"])]), Level::Ok);
        assert_eq!(level(&[endpoint(here, EVENTS)]), Level::Ok);
        assert_eq!(level(&[endpoint(here, &EVENTS[1..])]), Level::Warn);
    }
}
