//! Stories: each reads like a chat transcript, runs on every platform, and ends with an empty outbox and a clean
//! `doctor`.

mod answering;
mod bad_input;
mod delivery;
mod downtime;
mod full_disk;
mod loops;
mod marking;
mod organising;
mod people;
mod private;
mod whole_loop;
