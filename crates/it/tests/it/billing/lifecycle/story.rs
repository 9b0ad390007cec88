//! An organization's story, day by day.

use std::collections::HashSet;

use freehold_core::Role;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::super::shop::Shop;
use crate::harness::app::Person;

/// Minutes of this many days.
pub(super) const fn days(count: i64) -> i64 {
    hours(24 * count)
}

/// Minutes of this many hours.
pub(super) const fn hours(count: i64) -> i64 {
    60 * count
}

/// What members may do, found out by trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum May {
    Write,
    Read,
    Pay,
}

/// An organization with an owner, an administrator and a member.
pub(super) struct Story {
    pub(super) shop: Shop,
    pub(super) owner: Person,
    begun: Timestamp,
    /// Mails and events that were reported already, because they are deleted after a while.
    told: HashSet<String>,
    events: usize,
}

impl Story {
    /// Begins with a sign-up.
    pub(super) async fn of(product: &str) -> Self {
        let shop = Shop::of(product).await;
        let begun = shop.app.clock().now();
        let owner = shop.app.owner().await;
        shop.app.member(&owner, Role::Admin).await;
        shop.app.member(&owner, Role::Member).await;
        Self { shop, owner, begun, told: HashSet::new(), events: 0 }
    }

    /// Moves the clock to this many minutes after the sign-up. Returns the news since the last call.
    pub(super) async fn at(&mut self, minutes: i64) -> Vec<String> {
        let to = self.begun + SignedDuration::from_mins(minutes);
        self.shop.advance(to.duration_since(self.shop.app.clock().now())).await;
        self.news().await
    }

    /// Moves the clock to a day, and then to a minute, before that time, and expects no news.
    #[track_caller]
    pub(super) fn quiet_until(&mut self, minutes: i64) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let now = self.shop.app.clock().now();
            for before in [days(1), 1] {
                if now < self.begun + SignedDuration::from_mins(minutes - before) {
                    let news = self.at(minutes - before).await;
                    assert!(news.is_empty(), "{before} minutes before, at {caller}: {news:?}");
                }
            }
        }
    }

    /// Mails and events about billing since the last call; mails first, each once though several members get it.
    pub(super) async fn news(&mut self) -> Vec<String> {
        let admin = self.shop.app.test.admin().await;
        let mails =
            "select template, string_agg(recipient, ' ' order by recipient), regexp_replace(cause, '/[^/]*$', '')
            from freehold.mails where for_tenant::text = $1 and cause like 'billing/%'
            group by 1, 3 order by min(created_at), template";
        let mails = admin.query(mails, &[&self.owner.organization]).await.unwrap();
        let mut news = Vec::new();
        for mail in mails {
            if self.told.insert(mail.get(2)) {
                news.push(format!("mail {}", mail.get::<_, String>(0)));
                assert_eq!(mail.get::<_, String>(1), "admin.member@example.org owner@example.org");
            }
        }
        let events = "select case type when 'billing.state_changed' then format('%s -> %s', data->>'from', data->>'to')
                else format('plan %s -> %s', data#>>'{from,id}', data#>>'{to,id}') end, id::text
            from freehold.events where tenant_id::text = $1 and type like 'billing.%' order by id";
        let events = admin.query(events, &[&self.owner.organization]).await.unwrap();
        for event in events {
            if self.told.insert(event.get(1)) {
                news.push(event.get(0));
                self.events += 1;
            }
        }
        news
    }

    /// A field of the data of the newest mail about billing.
    pub(super) async fn last_mail(&self, field: &str) -> String {
        let query = "select data->>$2::text from freehold.mails where for_tenant::text = $1 and cause like 'billing/%'
            order by created_at desc, id desc limit 1";
        let admin = self.shop.app.test.admin().await;
        admin.query_one(query, &[&self.owner.organization, &field]).await.unwrap().get(0)
    }

    /// Since when the account has been in its state.
    pub(super) async fn since(&self) -> String {
        let query =
            "select to_char(state_since at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') from freehold.billing_accounts
            where tenant_id::text = $1";
        let admin = self.shop.app.test.admin().await;
        admin.query_one(query, &[&self.owner.organization]).await.unwrap().get(0)
    }

    /// Checks plan and standing, the state of the account, and what members can do.
    #[track_caller]
    pub(super) fn stands(&mut self, plan: &str, state: &str, may: May) -> impl Future<Output = ()> {
        let (caller, expected) = (std::panic::Location::caller(), (plan.to_owned(), state.to_owned()));
        async move {
            assert_eq!(self.shop.standing(&self.owner).await, expected, "at {caller}");
            assert_eq!(self.tried().await, may, "at {caller}");
        }
    }

    /// What the owner's key can do; a rejection must say how to pay.
    async fn tried(&mut self) -> May {
        let app = &self.shop.app;
        let path = format!("/api/v1/organizations/{}", self.owner.organization);
        let read = app.get(&path).key(&self.owner.key).send().await;
        let name = json!({ "name": format!("Bright Dental {}", app.clock().now().as_second()) });
        let write = app.patch(&path).key(&self.owner.key).json(&name).send().await;
        for answer in [&read, &write] {
            if answer.status() == 402 {
                assert_eq!(answer.at("/upgrade_url"), "https://app.example.org/billing", "{answer}");
            }
        }
        let codes = [&read, &write].map(|answer| match answer.status() {
            200 => "ok".to_owned(),
            _ => answer.at("/code"),
        });
        match codes.each_ref().map(String::as_str) {
            ["ok", "ok"] => May::Write,
            ["ok", "subscription_suspended"] => May::Read,
            ["organization_archived", "organization_archived"] => {
                self.sign_in().await;
                let app = &self.shop.app;
                let me = app.get("/api/v1/me").person(&self.owner).send().await.expect(200);
                assert_eq!(me.at("/organizations/0/standing"), "archived");
                app.get("/api/v1/billing/subscription").person(&self.owner).send().await.expect(200);
                May::Pay
            }
            other => panic!("neither nor: {other:?}"),
        }
    }

    /// Signs in again, because tokens last an hour.
    async fn sign_in(&mut self) {
        let answer = self.shop.app.sign_in(&self.owner.email).await.expect(200);
        self.owner.token = answer.at("/access_token");
    }

    /// Checks out a plan with this card.
    pub(super) async fn subscribe(&mut self, plan: &str, card: &str) {
        self.sign_in().await;
        self.shop.subscribe(&self.owner, plan, card).await;
    }

    /// Changes the subscription at Stripe.
    pub(super) async fn change(&self, form: &[(&str, &str)]) {
        let found = self.shop.stripe("/v1/subscriptions", None).await;
        let id = found["data"][0]["id"].as_str().unwrap();
        self.shop.stripe(&format!("/v1/subscriptions/{id}"), Some(form)).await;
        self.shop.settle().await;
    }

    /// Pays the open invoice with another card, as its page does.
    pub(super) async fn pay_what_is_open(&self) {
        let found = self.shop.stripe("/v1/invoices?status=open", None).await;
        let id = found["data"][0]["id"].as_str().unwrap();
        self.shop.stripe(&format!("/v1/invoices/{id}/pay"), Some(&[("payment_method", "pm_card_visa")])).await;
        self.shop.settle().await;
    }

    /// Checks that every event about billing has an audit entry with the same content, which administrators can read.
    pub(super) async fn audit_says_what_events_say(&mut self) {
        let differing = "select count(*) from freehold.events as e left join freehold.audit_entries as a on a.entry_id = e.id
            where e.type like 'billing.%' and (e.data::jsonb, e.type, 'system') is distinct from (a.detail, a.action, a.actor_kind)";
        assert_eq!(self.shop.app.count(differing).await, 0);
        let entries = format!(
            "select count(*) from freehold.audit_entries where action like 'billing.%' and tenant_id = '{}'",
            self.owner.organization
        );
        assert_eq!(usize::try_from(self.shop.app.count(&entries).await), Ok(self.events));
        let audit = self.shop.app.get("/api/v1/audit?action=billing.*&limit=200").key(&self.owner.key).send().await;
        if self.shop.standing(&self.owner).await.0.ends_with("/archived") {
            assert_eq!(audit.expect(402).at("/code"), "organization_archived");
        } else {
            assert_eq!(audit.expect(200).json()["data"].as_array().unwrap().len(), self.events);
        }
    }
}
