//! Discord: how the bot looks there.
//!
//! Pure: from neutral messages and forms to serenity's builders, and from what people send back to neutral requests.
#![cfg_attr(not(test), expect(dead_code, reason = "the adapter that calls these comes with the next change"))]

mod blocks;
mod commands;
mod controls;
mod draw;
mod escape;
mod form;
mod inputs;
mod markdown;
#[cfg(test)]
mod spec;
mod split;
