//! The fake Discord as a chat of stories.

mod adapter;
mod forms;
mod markdown;
mod seeing;
