//! The product: the whole file.

use std::collections::BTreeMap;

use freehold_core::{Currency, Money};

use crate::{
    brand::Brand,
    counter::MEMBERS,
    event::Event,
    known::Known,
    limit::Limit,
    mail::MailWords,
    meter::Meter,
    mistake::Mistakes,
    module::Module,
    plan::{Declared, Plan},
    price::Price,
    read::{Report, Section, Value, Words, suggest},
    trial::{Lifecycle, Trial},
};

/// The content of `product.toml`. Only [`Product::parse`] creates it, so it is always complete: every plan limits every
/// meter, and every name exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Id of the product, such as `voice`; also its schema in the database.
    pub id: String,
    /// Display name, such as `VoiceFX AI`.
    pub name: String,
    /// Description in one line.
    pub description: String,
    /// Kind of tenants.
    pub tenancy: Tenancy,
    /// Where the rows of tenants are stored.
    pub isolation: Isolation,
    /// Sign-in methods; at least one.
    pub sign_in: Vec<SignIn>,
    /// Currency of all prices.
    pub currency: Currency,
    /// Branding of the mails.
    pub brand: Brand,
    /// Own texts of mails, by the mail's name, such as `magic_link`.
    pub mail: BTreeMap<String, MailWords>,
    /// Meters, in the order of the file.
    pub meters: Vec<Meter>,
    /// Modules, in the order of the file.
    pub modules: Vec<Module>,
    /// Types of the events that the application publishes, in the order of the file.
    pub events: Vec<Event>,
    /// Trial of a paid plan without a card, if the product has one.
    pub trial: Option<Trial>,
    /// What happens to a tenant that stops paying.
    pub lifecycle: Lifecycle,
    /// Prices of single uses, by names that the product chooses, such as `text_minute`. Freehold only stores them for
    /// the product.
    pub costs: BTreeMap<String, Money>,
    plans: Vec<Plan>,
    /// Index into `plans`.
    default_plan: usize,
}

/// The kind of tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenancy {
    /// An organization to which users are invited.
    Organizations,
    /// A single user; the first sign-in creates an organization of one user, which can grow.
    Personal,
}

/// Where the rows of tenants are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// In shared tables, separated by row-level security.
    Shared,
    /// In a database of the tenant's own.
    Database,
}

/// A sign-in method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// E-mail address and password.
    Password,
    /// A link by mail.
    MagicLink,
}

impl Words for Tenancy {
    const WORDS: &'static [(&'static str, Self)] =
        &[("organizations", Self::Organizations), ("personal", Self::Personal)];
}

impl Words for Isolation {
    const WORDS: &'static [(&'static str, Self)] = &[("shared", Self::Shared), ("database", Self::Database)];
}

impl Words for SignIn {
    const WORDS: &'static [(&'static str, Self)] = &[("password", Self::Password), ("magic_link", Self::MagicLink)];
}

impl Words for Currency {
    const WORDS: &'static [(&'static str, Self)] = &[("usd", Self::Usd), ("eur", Self::Eur), ("gbp", Self::Gbp)];
}

impl Product {
    const KEYS: &[&str] = &[
        "id",
        "name",
        "description",
        "tenancy",
        "isolation",
        "sign_in",
        "default_plan",
        "currency",
        "brand",
        "mail",
        "meters",
        "modules",
        "events",
        "plans",
        "trial",
        "lifecycle",
        "costs",
    ];

    /// Like [`Product::parse_with`], for a program that sends no mails and counts members.
    pub fn parse(file: &str, text: &str) -> Result<Self, Mistakes> {
        Self::parse_with(file, text, Known::default())
    }

    /// Parses the text of a `product.toml`. `file` is its name for error messages, `known` what it may name.
    ///
    /// Reports all errors at once, except for a text that is not TOML: it reports only the first syntax error, since
    /// what follows would be guesswork.
    pub fn parse_with(file: &str, text: &str, known: Known<'_>) -> Result<Self, Mistakes> {
        let report = Report::new(file, text);
        let document = toml::de::DeTable::parse(text).map_err(|error| report.say_syntax(&error)).ok();
        let product = document
            .as_ref()
            .and_then(|document| Self::read(&Section::file(&report, document.get_ref(), Self::KEYS), known));
        report.finish(product)
    }

    /// `None` only when an error was reported; there may be a value despite errors.
    fn read(file: &Section<'_>, known: Known<'_>) -> Option<Self> {
        let (id, name) = (file.own_id(), file.text("name", "expected a display name such as \"VoiceFX AI\""));
        let description = file.text("description", "expected one line of text");
        let (tenancy, isolation, sign_in) = (file.word("tenancy"), file.word("isolation"), file.words("sign_in"));
        let currency = file.word("currency");
        let (meters, meter_ids) = Meter::read_all(file, known);
        let (modules, module_ids) = Module::read_all(file);
        let declared = Declared { currency, meters: &meters, meter_ids: &meter_ids, module_ids: &module_ids };
        let values = file.named("plans", "plan");
        let plans: Vec<Plan> = values.iter().filter_map(|value| Plan::read(value, &declared)).collect();
        let plan_ids: Vec<&str> = values.iter().map(Value::key).collect();
        if plan_ids.is_empty() {
            file.say("plans", "there are no plans — add a section such as [plans.free]");
        }
        let trial = Trial::read(file, &plans, &plan_ids);
        let default_plan = read_default_plan(file, &plans, &plan_ids, trial.as_ref());
        let (brand, mail) = (Brand::read(file, &name), MailWords::read_all(file, known));
        let events = Event::read_all(file);
        let (lifecycle, costs) = (Lifecycle::read(file), read_costs(file, currency));
        Some(Self {
            id,
            name,
            description,
            tenancy: tenancy?,
            isolation: isolation?,
            sign_in,
            currency: currency?,
            brand,
            mail,
            meters,
            modules,
            events,
            trial,
            lifecycle,
            costs,
            plans,
            default_plan: default_plan?,
        })
    }

    /// The plans on sale, in the order of the file.
    pub fn plans(&self) -> &[Plan] {
        &self.plans
    }

    /// The current version of the plan with this id.
    pub fn plan(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.id == id)
    }

    /// The plan of a new tenant.
    pub fn default_plan(&self) -> &Plan {
        &self.plans[self.default_plan]
    }

    /// The meter with this id.
    pub fn meter(&self, id: &str) -> Option<&Meter> {
        self.meters.iter().find(|meter| meter.id == id)
    }

    /// The meter of members and open invitations; none: the product does not limit them.
    pub fn members_meter(&self) -> Option<&Meter> {
        self.meters.iter().find(|meter| meter.counts == Some(MEMBERS))
    }

    /// The module with this id.
    pub fn module(&self, id: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.id == id)
    }

    /// The event type of the application with this name.
    pub fn event(&self, name: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.name == name)
    }

    /// The price of a single use with this name.
    pub fn cost(&self, id: &str) -> Option<Money> {
        self.costs.get(id).copied()
    }

    /// The limit of the meter for a tenant that bought this version of a plan. A meter that is newer than the version
    /// takes the limit of the plan's current version, or else that of the default plan. `None` when the product does
    /// not have the meter.
    pub fn limit(&self, bought: &Plan, meter: &str) -> Option<Limit> {
        self.meter(meter)?;
        let of_today = || self.plan(&bought.id).unwrap_or_else(|| self.default_plan()).limit(meter);
        bought.limit(meter).or_else(of_today)
    }
}

/// The index of the default plan in `plans`.
fn read_default_plan(file: &Section<'_>, plans: &[Plan], plan_ids: &[&str], trial: Option<&Trial>) -> Option<usize> {
    let value = file.require("default_plan", "expected the id of the plan that a new tenant begins on")?;
    let id = value.text("expected the id of the plan that a new tenant begins on")?;
    if !plan_ids.contains(&id) {
        value.refuse(&suggest::or_one_of(id, plan_ids, "there are no plans"));
        return None;
    }
    let index = plans.iter().position(|plan| plan.id == id)?;
    let tried = trial.is_some_and(|trial| trial.plan == id);
    if plans[index].price != Price::Free && !tried {
        value.refuse(
            "a tenant cannot begin on a plan it has not paid for: name a free plan, or give this one a [trial]",
        );
    }
    Some(index)
}

fn read_costs(file: &Section<'_>, currency: Option<Currency>) -> BTreeMap<String, Money> {
    let read = |value: Value<'_>| Some((value.id()?.to_owned(), value.money(currency)?));
    file.named("costs", "cost").into_iter().filter_map(read).collect()
}
