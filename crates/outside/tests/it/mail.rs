//! Mail: what a server is told, and what becomes of its refusals.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    thread::JoinHandle,
    time::Duration,
};

use fidance_domain::notice::{Mail, Mailer as _, NotSent};
use fidance_outside::{Login, MailError, Security, SmtpMailer, SmtpServer};

use crate::{NOW, run};

/// What a mail server does at one command.
type Habit = fn(&str) -> Option<&'static str>;

/// Answers one connection as a mail server: everything is welcome but what the habit answers otherwise. Gives the
/// commands it heard, and the mail.
fn server(habit: Habit) -> (u16, JoinHandle<(Vec<String>, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, std::thread::spawn(move || answer(&listener.accept().unwrap().0, habit)))
}

fn answer(stream: &TcpStream, habit: Habit) -> (Vec<String>, String) {
    let (mut out, mut lines) = (stream.try_clone().unwrap(), BufReader::new(stream).lines());
    let (mut heard, mut mail) = (Vec::new(), String::new());
    out.write_all(b"220 mail.example ESMTP\r\n").unwrap();
    while let Some(Ok(line)) = lines.next() {
        let usual = match line.split(' ').next().unwrap() {
            "EHLO" => "250-mail.example\r\n250-AUTH PLAIN\r\n250 8BITMIME",
            "AUTH" => "235 welcome",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        let said = habit(&line).unwrap_or(usual);
        heard.push(line);
        if out.write_all(format!("{said}\r\n").as_bytes()).is_err() || said.starts_with("221") {
            break;
        }
        if said.starts_with("354") {
            for line in lines.by_ref().map_while(Result::ok).take_while(|line| line != ".") {
                mail.push_str(&line);
                mail.push('\n');
            }
            let said = habit(".").unwrap_or("250 taken");
            out.write_all(format!("{said}\r\n").as_bytes()).unwrap();
        }
    }
    (heard, mail)
}

fn mailer(port: u16, security: Security, login: Option<Login>) -> SmtpMailer {
    let from = "Fidance <alarm@shop.example>".to_owned();
    SmtpMailer::new(&SmtpServer { host: "127.0.0.1".into(), port, security, login, from }).unwrap()
}

fn mail() -> Mail {
    Mail {
        id: "00ff".into(),
        to: "Émilie <ops@shop.example>".into(),
        subject: "Retention fell\r\nBcc: all@shop.example".into(),
        text: "Returns were 812, expected 900 – 980.\n\nhttps://console.example/alarms\n".into(),
        at: NOW,
    }
}

#[test]
fn a_mail_is_handed_over_once_with_both_texts_and_an_id() {
    let (port, server) = server(|_| None);
    let login = Login { user: "shop".into(), password: "geheim".into() };
    run(mailer(port, Security::None, Some(login)).send(&mail())).unwrap();
    let (heard, mail) = server.join().unwrap();
    // What PLAIN says: NUL, the name, NUL, the password.
    assert!(heard.contains(&"AUTH PLAIN AHNob3AAZ2VoZWlt".to_owned()), "{heard:?}");
    assert!(heard.iter().any(|line| line.starts_with("MAIL FROM:<alarm@shop.example>")), "{heard:?}");
    assert_eq!(
        heard.iter().filter(|line| line.starts_with("RCPT")).collect::<Vec<_>>(),
        ["RCPT TO:<ops@shop.example>"]
    );
    for header in [
        "Message-ID: <00ff@shop.example>",
        "Date: Wed, 18 Nov 2026 11:06:40 +0000",
        "Auto-Submitted: auto-generated",
        "From: Fidance <alarm@shop.example>",
    ] {
        assert!(mail.lines().any(|line| line == header), "{header} is not in\n{mail}");
    }
    assert!(!mail.lines().any(|line| line.starts_with("Bcc")), "{mail}");
    assert!(mail.contains("multipart/alternative"), "{mail}");
    let (plain, html) = (mail.find("text/plain").unwrap(), mail.find("text/html").unwrap());
    // The last part is the one that a reader prefers.
    assert!(plain < html);
    assert!(
        mail.contains("<a href=3D\"https://console.example/alarms\">")
            || mail.contains("<a href=\"https://console.example/alarms\">"),
        "{mail}"
    );
}

#[test]
fn refusals_are_for_now_or_for_good() {
    let cases: [(Habit, bool, &str); 6] = [
        (|line| line.starts_with("RCPT").then_some("550 no such person"), true, "no such person"),
        (|line| line.starts_with("RCPT").then_some("450 come back later"), false, "come back later"),
        (|line| line.starts_with("MAIL").then_some("421 closing"), false, "closing"),
        (|line| (line == ".").then_some("554 looks like spam"), true, "looks like spam"),
        (|line| (line == ".").then_some("452 disk full"), false, "disk full"),
        // The password can be put right; the mail is as good as before.
        (|line| line.starts_with("AUTH").then_some("535 wrong password"), false, "wrong password"),
    ];
    for (habit, is_permanent, text) in cases {
        let (port, server) = server(habit);
        let login = Login { user: "shop".into(), password: "geheim".into() };
        let refused = run(mailer(port, Security::None, Some(login)).send(&mail())).unwrap_err();
        assert_eq!(refused.is_permanent(), is_permanent, "{refused}");
        let told = refused.to_string();
        assert!(told.contains(text) && !told.contains("812") && !told.contains("geheim"), "{told}");
        server.join().unwrap();
    }
}

#[test]
fn nothing_is_said_in_clear_where_encryption_is_asked_for() {
    let (port, server) = server(|_| None);
    let login = Login { user: "shop".into(), password: "geheim".into() };
    let refused = run(mailer(port, Security::StartTls, Some(login)).send(&mail())).unwrap_err();
    assert!(!refused.is_permanent(), "{refused}");
    let (heard, mail) = server.join().unwrap();
    assert!(heard.iter().all(|line| line.starts_with("EHLO") || line.starts_with("QUIT")), "{heard:?}");
    assert_eq!(mail, "");
}

#[test]
fn a_server_that_is_silent_or_gone_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mailer = mailer(port, Security::None, None).within(Duration::from_millis(300));
    let silent = run(mailer.send(&mail())).unwrap_err();
    assert_eq!(silent, NotSent::Transient("the mail server took too long".into()));
    drop(listener);
    let gone = run(mailer.send(&mail())).unwrap_err();
    assert!(!gone.is_permanent(), "{gone}");
}

#[test]
fn addresses_that_are_none_are_told() {
    let server = SmtpServer {
        host: "mail.example".into(),
        port: 587,
        security: Security::StartTls,
        login: None,
        from: "nobody".into(),
    };
    let told = SmtpMailer::new(&server).unwrap_err();
    assert!(matches!(told, MailError::From { .. }) && told.to_string().contains("nobody"), "{told}");
    let to = Mail { to: "nobody".into(), ..mail() };
    let refused = run(mailer(1, Security::None, None).send(&to)).unwrap_err();
    assert!(refused.is_permanent() && refused.to_string().contains("nobody"), "{refused}");
}
