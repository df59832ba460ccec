//! What one person sees: replies to commands and clicks, and forms.

use std::collections::BTreeSet;

use super::{count, duration, excerpt};
use crate::domain::answer::{ANSWER_MAX_CHARS, Choice, Part, Verdict};
use crate::domain::channel::{AdminChannel, ChannelState, Plan, Selection};
use crate::domain::command::{ActionId, COMMANDS, FormId};
use crate::domain::ids::{CriterionId, RoundId, StudyChannelId, Timestamp};
use crate::domain::leaderboard::Streak;
use crate::domain::marking::Basis;
use crate::domain::message::{Action, Bar, Block, Control, Field, Form, Outgoing, SelectOption, Span};
use crate::domain::question::Criterion;
use crate::domain::schedule::Occurrence;

/// Parts of an answer on one page of *My answer*: a select takes 25 options.
pub const PARTS_PER_PAGE: usize = 25;

/// `/study help`.
pub fn help(organiser: bool) -> Outgoing {
    let line = |(name, values, what, _): &(&str, &str, &str, bool)| {
        let command = format!("/study {name} {values}");
        vec![Span::code(command.trim_end()), Span::plain(format!(": {what}"))]
    };
    let part = |organisers: bool| Block::List {
        numbered: false,
        items: COMMANDS.iter().filter(|command| command.3 == organisers).map(line).collect(),
    };
    let mut blocks = vec![
        Block::heading("A question a day"),
        Block::line(
            "I post a cloud-security question, you answer in its thread or privately, and when answers close I show \
             the points a good answer makes. Then you mark your own answer, and the leaderboard keeps count.",
        ),
        part(false),
    ];
    if organiser {
        blocks.push(Block::heading("For organisers"));
        blocks.push(part(true));
    } else {
        blocks.push(Block::note("Organisers have a few commands more."));
    }
    Outgoing::new(blocks)
}

/// One round in `/study today`.
#[derive(Clone, Debug)]
pub struct TodayRound {
    /// The round.
    pub round: RoundId,
    /// The question's title.
    pub title: String,
    /// Where it stands, and until when.
    pub stage: TodayStage,
    /// How many have answered.
    pub answers: u32,
}

/// Where a round of `/study today` stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TodayStage {
    /// Answers are taken until then.
    Open(Timestamp),
    /// The reveal is being prepared.
    Collecting,
    /// Answers can be marked until then.
    Review(Timestamp),
}

/// `/study today`.
pub fn today(channel: &str, rounds: &[TodayRound], next: Option<Timestamp>, state: ChannelState) -> Outgoing {
    let mut blocks = vec![Block::heading(format!("Today in #{channel}"))];
    let mut actions = Vec::new();
    for round in rounds {
        blocks.push(Block::Line { spans: today_line(round) });
        if rounds.len() == 1 {
            actions = today_actions(round);
        }
    }
    if rounds.is_empty() {
        blocks.push(Block::line("No question is open right now."));
    }
    match (state, next) {
        (ChannelState::Active, Some(at)) => blocks.push(Block::Note {
            spans: vec![Span::plain("The next question comes "), Span::full(at), Span::plain(".")],
        }),
        (ChannelState::Active, None) => blocks.push(Block::note("No further question is planned.")),
        (ChannelState::Paused, _) => blocks.push(Block::note("This study channel is paused.")),
        (ChannelState::Removed, _) => {}
    }
    Outgoing::new(blocks).with(actions)
}

fn today_line(round: &TodayRound) -> Vec<Span> {
    let so_far = count(round.answers, "person has answered", "people have answered");
    let mut spans = vec![Span::bold(&round.title)];
    match round.stage {
        TodayStage::Open(at) => spans.extend([
            Span::plain(". Answers close "),
            Span::full(at),
            Span::relative(at),
            Span::plain(format!(". {so_far} so far.")),
        ]),
        TodayStage::Collecting => {
            spans.push(Span::plain(". Answers have closed; the rubric points come in a moment."))
        }
        TodayStage::Review(at) => spans.extend([
            Span::plain(". The rubric points are in its thread; mark your answer until "),
            Span::full(at),
            Span::plain(format!(". {so_far}.")),
        ]),
    }
    spans
}

fn today_actions(round: &TodayRound) -> Vec<Action> {
    let my_answer = Action::button(ActionId::MyAnswer(round.round), "My answer");
    match round.stage {
        TodayStage::Open(_) => {
            vec![Action::button(ActionId::AnswerPrivately(round.round), "Answer privately"), my_answer]
        }
        TodayStage::Collecting => vec![my_answer],
        TodayStage::Review(_) => {
            vec![Action::button(ActionId::MarkMine(round.round), "Mark my answer"), my_answer]
        }
    }
}

/// A choice between several rounds or channels: one button each.
pub fn choice(question: &str, options: Vec<(ActionId, String)>) -> Outgoing {
    let buttons =
        options.into_iter().take(25).map(|(action, label)| Action::button(action, excerpt(&label, 75)));
    Outgoing::say(question).with(buttons.collect())
}

/// What *My answer* shows.
#[derive(Clone, Debug)]
pub struct MyAnswer<'a> {
    /// The round.
    pub round: RoundId,
    /// The question's title.
    pub title: &'a str,
    /// The messages in order of sending, with their verdicts.
    pub parts: Vec<(&'a Part, Verdict)>,
    /// The saved private text.
    pub private_text: &'a str,
    /// The late answer.
    pub late_text: &'a str,
    /// Until when it can change; `None` once answers have closed.
    pub open_until: Option<Timestamp>,
    /// The page of parts, from 0.
    pub page: u32,
    /// The score so far or for good, with its basis.
    pub score: Option<(u32, Basis, bool)>,
}

/// *My answer*: what counts so far, with controls to take parts out and put them back.
pub fn my_answer(mine: &MyAnswer<'_>) -> Outgoing {
    let mut blocks = vec![Block::heading(format!("Your answer to “{}”", mine.title))];
    let counted = mine.parts.iter().filter(|(_, verdict)| *verdict == Verdict::Counts).count();
    if counted == 0 && mine.private_text.is_empty() && mine.late_text.is_empty() {
        blocks.push(Block::line(if mine.open_until.is_some() {
            "Nothing counts so far. Write in the question's thread, or answer privately."
        } else {
            "You have no answer to this question."
        }));
    }
    let pages = mine.parts.len().div_ceil(PARTS_PER_PAGE).max(1);
    let page = usize::try_from(mine.page).unwrap_or(0).min(pages - 1);
    let shown: Vec<_> = mine.parts.iter().skip(page * PARTS_PER_PAGE).take(PARTS_PER_PAGE).collect();
    for (index, (part, verdict)) in shown.iter().enumerate() {
        blocks.extend(part_blocks(page * PARTS_PER_PAGE + index + 1, part, *verdict));
    }
    if pages > 1 {
        blocks.push(Block::note(format!("Page {} of {pages}.", page + 1)));
    }
    if !mine.private_text.is_empty() {
        blocks.push(Block::line("Private, shown to nobody before the rubric points are out:"));
        blocks.push(Block::Quote { text: mine.private_text.to_owned() });
    }
    if !mine.late_text.is_empty() {
        blocks.push(Block::line("Added late, so it earns no points:"));
        blocks.push(Block::Quote { text: mine.late_text.to_owned() });
    }
    blocks.extend(standing(mine));
    Outgoing::new(blocks).with(my_answer_actions(mine, &shown, page, pages))
}

fn part_blocks(number: usize, part: &Part, verdict: Verdict) -> Vec<Block> {
    let remark = match verdict {
        Verdict::Counts => "counts",
        Verdict::Discussion => "discussion, doesn't count",
        Verdict::TakenOut => "you took it out",
        Verdict::TooLong => "doesn't fit into 20,000 characters, doesn't count",
        Verdict::Sealed => "doesn't count: only private answers do here",
        Verdict::Deleted => "deleted",
    };
    let late = if part.edited_late { "; an edit after the close is ignored" } else { "" };
    let text = part.version.as_ref().map_or_else(String::new, |version| excerpt(&version.full_text(), 300));
    let mut blocks = vec![Block::Line {
        spans: vec![Span::bold(format!("{number}. ")), Span::plain(format!("{remark}{late}"))],
    }];
    if !text.is_empty() {
        blocks.push(Block::Quote { text });
    }
    blocks
}

fn standing(mine: &MyAnswer<'_>) -> Option<Block> {
    let spans = match (mine.open_until, mine.score) {
        (Some(at), _) => vec![
            Span::plain("You can change it until "),
            Span::full(at),
            Span::relative(at),
            Span::plain("."),
        ],
        (None, Some((points, Basis::OwnMarks, is_final))) => vec![
            Span::bold(format!("{points} of 100")),
            Span::plain(if is_final { ", by your own marks." } else { " so far, by your own marks." }),
        ],
        (None, Some((_, Basis::Unmarked, true))) => {
            vec![Span::plain("It was not marked: it counts as taking part.")]
        }
        (None, Some((_, Basis::Unmarked, false))) => vec![Span::plain("You haven't marked it yet.")],
        (None, None) => return None,
    };
    Some(Block::Note { spans })
}

fn my_answer_actions(
    mine: &MyAnswer<'_>,
    shown: &[&(&Part, Verdict)],
    page: usize,
    pages: usize,
) -> Vec<Action> {
    let mut actions = Vec::new();
    let page_number = |page: usize| u32::try_from(page).unwrap_or(0);
    let choosable: Vec<_> = shown
        .iter()
        .enumerate()
        .filter(|(_, (_, verdict))| !matches!(verdict, Verdict::Deleted | Verdict::Sealed))
        .collect();
    if mine.open_until.is_some() && !choosable.is_empty() {
        let options = choosable
            .iter()
            .map(|(index, (part, _))| SelectOption {
                value: part.message.to_string(),
                label: part_label(page * PARTS_PER_PAGE + index + 1, part),
            })
            .collect::<Vec<_>>();
        let selected = choosable
            .iter()
            .filter(|(_, (part, verdict))| is_in(part, *verdict))
            .map(|(_, (part, _))| part.message.to_string())
            .collect();
        actions.push(Action {
            id: ActionId::ChooseParts(mine.round, page_number(page)).to_string(),
            label: "What counts".to_owned(),
            control: Control::Select {
                max: u8::try_from(options.len()).unwrap_or(u8::MAX),
                options,
                selected,
                min: 0,
            },
        });
    }
    if mine.open_until.is_some() {
        let label =
            if mine.private_text.is_empty() { "Answer privately" } else { "Change my private answer" };
        actions.push(Action::button(ActionId::AnswerPrivately(mine.round), label));
    } else if mine.score.is_some_and(|(_, _, is_final)| !is_final) {
        actions.push(Action::button(ActionId::MarkMine(mine.round), "Mark my answer"));
    }
    if page > 0 {
        actions.push(Action::button(ActionId::PartsPage(mine.round, page_number(page - 1)), "Earlier parts"));
    }
    if page + 1 < pages {
        actions.push(Action::button(ActionId::PartsPage(mine.round, page_number(page + 1)), "Later parts"));
    }
    actions
}

/// Whether the learner wants a part in, even where it doesn't fit.
fn is_in(part: &Part, verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Counts) || (verdict == Verdict::TooLong && part.choice != Some(Choice::Out))
}

fn part_label(number: usize, part: &Part) -> String {
    let text = part.version.as_ref().map_or_else(String::new, |version| excerpt(&version.full_text(), 50));
    excerpt(&format!("{number} · {text}"), 75)
}

/// A hint. It gives no rubric point away.
pub fn hint(hints: &[String]) -> Outgoing {
    if hints.is_empty() {
        return Outgoing::say("There is no hint for this question.");
    }
    let mut blocks = vec![Block::heading(if hints.len() == 1 { "A hint" } else { "Hints" })];
    blocks.extend(hints.iter().map(|hint| Block::Markdown { text: hint.clone() }));
    Outgoing::new(blocks)
}

/// What the marking of one's own answer shows.
#[derive(Clone, Debug)]
pub struct Marking<'a> {
    /// The round.
    pub round: RoundId,
    /// The question's title.
    pub title: &'a str,
    /// The rubric.
    pub criteria: &'a [Criterion],
    /// The answer's text.
    pub answer: &'a str,
    /// What is saved; `None`: nothing yet.
    pub saved: Option<&'a BTreeSet<CriterionId>>,
    /// What that is worth.
    pub points: u32,
    /// Until when marks can change.
    pub until: Timestamp,
    /// The answer came late: it can be marked, and earns nothing.
    pub late: bool,
}

/// The marking of one's own answer: the full rubric, numbered, and the controls.
pub fn marking(marking: &Marking<'_>) -> Outgoing {
    const ANSWER_SHOWN: usize = 1_500;
    let rubric = marking
        .criteria
        .iter()
        .map(|criterion| {
            let mark = match marking.saved {
                Some(met) if met.contains(&criterion.id) => " ✓",
                _ => "",
            };
            vec![Span::plain(criterion.text.clone()), Span::bold(mark)]
        })
        .collect();
    let mut blocks = vec![
        Block::heading(format!("Mark your answer to “{}”", marking.title)),
        Block::Quote { text: shorten(marking.answer, ANSWER_SHOWN) },
        Block::line("Which of these points does it make? Choosing saves at once, and you can change it."),
        Block::List { numbered: true, items: rubric },
    ];
    blocks.push(Block::Line { spans: saved_line(marking) });
    blocks.push(Block::Note {
        spans: vec![Span::plain("Marks can change until "), Span::full(marking.until), Span::plain(".")],
    });
    Outgoing::new(blocks).with(vec![
        Action {
            id: ActionId::SaveMarks(marking.round).to_string(),
            label: "Points your answer makes".to_owned(),
            control: Control::Select {
                options: marking
                    .criteria
                    .iter()
                    .enumerate()
                    .map(|(index, criterion)| SelectOption {
                        value: criterion.id.to_string(),
                        label: format!("{} · {}", index + 1, criterion.short),
                    })
                    .collect(),
                selected: marking
                    .saved
                    .map(|met| met.iter().map(ToString::to_string).collect())
                    .unwrap_or_default(),
                min: 0,
                max: u8::try_from(marking.criteria.len()).unwrap_or(u8::MAX),
            },
        },
        Action::button(ActionId::NoneOfThese(marking.round), "None of these"),
    ])
}

fn saved_line(marking: &Marking<'_>) -> Vec<Span> {
    let Some(met) = marking.saved else { return vec![Span::plain("Nothing is saved yet.")] };
    let numbers: Vec<String> = marking
        .criteria
        .iter()
        .enumerate()
        .filter(|(_, criterion)| met.contains(&criterion.id))
        .map(|(index, _)| (index + 1).to_string())
        .collect();
    let worth = if marking.late {
        format!("{} of 100, but a late answer earns no points", marking.points)
    } else {
        format!("{} of 100", marking.points)
    };
    let which = if numbers.is_empty() {
        "none of these".to_owned()
    } else {
        format!("points {}", numbers.join(", "))
    };
    vec![Span::plain(format!("Saved: {which}. That is ")), Span::bold(worth), Span::plain(".")]
}

/// Keeps line breaks, unlike [`excerpt`].
fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max - 1).collect();
    short.push('…');
    short
}

/// The rubric with what was met and what not.
pub fn marked_points(criteria: &[(Criterion, bool)]) -> Block {
    let line = |(criterion, met): &(Criterion, bool)| {
        vec![Span::plain(format!(
            "{} {} ({})",
            if *met { "✓" } else { "–" },
            criterion.text,
            criterion.weight
        ))]
    };
    Block::List { numbered: false, items: criteria.iter().map(line).collect() }
}

/// One study channel in `/study me`.
#[derive(Clone, Debug)]
pub struct MeChannel {
    /// Its name.
    pub name: String,
    /// Points of all time.
    pub points: u32,
    /// Answers that were settled.
    pub answers: u32,
    /// The streak there.
    pub streak: Streak,
}

/// One score in `/study me`, with why.
#[derive(Clone, Debug)]
pub struct MeScore {
    /// The question's title.
    pub title: String,
    /// 0 to 100.
    pub points: u32,
    /// What it rests on.
    pub basis: Basis,
    /// The rubric with what was met and what not.
    pub criteria: Vec<(Criterion, bool)>,
}

/// `/study me`.
pub fn me(
    channels: &[MeChannel],
    scores: &[MeScore],
    kept: &[Outgoing],
    listed: bool,
    notices: bool,
) -> Outgoing {
    let mut blocks = vec![Block::heading("You")];
    if channels.is_empty() && scores.is_empty() {
        blocks.push(Block::line("You haven't answered a question yet. /study today shows what is open."));
    }
    for channel in channels {
        blocks.push(Block::line(format!(
            "#{}: {} from {}. Streak: {} in a row, {} at best.",
            channel.name,
            count(channel.points, "point", "points"),
            count(channel.answers, "answer", "answers"),
            channel.streak.current,
            channel.streak.longest,
        )));
    }
    if !scores.is_empty() {
        blocks.push(Block::heading("Your latest scores"));
        let bars = scores.iter().map(|score| Bar {
            lead: String::new(),
            label: score.title.clone(),
            value: score.points,
            max: 100,
            note: format!("{} ({})", score.points, score.basis.label()),
        });
        blocks.push(Block::Bars { rows: bars.collect() });
        for score in scores.iter().filter(|score| score.basis != Basis::Unmarked) {
            blocks.push(Block::Spoiler {
                label: format!("How “{}” came to {}", score.title, score.points),
                blocks: vec![
                    marked_points(&score.criteria),
                    Block::note("In brackets: the weight. Score = 100 × weight of the points met ÷ all weight, rounded."),
                ],
            });
        }
    }
    if !kept.is_empty() {
        blocks.push(Block::heading("Messages that could not reach you directly"));
        blocks.extend(kept.iter().flat_map(|message| message.blocks.clone()));
    }
    blocks.push(Block::note(format!(
        "Leaderboards {} you. Direct messages about your scores are {}.",
        if listed { "name" } else { "don't name" },
        if notices { "on" } else { "off" }
    )));
    let listing = if listed { "Leave the leaderboards" } else { "Be on the leaderboards" };
    let noticing = if notices { "No more notices" } else { "Send me notices" };
    Outgoing::new(blocks).with(vec![
        Action::button(ActionId::Listed(!listed), listing),
        Action::button(ActionId::Notices(!notices), noticing),
    ])
}

/// Reads a plan back after it was saved, with the next posting times.
pub fn plan_saved(
    channel: &str,
    plan: &Plan,
    matching: usize,
    upcoming: &[Occurrence],
    state: ChannelState,
) -> Outgoing {
    let what = match &plan.selection {
        Selection::Track(track) => format!("the track “{track}”, in its order"),
        Selection::Filter(_) => {
            format!(
                "{}, shuffled",
                count(u32::try_from(matching).unwrap_or(u32::MAX), "question", "questions")
            )
        }
    };
    let mut blocks = vec![
        Block::heading(format!("#{channel} is set up")),
        Block::line(format!("I understood: {}, {} time.", plan.schedule.describe(), plan.zone)),
        Block::line(format!(
            "Answers are taken for {}, the review lasts {}. Questions: {what}.",
            duration(plan.answer_minutes),
            duration(plan.review_minutes)
        )),
    ];
    if plan.sealed {
        blocks.push(Block::line("The channel is sealed: only private answers count."));
    }
    if plan.anonymous {
        blocks.push(Block::line("Private answers are shown without names."));
    }
    if state == ChannelState::Paused {
        blocks.push(Block::line("The channel is paused: nothing is posted until /study resume."));
    } else if upcoming.is_empty() {
        blocks.push(Block::line("No further question falls on a date that is not off."));
    } else {
        blocks.push(Block::line("The next questions come:"));
        let items = upcoming.iter().map(|next| {
            vec![Span::bold(civil_text(next)), Span::plain(" there, for you "), Span::full(next.at)]
        });
        blocks.push(Block::List { numbered: false, items: items.collect() });
    }
    Outgoing::new(blocks)
}

fn civil_text(occurrence: &Occurrence) -> String {
    occurrence.civil.datetime().strftime("%a %-d %b, %H:%M").to_string()
}

/// The form behind `/study setup`. `values` are what each field holds; `errors` what is wrong with some of them.
pub fn setup_form(values: &SetupValues, errors: &[(&'static str, String)]) -> Form {
    let field = |id: &'static str, label: &str, max: u32, required: bool, value: &str| Field {
        id: id.to_owned(),
        label: label.to_owned(),
        multiline: false,
        max,
        required,
        value: value.to_owned(),
        error: errors.iter().find(|(field, _)| *field == id).map(|(_, error)| error.clone()),
    };
    Form {
        id: FormId::Setup.to_string(),
        title: "Set this channel up".to_owned(),
        fields: vec![
            field("schedule", "When to post (weekdays 09:00, or cron)", 200, true, &values.schedule),
            field("zone", "Time zone (such as Europe/Berlin)", 60, true, &values.zone),
            field("answers", "Answers are taken for (such as 8 hours)", 40, true, &values.answers),
            field("review", "The review lasts (such as 16 hours)", 40, true, &values.review),
            field("questions", "Questions (all, topics, levels or a track)", 300, false, &values.questions),
            field("mode", "Answers are (open or sealed)", 20, false, &values.mode),
            field("names", "Private answers show (names or no names)", 20, false, &values.names),
            field("dates_off", "Dates off (such as 2026-12-25)", 1_200, false, &values.dates_off),
            field(
                "admin_mentions",
                "Where organisers hear of problems (#channel or me)",
                100,
                false,
                &values.admin_channel,
            ),
            field(
                "organiser_mentions",
                "Who else may organise (such as @Jonas)",
                400,
                false,
                &values.organisers,
            ),
        ],
    }
}

/// The texts in the setup form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupValues {
    /// "weekdays 09:00", or five-field cron.
    pub schedule: String,
    /// An IANA name.
    pub zone: String,
    /// How long answers are taken.
    pub answers: String,
    /// How long the review lasts.
    pub review: String,
    /// Which questions.
    pub questions: String,
    /// "open" or "sealed".
    pub mode: String,
    /// "names" or "no names".
    pub names: String,
    /// ISO dates, separated by commas.
    pub dates_off: String,
    /// A channel, or "me".
    pub admin_channel: String,
    /// Mentions.
    pub organisers: String,
}

impl SetupValues {
    /// The texts that give this plan again.
    pub fn of(plan: &Plan) -> Self {
        let join = |items: Vec<String>| items.join(", ");
        Self {
            schedule: plan.schedule.to_string(),
            zone: plan.zone.to_string(),
            answers: duration(plan.answer_minutes),
            review: duration(plan.review_minutes),
            questions: match &plan.selection {
                Selection::Track(track) => format!("track {track}"),
                Selection::Filter(filter) => {
                    let pack = filter.pack.iter().map(|pack| format!("pack {pack}"));
                    let rest = filter
                        .topics
                        .iter()
                        .map(ToString::to_string)
                        .chain(filter.levels.iter().map(ToString::to_string))
                        .chain(filter.formats.iter().map(ToString::to_string));
                    let words: Vec<String> = pack.chain(rest).collect();
                    if words.is_empty() { "all".to_owned() } else { words.join(", ") }
                }
            },
            mode: if plan.sealed { "sealed" } else { "open" }.to_owned(),
            names: if plan.anonymous { "no names" } else { "names" }.to_owned(),
            dates_off: join(plan.dates_off.iter().map(ToString::to_string).collect()),
            admin_channel: match &plan.admin_channel {
                AdminChannel::Channel(channel) => format!("<#{channel}>"),
                AdminChannel::Person(person) => format!("<@{person}>"),
            },
            organisers: join(plan.organisers.iter().map(|person| format!("<@{person}>")).collect()),
        }
    }
}

/// The form for a private or late answer.
pub fn answer_form(id: FormId, value: &str, max: u32, error: Option<String>) -> Form {
    let (title, label) = match id {
        FormId::LateAnswer(..) => ("Add a late answer", "Your late answer; it earns no points"),
        _ => ("Answer privately", "Your answer; leave it empty to withdraw it"),
    };
    Form {
        id: id.to_string(),
        title: title.to_owned(),
        fields: vec![Field {
            id: "text".to_owned(),
            label: label.to_owned(),
            multiline: true,
            max: max.min(ANSWER_MAX_CHARS),
            required: false,
            value: value.to_owned(),
            error,
        }],
    }
}

/// A post while another question is open: asks first.
pub fn post_another(channel: StudyChannelId, newest: RoundId, title: &str, until: Timestamp) -> Outgoing {
    Outgoing::new(vec![Block::Line {
        spans: vec![
            Span::bold(title),
            Span::plain(" is still open, until "),
            Span::full(until),
            Span::plain(". Post one more question beside it?"),
        ],
    }])
    .with(vec![Action::button(ActionId::PostAnother(channel, newest.0), "Post one more question")])
}
