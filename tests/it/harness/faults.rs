//! A chat that fails as a story wants it to.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use studybot::chat::{Call, Chat, ChatError, Done, Timestamp, What};
use studybot::clock::Clock;

use crate::script::Script;

/// Which calls fail.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    /// The one of this key.
    Key(&'static str),
    /// Every direct message.
    Direct,
    /// Every reading of a thread.
    Reading,
    /// Every reaction.
    Reaction,
    /// All that is posted, opened or changed in this channel.
    Channel(String),
}

/// How they fail.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trouble {
    /// The platform doesn't take it, and wants to be left alone for so many milliseconds.
    Later { after_ms: Option<i64> },
    /// The platform takes it, and the answer is lost.
    LostAnswer,
    /// The call is lost on its way, and nobody knows.
    LostCall,
    /// It will never be taken.
    Refused,
    /// The bot may not work here.
    ShutOut,
}

/// A call that reached the chat.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) at: Timestamp,
    pub(crate) key: String,
    /// The bot knew that an earlier attempt may have succeeded.
    pub(crate) earlier: bool,
}

/// What is to fail, and what was called.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    script: Mutex<Script<Which, Trouble>>,
    reached: Mutex<Vec<Reached>>,
}

impl Faults {
    /// Lets the next `times` such calls fail.
    pub(crate) fn script(&self, which: Which, times: u32, trouble: Trouble) {
        self.script.lock().unwrap().add(times, which, trouble);
    }

    /// Lets everything succeed again.
    pub(crate) fn mend(&self) {
        self.script.lock().unwrap().clear();
    }

    /// The calls of a key, in order.
    pub(crate) fn calls(&self, key: &str) -> Vec<Reached> {
        self.reached.lock().unwrap().iter().filter(|call| call.key == key).cloned().collect()
    }

    fn trouble_for(&self, call: &Call<'_>) -> Option<Trouble> {
        self.script.lock().unwrap().take(|which| which.covers(call))
    }
}

impl Which {
    fn covers(&self, call: &Call<'_>) -> bool {
        match (self, &call.what) {
            (Self::Key(key), _) => call.key == *key,
            (Self::Direct, What::Direct { .. })
            | (Self::Reading, What::ReadThread { .. })
            | (Self::Reaction, What::React { .. }) => true,
            (
                Self::Channel(name),
                What::Post { channel, .. } | What::OpenThread { channel, .. } | What::Edit { channel, .. },
            ) => channel.as_str() == name,
            _ => false,
        }
    }
}

/// A chat with scripted failures in front of it.
pub(crate) struct FaultyChat {
    pub(crate) inner: Arc<dyn Chat>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) clock: Clock,
}

impl Chat for FaultyChat {
    fn carry_out<'a>(&'a self, call: &'a Call<'a>, earlier: bool) -> BoxFuture<'a, Result<Done, ChatError>> {
        let reached = Reached { at: self.clock.now(), key: call.key.to_owned(), earlier };
        self.faults.reached.lock().unwrap().push(reached);
        let trouble = self.faults.trouble_for(call);
        Box::pin(async move {
            let Some(trouble) = trouble else { return self.inner.carry_out(call, earlier).await };
            if matches!(trouble, Trouble::LostAnswer) {
                self.inner.carry_out(call, earlier).await?;
            }
            Err(trouble.into())
        })
    }
}

impl From<Trouble> for ChatError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Later { after_ms } => Self::Later { reason: "scripted".to_owned(), after_ms },
            Trouble::LostAnswer | Trouble::LostCall => Self::Unclear("scripted".to_owned()),
            Trouble::Refused => Self::Refused("scripted".to_owned()),
            Trouble::ShutOut => Self::ShutOut {
                reason: "scripted".to_owned(),
                mend: "I may not write there any more.".to_owned(),
            },
        }
    }
}
