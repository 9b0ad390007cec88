//! Entries of an organization's audit, written in the transaction of the change that they record, with the [`Origin`] of
//! the transaction's work. Every crate that changes something writes them; `freehold-tenancy` reads and chains them.
//!
//! [`Origin`]: crate::Origin

use std::fmt::Display;

use freehold_core::{Actor, Id, Kind, OperatorId, Result, TenantId, UserId};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{SystemTx, TenantTx, statements};

/// Id of an audit entry.
pub type EntryId = Id<EntryKind>;

/// The kind of [`EntryId`].
pub enum EntryKind {}
impl Kind for EntryKind {
    const NAME: &'static str = "audit entry";
}

statements! {
    /// Writes an entry.
    fn audit_record(
        tenant: TenantId, id: EntryId, actor_kind: &str, actor: Option<Uuid>, action: &str, subject: Option<String>,
        change: Value; now
    ) -> (bool,) = "select freehold.audit_record($1, $2, $3, $4, $5, $6, $7, $8) is null";
}

/// An audit entry to write.
#[derive(Clone, Debug)]
pub struct NewEntry {
    id: EntryId,
    action: &'static str,
    subject: Option<String>,
    change: Map<String, Value>,
}

impl NewEntry {
    /// An entry about an action, in lower case with dots, such as `member.role_changed`. Later entries have greater
    /// ids. `subject` is the id or name of what is changed.
    pub fn new(id: EntryId, action: &'static str, subject: impl Display) -> Self {
        Self { subject: Some(subject.to_string()), ..Self::of_organization(id, action) }
    }

    /// The entry for an action that an event announces. It has the event's id.
    pub fn of_event<K: Kind>(event: Id<K>, action: &'static str, subject: impl Display) -> Self {
        Self::new(Id::new(event.uuid()), action, subject)
    }

    /// An entry about the organization as a whole, without a subject.
    pub fn of_organization(id: EntryId, action: &'static str) -> Self {
        Self { id, action, subject: None, change: Map::new() }
    }

    /// With further facts about the change, as a JSON object without secrets and without personal data.
    #[must_use]
    pub fn detail(mut self, detail: Value) -> Self {
        self.change.insert("detail".to_owned(), detail);
        self
    }

    /// With the values before and after the change, as JSON objects of the same fields.
    #[must_use]
    pub fn changed(mut self, before: Value, after: Value) -> Self {
        self.change.extend([("before".to_owned(), before), ("after".to_owned(), after)]);
        self
    }

    /// With the fields of these JSON objects that differ, as values before and after the change; without `before` and
    /// `after` when none does.
    #[must_use]
    pub fn differing(self, before: Value, after: Value) -> Self {
        let (Value::Object(mut before), Value::Object(mut after)) = (before, after) else { return self };
        let same: Vec<String> = before
            .iter()
            .filter(|(field, value)| after.get(*field) == Some(value))
            .map(|(field, _)| field.clone())
            .collect();
        for field in same {
            before.remove(&field);
            after.remove(&field);
        }
        if before.is_empty() && after.is_empty() { self } else { self.changed(before.into(), after.into()) }
    }

    /// With an e-mail address that was changed, which can be erased: in the field `field` of the values before and after
    /// the change, where there is one.
    #[must_use]
    pub fn changed_email(mut self, field: &str, before: Option<&str>, after: Option<&str>) -> Self {
        let named = [("before", before), ("after", after)];
        let personal = named.into_iter().filter_map(|(object, email)| {
            let email = email?;
            Some(json!({ "person": person_of_email(email), "values": { format!("{object}.{field}"): email } }))
        });
        self.change.insert("personal".to_owned(), personal.collect());
        for (object, _) in named {
            if let Some(Value::Object(values)) = self.change.get_mut(object) {
                values.insert(field.to_owned(), Value::Null);
            }
        }
        self
    }

    /// With an e-mail address in `detail`, which can be erased.
    #[must_use]
    pub fn detail_email(mut self, email: &str) -> Self {
        let personal = json!([{ "person": person_of_email(email), "values": { "detail.email": email } }]);
        self.change.insert("personal".to_owned(), personal);
        self
    }
}

/// What the person behind an address that is no user's is called in personal data.
pub fn person_of_email(email: &str) -> String {
    format!("{PERSON_OF_EMAIL}{email}")
}

/// The beginning of [`person_of_email`].
pub const PERSON_OF_EMAIL: &str = "email:";

/// Records an action of the transaction's caller. The entry of an operator who works in the organization has the id of
/// the session, whose beginning and reason are an entry, too.
pub async fn audit_append(tx: &mut TenantTx, new: NewEntry) -> Result<()> {
    let NewEntry { id, action, subject, mut change } = new;
    if let Some(impersonator) = tx.caller().impersonator()
        && let Value::Object(detail) = change.entry("detail").or_insert_with(|| json!({}))
    {
        detail.insert("impersonation".to_owned(), json!(impersonator.session));
    }
    let (tenant, actor) = (tx.caller().tenant(), tx.caller().actor());
    let append = audit_record(tenant, id, actor.kind(), actor.id(), action, subject, Value::Object(change));
    tx.fetch_one(append).await.map(drop)
}

/// Who acts in a transaction that has no caller.
#[derive(Clone, Copy, Debug)]
pub struct EntryActor {
    kind: &'static str,
    id: Option<Uuid>,
}

impl EntryActor {
    /// Freehold itself, or the operator whose command or request this is, as the [`Origin`](crate::Origin) says.
    pub const SYSTEM: Self = Self { kind: "system", id: None };

    /// An operator whose session in an organization this is about, whoever ends it.
    pub fn operator(operator: OperatorId) -> Self {
        Self { kind: "operator", id: Some(operator.uuid()) }
    }

    /// A user who is, or just became, a member of the organization.
    pub fn user(user: UserId) -> Self {
        Self { kind: "user", id: Some(user.uuid()) }
    }
}

impl From<Actor> for EntryActor {
    fn from(actor: Actor) -> Self {
        Self { kind: actor.kind(), id: actor.id() }
    }
}

/// Records an action in a transaction that has no caller.
pub async fn audit_append_system(tx: &mut SystemTx, tenant: TenantId, actor: EntryActor, new: NewEntry) -> Result<()> {
    let NewEntry { id, action, subject, change } = new;
    let append = audit_record(tenant, id, actor.kind, actor.id, action, subject, Value::Object(change));
    tx.fetch_one(append).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_fields_that_differ_are_recorded() {
        let entry = || NewEntry::new(Id::new(Uuid::nil()), "thing.updated", "x");
        let changed = entry().differing(json!({ "a": 1, "b": [1] }), json!({ "a": 1, "b": [2] }));
        assert_eq!(Value::from(changed.change), json!({ "before": { "b": [1] }, "after": { "b": [2] } }));
        let same = entry().differing(json!({ "a": null }), json!({ "a": null }));
        assert_eq!(Value::from(same.change), json!({}));
    }
}
