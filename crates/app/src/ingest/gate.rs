//! Who may send how much: a bucket of tokens for every key and for every address, an event being one token.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

/// Buckets beyond this many are looked through for full ones, which need not be remembered.
const MANY: usize = 50_000;
/// Beyond this many addresses no further one is let in until some are forgotten.
const MOST: usize = 500_000;

/// Events a second, and how many may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateLimits {
    /// A second, of one key.
    pub key_rate: NonZeroU32,
    /// At once, of one key.
    pub key_burst: NonZeroU32,
    /// A second, from one address.
    pub address_rate: NonZeroU32,
    /// At once, from one address.
    pub address_burst: NonZeroU32,
}

/// The buckets.
#[derive(Debug)]
pub struct Gate {
    keys: DefaultKeyedRateLimiter<i64>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    limits: GateLimits,
}

/// Seconds after which to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// At least 1.
    pub retry_after: u32,
}

impl Gate {
    /// All buckets full.
    pub fn new(limits: GateLimits) -> Self {
        let quota = |rate, burst| Quota::per_second(rate).allow_burst(burst);
        Self {
            keys: RateLimiter::keyed(quota(limits.key_rate, limits.key_burst)),
            addresses: RateLimiter::keyed(quota(limits.address_rate, limits.address_burst)),
            limits,
        }
    }

    /// Takes tokens from an address's bucket.
    ///
    /// # Errors
    /// [`TooMany`] where it does not have them.
    pub fn address(&self, address: IpAddr, events: usize) -> Result<(), TooMany> {
        if self.addresses.len() > MOST {
            self.prune();
            if self.addresses.len() > MOST {
                return Err(TooMany { retry_after: 10 });
            }
        }
        check(&self.addresses, &network(address), events, self.limits.address_burst)
    }

    /// Takes tokens from a key's bucket.
    ///
    /// # Errors
    /// [`TooMany`] where it does not have them.
    pub fn key(&self, key: i64, events: usize) -> Result<(), TooMany> {
        check(&self.keys, &key, events, self.limits.key_burst)
    }

    /// Forgets full buckets. To be called now and then.
    pub fn prune(&self) {
        if self.addresses.len() > MANY || self.keys.len() > MANY {
            self.addresses.retain_recent();
            self.keys.retain_recent();
            self.addresses.shrink_to_fit();
        }
    }

    /// Buckets that are remembered.
    pub fn remembered(&self) -> usize {
        self.addresses.len() + self.keys.len()
    }
}

/// A request of more events than a bucket holds empties it: otherwise it could never come in.
fn check<K: std::hash::Hash + Eq + Clone>(
    limiter: &DefaultKeyedRateLimiter<K>,
    key: &K,
    events: usize,
    burst: NonZeroU32,
) -> Result<(), TooMany> {
    let cells = u32::try_from(events).unwrap_or(u32::MAX).min(burst.get());
    let Some(cells) = NonZeroU32::new(cells) else { return Ok(()) };
    match limiter.check_key_n(key, cells) {
        Ok(Ok(())) | Err(_) => Ok(()),
        Ok(Err(until)) => {
            let wait = until.wait_time_from(DefaultClock::default().now()).max(Duration::from_millis(1));
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            Err(TooMany { retry_after: seconds.min(3_600) })
        }
    }
}

/// Whoever has one address of version 6 has the 2⁶⁴ of its network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(rate: u32, burst: u32) -> Gate {
        let [rate, burst] = [rate, burst].map(|n| NonZeroU32::new(n).unwrap());
        Gate::new(GateLimits { key_rate: rate, key_burst: burst, address_rate: rate, address_burst: burst })
    }

    #[test]
    fn a_bucket_empties_and_says_when_it_will_do() {
        let gate = gate(1, 10);
        assert_eq!(gate.key(1, 10), Ok(()));
        assert!(gate.key(1, 5).is_err_and(|later| (5..=6).contains(&later.retry_after)));
        assert_eq!(gate.key(2, 5), Ok(()), "another key has its own");
        assert_eq!(gate.key(3, 1_000), Ok(()), "a batch larger than the bucket comes in once");
        assert!(gate.key(3, 1).is_err());
        assert_eq!(gate.key(1, 0), Ok(()));
    }

    #[test]
    fn a_network_of_version_6_is_one_address() {
        let gate = gate(1, 1);
        assert_eq!(gate.address("2001:db8::1".parse().unwrap(), 1), Ok(()));
        assert!(gate.address("2001:db8::ffff".parse().unwrap(), 1).is_err());
        assert_eq!(gate.address("2001:db8:0:1::1".parse().unwrap(), 1), Ok(()));
        assert_eq!(gate.address("192.0.2.1".parse().unwrap(), 1), Ok(()));
        assert!(gate.address("::ffff:192.0.2.1".parse().unwrap(), 1).is_err());
    }
}
