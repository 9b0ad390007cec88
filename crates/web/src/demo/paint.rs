//! Colours, on a terminal.

/// Whether texts are coloured. <https://no-color.org>
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    colour: bool,
}

impl Paint {
    /// Creates it for an output that is a terminal, or is not.
    pub fn for_output(terminal: bool) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|kind| kind == "dumb");
        Self { colour: terminal && !unwanted && !dumb }
    }

    /// Whether texts are coloured.
    pub fn is_coloured(self) -> bool {
        self.colour
    }

    /// No colour.
    pub fn plain() -> Self {
        Self { colour: false }
    }

    /// The colour of a success.
    pub fn green(self, text: &str) -> String {
        self.code("32", text)
    }

    /// The colour of something to notice.
    pub fn yellow(self, text: &str) -> String {
        self.code("33", text)
    }

    /// The colour of a failure.
    pub fn red(self, text: &str) -> String {
        self.code("31", text)
    }

    /// The style of a title.
    pub fn bold(self, text: &str) -> String {
        self.code("1", text)
    }

    /// The style of less important text.
    pub fn dim(self, text: &str) -> String {
        self.code("2", text)
    }

    fn code(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
