//! A display: one board, kept by one actor, looked at through views.

pub mod frame;
