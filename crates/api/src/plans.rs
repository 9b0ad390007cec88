//! The plans that can be had.

use axum::extract::State;
use freehold_catalog::{Plan, Price, Product};
use freehold_core::Money;
use freehold_web::{Backbone, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// The product's plans.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanList {
    /// In the order in which they are sold.
    data: Vec<PlanBody>,
    /// Whether they can be bought here. Where not, every organization has everything, without limits.
    sold: bool,
}

/// A plan.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanBody {
    /// Its id.
    id: String,
    /// The version that is sold today.
    version: i32,
    /// Its name.
    name: String,
    /// Its price.
    price: PriceBody,
    /// What it includes of each meter.
    limits: Vec<LimitBody>,
    /// Its modules, by name.
    modules: Vec<String>,
    /// What else it includes.
    features: Vec<String>,
}

/// What a plan costs.
#[derive(Serialize, ToSchema)]
pub(crate) struct PriceBody {
    /// `free`, `paid` or `contact_sales`.
    kind: &'static str,
    /// A month, when paid.
    month: Option<MoneyBody>,
    /// A year, when it can be paid by the year.
    year: Option<MoneyBody>,
    /// Whether it is paid for each member of the organization.
    per_member: bool,
}

/// An amount.
#[derive(Serialize, ToSchema)]
pub(crate) struct MoneyBody {
    /// Minor units: cents.
    minor: i64,
    /// ISO 4217, lower case.
    currency: &'static str,
}

impl From<Money> for MoneyBody {
    fn from(money: Money) -> Self {
        Self { minor: money.minor, currency: money.currency.code() }
    }
}

/// How much of a meter a plan includes.
#[derive(Serialize, ToSchema)]
#[schema(as = PlanLimit)]
pub(crate) struct LimitBody {
    /// The meter's id.
    meter: String,
    /// How much; null: unlimited.
    limit: Option<i64>,
    /// In words: `500 calls a month`.
    allowance: String,
}

/// List plans
///
/// The plans of this product. Needs no sign-in.
#[utoipa::path(get, path = "/plans", tag = "Usage and plans", security(()), responses((status = 200, body = PlanList)))]
pub(crate) async fn plan_list(State(backbone): State<Backbone>) -> Json<PlanList> {
    let product = &backbone.product;
    let data = product.plans().iter().map(|plan| plan_body(product, plan)).collect();
    Json(PlanList { data, sold: backbone.billing.is_some() })
}

/// A plan, as everybody may see it.
pub(crate) fn plan_body(product: &Product, plan: &Plan) -> PlanBody {
    let limits = product.meters.iter().filter_map(|meter| {
        let limit = plan.limit(&meter.id)?;
        Some(LimitBody { meter: meter.id.clone(), limit: limit.amount(), allowance: limit.describe(meter) })
    });
    let modules = product.modules.iter().filter(|module| plan.has_module(&module.id)).map(|module| module.name.clone());
    let extras = plan.support.iter().chain(&plan.sla).chain(&plan.features);
    PlanBody {
        id: plan.id.clone(),
        version: plan.version,
        name: plan.name.clone(),
        price: price(&plan.price),
        limits: limits.collect(),
        modules: modules.collect(),
        features: extras.cloned().collect(),
    }
}

fn price(price: &Price) -> PriceBody {
    match price {
        Price::Free => PriceBody { kind: "free", month: None, year: None, per_member: false },
        Price::ContactSales => PriceBody { kind: "contact_sales", month: None, year: None, per_member: false },
        Price::Paid { month, year, per_member } => PriceBody {
            kind: "paid",
            month: Some((*month).into()),
            year: year.map(MoneyBody::from),
            per_member: *per_member,
        },
    }
}
