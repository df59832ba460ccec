//! Buttons and selects, and the ids by which a click on them comes back.

use std::collections::BTreeSet;

use serenity::all::{
    ButtonStyle, CreateActionRow, CreateButton, CreateSelectMenu, CreateSelectMenuKind,
    CreateSelectMenuOption,
};

use super::super::labels::{main_button, shorten, units};
use crate::domain::ids::WorkspaceRef;
use crate::domain::message::{Action, Control, SelectOption};

/// Buttons in a row, and rows in a message:
/// <https://discord.com/developers/docs/components/reference#action-row>.
const ROW_MAX: usize = 5;
pub(super) const ROWS_MAX: usize = 5;
/// Characters of a button's label, a select's placeholder, an option's label.
const BUTTON_MAX: usize = 80;
const PLACEHOLDER_MAX: usize = 150;
const OPTION_MAX: usize = 100;
/// Options of a select.
const OPTIONS_MAX: usize = 25;
/// Characters of a control's or a form's id.
pub(super) const ID_MAX: usize = 100;

/// What the ids of a message's controls carry besides their action.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carried<'a> {
    /// The key of a message that is kept, by which it is found again.
    pub(super) key: Option<&'a str>,
    /// The server that a direct message is about.
    pub(super) guild: Option<&'a WorkspaceRef>,
}

impl Carried<'_> {
    /// An action's id with what it carries: `<action>|<key>|@<guild>`. Where not all of it fits, the key is left out.
    pub(super) fn id(&self, action: &str) -> String {
        let key = self.key.map(|key| format!("|{key}")).unwrap_or_default();
        let guild = self.guild.map(|guild| format!("|@{guild}")).unwrap_or_default();
        [format!("{action}{key}{guild}"), format!("{action}{guild}")]
            .into_iter()
            .find(|id| units(id) <= ID_MAX)
            .unwrap_or_else(|| action.to_owned())
    }
}

/// A control's or a form's id, read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CarriedId<'a> {
    /// The action, or the form.
    pub(super) action: &'a str,
    /// The server that a direct message is about.
    pub(super) guild: Option<&'a str>,
    /// The message's key, or what else was carried.
    pub(super) key: Option<&'a str>,
}

/// Reads what [`Carried::id`] wrote.
pub(super) fn read_id(id: &str) -> CarriedId<'_> {
    let mut pieces = id.split('|');
    let mut read = CarriedId { action: pieces.next().unwrap_or_default(), guild: None, key: None };
    for piece in pieces {
        match piece.strip_prefix('@') {
            Some(guild) => read.guild = Some(guild),
            None => read.key = Some(piece),
        }
    }
    read
}

/// The rows of a message's controls, in their order. A message takes [`ROWS_MAX`] of them.
pub(super) fn rows(actions: &[Action], carried: Carried<'_>) -> Vec<CreateActionRow> {
    let main = main_button(actions);
    let mut rows = Vec::new();
    let mut buttons = Vec::new();
    // Discord refuses a message with an id in it twice.
    let mut ids = BTreeSet::new();
    for (index, action) in actions.iter().enumerate() {
        let id = carried.id(&action.id);
        if id.is_empty() || units(&id) > ID_MAX || ids.contains(&id) {
            continue;
        }
        match &action.control {
            Control::Button => buttons.push(button(&id, &action.label, main == Some(index))),
            Control::Select { options, selected, min, max } => {
                let Some(select) = select(&id, &action.label, options, selected, (*min, *max)) else {
                    continue;
                };
                end_row(&mut rows, &mut buttons);
                rows.push(CreateActionRow::SelectMenu(select));
            }
        }
        ids.insert(id);
        if buttons.len() == ROW_MAX {
            end_row(&mut rows, &mut buttons);
        }
    }
    end_row(&mut rows, &mut buttons);
    rows
}

fn end_row(rows: &mut Vec<CreateActionRow>, buttons: &mut Vec<CreateButton>) {
    if !buttons.is_empty() {
        rows.push(CreateActionRow::Buttons(std::mem::take(buttons)));
    }
}

fn button(id: &str, label: &str, main: bool) -> CreateButton {
    let style = if main { ButtonStyle::Primary } else { ButtonStyle::Secondary };
    CreateButton::new(id).label(label_of(label, BUTTON_MAX)).style(style)
}

/// `None`: there is nothing to choose from.
fn select(
    id: &str,
    label: &str,
    options: &[SelectOption],
    selected: &[String],
    (min, max): (u8, u8),
) -> Option<CreateSelectMenu> {
    let mut values = BTreeSet::new();
    let options: Vec<&SelectOption> = options
        .iter()
        .filter(|option| (1..=OPTION_MAX).contains(&units(&option.value)) && values.insert(&option.value))
        .take(OPTIONS_MAX)
        .collect();
    let count = u8::try_from(options.len()).ok().filter(|count| *count > 0)?;
    let max = max.clamp(1, count);
    let mut defaults = 0;
    let shown = options
        .into_iter()
        .map(|option| {
            let is_default = defaults < max && selected.contains(&option.value);
            defaults += u8::from(is_default);
            CreateSelectMenuOption::new(label_of(&option.label, OPTION_MAX), &option.value)
                .default_selection(is_default)
        })
        .collect();
    let kind = CreateSelectMenuKind::String { options: shown };
    let select = CreateSelectMenu::new(id, kind).placeholder(label_of(label, PLACEHOLDER_MAX));
    Some(select.min_values(min.min(max)).max_values(max))
}

fn label_of(label: &str, max: usize) -> String {
    let short = shorten(label, max);
    if short.is_empty() { "…".to_owned() } else { short }
}

/// The labels of selects that show a choice in place of their placeholder: they have to be said above.
pub(super) fn hidden_labels(actions: &[Action]) -> Vec<&str> {
    let hides = |action: &&Action| match &action.control {
        Control::Select { options, selected, .. } => {
            options.iter().any(|option| selected.contains(&option.value))
        }
        Control::Button => false,
    };
    actions.iter().filter(hides).map(|action| action.label.as_str()).collect()
}
