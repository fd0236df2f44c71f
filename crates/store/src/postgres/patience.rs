//! How long and how often something that passes is tried again.

use std::time::{Duration, Instant};

use super::OUTAGE_SECONDS;
use super::cause::Cause;

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The attempts at one unit of work.
pub(super) struct Patience {
    since: Instant,
    attempts: u32,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            attempts: 0,
        }
    }

    /// Whether to try again, after a pause. The first time there is none: a connection that lay idle may just have been
    /// closed by the other side.
    pub(super) fn again(&mut self, cause: &Cause) -> bool {
        if !cause.passes() || self.since.elapsed() >= Duration::from_secs(OUTAGE_SECONDS) {
            return false;
        }
        if self.attempts > 0 {
            let pause = FIRST_PAUSE * 2_u32.saturating_pow(self.attempts.min(10));
            std::thread::sleep(self.spread(pause.min(LONGEST_PAUSE)));
        }
        self.attempts += 1;
        true
    }

    /// Between half of a pause and all of it, so that those who were refused together do not come back together.
    fn spread(&self, pause: Duration) -> Duration {
        let chance = self.since.elapsed().subsec_nanos() % 1_000;
        pause / 2 + pause / 2 * chance / 1_000
    }
}
