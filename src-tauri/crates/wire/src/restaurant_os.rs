//! The dialect of a Restaurant OS back end: what its socket says, what its REST interface answers, and how its orders
//! become orders of the kitchen.
//!
//! Nothing here fails on a field that is missing, null or of another type than promised: an order that cannot be read
//! in part is still an order, and a frame that cannot be read at all is an unknown frame. Money is read past; a kitchen
//! has no use for it. Paths and names are the back end's own, also where its documents say otherwise.

mod frame;
mod mapping;
mod order;
mod reply;
mod status;

pub use frame::{Frame, auth, ping};
pub use mapping::{LineChange, draft, line_changes, line_id};
pub use order::{Freshness, Item, Order, orders};
pub use reply::{Problem, Token, email_login, pin_login};
pub use status::Status;

/// What [`kitchen::Source::system`] says of orders from here.
pub const SYSTEM: &str = "restaurant-os";

/// The base of every REST path.
pub const BASE: &str = "/api/v1";
