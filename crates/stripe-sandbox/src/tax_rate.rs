//! Tax rates: a percentage that is added to amounts or included in them.

mod record;

use serde_json::Value;

pub(crate) use record::{TaxRate, shown};

use crate::{
    account::Account,
    error::{Result, StripeError},
    form::Params,
    list,
};

const TAX_TYPES: &[&str] = &[
    "admissions_tax",
    "amusement_tax",
    "attendance_tax",
    "communications_tax",
    "digital_excise_tax",
    "entertainment_tax",
    "get_fund",
    "gross_receipts_tax",
    "gst",
    "hospitality_tax",
    "hst",
    "igst",
    "jct",
    "lease_tax",
    "luxury_tax",
    "mass_transit_parking_tax",
    "nhil",
    "parking_tax",
    "pst",
    "qst",
    "resort_tax",
    "retail_delivery_fee",
    "rst",
    "sales_tax",
    "service_tax",
    "tourism_tax",
    "utility_users_tax",
    "vat",
];

/// Reads a parameter with tax rates; an empty one means none.
pub(crate) fn read_list(account: &Account, params: &mut Params, key: &str) -> Result<Option<Vec<TaxRate>>> {
    let name = params.name(key);
    let Some(ids) = params.texts(key)? else { return Ok(None) };
    if ids.len() > 5 {
        return Err(StripeError::invalid(format!("At most 5 tax rates can be given: {name}")).at(&name));
    }
    let rate = |(index, id): (usize, &String)| {
        let rate = account.named::<TaxRate>(id, &format!("{name}[{index}]"))?;
        if ids[..index].contains(id) {
            return Err(StripeError::invalid(format!("The tax rate {id} is given twice.")).at(&name));
        }
        if rate.active {
            return Ok(rate.clone());
        }
        let message = format!("The tax rate {id} is inactive. Only active tax rates can be used.");
        Err(StripeError::invalid(message).at(&name))
    };
    ids.iter().enumerate().map(rate).collect::<Result<_>>().map(Some)
}

/// `POST /v1/tax_rates`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let mut rate = TaxRate { active: true, display_name: params.need("display_name")?, ..TaxRate::default() };
    rate.inclusive = params.flag("inclusive")?.ok_or_else(|| StripeError::missing("inclusive"))?;
    rate.percentage = params.percent("percentage")?.ok_or_else(|| StripeError::missing("percentage"))?;
    if !(0..=1_000_000).contains(&rate.percentage) {
        return Err(StripeError::invalid("percentage must be from 0 to 100.").at("percentage"));
    }
    rate.read(&mut params)?;
    (rate.id, rate.created) = (account.id("txr"), account.now);
    Ok(account.add("tax_rate.created", rate))
}

/// `POST /v1/tax_rates/{id}`: changes everything except its percentage and whether it is inclusive.
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<TaxRate>(id)?.clone();
    changed.read(&mut params)?;
    account.change(id, |rate: &mut TaxRate| *rate = changed);
    Ok(account.shown::<TaxRate>(id))
}

/// `GET /v1/tax_rates`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let (active, inclusive) = (params.flag("active")?, params.flag("inclusive")?);
    list::list(account, &mut params, "/v1/tax_rates", |rate: &TaxRate| {
        active.is_none_or(|active| active == rate.active)
            && inclusive.is_none_or(|inclusive| inclusive == rate.inclusive)
    })
}
