//! Who people are: Slack's events name nobody and say nothing of rights, so both are asked for and kept for a while.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Slack;
use super::api::{Group, User};
use super::model::person_ref;
use super::web::{Turn, WebError};
use crate::chat::{GroupRef, Person, PersonRef, Workspace};

/// People who are remembered; on top of that all are asked for anew.
const KNOWN_MAX: usize = 100_000;
/// How long a person's standing is trusted; changes are told by events, which may get lost.
const TRUSTED_FOR: Duration = Duration::from_secs(10 * 60);
/// The same for somebody who runs the workspace.
const ADMINS_TRUSTED_FOR: Duration = Duration::from_secs(60);
/// The same for the workspace's groups.
const GROUPS_TRUSTED_FOR: Duration = Duration::from_secs(60);
/// How long a name may take: an answer waits for it.
const NAME_WAIT: Duration = Duration::from_secs(1);
/// How long all names together may take at start; the rest is asked for one by one.
const LIST_WAIT: Duration = Duration::from_secs(15);

/// What is known of people. Ids are unique over all of Slack as far as a bot can see.
#[derive(Debug, Default)]
pub(super) struct People {
    known: Mutex<HashMap<String, Known>>,
    groups: Mutex<HashMap<String, KnownGroups>>,
    /// Held while everybody is listed.
    listing: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug)]
struct Known {
    name: String,
    team: String,
    admin: bool,
    asked_at: Instant,
}

/// A workspace's groups.
#[derive(Clone, Debug)]
struct KnownGroups {
    groups: Vec<Group>,
    asked_at: Instant,
}

impl Known {
    fn of(user: &User) -> Self {
        let chosen = [&user.profile.display_name, &user.profile.real_name, &user.real_name];
        let mut names = chosen.into_iter().flatten().chain([&user.name]);
        let name = names.find(|name| !name.trim().is_empty()).cloned().unwrap_or_default();
        Self {
            name,
            team: user.team_id.clone().unwrap_or_default(),
            admin: user.is_admin || user.is_owner || user.is_primary_owner,
            asked_at: Instant::now(),
        }
    }

    fn is_fresh(&self) -> bool {
        let trusted = if self.admin { ADMINS_TRUSTED_FOR } else { TRUSTED_FOR };
        self.asked_at.elapsed() < trusted
    }
}

impl People {
    /// Notes what Slack says of a person.
    pub(super) fn note(&self, user: &User) {
        let mut known = self.known();
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(user.id.clone(), Known::of(user));
    }

    /// Groups have changed: they are asked for again.
    pub(super) fn forget_groups(&self) {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, user: &str) -> Option<Known> {
        self.known().get(user).cloned()
    }
}

impl Slack {
    /// Learns everybody's name; returns after a while also when that goes on.
    pub(super) async fn learn_names(&self) {
        let slack = self.clone();
        let learning = tokio::spawn(async move {
            match slack.list_names().await {
                Ok(()) => {}
                // The same names are being listed since the connection before.
                Err(None) => {}
                Err(Some(error)) => {
                    tracing::warn!(%error, "people's names can't be listed; they are asked for one by one");
                }
            }
        });
        if timeout(LIST_WAIT, learning).await.is_err() {
            tracing::info!("there are many people here; their names are still being listed");
        }
    }

    /// `Err(None)`: that is being done already.
    async fn list_names(&self) -> Result<(), Option<WebError>> {
        let Ok(_alone) = self.people().listing.try_lock() else { return Err(None) };
        let team = self.identity().await?.team;
        let mut cursor: Option<String> = None;
        loop {
            let page = self.web().users_list(&team, cursor.as_deref()).await?;
            page.items.iter().for_each(|user| self.people().note(user));
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Whether somebody's name is known, so that nobody needs to be asked.
    pub(super) fn knows(&self, user: &str) -> bool {
        self.people().find(user).is_some()
    }

    /// The author of a message. Whether they run the workspace is not said here.
    pub(super) async fn author(
        &self,
        workspace: &Workspace,
        team: Option<&str>,
        user: &str,
    ) -> Option<Person> {
        if !self.knows(user) {
            // It is noted where it comes in time.
            timeout(NAME_WAIT, self.ask(user)).await.ok();
        }
        self.known_author(workspace, team, user)
    }

    /// The same, and nobody is asked.
    pub(super) fn known_author(
        &self,
        workspace: &Workspace,
        team: Option<&str>,
        user: &str,
    ) -> Option<Person> {
        Some(named(person_ref(&workspace.id, team, user)?, self.people().find(user).as_ref()))
    }

    /// Who asks for something, with their rights.
    pub(super) async fn asker(
        &self,
        workspace: &Workspace,
        team: Option<&str>,
        user: &str,
    ) -> Option<Person> {
        let id = person_ref(&workspace.id, team, user)?;
        let known = match self.people().find(user).filter(Known::is_fresh) {
            Some(known) => Some(known),
            // What can't be told is no right.
            None => match self.ask(user).await {
                Some(known) => Some(known),
                None => self.people().find(user).map(|known| Known { admin: false, ..known }),
            },
        };
        let mut person = named(id, known.as_ref());
        // The rights of somebody from another team are rights there.
        let is_ours = !person.id.as_str().contains(':');
        if let Some(known) = known.filter(|known| is_ours && known.team == workspace.id.as_str()) {
            person.admin = known.admin;
        }
        if is_ours {
            let groups = self.groups(workspace).await;
            let theirs = groups.iter().filter(|group| group.users.iter().any(|member| member == user));
            person.groups = theirs.filter_map(|group| group.id.parse().ok()).collect();
        }
        Some(person)
    }

    /// The workspace's groups, with the names that people call them by.
    pub(super) async fn group_choices(&self, workspace: &Workspace) -> Vec<(GroupRef, String)> {
        let groups = self.groups(workspace).await;
        groups.iter().filter_map(|group| Some((group.id.parse().ok()?, group.handle.clone()))).collect()
    }

    async fn groups(&self, workspace: &Workspace) -> Vec<Group> {
        let team = workspace.id.as_str();
        let known = {
            let groups = self.people().groups.lock().unwrap_or_else(PoisonError::into_inner);
            groups.get(team).cloned()
        };
        if let Some(known) = known.filter(|known| known.asked_at.elapsed() < GROUPS_TRUSTED_FOR) {
            return known.groups;
        }
        let groups = match self.web().usergroups_list(Turn::Urgent, team).await {
            Ok(groups) => groups,
            Err(error) => {
                // Groups are a feature of paid plans; without them nobody has rights by one.
                tracing::debug!(%error, "the workspace's groups can't be listed");
                Vec::new()
            }
        };
        let known = KnownGroups { groups: groups.clone(), asked_at: Instant::now() };
        self.people().groups.lock().unwrap_or_else(PoisonError::into_inner).insert(team.to_owned(), known);
        groups
    }

    async fn ask(&self, user: &str) -> Option<Known> {
        match self.web().users_info(Turn::Urgent, user).await {
            Ok(found) => {
                self.people().note(&found);
                Some(Known::of(&found))
            }
            Err(error) => {
                tracing::debug!(user, %error, "a person can't be asked for");
                None
            }
        }
    }
}

fn named(id: PersonRef, known: Option<&Known>) -> Person {
    match known.filter(|known| !known.name.trim().is_empty()) {
        Some(known) => Person::new(id, &known.name, false),
        None => Person::unnamed(id),
    }
}
