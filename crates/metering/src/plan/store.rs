//! SQL of plan versions.

use freehold_db::statements;
use serde_json::Value;

statements! {
    /// Records a version unless it exists.
    fn version_insert(product: &str, plan: &str, version: i32, definition: Value; now) -> () =
        "insert into freehold.plan_versions (product, plan, version, definition, created_at)
         values ($1, $2, $3, $4, $5) on conflict do nothing";

    /// All versions of a product's plans.
    fn version_list(product: &str) -> (String, i32, Value) =
        "select plan, version, definition from freehold.plan_versions where product = $1";

    /// The product to which this database belongs; none for a new database.
    fn product_in_use() -> (String,) = "select product from freehold.plan_versions limit 1";

    /// One version of a plan.
    fn version_find(product: &str, plan: &str, version: i32) -> (Value,) =
        "select definition from freehold.plan_versions where product = $1 and plan = $2 and version = $3";
}
