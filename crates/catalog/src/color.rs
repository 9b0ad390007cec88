//! Colors and their contrast.

use std::fmt;

/// A color in the notation of style sheets: `#1d6b48`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

impl Color {
    /// White.
    pub const WHITE: Self = Self([255; 3]);
    /// Black. On every color either black or white is readable; a lighter black would not suffice.
    pub const BLACK: Self = Self([0; 3]);
    /// Contrast that ordinary text needs (WCAG 2.2, 1.4.3).
    pub const READABLE: f64 = 4.5;

    /// The color with these values of red, green and blue, 0 to 255.
    pub const fn of(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// Parses `#1d6b48`; no other notation is supported.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let share = |start: usize| u8::from_str_radix(digits.get(start..start + 2)?, 16).ok();
        // `from_str_radix` also accepts a sign.
        let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        plain.then_some(Self([share(0)?, share(2)?, share(4)?]))
    }

    /// The contrast of two colors, from 1 (none) to 21 (black on white) (WCAG 2.2).
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance() + 0.05, other.luminance() + 0.05);
        one.max(other) / one.min(other)
    }

    /// Black or white, whichever has more contrast with the color.
    #[must_use]
    pub fn ink(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) { Self::WHITE } else { Self::BLACK }
    }

    /// The shade of the color that is readable on `ground`: the color itself, or one that is darkened or lightened as
    /// little as possible.
    #[must_use]
    pub fn readable_on(self, ground: Self) -> Self {
        let toward = ground.ink();
        let bright = self.bright();
        // Lighten by way of the brightest color of its hue; mixing with white from the start would be pale.
        let lighter = (0..=20).map(|step| self.mixed(bright, step * 5));
        let mixed = |from: Self| (0..=20).map(move |step| from.mixed(toward, step * 5));
        let readable = |shade: &Self| shade.contrast(ground) >= Self::READABLE;
        let found = if toward == Self::WHITE {
            lighter.chain(mixed(bright)).find(readable)
        } else {
            mixed(self).find(readable)
        };
        found.unwrap_or(toward)
    }

    /// The brightest color of its hue: all values grow alike until one is at its maximum.
    fn bright(self) -> Self {
        let most = u16::from(self.0.into_iter().max().unwrap_or_default()).max(1);
        Self(self.0.map(|share| u8::try_from(u16::from(share) * 255 / most).unwrap_or(u8::MAX)))
    }

    /// The color mixed with this percentage of `other`.
    fn mixed(self, other: Self, percent: u16) -> Self {
        let share = |index: usize| {
            let mixed = u16::from(self.0[index]) * (100 - percent) + u16::from(other.0[index]) * percent;
            u8::try_from(mixed / 100).unwrap_or(u8::MAX)
        };
        Self([share(0), share(1), share(2)])
    }

    /// The luminance, from 0 (black) to 1 (white) (WCAG 2.2).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|share| {
            let share = f64::from(share) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_six_hexadecimal_digits() {
        assert_eq!(Color::parse("#1d6b48").unwrap().to_string(), "#1d6b48");
        assert_eq!(Color::parse("#FFCC00"), Some(Color::of(255, 204, 0)));
        for text in ["", "#", "1d6b48", "#1d6b4", "#1d6b489", "#1d6b4g", "#+1+1+1", "#é6b48", "red", "#fff", "#fff;x:y"]
        {
            assert_eq!(Color::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((Color::WHITE.contrast(Color::BLACK) - 21.0).abs() < 0.001);
        assert!((Color::WHITE.contrast(Color::WHITE) - 1.0).abs() < 0.001);
        // The lightest grey that is readable on white.
        assert!(Color::of(0x76, 0x76, 0x76).contrast(Color::WHITE) >= Color::READABLE);
        assert!(Color::of(0x78, 0x78, 0x78).contrast(Color::WHITE) < Color::READABLE);
    }

    #[test]
    fn every_colour_is_read_on_every_ground() {
        let shares = [0, 40, 90, 128, 200, 255];
        let colors = || {
            shares.into_iter().flat_map(move |red| {
                shares.into_iter().flat_map(move |green| shares.map(|blue| Color::of(red, green, blue)))
            })
        };
        for color in colors() {
            assert!(color.contrast(color.ink()) >= Color::READABLE, "{color} and its ink");
            for ground in [Color::WHITE, Color::of(0x19, 0x1d, 0x1a)] {
                let shade = color.readable_on(ground);
                assert!(shade.contrast(ground) >= Color::READABLE, "{color} on {ground} becomes {shade}");
            }
        }
        // A lightened color keeps its hue: green stays greener than red and blue.
        assert_eq!(Color::of(0x1d, 0x6b, 0x48).readable_on(Color::of(0x19, 0x1d, 0x1a)).to_string(), "#299765");
        // A readable color stays.
        assert_eq!(Color::of(0x1d, 0x6b, 0x48).readable_on(Color::WHITE), Color::of(0x1d, 0x6b, 0x48));
    }
}
