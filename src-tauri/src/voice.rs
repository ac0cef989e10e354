//! Who makes out what is said to this screen: its hub by default, a service elsewhere if the owner says so, or nobody.

use std::path::PathBuf;
use std::sync::Arc;

use display::talk::Voice;
use hub::Hub;
use serde::Deserialize;
use serde_json::Value;
use voice::peer::{Authorization, Config, Network, Secrets};
use voice::protocol::{Audio, Input, Session, Transcription};
use voice::spoken::{ENGLISH, tools};
use voice::turn::Then;

use crate::microphone::OfThisPc;
use crate::settings::{Join, Settings};

/// As it stands under `voice` in the settings file, or in a file of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Peer {
    /// The hub of this screen.
    #[default]
    Hub,
    /// Nobody: the board has no talk button.
    Off,
    /// A service that speaks as OpenAI's does.
    Openai {
        /// `https://.../v1/realtime`.
        url: String,
        /// Holds the key.
        key_file: PathBuf,
        /// The model that answers.
        model: String,
        /// The model that writes down.
        #[serde(default = "usual_transcription")]
        transcription_model: String,
        /// The model may choose the command, by calling functions; else only its words are taken.
        #[serde(default)]
        answers: bool,
        #[serde(flatten)]
        way: Way,
    },
    /// A Restaurant OS server, which mints for a service of the earlier shape.
    RestaurantOs {
        /// `https://.../api/v1`.
        url: String,
        /// Its id or slug.
        restaurant: String,
        /// Holds a person's token; without one the server takes the screen for a kiosk.
        #[serde(default)]
        token_file: Option<PathBuf>,
        /// Where the call goes: `https://.../v1/realtime`.
        calls: String,
        /// The model, when the server does not say.
        model: String,
        #[serde(flatten)]
        way: Way,
    },
}

/// How a service is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Way {
    /// `stun:host:port`.
    ice_servers: Vec<String>,
    /// PEM of its authority, if this computer does not know it.
    authority_file: Option<PathBuf>,
}

fn usual_transcription() -> String {
    "gpt-4o-transcribe".to_owned()
}

/// For a model that may act: it is held to what the grammar allows in any case.
const INSTRUCTIONS: &str = "You hear one short command or question of a cook to a kitchen display. Call the one function that does \
    what was said, with tickets and dishes as the cook named them. If nothing fits, call nothing and say so in five words.";

/// What the display needs to be talked to, as the settings have it.
pub(crate) fn of(settings: &Settings, hub: Option<&Hub>) -> Option<Voice> {
    let (client, host) = match &settings.voice {
        Peer::Off => return None,
        Peer::Hub => {
            (Config { authority: authority(settings), ..Config::new(of_hub(settings, hub)?) }, String::new())
        }
        Peer::Openai { url, key_file, model, transcription_model, answers, way } => {
            let session = session(model, transcription_model, *answers);
            let authorization = Authorization::File(key_file.clone());
            let secrets = Secrets::Endpoint { url: plain(url), authorization, session: Box::new(session) };
            let then = if *answers { Then::Answer } else { Then::Done };
            (Config { then, ..way.config(secrets) }, host(url))
        }
        Peer::RestaurantOs { url, restaurant, token_file, calls, model, way } => {
            let secrets = Secrets::RestaurantOs {
                url: plain(url),
                authorization: token_file.clone().map(Authorization::File),
                restaurant: restaurant.clone(),
                calls: plain(calls),
                model: model.clone(),
            };
            (way.config(secrets), host(calls))
        }
    };
    Some(Voice { client, host, microphones: Arc::new(OfThisPc) })
}

impl Way {
    fn config(&self, secrets: Secrets) -> Config {
        let network = Network { ice_servers: self.ice_servers.clone() };
        Config { network, authority: self.authority_file.clone(), ..Config::new(secrets) }
    }
}

fn of_hub(settings: &Settings, hub: Option<&Hub>) -> Option<Secrets> {
    let (socket, authorization) = match (&settings.join, hub) {
        (Some(Join { url, token_file, .. }), _) => (url.clone(), Authorization::File(token_file.clone())),
        (None, Some(hub)) => {
            let token = hub.token().to_owned();
            (hub.url(), Authorization::Source(Arc::new(move || Ok(token.clone()))))
        }
        (None, None) => return None,
    };
    let session = Session { kind: Some("transcription".to_owned()), ..Session::default() };
    Some(Secrets::Endpoint { url: beside(&socket), authorization, session: Box::new(session) })
}

fn authority(settings: &Settings) -> Option<PathBuf> {
    settings.join.as_ref().and_then(|join| join.authority.clone())
}

/// The realtime interface of the hub whose WebSocket that is.
fn beside(socket: &str) -> String {
    let base = socket.strip_suffix(wire::hub::PATH).unwrap_or(socket);
    let base = match base.strip_prefix("wss://") {
        Some(host) => format!("https://{host}"),
        None => format!("http://{}", base.trim_start_matches("ws://")),
    };
    format!("{base}/api/v1/realtime")
}

fn session(model: &str, transcription: &str, answers: bool) -> Session {
    let transcription =
        Transcription { model: Some(transcription.to_owned()), language: Some(ENGLISH.code.to_owned()) };
    let input = Input {
        transcription: Some(transcription),
        // The talk button says when a turn begins and ends.
        turn_detection: Some(Value::Null),
        ..Input::default()
    };
    let audio = Some(Audio { input: Some(input), output: None });
    if !answers {
        return Session { kind: Some("transcription".to_owned()), audio, ..Session::default() };
    }
    Session {
        kind: Some("realtime".to_owned()),
        model: Some(model.to_owned()),
        output_modalities: Some(vec!["text".to_owned()]),
        instructions: Some(INSTRUCTIONS.to_owned()),
        audio,
        tools: Some(tools(&ENGLISH)),
        tool_choice: Some(Value::from("auto")),
        ..Session::default()
    }
}

fn plain(url: &str) -> String {
    url.trim().trim_end_matches('/').to_owned()
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hubs_realtime_interface_is_beside_its_socket() {
        assert_eq!(beside("ws://10.0.0.2:7411/ws"), "http://10.0.0.2:7411/api/v1/realtime");
        assert_eq!(beside("wss://hub.local:443/ws"), "https://hub.local:443/api/v1/realtime");
    }

    #[test]
    fn a_service_is_read_as_the_readme_writes_it() {
        let read = |text: &str| serde_json::from_str::<Peer>(text);
        assert_eq!(read(r#"{"kind": "hub"}"#).unwrap(), Peer::Hub);
        assert_eq!(read(r#"{"kind": "off"}"#).unwrap(), Peer::Off);
        let openai = read(
            r#"{"kind": "openai", "url": "https://api.example/v1/realtime/", "key_file": "/k", "model": "m",
                "answers": true, "ice_servers": ["stun:a:1"]}"#,
        );
        let Peer::Openai { answers: true, way, .. } = openai.unwrap() else { panic!("another kind") };
        assert_eq!(way.ice_servers, ["stun:a:1"]);
        let restaurant_os = r#"{"kind": "restaurant-os", "url": "https://a/api/v1", "restaurant": "r",
            "calls": "https://b/v1/realtime", "model": "m"}"#;
        assert!(matches!(read(restaurant_os).unwrap(), Peer::RestaurantOs { token_file: None, .. }));
        assert!(read(r#"{"kind": "cloud"}"#).is_err());
        assert_eq!(host("https://api.example:8443/v1"), "api.example:8443");
    }

    #[test]
    fn no_session_ends_a_turn_by_itself() {
        for answers in [true, false] {
            let session = serde_json::to_value(session("m", "t", answers)).unwrap();
            let detection = session["audio"]["input"].get("turn_detection");
            assert_eq!(detection, Some(&Value::Null), "an absent one would be the service's own");
            assert_eq!(session.get("tools").is_some(), answers);
        }
    }
}
