//! Checkout sessions: a page on which a customer starts a subscription or saves a card.

pub(crate) mod complete;
pub(crate) mod page;
mod record;
pub(crate) mod request;

use serde_json::{Value, json};

pub(crate) use record::{Redeemed, Session, Status};
pub(crate) use request::{create, expire, expire_now, index, update};

use crate::{
    account::{Account, Noun},
    customer, discount,
    error::{Result, StripeError},
    form::Params,
    invoice::sum::{self, Sums},
    list, subscription,
    subscription::{Subscription, item},
};

impl Session {
    /// The subscription that the session will create, with today's prices.
    pub(crate) fn described(&self, account: &Account) -> Result<Subscription> {
        let customer = self.customer.clone().unwrap_or_else(|| "cus_nobody".to_owned());
        let mut ghost = account.ghost(&customer);
        if self.customer.is_none() {
            let mut nobody = customer::Customer::default();
            nobody.id.clone_from(&customer);
            ghost.customers.insert(&customer, nobody);
        }
        ghost.enter(account.customers.get(&customer).and_then(|customer| customer.test_clock.as_deref()));
        subscription::create::read(&mut ghost, self.subscription_params(&customer))
            .map(|(subscription, _)| subscription)
    }

    /// Computes what is due. Fails if these prices cannot be bought together.
    fn reckon(&mut self, account: &Account) -> Result<()> {
        if self.setup {
            return Ok(());
        }
        let described = self.described(account)?;
        let exempt = exempt_of(account, &described);
        self.sums = due_today(account, &described);
        self.item_sums = sum::by_item(&described, exempt).0;
        Ok(())
    }

    /// Redeems the promotion code that a visitor entered. An empty code removes the present one.
    pub(crate) fn redeem(&mut self, account: &Account, code: &str) -> Result<()> {
        self.discount = None;
        self.reckon(account)?;
        if code.is_empty() {
            return Ok(());
        }
        let currency = self.currency.clone().unwrap_or_default();
        let subtotal = self.item_sums.iter().map(|sums| sums.subtotal).sum();
        let found = discount::typed(account, code, self.customer.as_deref(), subtotal, &currency);
        let found = found.map_err(|why| StripeError::invalid(why).at("promotion_code"))?;
        self.discount = Some(Redeemed::PromotionCode(found));
        self.reckon(account)
    }

    /// The promotion code that was entered.
    pub(crate) fn code(&self, account: &Account) -> Option<String> {
        match self.discount.as_ref()? {
            Redeemed::PromotionCode(id) => account.promotion_codes.get(id).map(|code| code.code.clone()),
            Redeemed::Coupon(_) => None,
        }
    }
}

/// The amounts that are due on a subscription's first day.
pub(crate) fn due_today(account: &Account, subscription: &Subscription) -> Sums {
    if subscription.trial.is_some() {
        return Sums::default();
    }
    sum::period(subscription, exempt_of(account, subscription))
}

/// The tax exemption of the subscription's customer; none: they pay taxes.
pub(crate) fn exempt_of<'a>(account: &'a Account, subscription: &Subscription) -> Option<&'a str> {
    account.customers.get(&subscription.customer).and_then(|customer| customer.tax_exempt.as_deref())
}

/// `GET /v1/checkout/sessions/{id}/line_items`
pub(crate) fn line_items_index(account: &Account, id: &str, mut params: Params) -> Result<Value> {
    account.get::<Session>(id)?;
    let all = line_items(account, id)["data"].as_array().cloned().unwrap_or_default();
    let all = all.iter().map(|item| (item["id"].as_str().unwrap_or_default(), item));
    list::page(all, &mut params, &format!("/v1/checkout/sessions/{id}/line_items"), |item| (*item).clone())
}

/// The line items of a session, which are shown only if they are expanded.
pub(crate) fn line_items(account: &Account, id: &str) -> Value {
    let session = account.sessions.get(id);
    let sums = session.map(|session| session.item_sums.clone()).unwrap_or_default();
    let data = session.into_iter().flat_map(|session| &session.prices).enumerate().map(|(index, (price, quantity))| {
        let sums = sums.get(index).copied().unwrap_or_default();
        json!({
            "id": format!("li_{}_{index}", id.trim_start_matches("cs_test_")),
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": sums.discount,
            "amount_subtotal": sums.subtotal,
            "amount_tax": sums.tax,
            "amount_total": sums.total(),
            "currency": price.currency,
            "description": item::name(account, price),
            "metadata": {},
            "price": price.json(),
            "quantity": quantity,
        })
    });
    list::of(data.collect(), &format!("/v1/checkout/sessions/{id}/line_items"), false)
}
