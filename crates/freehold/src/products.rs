//! The products that this program contains, and products that live elsewhere.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use freehold_compose::specification;
use freehold_web::Product;

/// Every product that this program contains.
pub const PRODUCTS: &[(&str, Product)] = &[
    ("voice", freehold_voice::PRODUCT),
    (
        "documents",
        Product::from_toml("products/documents/product.toml", include_str!("../../../products/documents/product.toml")),
    ),
    (
        "pharmacy",
        Product::from_toml("products/pharmacy/product.toml", include_str!("../../../products/pharmacy/product.toml")),
    ),
    (
        "studio",
        Product::from_toml("products/studio/product.toml", include_str!("../../../products/studio/product.toml")),
    ),
];

/// The product of this name, or of the `product.toml` at this path: its application lives elsewhere.
pub fn product(name: &str) -> Result<Product> {
    if let Some((_, product)) = PRODUCTS.iter().find(|(known, _)| *known == name) {
        return Ok(*product);
    }
    if name.contains(std::path::MAIN_SEPARATOR) || Path::new(name).extension().is_some_and(|kind| kind == "toml") {
        return product_read(name);
    }
    let names: Vec<&str> = PRODUCTS.iter().map(|(name, _)| *name).collect();
    Err(anyhow!(
        "there is no product {name:?}; there are: {}; or give the path of a product.toml, such as ./product.toml",
        names.join(", ")
    ))
}

fn product_read(path: &str) -> Result<Product> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading the product of --product from {path}"))?;
    // Read once, when the process starts, and needed until it ends, as the text of a product that is built in.
    let product = Product::from_toml(path.to_owned().leak(), text.leak());
    specification(&product)?;
    Ok(product)
}
