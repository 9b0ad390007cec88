//! Concurrency limits hold exactly, across all workers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use freehold_core::TenantId;
use freehold_db::Db;
use freehold_jobs::{Done, Handler, JobKind};

use super::{enqueue_many, quick, until_empty, working};
use crate::harness::{Pooler, TestDatabase, settings};

const LIMITED: JobKind = JobKind { at_once: Some(3), ..JobKind::named("it.limited") };

/// For each tenant: jobs that run now, and the highest number so far.
#[derive(Default)]
struct Counts(Mutex<HashMap<TenantId, (usize, usize)>>);

impl Counts {
    fn change(&self, tenant: TenantId, by: isize) {
        let mut counts = self.0.lock().unwrap();
        let (running, most) = counts.entry(tenant).or_default();
        *running = running.checked_add_signed(by).unwrap();
        *most = (*most).max(*running);
    }

    fn most(&self) -> Vec<usize> {
        self.0.lock().unwrap().values().map(|(_, most)| *most).collect()
    }
}

fn handler(counts: &Arc<Counts>) -> Handler {
    let counts = Arc::clone(counts);
    Handler::new(&LIMITED, move |job| {
        let counts = Arc::clone(&counts);
        async move {
            let tenant = job.tenant.unwrap();
            counts.change(tenant, 1);
            tokio::time::sleep(Duration::from_millis(2)).await;
            counts.change(tenant, -1);
            Ok(Done::Done)
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_workers_never_run_more_of_a_tenant_at_once_than_the_kind_allows() {
    let test = TestDatabase::new().await;
    let callers = [test.caller(), test.caller()];
    for caller in &callers {
        enqueue_many(&test, caller, &LIMITED, 1, 100).await;
    }
    let counts = Arc::new(Counts::default());
    let workers: Vec<_> = (0..4).map(|_| working(&test, test.pool(4), vec![handler(&counts)], quick())).collect();
    until_empty(&test).await;
    assert_eq!(counts.most(), [3, 3]);
    drop(workers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_behind_a_pooler_in_transaction_mode_do_the_same() {
    let test = TestDatabase::new().await;
    let pooler = Pooler::start(test.cluster()).await;
    let caller = test.caller();
    enqueue_many(&test, &caller, &LIMITED, 1, 100).await;
    let counts = Arc::new(Counts::default());
    let db = || Db::new(&settings(pooler.url("freehold_server", test.name()), 4), test.ids.clone()).unwrap();
    let workers: Vec<_> = (0..3).map(|_| working(&test, db(), vec![handler(&counts)], quick())).collect();
    until_empty(&test).await;
    assert_eq!(counts.most(), [3]);
    for worker in workers {
        worker.stop().await;
    }
}
