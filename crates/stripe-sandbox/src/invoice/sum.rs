//! Discounts and taxes on amounts: first discounts, then taxes, line by line and exact to the smallest unit of the
//! currency.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    coupon::Off,
    discount::Discount,
    invoice::{Line, tax::Tax},
    money,
    subscription::Subscription,
    tax_rate::TaxRate,
};

/// 100 % in ten thousandths of a percent.
const WHOLE: i64 = 1_000_000;

/// An amount with the data for its discounts and taxes.
struct Part<'a> {
    amount: i64,
    product: Option<&'a str>,
    discountable: bool,
    rates: &'a [TaxRate],
}

/// The discounts and taxes of a part.
#[derive(Clone, Debug, Default)]
struct Share {
    /// The ids and amounts of the discounts.
    discounts: Vec<(String, i64)>,
    taxes: Vec<Tax>,
}

/// Applies the discounts in their order, each to what the previous ones left, and taxes to the rest. Each is rounded
/// once per line, with halves away from zero, and distributed so that the lines add up to the total.
fn shares(parts: &[Part<'_>], discounts: &[Discount], exempt: Option<&str>) -> Vec<Share> {
    let mut left: Vec<i64> = parts.iter().map(|part| part.amount).collect();
    let mut shares = vec![Share::default(); parts.len()];
    for discount in discounts {
        let takes = |place: &usize| {
            let part = &parts[*place];
            part.discountable && left[*place] > 0 && discount.coupon.is_for(part.product)
        };
        let places: Vec<usize> = (0..parts.len()).filter(takes).collect();
        let base: i64 = places.iter().map(|place| left[*place]).sum();
        let off = match &discount.coupon.off {
            Off::Percent(percent) => money::part(base, *percent, WHOLE),
            Off::Amount(amount, _) => (*amount).min(base),
        };
        let (mut reached, mut given) = (0, 0);
        for place in places {
            reached += left[place];
            let share = money::part(off, reached, base) - given;
            given += share;
            left[place] -= share;
            shares[place].discounts.push((discount.id.clone(), share));
        }
    }
    for ((part, share), left) in parts.iter().zip(&mut shares).zip(left) {
        share.taxes = taxes(left, part.rates, exempt);
    }
    shares
}

fn taxes(amount: i64, rates: &[TaxRate], exempt: Option<&str>) -> Vec<Tax> {
    let reason = match exempt {
        Some("exempt") => Some("customer_exempt"),
        Some("reverse") => Some("reverse_charge"),
        _ => None,
    };
    let within: i64 = rates.iter().filter(|rate| rate.inclusive).map(|rate| rate.percentage).sum();
    let in_it = |rate: &TaxRate| money::part(amount, rate.percentage, WHOLE + within);
    let net = match reason {
        Some(_) => amount,
        None => amount - rates.iter().filter(|rate| rate.inclusive).map(in_it).sum::<i64>(),
    };
    let tax = |rate: &TaxRate| Tax {
        rate: rate.id.clone(),
        amount: match (reason, rate.inclusive) {
            (Some(_), _) => 0,
            (None, true) => in_it(rate),
            (None, false) => money::part(net, rate.percentage, WHOLE),
        },
        inclusive: rate.inclusive,
        taxable: net,
        reason: reason.unwrap_or("standard_rated").to_owned(),
    };
    rates.iter().map(tax).collect()
}

/// Stores the discounts and taxes on each line.
pub(crate) fn apply(lines: &mut [Line], discounts: &[Discount], default_rates: &[TaxRate], exempt: Option<&str>) {
    let parts: Vec<Part<'_>> = lines
        .iter()
        .map(|line| Part {
            amount: line.amount,
            product: line.price.as_ref().map(|(_, product)| product.as_str()),
            discountable: line.discountable && !line.is_proration(),
            rates: if line.tax_rates.is_empty() { default_rates } else { &line.tax_rates },
        })
        .collect();
    let all = shares(&parts, discounts, exempt);
    for (line, share) in lines.iter_mut().zip(all) {
        (line.discounts, line.taxes) = (share.discounts, share.taxes);
    }
}

/// The totals of an invoice or a page, in the currency's smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sums {
    /// The total before discounts, with inclusive taxes.
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    /// The part of `tax` that is included in the amounts.
    pub(crate) inclusive_tax: i64,
    /// All taxes.
    pub(crate) tax: i64,
}

impl Sums {
    pub(crate) fn of(lines: &[Line]) -> Self {
        let mut sums = Self::default();
        for line in lines {
            sums.add(line.amount, &line.discounts, &line.taxes);
        }
        sums
    }

    fn add(&mut self, amount: i64, discounts: &[(String, i64)], taxes: &[Tax]) {
        self.subtotal += amount;
        self.discount += discounts.iter().map(|(_, amount)| amount).sum::<i64>();
        self.tax += taxes.iter().map(|tax| tax.amount).sum::<i64>();
        self.inclusive_tax += taxes.iter().filter(|tax| tax.inclusive).map(|tax| tax.amount).sum::<i64>();
    }

    pub(crate) fn total(self) -> i64 {
        self.subtotal - self.discount + self.tax - self.inclusive_tax
    }
}

fn item_parts<'a>(subscription: &'a Subscription, items: &'a [crate::subscription::Item]) -> Vec<Part<'a>> {
    let part = |item: &'a crate::subscription::Item| Part {
        amount: item.amount(),
        product: Some(item.price.product.as_str()),
        discountable: true,
        rates: if item.tax_rates.is_empty() { &subscription.default_tax_rates } else { &item.tax_rates },
    };
    items.iter().map(part).collect()
}

/// The totals of each item for a whole period, and their sum.
pub(crate) fn by_item(subscription: &Subscription, exempt: Option<&str>) -> (Vec<Sums>, Sums) {
    let parts = item_parts(subscription, &subscription.items);
    let mut whole = Sums::default();
    let one = |(part, share): (&Part<'_>, Share)| {
        let mut sums = Sums::default();
        for sums in [&mut sums, &mut whole] {
            sums.add(part.amount, &share.discounts, &share.taxes);
        }
        sums
    };
    let each = parts.iter().zip(shares(&parts, &subscription.discounts, exempt)).map(one).collect();
    (each, whole)
}

/// The totals of a subscription for a whole period, without usage.
pub(crate) fn period(subscription: &Subscription, exempt: Option<&str>) -> Sums {
    by_item(subscription, exempt).1
}

/// The amount of each item for a whole period, after discounts and before taxes; prorations are parts of it.
pub(crate) fn nets(
    subscription: &Subscription,
    items: &[crate::subscription::Item],
    discounts: &[Discount],
) -> Vec<i64> {
    let parts = item_parts(subscription, items);
    let all = shares(&parts, discounts, None);
    let net =
        |(part, share): (&Part<'_>, &Share)| part.amount - share.discounts.iter().map(|(_, off)| off).sum::<i64>();
    parts.iter().zip(&all).map(net).collect()
}

/// The total of each discount, in the order of first occurrence.
pub(crate) fn discount_amounts(lines: &[Line]) -> Value {
    let mut sums: Vec<(&str, i64)> = Vec::new();
    for (id, amount) in lines.iter().flat_map(|line| &line.discounts) {
        match sums.iter_mut().find(|(known, _)| known == id) {
            Some((_, sum)) => *sum += amount,
            None => sums.push((id, *amount)),
        }
    }
    sums.into_iter().map(|(id, amount)| json!({ "amount": amount, "discount": id })).collect()
}

/// The total of each tax rate, in the order of first occurrence.
pub(crate) fn tax_amounts(lines: &[Line]) -> Vec<Tax> {
    let mut sums: Vec<Tax> = Vec::new();
    for tax in lines.iter().flat_map(|line| &line.taxes) {
        match sums.iter_mut().find(|known| known.rate == tax.rate) {
            Some(sum) => {
                sum.amount += tax.amount;
                sum.taxable += tax.taxable;
            }
            None => sums.push(tax.clone()),
        }
    }
    sums
}

/// The inclusive taxes of the amounts before discounts.
pub(crate) fn subtotal_tax(lines: &[Line], default_rates: &[TaxRate], exempt: Option<&str>) -> i64 {
    let of = |line: &Line| {
        let rates = if line.tax_rates.is_empty() { default_rates } else { &line.tax_rates };
        taxes(line.amount, rates, exempt).iter().filter(|tax| tax.inclusive).map(|tax| tax.amount).sum::<i64>()
    };
    lines.iter().map(of).sum()
}
