//! What is taken off amounts and what is added to them: discounts, then taxes, line by line and to the unit of currency.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{coupon::Off, discount::Discount, invoice::Line, money, subscription::Subscription, tax_rate::TaxRate};

/// 100 % in ten thousandths of a percent.
const WHOLE: i64 = 1_000_000;

/// A tax on a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tax {
    pub(crate) rate: String,
    pub(crate) amount: i64,
    /// It is in the amount already.
    pub(crate) inclusive: bool,
    /// What it is a percentage of.
    taxable: i64,
    reason: String,
}

impl Tax {
    pub(crate) fn json(&self) -> Value {
        json!({
            "amount": self.amount,
            "tax_behavior": if self.inclusive { "inclusive" } else { "exclusive" },
            "tax_rate_details": { "tax_rate": self.rate },
            "taxability_reason": self.reason,
            "taxable_amount": self.taxable,
            "type": "tax_rate_details",
        })
    }
}

/// An amount, and what counts for what is taken off it and added to it.
struct Part<'a> {
    amount: i64,
    product: Option<&'a str>,
    discountable: bool,
    rates: &'a [TaxRate],
}

/// What is taken off a part and added to it.
#[derive(Clone, Debug, Default)]
struct Share {
    /// Id of the discount and amount.
    discounts: Vec<(String, i64)>,
    taxes: Vec<Tax>,
}

/// Discounts in their order, each on what the ones before it left; taxes on what is left then. Each is rounded once for
/// a line, halves away from zero, and shared out so that the lines add up to the whole.
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

/// Writes down on each line what is taken off it and added to it.
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

/// What an invoice or a page adds up to, in the currency's smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sums {
    /// Before discounts; taxes that are in the amounts are in it.
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    /// Of these taxes, those that are in the amounts already.
    pub(crate) inclusive_tax: i64,
    /// All of it.
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

/// What each item costs for a whole period, and all of them.
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

/// What a whole period of a subscription costs, usage apart.
pub(crate) fn period(subscription: &Subscription, exempt: Option<&str>) -> Sums {
    by_item(subscription, exempt).1
}

/// What each of these items costs for a whole period after discounts and before taxes: what prorations are parts of.
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

/// Amounts of the same discount, in the order in which they were met.
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

/// Taxes of the same rate, in the order in which they were met.
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
