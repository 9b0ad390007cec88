//! Changing in the middle of a period: a credit for the rest of the old, a charge for the rest of the new.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    account::Account,
    invoice::{Line, line::Origin},
    money,
    subscription::{Item, Subscription, item},
};

/// What changing from the old items to those of `new` at `at` credits and charges, to the unit of currency.
pub(crate) fn lines(account: &mut Account, old: &[Item], new: &Subscription, at: i64) -> Vec<Line> {
    let mut lines = Vec::new();
    for before in old {
        let after = new.items.iter().find(|item| item.id == before.id);
        if after.is_none_or(|after| !after.costs_as(before)) {
            lines.extend(line(account, new, before, at, -1));
            lines.extend(after.and_then(|after| line(account, new, after, at, 1)));
        }
    }
    for after in &new.items {
        if !old.iter().any(|item| item.id == after.id) {
            lines.extend(line(account, new, after, at, 1));
        }
    }
    lines
}

/// The credits alone, for a period that ends at `at`.
pub(crate) fn credits(account: &mut Account, old: &[Item], subscription: &Subscription, at: i64) -> Vec<Line> {
    old.iter().filter_map(|item| line(account, subscription, item, at, -1)).collect()
}

fn line(account: &mut Account, subscription: &Subscription, of: &Item, at: i64, sign: i64) -> Option<Line> {
    if of.price.is_metered() {
        return None;
    }
    let (start, end) = subscription.period;
    let rest = money::part(of.amount(), end - at, end - start);
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
    })
}

/// `21 Nov 2026`
pub(crate) fn day(at: i64) -> String {
    let time = Timestamp::from_second(at).unwrap_or_default().to_zoned(TimeZone::UTC);
    time.strftime("%d %b %Y").to_string()
}
