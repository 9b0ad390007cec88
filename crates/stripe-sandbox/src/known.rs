//! Stripe's own parameters, events and versions, so that an error says whether Stripe would refuse a request too.
//!
//! `tests/sdk/stripe_words.py` writes `stripe_words.txt` from Stripe's own package, and a test compares them.

use crate::{
    error::{Result, StripeError},
    version::{API_VERSION, SPOKEN},
};

const WORDS: &str = include_str!("stripe_words.txt");

/// The words of a line, which starts with its name and a colon.
fn line(is: impl Fn(&str) -> bool) -> Option<&'static str> {
    WORDS.lines().filter_map(|line| line.split_once(": ")).find(|(name, _)| is(name)).map(|(_, words)| words)
}

fn has(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

/// Whether a request at Stripe has this parameter: `items[0][price]`.
fn has_parameter(method: &str, path: &str, param: &str) -> bool {
    let is = |name: &str| {
        let Some((known, pattern)) = name.split_once(' ') else { return false };
        let (mut parts, mut wanted) = (path.split('/'), pattern.split('/'));
        known == method
            && loop {
                match (parts.next(), wanted.next()) {
                    (None, None) => break true,
                    (Some(part), Some(wanted)) if wanted == "*" || wanted == part => {}
                    _ => break false,
                }
            }
    };
    // A literal path comes before one with an id: `invoices/create_preview`.
    let exact = line(|name| name.split_once(' ') == Some((method, path)));
    let Some(words) = exact.or_else(|| line(is)) else { return false };
    let mut plain = String::new();
    for (index, part) in param.split('[').enumerate() {
        let part = part.trim_end_matches(']');
        match (index, part.bytes().all(|byte| byte.is_ascii_digit())) {
            (0, _) => plain.push_str(part),
            (_, true) => plain.push_str("[]"),
            (_, false) => plain.extend(["[", part, "]"]),
        }
    }
    has(words, plain.trim_end_matches("[]"))
}

/// Changes the error for an unknown parameter to one for a parameter that is not modelled, if Stripe has it.
pub(crate) fn explain(error: StripeError, method: &str, path: &str) -> StripeError {
    match error.unknown_parameter() {
        Some(param) if has_parameter(method, path.trim_end_matches('/'), param) => {
            StripeError::not_modelled(&format!("the parameter {param}"), param)
        }
        _ => error,
    }
}

/// Refuses an event type that Stripe does not have.
pub(crate) fn event_check(kind: &str, param: &str) -> Result<()> {
    if line(|name| name == "events").is_some_and(|events| has(events, kind)) {
        return Ok(());
    }
    let message =
        format!("Invalid {param}: `{kind}` is not a type of event. See https://docs.stripe.com/api/events/types");
    Err(StripeError::invalid(message).at(param))
}

/// Refuses an API version that Stripe does not have, or whose objects have a form that the sandbox does not support.
pub(crate) fn version_check(version: &str, param: Option<&str>) -> Result<()> {
    if SPOKEN.contains(&version) {
        return Ok(());
    }
    let error = if line(|name| name == "versions").is_some_and(|versions| has(versions, version)) {
        let message = format!(
            "The sandbox speaks version {API_VERSION} of Stripe's API and not {version}, in which objects have other \
             shapes. Pin {API_VERSION}, or send no Stripe-Version."
        );
        StripeError::coded("sandbox_not_modelled", message)
    } else {
        StripeError::invalid(format!(
            "Invalid Stripe API version: {version}. Send a released one, such as {API_VERSION}."
        ))
    };
    Err(match param {
        Some(param) => error.at(param),
        None => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_known_by_their_request_and_their_place_in_it() {
        assert!(has_parameter("POST", "subscriptions", "items[0][billing_thresholds]"));
        assert!(has_parameter("POST", "subscriptions/sub_1", "transfer_data"));
        assert!(has_parameter("POST", "invoices/create_preview", "preview_mode"));
        assert!(!has_parameter("POST", "invoices/in_1", "preview_mode"));
        assert!(!has_parameter("POST", "subscriptions", "coupon"));
        assert!(!has_parameter("POST", "subscriptions", "items[0][coupon]"));
        assert!(!has_parameter("GET", "subscriptions", "transfer_data"));
        assert!(!has_parameter("POST", "elsewhere", "name"));
    }

    #[test]
    fn only_versions_with_these_shapes_are_spoken() {
        version_check(API_VERSION, None).unwrap();
        let older = version_check("2025-03-31.basil", None).unwrap_err().body();
        assert_eq!(older["error"]["code"], "sandbox_not_modelled");
        let message = version_check("2099-01-01", None).unwrap_err();
        assert!(message.message().starts_with("Invalid Stripe API version: 2099-01-01"));
    }

    #[test]
    fn types_of_events_are_checked() {
        for kind in ["*", "customer.discount.created", "invoice.paid", "subscription_schedule.released"] {
            event_check(kind, "enabled_events[0]").unwrap();
        }
        assert!(event_check("invoice.payed", "enabled_events[0]").is_err());
        assert!(event_check("customer.*", "enabled_events[0]").is_err());
    }
}
