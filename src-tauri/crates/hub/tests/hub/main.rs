//! The hub as others meet it: over real sockets, from real clients, and as a process that is killed.

mod common;
mod openapi;
mod process;
mod rest;
mod ws;
