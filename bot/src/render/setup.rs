//! Setting a study channel up: the form, and the plan read back.

use super::{count, duration};
use crate::domain::channel::{AdminChannel, ChannelState, Plan, Selection};
use crate::domain::command::FormId;
use crate::domain::ids::Platform;
use crate::domain::message::{Block, Field, Form, Outgoing, Span};
use crate::domain::schedule::Occurrence;

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
    if plan.ping.is_some() {
        blocks.push(Block::line("Each question calls the group that you chose."));
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
///
/// Only a platform with groups has a field for one to call.
pub fn setup_form(values: &SetupValues, errors: &[(&'static str, String)], platform: Platform) -> Form {
    let field = |id: &'static str, label: &str, max: u32, required: bool, value: &str| Field {
        id: id.to_owned(),
        label: label.to_owned(),
        multiline: false,
        max,
        required,
        value: value.to_owned(),
        error: errors.iter().find(|(field, _)| *field == id).map(|(_, error)| error.clone()),
    };
    let mut form = Form {
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
    };
    if platform.has_groups() {
        let label = "Who is called with each question (a group or nobody)";
        form.fields.push(field("ping_mentions", label, 100, false, &values.ping));
    }
    form
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
    /// Mentions of people and groups.
    pub organisers: String,
    /// The mention of a group, or "nobody".
    pub ping: String,
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
            organisers: join(
                plan.organisers
                    .iter()
                    .map(|person| format!("<@{person}>"))
                    .chain(plan.organiser_groups.iter().map(|group| format!("<@&{group}>")))
                    .collect(),
            ),
            ping: plan.ping.as_ref().map_or_else(|| "nobody".to_owned(), |group| format!("<@&{group}>")),
        }
    }
}
