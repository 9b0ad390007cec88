//! The plans on sale.

use axum::extract::State;
use freehold_catalog::{Plan, Price, Product};
use freehold_core::Money;
use freehold_web::{Backbone, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// The plans of the product.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanList {
    /// The plans, in the order of the catalog.
    data: Vec<PlanBody>,
    /// Whether plans are sold on this server. When false, every organization has all features without limits.
    sold: bool,
}

/// A plan of the product.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanBody {
    /// Id of the plan, such as `pro`.
    id: String,
    /// Version of the plan that is sold today.
    version: i32,
    /// Display name of the plan.
    name: String,
    /// Price of the plan.
    price: PriceBody,
    /// The plan's limit of each meter.
    limits: Vec<LimitBody>,
    /// Display names of the plan's modules.
    modules: Vec<String>,
    /// Further features of the plan, as texts.
    features: Vec<String>,
}

/// The price of a plan.
#[derive(Serialize, ToSchema)]
#[schema(as = PlanPrice)]
pub(crate) struct PriceBody {
    /// Kind of price: `free`, `paid` or `contact_sales`.
    kind: PriceKind,
    /// Price for a month; null when the plan is not paid monthly.
    month: Option<MoneyBody>,
    /// Price for a year; null when the plan is not paid yearly.
    year: Option<MoneyBody>,
    /// Whether the price is per member of the organization.
    per_member: bool,
}

/// Kind of a plan's price.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PriceKind {
    /// Costs nothing.
    Free,
    /// Is paid monthly or yearly.
    Paid,
    /// The price is agreed with the operator.
    ContactSales,
}

/// An amount of money.
#[derive(Serialize, ToSchema)]
pub(crate) struct MoneyBody {
    /// Amount in minor units, such as cents.
    minor: i64,
    /// Currency in lower case (ISO 4217), such as `usd`.
    currency: &'static str,
}

impl From<Money> for MoneyBody {
    fn from(money: Money) -> Self {
        Self { minor: money.minor, currency: money.currency.code() }
    }
}

/// A plan's limit of a meter.
#[derive(Serialize, ToSchema)]
#[schema(as = PlanLimit)]
pub(crate) struct LimitBody {
    /// Id of the meter, such as `calls`.
    meter: String,
    /// The limit in the meter's unit; null for unlimited.
    limit: Option<i64>,
    /// The limit as a text, such as `500 calls a month`.
    allowance: String,
}

/// List plans
///
/// Returns the plans of this product. Requires no sign-in.
#[utoipa::path(get, path = "/plans", tag = "Usage and plans", security(()), responses((status = 200, body = PlanList)))]
pub(crate) async fn plan_list(State(backbone): State<Backbone>) -> Json<PlanList> {
    let product = &backbone.product;
    let data = product.plans().iter().map(|plan| plan_body(product, plan)).collect();
    Json(PlanList { data, sold: backbone.billing.is_some() })
}

/// A plan, as the public API shows it.
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
        Price::Free => PriceBody { kind: PriceKind::Free, month: None, year: None, per_member: false },
        Price::ContactSales => PriceBody { kind: PriceKind::ContactSales, month: None, year: None, per_member: false },
        Price::Paid { month, year, per_member } => PriceBody {
            kind: PriceKind::Paid,
            month: Some((*month).into()),
            year: year.map(MoneyBody::from),
            per_member: *per_member,
        },
    }
}
