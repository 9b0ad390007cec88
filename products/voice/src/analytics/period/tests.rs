use super::*;

fn range(from: &str, to: &str, zone: &str, by: &str) -> Range {
    let text = RangeText { from: Some(from), to: Some(to), by: Some(by), time_zone: Some(zone) };
    Range::parse(text, Timestamp::UNIX_EPOCH).unwrap()
}

fn starts(range: &Range) -> Vec<String> {
    range.periods().iter().map(|period| format!("{} {}", period.local, period.starts_at)).collect()
}

#[test]
fn a_day_begins_when_its_zone_says_so() {
    assert_eq!(
        starts(&range("2026-03-14", "2026-03-15", "Asia/Kolkata", "day")),
        ["2026-03-14 2026-03-13T18:30:00Z", "2026-03-15 2026-03-14T18:30:00Z"]
    );
    let spring = range("2026-03-07", "2026-03-09", "America/New_York", "day");
    assert_eq!(
        starts(&spring),
        ["2026-03-07 2026-03-07T05:00:00Z", "2026-03-08 2026-03-08T05:00:00Z", "2026-03-09 2026-03-09T04:00:00Z"]
    );
    assert_eq!(spring.ends_at().to_string(), "2026-03-10T04:00:00Z");
}

#[test]
fn a_day_has_the_hours_that_pass_in_it() {
    let hours = |day: &str, zone: &str| starts(&range(day, day, zone, "hour"));
    let spring = hours("2026-03-08", "America/New_York");
    assert_eq!(spring.len(), 23);
    assert_eq!(
        spring[1..3],
        ["2026-03-08T01:00-05:00 2026-03-08T06:00:00Z", "2026-03-08T03:00-04:00 2026-03-08T07:00:00Z"]
    );
    let autumn = hours("2026-11-01", "America/New_York");
    assert_eq!(autumn.len(), 25);
    assert_eq!(
        autumn[1..3],
        ["2026-11-01T01:00-04:00 2026-11-01T05:00:00Z", "2026-11-01T01:00-05:00 2026-11-01T06:00:00Z"]
    );
    // The clocks skip half an hour, so the day's last hour lasts half an hour.
    let howe = hours("2026-10-04", "Australia/Lord_Howe");
    assert_eq!((howe.len(), howe[23].as_str()), (24, "2026-10-04T23:30+11:00 2026-10-04T12:30:00Z"));
    assert_eq!(hours("2026-03-15", "Asia/Kathmandu")[0], "2026-03-15T00:00+05:45 2026-03-14T18:15:00Z");
}

#[test]
fn days_without_midnight_and_days_that_never_were() {
    // In Cairo the clocks went from midnight to one o'clock.
    assert_eq!(starts(&range("2023-04-28", "2023-04-28", "Africa/Cairo", "day")), ["2023-04-28 2023-04-27T22:00:00Z"]);
    // Samoa skipped a Friday.
    assert_eq!(
        starts(&range("2011-12-29", "2011-12-31", "Pacific/Apia", "day")),
        ["2011-12-29 2011-12-29T10:00:00Z", "2011-12-31 2011-12-30T10:00:00Z"]
    );
}

#[test]
fn every_zone_in_use_begins_its_days_at_a_quarter_of_an_hour() {
    let mut zones = 0;
    for name in jiff::tz::db().available() {
        let name = name.to_string();
        // The entry for leap seconds in the IANA database is no local time.
        let Some(zone) =
            Some(name.as_str()).filter(|name| !name.starts_with("right/")).and_then(|name| TimeZone::get(name).ok())
        else {
            continue;
        };
        zones += 1;
        for year in [2000_i16, 2010, 2026, 2030] {
            for month in [1_i8, 4, 7, 10] {
                let day = Date::new(year, month, 1).unwrap();
                let midnight = day.to_zoned(zone.clone()).unwrap().timestamp();
                assert_eq!(midnight.as_second() % 900, 0, "{name} {day}");
            }
        }
    }
    assert!(zones > 300, "{zones}");
}

#[test]
fn without_parameters_it_is_the_last_thirty_days() {
    let now = "2026-03-15T22:30:00Z".parse().unwrap();
    let utc = Range::parse(RangeText::default(), now).unwrap();
    assert_eq!((utc.from.to_string(), utc.to.to_string()), ("2026-02-14".into(), "2026-03-15".into()));
    assert_eq!((utc.periods().len(), utc.zone_name(), utc.by), (30, "UTC", By::Day));
    let tokyo = Range::parse(RangeText { time_zone: Some("asia/tokyo"), ..RangeText::default() }, now).unwrap();
    assert_eq!((tokyo.to.to_string(), tokyo.zone_name()), ("2026-03-16".into(), "Asia/Tokyo"));
    let to = Range::parse(RangeText { to: Some("2026-01-30"), ..RangeText::default() }, now).unwrap();
    assert_eq!(to.from.to_string(), "2026-01-01");
}

#[test]
fn nonsense_is_told_with_its_parameter() {
    let now = "2026-03-15T12:00:00Z".parse().unwrap();
    let pointers = |text: RangeText<'_>| -> Vec<String> {
        Range::parse(text, now).unwrap_err().fields().iter().map(|field| field.pointer.clone()).collect()
    };
    for date in ["", "yesterday", "2026-02-30", "2026-3-1", "20260301", "2026-03-01T00:00:00", "99999-01-01"] {
        assert_eq!(pointers(RangeText { from: Some(date), ..RangeText::default() }), ["?from"], "{date}");
    }
    let all = RangeText { from: Some("x"), to: Some("y"), by: Some("week"), time_zone: Some("Mars/Olympus") };
    assert_eq!(pointers(all), ["?time_zone", "?by", "?to", "?from"]);
    let range = |from, to, by| RangeText { from: Some(from), to: Some(to), by: Some(by), time_zone: None };
    assert_eq!(pointers(range("2026-03-16", "2026-03-15", "day")), ["?from"]);
    assert_eq!(pointers(range("2025-01-01", "2026-01-02", "day")), ["?from"]);
    assert_eq!(pointers(range("2026-03-01", "2026-04-01", "hour")), ["?from"]);
    assert_eq!(pointers(range("9999-12-01", "9999-12-31", "day")), ["?from"]);
    assert_eq!(pointers(range("-009999-01-01", "-009999-01-01", "day")), ["?from"]);
}
