//! `expand[]`: replaces ids by their objects.

use serde_json::{Value, json};

use crate::{
    account::{Account, Noun},
    charge::Charge,
    checkout,
    checkout::Session,
    clock::TestClock,
    customer::Customer,
    discount::Discount,
    error::{Result, StripeError},
    invoice,
    invoice::Invoice,
    payment_intent::PaymentIntent,
    payment_method::PaymentMethod,
    portal::Configuration,
    price::Price,
    product::Product,
    promotion_code::PromotionCode,
    refund::Refund,
    schedule::Schedule,
    setup_intent::SetupIntent,
    subscription,
    subscription::Subscription,
    tax_rate::TaxRate,
};

/// Expands every path in a response.
pub(crate) fn expand(account: &Account, answer: &mut Value, paths: &[String]) -> Result<()> {
    for path in paths {
        if path.split('.').count() > 5 {
            return Err(StripeError::invalid("You cannot expand more than 4 levels of a property.").at("expand"));
        }
        one(account, answer, path, path)?;
    }
    Ok(())
}

fn one(account: &Account, value: &mut Value, path: &str, whole: &str) -> Result<()> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    if let Value::Array(all) = value {
        return all.iter_mut().try_for_each(|value| one(account, value, path, whole));
    }
    if !value.is_object() {
        return Ok(());
    }
    if value.get(first).is_none() {
        if let Some(included) = include(account, value, first) {
            value[first] = included;
        } else {
            let message = format!("This property cannot be expanded ({whole}).");
            return Err(StripeError::invalid(message).at("expand"));
        }
    }
    let target = &mut value[first];
    // The ids of coupons and products are chosen by their creators, so a coupon and a product may have the same one.
    let coupon = target.as_str().filter(|_| first == "coupon").and_then(|id| account.coupons.get(id)).map(Noun::json);
    if let Some(object) = coupon.or_else(|| target.as_str().and_then(|id| find(account, id))) {
        *target = object;
    } else if let Some(list) = target.as_array_mut() {
        for each in list.iter_mut() {
            if let Some(object) = each.as_str().and_then(|id| find(account, id)) {
                *each = object;
            }
        }
    }
    match rest {
        Some(rest) => one(account, target, rest, whole),
        None => Ok(()),
    }
}

/// A field that an object shows only if it is expanded.
fn include(account: &Account, object: &Value, field: &str) -> Option<Value> {
    let id = object["id"].as_str().unwrap_or_default();
    Some(match (object["object"].as_str()?, field) {
        ("invoice", "payments") => invoice::payments(account, id),
        ("invoice", "confirmation_secret") => invoice::confirmation_secret(account, id),
        ("customer", "subscriptions") => subscription::of_customer(account, id),
        ("customer", "sources" | "tax_ids") => {
            crate::list::of(Vec::new(), &format!("/v1/customers/{id}/{field}"), false)
        }
        ("customer", "tax") => {
            json!({ "automatic_tax": "unrecognized_location", "ip_address": null, "location": null })
        }
        ("checkout.session", "line_items") => checkout::line_items(account, id),
        ("charge", "refunds") => {
            let refunds = account.refunds.iter().rev().map(Refund::json).filter(|refund| refund["charge"] == *id);
            crate::list::of(refunds.collect(), &format!("/v1/charges/{id}/refunds"), false)
        }
        ("coupon", "applies_to") => account.coupons.get(id)?.applies_to(),
        ("coupon" | "promotion_code", "currency_options") => json!({}),
        ("price", "tiers" | "currency_options") => Value::Null,
        _ => return None,
    })
}

/// Finds any object by its id.
fn find(account: &Account, id: &str) -> Option<Value> {
    fn of<T: Noun>(account: &Account, id: &str) -> Option<Value> {
        T::table(account).get(id).map(Noun::json)
    }
    // The ids of products are chosen by their creators, so products are tried last.
    let prefix = id.rsplit_once('_').map_or("", |(prefix, _)| prefix);
    let found = match prefix {
        "cus" => of::<Customer>(account, id),
        "price" => of::<Price>(account, id),
        "sub" => of::<Subscription>(account, id),
        "in" => of::<Invoice>(account, id),
        "pi" => of::<PaymentIntent>(account, id),
        "seti" => of::<SetupIntent>(account, id),
        "pm" => of::<PaymentMethod>(account, id),
        "ch" => of::<Charge>(account, id),
        "re" => of::<Refund>(account, id),
        "clock" => of::<TestClock>(account, id),
        "sub_sched" => of::<Schedule>(account, id),
        "di" => of::<Discount>(account, id),
        "promo" => of::<PromotionCode>(account, id),
        "txr" => of::<TaxRate>(account, id),
        "bpc" => of::<Configuration>(account, id),
        "cs_test" => of::<Session>(account, id),
        _ => None,
    };
    found.or_else(|| of::<Product>(account, id))
}
