//! Creating an invoice: from lines to a draft, and from a draft to an open invoice.

use crate::{
    account::{Account, Noun},
    coupon::Duration,
    customer::Customer,
    discount,
    discount::Discount,
    invoice::{Invoice, Line, Status, pay},
    invoice_item, payment_intent,
    subscription::Subscription,
};

/// Creates a draft with this id and these lines. Waiting invoice items of the customer (and the subscription) are
/// added. The caller provides the id, so that a subscription can refer to its invoice before the invoice's event.
pub(crate) fn draft(
    account: &mut Account,
    id: &str,
    customer: &str,
    subscription: Option<&Subscription>,
    reason: &str,
    lines: Vec<Line>,
) {
    let token = account.random.letters(32);
    let owner = account.customers.get(customer).cloned().unwrap_or_default();
    let mut lines = lines;
    lines.extend(invoice_item::waiting_take(account, customer, subscription.map(|each| each.id.as_str()), id));
    let now = account.now;
    let start = lines.iter().map(|line| line.period.0).min().unwrap_or(now);
    let sends = subscription.and_then(|subscription| subscription.days_until_due);
    let currency =
        subscription.map(|each| each.currency.clone()).or_else(|| lines.first().map(|line| line.currency.clone()));
    let mut invoice = Invoice {
        id: id.to_owned(),
        created: now,
        attempt_count: 0,
        auto_advance: true,
        finalizes_at: Some(now + account.billing.draft_seconds),
        billing_reason: reason.to_owned(),
        sends: sends.is_some(),
        currency: currency.or(owner.currency).unwrap_or_else(|| "usd".to_owned()),
        customer: customer.to_owned(),
        customer_email: owner.email,
        customer_name: owner.name,
        default_payment_method: None,
        description: None,
        due_date: sends.map(|days| now + days * 86_400),
        overdue: false,
        starting_balance: owner.balance,
        ending_balance: None,
        amount_paid: 0,
        lines,
        metadata: serde_json::Map::new(),
        next_payment_attempt: sends.is_none().then_some(now + account.billing.draft_seconds),
        number: None,
        subscription: subscription.map(|subscription| subscription.id.clone()),
        subscription_metadata: subscription.map(|subscription| subscription.metadata.clone()).unwrap_or_default(),
        payment_intent: None,
        period: (start.min(now), now),
        credited_before: 0,
        credited_after: 0,
        status: Status::Draft,
        finalized_at: None,
        paid_at: None,
        uncollectible_at: None,
        voided_at: None,
        test_clock: owner.test_clock,
        path: format!("/i/{}/{token}", account.id),
        base_url: account.base_url.clone(),
        discounts: subscription.map(|each| on(each, now)).unwrap_or_default(),
        default_tax_rates: subscription.map(|each| each.default_tax_rates.clone()).unwrap_or_default(),
        tax_exempt: owner.tax_exempt,
        shown_as_given: serde_json::Map::new(),
    };
    invoice.recompute();
    account.add("invoice.created", invoice);
}

fn on(subscription: &Subscription, now: i64) -> Vec<Discount> {
    subscription.discounts.iter().filter(|discount| discount.is_on(now)).cloned().collect()
}

/// Ends a discount for one invoice once it has been applied to one.
fn discounts_use_up(account: &mut Account, invoice: &Invoice) {
    let Some(subscription) = &invoice.subscription else { return };
    let took = |discount: &Discount| {
        let amounts = invoice.lines.iter().flat_map(|line| &line.discounts);
        amounts.filter(|(id, _)| *id == discount.id).any(|(_, amount)| *amount > 0)
    };
    discount::end(account, subscription, |discount| discount.coupon.duration == Duration::Once && took(discount));
}

/// Finalizes an invoice: gives it its number, uses the customer's balance, and opens it. An invoice over zero is paid
/// at once.
pub(crate) fn finalize(account: &mut Account, id: &str) {
    let Some(invoice) = account.invoices.get(id).filter(|invoice| invoice.status == Status::Draft).cloned() else {
        return;
    };
    if account.preview {
        return;
    }
    let Some(customer) = account.customers.get(&invoice.customer).cloned() else { return };
    let number = format!("{}-{:04}", customer.invoice_prefix, customer.next_invoice);
    let balance = customer.balance;
    let ending = (invoice.total() + balance).min(0);
    let due = (invoice.total() + balance).max(0);
    account.change_quietly(&customer.id, |customer: &mut Customer| customer.next_invoice += 1);
    if ending != balance || customer.currency.is_none() {
        account.change(&customer.id, |customer: &mut Customer| {
            customer.balance = ending;
            customer.currency = Some(invoice.currency.clone());
        });
    }
    let intent = (due > 0).then(|| payment_intent::open(account, due, &invoice.currency, Some(&customer.id), Some(id)));
    let now = account.now;
    account.change_quietly(id, |invoice: &mut Invoice| {
        invoice.status = Status::Open;
        invoice.number = Some(number);
        invoice.starting_balance = balance;
        invoice.ending_balance = Some(ending);
        invoice.finalizes_at = None;
        // The collection sets the time of the next attempt.
        invoice.next_payment_attempt = None;
        invoice.finalized_at = Some(now);
        invoice.payment_intent = intent;
        invoice.due_date = invoice.due_date.or_else(|| invoice.sends.then_some(now + 30 * 86_400));
    });
    let json = account.invoices.get(id).map(Noun::json).unwrap_or_default();
    account.emit("invoice.finalized", json.clone(), None);
    discounts_use_up(account, &invoice);
    if due == 0 {
        pay::settle(account, id, 0);
    } else if invoice.sends {
        account.emit("invoice.sent", json, None);
    }
}
