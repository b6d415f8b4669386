//! The log, on stderr: what is told, and what of the libraries is not, with the reason.

use std::fmt;
use std::io::{self, IsTerminal as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::filter::FilterExt as _;
use tracing_subscriber::layer::{Context, Filter, Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt as lines};

use crate::config::{LogFormat, LogLevel};

/// Lines of the engine that would mislead whoever reads the log: where they come from, how they
/// begin, and why they are left out. Whoever sets RUST_LOG sees them all.
const LEFT_OUT: [(&str, &str); 8] = [
    // An ERROR of several lines each second for every peer that is away. That a peer came or went
    // is told once, by the transaction network; `status` and the metrics tell how many are there.
    ("arc_malachitebft_network", "Error dialing peer"),
    ("arc_malachitebft_discovery", "Error dialing peer"),
    // Four WARNs of the book-keeping that follows each closed connection, which is told already.
    ("arc_malachitebft_discovery", "Removing active connection"),
    ("arc_malachitebft_discovery", "Outbound connection"),
    ("arc_malachitebft_discovery", "Last connection to peer"),
    ("arc_malachitebft_discovery", "Resetting bootstrap node"),
    // How the engine stops when it is told to. When it stops by itself, the error that follows says so.
    ("arc_malachitebft_engine", "Actor terminated"),
    ("arc_malachitebft_engine", "Failed to send tick message"),
];

pub fn start(format: LogFormat, level: LogLevel) {
    let asked = std::env::var_os(EnvFilter::DEFAULT_ENV).is_some();
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("warn,counterfoild={}", word(level))));
    let tamed = Tamed { nothing: asked };
    let layer = lines::layer()
        // Colours are for people, not for files.
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    let layer = match format {
        LogFormat::Text => layer.with_target(false).boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .boxed(),
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter.and(tamed)))
        .init();
}

fn word(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    }
}

/// Leaves [`LEFT_OUT`] out, or nothing.
struct Tamed {
    nothing: bool,
}

impl<S: Subscriber> Filter<S> for Tamed {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let target = event.metadata().target();
        if self.nothing || !LEFT_OUT.iter().any(|(from, _)| target.starts_with(from)) {
            return true;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        !LEFT_OUT
            .iter()
            .any(|(from, begin)| target.starts_with(from) && message.0.starts_with(begin))
    }
}

/// The text of an event.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(nothing: bool) -> String {
        let written = Written::default();
        let writer = written.clone();
        let layer = lines::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone());
        let filter = EnvFilter::new("warn").and(Tamed { nothing });
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(target: "arc_malachitebft_network", "Error dialing peer: refused");
            tracing::error!(target: "arc_malachitebft_network", "Error listening on 1: taken");
            tracing::warn!(target: "arc_malachitebft_engine::node", reason = "", "Actor terminated");
            tracing::warn!(target: "counterfoild", "Error dialing peer: ours");
        });
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn only_what_misleads_is_left_out() {
        let told = logged(false);
        assert_eq!(told.lines().count(), 2, "{told}");
        assert!(
            told.contains("Error listening") && told.contains("ours"),
            "{told}"
        );
        assert_eq!(logged(true).lines().count(), 4);
    }
}
