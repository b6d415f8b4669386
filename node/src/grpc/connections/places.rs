//! Places for connections: so many in all, and no more than a share of them for one address, so
//! that a single machine cannot keep everybody else out.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One address may hold a quarter of all places.
const SHARE: usize = 4;
/// An IPv6 subscriber has a network of so many bits to itself, so it counts as one address.
const IPV6_NETWORK: u128 = !0 << 64;

type Taken = Arc<Mutex<BTreeMap<IpAddr, usize>>>;

pub struct Places {
    free: Arc<Semaphore>,
    most_of_one: usize,
    taken: Taken,
    /// How many are taken, for whoever watches the node.
    open: Gauge,
}

/// Taken by one connection, until it is dropped.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    _counted: Option<Counted>,
    open: Gauge,
}

struct Counted {
    address: IpAddr,
    taken: Taken,
}

impl Places {
    pub fn new(most: usize, open: Gauge) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most)),
            most_of_one: most.div_ceil(SHARE),
            taken: Taken::default(),
            open,
        }
    }

    /// Waits for a free place.
    pub async fn free(&self) -> OwnedSemaphorePermit {
        let permit = self.free.clone().acquire_owned().await;
        permit.expect("this semaphore is never closed")
    }

    /// Gives a free place to an address, unless it has its share already. This machine has no
    /// share: a proxy on it speaks for many.
    pub fn give(&self, free: OwnedSemaphorePermit, address: IpAddr) -> Option<Place> {
        let address = subscriber(address);
        let counted = match address.is_loopback() {
            true => None,
            false => Some(self.count(address)?),
        };
        self.open.inc();
        Some(Place {
            _permit: free,
            _counted: counted,
            open: self.open.clone(),
        })
    }

    fn count(&self, address: IpAddr) -> Option<Counted> {
        let mut taken = lock(&self.taken);
        let of_one = taken.entry(address).or_default();
        if *of_one >= self.most_of_one {
            return None;
        }
        *of_one += 1;
        Some(Counted {
            address,
            taken: self.taken.clone(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.dec();
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        if let Some(of_one) = taken.get_mut(&self.address) {
            *of_one -= 1;
            if *of_one == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            Ipv6Addr::from_bits(v6.to_bits() & IPV6_NETWORK).into()
        }
        other => other,
    }
}

/// No code panics while it holds this lock, so its content is whole in any case.
fn lock(taken: &Taken) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn enter(places: &Places, address: &str) -> Option<Place> {
        places.give(places.free().await, address.parse().unwrap())
    }

    #[tokio::test]
    async fn one_address_gets_its_share_and_no_more() {
        let open = Gauge::default();
        let places = Places::new(8, open.clone());
        let first = enter(&places, "192.0.2.1").await.unwrap();
        let second = enter(&places, "::ffff:192.0.2.1").await.unwrap();
        assert!(enter(&places, "192.0.2.1").await.is_none());
        let other = enter(&places, "192.0.2.2").await.unwrap();
        drop(first);
        let _third = enter(&places, "192.0.2.1").await.unwrap();
        drop((second, other));
        assert_eq!(lock(&places.taken).len(), 1);
        assert_eq!(open.get(), 1);
        assert_eq!(places.free.available_permits(), 7);
    }

    #[tokio::test]
    async fn a_network_of_ipv6_counts_as_one_and_this_machine_not_at_all() {
        let places = Places::new(4, Gauge::default());
        let _place = enter(&places, "2001:db8::1").await.unwrap();
        assert!(enter(&places, "2001:db8::2").await.is_none());
        let _other = enter(&places, "2001:db8:0:1::1").await.unwrap();
        let _own = enter(&places, "127.0.0.1").await.unwrap();
        assert!(enter(&places, "::1").await.is_some());
    }
}
