//! Customers, subscriptions, invoices, and Stripe's pages for customers.

use std::fmt::Write as _;

use super::{
    Client,
    error::Result,
    form::Form,
    object::{
        CheckoutSession, Customer, Deleted, Invoice, InvoicePayment, Metadata, Page, PaidBy, PaymentMethod,
        PortalConfiguration, PortalSession, Refund, Subscription,
    },
    request::{
        Cancellation, ItemChange, NewCheckout, NewCustomer, NewPortal, NewPreview, NewRefund, PAGE, SubscriptionUpdate,
    },
};

/// Expands the newest invoice of each subscription in a list.
const EXPANDED: [&str; 1] = ["data.latest_invoice"];
/// Expands the newest invoice of one subscription.
const EXPANDED_ONE: [&str; 1] = ["latest_invoice"];

impl Client {
    /// Creates a customer. The same key returns the same customer for a day.
    pub async fn customer_create(&self, customer: &NewCustomer, idempotency_key: &str) -> Result<Customer> {
        self.post("/v1/customers", &customer.form(), Some(idempotency_key)).await
    }

    /// The customer, including a [deleted](Customer::deleted) one; none if there never was one.
    pub async fn customer_get(&self, id: &str) -> Result<Option<Customer>> {
        self.find(&path("customers", id), &Form::new()).await
    }

    /// Updates the name or address of a customer.
    pub async fn customer_update(&self, id: &str, name: Option<&str>, email: Option<&str>) -> Result<Customer> {
        let form = Form::new().with_some("name", name).with_some("email", email);
        self.post(&path("customers", id), &form, None).await
    }

    /// Deletes a customer, which cancels its subscriptions.
    pub async fn customer_delete(&self, id: &str) -> Result<Deleted> {
        self.delete(&path("customers", id), &Form::new()).await
    }

    /// All subscriptions of a customer, including ended ones, the newest first, each with its newest invoice.
    pub async fn subscription_list_of(&self, customer: &str) -> Result<Vec<Subscription>> {
        let mut all: Vec<Subscription> = Vec::new();
        loop {
            let after = all.last().map(|last| last.id.as_str());
            let form = Form::new().with("customer", customer);
            let page: Page<Subscription> = self.get("/v1/subscriptions", &subscriptions(form, after)).await?;
            let more = page.has_more && !page.data.is_empty();
            all.extend(page.data);
            if !more {
                return Ok(all);
            }
        }
    }

    /// A page of all subscriptions of the Stripe account, including ended ones, the newest first; `after` is the last
    /// id of the page before.
    pub async fn subscription_page(&self, after: Option<&str>) -> Result<Page<Subscription>> {
        self.get("/v1/subscriptions", &subscriptions(Form::new(), after)).await
    }

    /// The subscription with its newest invoice; none if there is none.
    pub async fn subscription_get(&self, id: &str) -> Result<Option<Subscription>> {
        self.find(&path("subscriptions", id), &Form::new().with_list("expand", EXPANDED_ONE)).await
    }

    /// Updates a subscription.
    pub async fn subscription_update(
        &self,
        id: &str,
        update: &SubscriptionUpdate<'_>,
        idempotency_key: Option<&str>,
    ) -> Result<Subscription> {
        let form = update.form().with_list("expand", EXPANDED_ONE);
        self.post(&path("subscriptions", id), &form, idempotency_key).await
    }

    /// Sets the quantity of an item; the rest of the period is settled with the next invoice.
    pub async fn subscription_item_quantity(&self, id: &str, item: &str, quantity: i64) -> Result<Subscription> {
        let change = ItemChange { id: item, price: None, quantity: Some(quantity) };
        let update = SubscriptionUpdate { items: vec![change], ..SubscriptionUpdate::default() };
        self.subscription_update(id, &update, None).await
    }

    /// Cancels a subscription at once. `not_found` if it has ended.
    pub async fn subscription_cancel(&self, id: &str, cancellation: Cancellation<'_>) -> Result<Subscription> {
        self.delete(&path("subscriptions", id), &cancellation.form().with_list("expand", EXPANDED_ONE)).await
    }

    /// Resumes a subscription whose status is `paused`; a new period begins now, and is paid.
    pub async fn subscription_resume(&self, id: &str, idempotency_key: Option<&str>) -> Result<Subscription> {
        let form = Form::new().with_list("expand", EXPANDED_ONE);
        self.post(&format!("{}/resume", path("subscriptions", id)), &form, idempotency_key).await
    }

    /// Creates a checkout page.
    pub async fn checkout_create(
        &self,
        checkout: &NewCheckout<'_>,
        idempotency_key: Option<&str>,
    ) -> Result<CheckoutSession> {
        self.post("/v1/checkout/sessions", &checkout.form(), idempotency_key).await
    }

    /// The checkout page; none if there is none.
    pub async fn checkout_get(&self, id: &str) -> Result<Option<CheckoutSession>> {
        self.find(&path("checkout/sessions", id), &Form::new()).await
    }

    /// The open checkout pages of a customer, the newest first, 100 at most.
    pub async fn checkout_list_open(&self, customer: &str) -> Result<Vec<CheckoutSession>> {
        let form = Form::new().with("customer", customer).with("status", "open").with("limit", PAGE);
        self.get::<Page<CheckoutSession>>("/v1/checkout/sessions", &form).await.map(|page| page.data)
    }

    /// Closes an unpaid checkout page.
    pub async fn checkout_expire(&self, id: &str) -> Result<CheckoutSession> {
        self.post(&format!("{}/expire", path("checkout/sessions", id)), &Form::new(), None).await
    }

    /// Creates a portal page, where a customer manages card and invoices.
    pub async fn portal_create(&self, portal: &NewPortal<'_>) -> Result<PortalSession> {
        self.post("/v1/billing_portal/sessions", &portal.form(), None).await
    }

    /// The portal configurations, 100 at most.
    pub async fn portal_configuration_list(&self) -> Result<Vec<PortalConfiguration>> {
        let form = Form::new().with("active", true).with("limit", PAGE);
        let page: Page<PortalConfiguration> = self.get("/v1/billing_portal/configurations", &form).await?;
        Ok(page.data)
    }

    /// Creates a portal configuration that offers card, addresses, invoices and cancelling with the period, marked with
    /// this metadata.
    pub async fn portal_configuration_create(&self, metadata: Metadata) -> Result<PortalConfiguration> {
        let form = Form::new()
            .with("features[customer_update][enabled]", true)
            .with_list("features[customer_update][allowed_updates]", ["name", "email", "address", "tax_id"])
            .with("features[invoice_history][enabled]", true)
            .with("features[payment_method_update][enabled]", true)
            .with("features[subscription_cancel][enabled]", true)
            .with("features[subscription_cancel][mode]", "at_period_end")
            .with_metadata(metadata.iter().map(|(key, value)| (key.as_str(), value.clone())));
        self.post("/v1/billing_portal/configurations", &form, None).await
    }

    /// A page of a customer's invoices with their discounts, the newest first, 1 to 100; `after` is the last id of the
    /// page before.
    pub async fn invoice_page(&self, customer: &str, limit: usize, after: Option<&str>) -> Result<Page<Invoice>> {
        let form = Form::new().with("customer", customer).with("limit", limit).with_some("starting_after", after);
        let form = form.with_list("expand", ["data.discounts.source.coupon"]);
        self.get("/v1/invoices", &form).await
    }

    /// The invoices of a subscription that are finalized and not paid, the newest first, 100 at most.
    pub async fn invoice_list_open(&self, subscription: &str) -> Result<Vec<Invoice>> {
        let form = Form::new().with("subscription", subscription).with("status", "open").with("limit", PAGE);
        self.get::<Page<Invoice>>("/v1/invoices", &form).await.map(|page| page.data)
    }

    /// All invoices of a subscription, the newest first.
    pub async fn invoice_list_of(&self, subscription: &str) -> Result<Vec<Invoice>> {
        let mut all: Vec<Invoice> = Vec::new();
        loop {
            let after = all.last().map(|last| last.id.as_str());
            let form =
                Form::new().with("subscription", subscription).with("limit", PAGE).with_some("starting_after", after);
            let page: Page<Invoice> = self.get("/v1/invoices", &form).await?;
            let more = page.has_more && !page.data.is_empty();
            all.extend(page.data);
            if !more {
                return Ok(all);
            }
        }
    }

    /// Voids an open invoice, so that it cannot be paid any more.
    pub async fn invoice_void(&self, id: &str) -> Result<Invoice> {
        self.post(&format!("{}/void", path("invoices", id)), &Form::new(), None).await
    }

    /// The payments of an invoice, 100 at most.
    pub async fn invoice_payments(&self, invoice: &str) -> Result<Vec<InvoicePayment>> {
        let form = Form::new().with("invoice", invoice).with("limit", PAGE);
        self.get::<Page<InvoicePayment>>("/v1/invoice_payments", &form).await.map(|page| page.data)
    }

    /// The refunds of a payment, 100 at most.
    pub async fn refund_list(&self, by: &PaidBy) -> Result<Vec<Refund>> {
        let form = Form::new()
            .with_some("payment_intent", by.payment_intent.as_ref())
            .with_some("charge", by.charge.as_ref().filter(|_| by.payment_intent.is_none()))
            .with("limit", PAGE);
        self.get::<Page<Refund>>("/v1/refunds", &form).await.map(|page| page.data)
    }

    /// Creates a refund. The same key refunds once.
    pub async fn refund_create(&self, refund: &NewRefund<'_>, idempotency_key: &str) -> Result<Refund> {
        self.post("/v1/refunds", &refund.form(), Some(idempotency_key)).await
    }

    /// The cards of a customer, 100 at most.
    pub async fn card_list(&self, customer: &str) -> Result<Vec<PaymentMethod>> {
        let form = Form::new().with("customer", customer).with("type", "card").with("limit", PAGE);
        self.get::<Page<PaymentMethod>>("/v1/payment_methods", &form).await.map(|page| page.data)
    }

    /// Previews the invoice that a change would create at once, or else the next one after it; none if there will be
    /// none.
    pub async fn invoice_preview(&self, preview: &NewPreview<'_>) -> Result<Option<Invoice>> {
        let form = preview.form().with_list("expand", ["discounts.source.coupon"]);
        match self.post("/v1/invoices/create_preview", &form, None).await {
            Ok(invoice) => Ok(Some(invoice)),
            Err(error) if error.code() == Some("invoice_upcoming_none") => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn subscriptions(form: Form, after: Option<&str>) -> Form {
    form.with("status", "all").with("limit", PAGE).with_some("starting_after", after).with_list("expand", EXPANDED)
}

/// The path of one object. The id may come from a user, so it is escaped: it cannot lead to another path.
pub(super) fn path(noun: &str, id: &str) -> String {
    let mut path = format!("/v1/{noun}/");
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' {
            path.push(char::from(byte));
        } else {
            // Writing to a string never fails.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_part_of_the_path() {
        assert_eq!(path("customers", "cus_1"), "/v1/customers/cus_1");
        assert_eq!(path("customers", "../prices?a=b#é"), "/v1/customers/%2E%2E%2Fprices%3Fa%3Db%23%C3%A9");
    }
}
