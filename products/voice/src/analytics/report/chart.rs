//! A bar chart with one bar for each day.

use super::{Align, FAINT, LEFT, PALE, Paper, RIGHT, RULE, Report, STRONG, Weight, number, style};

/// The height of the highest bar.
const TALL: f32 = 92.0;
/// The space for the numbers of the axis.
const AXIS: f32 = 34.0;

/// Draws the chart. `y` is its upper edge.
pub(super) fn draw(paper: &mut Paper, report: &Report<'_>, y: f32) {
    legend(paper, y);
    let bottom = y + 16.0 + TALL;
    let most = report.days.iter().map(|(_, figures)| figures.calls).max().unwrap_or_default();
    let scale = round_up(most);
    for part in [0, 1, 2] {
        let line = bottom - TALL * real(part) / 2.0;
        paper.rectangle(RULE, LEFT + AXIS, line, RIGHT - LEFT - AXIS, 0.5);
        let label = number(scale * part / 2);
        paper.text(style(Weight::Regular, 7.5, FAINT), Align::Right, LEFT + AXIS - 6.0, line + 2.6, &label);
    }
    let step = (RIGHT - LEFT - AXIS) / real(i64::try_from(report.days.len()).unwrap_or(1).max(1));
    let wide = (step * 0.68).min(28.0);
    let mut x = LEFT + AXIS + (step - wide) / 2.0;
    for (_, figures) in report.days {
        let height = |calls: i64| TALL * real(calls) / real(scale);
        let (all, good) = (height(figures.calls), height(figures.succeeded));
        paper.rectangle(PALE, x, bottom - all, wide, all - good);
        paper.rectangle(STRONG, x, bottom - good, wide, good);
        x += step;
    }
    paper.rectangle(FAINT, LEFT + AXIS, bottom, RIGHT - LEFT - AXIS, 0.75);
    days(paper, report, bottom + 11.0, step);
}

/// Writes the first, the middle and the last day, each below its bar.
fn days(paper: &mut Paper, report: &Report<'_>, y: f32, step: f32) {
    let small = style(Weight::Regular, 7.5, FAINT);
    let short = |index: usize| report.days.get(index).map(|(period, _)| period.local.clone()).unwrap_or_default();
    let last = report.days.len().saturating_sub(1);
    paper.text(small, Align::Left, LEFT + AXIS, y, &short(0));
    if last > 1 {
        let middle = i64::try_from(last / 2).unwrap_or_default();
        paper.text(small, Align::Center, LEFT + AXIS + step * (real(middle) + 0.5), y, &short(last / 2));
    }
    if last > 0 {
        paper.text(small, Align::Right, RIGHT, y, &short(last));
    }
}

fn legend(paper: &mut Paper, y: f32) {
    let small = style(Weight::Regular, 8.5, FAINT);
    let mut x = LEFT;
    for (color, label) in [(STRONG, "Succeeded"), (PALE, "Other calls")] {
        paper.rectangle(color, x, y - 6.5, 7.0, 7.0);
        paper.text(small, Align::Left, x + 11.0, y, label);
        x += 11.0 + paper.width(small, label) + 16.0;
    }
}

/// Rounds up to the next of 2, 4, 10, 20, 40, 100 and so on, so that half of the result is a whole number.
fn round_up(most: i64) -> i64 {
    let steps = (0..18).flat_map(|power| [2, 4, 10].map(|step| step * 10_i64.pow(power)));
    steps.into_iter().find(|step| *step >= most).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a point is 1/72 inch")]
fn real(number: i64) -> f32 {
    number as f32
}
