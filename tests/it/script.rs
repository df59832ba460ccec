//! What is to go wrong with what comes next, as a test has written it down.

/// What is to happen to the next ones of a kind.
#[derive(Debug)]
struct Line<W, T> {
    which: W,
    left: u32,
    trouble: T,
}

/// The script: first come, first served.
#[derive(Debug)]
pub(crate) struct Script<W, T>(Vec<Line<W, T>>);

impl<W, T> Default for Script<W, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<W, T: Clone> Script<W, T> {
    /// Lets something happen to the next `times` that fit.
    pub(crate) fn add(&mut self, times: u32, which: W, trouble: T) {
        self.0.push(Line { which, left: times, trouble });
    }

    /// Forgets what was to happen and has not. Returns how often it did not.
    pub(crate) fn clear(&mut self) -> u32 {
        self.0.drain(..).map(|line| line.left).sum()
    }

    /// What is to happen to one that `fits`.
    pub(crate) fn take(&mut self, fits: impl Fn(&W) -> bool) -> Option<T> {
        let line = self.0.iter_mut().find(|line| line.left > 0 && fits(&line.which))?;
        line.left -= 1;
        Some(line.trouble.clone())
    }
}
