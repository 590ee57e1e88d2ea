//! `fidance console`: the report as pages on loopback, for one's own files or the demo.

use std::{net::Ipv4Addr, sync::Arc};

use anyhow::Context;
use fidance_app::{barometer::Barometer, report::ReportSource};
use fidance_web::{Console, ServeLimits, router, serve, text::Lang};

use crate::{
    args::{ConsoleArgs, ServerArgs},
    progress, source,
};

pub(crate) fn run(args: &ConsoleArgs) -> anyhow::Result<()> {
    let barometer = source::watched(&args.source, &args.question, &args.watch)?.barometer();
    let names: Vec<String> = args.source.files.iter().map(|file| file.display().to_string()).collect();
    show(barometer, names.join(", "), &args.server)
}

/// Serves a barometer until interrupted.
pub(crate) fn show(barometer: Barometer, data_set: String, args: &ServerArgs) -> anyhow::Result<()> {
    let spinner = progress::spinner("computing");
    // The first page should not be the one that waits; and a data set without a report should not be served.
    let first = barometer.report(barometer.default_question());
    spinner.finish_and_clear();
    first?;
    let barometer = Arc::new(barometer);
    let watch = Some(Arc::clone(&barometer) as Arc<_>);
    let app = router(Console { source: barometer, watch, alarms: None, data_set });
    let runtime = tokio::runtime::Runtime::new().context("cannot start the server")?;
    runtime.block_on(async {
        let address = (Ipv4Addr::LOCALHOST, args.port);
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on 127.0.0.1:{} (another port: --port)", args.port))?;
        let interrupted = interrupted();
        let url = address_of(listener.local_addr()?.port(), args.lang);
        anstream::println!("The barometer is at {url}  (Ctrl-C ends it)");
        if !args.no_open {
            open_browser(&url);
        }
        serve(listener, app, ServeLimits::default(), interrupted).await.context("the server stopped")
    })
}

fn address_of(port: u16, lang: Option<Lang>) -> String {
    let lang = lang.map_or_else(String::new, |lang| format!("?lang={}", lang.tag()));
    format!("http://127.0.0.1:{port}/{lang}")
}

/// Ends on Ctrl-C, and on the signal by which services are stopped. Listens from the call on, not from the first wait: who
/// has been told that the program runs may stop it at once. Without a handler the process ends by itself.
#[cfg(unix)]
pub(crate) fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async {
        match signals {
            (Ok(mut interrupt), Ok(mut terminate)) => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            (Ok(mut one), Err(_)) | (Err(_), Ok(mut one)) => {
                let _ = one.recv().await;
            }
            (Err(_), Err(_)) => std::future::pending().await,
        }
    }
}

/// Ends on Ctrl-C.
#[cfg(not(unix))]
pub(crate) async fn interrupted() {
    let _ = tokio::signal::ctrl_c().await;
}

/// Opens the page where there is a desktop; the printed address is enough where there is none.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment enters")]
fn open_browser(url: &str) {
    let has_desktop = cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(|name| std::env::var(name).is_ok());
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if has_desktop {
        let quiet = std::process::Stdio::null;
        let _ = std::process::Command::new(opener).arg(url).stdout(quiet()).stderr(quiet()).spawn();
    }
}
