//! From what an organiser typed to a study channel's plan. The chat's form and the command line share it.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::domain::channel::{AdminChannel, DEFAULT_GRACE_MINUTES, Plan, Selection};
use crate::domain::filter::Filter;
use crate::domain::ids::{ChannelRef, GroupRef, PersonRef, TrackId};
use crate::domain::schedule::{Schedule, Zone};
use crate::packs::Library;
pub use crate::render::setup::SetupValues;

const WINDOW_MIN_MINUTES: u32 = 5;
const WINDOW_MAX_MINUTES: u32 = 14 * 1_440;
const DATES_OFF_MAX: usize = 100;
const ORGANISERS_MAX: usize = 20;

/// What is wrong with a field: its id, and what would be right.
pub type FieldError = (&'static str, String);

/// What the form shows for a channel that has no plan yet.
pub fn proposal() -> SetupValues {
    SetupValues {
        schedule: "weekdays 09:00".to_owned(),
        zone: "UTC".to_owned(),
        answers: "8 hours".to_owned(),
        review: "15 hours".to_owned(),
        questions: "all".to_owned(),
        mode: "open".to_owned(),
        names: "names".to_owned(),
        dates_off: String::new(),
        admin_channel: "me".to_owned(),
        organisers: String::new(),
        ping: "nobody".to_owned(),
    }
}

/// The fields of a submitted form, by their ids. What isn't among them stays as it is `known`.
pub fn values(fields: &[(String, String)], known: SetupValues) -> SetupValues {
    let field = |id: &str, known: String| {
        fields.iter().find(|(field, _)| field == id).map_or(known, |(_, value)| value.trim().to_owned())
    };
    SetupValues {
        schedule: field("schedule", known.schedule),
        zone: field("zone", known.zone),
        answers: field("answers", known.answers),
        review: field("review", known.review),
        questions: field("questions", known.questions),
        mode: field("mode", known.mode),
        names: field("names", known.names),
        dates_off: field("dates_off", known.dates_off),
        admin_channel: field("admin_mentions", known.admin_channel),
        organisers: field("organiser_mentions", known.organisers),
        ping: field("ping_mentions", known.ping),
    }
}

/// Reads a plan. `asker` is whom "me" means.
///
/// # Errors
/// Every field that is wrong, with why and an example that works.
pub fn parse(values: &SetupValues, library: &Library, asker: &PersonRef) -> Result<Plan, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut field = |id: &'static str, outcome: Result<(), String>| {
        if let Err(error) = outcome {
            errors.push((id, error));
        }
    };
    let schedule = values.schedule.parse::<Schedule>().map_err(|error| error.to_string());
    let zone = values.zone.parse::<Zone>().map_err(|error| error.to_string());
    let answer_minutes = window(&values.answers, "8 hours");
    let review_minutes = window(&values.review, "16 hours");
    let selection = selection(&values.questions, library);
    let sealed = one_of(&values.mode, &[("open", false), ("sealed", true)]);
    let anonymous = one_of(&values.names, &[("names", false), ("no names", true)]);
    let dates_off = dates_off(&values.dates_off);
    let admin_channel = admin_channel(&values.admin_channel, asker);
    let organisers = organisers(&values.organisers);
    let ping = ping(&values.ping);
    field("schedule", schedule.as_ref().map(drop).map_err(Clone::clone));
    field("zone", zone.as_ref().map(drop).map_err(Clone::clone));
    field("answers", answer_minutes.as_ref().map(drop).map_err(Clone::clone));
    field("review", review_minutes.as_ref().map(drop).map_err(Clone::clone));
    field("questions", selection.as_ref().map(drop).map_err(Clone::clone));
    field("mode", sealed.as_ref().map(drop).map_err(Clone::clone));
    field("names", anonymous.as_ref().map(drop).map_err(Clone::clone));
    field("dates_off", dates_off.as_ref().map(drop).map_err(Clone::clone));
    field("admin_mentions", admin_channel.as_ref().map(drop).map_err(Clone::clone));
    field("organiser_mentions", organisers.as_ref().map(drop).map_err(Clone::clone));
    field("ping_mentions", ping.as_ref().map(drop).map_err(Clone::clone));
    let plan = || -> Result<Plan, String> {
        let (organisers, organiser_groups) = organisers?;
        Ok(Plan {
            schedule: schedule?,
            zone: zone?,
            answer_minutes: answer_minutes?,
            review_minutes: review_minutes?,
            grace_minutes: DEFAULT_GRACE_MINUTES,
            selection: selection?,
            sealed: sealed?,
            anonymous: anonymous?,
            dates_off: dates_off?,
            admin_channel: admin_channel?,
            organisers,
            organiser_groups,
            ping: ping?,
        })
    };
    plan().map_err(|_| errors)
}

/// A length of time such as "8 hours", "90 minutes", "1 day" or "8" (hours), in minutes.
///
/// # Errors
/// When it is none, or not between 5 minutes and 14 days.
pub fn window(text: &str, example: &str) -> Result<u32, String> {
    let wrong = || {
        format!(
            "“{}” is not a length of time. Write one such as {example} or 90 minutes.",
            crate::render::excerpt(text, 30)
        )
    };
    let lower = text.trim().to_lowercase();
    let digits = lower.find(|c: char| !c.is_ascii_digit()).unwrap_or(lower.len());
    let (number, unit) = lower.split_at(digits);
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let minutes = match unit.trim() {
        "m" | "min" | "minute" | "minutes" => Some(number),
        "" | "h" | "hour" | "hours" => number.checked_mul(60),
        "d" | "day" | "days" => number.checked_mul(1_440),
        _ => return Err(wrong()),
    };
    match minutes {
        Some(minutes) if (WINDOW_MIN_MINUTES..=WINDOW_MAX_MINUTES).contains(&minutes) => Ok(minutes),
        _ => Err(format!("It must be between 5 minutes and 14 days. Write one such as {example}.")),
    }
}

/// "all", a track, or topics, levels and formats separated by commas.
fn selection(text: &str, library: &Library) -> Result<Selection, String> {
    let lower = text.trim().to_lowercase();
    if let Some(track) = lower.strip_prefix("track ") {
        let track = track.trim();
        return match track.parse::<TrackId>().ok().filter(|id| library.track(id).is_some()) {
            Some(id) => Ok(Selection::Track(id)),
            None => {
                let known: Vec<String> = library
                    .packs()
                    .flat_map(|pack| &pack.tracks)
                    .map(|track| format!("track {}", track.id))
                    .collect();
                Err(format!(
                    "There is no track “{}”. There is: {}.",
                    crate::render::excerpt(track, 40),
                    known.join(", ")
                ))
            }
        };
    }
    let mut filter = Filter::default();
    for word in lower.split(',').map(str::trim).filter(|word| !word.is_empty() && *word != "all") {
        add_word(&mut filter, word, library)?;
    }
    if library.matching(&filter).is_empty() {
        return Err("No question matches all of that. Write all, or leave a word out.".to_owned());
    }
    Ok(Selection::Filter(filter))
}

fn add_word(filter: &mut Filter, word: &str, library: &Library) -> Result<(), String> {
    if let Some(pack) = word.strip_prefix("pack ") {
        let pack = pack.trim().parse().ok().filter(|id| library.pack(id).is_some());
        let unknown = || format!("There is no pack “{}”.", crate::render::excerpt(word, 40));
        filter.pack = Some(pack.ok_or_else(unknown)?);
        return Ok(());
    }
    let slug = word.replace(' ', "-");
    if let Ok(level) = slug.parse() {
        filter.levels.push(level);
    } else if let Ok(format) = slug.parse() {
        filter.formats.push(format);
    } else if let Some(topic) = library.topics().into_iter().find(|topic| topic.as_str() == slug) {
        filter.topics.push(topic.clone());
    } else {
        let topics: Vec<&str> = library.topics().into_iter().map(|topic| topic.as_str()).collect();
        return Err(format!(
            "“{}” is no topic, level or format. Write all, track getting-started, or words such as {}, senior, coding.",
            crate::render::excerpt(word, 40),
            topics.join(", ")
        ));
    }
    Ok(())
}

/// One of two words; empty means the first.
fn one_of(text: &str, words: &[(&str, bool); 2]) -> Result<bool, String> {
    let lower = text.trim().to_lowercase();
    if lower.is_empty() {
        return Ok(words[0].1);
    }
    words.iter().find(|(word, _)| *word == lower).map(|(_, value)| *value).ok_or_else(|| {
        format!("“{}” is neither. Write {} or {}.", crate::render::excerpt(text, 30), words[0].0, words[1].0)
    })
}

fn dates_off(text: &str) -> Result<BTreeSet<Date>, String> {
    let mut dates = BTreeSet::new();
    for word in text.split([',', ' ', '\n']).map(str::trim).filter(|word| !word.is_empty()) {
        let date: Date = word.parse().map_err(|_| {
            format!(
                "“{}” is not a date. Write dates such as 2026-12-25, 2027-01-01.",
                crate::render::excerpt(word, 30)
            )
        })?;
        dates.insert(date);
    }
    if dates.len() > DATES_OFF_MAX {
        return Err("At most 100 dates can be off. Leave out those that have passed.".to_owned());
    }
    Ok(dates)
}

fn admin_channel(text: &str, asker: &PersonRef) -> Result<AdminChannel, String> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("me") {
        return Ok(AdminChannel::Person(asker.clone()));
    }
    let channel = |inner: &str| inner.parse::<ChannelRef>().ok().map(AdminChannel::Channel);
    let person = |inner: &str| inner.parse::<PersonRef>().ok().map(AdminChannel::Person);
    mention(text, "<#").and_then(channel).or_else(|| mention(text, "<@").and_then(person)).ok_or_else(|| {
        format!(
            "I don't know the channel “{}”. Write a channel such as #organisers, or me for direct messages.",
            crate::render::excerpt(text, 40)
        )
    })
}

fn organisers(text: &str) -> Result<(Vec<PersonRef>, Vec<GroupRef>), String> {
    let (mut people, mut groups) = (Vec::new(), Vec::new());
    // Mentions may stand beside each other without a space.
    for word in text.replace("><", "> <").split([',', ' ', '\n']).map(str::trim) {
        if word.is_empty() || word.eq_ignore_ascii_case("nobody") {
            continue;
        }
        if let Some(group) = mention(word, "<@&").and_then(|inner| inner.parse::<GroupRef>().ok()) {
            groups.push(group);
        } else if let Some(person) = mention(word, "<@").and_then(|inner| inner.parse::<PersonRef>().ok()) {
            people.push(person);
        } else {
            return Err(format!(
                "I don't know the person “{}”. Mention people, such as @Jonas.",
                crate::render::excerpt(word, 40)
            ));
        }
    }
    people.sort();
    people.dedup();
    groups.sort();
    groups.dedup();
    if people.len() > ORGANISERS_MAX || groups.len() > ORGANISERS_MAX {
        return Err(
            "At most 20 people and 20 groups can be named. Name fewer, or make them admins.".to_owned()
        );
    }
    Ok((people, groups))
}

fn ping(text: &str) -> Result<Option<GroupRef>, String> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("nobody") {
        return Ok(None);
    }
    mention(text, "<@&").and_then(|inner| inner.parse().ok()).map(Some).ok_or_else(|| {
        format!(
            "I don't know the group “{}”. Mention one, or write nobody.",
            crate::render::excerpt(text, 40)
        )
    })
}

/// Adapters turn mentions into `<#channel>` and `<@person>`, whatever the platform writes.
fn mention<'a>(text: &'a str, open: &str) -> Option<&'a str> {
    text.strip_prefix(open)?.strip_suffix('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(change: impl Fn(&mut SetupValues)) -> Vec<FieldError> {
        let library = Library::embedded().unwrap();
        let mut values = proposal();
        change(&mut values);
        parse(&values, &library, &"p1".parse().unwrap()).err().unwrap_or_default()
    }

    #[test]
    fn the_proposal_is_right_and_is_read_back_as_it_was() {
        let library = Library::embedded().unwrap();
        let asker: PersonRef = "p1".parse().unwrap();
        let plan = parse(&proposal(), &library, &asker).unwrap();
        assert_eq!(parse(&SetupValues::of(&plan), &library, &asker), Ok(plan));
    }

    #[test]
    fn a_full_plan_is_read_back_as_it_was() {
        let library = Library::embedded().unwrap();
        let asker: PersonRef = "p1".parse().unwrap();
        let values = SetupValues {
            schedule: "mon, thu 08:30".to_owned(),
            zone: "europe/berlin".to_owned(),
            answers: "90 min".to_owned(),
            review: "2d".to_owned(),
            questions: "Incident Response, senior, practitioner".to_owned(),
            mode: "Sealed".to_owned(),
            names: "no names".to_owned(),
            dates_off: "2026-12-25 2026-12-26".to_owned(),
            admin_channel: "<#c2>".to_owned(),
            organisers: "<@p2>, <@p3>, <@&g4>".to_owned(),
            ping: "<@&g5>".to_owned(),
        };
        let plan = parse(&values, &library, &asker).unwrap();
        assert!(plan.sealed && plan.anonymous);
        assert_eq!((plan.answer_minutes, plan.review_minutes), (90, 2_880));
        assert_eq!(parse(&SetupValues::of(&plan), &library, &asker), Ok(plan));
    }

    #[test]
    fn every_wrong_value_is_named_with_an_example() {
        type Change = fn(&mut SetupValues);
        let cases: Vec<(&str, Change)> = vec![
            ("schedule", |values| values.schedule = "* * * * *".to_owned()),
            ("schedule", |values| values.schedule = "0 0 31 2 *".to_owned()),
            ("zone", |values| values.zone = "Europe/Berln".to_owned()),
            ("answers", |values| values.answers = "soon".to_owned()),
            ("answers", |values| values.answers = "4 minutes".to_owned()),
            ("review", |values| values.review = "15 days".to_owned()),
            ("review", |values| values.review = "99999999999 hours".to_owned()),
            ("questions", |values| values.questions = "cooking".to_owned()),
            ("questions", |values| values.questions = "track nowhere".to_owned()),
            ("mode", |values| values.mode = "shut".to_owned()),
            ("names", |values| values.names = "💥".to_owned()),
            ("dates_off", |values| values.dates_off = "25.12.2026".to_owned()),
            ("admin_mentions", |values| values.admin_channel = "#nowhere".to_owned()),
            ("organiser_mentions", |values| values.organisers = "Jonas".to_owned()),
            ("ping_mentions", |values| values.ping = "everyone".to_owned()),
        ];
        for (field, change) in cases {
            let errors = errors(change);
            assert_eq!(errors.iter().map(|(field, _)| *field).collect::<Vec<_>>(), [field], "{errors:?}");
            assert!(errors[0].1.len() > 20);
        }
    }

    #[test]
    fn several_errors_are_told_at_once() {
        let errors = errors(|values| {
            values.schedule = String::new();
            values.zone = "Mars/Olympus".to_owned();
            values.answers = String::new();
        });
        assert_eq!(errors.len(), 3);
    }
}
