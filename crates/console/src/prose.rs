//! Text with the Markdown of doc comments: paragraphs, lists, `code`, **bold**, links and fenced blocks. It becomes
//! data that templates escape and render, never markup, so the text need not be trusted.

/// A text in blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prose {
    pub(crate) blocks: Vec<Block>,
}

/// One block of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Paragraph(Vec<Span>),
    List(Vec<Vec<Span>>),
    Code(String),
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Text(String),
    Code(String),
    Bold(String),
    Link { text: String, to: String },
}

impl Prose {
    /// Reads a text. It never fails: what it does not understand stays plain text.
    pub(crate) fn parse(text: &str) -> Self {
        let mut blocks = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let line = line.trim();
            if line.starts_with("```") {
                let code: Vec<_> = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```")).collect();
                blocks.push(Open::Code(code.join("\n")));
            } else if line.is_empty() {
                blocks.push(Open::Gap);
            } else if let Some(item) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
                match blocks.last_mut() {
                    Some(Open::List(items)) => items.push(item.to_owned()),
                    _ => blocks.push(Open::List(vec![item.to_owned()])),
                }
            } else if line.starts_with('#') {
                let heading = line.trim_start_matches('#').trim();
                blocks.extend([Open::Paragraph(format!("**{heading}**")), Open::Gap]);
            } else {
                continue_block(&mut blocks, line);
            }
        }
        Self { blocks: blocks.into_iter().filter_map(Open::close).collect() }
    }

    /// Whether the text is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}

/// A block to which lines are still added.
enum Open {
    Gap,
    Paragraph(String),
    List(Vec<String>),
    Code(String),
}

impl Open {
    fn close(self) -> Option<Block> {
        match self {
            Self::Gap => None,
            Self::Paragraph(text) => Some(Block::Paragraph(spans(&text))),
            Self::List(items) => Some(Block::List(items.iter().map(|item| spans(item)).collect())),
            Self::Code(text) => Some(Block::Code(text)),
        }
    }
}

/// Adds a line to the paragraph or list item before it.
fn continue_block(blocks: &mut Vec<Open>, line: &str) {
    let before = match blocks.last_mut() {
        Some(Open::Paragraph(text)) => Some(text),
        Some(Open::List(items)) => items.last_mut(),
        _ => None,
    };
    match before {
        Some(text) => {
            text.push(' ');
            text.push_str(line);
        }
        None => blocks.push(Open::Paragraph(line.to_owned())),
    }
}

/// The pieces of one paragraph.
fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((span, after)) = special(rest) {
            if !plain.is_empty() {
                spans.push(Span::Text(std::mem::take(&mut plain)));
            }
            spans.push(span);
            rest = after;
        } else {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    if !plain.is_empty() {
        spans.push(Span::Text(plain));
    }
    spans
}

/// The code, bold text or link at the beginning of `text`, and the rest; none when there is none.
fn special(text: &str) -> Option<(Span, &str)> {
    if let Some(rest) = text.strip_prefix("**") {
        let (bold, after) = rest.split_once("**").filter(|(bold, _)| !bold.is_empty())?;
        return Some((Span::Bold(bold.to_owned()), after));
    }
    if let Some(rest) = text.strip_prefix('`') {
        let (code, after) = rest.split_once('`').filter(|(code, _)| !code.is_empty())?;
        return Some((Span::Code(code.to_owned()), after));
    }
    let (label, after) = text.strip_prefix('[')?.split_once(']')?;
    if let Some((to, after)) = after.strip_prefix('(').and_then(|rest| rest.split_once(')'))
        && is_link(to)
    {
        return Some((Span::Link { text: label.replace('`', ""), to: to.to_owned() }, after));
    }
    // [`Name`] is a link of a doc comment to a Rust item; the page shows only its name.
    let code = label.strip_prefix('`')?.strip_suffix('`').filter(|code| !code.is_empty())?;
    let after = after.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(after, |(_, after)| after);
    Some((Span::Code(code.to_owned()), after))
}

/// Whether `to` may be a link: a web or mail address, or a path on this site.
pub(crate) fn is_link(to: &str) -> bool {
    let local = to.starts_with('#') || (to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\"));
    local || is_web_address(to) || to.starts_with("mailto:")
}

/// Whether `to` is an `http` or `https` address.
pub(crate) fn is_web_address(to: &str) -> bool {
    to.starts_with("https://") || to.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Span {
        Span::Text(text.to_owned())
    }

    fn code(text: &str) -> Span {
        Span::Code(text.to_owned())
    }

    #[test]
    fn a_doc_comment_becomes_paragraphs_lists_and_code() {
        let prose = Prose::parse(
            "Starts a [`Run`] of **one** version\nnow.\n\n- with `channel`\n  and more\n- see [the page](/docs)\n\n```\na < b\n```",
        );
        let link = Span::Link { text: "the page".to_owned(), to: "/docs".to_owned() };
        let expected = vec![
            Block::Paragraph(vec![
                text("Starts a "),
                code("Run"),
                text(" of "),
                Span::Bold("one".to_owned()),
                text(" version now."),
            ]),
            Block::List(vec![vec![text("with "), code("channel"), text(" and more")], vec![text("see "), link]]),
            Block::Code("a < b".to_owned()),
        ];
        assert_eq!(prose.blocks, expected);
    }

    #[test]
    fn what_is_not_understood_stays_as_it_is_written() {
        for odd in ["`open", "**open", "[a](javascript:alert(1))", "[x]", "``", "****", "[", "a ` b ä"] {
            assert_eq!(Prose::parse(odd).blocks, [Block::Paragraph(vec![text(odd)])], "{odd}");
        }
        assert!(Prose::parse(" \n\n ").is_empty());
    }

    #[test]
    fn only_harmless_links_are_links() {
        assert!(["https://a", "http://a", "mailto:a@b", "/docs", "#a"].into_iter().all(is_link));
        assert!(!["javascript:x", "//evil", "/\\evil", "data:x", "", "docs"].into_iter().any(is_link));
    }
}
