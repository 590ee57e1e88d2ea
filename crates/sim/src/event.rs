//! What is recorded of a visit: names of events in the e-commerce vocabulary of Segment, and beside them the
//! words for security that it lacks.

use crate::{calendar::Micros, draw::mix, segment::Profile};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum EventName {
    ProductsSearched,
    ProductViewed,
    ProductAdded,
    CartViewed,
    CheckoutStarted,
    SignedIn,
    AccountCreated,
    PasswordChanged,
    AuthenticationChallenged,
    AuthenticationSucceeded,
    AuthenticationFailed,
    AuthenticationAbandoned,
    SecurityWarningShown,
    PaymentInfoEntered,
    PaymentChallenged,
    PaymentRefused,
    OrderCompleted,
}

impl EventName {
    const ALL: [Self; 17] = [
        Self::ProductsSearched,
        Self::ProductViewed,
        Self::ProductAdded,
        Self::CartViewed,
        Self::CheckoutStarted,
        Self::SignedIn,
        Self::AccountCreated,
        Self::PasswordChanged,
        Self::AuthenticationChallenged,
        Self::AuthenticationSucceeded,
        Self::AuthenticationFailed,
        Self::AuthenticationAbandoned,
        Self::SecurityWarningShown,
        Self::PaymentInfoEntered,
        Self::PaymentChallenged,
        Self::PaymentRefused,
        Self::OrderCompleted,
    ];

    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::ProductsSearched => "Products Searched",
            Self::ProductViewed => "Product Viewed",
            Self::ProductAdded => "Product Added",
            Self::CartViewed => "Cart Viewed",
            Self::CheckoutStarted => "Checkout Started",
            Self::SignedIn => "Signed In",
            Self::AccountCreated => "Account Created",
            Self::PasswordChanged => "Password Changed",
            Self::AuthenticationChallenged => "Authentication Challenged",
            Self::AuthenticationSucceeded => "Authentication Succeeded",
            Self::AuthenticationFailed => "Authentication Failed",
            Self::AuthenticationAbandoned => "Authentication Abandoned",
            Self::SecurityWarningShown => "Security Warning Shown",
            Self::PaymentInfoEntered => "Payment Info Entered",
            Self::PaymentChallenged => "Payment Challenged",
            Self::PaymentRefused => "Payment Refused",
            Self::OrderCompleted => "Order Completed",
        }
    }

    pub(crate) fn of(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::OrderCompleted)
    }
}

/// Why a step ended as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Reason {
    None,
    WrongCode,
    OtpTimeout,
    NoPhone,
    UserCancelled,
    DeliveryDelay,
    NewDevice,
    SmsCode,
    CertificateExpired,
    ThreeDs,
    ThreeDsFailed,
    InsufficientFunds,
    DoNotHonor,
}

impl Reason {
    const ALL: [Self; 13] = [
        Self::None,
        Self::WrongCode,
        Self::OtpTimeout,
        Self::NoPhone,
        Self::UserCancelled,
        Self::DeliveryDelay,
        Self::NewDevice,
        Self::SmsCode,
        Self::CertificateExpired,
        Self::ThreeDs,
        Self::ThreeDsFailed,
        Self::InsufficientFunds,
        Self::DoNotHonor,
    ];

    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::WrongCode => "wrong_code",
            Self::OtpTimeout => "otp_timeout",
            Self::NoPhone => "no_phone",
            Self::UserCancelled => "user_cancelled",
            Self::DeliveryDelay => "delivery_delay",
            Self::NewDevice => "new_device",
            Self::SmsCode => "sms_code",
            Self::CertificateExpired => "certificate_expired",
            Self::ThreeDs => "3ds",
            Self::ThreeDsFailed => "3ds_failed",
            Self::InsufficientFunds => "insufficient_funds",
            Self::DoNotHonor => "do_not_honor",
        }
    }

    pub(crate) fn of(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::None)
    }
}

/// What stands in place of the customer's id.
pub(crate) const NOBODY: [&str; 6] =
    ["", "null", "undefined", "anonymous", "[object Object]", "00000000-0000-0000-0000-000000000000"];

/// In [`Event::id`]: the customer's own id.
pub(crate) const OWN: u8 = 0;
/// In [`Event::id`]: the customer's own id; a client says beside it under which it knew the visitor.
pub(crate) const KNOWN: u8 = u8::MAX - 1;
/// In [`Event::id`]: the id of a visitor not yet known as this customer.
pub(crate) const ANONYMOUS: u8 = u8::MAX;

/// One row of the events file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    /// When it reached the file; the file in order of time is in this order.
    pub(crate) received: Micros,
    pub(crate) at: Micros,
    pub(crate) customer: u32,
    /// Number of the event among the customer's; its message id follows from it.
    pub(crate) sequence: u32,
    /// Number of the visit among the customer's.
    pub(crate) session: u32,
    /// Order value in hundredths; 0 where it is no order.
    pub(crate) cents: u32,
    pub(crate) name: EventName,
    pub(crate) reason: Reason,
    /// Under which id it is recorded: [`OWN`], [`KNOWN`], [`ANONYMOUS`], or one more than an index into [`NOBODY`].
    pub(crate) id: u8,
    /// Seconds by which the clock of the client that sends it is ahead; told in messages alone.
    pub(crate) ahead: i32,
    pub(crate) profile: Profile,
}

/// Bytes of an event in a temporary file.
pub(crate) const EVENT_BYTES: usize = 45;

impl Event {
    pub(crate) fn message_id(&self, seed: u64) -> u64 {
        mix(seed ^ 0x6d65_7373_6167_6573) ^ mix((u64::from(self.customer) << 32) | u64::from(self.sequence))
    }

    pub(crate) fn session_id(&self, seed: u64) -> u64 {
        mix(seed ^ 0x7669_7369_7473_2121) ^ mix((u64::from(self.customer) << 32) | u64::from(self.session))
    }

    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.received.to_le_bytes());
        into.extend_from_slice(&self.at.to_le_bytes());
        for number in [self.customer, self.sequence, self.session, self.cents] {
            into.extend_from_slice(&number.to_le_bytes());
        }
        into.extend_from_slice(&self.ahead.to_le_bytes());
        into.extend_from_slice(&[self.name as u8, self.reason as u8, self.id]);
        into.extend_from_slice(&self.profile);
    }

    pub(crate) fn decode(bytes: &[u8; EVENT_BYTES]) -> Self {
        let mut rest = bytes.as_slice();
        Self {
            received: i64::from_le_bytes(take(&mut rest)),
            at: i64::from_le_bytes(take(&mut rest)),
            customer: u32::from_le_bytes(take(&mut rest)),
            sequence: u32::from_le_bytes(take(&mut rest)),
            session: u32::from_le_bytes(take(&mut rest)),
            cents: u32::from_le_bytes(take(&mut rest)),
            ahead: i32::from_le_bytes(take(&mut rest)),
            name: EventName::of(u8::from_le_bytes(take(&mut rest))),
            reason: Reason::of(u8::from_le_bytes(take(&mut rest))),
            id: u8::from_le_bytes(take(&mut rest)),
            profile: take(&mut rest),
        }
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let Some((head, tail)) = rest.split_first_chunk::<N>() else {
        return [0; N];
    };
    *rest = tail;
    *head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_back_from_its_bytes() {
        let event = Event {
            received: 9,
            at: -5,
            customer: 1,
            sequence: 2,
            session: 3,
            cents: 4,
            name: EventName::PaymentRefused,
            reason: Reason::DoNotHonor,
            id: 2,
            ahead: -7,
            profile: [1, 2, 3, 4, 5, 6],
        };
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        assert_eq!(Event::decode(bytes.as_slice().try_into().unwrap()), event);
    }

    #[test]
    fn names_and_reasons_are_numbered_as_listed() {
        assert!(EventName::ALL.iter().all(|name| EventName::of(*name as u8) == *name));
        assert!(Reason::ALL.iter().all(|reason| Reason::of(*reason as u8) == *reason));
    }
}
