//! A name that was perhaps meant.

/// Whether one insertion, deletion or replacement turns one into the other.
#[must_use]
pub fn is_near(known: &str, name: &str) -> bool {
    let (a, b) = (known.as_bytes(), name.as_bytes());
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let end = a[start..]
        .iter()
        .rev()
        .zip(b[start..].iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    a.len().max(b.len()) - start - end <= 1
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn one_slip_is_near() {
        for (known, name, near) in [
            ("required", "require", true),
            ("required", "requiredd", true),
            ("required", "reqiired", true),
            ("required", "optional", false),
            ("model", "modell", true),
            ("aa", "aaaa", false),
        ] {
            assert_eq!(is_near(known, name), near, "{known} {name}");
        }
    }
}
