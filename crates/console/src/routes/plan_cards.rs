//! Plans of the catalog as the pages show them.

use freehold_catalog::{Limit, Meter, Plan, Price, Product};

use crate::{PlanCard, PlanLimit, PlanPrice};

/// A plan as the pages show it.
pub(super) fn card(product: &Product, plan: &Plan) -> PlanCard {
    let limits = product.meters.iter().filter_map(|meter| {
        let limit = plan.limit(&meter.id)?;
        Some(PlanLimit { meter: meter.name.clone(), amount: amount(limit, meter) })
    });
    let modules = product.modules.iter().filter(|module| plan.has_module(&module.id)).map(|module| module.name.clone());
    let promises = plan.support.iter().chain(&plan.sla).chain(&plan.features).cloned();
    PlanCard {
        id: plan.id.clone(),
        name: plan.name.clone(),
        price: match &plan.price {
            Price::Free => PlanPrice::Free,
            Price::ContactSales => PlanPrice::ContactSales,
            Price::Paid { month, year, .. } => {
                PlanPrice::Paid { month: month.to_string(), year: year.map(|year| year.to_string()) }
            }
        },
        limits: limits.collect(),
        features: modules.chain(promises).collect(),
    }
}

/// The limit without the meter's name, which the page shows beside it: `500 a month`.
fn amount(limit: Limit, meter: &Meter) -> String {
    match limit.amount() {
        None => "unlimited".to_owned(),
        Some(0) => "none".to_owned(),
        Some(amount) => {
            let name = if amount == 1 { &meter.one } else { &meter.name };
            let words = limit.describe(meter).replacen(&format!(" {name}"), "", 1);
            words.replacen(" of ", " ", 1).trim().to_owned()
        }
    }
}
