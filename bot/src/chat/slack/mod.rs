//! Slack.

#[allow(dead_code, unused_imports, reason = "the adapter that calls it comes next")]
mod api;
#[allow(dead_code, unused_imports, reason = "the adapter that calls it comes next")]
mod web;

pub use web::SetupError;
