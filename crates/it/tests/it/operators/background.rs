//! Background work of all organizations: jobs, webhook endpoints, Stripe's events, mails.

use freehold_jobs::{JobKind, NewJob, QueueTerms, job_enqueue};
use serde_json::json;

use super::support;
use crate::harness::app::{Person, Setup, Stripe, TestApp};

const KIND: JobKind = JobKind::named("it.operated");

async fn job(app: &TestApp, owner: &Person) -> String {
    let house = &app.backbone;
    let caller = house.system_caller(owner.organization.parse().unwrap(), "test").await.unwrap().unwrap();
    let new = NewJob::now(house.ids.next(), &KIND, json!({}), house.clock.now());
    let mut tx = house.db.tenant(&caller).begin().await.unwrap();
    let job = job_enqueue(&mut tx, &QueueTerms::OPEN, new).await.unwrap();
    tx.commit().await.unwrap();
    job.id().to_string()
}

#[tokio::test]
async fn jobs_of_all_organizations_are_listed_cancelled_and_replayed() {
    let app = TestApp::new().await;
    let (help, owner, stranger) = (support(&app).await, app.owner().await, app.stranger().await);
    let (one, other) = (job(&app, &owner).await, job(&app, &stranger).await);
    let list = async |query: &str| {
        app.get(&format!("/operator/v1/jobs?kind=it.operated{query}")).token(&help.token).send().await.expect(200).ids()
    };
    assert_eq!(list("").await, [other.clone(), one.clone()]);
    assert_eq!(list(&format!("&tenant_id={}", owner.organization)).await, std::slice::from_ref(&one));
    let path = |tenant: &Person, id: &str, what: &str| {
        format!("/operator/v1/tenants/{}/jobs/{id}/{what}", tenant.organization)
    };
    let post = async |path: String| app.post(&path).token(&help.token).send().await;
    post(path(&stranger, &one, "cancel")).await.refused(404, "not_found");
    assert_eq!(post(path(&owner, &one, "cancel")).await.expect(200).at("/state"), "cancelled");
    assert_eq!(list("&state=cancelled").await, std::slice::from_ref(&one));
    post(path(&stranger, &other, "replay")).await.refused(409, "conflict");
    let dead = format!("update freehold.jobs set state = 'dead', finished_at = now() where id = '{other}'");
    app.test.admin().await.batch_execute(&dead).await.unwrap();
    assert_eq!(list("&state=dead").await, std::slice::from_ref(&other));
    assert_eq!(post(path(&stranger, &other, "replay")).await.expect(200).at("/state"), "waiting");

    let audit = app.get("/api/v1/audit?action=job.*").key(&stranger.key).send().await.expect(200).json();
    let entry = &audit["data"][0];
    assert_eq!((&entry["action"], &entry["subject"]), (&json!("job.replayed"), &json!(other)));
    assert_eq!(entry["actor"]["kind"], "operator");
}

#[tokio::test]
async fn failing_webhook_endpoints_of_all_organizations_are_listed() {
    let app = TestApp::new().await;
    let (help, owner) = (support(&app).await, app.owner().await);
    let endpoint = json!({ "url": "https://example.org/hooks" });
    app.put_on_plan(&owner, "pro", 1).await;
    app.backbone.resolver.forget();
    let id = app.post("/api/v1/webhooks").key(&owner.key).json(&endpoint).send().await.expect(201).at("/id");
    let list = async || app.get("/operator/v1/webhooks").token(&help.token).send().await.expect(200).ids();
    assert!(list().await.is_empty());
    app.test.admin().await.batch_execute("update freehold.webhook_endpoints set failing_since = now()").await.unwrap();
    assert_eq!(list().await, [id]);
    let path = format!("/operator/v1/tenants/{}", owner.organization);
    let seen = app.get(&path).token(&help.token).send().await.expect(200).json();
    assert_eq!(seen["health"]["failing_webhooks"], 1);
}

#[tokio::test]
async fn mails_that_failed_are_listed_and_sent_again_without_showing_their_content() {
    let app = TestApp::new().await;
    let (help, owner) = (support(&app).await, app.owner().await);
    let invite = json!({ "email": "guest@example.org", "role": "viewer" });
    app.post("/api/v1/invitations").key(&owner.key).json(&invite).send().await.expect(201);
    app.test.admin().await.batch_execute("update freehold.mails set state = 'failed', ended_at = now()").await.unwrap();
    let failed = app.get("/operator/v1/mails?state=failed").token(&help.token).send().await.expect(200);
    let mail = failed.json()["data"][0].clone();
    assert_eq!(
        (&mail["template"], &mail["recipient"]),
        (&json!("organization_invitation"), &json!("guest@example.org"))
    );
    assert!(mail.get("data").is_none());
    // The link of an invitation was deleted when its mail failed.
    let retry = format!("/operator/v1/mails/{}/retry", mail["id"].as_str().unwrap());
    app.post(&retry).token(&help.token).send().await.refused(409, "conflict");
    app.get("/operator/v1/suppressions").token(&help.token).send().await.expect(200);
}

#[tokio::test]
async fn events_of_stripe_are_listed_and_an_unknown_one_is_not_replayed() {
    let app = TestApp::new().await;
    let help = support(&app).await;
    let insert = "insert into freehold.stripe_events \
                  (event_id, type, created_at, received_at, livemode, customer_id, payload, state, note) \
                  select 'evt_' || n, 'invoice.paid', now(), now(), false, 'cus_1', '{}', 'failed', 'Stripe is away.' \
                  from generate_series(1, 3) as n";
    app.test.admin().await.batch_execute(insert).await.unwrap();
    let list = async |query: &str| {
        app.get(&format!("/operator/v1/stripe-events?{query}")).token(&help.token).send().await.expect(200)
    };
    let first = list("state=failed&limit=2").await;
    assert_eq!(first.ids(), ["evt_3", "evt_2"]);
    let next = list(&format!("state=failed&limit=2&before={}", first.json()["next_before"])).await;
    assert_eq!((next.ids(), next.json()["next_before"].clone()), (vec!["evt_1".to_owned()], json!(null)));
    let replay =
        async |id: &str| app.post(&format!("/operator/v1/stripe-events/{id}/replay")).token(&help.token).send().await;
    assert_eq!(replay("evt_1").await.expect(200).json()["replayed"], 1);
    assert_eq!(list("state=waiting").await.ids(), ["evt_1"]);
    replay("evt_9").await.refused(404, "not_found");

    let without = TestApp::with(Setup::default().paying(Stripe::Off)).await;
    let help = support(&without).await;
    without.get("/operator/v1/stripe-events").token(&help.token).send().await.refused(404, "billing_disabled");
}
