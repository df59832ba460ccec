//! Every migration runs over data of the version before it, and loses none of it.

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row, SqliteConnection};
use studybot::db::open;

/// Data of a version, put in once its migration has run: at least one row in each table that is new in it.
const SEEDS: [(i64, &str); 2] = [(
    1,
    "INSERT INTO workspaces (id, platform, workspace_ref) VALUES (1, 'slack', 'T1');
     INSERT INTO learners (id, workspace_id, person_ref, name) VALUES (1, 1, 'U1', 'Jonas'), (2, 1, 'U2', 'Priya');
     INSERT INTO kept_notices (learner_id, message, created_at) VALUES (1, '{\"blocks\":[]}', 1);
     INSERT INTO study_channels (id, workspace_id, channel_ref, name, state, schedule, zone, answer_minutes,
         review_minutes, grace_minutes, selection, sealed, anonymous, dates_off, admin_channel, organisers, seed,
         handled_civil, not_before, due_at)
     VALUES (1, 1, 'C1', 'cloud-security', 'active', 'weekdays 09:00', 'UTC', 480, 900, 360,
         '{\"track\":\"getting-started\"}', 0, 0, '[]', '{\"person\":\"U1\"}', '[]', 7, '2026-11-23T09:00', 1, 2);
     INSERT INTO rounds (id, study_channel_id, workspace_id, civil, question_id, face, question, phase, opened_at,
         posted, deadline_at, review_ms, sealed, anonymous, thread_ref)
     VALUES (1, 1, 1, '2026-11-23T09:00', 'q', '{}', '{}', 'closed', 1, 1, 2, 3, 0, 0, '1.1');
     INSERT INTO answers (id, round_id, learner_id, private_text, on_time) VALUES (1, 1, 1, 'Private.', 1);
     INSERT INTO answer_parts (round_id, message_ref, answer_id, deleted, sent_at, text, files, replies_to_other,
         chars, counts, edited_late, frozen) VALUES (1, '1.2', 1, 0, 1, 'Public.', '[]', 0, 7, 1, 0, 1);
     INSERT INTO assessments (id, answer_id, kind, assessor_id, saved_at) VALUES (1, 1, 'self', 1, 1);
     INSERT INTO marks (assessment_id, criterion_id, met) VALUES (1, 'a', 1), (1, 'b', 0);
     INSERT INTO scores (answer_id, round_id, study_channel_id, learner_id, points, basis, met, week, month,
         settled_at) VALUES (1, 1, 1, 1, 60, 'self', '[\"a\"]', '2026-W48', '2026-11', 1);
     INSERT INTO totals (study_channel_id, span, period, learner_id, points, answers)
     VALUES (1, 'week', '2026-W48', 1, 60, 1), (1, 'month', '2026-11', 1, 60, 1), (1, 'all', '', 1, 60, 1);
     INSERT INTO inbox (key, received_at) VALUES ('slack:T1:e1', 1);
     INSERT INTO outbox (id, key, lane, priority, workspace_id, purpose, payload, state, due_at, result, created_at,
         settled_at) VALUES (1, 'round:1:question', 'channel:1:C1', 0, 1, 'question', '{}', 'sent', 1, '1.1', 1, 1);
     INSERT INTO starts (id, started_at) VALUES (1, 1);
     INSERT INTO settings (name, value) VALUES ('cleared_at', '1');",
), (2, "UPDATE study_channels SET organiser_groups = '[\"R1\"]', ping_group = 'R2' WHERE id = 1;")];

/// Tables with their numbers of rows.
async fn tables(connection: &mut SqliteConnection) -> Vec<(String, i64)> {
    let names = sqlx::query(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx%'
         ORDER BY name",
    )
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    let mut tables = Vec::new();
    for name in names.iter().map(|row| row.get::<String, _>(0)) {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {name}"));
        let rows = sqlx::query(sql).fetch_one(&mut *connection).await.unwrap().get(0);
        tables.push((name, rows));
    }
    tables
}

async fn findings(connection: &mut SqliteConnection) -> usize {
    let mut findings =
        sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *connection).await.unwrap().len();
    let verdict: String = sqlx::query("PRAGMA integrity_check").fetch_one(connection).await.unwrap().get(0);
    findings += usize::from(verdict != "ok");
    findings
}

#[tokio::test]
async fn every_migration_keeps_the_data_of_the_version_before() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        SqliteConnectOptions::new().filename(folder.path().join("grown.db")).create_if_missing(true);
    let mut connection = options.foreign_keys(true).connect().await.unwrap();
    let all: Vec<_> = open::migrator().iter().cloned().collect();
    assert_eq!(
        all.iter().map(|migration| migration.version).collect::<Vec<_>>(),
        SEEDS.map(|(version, _)| version),
        "each migration has a seed, in order"
    );
    for (index, (version, seed)) in SEEDS.iter().enumerate() {
        let before = tables(&mut connection).await;
        Migrator::with_migrations(all[..=index].to_vec()).run(&mut connection).await.unwrap();
        let after = tables(&mut connection).await;
        for (table, rows) in &before {
            let kept = after.iter().find(|(name, _)| name == table).map(|(_, rows)| rows);
            assert_eq!(kept, Some(rows), "migration {version} keeps the rows of {table}");
        }
        sqlx::raw_sql(*seed).execute(&mut connection).await.unwrap();
        for (table, rows) in tables(&mut connection).await {
            assert!(rows > 0, "the seeds put something into {table}");
        }
        assert_eq!(findings(&mut connection).await, 0, "migration {version} leaves the file sound");
    }
}

#[test]
fn every_migration_says_why() {
    let migrations = open::migrator();
    for (index, migration) in migrations.iter().enumerate() {
        assert_eq!(migration.version, i64::try_from(index).unwrap() + 1, "numbered without gaps");
        assert!(migration.sql.as_str().starts_with("-- "), "migration {} begins with why", migration.version);
    }
}
