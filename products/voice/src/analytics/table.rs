//! Call counts as CSV (RFC 4180): UTF-8, lines that end with CR and LF, and a first line with the names of the columns.
//! Texts are escaped so that spreadsheets do not run them as formulas ([`formula_guard`]); numbers are not.

use csv::{Terminator, WriterBuilder};
use freehold_core::{Context, Result, formula_guard};

use super::{Figures, Group, Period};

const FIGURES: [&str; 9] = [
    "calls",
    "completed",
    "failed",
    "succeeded",
    "success_rate",
    "duration_ms",
    "average_duration_ms",
    "cost_minor",
    "currency",
];

/// The counts of each period.
pub fn calls_table(calls: &[(Period, Figures)], currency: &str) -> Result<Vec<u8>> {
    let keys = |(period, figures): &(Period, Figures)| ([period.local.clone(), period.starts_at.to_string()], *figures);
    table(["local", "starts_at"], calls.iter().map(keys), currency)
}

/// The counts of each workflow or campaign.
pub fn groups_table(groups: &[Group], currency: &str) -> Result<Vec<u8>> {
    let keys = |group: &Group| ([group.id.to_string(), formula_guard(&group.name).into_owned()], group.figures);
    table(["id", "name"], groups.iter().map(keys), currency)
}

fn table(keys: [&str; 2], rows: impl Iterator<Item = ([String; 2], Figures)>, currency: &str) -> Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(keys.iter().chain(&FIGURES)).context("writing a table")?;
    for (keys, figures) in rows {
        let cells = cells(&figures, currency);
        writer.write_record(keys.iter().chain(&cells)).context("writing a table")?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error).context("writing a table")
}

fn cells(figures: &Figures, currency: &str) -> [String; 9] {
    [
        figures.calls.to_string(),
        figures.completed.to_string(),
        figures.failed().to_string(),
        figures.succeeded.to_string(),
        figures.success_rate().map(|rate| format!("{rate:.4}")).unwrap_or_default(),
        figures.duration_ms.to_string(),
        figures.average_duration_ms().map(|average| average.to_string()).unwrap_or_default(),
        figures.cost_minor.to_string(),
        currency.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use freehold_core::formula_unguard;

    use super::*;

    #[test]
    fn a_name_is_no_formula() {
        let group = |name: &str| Group { id: uuid::Uuid::nil(), name: name.to_owned(), figures: Figures::default() };
        let names =
            ["=1+1", "+1", "-1", "@now", "a=1", "Größe, \"x\"\n", "=cmd|' /C calc'!A0", "x;=1+1;y", "x\t=1", "＝1"];
        let table = groups_table(&names.map(group), "usd").unwrap();
        let written: Vec<String> =
            csv::Reader::from_reader(&table[..]).records().map(|record| record.unwrap()[1].to_owned()).collect();
        assert_eq!(
            written,
            [
                "'=1+1",
                "'+1",
                "'-1",
                "'@now",
                "a=1",
                "Größe, \"x\"\n",
                "'=cmd|' /C calc'!A0",
                "x;'=1+1;y",
                "x\t'=1",
                "'＝1"
            ]
        );
        let read: Vec<String> = written.iter().map(|cell| formula_unguard(cell).into_owned()).collect();
        assert_eq!(read, names, "reading a table back gives the names");
    }

    #[test]
    fn every_cell_has_its_place() {
        let figures = Figures { calls: 3, completed: 2, succeeded: 1, duration_ms: 90_001, cost_minor: 3 };
        let period = Period { starts_at: "2026-03-14T18:30:00Z".parse().unwrap(), local: "2026-03-15".to_owned() };
        let table = calls_table(&[(period.clone(), figures), (period, Figures::default())], "usd").unwrap();
        assert_eq!(
            String::from_utf8(table).unwrap(),
            "local,starts_at,calls,completed,failed,succeeded,success_rate,duration_ms,average_duration_ms,cost_minor,currency\r\n\
             2026-03-15,2026-03-14T18:30:00Z,3,2,1,1,0.3333,90001,30000,3,usd\r\n\
             2026-03-15,2026-03-14T18:30:00Z,0,0,0,0,,0,,0,usd\r\n"
        );
    }
}
