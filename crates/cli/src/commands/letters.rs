//! `fidance dead-letters`: messages that a server could not use. Replaying while it runs goes through its API.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use anyhow::Context as _;
use fidance_app::ingest::replay::replay;
use fidance_store::{Access, Append, DeadLetter, LetterId, Letters, NewParcel, Store};

use super::operate::with_store;
use crate::{
    serve::{config::Config, open},
    serve_args::{LettersArgs, LettersCommand},
    settings::now,
};

pub(crate) fn run(args: &LettersArgs) -> anyhow::Result<()> {
    with_store(&args.server, async |config, store, access| match &args.command {
        LettersCommand::List { reason, limit } => {
            let wanted = Letters { reason: reason.clone(), ..Letters::default() };
            for letter in store.letters(&wanted, *limit).await? {
                let content = &letter.letter;
                let at = jiff::Timestamp::from_microsecond(content.received_at)?;
                let field = content.field.as_deref().unwrap_or_default();
                let state = if letter.replayed_at.is_some() { "  replayed" } else { "" };
                anstream::println!(
                    "{}  {at}  {}  {}  {field}{state}",
                    letter.id,
                    content.protocol,
                    content.reason
                );
            }
            Ok(())
        }
        LettersCommand::Show { id } => {
            let letter = find(&store, *id).await?;
            std::io::stdout().write_all(&letter.letter.payload)?;
            Ok(std::io::stdout().write_all(b"\n")?)
        }
        LettersCommand::Repair { id, file } => {
            let message = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            store.replace_letter(LetterId::new(*id), message.trim_ascii()).await?;
            anstream::println!(
                "Dead letter {id} is repaired; take it in with `fidance dead-letters replay {id}`."
            );
            Ok(())
        }
        LettersCommand::Replay { id } => {
            match access {
                Access::Owner => again(&config, &store, *id).await?,
                Access::Beside => ask_server(&config, *id)?,
            }
            anstream::println!("Dead letter {id} was taken in.");
            Ok(())
        }
        LettersCommand::Delete { id } => match store.delete_letters(&[LetterId::new(*id)]).await? {
            0 => anyhow::bail!("there is no dead letter {id}"),
            _ => Ok(()),
        },
    })
}

async fn find(store: &Store, id: i64) -> anyhow::Result<DeadLetter> {
    store.letter(LetterId::new(id)).await?.with_context(|| format!("there is no dead letter {id}"))
}

async fn again(config: &Config, store: &Store, id: i64) -> anyhow::Result<()> {
    let letter = find(store, id).await?;
    let sources = store.sources().await?;
    let source =
        sources.iter().find(|source| source.id == letter.letter.source).context("its source is gone")?;
    let config = config.clone();
    let acceptor =
        tokio::task::spawn_blocking(move || open::acceptor(&config, open::lake_names(&config)?)).await??;
    let accepted = replay(&acceptor, source, &letter)?;
    let parcel = NewParcel {
        source: source.id,
        received_at: letter.letter.received_at,
        events: u32::try_from(accepted.parcel.events.len())?,
        payload: accepted.parcel.encode()?,
    };
    let append = Append {
        parcels: &[parcel],
        people: &accepted.people,
        letters: &accepted.letters,
        counts: &accepted.counts,
    };
    store.append_with(&append, now()).await?;
    Ok(store.mark_replayed(LetterId::new(id), now()).await?)
}

/// A server runs: only it may fill its inbox.
fn ask_server(config: &Config, id: i64) -> anyhow::Result<()> {
    let token =
        config.api.token.as_deref().context("the server is running, and has no api.token to ask it with")?;
    let address = config.console.listen;
    let mut stream =
        TcpStream::connect(address).with_context(|| format!("cannot reach the server at {address}"))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let request = format!(
        "POST /api/v1/dead-letters/{id}/replay HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if status == "204" {
        return Ok(());
    }
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let problem: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    anyhow::bail!(
        "the server says {status}: {}",
        problem.get("detail").and_then(|d| d.as_str()).unwrap_or(body)
    )
}
