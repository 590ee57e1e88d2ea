//! Reads a body within limits of bytes and time: memory is taken only after room for it was found.

use std::{future::poll_fn, pin::Pin, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, header},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// A client that takes longer to send its body is cut off.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a request waits for room.
const ROOM: Duration = Duration::from_secs(5);
/// Up to here, room is not worth asking for by the byte.
const SMALL: usize = 64 << 10;

/// A body, and the room that it takes until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoBody {
    TooLarge,
    TooSlow,
    NoRoom,
    Broken,
}

pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    room: &Arc<Semaphore>,
) -> Result<Held, NoBody> {
    let declared =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(NoBody::TooLarge);
    }
    // Twice: as it came and as it is unpacked.
    let most = declared.map_or(limit.max(SMALL), |length| length.max(SMALL));
    let wanted = u32::try_from(most / 512).unwrap_or(u32::MAX);
    let room = timeout(ROOM, Arc::clone(room).acquire_many_owned(wanted)).await;
    let room = room.map_err(|_| NoBody::NoRoom)?.map_err(|_| NoBody::NoRoom)?;
    let bytes = timeout(PATIENCE, gather(body, declared.unwrap_or(0), limit)).await;
    Ok(Held { bytes: bytes.map_err(|_| NoBody::TooSlow)??, _room: room })
}

async fn gather(mut body: Body, declared: usize, limit: usize) -> Result<Vec<u8>, NoBody> {
    let mut bytes = Vec::with_capacity(declared.min(SMALL));
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let data: Bytes = match frame.map_err(|_| NoBody::Broken)?.into_data() {
            Ok(data) => data,
            // Trailers say nothing here.
            Err(_) => continue,
        };
        if bytes.len() + data.len() > limit {
            return Err(NoBody::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}
