//! Line of a compiled module → line of the file that a person wrote.
//!
//! The compiler prints one statement a line, whatever the file's layout, so a place in its output alone misleads. Kept are
//! the places where a line begins, in the output or in the file: an exception points at its statement.

use serde::{Deserialize, Serialize};

/// Output line and column, file line and column, all from 0, in the order of the output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Places(Vec<[u32; 4]>);

impl Places {
    /// Thins out what the printer knows of every name and number.
    pub(super) fn new(all: impl Iterator<Item = [u32; 4]>) -> Self {
        let mut places: Vec<[u32; 4]> = Vec::new();
        for place in all {
            let again = places.last().is_some_and(|it| it[0] == place[0] && it[2] == place[2]);
            if !again {
                places.push(place);
            }
        }
        Self(places)
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Line and column of the file behind a line and a column of the output, all from 1.
    #[must_use]
    pub fn of(&self, line: u32, column: u32) -> Option<(u32, u32)> {
        let at = [line.checked_sub(1)?, column.saturating_sub(1)];
        let behind = self.0.partition_point(|it| it[..2] <= at[..]);
        let place = self.0.get(behind.checked_sub(1)?)?;
        Some((place[2] + 1, place[3] + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_of_a_place_is_found() {
        let all = [[0, 0, 2, 4], [0, 9, 2, 13], [1, 1, 2, 20], [1, 5, 3, 0], [4, 2, 7, 1]];
        let places = Places::new(all.into_iter());
        assert_eq!(places.0.len(), 4, "the second says nothing new");
        for (output, file) in [
            ((1, 1), (3, 5)),
            ((1, 50), (3, 5)),
            ((2, 2), (3, 21)),
            ((2, 6), (4, 1)),
            ((4, 1), (4, 1)),
            ((5, 3), (8, 2)),
            ((9, 9), (8, 2)),
        ] {
            assert_eq!(places.of(output.0, output.1), Some(file), "{output:?}");
        }
        assert_eq!(places.of(0, 0), None);
        assert_eq!(Places::default().of(1, 1), None);
    }
}
