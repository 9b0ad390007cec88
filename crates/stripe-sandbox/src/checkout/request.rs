//! The API requests for checkout sessions.

use serde_json::{Map, Value};

use crate::{
    account::{Account, Noun},
    checkout::{Redeemed, Session, Status},
    coupon::Coupon,
    customer,
    customer::Customer,
    error::{Result, StripeError},
    form::{MOST_QUANTITY, Params},
    invoice::sum::Sums,
    list,
    price::Price,
    promotion_code::PromotionCode,
    tax_rate,
    tax_rate::TaxRate,
};

/// The prices and quantities, and the tax rates of each.
type Bought = (Vec<(Price, i64)>, Vec<Vec<TaxRate>>);

fn prices(account: &mut Account, list: Vec<Params>) -> Result<Bought> {
    let (mut prices, mut all_rates) = (Vec::new(), Vec::new());
    for mut params in list {
        let quantity = params.int_within("quantity", 1, MOST_QUANTITY)?.unwrap_or(1);
        let price = match (params.text("price")?, params.map("price_data")?) {
            (Some(price), _) => account.named::<Price>(&price, "line_items[0][price]")?.clone(),
            (None, Some(data)) => {
                let price = Price::read(account, data, None)?;
                account.named::<crate::product::Product>(&price.product, "line_items[0][price_data][product]")?;
                account.prices.insert(&price.id.clone(), price.clone());
                price
            }
            (None, None) => return Err(StripeError::missing("line_items[0][price]")),
        };
        all_rates.push(tax_rate::read_list(account, &mut params, "tax_rates")?.unwrap_or_default());
        params.disabled("adjustable_quantity")?;
        params.done()?;
        prices.push((price, quantity));
    }
    Ok((prices, all_rates))
}

/// Reads `discounts`, of which a session has at most one. Whether it can be redeemed is checked together with the
/// prices.
fn redeemed(account: &Account, params: &mut Params) -> Result<Option<Redeemed>> {
    let list = params.list("discounts")?.unwrap_or_default();
    if list.len() > 1 {
        return Err(StripeError::invalid("A session can have one discount at most.").at("discounts"));
    }
    let Some(mut one) = list.into_iter().next() else { return Ok(None) };
    let (coupon, code) = (one.text("coupon")?, one.text("promotion_code")?);
    one.done()?;
    match (coupon, code) {
        (Some(coupon), None) => {
            account.named::<Coupon>(&coupon, "discounts[0][coupon]")?;
            Ok(Some(Redeemed::Coupon(coupon)))
        }
        (None, Some(code)) => {
            account.named::<PromotionCode>(&code, "discounts[0][promotion_code]")?;
            Ok(Some(Redeemed::PromotionCode(code)))
        }
        _ => Err(StripeError::invalid("discounts names one of these: coupon, promotion_code.").at("discounts")),
    }
}

/// Reads the parameters of the subscription; they are checked together with the prices, see [`Session::described`].
fn subscription_data(params: &mut Params) -> Result<Params> {
    let data = params.map("subscription_data")?.unwrap_or_default();
    data.only_keys(&[
        "billing_cycle_anchor",
        "billing_mode",
        "default_tax_rates",
        "description",
        "metadata",
        "proration_behavior",
        "trial_end",
        "trial_period_days",
        "trial_settings",
    ])?;
    Ok(data)
}

fn currency(params: &mut Params, prices: &[(Price, i64)]) -> Result<Option<String>> {
    let own = prices.first().map(|(price, _)| price.currency.clone());
    match params.currency("currency")? {
        Some(asked) if own.as_ref().is_some_and(|own| *own != asked) => {
            Err(StripeError::invalid("The prices have another currency.").at("currency"))
        }
        asked => Ok(own.or(asked)),
    }
}

/// Languages of Stripe's page. The sandbox's page is always in English.
const LOCALES: &[&str] = &[
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu",
    "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv",
    "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
];

/// Reads further options of Stripe's page, which the sandbox's page ignores.
fn page_read(params: &mut Params) -> Result<()> {
    params.cards_only("payment_method_types")?;
    params.cards_only("allowed_payment_method_types")?;
    params.automatic_tax()?;
    params.only("billing_address_collection", &["auto"], &["auto", "required"])?;
    for key in
        ["adaptive_pricing", "invoice_creation", "managed_payments", "phone_number_collection", "tax_id_collection"]
    {
        params.disabled(key)?;
    }
    Ok(())
}

/// Reads the mode: whether only a card is saved.
fn mode_read(params: &mut Params) -> Result<bool> {
    let words = ["payment", "setup", "subscription"];
    let mode = params.only("mode", &words[1..], &words)?.ok_or_else(|| StripeError::missing("mode"))?;
    let modes = ["custom", "elements", "embedded", "embedded_page", "form", "hosted", "hosted_page"];
    params.only("ui_mode", &["hosted", "hosted_page"], &modes)?;
    Ok(mode == "setup")
}

/// Reads who pays: a customer, an e-mail address, or neither.
fn owner_read(account: &mut Account, params: &mut Params) -> Result<(Option<Customer>, Option<String>)> {
    let (customer, email) = (params.text("customer")?, params.text("customer_email")?);
    if customer.is_some() && email.is_some() {
        return Err(StripeError::invalid("You may only specify one of these parameters: customer, customer_email."));
    }
    let named = customer.map(|customer| customer::live(account, &customer, "customer")).transpose()?;
    Ok((named, email))
}

/// `POST /v1/checkout/sessions`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let setup = mode_read(&mut params)?;
    let success_url = Some(params.need("success_url")?);
    let (named, email) = owner_read(account, &mut params)?;
    let list = params.list("line_items")?.unwrap_or_default();
    let (prices, tax_rates) = prices(account, list)?;
    if !setup && prices.is_empty() {
        return Err(StripeError::missing("line_items"));
    }
    let expires_at = params.int("expires_at")?;
    let collection = params.one_of("payment_method_collection", &["always", "if_required"])?;
    account.enter(None);
    let id = format!("cs_test_{}", account.random.letters(48));
    let mut session = Session {
        url: format!("{}/c/pay/{id}", account.base_url),
        id,
        created: account.now,
        status: Status::Open,
        setup,
        currency: currency(&mut params, &prices)?,
        prices,
        subscription_data: subscription_data(&mut params)?,
        customer_email: email.or_else(|| named.as_ref().and_then(|customer| customer.email.clone())),
        customer_name: named.as_ref().and_then(|customer| customer.name.clone()),
        customer: named.map(|customer| customer.id),
        subscription: None,
        invoice: None,
        setup_intent: None,
        payment_status: "unpaid".to_owned(),
        client_reference_id: params.text("client_reference_id")?,
        success_url,
        cancel_url: params.text("cancel_url")?,
        expires_at: expires_at.unwrap_or(account.now + 86_400),
        metadata: Map::new(),
        always_card: collection.as_deref() != Some("if_required"),
        locale: params.one_of("locale", LOCALES)?,
        promotion_codes: params.flag("allow_promotion_codes")?,
        tax_rates,
        discount: redeemed(account, &mut params)?,
        sums: Sums::default(),
        item_sums: Vec::new(),
    };
    params.metadata(&mut session.metadata)?;
    page_read(&mut params)?;
    params.done()?;
    if session.takes_codes() && session.discount.is_some() {
        let message = "You may only specify one of these parameters: allow_promotion_codes, discounts.";
        return Err(StripeError::invalid(message).at("discounts"));
    }
    session.reckon(account)?;
    let shown = session.json();
    account.sessions.insert(&session.id.clone(), session);
    Ok(shown)
}

/// `POST /v1/checkout/sessions/{id}`
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<Session>(id)?.clone();
    params.metadata(&mut changed.metadata)?;
    params.done()?;
    account.change_quietly(id, |session: &mut Session| *session = changed);
    Ok(account.shown::<Session>(id))
}

/// `POST /v1/checkout/sessions/{id}/expire`
pub(crate) fn expire(account: &mut Account, id: &str, params: Params) -> Result<Value> {
    params.done()?;
    if account.get::<Session>(id)?.status != Status::Open {
        return Err(StripeError::invalid("Only Checkout Sessions with a status in [\"open\"] can be expired."));
    }
    expire_now(account, id);
    Ok(account.shown::<Session>(id))
}

/// Expires the session, because it was not completed in time.
pub(crate) fn expire_now(account: &mut Account, id: &str) {
    account.change_as(id, "checkout.session.expired", |session: &mut Session| session.status = Status::Expired);
}

/// `GET /v1/checkout/sessions`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let (customer, subscription) = (params.text("customer")?, params.text("subscription")?);
    let status = params.one_of("status", &["open", "complete", "expired"])?;
    account.customer_check(customer.as_deref())?;
    list::list(account, &mut params, "/v1/checkout/sessions", |session: &Session| {
        (customer.is_none() || customer == session.customer)
            && (subscription.is_none() || subscription == session.subscription)
            && status.as_ref().is_none_or(|status| session.json()["status"] == **status)
    })
}
