//! Slack.

#[allow(dead_code, reason = "the adapter comes next")]
mod blocks;
#[allow(dead_code, reason = "the adapter comes next")]
mod controls;
#[allow(dead_code, reason = "the adapter comes next")]
mod draw;
#[allow(dead_code, reason = "the adapter comes next")]
mod form;
#[allow(dead_code, reason = "the adapter comes next")]
mod inputs;
mod limits;
#[allow(dead_code, reason = "the adapter comes next")]
mod markdown;
#[allow(dead_code, reason = "the adapter comes next")]
mod mrkdwn;
#[allow(dead_code, reason = "the adapter comes next")]
mod rich;
#[allow(dead_code, reason = "the adapter comes next")]
mod runs;
#[allow(dead_code, reason = "the adapter comes next")]
mod split;
#[allow(dead_code, reason = "the adapter comes next")]
mod text;
#[allow(dead_code, reason = "the adapter comes next")]
mod view;
