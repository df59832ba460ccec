//! Packs for other programs: Markdown to read or print, and notes for Anki.

use super::Pack;
use crate::domain::question::{Provider, Question};

/// The whole pack as one Markdown document, by topic.
pub fn markdown(pack: &Pack) -> String {
    let mut topics: Vec<_> = pack.questions.values().map(|question| &question.topic).collect();
    topics.sort();
    topics.dedup();
    let mut out = format!("# {}\n\nLicence of the questions: {}\n", pack.name, pack.licence);
    for topic in topics {
        out.push_str(&format!("\n## {topic}\n"));
        for question in pack.questions.values().filter(|question| question.topic == *topic) {
            out.push_str(&question_in_markdown(question));
        }
    }
    out
}

fn question_in_markdown(question: &Question) -> String {
    let mut out =
        format!("\n### {}\n\n*{}*\n\n{}\n", question.title, facts(question), question.prompt.trim());
    section(&mut out, "Hints", question.hints.iter().map(String::as_str));
    out.push_str("\n#### Rubric points\n\n");
    for (index, criterion) in question.criteria.iter().enumerate() {
        out.push_str(&format!("{}. {} (weight {})\n", index + 1, criterion.text, criterion.weight));
    }
    section(&mut out, "Pitfalls", question.pitfalls.iter().map(|pitfall| pitfall.text.as_str()));
    out.push_str(&format!("\n#### Model answer\n\n{}\n", question.model_answer.trim()));
    section(&mut out, "To think on", question.follow_ups.iter().map(String::as_str));
    let links: Vec<String> =
        question.references.iter().map(|page| format!("[{}]({})", page.title, page.url)).collect();
    section(&mut out, "References", links.iter().map(String::as_str));
    out
}

fn facts(question: &Question) -> String {
    let providers = question.providers.iter().map(|provider| Provider::label(*provider).to_owned());
    let facts = [question.format.label().to_owned(), question.level.label().to_lowercase()];
    facts
        .into_iter()
        .chain(providers)
        .chain([format!("about {} minutes", question.minutes)])
        .collect::<Vec<_>>()
        .join(" · ")
}

fn section<'a>(out: &mut String, title: &str, items: impl Iterator<Item = &'a str>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    out.push_str(&format!("\n#### {title}\n\n"));
    for item in items {
        out.push_str(&format!("- {}\n", item.trim()));
    }
}

/// The pack as a text file for Anki's import, a note a question. The first field is the note's id, `pack/question`, so
/// that importing a newer file updates the notes: <https://docs.ankiweb.net/importing/text-files.html>.
pub fn anki(pack: &Pack) -> String {
    let mut out = String::from("#separator:tab\n#html:true\n#guid column:1\n#tags column:4\n");
    for question in pack.questions.values() {
        let front = format!("<b>{}</b><br><br>{}", html(&question.title), html(question.prompt.trim()));
        let points: String = question
            .criteria
            .iter()
            .map(|criterion| format!("<li>{} ({})</li>", html(&criterion.text), criterion.weight))
            .collect();
        let back = format!("<ol>{points}</ol>{}", html(question.model_answer.trim()));
        let tags = format!("{} {} {}", question.topic, question.format, question.level);
        out.push_str(&format!("{}/{}\t{front}\t{back}\t{tags}\n", pack.id, question.id));
    }
    out
}

/// A field of a note: escaped, on one line.
fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("<br>"),
            '\t' => out.push_str("&nbsp;&nbsp;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packs::Library;

    #[test]
    fn every_note_is_one_line_of_four_fields_with_its_own_id() {
        let library = Library::embedded().unwrap();
        let pack = library.packs().next().unwrap();
        let text = anki(pack);
        let notes: Vec<Vec<&str>> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split('\t').collect())
            .collect();
        assert_eq!(notes.len(), pack.questions.len());
        assert!(notes.iter().all(|fields| fields.len() == 4));
        let ids: std::collections::BTreeSet<&str> = notes.iter().map(|fields| fields[0]).collect();
        assert_eq!(ids.len(), notes.len());
    }

    #[test]
    fn the_document_holds_every_question_with_its_points() {
        let library = Library::embedded().unwrap();
        let pack = library.packs().next().unwrap();
        let text = markdown(pack);
        for question in pack.questions.values() {
            assert!(text.contains(&format!("### {}\n", question.title)));
            assert!(question.criteria.iter().all(|criterion| text.contains(&criterion.text)));
        }
    }

    #[test]
    fn markup_in_a_text_stays_text() {
        assert_eq!(html("<b>\"a\"\t&\nb"), "&lt;b&gt;&quot;a&quot;&nbsp;&nbsp;&amp;<br>b");
    }
}
