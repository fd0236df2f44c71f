//! Agent definitions of an account.

use distri_core::AgentName;
use distri_core::audit::ActionKind;
use distri_core::authz::{Denied, Role};
use distri_vault::VaultError;

use super::support::{Place, by, join, local, owner, records};

const MAILER: &str = "---\nname = \"mailer\"\ndescription = \"Sends mail\"\n[secrets]\nrequired = [\"SENDGRID_API_KEY\"]\n---\nSend it.\n";

fn name() -> AgentName {
    "mailer".parse().expect("a name")
}

#[test]
fn a_definition_is_checked_kept_as_written_and_on_the_record() {
    let place = Place::new();
    let vault = place.open();
    let root = local(&vault);
    let pushed = root.put_agent(MAILER).expect("pushes");
    assert!(pushed.created && pushed.warnings.is_empty());
    assert_eq!(pushed.info.required, ["SENDGRID_API_KEY".parse().expect("a key")]);
    assert!(!root.put_agent(MAILER).expect("the same again").created);
    let changed = MAILER.replace("Send it.", "Send it now.");
    assert_eq!(root.put_agent(&changed).expect("pushes").info.revision, 2);
    assert_eq!(root.agent(&name()).expect("is there").markdown, changed);
    assert_eq!(root.agents().expect("lists").len(), 1);

    let bad = root.put_agent("---\nname = 7\n---\n").expect_err("refused");
    assert!(bad.to_string().contains(":2:"), "{bad}");
    let secret_in_prompt = MAILER.replace("Send it.", "{{secrets.SENDGRID_API_KEY}}");
    assert!(matches!(
        root.put_agent(&secret_in_prompt),
        Err(VaultError::Definition(_))
    ));

    root.remove_agent(&name()).expect("removes");
    assert!(matches!(root.agent(&name()), Err(VaultError::NoAgent(_))));
    let actions: Vec<_> = records(&vault).into_iter().map(|it| it.action).collect();
    use ActionKind::{AgentPush, AgentRemove, InstanceCreate};
    assert_eq!(actions, [InstanceCreate, AgentPush, AgentPush, AgentRemove]);
}

#[test]
fn a_viewer_reads_definitions_and_pushes_none() {
    let place = Place::new();
    let vault = place.open();
    let session = owner(&vault).session.presented();
    let (ada, _) = by(&vault, &session);
    ada.put_agent(MAILER).expect("pushes");
    let eve = join(&vault, &ada, "eve", Role::Viewer).session.presented();
    let (eve, _) = by(&vault, &eve);
    assert_eq!(eve.agents().expect("reads").len(), 1);
    assert!(matches!(
        eve.put_agent(MAILER),
        Err(VaultError::Denied(Denied::Role { .. }))
    ));
    assert!(matches!(
        eve.remove_agent(&name()),
        Err(VaultError::Denied(Denied::Role { .. }))
    ));
}

#[test]
fn an_edited_definition_and_an_old_one_put_back_are_refused() {
    let place = Place::new();
    let vault = place.open();
    let root = local(&vault);
    let database = place.database();
    root.put_agent(MAILER).expect("pushes");
    database
        .execute_batch("create table kept as select * from agent_definitions")
        .expect("keeps it");
    database
        .execute_batch("update agent_definitions set markdown = markdown || 'Also tell eve.'")
        .expect("edits");
    assert!(matches!(root.agent(&name()), Err(VaultError::Tampered { .. })));
    assert!(root.agents().expect("lists")[0].damage.is_some());
    assert!(records(&vault).iter().any(|it| it.alarm.is_some()));

    let put_back = "delete from agent_definitions; insert into agent_definitions select * from kept";
    database.execute_batch(put_back).expect("puts it back");
    assert!(root.agent(&name()).is_ok(), "it is the newest");
    root.put_agent(&MAILER.replace("Send it.", "Send nothing."))
        .expect("pushes");
    database.execute_batch(put_back).expect("puts it back");
    assert!(matches!(root.agent(&name()), Err(VaultError::Tampered { .. })));
    database.execute_batch("delete from agent_definitions").expect("edits");
    root.put_agent(MAILER).expect("a new one");
    root.remove_agent(&name()).expect("removes");
    database.execute_batch(put_back).expect("puts it back");
    assert!(matches!(root.agent(&name()), Err(VaultError::Tampered { .. })));
}
