//! The outbox, emptied through ways out that take notices, fail for a while, or refuse them.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use fidance_app::{ingest::Clock, notices::Postman};
use fidance_domain::notice::{Mail, Mailer, NotSent, Sending, Webhook, Webhooks};
use fidance_store::{NewNotice, NoticeKind, NoticeState, OpenOptions, Store, StoreLocation};

const NOW: i64 = 1_795_000_000_000_000;
const MINUTE: i64 = 60_000_000;

/// Answers with what it was given, the last first, then takes everything; keeps what it took.
#[derive(Debug, Default)]
struct Way {
    answers: Mutex<Vec<NotSent>>,
    mails: Mutex<Vec<Mail>>,
    webhooks: Mutex<Vec<Webhook>>,
}

impl Way {
    fn answer(&self, take: impl FnOnce()) -> Result<(), NotSent> {
        self.answers.lock().unwrap().pop().map_or_else(
            || {
                take();
                Ok(())
            },
            Err,
        )
    }
}

impl Mailer for Way {
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a> {
        Box::pin(async move { self.answer(|| self.mails.lock().unwrap().push(mail.clone())) })
    }
}

impl Webhooks for Way {
    fn send<'a>(&'a self, webhook: &'a Webhook) -> Sending<'a> {
        Box::pin(async move { self.answer(|| self.webhooks.lock().unwrap().push(webhook.clone())) })
    }
}

fn notice(kind: NoticeKind, to: &str) -> NewNotice {
    NewNotice {
        dedupe: format!("returns-2026-11-09 raised {to}"),
        kind,
        to: to.into(),
        subject: "Retention fell".into(),
        payload: "{}".into(),
    }
}

fn run<F: Future<Output = ()>>(test: impl FnOnce(Store) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let location = StoreLocation::sqlite(folder.path().join("store.sqlite"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async { test(Store::open(&location, OpenOptions::new(NOW)).await.unwrap()).await });
}

#[test]
fn each_notice_takes_its_way_once() {
    run(async |store| {
        let (way, time) = (Arc::new(Way::default()), Arc::new(AtomicI64::new(NOW)));
        let clock = Arc::clone(&time);
        let postman = Postman::new(
            store.clone(),
            Some(Arc::clone(&way) as Arc<_>),
            Arc::clone(&way) as Arc<_>,
            Clock::new(move || clock.load(Ordering::Relaxed)),
        );
        assert!(!postman.send_one().await.unwrap());
        let mail = notice(NoticeKind::Email, "ops@shop.example");
        store.queue_notices(&[mail], NOW).await.unwrap();
        way.answers.lock().unwrap().push(NotSent::Transient("busy".into()));
        assert!(postman.send_one().await.unwrap());
        assert!(!postman.send_one().await.unwrap(), "it waits for a minute");
        time.store(NOW + MINUTE, Ordering::Relaxed);
        let hook = notice(NoticeKind::Webhook, "https://shop.example/hook");
        store.queue_notices(&[hook], NOW + 2).await.unwrap();
        while postman.send_one().await.unwrap() {}
        let ids: Vec<_> =
            store.notices(None, 9).await.unwrap().iter().map(|one| one.id.to_string()).collect();
        let (mails, hooks) = (way.mails.lock().unwrap().clone(), way.webhooks.lock().unwrap().clone());
        assert_eq!((mails.len(), hooks.len()), (1, 1));
        // A mail is as old as its notice; a webhook says when it was called.
        assert_eq!((mails[0].at, hooks[0].at), (NOW, NOW + MINUTE));
        assert_eq!([&hooks[0].id, &mails[0].id], [&ids[0], &ids[1]]);
        assert_eq!(
            (mails[0].to.as_str(), hooks[0].url.as_str()),
            ("ops@shop.example", "https://shop.example/hook")
        );
    });
}

#[test]
fn what_is_refused_for_good_is_given_up_and_what_has_no_way_waits() {
    run(async |store| {
        let way = Arc::new(Way::default());
        let postman = Postman::new(store.clone(), None, Arc::clone(&way) as Arc<_>, Clock::new(|| NOW));
        let mail = notice(NoticeKind::Email, "ops@shop.example");
        let hook = notice(NoticeKind::Webhook, "https://shop.example/hook");
        store.queue_notices(&[mail, hook], NOW).await.unwrap();
        way.answers.lock().unwrap().push(NotSent::Permanent("410 Gone".into()));
        while postman.send_one().await.unwrap() {}
        for known in store.notices(None, 9).await.unwrap() {
            match known.content.kind {
                NoticeKind::Webhook => assert_eq!(known.state, NoticeState::GivenUp(NOW)),
                NoticeKind::Email => {
                    assert_eq!(known.state, NoticeState::Waiting(NOW + MINUTE));
                    assert!(known.last_error.unwrap().contains("mail.host"));
                }
            }
        }
    });
}
