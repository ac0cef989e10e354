//! What tests play against: a chaos proxy, scripted peers and servers, order generators.
//!
//! Only ever a dev-dependency. Everything here talks over real loopback sockets and ends when it is dropped.

pub mod chaos;
