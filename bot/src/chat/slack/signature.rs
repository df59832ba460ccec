//! Whether a call comes from Slack: <https://docs.slack.dev/authentication/verifying-requests-from-slack>.

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::super::Timestamp;

/// How far a call's time may be from ours, either way, in milliseconds.
pub(super) const WINDOW_MS: i64 = 5 * 60 * 1_000;
/// The longest time in the header: its digits last for thirty thousand years.
const DIGITS_MAX: usize = 12;

/// Why a call isn't taken for one of Slack's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsigned {
    /// A header is missing, or isn't what Slack writes.
    Headers,
    /// It was signed too long ago, or in the future.
    Time,
    /// Somebody else signed it, or it was changed on its way.
    Wrong,
}

/// The two headers of a call, read.
pub(super) struct Signature<'h> {
    /// As it was written, since that is what was signed.
    seconds: &'h str,
    at: Timestamp,
    mac: [u8; 32],
}

impl<'h> Signature<'h> {
    /// Reads `X-Slack-Request-Timestamp` and `X-Slack-Signature`; what is malformed or too far from now is refused.
    pub(super) fn read(
        seconds: Option<&'h str>,
        signature: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, Unsigned> {
        let (Some(seconds), Some(signature)) = (seconds, signature) else { return Err(Unsigned::Headers) };
        let plain = seconds.len() <= DIGITS_MAX && seconds.bytes().all(|byte| byte.is_ascii_digit());
        let number = seconds.parse::<i64>().ok().filter(|_| plain).ok_or(Unsigned::Headers)?;
        let mac = signature.strip_prefix("v0=").and_then(bytes).ok_or(Unsigned::Headers)?;
        let at = Timestamp(number * 1_000);
        if now.since(at).abs() > WINDOW_MS {
            return Err(Unsigned::Time);
        }
        Ok(Self { seconds, at, mac })
    }

    /// Whether this is the signature of the body. The comparison takes as long wherever a difference is.
    pub(super) fn check(&self, secret: &SecretString, body: &[u8]) -> Result<(), Unsigned> {
        // A key of any length will do.
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).map_err(|_| Unsigned::Wrong)?;
        for part in [b"v0:", self.seconds.as_bytes(), b":", body] {
            mac.update(part);
        }
        mac.verify_slice(&self.mac).map_err(|_| Unsigned::Wrong)
    }

    /// What no other call has: the time and the body are both in it.
    pub(super) fn once(&self) -> [u8; 32] {
        self.mac
    }

    /// From when on the signature is refused as too old.
    pub(super) fn lapses(&self) -> Timestamp {
        self.at.plus(WINDOW_MS + 1)
    }
}

/// The 32 bytes that 64 hexadecimal digits stand for.
fn bytes(digits: &str) -> Option<[u8; 32]> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of Slack's own page.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const SECONDS: &str = "1531420618";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const NOW: Timestamp = Timestamp(1_531_420_618_000);

    fn check(
        secret: &str,
        seconds: Option<&str>,
        signature: Option<&str>,
        body: &str,
        now: Timestamp,
    ) -> Result<(), Unsigned> {
        Signature::read(seconds, signature, now)?.check(&SecretString::from(secret), body.as_bytes())
    }

    #[test]
    fn the_example_of_slacks_page_is_signed() {
        assert_eq!(check(SECRET, Some(SECONDS), Some(SIGNATURE), BODY, NOW), Ok(()));
    }

    #[test]
    fn whatever_differs_is_refused() {
        let wrong = |secret, seconds, signature: &str, body| {
            check(secret, Some(seconds), Some(signature), body, NOW) == Err(Unsigned::Wrong)
        };
        // Of the same length, its last digit another one.
        assert!(wrong("8f742231b10e8888abcd99yyyzzz85a6", SECONDS, SIGNATURE, BODY));
        assert!(wrong("", SECONDS, SIGNATURE, BODY));
        assert!(wrong(SECRET, "1531420619", SIGNATURE, BODY));
        assert!(wrong(SECRET, "01531420618", SIGNATURE, BODY));
        assert!(wrong(SECRET, SECONDS, SIGNATURE, &BODY[1..]));
        assert!(wrong(SECRET, SECONDS, &SIGNATURE.replace("b503", "b504"), BODY));
    }

    #[test]
    fn headers_are_what_slack_writes_or_nothing() {
        let headers = |seconds, signature| check(SECRET, seconds, signature, BODY, NOW);
        let short = SIGNATURE.strip_suffix('3').unwrap();
        let longer = format!("{SIGNATURE}0");
        for (seconds, signature) in [
            (None, Some(SIGNATURE)),
            (Some(SECONDS), None),
            (Some(""), Some(SIGNATURE)),
            (Some("-1531420618"), Some(SIGNATURE)),
            (Some("+1531420618"), Some(SIGNATURE)),
            (Some("1531420618.0"), Some(SIGNATURE)),
            (Some("9999999999999"), Some(SIGNATURE)),
            (Some(SECONDS), Some("")),
            (Some(SECONDS), Some("v0=")),
            (Some(SECONDS), Some(short)),
            (Some(SECONDS), Some(&longer)),
            (Some(SECONDS), Some(&SIGNATURE[3..])),
            (Some(SECONDS), Some(&SIGNATURE.replace("v0", "v1"))),
            (Some(SECONDS), Some(&SIGNATURE.replace('a', "g"))),
        ] {
            assert_eq!(headers(seconds, signature), Err(Unsigned::Headers), "{seconds:?} {signature:?}");
        }
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_either_way() {
        let at = |milliseconds| check(SECRET, Some(SECONDS), Some(SIGNATURE), BODY, NOW.plus(milliseconds));
        for milliseconds in [-WINDOW_MS, 0, WINDOW_MS] {
            assert_eq!(at(milliseconds), Ok(()), "{milliseconds}");
        }
        for milliseconds in [-WINDOW_MS - 1, WINDOW_MS + 1] {
            assert_eq!(at(milliseconds), Err(Unsigned::Time), "{milliseconds}");
        }
        let signature = Signature::read(Some(SECONDS), Some(SIGNATURE), NOW).ok().unwrap();
        assert_eq!(signature.lapses(), NOW.plus(WINDOW_MS + 1));
    }
}
