use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::ids::Timestamp;
use crate::domain::message::{Action, Bar, Control, Link, SelectOption, Span};

fn only(blocks: Vec<Block>) -> Part {
    let mut parts = parts(&Outgoing::new(blocks));
    assert_eq!(parts.len(), 1);
    parts.remove(0)
}

fn drawn(block: Block) -> Vec<Value> {
    only(vec![block]).blocks
}

fn line(spans: Vec<Span>) -> Value {
    drawn(Block::Line { spans }).remove(0)
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}

fn rich(elements: Value) -> Value {
    json!({"type": "rich_text", "elements": elements})
}

/// Elements in a short way of writing: styles and kinds as marks.
fn short(value: &Value) -> String {
    let elements = || value["elements"].as_array().unwrap().iter().map(short).collect::<String>();
    let text = value["text"].as_str().unwrap_or_default();
    match value["type"].as_str().unwrap() {
        "rich_text" => elements(),
        "rich_text_section" => format!("S[{}]", elements()),
        "rich_text_quote" => format!("Q[{}]", elements()),
        "rich_text_preformatted" => format!("C[{}]", elements()),
        "rich_text_list" => {
            let style = &value["style"].as_str().unwrap()[..1];
            let offset = value.get("offset").map(|offset| format!("+{offset}")).unwrap_or_default();
            format!("L{style}{}{offset}({})", value["indent"], elements())
        }
        "text" => {
            let marks = [("bold", "*"), ("italic", "_"), ("code", "`")];
            let on = |name: &str| value["style"][name] == true;
            let marks: String =
                marks.into_iter().filter(|(name, _)| on(name)).map(|(_, mark)| mark).collect();
            format!("{marks}{text}{marks}")
        }
        "link" => format!("<{}|{text}>", value["url"].as_str().unwrap()),
        "date" => format!("<{}>", value["timestamp"]),
        other => panic!("unknown element {other}"),
    }
}

fn markdown(text: &str) -> String {
    drawn(Block::Markdown { text: text.to_owned() }).iter().map(short).collect()
}

#[test]
fn a_question_reads_well() {
    let part = only(vec![
        Block::heading("Stars in *IAM* <policies> :tada:"),
        Block::note("Coding · practitioner · about 20 minutes"),
        Block::Markdown { text: "Which `s3:*` is **worst**?\n\n```json\n{\"a\": 1}\n```".to_owned() },
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
        part.text,
        "Stars in *\u{200b}IAM* &lt;policies&gt; :\u{200b}tada:: Coding · practitioner · about 20 minutes"
    );
    assert_eq!(
        part.blocks,
        [
            json!({"type": "header", "text": {
                "type": "plain_text", "text": "Stars in *IAM* <policies> :tada:", "emoji": false
            }}),
            json!({"type": "context", "elements": [
                {"type": "mrkdwn", "text": "Coding · practitioner · about 20 minutes", "verbatim": true}
            ]}),
            rich(json!([
                {"type": "rich_text_section", "elements": [
                    {"type": "text", "text": "Which "},
                    {"type": "text", "text": "s3:*", "style": {"code": true}},
                    {"type": "text", "text": " is "},
                    {"type": "text", "text": "worst", "style": {"bold": true}},
                    {"type": "text", "text": "?"},
                ]},
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "{\"a\": 1}"}]},
            ])),
            section(
                "Answers close <!date^1763917200^{date_long} at {time}|Sunday, 23 November 2025, 17:00 UTC>."
            ),
        ]
    );
}

#[test]
fn our_own_words_are_mrkdwn_where_it_shows_them_to_the_letter() {
    let cases = [
        (vec![Span::plain("a & b < c > d")], "a &amp; b &lt; c &gt; d"),
        (vec![Span::bold("1. "), Span::plain("counts")], "*1.* counts"),
        (vec![Span::plain("Use "), Span::code("/study <x>"), Span::plain(".")], "Use `/study &lt;x&gt;`."),
        (vec![Span::plain("2 * 3 * 4, a_b_c, it's 9:00 or 10:30")], "2 * 3 * 4, a_b_c, it's 9:00 or 10:30"),
        (vec![Span::plain("one\n"), Span::bold("two\nthree")], "one\n*two*\n*three*"),
        (vec![Span::plain("@here #general https://x.org <@U1>")], "@here #general https://x.org &lt;@U1&gt;"),
    ];
    for (spans, expected) in cases {
        assert_eq!(line(spans), section(expected));
    }
}

#[test]
fn what_mrkdwn_would_change_is_rich_text() {
    let person = Span::Person { person: "U1".parse().unwrap(), name: "*Mara* <@U2>".to_owned() };
    let cases = [
        (vec![Span::plain("a *b* c")], "S[a *b* c]"),
        (vec![Span::plain("_x_ ~y~ `z` ＊w＊")], "S[_x_ ~y~ `z` ＊w＊]"),
        (vec![Span::plain("party :tada:")], "S[party :tada:]"),
        (vec![Span::plain("> no quote")], "S[> no quote]"),
        (vec![Span::plain("semi"), Span::bold("bold")], "S[semi*bold*]"),
        (vec![Span::bold("a*b")], "S[*a*b*]"),
        (vec![Span::code("a`b")], "S[`a`b`]"),
        (vec![person, Span::plain(" at "), Span::full(Timestamp(5_000))], "S[*Mara* <@U2> at <5>]"),
        (vec![Span::plain("*"), Span::plain("a*")], "S[*a*]"),
    ];
    for (spans, expected) in cases {
        assert_eq!(short(&line(spans)), expected);
    }
}

#[test]
fn remarks_stay_quiet_and_to_the_letter() {
    let note = |spans: Vec<Span>| drawn(Block::Note { spans }).remove(0)["elements"][0].clone();
    assert_eq!(
        note(vec![Span::plain("from *Mara*")]),
        json!({"type": "plain_text", "text": "from *Mara*", "emoji": false})
    );
    let mixed = vec![Span::plain("*Mara* :tada: > x"), Span::bold("y"), Span::plain("z "), Span::code("a`b")];
    assert_eq!(note(mixed)["text"], "*\u{200b}Mara* :\u{200b}tada: &gt; x\u{200b}*y*\u{200b}z a`b");
}

#[test]
fn nothing_turns_the_text_around_or_steers_a_device() {
    assert_eq!(line(vec![Span::plain("a\u{202e}b\u{7}c")]), section("ab\u{fffd}c"));
    let quote = drawn(Block::Quote { text: "a\u{1b}b\r\nc".to_owned() });
    assert_eq!(short(&quote[0]), "Q[a\u{fffd}b\nc]");
}

#[test]
fn lists_links_and_bars() {
    let items = vec![vec![Span::bold("One "), Span::plain("- <two>")], vec![Span::code("a`b")]];
    let list = drawn(Block::List { numbered: true, items });
    assert_eq!(short(&list[0]), "Lo0(S[*One *- <two>]S[`a`b`])");
    let link = |title: &str, url: &str| Link { title: title.to_owned(), url: url.to_owned() };
    let links = drawn(Block::Links {
        links: vec![
            link("RFC [1] @here", "https://x.org/a b"),
            link("Old", "http://x.org"),
            link("Odd", "https://bank.com@x.org"),
        ],
    });
    assert_eq!(
        short(&links[0]),
        "Lb0(S[<https://x.org/a%20b|RFC [1] @here>]S[Old: http://x.org]S[Odd: https://bank.com@x.org])"
    );
    let bar = |lead: &str, label: &str, value| Bar {
        lead: lead.to_owned(),
        label: label.to_owned(),
        value,
        max: 300,
        note: format!("{value} points"),
    };
    let rows = vec![bar("1.", "Mara *x*", 300), bar("10.", "Jo", 1)];
    assert_eq!(
        short(&drawn(Block::Bars { rows })[0]),
        "C[ 1. ██████████  300 points  Mara *x*\n10. █░░░░░░░░░    1 points  Jo]"
    );
}

#[test]
fn what_people_typed_is_shown_to_the_letter() {
    let cases =
        ["# a\n- *b* _c_\n\n<@U1> <!channel> :tada: &amp; https://x.org", "  set in\n\n\nfar below", "`"];
    for typed in cases {
        let blocks = drawn(Block::Quote { text: typed.to_owned() });
        assert_eq!(
            blocks,
            [rich(json!([{"type": "rich_text_quote", "elements": [{"type": "text", "text": typed}]}]))]
        );
    }
    assert_eq!(short(&drawn(Block::Quote { text: String::new() })[0]), "Q[\u{200b}]");
}

#[test]
fn packs_speak_markdown_and_call_nobody() {
    let cases = [
        ("# A\ntext\n\nmore", "S[*A*\ntext\n\nmore]"),
        ("+ a\n  * b\n    1. c\n+ d", "Lb0(S[a])Lb1(S[b])Lo2(S[c])Lb0(S[d])"),
        ("1) a\n   goes on\n2) b", "Lo0(S[a\ngoes on]S[b])"),
        ("1. a\n```\nx\n```\n2. b", "Lo0(S[a])C[x]Lo0+1(S[b])"),
        ("a\n- b\n\nc", "S[a]Lb0(S[b])S[\nc]"),
        ("> said\n>\n> more\n\n> other", "Q[said\n\nmore]Q[other]"),
        ("<@U1> <!here> @channel a|b", "S[<@U1> <!here> @channel a|b]"),
        (
            "[docs](https://x.org/a) ![i](https://x.org/b) <https://x.org>",
            "S[<https://x.org/a|docs> <https://x.org/b|i> <https://x.org|https://x.org>]",
        ),
        ("[bank.com](https://x.org) [a](http://x.org)", "S[[bank.com](https://x.org) [a](http://x.org)]"),
        ("`a **b**` and ``b`c``", "S[`a **b**` and `b`c`]"),
        ("2 ** 3 ** 4 * 5", "S[2 ** 3 ** 4 * 5]"),
        ("***both*** **a**b *i* _j_ a_b_c", "S[*_both*_ *a*b _i_ _j_ a_b_c]"),
        ("arn:aws:s3:::* and s3:Get*", "S[arn:aws:s3:::* and s3:Get*]"),
        ("\\*no\\* \\\\ an `open tick", "S[*no* \\ an `open tick]"),
        ("~~~\n```\n  in\n~~~", "C[```\n  in]"),
        ("```sh\n\nls", "C[\nls]"),
    ];
    for (pack, expected) in cases {
        assert_eq!(markdown(pack), expected, "{pack}");
    }
}

#[test]
fn what_is_hidden_is_opened_by_a_button_or_shown_at_once() {
    let spoiler = |open: Option<&str>| Block::Spoiler {
        label: "Model answer".to_owned(),
        blocks: vec![Block::line("Deny it.")],
        open: open.map(ToOwned::to_owned),
    };
    assert_eq!(
        drawn(spoiler(Some("model-answer:7"))),
        [json!({"type": "actions", "elements": [{
            "type": "button",
            "action_id": "open|model-answer:7",
            "text": {"type": "plain_text", "text": "Model answer", "emoji": false},
        }]})]
    );
    assert_eq!(drawn(spoiler(None)), [section("*Model answer*"), section("Deny it.")]);
}

#[test]
fn the_one_group_is_called_first_and_buttons_come_last() {
    let mut message =
        Outgoing::new(vec![Block::heading("Q"), Block::line("word ".repeat(4_000))]).with(vec![
            Action::button("answer-privately:42", "Answer privately"),
            Action::button("my-answer:42", "My answer"),
        ]);
    message.ping = Some("S01".parse().unwrap());
    let parts = parts(&message);
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].blocks[0], section("<!subteam^S01>"));
    assert_eq!(parts[0].blocks[1]["type"], "header");
    let mentions = |part: &Part| json!(part.blocks).to_string().matches("<!").count();
    assert_eq!(parts.iter().map(mentions).collect::<Vec<_>>(), [1, 0]);
    assert!(parts[1].text.ends_with("(2 of 2)"), "{}", parts[1].text);
    let last = parts[1].blocks.last().unwrap();
    assert_eq!(last["elements"][0]["action_id"], "answer-privately:42");
    assert_eq!(last["elements"][0]["style"], "primary");
    assert!(last["elements"][1].get("style").is_none());
}

fn select((min, max): (u8, u8), selected: &[&str]) -> Action {
    let option = |value: &str| SelectOption { value: value.to_owned(), label: format!("1 · {value}") };
    Action {
        id: "save-marks:1".to_owned(),
        label: "Points your answer makes".to_owned(),
        control: Control::Select {
            options: ["a", "b", "b"].map(option).to_vec(),
            selected: selected.iter().map(|value| (*value).to_owned()).collect(),
            min,
            max,
        },
    }
}

#[test]
fn a_select_stands_under_its_label() {
    let message = Outgoing::say("Mark")
        .with(vec![select((0, 9), &["b"]), Action::button("none-of-these:1", "None of these")]);
    let blocks = parts(&message).remove(0).blocks;
    assert_eq!(blocks.len(), 4);
    assert_eq!(blocks[1]["elements"][0]["text"], "Points your answer makes");
    let several = &blocks[2]["elements"][0];
    assert_eq!(several["type"], "multi_static_select");
    assert_eq!(several["max_selected_items"], 2);
    assert_eq!(several["initial_options"], json!([several["options"][1]]));
    assert_eq!(blocks[3]["elements"][0]["text"]["text"], "None of these");
    let one = parts(&Outgoing::say("Mark").with(vec![select((1, 1), &["a"])])).remove(0).blocks;
    let one = &one[2]["elements"][0];
    assert_eq!((&one["type"], &one["initial_option"]), (&json!("static_select"), &one["options"][0]));
    let taken_out = parts(&Outgoing::say("Mark").with(vec![select((0, 1), &["a"])])).remove(0).blocks;
    assert_eq!(
        taken_out[2]["elements"][0]["type"], "multi_static_select",
        "only there a choice can be taken out"
    );
    let none = parts(&Outgoing::say("Mark").with(vec![select((1, 1), &[])])).remove(0).blocks;
    assert!(none[2]["elements"][0].get("initial_option").is_none());
}

#[test]
fn more_controls_than_fit_get_a_message_of_their_own() {
    let buttons = (0..280).map(|number| Action::button(format!("today:{number}"), format!("Round {number}")));
    let parts = parts(&Outgoing::say("Which?").with(buttons.collect()));
    assert!(parts.len() > 1);
    assert_eq!(parts[1].blocks[0]["elements"][0]["text"], "More to choose from");
    let buttons: usize =
        parts.iter().map(|part| json!(part.blocks).to_string().matches("\"button\"").count()).sum();
    assert_eq!(buttons, 280);
}

#[test]
fn texts_are_parted_where_it_hurts_least() {
    let sentences = drawn(Block::line("One more sentence. ".repeat(300)));
    assert!(sentences[0]["text"]["text"].as_str().unwrap().ends_with("sentence."));
    let items = (1..=300).map(|_| vec![Span::plain("an item of a long list")]).collect();
    let parts = parts(&Outgoing::new(vec![Block::List { numbered: true, items }]));
    let blocks: Vec<&Value> = parts.iter().flat_map(|part| &part.blocks).collect();
    let mut shown = 0;
    for block in &blocks {
        let list = &block["elements"][0];
        assert_eq!(list.get("offset").and_then(Value::as_u64).unwrap_or(0), shown);
        shown += u64::try_from(list["elements"].as_array().unwrap().len()).unwrap();
    }
    assert_eq!(shown, 300);
    let code = "let answer = 42;\n".repeat(400);
    let fenced = only(vec![Block::Markdown { text: format!("Look:\n\n```rust\n{code}```\n\nDone.") }]).blocks;
    let all: Vec<String> = fenced.iter().map(short).collect();
    assert!(all.len() > 2 && all[0].ends_with("42;]") && all[1].starts_with("C[let"), "{}", all[1]);
    assert_eq!(all.concat().matches("let answer = 42;").count(), 400);
    let long_item =
        drawn(Block::List { numbered: true, items: vec![vec![Span::plain("word ".repeat(800))]] });
    assert!(short(&long_item[1]).starts_with("S[word"), "an item that goes on has no second number");
}

#[test]
fn a_headline_stays_with_its_text() {
    let block = |length: usize| Block::line("word ".repeat(length / 5));
    let parts = parts(&Outgoing::new(vec![block(11_000), Block::heading("Next"), block(2_900)]));
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[1].blocks[0]["text"]["text"], "Next");
    let long = "headline ".repeat(30);
    assert_eq!(drawn(Block::heading(long.as_str()))[0], section(&format!("*{}*", long.trim())));
    let markdown = format!("{}\n\n# Head\n{}", "word ".repeat(570), "word ".repeat(100));
    let blocks = drawn(Block::Markdown { text: markdown });
    assert!(short(&blocks[1]).starts_with("S[*Head*"), "{}", short(&blocks[1]));
}

#[test]
fn nothing_to_say_is_still_a_message() {
    for blocks in [vec![], vec![Block::line(" \n ")], vec![Block::heading("")]] {
        let part = only(blocks);
        assert_eq!((part.text.as_str(), part.blocks), ("…", vec![section("…")]));
    }
}

#[test]
fn panels_are_views() {
    let panel = |title: &str| Outgoing::new(vec![Block::heading(title), Block::line("Points.")]);
    let view = view(&panel("Mark your answer").with(vec![select((0, 9), &[])])).unwrap();
    assert_eq!(view.title, "Mark your answer");
    assert_eq!(view.blocks[0], section("Points."));
    let value = json!(view);
    assert_eq!(value["type"], "modal");
    assert_eq!(value["close"]["text"], "Close");
    assert!(value.get("submit").is_none() && value.get("callback_id").is_none());
    let long = super::view(&panel("Your answer to “Stars in IAM policies”")).unwrap();
    assert_eq!((long.title.as_str(), long.blocks.len()), ("studybot", 2));
    assert_eq!(super::view(&Outgoing::new(vec![Block::heading("Done")])).unwrap().blocks, [section("…")]);
    assert!(super::view(&Outgoing::new(vec![Block::line("x"); 101])).is_none());
    assert_eq!(one_moment().blocks, [section("One moment…")]);
}

/// Every text in blocks, in order.
fn texts(value: &Value, into: &mut String) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(object) => {
            let literal = object.get("type") == Some(&json!("plain_text")) || object.contains_key("url");
            if let Some(Value::String(text)) = object.get("text") {
                let text = text.replace('\u{200b}', "");
                let mrkdwn = object.get("type") == Some(&json!("mrkdwn"));
                let text = if mrkdwn && !literal { super::super::text::plain(&text) } else { text };
                into.push_str(&text);
            } else {
                object.values().for_each(|value| texts(value, into));
            }
        }
        _ => {}
    }
}

fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{200b}').collect()
}

fn any_text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        "[a-z]{1,9}",
        Just(" ".to_owned()),
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        Just(". ".to_owned()),
        "[*_~`<>&:|@#!.1é👩\\[\\]()-]{1,4}",
        "[a-z]{60,130}",
    ];
    (proptest::collection::vec(pieces, 0..40), 1_usize..60)
        .prop_map(|(pieces, times)| pieces.concat().repeat(times))
}

fn any_span() -> impl Strategy<Value = Span> {
    prop_oneof![
        any_text().prop_map(Span::plain),
        any_text().prop_map(Span::bold),
        any_text().prop_map(Span::code)
    ]
}

fn literal_block() -> impl Strategy<Value = Block> {
    let spans = || proptest::collection::vec(any_span(), 0..4);
    prop_oneof![
        any_text().prop_map(|text| Block::Quote { text }),
        spans().prop_map(|spans| Block::Line { spans }),
        spans().prop_map(|spans| Block::Note { spans }),
        any_text().prop_map(Block::heading),
        (any::<bool>(), proptest::collection::vec(spans(), 0..5))
            .prop_map(|(numbered, items)| Block::List { numbered, items }),
    ]
}

/// What Slack would refuse.
fn refused(part: &Part) -> Option<String> {
    let within =
        |value: &Value, most: usize| value.as_str().is_some_and(|text| (1..=most).contains(&units(text)));
    for block in &part.blocks {
        let good = match block["type"].as_str().unwrap_or_default() {
            "section" => within(&block["text"]["text"], 3_000),
            "header" => within(&block["text"]["text"], 150),
            "context" => within(&block["elements"][0]["text"], 3_000),
            "rich_text" => {
                let mut text = String::new();
                texts(block, &mut text);
                units(&text) <= 3_000 && !block.to_string().contains("\"text\":\"\"")
            }
            "actions" => block["elements"].as_array().is_some_and(|all| (1..=5).contains(&all.len())),
            _ => false,
        };
        if !good {
            return Some(block.to_string());
        }
    }
    let size: usize = part.blocks.iter().map(|block| units(&block.to_string())).sum();
    let fits =
        size <= 12_000 && (1..=50).contains(&part.blocks.len()) && (1..=300).contains(&units(&part.text));
    (!fits).then(|| format!("{} blocks of {size}, text {}", part.blocks.len(), units(&part.text)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_is_lost_and_every_bound_is_kept(blocks in proptest::collection::vec(literal_block(), 0..6)) {
        let parts = parts(&Outgoing::new(blocks.clone()));
        let mut shown = String::new();
        for part in &parts {
            prop_assert_eq!(refused(part), None);
            part.blocks.iter().for_each(|block| texts(block, &mut shown));
        }
        let mut said = String::new();
        for block in &blocks {
            match block {
                Block::Quote { text } | Block::Heading { text } => said.push_str(text),
                Block::Line { spans } | Block::Note { spans } => spans.iter().for_each(|span| push(span, &mut said)),
                Block::List { items, .. } => items.iter().flatten().for_each(|span| push(span, &mut said)),
                _ => {}
            }
        }
        // mrkdwn's marks around what stands out are no part of the text; people's own may be among them.
        let bare = |text: &str| visible(text).replace(['*', '`'], "");
        let (shown, said) = (bare(&shown), bare(&said));
        let shown = if said.is_empty() { shown.replace('…', "") } else { shown };
        prop_assert_eq!(shown, said);
    }

    #[test]
    fn any_message_stays_within_every_bound(
        blocks in proptest::collection::vec(any_block(), 0..8),
        labels in proptest::collection::vec(any_text(), 0..12),
    ) {
        let actions = labels.iter().enumerate().map(|(index, label)| match index % 3 {
            0 => Action { id: format!("save-marks:{index}"), label: label.clone(), ..select((0, 9), &["a"]) },
            _ => Action::button(format!("today:{index}"), label.as_str()),
        });
        let message = Outgoing::new(blocks).with(actions.collect());
        let parts = parts(&message);
        for part in &parts {
            prop_assert_eq!(refused(part), None);
        }
        if let Some(view) = view(&message) {
            prop_assert!((1..=100).contains(&view.blocks.len()) && (1..=24).contains(&units(&view.title)));
        }
    }

    #[test]
    fn a_pack_s_words_all_stay(text in any_text()) {
        // An address behind a link's words is no text.
        prop_assume!(!text.contains("](") && !text.contains("```") && !text.contains("~~~"));
        let mut shown = String::new();
        for part in &parts(&Outgoing::new(vec![Block::Markdown { text: text.clone() }])) {
            part.blocks.iter().for_each(|block| texts(block, &mut shown));
        }
        let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
        prop_assert_eq!(letters(&shown), letters(&text));
    }
}

fn any_block() -> impl Strategy<Value = Block> {
    let link = |(title, path): (String, String)| Link { title, url: format!("https://x.org/{path}") };
    let bar = |(label, value): (String, u32)| Bar {
        lead: format!("{value}."),
        note: format!("{value} points"),
        label,
        value,
        max: 100,
    };
    let simple = || {
        prop_oneof![
            literal_block(),
            any_text().prop_map(|text| Block::Markdown { text }),
            proptest::collection::vec((any_text(), any_text()), 0..6)
                .prop_map(move |links| Block::Links { links: links.into_iter().map(link).collect() }),
            proptest::collection::vec((any_text(), 0_u32..101), 0..6)
                .prop_map(move |rows| Block::Bars { rows: rows.into_iter().map(bar).collect() }),
        ]
    };
    let open = proptest::option::of(Just("model-answer:7".to_owned()));
    let spoiler = (any_text(), proptest::collection::vec(simple(), 0..3), open)
        .prop_map(|(label, blocks, open)| Block::Spoiler { label, blocks, open });
    prop_oneof![4 => simple(), 1 => spoiler]
}

fn push(span: &Span, into: &mut String) {
    if let Span::Plain { text } | Span::Bold { text } | Span::Code { text } = span {
        into.push_str(text);
    }
}
