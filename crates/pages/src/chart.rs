//! Small charts, drawn as SVG on the server: the macros `bars` and `line`. The drawing stretches with its box, so it
//! holds no text; the labels are beside it, and the values are in a table for screen readers.

use crate::grouped;

/// Width and height of the drawing, in its own units.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 100.0;

/// A chart of values over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// What the values are: `Calls a day`.
    pub title: String,
    /// Labels and values in order: `1 November`, 12. Negative values are drawn as zero.
    pub points: Vec<(String, i64)>,
}

/// A bar of a chart, in the units of the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Left edge.
    pub x: String,
    /// Upper edge.
    pub y: String,
    /// Width of the bar, in the units of the drawing.
    pub width: String,
    /// Height of the bar, in the units of the drawing.
    pub height: String,
}

impl Chart {
    /// The largest value, at least 1.
    pub fn most(&self) -> i64 {
        self.points.iter().map(|(_, value)| *value).max().unwrap_or_default().max(1)
    }

    /// The largest value with separators: `1,200`.
    pub fn most_words(&self) -> String {
        grouped(self.most())
    }

    /// Label of the first and of the last value.
    pub fn ends(&self) -> Option<(&str, &str)> {
        Some((self.points.first()?.0.as_str(), self.points.last()?.0.as_str()))
    }

    /// The bars, from left to right. A value that is not zero has a bar of at least two units.
    pub fn bars(&self) -> Vec<Bar> {
        let slot = WIDTH / count(self.points.len().max(1));
        let bar = |(index, (_, value)): (usize, &(String, i64))| {
            let least = if *value > 0 { 2.0 } else { 0.0 };
            let height = (self.share(*value) * HEIGHT).max(least);
            Bar {
                x: short(count(index) * slot + slot * 0.125),
                y: short(HEIGHT - height),
                width: short(slot * 0.75),
                height: short(height),
            }
        };
        self.points.iter().enumerate().map(bar).collect()
    }

    /// The points of the line: `0,100 300,40 600,0`.
    pub fn line(&self) -> String {
        let step = WIDTH / count(self.points.len().saturating_sub(1).max(1));
        let point = |(index, (_, value)): (usize, &(String, i64))| {
            format!("{},{}", short(count(index) * step), short(HEIGHT - self.share(*value) * (HEIGHT - 4.0) - 2.0))
        };
        self.points.iter().enumerate().map(point).collect::<Vec<_>>().join(" ")
    }

    /// The points of the area below the line.
    pub fn area(&self) -> String {
        let step = WIDTH / count(self.points.len().saturating_sub(1).max(1));
        let end = short(count(self.points.len().saturating_sub(1)) * step);
        format!("0,{HEIGHT} {} {end},{HEIGHT}", self.line())
    }

    #[expect(clippy::cast_precision_loss, reason = "a drawing of 600 units needs no more precision")]
    fn share(&self, value: i64) -> f64 {
        value.max(0) as f64 / self.most() as f64
    }
}

#[expect(clippy::cast_precision_loss, reason = "a chart has far fewer points than 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}

/// A number with at most two decimals.
fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[i64]) -> Chart {
        let points = values.iter().enumerate().map(|(day, value)| (format!("{day} May"), *value));
        Chart { title: "Calls".into(), points: points.collect() }
    }

    #[test]
    fn the_largest_value_fills_the_height() {
        let bars = chart(&[0, 5, 10]).bars();
        assert_eq!(bars.iter().map(|bar| bar.height.as_str()).collect::<Vec<_>>(), ["0", "50", "100"]);
        assert_eq!((bars[0].x.as_str(), bars[2].x.as_str(), bars[2].y.as_str()), ("25", "425", "0"));
    }

    #[test]
    fn unusual_values_are_drawn_too() {
        for values in [&[][..], &[0], &[-5, 0], &[i64::MIN, i64::MAX], &[7]] {
            let chart = chart(values);
            let text = format!("{:?} {} {}", chart.bars(), chart.line(), chart.area());
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
        assert_eq!(chart(&[1, 1_000_000]).bars()[0].height, "2");
    }
}
