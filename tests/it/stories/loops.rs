//! The bot as it runs in earnest: its own loops do what is due.

use studybot::chat::Timestamp;
use tokio::sync::watch;

use crate::harness::{Message, On, Story, instant, on_every_platform};

on_every_platform! {
    the_loops_do_all_that_time_and_events_bring_about,
}

/// Looks this often at most: each look is a call over a socket, so that the loops get their turn.
const LOOKS_MAX: usize = 5_000;

/// Moves time as the machine's clock does: nobody settles anything.
fn time_comes_to(chat: &Story, at: Timestamp) {
    chat.clock().pin(at);
    chat.clock().unpin();
    chat.engine().app().wake().all();
}

/// Looks into the channel, or a thread in it, until a message says this.
async fn message_with(chat: &Story, thread: Option<&str>, text: &str) -> Message {
    for _ in 0..LOOKS_MAX {
        let messages = chat.chat().messages(&chat.jonas().id, &chat.here(), thread).await;
        if let Some(found) = messages.into_iter().find(|message| message.text.contains(text)) {
            return found;
        }
    }
    panic!("“{text}” never came");
}

async fn the_loops_do_all_that_time_and_events_bring_about(on: On) {
    let chat = Story::begin(on).await;
    let (stop, stopped) = watch::channel(false);
    let running = chat.engine().start(&stopped);
    time_comes_to(&chat, instant("2026-11-23 09:00"));
    let question = message_with(&chat, None, "Answers close").await;
    message_with(&chat, Some(&question.id), "Write your answer here").await;
    let here = chat.here();
    let says = crate::harness::Says {
        channel: &here,
        thread: Some(&question.id),
        text: "The owner decides.",
        files: &[],
    };
    chat.chat().say(&chat.jonas().id, says).await;
    for _ in 0..LOOKS_MAX {
        if message_with(&chat, Some(&question.id), "The owner decides.").await.has_reaction("✅") {
            break;
        }
    }
    time_comes_to(&chat, instant("2026-11-23 17:00"));
    message_with(&chat, Some(&question.id), "1 answer came in time.").await;
    time_comes_to(&chat, instant("2026-11-24 08:00"));
    message_with(&chat, Some(&question.id), "This question is closed").await;

    stop.send(true).unwrap();
    assert!(running.finish().await, "nothing is under way any more");
    chat.bot_restarts().await;
    chat.finish().await;
}
