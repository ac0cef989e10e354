//! What can be said on the command line. Everything has a default that a kitchen can live with.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, ValueEnum};

/// Brigade, a kitchen display.
///
/// Started without options it runs alone: its own order server on this machine, and a demo kitchen until a
/// real one is set up.
#[derive(Debug, Clone, Parser)]
#[command(name = "brigade", version, about, long_about)]
pub struct Options {
    /// Folder for everything this screen keeps [default: the user's own data folder]
    #[arg(long, value_name = "DIR", env = "BRIGADE_DATA")]
    pub data: Option<PathBuf>,

    /// Join the hub of another PC instead of running one here
    #[arg(long, value_name = "URL", requires = "token_file")]
    pub hub: Option<String>,

    /// File holding the token that the other hub gave this screen
    #[arg(long, value_name = "FILE", requires = "hub")]
    pub token_file: Option<PathBuf>,

    /// File (PEM) of the authority that signed that hub's certificate, for a hub behind https:// or wss://
    #[arg(long, value_name = "FILE", requires = "hub")]
    pub hub_authority: Option<PathBuf>,

    /// The station this screen shows first
    #[arg(long, value_name = "NAME")]
    pub station: Option<String>,

    /// Where the hub of this PC listens, such as 0.0.0.0:7411 for other screens to join [default: 127.0.0.1:7411]
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "hub")]
    pub listen: Option<SocketAddr>,

    /// Take orders from a Restaurant OS back end and report to it: base_url, restaurant_id (a UUID), and email and password
    /// or pin, in a file that nobody but its owner may read
    #[arg(long, value_name = "FILE", conflicts_with_all = ["hub", "demo_rate"])]
    pub upstream_config: Option<PathBuf>,

    /// Orders a minute that the demo kitchen places [default: 4]
    #[arg(long, value_name = "N", conflicts_with_all = ["hub", "no_demo"])]
    pub demo_rate: Option<f64>,

    /// Do not run the demo kitchen
    #[arg(long)]
    pub no_demo: bool,

    /// File saying who makes out what is said to this screen, instead of its hub (see the README)
    #[arg(long, value_name = "FILE", conflicts_with = "no_voice")]
    pub voice_config: Option<PathBuf>,

    /// Leave the talk button out, and the microphone alone
    #[arg(long)]
    pub no_voice: bool,

    /// Cover the whole screen, without a frame
    #[arg(long, conflicts_with = "size")]
    pub fullscreen: bool,

    /// Open a window of exactly this size, in pixels, instead of a maximised one
    #[arg(long, value_name = "WxH")]
    pub size: Option<Size>,

    /// Start with this user's desktop session, or stop doing so; then exit
    #[arg(long, value_name = "on|off")]
    pub autostart: Option<Switch>,
}

/// A window's inner size in pixels, written `1280x800`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// On or off, as a person writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Do it from now on.
    On,
    /// Do it no more.
    Off,
}

impl Options {
    /// The folder this screen keeps its files in, or `None` when neither an option nor the system names one.
    #[must_use]
    pub fn data_folder(&self) -> Option<PathBuf> {
        self.data.clone().or_else(default_data_folder)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
        match parts {
            Some((width @ 320..=16_384, height @ 240..=16_384)) => Ok(Self { width, height }),
            Some(_) => Err("a window is between 320x240 and 16384x16384".to_owned()),
            None => Err("write the size as WIDTHxHEIGHT, for example 1280x800".to_owned()),
        }
    }
}

/// `brigade` in the place where this system keeps a user's application data.
fn default_data_folder() -> Option<PathBuf> {
    #[cfg(windows)]
    let base = std::env::var_os("LOCALAPPDATA").map(PathBuf::from);
    #[cfg(not(windows))]
    let base = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(std::env::home_dir()?.join(".local/share")));
    Some(base?.join("brigade"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_as_written() {
        assert_eq!("1024x768".parse(), Ok(Size { width: 1024, height: 768 }));
        for bad in ["", "1024", "1024x", "x768", "1024X768", "-1x5", "10x10", "99999x99999"] {
            assert!(bad.parse::<Size>().is_err(), "{bad} was taken");
        }
    }

    #[test]
    fn another_hub_needs_a_token() {
        assert!(Options::try_parse_from(["brigade", "--hub", "http://10.0.0.2:7420"]).is_err());
        let joined = Options::try_parse_from([
            "brigade",
            "--hub",
            "http://10.0.0.2:7420",
            "--token-file",
            "/etc/token",
        ]);
        assert_eq!(joined.unwrap().hub.as_deref(), Some("http://10.0.0.2:7420"));
    }

    #[test]
    fn the_data_folder_is_the_one_asked_for() {
        let options = Options::try_parse_from(["brigade", "--data", "/srv/kitchen"]).unwrap();
        assert_eq!(options.data_folder(), Some(PathBuf::from("/srv/kitchen")));
    }
}
