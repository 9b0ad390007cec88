//! A report on calls as PDF: totals, a chart and a table of the days, on as many pages as needed.

mod chart;
mod days;

use freehold_core::{Currency, Money, Result};
use jiff::{Timestamp, civil::Date};

use super::{
    Figures, Period, Range,
    paper::{Align, Color, HEIGHT, Paper, Style, WIDTH, Weight},
};

/// The left and right edges of the printed area.
const LEFT: f32 = 48.0;
const RIGHT: f32 = WIDTH - 48.0;

const INK: Color = Color(0.12, 0.13, 0.16);
const FAINT: Color = Color(0.45, 0.47, 0.52);
const RULE: Color = Color(0.87, 0.88, 0.90);
/// The color of calls that succeeded.
const STRONG: Color = Color(0.16, 0.38, 0.72);
/// The color of all other calls.
const PALE: Color = Color(0.74, 0.82, 0.93);

/// The content of a report.
pub struct Report<'a> {
    /// The product's name.
    pub product: &'a str,
    /// The name of the organization.
    pub organization: &'a str,
    /// The names of the workflow and the campaign; empty: all calls.
    pub about: &'a [String],
    /// The days, with their time zone.
    pub range: &'a Range,
    /// The counts of each day.
    pub days: &'a [(Period, Figures)],
    /// The currency of the costs.
    pub currency: Currency,
    /// When the report was made.
    pub made_at: Timestamp,
}

/// Returns the PDF file. The same report always gives the same bytes. Names in Latin, Greek or Cyrillic letters are
/// printed as they are; letters of other scripts become `�`.
pub fn report_write(report: &Report<'_>) -> Result<Vec<u8>> {
    let mut paper = Paper::new()?;
    paper.add_page();
    head(&mut paper, report);
    totals(&mut paper, report, 138.0);
    chart::draw(&mut paper, report, 196.0);
    days::draw(&mut paper, report, 352.0);
    feet(&mut paper, report);
    let title = format!("Calls of {}, {}", report.organization, period(report.range));
    paper.finish(&title, report.product, report.made_at)
}

fn head(paper: &mut Paper, report: &Report<'_>) {
    let title = style(Weight::SemiBold, 22.0, INK);
    paper.text(title, Align::Left, LEFT, 68.0, "Calls");
    let (name, small) = (style(Weight::SemiBold, 10.5, INK), style(Weight::Regular, 9.5, FAINT));
    let width = RIGHT - LEFT;
    let mut whose = report.organization.to_owned();
    for about in report.about {
        whose = format!("{whose} · {about}");
    }
    let whose = paper.fit(name, width, &whose);
    paper.text(name, Align::Left, LEFT, 90.0, &whose);
    let when = format!("{} · days in {}", period(report.range), report.range.zone_name());
    paper.text(small, Align::Left, LEFT, 105.0, &when);
    paper.rectangle(RULE, LEFT, 117.0, width, 0.75);
}

fn totals(paper: &mut Paper, report: &Report<'_>, y: f32) {
    let total: Figures = report.days.iter().map(|(_, figures)| *figures).sum();
    let tiles = [
        ("Calls", number(total.calls)),
        ("Succeeded", number(total.succeeded)),
        ("Success rate", rate(&total)),
        ("Average duration", average(&total)),
        ("Cost", money(&total, report.currency)),
    ];
    let step = (RIGHT - LEFT) / 5.0;
    let mut x = LEFT;
    for (label, value) in tiles {
        paper.text(style(Weight::Regular, 8.5, FAINT), Align::Left, x, y, label);
        let large = style(Weight::SemiBold, 17.0, INK);
        let value = paper.fit(large, step - 8.0, &value);
        paper.text(large, Align::Left, x, y + 21.0, &value);
        x += step;
    }
}

/// Writes the footer of every page.
fn feet(paper: &mut Paper, report: &Report<'_>) {
    let small = style(Weight::Regular, 8.0, FAINT);
    let made = format!("{} · made on {}", report.product, report.made_at.strftime("%-d %B %Y, %H:%M UTC"));
    let made = paper.fit(small, RIGHT - LEFT - 80.0, &made);
    let pages = paper.pages();
    for page in 0..pages {
        paper.turn_to(page);
        paper.text(small, Align::Left, LEFT, HEIGHT - 30.0, &made);
        paper.text(small, Align::Right, RIGHT, HEIGHT - 30.0, &format!("Page {} of {pages}", page + 1));
    }
}

const fn style(weight: Weight, size: f32, color: Color) -> Style {
    Style { weight, size, color }
}

/// The range in words.
fn period(range: &Range) -> String {
    let long = |date: Date| date.strftime("%-d %B %Y").to_string();
    if range.from == range.to { long(range.to) } else { format!("{} to {}", long(range.from), long(range.to)) }
}

/// A number with separators between the thousands.
fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{}{}", if number < 0 { "-" } else { "" }, groups.join(","))
}

fn rate(figures: &Figures) -> String {
    figures.success_rate().map_or_else(|| "–".to_owned(), |rate| format!("{:.1} %", rate * 100.0))
}

fn average(figures: &Figures) -> String {
    let Some(milliseconds) = figures.average_duration_ms() else { return "–".to_owned() };
    let seconds = (milliseconds + 500) / 1_000;
    format!("{}:{:02} min", seconds / 60, seconds % 60)
}

fn money(figures: &Figures, currency: Currency) -> String {
    let money = Money { minor: figures.cost_minor, currency }.to_string();
    // In a column of amounts each one shows its cents.
    if money.contains('.') { money } else { format!("{money}.00") }
}

#[cfg(test)]
mod tests;
