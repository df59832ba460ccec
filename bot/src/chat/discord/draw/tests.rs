use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::controls::read_id;
use super::super::escape::{shorten, units};
use super::super::spec::Spec;
use super::*;
use crate::domain::ids::{Timestamp, WorkspaceRef};
use crate::domain::message::{Bar, Block, Control, Link, SelectOption, Span};

fn drawn(blocks: Vec<Block>) -> String {
    let parts = parts(&Outgoing::new(blocks), Carried::default());
    assert_eq!(parts.len(), 1);
    parts[0].description.clone()
}

fn markdown(text: &str) -> String {
    drawn(vec![Block::Markdown { text: text.to_owned() }])
}

fn quote(text: &str) -> String {
    drawn(vec![Block::Quote { text: text.to_owned() }])
}

#[test]
fn a_question_reads_well() {
    let text = drawn(vec![
        Block::heading("Stars in *IAM* policies"),
        Block::note("Coding · practitioner · about 20 minutes"),
        Block::Markdown { text: "Which `s3:*` is **worst**?\n\n```json\n{\"a\": \"||\"}\n```".to_owned() },
        Block::Line {
            spans: vec![
                Span::plain("Answers close "),
                Span::full(Timestamp(1_763_917_200_999)),
                Span::relative(Timestamp(1_763_917_200_999)),
                Span::plain("."),
            ],
        },
    ]);
    assert_eq!(
        text,
        "## Stars in \\*IAM\\* policies\n-# Coding · practitioner · about 20 minutes\n\nWhich `s3:*` is **worst**?\n\n\
         ```json\n{\"a\": \"||\"}\n```\n\nAnswers close <t:1763917200:F> (<t:1763917200:R>)."
    );
}

#[test]
fn lists_bold_code_people_and_links() {
    let person = |id: &str| Span::Person { person: id.parse().unwrap(), name: "Mara [x]".to_owned() };
    let text = drawn(vec![
        Block::List {
            numbered: true,
            items: vec![
                vec![Span::bold("One "), Span::plain("- two")],
                vec![person("80351110224678912"), Span::plain(" & "), person("U012")],
            ],
        },
        Block::List { numbered: false, items: vec![vec![Span::code("a`b"), Span::bold("")]] },
        Block::Links {
            links: vec![
                Link { title: "RFC [1] @everyone".to_owned(), url: "https://x.org/a_(b)?c d".to_owned() },
                Link { title: "Old".to_owned(), url: "http://x.org".to_owned() },
            ],
        },
    ]);
    assert_eq!(
        text,
        "1. **One** - two\n2. <@80351110224678912> & Mara \\[x\\]\n\n- ``a`b``\n\n\
         - [RFC (1) \\@everyone](https://x.org/a_%28b%29?c%20d)\n- Old: http\\://x.org"
    );
}

#[test]
fn bars_stand_below_each_other() {
    let bar = |lead: &str, label: &str, value| Bar {
        lead: lead.to_owned(),
        label: label.to_owned(),
        value,
        max: 300,
        note: format!("{value} points"),
    };
    let rows =
        vec![bar("1.", "Mara_", 300), bar("10.", "@here", 299), bar("11.", "Jo", 1), bar("12.", "Al", 0)];
    assert_eq!(
        drawn(vec![Block::Bars { rows }]),
        "` 1. ██████████` **Mara\\_** 300 points\n`10. █████████░` **\\@here** 299 points\n\
         `11. █░░░░░░░░░` **Jo** 1 points\n`12. ░░░░░░░░░░` **Al** 0 points"
    );
}

#[test]
fn what_people_typed_is_no_markup() {
    let cases = [
        (
            "# head\n-# sub\n- a\n* b\n+ c\n1. d\n> e",
            "> \\# head\n> \\-\\# sub\n> \\- a\n> \\* b\n> \\+ c\n> 1\\. d\n> \\> e",
        ),
        ("a\n\nb", "> a\n> \n> b"),
        ("see https://x.org", "> see https\\://x.org"),
        (
            "<@1> <@&2> <#3> <:a:4> <t:5:R> @everyone",
            "> \\<\\@1\\> \\<\\@&2> \\<#3> \\<:a:4> \\<t:5:R> \\@everyone",
        ),
        ("well-known 9:00 (a) x+y", "> well-known 9:00 (a) x+y"),
        ("a ||b|| `c` ~~d~~ [e](f)", "> a \\|\\|b\\|\\| \\`c\\` \\~\\~d\\~\\~ \\[e\\](f)"),
        ("a\\", "> a\\\\"),
        ("", "> \u{200b}"),
        ("a\n", "> a\n> \u{200b}"),
        ("\u{200b}# a\u{2028}# b", "> \u{200b}\\# a\u{2028}\\# b"),
    ];
    for (typed, expected) in cases {
        assert_eq!(quote(typed), expected);
    }
}

#[test]
fn packs_speak_markdown_and_call_nobody() {
    let cases = [
        ("# A\n#### B\ntext", "# A\n### B\ntext"),
        ("+ a\n  * b\n1) c", "- a\n  - b\n1. c"),
        ("> said\n>\n> more", "> said\n> \u{200b}\n> more"),
        ("<@1> @everyone <#2> a|b", "\\<\\@1> \\@everyone \\<#2> a\\|b"),
        ("[docs](https://x.org/a) ![i](https://x.org/b)", "[docs](https://x.org/a) [i](https://x.org/b)"),
        ("[bank.com](https://x.org)", "\\[bank.com](https://x.org)"),
        ("[a](http://x.org)", "\\[a](http://x.org)"),
        ("`a || <@1>` and ``b`c``", "`a || <@1>` and ``b`c``"),
        ("2 ** 3 ** 4", "2 \\*\\* 3 \\*\\* 4"),
        ("***both*** **a**b", "***both*** **a**b"),
        ("****", "\\*\\*\\*\\*"),
        ("-# small", "\\-# small"),
        ("~~~\n```\n~~~", "```\n``\u{200b}`\n```"),
        ("```sh\nls", "```sh\nls\n```"),
        ("an `open tick", "an \\`open tick"),
    ];
    for (pack, expected) in cases {
        assert_eq!(markdown(pack), expected);
    }
}

#[test]
fn nothing_inside_a_spoiler_ends_it() {
    let inner = vec![
        Block::Markdown { text: "a || b\n\n```sh\nx |||| y\n```\n\n- `c||d`\n# E".to_owned() },
        Block::Quote { text: "say ||".to_owned() },
    ];
    let text = drawn(vec![Block::Spoiler { label: "Model answer".to_owned(), blocks: inner, open: None }]);
    assert_eq!(
        text,
        "**Model answer**\n||a \\|\\| b\n\n```sh\nx |\u{200b}|\u{200b}|\u{200b}| y\n```\n\n• `c|\u{200b}|d`\n**E**\n\
         ▎ say \\|\\|\u{200b}||"
    );
    assert_eq!(text.matches("||").count(), 2);
}

#[test]
fn long_code_is_opened_again() {
    let line = "let answer = 42;\n".repeat(400);
    let block = Block::Markdown { text: format!("Look:\n\n```rust\n{line}```\n\nDone.") };
    for (blocks, open, close) in [
        (vec![block.clone()], "```rust\n", "```"),
        (
            vec![Block::Spoiler { label: "S".to_owned(), blocks: vec![block], open: None }],
            "||```rust\n",
            "```||",
        ),
    ] {
        let parts = parts(&Outgoing::new(blocks), Carried::default());
        assert_eq!(parts.len(), 2);
        assert!(parts[0].description.ends_with(close), "{}", parts[0].description);
        assert!(parts[1].description.starts_with(open), "{}", parts[1].description);
        let lines: usize =
            parts.iter().map(|part| part.description.matches("let answer = 42;").count()).sum();
        assert_eq!(lines, 400);
    }
}

#[test]
fn texts_are_parted_where_it_hurts_least() {
    let block = |length: usize| Block::line("word ".repeat(length / 5));
    let two =
        parts(&Outgoing::new(vec![block(1_500), Block::heading("Next"), block(3_000)]), Carried::default());
    assert!(two[1].description.starts_with("## Next\nword"), "a headline stays with its text");
    let sentences = Block::line("One more sentence. ".repeat(400));
    let parted = parts(&Outgoing::new(vec![sentences]), Carried::default());
    assert!(parted[0].description.trim_end().ends_with("sentence."));
    let items = (1..=300).map(|_| vec![Span::plain("an item of a long list")]).collect();
    let list = parts(&Outgoing::new(vec![Block::List { numbered: true, items }]), Carried::default());
    let last = list[0].description.lines().last().unwrap().split('.').next().unwrap().parse::<u32>().unwrap();
    assert!(list[1].description.starts_with(&format!("{}. ", last + 1)), "numbers go on");
}

#[test]
fn a_line_cut_in_its_middle_begins_no_markup() {
    let text = "# - 1. > -# ".repeat(600);
    let parts = parts(&Outgoing::new(vec![Block::Quote { text: format!("a{text}") }]), Carried::default());
    assert!(parts.len() > 1);
    for line in parts.iter().flat_map(|part| part.description.lines()).skip(1) {
        let line = line.strip_prefix("> ").unwrap().trim_start();
        assert!(!line.starts_with(['#', '-', '>', '+']) && !line.starts_with("1."), "{}", &line[..20]);
    }
}

#[test]
fn kept_messages_carry_their_key() {
    let guild: WorkspaceRef = "81384788765712384".parse().unwrap();
    let mut message = Outgoing::new(vec![Block::line("word ".repeat(1_000))]).with(vec![
        Action::button("answer-privately:42", "Answer privately"),
        Action::button("my-answer:42", "My answer"),
    ]);
    message.ping = Some("165511591545143296".parse().unwrap());
    let carried = Carried { key: Some("round:42:question"), guild: Some(&guild) };
    let spec = Spec::of("MessageCreateRequest");
    let parts = parts(&message, carried);
    let values: Vec<Value> = parts.iter().map(|part| spec.check(&part.create())).collect();
    assert_eq!(values.len(), 2);
    assert_eq!(values[0]["content"], "<@&165511591545143296>");
    assert_eq!(
        values[0]["allowed_mentions"],
        json!({"parse": [], "users": [], "roles": ["165511591545143296"]})
    );
    assert_eq!(values[0]["embeds"][0]["url"], "https://discord.com/#round:42:question");
    assert_eq!(values[0]["components"], json!([]));
    assert_eq!(values[1]["content"], Value::Null);
    assert_eq!(values[1]["allowed_mentions"]["roles"], json!([]));
    assert_eq!(values[1]["embeds"][0]["url"], "https://discord.com/#round:42:question.2");
    assert_ne!(values[0]["nonce"], values[1]["nonce"]);
    assert_eq!(values[0]["enforce_nonce"], true);
    let buttons = &values[1]["components"][0]["components"];
    assert_eq!(buttons[0]["style"], 1);
    assert_eq!(buttons[1]["style"], 2);
    let id = buttons[0]["custom_id"].as_str().unwrap();
    assert_eq!(id, "answer-privately:42|round:42:question|@81384788765712384");
    let read = read_id(id);
    assert_eq!((read.action, read.guild), ("answer-privately:42", Some("81384788765712384")));
    assert_eq!(read.key, Some("round:42:question"));
    let edited = serde_json::to_value(parts[1].edit()).unwrap();
    assert_eq!(edited["content"], "");
}

#[test]
fn every_kind_of_send_is_as_discord_describes_it() {
    let parts = parts(&marking(&["a"]), Carried::default());
    Spec::of("MessageEditRequestPartial").check(&parts[0].edit());
    Spec::of("IncomingWebhookUpdateRequestPartial").check(&parts[0].edit_response());
    let follow_up = Spec::of("IncomingWebhookRequestPartial").check(&parts[0].follow_up());
    assert_eq!(follow_up["flags"], 64);
    let response = serenity::all::CreateInteractionResponse::Message(parts[0].respond());
    let value = Spec::of("CreateMessageInteractionCallbackRequest").check(&response);
    assert_eq!(value["data"]["flags"], 64);
    assert!(value["data"]["embeds"][0].get("url").is_none());
}

fn marking(selected: &[&str]) -> Outgoing {
    let option = |value: &str| SelectOption { value: value.to_owned(), label: format!("1 · {value}") };
    let select = Action {
        id: "save-marks:1".to_owned(),
        label: "Points your answer makes".to_owned(),
        control: Control::Select {
            options: ["a", "b", "b"].map(option).to_vec(),
            selected: selected.iter().map(|value| (*value).to_owned()).collect(),
            min: 0,
            max: 9,
        },
    };
    Outgoing::say("Mark").with(vec![select, Action::button("none-of-these:1", "None of these")])
}

#[test]
fn a_select_that_hides_its_label_has_it_said_above() {
    let plain = &parts(&marking(&[]), Carried::default())[0];
    assert_eq!(plain.description, "Mark");
    let chosen = &parts(&marking(&["b"]), Carried::default())[0];
    assert_eq!(chosen.description, "Mark\n\n-# Below: Points your answer makes");
    let rows = serde_json::to_value(&chosen.components).unwrap();
    let select = &rows[0]["components"][0];
    assert_eq!(select["placeholder"], "Points your answer makes");
    assert_eq!((&select["min_values"], &select["max_values"]), (&json!(0), &json!(2)));
    assert_eq!(select["options"][1]["default"], true);
    assert_eq!(rows[1]["components"][0]["label"], "None of these");
}

#[test]
fn more_controls_than_fit_get_a_part_of_their_own() {
    let buttons = (0..32).map(|number| Action::button(format!("today:{number}"), format!("Round {number}")));
    let parts = parts(&Outgoing::say("Which?").with(buttons.collect()), Carried::default());
    assert_eq!(parts.iter().map(|part| part.components.len()).collect::<Vec<_>>(), [5, 2]);
}

#[test]
fn nothing_to_say_is_still_a_message() {
    assert_eq!(drawn(vec![]), "\u{200b}");
    assert_eq!(drawn(vec![Block::line(" \n ")]), "\u{200b}");
}

#[test]
fn labels_are_shortened_at_words() {
    assert_eq!(shorten("Answer privately", 80), "Answer privately");
    assert_eq!(shorten("Where organisers hear of problems, here", 36), "Where organisers hear of problems…");
    assert_eq!(shorten(&"x".repeat(99), 10), format!("{}…", "x".repeat(9)));
}

/// Takes the backslashes out again.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().expect("an escape escapes something") } else { c });
    }
    plain
}

/// Reads a quote back.
fn unquoted(drawn: &str) -> String {
    let mut lines: Vec<String> = drawn
        .split('\n')
        .map(|line| unescaped(line.strip_prefix("> ").expect("every line is quoted")))
        .collect();
    let last = lines.last_mut().unwrap();
    if last.chars().all(|c| c.is_whitespace() || c == '\u{200b}') {
        assert_eq!(last.pop(), Some('\u{200b}'));
    }
    lines.join("\n")
}

/// What a renderer could still take for markup once every escaped character is gone.
fn unescaped_rest(line: &str) -> String {
    let mut rest = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            chars.next();
            rest.push('x');
        } else {
            rest.push(c);
        }
    }
    rest
}

fn assert_inert(drawn: &str) {
    for line in drawn.split('\n') {
        let rest = unescaped_rest(line.strip_prefix("> ").expect("every line is quoted"));
        assert!(!rest.contains(['*', '_', '~', '|', '`', '<', '[', ']', '@']), "{line}");
        assert!(!rest.contains("://"), "{line}");
        let start = rest.trim_start_matches(|c: char| !c.is_alphanumeric() && !c.is_ascii_punctuation());
        assert!(!start.starts_with(['#', '-', '+', '>']), "{line}");
        let behind = start.trim_start_matches(|c: char| c.is_ascii_digit());
        assert!(behind.len() == start.len() || !behind.starts_with(['.', ')']), "{line}");
    }
}

/// Text as people type it, and as attackers do.
fn typed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z ]{0,12}",
        2 => proptest::sample::select(vec![
            "||", "```", "`", "**", "__", "~~", "\\", "# ", "-# ", "- ", "* ", "> ", ">>> ", "1. ", "\n", "\n\n", "\r\n",
            "@everyone", "@here", "<@123>", "<@&1>", "<#1>", "<:a:1>", "<t:1:R>", "</study:1>", "https://x.org/a_b",
            "[a](https://x.org)", "\u{200b}", "\u{202e}", "\u{2066}", "\u{2028}", "👩‍👩‍👧", "e\u{301}", "🇩🇪", "\t", " ",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn spans() -> impl Strategy<Value = Vec<Span>> {
    let span = prop_oneof![
        typed().prop_map(Span::plain),
        typed().prop_map(Span::bold),
        typed().prop_map(Span::code),
        any::<i64>().prop_map(|at| Span::full(Timestamp(at))),
        typed().prop_map(|name| Span::Person { person: "80351110224678912".parse().unwrap(), name }),
    ];
    proptest::collection::vec(span, 0..5)
}

fn long() -> impl Strategy<Value = String> {
    (typed(), 1_usize..80).prop_map(|(text, times)| text.repeat(times))
}

fn block() -> impl Strategy<Value = Block> {
    let leaf = prop_oneof![
        typed().prop_map(|text| Block::Heading { text }),
        spans().prop_map(|spans| Block::Line { spans }),
        spans().prop_map(|spans| Block::Note { spans }),
        (any::<bool>(), proptest::collection::vec(spans(), 0..9))
            .prop_map(|(numbered, items)| Block::List { numbered, items }),
        long().prop_map(|text| Block::Markdown { text }),
        long().prop_map(|text| Block::Quote { text }),
        proptest::collection::vec((typed(), long()), 0..3).prop_map(|links| Block::Links {
            links: links
                .into_iter()
                .map(|(title, url)| Link { title, url: format!("https://{url}") })
                .collect(),
        }),
        proptest::collection::vec((typed(), typed(), any::<u32>(), any::<u32>()), 0..4).prop_map(|rows| {
            Block::Bars {
                rows: rows
                    .into_iter()
                    .map(|(lead, label, value, max)| Bar { lead, note: label.clone(), label, value, max })
                    .collect(),
            }
        }),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        (typed(), proptest::collection::vec(inner, 0..4)).prop_map(|(label, blocks)| Block::Spoiler {
            label,
            blocks,
            open: None,
        })
    })
}

fn action() -> impl Strategy<Value = Action> {
    let options = proptest::collection::vec(("[a-c]{0,4}", typed()), 0..30);
    let control = prop_oneof![
        Just(Control::Button),
        (options, any::<u8>(), any::<u8>()).prop_map(|(options, min, max)| Control::Select {
            selected: options.iter().map(|(value, _)| value.clone()).step_by(2).collect(),
            options: options.into_iter().map(|(value, label)| SelectOption { value, label }).collect(),
            min,
            max,
        }),
    ];
    ("[a-z-]{1,8}:[0-9]{1,3}", typed(), control).prop_map(|(id, label, control)| Action {
        id,
        label,
        control,
    })
}

fn outgoing() -> impl Strategy<Value = Outgoing> {
    (proptest::collection::vec(block(), 0..6), proptest::collection::vec(action(), 0..12))
        .prop_map(|(blocks, actions)| Outgoing::new(blocks).with(actions))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_message_stays_within_every_bound(message in outgoing()) {
        thread_local! {
            static SPEC: Spec = Spec::of("MessageCreateRequest");
        }
        let parts = parts(&message, Carried { key: Some("round:1:question"), guild: None });
        prop_assert!(!parts.is_empty());
        for part in &parts {
            prop_assert!(units(&part.description) <= 4_096);
            prop_assert!(!part.description.trim().is_empty());
            let value = SPEC.with(|spec| spec.check(&part.create()));
            let rows = value["components"].as_array().unwrap();
            prop_assert!(rows.len() <= 5);
            let ids: Vec<&str> = rows
                .iter()
                .flat_map(|row| row["components"].as_array().unwrap())
                .map(|control| control["custom_id"].as_str().unwrap())
                .collect();
            prop_assert!(ids.iter().all(|id| (1..=100).contains(&id.len())));
            let once: std::collections::BTreeSet<_> = ids.iter().collect();
            prop_assert_eq!(once.len(), ids.len());
            // Code holds bars of its own, and only blocks with code are not counted here.
            let codes = |block: &Block| {
                !matches!(block, Block::Heading { .. } | Block::Quote { .. } | Block::Links { .. } | Block::Spoiler { .. })
            };
            if !message.blocks.iter().any(codes) {
                prop_assert!(part.description.matches("||").count() % 2 == 0, "{}", part.description);
            }
        }
    }

    #[test]
    fn a_quote_is_inert_and_to_the_letter(text in typed()) {
        let parts = parts(&Outgoing::new(vec![Block::Quote { text: text.clone() }]), Carried::default());
        let normal = text.replace("\r\n", "\n");
        for part in &parts {
            assert_inert(&part.description);
        }
        if let [part] = parts.as_slice() {
            prop_assert_eq!(unquoted(&part.description), normal);
        }
    }

    #[test]
    fn a_parted_quote_is_inert_and_loses_nothing(text in long()) {
        let parts = parts(&Outgoing::new(vec![Block::Quote { text: text.clone() }]), Carried::default());
        let seen = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '\u{200b}').collect::<String>();
        let mut read = String::new();
        for part in &parts {
            assert_inert(&part.description);
            prop_assert!(!part.description.trim_end().ends_with('>') || part.description.trim_end().ends_with("\\>")
                || part.description.trim_end().len() > 4, "no bare mark at the end");
            for line in part.description.split('\n') {
                read.push_str(&unescaped(line.strip_prefix("> ").unwrap()));
            }
        }
        prop_assert_eq!(seen(&read), seen(&text));
    }

    #[test]
    fn names_in_lines_are_text(name in typed()) {
        let line = Block::Line { spans: vec![Span::plain("By "), Span::plain(name)] };
        for part in parts(&Outgoing::new(vec![line]), Carried::default()) {
            let quoted = part.description.split('\n').map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n");
            assert_inert(&quoted);
            let turned = part.description.contains(['\u{202e}', '\u{2066}']);
            prop_assert!(!turned);
        }
    }
}
