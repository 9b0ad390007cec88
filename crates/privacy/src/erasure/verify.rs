//! Looks for what is left of an erased organization or user: in every column of every table, and in the file store.

mod store;

use freehold_core::{Result, TenantId, UserId};
use freehold_db::{Db, row};
use freehold_files::{check::tenant_objects_count, storage::Storage};
use jiff::Timestamp;
use uuid::Uuid;

pub use store::STATEMENTS;

/// Columns in which the id of an erased organization or user stays, each with its reason.
const KEPT_IDS: &[(&str, &str)] = &[
    ("freehold.erasures.id", "records that it was erased; the id leads nowhere"),
    ("freehold.rate_buckets.subject", "counts the requests of the last minutes, and is deleted ten minutes later"),
    ("freehold.trials.begun_for", "refuses a second trial to the same user or card, which are stored as keyed digests"),
];

/// Why the id of an erased user stays in the records of organizations.
const KEPT_IN_RECORDS: &str = "records of an organization name their author by an id that leads to no user any more";

/// Columns in which the address of an erased user stays, each with its reason.
const KEPT_ADDRESSES: &[(&str, &str)] =
    &[("freehold.mail_suppressions.address", "the address takes no mails, which only an operator changes")];

/// Whose traces are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An organization.
    Tenant(TenantId),
    /// A user.
    User(UserId),
}

/// Something that is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The column, as `schema.table.column`, or the place in the file store.
    pub place: String,
    /// What was found there: an id or an address.
    pub text: String,
    /// Number of rows or objects.
    pub found: u64,
    /// Why it is kept; none: it should not be there.
    pub kept: Option<&'static str>,
}

/// The result of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// When the subject was erased, UTC; none: no complete erasure is recorded.
    pub erased_at: Option<Timestamp>,
    /// Id of the deleted customer at Stripe, which keeps its invoices; none: there was none.
    pub customer_id: Option<String>,
    /// What was found.
    pub traces: Vec<Trace>,
}

row! {
    /// Rows of a column in which a text was found.
    struct TraceRow {
        place: String,
        of_tenants: bool,
        hits: i64,
    }
}

row! {
    /// A recorded erasure.
    struct Recorded {
        kind: String,
        customer_id: Option<String>,
        erased_at: Option<Timestamp>,
    }
}

impl Verified {
    /// Whether nothing is left that should not be.
    pub fn is_clean(&self) -> bool {
        self.traces.iter().all(|trace| trace.kept.is_some())
    }
}

impl Subject {
    fn id(self) -> Uuid {
        match self {
            Self::Tenant(tenant) => tenant.uuid(),
            Self::User(user) => user.uuid(),
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Tenant(_) => "organization",
            Self::User(_) => "user",
        }
    }

    /// Why the id may stay at this place; none: it may not.
    fn kept(self, row: &TraceRow) -> Option<&'static str> {
        let listed = KEPT_IDS.iter().find(|(place, _)| *place == row.place).map(|(_, reason)| *reason);
        listed.or_else(|| (matches!(self, Self::User(_)) && row.of_tenants).then_some(KEPT_IN_RECORDS))
    }
}

/// Looks for the id of the subject and for these addresses in every table, and for objects of the organization. Reads
/// all tables.
///
/// # Errors
/// When the database or the file store does not answer.
pub async fn erasure_verify(db: &Db, storage: &Storage, subject: Subject, addresses: &[String]) -> Result<Verified> {
    let id = subject.id().to_string();
    let mut traces = Vec::new();
    for row in traces_find(db, &id).await? {
        traces.push(Trace { kept: subject.kept(&row), ..row.into_trace(&id) });
    }
    for address in addresses {
        for row in traces_find(db, address).await? {
            let kept = KEPT_ADDRESSES.iter().find(|(place, _)| *place == row.place).map(|(_, reason)| *reason);
            traces.push(Trace { kept, ..row.into_trace(address) });
        }
    }
    if let Subject::Tenant(tenant) = subject {
        let found = tenant_objects_count(storage, tenant).await?;
        if found > 0 {
            traces.push(Trace { place: format!("file store, tenants/{id}"), text: id, found, kept: None });
        }
    }
    let recorded = db.system("verify an erasure").fetch_optional(store::erasure_find(subject.id())).await?;
    let recorded = recorded.filter(|erased| erased.kind == subject.kind());
    let (customer_id, erased_at) = recorded.map_or((None, None), |erased| (erased.customer_id, erased.erased_at));
    Ok(Verified { erased_at, customer_id, traces })
}

async fn traces_find(db: &Db, text: &str) -> Result<Vec<TraceRow>> {
    let texts = [text.to_owned()];
    db.system("verify an erasure").fetch_all(store::erasure_traces(&texts)).await
}

impl TraceRow {
    fn into_trace(self, text: &str) -> Trace {
        Trace { place: self.place, text: text.to_owned(), found: self.hits.unsigned_abs(), kept: None }
    }
}
