//! A printed document: texts and rectangles on A4 pages, written as PDF 1.7.
//!
//! Texts are set in Noto Sans, and the document embeds the glyphs it uses: Latin, Greek and Cyrillic, from left to
//! right. Characters of other scripts become `�`, and combining accents are not composed. The same content always gives
//! the same bytes.

mod font;

use freehold_core::Result;
use jiff::{Timestamp, Zoned, tz::TimeZone};
use pdf_writer::{Content, Date, Pdf, Rect, Ref, Str, TextStr};

use font::{FONTS, Font};

/// Width of a page, in points of 1/72 inch.
pub(super) const WIDTH: f32 = 595.0;
/// Height of a page, in points.
pub(super) const HEIGHT: f32 = 842.0;

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const INFORMATION: Ref = Ref::new(3);
/// The number of the first object that is not one of the above.
const FIRST: i32 = 4;

/// A color: red, green and blue, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Color(pub(super) f32, pub(super) f32, pub(super) f32);

/// The style of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) weight: Weight,
    /// The font size, in points.
    pub(super) size: f32,
    pub(super) color: Color,
}

/// The weight of a font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    SemiBold,
}

/// How a text is aligned to its x coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    /// The text starts there.
    Left,
    /// The text ends there.
    Right,
    /// The text is centered there.
    Center,
}

/// A document that is being written.
pub(super) struct Paper {
    fonts: [Font; 2],
    pages: Vec<Content>,
    current: usize,
}

impl Paper {
    /// A document without pages.
    pub(super) fn new() -> Result<Self> {
        let [regular, semi_bold] = FONTS;
        Ok(Self { fonts: [Font::new(regular)?, Font::new(semi_bold)?], pages: Vec::new(), current: 0 })
    }

    /// Adds a page.
    pub(super) fn add_page(&mut self) {
        self.current = self.pages.len();
        self.pages.push(Content::new());
    }

    /// The number of pages.
    pub(super) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Continues on this page, counted from 0.
    pub(super) fn turn_to(&mut self, page: usize) {
        self.current = page;
    }

    /// Writes a line of text. `y` is the distance of its baseline from the top of the page.
    pub(super) fn text(&mut self, style: Style, align: Align, x: f32, y: f32, text: &str) {
        let width = self.width(style, text);
        let x = match align {
            Align::Left => x,
            Align::Right => x - width,
            Align::Center => x - width / 2.0,
        };
        let font = &mut self.fonts[style.weight as usize];
        let glyphs = font.glyphs(text);
        let Some(page) = self.pages.get_mut(self.current) else { return };
        let Color(red, green, blue) = style.color;
        page.set_fill_rgb(red, green, blue)
            .begin_text()
            .set_font(font.name(), style.size)
            .next_line(x, HEIGHT - y)
            .show(Str(&glyphs))
            .end_text();
    }

    /// The width of a text, in points.
    pub(super) fn width(&self, style: Style, text: &str) -> f32 {
        self.fonts[style.weight as usize].width(text) * style.size
    }

    /// The text, cut off if it is wider than `width`.
    pub(super) fn fit(&self, style: Style, width: f32, text: &str) -> String {
        if self.width(style, text) <= width {
            return text.to_owned();
        }
        let mut cut: Vec<char> = text.chars().collect();
        while cut.pop().is_some() {
            let shorter = format!("{}…", cut.iter().collect::<String>().trim_end());
            if self.width(style, &shorter) <= width {
                return shorter;
            }
        }
        String::new()
    }

    /// Draws a filled rectangle. `y` is the distance of its upper edge from the top of the page.
    pub(super) fn rectangle(&mut self, Color(red, green, blue): Color, x: f32, y: f32, width: f32, height: f32) {
        let Some(page) = self.pages.get_mut(self.current) else { return };
        page.set_fill_rgb(red, green, blue).rect(x, HEIGHT - y - height, width, height).fill_nonzero();
    }

    /// The document's bytes.
    pub(super) fn finish(self, title: &str, program: &str, made_at: Timestamp) -> Result<Vec<u8>> {
        let mut references = (FIRST..).map(Ref::new);
        let mut next = move || references.next().unwrap_or(INFORMATION);
        let mut pdf = Pdf::new();
        pdf.catalog(CATALOG).pages(PAGES).lang(TextStr("en")).viewer_preferences().display_doc_title(true);
        let mut information = pdf.document_info(INFORMATION);
        information.title(TextStr(title)).creator(TextStr(program)).producer(TextStr("Freehold"));
        information.creation_date(date(made_at));
        drop(information);

        let fonts: Vec<Ref> = self.fonts.iter().map(|_| next()).collect();
        let pages: Vec<Ref> = self.pages.iter().map(|_| next()).collect();
        pdf.pages(PAGES).kids(pages.iter().copied()).count(i32::try_from(pages.len()).unwrap_or(i32::MAX));
        for (reference, content) in pages.into_iter().zip(self.pages) {
            let text = next();
            pdf.stream(text, &content.finish());
            let mut page = pdf.page(reference);
            page.parent(PAGES).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(text);
            let mut resources = page.resources();
            let mut names = resources.fonts();
            for (font, reference) in self.fonts.iter().zip(&fonts) {
                names.pair(font.name(), *reference);
            }
        }
        for (font, reference) in self.fonts.iter().zip(fonts) {
            font.embed(&mut pdf, reference, &mut next)?;
        }
        Ok(pdf.finish())
    }
}

fn date(at: Timestamp) -> Date {
    let at: Zoned = at.to_zoned(TimeZone::UTC);
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    Date::new(u16::try_from(at.year()).unwrap_or_default())
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
