//! Which tools an agent has.

use distri_runtime::run::{RunError, list_tools};

use crate::support::{Told, World};

const TOOLS: &str = "export const getTools = () => ['a', 'b', 'c'].map((name) => ({ name, handler: () => name }));";
const HTTP: &str = "[[tools.dynamic]]\nname = \"b\"\ntype = \"http\"\nconfig = { base_url = \"https://shop.example\" }";

async fn names(frontmatter: &str, tools: &str) -> (Result<Vec<String>, RunError>, Told) {
    let world = World::accepting().await;
    let mut told = Told::default();
    let setup = world.setup(frontmatter, tools, &[]);
    let listed = list_tools(setup, &mut |it| told.0.push(it.clone())).await;
    (listed.map(|tools| tools.into_iter().map(|it| it.name).collect()), told)
}

#[tokio::test]
async fn all_of_them_or_those_that_are_named() {
    for (frontmatter, expected) in [
        ("", vec!["a", "b", "c"]),
        ("[tools]\nexternal = [\"*\"]", vec!["a", "b", "c"]),
        ("[tools]\nexternal = [\"c\", \"a\"]", vec!["c", "a"]),
        ("[tools]\nexternal = []", vec![]),
    ] {
        assert_eq!(names(frontmatter, TOOLS).await.0.unwrap(), expected, "{frontmatter}");
    }
    let both = format!("[tools]\nexternal = [\"a\"]\n{HTTP}");
    assert_eq!(names(&both, TOOLS).await.0.unwrap(), ["a", "b"]);
    assert_eq!(names(HTTP, "").await.0.unwrap(), ["b"]);
}

#[tokio::test]
async fn what_cannot_be_is_said() {
    let error = |frontmatter: &'static str, tools: &'static str| async move {
        names(frontmatter, tools).await.0.unwrap_err().to_string()
    };
    assert_eq!(
        error("[tools]\nexternal = [\"d\"]", TOOLS).await,
        "the tools file has no tool `d`; it has `a`, `b`, `c`"
    );
    assert!(error("[tools]\nexternal = [\"d\"]", "").await.contains("no tools file"));
    assert!(error(HTTP, TOOLS).await.contains("two tools are called `b`"));
    assert!(error("", "export const x = ;").await.contains("Tools.tsx:1:"));

    let (listed, told) = names("[tools]\nbuiltin = [\"final\"]", TOOLS).await;
    assert_eq!(listed.unwrap().len(), 3);
    assert!(told.warnings()[0].contains("`final`"));
}
