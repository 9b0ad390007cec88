//! Colour, where a person sees it.

/// Whether texts are coloured. <https://no-color.org>
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    colour: bool,
}

impl Paint {
    /// For an output that is a terminal, or is not.
    pub(crate) fn for_output(terminal: bool) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|kind| kind == "dumb");
        Self { colour: terminal && !unwanted && !dumb }
    }

    /// Whether it colours.
    pub(crate) fn is_coloured(self) -> bool {
        self.colour
    }

    /// No colour.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { colour: false }
    }

    /// What is well.
    pub(crate) fn green(self, text: &str) -> String {
        self.code("32", text)
    }

    /// What is to be looked at.
    pub(crate) fn yellow(self, text: &str) -> String {
        self.code("33", text)
    }

    /// What is wrong.
    pub(crate) fn red(self, text: &str) -> String {
        self.code("31", text)
    }

    /// A title.
    pub(crate) fn bold(self, text: &str) -> String {
        self.code("1", text)
    }

    /// What may be passed over.
    pub(crate) fn dim(self, text: &str) -> String {
        self.code("2", text)
    }

    fn code(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
