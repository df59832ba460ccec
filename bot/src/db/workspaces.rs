//! Workspaces.

use sqlx::{Row, SqliteConnection};

use super::{DbResult, parse};
use crate::domain::command::Workspace;
use crate::domain::ids::WorkspaceId;

/// The workspace's row, made where needed.
pub async fn ensure(connection: &mut SqliteConnection, workspace: &Workspace) -> DbResult<WorkspaceId> {
    if let Some(id) = find(connection, workspace).await? {
        return Ok(id);
    }
    let row = sqlx::query("INSERT INTO workspaces (platform, workspace_ref) VALUES (?, ?) RETURNING id")
        .bind(workspace.platform.as_str())
        .bind(workspace.id.as_str())
        .fetch_one(connection)
        .await?;
    Ok(row.try_get(0)?)
}

/// The workspace's row, if there is one.
pub async fn find(connection: &mut SqliteConnection, workspace: &Workspace) -> DbResult<Option<WorkspaceId>> {
    let row = sqlx::query("SELECT id FROM workspaces WHERE platform = ? AND workspace_ref = ?")
        .bind(workspace.platform.as_str())
        .bind(workspace.id.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// How the platform names a workspace.
pub async fn get(connection: &mut SqliteConnection, id: WorkspaceId) -> DbResult<Workspace> {
    let row = sqlx::query("SELECT platform, workspace_ref FROM workspaces WHERE id = ?")
        .bind(id)
        .fetch_one(connection)
        .await?;
    Ok(Workspace { platform: parse(&row, "platform")?, id: parse(&row, "workspace_ref")? })
}
