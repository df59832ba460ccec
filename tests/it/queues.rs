//! The outbox and the writer, on a database without a bot.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Row, SqliteConnection};
use studybot::chat::{Outgoing, Platform, Timestamp, Workspace};
use studybot::db::outbox::{self, Leased};
use studybot::db::{Db, DbError, DbResult, open, settings, workspaces};
use studybot::domain::effect::{Draft, Job, Purpose};
use studybot::domain::ids::{StartId, WorkspaceId};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_000);

async fn database() -> (TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let db = open::open(folder.path(), true).await.unwrap();
    (folder, db)
}

/// A row of the outbox in a lane; `priority` follows from the purpose.
fn draft(workspace: WorkspaceId, key: &str, lane: &str, depends_on: Option<&str>, purpose: Purpose) -> Draft {
    Draft {
        key: key.to_owned(),
        lane: lane.to_owned(),
        depends_on: depends_on.map(str::to_owned),
        workspace,
        study_channel: None,
        round: None,
        learner: None,
        purpose,
        job: Job::Post { channel: "c1".parse().unwrap(), in_thread: false, message: Outgoing::say(key) },
    }
}

/// Stores rows: key, lane, what they depend on, purpose.
async fn store(db: &Db, rows: &'static [(&str, &str, Option<&str>, Purpose)]) {
    db.write(move |connection| {
        Box::pin(async move {
            let workspace = Workspace { platform: Platform::Local, id: "local".parse().unwrap() };
            let workspace = workspaces::ensure(connection, &workspace).await?;
            for (key, lane, depends_on, purpose) in rows {
                outbox::add(connection, &draft(workspace, key, lane, *depends_on, *purpose), NOW).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
}

async fn start(db: &Db) -> StartId {
    db.write(|connection| Box::pin(settings::start(connection, NOW))).await.unwrap()
}

async fn lease(db: &Db, start: StartId) -> Vec<Leased> {
    db.write(move |connection| Box::pin(outbox::lease(connection, start, NOW, 10))).await.unwrap()
}

async fn sent(db: &Db, row: &Leased, result: &'static str) {
    let id = row.id;
    db.write(move |connection| Box::pin(outbox::sent(connection, id, Some(result), NOW))).await.unwrap();
}

fn keys(rows: &[Leased]) -> Vec<&str> {
    rows.iter().map(|row| row.key.as_str()).collect()
}

async fn states(db: &Db) -> String {
    let mut reader = db.read().await.unwrap();
    let rows =
        sqlx::query("SELECT key, state FROM outbox ORDER BY id").fetch_all(&mut *reader).await.unwrap();
    let state =
        |row: &sqlx::sqlite::SqliteRow| format!("{} {}", row.get::<&str, _>(0), row.get::<&str, _>(1));
    rows.iter().map(state).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn order_holds_inside_a_lane_and_lanes_run_side_by_side() {
    let (_folder, db) = database().await;
    store(
        &db,
        &[
            ("r1", "reaction", None, Purpose::Reaction),
            ("a1", "a", None, Purpose::Question),
            ("a2", "a", None, Purpose::Summary),
            ("b1", "b", None, Purpose::Question),
            ("a1", "a", None, Purpose::Question),
        ],
    )
    .await;
    let start = start(&db).await;
    let first = lease(&db, start).await;
    assert_eq!(keys(&first), ["a1", "b1", "r1"], "one a lane, reactions last, a key once");
    assert!(lease(&db, start).await.is_empty(), "a leased row holds its lane");
    sent(&db, &first[0], "m1").await;
    assert_eq!(keys(&lease(&db, start).await), ["a2"]);
}

#[tokio::test]
async fn a_row_waits_for_the_one_it_aims_at_and_gets_its_result() {
    let (_folder, db) = database().await;
    store(
        &db,
        &[
            ("question", "a", None, Purpose::Question),
            ("thread", "b", Some("question"), Purpose::Thread),
            ("reading", "c", Some("thread"), Purpose::Reading),
        ],
    )
    .await;
    let start = start(&db).await;
    let first = lease(&db, start).await;
    assert_eq!(keys(&first), ["question"]);
    sent(&db, &first[0], "m7").await;
    let second = lease(&db, start).await;
    assert_eq!(keys(&second), ["thread"]);
    assert_eq!(second[0].target.as_deref(), Some("m7"));
}

#[tokio::test]
async fn dependants_die_with_the_row_they_aim_at_and_those_that_come_later_too() {
    let (_folder, db) = database().await;
    store(
        &db,
        &[
            ("question", "a", None, Purpose::Question),
            ("thread", "a", Some("question"), Purpose::Thread),
            ("reveal", "a", Some("thread"), Purpose::Reveal),
            ("other", "a", None, Purpose::Question),
        ],
    )
    .await;
    let start = start(&db).await;
    let id = lease(&db, start).await[0].id;
    let died = db.write(move |connection| Box::pin(outbox::dead(connection, id, "no", NOW))).await.unwrap();
    assert_eq!(died, 2);
    store(&db, &[("summary", "a", Some("thread"), Purpose::Summary)]).await;
    assert_eq!(states(&db).await, "question dead, thread dead, reveal dead, other pending, summary dead");
    assert_eq!(keys(&lease(&db, start).await), ["other"], "the dead hold nothing up");
}

#[tokio::test]
async fn leases_of_an_earlier_start_are_void_and_unclear() {
    let (_folder, db) = database().await;
    store(&db, &[("a1", "a", None, Purpose::Question)]).await;
    let earlier = start(&db).await;
    let row = lease(&db, earlier).await.remove(0);
    assert!(!row.unclear && row.attempts == 1);
    let later = start(&db).await;
    let voided =
        db.write(move |connection| Box::pin(outbox::void_leases(connection, later, NOW))).await.unwrap();
    assert_eq!(voided, 1);
    let again = lease(&db, later).await.remove(0);
    assert!(again.unclear && again.attempts == 2, "an attempt may have succeeded: {again:?}");
}

/// Stores a number under its own name.
async fn note(connection: &mut SqliteConnection, number: i64) -> DbResult<()> {
    sqlx::query("INSERT INTO inbox (key, received_at) VALUES (?, ?)")
        .bind(number.to_string())
        .bind(number)
        .execute(connection)
        .await?;
    Ok(())
}

async fn noted(db: &Db) -> i64 {
    let mut reader = db.read().await.unwrap();
    sqlx::query("SELECT count(*) FROM inbox").fetch_one(&mut *reader).await.unwrap().get(0)
}

#[tokio::test]
async fn units_that_wait_together_are_all_stored_and_see_those_before_them() {
    let (_folder, db) = database().await;
    let units = (0..1_000).map(|number| {
        db.write(move |connection| {
            Box::pin(async move {
                let row = sqlx::query("SELECT count(*) FROM inbox").fetch_one(&mut *connection).await?;
                note(connection, number).await?;
                Ok(row.try_get::<i64, _>(0)?)
            })
        })
    });
    let mut seen: Vec<i64> =
        futures_util::future::join_all(units).await.into_iter().map(|seen| seen.unwrap()).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..1_000).collect::<Vec<i64>>(), "one after the other");
    assert_eq!(noted(&db).await, 1_000);
}

#[tokio::test]
async fn a_unit_that_fails_or_panics_harms_no_neighbour() {
    let (_folder, db) = database().await;
    let runs = Arc::new(AtomicU32::new(0));
    let units = (0..90).map(|number| {
        let runs = Arc::clone(&runs);
        db.write(move |connection| {
            let runs = Arc::clone(&runs);
            Box::pin(async move {
                runs.fetch_add(1, Ordering::SeqCst);
                note(connection, number).await?;
                match number % 3 {
                    0 => Ok(()),
                    1 => Err(DbError::Corrupt { column: "made up" }),
                    _ => panic!("a bug in unit {number}"),
                }
            })
        })
    });
    let outcomes = futures_util::future::join_all(units).await;
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), number % 3 == 0, "unit {number}: {outcome:?}");
    }
    assert_eq!(noted(&db).await, 30, "nothing of the others is left");
    db.write(|connection| Box::pin(note(connection, 1_000))).await.unwrap();
    assert_eq!(noted(&db).await, 31, "the writer goes on");
}

#[tokio::test]
async fn a_unit_that_loses_the_transaction_is_tried_alone_and_so_are_the_others() {
    let (_folder, db) = database().await;
    let units = (0..30).map(|number| {
        db.write(move |connection| {
            Box::pin(async move {
                note(connection, number).await?;
                if number == 13 {
                    // As a full disk does: SQLite gives the whole transaction up by itself.
                    sqlx::query("ROLLBACK").execute(&mut *connection).await?;
                    return Err(DbError::Full);
                }
                Ok(())
            })
        })
    });
    let outcomes = futures_util::future::join_all(units).await;
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), number != 13, "unit {number}: {outcome:?}");
    }
    assert_eq!(noted(&db).await, 29);
}

#[tokio::test]
async fn after_the_close_a_unit_is_told_so() {
    let (_folder, db) = database().await;
    db.write(|connection| Box::pin(note(connection, 1))).await.unwrap();
    db.close().await;
    let refused = db.write(|connection| Box::pin(note(connection, 2))).await;
    assert!(matches!(refused, Err(DbError::Stopped)), "{refused:?}");
}
