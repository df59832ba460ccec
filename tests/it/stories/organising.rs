//! What organisers do, and who is one: setting up, pausing, posting and closing now.

use crate::harness::{On, Story, on_every_platform};

on_every_platform! {
    learners_may_not_organise_and_named_people_may,
    a_right_that_was_lost_meanwhile_gives_the_form_back,
    every_bad_value_is_named_at_its_field_and_kept,
    a_plan_is_read_back_with_the_next_three_times,
    a_new_plan_never_adds_a_second_post_on_one_date,
    a_second_channel_asks_another_question_at_the_same_time,
    post_now_takes_the_place_of_todays_question,
    a_second_post_now_asks_first_and_two_clicks_post_one,
    with_several_open_a_command_asks_which,
    close_now_ends_the_answering_and_then_the_review,
    a_pause_lets_open_questions_run_out_and_a_resume_catches_nothing_up,
}

const ORGANISERS_ONLY: &str = "Only organisers can";

async fn learners_may_not_organise_and_named_people_may(on: On) {
    let chat = Story::begin(on).await;
    for command in ["setup", "pause", "resume", "post-now", "close-now"] {
        chat.jonas().commands(&format!("/study {command}")).await.says(ORGANISERS_ONLY);
    }
    chat.at("2026-11-23 09:00").await;
    let question = chat.question().await.id;
    for action in ["pause:1", "resume:1", "post-another:1:0", "post-another:1:1", "close-now:1", "setup"] {
        chat.jonas().clicks_action(&question, action, &[]).await.says(ORGANISERS_ONLY);
    }
    chat.jonas().submits("setup", &[("schedule", "daily 03:00")]).await.says(ORGANISERS_ONLY);
    chat.jonas().commands("/study help").await.says_nothing_of("/study setup");

    let form = chat.mara().commands("/study setup").await;
    chat.mara().sends(form.form(), &[("organiser_mentions", "@Jonas")]).await.says("is set up");
    let form = chat.jonas().commands("/study setup").await;
    assert_eq!(form.form().field("organiser_mentions").value, "@Jonas", "names are shown, not ids");
    chat.jonas().commands("/study help").await.says("/study setup");
    chat.jonas().commands("/study pause").await.says("#cloud-security is paused");
    chat.jonas().commands("/study resume").await.says("#cloud-security goes on.");
    chat.jonas().commands("/study close-now").await.says("Answers are closed");
    chat.minutes_pass(1).await;
    chat.jonas().commands("/study post-now").await.says("on its way");
    chat.priya().commands("/study pause").await.says(ORGANISERS_ONLY);
    chat.finish().await;
}

async fn a_right_that_was_lost_meanwhile_gives_the_form_back(on: On) {
    let chat = Story::begin_with(on, &[("organiser_mentions", "@Jonas")]).await;
    let open = chat.jonas().commands("/study setup").await;
    let form = chat.mara().commands("/study setup").await;
    chat.mara().sends(form.form(), &[("organiser_mentions", "")]).await.says("is set up");
    let refused = chat.jonas().sends(open.form(), &[("dates_off", "2026-12-25, 2026-12-26")]).await;
    refused.says(ORGANISERS_ONLY).says("2026-12-25, 2026-12-26");
    chat.finish().await;
}

async fn every_bad_value_is_named_at_its_field_and_kept(on: On) {
    let chat = Story::bare(on).await;
    chat.mara().commands("/study today").await.says("There is no study channel here yet.");
    let form = chat.mara().commands("/study setup").await;
    let bad = [
        ("schedule", "* * * * *", "hour"),
        ("schedule", "0 0 31 2 *", "never"),
        ("schedule", "whenever", ""),
        ("schedule", "0 9 1 * 1", ""),
        ("zone", "Mars/Olympus", ""),
        ("answers", "a while", "is not a length of time"),
        ("review", "15 days", "between 5 minutes and 14 days"),
        ("questions", "cooking", "is no topic, level or format"),
        ("questions", "track nowhere", "There is no track “nowhere”"),
        ("mode", "ajar", "is neither. Write open or sealed."),
        ("names", "💥", "is neither. Write names or no names."),
        ("dates_off", "25.12.2026", "is not a date"),
        ("admin_mentions", "#nowhere", "I don't know the channel “#nowhere”"),
        ("organiser_mentions", "@Nobody", "I don't know the person “@Nobody”"),
    ];
    for (field, value, error) in bad {
        if !chat.chat().takes(field, value) {
            continue;
        }
        chat.clock().pass(std::time::Duration::from_secs(10));
        let back = chat
            .mara()
            .sends(form.form(), &[(field, value), ("dates_off", "2026-12-25"), (field, value)])
            .await;
        back.form().gives_back(field, value, error);
        assert!(back.form().field(field).error.is_some(), "{field}: {value}");
        if field != "dates_off" {
            assert_eq!(back.form().field("dates_off").value, "2026-12-25", "the other fields are kept too");
        }
        let others = back.form().fields.iter().filter(|other| other.id != field && other.error.is_some());
        assert_eq!(others.count(), 0, "only {field} is wrong");
    }
    chat.mara().commands("/study today").await.says("There is no study channel here yet.");
    chat.finish().await;
}

async fn a_plan_is_read_back_with_the_next_three_times(on: On) {
    let chat = Story::bare(on).await;
    let form = chat.mara().commands("/study setup").await;
    let wrong = chat.mara().sends(form.form(), &[("schedule", "weekdays"), ("zone", "europe/berlin")]).await;
    assert!(wrong.form().field("schedule").error.is_some() && wrong.form().field("zone").error.is_none());
    let fields = [
        ("schedule", "30 8 * * 1-5"),
        ("dates_off", "2026-11-25"),
        ("mode", "sealed"),
        ("names", "no names"),
    ];
    let saved = chat.mara().sends(wrong.form(), &fields).await;
    saved.says("I understood: every weekday at 08:30, Europe/Berlin time.");
    saved.says("Answers are taken for 8 hours, the review lasts 15 hours.");
    saved.says("The channel is sealed").says("without names");
    saved.says("Tue 24 Nov, 08:30 there, for you 2026-11-24 07:30 UTC");
    saved
        .says("Thu 26 Nov, 08:30")
        .says("Fri 27 Nov, 08:30")
        .says_nothing_of("25 Nov")
        .says_nothing_of("30 Nov");
    let again = chat.mara().commands("/study setup").await;
    assert_eq!(again.form().field("schedule").value, "30 8 * * 1-5", "what was typed is shown again");
    assert_eq!(again.form().field("zone").value, "Europe/Berlin");

    chat.at("2026-11-24 07:30").await;
    assert_eq!(chat.questions().await.len(), 1);
    chat.at("2026-11-25 20:00").await;
    assert_eq!(chat.questions().await.len(), 1, "the date off has no question");
    chat.at("2026-11-26 07:30").await;
    assert_eq!(chat.questions().await.len(), 2);
    chat.finish().await;
}

async fn a_new_plan_never_adds_a_second_post_on_one_date(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 09:00").await;
    let form = chat.mara().commands("/study setup").await;
    let saved = chat.mara().sends(form.form(), &[("schedule", "weekdays 10:00")]).await;
    saved.says("Tue 24 Nov, 10:00").says_nothing_of("23 Nov");
    chat.at("2026-11-23 23:00").await;
    assert_eq!(chat.questions().await.len(), 1);
    chat.at("2026-11-24 09:30").await;
    assert_eq!(chat.questions().await.len(), 1, "the old plan is over");
    chat.at("2026-11-24 10:00").await;
    assert_eq!(chat.questions().await.len(), 2);
    chat.finish().await;
}

async fn a_second_channel_asks_another_question_at_the_same_time(on: On) {
    let chat = Story::begin(on).await;
    chat.channel("platform-team").await;
    chat.go_to("platform-team");
    let form = chat.mara().commands("/study setup").await;
    let fields =
        [("questions", "track getting-started"), ("answers", "2 hours"), ("admin_mentions", "#organisers")];
    chat.mara().sends(form.form(), &fields).await.says("#platform-team is set up");
    chat.at("2026-11-23 09:00").await;
    let here = chat.question().await.text;
    chat.go_to("cloud-security");
    let there = chat.question().await.text;
    assert_ne!(
        here.lines().next(),
        there.lines().next(),
        "what is open in one channel is not asked in another"
    );
    chat.go_to("organisers");
    chat.jonas().commands("/study today").await.says("Which study channel").control("#platform-team");
    let choice = chat.jonas().commands("/study my-answer").await;
    chat.jonas().clicks_on(&choice, "#cloud-security").await.says("Nothing counts so far.");
    chat.finish().await;
}

async fn post_now_takes_the_place_of_todays_question(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 08:30").await;
    chat.mara().commands("/study post-now").await.says("The question is on its way to #cloud-security.");
    assert!(chat.question().await.text.contains("Answers close 2026-11-23 16:30 UTC"));
    chat.at("2026-11-23 12:00").await;
    assert_eq!(chat.questions().await.len(), 1, "09:00 has its question already");
    chat.jonas().commands("/study today").await.says("The next question comes 2026-11-24 09:00 UTC.");
    chat.at("2026-11-24 09:00").await;
    assert_eq!(chat.questions().await.len(), 2);
    chat.finish().await;
}

async fn a_second_post_now_asks_first_and_two_clicks_post_one(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 10:00").await;
    let asks = chat.mara().commands("/study post-now").await;
    asks.says("is still open, until 2026-11-23 17:00 UTC. Post one more question beside it?");
    let again = chat.mara().commands("/study post-now").await;
    chat.mara().clicks_on(&asks, "Post one more question").await.says("on its way");
    chat.mara()
        .clicks_on(&asks, "Post one more question")
        .await
        .says("posted in #cloud-security a moment ago");
    chat.mara().clicks_on(&again, "Post one more question").await.says("a moment ago");
    assert_eq!(chat.questions().await.len(), 2);
    chat.finish().await;
}

async fn with_several_open_a_command_asks_which(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 10:00").await;
    let asks = chat.mara().commands("/study post-now").await;
    chat.mara().clicks_on(&asks, "Post one more question").await;
    let questions = chat.questions().await;
    chat.jonas().says_under(&questions[0].id, "To the first.", &[]).await;
    chat.jonas().says_under(&questions[1].id, "To the second.", &[]).await;

    let choice = chat.jonas().commands("/study my-answer").await;
    choice.says("Which question do you mean?");
    let title = choice.panel().labels()[1].to_owned();
    chat.jonas().clicks_on(&choice, &title).await.says("To the second.").says_nothing_of("To the first.");
    let today = chat.jonas().commands("/study today").await;
    today.says(&title).says("2026-11-23 17:00 UTC").says("2026-11-23 18:00 UTC").has_no("Answer privately");

    chat.jonas().clicks_under(&questions[0], "My answer").await.says("To the first.");

    let choice = chat.mara().commands("/study close-now").await;
    choice.says("Which question shall close now?");
    chat.mara().clicks_on(&choice, &title).await.says("Answers are closed");
    chat.thread_shows("Rubric points").await;
    let first = chat.chat().messages(&chat.jonas().id, &chat.here(), Some(&questions[0].id)).await;
    assert!(!first.iter().any(|message| message.text.contains("Rubric points")), "the other one goes on");
    chat.finish().await;
}

async fn close_now_ends_the_answering_and_then_the_review(on: On) {
    let chat = Story::begin(on).await;
    chat.mara().commands("/study close-now").await.says("No question is open, and no review is under way.");
    chat.at("2026-11-23 09:00").await;
    chat.jonas().says("Quick.").await;
    chat.at("2026-11-23 10:00").await;
    chat.mara().commands("/study close-now").await.says("Answers are closed");
    chat.thread_shows("1 answer came in time.").await;
    let late = chat.priya().clicks_action(&chat.question().await.id, "answer-privately:1", &[]).await;
    late.says("Answers closed 2026-11-23 10:00 UTC.");
    chat.jonas().marks(&[1]).await;
    let asks = chat.mara().commands("/study close-now").await;
    let label = asks.panel().labels()[0].to_owned();
    chat.mara().clicks_on(&asks, &label).await.says("The review is closed");
    chat.mara().clicks_on(&asks, &label).await.says("This question is closed already.");
    chat.thread_shows("1 answer, all marked.").await;
    assert_eq!(chat.jonas().notices().await.len(), 1);
    chat.finish().await;
}

async fn a_pause_lets_open_questions_run_out_and_a_resume_catches_nothing_up(on: On) {
    let chat = Story::begin(on).await;
    chat.at("2026-11-23 10:00").await;
    chat.mara().commands("/study pause").await.says("is paused");
    chat.mara().commands("/study pause").await.says("is paused already");
    chat.at("2026-11-23 17:00").await;
    chat.thread_shows("Rubric points").await;
    chat.jonas().commands("/study today").await.says("This study channel is paused.");
    chat.at("2026-11-25 09:30").await;
    assert_eq!(chat.questions().await.len(), 1);
    chat.mara().commands("/study resume").await.says("The next question comes 2026-11-26 09:00 UTC.");
    chat.mara().commands("/study resume").await.says("is not paused");
    chat.at("2026-11-26 08:59").await;
    assert_eq!(chat.questions().await.len(), 1, "nothing is caught up");
    chat.at("2026-11-26 09:00").await;
    assert_eq!(chat.questions().await.len(), 2);
    chat.organisers_heard(&[]).await;
    chat.finish().await;
}
