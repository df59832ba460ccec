//! Slack: the only place that speaks to it.

#[allow(dead_code, reason = "the adapter begins it")]
mod http;
#[allow(dead_code, reason = "the adapter begins it")]
mod listen;
#[allow(dead_code, reason = "the adapter begins it")]
mod signature;
#[allow(dead_code, reason = "the adapter begins it")]
mod socket;

pub use listen::{Closed, Token};
pub use socket::Pace;
