//! How often in a second: a bucket for each token or address that fills by the rate and holds two seconds of it.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The most buckets: whoever comes from ever new addresses gets no more memory than this.
const BUCKETS: usize = 16 * 1024;
/// How many seconds of the rate a bucket holds.
const BURST: f64 = 2.0;

/// A rate for each of many.
pub(crate) struct Rates {
    per_second: AtomicU32,
    hasher: RandomState,
    buckets: Mutex<HashMap<u64, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Rates {
    /// So many a second; 0 for any number.
    pub(crate) fn new(per_second: u32) -> Self {
        Self {
            per_second: AtomicU32::new(per_second),
            hasher: RandomState::new(),
            buckets: Mutex::default(),
        }
    }

    /// So many from now on.
    pub(crate) fn change_to(&self, per_second: u32) {
        self.per_second.store(per_second, Ordering::Relaxed);
    }

    /// Takes one of `who`'s; whether there was one left.
    pub(crate) fn take(&self, who: &impl Hash) -> bool {
        self.change(who, 1.0)
    }

    /// Whether `who` has one left, without taking it.
    pub(crate) fn has(&self, who: &impl Hash) -> bool {
        self.change(who, 0.0)
    }

    fn change(&self, who: &impl Hash, cost: f64) -> bool {
        let per_second = f64::from(self.per_second.load(Ordering::Relaxed));
        if per_second == 0.0 {
            return true;
        }
        let now = Instant::now();
        let full = per_second * BURST;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS {
            // A bucket that is full again says nothing; where all say something, forgetting is better than refusing.
            buckets.retain(|_, it| it.filled(now, per_second, full) < full);
            if buckets.len() >= BUCKETS {
                buckets.clear();
            }
        }
        let bucket = buckets
            .entry(self.hasher.hash_one(who))
            .or_insert(Bucket { left: full, at: now });
        bucket.left = bucket.filled(now, per_second, full);
        bucket.at = now;
        let is_left = bucket.left >= 1.0;
        if is_left {
            bucket.left -= cost;
        }
        is_left
    }
}

impl Bucket {
    fn filled(&self, now: Instant, per_second: f64, full: f64) -> f64 {
        let since = now.duration_since(self.at).as_secs_f64();
        full.min(self.left + since * per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_and_the_memory_is_bounded() {
        let rates = Rates::new(1);
        assert!(rates.take(&1) && rates.has(&1) && rates.take(&1));
        assert!(!rates.take(&1) && !rates.has(&1), "two seconds' worth are used up");
        assert!(rates.take(&2));
        for who in 0..3 * BUCKETS {
            rates.take(&(who, "another"));
        }
        assert!(rates.buckets.lock().expect("no test panics with it").len() <= BUCKETS);
        let any = Rates::new(0);
        assert!((0..10_000).all(|_| any.take(&1)));
    }
}
