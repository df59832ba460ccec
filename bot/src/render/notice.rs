//! Words to the organisers, and direct messages to learners.

use super::count;
use crate::domain::command::ActionId;
use crate::domain::ids::{RoundId, Timestamp};
use crate::domain::marking::Basis;
use crate::domain::message::{Action, Block, Outgoing, Span};
use crate::domain::plain;
use crate::domain::question::Criterion;

fn about(channel: &str, text: String) -> Outgoing {
    Outgoing::new(vec![Block::Line {
        spans: vec![Span::bold(format!("#{channel}: ")), Span::Plain { text }],
    }])
}

/// Occurrences were missed and are not caught up.
pub fn skipped(channel: &str, times: &[Timestamp], total: u32, posted_late: bool) -> Outgoing {
    const LISTED: usize = 5;
    let mut listed: Vec<String> = times.iter().rev().take(LISTED).map(|at| plain::time(*at)).collect();
    listed.reverse();
    let more = usize::try_from(total).unwrap_or(usize::MAX).saturating_sub(listed.len());
    let more = if more > 0 { format!(" and {more} earlier") } else { String::new() };
    let also = if posted_late { " The latest one was still posted, late." } else { "" };
    about(
        channel,
        format!(
            "I was not running when {} due ({}{more}), so {} skipped.{also} Their questions come later.",
            count(total, "question was", "questions were"),
            listed.join(", "),
            if total == 1 { "it was" } else { "they were" },
        ),
    )
}

/// No question can be asked at this occurrence.
pub fn no_question(channel: &str) -> Outgoing {
    about(
        channel,
        "there is no question to ask: nothing matches this channel's choice of questions, or all that do are open \
         elsewhere. Choose more with /study setup."
            .to_owned(),
    )
}

/// The question could not be posted.
pub fn unposted(channel: &str, title: &str) -> Outgoing {
    about(
        channel,
        format!(
            "the question “{title}” could not be posted, so it was cancelled and comes again later. Check that I may \
             write and open threads in the channel, then use /study post-now."
        ),
    )
}

/// The thread could not be read before the reveal.
pub fn unread_thread(channel: &str, title: &str) -> Outgoing {
    about(
        channel,
        format!(
            "the thread of “{title}” could not be read for ten minutes after answers closed, so I revealed the rubric \
             points with the answers I had. Look whether somebody's last message is missing."
        ),
    )
}

/// Something else could not be delivered for good.
pub fn undelivered(channel: &str, what: &str, dependants: u64) -> Outgoing {
    let with = match dependants {
        0 => String::new(),
        1 => ", and one message that hung on it".to_owned(),
        more => format!(", and {more} messages that hung on it"),
    };
    about(
        channel,
        format!("I could not deliver {what}{with}. Check that I may write in the channel and its threads."),
    )
}

/// A study channel was paused because the platform refuses us there.
pub fn paused_by_platform(channel: &str, reason: &str) -> Outgoing {
    about(channel, format!("I paused this study channel: {reason} Mend it, then use /study resume."))
}

/// Answers without marks when the review ended.
pub fn unmarked(channel: &str, title: &str, names: &[String], total: u32) -> Outgoing {
    let more = usize::try_from(total).unwrap_or(usize::MAX).saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    about(
        channel,
        format!(
            "{} to “{title}” stayed unmarked and {} as taking part: {}{more}.",
            count(total, "answer", "answers"),
            if total == 1 { "counts" } else { "count" },
            names.join(", "),
        ),
    )
}

/// The organisers could not be reached, by direct message or in their channel; said where everybody reads it, so
/// without details.
pub fn organisers_unreached(by_direct_message: bool) -> Outgoing {
    Outgoing::say(if by_direct_message {
        "Something about this study channel needs an organiser, and I could not reach them by direct message. \
         Organisers: /study me has the message, and /study setup lets you name a channel for such news."
    } else {
        "Something about this study channel needs an organiser, and I could not write in the organisers' channel. \
         Organisers: let me write there, or name another channel with /study setup; `studybot doctor` tells more."
    })
}

/// A learner's final score, with what it rests on.
pub fn score(
    round: RoundId,
    title: &str,
    points: u32,
    basis: Basis,
    criteria: &[(Criterion, bool)],
) -> Outgoing {
    let headline = match basis {
        Basis::Unmarked => {
            vec![
                Span::plain("Your answer to "),
                Span::bold(title),
                Span::plain(" was not marked, so it earned no points; it counts as taking part."),
            ]
        }
        Basis::OwnMarks => vec![
            Span::plain("Your answer to "),
            Span::bold(title),
            Span::plain(" scored "),
            Span::bold(format!("{points} of 100")),
            Span::plain(format!(", by your {}.", basis.label())),
        ],
    };
    let mut blocks = vec![Block::Line { spans: headline }];
    if basis != Basis::Unmarked {
        blocks.push(super::marking::marked_points(criteria));
    }
    Outgoing::new(blocks).with(vec![
        Action::button(ActionId::MyAnswer(round), "My answer"),
        Action::button(ActionId::Notices(false), "No more notices"),
    ])
}
