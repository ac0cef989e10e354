//! The last thing a task says.

use crate::Handle;
use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;

/// Logs every panic, with the way to it, before whatever its task's owner does about it (rule R6.1).
pub(crate) fn log_them(logbook: Handle) {
    std::panic::set_hook(Box::new(move |panic| {
        let thread = std::thread::current();
        tracing::error!(
            target: "panic",
            thread = thread.name().unwrap_or("unnamed"),
            at = panic.location().map(tracing::field::display),
            way = %Backtrace::force_capture(),
            "{}", said(panic),
        );
        // A panic while another one unwinds aborts the process: nobody would write this afterwards.
        logbook.flush();
    }));
}

fn said<'a>(panic: &'a PanicHookInfo<'_>) -> &'a str {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}
