//! An account: everything that belongs to one `sk_test_…` key, and how a change becomes an event.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    charge::Charge,
    checkout::Session,
    clock::TestClock,
    coupon::Coupon,
    credit_note::CreditNote,
    customer::Customer,
    delivery::Queue,
    discount::Discount,
    endpoint::Endpoint,
    error::{Result, StripeError},
    event::{Event, RequestRef},
    idempotency::Kept,
    invoice::Invoice,
    invoice_item::InvoiceItem,
    knob::{Billing, Chaos, Trouble},
    meter::{Meter, MeterEvent},
    payment_intent::PaymentIntent,
    payment_method::PaymentMethod,
    portal::{Configuration, PortalSession},
    price::Price,
    product::Product,
    promotion_code::PromotionCode,
    random::Random,
    refund::Refund,
    schedule::Schedule,
    setup_intent::SetupIntent,
    subscription::Subscription,
    table::{Row, Table},
    tax_rate::TaxRate,
};

/// The objects of one account. A request locks the account for all of its work.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    /// Id of the account: `acct_…`.
    pub(crate) id: String,
    pub(crate) key: String,
    /// The time of the sandbox's clock, in seconds since 1970.
    pub(crate) sandbox_now: i64,
    /// The same in milliseconds, for deliveries.
    pub(crate) sandbox_ms: i64,
    /// The time of the present operation, in seconds since 1970: that of the sandbox's clock, or of the customer's test
    /// clock.
    pub(crate) now: i64,
    /// The base URL of the hosted pages for browsers, without a slash at the end.
    pub(crate) base_url: String,
    /// The second of the sandbox's clock up to which everything due has been done; none: something has changed since.
    #[serde(skip)]
    pub(crate) settled: Option<i64>,
    #[serde(skip)]
    pub(crate) request: Option<RequestRef>,
    /// Whether a preview is computed: invoices stay drafts and nothing is charged.
    #[serde(skip)]
    pub(crate) preview: bool,
    /// Whether there are changes that are not in the data file yet.
    #[serde(skip)]
    pub(crate) unsaved: bool,
    pub(crate) random: Random,
    pub(crate) dice: Random,

    pub(crate) charges: Table<Charge>,
    pub(crate) clocks: Table<TestClock>,
    pub(crate) configurations: Table<Configuration>,
    pub(crate) credit_notes: Table<CreditNote>,
    pub(crate) customers: Table<Customer>,
    pub(crate) endpoints: Table<Endpoint>,
    pub(crate) events: Table<Event>,
    pub(crate) invoice_items: Table<InvoiceItem>,
    pub(crate) invoices: Table<Invoice>,
    pub(crate) meter_events: Vec<MeterEvent>,
    pub(crate) meters: Table<Meter>,
    pub(crate) payment_intents: Table<PaymentIntent>,
    pub(crate) payment_methods: Table<PaymentMethod>,
    pub(crate) portal_sessions: Table<PortalSession>,
    pub(crate) prices: Table<Price>,
    pub(crate) products: Table<Product>,
    pub(crate) refunds: Table<Refund>,
    pub(crate) sessions: Table<Session>,
    pub(crate) setup_intents: Table<SetupIntent>,
    pub(crate) subscriptions: Table<Subscription>,

    #[serde(default)]
    pub(crate) schedules: Table<Schedule>,
    #[serde(default)]
    pub(crate) coupons: Table<Coupon>,
    #[serde(default)]
    pub(crate) discounts: Table<Discount>,
    #[serde(default)]
    pub(crate) promotion_codes: Table<PromotionCode>,
    #[serde(default)]
    pub(crate) tax_rates: Table<TaxRate>,
    pub(crate) billing: Billing,
    pub(crate) chaos: Chaos,
    pub(crate) trouble: Trouble,
    pub(crate) queue: Queue,
    pub(crate) kept: HashMap<String, Kept>,
}

/// A type of object with an id, a table in the account and a JSON form.
pub(crate) trait Noun: Clone + Row {
    /// The name in error messages, as in "No such customer".
    const WHAT: &'static str;
    /// The event type for a change of such an object; empty: there is none.
    const UPDATED: &'static str;
    fn table(account: &Account) -> &Table<Self>;
    fn table_mut(account: &mut Account) -> &mut Table<Self>;
    /// When the object was created, in seconds since 1970.
    fn created(&self) -> i64;
    /// The JSON of the API, with nothing expanded.
    fn json(&self) -> Value;
}

/// Implements [`Noun`] for a type with the fields `id` and `created` and a method `json`, and names its table.
macro_rules! noun {
    ($type:ty, $table:ident, $what:literal, $updated:literal) => {
        impl Row for $type {
            fn id(&self) -> &str {
                &self.id
            }
        }

        impl Noun for $type {
            const WHAT: &'static str = $what;
            const UPDATED: &'static str = $updated;
            fn table(account: &Account) -> &Table<Self> {
                &account.$table
            }
            fn table_mut(account: &mut Account) -> &mut Table<Self> {
                account.unsaved = true;
                &mut account.$table
            }
            fn created(&self) -> i64 {
                self.created
            }
            fn json(&self) -> Value {
                self.to_json()
            }
        }
    };
}

noun!(Charge, charges, "charge", "charge.updated");
noun!(TestClock, clocks, "test_clock", "");
noun!(Coupon, coupons, "coupon", "coupon.updated");
noun!(CreditNote, credit_notes, "credit_note", "credit_note.updated");
noun!(Customer, customers, "customer", "customer.updated");
noun!(Discount, discounts, "discount", "");
noun!(Endpoint, endpoints, "webhook endpoint", "");
noun!(Event, events, "event", "");
noun!(Invoice, invoices, "invoice", "invoice.updated");
noun!(InvoiceItem, invoice_items, "invoiceitem", "");
noun!(Meter, meters, "meter", "billing.meter.updated");
noun!(PaymentIntent, payment_intents, "payment_intent", "");
noun!(PaymentMethod, payment_methods, "PaymentMethod", "payment_method.updated");
noun!(Configuration, configurations, "configuration", "billing_portal.configuration.updated");
noun!(PortalSession, portal_sessions, "billing portal session", "");
noun!(Price, prices, "price", "price.updated");
noun!(Product, products, "product", "product.updated");
noun!(PromotionCode, promotion_codes, "promotion code", "promotion_code.updated");
noun!(Refund, refunds, "refund", "refund.updated");
noun!(Schedule, schedules, "subscription_schedule", "subscription_schedule.updated");
noun!(SetupIntent, setup_intents, "setupintent", "");
noun!(Subscription, subscriptions, "subscription", "customer.subscription.updated");
noun!(TaxRate, tax_rates, "tax rate", "tax_rate.updated");
noun!(Session, sessions, "checkout.session", "");

impl Account {
    /// An empty account for a key.
    pub(crate) fn new(key: &str, seed: u64) -> Self {
        let mut random = Random::named(seed, key);
        Self {
            id: format!("acct_{}", random.letters(16)),
            key: key.to_owned(),
            sandbox_now: 0,
            sandbox_ms: 0,
            now: 0,
            base_url: String::new(),
            settled: None,
            request: None,
            preview: false,
            unsaved: true,
            dice: Random::named(seed.wrapping_add(1), key),
            random,
            charges: Table::default(),
            clocks: Table::default(),
            configurations: Table::default(),
            credit_notes: Table::default(),
            customers: Table::default(),
            endpoints: Table::default(),
            events: Table::default(),
            invoice_items: Table::default(),
            invoices: Table::default(),
            meter_events: Vec::new(),
            meters: Table::default(),
            payment_intents: Table::default(),
            payment_methods: Table::default(),
            portal_sessions: Table::default(),
            prices: Table::default(),
            products: Table::default(),
            refunds: Table::default(),
            sessions: Table::default(),
            setup_intents: Table::default(),
            subscriptions: Table::default(),
            schedules: Table::default(),
            coupons: Table::default(),
            discounts: Table::default(),
            promotion_codes: Table::default(),
            tax_rates: Table::default(),
            billing: Billing::default(),
            chaos: Chaos::default(),
            trouble: Trouble::default(),
            queue: Queue::default(),
            kept: HashMap::new(),
        }
    }

    /// Copies the catalog and the webhook endpoints of another account.
    pub(crate) fn take_catalog(&mut self, other: &Self) {
        self.products = other.products.clone();
        self.prices = other.prices.clone();
        self.meters = other.meters.clone();
        self.coupons = other.coupons.clone();
        self.promotion_codes = other.promotion_codes.clone();
        self.tax_rates = other.tax_rates.clone();
        self.endpoints = other.endpoints.clone();
    }

    /// Switches the present time to that of this test clock, or of the sandbox if there is none.
    pub(crate) fn enter(&mut self, clock: Option<&str>) {
        let frozen = clock.and_then(|id| self.clocks.get(id)).map(|clock| clock.frozen_time);
        self.now = frozen.unwrap_or(self.sandbox_now);
    }

    /// Returns the object, or 404.
    pub(crate) fn get<T: Noun>(&self, id: &str) -> Result<&T> {
        T::table(self).get(id).ok_or_else(|| StripeError::no_such(T::WHAT, id))
    }

    /// Returns the object that a parameter names, or 400 with the name of the parameter.
    pub(crate) fn named<T: Noun>(&self, id: &str, param: &str) -> Result<&T> {
        T::table(self).get(id).ok_or_else(|| StripeError::no_such(T::WHAT, id).of_status(400).at(param))
    }

    /// Refuses a list of objects of a customer who does not exist.
    pub(crate) fn customer_check(&self, id: Option<&str>) -> Result<()> {
        id.map_or(Ok(()), |id| self.named::<Customer>(id, "customer").map(|_| ()))
    }

    /// Stores a new object and publishes the event `kind`.
    pub(crate) fn add<T: Noun>(&mut self, kind: &str, object: T) -> Value {
        let json = object.json();
        let id = object.id().to_owned();
        T::table_mut(self).insert(&id, object);
        self.emit(kind, json.clone(), None);
        json
    }

    /// Changes an object and publishes its event if the change is visible in its JSON. Returns whether it was.
    pub(crate) fn change<T: Noun>(&mut self, id: &str, by: impl FnOnce(&mut T)) -> bool {
        self.change_as(id, T::UPDATED, by)
    }

    /// Like [`change`](Self::change), with another event type.
    pub(crate) fn change_as<T: Noun>(&mut self, id: &str, kind: &str, by: impl FnOnce(&mut T)) -> bool {
        let Some(object) = T::table_mut(self).get_mut(id) else { return false };
        let before = object.json();
        by(object);
        let after = object.json();
        let previous = differences(&before, &after);
        if previous.is_empty() {
            return false;
        }
        let previous = kind.ends_with(".updated").then_some(Value::Object(previous));
        self.emit(kind, after, previous);
        true
    }

    /// Changes an object without an event.
    pub(crate) fn change_quietly<T: Noun>(&mut self, id: &str, by: impl FnOnce(&mut T)) {
        if let Some(object) = T::table_mut(self).get_mut(id) {
            by(object);
        }
    }

    /// The object's JSON; null if it does not exist.
    pub(crate) fn shown<T: Noun>(&self, id: &str) -> Value {
        T::table(self).get(id).map_or(Value::Null, Noun::json)
    }

    /// A new id.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        self.random.id(prefix)
    }

    /// The account's own JSON, for `GET /v1/account`.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "account",
            "business_profile": { "name": "Stripe sandbox", "url": self.base_url },
            "charges_enabled": true,
            "country": "US",
            "default_currency": "usd",
            "details_submitted": true,
            "email": null,
            "metadata": {},
            "payouts_enabled": true,
            "settings": { "dashboard": { "display_name": "Stripe sandbox", "timezone": "Etc/UTC" } },
            "type": "standard",
        })
    }
}

/// `previous_attributes`: the old values of the top-level fields that differ.
fn differences(before: &Value, after: &Value) -> Map<String, Value> {
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return Map::new() };
    let changed = before.iter().filter(|(key, value)| after.get(*key) != Some(value));
    let mut previous: Map<String, Value> = changed.map(|(key, value)| (key.clone(), value.clone())).collect();
    for key in after.keys().filter(|key| !before.contains_key(*key)) {
        previous.insert(key.clone(), Value::Null);
    }
    previous
}
