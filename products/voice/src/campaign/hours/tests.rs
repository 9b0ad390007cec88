use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use proptest::prelude::*;
use serde_json::json;

use super::CallingHours;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn hours(days: &[&str], windows: &[(&str, &str)]) -> CallingHours {
    let windows: Vec<_> = windows.iter().map(|(from, to)| json!({ "from": from, "to": to })).collect();
    let days = days.iter().map(|day| ((*day).to_owned(), json!(windows)));
    serde_json::from_value(serde_json::Value::Object(days.collect())).expect("the hours read")
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("the zone is known")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// Asserts when the hours open. Both times are local times of the zone, with the offset.
#[track_caller]
fn opens(hours: &CallingHours, place: &str, now: &str, expected: &str) {
    let zone = zone(place);
    let opens = hours.opens_at(&zone, at(now)).expect("it opens some day");
    assert_eq!(opens, at(expected), "in {place} from {now}: opens at {}", opens.to_zoned(zone));
}

#[test]
fn inside_a_window_it_is_open_now_and_outside_it_opens_at_the_next_one() {
    let office = hours(&DAYS[..5], &[("09:00", "12:00"), ("13:30", "18:00")]);
    // 2026-03-16 is a Monday.
    for (now, expected) in [
        ("2026-03-16T09:00:00+01", "2026-03-16T09:00:00+01"),
        ("2026-03-16T11:59:59.999+01", "2026-03-16T11:59:59.999+01"),
        ("2026-03-16T12:00:00+01", "2026-03-16T13:30:00+01"),
        ("2026-03-16T08:59:59+01", "2026-03-16T09:00:00+01"),
        ("2026-03-16T18:00:00+01", "2026-03-17T09:00:00+01"),
        ("2026-03-20T18:00:00+01", "2026-03-23T09:00:00+01"),
        ("2026-03-21T10:00:00+01", "2026-03-23T09:00:00+01"),
    ] {
        opens(&office, "Europe/Berlin", now, expected);
    }
}

#[test]
fn the_zone_decides_not_the_server() {
    let office = hours(&DAYS, &[("09:00", "17:00")]);
    opens(&office, "America/New_York", "2026-01-15T12:00:00Z", "2026-01-15T14:00:00Z");
    opens(&office, "Asia/Kathmandu", "2026-01-15T02:00:00Z", "2026-01-15T03:15:00Z");
    opens(&office, "Pacific/Kiritimati", "2026-01-14T18:59:00Z", "2026-01-14T19:00:00Z");
    opens(&office, "UTC", "2026-01-15T17:00:00Z", "2026-01-16T09:00:00Z");
}

#[test]
fn a_window_up_to_midnight_and_one_from_midnight_are_one_night() {
    let night = hours(&["friday"], &[("22:00", "24:00")]);
    let both = CallingHours { saturday: hours(&["saturday"], &[("00:00", "02:00")]).saturday, ..night.clone() };
    opens(&night, "Europe/Berlin", "2026-03-20T23:59:59+01", "2026-03-20T23:59:59+01");
    opens(&night, "Europe/Berlin", "2026-03-21T00:00:00+01", "2026-03-27T22:00:00+01");
    opens(&both, "Europe/Berlin", "2026-03-21T00:00:00+01", "2026-03-21T00:00:00+01");
    opens(&both, "Europe/Berlin", "2026-03-21T02:00:00+01", "2026-03-27T22:00:00+01");
}

#[test]
fn when_the_clocks_go_forward_what_they_leave_out_is_not_open() {
    // Berlin, Sunday, 29 March 2026: 02:00 is followed by 03:00.
    let place = "Europe/Berlin";
    opens(&hours(&["sunday"], &[("09:00", "10:00")]), place, "2026-03-28T20:00:00Z", "2026-03-29T07:00:00Z");
    // The window starts in the gap: the rest of it is open.
    opens(&hours(&["sunday"], &[("02:30", "03:30")]), place, "2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z");
    opens(&hours(&["sunday"], &[("02:30", "03:30")]), place, "2026-03-29T01:30:00Z", "2026-04-05T00:30:00Z");
    // The whole window is in the gap: it opens a week later.
    opens(&hours(&["sunday"], &[("02:00", "03:00")]), place, "2026-03-28T22:00:00Z", "2026-04-05T00:00:00Z");
    // The window ends in the gap.
    opens(&hours(&["sunday"], &[("01:30", "02:30")]), place, "2026-03-29T00:59:59Z", "2026-03-29T00:59:59Z");
    opens(&hours(&["sunday"], &[("01:30", "02:30")]), place, "2026-03-29T01:00:00Z", "2026-04-04T23:30:00Z");
}

#[test]
fn when_the_clocks_go_back_what_they_show_twice_is_open_twice() {
    // New York, Sunday, 1 November 2026: 02:00 is followed by 01:00.
    let place = "America/New_York";
    let early = hours(&["sunday"], &[("01:15", "01:45")]);
    opens(&early, place, "2026-11-01T05:00:00Z", "2026-11-01T05:15:00Z");
    opens(&early, place, "2026-11-01T05:45:00Z", "2026-11-01T06:15:00Z");
    opens(&early, place, "2026-11-01T06:45:00Z", "2026-11-08T06:15:00Z");
    // The clock jumps back into the window.
    let before = hours(&["sunday"], &[("00:30", "01:30")]);
    opens(&before, place, "2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z");
    // And out of the window.
    let after = hours(&["sunday"], &[("01:30", "03:00")]);
    opens(&after, place, "2026-11-01T05:59:59Z", "2026-11-01T05:59:59Z");
    opens(&after, place, "2026-11-01T06:00:00Z", "2026-11-01T06:30:00Z");
}

#[test]
fn other_changes_of_the_clock() {
    // Lord Howe sets the clocks back by half an hour: on 2026-04-05, 02:00 (+11) is followed by 01:30 (+10:30).
    let half = hours(&["sunday"], &[("01:45", "02:15")]);
    opens(&half, "Australia/Lord_Howe", "2026-04-04T15:00:00Z", "2026-04-04T15:15:00Z");
    // Havana sets the clocks forward at midnight: 2026-03-08 starts at 01:00.
    opens(&hours(&["sunday"], &[("00:00", "02:00")]), "America/Havana", "2026-03-08T04:59:00Z", "2026-03-08T05:00:00Z");
    // Apia skipped the whole of Friday, 30 December 2011.
    opens(&hours(&["friday"], &[("09:00", "17:00")]), "Pacific/Apia", "2011-12-30T09:59:00Z", "2012-01-05T19:00:00Z");
}

#[test]
fn what_is_wrong_with_hours_is_told_with_its_place() {
    let told = |hours: &CallingHours| -> Vec<String> { hours.check().into_iter().map(|wrong| wrong.pointer).collect() };
    assert_eq!(told(&CallingHours::default()), [""]);
    assert_eq!(told(&hours(&["monday"], &[("22:00", "06:00")])), ["/monday/0"]);
    assert_eq!(told(&hours(&["monday"], &[("09:00", "09:00")])), ["/monday/0"]);
    assert_eq!(told(&hours(&["friday"], &[("09:00", "12:00"), ("11:00", "13:00")])), ["/friday/1"]);
    assert!(told(&hours(&["friday"], &[("12:00", "13:00"), ("09:00", "12:00")])).is_empty());
    let many: Vec<(String, String)> = (0..11).map(|hour| (format!("{hour:02}:00"), format!("{hour:02}:30"))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    assert_eq!(told(&hours(&["sunday"], &many)), ["/sunday"]);
}

#[test]
fn times_of_day_are_two_digits_each() {
    for text in ["9:00", "09:60", "24:01", "09:00:00", "0900", "-1:00", "+9:00", "", "ab:cd", "09:0é"] {
        let window = json!({ "monday": [{ "from": text, "to": "23:00" }] });
        let refusal = serde_json::from_value::<CallingHours>(window).expect_err("it is no time").to_string();
        assert!(refusal.contains("HH:MM"), "{text}: {refusal}");
    }
    let read = hours(&["monday"], &[("00:00", "24:00")]);
    assert_eq!(
        serde_json::to_value(&read).expect("it writes"),
        json!({ "monday": [{ "from": "00:00", "to": "24:00" }] })
    );
}

fn any_hours() -> impl Strategy<Value = CallingHours> {
    let window = (0_u16..24 * 4, 1_u16..=24 * 4).prop_map(|(from, to)| (from * 15, (to * 15).max(from * 15 + 15)));
    let text = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    proptest::collection::vec((0_usize..7, window), 1..6).prop_map(move |windows| {
        let mut days = serde_json::Map::new();
        for (day, (from, to)) in windows {
            let list = days.entry(DAYS[day]).or_insert_with(|| json!([]));
            list.as_array_mut().expect("a list").push(json!({ "from": text(from), "to": text(to) }));
        }
        serde_json::from_value(serde_json::Value::Object(days)).expect("the hours read")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Around every kind of clock change, the opening is the first open quarter of an hour.
    #[test]
    fn the_opening_is_the_first_quarter_that_is_open(
        hours in any_hours(),
        (place, start) in prop_oneof![
            Just(("Europe/Berlin", "2026-03-27T00:00:00Z")),
            Just(("Europe/Berlin", "2026-10-23T00:00:00Z")),
            Just(("America/New_York", "2026-03-06T00:00:00Z")),
            Just(("America/New_York", "2026-10-30T00:00:00Z")),
            Just(("Australia/Lord_Howe", "2026-04-02T00:00:00Z")),
            Just(("Australia/Lord_Howe", "2026-10-01T00:00:00Z")),
            Just(("America/Havana", "2026-03-06T00:00:00Z")),
            Just(("Pacific/Apia", "2011-12-28T00:00:00Z")),
            Just(("Asia/Kathmandu", "2026-06-01T00:00:00Z")),
        ],
        quarters in 0_i64..96 * 5,
    ) {
        let zone = zone(place);
        let quarter = SignedDuration::from_mins(15);
        let now = at(start) + quarter * i32::try_from(quarters).expect("small");
        let found = hours.opens_at(&zone, now);
        let looked = (0..96 * 15).map(|step| now + quarter * step).find(|at| hours.contains(zone.to_datetime(*at)));
        prop_assert_eq!(found, looked);
    }
}
