//! Query plans for large tables: Postgres uses an index, whatever its statistics were when it made the plan.

use super::{owner, sink::Sink};
use crate::harness::app::TestApp;

/// Inserts 200,000 deliveries of 1,000 endpoints, most of them done, for measuring what a statement reads.
const SEED: &str = "
    insert into freehold.webhook_endpoints (tenant_id, id, url, description, patterns, signature, sealed_secret, at_once,
      created_at, updated_at)
    select gen_random_uuid(), gen_random_uuid(), 'https://example.org', '', '{*}', 'v1', '', 20, now(), now()
    from generate_series(1, 1000);
    insert into freehold.webhook_lanes (tenant_id, endpoint_id, due_at)
    select tenant_id, id, now() from freehold.webhook_endpoints;
    insert into freehold.webhook_deliveries (tenant_id, endpoint_id, event_id, state, due_at, created_at)
    select w.tenant_id, w.id, gen_random_uuid(), case when n < 190 then 'delivered' else 'waiting' end,
      case when n >= 190 then now() end, now()
    from freehold.webhook_endpoints as w, generate_series(1, 200) as n";

/// Marks all leased deliveries as answered.
const SETTLE: &str = "
    select freehold.webhook_settle(
      array_agg(tenant_id), array_agg(endpoint_id), array_agg(event_id), array_agg(due_at), array_agg('delivered'::text),
      array_agg(null::timestamptz), array_agg(null::timestamptz), array_agg('{}'::jsonb), '{}', now(), now() - interval '5 days',
      'x', 'https://example.org')
    from freehold.webhook_deliveries where leased";

#[tokio::test]
async fn claiming_and_settling_among_two_hundred_thousand_read_little() {
    let app = TestApp::new().await;
    let (_owner, _sink) = (owner(&app).await, Sink::new().await);
    let admin = app.test.admin().await;
    let claim = "select count(*) from freehold.webhook_claim(256, now(), now() + interval '30 seconds')";
    // A plan that was made while the tables were empty stays cached.
    for _ in 0..10 {
        admin.query_one(claim, &[]).await.unwrap();
    }
    admin.batch_execute(SEED).await.unwrap();
    let explain = format!("explain (analyze, buffers, format json) {claim}");
    let plan: serde_json::Value = admin.query_one(&explain, &[]).await.unwrap().get(0);
    let blocks = plan[0]["Plan"]["Shared Hit Blocks"].as_i64().unwrap()
        + plan[0]["Plan"]["Shared Read Blocks"].as_i64().unwrap();
    // 256 lanes and as many deliveries, each by a few pages of an index; the table alone has more than 3,000 pages.
    assert!(blocks < 40_000, "{blocks} blocks: {plan:#}");
    let taken = "select count(*) from freehold.webhook_deliveries where leased";
    assert_eq!(app.count(taken).await, 256);

    let explain = format!("explain (analyze, buffers, format json) {SETTLE}");
    let plan: serde_json::Value = admin.query_one(&explain, &[]).await.unwrap().get(0);
    let blocks = plan[0]["Plan"]["Shared Hit Blocks"].as_i64().unwrap()
        + plan[0]["Plan"]["Shared Read Blocks"].as_i64().unwrap();
    assert!(blocks < 40_000, "{blocks} blocks: {plan:#}");
    assert_eq!(app.count(taken).await, 0);
}
