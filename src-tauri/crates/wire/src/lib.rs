//! What goes over the wire: the messages between a screen and its hub, the shapes of the REST interface, and how both
//! become orders and operations of the kitchen.
//!
//! Knows nothing of sockets, storage and time. Text in, values out; unknown fields and unknown kinds are passed over,
//! so that an older screen and a newer hub understand each other.

pub mod hub;
pub mod rest;
pub mod restaurant_os;
