//! The table of the days.

use super::{
    Align, FAINT, Figures, HEIGHT, INK, LEFT, Paper, RIGHT, RULE, Report, Weight, average, money, number, rate, style,
};

const ROW: f32 = 13.2;
/// Where the rows of a page end.
const BOTTOM: f32 = HEIGHT - 48.0;
/// Where the rows of a following page start.
const TOP: f32 = 60.0;

/// The columns: their titles and where they end.
const COLUMNS: [(&str, f32); 7] = [
    ("Calls", 160.0),
    ("Completed", 224.0),
    ("Failed", 276.0),
    ("Succeeded", 338.0),
    ("Success rate", 405.0),
    ("Average", 476.0),
    ("Cost", RIGHT),
];

/// Draws the table, on several pages if needed. `y` is the upper edge of its header.
pub(super) fn draw(paper: &mut Paper, report: &Report<'_>, y: f32) {
    let mut y = head(paper, y);
    for (period, figures) in report.days {
        if y > BOTTOM {
            paper.add_page();
            y = head(paper, TOP);
        }
        row(paper, report, y, Weight::Regular, &period.local, figures);
        y += ROW;
    }
    if y + 4.0 > BOTTOM {
        paper.add_page();
        y = head(paper, TOP);
    }
    paper.rectangle(RULE, LEFT, y - ROW + 4.5, RIGHT - LEFT, 0.75);
    let total: Figures = report.days.iter().map(|(_, figures)| *figures).sum();
    row(paper, report, y + 3.0, Weight::SemiBold, "Total", &total);
}

/// Draws the header and returns where the first row is.
fn head(paper: &mut Paper, y: f32) -> f32 {
    let small = style(Weight::Regular, 8.0, FAINT);
    paper.text(small, Align::Left, LEFT, y, "Day");
    for (label, end) in COLUMNS {
        paper.text(small, Align::Right, end, y, label);
    }
    paper.rectangle(RULE, LEFT, y + 4.5, RIGHT - LEFT, 0.75);
    y + 4.5 + ROW
}

fn row(paper: &mut Paper, report: &Report<'_>, y: f32, weight: Weight, day: &str, figures: &Figures) {
    // A day without calls is listed too, but in a faint color.
    let style = style(weight, 9.0, if figures.calls == 0 { FAINT } else { INK });
    paper.text(style, Align::Left, LEFT, y, day);
    let cells = [
        number(figures.calls),
        number(figures.completed),
        number(figures.failed()),
        number(figures.succeeded),
        rate(figures),
        average(figures),
        money(figures, report.currency),
    ];
    for (cell, (_, end)) in cells.iter().zip(COLUMNS) {
        paper.text(style, Align::Right, end, y, cell);
    }
}
