//! Prices: an amount in minor units, charged once or for each period. They can be found by a lookup key.

mod record;
pub(crate) mod request;

pub(crate) use record::{Price, Recurring};

use crate::{
    account::Account,
    error::{Result, StripeError},
    form::{MOST_AMOUNT, Params},
};

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
}

impl Price {
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
