//! Prices: an amount in minor units, charged once or for each period. They can be found by a lookup key.

use jiff::{Span, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    account::{Account, noun},
    error::{Result, StripeError},
    form::{MOST_AMOUNT, Params},
    list, product,
    product::Product,
};

/// The billing interval of a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recurring {
    /// `day`, `week`, `month` or `year`.
    pub(crate) interval: String,
    pub(crate) interval_count: i64,
    /// The meter whose usage is charged at the end of the period; none: the quantity is charged at its start.
    pub(crate) meter: Option<String>,
}

/// A price.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) active: bool,
    pub(crate) currency: String,
    pub(crate) lookup_key: Option<String>,
    metadata: Map<String, Value>,
    pub(crate) nickname: Option<String>,
    pub(crate) product: String,
    pub(crate) recurring: Option<Recurring>,
    tax_behavior: Option<String>,
    /// The price of one unit, in the currency's smallest unit.
    pub(crate) unit_amount: i64,
}

noun!(Price, prices, "price", "price.updated");

impl Recurring {
    fn read(mut params: Params, account: &Account) -> Result<Self> {
        let interval = params.one_of("interval", &["day", "week", "month", "year"])?;
        let interval = interval.ok_or_else(|| StripeError::missing("recurring[interval]"))?;
        // At most three years, as at Stripe.
        let most = match interval.as_str() {
            "day" => 1_095,
            "week" => 156,
            "month" => 36,
            _ => 3,
        };
        let recurring = Self {
            interval,
            interval_count: params.int_within("interval_count", 1, most)?.unwrap_or(1),
            meter: params.text("meter")?,
        };
        let usage = params.one_of("usage_type", &["licensed", "metered"])?;
        params.done()?;
        if let Some(meter) = &recurring.meter {
            account.named::<crate::meter::Meter>(meter, "recurring[meter]")?;
        } else if usage.as_deref() == Some("metered") {
            return Err(StripeError::missing("recurring[meter]"));
        }
        Ok(recurring)
    }

    fn json(&self) -> Value {
        json!({
            "interval": self.interval,
            "interval_count": self.interval_count,
            "meter": self.meter,
            "trial_period_days": null,
            "usage_type": if self.meter.is_some() { "metered" } else { "licensed" },
        })
    }

    /// The end of the period number `periods` after `anchor`. It is computed from the anchor, so that a cycle on the
    /// 31st returns to the 31st after February.
    pub(crate) fn after(&self, anchor: i64, periods: i64) -> i64 {
        let count = self.interval_count.saturating_mul(periods);
        let span = match self.interval.as_str() {
            "day" => Span::new().try_days(count),
            "week" => Span::new().try_weeks(count),
            "year" => Span::new().try_years(count),
            _ => Span::new().try_months(count),
        };
        let start = Timestamp::from_second(anchor).map(|time| time.to_zoned(TimeZone::UTC));
        let end = start.and_then(|start| start.checked_add(span?));
        end.map_or(i64::MAX, |end| end.timestamp().as_second())
    }

    /// The text on pages: `month`, `3 months`.
    pub(crate) fn words(&self) -> String {
        match self.interval_count {
            1 => self.interval.clone(),
            count => format!("{count} {}s", self.interval),
        }
    }
}

impl Price {
    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "price",
            "active": self.active,
            "billing_scheme": "per_unit",
            "created": self.created,
            "currency": self.currency,
            "custom_unit_amount": null,
            "livemode": false,
            "lookup_key": self.lookup_key,
            "metadata": self.metadata,
            "nickname": self.nickname,
            "product": self.product,
            "recurring": self.recurring.as_ref().map(Recurring::json),
            "tax_behavior": self.tax_behavior.as_deref().unwrap_or("unspecified"),
            "tiers_mode": null,
            "transform_quantity": null,
            "type": if self.recurring.is_some() { "recurring" } else { "one_time" },
            "unit_amount": self.unit_amount,
            "unit_amount_decimal": self.unit_amount.to_string(),
        })
    }

    /// The plan, which is the old form of a recurring price and still part of subscription items.
    pub(crate) fn plan(&self) -> Value {
        let recurring = self.recurring.as_ref().map(Recurring::json).unwrap_or_default();
        json!({
            "id": self.id,
            "object": "plan",
            "active": self.active,
            "amount": self.unit_amount,
            "amount_decimal": self.unit_amount.to_string(),
            "billing_scheme": "per_unit",
            "created": self.created,
            "currency": self.currency,
            "interval": recurring["interval"],
            "interval_count": recurring["interval_count"],
            "livemode": false,
            "metadata": self.metadata,
            "meter": recurring["meter"],
            "nickname": self.nickname,
            "product": self.product,
            "tiers_mode": null,
            "transform_usage": null,
            "trial_period_days": null,
            "usage_type": recurring["usage_type"],
        })
    }

    /// Whether it is charged by usage.
    pub(crate) fn is_metered(&self) -> bool {
        self.recurring.as_ref().is_some_and(|recurring| recurring.meter.is_some())
    }

    /// Reads a new price, without storing it, for `product` or for the product in the parameters.
    pub(crate) fn read(account: &mut Account, mut params: Params, product: Option<&str>) -> Result<Self> {
        params.need_there("currency")?;
        let currency = params.currency("currency")?.unwrap_or_default();
        let amount = match (params.int_within("unit_amount", 0, MOST_AMOUNT)?, params.text("unit_amount_decimal")?) {
            (Some(amount), _) => amount,
            (None, Some(decimal)) => {
                let whole = decimal.parse().ok().filter(|amount| (0..=MOST_AMOUNT).contains(amount));
                let name = params.name("unit_amount_decimal");
                whole.ok_or_else(|| StripeError::not_modelled("parts of the smallest unit of a currency", &name))?
            }
            (None, None) => return Err(StripeError::missing("unit_amount")),
        };
        let recurring = params.map("recurring")?.map(|params| Recurring::read(params, account)).transpose()?;
        let mut price = Self { active: true, currency, unit_amount: amount, recurring, ..Self::default() };
        if product.is_none() {
            price.product = params.text("product")?.unwrap_or_default();
        }
        price.change(&mut params)?;
        params.only("billing_scheme", &["per_unit"], &["per_unit", "tiered"])?;
        params.done()?;
        if let Some(product) = product {
            product.clone_into(&mut price.product);
        }
        (price.id, price.created) = (account.id("price"), account.now);
        Ok(price)
    }

    fn change(&mut self, params: &mut Params) -> Result<()> {
        self.active = params.flag("active")?.unwrap_or(self.active);
        params.set("nickname", &mut self.nickname)?;
        params.set_one_of("tax_behavior", &["exclusive", "inclusive", "unspecified"], &mut self.tax_behavior)?;
        params.set("lookup_key", &mut self.lookup_key)?;
        params.metadata(&mut self.metadata)
    }
}

/// Takes a lookup key from the price that has it, if the caller requests the transfer.
fn lookup_key_claim(account: &mut Account, price: &Price, transfer: bool) -> Result<()> {
    let Some(key) = &price.lookup_key else { return Ok(()) };
    let holder = account.prices.iter().find(|other| other.lookup_key.as_ref() == Some(key) && other.id != price.id);
    let Some(holder) = holder.map(|holder| holder.id.clone()) else { return Ok(()) };
    if !transfer {
        let message = format!("A price (`{holder}`) already uses that lookup key.");
        return Err(StripeError::coded("resource_already_exists", message).at("lookup_key"));
    }
    account.change(&holder, |price: &mut Price| price.lookup_key = None);
    embedded_refresh(account, &holder);
    Ok(())
}

/// Updates the price inside of subscription items, which show its present state.
fn embedded_refresh(account: &mut Account, id: &str) {
    let Some(price) = account.prices.get(id).cloned() else { return };
    for item in account.subscriptions.iter_mut().flat_map(|subscription| &mut subscription.items) {
        if item.price.id == id {
            item.price = price.clone();
        }
    }
}

/// `POST /v1/prices`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let transfer = params.flag("transfer_lookup_key")?.unwrap_or(false);
    let data = params.map("product_data")?;
    let mut price = Price::read(account, params, None)?;
    match data {
        Some(data) => {
            lookup_key_claim(account, &price, transfer)?;
            let made = product::create(account, data)?;
            made["id"].as_str().unwrap_or_default().clone_into(&mut price.product);
        }
        None if price.product.is_empty() => return Err(StripeError::missing("product")),
        None => {
            account.named::<Product>(&price.product, "product")?;
            lookup_key_claim(account, &price, transfer)?;
        }
    }
    Ok(account.add("price.created", price))
}

/// `POST /v1/prices/{id}`
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<Price>(id)?.clone();
    let transfer = params.flag("transfer_lookup_key")?.unwrap_or(false);
    changed.change(&mut params)?;
    params.done()?;
    lookup_key_claim(account, &changed, transfer)?;
    account.change(id, |price: &mut Price| *price = changed);
    embedded_refresh(account, id);
    Ok(account.shown::<Price>(id))
}

/// `GET /v1/prices`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let active = params.flag("active")?;
    let (currency, product) = (params.currency("currency")?, params.text("product")?);
    let kind = params.one_of("type", &["one_time", "recurring"])?;
    let keys = params.texts("lookup_keys")?;
    let mut recurring = params.map("recurring")?.unwrap_or_default();
    let interval = recurring.one_of("interval", &["day", "week", "month", "year"])?;
    let (meter, usage) = (recurring.text("meter")?, recurring.one_of("usage_type", &["licensed", "metered"])?);
    recurring.done()?;
    list::list(account, &mut params, "/v1/prices", |price: &Price| {
        active.is_none_or(|active| active == price.active)
            && currency.as_ref().is_none_or(|currency| *currency == price.currency)
            && product.as_ref().is_none_or(|product| *product == price.product)
            && kind.as_ref().is_none_or(|kind| (kind == "recurring") == price.recurring.is_some())
            && keys.as_ref().is_none_or(|keys| price.lookup_key.as_ref().is_some_and(|key| keys.contains(key)))
            && interval
                .as_ref()
                .is_none_or(|wanted| price.recurring.as_ref().is_some_and(|each| each.interval == *wanted))
            && (meter.is_none() || price.recurring.as_ref().is_some_and(|each| each.meter == meter))
            && usage
                .as_ref()
                .is_none_or(|usage| price.recurring.is_some() && (usage == "metered") == price.is_metered())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_from_the_anchor() {
        let monthly = Recurring { interval: "month".to_owned(), interval_count: 1, meter: None };
        let second = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        let anchor = second("2027-01-31T10:00:00Z");
        assert_eq!(monthly.after(anchor, 1), second("2027-02-28T10:00:00Z"));
        assert_eq!(monthly.after(anchor, 2), second("2027-03-31T10:00:00Z"));
    }
}
