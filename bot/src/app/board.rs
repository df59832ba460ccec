//! Leaderboards, and what a learner sees of themselves.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::App;
use super::interact::{Answered, Asking};
use crate::db::scores::{self, Total};
use crate::db::{DbResult, learners, rounds, study_channels, workspaces};
use crate::domain::channel::StudyChannel;
use crate::domain::command::Person;
use crate::domain::ids::{LearnerId, StudyChannelId, Timestamp};
use crate::domain::leaderboard::{Window, rank, streak};
use crate::domain::marking::resolve;
use crate::domain::message::Reply;
use crate::domain::round::Phase;
use crate::render::board::{Board, BoardRow, board};
use crate::render::me::{MeChannel, MeScore, me};

/// Lines of a leaderboard in a chat at most.
const ROWS_SHOWN: usize = 20;
/// Scores shown in `/study me` at most.
const SCORES_SHOWN: u32 = 5;

impl App {
    /// `/study leaderboard`: of the study channel it is typed in, else of the whole workspace.
    pub(super) async fn leaderboard_command(&self, asking: &Asking, window: Window) -> Answered {
        let here = {
            let mut reader = self.db.read().await?;
            match workspaces::find(&mut reader, &asking.interaction.workspace).await? {
                Some(workspace) => {
                    study_channels::by_channel(&mut reader, workspace, &asking.interaction.channel).await?
                }
                None => None,
            }
        };
        self.leaderboard_of(asking, here.map_or(0, |channel| channel.id.0), window).await
    }

    /// The leaderboard of a study channel; 0 for the whole workspace.
    pub(super) async fn leaderboard_of(&self, asking: &Asking, channel: i64, window: Window) -> Answered {
        let channels = if channel == 0 {
            let mut reader = self.db.read().await?;
            match workspaces::find(&mut reader, &asking.interaction.workspace).await? {
                Some(workspace) => study_channels::in_workspace(&mut reader, workspace).await?,
                None => Vec::new(),
            }
        } else {
            vec![self.own_channel(asking, StudyChannelId(channel)).await?]
        };
        let mut reader = self.db.read().await?;
        let standings = standings(&mut reader, &channels, window, asking.now).await?;
        let own = own_row(&mut reader, asking, &channels, &standings.rows).await?;
        let shown: Vec<BoardRow> =
            standings.rows.iter().take(ROWS_SHOWN).map(|standing| standing.row.clone()).collect();
        let place = match channels.as_slice() {
            [one] => format!("#{}", one.name),
            _ => "all study channels".to_owned(),
        };
        Ok(Reply::Panel(board(&Board {
            place,
            channel,
            window,
            own: own.filter(|own| !shown.contains(own)),
            total: u32::try_from(standings.rows.len()).unwrap_or(u32::MAX),
            rows: shown,
            closing: standings.closing,
            final_at: standings.final_at,
        })))
    }

    /// `/study me`.
    pub(super) async fn me(&self, asking: &Asking) -> Answered {
        let mut reader = self.db.read().await?;
        let Some(workspace) = workspaces::find(&mut reader, &asking.interaction.workspace).await? else {
            return Ok(Reply::Panel(me(&[], &[], &[], true, true)));
        };
        let Some(learner) = learners::find(&mut reader, workspace, &asking.person().id).await? else {
            return Ok(Reply::Panel(me(&[], &[], &[], true, true)));
        };
        let mut channels = Vec::new();
        for channel in study_channels::in_workspace(&mut reader, workspace).await? {
            let took_part = rounds::participation(&mut reader, channel.id, learner.id).await?;
            if took_part.is_empty() {
                continue;
            }
            let (points, answers) = scores::all_time(&mut reader, channel.id, learner.id).await?;
            channels.push(MeChannel { name: channel.name, points, answers, streak: streak(took_part) });
        }
        let mut latest = Vec::new();
        for score in scores::of_learner(&mut reader, learner.id, SCORES_SHOWN).await? {
            let question = rounds::question(&mut reader, score.round).await?;
            let criteria = question.criteria.into_iter();
            latest.push(MeScore {
                title: question.title,
                points: score.points,
                basis: score.basis,
                criteria: criteria
                    .map(|criterion| (criterion.clone(), score.met.contains(&criterion.id)))
                    .collect(),
            });
        }
        let kept = learners::kept_notices(&mut reader, learner.id).await?;
        Ok(Reply::Panel(me(&channels, &latest, &kept, learner.listed, learner.notices)))
    }

    /// Takes part in leaderboards, or not.
    pub(super) async fn set_listed(&self, asking: &Asking, listed: bool) -> Answered {
        self.change_self(asking, move |connection, learner| {
            Box::pin(learners::set_listed(connection, learner, listed))
        })
        .await
    }

    /// Gets direct messages, or not.
    pub(super) async fn set_notices(&self, asking: &Asking, notices: bool) -> Answered {
        self.change_self(asking, move |connection, learner| {
            Box::pin(learners::set_notices(connection, learner, notices))
        })
        .await
    }

    async fn change_self<F>(&self, asking: &Asking, change: F) -> Answered
    where
        F: for<'c> Fn(
                &'c mut SqliteConnection,
                LearnerId,
            ) -> futures_util::future::BoxFuture<'c, DbResult<()>>
            + Send
            + Sync
            + Copy
            + 'static,
    {
        let (workspace, person) = (asking.interaction.workspace.clone(), asking.person().clone());
        self.db
            .write(move |connection| {
                let (workspace, person): (_, Person) = (workspace.clone(), person.clone());
                Box::pin(async move {
                    let workspace = workspaces::ensure(connection, &workspace).await?;
                    let learner = learners::ensure(connection, workspace, &person).await?;
                    change(connection, learner).await
                })
            })
            .await?;
        self.me(asking).await
    }

    /// The whole leaderboard of a study channel, for the command line.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn leaderboard(
        connection: &mut SqliteConnection,
        channel: &StudyChannel,
        window: Window,
        now: Timestamp,
    ) -> DbResult<Standings> {
        standings(connection, std::slice::from_ref(channel), window, now).await
    }
}

/// Where everybody stands.
#[derive(Clone, Debug)]
pub struct Standings {
    /// Best first.
    pub rows: Vec<Standing>,
    /// Scores are being settled right now.
    pub closing: bool,
    /// When the last review ends whose points are not final yet.
    pub final_at: Option<Timestamp>,
}

/// Where one learner stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The learner.
    pub learner: LearnerId,
    /// Their line.
    pub row: BoardRow,
}

/// Final totals, and on top of them what the answers of rounds in review would be worth as they are marked now.
/// Each channel's week and month are those of its own zone.
async fn standings(
    connection: &mut SqliteConnection,
    channels: &[StudyChannel],
    window: Window,
    now: Timestamp,
) -> DbResult<Standings> {
    let mut sums: BTreeMap<LearnerId, (Total, u32)> = BTreeMap::new();
    let (mut closing, mut final_at) = (false, None);
    for channel in channels {
        let period = window.period(channel.plan.zone.civil(now));
        for total in scores::totals(connection, channel.id, window, &period).await? {
            add(&mut sums, total, 0);
        }
        for row in rounds::unfinished(connection, channel.id).await? {
            if row.round.phase != Phase::Review || window.period(row.civil) != period {
                continue;
            }
            closing |= row.round.closing;
            let criteria = rounds::question(connection, row.round.id).await?.criteria;
            for answer in scores::provisional(connection, row.round.id).await? {
                let points = resolve(&criteria, answer.own_marks.as_ref()).points;
                final_at = final_at.max(row.round.review_deadline_at);
                add(&mut sums, Total { points, answers: 1, ..answer.total }, points);
            }
        }
    }
    let ranked = rank(
        sums.into_values().collect(),
        |(total, _)| total.points,
        |(total, _)| (total.name.clone(), total.learner),
    );
    let rows = ranked
        .into_iter()
        .map(|(rank, (total, provisional))| Standing {
            learner: total.learner,
            row: BoardRow {
                rank,
                name: total.name,
                points: total.points,
                provisional,
                answers: total.answers,
            },
        })
        .collect();
    Ok(Standings { rows, closing, final_at })
}

fn add(sums: &mut BTreeMap<LearnerId, (Total, u32)>, total: Total, provisional: u32) {
    match sums.get_mut(&total.learner) {
        Some((sum, not_final)) => {
            sum.points += total.points;
            sum.answers += total.answers;
            *not_final += provisional;
        }
        None => {
            sums.insert(total.learner, (total, provisional));
        }
    }
}

async fn own_row(
    connection: &mut SqliteConnection,
    asking: &Asking,
    channels: &[StudyChannel],
    rows: &[Standing],
) -> DbResult<Option<BoardRow>> {
    let Some(channel) = channels.first() else { return Ok(None) };
    let learner = learners::find(connection, channel.workspace_id, &asking.person().id).await?;
    Ok(learner.and_then(|learner| {
        rows.iter().find(|standing| standing.learner == learner.id).map(|standing| standing.row.clone())
    }))
}
