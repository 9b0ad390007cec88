//! Callers for work that no request started.

use std::{sync::Arc, time::Duration};

use freehold_core::{Caller, Error, Result, Standing, TenantId};
use freehold_tenancy::resolve::tenant_place;
use moka::future::Cache;

use crate::App;

/// How long a caller is used: within that time every server notices another plan or standing.
const BELIEVED: Duration = Duration::from_millis(500);

/// The cache of callers for work that no request started, by tenant and reason. Shared by all clones.
#[derive(Clone)]
pub struct SystemCallers(Cache<(TenantId, &'static str), Option<Arc<Caller>>>);

impl Default for SystemCallers {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build())
    }
}

impl SystemCallers {
    /// Clears the cache, after a change on this server.
    pub fn forget(&self) {
        self.0.invalidate_all();
    }
}

impl App {
    /// Freehold itself, for this reason: the caller of a tenant's job. It has the tenant's plan and no write access in
    /// a suspended tenant. None when the tenant does not exist any more.
    pub async fn system_caller(&self, tenant: TenantId, reason: &'static str) -> Result<Option<Arc<Caller>>> {
        let look_up = async {
            let place = tenant_place(&self.db, tenant).await?;
            Ok(place.map(|place| Arc::new(Caller::system(tenant, reason, place.plan, self.stands(place.standing)))))
        };
        let found = self.system_callers.0.try_get_with((tenant, reason), look_up).await;
        found.map_err(|error: Arc<Error>| error.shared())
    }

    /// The same, with write access even in a suspended tenant: for completing what began before, such as a running
    /// call.
    pub async fn settling_caller(&self, tenant: TenantId, reason: &'static str) -> Result<Option<Caller>> {
        let caller = self.system_caller(tenant, reason).await?;
        Ok(caller.map(|caller| Caller::system(tenant, reason, caller.plan().clone(), Standing::Good)))
    }

    /// The tenant's state; without billing no tenant is stopped for an earlier payment.
    pub fn stands(&self, standing: Standing) -> Standing {
        if self.billing.is_some() { standing } else { Standing::Good }
    }
}
