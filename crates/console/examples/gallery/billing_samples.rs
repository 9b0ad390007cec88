//! The billing pages with sample data.

use freehold_console::{
    BillingAccount, BillingButton, BillingConfirmPage, BillingContent, BillingCost, BillingInvoice, BillingLeavePage,
    BillingNextPayment, BillingPage, BillingPlan, PayBy, StripeAccountPage, StripeEventLine, StripeEventPage,
    StripeInboxPage,
};

use freehold_pages::{Banner, Progress, Tone};

use crate::{
    page_samples::{bare, shell},
    samples::plans,
};

/// The page of an organization that pays and is over its limits.
pub(crate) fn paying() -> BillingPage {
    let banner = |tone, title: &str, text: &str, link: Option<(&str, &str)>| Banner {
        tone,
        title: title.to_owned(),
        text: text.to_owned(),
        link: link.map(|(label, to)| (label.to_owned(), to.to_owned())),
    };
    let banners = vec![
        banner(
            Tone::Warn,
            "A payment did not go through",
            "Everything works until 28 November 2026. After that the organization is read-only.",
            Some(("Pay now", "http://127.0.0.1:12111/i/acct_1/in_1")),
        ),
        banner(
            Tone::Warn,
            "Over the limits of the Starter plan: workflows",
            "Nothing is deleted, but you cannot add more until usage is below the limit.",
            None,
        ),
    ];
    let sentence = "Riverside Dental is on the Starter plan, paid monthly. The next payment is on 21 December 2026.";
    account(BillingAccount { banners, sentence: sentence.to_owned(), ..filled() })
}

/// The page of a member who may change nothing, in an organization that is read-only.
pub(crate) fn looking() -> BillingPage {
    let banners = vec![Banner {
        tone: Tone::Bad,
        title: "The trial has ended".to_owned(),
        text:
            "You can read everything, but change nothing. Choosing a plan restores full access at once. Everything is \
               kept until 21 December 2026, then archived."
                .to_owned(),
        link: None,
    }];
    let mut seen = filled();
    for plan in &mut seen.plans {
        (plan.button, plan.note) = (None, None);
    }
    let mut page = account(BillingAccount {
        sentence: "Riverside Dental is read-only at the moment.".to_owned(),
        banners,
        may_change: false,
        can_cancel: false,
        has_portal: false,
        invoices: None,
        ..seen
    });
    if let Some(viewer) = &mut page.shell.viewer {
        viewer.organizations.truncate(1);
    }
    page
}

/// The page of a user who comes back from paying.
pub(crate) fn arriving() -> BillingPage {
    let banners = vec![Banner {
        tone: Tone::Good,
        title: "Thank you, your payment has arrived".to_owned(),
        text: "The new limits apply now.".to_owned(),
        link: None,
    }];
    account(BillingAccount { banners, can_cancel: false, can_resume: true, ..filled() })
}

/// The page of a server without billing.
pub(crate) fn off() -> BillingPage {
    BillingPage { shell: bare(), content: BillingContent::Off }
}

fn account(account: BillingAccount) -> BillingPage {
    BillingPage { shell: shell("/billing"), content: BillingContent::Account(Box::new(account)) }
}

fn next_payment() -> BillingNextPayment {
    BillingNextPayment {
        date: "21 December 2026".to_owned(),
        parts: vec![
            ("Subtotal".to_owned(), "$29".to_owned()),
            ("Spring (20% off), until 1 March 2027".to_owned(), "-$5.80".to_owned()),
            ("Tax".to_owned(), "$4.41".to_owned()),
        ],
        total: "$27.61".to_owned(),
    }
}

fn filled() -> BillingAccount {
    let look = |label: &str, down| {
        let to = "/billing/change?organization=0199a1b2&plan=pro&interval=month".to_owned();
        Some(BillingButton::Look { label: label.to_owned(), to, down })
    };
    let buttons = [
        (look("Downgrade to Free", true), None),
        (None, None),
        (look("Change to Pro", false), None),
        (None, Some("Contact the operator of this server.".to_owned())),
    ];
    let plan = |(card, (button, note)): (freehold_console::PlanCard, _)| BillingPlan {
        current: card.id == "starter",
        chosen: card.id == "pro",
        card,
        per_member: false,
        button,
        note,
    };
    let usage = |name: &str, used, limit, again: Option<&str>| Progress {
        name: name.to_owned(),
        used,
        limit,
        resets_on: again.map(str::to_owned),
    };
    let invoice = |number: &str, date: &str, status: &str| BillingInvoice {
        number: number.to_owned(),
        date: date.to_owned(),
        amount: "$27.61".to_owned(),
        details: "Spring (20% off), $4.41 tax".to_owned(),
        status: status.to_owned(),
        page: Some("http://127.0.0.1:12111/i/acct_1/in_1".to_owned()),
        pdf: Some("http://127.0.0.1:12111/i/acct_1/in_1/pdf".to_owned()),
    };
    BillingAccount {
        sentence: "Riverside Dental is on the Starter plan, paid monthly. The subscription ends on 21 December 2026."
            .to_owned(),
        banners: Vec::new(),
        may_change: true,
        usage: vec![
            usage("workflows", 7, Some(5), None),
            usage("calls", 412, Some(500), Some("1 December 2026")),
            usage("campaigns", 0, Some(0), None),
        ],
        plans: plans().plans.into_iter().zip(buttons).map(plan).collect(),
        pay_by: Some(PayBy::Month),
        can_cancel: true,
        can_resume: false,
        has_portal: true,
        next_payment: Some(next_payment()),
        invoices: Some(vec![
            invoice("F00D-0002", "21 November 2026", "open"),
            invoice("F00D-0001", "21 October 2026", "paid"),
        ]),
        again: None,
    }
}

/// The page that asks before the plan changes.
pub(crate) fn change() -> BillingConfirmPage {
    let cost = |what: &str, amount: &str, note: &str| BillingCost {
        what: what.to_owned(),
        amount: amount.to_owned(),
        note: note.to_owned(),
    };
    BillingConfirmPage {
        shell: shell("/billing"),
        title: "Change to Pro?".to_owned(),
        sentences: vec!["The limits of the new plan apply at once.".to_owned()],
        costs: vec![
            cost(
                "Now",
                "$46.67",
                "the new price for the days that are left, minus what you have already paid for them",
            ),
            cost("Then", "$99", "every month, next on 21 December 2026"),
        ],
        trouble: None,
        action: Some("/billing/change".to_owned()),
        fields: vec![("plan".to_owned(), "pro".to_owned())],
        button: "Pay $46.67 and change to Pro".to_owned(),
        grave: false,
        other: None,
        back: "/billing".to_owned(),
    }
}

/// The page that asks before the subscription ends.
pub(crate) fn cancel() -> BillingConfirmPage {
    BillingConfirmPage {
        title: "Cancel the subscription?".to_owned(),
        sentences: vec![
            "Nothing changes until 21 December 2026, and there are no further payments.".to_owned(),
            "After that the organization is on the Free plan. Nothing is deleted, but you cannot add more while usage is \
             over its limits."
                .to_owned(),
        ],
        costs: Vec::new(),
        action: Some("/billing/cancel".to_owned()),
        button: "End the subscription on 21 December 2026".to_owned(),
        grave: true,
        other: Some(("at".to_owned(), "now".to_owned(), "End it now, without a refund".to_owned())),
        ..change()
    }
}

/// The page that leads to Stripe.
pub(crate) fn leave() -> BillingLeavePage {
    let to = "http://127.0.0.1:12111/c/pay/cs_test_a1".to_owned();
    BillingLeavePage { shell: shell("/billing"), title: "Opening the payment page".to_owned(), to }
}

/// The events that Stripe sent.
pub(crate) fn inbox(rows: usize) -> StripeInboxPage {
    let kinds =
        [("customer.subscription.updated", "waiting"), ("invoice.paid", "done"), ("invoice.payment_failed", "failed")];
    let events = kinds.into_iter().cycle().take(rows).enumerate();
    let events = events.map(|(index, (kind, state))| line(kind, state, i32::from(index % 4 == 1) + 1));
    StripeInboxPage { shell: bare(), state: None, events: events.collect(), next: Some(4), off: false }
}

fn line(kind: &str, state: &str, times: i32) -> StripeEventLine {
    StripeEventLine {
        id: "evt_1SWfq2LkdIwHu7ixRS0vXu8Z".to_owned(),
        kind: kind.to_owned(),
        state: state.to_owned(),
        received_at: "2026-11-21T17:12:09Z".to_owned(),
        times,
        customer: Some("cus_TTcU6u5fZ3pQ1a".to_owned()),
    }
}

/// One event.
pub(crate) fn event() -> StripeEventPage {
    StripeEventPage {
        shell: bare(),
        event: line("customer.subscription.updated", "failed", 3),
        created_at: "2026-11-21T17:12:08Z".to_owned(),
        processed_at: Some("2026-11-21T17:20:00Z".to_owned()),
        note: Some("The service is temporarily unavailable.".to_owned()),
        object: Some("sub_1SWfq2LkdIwHu7ix".to_owned()),
        tenant: Some("0199a1b2-0000-7000-8000-000000000001".to_owned()),
        payload: "{\n  \"id\": \"evt_1SWfq2LkdIwHu7ixRS0vXu8Z\",\n  \"type\": \"customer.subscription.updated\"\n}"
            .to_owned(),
        replayed: true,
    }
}

/// The billing account of an organization.
pub(crate) fn stripe_account() -> StripeAccountPage {
    let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    StripeAccountPage {
        shell: bare(),
        tenant: "0199a1b2-0000-7000-8000-000000000001".to_owned(),
        facts: vec![
            fact("State", "past_due"),
            fact("Since", "21 November 2026, 17:12 UTC"),
            fact("Customer at Stripe", "cus_TTc"),
        ],
    }
}
