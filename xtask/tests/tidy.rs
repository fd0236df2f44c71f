//! Tidy as a test, so that no run of the tests passes over an untidy tree.

#[test]
fn the_tree_is_tidy() {
    let faults = xtask::tidy::faults(&xtask::root());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
