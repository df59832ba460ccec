//! Tests of schedules: tables for reading, tables for occurring, properties against a small oracle.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::super::ids::Timestamp;
use super::*;

mod occurring;
mod properties;
mod reading;

fn schedule(text: &str) -> Schedule {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn zone(name: &str) -> Zone {
    name.parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn civil(text: &str) -> CivilTime {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn instant(text: &str) -> Timestamp {
    Timestamp::from_jiff(text.parse().unwrap_or_else(|error| panic!("{text}: {error}")))
}

fn none_off() -> BTreeSet<Date> {
    BTreeSet::new()
}

fn civils(occurrences: &[Occurrence]) -> Vec<String> {
    occurrences.iter().map(|occurrence| occurrence.civil.to_string()).collect()
}
