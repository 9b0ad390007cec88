//! Usage is exact, under any concurrency and whatever is rolled back.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod promise;
mod property;
mod quota;
mod rate;
mod room;

use freehold_testing as harness;

use std::sync::Arc;

use freehold_catalog::Product;
use freehold_core::Caller;
use freehold_metering::{plan::Entitlements, usage::Allowance};

use crate::harness::TestDatabase;

/// Callers with the meters of `product.toml`, on a database of their own.
struct Shop {
    test: TestDatabase,
    entitlements: Entitlements,
}

impl Shop {
    async fn new() -> Self {
        let test = TestDatabase::new().await;
        let product = Product::parse("product.toml", include_str!("product.toml"));
        let product = Arc::new(product.unwrap_or_else(|mistakes| panic!("{mistakes}")));
        let entitlements = Entitlements::load(&test.db, product).await.unwrap();
        Self { test, entitlements }
    }

    async fn allowance(&self, caller: &Caller, meter: &str) -> Allowance {
        self.entitlements.allowance(&self.test.db, caller, meter).await.unwrap()
    }

    /// Used and reserved amounts of a meter in the current period.
    async fn used(&self, caller: &Caller, meter: &str) -> (i64, i64) {
        let list = freehold_metering::usage::usage_list(&self.test.db, &self.entitlements, caller).await.unwrap();
        let usage = list.iter().find(|usage| usage.meter == meter).unwrap();
        (usage.used, usage.reserved)
    }

    /// Checks that all totals equal the sums of their ledgers and reservations.
    async fn in_balance(&self) {
        let drift = freehold_metering::usage::usage_drift(&self.test.db).await.unwrap();
        assert!(drift.is_empty(), "{drift:?}");
        // The same check in another query, by the superuser.
        let differing = "
            with totals as (
              select tenant_id, meter, period_start, used, reserved from freehold.usage_totals
            ), ledger as (
              select tenant_id, meter, period_start, sum(quantity) as used from freehold.usage_events group by 1, 2, 3
            ), promises as (
              select tenant_id, meter, period_start, sum(quantity) as reserved from freehold.usage_reservations group by 1, 2, 3
            )
            select count(*) from totals
            full join ledger using (tenant_id, meter, period_start) full join promises using (tenant_id, meter, period_start)
            where totals.used is distinct from coalesce(ledger.used, 0)
               or totals.reserved is distinct from coalesce(promises.reserved, 0)";
        let admin = self.test.admin().await;
        assert_eq!(admin.query_one(differing, &[]).await.unwrap().get::<_, i64>(0), 0);
    }
}
