//! Tests of the fake itself, by a raw client: what it says, what it refuses, and what it notices.

mod acting;
mod client;
mod delivering;
mod events;
mod limits;
mod posting;
mod reading;
mod samples;
