//! The rules of the tree hold for the tree that this test stands in.

#[test]
fn tree_is_tidy() {
    let faults = xtask::tidy::check(&xtask::root()).unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
