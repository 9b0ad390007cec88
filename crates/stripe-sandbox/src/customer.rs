//! Customers.

mod record;
pub(crate) mod request;

pub(crate) use record::Customer;

use crate::{
    account::Account,
    error::{Result, StripeError},
};

/// Returns a customer that can still be changed, and switches to the customer's time.
pub(crate) fn live(account: &mut Account, id: &str, param: &str) -> Result<Customer> {
    let customer = account.named::<Customer>(id, param)?.clone();
    if customer.deleted {
        return Err(StripeError::coded("resource_missing", format!("No such customer: '{id}'")).at(param));
    }
    account.enter(customer.test_clock.as_deref());
    Ok(customer)
}
