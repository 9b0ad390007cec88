//! Changes in the middle of a period: a credit for the rest of the old items, and a charge for the rest of the new
//! ones.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    account::Account,
    invoice::{Line, line::Origin, sum},
    money,
    subscription::{Item, Subscription, item},
};

/// The credits and charges for a change from the old items to those of `new` at `at`, exact to the smallest unit of the
/// currency. As at Stripe if prorations include discounts, both are parts of the discounted amounts: credits with the
/// discounts that applied when the period was charged, charges with the present ones.
pub(crate) fn lines(account: &mut Account, old: &[Item], new: &Subscription, at: i64) -> Vec<Line> {
    let mut lines = Vec::new();
    let credits = sum::nets(new, old, &new.period_discounts);
    let charges = sum::nets(new, &new.items, &new.discounts);
    for (before, credit) in old.iter().zip(credits) {
        let after = new.items.iter().zip(&charges).find(|(item, _)| item.id == before.id);
        if after.is_none_or(|(after, _)| !after.costs_as(before)) {
            lines.extend(line(account, new, before, at, credit, -1));
            lines.extend(after.and_then(|(after, charge)| line(account, new, after, at, *charge, 1)));
        }
    }
    for (after, charge) in new.items.iter().zip(charges) {
        if !old.iter().any(|item| item.id == after.id) {
            lines.extend(line(account, new, after, at, charge, 1));
        }
    }
    lines
}

/// Only the credits, for a period that ends at `at`.
pub(crate) fn credits(account: &mut Account, old: &[Item], subscription: &Subscription, at: i64) -> Vec<Line> {
    let nets = sum::nets(subscription, old, &subscription.period_discounts);
    old.iter().zip(nets).filter_map(|(item, net)| line(account, subscription, item, at, net, -1)).collect()
}

/// The part of an amount for the rest of the period, as a charge (`1`) or a credit (`-1`).
fn line(
    account: &mut Account,
    subscription: &Subscription,
    of: &Item,
    at: i64,
    amount: i64,
    sign: i64,
) -> Option<Line> {
    if of.price.is_metered() {
        return None;
    }
    let (start, end) = subscription.period;
    let rest = money::part(amount, end - at, end - start);
    let name = item::name(account, &of.price);
    let name = if of.quantity == 1 { name } else { format!("{} × {name}", of.quantity) };
    let words = if sign < 0 { "Unused" } else { "Remaining" };
    let invoice_item = account.id("ii");
    Some(Line {
        id: account.id("il"),
        amount: sign * rest,
        currency: of.price.currency.clone(),
        description: format!("{words} time on {name} after {}", day(at)),
        metadata: subscription.metadata.clone(),
        period: (at, end),
        price: Some((of.price.id.clone(), of.price.product.clone())),
        unit_amount: of.price.unit_amount,
        quantity: of.quantity,
        origin: Origin::InvoiceItem {
            invoice_item,
            subscription: Some(subscription.id.clone()),
            item: Some(of.id.clone()),
            proration: true,
        },
        discountable: false,
        tax_rates: of.tax_rates.clone(),
        discounts: Vec::new(),
        taxes: Vec::new(),
    })
}

/// `21 Nov 2026`
pub(crate) fn day(at: i64) -> String {
    let time = Timestamp::from_second(at).unwrap_or_default().to_zoned(TimeZone::UTC);
    time.strftime("%d %b %Y").to_string()
}
