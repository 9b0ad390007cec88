//! The routes of the API. The README lists them, too.

use std::sync::PoisonError;

use serde_json::Value;

use crate::{
    account::{Account, Noun},
    charge,
    charge::Charge,
    checkout, clock,
    clock::TestClock,
    coupon,
    coupon::Coupon,
    credit_note,
    credit_note::CreditNote,
    customer,
    customer::Customer,
    discount, endpoint,
    endpoint::Endpoint,
    error::{Result, StripeError},
    event,
    event::Event,
    form::Params,
    invoice,
    invoice::Invoice,
    invoice_item,
    invoice_item::InvoiceItem,
    known, meter,
    meter::Meter,
    payment_intent,
    payment_intent::PaymentIntent,
    payment_method,
    payment_method::PaymentMethod,
    portal,
    portal::Configuration,
    price,
    price::Price,
    product,
    product::Product,
    promotion_code,
    promotion_code::PromotionCode,
    refund,
    refund::Refund,
    schedule,
    schedule::Schedule,
    search, setup_intent,
    setup_intent::SetupIntent,
    subscription,
    subscription::Subscription,
    tax_rate,
    tax_rate::TaxRate,
};

fn show<T: Noun>(account: &Account, id: &str, params: &Params) -> Result<Value> {
    params.done()?;
    account.get::<T>(id).map(Noun::json)
}

fn find<T: Noun>(account: &Account, noun: &str, params: Params) -> Result<Value> {
    search::search(params, noun, T::table(account).iter().map(Noun::json))
}

/// Handles a request. `path` is without `/v1/`. A request with parameters that were not read is refused.
pub(crate) fn route(account: &mut Account, method: &str, path: &str, mut params: Params) -> Result<Value> {
    let unread = params.watch();
    let answer = carry_out(account, method, path, params).map_err(|error| known::explain(error, method, path))?;
    // Every handler refuses unread parameters before it does any work, see `Params::done`; this catches handlers that
    // do not.
    let left = unread.lock().unwrap_or_else(PoisonError::into_inner).first().cloned();
    match left {
        None => Ok(answer),
        Some(name) => Err(known::explain(StripeError::unknown(&name), method, path)),
    }
}

fn carry_out(account: &mut Account, method: &str, path: &str, params: Params) -> Result<Value> {
    let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let found = match parts[0] {
        "customers" | "payment_methods" | "payment_intents" | "setup_intents" | "charges" | "refunds" => {
            people(account, method, &parts, params)
        }
        "coupons" | "promotion_codes" | "tax_rates" | "products" | "prices" | "billing" | "test_helpers"
        | "account" => catalog(account, method, &parts, params),
        "subscriptions" | "subscription_items" | "subscription_schedules" | "checkout" | "billing_portal" => {
            subscriptions(account, method, &parts, params)
        }
        _ => invoices(account, method, &parts, params),
    };
    found.unwrap_or_else(|| Err(StripeError::no_route(method, &format!("/v1/{path}"))))
}

type Found = Option<Result<Value>>;

fn people(account: &mut Account, method: &str, parts: &[&str], params: Params) -> Found {
    Some(match (method, parts) {
        ("POST", ["customers"]) => customer::request::create(account, params),
        ("GET", ["customers"]) => customer::request::index(account, params),
        ("GET", ["customers", "search"]) => customer::request::find(account, params),
        ("GET", ["customers", id]) => show::<Customer>(account, id, &params),
        ("POST", ["customers", id]) => customer::request::update(account, id, params),
        ("DELETE", ["customers", id, "discount"]) => discount::request::delete_of_customer(account, id, &params),
        ("DELETE", ["customers", id]) => params.done().and_then(|()| customer::request::delete(account, id)),
        ("GET", ["customers", id, "payment_methods"]) => {
            let url = format!("/v1/customers/{id}/payment_methods");
            payment_method::index(account, params, Some((*id).to_owned()), &url)
        }
        ("GET", ["customers", _, "payment_methods", _]) if !params.is_empty() => params.done().map(|()| Value::Null),
        ("GET", ["customers", customer, "payment_methods", id]) => match account.get::<PaymentMethod>(id) {
            Ok(found) if found.customer.as_deref() == Some(customer) => Ok(found.json()),
            _ => Err(StripeError::no_such(PaymentMethod::WHAT, id)),
        },
        ("POST", ["payment_methods"]) => payment_method::create(account, params),
        ("GET", ["payment_methods"]) => payment_method::index(account, params, None, "/v1/payment_methods"),
        ("GET", ["payment_methods", id]) => show::<PaymentMethod>(account, id, &params),
        ("POST", ["payment_methods", id]) => payment_method::update(account, id, params),
        ("POST", ["payment_methods", id, "attach"]) => payment_method::attach_request(account, id, params),
        ("POST", ["payment_methods", id, "detach"]) => payment_method::detach(account, id, params),
        ("POST", ["payment_intents"]) => payment_intent::request::create(account, params),
        ("GET", ["payment_intents"]) => payment_intent::request::index(account, params),
        ("GET", ["payment_intents", "search"]) => find::<PaymentIntent>(account, "payment_intents", params),
        ("GET", ["payment_intents", id]) => show::<PaymentIntent>(account, id, &params),
        ("POST", ["payment_intents", id]) => payment_intent::request::update(account, id, params),
        ("POST", ["payment_intents", id, "confirm"]) => payment_intent::request::confirm(account, id, params),
        ("POST", ["payment_intents", id, "capture"]) => payment_intent::request::capture(account, id, params),
        ("POST", ["payment_intents", id, "cancel"]) => payment_intent::request::cancel_request(account, id, params),
        ("POST", ["setup_intents"]) => setup_intent::create(account, params),
        ("GET", ["setup_intents"]) => setup_intent::index(account, params),
        ("GET", ["setup_intents", id]) => show::<SetupIntent>(account, id, &params),
        ("POST", ["setup_intents", id, "confirm"]) => setup_intent::confirm(account, id, params),
        ("POST", ["setup_intents", id, "cancel"]) => setup_intent::cancel(account, id, params),
        ("GET", ["charges"]) => charge::index(account, params),
        ("GET", ["charges", "search"]) => find::<Charge>(account, "charges", params),
        ("GET", ["charges", id]) => show::<Charge>(account, id, &params),
        ("POST", ["refunds"]) => refund::create(account, params),
        ("GET", ["refunds"]) => refund::index(account, params),
        ("GET", ["refunds", id]) => show::<Refund>(account, id, &params),
        ("POST", ["refunds", id]) => refund::update(account, id, params),
        _ => return None,
    })
}

fn catalog(account: &mut Account, method: &str, parts: &[&str], params: Params) -> Found {
    Some(match (method, parts) {
        ("GET", ["account"]) => params.done().map(|()| account.to_json()),
        ("POST", ["products"]) => product::create(account, params),
        ("GET", ["products"]) => product::index(account, params),
        ("GET", ["products", "search"]) => find::<Product>(account, "products", params),
        ("GET", ["products", id]) => show::<Product>(account, id, &params),
        ("POST", ["products", id]) => product::update(account, id, params),
        ("DELETE", ["products", id]) => params.done().and_then(|()| product::delete(account, id)),
        ("POST", ["prices"]) => price::request::create(account, params),
        ("GET", ["prices"]) => price::request::index(account, params),
        ("GET", ["prices", "search"]) => find::<Price>(account, "prices", params),
        ("GET", ["prices", id]) => show::<Price>(account, id, &params),
        ("POST", ["prices", id]) => price::request::update(account, id, params),
        ("POST", ["coupons"]) => coupon::create(account, params),
        ("GET", ["coupons"]) => coupon::index(account, params),
        ("GET", ["coupons", id]) => show::<Coupon>(account, id, &params),
        ("POST", ["coupons", id]) => coupon::update(account, id, params),
        ("DELETE", ["coupons", id]) => coupon::delete(account, id, &params),
        ("POST", ["promotion_codes"]) => promotion_code::create(account, params),
        ("GET", ["promotion_codes"]) => promotion_code::index(account, params),
        ("GET", ["promotion_codes", id]) => show::<PromotionCode>(account, id, &params),
        ("POST", ["promotion_codes", id]) => promotion_code::update(account, id, params),
        ("POST", ["tax_rates"]) => tax_rate::create(account, params),
        ("GET", ["tax_rates"]) => tax_rate::index(account, params),
        ("GET", ["tax_rates", id]) => show::<TaxRate>(account, id, &params),
        ("POST", ["tax_rates", id]) => tax_rate::update(account, id, params),
        ("POST", ["billing", "meters"]) => meter::create(account, params),
        ("GET", ["billing", "meters"]) => meter::index(account, params),
        ("GET", ["billing", "meters", id]) => show::<Meter>(account, id, &params),
        ("POST", ["billing", "meters", id]) => meter::update(account, id, "", params),
        ("POST", ["billing", "meters", id, action @ ("deactivate" | "reactivate")]) => {
            meter::update(account, id, action, params)
        }
        ("GET", ["billing", "meters", id, "event_summaries"]) => meter::summaries(account, id, params),
        ("POST", ["billing", "meter_events"]) => meter::event_create(account, params),
        ("POST", ["test_helpers", "test_clocks"]) => clock::create(account, params),
        ("GET", ["test_helpers", "test_clocks"]) => clock::index(account, params),
        ("GET", ["test_helpers", "test_clocks", id]) => show::<TestClock>(account, id, &params),
        ("DELETE", ["test_helpers", "test_clocks", id]) => params.done().and_then(|()| clock::delete(account, id)),
        ("POST", ["test_helpers", "test_clocks", id, "advance"]) => clock::advance(account, id, params),
        _ => return None,
    })
}

fn subscriptions(account: &mut Account, method: &str, parts: &[&str], params: Params) -> Found {
    Some(match (method, parts) {
        ("POST", ["subscriptions"]) => subscription::create::create(account, params),
        ("GET", ["subscriptions"]) => subscription::index(account, params),
        ("GET", ["subscriptions", "search"]) => subscription::find(account, params),
        ("GET", ["subscriptions", id]) => show::<Subscription>(account, id, &params),
        ("POST", ["subscriptions", id]) => subscription::update::update(account, id, params),
        ("DELETE", ["subscriptions", id]) => subscription::cancel::cancel(account, id, params),
        ("POST", ["subscriptions", id, "resume"]) => subscription::resume::resume(account, id, params),
        ("DELETE", ["subscriptions", id, "discount"]) => discount::request::delete(account, id, &params),
        ("POST", ["subscriptions", id, "migrate"]) => subscription::migrate::migrate(account, id, params),
        ("POST", ["subscription_schedules"]) => schedule::create(account, params),
        ("GET", ["subscription_schedules"]) => schedule::index(account, params),
        ("GET", ["subscription_schedules", id]) => show::<Schedule>(account, id, &params),
        ("POST", ["subscription_schedules", id]) => schedule::update(account, id, params),
        ("POST", ["subscription_schedules", id, "cancel"]) => schedule::cancel(account, id, params),
        ("POST", ["subscription_schedules", id, "release"]) => schedule::release(account, id, params),
        ("POST", ["subscription_items"]) => subscription::item::request::write(account, None, params, false),
        ("GET", ["subscription_items"]) => subscription::item::request::index(account, params),
        ("GET", ["subscription_items", id]) => {
            params.done().and_then(|()| subscription::item::request::show(account, id))
        }
        ("POST", ["subscription_items", id]) => subscription::item::request::write(account, Some(id), params, false),
        ("DELETE", ["subscription_items", id]) => subscription::item::request::write(account, Some(id), params, true),
        ("POST", ["checkout", "sessions"]) => checkout::create(account, params),
        ("GET", ["checkout", "sessions"]) => checkout::index(account, params),
        ("GET", ["checkout", "sessions", id]) => show::<checkout::Session>(account, id, &params),
        ("POST", ["checkout", "sessions", id]) => checkout::update(account, id, params),
        ("POST", ["checkout", "sessions", id, "expire"]) => checkout::expire(account, id, params),
        ("GET", ["checkout", "sessions", id, "line_items"]) => checkout::line_items_index(account, id, params),
        ("POST", ["billing_portal", "sessions"]) => portal::create(account, params),
        ("POST", ["billing_portal", "configurations"]) => portal::configuration_create(account, params),
        ("GET", ["billing_portal", "configurations"]) => portal::configuration_index(account, params),
        ("GET", ["billing_portal", "configurations", id]) => show::<Configuration>(account, id, &params),
        ("POST", ["billing_portal", "configurations", id]) => portal::configuration_update(account, id, params),
        _ => return None,
    })
}

fn invoices(account: &mut Account, method: &str, parts: &[&str], params: Params) -> Found {
    Some(match (method, parts) {
        ("POST", ["invoices"]) => invoice::request::create(account, params),
        ("GET", ["invoices"]) => invoice::request::index(account, params),
        ("POST", ["invoices", "create_preview"]) => invoice::preview::create_preview(account, params),
        ("GET", ["invoices", "search"]) => find::<Invoice>(account, "invoices", params),
        ("GET", ["invoices", id]) => show::<Invoice>(account, id, &params),
        ("POST", ["invoices", id]) => invoice::request::update(account, id, params),
        ("DELETE", ["invoices", id]) => params.done().and_then(|()| invoice::request::delete(account, id)),
        ("GET", ["invoices", id, "lines"]) => invoice::request::lines(account, id, params),
        ("POST", ["invoices", id, "finalize"]) => invoice::request::finalize(account, id, params, false),
        ("POST", ["invoices", id, "send"]) => invoice::request::finalize(account, id, params, true),
        ("POST", ["invoices", id, "pay"]) => invoice::request::pay_now(account, id, params),
        ("POST", ["invoices", id, "void"]) => invoice::request::void(account, id, params),
        ("POST", ["invoices", id, "mark_uncollectible"]) => invoice::request::mark_uncollectible(account, id, params),
        ("GET", ["invoice_payments"]) => invoice::request::payments(account, params),
        ("POST", ["invoiceitems"]) => invoice_item::create(account, params),
        ("GET", ["invoiceitems"]) => invoice_item::index(account, params),
        ("GET", ["invoiceitems", id]) => show::<InvoiceItem>(account, id, &params),
        ("DELETE", ["invoiceitems", id]) => params.done().and_then(|()| invoice_item::delete(account, id)),
        ("POST", ["credit_notes"]) => credit_note::create(account, params),
        ("GET", ["credit_notes"]) => credit_note::index(account, params),
        ("GET", ["credit_notes", id]) => show::<CreditNote>(account, id, &params),
        ("POST", ["webhook_endpoints"]) => endpoint::create(account, params),
        ("GET", ["webhook_endpoints"]) => endpoint::index(account, params),
        ("GET", ["webhook_endpoints", id]) => show::<Endpoint>(account, id, &params),
        ("POST", ["webhook_endpoints", id]) => endpoint::update(account, id, params),
        ("DELETE", ["webhook_endpoints", id]) => params.done().and_then(|()| endpoint::delete(account, id)),
        ("GET", ["events"]) => event::index(account, params),
        ("GET", ["events", id]) => show::<Event>(account, id, &params),
        _ => return None,
    })
}
