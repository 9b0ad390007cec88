//! A font of a document: which of its glyphs are used, how wide they are, and how they are embedded in the file (ISO
//! 32000-1, 9.7: a composite font whose character codes are glyph numbers).

use std::collections::BTreeMap;

use freehold_core::{Context, Result};
use pdf_writer::{
    Name, Pdf, Rect, Ref, Str,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use subsetter::{GlyphRemapper, subset};
use ttf_parser::{Face, GlyphId};

/// A font of this crate; `fonts/README.md` says where it comes from.
pub(super) struct FontFile {
    /// The name that pages use for it.
    name: Name<'static>,
    /// Its PostScript name, with the six-letter prefix that marks a subset (ISO 32000-1, 9.6.4).
    base: Name<'static>,
    /// The thickness of its stems, in thousandths of the font size.
    stem: f32,
    data: &'static [u8],
}

/// The fonts, by weight.
pub(super) const FONTS: [FontFile; 2] = [
    FontFile {
        name: Name(b"F0"),
        base: Name(b"FRHOLD+NotoSans-Regular"),
        stem: 80.0,
        data: include_bytes!("../../../fonts/NotoSans-Regular.ttf"),
    },
    FontFile {
        name: Name(b"F1"),
        base: Name(b"FRHOLD+NotoSans-SemiBold"),
        stem: 115.0,
        data: include_bytes!("../../../fonts/NotoSans-SemiBold.ttf"),
    },
];

const SYSTEM: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// A font, and the glyphs that a document has used.
pub(super) struct Font {
    file: FontFile,
    face: Face<'static>,
    /// From the glyph numbers of the font to those of the document.
    used: GlyphRemapper,
    /// The characters, by the glyph numbers of the document.
    characters: BTreeMap<u16, char>,
}

impl Font {
    pub(super) fn new(file: FontFile) -> Result<Self> {
        let face = Face::parse(file.data, 0).context("reading a font")?;
        Ok(Self { file, face, used: GlyphRemapper::new(), characters: BTreeMap::new() })
    }

    /// The name that pages use for it.
    pub(super) fn name(&self) -> Name<'static> {
        self.file.name
    }

    /// The text as glyph numbers, two bytes each.
    pub(super) fn glyphs(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len() * 2);
        for character in text.chars() {
            let (character, glyph) = self.glyph(character);
            let number = self.used.remap(glyph.0);
            self.characters.insert(number, character);
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }

    /// The width of a text at font size 1.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.chars().map(|character| self.advance(self.glyph(character).1)).sum()
    }

    /// The glyph of a character, or of the replacement character if the font has none.
    fn glyph(&self, character: char) -> (char, GlyphId) {
        let known = |character| self.face.glyph_index(character).map(|glyph| (character, glyph));
        known(character)
            .or_else(|| known(char::REPLACEMENT_CHARACTER))
            .unwrap_or((char::REPLACEMENT_CHARACTER, GlyphId(0)))
    }

    fn advance(&self, glyph: GlyphId) -> f32 {
        self.scaled(self.face.glyph_hor_advance(glyph).unwrap_or_default().into())
    }

    fn scaled(&self, units: f32) -> f32 {
        units / f32::from(self.face.units_per_em())
    }

    /// Writes the used part of the font to the document.
    pub(super) fn embed(&self, pdf: &mut Pdf, font: Ref, next: &mut impl FnMut() -> Ref) -> Result<()> {
        let (descendant, descriptor, program, unicode) = (next(), next(), next(), next());
        pdf.type0_font(font)
            .base_font(self.file.base)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(unicode);

        let mut cid = pdf.cid_font(descendant);
        cid.subtype(CidFontType::Type2).base_font(self.file.base).system_info(SYSTEM).font_descriptor(descriptor);
        cid.cid_to_gid_map_predefined(Name(b"Identity")).default_width(0.0);
        let widths = self.used.remapped_gids().map(|glyph| self.advance(GlyphId(glyph)) * 1_000.0);
        cid.widths().consecutive(0, widths);
        drop(cid);

        let thousandths = |units: i16| self.scaled(units.into()) * 1_000.0;
        let bounds = self.face.global_bounding_box();
        let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(thousandths);
        pdf.font_descriptor(descriptor)
            .name(self.file.base)
            .flags(FontFlags::NON_SYMBOLIC)
            .bbox(Rect::new(bounds[0], bounds[1], bounds[2], bounds[3]))
            .italic_angle(0.0)
            .ascent(thousandths(self.face.ascender()))
            .descent(thousandths(self.face.descender()))
            .cap_height(thousandths(self.face.capital_height().unwrap_or_default()))
            .stem_v(self.file.stem)
            .font_file2(program);
        let glyphs = subset(self.file.data, 0, &self.used).context("taking glyphs out of a font")?;
        pdf.stream(program, &glyphs).pair(Name(b"Length1"), i32::try_from(glyphs.len()).unwrap_or(i32::MAX));

        let mut characters = UnicodeCmap::new(Name(b"Freehold-Characters"), SYSTEM);
        for (number, character) in &self.characters {
            characters.pair(*number, *character);
        }
        pdf.cmap(unicode, &characters.finish());
        Ok(())
    }
}
