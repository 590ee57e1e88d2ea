//! `fidance dead-letters`: messages that a server could not use. Replaying while it runs goes through its API.

use std::io::Write as _;

use anyhow::Context as _;
use fidance_app::ingest::replay::replay;
use fidance_store::{Access, Append, DeadLetter, LetterId, Letters, NewParcel, Store};

use super::{operate::with_store, server_api};
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
    let erased = store.erased().await?;
    acceptor.erased().learn(erased.into_iter().map(|(id, at)| (id.get(), at)));
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
    server_api::call(config, "POST", &format!("/api/v1/dead-letters/{id}/replay"), None).map(drop)
}
