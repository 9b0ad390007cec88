//! What `product.toml` sells, at Stripe.

use freehold_billing::{
    Interval,
    catalog_sync::{CustomPrices, Step, apply, plan, sold, sync},
    stripe::Kind,
};
use freehold_catalog::Product;

use crate::lab::{Lab, client};

const VOICE: &str = include_str!("../../../../products/voice/product.toml");

fn product(changes: &[(&str, &str)]) -> Product {
    let mut text = VOICE.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from:?} is in the product");
        text = text.replace(from, to);
    }
    Product::parse("product.toml", &text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

async fn lines(lab: &Lab, product: &Product) -> Vec<String> {
    plan(&lab.client, product).await.unwrap().iter().map(Step::to_string).collect()
}

#[tokio::test]
async fn plans_with_a_price_get_there_once() {
    let lab = Lab::start(41);
    let voice = product(&[]);
    assert_eq!(
        lines(&lab, &voice).await,
        [
            "create product freehold_voice_starter: VoiceFX AI Starter",
            "create price freehold_voice_starter_v1_month: $29 a month",
            "create price freehold_voice_starter_v1_year: $290 a year",
            "create product freehold_voice_pro: VoiceFX AI Pro",
            "create price freehold_voice_pro_v1_month: $99 a month",
            "create price freehold_voice_pro_v1_year: $990 a year",
        ]
    );
    assert_eq!((lab.count("products").await, lab.count("prices").await), (0, 0));
    assert_eq!(sync(&lab.client, &voice).await.unwrap().len(), 6);
    assert_eq!(lines(&lab, &voice).await, <[&str; 0]>::default());
    assert_eq!(sync(&lab.client, &voice).await.unwrap(), []);
    assert_eq!((lab.count("products").await, lab.count("prices").await), (2, 4));

    let price = lab.client.price_find("freehold_voice_pro_v1_year").await.unwrap().unwrap();
    assert_eq!(
        (price.unit_amount, price.currency.as_str(), price.product.as_deref()),
        (Some(99_000), "usd", Some("freehold_voice_pro"))
    );
    let bought = sold(&price, &voice, &CustomPrices::default()).unwrap();
    assert_eq!((bought.plan.id.as_str(), bought.plan.version, bought.interval), ("pro", 1, Interval::Year));
    assert!(!bought.per_member);
}

#[tokio::test]
async fn other_words_change_the_product() {
    let lab = Lab::start(42);
    sync(&lab.client, &product(&[])).await.unwrap();
    let renamed = product(&[("name = \"Pro\"", "name = \"Professional\"\nfeatures = [\"Faster\", \"Better\"]")]);
    assert_eq!(
        lines(&lab, &renamed).await,
        [
            r#"change product freehold_voice_pro: name "VoiceFX AI Pro" becomes "VoiceFX AI Professional"; description "" becomes "Faster, Better""#,
            "change price freehold_voice_pro_v1_month: its name and marks",
            "change price freehold_voice_pro_v1_year: its name and marks",
        ]
    );
    sync(&lab.client, &renamed).await.unwrap();
    assert_eq!(lines(&lab, &renamed).await, <[&str; 0]>::default());
    // And back, where the description goes again.
    sync(&lab.client, &product(&[])).await.unwrap();
    assert_eq!(lines(&lab, &product(&[])).await, <[&str; 0]>::default());
    assert_eq!(lab.count("prices").await, 4);
}

#[tokio::test]
async fn another_amount_needs_another_version() {
    let lab = Lab::start(43);
    sync(&lab.client, &product(&[])).await.unwrap();
    let dearer = product(&[("month = \"$99\"", "month = \"$109\"")]);
    let steps = plan(&lab.client, &dearer).await.unwrap();
    let refused: Vec<String> = steps.iter().filter(|step| step.is_refused()).map(Step::to_string).collect();
    assert_eq!(
        refused,
        [
            "refused: price freehold_voice_pro_v1_month cannot change: Stripe has it as 9900 usd by 1 month, product.toml as \
          10900 usd by 1 month, in the smallest unit. Raise the plan's version"
        ]
    );
    let error = apply(&lab.client, &steps).await.unwrap_err();
    assert!(error.cause().is_none() && error.to_string().starts_with("Nothing was done: refused: price "), "{error}");

    let raised =
        product(&[("[plans.pro]\nversion = 1", "[plans.pro]\nversion = 2"), ("month = \"$99\"", "month = \"$109\"")]);
    assert_eq!(
        lines(&lab, &raised).await,
        [
            "create price freehold_voice_pro_v2_month: $109 a month",
            "create price freehold_voice_pro_v2_year: $990 a year",
            "stop selling price freehold_voice_pro_v1_month; who pays it goes on",
            "stop selling price freehold_voice_pro_v1_year; who pays it goes on",
        ]
    );
}

#[tokio::test]
async fn who_bought_an_old_version_goes_on_paying_it() {
    let lab = Lab::start(44);
    sync(&lab.client, &product(&[])).await.unwrap();
    let customer = lab.customer("pm_card_visa").await;
    let old = lab.client.price_find("freehold_voice_pro_v1_month").await.unwrap().unwrap();
    let made = lab.subscribe(&customer, &old).await;
    let raised =
        product(&[("[plans.pro]\nversion = 1", "[plans.pro]\nversion = 2"), ("month = \"$99\"", "month = \"$109\"")]);
    sync(&lab.client, &raised).await.unwrap();
    assert_eq!(lines(&lab, &raised).await, <[&str; 0]>::default());
    assert_eq!(lab.client.price_find("freehold_voice_pro_v1_month").await.unwrap(), None);
    lab.advance(35);
    let renewed = lab.client.subscription_get(&made.id).await.unwrap().unwrap();
    assert_eq!((renewed.status.as_str(), renewed.invoice().unwrap().amount_paid), ("active", 9900));
    assert_eq!(sold(&renewed.items[0].price, &raised, &CustomPrices::default()).unwrap().plan.version, 1);
    // The file as it was before sells the old version again.
    let back = sync(&lab.client, &product(&[])).await.unwrap();
    assert_eq!(back[0].to_string(), "sell price freehold_voice_pro_v1_month again");
}

#[tokio::test]
async fn a_plan_that_is_gone_is_sold_no_longer() {
    let lab = Lab::start(45);
    sync(&lab.client, &product(&[])).await.unwrap();
    let free = product(&[(r#"price = { month = "$99", year = "$990" }"#, r#"price = "contact sales""#)]);
    assert_eq!(
        lines(&lab, &free).await,
        [
            "stop selling price freehold_voice_pro_v1_month; who pays it goes on",
            "stop selling price freehold_voice_pro_v1_year; who pays it goes on",
            "stop selling product freehold_voice_pro: VoiceFX AI Pro",
        ]
    );
    sync(&lab.client, &free).await.unwrap();
    assert_eq!(lines(&lab, &free).await, <[&str; 0]>::default());
    // What others sell in the same account is theirs.
    lab.price("of_others", 500, "month").await;
    assert_eq!(lines(&lab, &free).await, <[&str; 0]>::default());
}

#[tokio::test]
async fn a_price_for_each_member_says_so() {
    let lab = Lab::start(46);
    let per = product(&[(r#"year = "$990" }"#, r#"year = "$990", per = "member" }"#)]);
    sync(&lab.client, &per).await.unwrap();
    let price = lab.client.price_find("freehold_voice_pro_v1_month").await.unwrap().unwrap();
    assert!(sold(&price, &per, &CustomPrices::default()).unwrap().per_member);
    assert_eq!(
        lab.client.product_get("freehold_voice_pro").await.unwrap().unwrap().unit_label.as_deref(),
        Some("member")
    );
    let refused = plan(&lab.client, &product(&[])).await.unwrap();
    assert!(refused.iter().any(|step| step.is_refused() && step.to_string().contains("for each member")));
}

#[tokio::test]
async fn trouble_on_the_way_is_told_and_the_next_run_goes_on() {
    let lab = Lab::start(47);
    let voice = product(&[]);
    lab.chaos("fail=0.5&fail_status=500&seed=3").await;
    let mut failures = 0;
    while let Err(error) = sync(&lab.client, &voice).await {
        assert_eq!(error.cause().unwrap().kind(), Kind::Unavailable, "{error}");
        failures += 1;
    }
    lab.chaos("fail=0").await;
    assert!(failures > 0);
    assert_eq!(lines(&lab, &voice).await, <[&str; 0]>::default());
    assert_eq!((lab.count("products").await, lab.count("prices").await), (2, 4));
    let error = sync(&client(&lab.sandbox.url(), "sk_live_no"), &voice).await.unwrap_err();
    assert_eq!(error.cause().unwrap().kind(), Kind::Auth);
}
