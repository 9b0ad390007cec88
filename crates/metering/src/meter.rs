//! The meters of the product, by their ids.

use freehold_catalog::{Meter, MeterKind, Product};
use freehold_core::{Error, Result};

/// The level or counter with this id, which anyone may ask about.
///
/// # Errors
/// `validation_failed` at `pointer`, naming the meters of the product.
pub fn meter_known<'p>(product: &'p Product, id: &str, pointer: &str) -> Result<&'p Meter> {
    let usual = |meter: &&Meter| !matches!(meter.kind, MeterKind::Rate { .. });
    product.meters.iter().filter(usual).find(|meter| meter.id == id).ok_or_else(|| {
        let known: Vec<&str> = product.meters.iter().filter(usual).map(|meter| meter.id.as_str()).collect();
        let message = match known.as_slice() {
            [] => "unknown meter; the product has none".to_owned(),
            known => format!("unknown meter; expected one of: {}", known.join(", ")),
        };
        Error::invalid(pointer, message)
    })
}
