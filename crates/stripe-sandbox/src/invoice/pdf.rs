//! The PDF of an invoice.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str};

use crate::{
    invoice::{Invoice, Status},
    money, page,
};

const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const LEFT: f32 = 56.0;
const RIGHT: f32 = WIDTH - 56.0;
/// The lower end of the lines on a page.
const BOTTOM: f32 = 96.0;
const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const REGULAR: Ref = Ref::new(3);
const BOLD: Ref = Ref::new(4);

/// A page that is being written from top to bottom.
struct Sheet {
    content: Content,
    y: f32,
}

impl Sheet {
    fn new() -> Self {
        Self { content: Content::new(), y: HEIGHT - 72.0 }
    }

    fn text(&mut self, x: f32, size: f32, bold: bool, text: &str) {
        let bytes = win_ansi(text);
        self.content.begin_text();
        self.content.set_font(Name(if bold { b"B" } else { b"R" }), size);
        self.content.next_line(x, self.y);
        self.content.show(Str(&bytes));
        self.content.end_text();
    }

    fn right(&mut self, size: f32, bold: bool, text: &str) {
        self.text(RIGHT - width(text, size), size, bold, text);
    }

    fn rule(&mut self) {
        self.content.set_line_width(0.6);
        self.content.move_to(LEFT, self.y);
        self.content.line_to(RIGHT, self.y);
        self.content.stroke();
    }
}

/// The PDF of an invoice, with as many pages as needed.
pub(crate) fn invoice(invoice: &Invoice, extras: &[(String, String)]) -> Vec<u8> {
    let words = |amount| money::words(amount, &invoice.currency);
    let mut sheets = vec![head(invoice)];
    for line in &invoice.lines {
        if sheets.last().is_none_or(|sheet| sheet.y < BOTTOM + 120.0) {
            sheets.push(Sheet::new());
        }
        if let Some(sheet) = sheets.last_mut() {
            sheet.text(LEFT, 10.0, false, &line.description);
            sheet.right(10.0, false, &words(line.amount));
            sheet.y -= 13.0;
            let period = format!("{} – {}", page::day(line.period.0), page::day(line.period.1));
            sheet.text(LEFT, 8.0, false, &period);
            sheet.y -= 21.0;
        }
    }
    if let Some(sheet) = sheets.last_mut() {
        foot(sheet, invoice, extras);
    }
    bind(sheets)
}

fn head(invoice: &Invoice) -> Sheet {
    let mut sheet = Sheet::new();
    let who = invoice.customer_name.as_deref().or(invoice.customer_email.as_deref()).unwrap_or(&invoice.customer);
    sheet.text(LEFT, 22.0, true, "Invoice");
    sheet.right(10.0, false, "Stripe sandbox – no real money");
    for (name, value) in [
        ("Number", invoice.number.clone().unwrap_or_default()),
        ("Date", page::day(invoice.created)),
        ("Bill to", who.to_owned()),
        ("Status", invoice.status.word().to_owned()),
    ] {
        sheet.y -= if name == "Number" { 34.0 } else { 15.0 };
        sheet.text(LEFT, 10.0, true, name);
        sheet.text(LEFT + 80.0, 10.0, false, &value);
    }
    sheet.y -= 34.0;
    sheet.text(LEFT, 10.0, true, "Description");
    sheet.right(10.0, true, "Amount");
    sheet.y -= 8.0;
    sheet.rule();
    sheet.y -= 18.0;
    sheet
}

fn foot(sheet: &mut Sheet, invoice: &Invoice, extras: &[(String, String)]) {
    let words = |amount| money::words(amount, &invoice.currency);
    sheet.y += 6.0;
    sheet.rule();
    let used = invoice.amount_due() - invoice.total();
    let mut rows: Vec<(&str, String)> = extras.iter().map(|(name, amount)| (name.as_str(), amount.clone())).collect();
    rows.push(("Total", words(invoice.total())));
    if used != 0 {
        rows.push(("Customer's balance", words(used)));
    }
    rows.push(("Amount due", words(invoice.amount_due())));
    if invoice.status == Status::Paid {
        rows.push(("Amount paid", words(invoice.amount_paid)));
    }
    for (name, value) in rows {
        sheet.y -= 18.0;
        let bold = name == "Amount due";
        sheet.text(RIGHT - 220.0, 10.0, bold, name);
        sheet.right(10.0, bold, &value);
    }
}

fn bind(sheets: Vec<Sheet>) -> Vec<u8> {
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES);
    let first = 5;
    let count = i32::try_from(sheets.len()).unwrap_or(1);
    let kids = (0..count).map(|index| Ref::new(first + index * 2));
    pdf.pages(PAGES).kids(kids).count(count);
    for (index, sheet) in (0..count).zip(sheets) {
        let (page, content) = (Ref::new(first + index * 2), Ref::new(first + index * 2 + 1));
        let mut object = pdf.page(page);
        object.parent(PAGES).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(content);
        object.resources().fonts().pair(Name(b"R"), REGULAR).pair(Name(b"B"), BOLD);
        object.finish();
        pdf.stream(content, &sheet.content.finish());
    }
    for (id, name) in [(REGULAR, b"Helvetica".as_slice()), (BOLD, b"Helvetica-Bold".as_slice())] {
        let mut font = pdf.type1_font(id);
        font.base_font(Name(name));
        font.encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.finish()
}

/// The text in the encoding of the built-in fonts, Windows-1252; other characters become a question mark.
fn win_ansi(text: &str) -> Vec<u8> {
    let byte = |letter: char| match letter {
        '€' => 0x80,
        '–' => 0x96,
        '•' => 0x95,
        other => u8::try_from(u32::from(other)).unwrap_or(b'?'),
    };
    text.chars().map(byte).collect()
}

/// The width of a text in Helvetica, in points. It is exact for digits, which is enough to align them.
fn width(text: &str, size: f32) -> f32 {
    let letter = |letter: char| match letter {
        '0'..='9' | '$' | '€' | '£' => 0.556,
        '.' | ',' | ' ' | 'i' | 'l' | 't' | 'I' => 0.278,
        '-' => 0.333,
        'm' | 'M' => 0.833,
        'A'..='Z' => 0.68,
        _ => 0.53,
    };
    text.chars().map(letter).sum::<f32>() * size
}
