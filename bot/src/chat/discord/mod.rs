//! Discord: the only place that speaks to it.

pub mod api;
pub mod rest;
