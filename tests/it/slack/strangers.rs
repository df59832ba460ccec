//! People of other workspaces, met in channels that are shared with them (Slack Connect).

use serde_json::json;

use super::{begin, control, place, said, thread};
use crate::fake_slack::{At, Extras, FILE, File};

#[tokio::test]
async fn a_stranger_may_answer_and_mark_and_stands_on_the_board() {
    let (chat, slack) = begin().await;
    let (fake, here) = (slack.fake(), chat.here());
    let (team, wei) = slack.stranger(&here, "Wei");
    chat.at("2026-11-23 09:00").await;
    let question = chat.question().await;
    let (channel, ts) = place(&question.id);
    let said_there = fake.say(&wei, &here, Some(ts), "The owner decides.", Extras::default());
    chat.chat().settle().await;
    assert!(fake.message(&here, &said_there).unwrap()["reactions"].is_array());
    let at = At::Message { channel, ts };
    let mine = fake.click(&wei, at, "my-answer:1", &[]).await;
    assert!(said(&mine).contains("The owner decides."), "{mine:?}");
    fake.close_views(&wei);
    let form = fake.click(&wei, at, "answer-privately:1", &[]).await.view.expect("a form");
    let block = form["blocks"][0]["block_id"].as_str().unwrap();
    let saved = fake.submit(&wei, &form, &[(block, &["And so I say privately."])]).await;
    assert!(said(&saved).contains("is saved"), "{saved:?}");
    fake.close_views(&wei);
    let kept = "SELECT count(*) FROM learners WHERE instr(person_ref, ':') > 0";
    assert_eq!(chat.counts(kept).await, 1, "by their team and their id: {team}");

    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("Wei answered privately:\n\nAnd so I say privately.").await;
    let replies = fake.replies(channel, ts);
    let marker =
        replies.iter().rev().find(|reply| reply["blocks"].to_string().contains("mark-mine:1")).unwrap();
    let at = At::Message { channel, ts: marker["ts"].as_str().unwrap() };
    let marking = fake.click(&wei, at, "mark-mine:1", &[]).await.view.expect("a modal");
    let points = control(&marking["blocks"], "Points your answer makes");
    let none = control(&marking["blocks"], "None of these");
    let shown = fake.click(&wei, At::View(marking["id"].as_str().unwrap()), &none, &[]).await;
    assert!(!shown.unanswered && points.starts_with("save-marks"), "{shown:?}");
    chat.at("2026-11-24 08:00").await;
    chat.jonas().commands("/study leaderboard").await.says("Wei");
    chat.finish().await;
}

#[tokio::test]
async fn a_stranger_is_kept_apart_from_a_namesake() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let (here, thread, jonas) = (chat.here(), thread(&chat).await, chat.jonas().id.clone());
    // Ids of people are unique in their workspace alone.
    let time = format!("{}.000900", chat.now().0 / 1_000);
    let event = json!({
        "type": "message", "channel": here, "user": jonas, "user_team": "T0ELSEWHERE", "source_team": "T0ELSEWHERE",
        "team": fake.team(), "text": "I say otherwise.", "ts": time, "thread_ts": thread, "event_ts": time,
    });
    // It stands there, too, so that it can be ticked.
    let stands = fake.insert(&chat.priya().id, &here, Some(&thread), "I say otherwise.", Some(chat.now()));
    let mut event = event;
    event["ts"] = json!(stands);
    fake.forge_event(event);
    chat.chat().settle().await;
    assert_eq!(chat.counts("SELECT count(*) FROM answers").await, 2);
    let mine = chat.jonas().clicks("My answer").await;
    mine.says("The owner decides.").says_nothing_of("otherwise");
    chat.finish().await;
}

#[tokio::test]
async fn a_stranger_organises_nothing_whatever_they_are_at_home() {
    let (chat, slack) = begin().await;
    let (fake, here) = (slack.fake(), chat.here());
    let (_, wei) = slack.stranger(&here, "Wei");
    fake.admin(&wei, true);
    let group = fake.group("leads", &[&wei]);
    chat.is_set_up(&[("organiser_mentions", "@leads")]).await;
    chat.at("2026-11-23 09:00").await;
    let question = chat.question().await;
    let (channel, ts) = place(&question.id);
    for action in ["pause:1", "close-now:1", "post-another:1:1", "setup", "resume:1"] {
        let outcome = fake.forge_click(&wei, At::Message { channel, ts }, action, &[]).await;
        assert!(said(&outcome).contains("Only organisers can"), "{action}: {outcome:?}");
    }
    fake.set_group(&group, &[]);
    for command in ["/study setup", "/study pause"] {
        let outcome = fake.command(&wei, &here, command).await;
        assert!(said(&outcome).contains("Only organisers can"), "{command}: {outcome:?}");
    }
    assert_eq!(chat.counts("SELECT count(*) FROM study_channels WHERE state = 'paused'").await, 0);
    chat.finish().await;
}

#[tokio::test]
async fn a_strangers_file_is_asked_for_and_read() {
    let (chat, slack) = begin().await;
    let (fake, here) = (slack.fake(), chat.here());
    let (_, wei) = slack.stranger(&here, "Wei");
    chat.at("2026-11-23 09:00").await;
    let question = chat.question().await;
    let (channel, ts) = place(&question.id);
    let extras =
        || Extras { files: vec![File::text("notes.txt", "The owner decides.")], ..Extras::default() };
    fake.say(&wei, &here, Some(ts), "", extras());
    chat.chat().settle().await;
    assert_eq!((fake.requests_to("files.info").len(), fake.requests_to(FILE).len()), (1, 1));
    let mine = fake.click(&wei, At::Message { channel, ts }, "my-answer:1", &[]).await;
    assert!(said(&mine).contains("The owner decides."), "{mine:?}");
    // One that can't be asked for counts by being there.
    let gone = crate::fake_slack::Trouble::refusal("file_not_found");
    fake.next(1, crate::fake_slack::Which::to("files.info"), gone);
    fake.close_views(&wei);
    let said_there = fake.say(&wei, &here, Some(ts), "And this:", extras());
    chat.chat().settle().await;
    assert!(fake.message(&here, &said_there).is_some());
    assert_eq!(chat.counts("SELECT count(*) FROM answer_parts").await, 2);
    chat.finish().await;
}

#[tokio::test]
async fn what_a_workspace_asks_that_is_not_ours_is_refused() {
    let (chat, slack) = begin().await;
    let fake = slack.fake();
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("The owner decides.").await;
    let (here, jonas, mara) = (chat.here(), chat.jonas().id.clone(), chat.mara().id.clone());
    for (person, action) in
        [(&jonas, "my-answer:1"), (&mara, "pause:1"), (&mara, "setup"), (&mara, "close-now:1")]
    {
        let click = json!({
            "type": "block_actions", "team": {"id": "T0ELSEWHERE", "domain": "elsewhere"},
            "user": {"id": person, "team_id": "T0ELSEWHERE"}, "channel": {"id": here, "name": "x"},
            "container": {"type": "message", "channel_id": here, "message_ts": "1.0"},
            "actions": [{"type": "button", "action_id": action, "block_id": "b"}],
        });
        let outcome = fake.forge_interaction(person, &here, click).await;
        assert!(said(&outcome).contains("I'm not connected to this workspace"), "{action}: {outcome:?}");
    }
    for text in ["my-answer", "pause", "setup"] {
        let command = json!({
            "command": "/study", "text": text, "team_id": "T0ELSEWHERE", "team_domain": "elsewhere", "channel_id": here,
            "channel_name": "x", "user_id": mara, "user_name": "mara",
        });
        let outcome = fake.forge_interaction(&mara, &here, command).await;
        assert!(said(&outcome).contains("I'm not connected to this workspace"), "{text}: {outcome:?}");
    }
    assert_eq!(chat.counts("SELECT count(*) FROM study_channels WHERE state = 'paused'").await, 0);
    assert_eq!(chat.counts("SELECT count(*) FROM workspaces").await, 1);
    chat.finish().await;
}
