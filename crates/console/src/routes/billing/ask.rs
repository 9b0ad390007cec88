//! The pages that ask for confirmation before a change or a cancellation.

use axum::{extract::State, response::Response};
use freehold_billing::{
    Billing, Interval,
    change::{Change, Preview, change_preview},
    overview::{Overview, overview},
};
use freehold_catalog::Price;
use freehold_core::{Area, Caller, Error, OptionExt, Permission, Result};
use freehold_pages::{MemberPage, times::day};
use freehold_web::{Answer, Backbone, Query};
use serde::Deserialize;

use crate::{BillingConfirmPage, BillingCost};

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    plan: String,
    #[serde(default)]
    interval: String,
}

/// The parts that both pages share.
struct Asked<'a> {
    billing: &'a Billing,
    page: MemberPage,
}

impl<'a> Asked<'a> {
    fn of(backbone: &'a Backbone, page: MemberPage) -> Result<Self> {
        Ok(Self { billing: backbone.billing.as_ref().or_not_found("page")?, page })
    }

    fn caller(&self) -> &Caller {
        &self.page.caller
    }

    /// A page without a form.
    fn page(&self, title: String) -> BillingConfirmPage {
        BillingConfirmPage {
            shell: self.page.shell.clone(),
            title,
            sentences: Vec::new(),
            costs: Vec::new(),
            trouble: None,
            action: None,
            fields: Vec::new(),
            button: String::new(),
            grave: false,
            other: None,
            back: format!("/billing?organization={}", self.caller().tenant()),
        }
    }
}

/// `/billing/change`.
pub(super) async fn change(
    State(backbone): State<Backbone>,
    page: MemberPage,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    let asked = Asked::of(&backbone, page)?;
    let name = backbone.product.plan(&wanted.plan).map_or("another plan", |plan| plan.name.as_str());
    let mut page = asked.page(format!("Change to {name}?"));
    match previewed(&asked, &wanted).await {
        Ok((interval, preview)) => {
            let seen = overview(asked.billing, asked.caller()).await?;
            page.sentences = meaning(&backbone, &seen, &wanted.plan);
            page.costs = costs(interval, &preview);
            page.action = Some("/billing/change".to_owned());
            page.button = if preview.now.minor > 0 {
                format!("Pay {} and change to {name}", preview.now)
            } else {
                format!("Change to {name}")
            };
            let fields = [("plan", wanted.plan.clone()), ("interval", interval.name().to_owned())];
            page.fields.extend(fields.map(|(name, value)| (name.to_owned(), value)));
            page.fields.push(("at".to_owned(), preview.at.to_string()));
        }
        Err(error) if error.code().status < 500 => page.trouble = Some(error.message().to_owned()),
        Err(error) => return Err(error.into()),
    }
    page.shell.show(&page)
}

async fn previewed(asked: &Asked<'_>, wanted: &Wanted) -> Result<(Interval, Preview)> {
    asked.caller().allow(Permission::write(Area::Billing))?;
    let interval = wanted.interval.parse().map_err(|expected| Error::invalid("/interval", expected))?;
    let change = Change { plan: wanted.plan.clone(), interval, at: None };
    Ok((interval, change_preview(asked.billing, asked.caller().tenant(), &change).await?))
}

/// Consequences of the change besides its costs.
fn meaning(backbone: &Backbone, seen: &Overview, plan: &str) -> Vec<String> {
    let mut sentences = vec!["The limits of the new plan apply at once.".to_owned()];
    let over: Vec<String> = backbone.product.plan(plan).map_or_else(Vec::new, |plan| {
        let beyond = seen.usage.iter().filter_map(|usage| {
            let limit = backbone.product.limit(plan, &usage.meter)?.amount()?;
            (usage.used > limit).then(|| format!("{} {}, the limit is {limit}", usage.used, usage.name))
        });
        beyond.collect()
    });
    if !over.is_empty() {
        sentences.push(format!(
            "You use more than the new plan allows: {}. Nothing is deleted, but you cannot add more until usage is below \
             the limit.",
            over.join("; ")
        ));
    }
    if seen.ends_at().is_some() {
        sentences.push("The change also undoes the cancellation.".to_owned());
    }
    sentences
}

fn costs(interval: Interval, preview: &Preview) -> Vec<BillingCost> {
    let cost = |what: &str, amount: freehold_core::Money, note: String| BillingCost {
        what: what.to_owned(),
        amount: amount.to_string(),
        note,
    };
    let mut costs = Vec::new();
    if preview.now.minor > 0 {
        let note = "the new price for the days that are left, minus what you have already paid for them";
        costs.push(cost("Now", preview.now, note.to_owned()));
    }
    if preview.credit.minor > 0 {
        costs.push(cost("Credit", preview.credit, "deducted from later invoices".to_owned()));
    }
    let on = preview.next_at.map_or_else(String::new, |at| format!("on {}", day(at)));
    if preview.next == preview.regular {
        let note = if on.is_empty() { format!("every {interval}") } else { format!("every {interval}, next {on}") };
        costs.push(cost("Then", preview.regular, note));
    } else {
        let on = format!("{on}, minus what you have overpaid").trim_start_matches(", ").to_owned();
        costs.push(cost("The next invoice", preview.next, on));
        costs.push(cost("Later invoices", preview.regular, format!("every {interval}")));
    }
    costs
}

/// `/billing/cancel`.
pub(super) async fn cancel(State(backbone): State<Backbone>, page: MemberPage) -> Answer<Response> {
    let asked = Asked::of(&backbone, page)?;
    let seen = overview(asked.billing, asked.caller()).await?;
    let mut page = asked.page("Cancel the subscription?".to_owned());
    let refused = asked.caller().allow(Permission::write(Area::Billing)).err();
    match (refused, seen.running()) {
        (Some(error), _) => page.trouble = Some(error.message().to_owned()),
        (None, None) => page.trouble = Some("There is no subscription, so there is nothing to cancel.".to_owned()),
        (None, Some(paid)) => {
            let end = paid.ends_at().filter(|_| paid.ends_unrenewed()).or(paid.period_end);
            let end = end.map_or_else(|| "the end of the period".to_owned(), day);
            page.sentences.push(format!("Nothing changes until {end}, and there are no further payments."));
            page.sentences.push(afterwards(&backbone));
            page.action = Some("/billing/cancel".to_owned());
            page.button = format!("End the subscription on {end}");
            page.grave = true;
            let now = "End it now, without a refund";
            page.other = Some(("at".to_owned(), "now".to_owned(), now.to_owned()));
        }
    }
    page.shell.show(&page)
}

/// The state of the organization after its subscription has ended.
fn afterwards(backbone: &Backbone) -> String {
    let default = backbone.product.default_plan();
    if default.price == Price::Free {
        let name = &default.name;
        return format!(
            "After that the organization is on the {name} plan. Nothing is deleted, but you cannot add more while usage is \
             over its limits."
        );
    }
    let days = backbone.product.lifecycle.keep_days;
    format!("After that the organization is read-only. Everything is kept for {days} days and then archived.")
}
