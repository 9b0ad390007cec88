//! The actions of customers in the portal.

use serde_json::json;

use crate::{
    account::Account,
    card::TestCard,
    customer,
    customer::Customer,
    error::{Result, StripeError},
    form::Params,
    payment_method,
    portal::{Configuration, PortalSession},
    setup_intent,
    subscription::{BillingMode, Subscription, end, resume, update},
};

/// The page that follows an action.
pub(crate) enum Next {
    /// The overview, with a notice.
    Done(&'static str),
    /// The page on which the card's owner authenticates.
    Ask(String),
}

/// Carries out an action: `plan`, `card`, `cancel`, `keep`, `resume`.
pub(crate) fn act(account: &mut Account, session: &PortalSession, action: &str, params: &mut Params) -> Result<Next> {
    customer::live(account, &session.customer, "customer")?;
    let feature = match action {
        "plan" => "subscription_update",
        "card" => "payment_method_update",
        "cancel" | "keep" | "resume" => "subscription_cancel",
        _ => return Err(StripeError::invalid("There is no such action.")),
    };
    let configuration = account.get::<Configuration>(&session.configuration)?.clone();
    if !configuration.allows(feature) {
        return Err(StripeError::invalid("This portal does not allow that."));
    }
    if action == "card" {
        return card(account, session, &params.text("card_number")?.unwrap_or_default());
    }
    let id = params.need("subscription")?;
    let subscription = account.get::<Subscription>(&id)?.clone();
    if subscription.customer != session.customer {
        return Err(StripeError::no_such("subscription", &id));
    }
    match action {
        "plan" => plan(account, &configuration, &subscription, &params.need("price")?),
        "cancel" if configuration.features["subscription_cancel"]["mode"] == json!("immediately") => {
            end::end(account, &id, Some("cancellation_requested"));
            Ok(Next::Done("canceled"))
        }
        "cancel" => {
            // Stripe's portal sets a time with flexible billing and a flag with classic billing, see
            // https://docs.stripe.com/billing/subscriptions/billing-mode/compare#scheduled-subscription-cancellation
            let pair = match subscription.billing_mode {
                BillingMode::Flexible => ("cancel_at", "max_period_end"),
                BillingMode::Classic => ("cancel_at_period_end", "true"),
            };
            update::update(account, &id, Params::of(&[pair]))?;
            Ok(Next::Done("canceling"))
        }
        "keep" => {
            update::update(account, &id, Params::of(&[("cancel_at", "")]))?;
            Ok(Next::Done("kept"))
        }
        _ => {
            resume::resume(account, &id, Params::default())?;
            Ok(Next::Done("resumed"))
        }
    }
}

fn plan(
    account: &mut Account,
    configuration: &Configuration,
    subscription: &Subscription,
    price: &str,
) -> Result<Next> {
    if !offered(account, configuration).contains(&price.to_owned()) {
        return Err(StripeError::invalid("This portal does not offer that plan."));
    }
    let item = subscription.items.first().map(|item| item.id.clone()).unwrap_or_default();
    let behavior = configuration.features["subscription_update"]["proration_behavior"].as_str().unwrap_or("none");
    let pairs = [
        ("items[0][id]", item.as_str()),
        ("items[0][price]", price),
        ("proration_behavior", behavior),
        ("payment_behavior", "error_if_incomplete"),
    ];
    update::update(account, &subscription.id, Params::of(&pairs))?;
    Ok(Next::Done("changed"))
}

/// The prices that customers can change to: those in the configuration, or every active recurring one.
pub(crate) fn offered(account: &Account, configuration: &Configuration) -> Vec<String> {
    let products = configuration.features["subscription_update"]["products"].as_array().cloned().unwrap_or_default();
    let listed = products.iter().filter_map(|product| product["prices"].as_array()).flatten();
    let listed: Vec<String> = listed.filter_map(|price| price.as_str().map(str::to_owned)).collect();
    if !listed.is_empty() {
        return listed;
    }
    let sold = |price: &&crate::price::Price| {
        price.active
            && price.recurring.is_some()
            && !price.is_metered()
            && account.products.get(&price.product).is_some_and(|each| each.active)
    };
    account.prices.iter().filter(sold).map(|price| price.id.clone()).collect()
}

fn card(account: &mut Account, session: &PortalSession, number: &str) -> Result<Next> {
    let card = TestCard::find(number).ok_or_else(payment_method::unknown_number)?;
    let method = payment_method::of_card(account, card, None);
    let intent = setup_intent::open(account, Some(&session.customer));
    if setup_intent::confirm_with(account, &intent, &method)? {
        use_card(account, &session.customer, &method);
        return Ok(Next::Done("card"));
    }
    account.change_quietly(&session.id, |session: &mut PortalSession| session.pending_card = Some(intent.clone()));
    Ok(Next::Ask(format!("/authenticate/{intent}?then=/p/session/{}", session.id)))
}

/// Makes a card the default of the customer, and of the subscriptions that had one of their own.
fn use_card(account: &mut Account, customer: &str, method: &str) {
    account.change(customer, |customer: &mut Customer| customer.default_payment_method = Some(method.to_owned()));
    let own = account
        .subscriptions
        .iter()
        .filter(|each| each.customer == customer && !each.status.is_over() && each.default_payment_method.is_some());
    for id in own.map(|subscription| subscription.id.clone()).collect::<Vec<_>>() {
        account.change(&id, |subscription: &mut Subscription| {
            subscription.default_payment_method = Some(method.to_owned());
        });
    }
}

/// Handles the return of a new card's owner from authentication. Returns whether the card is in use now.
pub(crate) fn card_arrived(account: &mut Account, session: &PortalSession) -> Option<bool> {
    let intent = account.setup_intents.get(session.pending_card.as_ref()?)?.clone();
    account.change_quietly(&session.id, |session: &mut PortalSession| session.pending_card = None);
    match (intent.status.as_str(), intent.payment_method) {
        ("succeeded", Some(method)) => {
            use_card(account, &session.customer, &method);
            Some(true)
        }
        _ => Some(false),
    }
}
