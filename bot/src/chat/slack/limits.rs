//! What fits into Slack's messages and views. Texts are counted in UTF-16 units here, which are at least as many as
//! Slack's characters.

/// Text of a section or of a context: <https://docs.slack.dev/reference/block-kit/blocks/section-block>.
pub(super) const TEXT_MAX: usize = 3_000;
/// A header: <https://docs.slack.dev/reference/block-kit/blocks/header-block>.
pub(super) const HEADER_MAX: usize = 150;
/// Blocks of a message, and of a view: <https://docs.slack.dev/reference/block-kit/blocks>.
pub(super) const MESSAGE_BLOCKS_MAX: usize = 50;
pub(super) const VIEW_BLOCKS_MAX: usize = 100;
/// All blocks of a message, written as JSON. Slack names no number and refuses about 13,200 characters, some of what
/// surrounds the texts included (<https://github.com/slackapi/bolt-js/issues/2509>).
pub(super) const MESSAGE_MAX: usize = 12_000;
/// All blocks of a view as JSON, in bytes. Slack documents no bound; this one is ours, well above any panel.
pub(super) const VIEW_BYTES_MAX: usize = 200_000;
/// The text beside the blocks, of which notifications show no more.
pub(super) const FALLBACK_MAX: usize = 300;
/// Buttons in a row; Slack takes 25 elements: <https://docs.slack.dev/reference/block-kit/blocks/actions-block>.
pub(super) const ROW_MAX: usize = 5;
/// A button's and an option's text, and a select's placeholder:
/// <https://docs.slack.dev/reference/block-kit/composition-objects/option-object>.
pub(super) const BUTTON_MAX: usize = 75;
pub(super) const OPTION_MAX: usize = 75;
pub(super) const PLACEHOLDER_MAX: usize = 150;
/// What an option stands for, and how many options a select has.
pub(super) const VALUE_MAX: usize = 150;
pub(super) const OPTIONS_MAX: usize = 100;
/// An `action_id`, a `block_id`, a `callback_id`.
pub(super) const ID_MAX: usize = 255;
/// A view's title: <https://docs.slack.dev/reference/views/modal-views>.
pub(super) const TITLE_MAX: usize = 24;
/// An input's label and hint: <https://docs.slack.dev/reference/block-kit/blocks/input-block>.
pub(super) const LABEL_MAX: usize = 2_000;
/// What can be typed into one input:
/// <https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element>.
pub(super) const INPUT_MAX: usize = 3_000;
/// Inputs of one field: 20,000 characters.
pub(super) const INPUTS_MAX: usize = 7;
