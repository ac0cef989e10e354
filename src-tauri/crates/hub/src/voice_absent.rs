//! A hub that was built without voice: its paths are there and say so.

use serde_json::{Value, json};
use std::net::IpAddr;
use std::path::PathBuf;

pub(crate) struct Voice;

impl Voice {
    pub(crate) fn new(_listen: IpAddr, _model: Option<PathBuf>) -> Self {
        Self
    }

    pub(crate) fn start(&self) {}

    pub(crate) async fn stop(&self) {}

    pub(crate) fn abandon(&self) {}

    pub(crate) fn status(&self) -> Value {
        json!({"timer_running": false, "sessions": 0, "model": "absent"})
    }
}

pub(crate) mod rest {
    use crate::http::Refused;
    use wire::hub::Fault;

    pub(crate) async fn post_secret() -> Refused {
        Refused(Fault::new("voice_absent"))
    }

    pub(crate) use post_secret as post_call;
    pub(crate) use post_secret as post_hangup;
}
