//! Tests of the fake itself, by a raw client: what it says, what it refuses, and what it notices.
