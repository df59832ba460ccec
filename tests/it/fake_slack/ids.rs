//! Ids and times as Slack writes them.

use studybot::domain::ids::Timestamp;

/// Makes ids and message times that are unique, even while the clock stands still.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    made: u64,
    last_micros: i64,
}

impl Ids {
    /// Such as `U0STUDY00A`: Slack's ids are capital letters and digits, and say nothing but their first letter.
    pub(crate) fn next(&mut self, letter: char) -> String {
        self.made += 1;
        format!("{letter}0STUDY{}", in_base_36(self.made))
    }

    /// A number that was not given out before.
    pub(crate) fn number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// A message's time: `1700000000.000100`, later than every one before.
    pub(crate) fn ts(&mut self, now: Timestamp) -> String {
        // Slack's own times lie some microseconds after a whole millisecond.
        self.last_micros = (now.0 * 1_000 + 100).max(self.last_micros + 10);
        written(self.last_micros)
    }

    /// A long random-looking text, such as a ticket or an envelope's id.
    pub(crate) fn long(&mut self) -> String {
        self.made += 1;
        let mixed = self.made.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            mixed >> 32,
            mixed >> 16 & 0xffff,
            mixed & 0xfff,
            7,
            self.made
        )
    }
}

fn in_base_36(number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let digit =
        |power: u32| char::from(DIGITS[usize::try_from(number / 36_u64.pow(power) % 36).unwrap_or(0)]);
    [digit(3), digit(2), digit(1), digit(0)].iter().collect()
}

/// Microseconds as a message's time.
pub(crate) fn written(micros: i64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// A message's time of this instant.
pub(crate) fn at(instant: Timestamp) -> String {
    written(instant.0 * 1_000)
}

/// A message's time in microseconds; `None`: it is none.
pub(crate) fn micros(ts: &str) -> Option<i64> {
    let (seconds, rest) = ts.split_once('.').unwrap_or((ts, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(rest) || rest.len() > 6 {
        return None;
    }
    Some(seconds.parse::<i64>().ok()? * 1_000_000 + format!("{rest:0<6}").parse::<i64>().ok()?)
}
