//! What the client asks for is done, and what is answered is read.

use freehold_billing::stripe::{
    Kind,
    request::{Cancellation, EventFilter, ItemChange, NewCheckout, NewCustomer, NewPortal, SubscriptionUpdate},
};

use crate::lab::{KEY, Lab, client, tenant};

#[tokio::test]
async fn a_customer_is_made_changed_and_deleted() {
    let lab = Lab::start(1);
    let tenant = tenant();
    let new =
        NewCustomer { name: Some("Ada & Söhne".to_owned()), email: Some("ada+1@example.org".to_owned()), tenant };
    let made = lab.client.customer_create(&new, "k1").await.unwrap();
    assert_eq!((made.name.as_deref(), made.email.as_deref()), (Some("Ada & Söhne"), Some("ada+1@example.org")));
    assert_eq!(made.metadata["freehold_tenant"], tenant.to_string());
    // Under its key it is made once.
    assert_eq!(lab.client.customer_create(&new, "k1").await.unwrap().id, made.id);
    lab.client.customer_update(&made.id, Some("Ada Ltd"), None).await.unwrap();
    let found = lab.client.customer_get(&made.id).await.unwrap().unwrap();
    assert_eq!((found.name.as_deref(), found.email.as_deref()), (Some("Ada Ltd"), Some("ada+1@example.org")));
    assert!(lab.client.customer_delete(&made.id).await.unwrap().deleted);
    assert!(lab.client.customer_get(&made.id).await.unwrap().is_none_or(|customer| customer.deleted));
    assert_eq!(lab.client.customer_get("cus_nobody").await.unwrap(), None);
    assert_eq!(lab.client.customer_get("../prices").await.unwrap(), None);
}

#[tokio::test]
async fn a_subscription_is_read_with_its_newest_invoice() {
    let lab = Lab::start(2);
    let (customer, price) = (lab.customer("pm_card_visa").await, lab.price("starter", 2900, "month").await);
    let made = lab.subscribe(&customer, &price).await;
    assert_eq!((made.status.as_str(), made.customer.as_str()), ("active", customer.id.as_str()));
    let begin = lab.clock.now().as_second();
    assert_eq!(made.period().map(|(start, _)| start), Some(begin));
    assert_eq!(made.items[0].price.lookup_key.as_deref(), Some("starter"));
    assert_eq!(made.items[0].price.metadata["freehold_plan"], "starter");
    let invoice = made.invoice().unwrap();
    assert_eq!((invoice.status.as_deref(), invoice.amount_paid), (Some("paid"), 2900));
    assert_eq!(invoice.subscription.as_deref(), Some(made.id.as_str()));
    assert_eq!((invoice.status_transitions.paid_at, invoice.lines.len()), (Some(begin), 1));

    let all = lab.client.subscription_list_of(&customer.id).await.unwrap();
    assert_eq!(all, std::slice::from_ref(&made));
    assert_eq!(lab.client.subscription_page(None).await.unwrap().data, [made]);
    assert_eq!(lab.client.subscription_list_of("cus_nobody").await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn a_subscription_is_changed_ended_and_still_listed() {
    let lab = Lab::start(3);
    let (customer, price) = (lab.customer("pm_card_visa").await, lab.price("member", 1000, "month").await);
    let made = lab.subscribe(&customer, &price).await;
    let five = lab.client.subscription_item_quantity(&made.id, &made.items[0].id, 5).await.unwrap();
    assert_eq!(five.items[0].quantity, Some(5));
    let ends = SubscriptionUpdate { cancel_at_period_end: Some(true), ..SubscriptionUpdate::default() };
    let ending = lab.client.subscription_update(&made.id, &ends, None).await.unwrap();
    assert!(ending.cancel_at_period_end && ending.cancel_at == ending.period().map(|(_, end)| end));
    let goes_on = SubscriptionUpdate { cancel_at_period_end: Some(false), ..SubscriptionUpdate::default() };
    assert_eq!(lab.client.subscription_update(&made.id, &goes_on, None).await.unwrap().cancel_at, None);
    let over = lab.client.subscription_cancel(&made.id, Cancellation::default()).await.unwrap();
    assert_eq!((over.status.as_str(), over.ended_at), ("canceled", Some(lab.clock.now().as_second())));
    assert!(lab.client.subscription_list_of(&customer.id).await.unwrap()[0].is_over());
    let again = lab.client.subscription_cancel(&made.id, Cancellation::default()).await.unwrap_err();
    assert_eq!(again.kind(), Kind::NotFound);
}

#[tokio::test]
async fn lists_longer_than_a_page_are_read_to_the_end() {
    let lab = Lab::start(4);
    let (customer, price) = (lab.customer("pm_card_visa").await, lab.price("tiny", 100, "month").await);
    for _ in 0..103 {
        let form = format!("customer={}&items[0][price]={}", customer.id, price.id);
        lab.post("/v1/subscriptions", &form).await;
    }
    let all = lab.client.subscription_list_of(&customer.id).await.unwrap();
    let mut ids: Vec<&str> = all.iter().map(|each| each.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((all.len(), ids.len()), (103, 103));
    let first = lab.client.subscription_page(None).await.unwrap();
    let second = lab.client.subscription_page(first.data.last().map(|last| last.id.as_str())).await.unwrap();
    assert_eq!((first.data.len(), first.has_more, second.data.len(), second.has_more), (100, true, 3, false));

    let newest = lab.client.invoice_page(&customer.id, 2, None).await.unwrap();
    let next = lab.client.invoice_page(&customer.id, 2, Some(&newest.data[1].id)).await.unwrap();
    assert!(newest.has_more && next.data.len() == 2 && next.data[0].id != newest.data[1].id);
    let nowhere = lab.client.invoice_page(&customer.id, 2, Some("in_nowhere")).await.unwrap_err();
    assert_eq!(nowhere.kind(), Kind::NotFound);
}

#[tokio::test]
async fn pages_for_people_are_made_and_closed() {
    let lab = Lab::start(5);
    let (customer, price) = (lab.customer("pm_card_visa").await, lab.price("pro", 9900, "year").await);
    let tenant = tenant();
    let in_ten_days = lab.clock.now().as_second() + 10 * 24 * 3600;
    let checkout = NewCheckout {
        number: 1,
        customer: &customer.id,
        price: &price.id,
        quantity: 3,
        success_url: "https://voice.example.com/billing?checkout={CHECKOUT_SESSION_ID}",
        cancel_url: "https://voice.example.com/billing",
        tenant,
        trial_end: Some(in_ten_days),
        promotion_codes: true,
        tax_rates: &[],
        expires_at: None,
    };
    let made = lab.client.checkout_create(&checkout, None).await.unwrap();
    assert!(made.url.as_ref().unwrap().starts_with(&lab.sandbox.url()));
    assert_eq!(made.client_reference_id, Some(tenant.to_string()));
    let other = lab.client.checkout_create(&checkout, None).await.unwrap();
    assert_eq!(lab.client.checkout_list_open(&customer.id).await.unwrap().len(), 2);
    lab.client.checkout_expire(&other.id).await.unwrap();
    assert_eq!(lab.client.checkout_expire(&other.id).await.unwrap_err().kind(), Kind::Invalid);

    let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let form = "email=ada@example.org&name=Ada&card_number=4242424242424242";
    let form = browser.post(made.url.unwrap()).header("content-type", "application/x-www-form-urlencoded").body(form);
    let answer = form.send().await.unwrap();
    let to = answer.headers()["location"].to_str().unwrap();
    assert_eq!(to, format!("https://voice.example.com/billing?checkout={}", made.id));
    let begun = lab.client.subscription_list_of(&customer.id).await.unwrap();
    assert_eq!((begun[0].status.as_str(), begun[0].trial_end), ("trialing", Some(in_ten_days)));
    assert_eq!((begun[0].items[0].quantity, &begun[0].metadata["freehold_tenant"]), (Some(3), &tenant.to_string()));
    let done = lab.client.checkout_get(&made.id).await.unwrap().unwrap();
    assert_eq!((done.status.as_deref(), done.subscription), (Some("complete"), Some(begun[0].id.clone())));

    let ours = lab.client.portal_configuration_create([("ours".to_owned(), "yes".to_owned())].into()).await.unwrap();
    assert!(lab.client.portal_configuration_list().await.unwrap().contains(&ours));
    for configuration in [None, Some(ours.id.as_str())] {
        let return_url = "https://voice.example.com/billing";
        let portal = NewPortal { customer: &customer.id, return_url, configuration };
        let url = lab.client.portal_create(&portal).await.unwrap().url;
        assert_eq!(browser.get(url).send().await.unwrap().status().as_u16(), 200);
    }
}

#[tokio::test]
async fn a_paused_subscription_goes_on() {
    let lab = Lab::start(6);
    let (customer, price) = (lab.customer("pm_card_visa").await, lab.price("pro", 9900, "month").await);
    let made = lab.subscribe(&customer, &price).await;
    let form = "pause_collection[behavior]=void";
    lab.post(&format!("/v1/subscriptions/{}", made.id), form).await;
    let paused = lab.client.subscription_get(&made.id).await.unwrap().unwrap();
    assert_eq!(paused.pause_collection.unwrap().behavior.as_deref(), Some("void"));
    let collected = SubscriptionUpdate { pause_cleared: true, ..SubscriptionUpdate::default() };
    assert_eq!(lab.client.subscription_update(&made.id, &collected, None).await.unwrap().pause_collection, None);

    let nobody = NewCustomer { name: None, email: None, tenant: tenant() };
    let poor = lab.client.customer_create(&nobody, "poor").await.unwrap();
    let trial = format!(
        "customer={}&items[0][price]={}&trial_period_days=3&trial_settings[end_behavior][missing_payment_method]=pause",
        poor.id, price.id
    );
    let made = lab.post("/v1/subscriptions", &trial).await;
    lab.advance(4);
    let id = made["id"].as_str().unwrap();
    assert_eq!(lab.client.subscription_get(id).await.unwrap().unwrap().status, "paused");
    lab.card(&poor.id, "pm_card_visa").await;
    assert_eq!(lab.client.subscription_resume(id, None).await.unwrap().status, "active");
}

#[tokio::test]
async fn the_operator_s_calls_find_their_way() {
    let lab = Lab::start(7);
    assert!(lab.client.account_get().await.unwrap().id.starts_with("acct_"));
    assert!(lab.client.is_test());
    for number in 0..12 {
        lab.price(&format!("key_{number}"), 100 + number, "month").await;
    }
    let keys: Vec<String> = (0..12).map(|number| format!("key_{number}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    assert_eq!(lab.client.price_list(&keys).await.unwrap().len(), 12);
    assert_eq!(lab.client.price_list_of("prod_lab").await.unwrap().len(), 12);
    assert_eq!(lab.client.price_find("key_3").await.unwrap().unwrap().unit_amount, Some(103));
    assert_eq!(lab.client.price_find("key_99").await.unwrap(), None);
    assert_eq!(lab.client.price_list(&[]).await.unwrap(), []);

    let hook = lab.client.webhook_endpoint_create("https://voice.example.com/webhooks/stripe", &["*"]).await.unwrap();
    assert!(hook.secret.unwrap().expose().starts_with("whsec_"));
    let listed = lab.client.webhook_endpoint_list().await.unwrap();
    assert_eq!((listed.len(), listed[0].url.as_str()), (1, "https://voice.example.com/webhooks/stripe"));
    assert!(listed[0].secret.is_none());
    lab.client.webhook_endpoint_delete(&hook.id).await.unwrap();
    lab.client.webhook_endpoint_delete(&hook.id).await.unwrap();
    assert!(lab.client.webhook_endpoint_list().await.unwrap().is_empty());

    let page =
        lab.client.event_page(&EventFilter { types: &["price.created"], ..EventFilter::default() }).await.unwrap();
    assert_eq!((page.data.len(), page.data[0].r#type.as_str()), (12, "price.created"));
    let event = lab.client.event_get(&page.data[0].id).await.unwrap().unwrap();
    assert_eq!(event.object_id(), page.data[0].object_id());
    assert_eq!(lab.client.event_get("evt_none").await.unwrap(), None);
}

#[tokio::test]
async fn a_key_is_an_account_and_another_key_another() {
    let lab = Lab::start(8);
    let customer = lab.customer("pm_card_visa").await;
    assert_eq!(client(&lab.sandbox.url(), "sk_test_other").customer_get(&customer.id).await.unwrap(), None);
    let refused = client(&lab.sandbox.url(), "sk_live_hidden").customer_get(&customer.id).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Auth);
    for text in [format!("{refused:?}"), format!("{:?}", client(&lab.sandbox.url(), "sk_live_hidden"))] {
        assert!(!text.contains("hidden") && !text.contains(KEY), "{text}");
    }
    let unknown = ItemChange { id: "si_none", price: None, quantity: Some(2) };
    let update = SubscriptionUpdate { items: vec![unknown], ..SubscriptionUpdate::default() };
    let error = lab.client.subscription_update("sub_none", &update, None).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), error.status()), (Kind::NotFound, Some("resource_missing"), Some(404)));
}
