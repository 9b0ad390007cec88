//! Callers for work that no request started.

use std::sync::Arc;

use freehold_core::{Caller, Error, Plan, Result, Standing, TenantId};
use freehold_tenancy::resolve::{Place, tenant_place};

use crate::App;

impl App {
    /// Freehold itself, for this reason: the caller of a tenant's job. It has the tenant's plan and no write access in
    /// a suspended tenant. None when the tenant does not exist any more.
    pub async fn system_caller(&self, tenant: TenantId, reason: &'static str) -> Result<Option<Arc<Caller>>> {
        let look_up = async {
            let place = tenant_place(&self.db, tenant).await?;
            Ok(place.map(|place| Arc::new(Caller::system(tenant, reason, place.plan.clone(), self.stands(&place)))))
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

    /// The caller of a tenant that is no organization, and has rows of a single purpose.
    pub(crate) fn scratch_caller(tenant: TenantId, reason: &'static str, plan: Plan) -> Caller {
        Caller::system(tenant, reason, plan, Standing::Good)
    }

    /// The tenant's state; without billing no tenant is stopped for an earlier payment, only by an operator, or because it
    /// is being deleted.
    pub fn stands(&self, place: &Place) -> Standing {
        match place.standing {
            standing if self.billing.is_some() || standing == Standing::Closing => standing,
            _ if place.suspended => Standing::Suspended,
            _ => Standing::Good,
        }
    }
}
