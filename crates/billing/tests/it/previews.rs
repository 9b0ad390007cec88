//! What is said to cost something costs that.

use freehold_billing::stripe::{
    object::{Invoice, Price},
    request::{ItemChange, NewPreview, Proration, SubscriptionUpdate},
};

use crate::lab::Lab;

fn lines(invoice: &Invoice) -> Vec<(i64, Option<i64>, bool)> {
    invoice.lines.iter().map(|line| (line.amount, line.period.map(|period| period.start), line.proration)).collect()
}

/// The preview of a change at once, and the invoice that the change then makes.
async fn both(lab: &Lab, days: i64, before: &Price, after: &Price) -> (Invoice, Invoice) {
    let customer = lab.customer("pm_card_visa").await;
    let made = lab.subscribe(&customer, before).await;
    lab.advance(days);
    let update = SubscriptionUpdate {
        items: vec![ItemChange { id: &made.items[0].id, price: Some(&after.id), quantity: Some(1) }],
        proration: Some(Proration::AtOnce),
        proration_date: Some(lab.clock.now().as_second()),
        only_if_paid: true,
        ..SubscriptionUpdate::default()
    };
    let preview = NewPreview { subscription: &made.id, update: update.clone(), recurring: false };
    let said = lab.client.invoice_preview(&preview).await.unwrap().unwrap();
    assert_eq!(lab.client.subscription_get(&made.id).await.unwrap().unwrap().items[0].price.id, before.id);
    let changed = lab.client.subscription_update(&made.id, &update, None).await.unwrap();
    let invoice = changed.invoice().unwrap();
    assert_eq!(invoice.status.as_deref(), Some("paid"));
    (said, invoice.clone())
}

#[tokio::test]
async fn an_upgrade_costs_what_its_preview_said() {
    let lab = Lab::start(31);
    let (starter, pro) = (lab.price("starter", 2900, "month").await, lab.price("pro", 9900, "month").await);
    let (said, done) = both(&lab, 10, &starter, &pro).await;
    assert_eq!((said.total, said.amount_due), (done.total, done.amount_due));
    assert_eq!(lines(&said), lines(&done));
    assert!(done.total > 0 && done.total < 7000, "a part of the month is left: {}", done.total);
    assert_eq!(said.lines.iter().filter(|line| line.proration).count(), 2);
}

#[tokio::test]
async fn another_interval_costs_what_its_preview_said() {
    let lab = Lab::start(32);
    let month = lab.price("starter_month", 2900, "month").await;
    let year = lab.price("starter_year", 29_000, "year").await;
    let (said, done) = both(&lab, 15, &month, &year).await;
    assert_eq!((said.total, said.amount_due), (done.total, done.amount_due));
    assert_eq!(lines(&said), lines(&done));
    assert_eq!(done.lines.iter().filter(|line| !line.proration).map(|line| line.amount).sum::<i64>(), 29_000);
}

#[tokio::test]
async fn a_downgrade_costs_nothing_now_and_shows_on_the_next_invoice() {
    let lab = Lab::start(33);
    let customer = lab.customer("pm_card_visa").await;
    let (pro, starter) = (lab.price("pro", 9900, "month").await, lab.price("starter", 2900, "month").await);
    let made = lab.subscribe(&customer, &pro).await;
    lab.advance(10);
    let update = SubscriptionUpdate {
        items: vec![ItemChange { id: &made.items[0].id, price: Some(&starter.id), quantity: Some(1) }],
        proration: Some(Proration::NextInvoice),
        proration_date: Some(lab.clock.now().as_second()),
        ..SubscriptionUpdate::default()
    };
    let preview = NewPreview { subscription: &made.id, update: update.clone(), recurring: false };
    let said = lab.client.invoice_preview(&preview).await.unwrap().unwrap();
    let changed = lab.client.subscription_update(&made.id, &update, None).await.unwrap();
    assert_eq!(changed.invoice().map(|invoice| &invoice.id), made.invoice().map(|invoice| &invoice.id));
    lab.advance(30);
    let next = lab.client.subscription_get(&made.id).await.unwrap().unwrap().invoice().unwrap().clone();
    assert_eq!((said.total, said.amount_due), (next.total, next.amount_due));
    assert!(next.total < 2900, "what was paid too much is taken off: {}", next.total);
    let none = NewPreview {
        subscription: &made.id,
        update: SubscriptionUpdate { cancel_at_period_end: Some(true), ..SubscriptionUpdate::default() },
        recurring: false,
    };
    assert_eq!(lab.client.invoice_preview(&none).await.unwrap(), None);
}
