//! A product, as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{error::Result, form::Params};

/// A product.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(super) updated: i64,
    pub(crate) active: bool,
    pub(crate) name: String,
    pub(super) description: Option<String>,
    pub(super) default_price: Option<String>,
    pub(super) images: Vec<String>,
    pub(super) marketing_features: Value,
    pub(super) metadata: Map<String, Value>,
    pub(super) statement_descriptor: Option<String>,
    pub(super) tax_code: Option<String>,
    pub(super) unit_label: Option<String>,
    pub(super) url: Option<String>,
}

impl Product {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "product",
            "active": self.active,
            "created": self.created,
            "default_price": self.default_price,
            "description": self.description,
            "images": self.images,
            "livemode": false,
            "marketing_features": self.marketing_features,
            "metadata": self.metadata,
            "name": self.name,
            "package_dimensions": null,
            "shippable": null,
            "statement_descriptor": self.statement_descriptor,
            "tax_code": self.tax_code,
            "tax_details": null,
            "type": "service",
            "unit_label": self.unit_label,
            "updated": self.updated,
            "url": self.url,
        })
    }

    pub(super) fn read(&mut self, params: &mut Params) -> Result<()> {
        self.active = params.flag("active")?.unwrap_or(self.active);
        if params.has("name") {
            self.name = params.need("name")?;
        }
        params.set("description", &mut self.description)?;
        params.set("statement_descriptor", &mut self.statement_descriptor)?;
        params.set("tax_code", &mut self.tax_code)?;
        params.set("unit_label", &mut self.unit_label)?;
        params.set("url", &mut self.url)?;
        self.images = params.texts("images")?.unwrap_or_else(|| std::mem::take(&mut self.images));
        if let Some(features) = params.list("marketing_features")? {
            let mut names = Vec::new();
            for mut feature in features {
                names.push(json!({ "name": feature.need("name")? }));
                feature.done()?;
            }
            self.marketing_features = Value::Array(names);
        }
        params.metadata(&mut self.metadata)?;
        params.only("type", &["service"], &["good", "service"])?;
        Ok(())
    }
}
