//! The outbox: each notice is queued once, handed to one sender at a time, and tried again for three days.

use fidance_domain::notice::NotSent;
use fidance_store::{NOTICE_LEASE, NewNotice, Notice, NoticeKind, NoticeState, Store, StoreError};

use crate::site::{NOW, Site};

on_both!(
    a_notice_is_queued_once,
    two_senders_never_have_the_same,
    failures_are_tried_again_after_longer_and_longer,
    a_refusal_for_good_is_given_up_at_once,
    who_is_late_changes_nothing,
    a_notice_has_one_id_for_good,
);

const MINUTE: i64 = 60_000_000;

fn notice(dedupe: &str) -> NewNotice {
    NewNotice {
        dedupe: dedupe.into(),
        kind: NoticeKind::Email,
        to: "ops@shop.example".into(),
        subject: "Retention fell".into(),
        payload: "Returns were 812.".into(),
    }
}

async fn claim_one(store: &Store, now: i64) -> Notice {
    let mut claimed = store.claim_notices(10, now).await.unwrap();
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

fn later() -> NotSent {
    NotSent::Transient("connection refused".into())
}

async fn a_notice_is_queued_once(site: Site) {
    let store = site.open().await;
    let hook = NewNotice { kind: NoticeKind::Webhook, to: "https://shop.example/hook".into(), ..notice("b") };
    assert_eq!(store.queue_notices(&[notice("a"), hook.clone(), notice("a")], NOW).await.unwrap(), 2);
    let other = NewNotice { subject: "other".into(), ..notice("a") };
    assert_eq!(store.queue_notices(&[other, notice("c")], NOW + 1).await.unwrap(), 1);
    let claimed = store.claim_notices(10, NOW + 1).await.unwrap();
    let contents: Vec<_> = claimed.iter().map(|notice| notice.content.clone()).collect();
    assert_eq!(contents.len(), 3);
    assert!(contents[..2].contains(&notice("a")) && contents[..2].contains(&hook), "{contents:?}");
    assert_eq!(contents[2], notice("c"));
    store.notice_sent(claimed[2].id, NOW + 2).await.unwrap();
    store.notice_sent(claimed[2].id, NOW + 9).await.unwrap();
    // Sent long ago, it is still known.
    assert_eq!(store.queue_notices(&[notice("c")], NOW + 3).await.unwrap(), 0);
    store.close().await.unwrap();
    let store = site.open().await;
    let all = store.notices(None, 2).await.unwrap();
    assert_eq!((all[0].content.dedupe.as_str(), all[0].state), ("c", NoticeState::Sent(NOW + 2)));
    let rest = store.notices(all.last(), 10).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert!(rest[0].id != all[1].id);
    let mut nobody = all[0].clone();
    site.sql("DELETE FROM notice WHERE dedupe = 'c'").await;
    nobody.attempts = 1;
    assert!(matches!(store.notice_sent(nobody.id, NOW).await, Err(StoreError::Absent { .. })));
    assert!(matches!(store.notice_failed(&nobody, &later(), NOW).await, Err(StoreError::Absent { .. })));
}

async fn two_senders_never_have_the_same(site: Site) {
    let store = site.open().await;
    let many: Vec<_> = (0..40).map(|number| notice(&number.to_string())).collect();
    store.queue_notices(&many, NOW).await.unwrap();
    let mut senders = Vec::new();
    for _ in 0..8 {
        let store = store.clone();
        senders.push(tokio::spawn(async move { store.claim_notices(7, NOW).await.unwrap() }));
    }
    let mut claimed = Vec::new();
    for sender in senders {
        claimed.extend(sender.await.unwrap().into_iter().map(|notice| notice.id));
    }
    claimed.sort_unstable();
    claimed.dedup();
    assert_eq!(claimed.len(), 40);
    // What is not reported is handed out again, to whoever asks after that time.
    assert_eq!(store.claim_notices(99, NOW + NOTICE_LEASE - 1).await.unwrap(), []);
    assert_eq!(store.claim_notices(99, NOW + NOTICE_LEASE).await.unwrap().len(), 40);
}

async fn failures_are_tried_again_after_longer_and_longer(site: Site) {
    let store = site.open().await;
    store.queue_notices(&[notice("a")], NOW).await.unwrap();
    let (mut now, mut waits) = (NOW, Vec::new());
    loop {
        let claimed = claim_one(&store, now).await;
        match store.notice_failed(&claimed, &later(), now).await.unwrap() {
            NoticeState::Waiting(next) => {
                assert_eq!(store.claim_notices(10, next - 1).await.unwrap(), []);
                waits.push((next - now) / MINUTE);
                now = next;
            }
            state => {
                assert_eq!(state, NoticeState::GivenUp(now));
                break;
            }
        }
    }
    assert_eq!(waits[..10], [1, 2, 4, 8, 16, 32, 64, 128, 256, 360]);
    assert!(waits[10..].iter().all(|wait| *wait == 360), "{waits:?}");
    // As long as three days allow, and no longer.
    let tried = waits.iter().sum::<i64>();
    assert!((3 * 24 * 60 - 360..=3 * 24 * 60).contains(&tried), "{tried}");
    assert_eq!(store.claim_notices(10, i64::MAX).await.unwrap(), []);
    let known = store.notices(None, 1).await.unwrap().remove(0);
    assert_eq!(known.last_error.as_deref(), Some("connection refused"));
    assert_eq!(known.attempts, i64::try_from(waits.len()).unwrap() + 1);
}

async fn a_refusal_for_good_is_given_up_at_once(site: Site) {
    let store = site.open().await;
    store.queue_notices(&[notice("a")], NOW).await.unwrap();
    let claimed = claim_one(&store, NOW).await;
    let refused = NotSent::Permanent("é".repeat(900));
    let state = store.notice_failed(&claimed, &refused, NOW + 1).await.unwrap();
    assert_eq!(state, NoticeState::GivenUp(NOW + 1));
    assert_eq!(store.claim_notices(10, i64::MAX).await.unwrap(), []);
    let told = store.notices(None, 1).await.unwrap().remove(0).last_error.unwrap();
    assert_eq!(told.chars().count(), 500);
}

async fn who_is_late_changes_nothing(site: Site) {
    let store = site.open().await;
    store.queue_notices(&[notice("a")], NOW).await.unwrap();
    let first = claim_one(&store, NOW).await;
    let second = claim_one(&store, NOW + NOTICE_LEASE).await;
    assert_eq!((first.attempts, second.attempts), (1, 2));
    // The first claim has expired: what it says of a failure is not waited for.
    let state =
        store.notice_failed(&first, &NotSent::Permanent("x".into()), NOW + NOTICE_LEASE + 1).await.unwrap();
    assert_eq!(state, second.state);
    // That it was sent after all, is.
    store.notice_sent(first.id, NOW + NOTICE_LEASE + 2).await.unwrap();
    let state = store.notice_failed(&second, &later(), NOW + NOTICE_LEASE + 3).await.unwrap();
    assert_eq!(state, NoticeState::Sent(NOW + NOTICE_LEASE + 2));
    assert_eq!(store.claim_notices(10, i64::MAX).await.unwrap(), []);
}

async fn a_notice_has_one_id_for_good(site: Site) {
    let store = site.open().await;
    store.queue_notices(&[notice("a"), notice("b")], NOW).await.unwrap();
    let before: Vec<_> =
        store.notices(None, 9).await.unwrap().into_iter().map(|one| (one.content.dedupe, one.id)).collect();
    assert!(before[0].1 != before[1].1);
    // As an older copy of the database would be.
    site.sql("DELETE FROM notice").await;
    store.queue_notices(&[notice("b"), notice("a")], NOW).await.unwrap();
    let after: Vec<_> =
        store.notices(None, 9).await.unwrap().into_iter().map(|one| (one.content.dedupe, one.id)).collect();
    assert_eq!(before, after);
}
