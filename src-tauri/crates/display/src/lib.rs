//! A display: one board, kept by one actor, looked at through views.

#[allow(dead_code, reason = "the actor that uses it comes with the next commit")]
mod card;
pub mod frame;
#[allow(dead_code, reason = "the actor that uses it comes with the next commit")]
mod layout;
