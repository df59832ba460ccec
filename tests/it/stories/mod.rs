//! Stories: each reads like a chat transcript, and ends with an empty outbox and a clean `doctor`.

mod whole_loop;
