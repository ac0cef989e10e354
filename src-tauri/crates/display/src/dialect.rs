//! What the hub's frames mean to the link: the only thing it may know of them.

use link::{CloseVerdict, Dialect, Verdict};
use serde::Deserialize;
use std::borrow::Cow;
use std::time::Duration;
use wire::hub::{CLOSE_POLICY, CLOSE_REPLACED};

/// The hub protocol, as far as a connection cares.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HubDialect;

/// Just enough of a message to judge it, without building its orders a second time.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default, borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    code: Option<Cow<'a, str>>,
    #[serde(default)]
    retry: bool,
    #[serde(default, borrow)]
    params: Params<'a>,
}

#[derive(Default, Deserialize)]
struct Params<'a> {
    #[serde(default, borrow)]
    retry_after_s: Option<Cow<'a, str>>,
}

impl Dialect for HubDialect {
    fn judge(&self, text: &str) -> Verdict {
        // Once a screen is in, almost everything is events and heartbeats: those need no parsing here.
        if !text.contains("\"welcome\"") && !text.contains("\"refused\"") {
            return Verdict::Traffic;
        }
        let Ok(outline) = serde_json::from_str::<Outline<'_>>(text) else { return Verdict::Traffic };
        match (outline.kind.as_ref(), outline.id) {
            ("welcome", _) => Verdict::Accepted,
            ("refused", None) => {
                let reason = outline.code.unwrap_or_default().into_owned();
                if outline.retry {
                    let after = outline.params.retry_after_s.and_then(|text| text.parse().ok());
                    Verdict::Busy { reason, after: after.map(Duration::from_secs) }
                } else {
                    Verdict::Refused { reason }
                }
            }
            _ => Verdict::Traffic,
        }
    }

    fn judge_close(&self, code: u16) -> CloseVerdict {
        match code {
            CLOSE_POLICY => CloseVerdict::Credentials,
            // A copy of this screen's folder runs elsewhere: coming back would only throw that one out in turn.
            CLOSE_REPLACED => CloseVerdict::Unwanted,
            _ => CloseVerdict::Ordinary,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_about_the_screen_itself_counts() {
        for (text, verdict) in [
            (r#"{"type":"welcome","protocol":1}"#, Verdict::Accepted),
            (
                r#"{"type":"refused","code":"token_refused"}"#,
                Verdict::Refused { reason: "token_refused".into() },
            ),
            (
                r#"{"type":"refused","code":"hub_full","retry":true}"#,
                Verdict::Busy { reason: "hub_full".into(), after: None },
            ),
            (
                r#"{"type":"refused","code":"hub_full","params":{"retry_after_s":"5"},"retry":true}"#,
                Verdict::Busy { reason: "hub_full".into(), after: Some(Duration::from_secs(5)) },
            ),
            (r#"{"type":"refused","id":"01J","code":"order_voided"}"#, Verdict::Traffic),
            (r#"{"type":"event","order":{"notes":"\"refused\" the \"welcome\""}}"#, Verdict::Traffic),
            ("garbage \"welcome\"", Verdict::Traffic),
        ] {
            assert_eq!(HubDialect.judge(text), verdict, "{text}");
        }
    }
}
