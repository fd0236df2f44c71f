//! A new version of the account's key, and data keys and values under it.

use distri_vault::keys::{Depth, Progress};

use super::support::{Place, ada, open, revealed, set};

fn filled(secrets: usize) -> Place {
    let place = Place::new();
    let vault = place.open();
    for index in 0..secrets {
        set(&vault, &format!("KEY_{index}"), &format!("old-{index}"));
        set(&vault, &format!("KEY_{index}"), &format!("value-{index}"));
    }
    place
}

fn has_all(place: &Place, secrets: usize) {
    let vault = place.open();
    for index in 0..secrets {
        let name = format!("KEY_{index}");
        assert_eq!(
            revealed(&vault, &name, None).unwrap(),
            format!("value-{index}").as_bytes()
        );
        assert_eq!(
            revealed(&vault, &name, Some(1)).unwrap(),
            format!("old-{index}").as_bytes()
        );
    }
    place.is_sound();
}

#[test]
fn data_keys_are_wrapped_anew_and_values_are_not_touched() {
    let place = filled(20);
    let vault = place.open();
    let values = place.bytes("sealed", "secret_versions order by secret, version");
    assert_eq!(ada(&vault).reseal(Depth::Wrap, |_| {}).unwrap(), Progress::default());
    assert_eq!(ada(&vault).rotate_account().unwrap(), 2);
    // New secrets are under the new version at once; those that there are open under the old one.
    set(&vault, "NEW", "n");
    assert_eq!(revealed(&vault, "KEY_3", None).unwrap(), b"value-3");
    let end = ada(&vault).reseal(Depth::Wrap, |_| {}).unwrap();
    assert_eq!((end.done, end.damaged, end.of), (20, 0, 20));
    assert_eq!(ada(&vault).reseal(Depth::Wrap, |_| {}).unwrap(), Progress::default());
    let status = place.around(|around| ada(&vault).key_status(around)).unwrap();
    let data_keys: Vec<u64> = status.account_keys.iter().map(|it| it.data_keys).collect();
    assert_eq!(data_keys, [0, 21]);
    let mut after = place.bytes("sealed", "secret_versions order by secret, version");
    after.retain(|it| values.contains(it));
    assert_eq!(after, values);
    has_all(&place, 20);
}

#[test]
fn deep_replaces_data_keys_and_seals_every_version_anew() {
    let place = filled(20);
    let vault = place.open();
    let values = place.bytes("sealed", "secret_versions");
    ada(&vault).rotate_account().unwrap();
    let mut told = Vec::new();
    let end = ada(&vault).reseal(Depth::Values, |it| told.push(it.done)).unwrap();
    assert_eq!((end.done, end.damaged), (20, 0));
    assert_eq!(told.last(), Some(&20));
    let after = place.bytes("sealed", "secret_versions");
    assert!(after.iter().all(|it| !values.contains(it)));
    assert_eq!(ada(&vault).reseal(Depth::Values, |_| {}).unwrap().done, 0);
    has_all(&place, 20);
    // An old envelope does not open under the new key.
    let sql = format!("update secret_versions set sealed = x'{}'", values[0]);
    place.hands().execute_batch(&sql).unwrap();
    assert!((0..20).all(|it| revealed(&vault, &format!("KEY_{it}"), None).is_err()));
}

#[test]
fn whoever_was_stopped_goes_on_from_there() {
    let place = filled(100);
    let vault = place.open();
    ada(&vault).rotate_account().unwrap();
    drop(vault);
    // A panic in the middle leaves what a kill leaves: the batches that committed.
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let vault = open(&place.home()).unwrap();
        let _ = ada(&vault).reseal(Depth::Values, |it| assert!(it.done < 64, "stopped"));
    }));
    assert!(stopped.is_err());
    has_all(&place, 100);
    let vault = place.open();
    let end = ada(&vault).reseal(Depth::Values, |_| {}).unwrap();
    assert_eq!((end.done, end.of), (36, 36));
    has_all(&place, 100);
}

#[test]
fn a_damaged_secret_is_counted_and_stops_no_other() {
    let place = filled(40);
    let vault = place.open();
    ada(&vault).rotate_account().unwrap();
    let ids = place.bytes("id", "data_keys order by id");
    for sql in [
        format!("update data_keys set wrapped = zeroblob(61) where id = x'{}'", ids[2]),
        format!(
            "update secret_versions set sealed = zeroblob(40) where version = 1 and data_key = x'{}'",
            ids[6]
        ),
    ] {
        place.hands().execute_batch(&sql).unwrap();
    }
    let end = ada(&vault).reseal(Depth::Wrap, |_| {}).unwrap();
    let first = end.first_damaged.unwrap();
    assert!(
        first.starts_with("`KEY_2` in") && first.contains("its data key does not unwrap"),
        "{first}"
    );
    assert_eq!((end.done, end.damaged), (39, 1));
    let end = ada(&vault).reseal(Depth::Values, |_| {}).unwrap();
    assert_eq!((end.done, end.damaged), (38, 2));
    let readable = (0..40).filter(|it| revealed(&vault, &format!("KEY_{it}"), None).is_ok());
    assert_eq!(readable.count(), 39);
}
