//! What becomes of a request: who may ask, how often, and the trouble that a test wants.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answers::{Answered, Refused, refuse};
use super::args::Args;
use super::http::{Answer, Served};
use super::methods::{self, Method};
use super::scripts::{FILE, RESPONSE, Request, Trouble};
use super::world::World;

impl World {
    /// Answers a request, whatever it is, and notes it.
    pub(crate) fn serve(&mut self, parts: &Parts, body: &Bytes) -> Served {
        if self.dark {
            return Served::Cut;
        }
        let path = parts.uri.path();
        let text = std::str::from_utf8(body).unwrap_or_default();
        self.look_for_tokens(parts, text);
        let (label, args, served) = if let Some(name) = path.strip_prefix("/api/") {
            let args = Args::of(parts, text).unwrap_or_else(|wrong| {
                self.problem(format!("{name}: {wrong}"));
                Args::default()
            });
            let served = self.serve_api(name, parts, &args, text);
            (name.to_owned(), args.as_value(), served)
        } else if path.starts_with("/actions/") || path.starts_with("/commands/") {
            let body = serde_json::from_str(text).unwrap_or(Value::Null);
            let served = self.with_trouble(RESPONSE, text, |world| world.respond(path, &body));
            (RESPONSE.to_owned(), body, served)
        } else if path.starts_with("/files-pri/") || path.starts_with("/download/") {
            let served =
                self.with_trouble(FILE, path, |world| Served::File(world.serve_file(path, &parts.headers)));
            (FILE.to_owned(), json!({"path": path}), served)
        } else {
            self.problem(format!("unknown path: {} {path}", parts.method));
            (path.to_owned(), Value::Null, Served::answer(404, json!("not found")))
        };
        let (status, error) = (served.status(), served.error());
        self.scripts.note(Request { method: label, args, status, error });
        served
    }

    /// Does what a script wants to happen to a request, and otherwise what was asked.
    fn with_trouble(&mut self, method: &str, text: &str, act: impl FnOnce(&mut Self) -> Served) -> Served {
        match self.scripts.take(method, text) {
            None => act(self),
            Some(Trouble::LostAnswer) => {
                act(self);
                Served::Cut
            }
            Some(Trouble::Answer { status, body }) => Served::answer(status, body),
            Some(Trouble::LostRequest) => Served::Cut,
            Some(Trouble::Silence) => Served::Never,
            Some(Trouble::TooMany { retry_after }) => Served::too_many(Duration::from_secs(retry_after)),
        }
    }

    fn serve_api(&mut self, name: &str, parts: &Parts, args: &Args, text: &str) -> Served {
        let Some(method) = methods::method(name) else {
            self.problem(format!("{name} is no method that there is here"));
            return Served::answer(200, Refused::because("unknown_method").body());
        };
        if method.reads && args.as_json {
            // Slack overlooks such a body, and then misses what stands in it.
            self.problem(format!("{name} takes no JSON"));
            return Served::answer(200, Refused::because("invalid_arguments").body());
        }
        if parts.method != "POST" && !method.reads {
            self.problem(format!("{name} was asked with {}", parts.method));
        }
        if let Err(refused) = self.check_token(method, parts, args) {
            return Served::answer(200, refused.body());
        }
        let plain = args.as_value().to_string();
        let text = if args.as_json { text } else { plain.as_str() };
        self.with_trouble(name, text, |world| world.carry_out(method, args))
    }

    fn carry_out(&mut self, method: &Method, args: &Args) -> Served {
        if let Err(wait) = self.limiter.ask(method.name, method.per_minute, Instant::now()) {
            return Served::too_many(wait);
        }
        let unknown: Vec<&str> =
            args.keys().filter(|key| !method.args.contains(key) && *key != "token").collect();
        for key in unknown {
            self.problem(format!("{}: unknown argument {key}", method.name));
        }
        let answered = match method.scope.filter(|scope| !self.has_scope(scope)) {
            Some(scope) => Err(self.missing(scope)),
            None => self.answer(method.name, args),
        };
        let provided = self.provided();
        match answered {
            Ok(mut body) => {
                body["ok"] = json!(true);
                let headers = vec![("x-oauth-scopes", provided)];
                Served::Answer(Answer { status: 200, body, headers })
            }
            Err(Refused { wait: Some(wait), .. }) => Served::too_many(wait),
            Err(refused) => {
                let headers = vec![("x-oauth-scopes", provided)];
                Served::Answer(Answer { status: 200, body: refused.body(), headers })
            }
        }
    }

    fn answer(&mut self, method: &str, args: &Args) -> Answered {
        match method {
            "auth.test" => Ok(self.auth_test()),
            "apps.connections.open" => self.connections_open(),
            "chat.postMessage" => self.post_message(args),
            "chat.update" => self.update_message(args),
            "chat.postEphemeral" => self.post_ephemeral(args),
            "reactions.add" => self.add_reaction(args),
            "conversations.history" => self.history(args),
            "conversations.replies" => self.thread(args),
            "files.info" => self.file_info(args),
            "conversations.info" => self.conversation_info(args),
            "conversations.join" => self.join_conversation(args),
            "conversations.open" => self.open_conversation(args),
            "conversations.list" => self.conversation_list(args, false),
            "users.info" => self.user_info(args),
            "users.list" => self.user_list(args),
            "users.conversations" => self.conversation_list(args, true),
            "usergroups.list" => Ok(self.group_list(args)),
            "views.open" => self.open_view(args),
            "views.update" => self.update_view(args),
            _ => refuse("unknown_method"),
        }
    }

    /// The scopes that the token has, as Slack writes them.
    fn provided(&self) -> String {
        self.config.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(",")
    }

    pub(crate) fn missing(&self, scope: &str) -> Refused {
        Refused::missing_scope(scope, &self.provided())
    }

    fn check_token(&mut self, method: &Method, parts: &Parts, args: &Args) -> Result<(), Refused> {
        if args.has("token") {
            self.problem(format!("{}: the token is an argument", method.name));
        }
        let Some(header) = parts.headers.get("authorization").and_then(|header| header.to_str().ok()) else {
            return refuse("not_authed");
        };
        let token = header.strip_prefix("Bearer ").unwrap_or_default();
        let is_bots = token == self.config.bot_token;
        let is_apps = token == self.config.app_token;
        let wants_apps = method.name == "apps.connections.open";
        match (is_bots, is_apps) {
            (false, false) => refuse("invalid_auth"),
            _ if self.delivery.account_inactive => refuse("account_inactive"),
            _ if self.revoked && is_bots => refuse("token_revoked"),
            _ if is_apps != wants_apps => refuse("not_allowed_token_type"),
            _ => Ok(()),
        }
    }

    /// The tokens belong into one header, and nowhere else.
    fn look_for_tokens(&mut self, parts: &Parts, text: &str) {
        let secrets =
            [&self.config.bot_token, &self.config.app_token, &self.config.signing_secret].map(String::clone);
        for secret in secrets {
            let leaked = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains(&secret));
            let mut others = parts.headers.iter().filter(|(name, _)| *name != "authorization");
            let in_headers = others.any(|(_, value)| leaked(value));
            if in_headers || text.contains(&secret) || parts.uri.to_string().contains(&secret) {
                self.problem(format!("{}: a secret stands where it doesn't belong", parts.uri.path()));
            }
        }
    }

    fn auth_test(&self) -> Value {
        let mut answer = json!({
            "url": format!("{}/", self.base), "team": self.teams[&self.team].name, "user": "studybot",
            "team_id": self.team, "user_id": self.bot_user, "bot_id": self.bot_id,
            "is_enterprise_install": self.enterprise.is_some(),
        });
        if let Some(enterprise) = &self.enterprise {
            answer["enterprise_id"] = json!(enterprise);
        }
        answer
    }
}
