use jiff::tz::TimeZone;

use super::*;
use crate::analytics::By;

fn written(days: i64, organization: &str) -> Vec<u8> {
    let from: Date = "2026-02-14".parse().unwrap();
    let to = from.checked_add(jiff::Span::new().days(days - 1)).unwrap();
    let range = Range::new(from, to, TimeZone::get("Europe/Vilnius").unwrap(), By::Day).unwrap();
    let calls = |index: i64| if index % 7 > 4 { 0 } else { 40 + (index * 37) % 61 };
    let days: Vec<_> = (0..)
        .zip(range.periods())
        .map(|(index, period)| {
            let (calls, failed) = (calls(index), calls(index) / 20);
            let figures = Figures {
                calls,
                completed: calls - failed,
                succeeded: calls * (50 + index % 30) / 100,
                duration_ms: calls * (61_000 + index * 500),
                cost_minor: calls * 2,
            };
            (period, figures)
        })
        .collect();
    let report = Report {
        product: "VoiceFX AI",
        organization,
        about: &["Įmonės priminimas — Größe, čeština, Tiếng Việt, Ελληνικά, Кириллица".to_owned()],
        range: &range,
        days: &days,
        currency: Currency::Usd,
        made_at: "2026-03-15T12:00:00Z".parse().unwrap(),
    };
    report_write(&report).unwrap()
}

#[test]
fn a_report_is_a_pdf_and_the_same_each_time() {
    let report = written(30, "Žemaitija");
    assert!(report.starts_with(b"%PDF-1.7\n") && report.ends_with(b"%%EOF"));
    assert_eq!(report, written(30, "Žemaitija"));
    assert_ne!(report, written(30, "Zemaitija"));
    assert!(report.len() < 60_000, "{}", report.len());
}

#[test]
fn a_year_takes_several_pages_and_a_day_takes_one() {
    let pages = |report: Vec<u8>| String::from_utf8_lossy(&report).matches("/Type /Page\n").count();
    assert_eq!((pages(written(1, "x")), pages(written(30, "x")), pages(written(366, "x"))), (1, 1, 8));
}

#[test]
fn no_name_is_too_strange_or_too_long() {
    for name in ["", "日本語株式会社", "شركة", "🚀🚀", "e\u{301}a\u{308}", "\u{0}\u{7}\n", "(\\)<>", &"Ä".repeat(500)]
    {
        assert!(written(2, name).ends_with(b"%%EOF"), "{name:?}");
    }
}

#[test]
fn numbers_are_written_for_people() {
    assert_eq!((number(0), number(1_234_567), number(-1_000)), ("0".into(), "1,234,567".into(), "-1,000".into()));
    let figures = Figures { calls: 3, completed: 3, succeeded: 2, duration_ms: 179_500 * 3, cost_minor: 300 };
    let told = (rate(&figures), average(&figures), money(&figures, Currency::Usd));
    assert_eq!(told, ("66.7 %".into(), "3:00 min".into(), "$3.00".into()));
    assert_eq!((rate(&Figures::default()), average(&Figures::default())), ("–".into(), "–".into()));
}
