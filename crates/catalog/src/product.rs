//! The whole file.

use std::collections::BTreeMap;

use freehold_core::{Currency, Money};

use crate::{
    brand::Brand,
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

/// A product: everything `product.toml` says. Made by [`Product::parse`] alone, so it is always whole: every plan
/// limits every meter, every name it mentions exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// What programs name: `voice`. Also its schema in the database.
    pub id: String,
    /// What people read: `VoiceFX AI`.
    pub name: String,
    /// One line for people who do not know it.
    pub description: String,
    /// Who a tenant is.
    pub tenancy: Tenancy,
    /// Where a tenant's rows live.
    pub isolation: Isolation,
    /// How people sign in; at least one.
    pub sign_in: Vec<SignIn>,
    /// The currency of all its prices.
    pub currency: Currency,
    /// How its mails look.
    pub brand: Brand,
    /// What its mails say instead of what they say by themselves, by the mail's name: `magic_link`.
    pub mail: BTreeMap<String, MailWords>,
    /// What is counted, in the order of the file.
    pub meters: Vec<Meter>,
    /// What can be switched on, in the order of the file.
    pub modules: Vec<Module>,
    /// Days of a paid plan without a card, where the product has them.
    pub trial: Option<Trial>,
    /// What happens to a tenant that stops paying.
    pub lifecycle: Lifecycle,
    /// What one use costs, by names the product chooses: `text_minute`. Freehold only keeps them for the product.
    pub costs: BTreeMap<String, Money>,
    plans: Vec<Plan>,
    /// An index into `plans`.
    default_plan: usize,
}

/// Who a tenant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenancy {
    /// An organization that people are invited to.
    Organizations,
    /// One person; made at the first sign-in, an organization of one, so that it can grow.
    Personal,
}

/// Where a tenant's rows live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Among those of others, kept apart by row-level security.
    Shared,
    /// In a database of its own.
    Database,
}

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Mail address and password.
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
        "plans",
        "trial",
        "lifecycle",
        "costs",
    ];

    /// Reads the text of a `product.toml`. `file` is only its name, for the mistakes.
    ///
    /// All mistakes are found in one pass; only a text that is not TOML answers with that alone, at the first place, since
    /// what follows a syntax error is guesswork.
    pub fn parse(file: &str, text: &str) -> Result<Self, Mistakes> {
        let report = Report::new(file, text);
        let document = toml::de::DeTable::parse(text).map_err(|error| report.say_syntax(&error)).ok();
        let product =
            document.as_ref().and_then(|document| Self::read(&Section::file(&report, document.get_ref(), Self::KEYS)));
        report.finish(product)
    }

    /// `None` only when something was reported; but a value may be there although something was.
    fn read(file: &Section<'_>) -> Option<Self> {
        let (id, name) = (file.own_id(), file.text("name", "expected what people read, such as \"VoiceFX AI\""));
        let description = file.text("description", "expected one line of text");
        let (tenancy, isolation, sign_in) = (file.word("tenancy"), file.word("isolation"), file.words("sign_in"));
        let currency = file.word("currency");
        let (meters, meter_ids) = Meter::read_all(file);
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
        let (brand, mail) = (Brand::read(file, &name), MailWords::read_all(file));
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
            trial,
            lifecycle,
            costs,
            plans,
            default_plan: default_plan?,
        })
    }

    /// The plans that can be had now, in the order of the file.
    pub fn plans(&self) -> &[Plan] {
        &self.plans
    }

    /// The plan of that id, in its version of today.
    pub fn plan(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.id == id)
    }

    /// The plan a new tenant begins on.
    pub fn default_plan(&self) -> &Plan {
        &self.plans[self.default_plan]
    }

    /// The meter of that id.
    pub fn meter(&self, id: &str) -> Option<&Meter> {
        self.meters.iter().find(|meter| meter.id == id)
    }

    /// The module of that id.
    pub fn module(&self, id: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.id == id)
    }

    /// What one use of that name costs.
    pub fn cost(&self, id: &str) -> Option<Money> {
        self.costs.get(id).copied()
    }

    /// How much of the meter a tenant has who bought this version of a plan. A meter that is younger than the version
    /// takes the number of the plan's version of today, or else of the default plan. `None` when the product has no such
    /// meter.
    pub fn limit(&self, bought: &Plan, meter: &str) -> Option<Limit> {
        self.meter(meter)?;
        let of_today = || self.plan(&bought.id).unwrap_or_else(|| self.default_plan()).limit(meter);
        bought.limit(meter).or_else(of_today)
    }
}

/// The index of the default plan among `plans`.
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
