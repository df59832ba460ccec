//! Who people are: Slack's events name nobody and say nothing of rights, so both are asked for and kept for a while.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
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
/// How long all names together are waited for at start. In a large workspace they take longer, since Slack gives 200
/// names at a time and few such pages a minute: until then, whoever isn't known yet is asked for.
const LIST_WAIT: Duration = Duration::from_secs(15);

/// What is known of people. Ids are unique over all of Slack as far as a bot can see.
#[derive(Debug, Default)]
pub(super) struct People {
    known: Mutex<HashMap<String, Known>>,
    /// Everybody is to be listed, once more.
    list_wanted: Notify,
    /// How often everybody was.
    listed: watch::Sender<u64>,
    groups: Mutex<HashMap<String, KnownGroups>>,
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
    /// Has everybody's name learned, and waits for that as far as it goes quickly.
    pub(super) async fn learn_names(&self) {
        let mut listed = self.people().listed.subscribe();
        self.people().list_wanted.notify_one();
        if timeout(LIST_WAIT, listed.changed()).await.is_err() {
            tracing::info!("not all names are known yet; the others are asked for one by one meanwhile");
        }
    }

    /// Lists everybody whenever that is wanted. Never ends.
    pub(super) async fn list_people(&self) -> Infallible {
        loop {
            self.people().list_wanted.notified().await;
            if let Err(error) = self.list_everybody().await {
                tracing::warn!(%error, "people's names can't be listed; they are asked for one by one");
            }
            self.people().listed.send_modify(|times| *times += 1);
        }
    }

    async fn list_everybody(&self) -> Result<(), WebError> {
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
        let id = person_ref(&workspace.id, team, user)?;
        let known = match self.people().find(user) {
            Some(known) => Some(known),
            None => timeout(NAME_WAIT, self.ask(user)).await.ok().flatten(),
        };
        Some(named(id, known.as_ref()))
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
