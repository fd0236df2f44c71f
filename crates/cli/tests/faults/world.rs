//! A home in which commands run whose effects are known, and what is known of it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use distri_core::age::Identity;
use xtask::postgres::{Database, Kept};

use crate::state::{State, look};
use crate::steps::Step;
use crate::support::{Done, Home, finish};

/// Secrets that are always there, so that what walks them all takes its time.
pub(crate) const FILL: usize = 90;

pub(crate) struct World {
    pub(crate) home: Home,
    /// Where the rows are, if not in the home.
    database: Option<Database>,
    /// For what is no part of a story, and never on its disk.
    elsewhere: tempfile::TempDir,
    pub(crate) known: State,
    /// What the newest backup has.
    pub(crate) in_backup: State,
    /// What the copied database has.
    pub(crate) in_copy: State,
    /// That copy, if it is on a server.
    kept: Option<Kept>,
    /// How many records there were when it was last looked at.
    pub(crate) records: u64,
    pub(crate) recipient: String,
    /// For each command that may have been given the value, whether there is a record of it.
    given: Vec<(usize, bool)>,
}

impl World {
    /// A home that is not set up.
    pub(crate) fn new() -> Self {
        Self::at(&std::env::temp_dir())
    }

    /// One below a directory.
    pub(crate) fn at(directory: &Path) -> Self {
        let home = Home::at(directory);
        let identity = Identity::generate();
        home.write("identity.txt", &*identity.expose_secret());
        Self {
            home,
            database: None,
            elsewhere: tempfile::tempdir().unwrap(),
            known: State::first(),
            in_backup: State::default(),
            in_copy: State::default(),
            kept: None,
            records: 0,
            recipient: identity.recipient().to_string(),
            given: Vec::new(),
        }
    }

    /// One with secrets whose rows are on a PostgreSQL server.
    pub(crate) fn on_a_server() -> Self {
        let mut world = Self::on(Database::create().unwrap());
        world.fill(30);
        world
    }

    /// One that is not set up, whose rows are in this database.
    pub(crate) fn on(database: Database) -> Self {
        let mut world = Self::new();
        world
            .home
            .variables
            .push(("DISTRI_DATABASE_URL".to_owned(), database.url()));
        world.database = Some(database);
        world
    }

    /// Where the rows are, if not in the home.
    pub(crate) fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// The home as the vault opens it.
    pub(crate) fn vault_home(&self) -> distri_vault::Home {
        let home = distri_vault::Home::below(&self.home.path());
        home.with_database(self.database.as_ref().map(|it| it.url().parse().unwrap()))
    }

    /// One with secrets.
    pub(crate) fn full() -> Self {
        let mut world = Self::new();
        world.fill(FILL);
        world
    }

    pub(crate) fn fill(&mut self, count: usize) {
        let lines = (0..count).map(|it| format!("FILL_{it}=value-of-{it}-long-enough\n"));
        let path = self.home.write("fill.env", lines.collect::<String>());
        let mut import = self.command(&["secrets", "import", path.to_str().unwrap()]);
        finish(import.stdin(Stdio::null()).output().unwrap()).ok();
        let known = (0..count).map(|it| (format!("FILL_{it}"), Some(format!("value-of-{it}-long-enough"))));
        self.known.values.extend(known);
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.home.command(args)
    }

    /// Starts a step's command. Its input is in a file, so that a kill finds nobody at a pipe.
    pub(crate) fn start(&mut self, step: &Step, round: usize, extra: &[(&str, &str)]) -> Child {
        self.records = self.count_records();
        let args = (step.args)(self, round);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let input = self.elsewhere.path().join("input");
        std::fs::write(&input, step.input.map_or_else(String::new, |it| it(round))).unwrap();
        let mut command = self.command(&args);
        command.envs(extra.iter().copied());
        command.stdin(std::fs::File::open(input).unwrap());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// How many records there are.
    pub(crate) fn count_records(&self) -> u64 {
        self.number("select size from audit_head")
    }

    /// How many records of something there are.
    pub(crate) fn count_actions(&self, action: &str) -> usize {
        let count = self.number(&format!("select count(*) from audit_records where action = '{action}'"));
        usize::try_from(count).unwrap()
    }

    /// A number that the database answers, if there is one; opening a file for it must not fold its log.
    fn number(&self, sql: &str) -> u64 {
        if let Some(database) = &self.database {
            let answer = database.sql(sql);
            return answer.ok().and_then(|it| it.trim().parse().ok()).unwrap_or(0);
        }
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = rusqlite::Connection::open_with_flags(self.home.database(), flags);
        let answer = database.and_then(|it| it.query_row(sql, [], |row| row.get::<_, i64>(0)));
        answer.map_or(0, i64::cast_unsigned)
    }

    /// Runs a step to its end.
    #[track_caller]
    pub(crate) fn run(&mut self, step: &Step, round: usize) -> Done {
        let done = finish(self.start(step, round, &[]).wait_with_output().unwrap());
        assert_eq!(done.code, 0, "{} in round {round}: {}", step.name, done.stderr);
        self.known = step.after(self, round);
        done
    }

    /// Holds what there is after a step that was ended early against what may be there, and takes it as known. Whether the
    /// step took effect.
    #[track_caller]
    pub(crate) fn check(&mut self, step: &Step, round: usize, done: &Done) -> bool {
        let (before, after) = (self.known.clone(), step.after(self, round));
        let since = (!step.goes_back).then_some(self.records);
        let seen = look(&self.vault_home(), since, &before);
        let what = || {
            format!(
                "{} in round {round}, which ended with {}: {}",
                step.name, done.code, done.stderr
            )
        };
        let is_there = |it: &str| seen.actions.iter().any(|action| action.as_str() == it);
        let has_record = !step.records.is_empty() && step.records.iter().all(|it| is_there(it));
        assert!(
            seen.state == after || (seen.state == before && done.code != 0),
            "{}\nfrom the state before: {}\nfrom the one after: {}",
            what(),
            before.differs(&seen.state),
            after.differs(&seen.state),
        );
        let took_effect = seen.state == after && (done.code == 0 || before != after);
        if took_effect && !step.records.is_empty() {
            assert!(has_record, "no record of {}; there are {:?}", what(), seen.actions);
        } else if !took_effect && before != after && !step.goes_back {
            assert!(!has_record, "a record of {} that did not happen", what());
        }
        let value = "value-of-3-long-enough";
        if String::from_utf8_lossy(&done.stdout).contains(value) {
            assert!(has_record, "a value without a record: {}", what());
        }
        if step.name == "exec" {
            self.given.push((round, has_record));
        }
        self.known = seen.state;
        took_effect
    }

    /// What follows a step, however it ended: one that did not take effect is done again, as anybody would, since others
    /// build on it.
    #[track_caller]
    pub(crate) fn settle(&mut self, step: &Step, round: usize, took_effect: bool) {
        let changes = step.after(self, round) != self.known;
        if (!took_effect && changes) || (step.name == "back up" && !self.backup(round).exists()) {
            self.run(step, round);
        }
        if step.name == "back up" {
            self.in_backup = self.known.clone();
        }
    }

    /// Whoever got the value is on the record, however late it was written.
    #[track_caller]
    pub(crate) fn check_given(&self) {
        for (round, has_record) in &self.given {
            let given = std::fs::read(self.given(*round)).unwrap_or_default();
            assert!(
                given.is_empty() || *has_record,
                "a value was given in round {round} without a record"
            );
        }
    }

    /// Where a command writes the value that it was given.
    pub(crate) fn given(&self, round: usize) -> PathBuf {
        self.elsewhere.path().join(format!("given-{round}"))
    }

    pub(crate) fn backup(&self, round: usize) -> PathBuf {
        self.home.work().join(format!("backup-{round}.age"))
    }

    /// Copies the database as it is, to put it back later.
    pub(crate) fn copy_database(&mut self) {
        match &self.database {
            Some(database) => self.kept = Some(database.keep().unwrap()),
            None => copy_files(&self.home.path().join("data"), &self.home.work().join("copy")),
        }
        self.in_copy = self.known.clone();
    }

    pub(crate) fn put_copy_back(&mut self) {
        match &self.database {
            Some(database) => database.put_back(self.kept.unwrap()).unwrap(),
            None => copy_files(&self.home.work().join("copy"), &self.home.path().join("data")),
        }
        self.known = State {
            is_behind: true,
            ..self.in_copy.clone()
        };
    }
}

/// Replaces the files of a directory by those of another.
pub(crate) fn copy_files(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
