//! Breaks plain text into lines that every mail program shows unbroken.

/// Longest line in characters. Quoted twice it still fits into 80.
const WIDTH: usize = 72;

/// Breaks every line of `text` at spaces so that it fits, with one empty line between paragraphs. A longer word, such
/// as a link, gets a line of its own, because a broken link does not work.
pub(super) fn wrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / WIDTH);
    for line in text.trim().lines() {
        let mut width = 0;
        for word in line.split_whitespace() {
            let length = word.chars().count();
            if width > 0 && width + 1 + length > WIDTH {
                out.push('\n');
                width = 0;
            }
            if width > 0 {
                out.push(' ');
                width += 1;
            }
            out.push_str(word);
            width += length;
        }
        // The last line of a paragraph, or the one empty line behind it.
        if width > 0 || !out.ends_with("\n\n") {
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_no_word_is_broken_or_lost() {
        let link = format!("https://example.org/{}", "x".repeat(100));
        let text =
            format!("{} {link} {}\n\n \n  short  \nzwölf Boxkämpfer\n\n", "word ".repeat(40), "last ".repeat(30));
        let broken = wrapped(&text);
        assert!(broken.lines().all(|line| line.chars().count() <= WIDTH || line == link), "{broken}");
        assert!(broken.split_whitespace().eq(text.split_whitespace()));
        assert!(broken.ends_with("last\n\nshort\nzwölf Boxkämpfer\n"), "{broken}");
        assert!(broken.lines().next().unwrap().len() > WIDTH - 5, "lines are filled");
    }
}
