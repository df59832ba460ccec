//! Blocks as plain text: for terminals, logs of tests, and platforms' notification previews.

use super::ids::Timestamp;
use super::message::{Bar, Block, Span, TimeStyle};

/// The blocks as text, one below the other, with times in UTC. Spoilers are opened.
pub fn text(blocks: &[Block]) -> String {
    blocks.iter().map(block).collect::<Vec<_>>().join("\n\n")
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading { text } | Block::Markdown { text } | Block::Quote { text } => text.clone(),
        Block::Line { spans } | Block::Note { spans } => line(spans),
        Block::List { numbered, items } => items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                if *numbered { format!("{}. {}", index + 1, line(item)) } else { format!("- {}", line(item)) }
            })
            .collect::<Vec<_>>()
            .join("\n"),
        Block::Spoiler { label, blocks, .. } => format!("{label}\n\n{}", text(blocks)),
        Block::Links { links } => {
            links.iter().map(|link| format!("- {}: {}", link.title, link.url)).collect::<Vec<_>>().join("\n")
        }
        Block::Bars { rows } => rows.iter().map(bar).collect::<Vec<_>>().join("\n"),
    }
}

fn bar(row: &Bar) -> String {
    const WIDTH: u32 = 10;
    let filled = (row.value.min(row.max) * WIDTH + row.max / 2) / row.max.max(1);
    let drawn: String = (0..WIDTH).map(|place| if place < filled { '▰' } else { '▱' }).collect();
    let lead = if row.lead.is_empty() { String::new() } else { format!("{} ", row.lead) };
    format!("{lead}{} {drawn} {}", row.label, row.note)
}

fn line(spans: &[Span]) -> String {
    spans.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Plain { text } | Span::Bold { text } | Span::Code { text } => text.clone(),
        Span::Time { at, style: TimeStyle::Full } => time(*at),
        Span::Time { style: TimeStyle::Relative, .. } => String::new(),
        Span::Person { name, .. } => name.clone(),
    }
}

/// Date and time of day in UTC, such as `2026-11-23 17:00 UTC`.
pub fn time(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_read_as_text() {
        let blocks = [
            Block::heading("Leaderboard"),
            Block::Line { spans: vec![Span::plain("Closes "), Span::full(Timestamp(1_763_917_200_000))] },
            Block::List { numbered: true, items: vec![vec![Span::bold("One")], vec![Span::code("two")]] },
            Block::Bars {
                rows: vec![Bar {
                    lead: "1".to_owned(),
                    label: "Mara".to_owned(),
                    value: 71,
                    max: 100,
                    note: "71 points".to_owned(),
                }],
            },
        ];
        assert_eq!(
            text(&blocks),
            "Leaderboard\n\nCloses 2025-11-23 17:00 UTC\n\n1. One\n2. two\n\n1 Mara ▰▰▰▰▰▰▰▱▱▱ 71 points"
        );
    }
}
