//! Every number of the four sample products, as `products.md` states them.

use freehold_catalog::{
    Isolation, Lifecycle, Limit, MEMBERS, MeterKind, Modules, Per, Period, Plan, Price, Processing, Product, SignIn,
    Tenancy, Trial, Window,
};
use freehold_core::{Currency, Money};

const MONTH: Period = Period::Month;
const UNLIMITED: Limit = Limit::Unlimited;

fn product(id: &str) -> Product {
    let text = match id {
        "voice" => include_str!("../../../../products/voice/product.toml"),
        "documents" => include_str!("../../../../products/documents/product.toml"),
        "pharmacy" => include_str!("../../../../products/pharmacy/product.toml"),
        _ => include_str!("../../../../products/studio/product.toml"),
    };
    let product =
        Product::parse(&format!("products/{id}/product.toml"), text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(product.id, id);
    assert_eq!(product.currency, Currency::Usd);
    product
}

fn names(product: &Product) -> Vec<&str> {
    product.plans().iter().map(|plan| plan.id.as_str()).collect()
}

fn level(amount: i64) -> Limit {
    Limit::Level { amount }
}

fn counter(amount: i64, period: Period) -> Limit {
    Limit::Counter { amount, period }
}

fn rate(amount: i64, window: Window, per: Per) -> Limit {
    Limit::Rate { amount, window, per }
}

fn dollars(month: i64, year: Option<i64>) -> Price {
    let money = |whole: i64| Money { minor: whole * 100, currency: Currency::Usd };
    Price::Paid { month: money(month), year: year.map(money), per_member: false }
}

fn only(ids: &[&str]) -> Modules {
    Modules::Only(ids.iter().map(|id| (*id).to_owned()).collect())
}

#[track_caller]
fn assert_limits(product: &Product, plan: &str, limits: &[(&str, Limit)]) {
    let found = &self::plan(product, plan).limits;
    for (meter, limit) in limits {
        assert_eq!(found[*meter], *limit, "{plan}.{meter}");
    }
    assert_eq!(found.len(), limits.len(), "{plan} limits exactly these");
}

fn plan<'p>(product: &'p Product, id: &str) -> &'p Plan {
    product.plan(id).unwrap_or_else(|| panic!("{} has a plan {id}", product.id))
}

#[test]
fn voice_sells_calls_to_organizations() {
    let voice = product("voice");
    assert_eq!(voice.name, "VoiceFX AI");
    assert_eq!((voice.tenancy, voice.isolation), (Tenancy::Organizations, Isolation::Shared));
    assert_eq!(voice.sign_in, [SignIn::Password, SignIn::MagicLink]);
    assert_eq!(voice.default_plan().id, "free");
    assert_eq!(voice.trial, None);
    assert_eq!(voice.meter("calls").unwrap().kind, MeterKind::Counter { period: MONTH });
    assert_eq!(names(&voice), ["free", "starter", "pro", "enterprise"]);

    let limits = |workflows, calls, campaigns| [("workflows", workflows), ("calls", calls), ("campaigns", campaigns)];
    assert_limits(&voice, "free", &limits(level(1), counter(50, MONTH), level(0)));
    assert_limits(&voice, "starter", &limits(level(5), counter(500, MONTH), level(3)));
    assert_limits(&voice, "pro", &limits(UNLIMITED, counter(5_000, MONTH), UNLIMITED));
    assert_limits(&voice, "enterprise", &limits(UNLIMITED, UNLIMITED, UNLIMITED));

    assert_eq!(plan(&voice, "free").price, Price::Free);
    assert_eq!(plan(&voice, "starter").price, dollars(29, Some(290)));
    assert_eq!(plan(&voice, "pro").price, dollars(99, Some(990)));
    assert_eq!(plan(&voice, "enterprise").price, Price::ContactSales);

    assert_eq!(plan(&voice, "free").modules, only(&["basic_analytics"]));
    assert_eq!(plan(&voice, "starter").modules, only(&["basic_analytics"]));
    assert_eq!(plan(&voice, "pro").modules, only(&["basic_analytics", "advanced_analytics", "api_access"]));
    assert_eq!(plan(&voice, "enterprise").modules, Modules::All);
    assert!(plan(&voice, "enterprise").has_module("custom_integrations"));
    assert!(!plan(&voice, "pro").has_module("custom_integrations"));

    assert_eq!(plan(&voice, "free").support, None);
    assert_eq!(plan(&voice, "starter").support.as_deref(), Some("Email support"));
    assert_eq!(plan(&voice, "pro").support.as_deref(), Some("Priority support"));
    assert_eq!(plan(&voice, "enterprise").support.as_deref(), Some("Dedicated support"));
    assert!(plan(&voice, "enterprise").sla.is_some());
    assert_eq!(voice.cost("text_minute"), Some(Money { minor: 1, currency: Currency::Usd }));
    assert_eq!(voice.cost("http_minute"), Some(Money { minor: 5, currency: Currency::Usd }));
    assert_eq!(voice.cost("fax_minute"), None);
}

#[test]
fn documents_sells_search_to_persons() {
    let documents = product("documents");
    assert_eq!((documents.tenancy, documents.isolation), (Tenancy::Personal, Isolation::Shared));
    assert_eq!(documents.default_plan().id, "free");
    assert_eq!(names(&documents), ["free", "pro", "enterprise"]);
    assert!(["storage", "exports"].map(|id| documents.meter(id).unwrap().is_recorded_by_api()) == [true, true]);

    let per_hour = |amount| rate(amount, Window::Hour, Per::Key);
    assert_limits(
        &documents,
        "free",
        &[
            ("documents", counter(50, MONTH)),
            ("storage", level(500_000_000)),
            ("drive_folders", level(1)),
            ("queries", counter(100, Period::Day)),
            ("requests", per_hour(50)),
            ("exports", counter(1, MONTH)),
        ],
    );
    assert_limits(
        &documents,
        "pro",
        &[
            ("documents", counter(1_000, MONTH)),
            ("storage", level(10_000_000_000)),
            ("drive_folders", level(10)),
            ("queries", UNLIMITED),
            ("requests", per_hour(500)),
            ("exports", counter(1, Period::Week)),
        ],
    );
    assert_limits(
        &documents,
        "enterprise",
        &[
            ("documents", UNLIMITED),
            ("storage", level(100_000_000_000)),
            ("drive_folders", UNLIMITED),
            ("queries", UNLIMITED),
            ("requests", per_hour(5_000)),
            ("exports", UNLIMITED),
        ],
    );

    let [free, pro, enterprise] = ["free", "pro", "enterprise"].map(|id| plan(&documents, id));
    assert_eq!([free.price, pro.price, enterprise.price], [Price::Free, dollars(29, None), dollars(199, None)]);
    assert_eq!(free.modules, only(&["format_pdf", "format_txt", "format_json", "format_md"]));
    assert!(pro.has_module("format_other") && !pro.has_module("format_custom"));
    assert!(["format_pdf", "format_txt", "format_json", "format_md"].iter().all(|id| pro.has_module(id)));
    assert_eq!(enterprise.modules, Modules::All);
    assert_eq!(free.processing, Processing::Normal);
    assert_eq!((pro.processing.to_string(), pro.processing.weight()), ("2x".to_owned(), 2));
    assert_eq!(enterprise.processing, Processing::Dedicated);
    assert_eq!(enterprise.sla.as_deref(), Some("99.9%"));
    let exports = documents.meter("exports").unwrap();
    let periods = [free, pro, enterprise].map(|plan| plan.limit("exports").unwrap().period(exports));
    assert_eq!(periods, [Some(MONTH), Some(Period::Week), Some(MONTH)]);
}

#[test]
fn pharmacy_gives_every_organization_a_database_and_a_trial() {
    let pharmacy = product("pharmacy");
    assert_eq!(pharmacy.name, "PharmaSight");
    assert_eq!((pharmacy.tenancy, pharmacy.isolation), (Tenancy::Organizations, Isolation::Database));
    assert_eq!(pharmacy.default_plan().id, "starter");
    assert_eq!(pharmacy.trial, Some(Trial { plan: "starter".to_owned(), days: 14, reminder_days: 2 }));
    assert_eq!(pharmacy.lifecycle, Lifecycle { grace_days: 7, keep_days: 30 });
    assert_eq!(pharmacy.meter("users").unwrap().counts, Some(MEMBERS));
    assert_eq!(names(&pharmacy), ["starter", "professional", "enterprise"]);

    let limits = |branches, users, items| [("branches", branches), ("users", users), ("items", items)];
    assert_limits(&pharmacy, "starter", &limits(level(1), level(5), level(10_000)));
    assert_limits(&pharmacy, "professional", &limits(level(5), level(20), level(50_000)));
    assert_limits(&pharmacy, "enterprise", &limits(UNLIMITED, UNLIMITED, UNLIMITED));

    let [starter, professional, enterprise] = ["starter", "professional", "enterprise"].map(|id| plan(&pharmacy, id));
    assert_eq!(starter.price, dollars(99, Some(990)));
    assert_eq!(professional.price, dollars(299, Some(2_990)));
    assert_eq!(enterprise.price, Price::ContactSales);
    assert_eq!(starter.modules, only(&["inventory", "sales", "purchases"]));
    let all = ["inventory", "sales", "purchases", "suppliers", "prescriptions", "reports"];
    assert_eq!(professional.modules, only(&all));
    assert_eq!(enterprise.modules, Modules::All);
}

#[test]
fn studio_sells_video_and_limits_requests() {
    let studio = product("studio");
    assert_eq!(studio.name, "DevotionalAI");
    assert_eq!((studio.tenancy, studio.isolation), (Tenancy::Organizations, Isolation::Shared));
    assert_eq!(studio.sign_in, [SignIn::MagicLink]);
    assert_eq!(studio.default_plan().id, "free");
    assert_eq!(names(&studio), ["free", "pro", "enterprise"]);

    let requests = [
        ("requests_tenant", rate(60, Window::Minute, Per::Tenant)),
        ("requests_user", rate(10, Window::Second, Per::User)),
    ];
    let limits = |images, speech, video, storage, uploads| {
        let own = [images, speech, video, storage, uploads];
        let meters = ["images", "tts_seconds", "render_minutes", "storage", "uploads"];
        meters.into_iter().zip(own).chain(requests).collect::<Vec<_>>()
    };
    let monthly = |amount| counter(amount, MONTH);
    assert_limits(&studio, "free", &limits(monthly(100), monthly(600), monthly(30), level(1_000_000_000), monthly(50)));
    assert_limits(
        &studio,
        "pro",
        &limits(monthly(500), monthly(3_000), monthly(150), level(5_000_000_000), monthly(250)),
    );
    assert_limits(&studio, "enterprise", &limits(UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED));

    assert_eq!(plan(&studio, "free").price, Price::Free);
    assert_eq!(plan(&studio, "enterprise").price, Price::ContactSales);
    assert_eq!(plan(&studio, "free").modules, only(&[]));
    assert_eq!(plan(&studio, "pro").modules, only(&["render_4k", "youtube_publish"]));
    assert!(plan(&studio, "enterprise").has_module("render_4k"));
}

#[test]
fn every_plan_begins_at_version_one() {
    for id in ["voice", "documents", "pharmacy", "studio"] {
        assert!(product(id).plans().iter().all(|plan| plan.version == 1), "{id}");
    }
}
