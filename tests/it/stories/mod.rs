//! Stories: each reads like a chat transcript, and ends with an empty outbox and a clean `doctor`.

mod answering;
mod delivery;
mod downtime;
mod marking;
mod organising;
mod private;
mod whole_loop;
