//! Tests of the fake itself, by a raw client: what it says, what it refuses, and what it notices.

mod client;
mod gateway;
mod http;
mod interactions;
mod messages;
mod spec;
