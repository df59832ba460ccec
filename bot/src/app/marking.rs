//! Learners mark their own answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::App;
use super::answering::own_answer;
use super::interact::{Answered, Asking, Refusal, say};
use super::rounds::marked_text;
use crate::db::answers::AnswerRow;
use crate::db::rounds::RoundRow;
use crate::db::{learners, marks, rounds};
use crate::domain::command::ActionId;
use crate::domain::ids::{CriterionId, RoundId};
use crate::domain::marking::points;
use crate::domain::message::{Action, Outgoing, Reply};
use crate::domain::round::Phase;
use crate::render::marking::{Marking, marking};

impl App {
    /// Shows the rubric beside one's own answer, with what is saved.
    pub(super) async fn mark_mine(&self, asking: &Asking, round: RoundId) -> Answered {
        let (row, answer) = self.markable(asking, round).await?;
        let mut reader = self.db.read().await?;
        let question = rounds::question(&mut reader, round).await?;
        let text = marked_text(&mut reader, &answer).await?;
        let saved = marks::own(&mut reader, answer.id).await?;
        let panel = marking(&Marking {
            round,
            title: &question.title,
            criteria: &question.criteria,
            answer: &text,
            saved: saved.as_ref(),
            points: points(&question.criteria, saved.as_ref().unwrap_or(&BTreeSet::new())),
            until: row.round.review_deadline_at.unwrap_or(asking.now),
            late: answer.on_time != Some(true),
        });
        Ok(Reply::Panel(panel))
    }

    /// Saves which criteria are met: all the others are not. Values that name no criterion refuse the whole.
    pub(super) async fn save_marks(&self, asking: &Asking, round: RoundId, values: &[String]) -> Answered {
        let (row, answer) = self.markable(asking, round).await?;
        let (workspace, person) = (row.workspace_id, Arc::new(asking.person().clone()));
        let criteria = rounds::question(&mut *self.db.read().await?, round).await?.criteria;
        let met: Option<BTreeSet<CriterionId>> = values.iter().map(|value| value.parse().ok()).collect();
        let known = |met: &BTreeSet<CriterionId>| {
            met.iter().all(|id| criteria.iter().any(|criterion| criterion.id == *id))
        };
        let Some(met) = met.filter(known) else {
            return say(
                "One of those points is not in this question's rubric, so nothing was saved. Press Mark my answer again.",
            );
        };
        let (criteria, met, now) = (Arc::new(criteria), Arc::new(met), asking.now);
        let saved = self
            .db
            .write(move |connection| {
                let (criteria, met, person) = (Arc::clone(&criteria), Arc::clone(&met), Arc::clone(&person));
                Box::pin(async move {
                    // The review may have ended since it was looked at.
                    let row = rounds::by_id(connection, round).await?;
                    if row.is_none_or(|row| row.round.phase != Phase::Review || row.round.closing) {
                        return Ok(false);
                    }
                    // Whoever marks has come back, if they had left.
                    learners::ensure(connection, workspace, &person).await?;
                    marks::save_own(connection, answer.id, answer.learner, &criteria, &met, now).await?;
                    Ok(true)
                })
            })
            .await?;
        if !saved {
            return say("The review has ended, so marks can't change any more.");
        }
        self.mark_mine(asking, round).await
    }

    /// The asker's answer in a round that is under review.
    async fn markable(&self, asking: &Asking, round: RoundId) -> Result<(RoundRow, AnswerRow), Refusal> {
        let (row, _) = self.own_round(asking, round).await?;
        match row.round.phase {
            Phase::Open | Phase::Collecting => {
                return say(
                    "The rubric points are not out yet. You can mark your answer once answers have closed.",
                );
            }
            Phase::Review if !row.round.closing => {}
            _ => {
                return say(
                    "The review has ended, so marks can't change any more. /study me shows your scores.",
                );
            }
        }
        if row.round.review_deadline_at.is_some_and(|until| asking.at >= until) {
            return say("The review has just ended, so marks can't change any more.");
        }
        let answer = own_answer(&mut *self.db.read().await?, &row, asking.person()).await?;
        match answer.filter(|answer| answer.on_time == Some(true) || !answer.late_text.is_empty()) {
            Some(answer) => Ok((row, answer)),
            None => Err(Refusal::Say(
                Outgoing::say(
                    "You have no answer to this question. You can still add one; it earns no points.",
                )
                .with(vec![Action::button(ActionId::LateAnswer(round), "Add a late answer")]),
            )),
        }
    }
}
