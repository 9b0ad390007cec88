//! Products: the things that are sold. Their prices are objects of their own.

mod record;

use serde_json::{Value, json};

pub(crate) use record::Product;

use crate::{
    account::{Account, Noun},
    error::{Result, StripeError},
    form::Params,
    list,
    price::Price,
};

/// `POST /v1/products`
pub(crate) fn create(account: &mut Account, mut params: Params) -> Result<Value> {
    let id = match params.text("id")? {
        Some(id) if account.products.get(&id).is_some() => {
            let message = format!("Product already exists: {id}");
            return Err(StripeError::coded("resource_already_exists", message).at("id"));
        }
        Some(id) => id,
        None => account.id("prod"),
    };
    let mut product = Product { active: true, marketing_features: json!([]), ..Product::default() };
    (product.id, product.created, product.updated) = (id, account.now, account.now);
    product.name = params.need("name")?;
    product.read(&mut params)?;
    let default_price = params.map("default_price_data")?;
    params.done()?;
    let id = product.id.clone();
    let price = default_price.map(|params| Price::read(account, params, Some(&id))).transpose()?;
    account.add("product.created", product);
    if let Some(price) = price {
        let price_id = price.id.clone();
        account.add("price.created", price);
        account.change(&id, |product: &mut Product| product.default_price = Some(price_id));
    }
    Ok(account.shown::<Product>(&id))
}

/// `POST /v1/products/{id}`
pub(crate) fn update(account: &mut Account, id: &str, mut params: Params) -> Result<Value> {
    let mut changed = account.get::<Product>(id)?.clone();
    changed.read(&mut params)?;
    if let Some(price) = params.text("default_price")? {
        if !price.is_empty() {
            account.named::<Price>(&price, "default_price")?;
        }
        changed.default_price = (!price.is_empty()).then_some(price);
    }
    params.done()?;
    changed.updated = account.now;
    account.change(id, |product: &mut Product| *product = changed);
    Ok(account.shown::<Product>(id))
}

/// `DELETE /v1/products/{id}`: only for products without prices.
pub(crate) fn delete(account: &mut Account, id: &str) -> Result<Value> {
    let product = account.get::<Product>(id)?.json();
    if account.prices.iter().any(|price| price.product == id) {
        return Err(StripeError::invalid(
            "This product cannot be deleted because it has one or more user-created prices.",
        ));
    }
    account.products.remove(id);
    account.emit("product.deleted", product, None);
    Ok(json!({ "id": id, "object": "product", "deleted": true }))
}

/// `GET /v1/products`
pub(crate) fn index(account: &Account, mut params: Params) -> Result<Value> {
    let active = params.flag("active")?;
    let ids = params.texts("ids")?;
    let url = params.text("url")?;
    list::list(account, &mut params, "/v1/products", |product: &Product| {
        active.is_none_or(|active| active == product.active)
            && ids.as_ref().is_none_or(|ids| ids.contains(&product.id))
            && (url.is_none() || url == product.url)
    })
}
